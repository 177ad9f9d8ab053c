"""Something that may happen within a stretch of time, on a day that chance decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.base.quantity import Number
from prenup.base.units import DATE
from prenup.drivers.events._event import AbstractEvent
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, Const, least, most
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Window(AbstractEvent):
    """An event that happens with a stated probability, and then on any day of a stretch of time alike.

    Path:
        One draw a path decides both whether it happens and when. It happens in the month that holds the day; a day
        before the first month counts in the first month.

    Equations:
        X comes at all when u < probability, u uniform
        day = from + (to - from) * u / probability
        X happens when it comes at all and the last day of the month >= day

    Example:
        listing:
          kind: window
          title: shares are listed on an exchange
          from: 2026-07-01
          to: 2027-12-31
          probability: 60%
        # 40 % of paths never see it

    Not modelled:
        Days that are more likely than others; a probability that depends on how things go (see `hazard`).

    Source:
        Convention: the day is uniform where nothing is known but the first and the last.
    """

    kind: ClassVar[str] = "window"

    from_: Value = value("date", "The first day on which it may happen.")
    to: Value = value("date", "The last day on which it may happen.")
    probability: Value = value("fraction", "The chance that it happens at all.", default="100%")

    def write(self, builder: Builder) -> None:
        """Write whether it comes, the day, and the event."""
        if isinstance(self.from_, Number) and isinstance(self.to, Number) and self.to.value < self.from_.value:
            where = self.to.where or builder.clause_where
            builder.log.add(
                "D263",
                f"{builder.clause_name} closes before it opens",
                where,
                why="it happens on a day between the two",
                fix="write the earlier day as from",
            )
        draw, probability = builder.uniform("draw"), builder.value(self.probability)
        comes = builder.row("comes", draw < probability, "whether it happens at all")
        first, last = builder.value(self.from_), builder.value(self.to)
        share = least(draw / most(probability, Const(1e-12)), ONE)
        day = builder.row("day", first + (last - first) * share, "the day on which it happens if it comes", unit=DATE)
        self.write_event(builder, comes & (builder.date >= day))
