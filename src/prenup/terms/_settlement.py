"""How whatever is owed gets paid: from when until when, settled how often, at least and at most how much, how late."""

from __future__ import annotations

from dataclasses import dataclass

from prenup.base.fields import choice, condition, party, value
from prenup.base.quantity import Number
from prenup.base.units import DATE, YEAR
from prenup.sheet.builder import Builder, whole_months
from prenup.sheet.expr import YES, ZERO, Expr, least, most, total, where_
from prenup.sheet.formula import Value
from prenup.terms._term import AbstractTerm
from prenup.terms._when import comes_true, held, held_before, written

PERIODS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""Months in a settlement period; periods are those of the calendar."""


@dataclass(frozen=True, kw_only=True)
class AbstractSettlement(AbstractTerm):
    """A clause under which someone pays, to one party or to several.

    Whole months count: the month that holds the day of `from` or `until`, or in which their event happens, still pays.
    Nobody owes a negative amount. A period that the clock cuts short is settled in the last month, its minimum in
    proportion to the months in force. The cap counts what falls due, so that a delay does not let more through.
    """

    payer: str = party("Who pays.")
    from_: Value | None = condition("Starts with this date, event or condition; from the first month if left out.", default=None)
    until: Value | None = condition("Ends after this date, event, condition or length of time.", default=None)
    cap: Value | None = value("money", "The most that is paid over the whole life.", default=None)
    paid_before: Value = value("money", "What was paid before the first month; it counts towards the cap.", default="0")
    minimum: Value | None = value("money", "The least that is paid for a settlement period.", default=None)
    every: str = choice(tuple(PERIODS), "How often it is settled, by the calendar.", default="month")
    delay: Value = value("duration", "How long after it falls due it is paid.", default="0 months")

    def active(self, builder: Builder) -> Expr:
        """Whether the clause is in force in a month (a yes/no row, `active`, written when first asked for)."""
        known = written(builder, "active")
        if known is not None:
            return known
        runs: Expr = YES
        if self.from_ is not None:
            runs = held(builder, self.from_, "started")
        if isinstance(self.until, Number) and self.until.unit == YEAR:
            months = whole_months(builder.known(self.until, "a length of time until the end")) - self._months_before(builder)
            running = builder.row("running", where_(runs, 1.0, ZERO), "1 in every month since the start")
            runs = runs & (builder.cum(running) <= float(months))
        elif self.until is not None:
            runs = runs & ~held_before(builder, self.until, "ended")
        terminated = builder.terminated()
        if terminated is not None:
            runs = runs & ~terminated
        return builder.row("active", runs, "whether the clause is in force")

    def starts(self, builder: Builder) -> Expr:
        """Whether the clause comes into force in this month; one that has no `from` does so in the first."""
        begins = builder.first_month if self.from_ is None else comes_true(builder, self.from_, "started")
        return self.active(builder) & begins

    def _months_before(self, builder: Builder) -> int:
        """Months in force before the first month of the sheet, where a known day says so."""
        start = self.from_
        if not isinstance(start, Number) or start.unit != DATE or start.spread is not None:
            return 0
        first = builder.calendar.first_day.toordinal()
        if start.value >= first:
            return 0
        return -builder.calendar.index_of(type(builder.calendar.first_day).fromordinal(round(start.value)))

    def falls_due(self, builder: Builder, owed: Expr, runs: Expr, stem: str = "", *, once: bool = False) -> Expr:
        """What falls due of what is owed: the open balance when the period ends, at least the period's minimum.

        `runs` says when it accrues; `stem` begins the names of the rows. `once` marks single payments, of which each is
        brought up to the minimum by itself.
        """
        minimum = builder.value(self.minimum) if self.minimum is not None else ZERO
        accrued = builder.row(f"{stem}accrued", where_(runs, most(owed, minimum if once else ZERO), ZERO), "owed for this month")
        period = PERIODS[self.every]
        has_minimum = self.minimum is not None and not once
        if period == 1:
            return most(accrued, where_(runs, minimum, ZERO)) if has_minimum else accrued
        last = builder.calendar.n_months - 1
        ends = tuple(float(end.month % period == 0 or i == last) for i, end in enumerate(builder.calendar.ends))
        settles = builder.table(f"{stem}settles", ends) > 0.5
        anew = builder.prev(settles, YES)
        before = where_(anew, ZERO, builder.prev(builder.own(f"{stem}open")))
        owing = builder.row(f"{stem}open", before + accrued, "owed since the last settlement")
        if has_minimum:
            months = where_(anew, ZERO, builder.prev(builder.own(f"{stem}months"))) + where_(runs, 1.0, ZERO)
            counted = builder.row(f"{stem}months", months, "months in force since the last settlement")
            owing = most(owing, minimum * counted / float(period))
        return where_(settles, owing, ZERO)

    def within_cap(self, builder: Builder, dues: list[Expr], stem: str = "") -> list[Expr]:
        """What is due to each payee within the cap; where it does not suffice, all are cut in proportion."""
        if self.cap is None:
            return dues
        so_far = builder.prev(builder.own(f"{stem}due_so_far"))
        left = most(builder.value(self.cap) - builder.value(self.paid_before) - so_far, ZERO)
        wanted = total(dues)
        due = builder.row(f"{stem}due", least(wanted, left), "due this month, within the cap")
        builder.row(f"{stem}due_so_far", so_far + due, "due so far")
        if len(dues) == 1:
            return [due]
        return [where_(due < wanted, each * due / wanted, each) for each in dues]

    def later(self, builder: Builder, due: Expr) -> Expr:
        """What is due, as much later as the clause allows."""
        return builder.lag(due, whole_months(builder.known(self.delay, "a delay")))
