"""A tour of every operation that the emulator and an OpenAPI document share, each status on the way.

Rule of this module: it only asks; what it got is judged elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet, gpt_4o

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
GROUP = f"/subscriptions/{SUB_A}/resourceGroups/rg"
POLICY = f"{ACCOUNT}/raiPolicies/strict"
NEW = f"{ACCOUNT}-new"
GONE = f"{PROVIDER}/locations/swedencentral/resourceGroups/rg/deletedAccounts/acc-new"
MODEL = "modelFormat=OpenAI&modelName=gpt-4o&modelVersion=2024-11-20"
ESTIMATE = {
    "model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"},
    "skuName": "ProvisionedManaged",
    "workloads": [
        {"requestPerMinute": 10, "requestParameters": {"avgPromptTokens": 500, "avgGeneratedTokens": 50}}
    ],
}
S0 = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One exchange of the tour."""

    method: str
    path: str
    version: str
    reply: Reply


@dataclass(kw_only=True)
class Guide:
    """Walks one version; operations it does not have are left to the others."""

    version: str
    arm: Arm = field(default_factory=lambda: fleet(settings={"throttling": "off"}))

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Stop:
        reply = self.arm.arm(method, path, body, version=self.version, headers=headers)
        return Stop(method=method, path=path.partition("?")[0], version=self.version, reply=reply)

    def lro(self, **rule: object) -> None:
        assert self.arm.control("lro", rule).status == 200

    def settle(self) -> None:
        self.arm.control("clock", {"advanceSeconds": 100})
        self.arm.call("GET", "/metadata/endpoints", bearer="")


def tour(version: str) -> Iterator[Stop]:
    """Every exchange, in an order in which each can succeed."""
    guide = Guide(version=version)
    yield from accounts(guide)
    yield from deployments(guide)
    if version >= "2024-10-01":
        yield from policies(guide)
        yield from patches(guide)
    yield from readings(guide)
    yield from refusals(guide)


def accounts(guide: Guide) -> Iterator[Stop]:
    yield guide.ask("PUT", NEW, S0)
    guide.settle()
    yield guide.ask("PUT", NEW, S0)
    guide.settle()
    guide.lro(puts="accepted")
    yield guide.ask("PUT", NEW, {**S0, "properties": {"disableLocalAuth": False}})
    guide.lro(puts="created")
    guide.settle()
    yield guide.ask("PATCH", NEW, {"properties": {"disableLocalAuth": True}})
    guide.settle()
    guide.lro(polls=0)
    yield guide.ask("PATCH", NEW, {"tags": {"a": "c"}})
    guide.settle()
    yield guide.ask("DELETE", NEW)
    yield guide.ask("DELETE", NEW)
    yield guide.ask("GET", f"{PROVIDER}/deletedAccounts")
    yield guide.ask("GET", GONE)
    yield guide.ask("DELETE", GONE)
    yield guide.ask("DELETE", GONE)
    yield guide.ask("PUT", NEW, S0)
    guide.lro(polls=2, deletes="long")
    yield guide.ask("DELETE", NEW)
    guide.settle()
    yield guide.ask("GET", GONE)
    yield guide.ask("DELETE", GONE)
    guide.lro(polls=0, deletes="at once")
    guide.settle()


def deployments(guide: Guide) -> Iterator[Stop]:
    path = deployment()
    yield guide.ask("GET", f"{ACCOUNT}/deployments")
    yield guide.ask("PUT", path, gpt_4o(10))
    yield guide.ask("PUT", path, gpt_4o(20))
    yield guide.ask("GET", path)
    yield guide.ask("GET", f"{ACCOUNT}/deployments")
    guide.lro(polls=2)
    yield guide.ask("PUT", deployment("ptu"), gpt_4o(50, sku="ProvisionedManaged"))
    guide.settle()
    yield guide.ask("DELETE", deployment("ptu"))
    guide.lro(polls=2, deletes="long")
    yield guide.ask("DELETE", path)
    guide.settle()
    yield guide.ask("DELETE", path)
    guide.lro(polls=0, deletes="at once")


