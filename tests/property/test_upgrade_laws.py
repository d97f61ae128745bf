"""Edits of manifests: whatever the text looks like, what is written reads as exactly what was wanted.

RECONCILER_UPGRADES=N sets how many random fleets are walked, RECONCILER_SEED where they begin.
"""

import difflib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import UNSET, DesiredDeployment
from reconciler.domain.ids import DeploymentId
from reconciler.manifest.load import LoadedManifests, load, understood
from reconciler.manifest.source import Sources as Texts
from reconciler.manifest.source import amended
from reconciler.upgrade.propose import Season, Standing, proposals
from reconciler.upgrade.rewrite import rewritten
from reconciler.upgrade.target import TargetSources
from reconciler.upgrade.wanted import CAPACITY, NAME, SPILLOVER, VERSION, Beside, NewValues, Removal, Wanted

CATALOGUE = catalogue()
ROUNDS = int(os.environ.get("RECONCILER_UPGRADES", "150"))
SEED = int(os.environ.get("RECONCILER_SEED", "20261129"))
MODELS = [("gpt-4o", "2024-05-13"), ("gpt-4o", "2024-08-06"), ("o1", "2024-12-17"), ("gpt-5.1", "2025-11-13")]
HEAD = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: laws}
spec:
  subscriptions: {prod: {id: 11111111-1111-1111-1111-111111111111}}
"""


def reader(loaded: LoadedManifests) -> Callable[[Texts], LoadedManifests]:
    return partial(understood, paths=loaded.paths)


class Author:
    """Writes manifests as many different people do."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- a repeatable choice, no secret

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def scalar(self, text: str) -> str:
        return self.random.choice([text, f'"{text}"', f"'{text}'"])

    def comment(self) -> str:
        return self.random.choice(["", "", "", "  # why: 2024-05-13", " # x"])

    def model(self, anchors: list[str]) -> tuple[str, list[str]]:
        """What stands after `model:`, and the lines below it."""
        name, version = self.random.choice(MODELS)
        if anchors and self.chance(0.25):
            return f" *{self.random.choice(anchors)}", []
        anchor = ""
        if self.chance(0.25):
            anchor = f" &m{len(anchors)}"
            anchors.append(f"m{len(anchors)}")
        pairs = [f"name: {self.scalar(name)}"]
        if self.chance(0.85):
            pairs.append(f"version: {self.scalar(version)}")
        self.random.shuffle(pairs)
        if self.chance(0.5):
            return f"{anchor} {{{', '.join(pairs)}}}", []
        return anchor, [f"  {pair}{self.comment()}" for pair in pairs]

    def entry(self, name: str, anchors: list[str], bases: list[str]) -> list[str]:
        """The lines of one entry, without its dash."""
        if self.chance(0.1):
            model, version = self.random.choice(MODELS)
            inner = (
                f"model: {{name: {model}, version: {version}}}, sku: {{name: GlobalStandard, capacity: 5}}"
            )
            return [f"{{name: {name}, {inner}}}"]
        sku = f"sku: {{name: {self.scalar('GlobalStandard')}, capacity: {self.random.randint(1, 99)}}}"
        parts = [[f"name: {self.scalar(name)}{self.comment()}"]]
        if bases and self.chance(0.3):
            parts.append([f"<<: *{self.random.choice(bases)}"])
        else:
            head, below = self.model(anchors)
            parts += [[f"model:{head}", *below], [sku]]
        if self.chance(0.3):
            parts.append(["tags: {team: a}"])
        if self.chance(0.2):
            parts.append([f"spilloverDeploymentName: {self.scalar('calm')}{self.comment()}"])
        self.random.shuffle(parts)
        return [line for part in parts for line in part]

    def entries(self, names: list[str], anchors: list[str]) -> Iterator[str]:
        bases: list[str] = []
        for name in names:
            lines = self.entry(name, anchors, bases)
            if self.chance(0.2):
                bases.append(f"b{len(bases)}")
                yield f"    - &{bases[-1]}"
                yield from (f"      {line}" for line in lines)
            else:
                yield f"    - {lines[0]}"
                yield from (f"      {line}" for line in lines[1:])
            if self.chance(0.2):
                yield self.random.choice(["", "    # between entries", "  # shallow"])

    def document(self, kind: str, name: str, spec: list[str], names: list[str]) -> str:
        lines = [
            "apiVersion: reconciler.aoai/v1",
            f"kind: {kind}",
            f"metadata: {{name: {name}}}",
            "spec:",
            *spec,
        ]
        if names:
            lines += ["  deployments:", *self.entries(names, [])]
        return "\n".join(lines) + "\n"

    def json(self) -> bytes:
        """One set as JSON, as a program writes it."""
        deployments = []
        for number in range(self.random.randint(1, 4)):
            name, version = self.random.choice(MODELS)
            model = {"name": name, "version": version} if self.chance(0.8) else {"name": name}
            sku = {"name": "GlobalStandard", "capacity": self.random.randint(1, 99)}
            deployments.append({"name": f"j{number}", "model": model, "sku": sku})
        account = {
            "subscription": "11111111-1111-1111-1111-111111111111",
            "resourceGroup": "rg",
            "name": "acct",
        }
        document = {
            "apiVersion": "reconciler.aoai/v1",
            "kind": "DeploymentSet",
            "metadata": {"name": "json"},
            "spec": {"account": account, "deployments": deployments},
        }
        return json.dumps(document, indent=self.random.choice([None, 1, 2, 4])).encode()

    def file(self) -> bytes:
        if self.chance(0.1):
            return self.json()
        parts = [HEAD]
        templates = [f"t{n}" for n in range(self.random.randint(0, 2))]
        parts += [
            self.document("DeploymentTemplate", t, [], [f"{t}-{n}" for n in range(2)]) for t in templates
        ]
        for number in range(self.random.randint(1, 3)):
            account = (
                f"  account: {{subscription: prod, resourceGroup: rg, name: acct{number}, region: eastus2}}"
            )
            listed = [t for t in templates if self.chance(0.6)]
            spec = [account, *([f"  templates: [{', '.join(listed)}]"] if listed else [])]
            own = [f"d{n}" for n in range(self.random.randint(0 if listed else 1, 4))]
            own += [f"{t}-0" for t in listed if self.chance(0.4)]
            parts.append(self.document("DeploymentSet", f"s{number}", spec, own))
        text = "---\n".join(parts)
        if self.chance(0.2):
            text = text.rstrip("\n")
        if self.chance(0.2):
            text = text.replace("\n", "\r\n")
        return (b"\xef\xbb\xbf" if self.chance(0.1) else b"") + text.encode()


