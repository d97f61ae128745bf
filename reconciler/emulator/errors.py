"""Refusals: what ARM's front door and the provider answer when they do not do what is asked.

Rule of this module: every code and text stands in `world/refusals.json`, each with where it was found; where
ARM worded one otherwise before a day or for some values, each wording is one line there, the first that fits
is said. Nothing else of the emulator holds a text of ARM's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.emulator.wire import Answer, Json, world_facts


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - ARM refuses; whether that is an error is the client's question
    """An ARM error on its way to the client: HTTP status, code, message and where it was made."""

    status: int
    code: str
    message: str
    front_door: bool = field(default=False, kw_only=True)
    details: Sequence[Json] = field(default=(), kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    target: str | None = field(default=None, kw_only=True)
    additional: Sequence[Json] = field(default=(), kw_only=True)
    modules: list[str] = field(default_factory=list, kw_only=True)
    """Ids of the nested template deployments around the resource that is refused, the inmost first."""

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    def body(self) -> Json:
        """`{"code", "message", "target"?, "details"?, "additionalInfo"?}`."""
        return {
            "code": self.code,
            "message": self.message,
            **({} if self.target is None else {"target": self.target}),
            **({"details": list(self.details)} if self.details else {}),
            **({"additionalInfo": list(self.additional)} if self.additional else {}),
        }

    def answer(self) -> Answer:
        """The envelope `{"error": {"code", "message", "details"?}}` with its headers."""
        error = self.body()
        headers = {**({"x-ms-failure-cause": "gateway"} if self.front_door else {}), **self.headers}
        return Answer(
            status=self.status, body={"error": error}, headers=headers, from_provider=not self.front_door
        )


class _Said(dict[str, Any]):
    """The values of a refusal; a name that is none of them is a part with wordings of its own."""

    day: str

    def __missing__(self, name: str) -> str:
        return str(self.wording(_rows()[name])["says"]).format_map(self)

    def wording(self, row: Json) -> Json:
        """The first wording of a row that was in use on the day, and is for these values."""
        if isinstance(row["says"], str):
            return row
        return next(
            wording
            for wording in row["says"]
            if self.day < wording.get("until", "9") and wording.get("for", {}).items() <= self.items()
        )

    def filled(self, found: Any) -> Any:  # noqa: ANN401 - JSON
        """JSON with the values in the place of their names."""
        if isinstance(found, dict):
            return {name: self.filled(value) for name, value in found.items()}
        if isinstance(found, list):
            return [self.filled(item) for item in found]
        return found.format_map(self) if isinstance(found, str) else found


def _rows() -> Json:
    return world_facts("refusals")


def refusal(
    name: str,
    /,
    *,
    now: datetime | None = None,
    details: Sequence[Json] = (),
    additional: Sequence[Json] = (),
    printed: Json | None = None,
    **values: object,
) -> Refusal:
    """The refusal of that name, as it was worded on the day (now: as it is worded today)."""
    row = _rows()[name]
    said = _Said(values if printed is None else {**values, **_printed(printed)})
    said.day = "8" if now is None else now.date().isoformat()
    wording = said.wording(row)
    return Refusal(
        row["status"],
        said.filled(wording.get("code") or row["code"]),
        said.filled(wording["says"]),
        front_door=row.get("by") == "front door",
        details=details or said.filled(row.get("details", [])),
        headers=said.filled(row.get("headers", {})),
        target=said.filled(row.get("target")),
        additional=additional or said.filled(row.get("additional", [])),
    )


def _printed(model: Json) -> dict[str, str]:
    """What a refusal may print of a model; a maker is printed of others' models only."""
    parts = ("publisher", "format", "name", "version", "source", "sourceAccount")
    found = {part: str(model.get(part, "")) for part in parts}
    return {**found, "maker": "" if found["format"] == "OpenAI" else found["publisher"]}
