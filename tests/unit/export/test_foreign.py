"""Files of others: read whole or refused with a sentence, whatever is in them."""

import io
import json
import random
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.errors import UsageProblem
from reconciler.export.foreign import read_file

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "templates"
REFUSED: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"[]", "a list"),
    (b"null", "null"),
    (b'{"a": NaN}', "NaN"),
    (b'{"a": 1, "a": 2}', "twice"),
    (b'{"a": 1e999}', "too large"),
    (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
    (b'{"a": "\\ud800"}', "surrogate"),
    (b'{"a":' * 100_000, "nested deeper"),
    (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper"),
    (b"\xff\xfe\xff", "not UTF-8"),
    (b"resource x {}", "line 1"),
]


@pytest.mark.parametrize(("content", "says"), REFUSED)
def test_what_is_no_json_object_is_refused_with_a_reason(content: bytes, says: str) -> None:
    with pytest.raises(UsageProblem) as told:
        read_file(Path("-"), io.BytesIO(content))
    assert says in str(told.value)


def test_comments_of_arm_templates_are_read_over_but_not_inside_texts() -> None:
    text = b'\xef\xbb\xbf{ // one\n "a": "http://x /* no */", /* two\n lines */ "b": 1 }'
    assert read_file(Path("-"), io.BytesIO(text)).document == {"a": "http://x /* no */", "b": 1}


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.json", tmp_path / ("x" * 5000)):
        with pytest.raises(UsageProblem):
            read_file(path)


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(UsageProblem, match="larger than 16 MiB"):
        read_file(Path("-"), io.BytesIO(b" " * (17 << 20)))


@pytest.mark.parametrize("option", ["--from-arm-template", "--from-tfstate"])
def test_damaged_files_never_raise(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage = random.Random(7)  # noqa: S311 -- a test that repeats
    original = json.loads((CORPUS / "foundry-private-network.json").read_text("utf-8"))
    if option == "--from-tfstate":
        original = {
            "version": 4,
            "resources": [{"type": "azapi_resource", "instances": [{"attributes": {}}]}],
        }
    path = tmp_path / "x.json"
    for _ in range(60):
        path.write_text(json.dumps(_damaged(original, damage)), "utf-8")
        assert run(["export", option, str(path)]) in {0, 64}
    capsys.readouterr()


def _damaged(value: object, damage: random.Random) -> object:
    """The same, with something replaced somewhere."""
    if damage.random() < 0.04:
        return damage.choice(
            [None, 1, -1.5, True, [], {}, "", "[", "[parameters('x')]", "a/b/c", "\x1b[0m", ["x"]]
        )
    if isinstance(value, dict):
        return {key: _damaged(inner, damage) for key, inner in value.items()}
    if isinstance(value, list):
        return [_damaged(one, damage) for one in value]
    return value
