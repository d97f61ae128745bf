"""A deployment as ARM has it becomes an entry of a set, as a person would have written it.

One rule: a draft states only what is so. What ARM fills in by itself is left out, what the format cannot say
is a comment, and what a plan would do more to than adopt it is held back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue, ModelRef
from reconciler.domain.fields import BY_PATH, extra_properties, own_properties
from reconciler.domain.forms import Form, OneOf
from reconciler.domain.ids import AccountId, is_guid
from reconciler.domain.json_values import empty, unset_paths
from reconciler.domain.marks import FLEET_TAG, OURS, REMOVAL_TAG
from reconciler.domain.read_only import read_only
from reconciler.domain.sku import SkuName
from reconciler.export.estate import Found
from reconciler.export.foreign import at, depth, fits, odd, part, shown, unseen, whole, word
from reconciler.export.naming import Owner
from reconciler.export.yaml_text import Quoted
from reconciler.manifest.entry import NOT_EXTRA

_OPTION: Final = BY_PATH["versionUpgradeOption"]
"""Left out of a write, ARM may put its default where its absence meant something else."""

_REMOVAL: Final[Mapping[str, tuple[str, JsonValue]]] = {
    "refuse": ("preventDestroy", True),
    "retain": ("onRemoval", "retain"),
}
_READ_ONLY: Final = read_only("properties") - {"scalesettings"}

_ROOT: Final = frozenset(
    {"id", "name", "type", "etag", "systemdata", "sku", "tags", "properties", "location"}
)
_MODEL: Final = frozenset(
    {"format", "name", "version", "publisher", "source", "sourceaccount", "callratelimit"}
)
SKU: Final = ("tier", "size", "family")
_DEEPEST: Final = 12
_NO_WRITE: Final = {
    "failed": "ARM refuses every write to it until it is deleted. Delete it, or declare it with "
    "lifecycle: {replace: allowed}",
    "canceled": "its last operation did not end well, so a plan would send it again",
    "disabled": "no write is known to end that. Enable it in Azure, then uncomment it",
    "deleting": "declared, it would be created again",
}
_SETTLED: Final = frozenset({"succeeded", *_NO_WRITE})

AliasOf = Callable[[str], str]


@dataclass(slots=True)
class Draft:
    """One entry. `held_back` says why it must stay a comment; `ours` that it carries this fleet's mark.

    `lost` is what the source says and this cannot.
    """

    found: Found
    tree: dict[str, JsonValue]
    comments: list[str]
    lost: list[str]
    extra: dict[str, JsonValue] = field(default_factory=dict)
    lifecycle: dict[str, JsonValue] = field(default_factory=dict)
    held_back: str = ""
    ours: bool = False

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.found.name

    def lose(self, what: str) -> None:
        """Say what is not stated; what ARM has stays with it, and nothing else does."""
        self.lost.append(f"{what}{'; every write carries it over as it is' if self.found.observed else ''}")


def draft(found: Found, alias_of: AliasOf, fleet: Owner) -> Draft:
    """The entry of a deployment in a fleet that calls its subscriptions by `alias_of`."""
    page = Draft(found, {"name": found.name}, comments=list(found.notes), lost=list(found.lost))
    if found.condition:
        page.tree["undecided"] = Quoted(f"deployed only if {found.condition}")
    properties = part(found.resource, "properties")
    _model(page, part(properties, "model"), alias_of)
    _sku(page, properties)
    silent = found.observed and not at(properties, _OPTION.name)
    _fields(page, {**properties, _OPTION.name: _OPTION.absent} if silent else properties)
    tags = part(found.resource, "tags")
    owner = _tags(page, tags)
    mark = word(at(tags, REMOVAL_TAG))
    if fleet.owns(owner) and mark in _REMOVAL:
        page.lifecycle |= [_REMOVAL[mark]]
    _unknown(page, properties)
    for name, last in (("lifecycle", page.lifecycle), ("extraProperties", page.extra)):
        if last:
            page.tree[name] = last
    page.comments += [f"{path} is not known here: {said}" for path, said in found.open.items()]
    if found.state.lower() not in _SETTLED:
        page.comments.append(f"was in state {found.state}: plan again once that has ended")
    page.comments += page.lost
    page.held_back, page.ours = _why_held_back(page, owner, fleet), fleet.owns(owner)
    return page


def _why_held_back(page: Draft, owner: str | None, fleet: Owner) -> str:
    found = page.found
    text = _NO_WRITE.get(found.state.lower())
    if text is not None:
        return f"in state {found.state}: {text}"
    if owner is not None and not fleet.owns(owner):
        return (
            f"it carries the mark of the fleet {owner}: declared here it would be refused without --take-over"
        )
    if unseen(found.name):
        return "its name contains a character that cannot be seen, which no manifest may contain"
    if found.observed and "sku" not in page.tree:
        return "ARM gives no SKU for it, and an entry needs one"
    model = part(part(found.resource, "properties"), "model")
    if found.observed and not ("name" in part(page.tree, "model") and at(model, "format")):
        return "ARM gives no model for it that an entry could name"
    return ""


def _model(page: Draft, model: JsonObject, alias_of: AliasOf) -> None:
    written = {key: word(at(model, key)) for key in ("name", "format", "version", "publisher")}
    if written["format"] == ModelRef(name="").format:
        del written["format"]
    stated: dict[str, JsonValue] = {
        key: Quoted(value) if key == "version" else value for key, value in written.items() if value
    }
    for key in [key for key, value in stated.items() if not fits({"model": {key: value}})]:
        page.lose(f"model.{key} {shown(stated.pop(key))} cannot be written here")
    _source(page, model, stated, alias_of)
    if stated:
        page.tree["model"] = stated


def _source(page: Draft, model: JsonObject, stated: dict[str, JsonValue], alias_of: AliasOf) -> None:
    fields = (at(model, name) for name in ("source", "sourceAccount"))
    written = {word(value) for value in fields if value is not None}
    if len({item.lower() for item in written}) > 1:
        page.lose("source and sourceAccount differ: neither is stated")
        return
    if any(written):
        source = _source_of(written.pop(), alias_of)
        if source is not None and fits({"model": {"source": source}}):
            stated["source"] = source
        else:
            page.lose("the model's source is not the id of an account: left out")
    elif ModelRef(name=word(at(model, "name"))).fine_tuned and "model.source" not in page.found.open:
        page.comments.append(
            "ARM gives no source for this fine-tuned model; if it was made in another account, add "
            "source: {subscription: …, resourceGroup: …, account: …} to the model"
        )


def _source_of(written: str, alias_of: AliasOf) -> JsonObject | None:
    try:
        account = AccountId.parse(written)
    except ValueError:
        return None
    if not is_guid(account.subscription):
        return None
    alias = alias_of(account.subscription)
    return {"subscription": alias, "resourceGroup": account.resource_group, "account": account.name}


def _sku(page: Draft, properties: JsonObject) -> None:
    sku = part(page.found.resource, "sku")
    legacy = part(properties, "scaleSettings")
    if legacy and not page.found.observed:
        sku = _sku_of_scale(page, sku, legacy)
    name = word(at(sku, "name"))
    stated: dict[str, JsonValue] = {"name": SkuName(name).name} if name else {}
    capacity = whole(at(sku, "capacity"))
    if capacity is not None and fits({"sku": {"capacity": capacity}}):
        stated["capacity"] = capacity
    elif page.found.observed and stated:
        page.comments.append("ARM gives no capacity; sku.capacity is left to whoever set it")
        page.lifecycle["ignoreChanges"] = ["sku.capacity"]
    for field_name in SKU:
        value = word(at(sku, field_name))
        if value and fits({"sku": {field_name: value}}):
            stated[field_name] = value
    if stated:
        page.tree["sku"] = stated
    written = {item.lower() for item in stated}
    for other, said in sku.items():
        if other.lower() not in written and said not in (None, "") and "ignoreChanges" not in page.lifecycle:
            page.lose(f"sku.{other} {shown(said)} cannot be written here")


def _sku_of_scale(page: Draft, sku: JsonObject, legacy: JsonObject) -> JsonObject:
    """The SKU that `scaleSettings` of api-versions before 2023-05-01 stands for."""
    made: dict[str, JsonValue] = {"name": at(legacy, "scaleType"), "capacity": at(legacy, "capacity")}
    others = [name for name in legacy if name.lower() not in {"scaletype", "capacity", "activecapacity"}]
    page.lost += [f"scaleSettings.{name} {shown(legacy[name])} has no field here" for name in others]
    if not sku:
        page.comments.append("sku was written as scaleSettings, which ARM no longer takes")
        return {name: value for name, value in made.items() if value is not None}
    differ = [name for name, value in made.items() if value is not None and value != at(sku, name)]
    if differ:
        page.lost.append(f"scaleSettings say another {' and '.join(differ)} than the sku, which is stated")
    return sku


def _fields(page: Draft, properties: JsonObject) -> None:
    """What the format has a field for; a value that the field does not take is an extra property.

    What ARM fills in by itself is left out where ARM said it; what somebody wrote is kept.
    """
    for own in own_properties():
        name = own.name
        value = _spelled(own.form, at(properties, name))
        if empty(value) or value == "" or (page.found.observed and own.is_usual(value)):
            continue
        if fits({name: value}):
            page.tree[name] = value
        elif _extra(page, name, value):
            found = "; ".join(_unfit(name, value))
            page.comments.append(
                f"not what its field takes, and stated as it is below extraProperties: {found}"
            )
    for extra in extra_properties():
        value = at(properties, extra.name)
        if value is not None:
            _extra(page, extra.name, value)


def _unfit(name: str, value: JsonValue) -> list[str]:
    """What of a value its field does not take: the parts of an object, where it is they."""
    parts = value.items() if isinstance(value, Mapping) else ()
    wrong = [f"{name}.{key} {shown(part)}" for key, part in parts if not fits({name: {key: part}})]
    return wrong or [f"{name} {shown(value)}"]


def _extra(page: Draft, name: str, value: JsonValue) -> bool:
    asks_to_unset = any(unset_paths({name: value}))  # a null below extraProperties is no value
    if not asks_to_unset and depth(value) <= _DEEPEST and fits({"extraProperties": {name: value}}):
        page.extra[name] = value
        return True
    page.lose(f"{name} {shown(value)} cannot be written here")
    return False


def _spelled(form: Form, value: JsonValue) -> JsonValue:
    """A word of a closed list in the list's own spelling: ARM does not mind the case."""
    words = {word.lower(): word for word in form.words} if isinstance(form, OneOf) else {}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _tags(page: Draft, tags: JsonObject) -> str | None:
    """State the tags but our own; whose mark is among those."""
    owner = None
    stated: dict[str, JsonValue] = {}
    for name, value in tags.items():
        if name.lower() == FLEET_TAG and isinstance(value, str):
            owner = value
        if name.lower().startswith(OURS):
            continue
        if isinstance(value, str) and fits({"tags": {name: value}}):
            stated[name] = value
        elif value is not None:
            page.lose(f"tag {shown(name)} {shown(value)} cannot be written here")
    if stated:
        page.tree["tags"] = stated
    return owner


