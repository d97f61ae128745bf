"""Terraform source is read without running Terraform: what only a plan would know is unknown, never guessed.

These need python-hcl2, the extra `terraform` (it is among the development dependencies).
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.domain.deployment import JsonValue
from reconciler.errors import UsageProblem
from reconciler.export import Estate, Found, Setting
from reconciler.export.sources.reading import Files, estate_of

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
PROVIDER = f'provider "azurerm" {{\n  subscription_id = "{SUBSCRIPTION}"\n}}\n'
ACCOUNT = """
resource "azurerm_resource_group" "rg" {
  name     = "rg-${var.env}"
  location = "swedencentral"
}
resource "azurerm_cognitive_account" "this" {
  name                = "oai-${var.env}"
  resource_group_name = azurerm_resource_group.rg.name
  location            = azurerm_resource_group.rg.location
  kind                = "OpenAI"
  sku_name            = "S0"
}
variable "env" { default = "dev" }
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def deployment(body: str = 'name = "chat"', account: str = "azurerm_cognitive_account.this.id") -> str:
    return f"""
resource "azurerm_cognitive_deployment" "d" {{
  cognitive_account_id = {account}
  {body}
  model {{
    format  = "OpenAI"
    name    = "gpt-4.1"
    version = "2025-04-14"
  }}
  sku {{
    name     = "GlobalStandard"
    capacity = 10
  }}
}}
"""


def read(*texts: str, files: tuple[Path, ...] = (), **setting: Any) -> Estate:  # noqa: ANN401 -- a setting
    Path("main.tf").write_text("\n".join(texts), "utf-8")
    return estate_of(Files(any_kind=(Path(),), parameters=files), Setting(**setting))


def found(estate: Estate) -> dict[str, Found]:
    return {one.name: one for there in estate.accounts for one in there.deployments}


def test_an_account_and_its_deployment_are_where_the_configuration_puts_them() -> None:
    (there,) = read(PROVIDER, ACCOUNT, deployment()).accounts
    assert (there.subscription, there.resource_group, there.name, there.region) == (
        SUBSCRIPTION, "rg-dev", "oai-dev", "swedencentral",
    )  # fmt: skip
    (chat,) = there.deployments
    assert chat.resource["sku"] == {
        "name": "GlobalStandard", "capacity": 10, "tier": None, "size": None, "family": None,
    }  # fmt: skip
    assert (chat.open, chat.lost) == ({}, ())


def _tenfold(first: str, step: str) -> str:
    """Locals of which each has ten times what the one before has: the last would be 30 GB."""
    made = "".join(f"  l{number} = {step.format(f'local.l{number - 1}')}\n" for number in range(1, 11))
    return f"locals {{\n  l0 = {first}\n{made}}}\n"


@pytest.mark.parametrize(
    "growth",
    [
        _tenfold('"lol"', '"' + "${{{0}}}" * 10 + '"'),
        _tenfold('"lol"', 'join("", [for i in range(10) : {0}])'),
        _tenfold('"lol"', 'format("' + "%s" * 10 + '", ' + ", ".join(["{0}"] * 10) + ")"),
        _tenfold('"lol"', 'replace("oooooooooo", "o", {0})'),
    ],
    ids=["interpolation", "join", "format", "replace"],
)
def test_a_text_that_grows_tenfold_at_each_step_ends_as_unknown(growth: str) -> None:
    """The memory was full first: "a bug in this program: MemoryError"."""
    (there,) = read(PROVIDER, ACCOUNT, growth, deployment("name = local.l10")).accounts
    (one,) = there.deployments
    assert len(str(one)) < 100_000


