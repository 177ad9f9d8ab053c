"""A finished run: what each clause was worth to each party, by path, with the statistics that questions read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prenup.base.quantity import Number
from prenup.deal.model import Deal
from prenup.engine.reference import Array, Filled
from prenup.engine.run import Settings
from prenup.engine.streams import Design
from prenup.outcome.statistics import Summary, summarise
from prenup.outcome.valuation import money_transfers, value_name
from prenup.sheet.sheet import MONEY, WORLD, Sheet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Run:
    """What a deal came to under one set of draws. `variant` is empty for the deal as it stands."""

    deal: Deal
    sheet: Sheet
    settings: Settings
    design: Design
    filled: Filled
    variant: str = ""

    @property
    def n_paths(self) -> int:
        """Paths that were worked out, of all views and randomisations."""
        return int(self.filled.sound.size)

    @property
    def n_unsound(self) -> int:
        """Paths left out of every figure because a number on them was not finite."""
        return int(self.filled.sound.size - self.filled.sound.sum())

    @property
    def unknowns(self) -> dict[str, Number]:
        """The numbers that have a range, by path."""
        return dict(self.sheet.unknowns)

    def worth(self, party: str, clause: str | None = None) -> Array:
        """Present value to a party, of one clause or of all, in the deal's currency: (randomisation, view, path)."""
        total = np.zeros(self.filled.sound.shape)
        for transfer in money_transfers(self.sheet):
            if party in (transfer.payer, transfer.payee) and clause in (None, transfer.clause):
                total = total + self.filled.finals[value_name(transfer, party)]
        return total

    def clauses(self, party: str | None = None) -> tuple[str, ...]:
        """The clauses that move money, to or from a party if one is given, in the order of the deal."""
        return tuple(dict.fromkeys(t.clause for t in money_transfers(self.sheet) if party in (None, t.payer, t.payee)))

    def summary(self, party: str, clause: str | None = None) -> Summary:
        """What can be said of a party's value."""
        return summarise(self.worth(party, clause), self.filled.sound)

    def moves(self, clause: str) -> str:
        """Between whom a clause moves money, such as `openai -> microsoft`."""
        pairs = dict.fromkeys(f"{t.payer} -> {t.payee}" for t in self.sheet.transfers_of(clause) if t.resource == MONEY)
        return ", ".join(pairs)

    def mean(self, row: str) -> Array:
        """The mean of a kept row by month, (month,). Raises KeyError for a row that was not kept."""
        series = self.filled.series[row]
        return np.array([float(np.mean(month[self.filled.sound])) for month in series])

    def values(self) -> pd.DataFrame:
        """Who gets what: one line for each party and clause, and one for each party's total (clause `total`).

        Columns: party, clause, between, mean, error, median, low, high, unknown. Money is in the deal's currency at present
        value; `low` and `high` are the 5 % and 95 % points; `error` is the standard error of the mean; `unknown` is the part
        of the variance that is what we don't know.
        """
        import pandas as pd

        lines = []
        for party in self.sheet.parties:
            for clause in (*self.clauses(party), None):
                s = self.summary(party, clause)
                lines.append((party, clause or "total", self.moves(clause) if clause else "", s.mean, s.error, s.median, s.low, s.high, s.unknown))
        return pd.DataFrame(lines, columns=["party", "clause", "between", "mean", "error", "median", "low", "high", "unknown"])

    def cash_error(self) -> float:
        """The largest imbalance of any path, as a part of the money that moved on it: zero up to rounding."""
        moved = sum(np.abs(self.filled.finals[f"moved.{t.row}"]) for t in money_transfers(self.sheet))
        names = [f"cash.{p}" for p in (*self.sheet.parties, WORLD)]
        opening = sum(self.filled.finals[p.cash_row] for p in self.sheet.parties.values() if p.cash_row in self.filled.finals)
        balance = sum(self.filled.finals[name] for name in names) - opening
        with np.errstate(all="ignore"):
            ratio = np.where(moved > 0, np.abs(balance) / np.maximum(moved, 1e-300), np.abs(balance))
        return float(np.max(ratio[self.filled.sound], initial=0.0))
