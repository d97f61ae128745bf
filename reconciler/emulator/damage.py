"""What a scripted fault does to an answer on its way out: other members, other headers, other bytes.

Rule of this module: it works on the finished answer only, so that no handler knows that faults exist.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.emulator.wire import Json, Kept, encoded

Fields = list[tuple[str, str]]
"""Header names and values in the order of sending; a name may occur twice."""

_CHUNK = 1 << 20


def patched(body: Json, patch: Mapping[str, Any]) -> Json:
    """A body with a merge patch (RFC 7396) laid over it: null takes a member away."""
    merged = dict(body)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            under = merged.get(name)
            merged[name] = patched(under if isinstance(under, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def headers(fields: Sequence[tuple[str, str]], wanted: Mapping[str, Any]) -> Fields:
    """Headers with a fault's laid over them: null takes one away, a list sends it several times."""
    replaced = {name.lower() for name in wanted}
    kept = [(name, value) for name, value in fields if name.lower() not in replaced]
    for name, value in wanted.items():
        values = value if isinstance(value, list) else [value]
        kept += [(name, str(item)) for item in values if item is not None]
    return kept


def content(body: Json | None, then: Mapping[str, Any]) -> bytes:
    """The bytes of an answer: the fault's text as it stands, else the body as JSON."""
    if "text" in then:
        return _repeated(str(then["text"]).encode("utf-8", "surrogatepass"), then)
    if body is None:
        return b""
    shown = patched(body, then["patch"]) if "patch" in then else body
    return _text(shown).encode("utf-8", "replace")


def _text(body: Json) -> str:
    """JSON; what is in the list of a page and was encoded before is not encoded again."""
    items = body.get("value")
    if not isinstance(items, list) or not all(isinstance(item, Kept) for item in items):
        return encoded(body)
    around = encoded({**body, "value": []})
    return around.replace('"value":[]', f'"value":[{",".join(item.text for item in items)}]', 1)


def _repeated(text: bytes, then: Mapping[str, Any]) -> bytes:
    times = int(then.get("repeat", 1))
    if not then.get("gzip"):
        return text * times
    return b"".join(_squeezed(text, times))


def _squeezed(text: bytes, times: int) -> Iterator[bytes]:
    """A gzip stream of a text many times over, without ever holding the text."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    per_chunk = max(1, min(times, _CHUNK // max(1, len(text))))
    whole, rest = divmod(times, per_chunk)
    chunk = text * per_chunk
    for _ in range(whole):
        yield packer.compress(chunk)
    yield packer.compress(text * rest)
    yield packer.flush()
