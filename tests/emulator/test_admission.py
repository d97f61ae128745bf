"""What a PUT is refused for, with the code and the text."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, FOREIGN, SUB_A, Arm, deployment, fleet, gpt_4o

FINE_TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"


def body(model: str, version: str, sku: str, capacity: int, model_format: str = "OpenAI") -> Any:  # noqa: ANN401
    return {
        "sku": {"name": sku, "capacity": capacity},
        "properties": {"model": {"format": model_format, "name": model, "version": version}},
    }


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One create that is refused, and why."""

    reason: str
    body: Any
    code: str
    says: str
    name: str = "chat"


CREATES = [
    Refused(
        reason="a sku name of the documentation that no answer of ARM contains",
        body=gpt_4o(sku="ProvisionedStandard", capacity=50),
        code="InvalidResourceProperties",
        says="The deployment sku name 'ProvisionedStandard' is invalid.",
    ),
    Refused(
        reason="an account sku",
        body=gpt_4o(sku="S0"),
        code="InvalidResourceProperties",
        says="The deployment sku name 'S0' is invalid.",
    ),
    Refused(
        reason="an unknown model",
        body=body("gpt-9", "1", "Standard", 1),
        code="DeploymentModelNotSupported",
        says="The model 'Format:OpenAI,Name:gpt-9,Version:1' of account deployment is not supported.",
    ),
    Refused(
        reason="an unknown version",
        body=gpt_4o(version="2020-01-01"),
        code="DeploymentModelNotSupported",
        says="Version:2020-01-01",
    ),
    Refused(
        reason="a partner model on an account of kind OpenAI",
        body=body("Llama-3.3-70B-Instruct", "5", "GlobalStandard", 1, "Meta"),
        code="DeploymentModelNotSupported",
        says="Format:Meta",
    ),
    Refused(
        reason="a sku that the model is not offered on",
        body=gpt_4o(sku="DeveloperTier"),
        code="InvalidResourceProperties",
        says="The specified SKU 'DeveloperTier' of account deployment is not supported by the model 'gpt-4o'"
        " version:"
        " '2024-11-20'.",
    ),
    Refused(
        reason="an offer whose deprecationDate is over",
        body=body("gpt-4o-mini", "2024-07-18", "Standard", 1),
        code="ServiceModelDeprecated",
        says="has been deprecated since 03/31/2026 00:00:00.",
    ),
    Refused(
        reason="a deprecating version the subscription never had",
        body=gpt_4o(version="2024-08-06"),
        code="ServiceModelDeprecating",
        says="is in deprecating state and cannot be used for new deployments.",
    ),
    Refused(
        reason="fewer PTU than the minimum",
        body=gpt_4o(25, sku="ProvisionedManaged"),
        code="InvalidCapacity",
        says="The specified capacity '25' of account deployment should be at least 50 and no more than"
        " 30000.",
    ),
    Refused(
        reason="PTU between two steps: the documentation's own example",
        body=body("gpt-4o-mini", "2024-07-18", "ProvisionedManaged", 40),
        code="InvalidCapacity",
        says="in increments of 25",
    ),
    Refused(
        reason="no capacity at all",
        body=gpt_4o(0),
        code="InvalidCapacity",
        says="at least 1 and no more than",
    ),
    Refused(
        reason="more than the pool holds",
        body=gpt_4o(150, sku="Standard"),
        code="InsufficientQuota",
        says="This operation require 150 new capacity in quota Tokens Per Minute (thousands) - gpt-4o,"
        " which is bigger"
        " than the current available capacity 149. The current quota usage is 0 and the quota limit is 149",
    ),
    Refused(
        reason="settings of before 2023-05-01",
        body=gpt_4o(scaleSettings={"scaleType": "Standard"}),
        code="InvalidResourceProperties",
        says="please use 'sku' instead.",
    ),
    Refused(
        reason="a name of one letter", body=gpt_4o(), code="InvalidResourceName", says="2 to 64", name="c"
    ),
    Refused(
        reason="a blank in the name", body=gpt_4o(), code="InvalidResourceName", says="2 to 64", name="a%20b"
    ),
    Refused(
        reason="no model",
        body={"sku": {"name": "Standard", "capacity": 1}, "properties": {}},
        code="InvalidResourceProperties",
        says="model of account deployment is not provided",
    ),
    Refused(
        reason="a content filter policy that is not there",
        body=gpt_4o(raiPolicyName="strict"),
        code="InvalidResourceProperties",
        says="'strict'",
    ),
    Refused(
        reason="a fine-tuned model under a version that is not 1",
        body=body(FINE_TUNED, "2", "Standard", 1),
        code="DeploymentModelNotSupported",
        says="Version:2",
    ),
]


