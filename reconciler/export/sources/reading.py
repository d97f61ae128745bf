"""Any number of sources become one estate: each is recognised by what it holds, read, and laid together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.foreign import ForeignFile, ForeignText, at, part, read_any, read_file
from reconciler.export.sources import azd, bicep, kubernetes
from reconciler.export.sources.given import Setting, names_in, refuse_unused
from reconciler.export.sources.template import template_estate, template_names
from reconciler.export.sources.terraform_resource import deployment_id
from reconciler.export.sources.terraform_state import tfstate_estate

_TAKEN: Final = (
    "ARM templates, .bicep, Terraform states, plans (`terraform show -json`) and folders of .tf files, lists "
    "from `az cognitiveservices account deployment list -o json`, Kubernetes objects of ASO and Crossplane, "
    "azd's azure.yaml and ai.yaml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """One source, read but not evaluated: what it is called, what it can be told, and how it is read."""

    name: str
    estate: Callable[[Setting], Estate]
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What to read: files of any kind, those whose kind was said, and parameter files in their order."""

    any_kind: Sequence[Path] = ()
    templates: Sequence[Path] = ()
    states: Sequence[Path] = ()
    parameters: Sequence[Path] = ()

    @property
    def all(self) -> Sequence[Path]:
        """Every file."""
        return (*self.any_kind, *self.templates, *self.states, *self.parameters)


def estate_of(files: Files, setting: Setting, stdin: BinaryIO | None = None) -> Estate:
    """What all these files declare together, each assumption told apart; UsageProblem for what cannot be."""
    sources, parameters = _sources(files, stdin)
    made = _together([(source.name, source.estate(setting)) for source in sources])
    known = [name for source in sources for name in source.known]
    refuse_unused(setting.unused(), known)
    for file in parameters:
        for name in names_in(file):
            if f"{file.name}: {name.lower()}" not in setting.used:
                refuse_unused([name], known, f" ({file.name} has it)")
    if setting.assumed:
        made = _distinguished(made, sources, setting)
    return _placed(made, setting)


# -- recognising ---------------------------------------------------------------------------------


def _sources(files: Files, stdin: BinaryIO | None) -> tuple[list[ExportSource], list[ForeignFile]]:
    if sum(str(path) == "-" for path in files.all) > 1:
        raise UsageProblem("standard input is one file: give - once")
    implies = any(path.suffix == ".bicepparam" for path in files.parameters)
    if not (files.any_kind or files.templates or files.states or implies):
        raise UsageProblem("--parameters belongs to a template: give --from-arm-template or --from too")
    parameters: list[ForeignFile] = []
    implied: list[ForeignFile] = []
    variables = [path for path in files.parameters if ".tfvars" in path.name]
    for path in files.parameters:
        if path in variables:
            continue
        if path.suffix == ".bicepparam":
            template, given = bicep.built_parameters(path)
            parameters.append(given)
            implied += [template] if template is not None else []
        else:
            parameters.append(read_file(path, stdin))
    for given in parameters:
        names_in(given)
    sources = [_recognised(path, parameters, variables, stdin) for path in files.any_kind]
    for path in files.templates:
        file = bicep.built_template(path) if path.suffix == ".bicep" else read_file(path, stdin)
        sources.append(_template(file, parameters))
    sources += [_state(read_file(path, stdin)) for path in files.states]
    if not sources and implied:
        sources = [_template(item, parameters) for item in implied]
    if not sources:
        raise UsageProblem("the .bicepparam files do not say which template they are for: give --from too")
    return sources, parameters


def _recognised(
    path: Path, parameters: Sequence[ForeignFile], variables: Sequence[Path], stdin: BinaryIO | None
) -> ExportSource:
    if path.is_dir():
        from reconciler.export.sources.terraform_source import terraform_source  # noqa: PLC0415 -- loads a parser

        known, estate = terraform_source(path, variables)
        return ExportSource(name=str(path), known=known, estate=estate)
    if path.suffix == ".bicep":
        return _template(bicep.built_template(path), parameters)
    if path.suffix == ".bicepparam":
        raise UsageProblem(f"{path} holds parameters: pass it as --parameters, beside the template as --from")
    if ".tfvars" in path.name:
        raise UsageProblem(f"{path} holds variables: pass it as --parameters, beside the folder as --from")
    if path.suffix == ".tf":
        raise UsageProblem(f"{path} is one file of a Terraform configuration: name its folder")
    text = read_any(path, stdin)
    first = text.values[0] if text.values else None
    if isinstance(first, Mapping):
        file = ForeignFile(name=text.name, document=first)
        source = _object_source(file, text, parameters)
        if source is not None:
            return source
        if isinstance(first.get("value"), list):
            first = first["value"]
    if isinstance(first, list):
        return ExportSource(name=text.name, estate=partial(listing_estate, text.name, first))
    raise UsageProblem(f"{text.name} is nothing that deployments are exported from. Read are {_TAKEN}")


