"""Where ARM is, how to speak to it, and which tokens may go there.

Rule of this module: real credentials go to their own cloud's hosts and never to this machine, the emulator's
never leave it. No setting of the environment, and no flag either, sends a token anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.arm.api_version import DEFAULT_API_VERSION
from reconciler.arm.network import Network
from reconciler.arm.origin import Origin, endpoint_origin
from reconciler.arm.printable import printable
from reconciler.arm.retry import LONGEST_WAIT
from reconciler.arm.tokens import AzureTokens, EmulatorTokens, TokenSource
from reconciler.errors import UsageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSettings:
    """How to reach ARM.

    `tenants` maps subscription ids to tenant ids. `parallelism` is the number of requests in flight at once;
    `longest_wait` is in seconds: what asks for more ends the request instead. A `read_only` client cannot
    send anything but GET, and one that `may_ask` POSTs that only ask.
    """

    endpoint: str
    api_version: str = DEFAULT_API_VERSION
    tenants: Mapping[str, str] = field(default_factory=dict)
    default_tenant: str | None = None
    parallelism: int = 128
    network: Network | None = None
    correlation_id: str = ""
    longest_wait: float = LONGEST_WAIT
    read_only: bool = False
    may_ask: bool = False


def home_of(endpoint: str, tokens: TokenSource) -> Origin:
    """The endpoint's origin, if it is one and the tokens may go there; raises UsageProblem."""
    home = endpoint_origin(endpoint)
    if home is None:
        raise UsageProblem(
            f"{printable(endpoint, 120)} is not an ARM endpoint: allowed are https://HOST[:PORT] and, on "
            "this machine only, http://127.0.0.1:PORT. Name it with --endpoint, or choose a cloud"
        )
    if home.loopback and isinstance(tokens, AzureTokens):
        raise UsageProblem(
            f"real credentials are not used with {home}, which is on this machine. Leave --credential out"
        )
    if isinstance(tokens, AzureTokens) and not (home.usual and tokens.cloud.owns(home.host)):
        own = tokens.cloud.endpoint.removeprefix("https://")
        raise UsageProblem(
            f"{home} is not an address of {tokens.cloud.name}, and a real credential is sent nowhere else. "
            f"Allowed are {own} and hosts that end in .{own}. Leave --endpoint and RECONCILER_ENDPOINT out, "
            "or choose the cloud that the address belongs to"
        )
    if not home.loopback and isinstance(tokens, EmulatorTokens):
        raise UsageProblem(f"the emulator's tokens open nothing at {home}. Choose another --credential")
    return home
