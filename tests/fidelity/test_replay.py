"""Every recorded exchange against its answer: equal, or different for a listed reason."""

import pytest

from tests.emulator.recordings import RECORDINGS, load
from tests.fidelity.differences import DIFFERENCES, reason_for
from tests.fidelity.replay import Exchange, exchanges


@pytest.mark.parametrize("exchange", exchanges(), ids=lambda e: f"{e.file} {e.index} {e.line.split()[0]}")
def test_a_recorded_exchange_is_answered_alike(exchange: Exchange) -> None:
    unlisted = {
        fact: pair for fact, pair in exchange.differences.items() if reason_for(exchange.file, fact) is None
    }
    assert unlisted == {}


@pytest.mark.parametrize("listed", DIFFERENCES, ids=lambda listed: f"{listed.files} {listed.fact}")
def test_a_listed_difference_still_occurs(listed: object) -> None:
    occurring = {reason_for(e.file, fact) for e in exchanges() for fact in e.differences}
    assert listed in occurring


def test_no_recorded_exchange_is_left_out() -> None:
    recorded = sum(len(load(path.name)) for path in RECORDINGS.glob("*.json"))
    assert len(exchanges()) == recorded > 60


def test_every_status_and_error_code_of_this_provider_is_as_recorded() -> None:
    wrong = [
        (exchange.file, exchange.index, fact)
        for exchange in exchanges()
        for fact in exchange.differences
        if (fact == "status" or fact.endswith("code =")) and not exchange.file.startswith("generic")
    ]
    assert wrong == []