def _object_source(
    file: ForeignFile, text: ForeignText, parameters: Sequence[ForeignFile]
) -> ExportSource | None:
    name, document = file.name, file.document
    schema = str(at(document, "$schema")).lower()
    if "deploymentparameters" in schema:
        raise UsageProblem(
            f"{name} is a parameter file: pass it as --parameters, beside the template as --from"
        )
    if any(map(kubernetes.is_kubernetes, text.values)):
        return ExportSource(name=name, estate=partial(kubernetes.kubernetes_estate, name, text.values))
    terraform = {"terraform_version", "encrypted_data", "encryption_version", "planned_values", "lineage"}
    if terraform & document.keys():
        return _state(file)
    if "deploymenttemplate" in schema or ("contentVersion" in document and "resources" in document):
        return _template(file, parameters)
    if "/deployments/" in str(at(document, "id")).lower() and at(document, "properties") is not None:
        return ExportSource(name=name, estate=partial(listing_estate, name, [document]))
    if isinstance(document.get("resources"), list) and not document.get("deployments"):
        return _template(file, parameters)
    if azd.is_azd(document):
        return ExportSource(name=name, estate=partial(azd.azd_estate, text))
    return None


def _template(file: ForeignFile, parameters: Sequence[ForeignFile]) -> ExportSource:
    estate = partial(template_estate, file, parameters)
    return ExportSource(name=file.name, known=template_names(file), estate=estate)


def _state(file: ForeignFile) -> ExportSource:
    return ExportSource(name=file.name, estate=partial(tfstate_estate, file))


# -- what `az cognitiveservices account deployment list -o json` prints: ARM's own answers -------------

_FRAME = frozenset({"id", "name", "type", "etag", "systemdata", "resourcegroup"})
_NOWHERE = dict.fromkeys(("name", "resourceGroup"), "the list has no ids")


def listing_estate(name: str, items: Sequence[JsonValue], setting: Setting) -> Estate:
    """The deployments of a list; UsageProblem where it holds none."""
    found: dict[AccountId | None, list[Found]] = {}
    left_out: list[str] = []
    for item in items:
        if not isinstance(item, dict) or not (part(item, "properties") or part(item, "sku")):
            left_out.append(f"{name}: an item that is not a deployment: left out")
            continue
        identity = deployment_id(str(at(item, "id")))
        written = identity.name if identity is not None else str(at(item, "name") or "")
        if not written:
            left_out.append(f"{name}: a deployment without name or id: left out")
            continue
        account = identity.account if identity is not None else None
        state = at(part(item, "properties"), "provisioningState")
        made = Found(
            name=written.rpartition("/")[2],
            # az writes null for what is not there
            resource={k: v for k, v in item.items() if k.lower() not in _FRAME and v is not None},
            state=state if isinstance(state, str) else "Succeeded",
            observed=True,
        )
        found.setdefault(account, []).append(made)
    if not found:
        raise UsageProblem(
            f"{name} lists no deployment. `az cognitiveservices account deployment list -g GROUP -n ACCOUNT "
            "-o json` prints one"
        )
    return Estate(
        origin=EstateOrigin.LISTING,
        cloud=setting.cloud,
        accounts=tuple(
            FoundAccount.at(account, deployments)
            if account is not None
            else FoundAccount(open=_NOWHERE, deployments=tuple(deployments))
            for account, deployments in found.items()
        ),
        left_out=tuple(left_out),
    )


# -- laying together -----------------------------------------------------------------------------


def _together(estates: Sequence[tuple[str, Estate]]) -> Estate:
    """One estate of several; what two of them say of one deployment is compared."""
    if len(estates) == 1:
        return estates[0][1]
    accounts: list[FoundAccount] = []
    left_out: list[str] = []
    said_by: dict[tuple[int, str], str] = {}
    for name, estate in sorted(estates, key=lambda item: not item[1].origin.existing):
        left_out += estate.left_out
        for account in estate.accounts:
            number = next(
                (n for n, item in enumerate(accounts) if _same_account(item, account)), len(accounts)
            )
            if number == len(accounts):
                accounts.append(replace(account, deployments=()))
            accounts[number] = _completed(
                accounts[number], account.subscription, account.resource_group, account.region
            )
            for deployment in account.deployments:
                accounts[number] = _with(accounts[number], deployment, (number, name), said_by, left_out)
    origins = {estate.origin for _, estate in estates}
    return Estate(
        origin=origins.pop() if len(origins) == 1 else EstateOrigin.SEVERAL,
        cloud=estates[0][1].cloud,
        accounts=tuple(accounts),
        notes=tuple(dict.fromkeys(note for _, estate in estates for note in estate.notes)),
        left_out=tuple(left_out),
    )


def _same_account(found_account: FoundAccount, other: FoundAccount) -> bool:
    """Whether two sources speak of one account, as far as they say which."""
    if found_account.name is None or other.name is None:
        return (found_account.name, dict(found_account.open)) == (other.name, dict(other.open))
    mine = (found_account.name, found_account.resource_group, found_account.subscription)
    theirs = (other.name, other.resource_group, other.subscription)
    return all(a is None or b is None or a.lower() == b.lower() for a, b in zip(mine, theirs, strict=True))


