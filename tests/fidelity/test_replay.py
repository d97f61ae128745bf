"""Every recorded exchange against its answer: equal, or different for a listed reason."""

import pytest

from tests.emulator.recordings import RECORDINGS, load
from tests.fidelity.differences import DIFFERENCES, reason_for
from tests.fidelity.replay import exchanges

RECORDED = [
    f"{path.name} {each['index']} {each['request']['method']}"
    for path in sorted(RECORDINGS.glob("*.json"))
    for each in load(path.name)
]


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_recorded_exchange_is_answered_alike(recorded: str) -> None:
    (exchange,) = (one for one in exchanges() if f"{one.file} {one.index} {one.line.split()[0]}" == recorded)
    unlisted = {
        fact: pair for fact, pair in exchange.differences.items() if reason_for(exchange.file, fact) is None
    }
    assert unlisted == {}


@pytest.mark.parametrize("listed", DIFFERENCES, ids=lambda listed: f"{listed.files} {listed.fact}")
def test_a_listed_difference_still_occurs(listed: object) -> None:
    occurring = {reason_for(e.file, fact) for e in exchanges() for fact in e.differences}
    assert listed in occurring


def test_no_recorded_exchange_is_left_out() -> None:
    assert len(exchanges()) == len(RECORDED) > 60


def test_every_status_and_error_code_of_this_provider_is_as_recorded() -> None:
    wrong = [
        (exchange.file, exchange.index, fact)
        for exchange in exchanges()
        for fact in exchange.differences
        if (fact == "status" or fact.endswith("code =")) and not exchange.file.startswith("generic")
    ]
    assert wrong == []
