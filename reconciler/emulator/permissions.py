"""`Microsoft.Authorization/permissions` of an account: what the caller may do there.

Rule of this module: it tells what `auth.may` enforces, and nothing else decides. Documented: a page of
objects with actions, notActions, dataActions and notDataActions, one for each role that covers the scope.
"""

from reconciler.emulator import accounts, auth, errors
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json


def of_account(turn: Turn) -> Answer:
    """The caller's roles at an account; an identity for which no role was posted may do everything."""
    found = turn.store.get("account", accounts.key_of(turn))
    if found is None:
        raise errors.not_modelled("the permissions at an account that does not exist")
    roles = auth.roles_at(turn.store, turn.caller.client, found["body"]["id"])
    return turn.page([_permission(actions) for actions in roles])


def _permission(actions: list[str]) -> Json:
    return {"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}
