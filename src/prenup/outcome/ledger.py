"""Double entry: what each clause moved from whom to whom in each year, and balances that sum to zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prenup.engine.reference import Array
from prenup.outcome.run import Run
from prenup.outcome.valuation import money_transfers, month_name, moved_name
from prenup.sheet.sheet import WORLD, Transfer


@dataclass(frozen=True, slots=True)
class Posting:
    """What one transfer moved in one calendar year, in the deal's currency: the mean of sound paths, undiscounted."""

    year: int
    clause: str
    payer: str
    payee: str
    amount: float


def postings(run: Run) -> list[Posting]:
    """Every transfer by year, in the order of time and of the deal. The run must have kept the transfers' rows."""
    years = np.array([end.year for end in run.deal.calendar.ends])
    found = []
    for transfer in money_transfers(run.sheet):
        monthly = by_month(run, transfer) if transfer.at else run.mean(transfer.row)
        found += [
            Posting(int(year), transfer.clause, transfer.payer, transfer.payee, float(monthly[years == year].sum()))
            for year in np.unique(years)
        ]
    return sorted((p for p in found if p.amount), key=lambda p: p.year)


def by_month(run: Run, transfer: Transfer) -> Array:
    """The mean of what a payment that is worked out at the end moved in each month, (month,)."""
    sound = run.filled.sound
    months = run.filled.finals[month_name(transfer)][sound].astype(int)
    moved = np.bincount(months, weights=run.filled.finals[moved_name(transfer)][sound], minlength=run.deal.calendar.n_months)
    return moved / max(int(sound.sum()), 1)


def balances(run: Run, entries: list[Posting]) -> dict[str, float]:
    """What each party, and everyone else, received less what it paid; the sum is zero up to rounding."""
    totals = dict.fromkeys((*run.sheet.parties, WORLD), 0.0)
    for entry in entries:
        totals[entry.payer] -= entry.amount
        totals[entry.payee] += entry.amount
    return totals
