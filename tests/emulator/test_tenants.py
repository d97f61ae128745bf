"""Tokens, tenants, rights, and sources that lie in another tenant."""

import base64
import json

from tests.emulator.arm import (
    ACCOUNT,
    FOREIGN,
    SUB_A,
    SUB_B,
    TENANT_A,
    TENANT_B,
    VERSION,
    Arm,
    Reply,
    deployment,
    fleet,
    gpt_4o,
)

TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
AUXILIARY = "x-ms-authorization-auxiliary"


def tuned(**source: str) -> object:
    model = {"format": "OpenAI", "name": TUNED, "version": "1", **source}
    return {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}


def other(arm: Arm, client: str = "tester") -> Arm:
    return Arm(arm.emulator, tenant=TENANT_B, client=client)


def put_tuned(arm: Arm, *auxiliary: Arm, **source: str) -> Reply:
    headers = {AUXILIARY: ", ".join(f"Bearer {one.token}" for one in auxiliary)} if auxiliary else {}
    return arm.arm("PUT", deployment(), tuned(**source), headers=headers)


def test_any_client_and_any_secret_get_a_token_of_the_tenant_asked() -> None:
    token = fleet().token
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["tid"], claims["appid"]) == (TENANT_A, "tester")


def test_an_unknown_tenant_gets_no_token() -> None:
    arm = fleet()
    form = b"grant_type=client_credentials&client_id=x&client_secret=y"
    reply = arm.call(
        "POST", "/cccccccc-cccc-cccc-cccc-cccccccccccc/oauth2/v2.0/token", content=form, bearer=""
    )
    assert reply.status == 400
    assert "not found" in reply.json["error_description"]


def test_a_request_without_token_or_with_a_foreign_one_is_refused() -> None:
    """F-136."""
    arm = fleet()
    path = f"{ACCOUNT}?api-version={VERSION}"
    missing = arm.call("GET", path, bearer="")
    assert (missing.status, missing.code) == (401, "AuthenticationFailed")
    assert "www-authenticate" in missing.headers
    made_up = arm.call("GET", path, bearer="eyJhbGciOiJub25lIn0.e30.x")
    assert (made_up.status, made_up.code) == (401, "InvalidAuthenticationToken")


def test_a_token_expires_by_the_virtual_clock() -> None:
    arm = fleet()
    _ = arm.token
    arm.control("clock", {"advanceSeconds": 3600})
    late = arm.arm("GET", ACCOUNT)
    assert (late.status, late.code) == (401, "ExpiredAuthenticationToken")


def test_a_token_of_another_tenant_does_not_open_a_subscription() -> None:
    reply = other(fleet()).arm("GET", ACCOUNT)
    assert (reply.status, reply.code) == (401, "InvalidAuthenticationTokenTenant")
    assert f"https://sts.windows.net/{TENANT_B}/" in reply.message
    assert reply.headers["x-ms-failure-cause"] == "gateway"


def test_an_unknown_subscription_is_not_found() -> None:
    reply = fleet().arm("GET", "/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups")
    assert (reply.status, reply.code) == (404, "SubscriptionNotFound")


def test_subscriptions_and_tenants_are_those_of_the_token() -> None:
    arm = fleet()
    subscriptions = arm.arm("GET", "/subscriptions", version="2022-01-01").json["value"]
    mine = ["11111111-1111-1111-1111-111111111111", "33333333-3333-3333-3333-333333333333"]
    assert [item["subscriptionId"] for item in subscriptions] == mine
    tenants = arm.arm("GET", "/tenants", version="2022-01-01").json["value"]
    assert [item["tenantId"] for item in tenants] == [TENANT_A]


def test_a_source_account_in_another_tenant_needs_its_token() -> None:
    arm = fleet()
    reply = put_tuned(arm, sourceAccount=FOREIGN)
    assert (reply.status, reply.code) == (403, "LinkedAuthorizationFailed")
    assert reply.message == (
        "The client has permission to perform action"
        " 'Microsoft.CognitiveServices/accounts/deployments/write' on scope"
        f" '{deployment()}', however the current tenant '{TENANT_A}' is not authorized to access linked"
        " subscription"
        f" '{SUB_B}'."
    )


def test_with_the_source_tenants_token_the_deployment_is_created_and_names_its_source() -> None:
    arm = fleet()
    reply = put_tuned(arm, other(arm), sourceAccount=FOREIGN)
    assert reply.status == 201
    assert reply.json["properties"]["model"]["sourceAccount"] == FOREIGN


def test_several_auxiliary_tokens_may_be_joined() -> None:
    arm = fleet()
    assert put_tuned(arm, arm, other(arm), sourceAccount=FOREIGN).status == 201


