"""Rules about tags and other settings."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics import counted
from reconciler.domain.deployment import Unset
from reconciler.domain.fields import not_carried
from reconciler.domain.marks import MARKS, OURS
from reconciler.manifest.rules.rule import ERROR, Declaration, Finding, RuleContext, once, rule, wordings

_MOST, _OURS = 50, len(MARKS)
_LONGEST_NAME, _LONGEST_VALUE = 512, 256
_FORBIDDEN = frozenset("<>%&\\?/")


@rule("tag-limits", ERROR, wordings, source="limits of Azure resource tags (Microsoft docs)")
def tag_limits(this: Declaration) -> Iterator[Finding]:
    r"""A resource has at most 50 tags.

    Names have up to 512 characters, are unique without regard to case and contain none of `<`, `>`, `%`,
    `&`, `\`, `?` and `/`; values have up to 256 characters. We add four tags of our own to every
    deployment we write, so 46 are left, and names that begin with `reconciler-` are ours.
    """
    tags = this.deployment.spec.tags
    if isinstance(tags, Unset):
        return
    if len(tags) > _MOST - _OURS:
        allowed = f"{_MOST - _OURS} are allowed: {_OURS} of {_MOST} are ours"
        message = f"{counted(len(tags), 'tag')} declared; {allowed}"
        fix = f"remove {counted(len(tags) - _MOST + _OURS, 'tag')}"
        yield Finding(("tags",), message, label=f"{_MOST - _OURS} at most", fix=fix)
    seen: dict[str, str] = {}
    for name in tags:
        for message, label, fix in _wrong(name, seen.setdefault(name.lower(), name)):
            yield Finding(("tags", name), message, on_key=True, label=label, fix=fix)
    for name, value in tags.items():
        if value is not None and len(value) > _LONGEST_VALUE:
            length = counted(len(value), "character")
            message = f"the value of tag `{name}` has {length}; {_LONGEST_VALUE} are allowed"
            label = f"{_LONGEST_VALUE} characters at most"
            yield Finding(("tags", name), message, label=label, fix="shorten it")


def _wrong(name: str, first: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a name, with its label and what to do; `first` is how it was spelled before."""
    wrong = sorted(_FORBIDDEN & set(name))
    if first != name:
        message = f"tags `{first}` and `{name}` are one tag to ARM, which ignores case"
        yield message, "the same tag again", "remove one of them"
    if len(name) > _LONGEST_NAME:
        message = f"a tag name has {counted(len(name), 'character')}; {_LONGEST_NAME} are allowed"
        yield message, f"{_LONGEST_NAME} characters at most", "shorten it"
    if not name or wrong:
        message = f"tag name `{name}` contains {' '.join(wrong)}" if name else "a tag has no name"
        yield message, "not a tag name", "remove < > % & \\ ? / from the name"
    if name.lower().startswith(OURS):
        message = f"tag `{name}` is one of our own: ownership is read from it"
        yield message, "reserved", f"use a name that does not begin with {OURS}"


@rule("api-version-field", ERROR, once, source="ARM's OpenAPI schemas, version by version")
def api_version_field(context: RuleContext) -> Iterator[Finding]:
    """The Fleet's `apiVersion` is older than a declared field.

    ARM drops what a version does not know and says nothing: the write would succeed, and the field would
    not be there. Without `spec.apiVersion` the newest version is spoken that the endpoint knows.
    """
    version = context.desired.fleet.api_version
    if version is None:
        return
    unknown = {field.name: field for field in not_carried(version) if field.arm[:-1] == ("properties",)}
    for deployment in context.deployments:
        for name in unknown.keys() & deployment.spec.settings.keys():
            field = unknown[name]
            yield Finding(
                tuple(field.path.split(".")),
                f"`{field.path}` needs api-version {field.since}; the Fleet's spec.apiVersion is {version}",
                about=deployment,
                on_key=True,
                label="ARM would drop it",
                fix=f"leave spec.apiVersion out, write {field.since} or newer, or remove the field",
            )
