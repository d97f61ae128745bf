"""From what is wanted of single deployments to new texts of the files, and the proof that they say just that.

A value is changed where it stands: in the entry, a template, an anchor or the Fleet's defaults. Where that
place serves a deployment that must not change, the entry gets a value of its own instead. Then everything is
read again: whatever does not come out as wanted is made in the more careful way, and in the end not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import product
from typing import Final

from reconciler.diagnostics import Layer, Route
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import DeploymentId
from reconciler.manifest.load import LoadedManifests
from reconciler.manifest.merge import laid_over
from reconciler.manifest.source import Sources, amended, located
from reconciler.manifest.tree import Items, Map, Node, Text, node_at
from reconciler.upgrade import yaml_text
from reconciler.upgrade.splices import Edited, Splice
from reconciler.upgrade.wanted import CAPACITY, NAME, ROUTES, Beside, NewValues, Removal, Wanted, unlike

_LAID_OUT: Final = "its layout cannot be edited safely; edit it by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """Edited texts by file name, what was made, and what could not be made, with the reason.

    `loaded` is the whole, read again from the new texts.
    """

    texts: Mapping[str, Edited]
    made: tuple[Wanted, ...]
    failed: Mapping[DeploymentId, str]
    loaded: LoadedManifests


def rewritten(
    loaded: LoadedManifests, wanted: Sequence[Wanted], read: Callable[[Sources], LoadedManifests]
) -> Rewriting:
    """Make the edits, as many as can be made; every edit that is made reads as exactly what was wanted.

    `read` understands the new texts as the old ones were understood.
    """
    rewriter = _Rewriter(loaded)
    failed: dict[DeploymentId, str] = {}
    careful: set[DeploymentId] = set()
    left = list(wanted)
    while left:
        texts, unwritable = rewriter.texts(left, careful)
        failed |= unwritable
        left = [item for item in left if item.id not in unwritable]
        if unwritable:
            continue
        again = read(amended(loaded.read, {name: text.after for name, text in texts.items()}))
        wrong = unlike(loaded, again, left)
        if not wrong:
            return Rewriting(texts=texts, made=tuple(left), failed=failed, loaded=again)
        suspects = {item.id for item in left} & wrong or {item.id for item in left}
        if suspects <= careful:
            failed |= dict.fromkeys(suspects, _LAID_OUT)
            left = [item for item in left if item.id not in suspects]
        careful |= suspects
    return Rewriting(texts={}, made=(), failed=failed, loaded=loaded)


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
        self._files = {file.name: file for file in loaded.read.files}
        self._deployments = {item.id: item for item in loaded.understood.deployments}
        self._sets = loaded.manifests.sets
        self._located = cache(lambda file: located(self._files[file]))
        self._users = cache(self._users_in)
        self._in_file: dict[str, list[DesiredDeployment]] = defaultdict(list)
        for deployment in self._deployments.values():
            for file in {layer.place.file for layer in deployment.provenance.layers}:
                self._in_file[file].append(deployment)

    def texts(
        self, wanted: Sequence[Wanted], careful: set[DeploymentId]
    ) -> tuple[dict[str, Edited], dict[DeploymentId, str]]:
        """The edited texts, or which deployments cannot be edited and why."""
        draft = _Draft()
        failed: dict[DeploymentId, str] = {}
        changes = {each.id: each.values for each in wanted if isinstance(each, NewValues)}
        for item in wanted:
            try:
                match item:
                    case NewValues():
                        self._change(item, changes, draft, careful=item.id in careful)
                    case Beside():
                        self._beside(item, draft)
                    case Removal():
                        self._removal(item, draft)
            except yaml_text.Unwritable as problem:
                failed[item.id] = f"{problem}; edit it by hand"
        if failed:
            return {}, failed
        try:
            self._lists(draft)
            return {file: Edited(self._text(file), tuple(made)) for file, made in draft.splices.items()}, {}
        except ValueError as problem:
            listed = [each for each in wanted if not isinstance(each, NewValues)] or wanted
            return {}, {each.id: f"{problem}; edit it by hand" for each in listed}

    # -- values where they stand

    def _change(
        self,
        new_values: NewValues,
        changes: Mapping[DeploymentId, Mapping[Route, str]],
        draft: _Draft,
        *,
        careful: bool,
    ) -> None:
        deployment = self._deployments[new_values.id]
        own: dict[Route, str] = {}
        for route, value in new_values.values.items():
            spot = None if careful else self._spot(deployment, route)
            users = [] if spot is None else self._users_of(spot, route)
            if spot is None or any(changes.get(user, {}).get(route) != value for user in users):
                own[route] = value
                continue
            text = self._text(spot.file)
            if isinstance(spot.node, Map):
                made = yaml_text.insert_key(
                    text, spot.node, str(route[-1]), yaml_text.flow(_scalar(route, value))
                )
            else:
                made = yaml_text.replaced(text, spot.node, _scalar(route, value))
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
        stated = None if own is None else self._stated(own)
        for route in values:
            node, spot = node_at(stated, route), self._spot(deployment, route)
            if node is None or spot is None or spot.node is not node:
                continue
            if not isinstance(stated, Map) or not stated.start <= node.start < stated.end:
                continue
            for user in self._users_of(spot, route):
                if user != deployment.id and route not in changes.get(user, {}):
                    self._override(self._deployments[user], {route: str(node)}, draft)

    def _spot(self, deployment: DesiredDeployment, route: Route, file: str = "") -> _Spot | None:
        """Where the value at a route comes from; where none is stated, the mapping that names the model.

        None where that stands in another file than `file`.
        """
        layers = deployment.provenance.layers[::-1]
        for wanted, kind in ((route, Text), (NAME, Map)):
            for layer in layers:
                if layer.states(wanted):
                    if file not in {"", layer.place.file}:
                        return None
                    node = node_at(self._stated(layer), route if kind is Text else route[:1])
                    if node is None or isinstance(node, Items) or not isinstance(node, kind):
                        return None
                    return _Spot(layer.place.file, node.start, node)
        return None

    def _users_of(self, spot: _Spot, route: Route) -> list[DeploymentId]:
        return self._users(spot.file)[spot.start, route]

    def _users_in(self, file: str) -> dict[tuple[int, Route], list[DeploymentId]]:
        """Whose values come from a file, by the place of the value and its route."""
        users: dict[tuple[int, Route], list[DeploymentId]] = defaultdict(list)
        for item, route in product(self._in_file[file], ROUTES):
            found = self._spot(item, route, file)
            if found is not None:
                users[found.start, route].append(item.id)
        return users

    # -- values of an entry's own

    def _override(self, deployment: DesiredDeployment, values: Mapping[Route, str], draft: _Draft) -> None:
        """State values in the set's own entry, whatever lies under it."""
        own = self._own(deployment.id)
        tree = reduce(laid_over, (_nested(route, value) for route, value in values.items()))
        if own is None:
            tree = Map.at({"name": Text.at(deployment.id.name), **tree})
            draft.entries[self._document_of(deployment.id)].append(_NewEntry(tree))
        elif isinstance(stated := self._stated(own), Map):
            text = self._text(own.place.file)
            for top, node in ((top, node) for top, node in tree.items() if isinstance(node, Map | Text)):
                draft.splices[own.place.file] += yaml_text.stated_in(text, stated, top, node)

    def _beside(self, beside: Beside, draft: _Draft) -> None:
        """Another entry that says what the old one and its templates say, but for its name and values."""
        layers = (item for item in self._layers(beside.id) if item.place.route[:2] == ("spec", "deployments"))
        stated = [layer.stated for layer in layers if isinstance(layer.stated, Map)]
        new = (_nested(route, value) for route, value in {("name",): beside.name, **beside.values}.items())
        tree = reduce(laid_over, (*stated, *new), Map.at({}))
        own = self._own(beside.id)
        after = None if own is None else self._item(own)[1]
        draft.entries[self._document_of(beside.id)].append(_NewEntry(tree, beside.comment, after))

    def _removal(self, removal: Removal, draft: _Draft) -> None:
        own = self._own(removal.id)
        if own is None or any(
            self._kind(layer) == "DeploymentTemplate" for layer in self._layers(removal.id)
        ):
            raise yaml_text.Unwritable("the entry comes from a template")
        draft.removed[own.place.file, own.place.document].append(self._item(own)[1])

    # -- documents and lists

    def _layers(self, identity: DeploymentId) -> Sequence[Layer]:
        return self._deployments[identity].provenance.layers

    def _kind(self, layer: Layer) -> str:
        return str(node_at(self._root(layer.place.file, layer.place.document), ("kind",)))

    def _text(self, file: str) -> str:
        return self._files[file].lines.text

    def _root(self, file: str, document: int) -> Node:
        return self._located(file)[document]

    def _stated(self, layer: Layer) -> Node | None:
        """What a layer states, in nodes that know where they stand."""
        return node_at(self._root(layer.place.file, layer.place.document), layer.place.route)

    def _own(self, identity: DeploymentId) -> Layer | None:
        """The layer that is the set's own entry."""
        return next(
            (layer for layer in self._layers(identity)[::-1] if self._kind(layer) == "DeploymentSet"), None
        )

    def _item(self, own: Layer) -> tuple[Items, Node]:
        items = node_at(self._root(own.place.file, own.place.document), ("spec", "deployments"))
        number = own.place.route[2]
        if not isinstance(items, Items) or not isinstance(number, int):
            raise yaml_text.Unwritable("the entry is not in a list")
        return items, items[number]

    def _document_of(self, identity: DeploymentId) -> tuple[str, int]:
        """The document of the set that declares a deployment; of several with one template, the first."""
        own = self._own(identity)
        if own is not None:
            return own.place.file, own.place.document
        templates = {
            str(node_at(self._root(layer.place.file, layer.place.document), ("metadata", "name")))
            for layer in self._layers(identity)
        }
        for item in self._sets:
            spec = item.typed.spec
            if spec.account.name.lower() == identity.account.name.lower() and templates & {
                *(spec.templates or ())
            }:
                return item.document.file, item.document.index
        raise yaml_text.Unwritable("the set that declares it cannot be found")

    def _lists(self, draft: _Draft) -> None:
        """Put new entries into the lists of their sets, and take removed ones out."""
        for (file, index), nodes in draft.removed.items():
            items = node_at(self._root(file, index), ("spec", "deployments"))
            if isinstance(items, Items):
                if 1 < len(items) == len(nodes):
                    raise yaml_text.Unwritable("nothing would be left in the list")
                draft.splices[file] += [
                    yaml_text.remove_item(self._text(file), node, items) for node in nodes
                ]
        for (file, index), entries in draft.entries.items():
            root, text = self._root(file, index), self._text(file)
            items = node_at(root, ("spec", "deployments"))
            if isinstance(items, Items) and items:
                draft.splices[file] += [
                    yaml_text.insert_item(
                        text, entry.after or items[-1], entry.tree, comment=entry.comment, inside=items
                    )
                    for entry in entries
                ]
                continue
            spec, made = node_at(root, ("spec",)), yaml_text.flow(Items(entry.tree for entry in entries))
            if isinstance(items, Items):
                draft.splices[file].append(Splice(items.start, items.end, made))
            elif isinstance(spec, Map) and "deployments" not in spec:
                draft.splices[file].append(yaml_text.insert_key(text, spec, "deployments", made))
            else:
                raise yaml_text.Unwritable("the set's deployments are not a list")


def _nested(route: Route, value: str) -> Map:
    """A mapping that states one value."""
    made = Map.at({str(route[-1]): _scalar(route, value)})
    for step in reversed(route[:-1]):
        made = Map.at({str(step): made})
    return made


def _scalar(route: Route, value: str) -> Text:
    return Text.at(value, plain=route == CAPACITY)
