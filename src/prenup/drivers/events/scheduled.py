"""Something that happens on a day that is known, or that we only know roughly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.base.units import DATE
from prenup.drivers.events._event import AbstractEvent
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Scheduled(AbstractEvent):
    """An event that is certain to happen, on a day that is set.

    Path:
        It happens in the month that holds the day. Where the day is a range it is unknown: one draw a view of the
        deal. A day before the first month counts in the first month.

    Equations:
        X happens when the last day of the month >= date

    Example:
        vesting:
          kind: scheduled
          title: the last shares vest
          date: uniform(2026-04-01, 2026-12-31)
        # some month from April to December 2026

    Not modelled:
        Dates that return every year; write `month_of_year` in a formula for those.

    Source:
        Convention: amounts fall at a month's end, and so does what happens within it.
    """

    kind: ClassVar[str] = "scheduled"

    date: Value = value("date", "The day, or a range of days.")

    def write(self, builder: Builder) -> None:
        """Write the day and the event."""
        day = builder.row("day", builder.value(self.date), "the day on which it happens", unit=DATE)
        self.write_event(builder, builder.date >= day)