def wishes(author: Author, deployments: tuple[DesiredDeployment, ...]) -> list[Wanted]:
    """Some change, some get a second entry, some go."""
    found: list[Wanted] = []
    for one in deployments:
        dice = author.random.random()
        if dice < 0.4:
            values = author.random.choice(
                [
                    {VERSION: "2030-01-01"},
                    {NAME: "gpt-9", VERSION: "1"},
                    {CAPACITY: "77"},
                    {VERSION: "1", SPILLOVER: "busy"},
                ]
            )
            found.append(NewValues(id=one.id, values=values))
        elif dice < 0.5:
            values = {NAME: "gpt-9", VERSION: "1"}
            found.append(Beside(id=one.id, name=f"{one.id.name}-gpt-9", values=values, comment="Cut over."))
        elif dice < 0.55:
            found.append(Removal(id=one.id))
    return found


def said(one: DesiredDeployment) -> tuple[object, ...]:
    """What a deployment says, with nothing left out that an edit may touch."""
    spec = one.spec
    model = (spec.model.name, spec.model.version, spec.model.format)
    return (*model, str(spec.sku), spec.tags, one.lifecycle, spec.settings)


def expected(loaded: LoadedManifests, made: tuple[Wanted, ...]) -> dict[DeploymentId, tuple[object, ...]]:
    """The wanted state, worked out from the old state and the wishes alone."""
    state = {one.id: said(one) for one in loaded.understood.deployments}
    for one in made:
        name, version, kind, sku, tags, lifecycle, settings = state[one.id]
        if isinstance(one, Removal):
            del state[one.id]
            continue
        if CAPACITY in one.values:
            old = next(d for d in loaded.understood.deployments if d.id == one.id).spec.sku
            assert old.capacity is not UNSET
            sku = str(sku).replace(f"amount={old.capacity.amount})", f"amount={one.values[CAPACITY]})")
        if SPILLOVER in one.values:
            assert isinstance(settings, dict)
            settings = {**settings, "spilloverDeploymentName": one.values[SPILLOVER]}
        model = (one.values.get(NAME, name), one.values.get(VERSION, version), kind)
        after = (*model, sku, tags, lifecycle, settings)
        where = one.id if isinstance(one, NewValues) else DeploymentId(account=one.id.account, name=one.name)
        state[where] = after
    return state


