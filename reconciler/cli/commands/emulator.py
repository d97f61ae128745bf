"""`reconciler emulator`: the embedded ARM over HTTP, and control of its state."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import click
import httpx

from reconciler.cli.exit_codes import Exit, Interrupted
from reconciler.cli.loop import enter, must_have_files
from reconciler.cli.options import Output
from reconciler.cli.wiring import write_result
from reconciler.emulator import StateError, application
from reconciler.errors import UsageProblem

_LARGEST_WORLD = 64 * 1024**2


def _document(path: Path | None) -> dict[str, object] | None:
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


def serve(
    *,
    port: int,
    state: Path,
    world: Path | None,
    latency_ms: int,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> int:
    """Serve until a signal ends it."""
    must_have_files()
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


def reset(*, state: Path) -> None:
    """Forget everything that the state holds."""
    _control(state, "POST", "reset", {})
    click.echo(f"{state} reset", err=True)


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


def clock(*, at: str | None, advance_days: int | None, state: Path) -> None:
    """Say what time it is there, or move it; what is due by then happens (upgrades, retirements, expiry)."""
    if at is not None and advance_days is not None:
        raise UsageProblem("--at and --advance-days each move the clock. Give one of them")
    days: dict[str, object] = {} if advance_days is None else {"advanceSeconds": advance_days * 86_400}
    body = days if at is None else dict[str, object](at=at)
    found = _control(state, "POST" if body else "GET", "clock", body or None)
    click.echo(str(found.get("now")))


def status(*, behaviours: bool, state: Path, output: Output) -> None:
    """Say what the state holds, or what the emulator does and how that is known."""
    about = {} if behaviours else {"state": str(state)}
    found = _control(state, "GET", "behaviours" if behaviours else "status", None)
    write_result(output, json.dumps(about | found, indent=2))


def _control(state: Path, method: str, name: str, body: dict[str, object] | None) -> dict[str, object]:
    """One call of the control surface, in this process."""
    kept = None if method == "GET" and not state.exists() else state  # looking makes no file

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, f"/_emulator/{name}", json=body)

    with contextlib.closing(application(state=kept)) as emulator:
        transport = httpx.ASGITransport(app=emulator)
        try:
            answer = enter(asked)
        except StateError as problem:
            raise UsageProblem(str(problem)) from problem
    found = answer.json()
    if answer.is_error or not isinstance(found, dict):
        error = found.get("error") if isinstance(found, dict) else None
        said = error.get("message", found) if isinstance(error, dict) else found
        raise UsageProblem(f"the emulator refused: {said}")
    return found
