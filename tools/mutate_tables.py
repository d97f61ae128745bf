"""Which tests must notice the mutants of which module, how many of them, and which mutants change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.mutants import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A module, or a folder of them, below reconciler; the tests that hold it, the quickest first."""

    module: str
    tests: tuple[str, ...]
    percent: float = 90.0
    """Of the mutants that change something."""


RULE_TESTS = (
    "tests/manifests/test_bad_manifests.py",
    "tests/unit/rules",
)
SIGN_IN_TESTS = ("tests/unit/arm/test_credentials.py", "tests/unit/arm/test_sign_in.py")
ENGINE_TESTS = (
    "tests/unit/engine/test_words.py",
    "tests/unit/engine/test_one_step.py",
    "tests/unit/engine/test_limits.py",
    "tests/unit/engine",
)
FIELD_TESTS = (
    "tests/unit/plan/test_diff.py",
    "tests/unit/plan/test_body.py",
    "tests/unit/plan/test_unset.py",
)
OWNER_TESTS = ("tests/unit/plan/test_removal.py", "tests/unit/plan/test_fleet_ids.py")
HELD = (
    Held(module="manifest/rules", tests=RULE_TESTS),
    Held(
        module="catalogue/facts",
        tests=("tests/unit/catalogue/test_sizes.py", "tests/unit/catalogue/test_query.py"),
    ),
    Held(module="catalogue/sizing", tests=("tests/unit/catalogue/test_sizing.py",)),
    Held(module="arm/retry", tests=("tests/unit/arm/test_retry.py",)),
    Held(module="arm/operation", tests=("tests/unit/arm/test_operation.py",)),
    Held(module="arm/origin", tests=("tests/unit/arm/test_origin.py",)),
    Held(module="arm/tokens", tests=SIGN_IN_TESTS),
    Held(module="arm/auth", tests=("tests/unit/arm/test_auth.py", *SIGN_IN_TESTS)),
    Held(module="arm/azure_credential", tests=SIGN_IN_TESTS),
    Held(module="arm/pacing", tests=("tests/unit/arm/test_pacing.py",)),
    Held(module="cli/deadline", tests=("tests/unit/cli/test_deadline.py",)),
    Held(module="engine/apply", tests=ENGINE_TESTS),
    Held(module="engine/write", tests=ENGINE_TESTS),
    Held(module="engine/settle", tests=ENGINE_TESTS),
    Held(module="engine/stop", tests=ENGINE_TESTS),
    Held(module="engine/step", tests=ENGINE_TESTS),
    Held(module="engine/writer", tests=ENGINE_TESTS),
    Held(module="domain/json_values", tests=("tests/unit/domain/test_json_values.py", *FIELD_TESTS)),
    Held(module="plan/diff", tests=FIELD_TESTS, percent=95.0),
    Held(module="plan/moved", tests=("tests/unit/plan/test_moved.py",), percent=95.0),
    Held(module="plan/migration", tests=("tests/unit/plan/test_migration.py",), percent=95.0),
    Held(
        module="plan/evidence",
        tests=("tests/unit/plan/test_evidence.py", "tests/unit/plan/test_expiry.py"),
        percent=95.0,
    ),
    Held(
        module="plan/order",
        tests=(
            "tests/unit/plan/test_order.py",
            "tests/unit/plan/test_unset.py",
            "tests/unit/plan/test_settings.py",
        ),
    ),
    Held(
        module="plan/guard",
        tests=(
            "tests/unit/plan/test_guard.py",
            "tests/unit/plan/test_guard_in_shards.py",
            "tests/unit/plan/test_guard_by_policies.py",
        ),
        percent=100.0,
    ),
    Held(module="plan/removal", tests=OWNER_TESTS, percent=100.0),
    Held(
        module="domain/marks",
        tests=(*OWNER_TESTS, "tests/unit/plan/test_body.py", "tests/unit/rules/test_settings.py"),
        percent=100.0,
    ),
)
_TEXTS_ONLY = "structural.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """A mutant that changes nothing anybody could see, and why not."""

    module: str
    line: str
    what: str
    why: str


_PADDING = 'claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))'
_BARRED = "free = [item for item in open_ones if item.of not in barred] if len(barred) > 1 else open_ones"
SAME = (
    Same(
        module="arm/tokens",
        line=_PADDING,
        what="'=' -> other text",
        why="the decoder passes over what is not of its alphabet",
    ),
    Same(
        module="arm/tokens",
        line=_PADDING,
        what="- dropped",
        why="more padding than is needed is no error, and none of these lengths gets less",
    ),
    Same(
        module="engine/settle",
        line="assert_never(state.status)",
        what="statement left out",
        why="for the type checker, which holds that the cases above are all there are; it never runs",
    ),
    Same(
        module="engine/step",
        line='return ("it is not there",)',
        what="'it is not there' -> other text",
        why="nobody reads it: what is not there is told as not found, and here anything missing will do",
    ),
    Same(
        module="engine/writer",
        line="break",
        what="break -> continue",
        why="what nothing is kept of needs no other form either: the break saves one round",
    ),
    Same(
        module="plan/moved",
        line="return version > than",
        what="Gt -> GtE",
        why="equal versions are nobody's move and never come here",
    ),
    Same(
        module="plan/migration",
        line="shrinks = change.after < change.before",
        what="Lt -> LtE",
        why="a change has two sizes, and both are never one",
    ),
    Same(
        module="plan/order",
        line="break",
        what="break -> continue",
        why="who wants nothing more takes nothing of the releases that are left: the break saves the walk",
    ),
    Same(
        module="plan/order",
        line=_BARRED,
        what="Gt -> GtE",
        why="barred always holds the take itself, which gives nothing back: the short way is the same list",
    ),
)


def held(path: Path) -> Held:
    """What holds a file."""
    return next(one for one in HELD if name_of(path).startswith(one.module))


def modules(wanted: tuple[str, ...]) -> list[Path]:
    """The files to mutate; those of `wanted`, names or beginnings of them, if any are named."""
    names = tuple(word.removesuffix(".py") for word in wanted)
    found: list[Path] = []
    for one in HELD:
        place = ROOT / "reconciler" / one.module
        found += sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [
        path for path in found if path.name != _TEXTS_ONLY and (not names or name_of(path).startswith(names))
    ]


def name_of(path: Path) -> str:
    """A file's name below reconciler, as it is given on the command line."""
    return path.relative_to(ROOT / "reconciler").with_suffix("").as_posix()
