"""A finished run: what each clause was worth to each party, by path, with the statistics that questions read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prenup.base.quantity import Number
from prenup.deal.model import Deal
from prenup.engine.engines import Engine, engine_named
from prenup.engine.reference import Array, Filled
from prenup.engine.run import Settings
from prenup.engine.streams import Design
from prenup.outcome.statistics import ROUNDING, Summary, summarise
from prenup.outcome.valuation import money_transfers, moved_name, value_rows
from prenup.sheet.sheet import MONEY, WORLD, Sheet

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("party", "clause", "between", "mean", "error", "median", "low", "high", "unknown")
"""The columns of `values()` and of `values.csv`."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a deal came to under one set of draws. `variant` is empty for the deal as it stands."""

    deal: Deal
    sheet: Sheet
    settings: Settings
    design: Design
    filled: Filled
    variant: str = ""
    engine: Engine = field(default_factory=lambda: engine_named("auto"))
    _summaries: dict[tuple[str, str | None], Summary] = field(default_factory=dict, compare=False, repr=False)

    @property
    def n_views(self) -> int:
        """Views of the deal that were drawn; 1 where every unknown is at its middle, or where there is none."""
        drawn = self.sheet.unknowns and self.settings.views > 1
        return self.design.randomisations * self.design.views if drawn else 1

    @property
    def n_paths(self) -> int:
        """Paths that were worked out, of all views and randomisations."""
        return self.filled.n_paths

    @property
    def n_kept(self) -> int:
        """Paths that quantiles and spreads are read from; means are over all."""
        return int(self.filled.sound.size)

    @property
    def n_unsound(self) -> int:
        """Paths left out of every figure because a number on them was not finite."""
        return self.filled.n_paths - int(self.filled.counts.sum())

    @property
    def unknowns(self) -> dict[str, Number]:
        """The numbers that have a range, by path."""
        return dict(self.sheet.unknowns)

    def worth(self, party: str, clause: str | None = None) -> Array:
        """Present value to a party, of one clause or of all, in the deal's currency: (randomisation, view, path).

        Zero for a name that no transfer knows, and where what comes in goes out again: a rest of rounding is none.
        """
        total, gross = np.zeros(self.filled.sound.shape), np.zeros(self.filled.sound.shape)
        with np.errstate(all="ignore"):  # what is not finite is left out where figures are made
            for row in value_rows(self.sheet, party, clause):
                amount = self.filled.finals[row]
                total, gross = total + amount, gross + np.abs(amount)
            return np.where(np.abs(total) < ROUNDING * gross, 0.0, total)

    def clauses(self, party: str | None = None) -> tuple[str, ...]:
        """The clauses that move money, to or from a party if one is given, in the order of the deal."""
        return tuple(dict.fromkeys(t.clause for t in money_transfers(self.sheet) if party in (None, t.payer, t.payee)))

    def summary(self, party: str, clause: str | None = None) -> Summary:
        """What can be said of a party's value, of one clause or of all."""
        if (party, clause) not in self._summaries:
            worth = self.worth(party, clause)
            self._summaries[party, clause] = summarise(worth, self.filled.sound, self._part_means(party, clause))
        return self._summaries[party, clause]

    def _part_means(self, party: str, clause: str | None) -> Array | None:
        """The mean of each randomisation over all its paths; None where every path is kept, or one has none sound."""
        filled = self.filled
        if filled.n_paths == filled.sound.size or not filled.counts.all():
            return None
        rows = value_rows(self.sheet, party, clause)
        return _sum([filled.sums[row] / filled.counts for row in rows], filled.counts)

    def moves(self, clause: str) -> str:
        """Between whom a clause moves money, such as `openai -> microsoft`."""
        pairs = dict.fromkeys(f"{t.payer} -> {t.payee}" for t in self.sheet.transfers_of(clause) if t.resource == MONEY)
        return ", ".join(pairs)

    def mean(self, row: str) -> Array:
        """The mean of a kept row by month, (month,), or of one value where it is worked out at the end; NaN without sound paths.

        Raises:
            KeyError: the row was not kept.
        """
        series, sound = self.filled.series.get(row), self.filled.sound
        if series is None:
            series = self.filled.finals[row][None]
        if not sound.any():
            return np.full(len(series), np.nan)
        return np.array([float(np.mean(month[sound])) for month in series])

    def lines(self) -> list[tuple[str, str, str, float, float, float, float, float, float]]:
        """Who gets what, as plain rows under `COLUMNS`: each party's clauses, then its total (clause `total`)."""
        found = []
        for party in self.sheet.parties:
            for clause in (*self.clauses(party), None):
                s = self.summary(party, clause)
                name, between = (clause, self.moves(clause)) if clause is not None else ("total", "")
                found.append((party, name, between, s.mean, s.error, s.median, s.low, s.high, s.unknown))
        return found

    def values(self) -> pd.DataFrame:
        """Who gets what: one line for each party and clause, and one for each party's total (clause `total`).

        Columns: party, clause, between, mean, error, median, low, high, unknown. Money is in the deal's currency at
        present value; `low` and `high` are the 5 % and 95 % points; `error` is the standard error of the mean;
        `unknown` is the part of the variance that is what we don't know. Figures are NaN where no path is sound.
        """
        import pandas as pd

        return pd.DataFrame(self.lines(), columns=list(COLUMNS))

    def cash_error(self) -> float:
        """The largest imbalance of any path, as a part of the money on it: zero up to rounding, NaN if none is sound.

        The money on a path is what moved and what the parties had before.
        """
        finals, sound = self.filled.finals, self.filled.sound
        if not sound.any():
            return float("nan")
        opening = [finals[p.cash_row] for p in self.sheet.parties.values()]
        closing = [finals[f"cash.{name}"] for name in (*self.sheet.parties, WORLD)]
        moved = [finals[moved_name(t)] for t in money_transfers(self.sheet) if not t.at]
        with np.errstate(all="ignore"):
            imbalance = np.abs(_sum(closing, sound) - _sum(opening, sound))
            there = _sum((np.abs(a) for a in (*moved, *opening)), sound)
            return float(np.max((imbalance / np.maximum(there, 1.0))[sound]))


def _sum(arrays: Iterable[Array], like: NDArray[Any]) -> Array:
    """The sum, one by one: all of them side by side would take long to lay out in memory."""
    rest = iter(arrays)
    first = next(rest, np.zeros(like.shape))
    return sum(rest, start=first)
