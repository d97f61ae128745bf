"""What editors can offer for fields whose values the catalogue knows.

The values are examples and never a closed list: a model newer than the catalogue is no mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.catalogue.query import Catalogue


def completed(schema: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The schema, with model names, versions and regions as examples beside those it has."""
    names = catalogue.models()
    versions = sorted({version for name in names for version in catalogue.versions(name)})
    definitions = schema["$defs"]
    _offer(definitions["ModelEntry"]["properties"]["name"], names)
    _offer(definitions["ModelEntry"]["properties"]["version"], versions)
    _offer(definitions["AccountEntry"]["properties"]["region"], [one.name for one in catalogue.regions()])
    return schema


def _offer(field: dict[str, Any], values: Iterable[str]) -> None:
    field["examples"] = list(dict.fromkeys([*field.get("examples", ()), *values]))
