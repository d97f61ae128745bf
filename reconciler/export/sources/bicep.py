"""Bicep files through the `bicep` executable, which alone knows the language.

`bicep build --stdout` prints a template, `bicep build-params --stdout` an object with `templateJson` and
`parametersJson` as text (Bicep CLI 0.20 and newer). Without the executable, parameters that are written out
in a .bicepparam file are read here; those that are computed are not known.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from reconciler.domain.deployment import JsonValue
from reconciler.errors import UsageProblem
from reconciler.export.foreign import DEEPEST, ForeignFile, parse_json, read_bytes

_T = TypeVar("_T")

_TIMEOUT: Final = 120
"""Seconds for one file; modules from a registry are fetched meanwhile."""


def built_template(path: Path) -> ForeignFile:
    """The template that a .bicep file is."""
    return parse_json(str(path), _run("build", path))


def built_parameters(path: Path) -> tuple[ForeignFile | None, ForeignFile]:
    """The template that a .bicepparam file uses, if bicep could build it, and its parameters."""
    if shutil.which("bicep") is None:
        return None, ForeignFile(name=str(path), document={"parameters": written_parameters(path)})
    built = parse_json(str(path), _run("build-params", path)).document
    if "parametersJson" not in built:
        return None, ForeignFile(name=str(path), document=built)
    template, parameters = (
        parse_json(str(path), text.encode()) if isinstance(text, str) else None
        for text in (built.get("templateJson"), built["parametersJson"])
    )
    if parameters is None:
        raise UsageProblem(f"{path}: `bicep build-params` printed no parameters")
    return template, parameters


def _run(verb: str, path: Path) -> bytes:
    if not path.is_file():
        raise UsageProblem(f"{path} is not there, or is not a regular file")
    bicep = shutil.which("bicep")
    if bicep is None:
        output = "main.json"
        raise UsageProblem(
            f"{path} is Bicep, and no `bicep` executable was found to read it. Where there is one, run "
            f"`bicep {verb} {path.name} --outfile {output}` (or `az bicep {verb} --file {path.name} "
            f"--outfile {output}`) and pass --from {output}"
        )
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own tool, without a shell
            [bicep, verb, "--stdout", str(path)], capture_output=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise UsageProblem(f"{path}: `bicep {verb}` did not end well: {problem}") from problem
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageProblem(f"{path}: `bicep {verb}` failed: {' '.join(said[:3])[:400]}")
    return done.stdout


# -- parameters that are written out ----------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r]+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<line>\n)"
    r"|(?P<block>'''\n?.*?''')"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*')"
    r"|(?P<number>-?\d{1,18}(?![\w.]))"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>[\[\]{}:,=])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\", "$": "$"}


class _Computed(Exception):  # noqa: N818 -- becomes "not known" at once
    """The value is not written out but computed."""


def written_parameters(path: Path) -> dict[str, JsonValue]:
    """The parameters of a .bicepparam file as a parameter file has them; a computed one has no value."""
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    tokens = [
        (match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text) if match.lastgroup != "space"
    ]
    found: dict[str, JsonValue] = {}
    starts = [
        number
        for number, token in enumerate(tokens)
        if token == ("name", "param") and (number == 0 or tokens[number - 1][0] == "line")
    ]
    for start in starts:
        reader = _Literals(tokens, start + 1)
        name = reader.take("name")
        try:
            reader.expect("=")
            value = reader.value(0)
            reader.end()
        except _Computed:
            found[name] = {"computed": True}
        else:
            found[name] = {"value": value}
    return found


class _Literals:
    """Reads one literal of Bicep, token by token."""

    def __init__(self, tokens: Sequence[tuple[str, str]], at: int) -> None:
        self._tokens = tokens
        self._at = at

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("line", "")

    def take(self, kind: str) -> str:
        """The next token, which must be of a kind."""
        found, text = self._peek()
        self._at += 1
        if found != kind:
            raise _Computed
        return text

    def expect(self, sign: str) -> None:
        """The sign that must come next."""
        if self.take("sign") != sign:
            raise _Computed

    def end(self) -> None:
        """The end of the statement."""
        if self._peek()[0] != "line":
            raise _Computed

    def value(self, depth: int) -> JsonValue:
        """A text, a number, a word, a list or an object."""
        kind, text = self._peek()
        self._at += 1
        if depth > DEEPEST:
            raise _Computed
        if kind == "text":
            return _unescaped(text[1:-1])
        if kind == "block":
            return text[3:-3].removeprefix("\n")
        if kind == "number":
            return int(text)
        if kind == "name" and text in _WORDS:
            return _WORDS[text]
        if (kind, text) == ("sign", "["):
            return list(self._items("]", lambda: self.value(depth + 1)))
        if (kind, text) == ("sign", "{"):
            return dict(self._items("}", lambda: self._property(depth)))
        raise _Computed

    def _property(self, depth: int) -> tuple[str, JsonValue]:
        kind, text = self._peek()
        self._at += 1
        if kind not in {"name", "text"}:
            raise _Computed
        self.expect(":")
        return (text if kind == "name" else _unescaped(text[1:-1])), self.value(depth + 1)

    def _items(self, closing: str, read: Callable[[], _T]) -> Iterator[_T]:
        while True:
            while self._peek()[0] == "line" and self._at < len(self._tokens):
                self._at += 1
            if self._peek() == ("sign", closing):
                self._at += 1
                return
            yield read()
            if self._peek() == ("sign", ","):
                self._at += 1
            elif self._peek()[0] != "line" and self._peek() != ("sign", closing):
                raise _Computed


def _unescaped(text: str) -> str:
    if re.search(r"(?<!\\)\$\{", text):
        raise _Computed
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)
