"""Drafts become documents: one set per account, and templates for what accounts repeat.

Sharing is plain on purpose: entries that stand word for word in the same two or more accounts make one
template, and nothing is ever overridden.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.domain.deployment import JsonValue
from reconciler.export.draft import Draft, draft
from reconciler.export.estate import Estate, FoundAccount
from reconciler.export.expressions.values import digest
from reconciler.export.naming import Aliases, Owner
from reconciler.export.yaml_text import Remarked, block, comment, commented_out, flow, item, remark
from reconciler.manifest.schema import API_VERSION
from reconciler.manifest.tree import shortened

_ENTRY = 4
_FLEET_FILE = "fleet.yaml"
_TEMPLATES_FILE = "templates.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One account with its drafts; `name` is the set's, `file` where it goes."""

    account: FoundAccount
    name: str
    file: str
    alias: str
    drafts: tuple[Draft, ...]

    @property
    def entries(self) -> tuple[Draft, ...]:
        """The drafts that are declared."""
        return tuple(each for each in self.drafts if not each.held_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Entries that the accounts of `files` have in common."""

    name: str
    entries: tuple[Draft, ...]
    files: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One file of the export."""

    file: str
    text: str


def sheets_of(estate: Estate, aliases: Aliases, fleet: Owner) -> tuple[Sheet, ...]:
    """A sheet per account, in order, each with a name and a file of its own."""
    files = {_FLEET_FILE, _TEMPLATES_FILE}
    names: set[str] = set()
    made: list[Sheet] = []
    for account in estate.accounts:
        alias = aliases.of(account.subscription)
        name = _unused(account.name or f"account-{len(made) + 1}", names, "", alias)
        # a name must not lead anywhere as a file's, nor be one that manifests are not read from
        stem = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:100].lstrip("._").rstrip(".") or "account"
        file = _unused(stem, files, ".yaml", alias)
        drafts = tuple(draft(deployment, aliases.of, fleet) for deployment in account.deployments)
        made.append(Sheet(account=account, name=name, file=file, alias=alias, drafts=drafts))
    return tuple(made)


def _unused(wanted: str, taken: set[str], suffix: str, alias: str) -> str:
    """A name that nobody has yet, told apart by the subscription first; file systems may ignore case."""
    number, name = 1, f"{wanted}{suffix}"
    while name.lower() in taken:
        name = f"{wanted}-{alias}{suffix}" if number == 1 else f"{wanted}-{alias}-{number}{suffix}"
        number += 1
    taken.add(name.lower())
    return name


# -- pages ---------------------------------------------------------------------------------------


def pages(
    estate: Estate,
    sheets: Sequence[Sheet],
    aliases: Aliases,
    fleet: Owner,
    *,
    lowered: Mapping[str, Sequence[str]],
    share: bool,
) -> tuple[Page, ...]:
    """The Fleet's page first, then that of the templates if there are any, then one per account."""
    shared = _shared(sheets) if share else ()
    made = [_page(_FLEET_FILE, _fleet(estate, aliases, fleet, lowered))]
    if shared:
        made.append(_page(_TEMPLATES_FILE, _templates(shared)))
    made += [_page(sheet.file, _set(sheet, shared)) for sheet in sheets]
    return tuple(made)


def _page(file: str, lines: Iterator[str]) -> Page:
    return Page(file=file, text="\n".join(lines) + "\n")


def _head(kind: str, name: str, said: str = "") -> Iterator[str]:
    yield f"apiVersion: {API_VERSION}"
    yield f"kind: {kind}"
    line = f"metadata: {flow({'name': name})}"
    yield f"{line}  {remark(said)}" if said else line
    yield "spec:"


