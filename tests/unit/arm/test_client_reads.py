"""Reads over a scripted wire: what is repeated, what is believed, what is refused."""

import asyncio

import httpx
import pytest

from reconciler.arm.client import ArmClient
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.operation import OperationRef, OperationState, OperationStatus
from reconciler.domain.state import ObservedAccount, ObservedDeployment
from reconciler.engine.ports import Arm
from reconciler.errors import (
    ArmContractBroken,
    ArmUnreachable,
    Forbidden,
    InvalidRequest,
    NotFound,
    Throttled,
    UsageProblem,
)
from tests.simulated.time import VirtualClock
from tests.unit.arm.scripted import (
    ACCOUNT,
    CHAT,
    ELSEWHERE,
    ENDPOINT,
    OPERATION,
    SUBSCRIPTION,
    TENANT,
    Maker,
    Raw,
    Seen,
    Wire,
    ask,
    refusal,
    reply,
    resource,
    wire,
)

LIST = f"{ENDPOINT}{ACCOUNT}/deployments?api-version=2026-09-01"


def the_port(client: ArmClient) -> Arm:
    """mypy holds that the client is the engine's port."""
    return client


def get(over: Wire) -> Seen[ObservedDeployment | None]:
    return ask(over, lambda arm: the_port(arm).get_deployment(CHAT))


def listed(over: Wire) -> Seen[tuple[ObservedDeployment, ...]]:
    return ask(over, lambda arm: arm.list_deployments(ACCOUNT))


def page(*names: str, link: str | None = None) -> httpx.Response:
    items = [resource(DeploymentId(account=ACCOUNT, name=name)) for name in names]
    return reply(200, {"value": items} if link is None else {"value": items, "nextLink": link})


def test_a_deployment_is_asked_for_once_by_its_whole_address() -> None:
    seen = get(wire(lambda: reply(200, resource())))
    assert seen.value is not None
    assert seen.value.id == CHAT
    request = seen.wire.requests[0]
    assert str(request.url) == f"{ENDPOINT}{CHAT}?api-version=2026-09-01"
    assert request.headers["Authorization"] == f"Bearer CANARY-{TENANT}/1"
    assert len(seen.wire.requests) == 1


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda: httpx.ConnectError("refused"), "F-001, F-004"),
        (lambda: httpx.ConnectError("[Errno -2] Name or service not known"), "F-002"),
        (lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."), "F-015"),
        (lambda: httpx.ReadTimeout(""), "no answer in time"),
        (lambda: reply(408, b""), "F-031"),
        (lambda: refusal(500, "InternalServerError"), "F-043"),
        (lambda: reply(502, b"<html>bad gateway</html>"), "F-012"),
        (lambda: reply(503, b""), "F-044"),
        (lambda: refusal(504, "GatewayTimeout"), "F-044"),
        (lambda: reply(200, b"<html>please sign in</html>"), "F-010"),
        (lambda: reply(200, b""), "F-010"),
        (lambda: reply(200, b'{"id": "x", "id": "y"}'), "F-014"),
        (lambda: reply(200, [1]), "JSON, but no resource"),
        (lambda: httpx.Response(200, headers={"content-length": "999"}, stream=Raw(b"{}")), "F-009"),
        (lambda: reply(200, {"error": {"code": "ServiceUnavailable", "message": "x"}}), "F-046"),
    ],
)
def test_a_read_survives_passing_trouble(trouble: Maker, reason: str) -> None:
    good = wire(trouble, trouble, trouble, lambda: reply(200, resource()))
    seen = get(good)
    assert seen.value is not None, reason
    assert len(seen.wire.requests) == 4


def test_a_read_gives_up_after_four_attempts() -> None:
    """F-001: unreachable, and nothing is concluded of the deployment."""
    seen = get(wire(lambda: httpx.ConnectError("refused")))
    assert isinstance(seen.problem, ArmUnreachable)
    assert len(seen.wire.requests) == 4
    assert "arm.example" in seen.words
    assert "4 attempts failed" in seen.words


def test_backoff_lies_between_the_attempts() -> None:
    seen = get(wire(lambda: reply(503, b"")))
    gaps = [later - sooner for sooner, later in zip(seen.wire.times, seen.wire.times[1:], strict=False)]
    assert gaps == pytest.approx([0.5 * 1.05, 1.0 * 1.05, 2.0 * 1.05])