@pytest.mark.parametrize("case", CREATES, ids=lambda case: case.reason)
def test_a_create_against_the_rules_is_refused_and_leaves_nothing(case: Refused) -> None:
    arm = fleet()
    reply = arm.arm("PUT", deployment(case.name), case.body)
    assert (reply.status, reply.code) == (400, case.code), case.reason
    assert case.says in reply.message, case.reason
    assert arm.arm("GET", f"{ACCOUNT}/deployments").json == {"value": []}


UPDATES = [
    (
        "another model name",
        body("gpt-4.1", "2025-04-14", "GlobalStandard", 10),
        "CannotChangeDeploymentModel",
    ),
    (
        "version and capacity together",
        gpt_4o(11, version="2024-08-06"),
        "InvalidResourceProperties",
    ),
]


@pytest.mark.parametrize(("reason", "asked", "code"), UPDATES, ids=[case[0] for case in UPDATES])
def test_an_update_that_is_not_possible_in_place_is_refused_and_changes_nothing(
    reason: str, asked: object, code: str
) -> None:
    arm = fleet()
    before = arm.arm("PUT", deployment(), gpt_4o()).json
    reply = arm.arm("PUT", deployment(), asked)
    assert (reply.status, reply.code) == (400, code), reason
    assert arm.arm("GET", deployment()).json == before


def test_the_version_alone_may_change_in_place() -> None:
    arm = fleet(deployments=[{"id": deployment("old"), **gpt_4o(1, version="2024-08-06")}])
    arm.arm("PUT", deployment(), gpt_4o())
    changed = arm.arm("PUT", deployment(), gpt_4o(version="2024-08-06"))
    assert (changed.status, changed.json["properties"]["model"]["version"]) == (200, "2024-08-06")


def test_the_sku_name_changes_in_place_unless_the_switch_refuses_it() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    assert (
        arm.arm("PUT", deployment(), gpt_4o(sku="DataZoneStandard")).json["sku"]["name"] == "DataZoneStandard"
    )
    arm.control("settings", {"skuChange": "refused"})
    assert arm.arm("PUT", deployment(), gpt_4o()).code == "InvalidResourceProperties"


def test_a_failed_deployment_refuses_any_put_until_it_is_deleted() -> None:
    failed = {"id": deployment(), **gpt_4o(provisioningState="Failed")}
    arm = fleet(deployments=[failed])
    refused = arm.arm("PUT", deployment(), gpt_4o())
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "is in 'Failed' state" in refused.message
    assert arm.arm("DELETE", deployment()).status == 200
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 201


def test_a_deployment_of_a_deprecated_offer_can_still_be_resized() -> None:
    old = {"id": deployment(), **body("gpt-4o-mini", "2024-07-18", "Standard", 5)}
    arm = fleet(deployments=[old])
    assert arm.arm("PUT", deployment(), body("gpt-4o-mini", "2024-07-18", "Standard", 6)).status == 200


def test_a_fine_tuned_model_draws_on_its_own_pool() -> None:
    arm = fleet()
    reply = arm.arm("PUT", deployment(), body(FINE_TUNED, "1", "standard", 7))
    assert reply.json["sku"] == {"name": "standard", "capacity": 7}
    used = usages(arm)
    assert used["OpenAI.Standard.gpt-4o-mini-finetune"] == 7
    assert used["OpenAI.Standard.gpt-4o-mini"] == 0
    assert used["OpenAI.FineTuned.Deployments"] == 1


