"""Stagings of rows F-076 to F-088: others at work."""

from tests.emulator.arm import ACCOUNT, deployment, gpt_4o
from tests.fidelity.staging import (
    CHAT,
    GET,
    PUT,
    Ask,
    Staging,
    account_in,
    equals,
    error,
    full_pool,
    present,
    put,
    row,
)
from tests.fidelity.wire import Seen

_ASYNC = "Azure-AsyncOperation"
_ELSEWHERE = (
    "https://other.example/subscriptions/x/operationResults/1",
    "http://127.0.0.1:1/operationResults/1",
    "ftp://127.0.0.1/operationResults/1",
    "http://user:secret@127.0.0.1/operationResults/1",
    "http://127.0.0.1.other.example/operationResults/1",
)
_MALFORMED = ("/relative/operationResults/1", "", "http://[", "http://127.0.0.1/" + "x" * 9000)


def _after(staged: object) -> Ask:
    return Ask(control=("world", staged if isinstance(staged, dict) else {}))


def _shows(seen: Seen, status: object) -> bool:
    return bool(seen.json["status"] == status)


OTHERS: tuple[Staging, ...] = (
    *(
        row(
            76,
            f"the account is {state}",
            [account_in(state)],
            [Ask(path=ACCOUNT), PUT],
            equals(lambda s: (s[0].state, s[1].code), (state, "RequestConflict")),
        )
        for state in ("Accepted", "Creating", "Moving", "ResolvingDNS")
    ),
    row(
        77,
        "the account is Deleting",
        [account_in("Deleting")],
        [Ask(path=ACCOUNT)],
        lambda s: s[0].state == "Deleting",
    ),
    row(
        77,
        "the account is Failed",
        [account_in("Failed")],
        [Ask(path=ACCOUNT)],
        lambda s: s[0].state == "Failed",
    ),
    row(
        77,
        "the account is soft-deleted",
        [],
        [
            Ask(method="DELETE", path=ACCOUNT),
            Ask(path=ACCOUNT),
            Ask(method="PUT", path=ACCOUNT, body={"location": "swedencentral", "kind": "OpenAI"}),
        ],
        lambda s: [one.code for one in s[1:]] == ["ResourceNotFound", "FlagMustBeSetForRestore"],
    ),
    row(
        78,
        "the item is in progress when it is read",
        [present("Updating")],
        [GET, PUT],
        lambda s: s[0].state == "Updating" and s[1].code == "RequestConflict",
    ),
    row(
        79,
        "the account says Succeeded, the provider still says Accepted",
        [
            put(
                {
                    "status": 400,
                    "body": error("AccountProvisioningStateInvalid", "Account x in state Accepted"),
                }
            )
        ],
        [Ask(path=ACCOUNT), PUT, PUT],
        lambda s: (
            s[0].state == "Succeeded"
            and "in state Accepted" in s[1].json["error"]["message"]
            and s[2].status == 201
        ),
    ),
    row(
        80,
        "the item is changed by somebody between plan and apply",
        [present()],
        [GET, _after({"deployments": [{"id": CHAT, "sku": {"capacity": 33}}]}), GET],
        lambda s: (
            [s[0].json["sku"]["capacity"], s[2].json["sku"]["capacity"]] == [10, 33]
            and s[0].json["etag"] != s[2].json["etag"]
        ),
    ),
    row(
        81,
        "the item is changed between a GET and the PUT",
        [present()],
        [GET, _after({"deployments": [{"id": CHAT, "sku": {"capacity": 33}}]}), PUT, GET],
        lambda s: s[3].json["sku"]["capacity"] == 10,
    ),
    row(
        82,
        "two appliers at once: one write is answered, the other 409 (here the first one still runs)",
        [("lro", {"for": "all"})],
        [PUT, Ask(method="PUT", path=deployment("other"), body=gpt_4o(1))],
        lambda s: s[0].status == 201 and s[1].code == "RequestConflict",
    ),
    row(
        83,
        "another applier writes the same item otherwise",
        [],
        [PUT, Ask(method="PUT", body=gpt_4o(20), client="other"), GET],
        lambda s: s[2].json["sku"]["capacity"] == 20 and s[2].json["systemData"]["lastModifiedBy"] == "other",
    ),
    row(
        84,
        "quota is taken by somebody between plan and apply",
        [],
        [GET, Ask(control=full_pool(5)), PUT],
        lambda s: s[2].code == "InsufficientQuota",
    ),
    row(
        85,
        "a decrease fails",
        [present(), put({"status": 500}, path="/deployments/chat")],
        [Ask(method="PUT", body=gpt_4o(5)), GET],
        lambda s: s[0].status == 500 and s[1].json["sku"]["capacity"] == 10,
    ),
    row(
        86,
        "the model is withdrawn between plan and apply",
        [],
        [
            GET,
            Ask(control=("clock", {"set": "2030-01-01T00:00:00Z"})),
            Ask(method="PUT", body=PUT.body, fresh=True),
        ],
        lambda s: s[2].code == "ServiceModelDeprecated",
    ),
    row(
        87,
        "a spillover target cannot be created, and what names it is refused",
        [put({"status": 400, "body": error("InvalidCapacity")}, path="/deployments/spill$")],
        [
            Ask(method="PUT", path=deployment("spill"), body=gpt_4o(1)),
            Ask(method="PUT", body=gpt_4o(10, spilloverDeploymentName="spill")),
        ],
        lambda s: [one.status for one in s] == [400, 400] and "'spill'" in s[1].json["error"]["message"],
    ),
    row(
        88,
        "the service upgrades the version by its own policy",
        [("world", {"deployments": [{"id": CHAT, **gpt_4o(10, version="2024-05-13")}]})],
        [GET, Ask(control=("settings", {"autoUpgrade": "on"})), GET],
        lambda s: (
            s[0].json["properties"]["model"]["version"]
            == "2024-05-13"
            < s[2].json["properties"]["model"]["version"]
        ),
    ),
)