def test_an_unreadable_answer_is_quoted_in_at_most_200_characters() -> None:
    """F-010, F-012: never "absent", never a traceback."""
    seen = get(wire(lambda: reply(200, b"<html>\x1b[31m" + b"y" * 5000)))
    assert isinstance(seen.problem, ArmContractBroken)
    assert seen.problem.excerpt.startswith("<html>yyy")
    assert len(seen.problem.excerpt) == 200
    assert seen.problem.request_id == "request-1"


def test_an_answer_over_the_cap_is_not_asked_for_again() -> None:
    """F-013."""
    seen = get(wire(lambda: httpx.Response(200, stream=Raw(*[b" " * (1 << 20)] * 9))))
    assert isinstance(seen.problem, ArmUnreachable)
    assert len(seen.wire.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (lambda: refusal(400, "BadRequest"), InvalidRequest, "F-019"),
        (lambda: refusal(403, "AuthorizationFailed"), Forbidden, "F-023"),
        (lambda: refusal(404, "ParentResourceNotFound"), NotFound, "F-027"),
        (lambda: refusal(404, "ResourceNotFound"), NotFound, "F-027"),
        (lambda: refusal(404, "ResourceGroupNotFound"), NotFound, "F-027"),
        (lambda: refusal(404, "SubscriptionNotFound"), NotFound, "F-027"),
        (lambda: reply(404, b"<html>not here</html>"), ArmContractBroken, "a page proves no absence"),
        (lambda: reply(404, b""), ArmContractBroken, "an empty 404 proves no absence"),
        (lambda: refusal(405, "MethodNotAllowed"), InvalidRequest, "F-030"),
        (lambda: reply(407, b""), ArmUnreachable, "F-016"),
        (lambda: refusal(410, "Gone", "the model retired"), InvalidRequest, "F-034"),
        (lambda: refusal(412, "PreconditionFailed"), InvalidRequest, "F-035"),
        (lambda: refusal(501, "NotImplemented"), InvalidRequest, "F-030"),
        (
            lambda: reply(302, b"", {"Location": "https://evil.example/x?s=CANARY"}),
            ArmContractBroken,
            "F-045",
        ),
        (lambda: reply(200, {"error": {"code": "SomethingNew", "message": "x"}}), InvalidRequest, "F-046"),
        (lambda: reply(200, resource(DeploymentId(account=ACCOUNT, name="b"))), ArmContractBroken, "F-048"),
        (
            lambda: reply(200, resource(DeploymentId(account=ELSEWHERE, name="chat"))),
            ArmContractBroken,
            "F-048",
        ),
    ],
)
def test_what_repetition_cannot_help_is_asked_once(answer: Maker, kind: type[Exception], reason: str) -> None:
    seen = get(wire(answer))
    assert type(seen.problem) is kind, reason
    assert len(seen.wire.requests) == 1
    assert "CANARY" not in seen.words


def test_a_redirect_names_the_host_and_nothing_more() -> None:
    """F-045."""
    location = "https://user:CANARY@evil.example:1/path?s=CANARY"
    seen = get(wire(lambda: reply(307, b"", {"Location": location})))
    assert "evil.example" in seen.words
    assert "CANARY" not in seen.words
    assert [str(request.url.host) for request in seen.wire.requests] == ["arm.example"]


def test_an_absent_deployment_is_none() -> None:
    """F-026."""
    seen = get(wire(lambda: refusal(404, "NotFound", f"Specified resource '{CHAT}' cannot be found.")))
    assert seen.value is None


def test_a_404_of_the_account_is_not_taken_for_an_absent_deployment() -> None:
    """F-027."""
    seen = get(wire(lambda: refusal(404, "NotFound", f"Specified resource '{ACCOUNT}' cannot be found.")))
    assert isinstance(seen.problem, NotFound)


# -- throttling ----------------------------------------------------------------------------------------------


def test_a_429_is_waited_out() -> None:
    """F-037."""
    seen = get(
        wire(lambda: refusal(429, "TooMany", headers={"Retry-After": "7"}), lambda: reply(200, resource()))
    )
    assert seen.value is not None
    assert seen.wire.times == [0.0, pytest.approx(7.35)]


