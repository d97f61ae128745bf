"""The client's verbs against the emulator: two strangers who agree on ARM."""

import asyncio

import pytest

from reconciler.arm.client import ArmClient
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import OperationState, OperationStatus
from reconciler.domain.sku import SkuName
from reconciler.errors import (
    ArmContractBroken,
    ArmUnreachable,
    Conflict,
    CredentialError,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
)
from tests.contract.emulated import (
    ACCOUNT,
    CHAT,
    SOURCE,
    SOURCE_SUBSCRIPTION,
    SOURCE_TENANT,
    SUBSCRIPTION,
    TENANT,
    World,
    ask,
    gpt_4o,
)
from tests.simulated.turns import delete, put

REGION = Region("eastus2")
PTU = DeploymentId(account=ACCOUNT, name="ptu")
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"


async def fault(world: World, then: dict[str, object], **match: object) -> None:
    await world.control("POST", "faults", {"match": match, "then": then})


async def ended(client: ArmClient, sent: object) -> OperationState:
    """Poll an accepted write's operation to its end."""
    operation = getattr(sent, "operation", None)
    assert operation is not None
    for _ in range(20):
        state = await client.poll(operation)
        if state.status is not OperationStatus.RUNNING:
            return state
    raise AssertionError("the operation has no end")


# -- the ordinary life of a deployment ---------------------------------------------------------------------


def test_a_deployment_is_created_read_changed_listed_and_deleted() -> None:
    async def life(client: ArmClient, _: World) -> None:
        assert await client.get_deployment(CHAT) is None
        assert await client.list_deployments(ACCOUNT) == ()
        created = await put(client, CHAT, gpt_4o(10))
        assert created.operation is None
        assert created.deployment is not None
        assert created.request_id
        found = await client.get_deployment(CHAT)
        assert found is not None
        assert (found.sku, found.capacity) == (SkuName("GlobalStandard"), 10)
        assert found.etag == created.deployment.etag
        changed = await put(client, CHAT, gpt_4o(20))
        assert changed.deployment is not None
        assert changed.deployment.capacity == 20
        assert changed.deployment.etag != found.etag
        assert [item.id for item in await client.list_deployments(ACCOUNT)] == [CHAT]
        assert (await delete(client, CHAT)).operation is None
        assert await client.get_deployment(CHAT) is None
        assert (await delete(client, CHAT)).operation is None  # F-028

    ask(life)


def test_a_provisioned_deployment_is_followed_to_its_end() -> None:
    async def life(client: ArmClient, _: World) -> None:
        sent = await put(client, PTU, gpt_4o(50, "ProvisionedManaged"))
        assert sent.deployment is not None
        assert (sent.deployment.provisioning_state, sent.retry_after) == ("Creating", 1.0)
        assert (await ended(client, sent)).status is OperationStatus.SUCCEEDED
        found = await client.get_deployment(PTU)
        assert found is not None
        assert found.provisioning_state == "Succeeded"

    ask(life)


def test_a_write_without_an_operation_header_is_seen_in_the_resource_alone() -> None:
    """F-062: the form of 2022."""

    async def life(client: ArmClient, world: World) -> None:
        await world.control("POST", "lro", {"for": "all", "headers": "absent", "polls": 1})
        sent = await put(client, CHAT, gpt_4o())
        assert sent.operation is None
        assert sent.deployment is not None
        assert not sent.deployment.settled
        found = await client.get_deployment(CHAT)
        assert found is not None
        assert found.settled

    ask(life)


def test_a_long_delete_is_followed_to_its_end() -> None:
    """F-063: the emulator sends both headers."""

    async def life(client: ArmClient, world: World) -> None:
        await put(client, CHAT, gpt_4o())
        await world.control("POST", "lro", {"for": "all", "deletes": "long", "polls": 2})
        sent = await delete(client, CHAT)
        assert sent.operation is not None
        assert sent.operation.ends_by_status
        assert (await ended(client, sent)).status is OperationStatus.SUCCEEDED
        assert await client.get_deployment(CHAT) is None

    ask(life)


