"""The ledger in a terminal: who paid whom under which clause, by year, and balances that sum to zero."""

from __future__ import annotations

from collections.abc import Iterator

from prenup.base.wording import count
from prenup.case import Case
from prenup.outcome.ledger import balances, postings
from prenup.outcome.valuation import money_transfers
from prenup.questions._answer import Cell, Column, Table
from prenup.show.cli.tables import head_lines, table_lines

PATHS = 2_048
VIEWS = 8


def ledger_lines(case: Case, width: int) -> Iterator[str]:
    """The mean of every transfer by calendar year, and what each party received less what it paid."""
    run = case.run(paths=PATHS, views=VIEWS, keep=[t.row for t in money_transfers(case.sheet)])
    entries = postings(run)
    deal = run.deal
    note = f"Mean over {count(run.n_paths - run.n_unsound, 'path')}, not discounted."
    if run.n_unsound:
        note += f" {count(run.n_unsound, 'path')} left out: a number there was not finite."
    rows: list[tuple[Cell, ...]] = [
        (str(e.year), e.clause, deal.party_title(e.payer), deal.party_title(e.payee), e.amount) for e in entries
    ]
    columns = (Column("Year"), Column("Clause"), Column("From"), Column("To"), Column("Amount", "money"))
    yield from head_lines(run, width)
    yield ""
    yield from table_lines(Table("Ledger", columns, tuple(rows), note=note), deal.currency, width)
    ends = balances(run, entries)
    lines: list[tuple[Cell, ...]] = [(deal.party_title(p), amount) for p, amount in ends.items()]
    moved = sum(abs(e.amount) for e in entries)
    gap = sum(ends.values())
    lines.append(("Sum", 0.0 if abs(gap) < 1e-9 * moved else gap))
    balance = Table("Received less paid", (Column("Party"), Column("Amount", "gain")), tuple(lines), strong=(len(lines) - 1,))
    yield ""
    yield from table_lines(balance, deal.currency, width)
