"""Who ends up with what: the present value of the deal to each party, by clause, with its spread."""

from __future__ import annotations

import math
from typing import ClassVar

from prenup.base.wording import count, join, money, percent
from prenup.outcome.run import Run
from prenup.questions._answer import Answer, Cell, Column, Table
from prenup.questions._question import AbstractQuestion, Asked


class Value(AbstractQuestion):
    """What each party gains or loses by the deal, each at its own discount rate."""

    name: ClassVar[str] = "value"

    def answer(self, asked: Asked) -> Answer:
        """A sentence a party, a table of parties, a table of clauses."""
        run = asked.run
        parties = [p for p in run.sheet.parties if run.clauses(p)]
        sentences = (*_left_out(run), *(_sentence(run, party) for party in parties))
        notes = [
            f"Present values as at {run.deal.calendar.first_day}, each party at its own discount rate, over "
            f"{count(run.deal.calendar.n_months, 'month')} to {run.deal.calendar.ends[-1]}.",
            f"{count(run.n_paths, 'path')}{_drawn(run)}. Low and high are the 5% and 95% points.",
        ]
        if run.n_kept < run.n_paths:
            notes.append(f"Means are over all paths, the other figures over the first {run.n_kept:,}.")
        return Answer(
            self.name,
            "Who gets what",
            sentences,
            (self._by_party(run, parties), self._by_clause(run, parties)),
            (),
            tuple(notes),
        )

    def _by_party(self, run: Run, parties: list[str]) -> Table:
        columns = (
            Column("Party"),
            Column("Mean", "gain"),
            Column("± error", "money"),
            Column("Median", "gain"),
            Column("Low 5%", "gain"),
            Column("High 95%", "gain"),
            Column("Unknown", "percent"),
        )
        rows: list[tuple[Cell, ...]] = []
        for party in parties:
            s = run.summary(party)
            share = s.unknown if run.sheet.unknowns and s.deviation != 0 else None
            rows.append((run.deal.party_title(party), s.mean, s.error, s.median, s.low, s.high, share))
        return Table(
            "Value to each party",
            columns,
            tuple(rows),
            note="Unknown: the part of the variance that is what we don't know; the rest is what nobody knows.",
        )

    def _by_clause(self, run: Run, parties: list[str]) -> Table:
        columns = (Column("Clause"), *(Column(run.deal.party_title(p), "gain") for p in parties))
        rows: list[tuple[Cell, ...]] = []
        for clause in run.clauses():
            means = tuple(run.summary(p, clause).mean if clause in run.clauses(p) else None for p in parties)
            rows.append((run.deal.title_of(clause), *means))
        totals: tuple[Cell, ...] = tuple(run.summary(p).mean for p in parties)
        rows.append(("Total", *totals))
        return Table(
            "By clause (mean present value)",
            columns,
            tuple(rows),
            strong=(len(rows) - 1,),
            note="A clause need not sum to zero across parties: each discounts at its own rate, and some pay or "
            "are paid by everyone else.",
        )


def _left_out(run: Run) -> list[str]:
    """A sentence on paths that are in no figure, if there are any."""
    if not run.n_unsound:
        return []
    why = "a number there was not finite, as after a division by zero"
    if run.n_unsound == run.n_paths:
        return [f"Nothing could be worked out: on every path {why}."]
    share = percent(run.n_unsound / run.n_paths)
    return [f"Take care: {count(run.n_unsound, 'path')} of {run.n_paths:,} ({share}) are in none of these figures: {why}."]


def _drawn(run: Run) -> str:
    """How the paths came about, after their number."""
    futures = run.n_paths // run.n_views
    if run.n_views > 1:
        return f": {count(run.n_views, 'view')} of what is unknown, {count(futures, 'future')} each"
    return ", every unknown at its middle" if run.sheet.unknowns else ""


def _sentence(run: Run, party: str) -> str:
    """What a party gets, what it gives, and what is left."""
    currency, title = run.deal.currency, run.deal.party_title(party)
    s = run.summary(party)
    if not math.isfinite(s.mean):
        return f"{title}: no figure, for no path could be worked out."
    by_clause = {c: run.summary(party, c).mean for c in run.clauses(party)}
    gets = sorted((c for c in by_clause if by_clause[c] > 0), key=lambda c: -by_clause[c])
    gives = sorted((c for c in by_clause if by_clause[c] < 0), key=lambda c: by_clause[c])
    size = money(abs(s.mean), currency)
    even = size == money(0.0, currency)
    text = (
        f"{title}: " + ("neither gain nor loss" if even else f"{'a gain' if s.mean > 0 else 'a loss'} of {size}") + " on average"
    )
    if s.deviation > 0:
        text += f" (5% to 95%: {money(s.low, currency)} to {money(s.high, currency)})"
    text += "."
    if gets:
        text += f" Most comes in from {_named(run, gets, by_clause)}."
    if gives:
        text += f" Most goes out for {_named(run, gives, by_clause)}."
    if run.sheet.unknowns and s.deviation > 0 and math.isfinite(s.unknown):
        text += f" {_whose(percent(s.unknown))}"
    return text


def _whose(share: str) -> str:
    """Whose ignorance the spread is, from the part that is ours."""
    if share in ("0%", "100%"):
        return "All of the variance is what " + ("nobody knows." if share == "0%" else "we don't know.")
    return f"{share} of the variance is what we don't know, the rest what nobody knows."


def _named(run: Run, clauses: list[str], worth: dict[str, float]) -> str:
    return join([f"{run.deal.title_of(c)} ({money(abs(worth[c]), run.deal.currency)})" for c in clauses[:3]])