@pytest.mark.parametrize(
    ("outcome", "status"), [("Failed", OperationStatus.FAILED), ("Canceled", OperationStatus.CANCELED)]
)
def test_a_failed_operation_brings_arms_words(outcome: str, status: OperationStatus) -> None:
    """F-055, F-057."""

    async def life(client: ArmClient, world: World) -> None:
        error = {"code": "InsufficientQuota", "message": "none left"}
        await fault(world, {"lro": outcome, "error": error}, method="PUT", path="/deployments/")
        state = await ended(client, await put(client, CHAT, gpt_4o()))
        assert (state.status, state.code, state.message) == (status, "InsufficientQuota", "none left")
        found = await client.get_deployment(CHAT)
        assert found is not None
        assert found.provisioning_state == outcome

    ask(life)


def test_an_unknown_status_is_still_going() -> None:
    """F-058."""

    async def life(client: ArmClient, world: World) -> None:
        await fault(world, {"lro": "Frobnicating"}, method="PUT", path="/deployments/")
        sent = await put(client, CHAT, gpt_4o())
        assert sent.operation is not None
        for _ in range(5):
            assert (await client.poll(sent.operation)).status is OperationStatus.RUNNING

    ask(life)


# -- what is missing, busy or refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "code", "reason"),
    [
        (AccountId(subscription=SUBSCRIPTION, resource_group="rg", name="no"), "ResourceNotFound", "F-027"),
        (
            AccountId(subscription=SUBSCRIPTION, resource_group="none", name="acc"),
            "ResourceGroupNotFound",
            "F-027",
        ),
        (
            AccountId(subscription="99999999-9999-9999-9999-999999999999", resource_group="rg", name="acc"),
            "SubscriptionNotFound",
            "F-027",
        ),
    ],
)
def test_a_missing_account_group_or_subscription_is_told_apart(
    account: AccountId, code: str, reason: str
) -> None:
    async def life(client: ArmClient, _: World) -> None:
        with pytest.raises(NotFound) as missing:
            await client.get_account(account)
        assert missing.value.code == code, reason
        with pytest.raises(NotFound):
            await client.list_deployments(account)
        with pytest.raises(NotFound):
            await client.get_deployment(DeploymentId(account=account, name="chat"))
        with pytest.raises(NotFound):
            await put(client, DeploymentId(account=account, name="chat"), gpt_4o())

    ask(life)


def test_a_second_write_to_a_busy_account_is_a_conflict() -> None:
    """F-032."""

    async def life(client: ArmClient, world: World) -> None:
        await world.control("POST", "lro", {"for": "all", "seconds": 100})
        await put(client, PTU, gpt_4o(50, "ProvisionedManaged"))
        with pytest.raises(Conflict, match="Another operation"):
            await put(client, CHAT, gpt_4o())
        with pytest.raises(Conflict):
            await delete(client, PTU)

    ask(life)


def test_more_than_the_quota_is_refused_with_its_pool() -> None:
    """F-018."""

    async def life(client: ArmClient, _: World) -> None:
        with pytest.raises(QuotaExceeded, match="InsufficientQuota"):
            await put(client, CHAT, gpt_4o(1_000_000))
        assert await client.get_deployment(CHAT) is None

    ask(life)


def test_a_model_that_is_not_offered_is_refused() -> None:
    """F-019, F-086."""

    async def life(client: ArmClient, _: World) -> None:
        body = gpt_4o()
        body["properties"]["model"]["name"] = "gpt-never"
        with pytest.raises(InvalidRequest) as refused:
            await put(client, CHAT, body)
        assert refused.value.code == "DeploymentModelNotSupported"
        assert refused.value.request_id

    ask(life)


def test_missing_rights_are_forbidden_and_stop_only_their_account() -> None:
    """F-023."""

    async def life(client: ArmClient, world: World) -> None:
        other = AccountId(subscription=SUBSCRIPTION, resource_group="rg", name="acc2")
        role = {"clientId": "reconciler", "scope": str(ACCOUNT), "actions": ["*/read"]}
        accounts = [{"id": str(other), "location": "eastus2"}]
        full = {"clientId": "reconciler", "scope": str(other), "actions": ["*"]}
        await world.control("POST", "world", {"accounts": accounts, "roles": [role, full]})
        with pytest.raises(Forbidden) as refused:
            await put(client, CHAT, gpt_4o())
        assert refused.value.code == "AuthorizationFailed"
        assert await client.list_deployments(ACCOUNT) == ()
        assert (await put(client, DeploymentId(account=other, name="chat"), gpt_4o())).deployment

    ask(life)


