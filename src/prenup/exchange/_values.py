"""Numbers between OCF's decimal texts and a deal file's plain numbers."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from prenup.exchange._error import ExchangeError

WITHOUT_CAP = 1_000_000
"""OCF has no word for participation without a cap; this multiple of the price stands for it."""

PLACES = Decimal("1e-10")
LARGEST = 1e30
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def plain(number: Fraction) -> int | float:
    """A number of a deal file: whole where it is, else to ten places after the point. Raises ExchangeError if it is too large."""
    if number > LARGEST:
        raise ExchangeError("Transactions.ocf.json: adds up to more than 1e30 of something; correct its splits and quantities.")
    return int(number) if number.denominator == 1 else round(float(number), 10)


def percent(number: Fraction) -> str:
    """A fraction as a deal file writes it: 0.05 is 5%."""
    return f"{plain(Fraction(round(number * 100, 8)))}%"


def decimal(number: float, what: str) -> str:
    """A number as OCF writes it: decimal, no exponent, ten places after the point at most.

    Raises:
        ExchangeError: it is below zero, or no number.
    """
    if not math.isfinite(number) or number < 0 or number > LARGEST:
        raise ExchangeError(f"{what} is {number}, but OCF takes numbers at or above zero; correct it in the deal file.")
    text = format(_CONTEXT.quantize(Decimal(repr(number)), PLACES), "f")
    return text.rstrip("0").rstrip(".")
