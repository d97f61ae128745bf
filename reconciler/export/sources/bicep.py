"""Bicep files through the `bicep` executable, which alone knows the language.

`bicep build --stdout` prints a template, `bicep build-params --stdout` an object with `templateJson` and
`parametersJson` as text (Bicep CLI 0.20 and newer). Without the executable, parameters that are written out
in a .bicepparam file are read here; those that are computed are not known.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

from reconciler.domain.deployment import JsonValue
from reconciler.errors import UsageProblem
from reconciler.export.expressions.grammar import BadExpressionError, Tokens
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


def written_parameters(path: Path) -> dict[str, JsonValue]:
    """The parameters of a .bicepparam file as a parameter file has them; a computed one has no value."""
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    tokens = [
        (match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text) if match.lastgroup != "space"
    ]
    tokens.append(("line", ""))
    found: dict[str, JsonValue] = {}
    for number, (token, (kind, name)) in enumerate(pairwise(tokens), start=2):
        if token != ("name", "param") or (number > 2 and tokens[number - 3][0] != "line") or kind != "name":
            continue
        reader = _Literals(tokens, number)
        try:
            reader.expect("=")
            value = reader.value(0)
            found[name] = {"value": value} if reader.peek()[0] == "line" else {"computed": True}
        except BadExpressionError:
            found[name] = {"computed": True}
    return found


class _Literals(Tokens):
    """Reads one literal of Bicep; what is not written out but computed is a bad expression."""

    def value(self, depth: int) -> JsonValue:
        """A text, a number, a word, a list or an object."""
        kind, text = self.next()
        if depth > DEEPEST:
            raise BadExpressionError
        match kind, text:
            case "text", _:
                return _unescaped(text[1:-1])
            case "block", _:
                return text[3:-3].removeprefix("\n")
            case "number", _:
                return int(text)
            case "name", _ if text in _WORDS:
                return _WORDS[text]
            case "sign", "[":
                return list(self._items("]", lambda: self.value(depth + 1)))
            case "sign", "{":
                return dict(self._items("}", lambda: self._property(depth)))
        raise BadExpressionError

    def _property(self, depth: int) -> tuple[str, JsonValue]:
        kind, text = self.next()
        if kind not in {"name", "text"}:
            raise BadExpressionError
        self.expect(":")
        return (text if kind == "name" else _unescaped(text[1:-1])), self.value(depth + 1)

    def _items(self, closing: str, read: Callable[[], _T]) -> Iterator[_T]:
        while True:
            while self.peek()[0] == "line":
                self.next()
            if self.peek() == ("sign", closing):
                self.next()
                return
            yield read()
            if self.peek() == ("sign", ","):
                self.next()
            elif self.peek()[0] != "line" and self.peek() != ("sign", closing):
                raise BadExpressionError


def _unescaped(text: str) -> str:
    if re.search(r"(?<!\\)\$\{", text):
        raise BadExpressionError
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)
