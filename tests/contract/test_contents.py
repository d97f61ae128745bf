"""What an account holds beside deployments, asked of the emulator."""

from typing import Any

import pytest

from reconciler.arm import wire
from reconciler.arm.client import ArmClient
from reconciler.domain.ids import AccountId
from reconciler.errors import NotFound
from tests.contract.emulated import ACCOUNT, World, ask


def test_every_account_has_the_content_filters_it_is_born_with() -> None:
    async def listed(client: ArmClient, _: World) -> tuple[str, ...]:
        return await client.list_policies(ACCOUNT)

    system = ("Default", "DefaultV2", "Audio", "Nil", "Streaming", "Reasoning")
    assert ask(listed) == tuple(f"Microsoft.{name}" for name in system)


def test_an_account_without_fine_tuned_models_lists_none_of_the_catalogues() -> None:
    async def listed(client: ArmClient, _: World) -> tuple[str, ...]:
        return await client.list_tuned_models(ACCOUNT)

    assert ask(listed) == ()


def test_a_missing_account_is_missing_for_its_contents_too() -> None:
    nobody = AccountId(subscription=ACCOUNT.subscription, resource_group="rg", name="nobody")

    async def listed(client: ArmClient, _: World) -> None:
        with pytest.raises(NotFound):
            await client.list_policies(nobody)
        with pytest.raises(NotFound):
            await client.list_tuned_models(nobody)

    ask(listed)


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"name": "gpt-4o", "format": "OpenAI", "version": "2024-11-20"}, ()),
        ({"name": "gpt-4o", "baseModel": None}, ()),
        ({"name": "ada-mine", "baseModel": {"format": "OpenAI", "name": "ada"}}, ("ada-mine",)),
        ({"name": "ftchkpt-0123456789abcdef0123456789abcdef"}, ("ftchkpt-0123456789abcdef0123456789abcdef",)),
    ],
)
def test_a_model_that_was_made_in_the_account_is_told_by_its_base_or_its_name(
    entry: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert wire.tuned_name(entry) == names
