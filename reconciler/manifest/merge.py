"""What a set says, with fleet defaults and templates laid under it, entry by entry.

Merging works on what was written, before anything is typed: mappings merge, lists and scalars are replaced
by the later text. Every layer is kept beside the result, so that a value can be traced to where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from reconciler.diagnostics import Diagnostic, Layer, Place, Provenance
from reconciler.manifest.parse import Manifests, RawSet, entry_findings, repeated
from reconciler.manifest.scalars import nearest
from reconciler.manifest.tree import Map, Text, shortened


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """One entry of a set, merged. `declared_at` is where the set says that it exists."""

    name: str
    tree: Map
    provenance: Provenance
    declared_at: Place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MergedSet:
    """All entries of a set; `whole` is False if a template or the Fleet, which they may need, is unknown."""

    source: RawSet
    entries: tuple[Merged, ...]
    findings: tuple[Diagnostic, ...]
    whole: bool


def merged(source: RawSet, manifests: Manifests) -> MergedSet:
    """The entries of a set: those of its templates in their order, then its own, each name once.

    A template that is listed twice counts where it stands last: what it said before is laid under itself.
    """
    findings: list[Diagnostic] = list(repeated(source.layers))
    stacks: dict[str, list[Layer]] = {}
    declared_at: dict[str, Place] = {}
    listed = source.typed.spec.templates or []
    last = {template: number for number, template in enumerate(listed)}
    for template, number in sorted(last.items(), key=lambda item: item[1]):
        place = source.document.place(("spec", "templates", number))
        for layer in manifests.templates.get(template, ()):
            _stack(stacks, declared_at, layer, place)
        if template not in manifests.templates and manifests.complete:
            findings.append(_unknown(template, place, manifests))
    own: set[str] = set()
    for layer in source.layers:
        name = layer.stated.get("name")
        if not isinstance(name, Text) or name.null or not name.strip():
            findings.extend(entry_findings(layer))
        elif name.lower() not in own:
            own.add(name.lower())
            _stack(stacks, declared_at, layer, layer.place)
    under = () if manifests.defaults is None else (manifests.defaults,)
    return MergedSet(
        source=source,
        entries=tuple(_entry([*under, *stack], declared_at[key]) for key, stack in stacks.items()),
        findings=tuple(findings),
        whole=(manifests.complete or manifests.fleet.declared)
        and all(template in manifests.templates for template in listed),
    )


def _stack(stacks: dict[str, list[Layer]], declared_at: dict[str, Place], layer: Layer, place: Place) -> None:
    name = layer.stated.get("name")
    if isinstance(name, Text) and not name.null:
        stacks.setdefault(name.lower(), []).append(layer)
        declared_at[name.lower()] = place


def _entry(layers: Sequence[Layer], declared_at: Place) -> Merged:
    return Merged(
        name=str(layers[-1].stated["name"]),
        tree=reduce(laid_over, (layer.stated for layer in layers if isinstance(layer.stated, Map))),
        provenance=Provenance(layers=tuple(layers)),
        declared_at=declared_at,
    )


def laid_over(below: Map, above: Map) -> Map:
    """`above` over `below`: mappings merge, everything else is replaced. Neither is changed."""
    result = Map.at(below, above.start, above.end)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(under, Map) and isinstance(value, Map)
        result[key] = laid_over(under, value) if both else value  # type: ignore[arg-type]
    return result


def _unknown(template: str, place: Place, manifests: Manifests) -> Diagnostic:
    near = nearest(template, manifests.templates)
    known = ", ".join(sorted(manifests.templates)[:6])
    choice = f"there is {known}" if known else "there is none at all"
    fix = f"did you mean {near}?" if near else f"{choice}; is the template's file below the paths?"
    message = f"no DeploymentTemplate below the given paths is called `{shortened(template)}`"
    return Diagnostic(code="unknown-template", message=message, place=place, fix=fix)
