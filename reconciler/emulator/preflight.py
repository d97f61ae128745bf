"""`POST /providers/Microsoft.Resources/validateResources`: whether resources would be accepted.

Rule of this module: it answers by running the checks of a PUT without the PUT. Request and answers follow
what the azapi provider of Terraform sends, expects and documents; how a child resource is named is assumed.
"""

from dataclasses import replace

from reconciler.emulator import accounts, admission, auth, deployment_fields, errors, manager_errors
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, without_nulls

_SHAPES = {"provider": str, "type": str, "location": str, "scope": str, "resources": list}


def validate(turn: Turn) -> Answer:
    """200 when every deployment among the resources would be admitted, else 400 with the inner errors."""
    asked = turn.body(_SHAPES)
    kind = f"{asked.get('provider', '')}/{asked.get('type', '')}".lower()
    if kind != "microsoft.cognitiveservices/accounts/deployments":
        raise errors.not_modelled(f"validateResources of type '{kind}'")
    scope = [part for part in str(asked.get("scope", "")).split("/") if part]
    if len(scope) != 4 or scope[0].lower() != "subscriptions" or scope[2].lower() != "resourcegroups":
        raise errors.invalid_content("scope is not /subscriptions/{id}/resourceGroups/{name}")
    auth.require_tenant(turn.store, turn.caller, scope[1])
    items = asked.get("resources", [])
    found = [(item, refusal) for item in items if (refusal := _try(turn, scope, item))]
    if not found:
        above = f"{asked['scope']}/providers/{asked['provider']}/accounts"
        names = [f"{above}/{item['name'].replace('/', '/deployments/')}" for item in items]
        return Answer(status=200, body={"properties": {"validatedResources": names}}, from_provider=False)
    details: list[Json] = [
        {
            "code": refusal.code,
            "target": str(item.get("name", "")) if isinstance(item, dict) else "",
            "message": refusal.message,
        }
        for item, refusal in found
    ]
    raise manager_errors.resource_validation_failed(details)


def _try(turn: Turn, scope: list[str], item: object) -> errors.Refusal | None:
    if not isinstance(item, dict) or str(item.get("name", "")).count("/") != 1:
        return errors.invalid_content("each resource needs a name of the form account/deployment")
    account_name, name = str(item["name"]).split("/")
    args = {"subscription": scope[1], "group": scope[3], "account": account_name, "deployment": name}
    asked = replace(turn, args=args, version=str(item.get("apiVersion", turn.version)))
    body = without_nulls(item)
    try:
        expect(body, deployment_fields.SHAPES)
        account = accounts.require_parent(asked, "write")
        before = turn.store.get("deployment", f"{accounts.key_of(asked)}/deployments/{name.lower()}")
        admission.admit(asked, account["body"], body, before)
    except errors.Refusal as refusal:
        return refusal
    return None
