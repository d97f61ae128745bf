"""What the provider itself says of a resource below an account, laid around what was asked.

Rule of this module: read off recordings of October 2025 and April 2026 (projects, connections) and of 2022
and 2023 (commitment plans); a type without a face shows what it was given.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.emulator import account_faces, commitments
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One write of a child: the account's body, the child's id, and what was asked of it."""

    turn: Turn
    account: Json
    id: str
    given: Json
    """The whole body, merged with the old one for a PATCH."""
    is_first: bool
    """Whether the account has no other child of this type."""

    @property
    def properties(self) -> Json:
        return self.given.get("properties") or {}


def _project(asked: Asked) -> Json:
    """A location and a state of its own, an address in the Foundry, and whether it is the first one."""
    name, key = asked.id.rpartition("/")[2], asked.id.lower()
    host = at(asked.account, "properties", "customSubDomainName") or asked.account["name"]
    own = {
        "endpoints": {"AI Foundry API": f"https://{host}.services.ai.azure.com/api/projects/{name}"},
        "isDefault": asked.is_first,
        "internalId": uuid.uuid5(uuid.NAMESPACE_URL, key).hex,
        "provisioningState": "Succeeded",
    }
    identity = asked.given.get("identity")
    return {
        "name": f"{asked.account['name']}/{name}",
        "location": asked.given.get("location") or asked.account["location"],
        "kind": asked.account["kind"],
        "properties": {**asked.properties, **own},
        **({"identity": account_faces.identity(asked.turn, key, identity)} if identity else {}),
    }


_GROUPS = {
    "AIServices": "AzureAI",
    "AzureOpenAI": "AzureAI",
    "CognitiveSearch": "AzureAI",
    "CognitiveService": "AzureAI",
}


def _connection(asked: Asked) -> Json:
    """Secrets are never shown; what is not said has a value all the same.

    Every project shares a connection of the account, none that of another project.
    """
    given = asked.properties
    shown: Json = {
        "authType": given.get("authType"),
        "group": _GROUPS.get(str(given.get("category")), "Azure"),
        "category": given.get("category"),
        "expiryTime": None,
        "target": given.get("target"),
        "useWorkspaceManagedIdentity": False,
        "isSharedToAll": "/projects/" not in asked.id,
        "sharedUserList": [],
        "peRequirement": "NotRequired",
        "peStatus": "NotApplicable",
        "error": None,
        "isDefault": True,
        "metadata": {},
    }
    return {
        "tags": asked.given.get("tags"),
        "location": None,
        "properties": {**shown, **given, "credentials": None},
    }


def _plan(asked: Asked) -> Json:
    """The address in lower case, the periods with their dates and quotas."""
    address, _, name = asked.id.rpartition("/commitmentPlans/")
    return {
        "id": f"{address}/commitmentplans/{name}",
        "type": "Microsoft.CognitiveServices/accounts/commitmentplans",
        "properties": commitments.plan(asked.turn.now, asked.properties),
    }


def agents_host(turn: Turn, account: Json) -> Json | None:
    """What an account brings along whose network is injected for agents: a capability host (reported, 2025).

    The result is the child as `children` keeps it; none for any other account.
    """
    injections = at(account, "properties", "networkInjections")
    injections = [injections] if isinstance(injections, dict) else injections or []
    if not any(
        isinstance(injection, dict) and injection.get("scenario") == "agent" for injection in injections
    ):
        return None
    name, kind = f"{account['name']}@aml_aiagentservice", "accounts/capabilityHosts"
    address = f"{account['id']}/capabilityHosts/{name}"
    body = {
        "id": address,
        "name": name,
        "type": f"Microsoft.CognitiveServices/{kind}",
        "properties": {"capabilityHostKind": "Agents", "provisioningState": "Succeeded"},
        "systemData": turn.system_data(None),
        "etag": account["etag"],
    }
    return {"key": address.lower(), "type": kind, "body": body}


FACES: Mapping[str, Callable[[Asked], Json]] = {
    "accounts/projects": _project,
    "accounts/connections": _connection,
    "accounts/projects/connections": _connection,
    "accounts/commitmentPlans": _plan,
}
