"""What a number is counted in: money, years, shares, a plain number, so that dollars and dollars a year never add.

A unit is a product of powers of base names. The base names are currencies (`USD`), `yr`, and whatever resource a deal
counts (`share`, `gpu_hour`). Two units stand apart: `BOOL` for yes or no, `DATE` for a day. Numbers are kept in base
units: a duration in years, a rate per year, a fraction from 0 to 1, a date as the ordinal of its day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DAYS_PER_YEAR = 365.25
"""Average length of a calendar year; used only where a date and a duration meet."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers, sorted by name: `USD/yr` is `(("USD", 1), ("yr", -1))`."""

    powers: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: Unit) -> Unit:
        return _unit({n: self.power(n) + other.power(n) for n in self.names() | other.names()})

    def __truediv__(self, other: Unit) -> Unit:
        return _unit({n: self.power(n) - other.power(n) for n in self.names() | other.names()})

    def power(self, name: str) -> int:
        """The exponent of one base name; 0 where it does not occur."""
        return dict(self.powers).get(name, 0)

    def names(self) -> set[str]:
        """The base names that occur."""
        return {name for name, _ in self.powers}

    def __str__(self) -> str:
        over = [_power(n, p) for n, p in self.powers if p > 0]
        under = [_power(n, -p) for n, p in self.powers if p < 0]
        if not over and not under:
            return "number"
        return "/".join(["*".join(over) or "1", *under])


def _unit(powers: Mapping[str, int]) -> Unit:
    return Unit(tuple(sorted((n, p) for n, p in powers.items() if p)))


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def base_unit(name: str) -> Unit:
    """The unit that is one base name."""
    return Unit(((name, 1),))


NUMBER = Unit()
YEAR = base_unit("yr")
PER_YEAR = NUMBER / YEAR
BOOL = base_unit("yes/no")
DATE = base_unit("date")

CURRENCIES = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "JPY",
        "CHF",
        "CNY",
        "CAD",
        "AUD",
        "NZD",
        "SEK",
        "NOK",
        "DKK",
        "INR",
        "KRW",
        "BRL",
        "MXN",
        "ZAR",
        "SGD",
        "HKD",
        "TWD",
        "PLN",
        "CZK",
        "ILS",
        "AED",
        "SAR",
        "TRY",
    ]
)
CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}

TIME_WORDS: Mapping[str, float] = {
    **dict.fromkeys(("yr", "yrs", "year", "years", "y"), 1.0),
    **dict.fromkeys(("quarter", "quarters"), 0.25),
    **dict.fromkeys(("month", "months", "mo"), 1.0 / 12.0),
    **dict.fromkeys(("week", "weeks"), 7.0 / DAYS_PER_YEAR),
    **dict.fromkeys(("day", "days"), 1.0 / DAYS_PER_YEAR),
}
"""Words for a length of time, in years."""

SCALE_WORDS: Mapping[str, float] = {
    **dict.fromkeys(("k", "K", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "M", "MM", "million"), 1e6),
    **dict.fromkeys(("bn", "b", "B", "Bn", "BN", "billion"), 1e9),
    **dict.fromkeys(("tn", "T", "trillion"), 1e12),
}
"""Words that scale the number before them."""

FRACTION_WORDS: Mapping[str, float] = {"%": 0.01, "percent": 0.01, "bp": 0.0001, "bps": 0.0001, "x": 1.0, "": 1.0}
"""Marks after a plain number: percent, basis points, a multiple."""


def money(currency: str) -> Unit:
    """The unit of an amount in one currency."""
    return base_unit(currency)
