"""Who ends up with what: the present value of the deal to each party, by clause, with its spread."""

from __future__ import annotations

from typing import ClassVar

from prenup.base.wording import join, money, percent
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
        sentences = tuple(_sentence(run, party) for party in parties)
        notes = [
            f"Present values as at {run.deal.calendar.first_day}, each party at its own discount rate, over "
            f"{run.deal.calendar.n_months} months to {run.deal.calendar.month_end(run.deal.calendar.n_months - 1)}.",
            f"{run.n_paths:,} paths: {run.design.randomisations * run.design.views} views of what is unknown, "
            f"{run.design.paths:,} futures each. Low and high are the 5 % and 95 % points.",
        ]
        if run.n_unsound:
            notes.append(f"{run.n_unsound:,} paths were left out: a number on them was not finite.")
        return Answer(self.name, "Who gets what", sentences, (self._by_party(run, parties), self._by_clause(run, parties)), (),
                      tuple(notes))

    def _by_party(self, run: Run, parties: list[str]) -> Table:
        columns = (Column("Party"), Column("Mean", "gain"), Column("± error", "money"), Column("Median", "gain"),
                   Column("Low 5%", "gain"), Column("High 95%", "gain"), Column("Unknown", "percent"))
        rows: list[tuple[Cell, ...]] = []
        for party in parties:
            s = run.summary(party)
            rows.append((run.deal.party_title(party), s.mean, s.error, s.median, s.low, s.high, s.unknown))
        return Table("Value to each party", columns, tuple(rows),
                     note="Unknown: the part of the spread that is what we don't know; the rest is what nobody knows.")

    def _by_clause(self, run: Run, parties: list[str]) -> Table:
        columns = (Column("Clause"), *(Column(run.deal.party_title(p), "gain") for p in parties))
        rows: list[tuple[Cell, ...]] = []
        for clause in run.clauses():
            means = tuple(run.summary(p, clause).mean if clause in run.clauses(p) else None for p in parties)
            rows.append((run.deal.title_of(clause), *means))
        totals: tuple[Cell, ...] = tuple(run.summary(p).mean for p in parties)
        rows.append(("Total", *totals))
        return Table("By clause (mean present value)", columns, tuple(rows), strong=(len(rows) - 1,),
                     note="A clause need not sum to zero across parties: each discounts at its own rate, and some pay or "
                     "are paid by everyone else.")


def _sentence(run: Run, party: str) -> str:
    """What a party gets, what it gives, and what is left."""
    deal = run.deal
    s = run.summary(party)
    by_clause = {c: run.summary(party, c).mean for c in run.clauses(party)}
    gets = sorted((c for c in by_clause if by_clause[c] > 0), key=lambda c: -by_clause[c])
    gives = sorted((c for c in by_clause if by_clause[c] < 0), key=lambda c: by_clause[c])
    outcome = "comes out ahead by" if s.mean >= 0 else "comes out behind by"
    text = (f"{deal.party_title(party)} {outcome} {money(abs(s.mean), deal.currency)} on average "
            f"(5 % to 95 %: {money(s.low, deal.currency)} to {money(s.high, deal.currency)}).")
    if gets:
        text += f" It gets most from {_named(run, gets, by_clause)}."
    if gives:
        text += f" It gives most through {_named(run, gives, by_clause)}."
    if run.sheet.unknowns:
        text += f" {percent(s.unknown)} of the spread is what we don't know, the rest what nobody knows."
    return text


def _named(run: Run, clauses: list[str], worth: dict[str, float]) -> str:
    return join([f"{run.deal.title_of(c)} ({money(abs(worth[c]), run.deal.currency)})" for c in clauses[:3]])
