"""`reconciler init [DIR]`: a first fleet to change and plan, and the pipeline that does it in CI."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import click

from reconciler.cli.exit_codes import Exit
from reconciler.cli.folder import must_be_free, write_folder
from reconciler.cli.options import Connection
from reconciler.cli.parser.manifests import export
from reconciler.cli.running import Run
from reconciler.domain.ids import is_guid
from reconciler.errors import UsageProblem
from reconciler.manifest.schema import json_schema

_SCHEMA: Final = ".schema.json"
_EDITOR: Final = f"# yaml-language-server: $schema={_SCHEMA}\n"
_CI: Final[Mapping[str, Mapping[str, str]]] = {
    "github": {f"github/{name}.yml": f".github/workflows/{name}.yml" for name in ("plan", "apply", "drift")},
    "gitlab": {"gitlab/.gitlab-ci.yml": ".gitlab-ci.yml"},
    "azure-devops": {
        "azure-devops/azure-pipelines.yml": "azure-pipelines.yml",
        "azure-devops/install.yml": "install.yml",
    },
    "none": {},
}
_FLEET: Final = """\
# Who we are. Everything below manifests/ belongs to this fleet.
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {{name: {fleet}}}
spec:
  id: {id} # tells this fleet from others of its name
  cloud: {cloud} # {hint}
  subscriptions:
    prod: {{id: 00000000-0000-0000-0000-000000000000}} # `az account list -o table`
"""
_SET: Final = """\
# One account and what is deployed in it. `reconciler catalog capacity --model NAME` lists sizes.
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: first-account}
spec:
  account: {subscription: prod, resourceGroup: rg-ai, name: aoai-first}
  deployments:
    - name: chat
      model: {name: gpt-5.1, version: "2025-11-13"}
      sku: {name: GlobalStandard, capacity: 10}
"""


def init(*, folder: Path, fleet: str, live: tuple[str, ...], ci: str, connection: Connection) -> int:
    """Write a first fleet, or what exists, and a pipeline."""
    if re.fullmatch(r"[a-z0-9-]{1,40}", fleet) is None:
        raise UsageProblem(f"--fleet {fleet!r}: 1 to 40 lower-case letters, digits and hyphens are allowed")
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    pipeline = {to: _template(name).read_text("utf-8") for name, to in _CI[ci].items()}
    written = {"manifests/" + _SCHEMA: schema, **pipeline}
    if live:
        must_be_free([folder / name for name in written], force=None)
        code = _exported(folder / "manifests", fleet, live, connection)
        if code != Exit.DONE:
            return code
    else:
        cloud = connection.cloud or "emulator"
        hint = (
            "AzureCloud, once the names below are yours" if cloud == "emulator" else "where the accounts are"
        )
        own = _FLEET.format(fleet=fleet, id=uuid.uuid4(), cloud=cloud, hint=hint)
        written |= {"manifests/fleet.yaml": _EDITOR + own, "manifests/first-account.yaml": _EDITOR + _SET}
    for path in sorted(write_folder(folder, written, force=None)):
        click.echo(str(path))
    click.echo("\n".join(["", *_next(folder, ci, live=bool(live))]), err=True)
    return Exit.DONE


def _template(name: str) -> Traversable:
    """A pipeline of the package; in a checkout, where it is not built yet, the one among the examples."""
    root: Traversable = files("reconciler")
    packaged = root.joinpath("data", "ci", *name.split("/"))
    return packaged if packaged.is_file() else Path(str(root)).parent.joinpath("examples", "ci", name)


def _exported(folder: Path, fleet: str, live: tuple[str, ...], connection: Connection) -> int:
    words = ["--out-dir", str(folder), "--fleet", fleet, *_words(connection)]
    for item in live:
        if item != "all":
            words += ["--subscription" if is_guid(item) else "--account", item]
    ended = export.main(
        args=words,
        prog_name="reconciler export",
        standalone_mode=False,
        obj=Run(started=connection.timeout.started),
    )
    return int(ended) if isinstance(ended, int) else Exit.DONE


def _words(connection: Connection) -> Iterator[str]:
    """The connection as the options that it was given by."""
    given = {
        "--cloud": connection.cloud,
        "--endpoint": connection.endpoint,
        "--credential": connection.credential,
        "--ca-file": connection.ca_file,
        "--emulator-state": connection.emulator_state,
        "--api-version": connection.api_version,
        "--parallelism": connection.parallelism,
        "--timeout": connection.timeout.seconds if connection.timeout.given else None,
    }
    for name, value in given.items():
        if value is not None:
            yield from (name, str(value))


def _next(folder: Path, ci: str, *, live: bool) -> Iterator[str]:
    """What to do now."""
    within = "" if folder == Path() else f"cd {folder}; "
    if not live:
        yield "Next: write your subscription, account and deployments into manifests/, then"
    yield f"  {within}reconciler validate    # needs no sign-in"
    yield "  reconciler plan"
    if ci == "github":
        yield "In .github/workflows/, replace contoso/reconciler@000… with the repository and"
        yield "the commit of this program."
    elif ci != "none":
        yield "The comments at the top of the pipeline say which variables and connections it needs."
