"""The last step of writing: names resolved, parties and stages checked, rows ordered, units settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prenup.base.problems import nearest
from prenup.sheet.check_units import settle_units
from prenup.sheet.expr import Ref, Shock, Table, walk
from prenup.sheet.order import ordered
from prenup.sheet.resolve import resolve_rows, write_balances
from prenup.sheet.sheet import MONEY, WORLD, Row, Sheet

if TYPE_CHECKING:
    from prenup.sheet.builder import Builder

MOST_ROWS = 20_000
"""Rows in a sheet; a deal that needs more is more likely a slip."""


def finish(builder: Builder) -> Sheet | None:
    """The sheet that a builder has written; None, with problems in its log, where it can't be run."""
    _check_effects(builder)
    _check_parties(builder)
    write_balances(builder)
    resolve_rows(builder)
    if len(builder.rows) > MOST_ROWS:
        builder.log.add("D241", f"the deal makes {len(builder.rows)} rows; {MOST_ROWS} are allowed", None,
                        why="long lags and averages make a row a month", fix="shorten them, or split the deal")
        return None
    rows = ordered(builder.rows, builder.log)
    _check_stages(rows, builder)
    rows = settle_units(rows, builder.log)
    _check_transfers(rows, builder)
    if builder.log.errors:
        return None
    return Sheet(
        calendar=builder.calendar,
        currency=builder.currency,
        rows=rows,
        transfers=tuple(builder.transfers),
        events=dict(builder.events),
        parties=dict(builder.parties),
        parameters={name: value for name, (value, _) in builder.parameters.items()},
        unknowns=dict(builder.unknowns),
        tables=dict(builder.tables),
    )


def _check_effects(builder: Builder) -> None:
    for target, effects in builder.effects.items():
        if target not in builder.rows:
            close = nearest(target, builder.rows)
            builder.log.add("D301", f"no driver or row is called {target}", effects[0].where,
                            why=f"{effects[0].event} acts on it", fix=f"write {close}" if close else "name a driver of the deal")


def _check_parties(builder: Builder) -> None:
    known = [*builder.parties, WORLD]
    for transfer in builder.transfers:
        row = builder.rows[transfer.row]
        for role, party in (("payer", transfer.payer), ("payee", transfer.payee)):
            if party not in known:
                close = nearest(party, known)
                builder.log.add("D304", f"{transfer.row} has no {role} in the deal: {party or 'none is given'}", row.where,
                                why="every transfer has a payer and a payee, so that nothing is lost",
                                fix=f"write {close}" if close else f"add {party or 'a party'} under parties:")
        if transfer.payer == transfer.payee:
            builder.log.add("D305", f"{transfer.row} is paid by {transfer.payer} to itself", row.where,
                            why="it moves nothing", fix="name two different parties")


def _check_stages(rows: dict[str, Row], builder: Builder) -> None:
    """What is worked out once can't stand on what changes every month."""
    for row in rows.values():
        expressions = ([row.expr] if row.stage == "once" else []) + [row.start]
        for node in (n for e in expressions for n in walk(e)):
            monthly = isinstance(node, Table) or (isinstance(node, Shock) and node.law != "uniform")
            if isinstance(node, Ref):
                monthly = node.name in rows and rows[node.name].stage != "once"
            if monthly:
                builder.log.add("D242", f"{row.name} has to be settled before the first month", row.where,
                                why="it starts a balance or is worked out once, but uses what changes every month",
                                fix="use numbers of the deal only")
                break


def _check_transfers(rows: dict[str, Row], builder: Builder) -> None:
    for transfer in builder.transfers:
        row = rows.get(transfer.row)
        if row and transfer.resource == MONEY and row.unit not in (None, builder.money):
            zero = not any(True for n in walk(row.expr) if not hasattr(n, "value") or getattr(n, "value", 0) != 0)
            if not zero:
                builder.log.add("D211", f"{transfer.row} moves {row.unit}, but money is {builder.money}", row.where,
                                why=row.note, fix="check the units of its formula")
