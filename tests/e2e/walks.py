"""Walks: what each folder of examples/ says will happen, step by step.

A walk is `walk.json`: a list of steps, each with the commands' inputs and everything they must lead to. A
key that is left out has the value that says "nothing of that kind"; an unknown key is a mistake.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

PIPELINES = frozenset({"ci"})
"""Folders of files for other programs: they hold no manifests to walk through."""

CALENDAR = frozenset({"model-retired", "model-retiring-soon", "model-deprecating"})
"""Warnings that come and go with the day the test runs on; as errors they count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: look at these manifests, plan them, apply them, plan again.

    `before`: arguments of `reconciler emulator` commands, run first. `make`: a script of the folder whose
    output is the manifest, in place of `manifests`. `arguments` go to plan and apply.
    `errors`, `warnings`: codes that validate reports; `says`: texts in its errors.
    `actions`: by "account/deployment"; with `unchanged`, those that are none are counted, not named.
    `refusals`: codes; `tells`: texts in the plan. `order`: pairs, the first written before the second.
    `apply`: exit code, None where the plan is refused or blocked and nobody applies it.
    `outcomes`: what did not succeed; `sent`: methods of the writes to a deployment, in order.
    `left`: what a second plan still holds apart from none.
    """

    why: str
    before: tuple[tuple[str, ...], ...] = ()
    manifests: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    validate: int = 0
    errors: frozenset[str] = frozenset()
    warnings: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    plan: int = 0
    actions: dict[str, str] = field(default_factory=dict)
    unchanged: int | None = None
    refusals: frozenset[str] = frozenset()
    tells: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    apply: int | None = None
    outcomes: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def expects(self, found: dict[str, str]) -> bool:
        """Whether the actions found are the ones that were written down."""
        if self.unchanged is None:
            return found == self.actions
        counted = Counter(found.values())["none"]
        return without_none(found) == self.actions and counted == self.unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A folder of examples/ and its steps."""

    folder: Path
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        return self.folder.name


def without_none(actions: dict[str, str]) -> dict[str, str]:
    """Only what would be done, or ought to be."""
    return {name: kind for name, kind in actions.items() if kind != "none"}


def folders() -> tuple[Path, ...]:
    """Every scenario, in alphabetical order."""
    return tuple(
        sorted(
            path
            for path in EXAMPLES.iterdir()
            if path.is_dir() and path.name[0] not in "_." and path.name not in PIPELINES
        )
    )


def walk_of(folder: Path) -> Walk:
    """The walk of one folder; TypeError for a key that no step has."""
    document = json.loads((folder / "walk.json").read_text(encoding="utf-8"))
    return Walk(folder=folder, steps=tuple(_step(given) for given in document["steps"]))


def _step(given: dict[str, Any]) -> Step:
    kinds = {one.name: str(one.type) for one in fields(Step)}
    read = {name: _typed(kinds.get(name, ""), value) for name, value in given.items()}
    step = Step(**read)
    goes_through = step.validate == 0 and step.plan == 0
    if step.apply is None and goes_through:
        return Step(**(read | {"apply": 0}))
    return step


def _typed(kind: str, value: Any) -> Any:  # noqa: ANN401 -- JSON on its way to the types of Step
    if kind.startswith("frozenset"):
        return frozenset(value)
    if kind.startswith("tuple"):
        return tuple(tuple(one) if isinstance(one, list) else one for one in value)
    if kind == "dict[str, tuple[str, ...]]":
        return {name: tuple(methods) for name, methods in value.items()}
    return value


_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXITS = re.compile(r"\s+# exits (\d+)\b.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line of a README that a reader will type, and the exit code that the README promises."""

    line: str
    exits: int


def commands_of(readme: Path) -> tuple[Command, ...]:
    """Every line of every `sh` block; a line that is to fail ends with `# exits 1`."""
    blocks = _FENCE.findall(readme.read_text(encoding="utf-8"))
    return tuple(_command(line) for block in blocks for line in block.splitlines() if line.strip())


def _command(line: str) -> Command:
    found = _EXITS.search(line)
    return Command(line=_EXITS.sub("", line), exits=int(found[1]) if found else 0)
