"""The sheet: named rows of monthly equations, the transfers and events among them, and what they are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prenup.base.calendar import Calendar
from prenup.base.problems import Origin
from prenup.base.quantity import Number
from prenup.base.units import Unit
from prenup.sheet.expr import ZERO, Expr

MONEY = "money"
"""The resource that values are counted in; others are credits and what a deal supplies."""

MOST_ROWS = 5_000
"""Rows in a sheet; a deal that needs more is more likely a slip."""

NUMBERS = "numbers."
"""What the rows of the deal's numbers begin with."""

WORLD = "world"
"""The party that stands for everyone outside the deal, so that every transfer has two ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """One equation.

    `stage` is `once` (before the first month, from numbers alone), `month` (every month) or `end` (on what the months left
    behind). `start` is the value before the first month, which `prev` gives in the first month.
    """

    name: str
    expr: Expr
    note: str
    stage: str = "month"
    start: Expr = ZERO
    unit: Unit | None = None
    clause: str = ""
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A row whose amount goes from payer to payee each month. `resource` is `money`, or what else moves.

    `at` is empty, or names the row that is yes in the month in which a row of the end stage is paid, once: a waterfall is
    worked out after the last month, on what the month of its event left behind. Such a payment is in values, not in cash.
    """

    row: str
    payer: str
    payee: str
    resource: str
    clause: str
    note: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens once: row `name` has happened by this month's end, row `name.now` happens this month."""

    name: str
    note: str
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Party:
    """Someone who pays or receives, with the rate at which it discounts (a once row) and its opening cash (a once row)."""

    name: str
    title: str
    rate_row: str = ""
    cash_row: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows in an order in which each uses only rows before it, or the month before.

    `parameters` are the numbers behind `Param` leaves, by name; `unknowns` the numbers that have a spread, by name;
    `tables` hold one value a month.
    """

    calendar: Calendar
    currency: str
    rows: Mapping[str, Row]
    transfers: tuple[Transfer, ...]
    events: Mapping[str, Event]
    parties: Mapping[str, Party]
    parameters: Mapping[str, float]
    unknowns: Mapping[str, Number]
    tables: Mapping[str, tuple[float, ...]]

    @property
    def monthly(self) -> tuple[Transfer, ...]:
        """What is paid month by month."""
        return tuple(t for t in self.transfers if not t.at)

    def transfers_of(self, clause: str) -> tuple[Transfer, ...]:
        """What one clause moves."""
        return tuple(t for t in self.transfers if t.clause == clause)
