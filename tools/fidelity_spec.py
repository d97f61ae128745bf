"""Cut the OpenAPI documents of Microsoft.CognitiveServices down to what the emulator answers.

    python tools/fidelity_spec.py FOLDER_OF_AZURE_REST_API_SPECS_SPECIFICATION

Reads `cognitiveservices/…/stable/{version}/cognitiveservices.json` and `common-types/resource-management/v2`,
writes one self-contained document per version to `tests/spec/`. Left out: operations the emulator does not
have, definitions nobody refers to, descriptions, examples.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

VERSIONS = ("2023-05-01", "2024-10-01", "2025-06-01")
OPERATIONS = (
    *("Accounts_Create", "Accounts_Update", "Accounts_Delete", "Accounts_Get", "Accounts_List"),
    *("Accounts_ListByResourceGroup", "Accounts_ListModels", "Accounts_ListUsages"),
    *("DeletedAccounts_Get", "DeletedAccounts_Purge", "DeletedAccounts_List"),
    *("Deployments_List", "Deployments_Get", "Deployments_CreateOrUpdate", "Deployments_Update"),
    *("Deployments_Delete", "Deployments_ListSkus", "RaiPolicies_List", "RaiPolicies_Get"),
    *("RaiPolicies_CreateOrUpdate", "RaiPolicies_Delete", "ResourceSkus_List", "Usages_List", "Models_List"),
    *("LocationBasedModelCapacities_List", "ModelCapacities_List", "calculateModelCapacity"),
)
PROSE = frozenset({"description", "x-ms-examples", "summary", "tags"})
OUT = Path(__file__).parent.parent / "tests" / "spec"

Json = dict[str, object]


def main(folder: Path) -> None:
    """Write the documents of all versions."""
    for version in VERSIONS:
        provider = folder / "cognitiveservices/resource-manager/Microsoft.CognitiveServices/stable" / version
        document = trimmed(provider / "cognitiveservices.json")
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (OUT / f"{version}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{version}: {len(text)} characters")


def trimmed(path: Path) -> Json:
    """One version's document with what the covered operations need, in one file."""
    loaded: dict[Path, Json] = {}
    whole = load(path, loaded)
    paths: Json = {}
    for route, item in whole["paths"].items():
        methods = {
            method: operation
            for method, operation in item.items()
            if isinstance(operation, dict) and operation.get("operationId") in OPERATIONS
        }
        if methods:
            paths[route] = methods
    pool: dict[str, Json] = {"definitions": {}, "parameters": {}}
    kept = inlined(paths, path, pool, loaded)
    return {"swagger": "2.0", "info": {"version": whole["info"]["version"]}, "paths": kept, **pool}


def load(path: Path, loaded: dict[Path, Json]) -> Json:
    """A document, read once."""
    if path not in loaded:
        loaded[path] = json.loads(path.read_text(encoding="utf-8"))
    return loaded[path]


def inlined(value: object, where: Path, pool: dict[str, Json], loaded: dict[Path, Json]) -> object:
    """A value without prose, what it refers to gathered in `pool` and referred to there."""
    if isinstance(value, list):
        return [inlined(item, where, pool, loaded) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": gathered(str(value["$ref"]), where, pool, loaded)}
    return {
        name: inlined(item, where, pool, loaded)
        for name, item in value.items()
        if name not in PROSE or (isinstance(item, dict) and "type" in item)
    }


def gathered(reference: str, where: Path, pool: dict[str, Json], loaded: dict[Path, Json]) -> str:
    """The new reference of one that may lead into another file; names that clash get a mark."""
    file, _, pointer = reference.partition("#/")
    source = (where.parent / file).resolve() if file else where
    section, name = pointer.split("/")
    new = name if source.name == "cognitiveservices.json" else f"Common{name}"
    if new not in pool[section]:
        pool[section][new] = {}
        pool[section][new] = inlined(load(source, loaded)[section][name], source, pool, loaded)
    return f"#/{section}/{new}"


def references(value: object) -> Iterator[str]:
    """Every `$ref` below a value."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield str(value["$ref"])
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
