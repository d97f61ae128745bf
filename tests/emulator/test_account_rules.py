"""Whether an account may be made: names, subdomains, kinds, regions, terms, policies, and what it brings."""

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, fleet

ABOVE = ACCOUNT.removesuffix("acc")
KIND_SKUS = {"TextAnalytics": "S", "Face": "S0", "CognitiveServices": "S0", "AIServices": "S0"}


def asked(kind: str = "AIServices", location: str = "eastus", **properties: object) -> dict[str, object]:
    sku = {"name": KIND_SKUS.get(kind, "S0")}
    return {"kind": kind, "sku": sku, "location": location, "properties": properties}


@pytest.mark.parametrize("name", ["my.project", "a", "x" * 65, "_first"])
def test_an_account_name_has_letters_digits_underscores_and_hyphens(name: str) -> None:
    found = fleet().arm("PUT", ABOVE + name, asked())
    assert (found.status, found.code) == (400, "InvalidAccountName")


@pytest.mark.parametrize("name", ["my_project", "my-project", "ab", "x" * 64])
def test_such_a_name_is_taken(name: str) -> None:
    assert fleet().arm("PUT", ABOVE + name, asked()).status == 201


@pytest.mark.parametrize("domain", ["under_score", "-front", "back-", "a.b", "x"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_subdomain_has_to_be_a_host_name(method: str, domain: str) -> None:
    body = asked(location=fleet().arm("GET", ACCOUNT).json["location"], customSubDomainName=domain)
    found = fleet().arm(method, ACCOUNT, body)
    assert (found.status, found.code) == (400, "CustomDomainInvalid")
    assert found.message == f"Sub domain name '{domain}' is not valid."


@pytest.mark.parametrize(
    ("kind", "location", "status"),
    [
        ("AIServices", "jioindiawest", 400),
        ("Face", "jioindiawest", 201),
        ("AIServices", "eastus2euap", 201),
        ("AIServices", "eastus", 201),
    ],
)
def test_there_is_no_foundry_where_no_model_is(kind: str, location: str, status: int) -> None:
    found = fleet().arm("PUT", f"{ABOVE}other", asked(kind, location))
    assert found.status == status
    assert status != 400 or found.code == "InvalidApiSetId"


@pytest.mark.parametrize(
    ("kind", "status"), [("CognitiveServices", 400), ("TextAnalytics", 400), ("AIServices", 201)]
)
def test_a_kind_with_terms_waits_for_them(kind: str, status: int) -> None:
    arm = fleet(settings={"responsibleTerms": "open"})
    found = arm.arm("PUT", f"{ABOVE}other", asked(kind))
    assert found.status == status
    assert status != 400 or found.code == "ResourceKindRequireAcceptTerms"


def placed(name: str, effect: str = "Deny") -> Arm:
    assignment = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments/{name}"
    policy = {"assignmentId": assignment, "scope": f"/subscriptions/{SUB_A}", "effect": effect}
    return fleet(policies=[{**policy, "allowedLocations": ["Sweden Central"]}])


@pytest.mark.parametrize(
    ("name", "code"),
    [("sys.regionrestriction", "RequestDisallowedByAzure"), ("places", "RequestDisallowedByPolicy")],
)
def test_a_policy_keeps_accounts_to_its_regions(name: str, code: str) -> None:
    arm = placed(name)
    found = arm.arm("PUT", f"{ABOVE}other", asked())
    assert (found.status, found.code, found.json["error"]["target"]) == (403, code, "other")
    assert arm.arm("PUT", f"{ABOVE}other", asked(location="swedencentral")).status == 201


def test_a_policy_that_only_looks_on_keeps_nobody_out() -> None:
    assert placed("places", "Audit").arm("PUT", f"{ABOVE}other", asked()).status == 201


@pytest.mark.parametrize(("state", "status"), [("Failed", 400), ("Succeeded", 201)])
def test_a_project_wants_an_account_that_came_about(state: str, status: int) -> None:
    properties = {"allowProjectManagement": True, "provisioningState": state}
    account = {"id": f"{ABOVE}other", "location": "eastus", "kind": "AIServices", "properties": properties}
    account["identity"] = {"type": "SystemAssigned"}
    found = fleet(accounts=[account]).arm("PUT", f"{ABOVE}other/projects/one", {"location": "eastus"})
    assert found.status == status
    assert status != 400 or found.code == "BadRequest"


@pytest.mark.parametrize("injections", [[{"scenario": "agent"}], {"scenario": "agent"}])
def test_an_account_with_a_network_for_agents_brings_its_capability_host(injections: object) -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    assert arm.arm("PUT", f"{ABOVE}other", asked(networkInjections=injections)).status == 201
    listed = arm.arm("GET", f"{ABOVE}other/capabilityHosts").json["value"]
    assert [host["name"] for host in listed] == ["other@aml_aiagentservice"]
    second = arm.arm("PUT", f"{ABOVE}other/capabilityHosts/mine", {"properties": {}})
    assert (second.status, second.code) == (409, "Conflict")


@pytest.mark.parametrize("injections", [[], [{"scenario": "none"}], None])
def test_any_other_account_brings_none(injections: object) -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    assert arm.arm("PUT", f"{ABOVE}other", asked(networkInjections=injections)).status == 201
    assert arm.arm("GET", f"{ABOVE}other/capabilityHosts").json["value"] == []


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2023-03-11", "from kind 'AIServices' ."),
        ("2023-04-12", "from kind 'AIServices'"),
        ("2023-10-11", "from kind 'AIServices' ."),
        ("2023-12-21", "from kind 'AIServices' or contains blocked QuotaId/Feature."),
        ("2026-05-08", "from kind 'AIServices' or contains blocked QuotaId/Feature."),
    ],
)
def test_a_kind_that_a_subscription_may_not_have_is_refused_in_the_words_of_the_time(
    day: str, end: str
) -> None:
    arm = fleet(settings={"accountAccess": "refused"})
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    found = arm.arm("PUT", f"{ABOVE}other", asked())
    assert (found.code, found.message.endswith(end)) == ("SpecialFeatureOrQuotaIdRequired", True)


