"""Documents become manifests: who we are, the sets, and the templates they draw on.

Everything but the entries of sets is typed here. What one document gets wrong never hides what another
one says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zlib import crc32

from reconciler.diagnostics import Diagnostic, Layer, Provenance, Related, Route, choice
from reconciler.domain.fleet import Fleet
from reconciler.manifest.entry import Entry, EntryFields
from reconciler.manifest.fields import Strict
from reconciler.manifest.findings import checked
from reconciler.manifest.fleet import fleet_findings, fleet_of
from reconciler.manifest.scalars import nearest
from reconciler.manifest.schema import (
    API_VERSION,
    KINDS,
    POLICY,
    FleetDocument,
    SetDocument,
    TemplateDocument,
    model_of,
)
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.structure import STRUCTURAL
from reconciler.manifest.tree import Items, Map, Text, described, node_at, shortened

if TYPE_CHECKING:
    from reconciler.policy.rule import PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawSet:
    """A set whose header is typed; its entries are as written."""

    document: SourceDocument
    typed: SetDocument
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Manifests:
    """Everything declared, before anything refers to anything.

    `complete` is False where a document could not be understood, so that references to what it may have
    declared are not called wrong.
    """

    fleet: Fleet
    defaults: Layer | None
    sets: tuple[RawSet, ...]
    templates: dict[str, tuple[Layer, ...]]
    complete: bool
    policies: tuple[PolicyRule, ...] = ()


@dataclass(slots=True)
class _Gathered:
    known_rules: frozenset[str]
    binding: frozenset[str] = frozenset()
    policies: list[PolicyRule] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    complete: bool = True
    fleet: Fleet | None = None
    fleet_document: SourceDocument | None = None
    defaults: Layer | None = None
    sets: list[RawSet] = field(default_factory=list)
    templates: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    template_documents: dict[str, SourceDocument] = field(default_factory=dict)


def parse(
    documents: Sequence[SourceDocument],
    *,
    known_rules: frozenset[str] = frozenset(),
    complete: bool = True,
    binding: Sequence[PolicyRule] = (),
) -> tuple[Manifests, tuple[Diagnostic, ...]]:
    """Type every document: what was understood, and what is wrong with the rest.

    `known_rules` are the codes a Fleet may set severities for; `complete` False says that there are texts
    which never became documents. `binding` rules are judged beside those of the documents.
    """
    gathered = _Gathered(
        known_rules=known_rules | STRUCTURAL.keys() | _stated_rules(documents),
        binding=frozenset(rule.code for rule in binding),
        policies=[*binding],
        complete=complete,
    )
    for document in documents:
        model = _model(document, gathered)
        if model is not None and isinstance(document.root, Map):
            typed, found = checked(model, document.root, document.place)
            gathered.findings.extend(found)
            if typed is None:
                typed = _with_stand_ins(model, document.root, found)
            _gather(gathered, document, model, typed)
        else:
            gathered.complete = False
    manifests = Manifests(
        fleet=gathered.fleet or Fleet(declared=gathered.fleet_document is not None),
        defaults=gathered.defaults,
        sets=tuple(gathered.sets),
        templates=gathered.templates,
        complete=gathered.complete,
        policies=tuple(gathered.policies),
    )
    if gathered.policies:
        from reconciler.manifest.policies import rule_findings

        gathered.findings.extend(rule_findings(gathered.policies))
    return manifests, tuple(gathered.findings)


def _stated_rules(documents: Sequence[SourceDocument]) -> frozenset[str]:
    policies = [document for document in documents if node_at(document.root, ("kind",)) == POLICY]
    if not policies:
        return frozenset()
    from reconciler.manifest.policies import stated_ids

    return stated_ids(policies)


_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"


def _with_stand_ins(model: type[Strict], root: Map, found: Iterable[Diagnostic]) -> Strict | None:
    """The document as if where its deployments are were written well; None if more than that is wrong.

    One placeholder must not hide what is wrong with the deployments. What is said of it stands, and as long
    as that is an error nothing is done.
    """
    for item in found:
        route = item.place.route if item.place is not None else ()
        written = node_at(root, route)
        if not isinstance(written, Text) or written.null:
            return None
        match route:
            case ("spec", "account", "subscription") | ("spec", "subscriptions", _, "id"):
                stand_in = _NO_GUID
            case ("spec", "account", "resourceGroup" | "name"):
                stand_in = f"unknown-{crc32(written.encode()):08x}"  # another one for another text
            case _:
                return None
        root = _replaced(root, route, written.like(stand_in))
    return checked(model, root, lambda _route, _key: None)[0]


def _replaced(root: Map, route: Route, value: Text) -> Map:
    """A mapping with another value at a path, and nothing else changed."""
    first, *rest = route
    key = next(item for item in root if item == first)
    inner = root[key]
    made = Map.at(root, root.start, root.end)
    made[key] = _replaced(inner, tuple(rest), value) if rest and isinstance(inner, Map) else value
    return made


def entries(document: SourceDocument) -> tuple[Layer, ...]:
    """The entries below a document's spec, as written; what is no mapping is left out."""
    items = node_at(document.root, ("spec", "deployments"))
    return tuple(
        Layer(place=document.place(("spec", "deployments", number)), stated=entry)
        for number, entry in enumerate(items if isinstance(items, Items) else ())
        if isinstance(entry, Map)
    )


def entry_findings(layer: Layer, model: type[Strict] = Entry) -> tuple[Diagnostic, ...]:
    """What is wrong with one entry by itself, before anything is merged into it."""
    tree = layer.stated
    return checked(model, tree, Provenance(layers=(layer,)).place)[1] if isinstance(tree, Map) else ()


