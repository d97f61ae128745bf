"""What is known before anything is sent, said all at once: settings, routers, retired models, shortages."""

import pytest

from tests.e2e.dated import Season, entry, offered

PRIORITY = "serviceTier: Priority"
PAUSED = "deploymentState: Paused"
PTU = "GlobalProvisionedManaged"


# -- pauses and tiers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sku", ["Standard", "GlobalStandard", "DataZoneStandard"])
def test_a_pay_as_you_go_deployment_is_paused_and_resumed(sku: str, season: Season) -> None:
    season.declare(entry("chat", "gpt-4.1", "2025-04-14", PAUSED, sku=sku))
    assert season.applied()["chat"]["outcome"] == "succeeded"
    assert season.live("chat")["properties"]["deploymentState"] == "Paused"
    season.declare(entry("chat", "gpt-4.1", "2025-04-14", "deploymentState: Running", sku=sku))
    assert season.applied()["chat"]["outcome"] == "succeeded"
    assert season.planned() == ("none", "in-sync")


@pytest.mark.parametrize("sku", [PTU, "ProvisionedManaged", "GlobalBatch"])
def test_any_other_cannot_be_paused_and_it_is_said_that_it_keeps_billing(sku: str, season: Season) -> None:
    season.declare(entry("chat", "gpt-4.1", "2025-04-14", PAUSED, sku=sku, capacity=50))
    (step,) = season.steps().values()
    assert (step["action"], step["reason"]) == ("blocked", "not-offered")
    assert "would be billed all the same" in step["explanation"]


def test_a_tier_is_legal_where_the_model_has_it(season: Season) -> None:
    season.at("2026-10-06")
    season.declare(
        entry("here", "gpt-4.1", "2025-04-14", PRIORITY),
        entry("nowhere", "gpt-4.1", "2025-04-14", PRIORITY, sku="Standard"),
    )
    steps = season.steps()
    assert steps["here"]["action"] == "create"
    assert steps["nowhere"]["explanation"] == "ARM lists no Priority tier for gpt-4.1 on Standard"


# -- model routers -------------------------------------------------------------------------------------

MEMBER = "{format: Anthropic, name: claude-opus-5-5, version: '2'}"
ROUTER = entry("a-router", "model-router", "2025-11-18", f"routing: {{mode: balanced, models: [{MEMBER}]}}")
CLAUDE = entry(
    "claude",
    "claude-opus-5-5",
    "2",
    "modelProviderData: {industry: other, organizationName: Contoso, countryCode: US}",
    form="Anthropic",
)


def test_a_router_waits_for_its_claude_member_and_is_blocked_without_one(season: Season) -> None:
    season.at("2026-10-06")
    season.declare(ROUTER)
    (step,) = season.steps().values()
    assert (step["action"], step["reason"]) == ("blocked", "dependency-blocked")
    assert "acc has none of claude-opus-5-5" in step["explanation"]
    season.declare(ROUTER, CLAUDE)
    steps = season.steps()
    assert (steps["claude"]["order"], steps["a-router"]["order"]) == (1, 2)
    assert {one["outcome"] for one in season.applied().values()} == {"succeeded"}


# -- retired models that are there ---------------------------------------------------------------------

OLD = entry("old", "gpt-4o", "2024-05-13", sku="Standard")


def test_a_retired_model_that_is_there_warns_and_refuses_nothing_that_leaves_its_model(
    season: Season,
) -> None:
    """Standard ended on 2026-03-31, though the model itself goes on: ARM says so per SKU."""
    season.switch(autoUpgrade="off")
    season.given("old", {"name": "gpt-4o", "version": "2024-05-13"}, sku="Standard")
    season.at("2026-12-28")
    season.declare(OLD)
    assert season.desk.reconciler("validate", "fleet.yaml").code == 1, "without ARM nothing is evident"
    ran = season.run("plan", "-o", "json")
    assert ran.code == 0
    assert [one["severity"] for one in ran.json["diagnostics"] if one["code"] == "model-retired"] == [
        "warning"
    ]
    assert season.planned() == ("adopt", "mark-missing")
    season.adopt(OLD)
    assert season.planned() == ("none", "in-sync")
    assert list(season.items()) == ["old retired"]
    season.declare(OLD + "      lifecycle: {onRemoval: retain}\n")
    assert season.planned() == ("update", "mark-outdated")
    season.declare(OLD, OLD.replace("name: old", "name: fresh"))
    step = season.steps()["fresh"]
    assert (step["action"], step["reason"]) == ("blocked", "not-offered")
    assert "ARM lists gpt-4o 2024-05-13 in eastus2 as Deprecated" in step["explanation"]