def test_a_former_sku_is_refused_where_only_current_ones_are_sold() -> None:
    arm = fleet(settings={"accountAccess": "current"})
    former, sold = ({**asked("TextAnalytics"), "sku": {"name": name}} for name in ("S0", "S"))
    found = arm.arm("PUT", f"{ABOVE}old", former)
    assert (found.status, found.code) == (400, "SpecialFeatureOrQuotaIdRequired")
    assert arm.arm("PUT", f"{ABOVE}new", sold).status == 201


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_own_storage_is_attached_to_a_new_account_only(method: str) -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    store = {"userOwnedStorage": [{"resourceId": f"{ABOVE}storage"}]}
    late = "UserOwnedStorageCanOnlyBeAttachedWhileCreation"
    speech = asked("SpeechServices")
    owning = {**speech, "properties": store}
    assert arm.arm("PUT", f"{ABOVE}plain", speech).status == 201
    assert arm.arm(method, f"{ABOVE}plain", owning).code == late
    assert arm.arm("PUT", f"{ABOVE}owning", owning).status == 201
    assert arm.arm(method, f"{ABOVE}owning", owning).status in {200, 202}


def test_own_storage_could_be_attached_later_in_2022() -> None:
    arm = fleet()
    arm.control("clock", {"at": "2022-09-29T00:00:00Z"})
    arm.sign_in_again()
    speech = asked("SpeechServices")
    assert arm.arm("PUT", f"{ABOVE}plain", speech).status == 201
    late = {**speech, "properties": {"userOwnedStorage": [{"resourceId": f"{ABOVE}storage"}]}}
    assert arm.arm("PATCH", f"{ABOVE}plain", late).status == 200


def test_restoring_nothing_names_what_is_not_there() -> None:
    found = fleet().arm("PUT", f"{ABOVE}never", {**asked(), "properties": {"restore": True}})
    assert found.code == "CanNotRestoreANonExistingResource"
    assert f"with ID '{ABOVE}never' doesn't exist" in found.message


