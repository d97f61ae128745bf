"""Documents become manifests: who we are, the sets, and the templates they draw on.

Everything but the entries of sets is typed here. What one document gets wrong never hides what another
one says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from reconciler.diagnostics import Diagnostic, Layer, Provenance, Related, Route, Severity
from reconciler.domain.fleet import Fleet
from reconciler.manifest.entry import Entry, EntryFields
from reconciler.manifest.fields import Strict
from reconciler.manifest.findings import checked
from reconciler.manifest.fleet import fleet_findings, fleet_of
from reconciler.manifest.policies import PolicyDocument, policy_rules, rule_findings, stated_ids
from reconciler.manifest.scalars import nearest
from reconciler.manifest.schema import API_VERSION, KINDS, FleetDocument, SetDocument, TemplateDocument
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.structure import STRUCTURAL
from reconciler.manifest.tree import Items, Map, Node, Text, described, shortened
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
        known_rules=known_rules | STRUCTURAL.keys() | stated_ids(documents),
        binding=frozenset(rule.code for rule in binding),
        policies=[*binding],
        complete=complete,
    )
    for document in documents:
        model = _model(document, gathered)
        if model is not None and isinstance(document.root, Map):
            typed, found = checked(model, document.root, document.locate)
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
    gathered.findings.extend(rule_findings(gathered.policies))
    return manifests, tuple(gathered.findings)


_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"


def _with_stand_ins(model: type[Strict], root: Map, found: Iterable[Diagnostic]) -> Strict | None:
    """The document as if where its deployments are were written well; None if more than that is wrong.

    One placeholder must not hide what is wrong with the deployments. What is said of it stands, and as long
    as that is an error nothing is done.
    """
    for one in found:
        match one.place.route if one.place is not None else ():
            case ("spec", "account", "subscription" | "resourceGroup" | "name" as field) as route:
                written = _at(root, route)
                stand_in = _NO_GUID if field == "subscription" else f"unknown-{_mark(written)}"
            case ("spec", "subscriptions", _, "id") as route:
                written, stand_in = _at(root, route), _NO_GUID
            case _:
                return None
        if written is None or written.null:
            return None
        root = _replaced(root, route, written.like(stand_in))
    return checked(model, root, lambda _route, _key: None)[0]


def _at(root: Node, route: Route) -> Text | None:
    for step in route:
        root = root.get(step, root) if isinstance(root, Map) and isinstance(step, str) else root
    return root if isinstance(root, Text) else None


def _mark(text: str | None) -> str:
    """Eight letters and digits that differ where two texts do."""
    return f"{crc32(str(text).encode()):08x}"


def _replaced(root: Map, route: Route, value: Text) -> Map:
    """A mapping with another value at a path, and nothing else changed."""
    first, *rest = route
    key = next(one for one in root if one == first)
    inner = root[key]
    made = Map(root)
    made.start, made.end = root.start, root.end
    made[key] = _replaced(inner, tuple(rest), value) if rest and isinstance(inner, Map) else value
    return made


def entries(document: SourceDocument) -> tuple[Layer, ...]:
    """The entries below a document's spec, as written; what is no mapping is left out."""
    spec = document.root.get("spec") if isinstance(document.root, Map) else None
    items = spec.get("deployments") if isinstance(spec, Map) else None
    return tuple(
        Layer(place=document.place(("spec", "deployments", number)), stated=entry)
        for number, entry in enumerate(items if isinstance(items, Items) else ())
        if isinstance(entry, Map)
    )


def entry_findings(layer: Layer, model: type[Strict] = Entry) -> tuple[Diagnostic, ...]:
    """What is wrong with one entry by itself, before anything is merged into it."""
    origin = Provenance(layers=(layer,))
    tree = layer.stated
    if not isinstance(tree, Map):
        return ()
    return checked(model, tree, lambda route, key: origin.place(route, on_key=key))[1]


