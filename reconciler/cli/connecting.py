"""To ARM, or to what plays it: where it is, who we are there, and a client for both.

Rule of this module: a sign-in begins once it is certain where its token may go.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.options import Connection, Output
from reconciler.cli.wiring import note, say_shard, the_clock
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    import httpx

    from reconciler.arm.client import ArmClient
    from reconciler.arm.network import Network
    from reconciler.arm.settings import ArmSettings
    from reconciler.arm.tokens import TokenSource
    from reconciler.domain.fleet import DesiredState

_TO_SEND = 0.005
"""Seconds in which a request goes out."""

EMBEDDED = "http://127.0.0.1"


@asynccontextmanager
async def connect(
    connection: Connection,
    output: Output,
    desired: DesiredState,
    *,
    read_only: bool = True,
    may_validate: bool = False,
    keep_state: bool = True,
) -> AsyncIterator[ArmClient]:
    """An ARM client for the fleet's cloud; for `cloud: emulator` the emulator inside this process.

    Unless a command is there to write, the transport itself refuses every method but GET (law I-04), and the
    POST of ARM's own validation where the user asked for that. Without `keep_state` an embedded emulator that
    has no state yet leaves none behind.
    """
    import uuid

    from reconciler.arm.network import Network
    from reconciler.arm.settings import ArmSettings

    say_shard(output, desired)
    cloud = desired.fleet.cloud
    endpoint = connection.endpoint or endpoint_of(cloud)
    network = Network(ca_file=connection.ca_file)
    settings = ArmSettings(
        endpoint=endpoint,
        tenants={s.id.lower(): s.tenant for s in desired.fleet.subscriptions.values() if s.tenant},
        default_tenant=os.environ.get("AZURE_TENANT_ID"),
        parallelism=connection.parallelism,
        network=network,
        correlation_id=str(uuid.uuid4()),
        read_only=read_only,
        may_ask=may_validate,
    )
    version = connection.api_version or desired.fleet.api_version
    if version:
        settings = replace(settings, api_version=version)
    within = cloud == "emulator" and connection.endpoint is None
    with (
        _embedded_transport(connection, output, desired, keep=keep_state)
        if within
        else nullcontext() as transport
    ):
        tokens = _tokens(connection, cloud, endpoint, network, transport)
        async with _signing_in(settings, tokens, desired) if transport is None else nullcontext():
            from reconciler.arm.client import ArmClient

            async with ArmClient(
                settings,
                tokens,
                the_clock(),
                transport=transport,
                on_warning=lambda text: note(output, f"warning: {text}"),
            ) as client:
                yield client


@asynccontextmanager
async def _signing_in(
    settings: ArmSettings, tokens: TokenSource, desired: DesiredState
) -> AsyncIterator[None]:
    """Sign in for all accounts while what speaks to ARM is imported.

    What becomes of it is told to whoever asks for the token first.
    """
    import asyncio

    from reconciler.arm.auth import Auth

    auth = Auth.of(settings, tokens)
    tenants = {auth.tenant_of(account.id.subscription) for account in desired.accounts}
    signing = [asyncio.ensure_future(tokens.token(tenant)) for tenant in tenants]
    try:
        if signing:
            await asyncio.sleep(0)  # each makes a connection, which takes more than the time to send
            await asyncio.sleep(_TO_SEND)
        yield
    finally:
        for task in signing:
            task.cancel()
        await asyncio.gather(*signing, return_exceptions=True)


def no_fleet(connection: Connection) -> DesiredState:
    """What stands for the manifests where there are none: it declares nothing, in the connection's cloud."""
    from reconciler.domain.fleet import DesiredState, Fleet

    return DesiredState(fleet=Fleet(cloud=connection.cloud or Fleet().cloud, declared=False))


def endpoint_of(cloud: str) -> str:
    """ARM's address in a cloud; that of the embedded emulator leads nowhere else."""
    from reconciler.arm.addresses import CLOUDS

    return EMBEDDED if cloud == "emulator" else CLOUDS[cloud].endpoint


def _tokens(
    connection: Connection,
    cloud: str,
    endpoint: str,
    network: Network,
    transport: httpx.AsyncBaseTransport | None,
) -> TokenSource:
    from reconciler.arm.origin import endpoint_origin
    from reconciler.arm.tokens import AzureTokens, EmulatorTokens

    origin = endpoint_origin(endpoint)
    loopback = origin is not None and origin.loopback
    if cloud == "emulator" and not loopback:
        raise UsageProblem(
            f"the Fleet says cloud: emulator, and {endpoint} is not on this machine, where emulators are. "
            "Give an address such as http://127.0.0.1:8080, or name the address's own cloud with --cloud"
        )
    kind = connection.credential or ("emulator" if loopback else "default")
    if loopback != (kind == "emulator"):
        raise UsageProblem(
            f"--credential {kind} does not go with {endpoint}: an address on this machine is given only the "
            "emulator's own tokens, and the emulator's tokens are given to nobody else. "
            + (
                "Leave --credential out"
                if loopback
                else "Choose another credential, or the address of an emulator"
            )
        )
    if kind == "emulator":
        return EmulatorTokens(endpoint, transport=transport, network=network)
    return AzureTokens(kind=kind, cloud=cloud, clock=the_clock(), network=network)


@contextmanager
def _embedded_transport(
    connection: Connection, output: Output, desired: DesiredState, *, keep: bool
) -> Iterator[httpx.AsyncBaseTransport]:
    from reconciler.cli.embedded import embedded

    state = connection.emulator_state if keep or connection.emulator_state.exists() else None
    with embedded(state, desired) as (transport, created):
        for account in created:
            note(output, f"note: created account {account.rpartition('/')[2]} in the emulator")
        yield transport