@pytest.mark.parametrize(
    ("day", "version", "end"),
    [
        ("2023-08-12", "2", "is not supported in current region."),
        ("2023-08-12", "9", "of account deployment is not supported."),
        ("2024-08-12", "2", "of account deployment is not supported."),
    ],
)
def test_a_model_of_other_regions_is_refused_in_the_words_of_the_time(
    day: str, version: str, end: str
) -> None:
    account = {"id": f"{ABOVE}far", "location": "eastasia", "kind": "OpenAI"}
    arm = fleet(accounts=[account])
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    model = {"format": "OpenAI", "name": "text-embedding-ada-002", "version": version}
    body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
    found = arm.arm("PUT", f"{ABOVE}far/deployments/chat", body)
    assert (found.code, found.message.endswith(end)) == ("DeploymentModelNotSupported", True)


def test_what_is_below_an_absent_account_is_deleted_as_if_it_were_asked_for() -> None:
    arm = fleet()
    found = arm.arm("DELETE", f"{ABOVE}absent/deployments/chat")
    assert (found.status, found.code) == (404, "ResourceNotFound")
    assert "accounts/absent' under resource group" in found.message


def test_a_subscription_has_one_free_account_of_a_kind() -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    free = {**asked("TextAnalytics"), "sku": {"name": "F0"}}
    assert arm.arm("PUT", f"{ABOVE}first", free).status == 201
    second = arm.arm("PUT", f"{ABOVE}second", free)
    assert (second.status, second.code) == (400, "CanNotCreateMultipleFreeAccounts")
    assert arm.arm("PUT", f"{ABOVE}face", {**asked("Face"), "sku": {"name": "F0"}}).status == 201
    assert arm.arm("PUT", f"{ABOVE}first", {**free, "tags": {"again": "yes"}}).status == 200


@pytest.mark.parametrize(
    ("method", "body"),
    [("PUT", asked()), ("PATCH", {"properties": {"disableLocalAuth": True}}), ("DELETE", None)],
)
def test_an_account_that_is_not_settled_is_not_written(method: str, body: object) -> None:
    arm = fleet()
    arm.control("lro", {"polls": 9})
    arm.arm("PUT", f"{ABOVE}other", asked())
    found = arm.arm(method, f"{ABOVE}other", body)
    assert (found.status, found.code) == (409, "RequestConflict")
    assert found.message.startswith(f"Cannot modify resource with id '{ABOVE}other' because")


def test_a_policy_gives_its_reasons_where_it_has_some() -> None:
    assignment = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments/places"
    policy = {"assignmentId": assignment, "scope": f"/subscriptions/{SUB_A}", "allowedLocations": []}
    found = fleet(policies=[{**policy, "nonComplianceMessage": "Not here."}]).arm(
        "PUT", ABOVE + "x1", asked()
    )
    assert found.message == (
        "Resource 'x1' was disallowed by policy. Reasons: 'Not here.'."
        " See error details for policy resource IDs."
    )


@pytest.mark.parametrize(("kind", "status"), [("AIServices", 400), ("FormRecognizer", 400), ("OpenAI", 201)])
def test_an_api_property_that_a_kind_has_not_is_refused(kind: str, status: int) -> None:
    body = {**asked(kind), "properties": {"apiProperties": {"statisticsEnabled": False}}}
    found = fleet().arm("PUT", f"{ABOVE}other", body)
    assert found.status == status
    if status == 400:
        assert found.code == "ApiPropertiesInvalid"
        assert found.message == (
            "The given 'apiProperties' 'statisticsEnabled' is invalid. Validation errors: Property"
            " 'statisticsEnabled' has not been defined and the schema does not allow additional properties."
            " Path 'apiProperties.statisticsEnabled'."
        )


