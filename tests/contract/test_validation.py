"""ARM's own validation, asked through the client of an emulator: a verdict, and nothing written."""

from typing import Any

import pytest

from reconciler.arm.addresses import VALIDATION, writes_nothing
from reconciler.arm.client import ArmClient
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.errors import ArmRejected, ValidationRefused
from tests.contract.emulated import ACCOUNT, CHAT, World, ask, gpt_4o
from tests.simulated.turns import put

EASTUS2 = Region("eastus2")
DRAFT = DeploymentId(account=ACCOUNT, name="draft")


def asked(*bodies: tuple[DeploymentId, dict[str, Any]]) -> list[str]:
    """The requests that reached ARM."""

    async def question(client: ArmClient, world: World) -> list[str]:
        await client.validate(EASTUS2, bodies)
        return await world.requests()

    return ask(question, read_only=True, may_ask=True)


def test_writes_that_arm_would_take_are_asked_about_in_one_request_and_not_made() -> None:
    requests = asked((CHAT, gpt_4o()), (DRAFT, gpt_4o(capacity=1)))
    assert requests == ["POST token", "POST validateResources"]


def test_a_refusal_carries_the_providers_own_code_and_not_the_wrappers() -> None:
    with pytest.raises(ValidationRefused) as refused:
        asked((CHAT, gpt_4o()), (DRAFT, gpt_4o(sku="Basic")))
    assert refused.value.code == "InvalidResourceProperties"
    assert "'Basic'" in refused.value.message


def test_what_is_no_verdict_stays_the_error_that_it_is() -> None:
    stranger = AccountId(subscription="99999999-9999-9999-9999-999999999999", resource_group="rg", name="a")
    with pytest.raises(ArmRejected):
        asked((DeploymentId(account=stranger, name="chat"), gpt_4o()))


def test_a_read_only_client_posts_to_the_validation_alone_and_only_where_it_may() -> None:
    """I-04: the path is compared whole, on our own endpoint."""

    async def question(client: ArmClient, world: World) -> None:
        del world
        await client.validate(EASTUS2, [(CHAT, gpt_4o())])

    with pytest.raises(RuntimeError, match="read-only"):
        ask(question, read_only=True)
    assert writes_nothing(VALIDATION)
    assert not writes_nothing(VALIDATION[:-1])
    assert not writes_nothing(f"{CHAT}")

    async def writing(client: ArmClient, world: World) -> None:
        del world
        await put(client, CHAT, gpt_4o())

    with pytest.raises(RuntimeError, match="read-only"):
        ask(writing, read_only=True, may_ask=True)