def _unknown(page: Draft, properties: JsonObject) -> None:
    """What the format has no field for becomes an extra property, or is named where that cannot be."""
    found, model = page.found, part(properties, "model")
    known = {*(field.name.lower() for field in (*own_properties(), *extra_properties())), *NOT_EXTRA}
    extra = [
        name
        for name, value in properties.items()
        if name.lower() not in known and value is not None and _extra(page, name, value)
    ]
    if extra:
        page.comments.append(f"not known here, and stated as it is: {', '.join(extra)}")
    if not found.observed:
        set_by_arm = [name for name in properties if name.lower() in _READ_ONLY]
        set_by_arm += [f"model.{name}" for name in model if name.lower() == "callratelimit"]
        if set_by_arm:
            page.comments.append(f"left out, for ARM sets it by itself: {', '.join(set_by_arm)}")
        if at(properties, "sku") is not None or at(properties, "tags") is not None:
            page.lost.append("ARM ignores sku and tags among the properties; they are not stated")
    names = [
        name for name, value in found.resource.items() if name.lower() not in _ROOT and value is not None
    ]
    names += [f"model.{name}" for name, value in model.items() if name.lower() not in _MODEL and value]
    names += [name for name in ("properties", "sku", "tags") if odd(at(found.resource, name))]
    names += ["model"] if odd(at(properties, "model")) else []
    for name in names:
        page.lose(f"{name} has no field here, and is not stated")
