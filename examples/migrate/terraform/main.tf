provider "azurerm" {
  features {}
  subscription_id = "10000000-0000-0000-0000-000000000013"
}

variable "models" {
  type = map(object({
    name     = string
    version  = string
    sku      = optional(string, "GlobalStandard")
    capacity = number
  }))
}

resource "azurerm_resource_group" "moved" {
  name     = "rg-moved"
  location = "swedencentral"
}

resource "azurerm_cognitive_account" "moved" {
  name                = "aoai-moved-swc"
  resource_group_name = azurerm_resource_group.moved.name
  location            = azurerm_resource_group.moved.location
  kind                = "OpenAI"
  sku_name            = "S0"
}

resource "azurerm_cognitive_deployment" "model" {
  for_each             = var.models
  name                 = each.key
  cognitive_account_id = azurerm_cognitive_account.moved.id

  version_upgrade_option = "NoAutoUpgrade"

  model {
    format  = "OpenAI"
    name    = each.value.name
    version = each.value.version
  }

  sku {
    name     = each.value.sku
    capacity = each.value.capacity
  }
}