EXPRESSIONS: list[tuple[str, JsonValue]] = [
    ('"gpt-${local.n}"', "gpt-4.1"),
    ('var.env == "dev" ? "yes" : "no"', "yes"),
    ('lookup({ a = "x" }, "b", "d")', "d"),
    ('try(local.o.absent, "fallback")', "fallback"),
    ("can(local.o.absent) ? 1 : 0", "0"),
    ('local.o["k"]', "v"),
    ("local.list[1]", "b"),
    ("local.list.0", "a"),
    ('join("-", [for s in local.list : upper(s) if s != "b"])', "A"),
    ('join("-", values({ for k, v in local.o : k => v }))', "v"),
    ('join("-", local.objects[*].id)', "i-j"),
    ('join("-", local.objects.*.id)', "i-j"),
    ('format("%s-%03d%%", "a", 7)', "a-007%"),
    ('coalesce(null, "", "c")', "c"),
    ("tostring(2 * (3 + 1) - 1)", "7"),
    ('merge(local.o, { k = "w" }).k', "w"),
    ('concat(local.list, ["c"])[2]', "c"),
    ("element(local.list, 3)", "b"),
    ('jsondecode(jsonencode({ a = "x" })).a', "x"),
    ("keys({ b = 1, a = 2 })[0]", "a"),
    ('one(["x"])', "x"),
    ('flatten([["x"], [["y"]]])[1]', "y"),
    ('replace("a.b", ".", "-")', "a-b"),
    ('"$${x}"', "${x}"),
    ('"a\\"b"', 'a"b'),
    ('!false && 1 < 2 || false ? "t" : "f"', "t"),
    ("var.nowhere", None),
    ("data.azurerm_key_vault_secret.x.value", None),
    ("random_string.x.result", None),
    ('file("x")', None),
    ("local.o.absent", None),
    ("timestamp()", None),
    ("element([], 1)", None),
    ("coalescelist([], [])", None),
    ("range(0, 4611686018427387904)[7]", None),
    ('sensitive("x")', None),
    ('"%{ if true }a%{ endif }"', None),
]
LOCALS = """
locals {
  n       = "4.1"
  o       = { k = "v" }
  list    = ["a", "b"]
  objects = [{ id = "i" }, { id = "j" }]
}
"""


@pytest.mark.parametrize(("expression", "comes_to"), EXPRESSIONS)
def test_an_expression_is_evaluated_or_left_open_and_never_guessed(
    expression: str, comes_to: JsonValue
) -> None:
    body = f'name = "chat"\n  rai_policy_name = tostring({expression})'
    chat = found(read(ACCOUNT, LOCALS, deployment(body)))["chat"]
    properties = chat.resource["properties"]
    assert isinstance(properties, dict)
    assert properties.get("raiPolicyName") == comes_to
    assert ("raiPolicyName" in chat.open) is (comes_to is None)


def test_for_each_and_count_make_instances() -> None:
    each = deployment('for_each = toset(["b", "a"])\n  name = each.key')
    assert list(found(read(ACCOUNT, each))) == ["a", "b"]
    counted = deployment('count = 2\n  name = "chat-${count.index}"')
    assert list(found(read(ACCOUNT, counted))) == ["chat-0", "chat-1"]


def test_how_many_there_are_may_not_be_known() -> None:
    each = deployment("for_each = var.nowhere\n  name = each.key")
    made = read(ACCOUNT, each)
    assert "how often azurerm_cognitive_deployment.d is made (var.nowhere)" in made.left_out[0]


@pytest.mark.parametrize("loop", ["count = var.extra ? 1 : 0", "for_each = var.extra ? { x = 1 } : {}"])
def test_a_switch_that_nobody_set_is_a_condition(loop: str) -> None:
    text = deployment(f'{loop}\n  name = "extra"')
    switch = 'variable "extra" { type = bool }'
    assert found(read(ACCOUNT, switch, text))["extra"].condition == "var.extra"
    made = read(ACCOUNT, switch, text, assumed={"extra": "true"})
    assert (found(made)["extra"].condition, found(made)["extra"].assumed) == ("", True)
    with pytest.raises(UsageProblem, match="deployed with these values"):
        read(ACCOUNT, switch, text, values={"extra": "false"})


