"""How much money goes between the parties over time, and what they have: fan charts."""

from __future__ import annotations

import itertools
from typing import ClassVar

import numpy as np

from prenup.deal.model import Deal
from prenup.outcome.run import Run
from prenup.outcome.statistics import QUANTILES, fan
from prenup.outcome.valuation import money_transfers, month_name, moved_name
from prenup.questions._answer import Answer, Chart, Fan
from prenup.questions._question import AbstractQuestion, Asked, Needs
from prenup.sheet.expr import Expr, Ref, total
from prenup.sheet.sheet import WORLD, Row, Sheet


class Flows(AbstractQuestion):
    """Net money between each two parties by calendar year, and the cash of each party whose cash is stated."""

    name: ClassVar[str] = "flows"

    def needs(self, deal: Deal, sheet: Sheet) -> Needs:
        """A row for each pair that pays the other, kept every month, and cash rows."""
        rows = []
        for payer, payee in _pairs(sheet):
            there = _between(sheet, payer, payee)
            back = _between(sheet, payee, payer)
            net = total(there) - total(back) if back else total(there)
            rows.append(Row(net_name(payer, payee), net, f"net money from {payer} to {payee}"))
        cash = [f"cash.{n}" for n, p in deal.parties.items() if getattr(p.cash, "where", None) is not None]
        return Needs(tuple(rows), (*(r.name for r in rows), *cash))

    def answer(self, asked: Asked) -> Answer | None:
        """Fan charts; None where the parties pay each other nothing."""
        run = asked.run
        pairs = [pair for pair in _pairs(run.sheet) if net_name(*pair) in run.filled.series]
        charts: list[Chart] = [_by_year(run, payer, payee) for payer, payee in pairs]
        charts += [_cash(run, name) for name in run.sheet.parties if f"cash.{name}" in run.filled.series]
        return Answer(self.name, "Money between the parties", (), (), tuple(charts)) if charts else None


def net_name(payer: str, payee: str) -> str:
    """The row that holds what one party pays another in a month, less what comes back."""
    return f"net({payer}, {payee})"


def _pairs(sheet: Sheet) -> list[tuple[str, str]]:
    """Pairs of parties that pay each other, the one that pays in more clauses first."""
    pairs = []
    for a, b in itertools.combinations(sheet.parties, 2):
        there, back = len(_between(sheet, a, b)), len(_between(sheet, b, a))
        if there or back:
            pairs.append((a, b) if there >= back else (b, a))
    return pairs


def _between(sheet: Sheet, payer: str, payee: str) -> list[Expr]:
    assert WORLD not in (payer, payee)
    return [Ref(t.row) for t in money_transfers(sheet) if t.payer == payer and t.payee == payee and not t.at]


def _by_year(run: Run, payer: str, payee: str) -> Fan:
    """Whole calendar years, and the part of a year that the clock begins or ends with."""
    series = run.filled.series[net_name(payer, payee)]
    ends = run.deal.calendar.ends
    years = sorted({end.year for end in ends})
    of_year = np.array([years.index(end.year) for end in ends])
    yearly = np.stack([series[of_year == index].sum(axis=0) for index in range(len(years))])
    for transfer in money_transfers(run.sheet):  # an exit is worked out at the end, and fell in the year of its month
        if transfer.at and {transfer.payer, transfer.payee} == {payer, payee}:
            fell = of_year[run.filled.finals[month_name(transfer)].astype(int)]
            sign = 1.0 if transfer.payer == payer else -1.0
            yearly += np.where(
                fell == np.arange(len(years))[:, None, None, None], sign * run.filled.finals[moved_name(transfer)], 0.0
            )
    dates = tuple(max(end for end in ends if end.year == year) for year in years)
    bands = fan(yearly, run.filled.sound)
    names = run.deal.party_title(payer), run.deal.party_title(payee)
    return Fan(
        f"Net money from {names[0]} to {names[1]} by calendar year",
        run.deal.currency,
        dates,
        QUANTILES,
        tuple(tuple(float(v) for v in band) for band in bands),
        note=f"Below zero {names[1]} pays {names[0]}. Not discounted. Dark: half of all paths; light: nine in ten.",
    )


def _cash(run: Run, party: str) -> Fan:
    bands = fan(run.filled.series[f"cash.{party}"], run.filled.sound)
    return Fan(
        f"Cash of {run.deal.party_title(party)}",
        run.deal.currency,
        tuple(run.deal.calendar.ends),
        QUANTILES,
        tuple(tuple(float(v) for v in band) for band in bands),
        note="At each month's end, with no funding beyond what the deal says.",
    )
