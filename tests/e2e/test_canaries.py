"""F-128, I-14: no secret is in anything that a command prints or leaves behind, whatever a server does.

Every command that talks to ARM runs as loud as it can, in each of its forms, against a server that quotes the
tokens which it was sent. A run counts only if the server was really sent them.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError

from reconciler.arm import tokens
from reconciler.arm.azure_credential import AccessToken
from reconciler.cli import embedded, run
from reconciler.clock import SystemClock
from tests.e2e.canaries import MANIFEST
from tests.e2e.eavesdropper import (
    CANARY,
    SIGNATURE,
    Eavesdropper,
    Spoiling,
    echo,
    listened_to,
    refusal,
    spoilt_writes,
    whole,
)

ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/aoai-one"
)
SECRETS = ("AZURE_CLIENT_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")


def reports(*forms: str) -> list[str]:
    return [word for form in forms for word in ("--report", f"{form}=report.{form}")]


def in_forms(words: list[str], *forms: str) -> list[list[str]]:
    return [[*words, "-o", form] for form in forms]


OF_A_PLAN = reports("text", "json", "markdown", "html", "github", "gitlab")
PLAN = ["plan", "fleet.yaml", "--validate-with-arm", "--out", "saved.plan", *OF_A_PLAN]
DRIFT = [
    "drift",
    "fleet.yaml",
    "--show-people",
    *reports("text", "json", "markdown", "html", "junit", "github", "prometheus"),
]
LONGEST = 45.0
"""Seconds; only the time limit is a longer wait, and it must not pass before what it limits is done."""
APPLY = ["apply", "fleet.yaml", "--yes", "--journal", "journal.jsonl", "--timeout", "60"]
READING = [
    PLAN,
    ["plan", "fleet.yaml", "--shard", "1/1", "--out", "shard.plan"],
    DRIFT,
    *in_forms(["show", "fleet.yaml"], "text", "json", "markdown", "html"),
    *in_forms(["quota", "fleet.yaml"], "text", "json", "markdown"),
    *in_forms(["lifecycle", "fleet.yaml"], "text", "json", "markdown", "html"),
    *in_forms(["doctor", "fleet.yaml", "--for", "apply"], "text", "json"),
    ["export", "--cloud", "emulator", "--account", ACCOUNT],
    *in_forms(["catalog", "refresh", "fleet.yaml", "--overlay", "overlay.json"], "text", "json"),
]
WRITING = [*in_forms(APPLY, "text", "json"), [*APPLY, "-o", "json", "--log-json"]]
LOUD = [[*words, "-v"] for words in [*READING, *WRITING]] + [[*PLAN, "-v", "--log-json"]]
ONCE = [words for words in LOUD if "-o" not in words or words[words.index("-o") + 1] in {"text", "json"}]


def crash(request: httpx.Request) -> httpx.Response:
    raise RuntimeError(f"cannot cope with {echo(request)}")


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError(f"illegal header {echo(request)}")


def foreign_page(request: httpx.Request) -> httpx.Response | None:
    """A list whose next page is elsewhere, and knows the token."""
    if request.url.path.endswith(("/deployments", "/models", "/usages")):
        link = f"https://evil.example/next?t={request.headers['authorization'].split()[-1]}{SIGNATURE}"
        return httpx.Response(200, json={"value": [], "nextLink": link})
    return None


def redirect(request: httpx.Request) -> httpx.Response:
    token = request.headers["authorization"].split()[-1]
    return httpx.Response(307, headers={"location": f"https://{token}.evil.example/{token}?{SIGNATURE}"})


def foreign_operation(request: httpx.Request) -> httpx.Response | None:
    """An accepted write whose operation is elsewhere, and knows all tokens."""
    if request.method != "PUT":
        return None
    token = request.headers["authorization"].split()[-1]
    url = f"https://evil.example/{token}?{SIGNATURE}"
    return httpx.Response(202, headers={"azure-asyncoperation": url})


SPOILT: dict[str, Spoiling] = {
    "401": refusal(401, "InvalidAuthenticationToken"),
    "403": refusal(403, "AuthorizationFailed"),
    "400": refusal(400, "SomethingNew"),
    "a code that is the token": lambda request: refusal(409, request.headers["authorization"])(request),
    "a redirect": redirect,
    "a page of a proxy": whole(200, lambda request: f"<html>{echo(request)}</html>"),
    "a bad gateway": whole(502, lambda request: f"<html>{echo(request)}</html>"),
    "a foreign nextLink": foreign_page,
    "a broken answer": broken,
    "a crash": crash,
}
SPOILT_WRITES: dict[str, Spoiling] = {
    "403": refusal(403, "LinkedAuthorizationFailed"),
    "401": refusal(401, "InvalidAuthenticationToken"),
    "400": refusal(400, "InsufficientQuota"),
    "a bad gateway": whole(502, lambda request: f"<html>{echo(request)}</html>"),
    "a redirect": redirect,
    "a foreign operation": foreign_operation,
    "a broken answer": broken,
    "a crash": crash,
}


def write_manifest(*, capacity: int = 10, ptus: int = 25, cloud: str = "emulator") -> None:
    text = MANIFEST.replace("CAPACITY", str(capacity)).replace("PTUS", str(ptus)).replace("CLOUD", cloud)
    Path("fleet.yaml").write_text(text)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state of an emulator to which the fleet was applied once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("settled"))
        patch.setenv("XDG_STATE_HOME", "home")
        write_manifest()
        assert run(["apply", "fleet.yaml", "--yes", "-q"]) == 0
        yield Path(".reconciler/emulator.db").resolve()


@pytest.fixture
def listen(
    tmp_path: Path, settled: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Spoiling], list[Eavesdropper]]:
    """A folder whose fleet differs from the settled state, secrets in the environment, no real waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    for name in SECRETS:
        monkeypatch.setenv(name, f"{CANARY}{name}")
    (tmp_path / ".reconciler").mkdir()
    shutil.copy(settled, tmp_path / ".reconciler/emulator.db")
    write_manifest(capacity=20, ptus=50)

    async def at_once(_: SystemClock, seconds: float) -> None:
        await asyncio.sleep(3.0 if seconds > LONGEST else min(seconds, 0.002))

    monkeypatch.setattr(SystemClock, "sleep", at_once)

    def listening(spoil: Spoiling) -> list[Eavesdropper]:
        ears: list[Eavesdropper] = []
        monkeypatch.setattr(embedded, "embedded", listened_to(spoil, ears))
        return ears

    return listening


