"""Drive an unmodified az CLI against the emulator: register a cloud, sign in, create, list, show, delete.

    python tools/fidelity_az.py FOLDER [VERSION]

Installs azure-cli (about 1 GB of packages) into a virtual environment in FOLDER unless it is there already,
serves the emulator over https with a certificate of its own, runs each command, and writes what came of it
to `tests/fidelity/az.json`, from which `docs/fidelity.md` is made. Exit code 1 when a command did not do its
work.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "tests" / "fidelity" / "az.json"
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
CONTROL_TOKEN = secrets.token_urlsafe()
"""What the emulators that these tools start are controlled with."""
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
)
HERE = "-n acc -g rg"
CHAT = f"{HERE} --deployment-name chat"
PTU = f"{HERE} --deployment-name ptu"
MODEL = "--model-format OpenAI --model-name gpt-4o --model-version 2024-11-20"


class Step(NamedTuple):
    """One az command and what its JSON output has to say."""

    command: str
    holds: Callable[[object], bool]


def _names(found: object) -> list[str]:
    return [item["name"] for item in found] if isinstance(found, list) else []


def _at(found: object, *path: str) -> object:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _anything(found: object) -> bool:
    del found
    return True


def _silent(found: object) -> bool:
    return found is None


TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"name": {"type": "string", "defaultValue": "made"}},
    "resources": [
        {
            "type": "Microsoft.CognitiveServices/accounts",
            "apiVersion": "2025-06-01",
            "name": "[parameters('name')]",
            "location": "[resourceGroup().location]",
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "properties": {},
        },
        {
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "apiVersion": "2025-06-01",
            "name": "[format('{0}/{1}', parameters('name'), 'templated')]",
            "sku": {"name": "GlobalStandard", "capacity": 1},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}},
            "dependsOn": ["[resourceId('Microsoft.CognitiveServices/accounts', parameters('name'))]"],
        },
    ],
    "outputs": {"name": {"type": "string", "value": "[parameters('name')]"}},
}
"""As Bicep compiles an account with one deployment."""

STEPS = (
    Step("cloud register -n Emulator --endpoint-resource-manager {url}", _silent),
    Step("cloud set -n Emulator", _silent),
    Step(
        f"login --service-principal -u app -p secret --tenant {TENANT}",
        lambda found: isinstance(found, list) and len(found) == 2,
    ),
    Step(f"account set -s {SUBSCRIPTION}", _silent),
    Step("account show", lambda found: _at(found, "id") == SUBSCRIPTION),
    Step("account list-locations", lambda found: "swedencentral" in _names(found)),
    Step("provider register -n Microsoft.CognitiveServices", _silent),
    Step(
        "provider show -n Microsoft.CognitiveServices",
        lambda found: _at(found, "registrationState") == "Registered",
    ),
    Step("group create -n rg -l swedencentral", lambda found: _at(found, "name") == "rg"),
    Step("group show -n rg", lambda found: _at(found, "location") == "swedencentral"),
    Step("group list", lambda found: _names(found) == ["rg"]),
    Step(
        f"cognitiveservices account create {HERE} -l swedencentral --kind AIServices --sku S0 --yes",
        lambda found: _at(found, "properties", "provisioningState") == "Succeeded",
    ),
    Step(
        f"cognitiveservices account update {HERE} --tags team=a",
        lambda found: _at(found, "tags", "team") == "a",
    ),
    Step(f"cognitiveservices account keys list {HERE}", lambda found: bool(_at(found, "key1"))),
    Step(
        f"cognitiveservices account keys regenerate {HERE} --key-name key1",
        lambda found: bool(_at(found, "key1")),
    ),
    Step(f"cognitiveservices account list-skus {HERE}", lambda found: bool(_at(found, "value"))),
    Step("cognitiveservices account list-kinds", lambda found: isinstance(found, list) and "OpenAI" in found),
    Step("resource list -g rg", lambda found: _names(found) == ["acc"]),
    Step(f"cognitiveservices account show {HERE}", lambda found: _at(found, "kind") == "AIServices"),
    Step("cognitiveservices account list -g rg", lambda found: _names(found) == ["acc"]),
    Step(
        f"cognitiveservices account deployment create {CHAT} {MODEL}"
        " --sku-name GlobalStandard --sku-capacity 10",
        lambda found: _at(found, "sku", "capacity") == 10,
    ),
    Step(
        f"cognitiveservices account deployment create {PTU} {MODEL}"
        " --sku-name ProvisionedManaged --sku-capacity 50",
        lambda found: _at(found, "properties", "provisioningState") == "Creating",
    ),
    Step(f"cognitiveservices account deployment show {PTU}", lambda found: _at(found, "name") == "ptu"),
    Step(
        f"cognitiveservices account deployment show {PTU}",
        lambda found: _at(found, "properties", "provisioningState") == "Succeeded",
    ),
    Step(
        f"cognitiveservices account deployment list {HERE}",
        lambda found: sorted(_names(found)) == ["chat", "ptu"],
    ),
    Step(
        f"cognitiveservices account deployment show {CHAT}",
        lambda found: _at(found, "properties", "model", "version") == "2024-11-20",
    ),
    Step(
        "cognitiveservices usage list -l swedencentral",
        lambda found: (
            isinstance(found, list)
            and [
                item["currentValue"]
                for item in found
                if item["name"]["value"] == "OpenAI.GlobalStandard.gpt-4o"
            ]
            == [10]
        ),
    ),
    Step(
        "cognitiveservices model list -l swedencentral",
        lambda found: isinstance(found, list) and len(found) > 100,
    ),
    Step(
        f"cognitiveservices account list-models {HERE}", lambda found: isinstance(found, list) and bool(found)
    ),
    Step(
        f"cognitiveservices account list-usage {HERE}", lambda found: isinstance(found, list) and bool(found)
    ),
    Step(
        f"cognitiveservices account deployment create {CHAT} {MODEL}"
        " --sku-name GlobalStandard --sku-capacity 20",
        lambda found: _at(found, "sku", "capacity") == 20,
    ),
    Step(
        f"rest --method put --url {{url}}{ACCOUNT}/raiPolicies/strict?api-version=2024-10-01"
        " --body @{folder}/policy.json",
        lambda found: _at(found, "properties", "basePolicyName") == "Microsoft.DefaultV2",
    ),
    Step(
        f"rest --method get --url {{url}}{ACCOUNT}/raiPolicies?api-version=2024-10-01",
        lambda found: len(_names(_at(found, "value"))) == 7,
    ),
    Step(f"rest --method delete --url {{url}}{ACCOUNT}/raiPolicies/strict?api-version=2024-10-01", _silent),
    Step(
        "deployment group validate -g rg -n main -f {folder}/main.json",
        lambda found: _at(found, "properties", "provisioningState") == "Succeeded",
    ),
    Step(
        "deployment group what-if -g rg -n main -f {folder}/main.json --no-pretty-print",
        lambda found: _at(found, "status") == "Succeeded",
    ),
    Step(
        "deployment group create -g rg -n main -f {folder}/main.json",
        lambda found: _at(found, "properties", "provisioningState") == "Succeeded",
    ),
    Step(
        "deployment group show -g rg -n main",
        lambda found: _at(found, "properties", "outputs", "name", "value") == "made",
    ),
    Step("deployment group list -g rg", lambda found: _names(found) == ["main"]),
    Step(
        "deployment operation group list -g rg -n main",
        lambda found: isinstance(found, list) and len(found) == 2,
    ),
    Step("deployment group delete -g rg -n main", _silent),
    Step("cognitiveservices account deployment delete -n made -g rg --deployment-name templated", _silent),
    Step("cognitiveservices account delete -n made -g rg", _silent),
    Step("cognitiveservices account purge -n made -g rg -l swedencentral", _silent),
    Step(
        "monitor activity-log list -g rg --start-time 2026-06-21T00:00:00Z --end-time 2026-07-21T00:00:00Z",
        lambda found: isinstance(found, list) and len(found) > 10,
    ),
    Step(
        f"monitor metrics list --resource {ACCOUNT} --metric ModelRequests --interval PT1M"
        " --start-time 2026-06-22T00:00:00Z --end-time 2026-06-22T00:10:00Z",
        lambda found: isinstance(_at(found, "value"), list),
    ),
    Step(f"cognitiveservices account deployment delete {CHAT}", _silent),
    Step(f"cognitiveservices account deployment delete {PTU}", _silent),
    Step(f"cognitiveservices account deployment list {HERE}", lambda found: found == []),
    Step(f"cognitiveservices account delete {HERE}", _silent),
    Step("cognitiveservices account list-deleted", lambda found: _names(found) == ["acc"]),
    Step(
        f"cognitiveservices account show-deleted {HERE} -l swedencentral",
        lambda found: bool(_at(found, "properties", "deletionDate")),
    ),
    Step(f"cognitiveservices account recover {HERE} -l swedencentral", _anything),
    Step(f"cognitiveservices account show {HERE}", lambda found: _at(found, "kind") == "AIServices"),
    Step(f"cognitiveservices account delete {HERE}", _silent),
    Step(f"cognitiveservices account purge {HERE} -l swedencentral", _silent),
    Step("group delete -n rg --yes", _silent),
    Step("group exists -n rg", lambda found: found is False),
)


def main(folder: Path, version: str | None) -> int:
    """Run every step; the result is the exit code."""
    az = installed(folder, version)
    with tempfile.TemporaryDirectory() as scratch, served(Path(scratch)) as url:
        environment = {
            **os.environ,
            "AZURE_CONFIG_DIR": f"{scratch}/config",
            "AZURE_CORE_COLLECT_TELEMETRY": "0",
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "REQUESTS_CA_BUNDLE": f"{scratch}/ca.pem",
        }
        (Path(scratch) / "main.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
        policy = {"properties": {"basePolicyName": "Microsoft.DefaultV2"}}
        (Path(scratch) / "policy.json").write_text(json.dumps(policy), encoding="utf-8")
        results = [run(az, step, url, environment, scratch) for step in STEPS]
        found = subprocess.run([az, "version"], env=environment, capture_output=True, text=True, check=True)
    result = {"version": json.loads(found.stdout)["azure-cli"], "steps": results}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    done = sum(1 for step in results if step["passed"])
    print(f"azure-cli {result['version']}: {done} of {len(results)} commands did their work")
    return 0 if done == len(results) else 1


def installed(folder: Path, version: str | None) -> Path:
    """The az program in a virtual environment, made when it is not there."""
    az = folder / "bin" / "az"
    if not az.exists():
        venv.create(folder, with_pip=True)
        wanted = "azure-cli" if version is None else f"azure-cli=={version}"
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", wanted], check=True)
    return az


@contextmanager
def served(scratch: Path) -> Iterator[str]:
    """The emulator over https, with its state in memory."""
    subprocess.run([sys.executable, ROOT / "tools" / "fidelity_certificate.py", scratch], check=True)
    tls = ["--tls-cert", scratch / "cert.pem", "--tls-key", scratch / "key.pem"]
    command = [sys.executable, "-m", "reconciler", "emulator", "serve", "--port", "0", "--state", ":memory:"]
    environment = {**os.environ, "RECONCILER_EMULATOR_CONTROL_TOKEN": CONTROL_TOKEN}
    with subprocess.Popen(
        [*command, *tls], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - what PIPE above means
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def run(az: Path, step: Step, url: str, environment: dict[str, str], folder: str) -> dict[str, object]:
    """One command: whether it ended well and said what it should."""
    words = step.command.format(url=url, folder=folder).split()
    done = subprocess.run(
        [az, *words, "-o", "json", "--only-show-errors"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    try:
        said = json.loads(done.stdout) if done.stdout.strip() else None
        passed = done.returncode == 0 and step.holds(said)
    except ValueError:
        passed = False
    print(f"{'ok' if passed else 'FAILED':6} az {step.command}", flush=True)
    if not passed:
        print(done.stdout[-600:], done.stderr[-600:])
    return {"command": step.command, "passed": passed}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
