"""What a role allows: wildcards, exclusions, and several roles together."""

import json
import re
from pathlib import Path

import pytest

from reconciler.domain.rights import RIGHTS, Grant, Need, allowed

ROOT = Path(__file__).resolve().parents[3]
WRITE = "Microsoft.CognitiveServices/accounts/deployments/write"

GRANTS: list[tuple[str, tuple[str, ...], tuple[str, ...], bool]] = [
    ("everything", ("*",), (), True),
    ("the very action", (WRITE,), (), True),
    ("in another case", (WRITE.upper(),), (), True),
    ("the whole provider", ("Microsoft.CognitiveServices/*",), (), True),
    ("one verb of everything", ("*/write",), (), True),
    ("another verb", ("*/read",), (), False),
    ("a star in the middle", ("Microsoft.CognitiveServices/*/write",), (), True),
    ("a dot is a dot", ("MicrosoftxCognitiveServices/*",), (), False),
    ("no part of an action", ("accounts/deployments/write",), (), False),
    ("all but this", ("*",), (WRITE,), False),
    ("all but the deployments", ("*",), ("*/accounts/deployments/*",), False),
    ("nothing", (), (), False),
]


@pytest.mark.parametrize(("reason", "actions", "not_actions", "expected"), GRANTS, ids=[g[0] for g in GRANTS])
def test_a_role_allows_what_it_lists_less_what_it_excludes(
    reason: str, actions: tuple[str, ...], not_actions: tuple[str, ...], *, expected: bool
) -> None:
    assert Grant(actions=actions, not_actions=not_actions).allows(WRITE) is expected, reason


def test_what_one_role_excludes_another_may_give() -> None:
    contributor = Grant(actions=("*",), not_actions=("*/write",))
    assert not allowed([contributor], WRITE)
    assert allowed([contributor, Grant(actions=(WRITE,))], WRITE)
    assert not allowed([], WRITE)


@pytest.mark.parametrize(("role", "needs"), [("plan", set(Need) - {Need.APPLY}), ("apply", set(Need))])
def test_the_custom_roles_hold_exactly_what_is_needed(role: str, needs: set[Need]) -> None:
    document = json.loads((ROOT / "docs" / "roles" / f"reconciler-{role}.json").read_text("utf-8"))
    assert document["Actions"] == [right.action for right in RIGHTS if right.need in needs]
    assert not any("*" in action for action in document["Actions"])
    assert document["NotActions"] == document["DataActions"] == []


def test_the_readme_names_every_right_that_plan_and_apply_need() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:accounts|deletedAccounts|locations)/[\w/]+)`", readme))
    wanted = {right.action.partition("/")[2] for right in RIGHTS if right.need in {Need.PLAN, Need.CHECKS}}
    assert wanted <= named
