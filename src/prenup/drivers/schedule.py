"""Something that follows a list of dates and values, as a forecast or a price list does."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, dated
from prenup.base.quantity import Number
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, call, total
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Schedule(AbstractDriver):
    """A quantity that has a stated value on each of some days, and moves between them as said.

    Path:
        A month counts by its last day. `steps`: a value holds from the first month whose last day reaches its day
        until the next value does. `straight`: the same amount is added every day between two points. `growth`: the
        same percentage is added every day. Before the first point its value holds, after the last point the last.

    Equations:
        w = (last day of month t - day[i]) / (day[i+1] - day[i]) between two points; with `steps`, w = 0
        X[t] = value[i] * (1 - w) + value[i+1] * w              steps, straight
        X[t] = value[i] * (value[i+1] / value[i]) ** w          growth

    Example:
        revenue:
          kind: schedule
          points:
            2024-12-31: $3.7bn/yr
            2025: $11.6bn/yr
            2029: $100bn/yr
          between: growth
        # a bare year is its last day

    Not modelled:
        Chance. Its values may be ranges, each drawn on its own.

    Source:
        Convention: the three ways in which spreadsheets fill a forecast's gaps.
    """

    kind: ClassVar[str] = "schedule"

    points: tuple[tuple[datetime.date, Value], ...] = dated("Days, or years for their last day, each with its value.")
    between: str = choice(("steps", "straight", "growth"), "How it goes from one value to the next.", default="steps")

    def write(self, builder: Builder) -> None:
        """Write the value from the weights of its points, which the calendar settles."""
        if not self._sound(builder):
            builder.row("", ZERO, "value")
            return
        values = [builder.value(v) for _, v in self.points]
        weights = [tuple(self._weight(i, end) for end in builder.calendar.ends) for i in range(len(values))]
        if self.between == "growth":
            logs = [
                builder.once(f"log{i + 1}", call("log", v / values[0]), "logarithm of a value over the first one")
                for i, v in enumerate(values)
            ]
            blend = total(list(self._weighted(builder, logs, weights)))
            first = total([Const(weight[0]) * log for weight, log in zip(weights, logs, strict=True) if weight[0]])
            builder.row("", values[0] * call("exp", blend), "value", start=values[0] * call("exp", first))
            return
        blend = total(list(self._weighted(builder, values, weights)))
        numbers = all(isinstance(v, Number) for _, v in self.points)
        first = total([Const(weight[0]) * v for weight, v in zip(weights, values, strict=True) if weight[0]])
        builder.row("", blend, "value", start=first if numbers else ZERO)

    def _weighted(self, builder: Builder, values: list[Expr], weights: list[tuple[float, ...]]) -> Iterator[Expr]:
        """Each value that counts in some month, times its weight."""
        for number, (value, weight) in enumerate(zip(values, weights, strict=True), start=1):
            if any(weight):
                yield builder.table(f"weight{number}", weight) * value

    def _weight(self, index: int, end: datetime.date) -> float:
        """How much point `index` counts in the month that ends on `end`; the weights of a month add up to one."""
        days = [day for day, _ in self.points]
        reached = sum(day <= end for day in days) - 1
        if reached < 0:
            return 1.0 if index == 0 else 0.0
        if self.between == "steps" or reached == len(days) - 1:
            return 1.0 if index == reached else 0.0
        along = (end - days[reached]).days / (days[reached + 1] - days[reached]).days
        return {reached: 1.0 - along, reached + 1: along}.get(index, 0.0)

    def _sound(self, builder: Builder) -> bool:
        """Whether the points make a path; problems are logged."""
        low = [(day, v) for day, v in self.points if isinstance(v, Number) and v.value <= 0]
        if self.between != "growth" or not low:
            return True
        day, value = low[0]
        where = value.where or builder.clause_where
        builder.log.add(
            "D262",
            f"{builder.clause_name} is not above zero on {day}",
            where,
            why="no percentage leads to zero, or away from it",
            fix="write between: straight",
        )
        return False
