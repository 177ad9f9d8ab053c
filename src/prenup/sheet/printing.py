"""A sheet as a person reads it: each row with its equation, its unit, its clause and the line it came from."""

from __future__ import annotations

from collections.abc import Iterable

from prenup.base.units import DATE, NUMBER
from prenup.base.wording import quantity
from prenup.sheet.expr import ZERO, Const, Expr, Op, Param, Pending, Prev, Ref, Shock, Table, View
from prenup.sheet.sheet import Row, Sheet

_INFIX = {
    "or": (1, "or"), "and": (2, "and"),
    "lt": (4, "<"), "le": (4, "<="), "gt": (4, ">"), "ge": (4, ">="), "eq": (4, "=="), "ne": (4, "!="),
    "add": (5, "+"), "sub": (5, "-"), "mul": (6, "*"), "div": (6, "/"), "pow": (8, "^"),
}  # fmt: skip
_TIGHT_RIGHT = ("sub", "div")


def equation(node: Expr, around: int = 0) -> str:
    """An expression in the language of formulas; `around` is how tightly what stands around it binds."""
    if isinstance(node, Op) and node.fn in _INFIX:
        level, sign = _INFIX[node.fn]
        left = equation(node.args[0], level + (1 if node.fn == "pow" or level == 4 else 0))
        right = equation(node.args[1], level + (1 if node.fn in _TIGHT_RIGHT or level == 4 else 0))
        text = f"{left} {sign} {right}"
        return f"({text})" if level < around else text
    if isinstance(node, Op) and node.fn in ("not", "neg"):
        level, sign = (3, "not ") if node.fn == "not" else (7, "-")
        text = f"{sign}{equation(node.args[0], level)}"
        return f"({text})" if level < around else text
    if isinstance(node, Op):
        return f"{node.fn}({', '.join(equation(a) for a in node.args)})"
    text = _leaf(node)
    return f"({text})" if text.startswith("-") and around > 5 else text


def _leaf(node: Expr) -> str:
    if isinstance(node, Const):
        return _constant(node)
    if isinstance(node, Prev):
        return f"prev({node.name})"
    if isinstance(node, Ref | Param | Table):
        return node.name
    if isinstance(node, Shock):
        return f"{node.law}({node.stream})"
    if isinstance(node, View):
        return f"view({node.name})"
    if isinstance(node, Pending):
        return f"{node.what}({', '.join([*node.names, *(equation(a) for a in node.args)])})"
    raise TypeError(type(node).__name__)


def _constant(node: Const) -> str:
    if node.unit == DATE:
        return quantity(node.value, DATE)
    number = f"{node.value:.10g}"
    return number if node.unit in (None, NUMBER) else f"{number} {node.unit}"


def row_lines(row: Row) -> list[str]:
    """One row in two or three lines: what it is, what it means, where it starts."""
    place = f"{row.where.text.name}:{row.where.line}" if row.where else ""
    stage = {"once": " (once)", "end": " (at the end)"}.get(row.stage, "")
    unit = str(row.unit) if row.unit is not None else ""
    about = "  ".join(p for p in (f"[{unit}]", row.note, f"clause {row.clause}" if row.clause else "", place) if p)
    lines = [f"{row.name}{stage} = {equation(row.expr)}"]
    if row.stage == "month" and row.start != ZERO:
        lines.append(f"    before the first month: {equation(row.start)}")
    return [*lines, f"    {about}"]


def sheet_lines(sheet: Sheet) -> Iterable[str]:
    """The whole sheet: rows in working order, then transfers."""
    for row in sheet.rows.values():
        yield from row_lines(row)
    yield ""
    for transfer in sheet.transfers:
        yield f"{transfer.payer} -> {transfer.payee}: {transfer.row} ({transfer.resource})"
