"""What the emulator makes of exchanges that it was not built from, and of the others of the same kind."""

import pytest

from tests.fidelity.unseen_replay import Judged, Part, is_aside, judged, sessions

KNOWN = {
    ("TestNewAccountWithInvalidName.json", "PUT"): "a web server's page of 2019 for a name with a full stop",
    ("TestNewAccountWithInvalidName.json", "DELETE"): "the account of the line above, which exists here",
    (
        "recording_accounts_create_test.json",
        "PUT",
    ): "created without an operation in 2022; later ones have one",
}
"""Exchanges of the part set aside that stay different, and why."""


@pytest.mark.parametrize("part", ["built", "aside"])
def test_each_file_is_in_the_part_that_its_name_decides(part: Part) -> None:
    assert {is_aside(one["repository"], one["path"]) for one in sessions(part)} == {part == "aside"}
    assert all(len(one["commit"]) == 40 for one in sessions(part))


@pytest.mark.parametrize(
    "exchange", judged("built"), ids=lambda found: f"{found.path.rpartition('/')[2]} {found.line[-60:]}"
)
def test_an_exchange_that_was_read_beforehand_is_answered_alike(exchange: Judged) -> None:
    assert exchange.wrong == ()


@pytest.mark.parametrize(
    "exchange", judged("aside"), ids=lambda found: f"{found.path.rpartition('/')[2]} {found.line[-60:]}"
)
def test_an_exchange_that_was_set_aside_is_answered_alike_or_listed(exchange: Judged) -> None:
    listed = (exchange.path.rpartition("/")[2], exchange.line.partition(" ")[0]) in KNOWN
    if exchange.path.endswith("TestNewAccountWithInvalidName.json"):
        listed = listed and ".invalid" in exchange.line
    elif exchange.path.endswith("recording_accounts_create_test.json"):
        listed = listed and "accounts" in exchange.line
    assert bool(exchange.wrong) == listed, exchange.wrong
