"""An answer: sentences first, then tables and charts, all as plain data. Whoever shows it computes nothing."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

Cell = str | float | None
"""A word, a figure in the unit of its column, or nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `unit` is `text`, `money`, `gain` (money with its sign), `percent`, `number`."""

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


Chart = Fan | Bars


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to: `sentences` in plain words, the most important first."""

    question: str
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = field(default=())
