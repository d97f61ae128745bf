"""The small faults of mutation testing: which there are in a file, and the program with one of them in it.

Mutants are changed comparisons, operators, conditions, numbers, truth values, texts and jumps, and
statements left out. Left alone: docstrings, type annotations, decorators, and the texts of `explanation=`
in a rule, which are documentation.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: in which module, on which line, what it is, and the changed program."""

    module: str
    path: Path
    line: int
    text: str
    what: str
    code: CodeType


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of one file."""
    source = path.read_text("utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for index, node in enumerate(_places(tree)):
        for which, what in enumerate(_changes(node)):
            fresh = copy.deepcopy(tree)
            _apply(list(_places(fresh))[index], which)
            ast.fix_missing_locations(fresh)
            code = compile(fresh, str(path), "exec", dont_inherit=True)
            text = lines[node.lineno - 1].strip()
            yield Mutant(module=module, path=path, line=node.lineno, text=text, what=what, code=code)


Place = ast.expr | ast.stmt


def _places(tree: ast.AST) -> Iterator[Place]:
    """The nodes that may be changed, always in the same order."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _documentation(tree, child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from _places(child)


def _documentation(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, ast.keyword) and child.arg == "explanation":
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    # A class's fields are typed names; `__all__` and imports are no behaviour.
    return isinstance(parent, ast.Module) and (
        isinstance(child, ast.Import | ast.ImportFrom)
        or (isinstance(child, ast.Assign) and getattr(child.targets[0], "id", "") == "__all__")
    )


def _changes(node: Place) -> list[str]:
    """What can be done to a node, in words."""
    match node:
        case ast.Compare(ops=ops):
            return [
                f"{type(op).__name__} -> {_COMPARISONS[type(op)].__name__}"
                for op in ops
                if type(op) in _COMPARISONS
            ]
        case ast.BoolOp(op=op):
            return ["and -> or" if isinstance(op, ast.And) else "or -> and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not dropped"]
        case ast.UnaryOp(op=ast.USub()):
            return ["- dropped"]
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            return [f"{type(op).__name__} -> {_OPERATORS[type(op)].__name__}"]
        case ast.Constant(value=bool(value)):
            return [f"{value} -> {not value}"]
        case ast.Constant(value=int(value) | float(value)):
            return [f"{value} -> {value + 1}"]
        case ast.Constant(value=str(value)) if value:
            return [f"{value[:30]!r} -> other text"]
        case ast.If() | ast.IfExp():
            return ["condition negated"]
        case ast.Continue():
            return ["continue -> break"]
        case ast.Break():
            return ["break -> continue"]
        case ast.Expr():
            return ["statement left out"]
        case _:
            return []


def _apply(node: Place, which: int) -> None:
    match node:
        case ast.Compare():
            known = [at for at, op in enumerate(node.ops) if type(op) in _COMPARISONS]
            node.ops[known[which]] = _COMPARISONS[type(node.ops[known[which]])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            _become(
                node, ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[node.operand], keywords=[])
            )
        case ast.UnaryOp():
            _become(node, ast.UnaryOp(op=ast.UAdd(), operand=node.operand))
        case ast.BinOp() | ast.AugAssign():
            node.op = _OPERATORS[type(node.op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value) | float(value)):
            node.value = value + 1
        case ast.Constant(value=str(value)):
            node.value = f"~{value}"
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
        case ast.Expr():
            _become(node, ast.Pass())
        case _:
            _become(node, ast.Break() if isinstance(node, ast.Continue) else ast.Continue())


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one where it stands."""
    node.__class__ = other.__class__
    for field in other._fields:
        setattr(node, field, getattr(other, field))
