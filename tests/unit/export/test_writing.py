"""What the manifests of an estate look like, to the letter where it matters."""

import io
from datetime import date
from typing import Any

import pytest

from reconciler.domain.state import ObservedSubscription
from reconciler.export import Estate, EstateOrigin, Exported, Found, FoundAccount, manifests_of
from reconciler.manifest.load import load

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
NAMED = {SUBSCRIPTION: ObservedSubscription(id=SUBSCRIPTION, name="Prod (EU)", tenant=SUBSCRIPTION)}


def found(
    name: str = "chat",
    *,
    state: str = "Succeeded",
    tags: Any = None,  # noqa: ANN401 -- JSON on its way in
    sku: Any = None,  # noqa: ANN401 -- JSON on its way in
    **more: Any,  # noqa: ANN401 -- JSON on its way in
) -> Found:
    model = {"format": "OpenAI", "name": "gpt-5.1", "version": "2025-11-13", **more.pop("model", {})}
    resource = {
        "sku": sku or {"name": "GlobalStandard", "capacity": 10},
        "properties": {"model": model, "versionUpgradeOption": "OnceNewDefaultVersionAvailable", **more},
    }
    return Found(name=name, resource=resource | ({"tags": tags} if tags else {}), state=state, observed=True)


def account(*there: Found, name: str = "aoai") -> FoundAccount:
    return FoundAccount(
        subscription=SUBSCRIPTION, resource_group="rg", name=name, region="eastus2", deployments=there
    )


def export(*accounts: FoundAccount, fleet: str = "contoso", **more: Any) -> Exported:  # noqa: ANN401 -- JSON on its way in
    estate = Estate(origin=EstateOrigin.ARM, accounts=accounts, subscriptions=NAMED, **more)
    return manifests_of(estate, fleet=fleet, today=date(2026, 6, 22))


def page(made: Exported, file: str = "aoai.yaml") -> str:
    return next(one.text for one in made.pages if one.file == file)


def entry(one: Found) -> str:
    return page(export(account(one))).partition(" deployments:")[2]


def test_a_set_is_what_a_person_would_have_written() -> None:
    one = found(versionUpgradeOption="NoAutoUpgrade", tags={"team": "a b", "cost": "4711"})
    assert page(export(account(one))) == (
        "apiVersion: reconciler.aoai/v1\n"
        "kind: DeploymentSet\n"
        "metadata: {name: aoai}\n"
        "spec:\n"
        "  account: {subscription: prod-eu, resourceGroup: rg, name: aoai, region: eastus2}\n"
        "  deployments:\n"
        "    - name: chat\n"
        '      model: {name: gpt-5.1, version: "2025-11-13"}\n'
        "      sku: {name: GlobalStandard, capacity: 10}\n"
        "      versionUpgradeOption: NoAutoUpgrade\n"
        '      tags: {team: "a b", cost: "4711"}\n'
    )


def test_the_fleet_names_subscriptions_as_people_do_and_knows_their_tenants() -> None:
    text = page(export(account(found())), "fleet.yaml")
    assert "metadata: {name: contoso}" in text
    assert f"prod-eu: {{id: {SUBSCRIPTION}, tenant: {SUBSCRIPTION}}}" in text


def test_what_arm_fills_in_by_itself_is_left_out() -> None:
    defaults: dict[str, Any] = {
        "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        "raiPolicyName": "Microsoft.DefaultV2",
        "currentCapacity": 10,
        "capabilities": {"chatCompletion": "true"},
        "rateLimits": [],
        "provisioningState": "Succeeded",
        "dynamicThrottlingEnabled": False,
        "serviceTier": "Default",
        "deploymentState": "Running",
    }
    assert entry(found(**defaults)) == entry(found())