def test_a_429_pauses_every_lane_of_its_subscription_and_no_other() -> None:
    """F-037, F-042."""
    throttled = [True]

    async def answer(request: httpx.Request) -> httpx.Response:
        if throttled[0] and SUBSCRIPTION in str(request.url):
            throttled[0] = False
            return refusal(429, "TooMany", headers={"Retry-After": "7"})
        return reply(200, {"value": []})

    async def question(arm: ArmClient) -> tuple[float, float]:
        clock = VirtualClock()
        first = asyncio.ensure_future(arm.list_deployments(ACCOUNT))
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(arm.list_deployments(ACCOUNT))
        await arm.list_deployments(ELSEWHERE)
        unharmed = clock.monotonic()
        await asyncio.gather(first, second)
        return unharmed, clock.monotonic()

    unharmed, paused = ask(wire(lambda: answer), question).value
    assert unharmed == pytest.approx(0.1)
    assert paused == pytest.approx(7.35)


def test_after_a_pause_one_request_goes_first_and_the_others_follow_its_answer() -> None:
    """F-042: no crowd meets the door when it opens."""
    throttled = iter([True] * 4)

    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1.0)
        if next(throttled, False):
            return refusal(429, "TooMany", headers={"Retry-After": "10"})
        return reply(200, resource())

    async def question(arm: ArmClient) -> None:
        await asyncio.gather(*(arm.get_deployment(CHAT) for _ in range(4)))

    seen = ask(wire(lambda: answer), question)
    assert seen.problem is None
    assert seen.wire.times == pytest.approx([0.0] * 4 + [11.5] + [12.5] * 3)


def test_a_429_without_the_header_backs_off() -> None:
    """F-039."""
    seen = get(wire(lambda: refusal(429, "TooMany"), lambda: reply(200, resource())))
    assert seen.wire.times[1] == pytest.approx(0.5 * 1.05)


def test_a_429_with_a_date_waits_the_true_interval() -> None:
    """F-038: our own clock plays no part."""
    dates = {"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    seen = get(wire(lambda: refusal(429, "TooMany", headers=dates), lambda: reply(200, resource())))
    assert seen.wire.times[1] == pytest.approx(31.5)


@pytest.mark.parametrize("text", ["inf", "nan", "-5", "soon", "0", "5, 9"])
def test_a_senseless_retry_after_is_as_good_as_none(text: str) -> None:
    """F-041."""
    seen = get(
        wire(lambda: refusal(429, "TooMany", headers={"Retry-After": text}), lambda: reply(200, resource()))
    )
    assert seen.value is not None
    assert seen.wire.times[1] == pytest.approx(0.5 * 1.05)


def test_an_endless_retry_after_stops_at_once_and_says_so() -> None:
    """F-040."""

    async def question(arm: ArmClient) -> tuple[list[str], float]:
        words = []
        for _ in range(2):
            with pytest.raises(Throttled) as problem:
                await arm.get_deployment(CHAT)
            words.append(str(problem.value))
        return words, VirtualClock().monotonic()

    seen = ask(wire(lambda: refusal(429, "TooMany", headers={"Retry-After": "1000000"})), question)
    words, seconds = seen.value
    assert seconds == 0.0
    assert len(seen.wire.requests) == 1
    assert "1000000 s, longer than the 600 s" in words[0]
    assert "not sent" in words[1]


def test_a_429_for_ever_ends() -> None:
    """F-042, I-12, I-17."""

    async def question(arm: ArmClient) -> int:
        names = [DeploymentId(account=ACCOUNT, name=f"d{number}") for number in range(100)]
        found = await asyncio.gather(*(arm.get_deployment(name) for name in names), return_exceptions=True)
        return sum(isinstance(one, Throttled) for one in found)

    seen = ask(wire(lambda: refusal(429, "TooMany", headers={"Retry-After": "2"})), question)
    assert seen.value == 100
    assert len(seen.wire.requests) <= 100 + 20


def test_a_total_outage_costs_at_most_twenty_requests_beyond_the_first_ones() -> None:
    """I-17."""

    async def question(arm: ArmClient) -> int:
        names = [DeploymentId(account=ACCOUNT, name=f"d{number}") for number in range(100)]
        found = await asyncio.gather(*(arm.get_deployment(name) for name in names), return_exceptions=True)
        return sum(isinstance(one, ArmUnreachable) for one in found)

    seen = ask(wire(lambda: reply(503, b"")), question)
    assert seen.value == 100
    assert len(seen.wire.requests) == 100 + 20


def test_the_duration_of_an_exchange_is_told_in_seconds() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(2.5)
        return reply(200, resource())

    async def question(arm: ArmClient) -> None:
        await asyncio.sleep(4.0)
        await arm.get_deployment(CHAT)

    assert ask(wire(lambda: slow), question).exchanges[0].seconds == 2.5


# -- lists ---------------------------------------------------------------------------------------------------


def test_every_page_is_read_to_the_end() -> None:
    """F-051: an empty page with a link goes on."""
    over = wire(
        lambda: page("a", link=f"{LIST}&page=2"),
        lambda: page(link=f"{LIST}&page=3"),
        lambda: page("b", link=""),
    )
    seen = listed(over)
    assert [item.id.name for item in seen.value] == ["a", "b"]
    assert [str(request.url) for request in over.requests] == [LIST, f"{LIST}&page=2", f"{LIST}&page=3"]


def test_an_item_on_two_pages_is_merged() -> None:
    """F-052."""
    over = wire(lambda: page("a", "b", link=f"{LIST}&page=2"), lambda: page("B", "c"))
    assert [item.id.name for item in listed(over).value] == ["a", "B", "c"]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://evil.example/x?s=CANARY", "F-123"),
        ("https://arm.example:444/x", "F-123"),
        ("http://arm.example/x", "F-123"),
        ("/relative", "F-123"),
        (f"{LIST}&page=1", "its own page again (F-124)"),
    ],
)
def test_a_list_without_an_honest_end_is_no_list(link: str, reason: str) -> None:
    over = wire(lambda: page("a", link=f"{LIST}&page=1"), lambda: page("b", link=link))
    seen = listed(over)
    assert isinstance(seen.problem, ArmContractBroken), reason
    assert {request.url.host for request in over.requests} == {"arm.example"}
    assert len(over.requests) == 2
    assert "CANARY" not in seen.words