def silent(told: str, ears: list[Eavesdropper]) -> None:
    """No canary and no genuine token is in what was told or in any file of this folder."""
    genuine = [token.encode() for ear in ears for token in ear.real.values()]
    written = {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert "fleet.yaml" in written
    for where, content in {"the terminal": told.encode(), **written}.items():
        for secret in (CANARY.encode(), *genuine):
            at = content.find(secret)
            assert at < 0, f"{where}: …{content[max(0, at - 120) : at + 80]!r}"


def told_by(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = run(words)
    streams = capsys.readouterr()
    return code, streams.out + streams.err


@pytest.mark.parametrize("words", LOUD, ids=" ".join)
def test_a_command_that_succeeds_leaves_no_secret_anywhere(
    words: list[str],
    listen: Callable[[Spoiling], list[Eavesdropper]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ears = listen(lambda _: None)
    code, told = told_by(words, capsys)
    assert code in {0, 2}, told
    assert "authorization" in ears[-1].sent
    if words[0] == "apply":
        assert "x-ms-authorization-auxiliary" in ears[-1].sent
        assert ears[-1].followed, "an operation was followed at its signed address"
    silent(told, ears)


def test_a_plan_merged_of_shards_holds_no_secret(
    listen: Callable[[Spoiling], list[Eavesdropper]], capsys: pytest.CaptureFixture[str]
) -> None:
    ears = listen(lambda _: None)
    for shard in ("1", "2"):
        words = ["plan", "fleet.yaml", "-v", "--shard", f"{shard}/2", "--out", f"{shard}.plan"]
        assert told_by(words, capsys)[0] == 0
    code, told = told_by(["plan", "merge", "1.plan", "2.plan", "-v", "--out", "all.plan", *OF_A_PLAN], capsys)
    assert code == 0, told
    assert any(ear.sent for ear in ears)
    silent(told, ears)


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_server_that_quotes_the_tokens_gets_no_command_to_repeat_them(
    spoil: Spoiling,
    listen: Callable[[Spoiling], list[Eavesdropper]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in ONCE:
        ears = listen(spoil)
        _, told = told_by(words, capsys)
        assert ears[-1].sent["authorization"], words
        assert "Traceback" not in told
        silent(told, ears)


@pytest.mark.parametrize("spoil", SPOILT_WRITES.values(), ids=SPOILT_WRITES)
def test_a_server_that_quotes_the_tokens_of_a_write_gets_no_report_to_repeat_them(
    spoil: Spoiling,
    listen: Callable[[Spoiling], list[Eavesdropper]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_manifest(ptus=50)  # only the one that needs both tokens
    for words in WRITING:
        ears = listen(spoilt_writes(spoil))
        _, told = told_by([*words, "-v"], capsys)
        assert ears[-1].sent["x-ms-authorization-auxiliary"], words
        silent(told, ears)


class Talkative:
    """A credential that says in its error what it was given."""

    asked = 0

    def __init__(self, problem: Callable[[str], Exception]) -> None:
        self._problem = problem

    def get_token(self, *scopes: str, tenant_id: str | None = None) -> AccessToken:
        type(self).asked += 1
        given = " ".join(f"{name}={os.environ[name]}" for name in SECRETS)
        raise self._problem(f"POST /{tenant_id}/oauth2/v2.0/token client_secret={given} for {scopes}")


@pytest.mark.parametrize("problem", [ClientAuthenticationError, ValueError, RuntimeError])
def test_a_credential_that_quotes_its_secret_gets_no_command_to_repeat_it(
    problem: type[Exception],
    listen: Callable[[Spoiling], list[Eavesdropper]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """F-098, F-128: a refusal of the authority, a wrong setting, and a library's own bug."""
    listen(lambda _: None)
    write_manifest(cloud="AzureCloud")
    monkeypatch.setattr(tokens, "azure_credential", lambda *_: Talkative(problem))
    for words in ONCE:
        before = Talkative.asked
        cloud = ["--credential", "environment"]
        where = [*cloud, "--cloud", "AzureCloud"] if words[0] == "export" else cloud
        code, told = told_by([one for one in words if one not in {"--cloud", "emulator"}] + where, capsys)
        assert Talkative.asked > before, words
        assert code != 0, told
        assert "Traceback" not in told
        silent(told, [])