def test_accounts_share_what_they_have_in_common_word_for_word() -> None:
    mine = found("mine", sku={"name": "GlobalStandard", "capacity": 1})
    theirs = found("mine", sku={"name": "GlobalStandard", "capacity": 2})
    made = export(account(found(), mine, name="a"), account(found(), theirs, name="b"))
    assert [one.file for one in made.pages] == ["fleet.yaml", "templates.yaml", "a.yaml", "b.yaml"]
    assert page(made, "templates.yaml").count("- name:") == 1
    for file in ("a.yaml", "b.yaml"):
        assert "  templates: [common]\n" in page(made, file)
        assert page(made, file).count("- name:") == 1


def test_what_only_some_accounts_share_is_a_template_of_theirs() -> None:
    made = export(*(account(found("c" if n < 2 else "other"), name=f"a{n}") for n in range(3)))
    assert "metadata: {name: shared-c}" in page(made, "templates.yaml")
    assert "templates" not in page(made, "a2.yaml")


@pytest.mark.parametrize("state", ["Failed", "Canceled", "Disabled", "Deleting"])
def test_what_a_plan_would_not_just_adopt_is_commented_out(state: str) -> None:
    text = entry(found(state=state))
    assert f"in state {state}" in text
    assert "    # - name: chat\n" in text
    assert "\n    - name" not in text


def test_a_deployment_under_way_is_declared_with_a_remark() -> None:
    text = entry(found(state="Updating"))
    assert "# was in state Updating" in text
    assert "    - name: chat\n" in text


def test_another_fleets_deployment_is_commented_out_and_no_mark_is_a_tag() -> None:
    marks = {"reconciler-fleet": "rival", "Reconciler-Spec": "0123456789ab"}
    text = entry(found(tags=marks))
    assert "mark of the fleet rival" in text
    assert "    # - name: chat" in text
    assert "tags" not in text


def uncommented(text: str) -> str:
    """The page as a person leaves it who takes in what was held back."""
    meant = ("deployments:", "- name", "  ")
    lines = [
        line.replace("# ", "", 1) if line.lstrip().removeprefix("# ").startswith(meant) else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("shared", [True, False])
def test_what_is_commented_out_needs_nothing_but_its_marks_of_comment_taken_off(*, shared: bool) -> None:
    theirs = found("theirs", tags={"reconciler-fleet": "rival"})
    own = (found("one"), found("two")) if shared else ()
    made = export(account(*own, theirs), account(*own, name="second"))
    assert ("templates:" in page(made)) is shared
    whole = "\n---\n".join(uncommented(one.text) for one in made.pages)
    loaded = load(["-"], stdin=io.StringIO(whole))
    assert loaded.diagnostics == ()
    assert "theirs" in {one.id.name for one in loaded.understood.deployments}
    assert load(["-"], stdin=io.StringIO("\n---\n".join(one.text for one in made.pages))).diagnostics == ()


def test_pruning_stays_safe_where_something_of_ours_is_commented_out() -> None:
    ours = found("broken", state="Failed", tags={"reconciler-fleet": "contoso"})
    assert "  prune: never" in page(export(account(found(), ours)))
    assert "prune" not in page(export(account(found(), ours), fleet="other"))


def test_an_unknown_property_is_told_and_a_known_one_that_does_not_fit_is_kept_as_it_is() -> None:
    text = entry(found(fancyNewThing=1, versionUpgradeOption="Someday", speculativeDecoding={"a": 0.5}))
    assert "# not known here, and stated as it is: fancyNewThing" in text
    extra = "{versionUpgradeOption: Someday, speculativeDecoding: {a: 0.5}, fancyNewThing: 1}"
    assert f"extraProperties: {extra}" in text


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"versionUpgradeOption": "Someday"}, 'versionUpgradeOption "Someday"'),
        ({"routing": {"mode": "fast", "models": []}}, 'routing.mode "fast"'),
        (
            {"capacitySettings": {"designatedCapacity": "7", "priority": -1}},
            'capacitySettings.designatedCapacity "7"; capacitySettings.priority -1',
        ),
        ({"routing": "fast"}, 'routing "fast"'),
    ],
)
def test_what_does_not_fit_its_field_is_told_where_it_is_stated(
    properties: dict[str, Any], told: str
) -> None:
    """An object with one part that its field does not take went whole below extraProperties in silence."""
    text = entry(found(**properties))
    words = " ".join(text.replace("# ", "").split())
    assert f"not what its field takes, and stated as it is below extraProperties: {told}" in words
    assert f"extraProperties: {{{next(iter(properties))}:" in text


