"""One release of azure-mgmt-cognitiveservices, unmodified, through all operations the emulator has.

    python tools/fidelity_sdk_drive.py URL CA_FILE

Run by `tools/fidelity_sdk.py` with the release on PYTHONPATH and nothing else of Azure. Prints one JSON
object: operation -> null when it did what it should, else what went wrong, "absent" if the release has none.
"""

import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient, models

TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
RG, ACC = "rg", "acc"
MODEL = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
S0 = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
NAMED = {f"model_{part}": value for part, value in MODEL.items()}
Drive = Callable[[Any], object]
Client = Any


def deployment(capacity: int, sku: str = "GlobalStandard") -> dict[str, Any]:
    """A body as a user of the SDK writes it."""
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": MODEL}}


def expect(found: object, wanted: object) -> None:
    """Raise when an operation answered something else."""
    if found != wanted:
        message = f"expected {wanted!r}, found {found!r}"
        raise AssertionError(message)


def missing(call: Callable[[], object]) -> None:
    """The SDK's own exception for a 404."""
    try:
        call()
    except ResourceNotFoundError:
        return
    message = "expected ResourceNotFoundError"
    raise AssertionError(message)


def refused(call: Callable[[], object], code: str) -> None:
    """An error whose code the SDK can read."""
    try:
        call()
    except HttpResponseError as error:
        expect(None if error.error is None else error.error.code, code)
        return
    message = f"expected {code}"
    raise AssertionError(message)