def test_values_come_from_files_the_environment_and_by_name_in_terraforms_order() -> None:
    text = deployment("name = var.name")
    declared = 'variable "name" { default = "default" }'
    assert list(found(read(ACCOUNT, declared, text))) == ["default"]
    environment = {"TF_VAR_name": "environment"}
    assert list(found(read(ACCOUNT, declared, text, environment=environment))) == ["environment"]
    Path("terraform.tfvars").write_text('name = "file"', "utf-8")
    assert list(found(read(ACCOUNT, declared, text, environment=environment))) == ["file"]
    Path("x.auto.tfvars.json").write_text('{"name": "auto"}', "utf-8")
    assert list(found(read(ACCOUNT, declared, text))) == ["auto"]
    Path("prod.tfvars").write_text('name = "named"', "utf-8")
    assert list(found(read(ACCOUNT, declared, text, files=(Path("prod.tfvars"),)))) == ["named"]
    made = read(ACCOUNT, declared, text, files=(Path("prod.tfvars"),), values={"name": "set"})
    assert list(found(made)) == ["set"]


def test_a_sensitive_variable_is_never_written_down() -> None:
    secret = 'variable "pw" {\n  sensitive = true\n  default = "hush"\n}'
    made = read(ACCOUNT, secret, deployment('name = "chat"\n  rai_policy_name = var.pw'))
    assert "hush" not in repr(made)
    assert found(made)["chat"].open["raiPolicyName"] == "var.pw, which is sensitive"


MODULE = """
variable "models" {
  type = map(object({ version = string, sku = optional(string, "Standard"), capacity = optional(number, 3) }))
}
variable "id" {}
resource "azurerm_cognitive_deployment" "this" {
  for_each             = var.models
  name                 = each.key
  cognitive_account_id = var.id
  model {
    format  = "OpenAI"
    name    = each.key
    version = each.value.version
  }
  dynamic "sku" {
    for_each = [each.value]
    content {
      name     = sku.value.sku
      capacity = sku.value.capacity
    }
  }
}
output "count" { value = length(var.models) }
"""


def test_modules_of_the_same_tree_are_read_with_what_they_are_given() -> None:
    Path("modules/oai").mkdir(parents=True)
    Path("modules/oai/main.tf").write_text(MODULE, "utf-8")
    call = """
module "oai" {
  source   = "./modules/oai"
  for_each = toset(["one"])
  id       = azurerm_cognitive_account.this.id
  models   = { gpt-4o = { version = "2024-11-20" }, o3 = { version = "2025-04-16", sku = "GlobalStandard" } }
}
"""
    made = read(ACCOUNT, call, deployment('name = "n-${module.oai["one"].count}"'))
    skus = {name: one.resource["sku"] for name, one in found(made).items()}
    assert {name: (sku["name"], sku["capacity"]) for name, sku in skus.items()} == {  # type: ignore[index,call-overload]
        "gpt-4o": ("Standard", 3), "o3": ("GlobalStandard", 3), "n-2": ("GlobalStandard", 10),
    }  # fmt: skip
    assert {there.name for there in made.accounts} == {"oai-dev"}


def test_a_module_from_elsewhere_is_told() -> None:
    made = read(ACCOUNT, 'module "x" {\n  source = "Azure/openai/azurerm"\n}', deployment())
    assert "module.x comes from Azure/openai/azurerm" in made.left_out[0]


def test_a_module_outside_the_tree_is_not_read() -> None:
    made = read(ACCOUNT, 'module "x" {\n  source = "../openai"\n}', deployment())
    assert "which is not in this tree" in made.left_out[0]


def test_an_account_that_is_looked_up_is_known_as_far_as_it_is_named() -> None:
    data = """
data "azurerm_cognitive_account" "there" {
  name                = "acc"
  resource_group_name = var.nowhere
}
"""
    (there,) = read(data, deployment(account="data.azurerm_cognitive_account.there.id")).accounts
    assert (there.name, there.resource_group, there.open["resourceGroup"]) == ("acc", None, "var.nowhere")


