"""What this emulator does and how each behaviour is known, as data.

Rule of this module: one line per answer a client can tell apart - an operation's status, an error, a header,
a property of an api-version, a rule - each with one of four provenances. `assumed` is where ARM's real answer
may be another one; each of these is a choice that a recording would settle. What the emulator's own dials do
(polls, switches, the default world) is no claim about ARM and not listed.
"""

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from reconciler.emulator import deployment_fields, versions
from reconciler.emulator.wire import Json, world_facts

Known = Literal["recorded", "specified", "documented", "assumed"]


class Behaviour(NamedTuple):
    """One behaviour: its area, what is answered, how that is known, and where it was found."""

    area: str
    text: str
    known: Known
    source: str


def facts() -> Json:
    """The shipped list."""
    return world_facts("behaviours")


@cache
def behaviours() -> tuple[Behaviour, ...]:
    """Everything `GET /_emulator/behaviours` tells."""
    found = facts()
    sources = found["sources"]
    return (
        *(
            Behaviour("operations", f"{item['operation']} answers {status}", known, sources[source])
            for item in found["operations"]
            for status, (known, source) in item["statuses"].items()
        ),
        *_refusals(sources),
        *(
            Behaviour("headers", f"{item['name']}: {item['holds']}", item["known"], sources[item["source"]])
            for item in found["headers"]
        ),
        *_versions(sources),
        *_accounts(),
        *(
            Behaviour(item["area"], text, item["known"], sources[item["source"]])
            for item in found["statements"]
            for text in item["texts"]
        ),
    )


def _accounts() -> Iterator[Behaviour]:
    """What the index of accounts knows of each kind, what was recorded and what was assumed apart."""
    index = world_facts("accounts")
    known: dict[tuple[str, Known], list[Json]] = {}
    for row in index["rows"]:
        how: Known = "assumed" if index["sources"][row["source"]].startswith("assumed") else "recorded"
        known.setdefault((row["kind"], how), []).append(row)
    for (kind, how), rows in known.items():
        days = ", ".join(dict.fromkeys(row["on"] for row in rows))
        source = "; ".join(dict.fromkeys(index["sources"][row["source"]] for row in rows))
        name = "any other kind" if kind == "*" else f"kind {kind}"
        yield Behaviour("accounts", f"an account of {name} shows its facts as on {days}", how, source)


def _refusals(sources: Json) -> Iterator[Behaviour]:
    """Every refusal that ARM is said to give, and each wording that it had besides."""
    for name, row in world_facts("refusals").items():
        if row["known"] == "ours":
            continue
        yield Behaviour("errors", f"{name}: {row['when']}", row["known"], sources[row["source"]])
        for wording in row["says"] if isinstance(row["says"], list) else ():
            if "source" in wording:
                when = " ".join(f"{word} {wording[word]}" for word in ("until", "for") if word in wording)
                text = f"{name} {when or 'now'}: {wording['says']}"
                yield Behaviour("errors", text, "recorded", sources[wording["source"]])


def _versions(sources: Json) -> Iterator[Behaviour]:
    """What follows from the tables of versions and types."""
    for version in (*versions.STABLE, *versions.PREVIEW, *versions.OLD_ACCOUNTS):
        source = sources["sdk" if version > "2026-07-02" else "types"]
        yield Behaviour("versions", f"api-version {version} is served", "specified", source)
    for path, _, first, stable, *_ in deployment_fields.VERSIONED:
        stably = stable or first
        text = f"{path} can be set and read from {first} on, among stable versions from {stably} on"
        yield Behaviour("versions", text, "specified", sources["types"])
    for path, kind in deployment_fields.SHAPES.items():
        text = f"{path} of another JSON type than {kind.__name__} is refused"
        yield Behaviour("types", text, "specified", sources["spec"])
