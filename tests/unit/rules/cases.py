"""Many declarations, good and bad, for tests that look at everything the rules say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, Retirement
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import KNOWN_SKUS
from tests.unit.rules.declare import (
    CHECKPOINT,
    PROD,
    RESEARCH,
    TODAY,
    TUNED,
    account_id,
    declared,
    deployment,
    source,
    tuned,
)

TENANT = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
OLD_TUNED = "davinci-002.ft-0123456789abcdef0123456789abcdef"
STRANGE_TUNED = "gpt-77-2024-07-18.ft-0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something declared, and the day on which it is looked at."""

    title: str
    state: DesiredState
    today: date = TODAY


def every_case() -> Iterator[Case]:
    """All of them, in an order that never changes."""
    for title, one in (*_names(), *_grid(), *_models(), *_tuned(), *_settings()):
        yield Case(title=title, state=declared([one]))
    yield from _sets()
    yield from _times()


def _names() -> Iterator[tuple[str, DesiredDeployment]]:
    names = (
        "a",
        "ab",
        "x" * 64,
        "x" * 65,
        "-chat",
        "_._",
        ".a",
        "my chat/1",
        "",
        "chät",
        "0",
        "a" + "/" * 70,
    )
    for name in names:
        yield f"deployment called {name[:20]!r} of {len(name)}", deployment(name=name)
    for name in ("a", "ab", "x" * 64, "x" * 65, "-a", "a b", "", "a.b_c-d"):
        yield f"account called {name!r}", deployment(account=account_id(name))


def _grid() -> Iterator[tuple[str, DesiredDeployment]]:
    models = (
        ("gpt-4o", "2024-11-20"),
        ("gpt-4o-mini", "2024-07-18"),
        ("gpt-4.1", "2025-04-14"),
        ("o1", "2024-12-17"),
        ("gpt-5.4-mini", "2026-03-17"),
        ("whisper", "001"),
        ("gpt-99", "1"),
        ("gpt-5.1", "2025-11-13"),
    )
    for (model, version), sku, capacity in product(models, (*KNOWN_SKUS, "Hyper"), (None, 0, 40, 1_000_001)):
        yield f"{model} on {sku}, {capacity}", deployment(model, version, sku, capacity)
    sizes = (1, 15, 17, 24, 25, 26, 50, 75, 60, 30_000, 30_001, 30_050, 100_000, 100_001)
    provisioned = ("ProvisionedManaged", "GlobalProvisionedManaged", "provisionedstandard")
    for sku, size in product(provisioned, sizes):
        yield f"gpt-4o on {sku}, {size}", deployment("gpt-4o", "2024-11-20", sku, size)
        yield f"gpt-99 on {sku}, {size}", deployment("gpt-99", "1", sku, size)
    for region, size in product(("westus2", "eastus2", None, "Sweden Centrall", "atlantis"), (15, 17, 25)):
        title = f"gpt-4o-mini global in {region}, {size}"
        yield title, deployment("gpt-4o-mini", "2024-07-18", "GlobalProvisionedManaged", size, region)
    for region, sku in product(("uksouth", "canadacentral", "brazilsouth", "japanwest"), KNOWN_SKUS):
        yield f"gpt-5.1 on {sku} in {region}", deployment("gpt-5.1", "2025-11-13", sku, 100, region)