def _model(document: SourceDocument, gathered: _Gathered) -> type[Strict] | None:
    """What a document has to look like, by its kind."""
    root = document.root
    if not isinstance(root, Map):
        gathered.findings.append(
            _finding(document, "wrong-type", f"{described(root)} stands where a manifest is needed", _BEGIN)
        )
        return None
    kind = root.get("kind")
    if isinstance(kind, Text) and kind in KINDS:
        return KINDS[kind]
    near = nearest(kind, KINDS) if isinstance(kind, Text) else None
    if kind is None and "formatVersion" in root:
        fix = "`reconciler apply FILE` does a saved plan; name the manifests themselves here"
        found = _finding(document, "missing-field", "this is a saved plan and no manifest", fix)
    elif kind is None:
        found = _finding(
            document, "missing-field", "`kind` is missing", f"{_BEGIN}, or rename the file to _…"
        )
    else:
        fix = f"did you mean {near}?" if near else "begin the file's name with _ if it is not a manifest"
        message = f"unknown kind {described(kind)}; it is {_or(list(KINDS))}"
        found = _finding(document, "unknown-kind", message, fix, ("kind",))
    gathered.findings.append(found)
    return None


_BEGIN: Final = f"begin with `apiVersion: {API_VERSION}` and `kind:`"


def _gather(gathered: _Gathered, document: SourceDocument, model: type[Strict], typed: Strict | None) -> None:
    """Put a document where it belongs; of one with a wrong header, check at least the entries."""
    if typed is None and model not in {SetDocument, PolicyDocument}:
        gathered.complete = False
    if model is FleetDocument:
        _gather_fleet(gathered, document, typed)
        return
    if model is PolicyDocument:
        if isinstance(typed, PolicyDocument):
            gathered.policies.extend(policy_rules(document, typed, binding=False))
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
        there = Related(message="the first Fleet", place=first.place(("kind",)))
        gathered.findings.append(
            _finding(
                document,
                "duplicate-fleet",
                f"this is a second Fleet, the first is in {first.file}",
                "merge them, or give the command one folder only: a fleet's name is its owner mark",
                ("kind",),
                (there,),
            )
        )
        return
    gathered.fleet_document = document
    spec = document.root.get("spec") if isinstance(document.root, Map) else None
    defaults = spec.get("defaults") if isinstance(spec, Map) else None
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
        place = first.place(("metadata", "name"))
        gathered.findings.append(
            _finding(
                document,
                "duplicate-template",
                f"a second template is called `{shortened(name)}`, the first is in {first.file}",
                "rename one: sets refer to templates by name",
                ("metadata", "name"),
                (Related(message="the first", place=place),),
            )
        )
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
        if known is not layer:
            yield twin(name, layer, known)


def twin(name: str, second: Layer, first: Layer, where: str = "this list") -> Diagnostic:
    """One name for two deployments."""
    spelled = str(first.stated.get("name", name))
    also = "" if spelled == name else f" (`{shortened(spelled)}`: ARM ignores case)"
    origin, other = Provenance(layers=(second,)), Provenance(layers=(first,)).place(("name",))
    return Diagnostic(
        code="duplicate-deployment",
        severity=Severity.ERROR,
        message=f"`{shortened(name)}` is declared twice in {where}{also}",
        place=origin.place(("name",)),
        fix="rename or remove one of them",
        related=() if other is None else (Related(message="declared here first", place=other),),
    )


def _finding(
    document: SourceDocument,
    code: str,
    message: str,
    fix: str,
    route: Route = (),
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message=message,
        place=document.place(route),
        fix=fix,
        related=related,
    )


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def binding_policies(
    documents: Sequence[SourceDocument],
) -> tuple[tuple[PolicyRule, ...], tuple[Diagnostic, ...]]:
    """The rules of documents that may be nothing but policies, and what is wrong with those."""
    rules: list[PolicyRule] = []
    findings: list[Diagnostic] = []
    for document in documents:
        kind = document.root.get("kind") if isinstance(document.root, Map) else None
        if kind != "Policy":
            findings.append(
                _finding(
                    document,
                    "unknown-kind",
                    f"--policy reads documents of kind Policy; here the kind is {described(kind)}"
                    if kind is not None
                    else "--policy reads documents of kind Policy; this one has no kind",
                    "name the policy's own file",
                    ("kind",),
                )
            )
            continue
        if isinstance(document.root, Map):
            typed, wrong = checked(PolicyDocument, document.root, document.locate)
            findings.extend(wrong)
            rules.extend(policy_rules(document, typed, binding=True) if typed is not None else ())
    return tuple(rules), tuple(findings)
