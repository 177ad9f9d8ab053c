"""Figures in the words of a letter: `31 December 2030`, `$3bn a year`, `15% to 25%`."""

from __future__ import annotations

import datetime
import re

from prenup.base.quantity import Number, Spread
from prenup.base.units import CURRENCIES, CURRENCY_SIGNS, DATE, Unit
from prenup.base.wording import join, quantity

_WITH_RANGE = re.compile(r"(?P<value>.+?) \((?P<range>.+ to .+)\)")


def day(date: datetime.date) -> str:
    """A day as in a letter: `31 December 2030`."""
    return f"{date.day} {date:%B %Y}"


def typeset(text: str) -> str:
    """A true minus before figures, and no line break within `5 %`."""
    text = re.sub(r"(?<![\w.-])-(?=[<>]?(?:[$€£¥]|[A-Z]{3} )?\d)", "−", text)
    return re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", text)


def spoken(text: str) -> str:
    """`$3.70/gpu_hour` as `$3.70 per gpu hour`, `$3bn/yr` as `$3bn a year`."""
    text = re.sub(r"\s?/\s?(yr|year)\b", " a year", text)
    text = re.sub(r"\s?/\s?([^\W\d]\w*)", r" per \1", text)
    return typeset(text.replace("_", " "))


def amount(value: float, unit: Unit, like: str = "") -> str:
    """A value in words; `like` is how the file wrote it, which says whether a plain number is a percentage."""
    if unit == DATE and 1 <= value < 3_652_059:
        return day(datetime.date.fromordinal(round(value)))
    if "%" in like and not (unit.names() - {"yr"}):
        return spoken(f"{value * 100:.4g}%" + ("/yr" if unit.power("yr") == -1 else ""))
    return spoken(quantity(value, unit))


def figure(number: Number) -> str:
    """The number itself, without its range: in the file's own words where it has some."""
    text = number.text.strip()
    if number.spread is not None:
        split = _WITH_RANGE.fullmatch(text)
        text = split["value"] if split and number.spread.shape == "interval" else ""
    if number.unit == DATE or not text or _lacks_currency(text, number.unit):
        return amount(number.value, number.unit, number.text)
    return spoken(text)


def spread(number: Number) -> str:
    """The range of a number in words; empty where it has none."""
    if number.spread is None:
        return ""
    split = _WITH_RANGE.fullmatch(number.text.strip())
    stated = split["range"] if split else number.text
    ends = [amount(value, number.unit, number.text) for value in number.spread.parameters]
    if number.spread.shape != "interval":
        return _shape(number.spread, ends)
    if " to " not in stated or number.unit == DATE or _lacks_currency(stated, number.unit):
        return f"{ends[0]} to {ends[2]}"
    low, _, high = spoken(stated).partition(" to ")
    per_year = low.endswith(" a year") and high.endswith(" a year")
    return f"{low.removesuffix(' a year') if per_year else low} to {high}"


def _lacks_currency(text: str, unit: Unit) -> bool:
    has = any(sign in text for sign in CURRENCY_SIGNS) or any(code in text for code in CURRENCIES)
    return bool(unit.names() & CURRENCIES) and not has


def _shape(spread: Spread, ends: list[str]) -> str:
    p = spread.parameters
    if spread.shape == "uniform":
        return f"anything from {ends[0]} to {ends[1]}"
    if spread.shape == "normal":
        return f"normal around {ends[0]}, standard deviation {ends[1]}"
    if spread.shape == "lognormal":
        return f"lognormal around {ends[0]}, standard deviation of the logarithm {p[1]:.3g}"
    if spread.shape == "triangular":
        return f"{ends[0]} to {ends[2]}, most likely {ends[1]}"
    half = len(p) // 2
    return join([f"{end} ({weight:.0%})" for end, weight in zip(ends[:half], p[half:], strict=True)])
