"""A fleet over two tenants, with a fine-tuned model whose source is in the other one."""

from __future__ import annotations

MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: canaries}
spec:
  cloud: CLOUD
  subscriptions:
    prod:     {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
    research: {id: 22222222-2222-2222-2222-222222222222, tenant: bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: one}
spec:
  account: {subscription: prod, resourceGroup: rg, name: aoai-one, region: swedencentral}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: CAPACITY}
    - name: tuned
      model:
        name: gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef
        version: "1"
        source: {subscription: research, resourceGroup: rg-ft, account: aoai-ft}
      sku: {name: ProvisionedManaged, capacity: PTUS}
"""
