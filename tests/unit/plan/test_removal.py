"""What becomes of a deployment that no manifest names: kept, deleted or blocked, and in which words."""

from typing import NamedTuple

import pytest

from reconciler.domain.fleet import Fleet, Guards, PrunePolicy
from reconciler.domain.marks import FLEET_TAG, REMOVAL_TAG, SPEC_TAG, mark_of, on_removal, owner_of
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Blocked, Delete, Keep, Reason
from reconciler.plan.removal import undeclared
from reconciler.plan.terms import UNPROTECT, Terms
from tests.unit.plan.states import OURS, REGION, applied, desired, in_state, of_fleet, tagged, unmarked

FLEET = Fleet(name=OURS)
PLAIN = Terms(fleet=FLEET)
TAKE_OVER = Terms(fleet=FLEET, take_over=True)
PROTECTING = Terms(fleet=Fleet(name=OURS, guards=Guards(protect=("*/acc/chat",))))
OWNED, EXCLUSIVE, NEVER = PrunePolicy

MINE = applied(desired())
NOBODYS = unmarked(MINE)
RIVALS = of_fleet(MINE, "rival")
RETAINED = tagged(MINE, **{REMOVAL_TAG: "retain"})
REFUSING = tagged(MINE, **{REMOVAL_TAG: "refuse"})

GONE = "no manifest declares it any more"
PREVENTED = f"{GONE}, but its last one said preventDestroy"
PREVENTED_WAY_OUT = "declare it again without lifecycle.preventDestroy, apply, then remove the entry"
RIVALS_TOLD = "nobody here declares it, and it carries the mark of the fleet 'rival'"
RIVALS_WAY_OUT = "prune: owned leaves it alone; --take-over deletes it"
STRANGER_TOLD = "its account is prune: exclusive; nobody's mark is on it"
PROTECTED_TOLD = f"{GONE}, but the Fleet's guards.protect covers it"
RETAIN_TOLD = "its last manifest said onRemoval: retain"
NEVER_TOLD = "its account is declared prune: never"
NAMESAKE_TOLD = "which has no id: it may be another fleet's of that name"
GOING_TOLD = "it is being deleted already"
FOLLOWED_TOLD = f"{GOING_TOLD}; apply waits for the end of that, and deletes what is still there"


class Fate(NamedTuple):
    """What is to become of it, and what is said."""

    action: type
    reason: Reason
    told: str
    fix: str = ""


FOREIGN_GOING = Fate(Keep, Reason.IN_PROGRESS, GOING_TOLD)
DELETED = Fate(Delete, Reason.NOT_DECLARED, GONE)
ALONE = Fate(Keep, Reason.NOT_OURS, "it carries nobody's mark")

