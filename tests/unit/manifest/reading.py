"""Manifests as texts, and what reading them finds; every text a test depends on stands in the test."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState
from reconciler.manifest import rules
from reconciler.manifest.load import LoadedManifests, load
from reconciler.manifest.resolve import Selection

GUID = "11111111-1111-1111-1111-111111111111"
OTHER_GUID = "22222222-2222-2222-2222-222222222222"
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
OTHER_TENANT = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"

HEADER = f"""\
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {{name: contoso}}
spec:
  account: {{subscription: {GUID}, resourceGroup: rg-ai, name: aoai-contoso}}
"""


def one_entry(fields: str, header: str = HEADER) -> str:
    """A set with one deployment `chat` that states `fields`, on lines of their own."""
    return f"{header}  deployments:\n    - name: chat\n{indent(dedent(fields).strip(), ' ' * 6)}\n"


def complete_entry(fields: str = "", *, capacity: str = "10") -> str:
    """A set with one deployment `chat` that lacks nothing, and some fields more."""
    model = f"model: {{name: gpt-4.1, version: v}}\nsku: {{name: GlobalStandard, capacity: {capacity}}}\n"
    return one_entry(model + dedent(fields))


def a_set(
    name: str = "contoso",
    *,
    account: str = "aoai-contoso",
    subscription: str = GUID,
    region: str | None = None,
    labels: str = "{}",
    spec: str = "",
    deployments: str = "",
) -> str:
    """A set; `deployments` are flow mappings, one a line, `spec` further lines."""
    place = f", region: {region}" if region else ""
    lines = "".join(f"    - {line.strip()}\n" for line in deployments.strip().splitlines())
    return (
        f"apiVersion: reconciler.aoai/v1\nkind: DeploymentSet\nmetadata: {{name: {name}, labels: {labels}}}\n"
        f"spec:\n  account: {{subscription: {subscription}, resourceGroup: rg-ai, name: {account}{place}}}\n"
        f"{indent(dedent(spec).strip(), '  ')}\n" + (f"  deployments:\n{lines}" if lines else "")
    )


def a_template(name: str, deployments: str) -> str:
    """A template; `deployments` are flow mappings, one a line."""
    lines = "".join(f"    - {line.strip()}\n" for line in deployments.strip().splitlines())
    return (
        f"apiVersion: reconciler.aoai/v1\nkind: DeploymentTemplate\nmetadata: {{name: {name}}}\n"
        f"spec:\n  deployments:\n{lines}"
    )


def a_fleet(spec: str, name: str = "contoso") -> str:
    """A Fleet with a spec, on lines of its own."""
    lines = indent(dedent(spec).strip(), "  ")
    return f"apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {{name: {name}}}\nspec:\n{lines}\n"


CHAT = "{name: chat, model: {name: gpt-4.1}, sku: {name: GlobalStandard}}"
MINI = "{name: mini, model: {name: gpt-4.1-mini}, sku: {name: GlobalStandard}}"


def read(text: str | bytes, selection: Selection | None = None) -> LoadedManifests:
    """Load one text, as standard input."""
    content = text.encode() if isinstance(text, str) else text
    stdin = io.BytesIO(content)
    return load(["-"], selection or Selection(), known_rules=rules.CODES, stdin=stdin)


def read_all(*texts: str, selection: Selection | None = None) -> LoadedManifests:
    """Load several documents."""
    return read("---\n".join(texts), selection)


def read_files(folder: Path, files: Mapping[str, str | bytes]) -> LoadedManifests:
    """Write files below a folder and load the folder."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return load([str(folder)], known_rules=rules.CODES)


def codes(loaded: LoadedManifests) -> list[str]:
    """The codes of everything found, in order."""
    return [found.code for found in loaded.diagnostics]


def only(loaded: LoadedManifests) -> Diagnostic:
    """The one finding there is."""
    assert len(loaded.diagnostics) == 1, codes(loaded)
    return loaded.diagnostics[0]


def underlined(loaded: LoadedManifests, found: Diagnostic | None = None) -> str:
    """The characters a finding points at, on its first line."""
    finding = found or only(loaded)
    assert finding.place is not None
    span = loaded.sources.span(finding.place)
    assert span is not None
    line = loaded.sources.line(finding.place.file, span.line)
    assert line is not None
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]


def line_of(loaded: LoadedManifests, found: Diagnostic | None = None) -> int:
    """The line a finding points at."""
    finding = found or only(loaded)
    assert finding.place is not None
    span = loaded.sources.span(finding.place)
    assert span is not None
    return span.line


def state(loaded: LoadedManifests) -> DesiredState:
    """The desired state of manifests without errors."""
    assert loaded.desired is not None, [(f.code, f.message) for f in loaded.diagnostics]
    return loaded.desired


def the_deployment(loaded: LoadedManifests, name: str = "chat") -> DesiredDeployment:
    """The deployment of that name."""
    return next(found for found in state(loaded).deployments if found.id.name == name)


def errors(loaded: LoadedManifests) -> list[str]:
    """The codes of the errors."""
    return [found.code for found in loaded.diagnostics if found.severity is Severity.ERROR]


EVERYTHING = f"""
    model:
      name: gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef
      format: OpenAI
      version: "1"
      publisher: OpenAI
      source: {{subscription: {OTHER_GUID}, resourceGroup: rg-ft, account: aoai-ft}}
    sku: {{name: provisionedmanaged, capacity: 25, tier: Standard, size: s, family: f}}
    tags: {{team: support}}
    versionUpgradeOption: NoAutoUpgrade
    raiPolicyName: Microsoft.DefaultV2
    spilloverDeploymentName: mini
    parentDeploymentName: parent
    capacitySettings: {{designatedCapacity: 5, priority: 1}}
    serviceTier: Priority
    deploymentState: Paused
    routing: {{mode: cost, models: [{{name: gpt-4.1, format: OpenAI, version: '2025-04-14'}}]}}
    dynamicThrottlingEnabled: true
    modelProviderData: {{industry: technology, organizationName: Contoso, countryCode: SE}}
    lifecycle:
      preventDestroy: true
      skuChange: inPlace
      modelChange: refuse
      replace: allowed
      ignoreChanges: [sku.capacity, tags.team, extraProperties.newThing, sku.capacity]
      onRemoval: retain
    extraProperties: {{newThing: {{a: [1]}}}}
    """
