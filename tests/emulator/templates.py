"""A template deployment, as Bicep and azd send it."""

from __future__ import annotations

from typing import Any

from tests.emulator.arm import SUB_A

GROUP = f"/subscriptions/{SUB_A}/resourceGroups/rg"


MAIN = f"{GROUP}/providers/Microsoft.Resources/deployments/main"


VERSION = "2024-11-01"


REFERENCE = (
    "[reference(resourceId('Microsoft.CognitiveServices/accounts', parameters('accountName'))).endpoint]"
)


def template(capacity: object = 10, **more: object) -> dict[str, Any]:
    """As Bicep compiles an account and two deployments, one of which waits for the other."""
    name = "[format('{0}/{1}', parameters('accountName'), 'chat')]"
    account = "[resourceId('Microsoft.CognitiveServices/accounts', parameters('accountName'))]"
    chat = (
        "[resourceId('Microsoft.CognitiveServices/accounts/deployments', parameters('accountName'), 'chat')]"
    )
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    api = "2025-06-01"
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "accountName": {
                "type": "string",
                "defaultValue": "[format('ai{0}', uniqueString(resourceGroup().id))]",
            },
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        },
        "variables": {"domain": "[toLower(parameters('accountName'))]"},
        "resources": [
            {
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "apiVersion": api,
                "name": "[format('{0}/{1}', parameters('accountName'), 'ptu')]",
                "sku": {"name": "ProvisionedManaged", "capacity": 50},
                "properties": {"model": model, "spilloverDeploymentName": "chat"},
                "dependsOn": [account, chat],
            },
            {
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "apiVersion": api,
                "name": name,
                "sku": {"name": "GlobalStandard", "capacity": capacity},
                "properties": {"model": model},
                "dependsOn": [account],
            },
            {
                "type": "Microsoft.CognitiveServices/accounts",
                "apiVersion": api,
                "name": "[parameters('accountName')]",
                "location": "[parameters('location')]",
                "kind": "AIServices",
                "sku": {"name": "S0"},
                "properties": {"customSubDomainName": "[variables('domain')]"},
            },
        ],
        "outputs": {
            "endpoint": {
                "type": "string",
                "value": REFERENCE,
            }
        },
        **more,
    }