# -- tokens ------------------------------------------------------------------------------------------------


def test_a_token_that_expires_is_renewed_in_passing() -> None:
    """F-021."""

    async def life(client: ArmClient, world: World) -> None:
        await put(client, CHAT, gpt_4o())
        await world.control("POST", "clock", {"advanceSeconds": 4000})
        assert await client.get_deployment(CHAT) is not None
        await world.control("POST", "clock", {"advanceSeconds": 4000})
        assert (await put(client, CHAT, gpt_4o(11))).deployment is not None

    ask(life)


def test_the_tenant_of_an_undeclared_subscription_is_learned_from_arm() -> None:
    async def life(client: ArmClient, _: World) -> None:
        assert (await client.get_account(SOURCE)).id == SOURCE
        assert (await client.get_account(ACCOUNT)).id == ACCOUNT

    ask(life, tenants={})


def test_a_wrongly_declared_tenant_is_told_and_not_corrected() -> None:
    async def life(client: ArmClient, _: World) -> None:
        with pytest.raises(Forbidden, match=SOURCE_TENANT):
            await client.get_account(SOURCE)

    ask(life, tenants={SOURCE_SUBSCRIPTION: TENANT})


def test_an_unknown_tenant_is_a_credential_error() -> None:
    async def life(client: ArmClient, _: World) -> None:
        with pytest.raises(CredentialError, match="cccc"):
            await client.get_account(ACCOUNT)

    ask(life, tenants={SUBSCRIPTION: "cccccccc-cccc-cccc-cccc-cccccccccccc"})


def test_a_source_in_another_tenant_needs_and_gets_its_token() -> None:
    """F-024."""

    async def life(client: ArmClient, _: World) -> None:
        model = {"format": "OpenAI", "name": TUNED, "version": "1", "sourceAccount": str(SOURCE)}
        body: JsonObject = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
        with pytest.raises(Forbidden) as refused:
            await put(client, CHAT, body)
        assert refused.value.code == "LinkedAuthorizationFailed"
        assert str(SOURCE) in str(refused.value)
        sent = await put(client, CHAT, body, source_tenants=(SOURCE_TENANT,))
        assert sent.deployment is not None

    ask(life)


# -- regions, pages, versions ------------------------------------------------------------------------------


def test_quotas_and_models_of_a_region_fit_together() -> None:
    async def life(client: ArmClient, _: World) -> None:
        await put(client, CHAT, gpt_4o(10))
        pools = {pool.name.lower(): pool for pool in await client.list_pools(SUBSCRIPTION, REGION)}
        offers = await client.list_offers(SUBSCRIPTION, REGION)
        wanted = SkuName("GlobalStandard")
        offer = next(
            o
            for o in offers
            if (o.model_name, o.model_version, o.sku) == ("gpt-4o", "2024-11-20", wanted)
            and not o.for_fine_tuned
        )
        assert pools[offer.pool.lower()].used == 10

    ask(life)


def test_lists_are_read_to_the_last_page() -> None:
    """F-051."""

    async def life(client: ArmClient, world: World) -> None:
        for number in range(5):
            await put(client, DeploymentId(account=ACCOUNT, name=f"d{number}"), gpt_4o(1))
        await world.control("POST", "settings", {"pageSize": 2})
        assert {item.id.name for item in await client.list_deployments(ACCOUNT)} == {
            f"d{number}" for number in range(5)
        }

    ask(life)


def test_accounts_of_a_subscription_are_listed() -> None:
    async def life(client: ArmClient, _: World) -> None:
        assert [account.id for account in await client.list_accounts(SUBSCRIPTION)] == [ACCOUNT]

    ask(life)


def test_a_version_that_nobody_knows_is_refused_with_those_that_exist() -> None:
    """F-020."""

    async def life(client: ArmClient, _: World) -> None:
        with pytest.raises(InvalidRequest) as refused:
            await client.get_deployment(CHAT)
        assert refused.value.code == "NoRegisteredProviderFound"
        assert "2099-01-01" in str(refused.value)
        assert "2024-10-01" in str(refused.value)

    ask(life, api_version="2099-01-01")


def test_an_older_version_serves_as_well() -> None:
    async def life(client: ArmClient, _: World) -> None:
        assert (await put(client, CHAT, gpt_4o())).deployment is not None
        assert len(await client.list_deployments(ACCOUNT)) == 1

    ask(life, api_version="2024-10-01")


