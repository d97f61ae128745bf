"""The reference of the manifests, read from their JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.manifest.schema import json_schema

_Schema = dict[str, Any]

_HEAD = """\
# Manifests

Made by `python -m tools.build_docs` from the [JSON Schema](manifest.schema.json), which `reconciler schema`
prints for editors. A file has one or more YAML documents. Each has `apiVersion: reconciler.aoai/v1`, a
`kind`, `metadata` and `spec`, and there are four kinds: [Fleet](#fleet), [DeploymentSet](#deploymentset),
[DeploymentTemplate](#deploymenttemplate) and [Policy](#policy). Field names are ARM's own. A field of a
deployment that is left out is not managed: it is neither compared nor changed.

What a size, a model or a name may be is checked by [rules](../diagnostics.md), not by the schema alone."""
_KINDS = ("Fleet", "DeploymentSet", "DeploymentTemplate", "Policy")
_SAMPLES = 2
_LARGEST = 2**31 - 1  # of ARM's integers: no bound that a reader needs


def manifest_page() -> str:
    """Every field that a manifest may have."""
    found: dict[str, _Schema] = json_schema()["$defs"]
    lines = [_HEAD]
    for name in _in_order(found):
        lines += ["", f"## {name}", "", found[name].get("description", "").strip(), ""]
        lines += ["| field | type | required | meaning |", "| --- | --- | --- | --- |"]
        lines += list(_rows(found[name]))
    return "\n".join(lines) + "\n"


def _in_order(found: dict[str, _Schema]) -> list[str]:
    """The kinds first, each followed by what it leads to."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            order.append(name)
            for below in _named(found[name]):
                visit(below)

    for kind in _KINDS:
        visit(kind)
    return order


def _named(schema: object) -> Iterator[str]:
    """Every definition that a schema refers to, as it comes."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)


def _rows(schema: _Schema) -> Iterator[str]:
    required = schema.get("required", ())
    for field, about in schema.get("properties", {}).items():
        must = "yes" if field in required else "no"
        yield f"| `{field}` | {_type(about)} | {must} | {_meaning(about)} |"


def _meaning(about: _Schema) -> str:
    told = " ".join(str(about.get("description", "")).split())
    samples = [one for one in about.get("examples", ()) if isinstance(one, str | int)][:_SAMPLES]
    if samples:
        told += f" For example {', '.join(f'`{one}`' for one in samples)}."
    return told.replace("|", "\\|").replace("<", "&lt;")


def _type(about: _Schema) -> str:
    if "$ref" in about:
        name = about["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in about:
        return f"`{about['const']}`"
    if "enum" in about:
        return ", ".join(f"`{one}`" for one in about["enum"])
    either = about.get("anyOf") or about.get("oneOf") or about.get("allOf")
    if either:
        return _either(_type(one) for one in either)
    if about.get("type") == "array":
        return f"list of {_type(about.get('items', {}))}"
    if about.get("type") == "object" and isinstance(about.get("additionalProperties"), dict):
        return f"map of name to {_type(about['additionalProperties'])}"
    return str(about.get("type", "any")) + _bounds(about)


def _bounds(about: _Schema) -> str:
    low, high = about.get("minimum"), about.get("maximum")
    if low is None and high is None:
        return ""
    return f" from {low}" if high in {None, _LARGEST} else f" from {low or 0} to {high:,}"


def _either(types: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(types))
