"""What a shard observed, written into its plan file and read back: nothing is lost but who wrote what."""

import contextlib
import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.sku import SkuName
from reconciler.domain.state import (
    AccountMissing,
    Expiry,
    ObservedDeployment,
    ObservedState,
    Opinion,
    RegionFacts,
    SystemMetadata,
    Unreadable,
)
from reconciler.errors import Trouble
from reconciler.planfile.observation import ObservedDocument, observed_document, read_observed
from tests.unit.plan.states import (
    REGION,
    SUBSCRIPTION,
    account,
    applied,
    desired,
    in_state,
    listed,
    name_of,
    offer,
    tagged,
    world,
)

BARE = ObservedDeployment(
    id=name_of("bare"),
    model_format=None,
    model_name=None,
    model_version=None,
    resource={"odd": [1, None, 2.5]},
)


def nobody(one: ObservedDeployment) -> ObservedDeployment:
    """The same deployment without the people who wrote it."""
    resource = {name: value for name, value in one.resource.items() if name != "systemData"}
    return replace(one, system=SystemMetadata(), resource=resource)


def example() -> ObservedState:
    there = (
        nobody(tagged(applied(desired("chat", capacity=10), raiPolicyName="strict"), owner="search")),
        nobody(in_state(applied(desired("ptu", sku="ProvisionedManaged", capacity=100)), "Creating")),
        replace(BARE, sku=SkuName("NewSku")),
    )
    seen = world(
        listed(*sorted(there, key=lambda one: one.id.key)),
        AccountMissing(id=account("gone"), code="ResourceNotFound", message="no such account", fix="restore"),
        Unreadable(
            id=account("shut"),
            code="AuthorizationFailed",
            message='the client "x"\nhas no rights',
            trouble=Trouble.RIGHTS,
        ),
        pools={"OpenAI.Standard.gpt4o": (100, 300)},
        offers=(
            offer("p", sizes=(25, 5, None), retires="2027-01-01", status="Deprecating"),
            offer("q", default=True),
        ),
    )
    unread = RegionFacts(subscription=SUBSCRIPTION, region=replace(REGION, name="eastus2"))
    return replace(
        seen,
        regions=(unread, *seen.regions),
        policies={
            account("acc"): frozenset({"strict", "Microsoft.Default"}),
            account("shut"): Unreadable(id=account("shut"), code="429", message="later"),
        },
        sources={
            account("acc"): frozenset(),
            account("gone"): AccountMissing(id=account("gone"), code="404", message="no"),
        },
        expiries={
            name_of("trial"): Expiry(written="2026-11-01T00:00:00Z"),
            name_of("tuned"): Expiry(problem="AuthorizationFailed"),
        },
        opinions={
            name_of("chat"): Opinion(refused=True, message="no", fix="ask"),
            name_of("spare"): Opinion(refused=False, message="not now"),
        },
    )


def through_a_file(seen: ObservedState) -> ObservedState:
    return read_text(json.dumps(observed_json(seen)))


def read_text(text: str) -> ObservedState:
    return read_observed(ObservedDocument.read(text))


def observed_json(seen: ObservedState) -> dict[str, Any]:
    return observed_document(seen).to_json()


def test_everything_that_a_plan_is_made_from_comes_back() -> None:
    assert through_a_file(example()) == example()


def test_who_wrote_a_deployment_does_not_leave_this_machine() -> None:
    """F-129; ARM spells the key in its own way, and people are in no other."""
    chat = applied(desired("chat"))
    loud = replace(chat, resource={**chat.resource, "SystemData": {"createdBy": "someone@example.com"}})
    text = json.dumps(observed_json(world(listed(loud))))
    assert "someone@example.com" not in text
    assert through_a_file(world(listed(loud))) == world(listed(nobody(chat)))


def test_equal_observations_are_equal_bytes() -> None:
    """I-18: in whatever order ARM answers."""
    seen = example()
    turned = replace(
        seen,
        readings=dict(reversed(tuple(seen.readings.items()))),
        regions=seen.regions[::-1],
        policies=dict(reversed(tuple(seen.policies.items()))),
    )
    assert json.dumps(observed_json(turned)) == json.dumps(observed_json(seen))


def test_regions_that_offer_the_same_share_one_list() -> None:
    seen = world(listed(), offers=tuple(offer(f"pool-{number}") for number in range(50)))
    twice = replace(
        seen, regions=(*seen.regions, replace(seen.regions[0], region=replace(REGION, name="eastus2")))
    )
    made = observed_json(twice)
    assert isinstance(made["offers"], dict)
    assert [len(found) for found in made["offers"].values() if isinstance(found, list)] == [50]
    assert through_a_file(twice).regions[1].offers == twice.regions[0].offers


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- any JSON
    found = [at] if at else []
    if isinstance(value, dict):
        return found + [path for key, inner in value.items() for path in _paths(inner, (*at, key))]
    if isinstance(value, list):
        return found + [path for key, inner in enumerate(value) for path in _paths(inner, (*at, key))]
    return found


DOCUMENT: dict[str, Any] = json.loads(json.dumps(observed_json(example())))
ANYTHING: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 2.5, "", "x", [], {}, [1], {"a": 1}, ["a"], [[]]]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(_paths(DOCUMENT)), ANYTHING)
def test_a_damaged_observation_is_wrong_usage_or_another_observation_and_never_a_traceback(
    path: tuple[Any, ...], value: object
) -> None:
    """F-126."""
    damaged = copy.deepcopy(DOCUMENT)
    here: Any = damaged
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    with contextlib.suppress(ValueError):
        observed_json(read_text(json.dumps(damaged)))


def test_a_deployment_under_another_account_is_refused() -> None:
    damaged = copy.deepcopy(DOCUMENT)
    damaged["accounts"][0]["deployments"][0]["id"] = str(name_of("chat", in_account="other"))
    with pytest.raises(ValueError, match="another account's"):
        read_text(json.dumps(damaged))
