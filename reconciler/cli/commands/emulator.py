"""`reconciler emulator`: the embedded ARM over HTTP, and control of its state."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from reconciler.cli.exit_codes import Exit, Interrupted
from reconciler.cli.help import Group
from reconciler.cli.options import FILE, READABLE, Output, output_options
from reconciler.cli.wiring import write_result
from reconciler.errors import UsageProblem

_STATE = click.option(
    "--state",
    envvar="RECONCILER_EMULATOR_STATE",
    type=FILE,
    default=Path(".reconciler/emulator.db"),
    show_default=True,
    help="SQLite file of the state; `:memory:` keeps none (serve only).  [RECONCILER_EMULATOR_STATE]",
)


_LARGEST_WORLD = 64 * 1024**2


def _document(path: Path | None) -> dict[str, object] | None:
    import json

    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_WORLD + 1)
        if len(content) > _LARGEST_WORLD:
            raise UsageProblem(f"the world {path} is larger than {_LARGEST_WORLD // 1024**2} MiB")
        found = json.loads(content)
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageProblem(f"cannot read the world {path}: {problem}") from problem
    if not isinstance(found, dict):
        raise UsageProblem(f"the world {path} is not a JSON object with subscriptions, accounts, …")
    return found


@click.group("emulator", cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """An emulator of Azure Resource Manager for Microsoft.CognitiveServices; loopback only."""


@command.command("serve")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free one."
)
@_STATE
@click.option("--world", type=READABLE, help="JSON to begin with.")
@click.option("--latency-ms", type=click.IntRange(0, 60_000), default=0, help="Added to every answer.")
@click.option("--tls-cert", type=READABLE)
@click.option("--tls-key", type=READABLE)
def serve(
    *,
    port: int,
    state: Path,
    world: Path | None,
    latency_ms: int,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> int:
    """Serve on this machine alone; prints one JSON line with the base URL when ready.

    The line's `controlToken` is what POST /_emulator/… wants in the header x-emulator-control;
    RECONCILER_EMULATOR_CONTROL_TOKEN fixes it. Ends with 0 on SIGINT and SIGTERM.
    """
    try:
        from reconciler.emulator.server import serve as run
    except ImportError as missing:
        raise UsageProblem(
            "serving the emulator needs a web server, which the extra brings: "
            "pip install 'aoai-reconciler[emulator]'. The embedded emulator (`cloud: emulator`) needs none"
        ) from missing
    with contextlib.suppress(Interrupted):  # the signal by which a server is ended is no interruption
        return run(
            port=port,
            state=None if str(state) == ":memory:" else state,
            world=_document(world),
            latency_ms=latency_ms,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
    return Exit.DONE


@command.command("reset")
@_STATE
def reset(*, state: Path) -> None:
    """Forget everything that the state holds."""
    _control(state, "POST", "reset", {})
    click.echo(f"{state} reset", err=True)


@command.command("load")
@click.argument("world", type=READABLE)
@_STATE
def load(*, world: Path, state: Path) -> None:
    """Merge a world document into the state."""
    try:
        found = _control(state, "POST", "world", _document(world) or {})
    except UsageProblem as problem:
        raise UsageProblem(f"{world}: {problem}. Nothing of it was loaded") from problem
    odd = found["warnings"]
    for text in odd if isinstance(odd, list) else ():
        click.echo(f"warning: {text}", err=True)
    click.echo(f"{world} loaded into {state}", err=True)


@command.command("clock")
@click.option("--at", metavar="TIME", help="Set it, such as 2026-11-24T00:00:00Z.")
@click.option("--advance-days", type=click.IntRange(min=1), metavar="N", help="Let N days pass.")
@_STATE
def clock(*, at: str | None, advance_days: int | None, state: Path) -> None:
    """Say what time it is there, or move it; what is due by then happens (upgrades, retirements, expiry)."""
    if at is not None and advance_days is not None:
        raise UsageProblem("--at and --advance-days each move the clock. Give one of them")
    if at is not None:
        found = _control(state, "POST", "clock", {"at": at})
    elif advance_days is not None:
        found = _control(state, "POST", "clock", {"advanceSeconds": advance_days * 86_400})
    else:
        found = _control(state, "GET", "clock", None)
    click.echo(str(found.get("now")))


@command.command("status")
@click.option("--behaviours", is_flag=True, help="List each behaviour and how it is known.")
@_STATE
@output_options("json")
def status(*, behaviours: bool, state: Path, output: Output) -> None:
    """Say what the state holds, or what the emulator does and how that is known."""
    import json

    if behaviours:
        write_result(output, json.dumps(_control(state, "GET", "behaviours", None), indent=2))
        return
    found = _control(state, "GET", "status", None)
    write_result(output, json.dumps({"state": str(state), **found}, indent=2))


def _control(state: Path, method: str, name: str, body: dict[str, object] | None) -> dict[str, object]:
    """One call of the control surface, in this process."""
    import asyncio

    kept = None if method == "GET" and not state.exists() else state  # looking makes no file
    return asyncio.run(_ask(kept, method, name, body))


async def _ask(
    state: Path | None, method: str, name: str, body: dict[str, object] | None
) -> dict[str, object]:
    import httpx

    from reconciler.emulator import application

    emulator = application(state=state)
    transport = httpx.ASGITransport(app=emulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.request(method, f"/_emulator/{name}", json=body)
    emulator.close()
    found = answer.json()
    if answer.is_error or not isinstance(found, dict):
        error = found.get("error") if isinstance(found, dict) else None
        said = error.get("message", found) if isinstance(error, dict) else found
        raise UsageProblem(f"the emulator refused: {said}")
    return found
