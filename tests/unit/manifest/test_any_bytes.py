"""Whatever the bytes, reading ends, and ends with findings or a state; rows F-101 to F-118 at large."""

from __future__ import annotations

import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import has_errors
from reconciler.manifest.load import load
from tests.unit.manifest.reading import CHAT, a_fleet, a_set, a_template

SEEDS = (
    a_set(spec="templates: [base]", deployments=CHAT),
    a_template("base", "{name: chat, tags: {a: b}}"),
    a_fleet("defaults: {tags: {a: b}}"),
)
PIECES = st.sampled_from(
    [
        *SEEDS, "---\n", "apiVersion: reconciler.aoai/v1\n", "kind: DeploymentSet\n", "spec:\n", "  - ",
        "{", "}", "[", "]", "&a ", "*a", "<<: *a\n", "!!python/object:x ", "? ", ": ", "\t", "\n", "  ",
        '"', "'", "|\n", "name: chat", "capacity: ", "1e999", "9" * 5_000, "\\e", "\u202e", "\x00", "~",
        "null", "=", "%YAML 1.1\n",
    ]
)  # fmt: skip
BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).encode()),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good manifest in which something was overwritten."""
    seed = draw(st.sampled_from(SEEDS))
    at = draw(st.integers(0, len(seed)))
    return (seed[:at] + draw(PIECES) + seed[at + draw(st.integers(0, 30)) :]).encode()


@settings(max_examples=400, deadline=2_000, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.one_of(BYTES, damaged()))
def test_no_bytes_can_raise_or_hang(content: bytes) -> None:
    loaded = load(["-"], stdin=io.BytesIO(content))
    assert (loaded.desired is None) == has_errors(loaded.diagnostics)
    for found in loaded.diagnostics:
        assert found.message
        if found.place is not None:
            span = loaded.sources.span(found.place)
            assert span is None or loaded.sources.line(found.place.file, span.line) is not None