# -- faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ({"status": 503}, "F-043"),
        ({"status": 500}, "F-043"),
        ({"status": 408}, "F-031"),
        ({"reset": "before"}, "F-004"),
        ({"reset": "after"}, "F-015"),
        ({"truncate": 20}, "F-009"),
        ({"status": 200}, "F-010: an empty body"),
        ({"status": 429, "headers": {"Retry-After": "1"}}, "F-037"),
    ],
)
def test_a_read_survives_three_faults(then: dict[str, object], reason: str) -> None:
    async def life(client: ArmClient, world: World) -> None:
        await put(client, CHAT, gpt_4o())
        await fault(world, then, method="GET", path="/deployments/chat", times=3)
        assert await client.get_deployment(CHAT) is not None, reason
        assert (await world.requests()).count("GET chat") == 1 + 4, "one is the look before the write"

    ask(life)


@pytest.mark.parametrize(
    ("then", "done", "reason"),
    [
        ({"reset": "before"}, False, "F-004"),
        ({"reset": "after"}, True, "F-005"),
        ({"truncate": 20}, True, "F-009, F-011"),
        ({"status": 504, "applied": True}, True, "F-044"),
        ({"status": 504}, False, "F-044"),
        ({"status": 200, "applied": True}, True, "F-011"),
    ],
)
def test_a_write_whose_answer_is_lost_is_sent_once_and_left_open(
    then: dict[str, object], done: bool, reason: str
) -> None:
    async def life(client: ArmClient, world: World) -> None:
        await fault(world, then, method="PUT", path="/deployments/chat")
        with pytest.raises((ArmUnreachable, ArmContractBroken)):
            await put(client, CHAT, gpt_4o())
        assert (await client.get_deployment(CHAT) is not None) is done, reason
        assert (await world.requests()).count("PUT chat") == 1

    ask(life)


def test_a_delete_whose_answer_is_lost_is_sent_once() -> None:
    """F-006."""

    async def life(client: ArmClient, world: World) -> None:
        await put(client, CHAT, gpt_4o())
        await fault(world, {"reset": "after"}, method="DELETE", path="/deployments/chat")
        with pytest.raises(ArmUnreachable):
            await delete(client, CHAT)
        assert await client.get_deployment(CHAT) is None
        assert (await world.requests()).count("DELETE chat") == 1

    ask(life)


def test_a_foreign_operation_address_gets_no_request() -> None:
    """F-066: the emulator would be asked if anybody were."""

    async def life(client: ArmClient, world: World) -> None:
        headers = {"Azure-AsyncOperation": "http://127.0.0.1:9/op?s=1"}
        await fault(world, {"status": 202, "headers": headers}, method="PUT", path="/deployments/chat")
        sent = await put(client, CHAT, gpt_4o())
        assert sent.operation is None
        assert "127.0.0.1" in sent.warning

    ask(life)


def test_a_foreign_next_page_makes_the_list_an_error() -> None:
    """F-123."""

    async def life(client: ArmClient, world: World) -> None:
        body = {"value": [], "nextLink": "http://127.0.0.1:9/next"}
        await fault(world, {"status": 200, "body": body}, method="GET", path="/deployments$")
        with pytest.raises(ArmContractBroken, match="not requested"):
            await client.list_deployments(ACCOUNT)

    ask(life)


def test_a_page_that_leads_to_itself_makes_the_list_an_error() -> None:
    """F-124."""

    async def life(client: ArmClient, world: World) -> None:
        body = {"value": [], "nextLink": f"http://127.0.0.1{ACCOUNT}/deployments?again"}
        await fault(world, {"status": 200, "body": body}, method="GET", path="/deployments$", times=9)
        with pytest.raises(ArmContractBroken, match="read already"):
            await client.list_deployments(ACCOUNT)

    ask(life)


def test_many_accounts_are_read_at_the_pace_of_arms_bucket_without_a_429() -> None:
    """Our mirror of the bucket is as strict as the emulator's own: nothing is throttled."""

    async def life(client: ArmClient, world: World) -> None:
        await asyncio.gather(*(client.get_deployment(CHAT) for _ in range(240)))
        journal = (await world.control("GET", "requests"))["requests"]
        assert {entry["status"] for entry in journal if entry["method"] == "GET"} == {404}

    ask(life)