def usages(arm: Arm, location: str = "swedencentral") -> dict[str, int]:
    provider = f"{ACCOUNT.split('/resourceGroups')[0]}/providers/Microsoft.CognitiveServices"
    path = f"{provider}/locations/{location}/usages"
    return {item["name"]["value"]: item["currentValue"] for item in arm.arm("GET", path).json["value"]}


def test_usages_follow_create_resize_and_delete() -> None:
    arm = fleet()
    pool = "OpenAI.GlobalStandard.gpt-4o"
    seen = [usages(arm)[pool]]
    for capacity in (10, 30, 5):
        arm.arm("PUT", deployment(), gpt_4o(capacity))
        seen.append(usages(arm)[pool])
    arm.arm("DELETE", deployment())
    assert [*seen, usages(arm)[pool]] == [0, 10, 30, 5, 0]


def test_an_update_needs_only_the_difference_and_shrinking_is_always_possible() -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o(140, sku="Standard"))
    refused = arm.arm("PUT", deployment(), gpt_4o(150, sku="Standard"))
    assert "require 10 new capacity" in refused.message
    assert "available capacity 9." in refused.message
    pool = {
        "name": {"value": "OpenAI.Standard.gpt-4o", "localizedValue": "gpt-4o"},
        "currentValue": 140,
        "limit": 0,
    }
    arm.control("world", {"usages": {f"{ACCOUNT.split('/')[2]}/swedencentral": [pool]}})
    assert arm.arm("PUT", deployment(), gpt_4o(20, sku="Standard")).status == 200


def test_provisioned_capacity_of_all_models_shares_one_pool() -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    arm.arm("PUT", deployment("one"), gpt_4o(950, sku="ProvisionedManaged"))
    short = arm.arm("PUT", deployment("two"), body("gpt-4o-mini", "2024-07-18", "ProvisionedManaged", 75))
    assert short.code == "InsufficientQuota"
    assert (
        arm.arm("PUT", deployment("two"), body("gpt-4o-mini", "2024-07-18", "ProvisionedManaged", 50)).status
        == 201
    )


def test_a_partner_model_can_be_deployed_to_an_account_of_kind_aiservices() -> None:
    arm = Arm(fleet().emulator, tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")
    llama = body("Llama-3.3-70B-Instruct", "5", "GlobalStandard", 1, "Meta")
    reply = arm.arm("PUT", deployment(account=FOREIGN), llama)
    assert (reply.status, reply.json["properties"]["model"]["format"]) == (201, "Meta")


def tiny_quota(limit: int = 5) -> Any:  # noqa: ANN401 - a part of a world
    name = {"value": "OpenAI.GlobalStandard.gpt-4o", "localizedValue": "Tokens - gpt-4o"}
    return {"swedencentral": [{"name": name, "currentValue": 3, "limit": limit}]}


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (
            "2023-10-09",
            "The specified capacity '4' of account deployment is bigger than available capacity '2'",
        ),
        ("2024-10-09", "This operation require 4 new capacity in quota Tokens - gpt-4o"),
    ],
)
def test_a_lack_of_quota_is_worded_as_it_was_on_that_day(day: str, says: str) -> None:
    arm = fleet()
    usages = {f"{SUB_A}/{place}": items for place, items in tiny_quota().items()}
    arm.control("world", {"usages": usages})
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    refused = arm.arm("PUT", deployment(), gpt_4o(4))
    assert refused.code == "InsufficientQuota"
    assert refused.message.startswith(says)