def test_nothing_is_told_of_what_fits() -> None:
    assert "#" not in entry(found(routing={"mode": "cost"}))


def test_a_fine_tuned_model_says_where_it_was_made_or_what_to_fill_in() -> None:
    sku = {"name": "GlobalStandard", "capacity": 10}
    source = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ft"
        "/providers/Microsoft.CognitiveServices/accounts/aoai-ft"
    )
    told = entry(found(model={"name": TUNED, "version": "1", "sourceAccount": source}, sku=sku))
    assert "subscription: prod-eu, resourceGroup: rg-ft, account: aoai-ft" in told
    assert "ARM gives no source" in entry(found(model={"name": TUNED, "version": "1"}, sku=sku))


def test_a_rule_that_finds_fault_with_what_exists_is_lowered_by_name() -> None:
    odd = found(
        "ptu",
        model={"name": "gpt-4o", "version": "2024-11-20"},
        sku={"name": "ProvisionedManaged", "capacity": 40},
    )
    text = page(export(account(odd)), "fleet.yaml")
    assert (
        "capacity-increment: warning  # aoai/ptu\n" in text
        or "capacity-minimum: warning  # aoai/ptu\n" in text
    )


def test_a_missing_capacity_is_left_to_whoever_set_it() -> None:
    text = entry(found(sku={"name": "GlobalStandard", "capacity": None}))
    assert "sku: {name: GlobalStandard}" in text
    assert "lifecycle: {ignoreChanges: [sku.capacity]}" in text


def test_text_of_arm_never_leaves_its_comment_or_its_quotes() -> None:
    odd: dict[str, Any] = {"p\n- x\u202e": 1}
    evil = "x\n    - name: injected\u202e"
    text = page(export(account(found(evil), found(tags={"t": "a\nb: c"}, **odd))))
    assert "\n    - name: injected" not in text
    assert "\u202e" not in text
    assert 'tags: {t: "a\\nb: c"}' in text


def test_files_get_names_that_lead_nowhere_and_are_read() -> None:
    names = ["../../etc/x", ".hidden", "_skipped", "Fleet", "fleet", "a" * 300]
    files = [one.file for one in export(*(account(found(), name=name) for name in names)).pages]
    assert len({file.lower() for file in files}) == len(files) == len(names) + 2
    assert all("/" not in file and file[0] not in "._" and len(file) < 130 for file in files)


def test_notes_of_what_is_missing_stand_in_the_fleet() -> None:
    made = export(account(found()), notes=("account other could not be read",), complete=False)
    assert "# account other could not be read\n" in page(made, "fleet.yaml")
    assert "account other could not be read" in made.notes


def test_what_a_template_leaves_open_is_what_validate_points_at() -> None:
    open_one = Found(name="chat", resource={"sku": {"name": "Standard"}}, open={"model": "parameters('m')"})
    estate = Estate(
        origin=EstateOrigin.ARM_TEMPLATE,
        accounts=(FoundAccount(subscription=None, resource_group=None, name=None, deployments=(open_one,)),),
    )
    made = manifests_of(estate, fleet="x", today=date(2026, 6, 22))
    assert any("will show" in note and "error" in note for note in made.notes)
    read = load(["-"], stdin=io.BytesIO(made.stream.encode()))
    assert {one.place.route[-1] for one in read.diagnostics if one.place} >= {"id", "resourceGroup"}
    filled = (
        made.stream.replace('"<GUID of the subscription>"', SUBSCRIPTION)
        .replace('"<resource group>"', "rg")
        .replace('"<account>"', "aoai")
    )
    again = load(["-"], stdin=io.BytesIO(filled.encode()))
    assert [one.code for one in again.diagnostics] == ["missing-field"]
    assert "model is not known here: parameters('m')" in filled


