"""Documents, and the way from a symbolic place back to a line and a column.

`read_documents` is the only function of this room that reads files; everything after it works on values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Final, TextIO

from reconciler.diagnostics import Diagnostic, Place, Related, Route, Severity, Span
from reconciler.manifest.compose import LIBYAML, SharedValues, compose, values_of
from reconciler.manifest.files import find
from reconciler.manifest.objections import decode
from reconciler.manifest.tree import Items, Lines, Map, Node, Text

_AT_HAND: Final = 64
"""Files whose places are kept while findings are told; these come file by file, mostly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceFile:
    """A file that was read, whether or not its text was understood."""

    name: str
    digest: bytes
    lines: Lines

    def same(self, content: bytes) -> bool:
        """Whether `content` is what was read."""
        return hashlib.sha256(content).digest() == self.digest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceDocument:
    """One YAML document that is not empty; `index` counts from 0 in its file, empty ones too.

    Only the nodes of a `located` one know where they stand; a text is read a second time for that.
    """

    file: str
    index: int
    root: Node
    located: bool = False

    def place(self, route: Route = (), on_key: bool = False) -> Place:
        """The symbolic place of a value of this document."""
        return Place(file=self.file, document=self.index, route=route, on_key=on_key)

    def error(
        self,
        code: str,
        message: str,
        fix: str,
        route: Route = (),
        *,
        on_key: bool = False,
        related: tuple[Related, ...] = (),
    ) -> Diagnostic:
        """What is wrong with a value of this document."""
        place = self.place(route, on_key)
        return Diagnostic(code=code, message=message, place=place, fix=fix, related=related)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Everything that was read, in order of file names.

    `complete` says that every file was read to its end; else something declared may be unknown, and a
    reference to it must not be called wrong. `shown` are documents that are no manifests and that findings
    point into all the same.
    """

    documents: tuple[SourceDocument, ...]
    files: tuple[SourceFile, ...]
    diagnostics: tuple[Diagnostic, ...]
    complete: bool = True
    shown: tuple[SourceDocument, ...] = ()


class SourceMap:
    """Finds lines and columns for symbolic places, and lines for showing. `files` were read."""

    def __init__(self, sources: Sources) -> None:
        self._files = {file.name: file for file in sources.files}
        self.files = tuple(self._files)
        self._documents = {
            (document.file, document.index): document for document in (*sources.documents, *sources.shown)
        }
        self._located = lru_cache(_AT_HAND)(located)

    def span(self, place: Place) -> Span | None:
        """Where a place is, or its nearest ancestor that exists; None in a file that was not read."""
        file = self._files.get(place.file)
        if place.span is not None or file is None:
            return place.span
        document = self._documents.get((place.file, place.document))
        if document is None:
            return None
        root = document.root if document.located else self._located(file)[place.document]
        key, node = _walk(root, place.route)
        lines = file.lines
        if key is not None and (place.on_key or (isinstance(node, Text) and node.start == node.end)):
            return lines.first_line(key.start, key.end)
        if isinstance(node, Text):
            return lines.span(node.start, node.end)
        return lines.first_line(node.start, node.end)

    def line(self, file: str, line_no: int) -> str | None:
        """One line of a file, without its line break; lines count from 1."""
        known = self._files.get(file)
        return None if known is None else known.lines.line(line_no)


def _walk(root: Node, route: Route) -> tuple[Text | None, Node]:
    """The value at a route, or the last one on the way to it, with the key it stands under."""
    key: Text | None = None
    node = root
    for step in route:
        if isinstance(node, Map) and step in node:
            key = node.written(str(step))
            node = node[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node):
            key, node = None, node[step]
        else:
            break
    return key, node


def read_documents(paths: Sequence[str], *, stdin: TextIO | BinaryIO | None = None) -> Sources:
    """Read every manifest below `paths` (`-` is `stdin`); UsageProblem for a path that does not exist."""
    found = find(paths, stdin=stdin)
    shared = SharedValues()
    read = [_read(item.name, item.content, shared) for item in found.contents]
    findings = (*found.findings, *(diagnostic for item in read for diagnostic in item.diagnostics))
    if read and not LIBYAML:
        slow = Diagnostic(
            code="yaml-limit",
            severity=Severity.INFO,
            message="PyYAML was built without libyaml, so reading takes about ten times as long",
            fix="install a PyYAML wheel for this platform",
        )
        findings = (*findings, slow)
    return Sources(
        documents=tuple(document for item in read for document in item.documents),
        files=tuple(file for item in read for file in item.files),
        diagnostics=findings,
        complete=not found.findings and all(item.complete for item in read),
    )


def located(file: SourceFile) -> Mapping[int, Node]:
    """The documents of a file by number, in nodes that know where they stand; for that it is read again."""
    return dict(compose(file.name, file.lines.text).roots)


def amended(read: Sources, texts: Mapping[str, str]) -> Sources:
    """The same sources with other texts in some of their files; only those files are read again."""
    shared = SharedValues()
    again = {name: _read(name, text.encode(), shared) for name, text in texts.items()}
    kept: dict[str, list[SourceDocument]] = {file.name: [] for file in read.files}
    for document in read.documents:
        kept[document.file].append(document)
    return Sources(
        documents=tuple(
            document
            for name, documents in kept.items()
            for document in (again[name].documents if name in again else documents)
        ),
        files=tuple(again[file.name].files[0] if file.name in again else file for file in read.files),
        diagnostics=(
            *(
                diagnostic
                for diagnostic in read.diagnostics
                if diagnostic.place is None or diagnostic.place.file not in again
            ),
            *(diagnostic for item in again.values() for diagnostic in item.diagnostics),
        ),
        complete=read.complete and all(item.complete for item in again.values()),
    )


def _read(name: str, content: bytes, shared: SharedValues) -> Sources:
    """What is in a file; the places of its values are kept only where something about it is odd."""
    text, forbidden = decode(name, content)
    file = SourceFile(name=name, digest=hashlib.sha256(content).digest(), lines=Lines(text))
    if forbidden is not None:
        return Sources(documents=(), files=(file,), diagnostics=(forbidden,), complete=False)
    values = values_of(text, shared)
    if values is not None:
        documents = tuple(SourceDocument(file=name, index=n, root=root) for n, root in values)
        return Sources(documents=documents, files=(file,), diagnostics=())
    composed = compose(name, text)
    documents = tuple(
        SourceDocument(file=name, index=n, root=root, located=True) for n, root in composed.roots
    )
    findings = composed.findings
    return Sources(documents=documents, files=(file,), diagnostics=findings, complete=composed.whole)


def digest(files: Iterable[SourceFile]) -> str:
    """SHA-256 over the texts in order of their paths; names do not count, so folders may be moved."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.digest)
    return f"sha256:{whole.hexdigest()}"
