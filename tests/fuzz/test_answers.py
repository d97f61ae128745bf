"""Whatever ARM answers, a verb has a value or one of our errors: no traceback, no token, and an end.

RECONCILER_FUZZ says how many answers are tried; the nightly target tries them for a minute.
"""

import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.arm.client import ArmClient
from reconciler.domain.deployment import ModelRef
from reconciler.domain.ids import Region
from reconciler.domain.operation import OperationRef
from reconciler.domain.platform import PolicyQuestion
from tests.unit.arm.scripted import (
    ACCOUNT,
    CHAT,
    OPERATION,
    SUBSCRIPTION,
    ask,
    delete,
    put,
    reply,
    resource,
    wire,
)

TRIES = int(os.environ.get("RECONCILER_FUZZ", "60"))
NAMES = [
    "id",
    "name",
    "value",
    "nextLink",
    "error",
    "code",
    "message",
    "details",
    "innererror",
    "sku",
    "capacity",
    "properties",
    "model",
    "provisioningState",
    "tags",
    "location",
    "kind",
    "status",
    "format",
    "version",
    "skus",
    "usageName",
    "currentValue",
    "limit",
    "minimum",
    "step",
    "additionalInfo",
    "info",
    "results",
    "etag",
    "scope",
    "systemData",
    "replacementConfig",
    "capabilities",
    "subscriptionId",
    "actions",
    "notActions",
    "resourceId",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [str(CHAT), str(ACCOUNT), "Succeeded", "Failed", "https://arm.example/x", "eastus2", "1e400"]
    )
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
near = st.builds(
    lambda name, found: {**resource(), name: found}, st.sampled_from(NAMES), documents
) | st.builds(lambda items: {"value": items}, st.lists(documents, max_size=3))
bodies = (
    st.builds(lambda found: json.dumps(found).encode(), documents | near)
    | st.binary(max_size=80)
    | st.sampled_from([b"[" * 100_000, b'{"a":' * 5_000, b'{"value": [' + b"{}," * 9, b"\xff\xfe", b"NaN"])
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "Retry-After",
            "Location",
            "Azure-AsyncOperation",
            "WWW-Authenticate",
            "Date",
            "Content-Encoding",
            "ETag",
        ]
    ),
    st.sampled_from(
        [
            "5",
            "-1",
            "9" * 30,
            "Wed, 01 Jan 2026 00:00:00 GMT",
            OPERATION,
            "https://evil.example/x",
            "gzip",
            "br",
            "\t",
        ]
        + [f'Bearer error="insufficient_claims", claims="{claims}"' for claims in ("e30=", "%", "/w==")]
    ),
    max_size=3,
)
statuses = st.sampled_from(
    [200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 407, 409, 410, 412, 429, 500, 503, 599]
)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
VERBS: dict[str, Callable[[ArmClient], Awaitable[Any]]] = {
    "get": lambda arm: arm.get_deployment(CHAT),
    "list": lambda arm: arm.list_deployments(ACCOUNT),
    "put": lambda arm: put(arm, {"sku": {"name": "Standard"}}),
    "delete": delete,
    "poll": lambda arm: arm.poll(OperationRef(url=OPERATION, ends_by_status=True, target=CHAT)),
    "account": lambda arm: arm.get_account(ACCOUNT),
    "accounts": lambda arm: arm.list_accounts(SUBSCRIPTION),
    "pools": lambda arm: arm.list_pools(SUBSCRIPTION, Region("eastus2")),
    "offers": lambda arm: arm.list_offers(SUBSCRIPTION, Region("eastus2")),
    "policies": lambda arm: arm.list_policies(ACCOUNT),
    "rights": lambda arm: arm.list_rights(ACCOUNT),
    "activity": lambda arm: arm.list_activity(SUBSCRIPTION, NOW, NOW),
    "deleted": lambda arm: arm.list_deleted_accounts(SUBSCRIPTION),
    "capacities": lambda arm: arm.list_capacities(SUBSCRIPTION, ModelRef(name="m", version="1")),
    "evaluate": lambda arm: arm.evaluate_policies(ACCOUNT, [PolicyQuestion(name="chat")]),
    "validate": lambda arm: arm.validate(Region("eastus2"), [(CHAT, {})]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_no_answer_of_arms_ends_a_verb_in_anything_but_a_value_or_an_error_of_ours(verb: str) -> None:
    """F-148, F-011, F-014."""

    @settings(max_examples=TRIES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(status=statuses, body=bodies, sent=headers)
    def tried(status: int, body: bytes, sent: dict[str, str]) -> None:
        def answer() -> httpx.Response:
            return reply(status, body, sent)

        over = wire(answer)
        if verb in {"put", "delete"}:
            over.there = resource()
        seen = ask(over, VERBS[verb])  # what is not an error of ours is raised here
        assert "CANARY" not in seen.words
        assert len(over.requests) <= 25
        if verb in {"put", "delete"} and status not in {401, 429}:
            assert len(over.requests) == 1, "a write is sent once"

    tried()
