"""Terraform's expressions over partial values, walked on the tree that python-hcl2 makes of them.

The tree's node names are those of python-hcl2's grammar (8.x); a node that is not named here is unknown, with
its own text for words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.export.expressions.evaluator import Evaluator, by_cases, normal
from reconciler.export.expressions.hcl_functions import answer_hcl, as_number, operated, text_of
from reconciler.export.expressions.hcl_tree import (
    Tree,
    bare,
    heredoc,
    kind,
    significant,
    text,
    unescaped,
    words_of,
)
from reconciler.export.expressions.structures import as_bool
from reconciler.export.expressions.values import (
    Choice,
    Open,
    Unknown,
    Value,
    bounded,
    called,
    choice,
    joined,
    shown,
    unknown,
)


class MissingError(Exception):
    """An attribute or an item that is certainly not there: Terraform would refuse the expression."""


class OpenObject(dict[str, Value]):
    """An object of which only some attributes are known; `words` stand for it."""

    def __init__(self, known: Mapping[str, Value], words: str) -> None:
        super().__init__(known)
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class HclScope(Evaluator[Tree]):
    """Where an expression stands: what its module knows by name, and what loops have bound.

    `resolve` gives the value at the start of a path, and the steps that are left.
    """

    resolve: Callable[[str, list[Value]], tuple[Value, list[Value]]]

    def binding(self, **more: Value) -> HclScope:
        """The same, with more names."""
        return replace(self, bound={**self.bound, **more})

    def value(self, node: Tree) -> Value:
        """What an expression comes to; one that Terraform would refuse is unknown."""
        try:
            return self.of(node)
        except MissingError:
            return unknown(words_of(node))

    def if_needed(self, node: Tree) -> Value:
        """See `Evaluator`."""
        return self.value(node)

    def found(self, node: Tree) -> Value:
        """See `Evaluator`; MissingError where Terraform would refuse it."""
        handler: Callable[[list[Tree]], Value] | None = getattr(self, f"_{kind(node)}", None)
        if handler is None:
            return unknown(words_of(node))
        found = bounded(handler(significant(node)), words_of(node))
        if isinstance(found, Unknown) and self.around.decided:
            said = self.around.decided.get(normal(words_of(node)))
            return found if said is None else said
        return found

    # -- leaves -----------------------------------------------------------------------------------

    def _expr_term(self, parts: list[Tree]) -> Value:
        inner = [part for part in parts if text(part) not in {"(", ")"}]
        return self.of(inner[0]) if len(inner) == 1 else unknown("".join(map(words_of, parts)))

    def _identifier(self, parts: list[Tree]) -> Value:
        return self._path(str(parts[0]), [])

    def _int_lit(self, parts: list[Tree]) -> Value:
        return int(str(parts[0])[:20])

    def _float_lit(self, parts: list[Tree]) -> Value:
        number = float(str(parts[0]))
        return int(number) if number.is_integer() and abs(number) < 2**53 else number

    def _literal_value(self, parts: list[Tree]) -> Value:
        return {"true": True, "false": False, "null": None}[str(parts[0])]

    def _string(self, parts: list[Tree]) -> Value:
        pieces: list[Value] = []
        inner = [each for each in parts if text(each) != '"']
        for part in inner:
            (item,) = part.children
            if text(item) is not None:
                pieces.append(unescaped(str(item)))
            elif kind(item) == "interpolation":
                value = self.of(significant(item)[1])
                if len(inner) == 1:
                    return value
                pieces.append(value)
            else:
                return unknown("".join(map(words_of, parts)))
        return by_cases(lambda _name, given: joined(map(text_of, given)), "concat", pieces)

    def _heredoc_template(self, parts: list[Tree]) -> Value:
        return heredoc(str(parts[0]), trim=False)

    def _heredoc_template_trim(self, parts: list[Tree]) -> Value:
        return heredoc(str(parts[0]), trim=True)

    def _tuple(self, parts: list[Tree]) -> Value:
        return [self.value(part) for part in parts if text(part) not in {"[", "]", ","}]

    def _object(self, parts: list[Tree]) -> Value:
        made: dict[str, Value] = {}
        for part in parts:
            if kind(part) != "object_elem":
                continue
            key, *_, value = significant(part)
            name = self._key(key)
            if not isinstance(name, str):
                return unknown("".join(map(words_of, parts)))
            made[name] = self.value(value)
        return made

    def _key(self, node: Tree) -> Value:
        """A key: a bare word means itself."""
        (term,) = significant(node)
        if kind(bare(term)) == "identifier":
            return words_of(term)
        return _as_key(self.value(term))

    # -- paths ------------------------------------------------------------------------------------

    def _stepped(self, parts: list[Tree]) -> Value:
        base, *steps = self._flat(parts)
        keys = [self._step(step) for step in steps]
        if kind(name := bare(base)) == "identifier":
            return self._path(str(name.children[0]), keys)
        return _followed(self.of(base), keys, words_of(base))

    _get_attr_expr_term = _index_expr_term = _stepped

    def _flat(self, parts: list[Tree]) -> list[Tree]:
        """The base of nested accesses, and their steps in order."""
        first, *rest = parts
        if kind(inner := bare(first)) in {"get_attr_expr_term", "index_expr_term"}:
            return [*self._flat(significant(inner)), *rest]
        return [first, *rest]

    def _step(self, node: Tree) -> Value:
        inner = [item for item in significant(node) if text(item) not in {".", "[", "]"}]
        if kind(node) == "get_attr":
            return str(inner[0].children[0])
        if kind(node) == "short_index":
            return int(str(inner[0]))
        return self.value(inner[0])

    def _path(self, base: str, keys: list[Value]) -> Value:
        if base in self.bound:
            return _followed(self.bound[base], keys, base)
        value, left = self.resolve(base, keys)
        return _followed(value, left, base)

    def _splat(self, parts: list[Tree]) -> Value:
        items = self.of(parts[0])
        steps = [self._step(item) for item in significant(parts[1]) if text(item) is None]
        if items is None:
            return []
        if isinstance(items, Open):
            return unknown("".join(map(words_of, parts)))
        listed = items if isinstance(items, list) else [items]
        return [_followed(item, steps, words_of(parts[0])) for item in listed]

    _full_splat_expr_term = _attr_splat_expr_term = _splat

    # -- operators --------------------------------------------------------------------------------

    def _conditional(self, parts: list[Tree]) -> Value:
        condition, yes, no = (part for part in parts if kind(part) is not None)
        return self.branch(self.of(condition), yes, no)

    def _unary_op(self, parts: list[Tree]) -> Value:
        sign, operand = parts
        value = self.of(operand)
        if str(sign) == "!":
            return by_cases(lambda _name, given: not as_bool(given[0]), "!", [value])
        return by_cases(lambda _name, given: -as_number(given[0]), "-", [value])

    def _binary_op(self, parts: list[Tree]) -> Value:
        left, term = parts
        operator, right = significant(term)
        sign = str(operator.children[0]).strip()
        item = self.value(left)
        if sign in {"&&", "||"} and item is (sign == "||"):
            return item
        other = self.value(right)
        if sign in {"&&", "||"} and (other is (sign == "||") or isinstance(item, bool)):
            return other
        return by_cases(operated, sign, [item, other])

    # -- loops and functions ----------------------------------------------------------------------

    def _for_tuple_expr(self, parts: list[Tree]) -> Value:
        made = self._for(parts, 1)
        return made if isinstance(made, Unknown) else [values[0] for values in made]

    def _for_object_expr(self, parts: list[Tree]) -> Value:
        made = self._for(parts, 2)
        if isinstance(made, Unknown):
            return made
        grouped = any(text(part) == "..." for part in parts)
        result: dict[str, Value] = {}
        for key, value in made:
            name = _as_key(key)
            if not isinstance(name, str):
                return unknown("".join(map(words_of, parts)))
            known = result.get(name, [])
            result[name] = [*known, value] if grouped and isinstance(known, list) else value
        return result

    def _for(self, parts: list[Tree], most: int) -> list[list[Value]] | Unknown:
        bodies = [part for part in parts if kind(part) not in {None, "for_intro", "for_cond"}][:most]
        intro = next(part for part in parts if kind(part) == "for_intro")
        *named, items_node = (item for item in significant(intro) if kind(item) is not None)
        names = [str(item.children[0]) for item in named]
        items = self.of(items_node)
        test = next((part for part in parts if kind(part) == "for_cond"), None)
        made: list[list[Value]] = []
        pairs = pairs_of(items)
        if pairs is None:
            return unknown("".join(map(words_of, parts)))
        for key, value in pairs:
            bound = [value] if len(names) == 1 else [key, value]
            inside = self.binding(**dict(zip(names, bound, strict=True)))
            if test is not None:
                kept = inside.value(significant(test)[-1])
                if not isinstance(kept, bool):
                    return unknown("".join(map(words_of, parts)))
                if not kept:
                    continue
            made.append([inside.value(body) for body in bodies])
        return made

    def _function_call(self, parts: list[Tree]) -> Value:
        name = str(parts[0].children[0])
        if any(text(part) == "::" for part in parts):
            return unknown("".join(map(words_of, parts)))
        given = next((part for part in parts if kind(part) == "arguments"), None)
        nodes = [item for item in significant(given) if kind(item) is not None] if given is not None else []
        if name in {"try", "can"}:
            return self._tried(name, nodes)
        values = [self.of(node) for node in nodes]
        if given is not None and any(text(item) == "..." for item in significant(given)):
            last = values.pop()
            if not isinstance(last, list):
                return unknown("".join(map(words_of, parts)))
            values += last
        if name == "sensitive":
            return unknown("".join(map(words_of, parts)))
        return by_cases(answer_hcl, name, values)

    def _tried(self, name: str, nodes: list[Tree]) -> Value:
        for node in nodes:
            try:
                value = self.of(node)
            except MissingError:
                continue
            if isinstance(value, Unknown) and len(nodes) > 1 and node is not nodes[-1]:
                return called(name, [value])
            return True if name == "can" else value
        if name == "can":
            return False
        raise MissingError


def pairs_of(items: Value) -> list[tuple[Value, Value]] | None:
    """Keys and values of what a loop runs over; None where that is not known."""
    if isinstance(items, dict):
        return [(key, items[key]) for key in sorted(items)]
    return list(enumerate(items)) if isinstance(items, list) else None


def _as_key(value: Value) -> Value:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _followed(value: Value, steps: list[Value], words: str) -> Value:
    """A value at the end of a path; a case in which the path leads nowhere is not the case."""
    for number, step in enumerate(steps):
        if isinstance(value, Choice):
            made: list[Value] = []
            for item in (value.yes, value.no):
                try:
                    made.append(_followed(item, steps[number:], words))
                except MissingError:
                    continue
            if not made:
                raise MissingError
            return made[0] if len(made) == 1 else choice(value.condition, made[0], made[1])
        value = _at(value, step, words)
    return value


def _at(value: Value, step: Value, words: str) -> Value:
    if isinstance(value, Unknown) or isinstance(step, Open):
        inner = str(value) if isinstance(value, Unknown) else words
        return unknown(f"{inner}.{step}" if isinstance(step, str) else f"{inner}[{shown(step)}]")
    if isinstance(value, dict):
        key = str(step)
        if key in value:
            return value[key]
        if isinstance(value, OpenObject):
            return unknown(f"{value.words}.{key}")
    if isinstance(value, list) and str(step).isdigit() and int(str(step)) < len(value):
        return value[int(str(step))]
    raise MissingError
