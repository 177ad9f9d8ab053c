"""When a clause acts: whether a condition holds, held in an earlier month, or comes true now for the first time.

A day is compared with the calendar itself, so that one before the first month is history. Anything else is
remembered in a row of the clause: once true, it stays true.
"""

from __future__ import annotations

from prenup.base.quantity import Number
from prenup.base.units import DATE
from prenup.sheet.builder import Builder
from prenup.sheet.expr import Expr
from prenup.sheet.formula import Changed, Value


def written(builder: Builder, name: str) -> Expr | None:
    """A row of this clause, where it has been written already."""
    return builder.own(name) if f"{builder.clause_name}.{name}" in builder.rows else None


def held(builder: Builder, condition: Value, name: str) -> Expr:
    """Whether a condition has held in this month or in one before; `name` is the row that remembers it."""
    if isinstance(condition, Number):
        return builder.condition(condition)
    return _remembered(builder, condition, name)


def held_before(builder: Builder, condition: Value, name: str) -> Expr:
    """Whether a condition held in an earlier month; a day before the first month always did."""
    if isinstance(condition, Number):
        days = tuple(float(builder.calendar.month_end(i - 1).toordinal()) for i in range(builder.calendar.n_months))
        return builder.table("month_before", days, DATE) >= builder.value(condition)
    return builder.prev(_remembered(builder, condition, name))


def comes_true(builder: Builder, condition: Value, name: str) -> Expr:
    """Whether this is the month in which a condition comes true; never for a day before the first month."""
    return held(builder, condition, name) & ~held_before(builder, condition, name)


def _remembered(builder: Builder, condition: Value, name: str) -> Expr:
    row = written(builder, name)
    if row is None:
        so_far = builder.prev(builder.own(name)) | builder.condition(condition)
        row = builder.row(name, so_far, f"whether it has {name}")
    return row


def recurs(value: Value, *, when_formula: bool = True) -> bool:
    """Whether an amount is one of every month: money a year is, plain money is not, of a formula the clause decides."""
    if isinstance(value, Changed):
        return recurs(value.first, when_formula=when_formula)
    return value.unit.power("yr") == -1 if isinstance(value, Number) else when_formula
