"""An examination tells each trouble once, with what to do, and is never stopped by one."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.rights import Check, Grant, Status
from reconciler.domain.state import ObservedAccount, ObservedDeployment, Offer, QuotaPool
from reconciler.engine.doctor import clock_check, examine
from reconciler.errors import (
    ArmContractBroken,
    ArmUnreachable,
    CredentialError,
    Forbidden,
    NotFound,
    ReconcilerError,
)
from tests.unit.plan.states import desired, state

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVERYTHING = (Grant(actions=("*",)),)
NARROW = (Grant(actions=("Microsoft.CognitiveServices/accounts/deployments/*", "*/read")),)


def forbidden() -> Forbidden:
    return Forbidden("no", operation="read", target="it", status=403, code="AuthorizationFailed")


@dataclass
class Patient:
    """The reads of an examination, each with its answer or its trouble."""

    rights: tuple[Grant, ...] | ReconcilerError = NARROW
    troubles: dict[str, ReconcilerError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def _ask(self, what: str, about: str) -> None:
        self.asked.append(f"{what} {about}")
        trouble = self.troubles.get(f"{what} {about}") or self.troubles.get(what)
        if trouble is not None:
            raise trouble

    async def get_account(self, account: AccountId) -> ObservedAccount:
        self._ask("account", account.name)
        return ObservedAccount(id=account, region=Region("swedencentral"))

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        self._ask("deployments", account.name)
        return ()

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        self._ask("policies", account.name)
        return ()

    async def list_tuned_models(self, account: AccountId) -> tuple[str, ...]:
        self._ask("models", account.name)
        return ()

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        self._ask("pools", region.name)
        del subscription
        return ()

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        self._ask("offers", region.name)
        del subscription
        return ()

    async def list_rights(self, account: AccountId) -> tuple[Grant, ...]:
        self._ask("rights", account.name)
        if isinstance(self.rights, ReconcilerError):
            raise self.rights
        return self.rights


def examined(patient: Patient, *, to_apply: bool = False, own_machine: bool = False) -> list[Check]:
    told: list[Check] = []
    fleet = state(desired("chat"), desired("chat", in_account="other"), accounts=("acc", "other"))
    asyncio.run(
        examine(fleet, patient, told.append, parallelism=4, to_apply=to_apply, own_machine=own_machine)
    )
    return told


def unwell(checks: list[Check]) -> list[tuple[str, str, Status]]:
    return [(one.name, one.subject, one.status) for one in checks if one.status is not Status.OK]


def test_a_fleet_that_lacks_nothing_is_well() -> None:
    patient = Patient()
    checks = examined(patient, to_apply=True)
    assert unwell(checks) == []
    assert {one.subject for one in checks} >= {"acc", "other"}
    assert [what for what in patient.asked if what.startswith("pools")] == ["pools swedencentral"]


MUST: list[tuple[str, str, Status]] = [
    ("account", "account", Status.FAILED),
    ("deployments", "deployments", Status.FAILED),
    ("pools", "quota", Status.FAILED),
    ("offers", "offers", Status.FAILED),
    ("policies", "content filters", Status.WARNING),
    ("models", "fine-tuned models", Status.WARNING),
]


@pytest.mark.parametrize(("what", "name", "status"), MUST, ids=[what for what, *_ in MUST])
def test_a_right_that_is_lacking_is_named_with_the_role_that_has_it(
    what: str, name: str, status: Status
) -> None:
    checks = [one for one in examined(Patient(troubles={what: forbidden()})) if one.status is not Status.OK]
    assert {(one.name, one.status) for one in checks} == {(name, status)}
    assert all("reconciler-plan" in one.fix for one in checks)
    assert all("Microsoft.CognitiveServices/" in one.fix for one in checks)


def test_a_models_list_that_is_none_is_told() -> None:
    broken = ArmContractBroken("the answer cannot be used: it is not JSON", operation="list", target="models")
    checks = [one for one in examined(Patient(troubles={"offers": broken})) if one.status is not Status.OK]
    assert [(one.name, one.status) for one in checks] == [("offers", Status.FAILED)]
    assert "cannot be used: it is not JSON" in checks[0].message


def test_one_account_s_trouble_leaves_the_other_its_own() -> None:
    gone = NotFound("gone", operation="read", target="acc", status=404, code="ResourceNotFound")
    checks = examined(Patient(troubles={"account acc": gone}))
    assert unwell(checks) == [("account", "acc", Status.FAILED)]
    assert any(one.subject == "other" and one.name == "rights to write" for one in checks)


def test_what_cannot_be_asked_just_now_is_unverified_where_nothing_depends_on_it() -> None:
    away = ArmUnreachable("no answer", operation="list", target="acc")
    checks = examined(Patient(rights=away, troubles={"policies": away}))
    assert {(one.name, one.status) for one in checks if one.status is not Status.OK} == {
        ("content filters", Status.UNVERIFIED),
        ("rights to write", Status.UNVERIFIED),
    }


def test_without_a_token_every_account_says_so() -> None:
    checks = examined(Patient(troubles={"account": CredentialError("no token", tenant="t")}))
    assert unwell(checks) == [("account", "acc", Status.FAILED), ("account", "other", Status.FAILED)]


@pytest.mark.parametrize(("to_apply", "status"), [(False, Status.WARNING), (True, Status.FAILED)])
def test_rights_to_write_are_a_must_only_for_whoever_applies(status: Status, *, to_apply: bool) -> None:
    reader = (Grant(actions=("*/read",)),)
    checks = examined(Patient(rights=reader), to_apply=to_apply)
    assert unwell(checks) == [("rights to write", "acc", status), ("rights to write", "other", status)]
    found = next(one for one in checks if one.name == "rights to write")
    assert "deployments/write" in found.message
    assert "deployments/delete" in found.message
    assert "operationResults" not in found.message


@pytest.mark.parametrize(("own_machine", "times"), [(False, 2), (True, 0)])
def test_an_identity_that_may_delete_accounts_is_told_of_narrower_roles(
    times: int, *, own_machine: bool
) -> None:
    checks = examined(Patient(rights=EVERYTHING), own_machine=own_machine)
    found = [one for one in checks if one.name == "least privilege"]
    assert [one.status for one in found] == [Status.WARNING] * times
    assert all("listKeys" in one.message for one in found)


SKEWS: list[tuple[float, Status]] = [
    (0.0, Status.OK),
    (60.0, Status.OK),
    (61.0, Status.WARNING),
    (-61.0, Status.WARNING),
    (300.0, Status.WARNING),
    (301.0, Status.FAILED),
    (-86_400.0, Status.FAILED),
]


@pytest.mark.parametrize(("seconds", "status"), SKEWS)
def test_a_clock_is_judged_by_how_far_it_is_from_arm_s(seconds: float, status: Status) -> None:
    """F-097."""
    check = clock_check(NOW + timedelta(seconds=seconds), NOW, own_machine=False)
    assert check.status is status
    assert ("ahead" in check.message) is (seconds > 1)


def test_no_time_from_arm_is_unverified_and_an_emulator_s_calendar_is_its_own() -> None:
    assert clock_check(NOW, None, own_machine=False).status is Status.UNVERIFIED
    assert clock_check(NOW, datetime(2020, 1, 1, tzinfo=UTC), own_machine=True).status is Status.OK


def test_a_token_that_is_not_taken_is_a_matter_of_tenants_and_not_of_roles() -> None:
    refused = Forbidden("no", operation="read", target="it", status=401, code="InvalidAuthenticationToken")
    (fix,) = {one.fix for one in examined(Patient(troubles={"account": refused})) if one.fix}
    assert "tenant" in fix
    assert "role" not in fix