def test_a_computed_account_name_is_set_by_its_local() -> None:
    text = ACCOUNT.replace('"oai-${var.env}"', "local.name")
    random = 'locals {\n  name = "oai-${random_string.x.result}"\n}'
    (there,) = read(text, random, deployment()).accounts
    assert there.open["name"] == "oai-${random_string.x.result}"
    (there,) = read(text, random, deployment(), values={"name": "oai-abc"}).accounts
    assert there.name == "oai-abc"


def test_azapi_bodies_are_read_and_updates_laid_over() -> None:
    text = """
resource "azapi_resource" "chat" {
  type      = "Microsoft.CognitiveServices/accounts/deployments@2025-06-01"
  name      = "chat"
  parent_id = azurerm_cognitive_account.this.id
  body = {
    sku        = { name = "GlobalStandard", capacity = 10 }
    properties = { model = { format = "OpenAI", name = "gpt-4.1", version = "2025-04-14" } }
  }
}
resource "azapi_update_resource" "more" {
  type        = "Microsoft.CognitiveServices/accounts/deployments@2025-06-01"
  resource_id = azapi_resource.chat.id
  body        = jsonencode({ properties = { raiPolicyName = "strict" } })
}
"""
    chat = found(read(PROVIDER, ACCOUNT, text))["chat"]
    assert chat.resource["properties"]["raiPolicyName"] == "strict"  # type: ignore[index,call-overload]
    assert chat.resource["sku"] == {"name": "GlobalStandard", "capacity": 10}


def test_what_terraforms_lifecycle_says_is_told() -> None:
    body = 'name = "chat"\n  lifecycle {\n    ignore_changes = [sku[0].capacity]\n  }'
    assert "ignore_changes" in found(read(ACCOUNT, deployment(body)))["chat"].notes[0]


def test_an_attribute_that_nobody_knows_is_told() -> None:
    body = 'name = "chat"\n  something_new = "x"'
    assert "something_new" in found(read(ACCOUNT, deployment(body)))["chat"].lost[0]


def test_a_circle_and_a_loop_without_end_come_to_an_end() -> None:
    circle = "locals {\n  a = local.b\n  b = local.a\n}"
    chat = found(read(ACCOUNT, circle, deployment('name = "chat"\n  rai_policy_name = local.a')))["chat"]
    assert "raiPolicyName" in chat.open
    each = "[for a in range(4000) : [for b in range(4000) : [for c in range(4000) : c]]]"
    with pytest.raises(UsageProblem, match="steps to evaluate"):
        read(ACCOUNT, deployment(f'name = "chat"\n  rai_policy_name = {each}'))


def test_text_that_is_not_terraforms_language_is_told_with_its_line() -> None:
    with pytest.raises(UsageProblem, match=r"main\.tf cannot be read as Terraform's language, line 2"):
        read('resource "x" "y" {\n  = 1\n}')


def nested(signs: str, times: int) -> str:
    value = signs[0] * times + '"x"' + signs[1] * times
    return deployment(f'name = "chat"\n  rai_policy_name = {value}')


@pytest.mark.parametrize("signs", ["()", "[]"])
def test_what_is_nested_without_end_is_no_traceback(signs: str) -> None:
    assert "chat" in found(read(ACCOUNT, nested(signs, 40)))
    with pytest.raises(UsageProblem, match="nested deeper"):
        read(ACCOUNT, nested(signs, 3000))


def test_a_folder_without_tf_files_is_told() -> None:
    Path("empty").mkdir()
    with pytest.raises(UsageProblem, match=r"holds no \.tf files"):
        estate_of(Files(any_kind=(Path("empty"),)), Setting())


