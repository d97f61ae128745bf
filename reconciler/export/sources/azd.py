"""azd's own files: `azure.yaml` (resources, and deployments of a Foundry project) and `infra/ai.yaml`.

Sources: the azure.yaml schema of azd ("resources": ai.openai.model and ai.project), the azure.ai.agents
extension (`deployments` of a service), and `ai.yaml` of the azd AI starter templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.foreign import ForeignText, part
from reconciler.export.sources.given import Given, Setting, filled_by_azd
from reconciler.export.sources.terraform_resource import objects

MODEL: Final = ("name", "version", "format", "publisher")


def is_azd(value: JsonValue) -> bool:
    """Whether a document is a file of azd that may declare deployments."""
    if not isinstance(value, Mapping) or "apiVersion" in value:
        return False
    modelled = any("model" in item for item in objects(value.get("deployments")))
    return modelled or any(isinstance(value.get(name), Mapping) for name in ("services", "resources"))


def azd_estate(file: ForeignText, setting: Setting) -> Estate:
    """The deployments of azure.yaml or ai.yaml; UsageProblem where there are none."""
    document: JsonObject = next((value for value in file.values if isinstance(value, Mapping)), {})
    given = Given()
    left_out: list[str] = []
    services = [element for element in part(document, "services").values() if isinstance(element, Mapping)]
    holders = (document, *(each for service in services for each in (service, part(service, "config"))))
    items = (item for holder in holders for item in objects(holder.get("deployments")))
    found = [_deployment(item, given, setting) for item in items]
    for name, resource in part(document, "resources").items():
        if isinstance(resource, Mapping):
            found += _composed(name, resource, left_out)
    if not found and not left_out:
        raise UsageProblem(
            f"{file.name} declares no model deployment: looked for `deployments`, for services with them and "
            "for resources of type ai.openai.model and ai.project"
        )
    group = setting.environment.get("AZURE_RESOURCE_GROUP")
    account = FoundAccount(
        subscription=setting.environment.get("AZURE_SUBSCRIPTION_ID"),
        resource_group=group,
        open=dict.fromkeys(["name"] if group else ["name", "resourceGroup"], "azd names it"),
        deployments=tuple(found),
    )
    return Estate(
        origin=EstateOrigin.AZD,
        cloud=setting.cloud,
        accounts=(account,) if found else (),
        notes=tuple(given.notes),
        left_out=tuple(left_out),
    )


def _deployment(item: JsonObject, given: Given, setting: Setting) -> Found:
    """A deployment in ARM's words, but that its properties may stand beside the model."""
    open_paths: dict[str, str] = {}
    made = filled_by_azd(item, given, setting, open_paths)
    name = made.get("name")
    properties = {
        **{key: value for key, value in made.items() if key not in {"name", "sku", "tags", "properties"}},
        **part(made, "properties"),
    }
    return Found(
        name=str(name) if name else f"<{open_paths.get('name', 'name')}>",
        resource={"sku": part(made, "sku"), "tags": part(made, "tags"), "properties": properties},
        open=open_paths,
    )


def _composed(name: str, resource: JsonObject, left_out: list[str]) -> Iterator[Found]:
    kind = resource.get("type")
    if kind not in {"ai.openai.model", "ai.project"}:
        return
    if resource.get("existing") is True:
        left_out.append(f"{name} ({kind}) exists already and is not made by azd: left out")
        return
    if kind == "ai.openai.model":
        model = part(resource, "model")
        yield Found(
            name=name,
            resource={"properties": {"model": {"format": "OpenAI", **model}}},
            open={"sku": "azd chooses it (GlobalStandard or Standard, whichever is offered)"},
        )
        return
    for model in objects(resource.get("models")):
        sku = {key: value for key, value in part(model, "sku").items() if key != "usageName"}
        more = {key: value for key, value in model.items() if key not in (*MODEL, "sku")}
        yield Found(
            name=str(model.get("name")),
            resource={
                "sku": sku,
                "properties": {**more, "model": {key: model[key] for key in MODEL if key in model}},
            },
        )
