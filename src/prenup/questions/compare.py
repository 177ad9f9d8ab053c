"""What a change of terms does, and to whom: every variant of the deal on the same draws."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from prenup.base.wording import join, money
from prenup.outcome.run import Run
from prenup.outcome.statistics import Summary, summarise
from prenup.questions._answer import Answer, Cell, Column, Table
from prenup.questions._question import AbstractQuestion, Asked


class Compare(AbstractQuestion):
    """Each variant against the deal as it stands, path by path, so that a difference is due to the terms alone."""

    name: ClassVar[str] = "compare"

    def answer(self, asked: Asked) -> Answer | None:
        """A sentence a variant, a table of what each party would have and how that differs; None without variants."""
        base = asked.run
        names = [n for n in base.deal.variants if n != base.variant]
        if not names or base.variant:
            return None
        runs = {name: asked.variant(name) for name in names}
        parties = [p for p in base.sheet.parties if any(run.clauses(p) for run in (base, *runs.values()))]
        columns = (
            Column("Variant"),
            *(Column(base.deal.party_title(p), "gain") for p in parties),
            *(Column(f"change for {base.deal.party_title(p)}", "gain") for p in parties),
        )
        stands: tuple[Cell, ...] = tuple(base.summary(p).mean for p in parties)
        rows: list[tuple[Cell, ...]] = [("The deal as it stands", *stands, *([None] * len(parties)))]
        sentences: list[str] = []
        for name, run in runs.items():
            title = base.deal.variants[name].title or name.replace("_", " ")
            if run.deal.currency != base.deal.currency:
                sentences.append(f"{title}: in {run.deal.currency}, so it can't be set against the deal in {base.deal.currency}.")
                continue
            changes = {p: difference(base, run, p) for p in parties}
            means: tuple[Cell, ...] = tuple(run.summary(p).mean for p in parties)
            rows.append((title, *means, *(c.mean for c in changes.values())))
            sentences.append(_sentence(base, run, title, changes))
        table = Table(
            "The deal and its variants (mean present value)",
            columns,
            tuple(rows),
            strong=(0,),
            note="Differences are path by path on the same draws, so they are due to the terms alone.",
        )
        return Answer(self.name, "What a change of terms does", tuple(sentences), (table,))


def difference(base: Run, other: Run, party: str) -> Summary:
    """How much better off a party is under another run of the same draws, on the paths that are sound in both."""
    sound = base.filled.sound & other.filled.sound
    with np.errstate(all="ignore"):
        return summarise(np.where(sound, other.worth(party) - base.worth(party), 0.0), sound)


def _sentence(base: Run, run: Run, title: str, changes: dict[str, Summary]) -> str:
    currency = base.deal.currency
    if not all(math.isfinite(change.mean) for change in changes.values()):
        return f"{title}: no figure, for no path could be worked out in both."
    parts = []
    for party, change in changes.items():
        if abs(change.mean) > max(3 * change.error, 1e-9 * abs(base.summary(party).mean), 1e-6):
            better = "better" if change.mean > 0 else "worse"
            left = money(run.summary(party).mean, currency)
            parts.append(f"{base.deal.party_title(party)} {money(abs(change.mean), currency)} {better} off (left with {left})")
    return f"{title}: {join(parts)}." if parts else f"{title}: nobody's value changes by more than the noise."
