"""How long the money lasts: the month in which a party's cash first falls below zero."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from prenup.base.units import BOOL, NUMBER
from prenup.base.wording import money, month, percent, possessive
from prenup.deal.model import Deal
from prenup.outcome.run import Run
from prenup.outcome.statistics import quantiles
from prenup.questions._answer import Answer, Cell, Column, Table
from prenup.questions._question import AbstractQuestion, Asked, Needs
from prenup.sheet.expr import ONE, ZERO, Const, Prev, Ref, least, where_
from prenup.sheet.sheet import Row, Sheet

CENT = -0.005
"""Cash above this is not below zero: less than half a cent is rounding."""


class Runway(AbstractQuestion):
    """For each party whose cash the deal states: until when it lasts, and how much would be missing."""

    name: ClassVar[str] = "runway"

    def needs(self, deal: Deal, sheet: Sheet) -> Needs:
        """Rows that count the months before cash first falls below zero, and the lowest point that it reaches."""
        rows: list[Row] = []
        for party in _stated(deal):
            cash, solvent = Ref(f"cash.{party}"), f"solvent({party})"
            rows.append(
                Row(
                    solvent,
                    Prev(solvent) & (cash >= Const(CENT)),
                    f"cash of {party} was never below zero",
                    start=Const(1.0, BOOL),
                    unit=BOOL,
                )
            )
            lasting = lasting_name(party)
            rows.append(Row(lasting, Prev(lasting) + where_(Ref(solvent), ONE, ZERO), "months before that", unit=NUMBER))
            lowest = lowest_name(party)
            rows.append(
                Row(
                    lowest,
                    least(Prev(lowest), cash),
                    f"lowest cash of {party} so far",
                    start=Ref(sheet.parties[party].cash_row),
                )
            )
        return Needs(tuple(rows), finals=tuple(r.name for r in rows))

    def answer(self, asked: Asked) -> Answer | None:
        """A sentence and a line a party; None where no party's cash is stated."""
        run = asked.run
        parties = _stated(run.deal)
        if not parties:
            return None
        columns = (
            Column("Party"),
            Column("Cash at the start", "money"),
            Column("Lasts until (median)"),
            Column("Lasts until (worst 5%)"),
            Column("Paths on which it lasts to the end", "percent"),
            Column("Missing at worst (median)", "money"),
        )
        lines = [_line(run, party) for party in parties]
        return Answer(
            self.name,
            "How long the money lasts",
            tuple(s for s, _ in lines),
            (
                Table(
                    "How long the money lasts",
                    columns,
                    tuple(cells for _, cells in lines),
                    note="No new funding is assumed beyond what the deal file says.",
                ),
            ),
        )


def _stated(deal: Deal) -> list[str]:
    """Parties whose opening cash the file gives."""
    return [name for name, party in deal.parties.items() if getattr(party.cash, "where", None) is not None]


def lasting_name(party: str) -> str:
    """The row that counts the months before a party's cash first falls below zero."""
    return f"lasting({party})"


def lowest_name(party: str) -> str:
    """The row that holds the least cash that a party has had so far."""
    return f"lowest({party})"


def _line(run: Run, party: str) -> tuple[str, tuple[Cell, ...]]:
    """A sentence on one party's cash and its line of the table."""
    deal, sound = run.deal, run.filled.sound
    title, last = deal.party_title(party), deal.calendar.n_months
    months = run.filled.finals[lasting_name(party)][sound]
    if not months.size:
        return f"{title}: no figure, for no path could be worked out.", (title, None, None, None, None, None)
    opening = float(np.mean(run.filled.finals[run.sheet.parties[party].cash_row][sound]))
    missing = float(quantiles(np.maximum(-run.filled.finals[lowest_name(party)][sound], 0.0), (0.5,))[0])
    ordered = np.sort(months)  # whole months: the one that is reached, not a mean of two
    low, middle = (int(ordered[int(q * (len(ordered) - 1))]) for q in (0.05, 0.5))
    lasts = float(np.mean(months >= last))
    line = (title, opening, _when(deal, middle), _when(deal, low), lasts, missing)
    return f"{possessive(title)} {money(opening, deal.currency)} {_fate(deal, low, middle, lasts, missing)}", line


def _fate(deal: Deal, low: int, middle: int, lasts: float, missing: float) -> str:
    """How the money of a party ends, as the rest of a sentence that begins with it."""
    last = deal.calendar.n_months
    end = f"the end of {month(deal.calendar.month_end(last - 1))}"
    if lasts == 1.0:
        return f"last to {end} on every path."
    share = f"on {percent(lasts)} of the paths"
    if low >= last:
        return f"last to {end} {share}, in the worst twentieth too."
    if middle >= last:
        return f"last to {end} {share}; in the worst twentieth {_until(deal, low)}."
    if lasts == 0.0:
        share = "on no path"
    worst = f"in the worst twentieth {_until(deal, low)}"
    return (
        f"last {_until(deal, middle)} on the middle path, {worst}, {share} to the end. Without new funding "
        f"{money(missing, deal.currency)} would be missing at the worst point of the middle path."
    )


def _until(deal: Deal, months: int) -> str:
    """How long it lasts, in the middle of a sentence."""
    return f"until {_when(deal, months)}" if months else "less than a month"


def _when(deal: Deal, months: int) -> str:
    """The last month in which cash was not below zero."""
    if months >= deal.calendar.n_months:
        return "the end"
    return month(deal.calendar.month_end(months - 1)) if months else "less than a month"