@pytest.mark.parametrize("block", range(10))
def test_an_edited_text_reads_as_exactly_what_was_wanted_and_is_otherwise_as_before(
    block: int, tmp_path: Path
) -> None:
    made = 0
    for number in range(ROUNDS // 10):
        author = Author(SEED + 1000 * block + number)
        file = tmp_path / f"{number}.yaml"
        file.write_bytes(author.file())
        loaded = load([str(file)])
        assert loaded.desired is not None, (loaded.diagnostics, file.read_text())
        result = rewritten(loaded, wishes(author, loaded.desired.deployments), reader(loaded))
        made += len(result.made)
        if not result.texts:
            continue
        (text,) = (one.after for one in result.texts.values())
        before = loaded.read.files[0].lines.text
        file.write_bytes(text.encode())
        again = load([str(file)])
        assert again.desired is not None, (SEED, block, number)
        assert {one.id: said(one) for one in again.desired.deployments} == expected(loaded, result.made), (
            number
        )
        assert only_what_was_meant_changed(before, text, result.made), (block, number)
        if text != before:
            diff = "".join(result.texts[str(file)].diff("fleet.yaml"))
            assert applied(diff, before, tmp_path / "git") == text, (block, number)
    assert made > ROUNDS // 20


def applied(diff: str, before: str, folder: Path) -> str:
    """What `git apply` makes of a diff."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "fleet.yaml").write_bytes(before.encode())
    (folder / "fleet.patch").write_bytes(diff.encode())
    command = ["git", "apply", "--whitespace=nowarn", "fleet.patch"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "fleet.yaml").read_bytes().decode()


def only_what_was_meant_changed(before: str, after: str, made: tuple[Wanted, ...]) -> bool:
    """Where nothing is removed, every old line stays but those that held a value that changed."""
    if any(isinstance(one, Removal) for one in made):
        return True
    old, new = before.splitlines(), after.splitlines()
    gone = [line[2:] for line in difflib.ndiff(old, new) if line.startswith("- ")]
    words = ("name", "version", "capacity", "model", "deployments:", "*m", "spillover")
    brackets = all(not line.strip("[]{}, ") for line in gone if not any(word in line for word in words))
    return brackets and before.count("#") <= after.count("#")


@pytest.mark.parametrize("block", range(10))
def test_a_second_run_proposes_nothing(block: int, tmp_path: Path) -> None:
    today = date(2026, 6, 22)
    for number in range(ROUNDS // 10):
        author = Author(SEED + 500_000 + 1000 * block + number)
        file = tmp_path / f"{number}.yaml"
        file.write_bytes(author.file())
        loaded = load([str(file)])
        sources = TargetSources(catalogue=CATALOGUE, today=today, until=today + timedelta(days=365))
        season = Season(sources=sources, within=365)
        deployments = loaded.understood.deployments
        first = proposals(deployments, deployments, season)
        wanted = [one.wanted for one in first if one.wanted is not None]
        result = rewritten(loaded, wanted, reader(loaded))
        again = understood(
            amended(loaded.read, {name: text.after for name, text in result.texts.items()}), loaded.paths
        ).understood.deployments
        second = [one for one in proposals(again, again, season) if one.standing is Standing.EDIT]
        assert {one.id for one in second} <= set(result.failed), (SEED, block, number)
