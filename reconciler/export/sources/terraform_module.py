"""One Terraform module: its blocks, and what its names mean, evaluated when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

from reconciler.export.expressions.evaluator import Surroundings
from reconciler.export.expressions.hcl import HclScope, OpenObject, pairs_of
from reconciler.export.expressions.hcl_tree import Tree, bare, call_of, kind, significant, text, words_of
from reconciler.export.expressions.values import Choice, Open, Undecided, Value, alike, joined, truth, unknown

_COMPUTED: Final = {
    "azurerm_cognitive_account": "Microsoft.CognitiveServices/accounts",
    "azurerm_ai_services": "Microsoft.CognitiveServices/accounts",
}
_META: Final = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle"})
MOST_INSTANCES: Final = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class HclBlock:
    """A block: its kind and labels, its attributes and the blocks in it."""

    kind: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Tree]
    blocks: tuple[HclBlock, ...]

    def first(self, name: str) -> HclBlock | None:
        """The first block of a kind in it."""
        return next((block for block in self.blocks if block.kind == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTurn:
    """One instance of a block: how its address ends, what its loop binds, what it depends on."""

    key: str = ""
    bound: Mapping[str, Value] = field(default_factory=dict)
    condition: str = ""


class UncountableError(Exception):
    """How many instances there are is not known; the words say what it depends on."""


def blocks_of(tree: Tree) -> Iterator[HclBlock]:
    """The blocks of a body."""
    for node in significant(tree):
        if kind(node) == "body":
            yield from blocks_of(node)
        elif kind(node) == "block":
            parts = significant(node)
            named = [part for part in parts if kind(part) in {"identifier", "string"}]
            body = next((part for part in parts if kind(part) == "body"), None)
            labels = [words_of(item).strip('"') for item in named]
            yield HclBlock(
                kind=labels[0],
                labels=tuple(labels[1:]),
                attributes=dict(attributes_of(body)),
                blocks=tuple(blocks_of(body)) if body is not None else (),
            )


def attributes_of(body: Tree) -> Iterator[tuple[str, Tree]]:
    """The attributes of a body, with their expressions."""
    for node in significant(body):
        if kind(node) == "attribute":
            parts = [item for item in significant(node) if text(item) != "="]
            yield str(parts[0].children[0]), parts[1]


@dataclass(slots=True, eq=False)
class Module:
    """A module with its inputs: values, or what its caller passes, evaluated there when it is asked for.

    `address` is its prefix, `conditions` what it depends on.
    """

    blocks: tuple[HclBlock, ...]
    inputs: Mapping[str, Value]
    around: Surroundings
    _: KW_ONLY
    address: str = ""
    conditions: tuple[str, ...] = ()
    decided: Mapping[str, Value] = field(default_factory=dict)
    passed: Mapping[str, tuple[HclScope, Tree]] = field(default_factory=dict)
    parent: Module | None = None
    children: dict[str, dict[str, Module] | None] = field(default_factory=dict)
    known: dict[tuple[str, ...], Value] = field(default_factory=dict)

    def scope(self, turn: LoopTurn | None = None) -> HclScope:
        """Where the expressions of a block stand."""
        return HclScope(
            resolve=self.resolve, around=self.around, bound=turn.bound if turn is not None else {}
        )

    def of_kind(self, wanted: str) -> Iterator[HclBlock]:
        """The blocks of a kind, in their order."""
        return (block for block in self.blocks if block.kind == wanted)

    # -- names ------------------------------------------------------------------------------------

    def resolve(self, base: str, steps: list[Value]) -> tuple[Value, list[Value]]:
        """The value at the start of a path, and the steps that are left."""
        first = steps[0] if steps and isinstance(steps[0], str) else None
        if first is None:
            return unknown(base), steps
        match base:
            case "var":
                return self._once(("var", first), lambda: self._variable(first)), steps[1:]
            case "local":
                return self._once(("local", first), lambda: self._local(first)), steps[1:]
            case "module":
                return self._once(("module", first), lambda: self._outputs(first)), steps[1:]
            case "path":
                return ".", steps[1:]
            case "data" if len(steps) > 1 and isinstance(steps[1], str):
                second = steps[1]
                made = self._once(("data", first, second), lambda: self._resource("data", first, second))
                return made, steps[2:]
            case _:
                return self._once((base, first), lambda: self._resource("resource", base, first)), steps[1:]

    def _once(self, key: tuple[str, ...], make: object) -> Value:
        """A value by name, evaluated once; one that needs itself is not known."""
        if key not in self.known:
            self.known[key] = unknown(".".join(key))
            self.known[key] = make()  # type: ignore[operator]
        return self.known[key]

    def _words(self, name: str) -> str:
        return f"{self.address}{name}"

    def _variable(self, name: str) -> Value:
        block = next((item for item in self.of_kind("variable") if item.labels == (name,)), None)
        words = self._words(f"var.{name}")
        if block is None:
            return unknown(words)
        sensitive = block.attributes.get("sensitive")
        if sensitive is not None and self.scope().value(sensitive) is True:
            return unknown(f"{words}, which is sensitive")
        default = block.attributes.get("default")
        if name in self.decided or name in self.inputs:
            value = self.decided.get(name, self.inputs.get(name))
        elif name in self.passed:
            scope, node = self.passed[name]
            value = scope.value(node)
        elif default is not None:
            value = self.scope().value(default)
        else:
            return unknown(words)
        made = typed_as(value, block.attributes.get("type"), self.scope())
        return self.around.on(made)

    def _local(self, name: str) -> Value:
        if name in self.decided:
            return self.decided[name]
        for block in self.of_kind("locals"):
            if name in block.attributes:
                return self.scope().value(block.attributes[name])
        return unknown(self._words(f"local.{name}"))

    def _outputs(self, name: str) -> Value:
        children = self.children.get(name)
        if children is None:
            return OpenObject({}, self._words(f"module.{name}"))
        outputs = {key: child.outputs() for key, child in children.items()}
        return _shaped(outputs)

    def outputs(self) -> Value:
        """What the module gives back."""
        made: dict[str, Value] = {}
        for block in self.of_kind("output"):
            value = block.attributes.get("value")
            made[block.labels[0]] = self.scope().value(value) if value is not None else None
        return OpenObject(made, self._words("output"))

    def _resource(self, mode: str, kind_of: str, name: str) -> Value:
        block = next((item for item in self.of_kind(mode) if item.labels == (kind_of, name)), None)
        words = self._words(f"{'data.' if mode == 'data' else ''}{kind_of}.{name}")
        if block is None:
            return OpenObject({}, words)
        try:
            turns = list(self.turns(block))
        except UncountableError:
            return unknown(words)
        made: dict[str, Value] = {
            turn.key: self._attributes(block, turn, f"{words}{turn.key}") for turn in turns
        }
        return _shaped(made)

    def _attributes(self, block: HclBlock, turn: LoopTurn, words: str) -> Value:
        scope = self.scope(turn)
        made = {name: scope.value(node) for name, node in block.attributes.items() if name not in _META}
        known = OpenObject(made, words)
        for name, value in self._computed(block, known).items():
            known.setdefault(name, value)
        return known

    def _computed(self, block: HclBlock, known: OpenObject) -> dict[str, Value]:
        """The ids that follow from names, and where the configuration is deployed."""
        kind_of = block.labels[0]
        subscription = self.subscription(block)
        name, group = known.get("name"), known.get("resource_group_name")
        if kind_of == "azurerm_resource_group":
            return {"id": _text(["/subscriptions/", subscription, "/resourceGroups/", name])}
        if kind_of in {"azurerm_client_config", "azurerm_subscription"}:
            return {
                "subscription_id": subscription,
                "id": _text(["/subscriptions/", subscription])
                if kind_of == "azurerm_subscription"
                else unknown(f"{known.words}.id"),
            }
        parent = known.get("parent_id")
        if kind_of.startswith("azapi_resource") and parent is not None and name is not None:
            provider, _, last = str(known.get("type")).partition("@")[0].rpartition("/")
            above_providers = f"{provider}/{last}".lower() == "microsoft.resources/resourcegroups"
            top = "/" not in provider and not above_providers
            middle = f"/providers/{provider}/{last}/" if top else f"/{last}/"
            return {"id": _text([parent, middle, name])}
        if kind_of in _COMPUTED and name is not None:
            at = ["/subscriptions/", subscription, "/resourceGroups/", group]
            return {"id": _text([*at, "/providers/", _COMPUTED[kind_of], "/", name])}
        return {}

    def subscription(self, block: HclBlock) -> Value:
        """Where a resource is deployed: what was said, else what its provider says."""
        if not isinstance(self.around.subscription, Open):
            return self.around.subscription
        wanted = block.attributes.get("provider")
        alias = words_of(wanted).partition(".")[2] if wanted is not None else ""
        for item in self.of_kind("provider"):
            named = item.attributes.get("alias")
            own = self.scope().value(named) if named is not None else ""
            said = item.attributes.get("subscription_id")
            if item.labels[:1] in {("azurerm",), ("azapi",)} and own == alias and said is not None:
                return self.scope().value(said)
        return self.parent.subscription(block) if self.parent is not None else self.around.subscription

    # -- instances --------------------------------------------------------------------------------

    def turns(self, block: HclBlock) -> Iterator[LoopTurn]:
        """The instances of a block; UncountableError where nobody knows how many there are."""
        for name, make in (("count", _counted), ("for_each", _each)):
            node = block.attributes.get(name)
            if node is not None:
                yield from _under(self.scope().value(node), "", make)
                return
        yield LoopTurn()


def _under(value: Value, condition: str, make: object) -> Iterator[LoopTurn]:
    """The turns of a count or a collection that may depend on a condition."""
    if isinstance(value, Choice):
        yes, no = truth(Choice(value.condition, True, False)), truth(Choice(value.condition, False, True))
        for words, inner in ((str(yes), value.yes), (str(no), value.no)):
            yield from _under(inner, f"{condition} and {words}" if condition else words, make)
        return
    for turn in make(value):  # type: ignore[operator]
        yield LoopTurn(key=turn.key, bound=turn.bound, condition=condition)


def _counted(value: Value) -> Iterator[LoopTurn]:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_INSTANCES:
        raise UncountableError(str(value))
    for index in range(value):
        yield LoopTurn(key=f"[{index}]", bound={"count": {"index": index}})


def _each(value: Value) -> Iterator[LoopTurn]:
    pairs = pairs_of(value)
    if pairs is None or len(pairs) > MOST_INSTANCES:
        raise UncountableError(str(value))
    for key, inner in pairs:
        name = inner if isinstance(value, list) else key
        shown = str(name)
        yield LoopTurn(key=f'["{shown}"]', bound={"each": {"key": name, "value": inner}})


def _shaped(made: Mapping[str, Value]) -> Value:
    """Instances as Terraform shows them: one, a list by number, or an object by key."""
    if list(made) == [""]:
        return made[""]
    if all(key[1:-1].isdigit() for key in made):
        return [made[key] for key in made]
    return {key[2:-2]: value for key, value in made.items()}


def _text(parts: list[Value]) -> Value:
    try:
        return joined(parts)
    except Undecided:
        return unknown("an id")


# -- types ---------------------------------------------------------------------------------------


def typed_as(value: Value, node: Tree | None, scope: HclScope) -> Value:
    """A value of a variable's type: attributes that are optional have their defaults."""
    if node is None or isinstance(value, Open) or value is None:
        return value
    if (inner := bare(node)) is not node:
        return typed_as(value, inner, scope)
    if kind(node) != "function_call":
        return value
    name, nodes = call_of(node)
    if name in {"list", "set"} and isinstance(value, list):
        items: list[Value] = []
        for item in (typed_as(each, nodes[0], scope) for each in value):
            if name == "list" or not any(alike(item, known) for known in items):
                items.append(item)
        return items
    if name == "map" and isinstance(value, dict):
        return {key: typed_as(each, nodes[0], scope) for key, each in value.items()}
    if name == "object" and isinstance(value, dict):
        return _object_as(value, nodes[0], scope)
    return value


def _object_as(value: dict[str, Value], node: Tree, scope: HclScope) -> Value:
    """An object with what its type makes optional; what the type does not name is dropped."""
    made: dict[str, Value] = {}
    for element in significant(bare(node)):
        if kind(element) != "object_elem":
            continue
        key_node, *_, type_node = significant(element)
        key = words_of(key_node).strip('"')
        wanted, default = _optional(type_node)
        if value.get(key) is None and default is not None:
            made[key] = scope.value(default)
        else:
            made[key] = typed_as(value.get(key), wanted, scope)
    return made


def _optional(node: Tree) -> tuple[Tree, Tree | None]:
    """The type within `optional(type, default)`, and the default."""
    call = bare(node)
    name, nodes = call_of(call) if kind(call) == "function_call" else ("", [])
    if name != "optional":
        return node, None
    return nodes[0], nodes[1] if len(nodes) > 1 else None
