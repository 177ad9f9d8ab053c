"""A fixed amount for something: once, or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, ZERO, Const, Expr, call, where_
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import comes_true, held, recurs


@dataclass(frozen=True, kw_only=True)
class Fee(AbstractPayment):
    """The payer pays a fixed fee, once or as long as the clause is in force.

    Money flow:
        payer -> payee, the fee: an amount of money once, money a year in monthly parts while in force.

    Equations:
        owed = monthly(amount) * level;  level = 1, then * (1 + rises) after every twelve months in force.
        Money is owed once, in the month in which `on` comes true (from the start if left out). Money a year, or a
        formula without `on`, is owed every month; money a year with `on` from the month in which it comes true.

    Example:
        maintenance:
          kind: fee
          payer: customer
          payee: vendor
          amount: $12m/yr
          rises: 3%
        # $1m a month in the first year, $1.03m in the second

    Not modelled:
        Indexation to a published price index, instalments of unequal size, and late-payment interest.

    Source:
        Convention: subscription and maintenance fees with a fixed yearly escalator on each anniversary.
    """

    kind: ClassVar[str] = "fee"

    amount: Value = value("money flow", "The fee: money for one payment, money a year for one that recurs.")
    on: Value | None = condition("When a single fee is due, or a recurring one begins; the start if left out.", default=None)
    rises: Value = value("signed fraction", "By what fraction the fee rises after every twelve months in force.", default="0%")

    def write(self, builder: Builder) -> None:
        """Write the level, what is owed and its payment."""
        runs = self.active(builder)
        once = not recurs(self.amount, when_formula=self.on is None)
        if once:
            due = self.starts(builder) if self.on is None else runs & comes_true(builder, self.on, "due_now")
        else:
            due = runs if self.on is None else runs & held(builder, self.on, "due_now")
        counts = runs if once else due
        owed = builder.row("base", builder.flow(self.amount) * self._level(builder, counts), "the fee at its level")
        self.settle(builder, self.banded(builder, where_(due, owed, ZERO)), "fee", active=due, once=once)

    def _level(self, builder: Builder, runs: Expr) -> Expr:
        """What the fee is multiplied by: it rises when twelve months in force are full."""
        before = builder.prev(builder.own("months_of_year"))
        full = runs & call("eq", before, Const(12.0))
        months = where_(runs, where_(full, 1.0, before + 1.0), before)
        builder.row("months_of_year", months, "months in force since the fee last rose")
        level = builder.prev(builder.own("level"))
        return builder.row("level", where_(full, level * (1.0 + builder.rate(self.rises)), level), "level of the fee", start=ONE)