def test_a_list_of_a_thousand_pages_is_the_longest() -> None:
    """F-124."""
    numbers = iter(range(10**6))
    over = wire(lambda: page(link=f"{LIST}&page={next(numbers)}"))
    seen = listed(over)
    assert isinstance(seen.problem, ArmContractBroken)
    assert "1000 pages" in seen.words
    assert len(over.requests) == 1000


def test_a_list_that_breaks_off_is_no_list() -> None:
    over = wire(lambda: page("a", link=f"{LIST}&page=2"), lambda: reply(503, b""))
    assert isinstance(listed(over).problem, ArmUnreachable)


def test_a_forbidden_second_page_is_no_list() -> None:
    over = wire(lambda: page("a", link=f"{LIST}&page=2"), lambda: refusal(403, "AuthorizationFailed"))
    assert isinstance(listed(over).problem, Forbidden)


def test_a_page_with_an_item_of_another_account_is_no_list() -> None:
    """F-048."""
    foreign = resource(DeploymentId(account=ELSEWHERE, name="x"))
    assert isinstance(listed(wire(lambda: reply(200, {"value": [foreign]}))).problem, ArmContractBroken)


def test_the_missing_parent_of_a_list_is_not_found() -> None:
    """F-027: recorded for lists of other providers."""
    seen = listed(wire(lambda: refusal(404, "ParentResourceNotFound")))
    assert isinstance(seen.problem, NotFound)
    assert seen.problem.code == "ParentResourceNotFound"


# -- accounts and regions ------------------------------------------------------------------------------------


def account_body() -> dict[str, object]:
    return {"id": str(ACCOUNT), "location": "East US 2", "kind": "OpenAI", "properties": {}}


def test_an_account_is_read() -> None:
    seen = ask(wire(lambda: reply(200, account_body())), lambda arm: arm.get_account(ACCOUNT))
    assert seen.value == ObservedAccount(id=ACCOUNT, region=Region("eastus2"), kind="OpenAI")


def test_a_missing_account_is_not_found_with_its_code() -> None:
    """F-027."""
    seen = ask(wire(lambda: refusal(404, "ResourceNotFound")), lambda arm: arm.get_account(ACCOUNT))
    assert isinstance(seen.problem, NotFound)
    assert seen.problem.code == "ResourceNotFound"


def test_accounts_quotas_and_models_are_asked_for_where_they_are() -> None:
    model = {"kind": "OpenAI", "model": {"format": "OpenAI", "name": "m", "skus": [{"name": "Standard"}]}}
    usage = {"name": {"value": "q", "localizedValue": "Q"}, "currentValue": 1, "limit": 2}
    over = wire(
        lambda: reply(200, {"value": [account_body()]}),
        lambda: reply(200, {"value": [usage]}),
        lambda: reply(200, {"value": [model]}),
    )

    async def question(arm: ArmClient) -> tuple[int, int, int]:
        region = Region("East US 2")
        return (
            len(await arm.list_accounts(SUBSCRIPTION)),
            len(await arm.list_pools(SUBSCRIPTION, region)),
            len(await arm.list_offers(SUBSCRIPTION, region)),
        )

    assert ask(over, question).value == (1, 1, 1)
    below = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"
    assert [request.url.path for request in over.requests] == [
        f"{below}/accounts",
        f"{below}/locations/eastus2/usages",
        f"{below}/locations/eastus2/models",
    ]


