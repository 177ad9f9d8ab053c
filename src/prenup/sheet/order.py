"""The order in which rows can be worked out, the loops that have none, and the rows that a question needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from prenup.base.problems import Log, Origin
from prenup.sheet.expr import Param, Prev, Ref, Table, View, walk
from prenup.sheet.sheet import NUMBERS, Row, Sheet

MOST_SHOWN = 4
"""Places of a loop that a problem shows besides the first."""


def now_needs(row: Row) -> list[Ref]:
    """The rows of the same month that a row uses, in the order of its equation."""
    return [node for node in walk(row.expr) if isinstance(node, Ref)]


def all_needs(row: Row) -> list[str]:
    """Every row that a row uses, of this month, of the month before or for its start."""
    nodes = [*walk(row.expr), *walk(row.start)]
    return [node.name for node in nodes if isinstance(node, Ref | Prev)]


def ordered(rows: Mapping[str, Row], log: Log) -> dict[str, Row]:
    """The rows with each after those it uses; ties keep the order of writing. A loop is a problem in the log."""
    state: dict[str, int] = {}
    result: dict[str, Row] = {}
    for first in rows:
        if first in state:
            continue
        state[first] = 1
        stack = [(first, iter(_needs_in_order(rows[first])))]
        while stack:
            name, needs = stack[-1]
            for need in needs:
                if need.name not in rows:
                    continue
                if state.get(need.name) == 1:
                    _loop([n for n, _ in stack], need, rows, log)
                elif need.name not in state:
                    state[need.name] = 1
                    stack.append((need.name, iter(_needs_in_order(rows[need.name]))))
                    break
            else:
                stack.pop()
                state[name] = 2
                result[name] = rows[name]
    return result


def _needs_in_order(row: Row) -> list[Ref]:
    return [*now_needs(row), *(n for n in walk(row.start) if isinstance(n, Ref))]


def _loop(path: list[str], need: Ref, rows: Mapping[str, Row], log: Log) -> None:
    """Say which rows wait for each other, at a formula of the deal file that closes the loop."""
    loop = path[path.index(need.name) :]
    steps = list(zip(loop, [*loop[1:], need.name], strict=True))
    written = [(name, use) for name, other in steps[::-1] for use in now_needs(rows[name]) if use.name == other]
    placed = [(name, use) for name, use in written if use.where is not None and use.where != rows[name].where]
    use = placed[0][1] if placed else need
    others = {u.where: f"{n.removeprefix(NUMBERS)} uses {u.name.removeprefix(NUMBERS)} at" for n, u in placed if u.where}
    if use.where is not None:
        others.pop(use.where, None)
    turn = next(i for i, (_, other) in enumerate(steps) if other == use.name)
    shown = [other.removeprefix(NUMBERS) for _, other in (*steps[turn:], *steps[:turn])]
    where: Origin | None = use.where or next((rows[name].where for name in loop if rows[name].where), None)
    log.add(
        "D310",
        "these rows need each other in the same month: " + " -> ".join([*shown, shown[0]]),
        where,
        why="a month can't be worked out while it waits for itself",
        fix=_way_out(loop, use, bool(placed)),
        related=tuple((label, place) for place, label in others.items())[:MOST_SHOWN],
    )


def _way_out(loop: list[str], use: Ref, written: bool) -> str:
    """How a loop can be opened: at a formula of the deal file, where there is one."""
    if all(name.startswith(NUMBERS) for name in loop):
        return "give one of them as a number"
    if not written:
        return "take one of them out of what the others stand on"
    return f"write prev({_as_written(use)}) to use the value of the month before"


def _as_written(use: Ref) -> str:
    """What stands at the place where a formula uses a row; the row's name where that is not one line."""
    if use.where is not None:
        start = use.where.column - 1
        text = use.where.text.line(use.where.line)[start : start + use.where.width]
        if use.name.split(".")[0] in text and len(text) <= 60:
            return text
    return use.name.removeprefix(NUMBERS)


def pruned(sheet: Sheet, wanted: Iterable[str]) -> Sheet:
    """The sheet with only the rows that `wanted` rows stand on, in the same order."""
    needed: set[str] = set()
    stack = [name for name in wanted if name in sheet.rows]
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack.extend(all_needs(sheet.rows[name]))
    rows = {name: row for name, row in sheet.rows.items() if name in needed}
    leaves = [node for row in rows.values() for node in (*walk(row.expr), *walk(row.start))]
    tables = {node.name for node in leaves if isinstance(node, Table)}
    parameters = {node.name for node in leaves if isinstance(node, Param)}
    views = {node.name for node in leaves if isinstance(node, View)}
    return replace(
        sheet,
        rows=rows,
        transfers=tuple(t for t in sheet.transfers if t.row in needed),
        events={n: e for n, e in sheet.events.items() if n in needed},
        parameters={n: v for n, v in sheet.parameters.items() if n in parameters},
        unknowns={n: v for n, v in sheet.unknowns.items() if n in views},
        tables={n: v for n, v in sheet.tables.items() if n in tables},
    )