def _models() -> Iterator[tuple[str, DesiredDeployment]]:
    named = (
        ("gpt-4o", None),
        ("gpt-4o", "2024-11-02"),
        ("gpt-4o", "2031-01-01"),
        ("GPT-4o", "2024-11-20"),
        ("gpt-4o-mni", "2024-07-18"),
        ("gpt-77", None),
        ("zzz", "1"),
        ("Phi-4", "7"),
        ("phi-4", "7"),
        ("grok-4", None),
        ("grok-4", "1"),
        ("cohere-command-a", None),
        ("Cohere-Command-A", "1"),
        ("gpt-4omini-ft-model-name", "1"),
        ("ft:gpt-4o:org::id", "1"),
        ("ftchkpt-1", "1"),
        (CHECKPOINT, None),
        (STRANGE_TUNED, "1"),
        (OLD_TUNED, "1"),
        (TUNED, None),
        (TUNED, "2"),
        ("gpt-5.4-mini", "2026-03-71"),
        ("gpt-4", "0613"),
        ("claude-opus-4-8", "1"),
        ("FLUX.2-pro", "1"),
    )
    for (model, version), wanted in product(named, (None, "Microsoft", "openai")):
        yield f"{model} {version} of {wanted}", deployment(model, version, model_format=wanted)
    for sku in (
        "Turbo",
        "standard",
        "GlobalStandrd",
        "ProvisionedStandard",
        "PROVISIONEDMANAGED",
        "Standart",
    ):
        yield f"SKU {sku}", deployment(sku=sku, capacity=50)
    for capacity, ignored in product((None, 5), ((), ("sku.capacity",), ("tags.a",))):
        for model, version in (("gpt-5.4-mini", "2026-03-17"), ("Phi-4", "7"), ("gpt-99", "1")):
            title = f"{model} with {capacity}, ignoring {ignored}"
            yield (
                title,
                deployment(model, version, capacity=capacity, ignored=ignored, model_format=_maker(model)),
            )


def _maker(model: str) -> str:
    return "Microsoft" if model.startswith("Phi") else "OpenAI"


def _tuned() -> Iterator[tuple[str, DesiredDeployment]]:
    ids = (
        TUNED,
        TUNED.replace("gpt-4o-mini-2024-07-18", "gpt-4.1-2025-04-14"),
        CHECKPOINT,
        STRANGE_TUNED,
        OLD_TUNED,
        TUNED.replace("gpt-4o-mini-2024-07-18", "whisper-2024-07-18"),
    )
    regions = ("northcentralus", "westus2", None)
    for model, sku, region in product(ids, KNOWN_SKUS, regions):
        yield f"{model[:30]} on {sku} in {region}", tuned(sku, 25, region, model)
    own = account_id().name
    origins = {
        "nowhere": None,
        "another tenant": source(tenant=TENANT),
        "an unknown tenant": source(),
        "itself": source(own, PROD),
        "itself in capitals": source(own.upper(), PROD),
        "a namesake": source(own, RESEARCH, TENANT),
    }
    for (title, origin), model, region in product(
        origins.items(), (TUNED, CHECKPOINT, "gpt-4o"), ("westus2", None)
    ):
        named = f"{model[:20]} from {title} in {region}"
        yield named, deployment(model, "1", "GlobalStandard", 10, region, "tuned", origin=origin)


def _settings() -> Iterator[tuple[str, DesiredDeployment]]:
    options = (
        "NoAutoUpgrade",
        "OnceNewDefaultVersionAvailable",
        "OnceCurrentVersionExpired",
        "oncecurrentversionexpired",
    )
    for option, version in product((*options, None), ("2026-03-17", None)):
        yield f"{version} and {option}", deployment(version=version, upgrade=option)
        yield f"tuned {version} and {option}", deployment(TUNED, "1" if version else None, upgrade=option)
    tags: tuple[Mapping[str, str], ...] = (
        {},
        {"a": "b"},
        {"n" * 512: "v"},
        {"n" * 513: "v"},
        {"n": "v" * 256},
        {"n": "v" * 257},
        {"": "v"},
        {f"t{n}": "" for n in range(50)},
        {f"t{n}": "" for n in range(51)},
        {"a<b": ""},
        {"a/b?": "", "c%d": ""},
        {f"t{n}": "" for n in range(48)},
        {f"t{n}": "" for n in range(49)},
        {"Reconciler-Spec": "x"},
        {"a": "1", "A": "2"},
        {"microsoft.x": "y"},
        {"azure": "y"},
        {"windowsa": "y"},
        {"reconciler-fleet": "x"},
        {"reconcile": "x"},
    )
    for number, one in enumerate(tags):
        yield f"tags {number}", deployment(tags=one)