def _model(document: SourceDocument, gathered: _Gathered) -> type[Strict] | None:
    """What a document has to look like, by its kind."""
    root = document.root
    kind = node_at(root, ("kind",))
    if isinstance(kind, Text) and kind in KINDS:
        return model_of(kind)
    near = nearest(kind, KINDS) if isinstance(kind, Text) else None
    if not isinstance(root, Map):
        message = f"{described(root)} stands where a manifest is needed"
        found = document.error("wrong-type", message, _BEGIN)
    elif kind is None and "formatVersion" in root:
        fix = "`reconciler apply FILE` does a saved plan; name the manifests themselves here"
        found = document.error("missing-field", "this is a saved plan and no manifest", fix)
    elif kind is None:
        found = document.error("missing-field", "`kind` is missing", f"{_BEGIN}, or rename the file to _…")
    else:
        fix = f"did you mean {near}?" if near else "begin the file's name with _ if it is not a manifest"
        message = f"unknown kind {described(kind)}; it is {choice(KINDS, len(KINDS))}"
        found = document.error("unknown-kind", message, fix, ("kind",))
    gathered.findings.append(found)
    return None


_BEGIN: Final = f"begin with `apiVersion: {API_VERSION}` and `kind:`"


def _gather(gathered: _Gathered, document: SourceDocument, model: type[Strict], typed: Strict | None) -> None:
    """Put a document where it belongs; of one with a wrong header, check at least the entries."""
    if node_at(document.root, ("kind",)) == POLICY:
        from reconciler.manifest.policies import PolicyDocument, policy_rules

        if isinstance(typed, PolicyDocument):
            gathered.policies.extend(policy_rules(document, typed, binding=False))
        return
    if typed is None and model is not SetDocument:
        gathered.complete = False
    if model is FleetDocument:
        _gather_fleet(gathered, document, typed)
        return
    layers = entries(document)
    match typed:
        case SetDocument():
            gathered.sets.append(RawSet(document=document, typed=typed, layers=layers))
            return
        case TemplateDocument():
            _gather_template(gathered, document, typed.metadata.name, layers)
    for layer in layers:
        gathered.findings.extend(entry_findings(layer))


def _gather_fleet(gathered: _Gathered, document: SourceDocument, typed: Strict | None) -> None:
    first = gathered.fleet_document
    if first is not None:
        first_place = Related(message="the first Fleet", place=first.place(("kind",)))
        message = f"this is a second Fleet, the first is in {first.file}"
        fix = "merge them, or give the command one folder only: a fleet's name is its owner mark"
        found = document.error("duplicate-fleet", message, fix, ("kind",), related=(first_place,))
        gathered.findings.append(found)
        return
    gathered.fleet_document = document
    defaults = node_at(document.root, ("spec", "defaults"))
    if isinstance(defaults, Map):
        gathered.defaults = Layer(place=document.place(("spec", "defaults")), stated=defaults)
        gathered.findings.extend(entry_findings(gathered.defaults, EntryFields))
    if isinstance(typed, FleetDocument):
        gathered.fleet = fleet_of(document, typed)
        gathered.findings.extend(fleet_findings(document, typed.spec, gathered.known_rules, gathered.binding))


def _gather_template(
    gathered: _Gathered, document: SourceDocument, name: str, layers: tuple[Layer, ...]
) -> None:
    first = gathered.template_documents.get(name)
    gathered.findings.extend(repeated(layers))
    if first is not None:
        route = ("metadata", "name")
        first_place = Related(message="the first", place=first.place(route))
        message = f"a second template is called `{shortened(name)}`, the first is in {first.file}"
        fix = "rename one: sets refer to templates by name"
        found = document.error("duplicate-template", message, fix, route, related=(first_place,))
        gathered.findings.append(found)
        return
    gathered.templates[name] = layers
    gathered.template_documents[name] = document


def repeated(layers: Sequence[Layer]) -> Iterator[Diagnostic]:
    """Entries of one list that ARM would take for one deployment."""
    first: dict[str, Layer] = {}
    for layer in layers:
        name = layer.stated.get("name")
        if not isinstance(name, Text):
            continue
        known = first.setdefault(name.lower(), layer)
        if known is layer:
            continue
        spelled, other = str(known.stated["name"]), Provenance(layers=(known,)).place(("name",))
        also = "" if spelled == name else f" (`{shortened(spelled)}`: ARM ignores case)"
        yield Diagnostic(
            code="duplicate-deployment",
            message=f"`{shortened(name)}` is declared twice in this list{also}",
            place=Provenance(layers=(layer,)).place(("name",)),
            fix="rename or remove one of them",
            related=() if other is None else (Related(message="declared here first", place=other),),
        )


def binding_policies(
    documents: Sequence[SourceDocument],
) -> tuple[tuple[PolicyRule, ...], tuple[Diagnostic, ...]]:
    """The rules of documents that may be nothing but policies, and what is wrong with those."""
    from reconciler.manifest.policies import PolicyDocument, policy_rules

    rules: list[PolicyRule] = []
    findings: list[Diagnostic] = []
    for document in documents:
        kind = node_at(document.root, ("kind",))
        if kind == POLICY and isinstance(document.root, Map):
            typed, wrong = checked(PolicyDocument, document.root, document.place)
            findings.extend(wrong)
            rules.extend(policy_rules(document, typed, binding=True) if typed is not None else ())
            continue
        here = "this one has no kind" if kind is None else f"here the kind is {described(kind)}"
        message = f"--policy reads documents of kind Policy; {here}"
        findings.append(document.error("unknown-kind", message, "name the policy's own file", ("kind",)))
    return tuple(rules), tuple(findings)
