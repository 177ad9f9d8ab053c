"""The months that a deal is looked at: amounts fall at a month's end and are discounted from there."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calendar:
    """A run of whole months from the first day of `start`'s month. Values are as at that first day."""

    start: datetime.date
    n_months: int

    @property
    def first_day(self) -> datetime.date:
        """The day at which present values are taken."""
        return self.start.replace(day=1)

    def month_start(self, index: int) -> datetime.date:
        """The first day of month `index`, counted from 0; index may be negative or past the end."""
        whole = self.start.year * 12 + self.start.month - 1 + index
        return datetime.date(whole // 12, whole % 12 + 1, 1)

    def month_end(self, index: int) -> datetime.date:
        """The last day of month `index`."""
        first = self.month_start(index)
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])

    def index_of(self, day: datetime.date) -> int:
        """The index of the month that holds a day; may lie outside 0 to `n_months` - 1."""
        return (day.year - self.start.year) * 12 + day.month - self.start.month

    @property
    def ends(self) -> list[datetime.date]:
        """The last day of every month."""
        return [self.month_end(i) for i in range(self.n_months)]