def test_a_provisioned_deployment_is_never_said_to_be_upgraded_by_itself(season: Season) -> None:
    season.apply(
        entry("ptu", "gpt-4.1", "2025-04-14", sku=PTU, capacity=50), entry("pay", "gpt-4.1", "2025-04-14")
    )
    for words in ((), ("--offline",)):
        lines = season.run("lifecycle", *words).out.splitlines()
        told = {line.split()[0]: line for line in lines if line.startswith("acc/")}
        assert told["acc/ptu"].endswith("never")
        assert "on a new default" in told["acc/pay"]


# -- shortages -----------------------------------------------------------------------------------------


def test_a_shortage_in_one_pool_refuses_what_needs_it_and_the_rest_can_be_applied(season: Season) -> None:
    season.declare(
        entry("big", "gpt-4.1", "2025-04-14", sku="Standard", capacity=5000),
        entry("small", "gpt-4.1-mini", "2025-04-14"),
    )
    (refusal,) = season.run("plan", "-o", "json").json["refusals"]
    assert refusal["code"] == "quota"
    assert "The other step can be applied without: --exclude acc/big, or --skip-refused" in refusal["fix"]
    ran = season.run("apply", "--yes", "-o", "json", "--skip-refused")
    assert {one["id"].rpartition("/")[2]: one["outcome"] for one in ran.json["actions"]} == {
        "small": "succeeded",
        "big": "skipped",
    }
    assert ran.code == 3
    assert season.run("apply", "--yes", "--exclude", "*/acc/big").code == 0


FAR = """
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: far}
spec:
  account: {subscription: prod, resourceGroup: rg, name: far, region: swedencentral}
  deployments:
"""


def test_claude_draws_on_one_pool_of_the_subscription_whatever_the_region(season: Season) -> None:
    (listed,) = offered("claude-opus-5-5", "2", sku="GlobalStandard")
    model = {**listed, "model": {**listed["model"], "format": "Anthropic"}}
    everywhere = {region: [model] for region in ("eastus2", "swedencentral")}
    season.desk.control("POST", "world", {"models": everywhere})
    season.declare(CLAUDE, FAR, CLAUDE)
    (pool,) = season.run("plan", "-o", "json").json["quota"]
    assert pool["scope"].endswith("/global")
    assert len(pool["holders"]) == 2


def test_fireworks_models_share_one_counter_of_their_sku(season: Season) -> None:
    season.at("2026-10-06")
    season.declare(
        entry("glm", "FW-GLM-5.1", "1", sku="GlobalProvisionedManaged", capacity=1080, form="Fireworks"),
        entry("qwen", "FW-Qwen3-14B", "1", sku="GlobalProvisionedManaged", capacity=80, form="Fireworks"),
    )
    pools = season.run("plan", "-o", "json").json["quota"]
    assert [(one["pool"], len(one["holders"])) for one in pools] == [
        ("AIServices.GlobalProvisionedManaged.Fireworks", 2)
    ]


# -- all at once ---------------------------------------------------------------------------------------


def test_a_structural_error_in_one_file_hides_no_capacity_error_in_another(season: Season) -> None:
    season.declare(entry("chat", "gpt-4.1", "2025-04-14", sku="ProvisionedManaged", capacity=51))
    broken = (
        "apiVersion: reconciler.aoai/v1\nkind: DeploymentSet\nmetadata: {name: b}\nspec: {deploymnts: []}\n"
    )
    (season.desk.folder / "broken.yaml").write_text(broken, "utf-8")
    for command in ("validate", "plan", "apply", "drift"):
        ran = season.desk.reconciler(command, "fleet.yaml", "broken.yaml")
        assert ran.code == 1
        told = ran.out + ran.err
        assert "error[unknown-field]: `deploymnts`" in told, command
        assert "error[capacity-increment]: capacity 51" in told, command


def test_a_region_of_another_cloud_is_an_error(season: Season) -> None:
    season.declare(entry("chat", "gpt-4.1", "2025-04-14"))
    text = season.manifest.read_text("utf-8").replace("cloud: emulator", "cloud: AzureCloud")
    for region, cloud in (("usgovvirginia", "AzureUSGovernment"), ("chinaeast2", "AzureChinaCloud")):
        season.manifest.write_text(text.replace("region: eastus2", f"region: {region}"), "utf-8")
        ran = season.desk.reconciler("validate", "fleet.yaml")
        assert ran.code == 1
        assert f"region `{region}` is one of {cloud}" in ran.out
