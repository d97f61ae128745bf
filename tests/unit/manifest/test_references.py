"""Accounts, subscriptions, tenants and deployments that several texts speak of; row F-105."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.domain.fleet import PrunePolicy
from tests.unit.manifest.reading import (
    CHAT,
    GUID,
    MINI,
    OTHER_GUID,
    OTHER_TENANT,
    TENANT,
    a_fleet,
    a_set,
    a_template,
    codes,
    line_of,
    only,
    read,
    read_all,
    read_files,
    state,
    the_deployment,
    underlined,
)

FLEET = a_fleet(
    f"""
    subscriptions:
      prod: {{id: {GUID}, tenant: {TENANT}}}
      research: {{id: {OTHER_GUID}, tenant: {OTHER_TENANT}}}
    """
)
SOURCE = "source: {{subscription: {}, resourceGroup: g, account: aoai}}"
TUNED = f"name: tuned, model: {{{{name: m, {SOURCE}}}}}, sku: {{{{name: s}}}}"


def test_f105_names_that_differ_in_case_only_are_one_deployment() -> None:
    loaded = read(a_set(deployments=f"{CHAT}\n{MINI}\n{CHAT.replace('chat', 'CHAT')}"))
    found = only(loaded)
    assert found.code == "duplicate-deployment"
    assert "ignores case" in found.message
    assert underlined(loaded) == "CHAT"


def test_f105_two_sets_of_one_account_cannot_declare_one_deployment() -> None:
    loaded = read_all(
        a_set(deployments=CHAT), a_set(account="AOAI-Contoso", deployments=CHAT.replace("chat", "Chat"))
    )
    found = only(loaded)
    assert found.code == "duplicate-deployment"
    first = loaded.sources.span(found.related[0].place)
    assert first is not None
    assert (first.line, line_of(loaded)) == (8, 17)


def test_f105_a_template_used_twice_for_one_account_is_shown_where_it_is_listed() -> None:
    sets = (a_set("one", spec="templates: [base]"), a_set("two", spec="templates: [base]"))
    loaded = read_all(a_template("base", CHAT), *sets)
    assert only(loaded).code == "duplicate-deployment"
    assert underlined(loaded) == "base"


def test_one_name_in_two_accounts_is_two_deployments() -> None:
    loaded = read_all(a_set(deployments=CHAT), a_set(account="aoai-other", deployments=CHAT))
    assert len(state(loaded).deployments) == 2


@pytest.mark.parametrize("written", ["prod", GUID])
def test_an_alias_and_a_guid_mean_one_subscription_with_one_tenant(written: str) -> None:
    found = the_deployment(read_all(FLEET, a_set(subscription=written, deployments=CHAT)))
    assert (found.id.account.subscription, found.tenant) == (GUID, TENANT)
    assert state(read_all(FLEET, a_set(subscription=written))).accounts[0].tenant == TENANT


def test_without_a_fleet_a_guid_has_no_tenant() -> None:
    assert the_deployment(read(a_set(deployments=CHAT))).tenant is None


def test_an_alias_without_a_tenant_takes_that_of_another_alias_of_its_subscription() -> None:
    fleet = a_fleet(f"subscriptions: {{a: {{id: {GUID}}}, b: {{id: {GUID}, tenant: {TENANT}}}}}")
    assert the_deployment(read_all(fleet, a_set(subscription="a", deployments=CHAT))).tenant == TENANT


@pytest.mark.parametrize("written", ["research", OTHER_GUID])
def test_a_source_in_another_tenant_is_known_to_be_there(written: str) -> None:
    deployments = "{" + TUNED.format(written) + "}"
    found = the_deployment(read_all(FLEET, a_set(subscription="prod", deployments=deployments)), "tuned")
    assert found.source_tenant == OTHER_TENANT


def test_an_unknown_alias_of_a_source_is_shown_there() -> None:
    loaded = read_all(FLEET, a_set(deployments="{" + TUNED.format("reserch") + "}"))
    assert only(loaded).code == "unknown-subscription"
    assert "research" in only(loaded).fix
    assert underlined(loaded) == "reserch"


def test_without_a_fleet_one_finding_speaks_for_all_aliases() -> None:
    loaded = read_all(
        a_set("one", subscription="prod", deployments=CHAT),
        a_set("two", subscription="research", account="other", deployments=CHAT),
    )
    assert only(loaded).code == "unknown-subscription"
    assert "no `kind: Fleet` document was found" in only(loaded).message
    assert underlined(loaded) == "prod"


def test_an_unknown_alias_hides_no_mistake_in_the_sets_entries() -> None:
    loaded = read_all(
        FLEET,
        a_set(subscription="production", deployments="{name: a, nope: 1, model: {name: m}, sku: {name: s}}"),
    )
    assert codes(loaded) == ["unknown-subscription", "unknown-field"]


def test_an_alias_is_not_called_unknown_while_the_fleet_cannot_be_read(tmp_path: Path) -> None:
    files = {"fleet.yaml": "kind: [", "set.yaml": a_set(subscription="prod", deployments=CHAT)}
    assert codes(read_files(tmp_path, files)) == ["yaml-syntax"]


def test_any_spelling_of_a_region_is_the_same_region() -> None:
    loaded = read_all(a_set("one", region="Sweden Central"), a_set("two", region="swedencentral"))
    assert [account.region and account.region.name for account in state(loaded).accounts] == ["swedencentral"]


def test_two_regions_for_one_account_are_a_contradiction() -> None:
    loaded = read_all(a_set("one", region="swedencentral"), a_set("two", region="East US 2"))
    assert only(loaded).code == "region-mismatch"
    assert underlined(loaded) == "East US 2"
    assert len(only(loaded).related) == 1


def test_a_region_stated_by_one_set_holds_for_all_deployments_of_the_account() -> None:
    loaded = read_all(a_set("one", deployments=CHAT), a_set("two", region="swedencentral", deployments=MINI))
    assert {str(found.region) for found in state(loaded).deployments} == {"swedencentral"}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (["exclusive", "owned"], PrunePolicy.OWNED),
        (["exclusive", "never"], PrunePolicy.NEVER),
        (["never", "owned"], PrunePolicy.NEVER),
        (["exclusive", "exclusive"], PrunePolicy.EXCLUSIVE),
    ],
)
def test_of_two_prune_policies_the_more_careful_holds(policies: list[str], expected: PrunePolicy) -> None:
    sets = [a_set(f"set-{n}", spec=f"prune: {policy}") for n, policy in enumerate(policies)]
    assert [account.prune for account in state(read_all(*sets)).accounts] == [expected]


def test_a_set_that_says_nothing_of_pruning_prunes_what_is_owned() -> None:
    assert state(read(a_set())).accounts[0].prune is PrunePolicy.OWNED


def test_adopt_and_labels_reach_every_deployment_of_the_set() -> None:
    found = the_deployment(read(a_set(labels="{env: prod}", spec="adopt: true", deployments=CHAT)))
    assert (found.adopt, found.labels) == (True, {"env": "prod"})


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    texts = [
        FLEET,
        a_set("one", subscription="prod", deployments=CHAT),
        a_set("two", account="b", deployments=MINI),
    ]
    orders = [
        read_files(tmp_path / str(turn), {f"{(n + turn) % 3}.yaml": text for n, text in enumerate(texts)})
        for turn in range(3)
    ]
    states = [state(loaded) for loaded in orders]
    assert states[0].deployments == states[1].deployments == states[2].deployments
    assert states[0].accounts == states[1].accounts == states[2].accounts
