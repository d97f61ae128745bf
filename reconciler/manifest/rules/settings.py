"""Rules about tags and other settings."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics import counted
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.fields import not_carried
from reconciler.domain.marks import MARKS, OURS
from reconciler.manifest.rules.rule import ERROR, Finding, RuleContext, found, rule

_MOST, _OURS = 50, len(MARKS)
_LONGEST_NAME, _LONGEST_VALUE = 512, 256
_FORBIDDEN = frozenset("<>%&\\?/")


@rule("tag-limits", ERROR, source="limits of Azure resource tags (Microsoft docs)", by_entry=True)
def tag_limits(context: RuleContext) -> Iterator[Finding]:
    r"""A resource has at most 50 tags.

    Names have up to 512 characters, are unique without regard to case and contain none of `<`, `>`, `%`,
    `&`, `\`, `?` and `/`; values have up to 256 characters. We add four tags of our own to every
    deployment we write, so 46 are left, and names that begin with `reconciler-` are ours.
    """
    for deployment in context.deployments:
        tags = deployment.spec.tags
        if isinstance(tags, Unset):
            continue
        if len(tags) > _MOST - _OURS:
            rule = f"{_MOST - _OURS} are allowed: {_OURS} of {_MOST} are ours"
            message = f"{counted(len(tags), 'tag')} declared; {rule}"
            fix = f"remove {counted(len(tags) - _MOST + _OURS, 'tag')}"
            yield _finding(deployment, None, message, f"{_MOST - _OURS} at most", fix)
        yield from _names(deployment, list(tags))
        for name, value in tags.items():
            if value is not None and len(value) > _LONGEST_VALUE:
                length = counted(len(value), "character")
                message = f"the value of tag `{name}` has {length}; {_LONGEST_VALUE} are allowed"
                yield _finding(
                    deployment, name, message, f"{_LONGEST_VALUE} characters at most", "shorten it"
                )


def _names(deployment: DesiredDeployment, names: list[str]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in names:
        wrong = sorted(_FORBIDDEN & set(name))
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            message = f"tags `{twin}` and `{name}` are one tag to ARM, which ignores case"
            yield _finding(deployment, name, message, "the same tag again", "remove one of them")
        if len(name) > _LONGEST_NAME:
            message = f"a tag name has {counted(len(name), 'character')}; {_LONGEST_NAME} are allowed"
            yield _finding(deployment, name, message, f"{_LONGEST_NAME} characters at most", "shorten it")
        if not name or wrong:
            message = f"tag name `{name}` contains {' '.join(wrong)}" if name else "a tag has no name"
            yield _finding(deployment, name, message, "not a tag name", "remove < > % & \\ ? / from the name")
        if name.lower().startswith(OURS):
            message = f"tag `{name}` is one of our own: ownership is read from it"
            yield _finding(
                deployment, name, message, "reserved", f"use a name that does not begin with {OURS}"
            )


def _finding(deployment: DesiredDeployment, name: str | None, message: str, label: str, fix: str) -> Finding:
    return found(
        deployment,
        ("tags",) if name is None else ("tags", name),
        message,
        on_key=name is not None and label != f"{_LONGEST_VALUE} characters at most",
        label=label,
        fix=fix,
    )


@rule("api-version-field", ERROR, source="ARM's OpenAPI schemas, version by version")
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
            yield found(
                deployment,
                tuple(field.path.split(".")),
                f"`{field.path}` needs api-version {field.since}; the Fleet's spec.apiVersion is {version}",
                on_key=True,
                label="ARM would drop it",
                fix=f"leave spec.apiVersion out, write {field.since} or newer, or remove the field",
            )