NAMES = st.from_regex(r"[a-z][a-z0-9-]{1,12}[a-z0-9]", fullmatch=True)
TEXTS = st.text(st.sampled_from(r'abzAZ019._-$"\ '), min_size=1, max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(models=st.dictionaries(NAMES, st.tuples(TEXTS, TEXTS, st.integers(1, 5000)), min_size=1, max_size=4))
def test_a_fleet_that_is_written_in_hcl_comes_back_as_it_was(models: dict[str, tuple[str, str, int]]) -> None:
    rows = "\n".join(
        f"    {name} = {{ name = {json.dumps(model)}, version = {json.dumps(version)}, capacity = {many} }}"
        for name, (model, version, many) in models.items()
    )
    text = f"""
locals {{
  models = {{
{rows}
  }}
}}
resource "azurerm_cognitive_deployment" "d" {{
  for_each             = local.models
  name                 = each.key
  cognitive_account_id = azurerm_cognitive_account.this.id
  model {{
    format  = "OpenAI"
    name    = each.value.name
    version = each.value.version
  }}
  sku {{
    name     = "Standard"
    capacity = each.value.capacity
  }}
}}
"""
    made: dict[str, Any] = {name: one.resource for name, one in found(read(ACCOUNT, text)).items()}
    rows_back = {
        name: (*(one["properties"]["model"][part] for part in ("name", "version")), one["sku"]["capacity"])
        for name, one in made.items()
    }
    assert rows_back == models


AZAPI_GROUP = """
variable "salt" { default = "" }
locals {
  token = substr(sha1(join("-", compact(["s", var.salt, "eastus2"]))), 0, 10)
}
resource "azapi_resource" "rg" {
  type      = "Microsoft.Resources/resourceGroups@2025-04-01"
  name      = "rg-one"
  parent_id = "/subscriptions/11111111-1111-1111-1111-111111111111"
}
resource "azapi_resource" "account" {
  type      = "Microsoft.CognitiveServices/accounts@2025-06-01"
  name      = "ai-${local.token}"
  parent_id = azapi_resource.rg.id
}
"""


def test_a_resource_group_of_azapi_stands_under_no_provider_and_names_may_be_hashes() -> None:
    (account,) = read(AZAPI_GROUP, deployment(account="azapi_resource.account.id")).accounts
    assert (account.subscription, account.resource_group) == (SUBSCRIPTION, "rg-one")
    assert account.name == "ai-5ac3e181ad"


TEMPLATE = """
resource "azurerm_resource_group_template_deployment" "inner" {{
  name                = "inner"
  resource_group_name = "rg"
  deployment_mode     = "Incremental"
  template_content    = {content}
  parameters_content  = jsonencode({{ size = {{ value = 12 }} }})
}}
"""
ARM = """{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"size": {"type": "int"}},
  "resources": [{
    "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2025-06-01",
    "name": "NAME/chat", "sku": {"name": "GlobalStandard", "capacity": "[parameters('size')]"},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}
  }]
}"""


@pytest.mark.parametrize(
    "content", [f"<<EOF\n{ARM}\nEOF", f"jsonencode({ARM})"], ids=["a heredoc", "jsonencode"]
)
def test_an_arm_template_that_is_deployed_is_looked_into(content: str) -> None:
    (account,) = read(TEMPLATE.format(content=content)).accounts
    assert (account.resource_group, account.name) == ("rg", "NAME")
    assert account.deployments[0].resource["sku"] == {"name": "GlobalStandard", "capacity": 12}


def test_a_template_whose_text_is_not_known_is_told() -> None:
    made = read(TEMPLATE.format(content=f"<<EOF\n{ARM.replace('NAME', '${var.name}')}\nEOF"))
    (told,) = made.left_out
    assert "inner deploys an ARM template, of which not known here: template_content. Left out" in told


def test_a_loop_that_is_not_known_is_told_as_it_was_written() -> None:
    loop = "name = each.key\n  for_each = { for one in var.models : one.name => one }"
    (told,) = read('variable "models" {}', deployment(loop)).left_out
    assert "for one in var.models" in told