def _completed(
    found_account: FoundAccount, subscription: str | None, group: str | None, region: str | None
) -> FoundAccount:
    """An account with what is known from elsewhere, where its source does not say it."""
    group, region = found_account.resource_group or group, found_account.region or region
    solved = {"resourceGroup": group, "region": region, "name": found_account.name}
    return replace(
        found_account,
        subscription=found_account.subscription or subscription,
        resource_group=group,
        region=region,
        open={where: words for where, words in found_account.open.items() if solved.get(where) is None},
    )


def _with(
    account: FoundAccount,
    item: Found,
    at_source: tuple[int, str],
    said_by: dict[tuple[int, str], str],
    left_out: list[str],
) -> FoundAccount:
    number, source = at_source
    known = next((found for found in account.deployments if found.name.lower() == item.name.lower()), None)
    key = (number, item.name.lower())
    if known is None or said_by.get(key) == source:
        said_by[key] = source
        return replace(account, deployments=(*account.deployments, item))
    differ = sorted(_differences(known.resource, item.resource))
    if differ:
        left_out.append(
            f"{account.name or 'the account'}/{item.name} is in {said_by[key]} and in {source}, which "
            f"differ in {', '.join(differ)}; what {said_by[key]} says is exported"
        )
    return account


def _differences(json_value: JsonValue, other: JsonValue, path: str = "") -> Iterable[str]:
    if isinstance(json_value, Mapping) and isinstance(other, Mapping):
        for name in {key.lower(): key for key in (*json_value, *other)}.values():
            inner = f"{path}.{name}" if path else name
            yield from _differences(at(json_value, name), at(other, name), inner)
    elif json_value is not None and other is not None and json_value != other:
        yield path.removeprefix("properties.")


# -- what was said beside the files --------------------------------------------------------------


def _distinguished(made: Estate, sources: Sequence[ExportSource], setting: Setting) -> Estate:
    """The estate with each deployment marked that would be another without the assumptions."""
    bare_setting = replace(setting, assumed={}, used=set())
    bare: set[tuple[str, str]] = set()
    for source in sources:
        with suppress(UsageProblem):
            existing = source.estate(bare_setting).accounts
            bare |= {
                _content(account, deployment) for account in existing for deployment in account.deployments
            }
    assumptions = ", ".join(f"{name}={value}" for name, value in setting.assumed.items())

    def marked(account: FoundAccount, found: Found) -> Found:
        if _content(account, found) in bare:
            return found
        return replace(found, assumed=True, notes=(*found.notes, f"assuming {assumptions}"))

    accounts = tuple(
        replace(account, deployments=tuple(marked(account, deployment) for deployment in account.deployments))
        for account in made.accounts
    )
    return replace(made, accounts=accounts, notes=(*made.notes, f"assumed: {assumptions}"))


def _content(account: FoundAccount, found: Found) -> tuple[str, str]:
    return f"{account.name} {account.resource_group} {sorted(account.open.items())}", repr(found)


def _placed(estate: Estate, setting: Setting) -> Estate:
    """The estate with what was said of an account and a region that the sources leave open."""
    account = setting.account
    if account is None:
        return replace(estate, accounts=tuple(_located(item, setting) for item in estate.accounts))
    missing = [item for item in estate.accounts if item.name is None]
    named = [
        item
        for item in estate.accounts
        if item.name is not None
        and item.name.lower() == account.name.lower()
        and (item.subscription or account.subscription).lower() == account.subscription.lower()
        and (item.resource_group or account.resource_group).lower() == account.resource_group.lower()
    ]
    if len(missing) > 1:
        which = "; ".join(item.open.get("name", "not named") for item in missing[:4])
        raise UsageProblem(
            f"--account stands for one account, and the sources leave {len(missing)} open: {which}. Give "
            "--set NAME=VALUE for the parameters or variables that name them"
        )
    if not missing and not named and not estate.left_out:
        names = ", ".join(sorted({str(item.name) for item in estate.accounts})) or "none"
        raise UsageProblem(
            f"--account stands for an account that the sources leave open, and they leave none open: they "
            f"name {names}. Give the id of one of those, or leave --account out"
        )
    if not missing and not named:
        return estate
    chosen = (missing or named)[0]
    at_home = replace(
        chosen,
        subscription=account.subscription,
        resource_group=account.resource_group,
        name=account.name,
        open={where: words for where, words in chosen.open.items() if where == "region"},
    )
    accounts = (_located(at_home if item is chosen else item, setting) for item in estate.accounts)
    return replace(estate, accounts=tuple(accounts))


def _located(found_account: FoundAccount, setting: Setting) -> FoundAccount:
    return _completed(found_account, setting.subscription, setting.resource_group, setting.location)
