"""The ledger in a terminal: who paid whom under which clause, by year, and balances that sum to zero."""

from __future__ import annotations

from prenup.case import Case
from prenup.outcome.ledger import balances, postings
from prenup.outcome.valuation import money_transfers
from prenup.questions._answer import Cell, Column, Table
from prenup.show.cli.tables import console, show_head, show_table

PATHS = 2_048
VIEWS = 8


def show_ledger(case: Case) -> None:
    """Print the mean of every transfer by calendar year, and what each party has at the end."""
    run = case.run(paths=PATHS, views=VIEWS, keep=[t.row for t in money_transfers(case.sheet)])
    entries = postings(run)
    deal, out = run.deal, console()
    rows: list[tuple[Cell, ...]] = [
        (str(e.year), e.clause, deal.party_title(e.payer), deal.party_title(e.payee), e.amount) for e in entries
    ]
    columns = (Column("Year"), Column("Clause"), Column("From"), Column("To"), Column("Amount", "money"))
    show_head(out, run)
    out.print()
    show_table(out, Table("Ledger", columns, tuple(rows), note=f"Mean over {run.n_paths:,} paths, not discounted."), deal.currency)
    ends = balances(run, entries)
    lines: list[tuple[Cell, ...]] = [(deal.party_title(p), amount) for p, amount in ends.items()]
    lines.append(("Sum", round(sum(ends.values()), 2)))
    show_table(out, Table("Received less paid", (Column("Party"), Column("Amount", "gain")), tuple(lines), strong=(len(lines) - 1,)),
               deal.currency)
