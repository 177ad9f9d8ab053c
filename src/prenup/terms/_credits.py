"""Credits for a supplier's services: granted by an investment, drawn in a supply clause, held by one party."""

from __future__ import annotations

from prenup.sheet.builder import Builder
from prenup.sheet.expr import Expr, Ref, most


def credits_of(investment: str) -> str:
    """The resource that an investment's credits are counted in."""
    return f"credits.{investment}"


def outstanding(builder: Builder, investment: str, holder: str) -> Expr:
    """Credits that a clause may still draw this month: with this month's grant, less what clauses before it draw.

    The investment's rows are read by name, so that it may stand before or after the clause that draws.
    """
    check_holder(builder, investment, holder)
    resource = credits_of(investment)
    before = Ref(f"{investment}.credits_before", builder.clause_where)
    granted = Ref(f"{investment}.granted", builder.clause_where)
    left: Expr = before + builder.prev(builder.holding(resource, holder)) + granted
    for transfer in builder.transfers:
        if transfer.resource == resource and transfer.clause != investment:
            left = left - Ref(transfer.row)
    return most(left, 0.0)


def check_holder(builder: Builder, investment: str, holder: str) -> None:
    """A problem where credits are drawn by another party than the one that they are granted to."""
    for transfer in builder.transfers:
        if transfer.resource == credits_of(investment):
            other = transfer.payee if transfer.clause == investment else transfer.payer
            place = builder.clauses.get(transfer.clause)
            if other != holder:
                builder.log.add(
                    "D251",
                    f"{builder.clause_name}: credits of {investment} go to {holder} here, but to {other} in {transfer.clause}",
                    builder.clause_where,
                    why="only the party that holds credits can draw them",
                    fix="let the same party receive and draw them",
                    related=((f"{transfer.clause} stands at", place),) if place is not None else (),
                )
