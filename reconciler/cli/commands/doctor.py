"""`reconciler doctor`: whether this machine, this identity and this fleet are ready, and what is missing."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reconciler import __version__
from reconciler.arm.api_version import DEFAULT_API_VERSION, lost_in
from reconciler.arm.client import ArmClient
from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.connecting import connect, endpoint_of, no_fleet
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import OVERLAY, catalogue
from reconciler.cli.looking import looking
from reconciler.cli.loop import TimeLimit, run_reading
from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.wiring import Loaded, load_manifests, the_clock
from reconciler.diagnostics import Severity, counted
from reconciler.domain.fleet import DesiredState
from reconciler.domain.rights import Check, Status
from reconciler.engine.doctor import clock_check, examine
from reconciler.report import doctor as report

_LIBRARIES = ("azure-identity", "click", "deepdiff", "httpx", "pydantic", "PyYAML", "rich")
_OLD = 120
"""Days after which the catalogue is called old: models are announced and retired by the quarter."""


def doctor(*, chosen: Chosen, connection: Connection, purpose: str, output: Output) -> Exit:
    """Examine cloud, sign-in, rights, clock, api-version, versions and manifests."""
    checks: list[Check] = [_program(), _catalogue(the_clock().now().date())]
    loaded = _manifests(chosen, connection, checks.append)
    desired = (loaded.desired if loaded else None) or no_fleet(connection)
    try:
        with looking(output, 0):
            to_apply = purpose == "apply"
            run_reading(connection.timeout, _look, desired, connection, output, checks, to_apply=to_apply)
    except TimeLimit as passed:
        checks.append(Check("time limit", "this command", Status.FAILED, str(passed), "raise --timeout"))
    write_forms(
        output,
        of=(report, checks),
        text=lambda each: report.render_text(checks, style=style_of(each), verbose=each.verbose),
        json=lambda _: report.document(checks, tool_version=__version__).to_json(),
    )
    return Exit.FAILED if any(check.status == "failed" for check in checks) else Exit.DONE


# -- this machine --------------------------------------------------------------------------------------


def _program() -> Check:
    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    message = f"reconciler {__version__} on Python {platform.python_version()}; {', '.join(found)}"
    if missing:
        fix = "install reconciler again: what it needs is incomplete"
        return Check("program", platform.system(), Status.FAILED, f"{message}; no {', '.join(missing)}", fix)
    return Check("program", platform.system(), Status.OK, message)


def _catalogue(today: date) -> Check:
    known = catalogue()
    age = (today - known.date).days
    overlay = os.environ.get(OVERLAY)
    subject = f"shipped, under {overlay}" if overlay else "shipped"
    message = f"as of {known.date}, {counted(age, 'day')} old"
    if age > _OLD:
        fix = "install a newer reconciler, or `reconciler catalog refresh`"
        return Check("catalogue", subject, Status.WARNING, message, fix)
    return Check("catalogue", subject, Status.OK, message)


def _manifests(chosen: Chosen, connection: Connection, tell: Callable[[Check], None]) -> Loaded | None:
    """The manifests, where there are any; their absence fails only a path that was named."""
    if chosen.paths == (DEFAULT_PATH,) and not Path(DEFAULT_PATH).exists():
        message = "there are none here; only cloud and sign-in are checked"
        fix = "name the folder with the manifests"
        tell(Check("manifests", DEFAULT_PATH, Status.UNVERIFIED, message, fix))
        return None
    loaded = load_manifests(chosen, connection.cloud)
    errors = sum(found.severity is Severity.ERROR for found in loaded.diagnostics)
    message = f"{counted(loaded.files, 'file')}, {counted(loaded.deployments, 'deployment')}"
    message += f", {counted(errors, 'error')}" if errors else ""
    status = Status.FAILED if errors else Status.OK
    fix = "`reconciler validate` shows them" if errors else ""
    tell(Check("manifests", ", ".join(chosen.paths), status, message, fix))
    return loaded


# -- ARM -----------------------------------------------------------------------------------------------


async def _look(
    desired: DesiredState, connection: Connection, output: Output, checks: list[Check], *, to_apply: bool
) -> None:
    tell = checks.append
    async with connect(connection, output, desired, keep_state=False) as arm:
        where = connection.endpoint or endpoint_of(desired.fleet.cloud)
        said = "" if connection.endpoint is None else ", which --endpoint or RECONCILER_ENDPOINT names"
        tell(Check("cloud", desired.fleet.cloud, Status.OK, f"at {where}{said}"))
        for tenant in _tenants(desired):
            await _sign_in(arm, tenant, tell)
        await examine(
            desired,
            arm,
            tell,
            parallelism=connection.parallelism,
            to_apply=to_apply,
            own_machine=arm.loopback,
        )
        if desired.accounts:
            tell(clock_check(the_clock().now(), arm.server_time, own_machine=arm.loopback))
            wanted = connection.api_version or desired.fleet.api_version
            known = any(check.name == "account" and check.status == "ok" for check in checks)
            tell(_api_version(arm, wanted, known=known))


def _tenants(desired: DesiredState) -> tuple[str | None, ...]:
    """Every tenant that a run signs in to: of the accounts, then of the accounts that models come from."""
    default = os.environ.get("AZURE_TENANT_ID")
    by_id = {
        subscription.id.lower(): subscription.tenant for subscription in desired.fleet.subscriptions.values()
    }
    found = [by_id.get(account.id.subscription.lower()) or default for account in desired.accounts]
    found += [
        tenant for deployment in desired.deployments if (tenant := deployment.source_tenant) is not None
    ]
    return tuple(dict.fromkeys(found)) or (default,)


async def _sign_in(arm: ArmClient, tenant: str | None, tell: Callable[[Check], None]) -> None:
    tried = await arm.sign_in(tenant)
    subject = f"tenant {tenant}" if tenant else "the credential's own tenant"
    words = "; ".join(f"{item.name} ({item.reason})" for item in tried if item.client is None)
    answered = next((item for item in tried if item.client is not None), None)
    if answered is None:
        fix = "sign in with `az login`, or give the job an identity; --credential names one way"
        tell(Check("sign-in", subject, Status.FAILED, f"no credential has a token: {words}", fix))
        return
    message = f"{answered.name} answered, as client {answered.client}"
    tell(Check("sign-in", subject, Status.OK, f"{message}; before it {words}" if words else message))


def _api_version(arm: ArmClient, chosen: str | None, *, known: bool) -> Check:
    """After the reads: by now the endpoint has said whether it knows ours."""
    used, wanted = arm.deployments_version, chosen or DEFAULT_API_VERSION
    status = Status.OK
    message, fix, lost = "known to the endpoint", "", lost_in(used)
    if not known:
        status, message = Status.UNVERIFIED, "no account was answered in it"
    elif used != wanted:
        message = f"the endpoint does not know {wanted}" + (f"; it cannot carry {lost}" if lost else "")
        status, fix = Status.WARNING, "nothing, unless you declare one of these"
    elif lost:
        status, message = Status.WARNING, f"it cannot carry {lost}; a write may reset them"
        fix = "leave --api-version and Fleet.spec.apiVersion out"
    return Check("api-version", used, status, message, fix)
