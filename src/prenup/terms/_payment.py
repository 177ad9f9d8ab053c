"""What payments to one party share besides how they are settled: bands of a running total, each with its own rate."""

from __future__ import annotations

from dataclasses import dataclass

from prenup.base.fields import choice, items, party, value
from prenup.base.quantity import Number
from prenup.sheet.builder import Builder
from prenup.sheet.expr import INFINITY, ZERO, Const, Expr, call, least, most, total, where_
from prenup.sheet.formula import Value
from prenup.terms._settlement import AbstractSettlement


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A band of a running total: `rate` holds for the part of it up to `up_to`, and above the band before."""

    up_to: Value | None = value("any", "Where the band ends; the last band has no end.", default=None)
    rate: Value = value("fraction", "What share of the part inside the band is paid.")


@dataclass(frozen=True, kw_only=True)
class AbstractPayment(AbstractSettlement):
    """A clause that pays one party, with the modifiers that every payment has.

    Bands count what the payment is worked out on, in months in force, from the first month of the sheet. Where a clause
    has a rate of its own, bands stand in its place; elsewhere they say what share of the amount is paid.
    """

    payee: str = party("Who is paid.")
    tiers: tuple[Tier, ...] = items(Tier, "Bands of the running total, each with its own rate.", default=())
    tier_base: str = choice(
        ("annual", "cumulative"), "Whether the running total starts anew each calendar year.", default="annual"
    )

    def banded(self, builder: Builder, base: Expr, active: Expr | None = None) -> Expr:
        """What the tiers make of a month's base (a negative one counts as none); the base itself without tiers."""
        if not self.tiers:
            return base
        self._check_tiers(builder)
        runs = self.active(builder) if active is None else active
        counted = builder.row("counted", where_(runs, most(base, ZERO), ZERO), "what the tiers count this month")
        before: Expr = builder.prev(builder.own("running_total"))
        if self.tier_base == "annual":
            before = where_(call("eq", builder.month_of_year, Const(1.0)), ZERO, before)
        running = builder.row("running_total", before + counted, "what the tiers have counted so far")
        parts: list[Expr] = []
        floor: Expr = ZERO
        for tier in self.tiers:
            ceiling = builder.value(tier.up_to) if tier.up_to is not None else INFINITY
            inside = most(least(running, ceiling), floor) - most(least(before, ceiling), floor)
            parts.append(builder.rate(tier.rate) * inside)
            floor = most(ceiling, floor)
        return builder.row("in_tiers", total(parts), "what the tiers make of this month's base")

    def _check_tiers(self, builder: Builder) -> None:
        """Bands that do not follow one another are a problem in the log."""
        ends = [tier.up_to for tier in self.tiers]
        known = [end.value for end in ends if isinstance(end, Number) and end.spread is None]
        if None in ends[:-1] or sorted(set(known)) != known:
            builder.log.add(
                "D251",
                f"{builder.clause_name}: the tiers do not follow one another",
                builder.clause_where,
                why="each band begins where the one before ends",
                fix="give every tier but the last an up_to, each above the one before",
            )

    def share_of(self, builder: Builder, base: Expr, rate: Value | None, noun: str = "rate") -> Expr:
        """The share of a base that is owed: by one rate or by tiers. Both or neither is a problem in the log."""
        if (rate is None) == (not self.tiers):
            both = "both are" if self.tiers else "neither is"
            builder.log.add(
                "D250",
                f"{builder.clause_name} takes {noun} or tiers, and {both} given",
                builder.clause_where,
                why="one of them says what share is paid",
                fix=f"write {noun}: 20%, or tiers with a rate each",
            )
        return self.banded(builder, base) if rate is None else builder.rate(rate) * base

    def settle(self, builder: Builder, owed: Expr, note: str, *, active: Expr | None = None, once: bool = False) -> Expr:
        """Pay what is owed this month under the shared modifiers; the row `paid` is returned.

        `active` says when it accrues: while the clause is in force if None. `once` marks single payments.
        """
        due = self.falls_due(builder, owed, self.active(builder) if active is None else active, once=once)
        [due] = self.within_cap(builder, [due])
        return builder.pay("paid", self.later(builder, due), self.payer, self.payee, note)