@pytest.mark.parametrize("name", ["..", ".", " ", ""])
def test_a_name_that_would_leave_its_path_makes_no_request(name: str) -> None:
    over = wire(lambda: reply(200, resource()))
    seen = ask(over, lambda arm: arm.get_deployment(DeploymentId(account=ACCOUNT, name=name)))
    assert isinstance(seen.problem, UsageProblem)
    assert over.requests == []


def test_a_name_becomes_one_segment_whatever_is_in_it() -> None:
    odd = DeploymentId(account=ACCOUNT, name="a/../b?x=1#y%2f")
    over = wire(lambda: refusal(404, "NotFound"))
    assert ask(over, lambda arm: arm.get_deployment(odd)).value is None
    assert over.requests[0].url.raw_path.startswith(
        f"{ACCOUNT}/deployments/a%2F..%2Fb%3Fx%3D1%23y%252f?".encode()
    )


# -- operations ----------------------------------------------------------------------------------------------


def poll(over: Wire, url: str = OPERATION) -> Seen[OperationState]:
    reference = OperationRef(url=url, ends_by_status=True, target=CHAT)
    return ask(over, lambda arm: arm.poll(reference))


def test_an_operation_is_asked_for_at_its_own_address_once() -> None:
    seen = poll(wire(lambda: reply(200, {"status": "Creating"}, {"Retry-After": "9"})))
    assert seen.value == OperationState(status=OperationStatus.RUNNING, retry_after=9.0)
    assert str(seen.wire.requests[0].url) == OPERATION


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (lambda: reply(503, b""), OperationStatus.RUNNING, "F-061"),
        (lambda: refusal(429, "TooMany"), OperationStatus.RUNNING, "F-061"),
        (lambda: httpx.ReadError("reset"), OperationStatus.RUNNING, "no answer is no verdict"),
        (lambda: refusal(403, "AuthorizationFailed"), OperationStatus.UNREADABLE, "F-060"),
        (lambda: refusal(404, "NotFound"), OperationStatus.UNREADABLE, "F-060"),
        (lambda: refusal(400, "BadRequest"), OperationStatus.UNREADABLE, "F-060"),
        (lambda: reply(302, b"", {"Location": "https://evil.example"}), OperationStatus.UNREADABLE, "F-045"),
        (lambda: reply(200, b"<html>"), OperationStatus.UNREADABLE, "F-059"),
    ],
)
def test_a_poll_is_one_request_and_never_an_exception(
    answer: Maker, status: OperationStatus, reason: str
) -> None:
    seen = poll(wire(answer))
    assert seen.value.status is status, reason
    assert len(seen.wire.requests) == 1


def test_a_poll_that_is_throttled_pauses_the_subscription() -> None:
    """F-061, F-037."""

    async def question(arm: ArmClient) -> float:
        await arm.poll(OperationRef(url=OPERATION, ends_by_status=True, target=CHAT))
        await arm.get_deployment(CHAT)
        return VirtualClock().monotonic()

    over = wire(lambda: refusal(429, "TooMany", headers={"Retry-After": "7"}), lambda: reply(200, resource()))
    assert ask(over, question).value == pytest.approx(7.35)


def test_a_foreign_operation_is_never_requested() -> None:
    """F-066: not even where somebody hands its address in."""
    seen = poll(wire(lambda: reply(200, {"status": "Succeeded"})), "https://evil.example/op")
    assert seen.value.status is OperationStatus.UNREADABLE
    assert seen.wire.requests == []


def test_exchanges_are_told_without_query_header_or_body(caplog: pytest.LogCaptureFixture) -> None:
    """F-128."""
    caplog.set_level("DEBUG")
    seen = poll(wire(lambda: reply(200, {"status": "Creating", "secret": "CANARY-BODY"})))
    told = seen.exchanges[0]
    assert (told.method, told.status, told.request_id) == ("GET", 200, "request-1")
    assert told.seconds == 0.0
    assert told.path.endswith("/operationResults/0d1e2f")
    assert "request-1" in caplog.text
    assert "CANARY" not in caplog.text + repr(seen.exchanges)
