"""An answer: sentences first, then tables and charts, all as plain data. Whoever shows it computes nothing."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field

from prenup.base import wording
from prenup.base.units import CURRENCY_SIGNS

Cell = str | float | None
"""A word, a figure in the unit of its column, or nothing."""

MONEY_UNITS = frozenset({"money", "gain", "amount", "price"})
"""Units that are counted in the deal's currency."""

UNITS = MONEY_UNITS | {"text", "percent", "share", "number"}
"""Everything that a column may be counted in."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `unit` is what it is counted in, one of `UNITS`; `in_words` shows how each is written.

    `text`; `money` in three figures that count; `gain`, money with its sign; `amount`, money to the cent; `price`, money a
    unit to four places; `percent`, a fraction; `share`, a fraction with two places, for cap tables; `number`.
    """

    title: str
    unit: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `strong` are the rows that sum up, `note` how to read it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fan:
    """Money over time: quantile lines by date. `bands` are by quantile (0.05, 0.25, 0.5, 0.75, 0.95), then date."""

    title: str
    unit: str
    dates: tuple[datetime.date, ...]
    quantiles: tuple[float, ...]
    bands: tuple[tuple[float, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from a low to a high end around a middle, such as a tornado; one group of bars a label."""

    title: str
    unit: str
    labels: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    middle: float
    note: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A football field: for each method the range that it comes to, and where its middle lies.

    `unit` is a unit of a column, such as `percent` or `money`. `assumes` says in one short sentence what each method takes for
    granted. `marks` are values that all methods are held against, each with its name. A method whose figures are not-a-number
    came to none.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    assumes: tuple[str, ...] = ()
    marks: tuple[tuple[str, float], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Several curves over one axis, such as what each class is paid at each value of an exit.

    `x_unit` and `unit` are units of a column. `y` is by label, then along `x`, which rises. `marks` are places on `x` that have
    a name. `stacked` curves stand on one another and sum up to a whole.
    """

    title: str
    x_title: str
    x_unit: str
    unit: str
    x: tuple[float, ...]
    labels: tuple[str, ...]
    y: tuple[tuple[float, ...], ...]
    marks: tuple[tuple[str, float], ...] = ()
    stacked: bool = False
    note: str = ""


Chart = Fan | Bars | Field | Lines


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to: `sentences` in plain words, the most important first."""

    question: str
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = field(default=())


# ── figures in the words of their unit ──────────

_SIGNS = {code: sign for sign, code in CURRENCY_SIGNS.items()}
_WITHOUT_CENTS = frozenset({"JPY", "KRW"})


def in_words(value: float, unit: str, currency: str) -> str:
    """A figure as every table and chart writes it; `n/a` where there is none. What rounds to nothing carries no sign."""
    if not math.isfinite(value):
        return "n/a"
    if unit in ("money", "gain"):
        return wording.money(value, currency, signed=unit == "gain")
    if unit == "amount":
        return _amount(value, currency)
    if unit == "price":
        return _price(value, currency)
    if unit == "percent":
        return wording.percent(value)
    if unit == "share":
        return _share(value)
    return _number(value)


def _amount(value: float, currency: str) -> str:
    """Money to the cent, `$1,234.50`; from a billion on in three figures that count."""
    places = 0 if currency in _WITHOUT_CENTS else 2
    size = round(abs(value), places)
    if size >= 1e9:
        return wording.money(value, currency)
    return f"{'-' if value < 0 < size else ''}{_SIGNS.get(currency, f'{currency} ')}{size:,.{places}f}"


def _price(value: float, currency: str) -> str:
    """Money a unit, two to four places: `$1.50`, `$1.1144`; from ten million on in three figures that count."""
    size = abs(value)
    if size >= 1e7:
        return wording.money(value, currency)
    mark, symbol = "-" if value < 0 else "", _SIGNS.get(currency, f"{currency} ")
    if 0 < size < 0.00005:
        return f"{mark}<{symbol}0.0001"
    whole, _, places = f"{size:,.4f}".partition(".")
    return f"{mark}{symbol}{whole}.{places[:2]}{places[2:].rstrip('0')}"


def _share(fraction: float) -> str:
    """A fraction as a percentage with two places; what is not nothing never as nothing, what is not all never as all."""
    size, mark = abs(fraction * 100), "-" if fraction < 0 else ""
    if 0 < size < 0.005:
        return f"{mark}<0.01%"
    if 99.995 <= size < 100 - 1e-9:
        return f"{mark}>99.99%"
    return f"{mark if size else ''}{size:,.2f}%"


def _number(value: float) -> str:
    """A count: whole where it is whole, two places from a thousand on, six figures that count below."""
    size = abs(value)
    if size >= 1e18:
        return f"{value:.6g}"
    if size < 1000:
        return f"{value:,.6g}" if value else "0"
    return f"{value:,.0f}" if abs(size - round(size)) < 0.005 else f"{value:,.2f}"
