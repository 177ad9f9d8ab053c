"""Dollars and dollars a year never add: the unit of every row, worked out from its equation, or a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prenup.base.problems import Log, Origin
from prenup.base.units import BOOL, DATE, DAYS_PER_YEAR, NUMBER, PER_YEAR, YEAR, Unit
from prenup.sheet.expr import Const, Expr, Op, Param, Pending, Prev, Ref, Table, walk
from prenup.sheet.sheet import Row

_VERBS = {"add": "adds", "sub": "subtracts", "min": "compares", "max": "compares", "if": "chooses between"}


def settle_units(rows: Mapping[str, Row], log: Log) -> dict[str, Row]:
    """Every row with its unit, and with `flow`, `rate` and `truth` settled by the units of what they stand on.

    Rows come in working order. A row that only stands on months before is settled once the others are, hence two rounds
    in silence before the one that reports. A round goes again through rows that stand on a unit found since.
    """
    units: dict[str, Unit | None] = {name: row.unit for name, row in rows.items()}
    found: dict[str, _Found] = {}
    for _ in range(2):
        for name, row in rows.items():
            found[name] = _found(row, units, found.get(name))
            units[name] = row.unit or found[name].unit or found[name].start_unit
    result: dict[str, Row] = {}
    for name, row in rows.items():
        before = log.n_errors
        result[name] = _settled(row, rows, units, _found(row, units, found[name]), log)
        if log.n_errors > before:
            units[name] = row.unit  # what stands on it is not to blame
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """One row as settled: its equation, its start, the unit of each, what is wrong, and the units that it stands on."""

    expr: Expr
    unit: Unit | None
    start: Expr
    start_unit: Unit | None
    problems: Log
    stands_on: Mapping[str, Unit | None]


def _found(row: Row, units: Mapping[str, Unit | None], earlier: _Found | None) -> _Found:
    """A row settled by the units known now; as it was settled earlier where no other unit is known since."""
    if earlier is not None and all(units.get(name) == unit for name, unit in earlier.stands_on.items()):
        return earlier
    settling = _Settling(row, units)
    return _Found(*settling.of(row.expr), *settling.of(row.start), settling.log, settling.stands_on)


def _settled(row: Row, rows: Mapping[str, Row], units: Mapping[str, Unit | None], found: _Found, log: Log) -> Row:
    unit, start_unit = found.unit, found.start_unit
    log.extend(found.problems)
    if row.unit is not None and unit is not None and not _fits(unit, row.unit):
        log.add(
            "D211",
            f"{row.name} is {said(unit)}, but {said(row.unit)} is expected",
            _blamed(row, unit, rows, units),
            why=_in_row(row),
            fix=_remedy(unit, row.unit),
        )
    elif unit is not None and start_unit is not None and not _fits(start_unit, unit):
        log.add(
            "D211",
            f"{row.name} starts as {said(start_unit)}, but goes on as {said(unit)}",
            row.where,
            why=_in_row(row),
            fix="give both the same unit",
        )
    return replace(row, expr=found.expr, start=found.start, unit=units[row.name] or unit or NUMBER)


def _blamed(row: Row, unit: Unit, rows: Mapping[str, Row], units: Mapping[str, Unit | None]) -> Origin | None:
    """The formula of the deal file that a wrong unit comes from: the nearest one through rows that have the same unit."""
    seen = {row.name}
    waiting = [row]
    while waiting:
        here = waiting.pop(0)
        for node in walk(here.expr):
            place = node.where if isinstance(node, Op | Ref) else None
            ours = isinstance(node, Op) or (isinstance(node, Ref) and units.get(node.name) == unit)
            if place is not None and place != here.where and ours:
                return place
            if isinstance(node, Ref) and node.name in rows and node.name not in seen and units.get(node.name) == unit:
                seen.add(node.name)
                waiting.append(rows[node.name])
    return row.where


def _in_row(row: Row) -> str:
    """Where in the sheet a fault lies, for the reason of a problem."""
    return f"in {row.name}" if row.note in ("", "row of the deal") else f"in {row.name}: {row.note}"


def said(unit: Unit) -> str:
    """A unit in words."""
    words = {NUMBER: "a plain number", YEAR: "a length of time", PER_YEAR: "a rate a year", DATE: "a date", BOOL: "yes or no"}
    return words.get(unit, str(unit))


def _fits(found: Unit, wanted: Unit) -> bool:
    return found == wanted or {found, wanted} == {BOOL, NUMBER}


def _remedy(found: Unit, wanted: Unit) -> str:
    if found == wanted / YEAR:
        return "write monthly(...) to turn a year's rate into a month's amount"
    if wanted == NUMBER and found == PER_YEAR:
        return "leave out /yr"
    examples = {YEAR: "18 months", DATE: "2030-12-31", NUMBER: "20%", BOOL: "an event or a comparison"}
    return f"write a formula that gives {said(wanted)}, such as {examples.get(wanted, f'20% * a quantity in {wanted}')}"


class _Settling:
    """One row: each node with its unit, None where any unit fits."""

    def __init__(self, row: Row, units: Mapping[str, Unit | None]) -> None:
        self.row = row
        self.units = units
        self.log = Log()
        self.stands_on: dict[str, Unit | None] = {}

    def of(self, node: Expr) -> tuple[Expr, Unit | None]:
        if isinstance(node, Const | Param | Table):
            return node, node.unit
        if isinstance(node, Ref | Prev):
            unit = self.stands_on[node.name] = self.units.get(node.name)
            return node, unit
        if isinstance(node, Op):
            return self.operation(node)
        if isinstance(node, Pending):
            return self.pending(node)
        return node, NUMBER

    def problem(self, message: str, where: Origin | None, fix: str) -> None:
        self.log.add("D210", message, where or self.row.where, why=_in_row(self.row), fix=fix)

    def pending(self, node: Pending) -> tuple[Expr, Unit | None]:
        inner, unit = self.of(node.args[0])
        if node.what == "flow":
            if unit is not None and unit.power("yr") == -1:
                return inner * (1.0 / 12.0), unit * YEAR
            return inner, unit
        if node.what == "rate":
            if unit is not None and unit not in (NUMBER, PER_YEAR):
                self.problem(f"a rate a year is expected, not {said(unit)}", node.where, "write it like 12%")
            return inner, NUMBER
        if unit == DATE:
            return Op("ge", (Table("date", DATE), inner), node.where), BOOL
        if unit is not None and unit != BOOL:
            self.problem(
                f"a condition is expected, not {said(unit)}",
                node.where,
                "write an event, a date, or a comparison such as revenue > $1bn/yr",
            )
        return inner, BOOL

    def operation(self, node: Op) -> tuple[Expr, Unit | None]:
        settled = [self.of(a) for a in node.args]
        arguments = tuple(a for a, _ in settled)
        units = [u for _, u in settled]
        if node.fn in ("add", "sub") and DATE in units:
            return self.dates(node, arguments, units)
        unchanged = all(a is b for a, b in zip(arguments, node.args, strict=True))
        return node if unchanged else Op(node.fn, arguments, node.where), self.unit(node, units)

    def dates(self, node: Op, arguments: tuple[Expr, ...], units: list[Unit | None]) -> tuple[Expr, Unit | None]:
        """A date and a duration make a date; two dates make a duration, counted in days inside."""
        if units == [DATE, DATE] and node.fn == "sub":
            return Op("sub", arguments, node.where) * (1.0 / DAYS_PER_YEAR), YEAR
        if set(units) == {DATE, YEAR} and (node.fn == "add" or units[0] == DATE):
            days = tuple(a * DAYS_PER_YEAR if u == YEAR else a for a, u in zip(arguments, units, strict=True))
            return Op(node.fn, days, node.where), DATE
        self.problem("a date can only take a duration, or another date away", node.where, "write date + 18 months")
        return Op(node.fn, arguments, node.where), DATE

    def unit(self, node: Op, units: list[Unit | None]) -> Unit | None:
        if node.fn in ("add", "sub", "min", "max", "if", "lt", "le", "gt", "ge", "eq", "ne"):
            both = units[1:] if node.fn == "if" else units
            unit = self.same(node, both)
            return BOOL if node.fn in ("lt", "le", "gt", "ge", "eq", "ne") else unit
        if node.fn in ("and", "or", "not"):
            return BOOL
        if node.fn in ("neg", "abs", "floor"):
            return units[0]
        if node.fn in ("mul", "div"):
            return self.product(node.fn, units)
        return self.power(node, units)

    def same(self, node: Op, units: list[Unit | None]) -> Unit | None:
        """The one unit of things that have to be alike."""
        known = [u for u in units if u is not None]
        if not known:
            return None
        if len(known) == 2 and known[0] != known[1] and not _fits(known[0], known[1]):
            verb = _VERBS.get(node.fn, "compares")
            rate = any(u == v / YEAR for u, v in (known, known[::-1]))
            self.problem(
                f"this {verb} {said(known[0])} and {said(known[1])}",
                node.where,
                "write monthly(...) around what is a year's rate" if rate else "bring both to the same unit",
            )
        return NUMBER if known[0] == BOOL and node.fn != "if" else known[0]

    def product(self, fn: str, units: list[Unit | None]) -> Unit | None:
        left, right = (NUMBER if u == BOOL else u for u in units)
        if left is None or right is None:
            return None
        return left * right if fn == "mul" else left / right

    def power(self, node: Op, units: list[Unit | None]) -> Unit | None:
        """Roots, powers, exp and log: of plain numbers, or of units where the result still has one."""
        unit = units[0]
        if node.fn == "pow" and unit not in (None, NUMBER):
            assert unit is not None
            exponent = node.args[1]
            if isinstance(exponent, Const) and exponent.value == int(exponent.value) and abs(exponent.value) <= 8:
                return Unit(tuple((n, p * int(exponent.value)) for n, p in unit.powers if exponent.value))
        elif node.fn == "sqrt" and unit is not None and all(p % 2 == 0 for _, p in unit.powers):
            return Unit(tuple((n, p // 2) for n, p in unit.powers))
        for found in units:
            if found not in (None, NUMBER, BOOL):
                self.problem(
                    f"{node.fn} takes plain numbers, not {said(found)}", node.where, "divide by a quantity of the same unit first"
                )
                break
        return NUMBER