@pytest.mark.parametrize(
    ("sku", "day", "says"),
    [
        (
            {"sku": {"name": "Standard", "capacity": 1}},
            "2026-07-01",
            "is not supported in this region 'japanwest'",
        ),
        ({}, "2026-07-01", "of account deployment is not supported by the model 'gpt-x'"),
        (
            {"sku": {"name": "Standard", "capacity": 1}},
            "2023-07-01",
            "of account deployment is not supported by",
        ),
    ],
)
def test_the_region_is_named_only_for_a_sku_that_was_asked_for(sku: Any, day: str, says: str) -> None:  # noqa: ANN401
    account = f"{ACCOUNT}-jp"
    found = {"format": "OpenAI", "name": "gpt-x", "version": "1"}
    offer = {"name": "Standard", "usageName": "OpenAI.Standard.gpt-x", "capacity": {"maximum": 10}}
    arm = fleet(
        models={
            "eastus": [{"kinds": ["OpenAI"], "model": {**found, "skus": [offer]}}],
            "japanwest": [{"kinds": ["OpenAI"], "model": {**found, "skus": []}}],
        }
    )
    arm.control("world", {"accounts": [{"id": account, "location": "japanwest", "kind": "OpenAI"}]})
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    refused = arm.arm("PUT", deployment(account=account), {**sku, "properties": {"model": found}})
    assert refused.code == "InvalidResourceProperties"
    assert says in refused.message


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        ("2023-03-10", "Format: OpenAI, Name: gpt-x, Version: 1"),
        ("2023-07-19", "Format: OpenAI, Name: gpt-x, Version: 1, Source: "),
        ("2024-09-30", "Format: OpenAI, Name: gpt-x, Version: 1"),
        (
            "2025-02-27",
            "Publisher: , Format: OpenAI, Name: gpt-x, Version: 1, Source: , SourceAccount: ",
        ),
        ("2025-07-16", "Format:OpenAI,Name:gpt-x,Version:1"),
    ],
)
@pytest.mark.parametrize(
    ("offer", "status", "code"),
    [
        ({"deprecationDate": "2023-01-01T00:00:00Z"}, "GenerallyAvailable", "ServiceModelDeprecated"),
        ({}, "Deprecating", "ServiceModelDeprecating"),
        (None, "", "DeploymentModelNotSupported"),
    ],
)
def test_a_refused_model_is_printed_as_it_was_on_that_day(
    day: str,
    printed: str,
    offer: Any,  # noqa: ANN401
    status: str,
    code: str,
) -> None:
    found = {"format": "OpenAI", "name": "gpt-x", "version": "1"}
    skus = [
        {"name": "Standard", "usageName": "OpenAI.Standard.x", "capacity": {"maximum": 9}, **(offer or {})}
    ]
    listed = {"kinds": ["OpenAI"], "model": {**found, "lifecycleStatus": status, "skus": skus}}
    arm = fleet(models={} if offer is None else {"swedencentral": [listed]})
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    refused = arm.arm("PUT", deployment(), body("gpt-x", "1", "Standard", 1))
    assert refused.code == code
    assert f"'{printed}'" in refused.message


def test_a_model_that_a_world_lists_as_withdrawn_is_refused_on_any_day() -> None:
    found = {"format": "OpenAI", "name": "gpt-x", "version": "1", "lifecycleStatus": "Deprecated"}
    skus = [{"name": "Standard", "usageName": "OpenAI.Standard.x", "capacity": {"maximum": 9}}]
    arm = fleet(models={"swedencentral": [{"kinds": ["OpenAI"], "model": {**found, "skus": skus}}]})
    arm.control("clock", {"at": "2023-07-10T00:00:00Z"})
    refused = arm.arm("PUT", deployment(), body("gpt-x", "1", "Standard", 1))
    assert refused.message.startswith("Creating account deployment is not supported by the model 'gpt-x'.")


def test_a_size_out_of_range_is_worded_as_in_2023_by_a_clock_of_that_year() -> None:
    arm = fleet()
    arm.control("clock", {"at": "2023-10-01T00:00:00Z"})
    refused = arm.arm("PUT", deployment(), gpt_4o(0))
    assert refused.code == "InvalidCapacity"
    assert "should be greater than 0 and no more than" in refused.message