FATES: list[tuple[str, ObservedDeployment, PrunePolicy, Terms, Fate]] = [
    ("ours goes", MINE, OWNED, PLAIN, DELETED),
    ("ours goes, exclusive", MINE, EXCLUSIVE, PLAIN, DELETED),
    ("never", MINE, NEVER, PLAIN, Fate(Keep, Reason.RETAINED, NEVER_TOLD)),
    ("under way", in_state(MINE, "deLeting"), OWNED, PLAIN, Fate(Delete, Reason.IN_PROGRESS, FOLLOWED_TOLD)),
    ("under way, not ours", in_state(NOBODYS, "Deleting"), OWNED, PLAIN, FOREIGN_GOING),
    (
        "under way, never",
        in_state(MINE, "Deleting"),
        NEVER,
        PLAIN,
        Fate(Keep, Reason.IN_PROGRESS, GOING_TOLD),
    ),
    ("nobody's", NOBODYS, OWNED, PLAIN, ALONE),
    ("nobody's, taken over", NOBODYS, OWNED, TAKE_OVER, ALONE),
    ("nobody's, exclusive", NOBODYS, EXCLUSIVE, PLAIN, Fate(Delete, Reason.NOT_DECLARED, STRANGER_TOLD)),
    (
        "another fleet's",
        RIVALS,
        OWNED,
        TAKE_OVER,
        Fate(Keep, Reason.NOT_OURS, "it carries the mark of the fleet 'rival'"),
    ),
    (
        "another fleet's, exclusive",
        RIVALS,
        EXCLUSIVE,
        PLAIN,
        Fate(Blocked, Reason.OTHER_FLEET, RIVALS_TOLD, RIVALS_WAY_OUT),
    ),
    (
        "another fleet's, exclusive, taken over",
        RIVALS,
        EXCLUSIVE,
        TAKE_OVER,
        Fate(Delete, Reason.NOT_DECLARED, STRANGER_TOLD),
    ),
    ("retained", RETAINED, OWNED, PLAIN, Fate(Keep, Reason.RETAINED, RETAIN_TOLD)),
    ("retained, exclusive", RETAINED, EXCLUSIVE, PLAIN, Fate(Keep, Reason.RETAINED, RETAIN_TOLD)),
    (
        "a stranger's word about removal binds nobody",
        tagged(NOBODYS, **{REMOVAL_TAG: "retain"}),
        EXCLUSIVE,
        PLAIN,
        Fate(Delete, Reason.NOT_DECLARED, STRANGER_TOLD),
    ),
    (
        "nor does its refusal",
        tagged(NOBODYS, **{REMOVAL_TAG: "refuse"}),
        EXCLUSIVE,
        PLAIN,
        Fate(Delete, Reason.NOT_DECLARED, STRANGER_TOLD),
    ),
    ("refusing", REFUSING, OWNED, PLAIN, Fate(Blocked, Reason.PROTECTED, PREVENTED, PREVENTED_WAY_OUT)),
    ("protected", MINE, OWNED, PROTECTING, Fate(Blocked, Reason.PROTECTED, PROTECTED_TOLD, UNPROTECT)),
    (
        "without a Fleet",
        MINE,
        EXCLUSIVE,
        Terms(fleet=Fleet(name=OURS, declared=False)),
        Fate(Keep, Reason.NO_FLEET, "no Fleet document names this fleet, so nothing is deleted"),
    ),
    (
        "of our name, without our id",
        MINE,
        OWNED,
        Terms(fleet=Fleet(name=OURS, id="3F2B8C1E-5d47-4c0a-9e61-7a1d2b3c4d5e")),
        Fate(
            Keep,
            Reason.NOT_OURS,
            f"it carries the mark of the fleet {OURS!r}, {NAMESAKE_TOLD}",
        ),
    ),
    ("retained comes first", RETAINED, OWNED, PROTECTING, Fate(Keep, Reason.RETAINED, RETAIN_TOLD)),
]


@pytest.mark.parametrize(("why", "there", "prune", "terms", "fate"), FATES, ids=[why for why, *_ in FATES])
def test_what_nobody_declares(
    why: str, there: ObservedDeployment, prune: PrunePolicy, terms: Terms, fate: Fate
) -> None:
    """I-03."""
    found = undeclared(there, prune, REGION, terms)
    fix = found.fix if isinstance(found, Blocked) else ""
    assert Fate(type(found), found.reason, found.explanation, fix) == fate, why
    assert (found.id, found.region, found.observed) == (there.id, REGION, there)


def test_marks_are_found_whatever_the_case_of_their_names() -> None:
    """F-049: ARM keeps the names of tags without case; their values are exact."""
    shouted = tagged(
        NOBODYS, **{FLEET_TAG.upper(): "A", SPEC_TAG.title(): "b", REMOVAL_TAG.upper(): "retain"}
    )
    assert (owner_of(shouted), mark_of(shouted), on_removal(shouted)) == ("A", "b", "retain")
    assert (owner_of(NOBODYS), mark_of(NOBODYS), on_removal(NOBODYS)) == (None, None, "")
