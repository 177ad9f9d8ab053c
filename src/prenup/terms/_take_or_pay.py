"""The yearly statement of a take-or-pay clause: the shortfall that is paid, and how it is made up in later years."""

from __future__ import annotations

from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, call, least, most, total, where_


def this_year(builder: Builder, name: str, amount: Expr, note: str) -> Expr:
    """The sum of a month's amount since January, or since the first month."""
    anew = call("eq", builder.month_of_year, Const(1.0))
    return builder.row(name, where_(anew, ZERO, builder.prev(builder.own(name))) + amount, note)


def in_december(builder: Builder, amount: Expr) -> Expr:
    """An amount in the last month of a calendar year; nothing in others."""
    return where_(call("eq", builder.month_of_year, Const(12.0)), amount, ZERO)


def shortfall(builder: Builder, commitment: Expr, bill: Expr) -> tuple[Expr, Expr]:
    """What a year's purchases fall short of its commitment, due in December, and what they are above it."""
    committed = this_year(builder, "committed", commitment, "commitment of this year so far")
    taken = this_year(builder, "taken", bill, "bought this year so far")
    short = builder.row("shortfall", in_december(builder, most(committed - taken, ZERO)), "commitment not taken, to be paid")
    return short, in_december(builder, most(taken - committed, ZERO))


def made_up(builder: Builder, short: Expr, above: Expr, statements: int) -> Expr:
    """What earlier shortfalls, oldest first, pay of purchases above the commitment.

    Each year's shortfall is a vintage of its own, `make_up.1` the youngest. It can be used in the next `statements`
    yearly statements; what is left of it then expires.
    """
    kept = [builder.prev(builder.own(f"make_up.{age}")) for age in range(1, statements + 1)]
    used: list[Expr] = []
    left = above
    for age in range(statements, 0, -1):
        use = builder.row(f"make_up.{age}.used", least(kept[age - 1], left), f"used of the shortfall {age} years ago")
        used.insert(0, use)
        left = left - use
    december = call("eq", builder.month_of_year, Const(12.0))
    next_: list[Expr] = [short, *(k - u for k, u in zip(kept[:-1], used[:-1], strict=True))]
    for age, (value, before) in enumerate(zip(next_, kept, strict=True), 1):
        builder.row(
            f"make_up.{age}",
            where_(december, value, before),
            f"make-up left of the shortfall of statement {age}, the last being 1",
        )
    return builder.row("make_up.used", total(used), "purchases that earlier shortfalls pay")