def test_policies_that_want_tags_refuse_an_account_without_them_each_with_its_reason() -> None:
    above = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments"
    shared = {"scope": f"/subscriptions/{SUB_A}", "definitionName": "Require a tag on resources"}
    arm = fleet(
        policies=[
            {**shared, "assignmentId": f"{above}/{tag}", "requiredTags": [tag], "nonComplianceMessage": said}
            for tag, said in (("Contact", "Say whom to ask."), ("CostCenter", "Say who pays."))
        ]
    )
    found = arm.arm("PUT", f"{ABOVE}other", asked())
    assert (found.status, found.code, found.json["error"]["target"]) == (
        *(403, "RequestDisallowedByPolicy", "other"),
    )
    assert found.message == (
        "Resource 'other' was disallowed by policy. Reasons: 'Say whom to ask.','Say who pays.'. See error"
        " details for policy resource IDs."
    )
    seen = found.json["error"]["additionalInfo"][0]["info"]["evaluationDetails"]
    assert seen["reason"] == "Say whom to ask."
    assert seen["evaluatedExpressions"][0]["expression"] == "tags[Contact]"
    tagged = {**asked(), "tags": {"contact": "me", "CostCenter": "1"}}
    assert arm.arm("PUT", f"{ABOVE}other", tagged).status == 201


@pytest.mark.parametrize(
    ("before", "day", "kind", "code"),
    [
        ("OpenAI", "2025-01-01", "AIServices", "UpdateKindNotAllowed"),
        ("OpenAI", "2026-06-01", "AIServices", ""),
        ("SpeechServices", "2026-06-01", "AIServices", "UpdateKindNotAllowed"),
        ("SpeechServices", "2021-10-21", "Speech", "UpdateKindNotAllowed"),
        ("OpenAI", "2026-06-01", "Nonsense", "InvalidApiSetId"),
    ],
)
def test_a_kind_stays_but_for_the_upgrade(before: str, day: str, kind: str, code: str) -> None:
    arm = fleet(accounts=[{"id": f"{ABOVE}old", "location": "eastus", "kind": before}])
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    arm.sign_in_again()
    found = arm.arm("PUT", f"{ABOVE}old", asked(kind))
    assert found.json.get("error", {}).get("code", "") == code


@pytest.mark.parametrize(
    ("day", "settings", "properties", "missing"),
    [
        ("2023-09-07", {}, None, "Properties"),
        ("2023-11-07", {}, None, ""),
        ("2026-06-01", {}, None, ""),
        ("2023-06-22", {"accountFields": "required"}, {"publicNetworkAccess": "Enabled"}, "NetworkAcls"),
    ],
)
def test_what_an_account_had_to_say(
    day: str, settings: dict[str, str], properties: dict[str, str] | None, missing: str
) -> None:
    arm = fleet(settings=settings)
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    arm.sign_in_again()
    body = {name: value for name, value in asked("FormRecognizer").items() if name != "properties"}
    found = arm.arm("PUT", f"{ABOVE}new", body if properties is None else {**body, "properties": properties})
    told = found.json.get("error", {}).get("message", "")
    assert told == (f"{missing} is required for this resouce." if missing else "")


def test_a_put_over_an_account_has_to_say_its_public_access_by_the_switch() -> None:
    arm = fleet(settings={"accountFields": "required"})
    found = arm.arm("PUT", f"{ABOVE}acc", {"kind": "OpenAI", "location": "swedencentral", "properties": {}})
    assert (found.status, found.message) == (400, "PublicNetworkAccess is required for this resouce.")


def test_a_capability_host_names_one_connection_of_each_kind_or_none() -> None:
    account = {
        "id": f"{ABOVE}foundry",
        "location": "eastus",
        "kind": "AIServices",
        "properties": {"allowProjectManagement": True},
    }
    host = f"{ABOVE}foundry/capabilityHosts/agents"
    arm = fleet(accounts=[account])
    found = arm.arm("PUT", host, {"properties": {"storageConnections": ["one"]}}, version="2025-06-01")
    assert found.message == (
        "CreateCapabilityHostRequestDto is invalid: Agents CapabilityHost supports a single, non empty value"
        " for vectorStoreConnections property."
    )
    assert arm.arm("PUT", host, {"properties": {}}, version="2025-06-01").status == 201