def put(client: Client, name: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
    """A create or update, waited for."""
    return client.deployments.begin_create_or_update(RG, ACC, name, body).result()


def names(pages: Any) -> list[str]:  # noqa: ANN401
    return sorted(item.name for item in pages)


def _pause(client: Client) -> None:
    expect(client.deployments.pause(RG, ACC, "chat").properties.deployment_state, "Paused")


def _resume(client: Client) -> None:
    expect(client.deployments.resume(RG, ACC, "chat").properties.deployment_state, "Running")


def _update(client: Client) -> None:
    done = client.deployments.begin_update(RG, ACC, "chat", {"tags": {"team": "a"}}).result()
    expect(done.tags, {"team": "a"})


def _capacity(client: Client) -> None:
    parameters = models.ModelCapacityCalculatorWorkloadRequestParam(
        avg_prompt_tokens=500, avg_generated_tokens=50
    )
    load = models.ModelCapacityCalculatorWorkload(request_per_minute=10, request_parameters=parameters)
    parts = {
        "model": models.DeploymentModel(**MODEL),
        "sku_name": "ProvisionedManaged",
        "workloads": [load],
    }
    call = client.calculate_model_capacity
    if "sku_name" in inspect.signature(call).parameters:  # up to 14 the SDK flattens the body
        found = call(**parts)
    else:
        found = call(models.CalculateModelCapacityParameter(**parts))
    expect(found.estimated_capacity.deployable_value, 50)


def _policy(client: Client) -> None:
    body = {"properties": {"basePolicyName": "Microsoft.DefaultV2", "mode": "Blocking"}}
    expect(client.rai_policies.create_or_update(RG, ACC, "strict", body).name, "strict")


def _regenerate(client: Client) -> None:
    call = client.accounts.regenerate_key
    parameters = inspect.signature(call).parameters
    found = call(RG, ACC, "Key1") if "key_name" in parameters else call(RG, ACC, {"keyName": "Key1"})
    expect(len(found.key1), 32)


def _domain(client: Client) -> None:
    call, kind = client.check_domain_availability, "Microsoft.CognitiveServices/accounts"
    if "subdomain_name" in inspect.signature(call).parameters:  # up to 14 the SDK flattens the body
        found = call(subdomain_name="free", type=kind)
    else:
        found = call({"subdomainName": "free", "type": kind})
    expect(found.is_subdomain_available, True)


def _sku(client: Client) -> None:
    call, kind = client.check_sku_availability, "Microsoft.CognitiveServices/accounts"
    if "skus" in inspect.signature(call).parameters:
        found = call("eastus2", skus=["S0"], kind="OpenAI", type=kind)
    else:
        found = call("eastus2", {"skus": ["S0"], "kind": "OpenAI", "type": kind})
    expect(found.value[0].sku_available, True)


def _pools(client: Client) -> int:
    """Pools that the two deployments draw on; releases before 13 have no deployments."""
    return 2 if hasattr(client, "deployments") else 0


def _restore(client: Client) -> None:
    """Restored with nothing but its location, and deleted again for the purge."""
    body = {"location": "swedencentral", "properties": {"restore": True}}
    expect(client.accounts.begin_create(RG, ACC, body).result().kind, "OpenAI")
    client.accounts.begin_delete(RG, ACC).result()


def _usage(client: Client) -> None:
    used = {item.name.value: item.current_value for item in client.usages.list("swedencentral")}
    expect(used["OpenAI.GlobalStandard.gpt-4o"], 20)


def _states(client: Client) -> None:
    poller = client.deployments.begin_create_or_update(RG, ACC, "ptu", deployment(50, "ProvisionedManaged"))
    expect(poller.done(), False)
    expect(poller.result().properties.provisioning_state, "Succeeded")


DRIVES: tuple[tuple[str, Drive], ...] = (
    ("accounts.begin_create", lambda c: expect(c.accounts.begin_create(RG, ACC, S0).result().name, ACC)),
    ("accounts.get", lambda c: expect(c.accounts.get(RG, ACC).properties.provisioning_state, "Succeeded")),
    ("accounts.list", lambda c: expect(names(c.accounts.list()), [ACC])),
    (
        "accounts.list_by_resource_group",
        lambda c: expect(names(c.accounts.list_by_resource_group(RG)), [ACC]),
    ),
    (
        "accounts.begin_update",
        lambda c: expect(c.accounts.begin_update(RG, ACC, {"tags": {"a": "b"}}).result().tags, {"a": "b"}),
    ),
    ("accounts.list_keys", lambda c: expect(len(c.accounts.list_keys(RG, ACC).key1), 32)),
    ("accounts.regenerate_key", _regenerate),
    ("accounts.list_skus", lambda c: expect(len(c.accounts.list_skus(RG, ACC).value), 1)),
    ("check_domain_availability", _domain),
    ("check_sku_availability", _sku),
    ("operations.list", lambda c: expect(len(list(c.operations.list())) > 5, True)),
    ("rai_content_filters.list", lambda c: expect(len(list(c.rai_content_filters.list("eastus2"))), 10)),
    ("accounts.list_models", lambda c: expect(len(list(c.accounts.list_models(RG, ACC))) > 20, True)),
    (
        "deployments.begin_create_or_update (create)",
        lambda c: expect(put(c, "chat", deployment(10)).sku.capacity, 10),
    ),
    (
        "deployments.begin_create_or_update (update)",
        lambda c: expect(put(c, "chat", deployment(20)).properties.current_capacity, 20),
    ),
    ("deployments.begin_create_or_update (long)", _states),
    (
        "deployments.begin_create_or_update (refused)",
        lambda c: refused(lambda: put(c, "no", deployment(40, "ProvisionedManaged")), "InvalidCapacity"),
    ),
    (
        "deployments.get",
        lambda c: expect(c.deployments.get(RG, ACC, "chat").properties.model.version, MODEL["version"]),
    ),
    ("deployments.get (absent)", lambda c: missing(lambda: c.deployments.get(RG, ACC, "none"))),
    ("deployments.list", lambda c: expect(names(c.deployments.list(RG, ACC)), ["chat", "ptu"])),
    ("deployments.begin_update", _update),
    ("deployments.list_skus", lambda c: expect(len(list(c.deployments.list_skus(RG, ACC, "ptu"))) > 3, True)),
    ("deployments.pause", _pause),
    ("deployments.resume", _resume),
    ("accounts.list_usages", lambda c: expect(len(c.accounts.list_usages(RG, ACC).value), _pools(c))),
    ("usages.list", _usage),
    ("models.list", lambda c: expect(len(list(c.models.list("eastus2"))) > 100, True)),
    ("resource_skus.list", lambda c: expect(len(list(c.resource_skus.list())) > 20, True)),
    (
        "model_capacities.list",
        lambda c: expect(len(list(c.model_capacities.list(**NAMED))) > 20, True),
    ),
    (
        "location_based_model_capacities.list",
        lambda c: expect(
            len(list(c.location_based_model_capacities.list("swedencentral", **NAMED))) > 3, True
        ),
    ),
    ("calculate_model_capacity", _capacity),
    ("rai_policies.create_or_update", _policy),
    ("rai_policies.get", lambda c: expect(c.rai_policies.get(RG, ACC, "strict").name, "strict")),
    ("rai_policies.list", lambda c: expect(len(list(c.rai_policies.list(RG, ACC))), 7)),
    (
        "rai_policies.begin_delete",
        lambda c: expect(c.rai_policies.begin_delete(RG, ACC, "strict").result(), None),
    ),
    (
        "deployments.begin_delete",
        lambda c: [c.deployments.begin_delete(RG, ACC, name).result() for name in ("chat", "ptu")],
    ),
    ("deployments.list (empty)", lambda c: expect(names(c.deployments.list(RG, ACC)), [])),
    ("accounts.begin_delete", lambda c: c.accounts.begin_delete(RG, ACC).result()),
    ("deleted_accounts.list", lambda c: expect(names(c.deleted_accounts.list()), [ACC])),
    (
        "deleted_accounts.get",
        lambda c: expect(c.deleted_accounts.get("swedencentral", RG, ACC).name, ACC),
    ),
    ("accounts.begin_create (restore)", _restore),
    (
        "deleted_accounts.begin_purge",
        lambda c: c.deleted_accounts.begin_purge("swedencentral", RG, ACC).result(),
    ),
)


def has(client: Client, operation: str) -> bool:
    """Whether this release has the operation."""
    found = client
    for part in operation.partition(" ")[0].split("."):
        found = getattr(found, part, None)
    return found is not None


def main(url: str, ca: str) -> None:
    """Sign in, drive everything, print what came of it."""
    credential = ClientSecretCredential(
        TENANT, "sdk", "any", authority=url, disable_instance_discovery=True, connection_verify=ca
    )
    client = CognitiveServicesManagementClient(
        credential,
        SUBSCRIPTION,
        base_url=url,
        credential_scopes=[f"{url}/.default"],
        connection_verify=ca,
        polling_interval=0,
    )
    results: dict[str, str | None] = {}
    for operation, drive in DRIVES:
        if not has(client, operation):
            results[operation] = "absent"
            continue
        try:
            drive(client)
        except (AzureError, AssertionError, AttributeError, KeyError, TypeError, ValueError) as problem:
            results[operation] = f"{type(problem).__name__}: {problem}"[:300]
        else:
            results[operation] = None
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
