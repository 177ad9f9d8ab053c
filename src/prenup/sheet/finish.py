"""The last step of writing: names resolved, parties and stages checked, rows ordered, units settled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from prenup.base.problems import Log, nearest
from prenup.sheet.check_units import settle_units
from prenup.sheet.expr import Expr, Prev, Ref, Shock, Table, children, walk
from prenup.sheet.order import ordered
from prenup.sheet.resolve import resolve_rows, write_balances, write_numbers
from prenup.sheet.sheet import MONEY, MOST_ROWS, WORLD, Row, Sheet

if TYPE_CHECKING:
    from prenup.sheet.builder import Builder

MOST_CELLS = 2_000_000
"""Rows times months in a sheet: what one path has to work out."""

DEEPEST = 200
"""Operations inside one another in one row."""


def finish(builder: Builder) -> Sheet | None:
    """The sheet that a builder has written; None, with problems in its log, where it can't be run."""
    _check_effects(builder)
    _check_parties(builder)
    if not write_balances(builder):
        return None
    settled = write_numbers(builder)
    if not _is_of_a_size(builder):
        return None
    resolve_rows(builder, settled)
    before = builder.log.n_errors
    rows = ordered(builder.rows, builder.log)
    if builder.log.n_errors == before:  # rows in a loop have no unit, nor has what stands on them
        _check_stages(rows, builder)
        moving = {t.row for t in builder.transfers if t.resource == MONEY}
        rows = {n: replace(row, unit=row.unit or builder.money) if n in moving else row for n, row in rows.items()}
        rows = _with_units(rows, builder)
    if builder.log.n_errors:
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


def _with_units(rows: dict[str, Row], builder: Builder) -> dict[str, Row]:
    """The rows with their units; a fault in a balance, which no line of the file says, is told at a clause that moves it."""
    log = Log()
    settled = settle_units(rows, log)
    placed = [problem for problem in log if problem.where is not None]
    if len(log) and not placed:
        places = [rows[t.row].where for t in builder.transfers if rows[t.row].where is not None]
        placed = [replace(problem, where=places[0] if places else None) for problem in log]
    builder.log.extend(placed)
    return settled


def _is_of_a_size(builder: Builder) -> bool:
    """Whether the sheet can be worked out in reasonable time; problems are logged at the clause that makes most of it."""
    n_rows = len(builder.rows)
    if n_rows > MOST_ROWS or n_rows * builder.calendar.n_months > MOST_CELLS:
        clause, largest = Counter(row.clause for row in builder.rows.values()).most_common(1)[0]
        message = (
            f"the deal makes {n_rows:,} rows of {builder.calendar.n_months} months, {clause or 'one entry'} alone {largest:,}"
        )
        builder.log.add(
            "D241",
            message,
            builder.clauses.get(clause),
            why=f"{MOST_ROWS:,} rows and {MOST_CELLS:,} cells are allowed; a long lag makes a row a month",
            fix="shorten its lags and averages, or the clock",
        )
        return False
    deep = [row for row in builder.rows.values() if _depth(row.expr) > DEEPEST or _depth(row.start) > DEEPEST]
    for row in deep:
        builder.log.add(
            "D241",
            f"{row.name} takes more than {DEEPEST} steps inside one another",
            row.where,
            why="nobody can check it by hand",
            fix="split it into several rows under rows:",
        )
    return not deep


def _depth(expression: Expr) -> int:
    """How deep operations stand inside one another."""
    deepest = 0
    stack = [(expression, 1)]
    while stack and deepest <= DEEPEST:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in children(node))
    return deepest


def _check_effects(builder: Builder) -> None:
    for target, effects in builder.effects.items():
        if target not in builder.rows:
            close = nearest(target, builder.rows)
            builder.log.add(
                "D301",
                f"no driver or row is called {target}",
                effects[0].where,
                why=f"{effects[0].event} acts on it",
                fix=f"write {close}" if close else "name a driver of the deal, or a row of a driver or clause",
            )


def _check_parties(builder: Builder) -> None:
    known = [*builder.parties, WORLD]
    for transfer in builder.transfers:
        row = builder.rows[transfer.row]
        for role, party in (("payer", transfer.payer), ("payee", transfer.payee)):
            if party not in known:
                close = nearest(party, known)
                builder.log.add(
                    "D304",
                    f"no party is called {party}, the {role} of {transfer.clause}",
                    row.where,
                    why="every transfer has a payer and a payee, so that nothing is lost",
                    fix=f"write {close}" if close else f"add {party or 'a party'} under parties:",
                )
        if transfer.payer == transfer.payee:
            builder.log.add(
                "D305",
                f"{transfer.clause} is paid by {transfer.payer} to itself",
                row.where,
                why="a payment has two sides",
                fix="name two different parties; everyone else is called world",
            )


def _check_stages(rows: dict[str, Row], builder: Builder) -> None:
    """What is worked out once can't stand on what changes every month."""
    for row in rows.values():
        for expression in (row.expr, row.start) if row.stage == "once" else (row.start,):
            moving = [node for node in walk(expression) if _moves(node, rows)]
            if moving:
                where = next((node.where for node in moving if isinstance(node, Ref | Prev) and node.where), None)
                message = f"{row.name} has to be known before the first month, but changes every month"
                if row.stage != "once":
                    message = f"{row.name} starts from what changes every month"
                builder.log.add(
                    "D242",
                    message,
                    where or row.where,
                    why="a start is needed before the first month is worked out",
                    fix="use a number of the deal, or a formula of such numbers",
                )


def _moves(node: Expr, rows: dict[str, Row]) -> bool:
    """Whether a leaf has another value in every month."""
    if isinstance(node, Ref | Prev):
        return node.name in rows and rows[node.name].stage != "once"
    return isinstance(node, Table) or (isinstance(node, Shock) and node.law != "uniform")
