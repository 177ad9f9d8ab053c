"""How long the money lasts: the month in which a party's cash first falls below zero."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from prenup.base.units import BOOL, NUMBER
from prenup.base.wording import money, month, percent
from prenup.deal.model import Deal
from prenup.outcome.run import Run
from prenup.questions._answer import Answer, Cell, Column, Table
from prenup.questions._question import AbstractQuestion, Asked, Needs
from prenup.sheet.expr import ONE, ZERO, Const, Op, Prev, Ref, least, where_
from prenup.sheet.sheet import Row, Sheet


class Runway(AbstractQuestion):
    """For each party whose cash the deal states: until when it lasts, and how much would be missing."""

    name: ClassVar[str] = "runway"

    def needs(self, deal: Deal, sheet: Sheet) -> Needs:
        """Rows that count the months before cash first falls below zero, and the lowest point that it reaches."""
        rows: list[Row] = []
        for party in _stated(deal):
            cash, solvent = Ref(f"cash.{party}"), f"solvent.{party}"
            rows.append(Row(solvent, Prev(solvent) & (cash >= ZERO), f"cash of {party} was never below zero",
                            start=Const(1.0, BOOL), unit=BOOL))
            name = f"lasting.{party}"
            rows.append(Row(name, Prev(name) + where_(Ref(solvent), ONE, ZERO), "months before that", unit=NUMBER))
            name = f"lowest.{party}"
            rows.append(Row(name, least(Prev(name), cash), f"lowest cash of {party} so far", start=Ref(sheet.parties[party].cash_row)))
        return Needs(tuple(rows), finals=tuple(r.name for r in rows))

    def answer(self, asked: Asked) -> Answer | None:
        """A sentence and a line a party; None where no party's cash is stated."""
        run = asked.run
        parties = _stated(run.deal)
        if not parties:
            return None
        columns = (Column("Party"), Column("Cash at the start", "money"), Column("Lasts until (median)"), Column("5% of paths before"),
                   Column("Lasts to the end", "percent"), Column("Missing at worst (median)", "money"))
        lines = [_line(run, party) for party in parties]
        return Answer(self.name, "How long the money lasts", tuple(s for s, _ in lines),
                      (Table("How long the money lasts", columns, tuple(cells for _, cells in lines),
                             note="No new funding is assumed beyond what the deal file says."),))


def _stated(deal: Deal) -> list[str]:
    """Parties whose opening cash the file gives."""
    return [name for name, party in deal.parties.items() if getattr(party.cash, "where", None) is not None]


def _line(run: Run, party: str) -> tuple[str, tuple[Cell, ...]]:
    deal, sound = run.deal, run.filled.sound
    n_months = deal.calendar.n_months
    months = run.filled.finals[f"lasting.{party}"][sound]
    if not months.size:
        return f"No path for {deal.party_title(party)} is sound.", (deal.party_title(party), None, None, None, None, None)
    opening = float(np.mean(run.filled.finals[run.sheet.parties[party].cash_row][sound]))
    missing = float(np.median(np.maximum(-run.filled.finals[f"lowest.{party}"][sound], 0.0)))
    low, middle = (float(np.quantile(months, q, method="lower")) for q in (0.05, 0.5))
    survives = float(np.mean(months >= n_months))
    words = [_when(deal, m) for m in (middle, low)]
    title = deal.party_title(party)
    if survives >= 0.5:
        sentence = (f"{title}'s money lasts to the end of {month(deal.calendar.month_end(n_months - 1))} on {percent(survives)} of the "
                    f"paths; in the worst twentieth it is gone after {words[1]}.")
    else:
        sentence = (f"{title}'s {money(opening, deal.currency)} last until {words[0]} on the middle path; in the worst twentieth it is "
                    f"gone after {words[1]}, and on {percent(survives)} of the paths it lasts to the end. Without new funding "
                    f"{money(missing, deal.currency)} would be missing at the worst point of the middle path.")
    return sentence, (title, opening, words[0], words[1], survives, missing)


def _when(deal: Deal, months: float) -> str:
    """The last month in which cash was not below zero."""
    if months >= deal.calendar.n_months:
        return "the end"
    return month(deal.calendar.month_end(int(months) - 1)) if months >= 1 else "the start"