def test_a_scale_type_other_than_standard_is_refused_where_deployments_have_no_skus() -> None:
    scale = {"scaleSettings": {"scaleType": "Manual", "capacity": 1}}
    asked = {"properties": {**gpt_4o()["properties"], **scale}}
    refused = fleet().arm("PUT", deployment(), asked, version="2022-12-01")
    assert refused.code == "InvalidResourceProperties"
    assert refused.message == (
        "The specified scale type 'Manual' of account deployment is not supported by the model 'gpt-4o'."
    )


def test_a_scale_type_that_a_model_has_not_is_refused_by_its_name() -> None:
    only = {
        "name": "ProvisionedManaged",
        "usageName": "OpenAI.ProvisionedManaged",
        "capacity": {"maximum": 9},
    }
    model = {"format": "OpenAI", "name": "gpt-4", "version": "0613", "skus": [only]}
    arm = fleet(models={"swedencentral": [{"kinds": ["OpenAI"], "model": model}]})
    parts = {part: model[part] for part in ("format", "name", "version")}
    asked = {"properties": {"model": parts, "scaleSettings": {"scaleType": "Standard"}}}
    found = arm.arm("PUT", deployment(), asked, version="2022-12-01")
    assert (found.code, "specified scale type 'Standard'" in found.message) == (
        "InvalidResourceProperties",
        True,
    )


@pytest.mark.parametrize(("settings", "code"), [({"capacity": 150}, "InvalidCapacity"), ({}, "")])
def test_a_scale_type_of_2022_has_no_capacity_beside_it(settings: dict[str, int], code: str) -> None:
    parts = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    asked = {"properties": {"model": parts, "scaleSettings": {"scaleType": "Standard", **settings}}}
    found = fleet().arm("PUT", deployment(), asked, version="2022-10-01")
    assert found.status == (400 if code else 201)
    assert not code or (found.code, found.message) == (
        *(code, "The capacity should be null for standard deployment."),
    )


def test_a_model_that_a_subscription_may_not_deploy_is_refused_and_what_is_there_stays() -> None:
    there = {
        "id": deployment(),
        "sku": {"name": "Standard", "capacity": 1},
        "properties": gpt_4o()["properties"],
    }
    arm = fleet(deployments=[there], settings={"modelAccess": "refused"})
    found = arm.arm("PUT", deployment("other"), gpt_4o())
    assert (found.status, found.code) == (400, "SpecialFeatureOrQuotaIdRequired")
    assert found.message.startswith(
        "The current subscription does not have access to this model 'Format:OpenAI,"
    )
    assert arm.arm("PUT", deployment(), gpt_4o(sku="Standard")).status == 200


def test_a_subscription_held_back_gets_no_new_deployment() -> None:
    found = fleet(settings={"standing": "held"}).arm("PUT", deployment("other"), gpt_4o())
    assert (found.status, found.code) == (400, "715-123420")
    assert found.message == "An error occurred. Please reach out to support for additional assistance."


@pytest.mark.parametrize(
    ("switch", "text"),
    [
        ("unmapped", "Model mapping properties not found for modelId: '"),
        ("ineligible", "Marketplace Subscription purchase eligibility check failed, error message [Cannot"),
        ("unpaid", "Marketplace Subscription purchase eligibility check failed, error message [Purchase"),
        ("internal", "Marketplace Subscription purchase eligibility check failed, error message [This"),
    ],
)
def test_a_partners_model_that_is_not_for_sale_is_refused_at_once(switch: str, text: str) -> None:
    llama = body("Llama-3.3-70B-Instruct", "9", "GlobalStandard", 1, "Meta")
    world = fleet(settings={"marketplace": switch})
    arm = Arm(world.emulator, tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")
    found = arm.arm("PUT", deployment(account=FOREIGN), llama)
    assert (found.status, found.code) == (400, "UserError")
    assert found.message.startswith(f"Error occurred when subscribing to Marketplace: {text}")
