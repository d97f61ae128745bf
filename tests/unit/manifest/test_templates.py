"""Fleet defaults, templates and own entries: how they merge, and where a merged value is said to stand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from reconciler.diagnostics import Place
from reconciler.domain.deployment import DesiredDeployment
from reconciler.manifest.parse import parse
from reconciler.manifest.resolve import resolve
from reconciler.manifest.source import read_documents
from tests.unit.manifest.reading import (
    CHAT,
    MINI,
    a_fleet,
    a_set,
    a_template,
    codes,
    errors,
    only,
    read_all,
    read_files,
    state,
    the_deployment,
    underlined,
)

BASE = a_template(
    "base",
    """
    {name: chat, model: {name: gpt-4.1, version: v1}, sku: {name: Standard, capacity: 10}, tags: {a: base}}
    {name: mini, model: {name: gpt-4.1-mini}, sku: {name: Standard}}
    """,
)
EXTRA = a_template("extra", "{name: Chat, sku: {capacity: 20}, tags: {b: extra}, raiPolicyName: strict}")


def place(found: DesiredDeployment, *route: str) -> Place:
    """Where a field of a deployment stands."""
    where = found.provenance.place(route)
    assert where is not None
    return where


def test_an_entry_of_a_template_that_no_set_mentions_is_deployed_as_it_is() -> None:
    names = [found.id.name for found in state(read_all(BASE, a_set(spec="templates: [base]"))).deployments]
    assert names == ["chat", "mini"]


def test_later_texts_win_mapping_by_mapping() -> None:
    own = "{name: chat, tags: {c: own}, model: {version: v2}}"
    merged = the_deployment(
        read_all(BASE, EXTRA, a_set(spec="templates: [base, extra]", deployments=own))
    ).spec
    assert (merged.model.name, merged.model.version) == ("gpt-4.1", "v2")
    assert (merged.sku.name.name, str(merged.sku.capacity)) == ("Standard", "20")
    assert merged.tags == {"a": "base", "b": "extra", "c": "own"}
    assert merged.text("raiPolicyName") == "strict"


def test_templates_merge_in_the_order_in_which_they_are_listed() -> None:
    loaded = read_all(BASE, EXTRA, a_set(spec="templates: [extra, base]"))
    assert str(the_deployment(loaded).spec.sku.capacity) == "10"


def test_lists_are_replaced_not_joined() -> None:
    template = a_template(
        "base", "{name: chat, model: {name: m}, sku: {name: s}, lifecycle: {ignoreChanges: [tags.a, tags.b]}}"
    )
    own = "{name: chat, lifecycle: {ignoreChanges: [sku.capacity]}}"
    loaded = read_all(template, a_set(spec="templates: [base]", deployments=own))
    assert the_deployment(loaded).lifecycle.ignore_changes == ("sku.capacity",)


def test_names_merge_without_regard_to_case_and_the_own_spelling_stays() -> None:
    loaded = read_all(BASE, a_set(spec="templates: [base]", deployments="{name: CHAT}"))
    assert sorted(found.id.name for found in state(loaded).deployments) == ["CHAT", "mini"]


def test_fleet_defaults_lie_under_every_deployment() -> None:
    fleet = a_fleet("defaults: {tags: {a: fleet, z: fleet}, versionUpgradeOption: NoAutoUpgrade}")
    merged = the_deployment(read_all(fleet, BASE, a_set(spec="templates: [base]"))).spec
    assert merged.tags == {"a": "base", "z": "fleet"}
    assert merged.text("versionUpgradeOption") == "NoAutoUpgrade"


def test_two_sets_may_use_one_template() -> None:
    sets = [a_set(account=f"account-{n}", spec="templates: [base]") for n in (1, 2)]
    assert len(state(read_all(BASE, *sets)).deployments) == 4


def test_merging_changes_no_template() -> None:
    first = a_set(account="account-1", spec="templates: [base]", deployments="{name: chat, tags: {x: y}}")
    second = a_set(account="account-2", spec="templates: [base]")
    tags = [
        found.spec.tags
        for found in state(read_all(BASE, first, second)).deployments
        if "chat" in str(found.id)
    ]
    assert tags == [{"a": "base", "x": "y"}, {"a": "base"}]


def test_every_field_points_into_the_text_whose_value_won(tmp_path: Path) -> None:
    fleet = a_fleet("defaults: {tags: {z: fleet}}")
    own = "{name: chat, model: {version: v2}}"
    files = {
        "fleet.yaml": fleet,
        "base.yaml": BASE,
        "set.yaml": a_set(spec="templates: [base]", deployments=own),
    }
    loaded = read_files(tmp_path, files)
    found = the_deployment(loaded)
    told = {
        ".".join(route): Path(place(found, *route).file).name
        for route in (("tags", "z"), ("tags", "a"), ("model", "name"), ("model", "version"), ())
    }
    assert told == {
        "tags.z": "fleet.yaml",
        "tags.a": "base.yaml",
        "model.name": "base.yaml",
        "model.version": "set.yaml",
        "": "set.yaml",
    }
    span = loaded.sources.span(place(found, "model", "version"))
    assert span is not None
    line = loaded.sources.line(place(found, "model", "version").file, span.line)
    assert line is not None
    assert line[span.column - 1 : span.end_column - 1] == "v2"


@pytest.mark.parametrize("users", [0, 1, 3])
def test_a_mistake_in_a_template_is_told_once_whoever_uses_it(users: int) -> None:
    template = a_template("base", "{name: chat, model: {name: m}, sku: {name: s, capacity: ten}}")
    sets = [a_set(account=f"account-{n}", spec="templates: [base]") for n in range(users)]
    loaded = read_all(template, *sets)
    assert only(loaded).code == "wrong-type"
    assert underlined(loaded) == "ten"


def test_a_mistake_in_the_fleets_defaults_is_told_once() -> None:
    fleet = a_fleet("defaults: {versionUpgradeOptions: x, sku: {capacity: ten}}")
    sets = [a_set(account=f"account-{n}", deployments=CHAT) for n in range(3)]
    assert sorted(codes(read_all(fleet, *sets))) == ["unknown-field", "wrong-type"]


def test_defaults_cannot_name_a_deployment() -> None:
    assert errors(read_all(a_fleet("defaults: {name: x}"), a_set(deployments=CHAT))) == ["unknown-field"]


def test_what_a_template_lacks_the_set_may_say() -> None:
    template = a_template("base", "{name: chat, raiPolicyName: strict}")
    own = "{name: chat, model: {name: m}, sku: {name: s}}"
    found = the_deployment(read_all(template, a_set(spec="templates: [base]", deployments=own)))
    assert found.spec.text("raiPolicyName") == "strict"


def test_an_unknown_template_gets_the_near_one_and_no_further_complaints() -> None:
    loaded = read_all(BASE, a_set(spec="templates: [bass]", deployments="{name: chat}"))
    assert only(loaded).code == "unknown-template"
    assert "base" in only(loaded).fix
    assert underlined(loaded) == "bass"


def test_a_template_in_a_file_that_cannot_be_read_is_not_called_unknown(tmp_path: Path) -> None:
    files = {"base.yaml": "kind: [", "set.yaml": a_set(spec="templates: [base]", deployments=CHAT)}
    assert codes(read_files(tmp_path, files)) == ["yaml-syntax"]


def test_two_templates_of_one_name_are_told_with_both_places() -> None:
    loaded = read_all(BASE, a_template("base", MINI))
    assert only(loaded).code == "duplicate-template"
    assert [loaded.sources.span(related.place) is not None for related in only(loaded).related] == [True]


def test_a_template_cannot_have_one_deployment_twice() -> None:
    assert codes(read_all(a_template("base", f"{CHAT}\n{CHAT.replace('chat', 'CHAT')}"))) == [
        "duplicate-deployment"
    ]


def test_f101_templates_multiply_no_further_than_the_limit() -> None:
    template = a_template("base", "\n".join(CHAT.replace("chat", f"chat{n}") for n in range(20)))
    sets = [a_set(account=f"account-{n}", spec="templates: [base]") for n in range(10)]
    read = read_documents(["-"], stdin=io.BytesIO("---\n".join([template, *sets]).encode()))
    manifests, found = parse(read.documents)
    assert found == ()
    resolved = resolve(manifests, limit=100)
    assert [one.code for one in resolved.diagnostics] == ["yaml-limit"]
    assert resolved.declared <= 120


def test_a_template_listed_twice_counts_where_it_stands_last() -> None:
    loaded = read_all(BASE, EXTRA, a_set(spec="templates: [base, extra, base]"))
    spec = the_deployment(loaded).spec
    assert str(spec.sku.capacity) == "10"
    assert spec.tags == {"a": "base", "b": "extra"}
