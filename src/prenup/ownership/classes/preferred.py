"""Preferred units: money first, or a part as common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import choice, names, value
from prenup.base.quantity import Number
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.rows import Claim
from prenup.sheet.expr import ONE, ZERO, Expr, most, where_
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Preferred(AbstractClass):
    """Preferred units are paid a multiple of their price before common units, or convert where that is worth more.

    Equations:
        first = units * (price * preference + dividends so far)
        as common = units * ratio * p, where p is what a common unit gets and ratio = price / conversion price
        paid = max(first, as common)                                  without participation
        paid = first + as common                                      with full participation
        paid = max(min(first + as common, cap), as common)            with a cap: units * price * participation_cap
        A round below the conversion price lowers it, if the class is protected: to the new price (full ratchet), or to
        price * (A + money / price) / (A + new units) (weighted average; A as `anti_dilution_counts` says).

    Example:
        series_a: {kind: preferred, price: $1.50, holders: {fund: 2m}, participation: capped, participation_cap: 3x}

    Not modelled:
        Redemption, votes, pay-to-play, and dividends that are paid out when declared. Dividends that have built up are paid
        with the preference, and are given up on conversion.

    Source:
        Convention: National Venture Capital Association, model certificate of incorporation, article IV B.
    """

    kind: ClassVar[str] = "preferred"

    price: Value | None = value(
        "money", "The original price of a unit; that of the round that issues it if left out.", default=None
    )
    invested: Value | None = value("money", "The money put in for all units, instead of a price.", default=None)
    preference: Value = value("multiple", "How many times the price is paid first.", default="1x")
    participation: str = choice(
        ("none", "full", "capped"), "Whether it also shares as common beside its preference.", default="none"
    )
    participation_cap: Value | None = value(
        "multiple", "Where participation ends, as a multiple of the price, the preference included.", default=None
    )
    seniority: Value = value("number", "Its rank: higher is paid first, equal ranks in proportion.", default="1")
    dividend: Value = value("rate", "What builds up each year on the price and is paid with the preference.", default="0%")
    dividend_kind: str = choice(("simple", "compound"), "Whether dividends earn dividends.", default="simple")
    since: Value | None = value("date", "From when dividends build up; the round that issues it if left out.", default=None)
    conversion_ratio: Value = value("multiple", "Common units for a unit at first.", default="1")
    anti_dilution: str = choice(
        ("none", "broad", "narrow", "full_ratchet"), "How a cheaper round changes the conversion price.", default="none"
    )
    anti_dilution_counts: tuple[str, ...] = names(
        "The classes whose units a weighted average counts; if left out all but the pool and what has not converted (broad), "
        "or all preferred (narrow)."
    )
    ipo_ratchet: Value | None = value(
        "multiple", "What a listing has to be worth to a unit, as a multiple of its price; more units make it up.", default=None
    )

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        found += [
            ("anti_dilution_counts", f"{name} has no units before it converts, so that it can't be counted", "leave it out")
            for name in self.anti_dilution_counts
            if name in classes and classes[name].in_money
        ]
        cap, times = self.participation_cap, self.preference
        if isinstance(cap, Number) and isinstance(times, Number) and cap.value < times.value:
            found.append(
                ("participation_cap", "participation ends before the preference is paid", "write a cap of the preference or more")
            )
        if self.holders and self.price is None and self.invested is None:
            found.append(("", "nothing says what its units cost, so that nothing could be paid first", "add price: or invested:"))
        if self.participation == "capped" and self.participation_cap is None:
            found.append(("participation", "participation is capped, and the cap is not given", "add participation_cap: 3x"))
        if self.participation != "capped" and self.participation_cap is not None:
            found.append(("participation_cap", "a cap is given, but participation is not capped", "write participation: capped"))
        if self.price is not None and self.invested is not None:
            found.append(("invested", "the price of a unit and the money for all of them are given", "keep one of the two"))
        return found

    def known_price(self, standing: Standing, name: str) -> Expr:
        """The price before any round: as stated, or the money put in by unit."""
        builder = standing.builder
        if self.price is not None:
            return builder.value(self.price)
        if self.invested is not None:
            return builder.value(self.invested) / standing.issued_at_first(name)
        return ZERO

    def known_ratio(self, standing: Standing) -> Expr:
        """As stated."""
        return standing.builder.value(self.conversion_ratio)

    def first(self, standing: Standing, name: str) -> Expr:
        """What a unit is paid before common units."""
        builder, price = standing.builder, standing.price(name)
        owed = price * builder.value(self.preference)
        if isinstance(self.dividend, Number) and self.dividend.value == 0 and self.dividend.spread is None:
            return owed
        rate, years = builder.rate(self.dividend), standing.years_held(name, self.since)
        grown = rate * years if self.dividend_kind == "simple" else (ONE + rate) ** years - 1.0
        return owed + price * grown

    def diluted(self, standing: Standing, name: str) -> Expr:
        return standing.units(name) * standing.ratio(name)

    def claim(self, standing: Standing, name: str) -> Claim:
        """Its preference, and what it may have besides or instead."""
        units, as_common = standing.units(name), self.diluted(standing, name)
        rank = round(standing.builder.known(self.seniority, "seniority"))
        first = where_(standing.listed, ZERO, units * self.first(standing, name))  # a listing has turned it into common
        if self.participation == "full":
            return Claim(name=name, preference=first, shares=as_common, seniority=rank)
        if self.participation == "capped":
            cap = units * standing.price(name) * standing.builder.value(self.participation_cap or self.preference)
            cap = most(cap, first)  # dividends that have built up may pass the cap; what is paid first is paid
            return Claim(name=name, preference=first, shares=as_common, cap=cap, converts=as_common, seniority=rank)
        return Claim(name=name, preference=first, converts=as_common, seniority=rank)

    def claim_listed(self, standing: Standing, name: str) -> Claim:
        """Common units; where a ratchet promises a value, as many as make it up."""
        as_common = self.diluted(standing, name)
        if self.ipo_ratchet is None:
            return Claim(name=name, shares=as_common)
        promised = standing.units(name) * standing.price(name) * standing.builder.value(self.ipo_ratchet)
        return Claim(name=name, preference=promised, converts=as_common, seniority=0)
