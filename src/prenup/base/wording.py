"""Figures as people read them: `$13.0bn`, `27%`, `March 2026`."""

from __future__ import annotations

import datetime
import math

from prenup.base.units import CURRENCY_SIGNS, DATE, NUMBER, YEAR, Unit

_SIGNS = {code: sign for sign, code in CURRENCY_SIGNS.items()}


def money(amount: float, currency: str, *, signed: bool = False) -> str:
    """An amount with three figures that count: `$1.23bn`, `-$45.0m`, `+€7.00k`; `n/a` where there is none.

    Less than half a cent is nothing; from a million trillion on, powers of ten stand for words.
    """
    if not math.isfinite(amount):
        return "n/a"
    symbol = _SIGNS.get(currency, f"{currency} ")
    size = abs(amount)
    mark = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    if size >= 1e18:
        return f"{mark}{symbol}{size:.2e}"
    for scale, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= scale * 0.9995:
            return f"{mark}{symbol}{_three(size / scale)}{word}"
    if size < 0.005:
        return f"{symbol}0"
    return f"{mark}{symbol}{_three(size)}"


def _three(number: float) -> str:
    """Three figures that count, at most two after the point."""
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"


def percent(fraction: float) -> str:
    """A fraction as a percentage: whole from 10 % on, one place below, two below 0.1 %; `n/a` where there is none.

    What is not quite all is never rounded to `100%`, and what is not nothing never to `0%`.
    """
    if not math.isfinite(fraction):
        return "n/a"
    size = abs(fraction * 100)
    mark = "-" if fraction < 0 else ""
    if size == 0:
        return "0%"
    if size < 0.01:
        return f"{mark}<0.01%"
    if 99.5 <= size < 100 - 1e-9:
        return f"{mark}>99%"
    return f"{mark}{size:.2f}%" if size < 0.095 else f"{mark}{size:.1f}%" if size < 9.95 else f"{mark}{size:,.0f}%"


def month(day: datetime.date) -> str:
    """A month in words: `March 2026`."""
    return day.strftime("%B %Y")


def duration(years: float) -> str:
    """A length of time: `18 months`, `2.5 years`."""
    months = years * 12
    if abs(months - round(months)) < 1e-6 and (months < 24 or months % 12):
        return f"{round(months)} month{'' if round(months) == 1 else 's'}"
    return f"{years:g} year{'' if years == 1 else 's'}"


def quantity(value: float, unit: Unit) -> str:
    """A value in base units with its unit: `$3.70bn/yr`, `20%`, `18 months`, `2030-12-31`."""
    if unit == DATE and 1 <= value < 3_652_059:
        return datetime.date.fromordinal(round(value)).isoformat()
    if unit == YEAR:
        return duration(value)
    if unit == NUMBER:
        return f"{value * 100:.6g}%" if abs(value) <= 1.5 else f"{value:,.6g}"
    over = [n for n, p in unit.powers if p == 1]
    under = [n for n, p in unit.powers if p == -1]
    currency = next((n for n in over if len(n) == 3 and n.isupper()), "")
    tail = "".join(f"/{n}" for n in under)
    if currency and len(over) == 1 and len(over) + len(under) == len(unit.powers):
        return money(value, currency) + tail
    if not over and under == ["yr"]:
        return f"{value * 100:.6g}%{tail}"
    return f"{value:,.6g} {unit}"


def join(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def possessive(title: str) -> str:
    """`OpenAI's`, `CRISPR Therapeutics'`."""
    return f"{title}'" if title.endswith("s") else f"{title}'s"


def count(number: int, noun: str) -> str:
    """`1 path`, `2,048 paths`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(text: str) -> str:
    """A text cut to what a sentence can carry."""
    return text if len(text) <= 40 else text[:39] + "…"