def _fleet(
    estate: Estate, aliases: Aliases, fleet: Owner, lowered: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    yield from comment(f"Exported from: {estate.origin}. What a manifest does not state stays as it is.")
    for note in (*estate.notes, *estate.left_out):
        yield from comment(note)
    yield from _head("Fleet", fleet.name, "the mark on what is adopted: choose it before the first apply")
    subscriptions = aliases.declared()
    if fleet.id is not None:
        yield from block({"id": Remarked(fleet.id, "joins the mark: two fleets of one name stay apart")}, 2)
    if estate.cloud is not None:
        yield from block({"cloud": estate.cloud}, 2)
    if subscriptions:
        yield "  subscriptions:"
        yield from block(subscriptions, 4)
    if lowered:
        yield "  rules:"
        yield from comment("errors on deployments that exist; take a line out once what it names is fixed", 4)
        yield from block({code: Remarked("warning", _named(names)) for code, names in lowered.items()}, 4)
    if not (subscriptions or lowered or estate.cloud or fleet.id):
        yield "  {}"


def _named(names: Sequence[str]) -> str:
    listed = ", ".join(names[:3])
    return f"{listed}, and {len(names) - 3} more" if len(names) > 3 else listed


def _set(sheet: Sheet, shared: Sequence[Template]) -> Iterator[str]:
    account = sheet.account
    yield from _head("DeploymentSet", sheet.name)
    for path, said in account.open.items():
        yield from comment(f"{path} is not known here: {said}", 2)
    yield from block({"account": _address(sheet)}, 2)
    if any(element.held_back and element.ours for element in sheet.drafts):
        never = "what is commented out below carries this fleet's mark and would be deleted"
        yield from block({"prune": Remarked("never", never)}, 2)
    templates = [element for element in shared if sheet.file in element.files]
    if templates:
        yield from block({"templates": [element.name for element in templates]}, 2)
    taken = {entry.name for template in templates for entry in template.entries}
    own = [element for element in sheet.entries if element.name not in taken]
    held_back = [element for element in sheet.drafts if element.held_back]
    if own:
        yield "  deployments:"
    elif held_back:
        yield from comment("take the # off this line too where you take one of these in", 2)
        yield from commented_out(["  deployments:"], 2)
    elif not templates:
        yield "  deployments: []"
    for each in own:
        yield from _entry(each)
    for each in held_back:
        yield from comment(f"{each.name} is not declared: {each.held_back}", _ENTRY)
        for text in each.comments:
            yield from comment(text, _ENTRY)
        yield from commented_out(item(each.tree, _ENTRY), _ENTRY)


def _address(sheet: Sheet) -> Mapping[str, JsonValue]:
    account = sheet.account
    address: dict[str, JsonValue] = {
        "subscription": sheet.alias,
        "resourceGroup": account.resource_group
        or placeholder(account.open.get("resourceGroup"), "resource group"),
        "name": account.name or placeholder(account.open.get("name"), "account"),
    }
    if account.region:
        address["region"] = account.region
    return address


def placeholder(said: str | None, what: str) -> str:
    """What stands where a value must be filled in: no name that ARM or a rule of ours takes."""
    if not said:
        return f"<{what}>"
    short = shortened(said, 80)
    return f"<{said}>" if short == said else f"<{short} {digest(said)}>"


def _entry(each: Draft) -> Iterator[str]:
    for text in each.comments:
        yield from comment(text, _ENTRY)
    yield from item(each.tree, _ENTRY)


# -- templates -----------------------------------------------------------------------------------


def _shared(sheets: Sequence[Sheet]) -> tuple[Template, ...]:
    """One template for each group of accounts that have entries in common, word for word."""
    files: dict[str, set[str]] = defaultdict(set)
    first: dict[str, Draft] = {}
    for sheet in sheets:
        for entry in sheet.entries:
            text = "\n".join(_entry(entry))
            first.setdefault(text, entry)
            files[text].add(sheet.file)
    groups: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for text, where in files.items():
        if len(where) > 1:
            groups[frozenset(where)].append(first[text])
    names: set[str] = set()
    made: list[Template] = []
    for group, members in groups.items():
        wanted = "common" if len(group) == len(sheets) else f"shared-{members[0].name}"
        name = _unused(wanted, names, "", "also")
        made.append(Template(name=name, entries=tuple(members), files=group))
    return tuple(made)


def _templates(shared: Sequence[Template]) -> Iterator[str]:
    for number, template in enumerate(shared):
        if number:
            yield "---"
        yield from _head("DeploymentTemplate", template.name)
        yield "  deployments:"
        for entry in template.entries:
            yield from _entry(entry)