def test_two_sources_that_differ_are_left_as_they_are_even_where_one_is_empty() -> None:
    source = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ft"
        "/providers/Microsoft.CognitiveServices/accounts/aoai-ft"
    )
    for other in ("", source.replace("aoai-ft", "other")):
        text = entry(found(model={"name": TUNED, "version": "1", "source": other, "sourceAccount": source}))
        assert "source and sourceAccount differ" in text
        assert "source: {" not in text


def test_an_upgrade_option_that_arm_does_not_tell_is_stated_as_what_its_absence_means() -> None:
    """A write without one may have ARM's default put in, which upgrades sooner."""
    assert "versionUpgradeOption: OnceCurrentVersionExpired" in entry(found(versionUpgradeOption=None))
    assert "versionUpgradeOption" not in entry(found())


@pytest.mark.parametrize(
    ("mark", "stated"), [("refuse", "{preventDestroy: true}"), ("retain", "{onRemoval: retain}")]
)
def test_what_must_hold_on_removal_is_stated_again_for_what_is_ours(mark: str, stated: str) -> None:
    tags = {"reconciler-on-removal": mark}
    assert f"lifecycle: {stated}" in entry(found(tags={**tags, "reconciler-fleet": "contoso"}))
    assert "lifecycle" not in entry(found(tags=tags))


def owned(mark: str) -> FoundAccount:
    return account(found(tags={"reconciler-fleet": mark}))


NEW = "99999999-9999-4999-8999-999999999999"


@pytest.mark.parametrize("mark", ["contoso", "contoso/1a2b3c4d"])
def test_a_fleet_keeps_the_id_that_its_deployments_show(mark: str) -> None:
    made = manifests_of(
        Estate(origin=EstateOrigin.ARM, accounts=(owned(mark),)),
        fleet="contoso",
        today=date(2026, 6, 22),
        new_id=NEW,
    )
    start = mark.partition("/")[2] or NEW[:8]
    assert f"  id: {start}" in page(made, "fleet.yaml")
    assert made.held_back == 0


def test_a_namesake_with_another_id_is_another_fleet() -> None:
    first, second = (
        owned("contoso/1a2b3c4d"),
        account(found(tags={"reconciler-fleet": "contoso/ffffffff"}), name="b"),
    )
    made = manifests_of(
        Estate(origin=EstateOrigin.ARM, accounts=(first, first, second)),
        fleet="contoso",
        today=date(2026, 6, 22),
    )
    assert "carries the mark of the fleet contoso/ffffffff" in made.stream


def test_an_id_that_is_given_goes_before_what_is_shown() -> None:
    made = manifests_of(
        Estate(origin=EstateOrigin.ARM, accounts=(owned("contoso/1a2b3c4d"),)),
        fleet="contoso",
        today=date(2026, 6, 22),
        fleet_id=NEW,
    )
    assert f"  id: {NEW}" in made.stream
    assert made.held_back == 1


@pytest.mark.parametrize("key", ["k" * 1100, '"' * 600])
def test_a_name_that_is_longer_than_a_key_of_yaml_may_be_is_named_in_a_comment(key: str) -> None:
    """The manifest was no YAML."""
    one = found(routing={"models": [{key: 1}]}, brandNew={key: 1}, tags={key: "x"})
    made = export(account(one))
    assert load(["-"], stdin=io.BytesIO(made.stream.encode())).diagnostics == ()
    for name in ("routing", "brandNew", "tag"):
        assert f"# {name} " in page(made)
    assert "extraProperties" not in page(made)
