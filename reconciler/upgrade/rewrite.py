"""From what is wanted of single deployments to new texts of the files, and the proof that they say just that.

A value is changed where it stands: in the entry, a template, an anchor or the Fleet's defaults. Where that
place serves a deployment that must not change, the entry gets a value of its own instead. Then everything is
read again: whatever does not come out as wanted is made in the more careful way, and in the end not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.diagnostics import Layer, Route, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuName, capacity_of
from reconciler.manifest.load import LoadedManifests, understood
from reconciler.manifest.merge import laid_over
from reconciler.manifest.source import amended, located
from reconciler.manifest.tree import Items, Map, Node, Text
from reconciler.upgrade.yaml_text import (
    Splice,
    Unwritable,
    flow,
    insert_item,
    insert_key,
    items_node,
    map_node,
    remove_item,
    replaced,
    spliced,
    stated_in,
    text_node,
)

NAME: Final[Route] = ("model", "name")
VERSION: Final[Route] = ("model", "version")
FORMAT: Final[Route] = ("model", "format")
CAPACITY: Final[Route] = ("sku", "capacity")
SKU: Final[Route] = ("sku", "name")
_ROUTES: Final = (NAME, VERSION, FORMAT, SKU, CAPACITY)
_LAID_OUT: Final = "its text is laid out so that it cannot be edited safely; edit it by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Other values for a deployment that exists; keys are among NAME, VERSION, FORMAT, SKU and CAPACITY."""

    id: DeploymentId
    values: Mapping[Route, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A second entry called `name`, like that of `id` but for `values`; `comment` goes over it."""

    id: DeploymentId
    name: str
    values: Mapping[Route, str]
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An entry that goes."""

    id: DeploymentId


Wanted = Change | Beside | Removal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """New texts by file name, what was made, and what could not be made, with the reason.

    `loaded` is the whole, read again from the new texts.
    """

    texts: Mapping[str, str]
    made: tuple[Wanted, ...]
    failed: Mapping[DeploymentId, str]
    loaded: LoadedManifests


def rewritten(loaded: LoadedManifests, wanted: Sequence[Wanted]) -> Rewriting:
    """Make the edits, as many as can be made; every edit that is made reads as exactly what was wanted."""
    if wanted:
        loaded = understood(located(loaded.read), loaded.paths)
    rewriter = _Rewriter(loaded)
    failed: dict[DeploymentId, str] = {}
    careful: set[DeploymentId] = set()
    left = list(wanted)
    while left:
        texts, unwritable = rewriter.texts(left, careful)
        failed |= unwritable
        left = [one for one in left if one.id not in unwritable]
        if unwritable:
            continue
        again = understood(amended(loaded.read, texts), loaded.paths)
        wrong = _wrong(loaded, again, left)
        if not wrong:
            return Rewriting(texts=texts, made=tuple(left), failed=failed, loaded=again)
        suspects = {one.id for one in left} & wrong or {one.id for one in left}
        if suspects <= careful:
            failed |= dict.fromkeys(suspects, _LAID_OUT)
            left = [one for one in left if one.id not in suspects]
        careful |= suspects
    return Rewriting(texts={}, made=(), failed=failed, loaded=loaded)


def _wrong(before: LoadedManifests, after: LoadedManifests, wanted: Iterable[Wanted]) -> set[DeploymentId]:
    """The deployments that do not read as wanted; all of them where the text is not understood any more."""
    expected = {one.id: one for one in before.understood.deployments}
    for one in wanted:
        old = expected[one.id]
        match one:
            case Change():
                expected[one.id] = _with(old, one.values)
            case Beside():
                identity = DeploymentId(account=one.id.account, name=one.name)
                expected[identity] = replace(_with(old, one.values), id=identity)
            case Removal():
                del expected[one.id]
    found = {one.id: one for one in after.understood.deployments}
    if {d.code for d in after.diagnostics if d.severity is Severity.ERROR} - {
        d.code for d in before.diagnostics if d.severity is Severity.ERROR
    }:
        return set(expected) | set(found)
    return {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}


def _with(deployment: DesiredDeployment, values: Mapping[Route, str]) -> DesiredDeployment:
    model, sku = deployment.spec.model, deployment.spec.sku
    model = replace(
        model,
        name=values.get(NAME, model.name),
        version=values.get(VERSION, model.version),
        format=values.get(FORMAT, model.format),
    )
    if SKU in values:
        sku = replace(sku, name=SkuName(values[SKU]))
    if CAPACITY in values:
        sku = replace(sku, capacity=capacity_of(sku.name, int(values[CAPACITY])))
    return replace(deployment, spec=replace(deployment.spec, model=model, sku=sku))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in a text that a value comes from: a scalar, or the mapping that would have to state it."""

    file: str
    start: int
    node: Text | Map


@dataclass(slots=True)
class _Draft:
    """The splices of one attempt by file, the entries that are new to a document, and the items that go."""

    splices: dict[str, list[Splice]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[tuple[str, int], list[_NewEntry]] = field(default_factory=lambda: defaultdict(list))
    removed: dict[tuple[str, int], list[Node]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class _NewEntry:
    """An entry for a set's list; behind `after`, or at the end."""

    tree: Map
    comment: str = ""
    after: Node | None = None


class _Rewriter:
    """Knows where the values of every deployment come from."""

    def __init__(self, loaded: LoadedManifests) -> None:
        self._texts = {file.name: file.lines.text for file in loaded.read.files}
        self._documents = {(one.file, one.index): one for one in loaded.read.documents}
        self._deployments = {one.id: one for one in loaded.understood.deployments}
        self._sets = loaded.manifests.sets
        self._users: dict[tuple[str, int, Route], list[DeploymentId]] | None = None

    def texts(
        self, wanted: Sequence[Wanted], careful: set[DeploymentId]
    ) -> tuple[dict[str, str], dict[DeploymentId, str]]:
        """The new texts, or which deployments cannot be edited and why."""
        draft = _Draft()
        failed: dict[DeploymentId, str] = {}
        changes = {one.id: one.values for one in wanted if isinstance(one, Change)}
        for one in wanted:
            try:
                match one:
                    case Change():
                        self._change(one, changes, draft, careful=one.id in careful)
                    case Beside():
                        self._beside(one, draft)
                    case Removal():
                        self._removal(one, draft)
            except Unwritable as problem:
                failed[one.id] = f"{problem}; edit it by hand"
        if failed:
            return {}, failed
        try:
            self._lists(draft)
            return {file: spliced(self._texts[file], made) for file, made in draft.splices.items()}, {}
        except ValueError as problem:
            listed = [one for one in wanted if not isinstance(one, Change)] or wanted
            return {}, {one.id: f"{problem}; edit it by hand" for one in listed}

    # -- values where they stand

    def _change(
        self,
        one: Change,
        changes: Mapping[DeploymentId, Mapping[Route, str]],
        draft: _Draft,
        *,
        careful: bool,
    ) -> None:
        deployment = self._deployments[one.id]
        own: dict[Route, str] = {}
        for route, value in one.values.items():
            spot = None if careful else self._spot(deployment, route)
            users = [] if spot is None else self._users_of(spot, route)
            if spot is None or any(changes.get(user, {}).get(route) != value for user in users):
                own[route] = value
                continue
            text = self._texts[spot.file]
            if isinstance(spot.node, Map):
                made = insert_key(text, spot.node, str(route[-1]), flow(_scalar(route, value)))
            else:
                made = replaced(text, spot.node, value)
                if route == CAPACITY:  # a number, so without quotes
                    made = Splice(made.start, made.end, value)
            draft.splices[spot.file].append(made)
        if own:
            self._override(deployment, own, draft)
            self._keep_others(deployment, own, changes, draft)

    def _keep_others(
        self,
        deployment: DesiredDeployment,
        values: Mapping[Route, str],
        changes: Mapping[DeploymentId, Mapping[Route, str]],
        draft: _Draft,
    ) -> None:
        """Where the entry's own text is what others point to, those get the value that they had."""
        own = self._own(deployment.id)
        for route in values:
            node = None if own is None else _at(own.stated, route)
            spot = self._spot(deployment, route)
            if own is None or node is None or spot is None or spot.node is not node:
                continue
            if not isinstance(own.stated, Map) or not own.stated.start <= node.start < own.stated.end:
                continue
            for user in self._users_of(spot, route):
                if user != deployment.id and route not in changes.get(user, {}):
                    self._override(self._deployments[user], {route: str(node)}, draft)

    def _spot(self, deployment: DesiredDeployment, route: Route) -> _Spot | None:
        """Where the value at a route comes from; where none is stated, the mapping that names the model."""
        stated = deployment.provenance.layers[::-1]
        for wanted, kind in ((route, Text), (NAME, Map)):
            for layer in stated:
                if layer.states(wanted):
                    node = _at(layer.stated, route if kind is Text else route[:1])
                    if node is None or isinstance(node, Items) or not isinstance(node, kind):
                        return None
                    return _Spot(layer.place.file, node.start, node)
        return None

    def _users_of(self, spot: _Spot, route: Route) -> list[DeploymentId]:
        if self._users is None:
            self._users = defaultdict(list)
            for one in self._deployments.values():
                for known in _ROUTES:
                    found = self._spot(one, known)
                    if found is not None:
                        self._users[found.file, found.start, known].append(one.id)
        return self._users[spot.file, spot.start, route]

    # -- values of an entry's own

    def _override(self, deployment: DesiredDeployment, values: Mapping[Route, str], draft: _Draft) -> None:
        """State values in the set's own entry, whatever lies under it."""
        own = self._own(deployment.id)
        groups: dict[str, Map] = defaultdict(map_node)
        for route, value in values.items():
            groups[str(route[0])][str(route[1])] = _scalar(route, value)
        if own is None:
            tree = map_node({"name": text_node(deployment.id.name), **groups})
            draft.entries[self._document_of(deployment.id)].append(_NewEntry(tree))
        elif isinstance(own.stated, Map):
            text = self._texts[own.place.file]
            for top, leaves in groups.items():
                draft.splices[own.place.file] += stated_in(text, own.stated, top, leaves)

    def _beside(self, one: Beside, draft: _Draft) -> None:
        """Another entry that says what the old one and its templates say, but for its name and values."""
        tree = map_node()
        for layer in self._deployments[one.id].provenance.layers:
            if layer.place.route[:2] == ("spec", "deployments") and isinstance(layer.stated, Map):
                tree = laid_over(tree, layer.stated)
        tree["name"] = text_node(one.name)
        for route, value in one.values.items():
            above = map_node({str(route[0]): map_node({str(route[1]): _scalar(route, value)})})
            tree = laid_over(tree, above)
        own = self._own(one.id)
        after = None if own is None else self._item(own)[1]
        draft.entries[self._document_of(one.id)].append(_NewEntry(tree, one.comment, after))

    def _removal(self, one: Removal, draft: _Draft) -> None:
        own = self._own(one.id)
        if own is None or any(self._kind(layer) == "DeploymentTemplate" for layer in self._layers(one.id)):
            raise Unwritable("the entry comes from a template")
        draft.removed[own.place.file, own.place.document].append(self._item(own)[1])

    # -- documents and lists

    def _layers(self, identity: DeploymentId) -> Sequence[Layer]:
        return self._deployments[identity].provenance.layers

    def _kind(self, layer: Layer) -> str:
        root = self._documents[layer.place.file, layer.place.document].root
        return str(root.get("kind")) if isinstance(root, Map) else ""

    def _own(self, identity: DeploymentId) -> Layer | None:
        """The layer that is the set's own entry."""
        return next((one for one in self._layers(identity)[::-1] if self._kind(one) == "DeploymentSet"), None)

    def _item(self, own: Layer) -> tuple[Items, Node]:
        items = _at(self._documents[own.place.file, own.place.document].root, ("spec", "deployments"))
        number = own.place.route[2]
        if not isinstance(items, Items) or not isinstance(number, int):
            raise Unwritable("the entry does not stand in a list")
        return items, items[number]

    def _document_of(self, identity: DeploymentId) -> tuple[str, int]:
        """The document of the set that declares a deployment; of several with one template, the first."""
        own = self._own(identity)
        if own is not None:
            return own.place.file, own.place.document
        templates = {
            str(_at(self._documents[one.place.file, one.place.document].root, ("metadata", "name")))
            for one in self._layers(identity)
        }
        for one in self._sets:
            spec = one.typed.spec
            if spec.account.name.lower() == identity.account.name.lower() and templates & {
                *(spec.templates or ())
            }:
                return one.document.file, one.document.index
        raise Unwritable("the set that declares it cannot be found")

    def _lists(self, draft: _Draft) -> None:
        """Put new entries into the lists of their sets, and take removed ones out."""
        for (file, index), nodes in draft.removed.items():
            items = _at(self._documents[file, index].root, ("spec", "deployments"))
            if isinstance(items, Items):
                if 1 < len(items) == len(nodes):
                    raise Unwritable("nothing would be left in the list")
                draft.splices[file] += [remove_item(self._texts[file], node, items) for node in nodes]
        for (file, index), entries in draft.entries.items():
            root, text = self._documents[file, index].root, self._texts[file]
            items = _at(root, ("spec", "deployments"))
            if isinstance(items, Items) and items:
                draft.splices[file] += [
                    insert_item(text, one.after or items[-1], one.tree, comment=one.comment, inside=items)
                    for one in entries
                ]
                continue
            spec, made = _at(root, ("spec",)), flow(items_node(one.tree for one in entries))
            if isinstance(items, Items):
                draft.splices[file].append(Splice(items.start, items.end, made))
            elif isinstance(spec, Map) and "deployments" not in spec:
                draft.splices[file].append(insert_key(text, spec, "deployments", made))
            else:
                raise Unwritable("the set's deployments are not a list")


def _at(node: object, route: Route) -> Node | None:
    """The value at a route; None where there is none."""
    for step in route:
        if isinstance(node, Map) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Items) and isinstance(step, int):
            node = node[step]
        else:
            return None
    return node if isinstance(node, Text | Map | Items) else None


def _scalar(route: Route, value: str) -> Text:
    return text_node(value, plain=route == CAPACITY)
