"""The rows of the fault matrix that two clients are put through, and why they end differently where they do.

Rule of this module: a row is data and one small function; the same table is a test and a page of the manual.
"""

from dataclasses import dataclass

from tests.differential.bad_arm import (
    LOST,
    Answer,
    Asked,
    Bad,
    Calling,
    World,
    absent,
    operation,
    refusal,
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One staging. `why` is empty where both clients end alike with the same writes."""

    row: str
    staged: str
    call: Calling
    bad: Bad
    there: bool = False
    why: str = ""


def _first(method: str, answer: Answer) -> Bad:
    """The first such request is answered so; those after it are answered as usual."""
    return lambda _, asked: answer if asked.kind == method and asked.nth == 1 else None


def _slowly(*polls: Answer) -> Bad:
    """A write with an operation, whose status is read so; the last answer is repeated."""

    def bad(world: World, asked: Asked) -> Answer | None:
        if asked.kind == "PUT":
            return world.slow()
        return polls[min(asked.nth, len(polls)) - 1] if asked.kind == "poll" else None

    return bad


def _throttled(retry_after: str) -> Bad:
    return _first("GET", refusal(429, "TooManyRequests", "slow down", Retry_After=retry_after))


def _expired(world: World, asked: Asked) -> Answer | None:
    if asked.kind == "PUT":
        return world.slow()
    if asked.kind == "poll" and asked.token == world.asked[0].token:
        told = 'Bearer error="invalid_token", error_description="The access token has expired"'
        return refusal(401, "ExpiredAuthenticationToken", "expired", WWW_Authenticate=told)
    return None


def _redirected(world: World, asked: Asked) -> Answer | None:
    if asked.kind == "GET":
        return Answer(307, headers={"Location": world.foreign + asked.target})
    return None


def _operation_abroad(world: World, asked: Asked) -> Answer | None:
    if asked.abroad:
        return operation("Succeeded")
    return world.slow(at=world.foreign) if asked.kind == "PUT" else None


def _failed_behind_success(world: World, asked: Asked) -> Answer | None:
    if asked.kind == "PUT":
        world.state = "Creating"
        return world.slow()
    if asked.kind == "poll":
        world.state = "Failed"
    return None


def _failed_at_once(world: World, asked: Asked) -> Answer | None:
    if asked.kind != "PUT":
        return None
    world.state = "Failed"
    return Answer(200, world.resource())


def _page_abroad(world: World, asked: Asked) -> Answer | None:
    if asked.abroad:
        return Answer(body={"value": []})
    return Answer(body={"value": [world.resource()], "nextLink": f"{world.foreign}{asked.target}&page=2"})


def _pages_without_end(world: World, asked: Asked) -> Answer | None:
    link = world.home + asked.target.partition("&page=")[0] + "&page=again"
    return Answer(body={"value": [world.resource()], "nextLink": link})


ROWS: tuple[Row, ...] = (
    Row(
        row="F-005",
        staged="a PUT takes effect; the connection is closed instead of an answer",
        call="write",
        bad=_first("PUT", LOST),
        why=(
            "The SDK counts PUT among the methods that may be repeated and sends it again unseen. Here a "
            "look tells what became of the first one: a second PUT could overwrite what somebody wrote in "
            "between."
        ),
    ),
    Row(
        row="F-006",
        staged="a DELETE takes effect; the connection is closed instead of an answer",
        call="delete",
        bad=_first("DELETE", LOST),
        there=True,
        why=("As F-005: a second DELETE could hit a deployment that somebody has created anew."),
    ),
    Row(
        row="F-021",
        staged="the token expires between a write and the first look at its operation",
        call="write",
        bad=_expired,
        why=(
            "The SDK trusts the lifetime that its credential names and renews before it ends; a 401 without "
            "a claims challenge goes to the caller. Here a refused token is renewed once, so that a long "
            "operation is not lost with its token."
        ),
    ),
    Row(
        row="F-028",
        staged="a DELETE is answered by 404: the deployment is already gone",
        call="delete",
        bad=lambda _, asked: absent() if asked.kind == "DELETE" else None,
        there=True,
        why=(
            "Wanted is that it is gone, and it is; only the provider's own words about this very id "
            "count. The SDK takes 200, 202 and 204."
        ),
    ),
    Row(row="F-037", staged="429 with `Retry-After: 1`, once", call="read", bad=_throttled("1"), there=True),
    Row(
        row="F-040",
        staged="429 with `Retry-After: 1000000`, once",
        call="read",
        bad=_throttled("1000000"),
        there=True,
        why=(
            "Waits longer than ten minutes, the bound in ARM's contract, are refused at once and named. "
            "The SDK waits as long as it is told."
        ),
    ),
    Row(
        row="F-041",
        staged="429 with `Retry-After: inf`, once",
        call="read",
        bad=_throttled("inf"),
        there=True,
        why=(
            "A value that is no whole number of seconds and no date is as good as none. The SDK reads it "
            "by `float()` and hands it to `time.sleep`, which refuses it."
        ),
    ),
    Row(
        row="F-043",
        staged="500 once, then the answer",
        call="read",
        bad=_first("GET", refusal(500, "InternalServerError", "try again")),
        there=True,
    ),
    Row(
        row="F-045",
        staged="307 to another host",
        call="read",
        bad=_redirected,
        there=True,
        why=(
            "ARM does not redirect; whoever does is not believed. The SDK goes there without its token "
            "and returns what the other host says of the deployment."
        ),
    ),
    Row(
        row="F-054",
        staged="an operation stays `InProgress` for ever",
        call="write",
        bad=_slowly(operation("InProgress")),
        why=(
            "An operation has half an hour, then its deployment is reported as still under way. The SDK's "
            "poller has no end of its own; `result(timeout=…)` bounds the caller's wait."
        ),
    ),
    Row(
        row="F-058",
        staged="an operation is `Frobnicating` twice, then `Succeeded`",
        call="write",
        bad=_slowly(operation("Frobnicating"), operation("Frobnicating"), operation("Succeeded")),
    ),
    Row(
        row="F-060",
        staged="the operation's status is 404; the deployment is there and Succeeded",
        call="write",
        bad=_slowly(refusal(404, "OperationNotFound", "no such operation")),
        why=(
            "An operation whose status cannot be read has not failed: the deployment itself is looked at. "
            "The SDK raises, and the caller does not know whether it exists."
        ),
    ),
    Row(
        row="F-066",
        staged="`Azure-AsyncOperation` names another host",
        call="write",
        bad=_operation_abroad,
        why=(
            "The token opens everything that the caller may do, so it goes to the endpoint alone; the "
            "deployment is looked at instead. The SDK's policy signs every request, wherever it goes."
        ),
    ),
    Row(
        row="F-068",
        staged="the operation says `Succeeded`, the deployment says `Failed`",
        call="write",
        bad=_failed_behind_success,
        why=(
            "The deployment has the last word. The SDK's poller ends by the operation's word and returns "
            "the deployment; its state is for the caller to look at."
        ),
    ),
    Row(
        row="F-075",
        staged="a PUT is answered by 200 with `provisioningState: Failed`",
        call="write",
        bad=_failed_at_once,
        why=(
            "As F-068: the first answer carries a final state, so the SDK's poller does not begin, and "
            "nobody raises."
        ),
    ),
    Row(
        row="F-123",
        staged="`nextLink` names another host",
        call="list",
        bad=_page_abroad,
        there=True,
        why=(
            "As F-066, and a list without its last page is no list: what is missing in it would be "
            "created or pruned. The SDK follows with its token and joins what it gets."
        ),
    ),
    Row(
        row="F-124",
        staged="every page's `nextLink` names one page more, always the same one",
        call="list",
        bad=_pages_without_end,
        there=True,
        why=(
            "A page that was read already ends the list as an error, and so does one more than a thousand. "
            "The SDK reads on as long as there is a link."
        ),
    ),
)