def patches(guide: Guide) -> Iterator[Stop]:
    path = deployment("patched")
    yield guide.ask("PUT", path, gpt_4o(50, sku="ProvisionedManaged"))
    yield guide.ask("PATCH", path, {"tags": {"a": "b"}})
    guide.lro(polls=2)
    yield guide.ask("PATCH", path, {"sku": {"name": "ProvisionedManaged", "capacity": 100}})
    guide.settle()
    yield guide.ask("GET", f"{path}/skus")
    yield guide.ask("GET", f"{deployment('none')}/skus")
    guide.lro(polls=0)


def policies(guide: Guide) -> Iterator[Stop]:
    body = {"properties": {"basePolicyName": "Microsoft.DefaultV2", "mode": "Blocking"}}
    yield guide.ask("GET", f"{ACCOUNT}/raiPolicies")
    yield guide.ask("PUT", POLICY, body)
    yield guide.ask("PUT", POLICY, body)
    yield guide.ask("GET", POLICY)
    yield guide.ask("GET", f"{ACCOUNT}/raiPolicies/Microsoft.DefaultV2")
    guide.lro(polls=2, deletes="long")
    yield guide.ask("DELETE", POLICY)
    guide.settle()
    yield guide.ask("DELETE", POLICY)
    guide.lro(polls=0, deletes="at once")


def readings(guide: Guide) -> Iterator[Stop]:
    yield guide.ask("GET", ACCOUNT)
    yield guide.ask("GET", f"{GROUP}/providers/Microsoft.CognitiveServices/accounts")
    yield guide.ask("GET", f"{PROVIDER}/accounts")
    yield guide.ask("GET", f"{ACCOUNT}/models")
    yield guide.ask("GET", f"{ACCOUNT}/usages")
    yield guide.ask("GET", f"{PROVIDER}/skus")
    yield guide.ask("GET", f"{PROVIDER}/locations/eastus2/models")
    yield guide.ask("GET", f"{PROVIDER}/locations/eastus2/usages")
    if guide.version >= "2024-10-01":
        yield guide.ask("GET", f"{PROVIDER}/modelCapacities?{MODEL}")
        yield guide.ask("GET", f"{PROVIDER}/locations/eastus2/modelCapacities?{MODEL}")
        yield guide.ask("POST", f"{PROVIDER}/calculateModelCapacity", ESTIMATE)


def refusals(guide: Guide) -> Iterator[Stop]:
    """Each operation refused once: the documented `default` answer."""
    absent = ACCOUNT.replace("/rg/", "/nowhere/")
    yield guide.ask("GET", f"{absent.rpartition('/')[0]}")
    for method in ("GET", "DELETE", "PUT", "PATCH"):
        yield guide.ask(method, absent, S0 if method in {"PUT", "PATCH"} else None)
    for child in ("models", "usages", "deployments"):
        yield guide.ask("GET", f"{absent}/{child}")
    for method in ("GET", "DELETE", "PUT"):
        yield guide.ask(method, f"{absent}/deployments/chat", gpt_4o() if method == "PUT" else None)
    for name in ("models", "usages"):
        yield guide.ask("GET", f"{PROVIDER}/locations/atlantis/{name}")
    other = Arm(guide.arm.emulator, client="nobody")
    guide.arm.control("world", {"roles": [{"clientId": "nobody", "scope": "/none", "actions": ["*"]}]})
    guide.arm = other
    for path in (f"{PROVIDER}/accounts", f"{PROVIDER}/deletedAccounts", f"{PROVIDER}/skus", GONE):
        yield guide.ask("GET", path)
    yield guide.ask("DELETE", GONE)
    if guide.version >= "2024-10-01":
        yield guide.ask("PATCH", deployment(), {"tags": {}})
        yield guide.ask("GET", f"{PROVIDER}/modelCapacities?{MODEL}")
        yield guide.ask("GET", f"{PROVIDER}/locations/eastus2/modelCapacities?{MODEL}")
        yield guide.ask("POST", f"{PROVIDER}/calculateModelCapacity", ESTIMATE)
        yield guide.ask("GET", f"{ACCOUNT}/raiPolicies")
        for method in ("GET", "DELETE", "PUT"):
            yield guide.ask(method, POLICY, {} if method == "PUT" else None)
