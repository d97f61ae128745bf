"""`Microsoft.Authorization/permissions` at an account: what is told is what is enforced."""

from tests.emulator.arm import ACCOUNT, Arm, fleet

PERMISSIONS = f"{ACCOUNT}/providers/Microsoft.Authorization/permissions"
OLD = "2022-04-01"


def role(arm: Arm, scope: str, *actions: str) -> None:
    arm.control("world", {"roles": [{"clientId": arm.client, "scope": scope, "actions": list(actions)}]})


def test_an_identity_without_roles_may_do_everything() -> None:
    reply = fleet().arm("GET", PERMISSIONS, version=OLD)
    assert reply.status == 200
    assert reply.json == {
        "value": [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]
    }


def test_each_role_above_the_account_is_told_and_no_other() -> None:
    arm = fleet()
    role(arm, ACCOUNT, "Microsoft.CognitiveServices/*")
    role(arm, "/subscriptions/11111111-1111-1111-1111-111111111111", "*/read")
    role(arm, f"{ACCOUNT}-other", "*/delete")
    told = [one["actions"] for one in arm.arm("GET", PERMISSIONS, version=OLD).json["value"]]
    assert sorted(told) == [["*/read"], ["Microsoft.CognitiveServices/*"]]


def test_whoever_may_not_look_is_refused() -> None:
    arm = fleet()
    role(arm, ACCOUNT, "Microsoft.CognitiveServices/*")
    assert arm.arm("GET", PERMISSIONS, version=OLD).code == "AuthorizationFailed"


def test_an_account_that_does_not_exist_is_a_gap_said_aloud() -> None:
    reply = fleet().arm("GET", PERMISSIONS.replace("/acc/", "/nobody/"), version=OLD)
    assert (reply.status, reply.code) == (501, "EmulatorGap")
