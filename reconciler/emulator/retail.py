"""The Azure Retail Prices API: `GET /api/retail/prices`, without a sign-in.

Rule of this module: rows are real ones (`world/retail.json`), a small part of the list; envelope, paging and
filters are those of the documentation. A filter that matches nothing is an empty 200, as there.
"""

import re
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import quote

from reconciler.emulator import errors
from reconciler.emulator.wire import Answer, Json, Request, world_facts

PAGE = 1000
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>\w+)|(?P<sign>[(),]))")
_FIELDS = {"pricetype": "type"}
"""Names of the filter that differ from the row's."""

_Test = Callable[[Json], bool]


def answer(request: Request) -> Answer:
    """`{"BillingCurrency", "CustomerEntityId", "CustomerEntityType", "Items", "NextPageLink", "Count"}`."""
    skip = request.query.get("$skip", "0")
    if not skip.isascii() or not skip.isdigit():
        raise errors.refusal("bad_filter", text="$skip is no whole number")
    text = request.query.get("$filter", "").strip()
    case_blind = request.query.get("api-version", "") < "2023"
    test: _Test = _Parser(text, case_blind=case_blind).parsed() if text else bool
    found = [row for row in world_facts("retail")["rows"] if test(row)]
    start = int(skip[:9])
    link = None
    if start + PAGE < len(found):
        query = f"$filter={quote(text)}&$skip={start + PAGE}"
        link = f"{request.origin}{request.path}?{query}"
    currency = request.query.get("currencycode", "USD").strip("'")
    items = [{**row, "currencyCode": currency} for row in found[start : start + PAGE]]
    body: Json = {
        "BillingCurrency": currency,
        "CustomerEntityId": "Default",
        "CustomerEntityType": "Retail",
        "Items": items,
        "NextPageLink": link,
        "Count": len(items),
    }
    return Answer(status=200, body=body, from_provider=False)


class _Parser:
    """`f eq 'x'`, `contains(f, 'x')`, `startswith`, `tolower`, `and`, `or`, brackets, `… eq true|false`."""

    def __init__(self, text: str, *, case_blind: bool) -> None:
        self._text = text
        self._blind = case_blind
        self._tokens: list[str] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                self._fail()
            self._tokens.append(match[0].strip())
            place = match.end()

    def parsed(self) -> _Test:
        test = self._either()
        if self._tokens:
            self._fail()
        return test

    def _fail(self) -> NoReturn:
        raise errors.refusal("bad_filter", text=f"'{self._text[:200]}' is not understood")

    def _next(self, wanted: str | None = None) -> str:
        if not self._tokens or (wanted is not None and self._tokens[0].lower() != wanted):
            self._fail()
        return self._tokens.pop(0)

    def _sees(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0].lower() == word

    def _joined(self, word: str, part: Callable[[], _Test]) -> list[_Test]:
        tests = [part()]
        while self._sees(word):
            self._next()
            tests.append(part())
        return tests

    def _either(self) -> _Test:
        tests = self._joined("or", self._both)
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> _Test:
        tests = self._joined("and", self._single)
        return lambda row: all(test(row) for test in tests)

    def _single(self) -> _Test:
        if self._sees("("):
            self._next()
            test = self._either()
            self._next(")")
            return test
        if self._sees("contains") or self._sees("startswith"):
            return self._call()
        field = self._field()
        self._next("eq")
        wanted = self._value()
        return lambda row: self._said(field(row)) == wanted

    def _call(self) -> _Test:
        starts = self._next().lower() == "startswith"
        self._next("(")
        field = self._field()
        self._next(",")
        wanted = self._value()
        self._next(")")
        positive = True
        if self._sees("eq"):
            self._next()
            positive = self._next().lower() == "true"

        def test(row: Json) -> bool:
            said = self._said(field(row))
            return (said.startswith(wanted) if starts else wanted in said) == positive

        return test

    def _field(self) -> Callable[[Json], object]:
        lowered = self._sees("tolower")
        if lowered:
            self._next()
            self._next("(")
        word = self._next()
        if lowered:
            self._next(")")
        name = _FIELDS.get(word.lower(), word)
        return lambda row: str(row.get(name, "")).lower() if lowered else row.get(name, "")

    def _value(self) -> str:
        word = self._next()
        return self._said(word[1:-1].replace("''", "'") if word.startswith("'") else word)

    def _said(self, value: object) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return text.lower() if self._blind else text
