"""Terraform source (a folder of .tf files, with the modules of the same tree) as an estate.

python-hcl2 parses; it is the extra `terraform`. Nothing is fetched and nothing is run: what only a plan would
know is unknown, and a module from elsewhere is told by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.expressions.evaluator import Surroundings
from reconciler.export.expressions.hcl import pairs_of
from reconciler.export.expressions.hcl_tree import deeper_than, words_of
from reconciler.export.expressions.values import Open, Value, as_value, at, segments, settled, unknown
from reconciler.export.foreign import MAX_SOURCE, parse_json, read_bytes, text_or_none
from reconciler.export.sources.given import Decided, Setting, typed
from reconciler.export.sources.terraform_module import (
    HclBlock,
    LoopTurn,
    Module,
    UncountableError,
    attributes_of,
    blocks_of,
)
from reconciler.export.sources.terraform_resource import ACCOUNTS, DEPLOYMENT, TEMPLATES, Instance
from reconciler.export.sources.terraform_state import TEMPLATE_TEXT, deployed_template

_MOST_FILES: Final = 500
_DEEPEST: Final = 8
_DEEPEST_TREE: Final = 200
"""Levels of a parsed file; an expression has two or three for each of its own."""

_OURS: Final = re.compile(r"openai|cognitive|foundry|ai[-_]?services|deployment", re.IGNORECASE)
_MAYBE: Final = re.compile(r"accounts/deployments|^(?!<<)", re.IGNORECASE)
"""The text of a template that may declare deployments: it says so, or it stands elsewhere."""

_RESOURCES: Final = frozenset({DEPLOYMENT, "azapi_resource", "azapi_update_resource", *ACCOUNTS})
_BLOCKS: Final = ("model", "sku", "scale")
_FRAME: Final = frozenset({"count", "for_each", "provider", "depends_on"})

Folder = tuple[HclBlock, ...]


def terraform_source(
    folder: Path, variables: Sequence[Path] = ()
) -> tuple[tuple[str, ...], Callable[[Setting], Estate]]:
    """The names that can be set in a folder of .tf files, and its reading; `variables` are .tfvars files."""
    whole = folder.resolve()
    # Modules may lie as far up as the root of the repository, else in the folder that was named.
    top = next((item for item in (whole, *whole.parents) if (item / ".git").exists()), whole)
    reader = _Reader(top)
    blocks = reader.blocks(folder)
    if not blocks:
        raise UsageProblem(f"{folder} holds no .tf files; name the folder of the configuration that has them")
    names = tuple(block.labels[0] for block in blocks if block.kind == "variable" and block.labels)
    names += tuple(name for block in blocks if block.kind == "locals" for name in block.attributes)
    given = reader.variables(folder, variables)
    return names, lambda setting: _estate(folder, reader, blocks, given, names, setting)


class _Reader:
    """Reads folders below one root, each once, within bounds."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._folders: dict[Path, Folder] = {}
        self._left = MAX_SOURCE

    def blocks(self, folder: Path) -> Folder:
        """The blocks of all .tf files of a folder."""
        whole = folder.resolve()
        if whole not in self._folders:
            files = sorted(whole.glob("*.tf"))[:_MOST_FILES]
            self._folders[whole] = tuple(block for file in files for block in blocks_of(self._parsed(file)))
        return self._folders[whole]

    def inside(self, folder: Path) -> bool:
        """Whether a module's folder is one of the same tree."""
        return folder.is_dir() and folder.resolve().is_relative_to(self._top)

    def variables(self, folder: Path, more: Sequence[Path]) -> dict[str, Value]:
        """Values of variable files, in the order in which Terraform reads them."""
        own = [folder / name for name in ("terraform.tfvars", "terraform.tfvars.json")]
        own += sorted((*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")))
        found: dict[str, Value] = {}
        for path in (*(item for item in own if item.is_file()), *more):
            if path.suffix == ".json":
                document = parse_json(str(path), read_bytes(path)).document
                found |= {name: as_value(value) for name, value in document.items()}
            else:
                nowhere = unknown("?")
                around = Surroundings(subscription=nowhere, resource_group=nowhere, location=nowhere)
                empty = Module((), {}, around)
                body = next(iter(getattr(self._parsed(path), "children", [])), None)
                found |= {name: empty.scope().value(node) for name, node in attributes_of(body)}
        return found

    def _parsed(self, path: Path) -> object:
        try:
            import hcl2  # noqa: PLC0415 -- an extra, and slow to load
            from lark.exceptions import LarkError  # noqa: PLC0415
        except ImportError as problem:
            raise UsageProblem(
                f"{path} is Terraform source, which needs a parser that is not installed: pip install "
                "'aoai-reconciler[terraform]'. A state needs none: terraform state pull > terraform.tfstate"
            ) from problem
        content = read_bytes(path)
        self._left -= len(content)
        if self._left < 0:
            raise UsageProblem(f"the .tf files are larger than {MAX_SOURCE >> 20} MiB, the most that is read")
        try:
            tree = hcl2.parses_to_tree(content.decode("utf-8-sig"))
        except (LarkError, UnicodeDecodeError, RecursionError) as problem:
            line = getattr(problem, "line", None)
            where = f", line {line}" if line else ""
            raise UsageProblem(f"{path} cannot be read as Terraform's language{where}") from problem
        if deeper_than(tree, _DEEPEST_TREE):
            raise UsageProblem(f"{path} is nested deeper than any configuration needs")
        return tree


# -- evaluating ----------------------------------------------------------------------------------


def _estate(
    folder: Path,
    reader: _Reader,
    blocks: Folder,
    given: Mapping[str, Value],
    names: Sequence[str],
    setting: Setting,
) -> Estate:
    around = Surroundings(
        subscription=setting.subscription or unknown("the provider's subscription"),
        resource_group=unknown("the resource group"),
        location=unknown("the location"),
        decided=Decided(setting),
    )
    said = {name: setting.said_of(name) for name in names}
    decided = {name: as_value(typed(value, "")) for name, value in said.items() if value is not None}
    environment = {
        name: as_value(typed(setting.environment[f"TF_VAR_{name}"], ""))
        for name in names
        if f"TF_VAR_{name}" in setting.environment
    }
    root = Module(blocks, {**environment, **given}, around, decided=decided)
    left_out: list[str] = []
    modules = list(_modules(root, folder, reader, left_out, 0))
    instances = [instance for module in modules for instance in _instances(module, left_out)]
    inner = [made for module in modules for made in _templates(module, setting, left_out)]
    accounts = (*_accounts(instances), *(account for item in inner for account in item.accounts))
    if not accounts and not left_out:
        kinds = ", ".join(sorted({item.labels[0] for m in modules for item in m.of_kind("resource")})[:6])
        raise UsageProblem(
            f"{folder} declares no model deployment that is deployed with these values: looked for "
            f"azurerm_cognitive_deployment, azapi_resource of type accounts/deployments and templates, found "
            f"{kinds or 'no resources'}. --set NAME=VALUE and .tfvars files as --parameters give values"
        )
    return Estate(
        origin=EstateOrigin.TERRAFORM_SOURCE,
        cloud=setting.cloud,
        accounts=accounts,
        notes=tuple(note for item in inner for note in item.notes),
        left_out=(*left_out, *(text for item in inner for text in item.left_out)),
    )


def _templates(module: Module, setting: Setting, left_out: list[str]) -> Iterator[Estate]:
    """What the ARM templates that a module deploys declare, where their text is known."""
    for block in module.of_kind("resource"):
        text = block.attributes.get(TEMPLATE_TEXT.get(block.labels[0], ""))
        if block.labels[0] not in TEMPLATES or text is None:
            continue
        address = f"{module.address}{'.'.join(block.labels)}"
        for turn in _turns(module, block, address, left_out) or ():
            item, _, _ = _instance(module, block, turn, f"{address}{turn.key}")
            gaps = [name for name in (TEMPLATE_TEXT[item.kind], "parameters_content") if name in item.open]
            made = None if gaps else deployed_template(item, setting, left_out)
            if made is not None:
                yield made
            elif gaps and _MAYBE.search(words_of(text)):
                left_out.append(
                    f"{item.address} deploys an ARM template, of which not known here: {', '.join(gaps)}. "
                    "Left out; a state has it, and the template itself can be given to --from"
                )


def _modules(
    module: Module, folder: Path, reader: _Reader, left_out: list[str], depth: int
) -> Iterator[Module]:
    """A module and those that it calls."""
    for block in module.of_kind("module"):
        name = block.labels[0]
        source = block.attributes.get("source")
        written = module.scope().value(source) if source is not None else None
        existing = folder / written if isinstance(written, str) and written.startswith(".") else None
        if existing is None or depth >= _DEEPEST or not reader.inside(existing):
            if _OURS.search(f"{written} {' '.join(block.attributes)}"):
                left_out.append(
                    f"module.{name} comes from {written}, which is not in this tree: left out. A state or a "
                    "plan (`terraform show -json`) has its deployments"
                )
            continue
        turns = _turns(module, block, f"module.{name}", left_out)
        if turns is None:
            continue
        children: dict[str, Module] = {}
        module.children[name] = children
        frame = {"source", "version", "providers", *_FRAME}
        given = {key: node for key, node in block.attributes.items() if key not in frame}
        for turn in turns:
            scope = module.scope(turn)
            children[turn.key] = Module(
                reader.blocks(existing),
                {},
                module.around,
                passed={key: (scope, node) for key, node in given.items()},
                parent=module,
                address=f"{module.address}module.{name}{turn.key}.",
                conditions=(*module.conditions, *([turn.condition] if turn.condition else [])),
            )
            yield from _modules(children[turn.key], existing, reader, left_out, depth + 1)
    yield module


def _turns(module: Module, block: HclBlock, what: str, left_out: list[str]) -> list[LoopTurn] | None:
    """The instances of a block; None, and a sentence, where nobody knows how many there are."""
    try:
        return list(module.turns(block))
    except UncountableError as words:
        left_out.append(f"how often {what} is made ({words}) is not known here: left out")
        return None


def _instances(module: Module, left_out: list[str]) -> Iterator[tuple[Instance, Value, Value]]:
    """The instances of a module's resources that matter, each with its account's id and its own."""
    for block in module.of_kind("resource"):
        if block.labels[0] not in _RESOURCES:
            continue
        address = f"{module.address}{'.'.join(block.labels)}"
        notes = [] if block.labels[0] in ACCOUNTS else left_out
        for turn in _turns(module, block, address, notes) or ():
            yield _instance(module, block, turn, f"{address}{turn.key}")


def _instance(module: Module, block: HclBlock, turn: LoopTurn, address: str) -> tuple[Instance, Value, Value]:
    scope = module.scope(turn)
    values: dict[str, Value] = {
        name: scope.value(node) for name, node in block.attributes.items() if name not in _FRAME
    }
    account = values.pop("cognitive_account_id", values.pop("parent_id", values.pop("resource_id", None)))
    for name in _BLOCKS:
        made = _block(module, block, name, turn)
        if made is not None:
            values[name] = made
    remarks: list[str] = []
    sku = values.get("sku")
    if block.labels[0] == DEPLOYMENT and isinstance(sku, dict) and sku.get("capacity") is None:
        values["sku"] = {**sku, "capacity": 1}
        remarks.append("sku.capacity is not written: azurerm's default is 1")
    lifecycle = block.first("lifecycle")
    if lifecycle is not None and lifecycle.attributes:
        said = ", ".join(f"{name} = {words_of(node)}" for name, node in lifecycle.attributes.items())
        remarks.append(f"Terraform's lifecycle says {said}: see lifecycle in the manifest reference")
    open_paths: dict[str, str] = {}
    known = settled(values, "", open_paths)
    conditions = (*module.conditions, *([turn.condition] if turn.condition else []))
    instance = Instance(
        kind=block.labels[0],
        address=address,
        values=known if isinstance(known, dict) else {},
        open=open_paths,
        condition=" and ".join(dict.fromkeys(conditions)),
        remark="; ".join(remarks),
    )
    resource, key = module.resolve(block.labels[0], [block.labels[1]])[0], turn.key[1:-1]
    if key:
        resource = at(resource, int(key) if key.isdigit() else key.strip('"'))[1]
    return instance, account, at(resource, "id")[1]


def _block(module: Module, block: HclBlock, name: str, turn: LoopTurn) -> Value:
    """A block in a resource, written out or made by `dynamic`."""
    scope = module.scope(turn)
    written = block.first(name)
    if written is not None:
        return {key: scope.value(node) for key, node in written.attributes.items()}
    for item in block.blocks:
        content = item.first("content")
        if item.kind != "dynamic" or item.labels != (name,) or content is None:
            continue
        items = scope.value(item.attributes["for_each"]) if "for_each" in item.attributes else None
        pairs = pairs_of(items)
        if pairs is None:
            return unknown(words_of(item.attributes.get("for_each")))
        for key, value in pairs[:1]:
            inside = scope.binding(**{name: {"key": key, "value": value}})
            return {field: inside.value(node) for field, node in content.attributes.items()}
    return None


# -- accounts ------------------------------------------------------------------------------------


def _accounts(instances: Sequence[tuple[Instance, Value, Value]]) -> tuple[FoundAccount, ...]:
    regions = {str(own): each.values.get("location") for each, _, own in instances if each.is_account}
    found: dict[str, tuple[Value, list[tuple[Instance, Found]]]] = {}
    for item, account, _ in instances:
        if item.is_deployment:
            found.setdefault(str(account), (account, []))[1].append((item, item.found()))
    for item, target, _ in instances:
        for account, (_, members) in found.items() if item.is_update else ():
            for number, (made_by, made) in enumerate(members):
                if str(target) in {f"{account}/deployments/{made.name}", f"{made_by.address}.id"}:
                    members[number] = (made_by, item.changed(made))
    return tuple(
        _account(account, regions.get(words), [made for _, made in members])
        for words, (account, members) in found.items()
    )


def _account(identity: Value, region: object, deployments: Sequence[Found]) -> FoundAccount:
    """An account from its id, of which any part may be unknown."""
    parts = segments(identity) if isinstance(identity, str | Open) else []
    known: dict[str, Value] = {}
    if len(parts) == 9:
        known = {"subscription": parts[2], "resourceGroup": parts[4], "name": parts[8]}
    words = str(identity) if identity is not None else "the account"
    named = {where: known.get(where) for where in ("resourceGroup", "name")}
    return FoundAccount(
        subscription=text_or_none(known.get("subscription")),
        resource_group=text_or_none(named["resourceGroup"]),
        name=text_or_none(named["name"]),
        region=text_or_none(region),
        open={
            where: str(value) if isinstance(value, Open) else words
            for where, value in named.items()
            if not isinstance(value, str)
        },
        deployments=tuple(deployments),
    )