def _sets() -> Iterator[Case]:
    """Deployments that speak of each other, and many in one account."""
    models = (
        ("gpt-5.4-mini", "2026-03-17"),
        ("gpt-5.4", "2026-03-05"),
        ("gpt-5.4-mini", None),
        ("gpt-99", "1"),
    )
    for from_sku, to_sku in product(KNOWN_SKUS, KNOWN_SKUS):
        pair = [
            deployment(sku=from_sku, capacity=100, spillover="target"),
            deployment(sku=to_sku, name="target", capacity=100),
        ]
        yield Case(title=f"{from_sku} spills to {to_sku}", state=declared(pair))
    for (model, version), (other, at) in product(models, models):
        sku = "GlobalProvisionedManaged"
        pair = [
            deployment(model, version, sku, 100, spillover="target"),
            deployment(other, at, name="target"),
        ]
        yield Case(title=f"{model} {version} spills to {other} {at}", state=declared(pair))
    for target in ("chat", "CHAT", "taget", "zzz", "Target"):
        pair = [
            deployment(sku="GlobalProvisionedManaged", capacity=100, spillover=target, parent=target),
            deployment(name="target"),
        ]
        yield Case(title=f"spills to {target}", state=declared(pair))
        left_out = frozenset({DeploymentId(account=account_id(), name="zzz")})
        yield Case(title=f"spills to {target}, zzz left out", state=declared(pair, left_out=left_out))
    ring = [
        deployment(name=name, parent=parent)
        for name, parent in (("aa", "bb"), ("bb", "cc"), ("cc", "aa"), ("dd", "aa"))
    ]
    yield Case(title="a ring of parents", state=declared(ring))
    mixed = [
        deployment(name="aa", parent="bb"),
        deployment(name="bb", spillover="aa", sku="GlobalProvisionedManaged", capacity=15),
    ]
    yield Case(title="a ring of a parent and a spillover", state=declared(mixed))
    for count in (32, 33, 35):
        many = [deployment(name=f"d-{n:02}") for n in range(count)]
        yield Case(title=f"{count} deployments", state=declared(many))
        fine = [deployment(TUNED, "1", "Standard", 10, "northcentralus", f"t-{n:02}") for n in range(count)]
        yield Case(title=f"{count} fine-tuned deployments", state=declared(fine))
    for count in (10, 11):
        few = [deployment(TUNED, "1", "Standard", 10, "northcentralus", f"t-{n:02}") for n in range(count)]
        yield Case(title=f"{count} fine-tuned deployments", state=declared(few))


def _times() -> Iterator[Case]:
    """The same models on other days and by other limits."""
    chosen = (
        ("whisper", "001"),
        ("gpt-5-chat", "2025-08-07"),
        ("gpt-4o", "2024-11-20"),
        ("gpt-4o", "2024-05-13"),
        ("gpt-realtime-mini", "2025-10-06"),
        ("o3-mini", "2025-01-31"),
        ("gpt-5.4", "2026-03-05"),
        ("gpt-4o", None),
        (TUNED, "1"),
        ("gpt-99", "1"),
        ("grok-4", "1"),
        ("gpt-35-turbo", "0613"),
    )
    days = (date(2026, 9, 15), date(2026, 12, 14), date(2026, 12, 15), date(2026, 12, 16), date(2027, 4, 14))
    limits = (
        Retirement(),
        Retirement(warn_within_days=21, fail_within_days=20),
        Retirement(warn_within_days=0),
    )
    for (model, version), today, retirement in product(chosen, days, limits):
        state = declared([deployment(model, version, "Standard")], retirement=retirement)
        warn, fail = retirement.warn_within_days, retirement.fail_within_days
        yield Case(title=f"{model[:20]} {version} on {today}, {warn}/{fail}", state=state, today=today)
    loud = {"model-retired": Severity.INFO, "capacity-missing": Severity.OFF}
    yield Case(
        title="overrides", state=declared([deployment("gpt-35-turbo", "0613", capacity=None)], overrides=loud)
    )