def test_an_auxiliary_token_of_the_wrong_tenant_does_not_help() -> None:
    arm = fleet()
    assert put_tuned(arm, arm, sourceAccount=FOREIGN).code == "LinkedAuthorizationFailed"


def test_an_auxiliary_token_nobody_issued_is_refused() -> None:
    arm = fleet()
    reply = arm.arm("PUT", deployment(), tuned(sourceAccount=FOREIGN), headers={AUXILIARY: "Bearer nonsense"})
    assert (reply.status, reply.code) == (401, "InvalidAuthenticationToken")


def test_a_source_account_that_does_not_exist_is_an_invalid_linked_scope() -> None:
    arm = fleet()
    for linked in (f"{ACCOUNT}-none", "/subscriptions/9/x", "acc", FOREIGN.replace(SUB_B, "9" * 8)):
        reply = put_tuned(arm, other(arm), sourceAccount=linked)
        assert (reply.status, reply.code) == (403, "LinkedAuthorizationFailed"), linked
        assert "the linked scope(s) are invalid" in reply.message, linked


def test_a_source_in_the_same_tenant_needs_no_second_token() -> None:
    near = ACCOUNT.replace(SUB_A, "33333333-3333-3333-3333-333333333333")
    arm = fleet()
    arm.control("world", {"accounts": [{"id": near, "location": "northcentralus"}]})
    reply = put_tuned(arm, source=near)
    assert (reply.status, reply.json["properties"]["model"]["source"]) == (201, near)


def test_the_plain_source_field_does_not_reach_across_tenants() -> None:
    arm = fleet()
    reply = put_tuned(arm, other(arm), source=FOREIGN)
    assert (reply.status, reply.code) == (400, "DeploymentModelNotSupported")
    assert f"Source: {FOREIGN}, SourceAccount: " in reply.message


def test_a_switch_hides_where_a_model_came_from() -> None:
    arm = fleet(settings={"sourceReturned": False})
    found = put_tuned(arm, other(arm), sourceAccount=FOREIGN).json["properties"]["model"]
    assert "sourceAccount" not in found


def test_the_source_of_a_deployment_cannot_be_changed() -> None:
    arm = fleet()
    put_tuned(arm)
    arm.control("clock", {"advanceSeconds": 120})
    assert put_tuned(arm, other(arm), sourceAccount=FOREIGN).code == "CannotChangeDeploymentModel"


def test_a_role_limits_what_an_identity_may_do() -> None:
    reader = {"clientId": "reader", "scope": f"/subscriptions/{SUB_A}", "actions": ["*/read"]}
    arm = Arm(fleet(roles=[reader]).emulator, client="reader")
    assert arm.arm("GET", f"{ACCOUNT}/deployments").status == 200
    refused = arm.arm("PUT", deployment(), gpt_4o())
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert "'Microsoft.CognitiveServices/accounts/deployments/write' over scope" in refused.message


def test_rights_are_checked_before_existence() -> None:
    nobody = {"clientId": "nobody", "scope": f"{ACCOUNT}-other", "actions": ["*"]}
    arm = Arm(fleet(roles=[nobody]).emulator, client="nobody")
    assert arm.arm("GET", f"{ACCOUNT}-absent").code == "AuthorizationFailed"


def test_the_reader_of_a_linked_account_needs_its_own_right() -> None:
    role = {"clientId": "source-app", "scope": f"{FOREIGN}-else", "actions": ["*"]}
    arm = fleet(roles=[role])
    refused = put_tuned(arm, other(arm, "source-app"), sourceAccount=FOREIGN)
    assert (refused.status, refused.code) == (403, "LinkedAuthorizationFailed")
    assert f"linked scope(s) '{FOREIGN}'" in refused.message


def test_no_token_and_no_secret_reaches_the_journal() -> None:
    arm = fleet()
    put_tuned(arm, other(arm), sourceAccount=FOREIGN)
    journal = arm.call("GET", "/_emulator/requests", bearer="").content.decode()
    assert arm.token not in journal
    assert "s3cret" not in journal
    assert "Bearer ***" in journal


def test_an_unregistered_subscription_is_refused_until_it_is_registered() -> None:
    arm = fleet()
    provider = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
    arm.arm("POST", f"{provider}/unregister", version="2021-04-01")
    refused = arm.arm("GET", ACCOUNT)
    assert (refused.status, refused.code) == (409, "MissingSubscriptionRegistration")
    again = arm.arm("POST", f"{provider}/register", version="2021-04-01")
    assert again.json["registrationState"] == "Registered"
    assert arm.arm("GET", ACCOUNT).status == 200
