"""What of a sheet is the same on every path, and what has to be worked out path by path.

Parts of equations that no month and no path changes are inputs: one number a view (`Held`), or one a path (`PathInput`).
What only the calendar and such inputs change is worked out once a month for all lanes; the rest in every lane.
"""

from __future__ import annotations

from dataclasses import dataclass

from prenup.sheet.expr import Const, Expr, Op, Param, Prev, Ref, Shock, Table, View, walk
from prenup.sheet.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class Held(Expr):
    """An input that is the same on all paths of a view: its place in the list of such inputs."""

    index: int


@dataclass(frozen=True, slots=True)
class PathInput(Expr):
    """An input with one value a path."""

    index: int


@dataclass(frozen=True, slots=True)
class Calm(Expr):
    """What is the same on all paths of a view but changes by month: its place in the list of such expressions."""

    index: int


@dataclass(frozen=True, slots=True)
class Program:
    """A sheet ready for code: equations whose leaves are inputs, tables, monthly draws and rows.

    `held` and `path_inputs` are expressions for the host to work out beforehand; `starts` gives each row's value before the
    first month. `calm_rows` are worked out once a month and view, and `calm` are the expressions of them that paths read;
    `monthly` rows differ by path. `ends` are worked out after the last month.
    """

    calm_rows: tuple[tuple[str, Expr], ...]
    calm: tuple[Expr, ...]
    monthly: tuple[tuple[str, Expr], ...]
    ends: tuple[tuple[str, Expr], ...]
    starts: dict[str, Expr]
    held: tuple[Expr, ...]
    path_inputs: tuple[Expr, ...]
    tables: tuple[str, ...]
    shocks: tuple[Shock, ...]
    varies: frozenset[str]
    n_months: int


def program(sheet: Sheet) -> Program:
    """Sort a pruned sheet into inputs and equations."""
    return _Sorting(sheet).program()


class _Sorting:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.once = {row.name: row for row in sheet.rows.values() if row.stage == "once"}
        self.held: dict[Expr, Held] = {}
        self.path_inputs: dict[Expr, PathInput] = {}
        self._by_path: dict[str, bool] = {}
        self._lasts: dict[int, bool] = {}

    def program(self) -> Program:
        rows = self.sheet.rows.values()
        monthly = [row for row in rows if row.stage == "month"]
        equations = tuple((row.name, self.settled(row.expr)) for row in monthly)
        ends = tuple((row.name, self.settled(row.expr)) for row in rows if row.stage == "end")
        starts = {row.name: self.settled(row.start) for row in monthly}
        leaves = [node for _, e in (*equations, *ends) for node in walk(e)]
        tables = tuple(dict.fromkeys(node.name for node in leaves if isinstance(node, Table)))
        shocks = tuple(dict.fromkeys(node for node in leaves if isinstance(node, Shock)))
        varies = self._varying(monthly, dict(equations), starts)
        calm: dict[Expr, Calm] = {}
        lively = tuple((name, _calmed(e, varies, calm)) for name, e in equations if name in varies)
        still = tuple((name, e) for name, e in equations if name not in varies)
        return Program(
            still,
            tuple(calm),
            lively,
            ends,
            starts,
            tuple(self.held),
            tuple(self.path_inputs),
            tables,
            shocks,
            varies,
            self.sheet.calendar.n_months,
        )

    def settled(self, node: Expr) -> Expr:
        """The expression with its lasting parts replaced by inputs, the largest such parts first."""
        if self.lasts(node):
            if isinstance(node, Const):
                return node
            if self.by_path(node):
                return self.path_inputs.setdefault(node, PathInput(len(self.path_inputs)))
            return self.held.setdefault(node, Held(len(self.held)))
        if isinstance(node, Op):
            return Op(node.fn, tuple(self.settled(argument) for argument in node.args))
        return node

    def lasts(self, node: Expr) -> bool:
        """Whether no month changes an expression. Remembered by identity: the same trees are asked about again and again."""
        found = self._lasts.get(id(node))
        if found is None:
            if isinstance(node, Op):
                found = all(self.lasts(argument) for argument in node.args)
            elif isinstance(node, Ref):
                found = node.name in self.once
            else:
                found = isinstance(node, Const | Param | View) or (isinstance(node, Shock) and node.law == "uniform")
            self._lasts[id(node)] = found
        return found

    def by_path(self, node: Expr) -> bool:
        """Whether a lasting expression differs by path."""
        return any(isinstance(n, Shock) or (isinstance(n, Ref) and self._once_by_path(n.name)) for n in walk(node))

    def _once_by_path(self, name: str) -> bool:
        if name not in self._by_path:
            self._by_path[name] = self.by_path(self.once[name].expr)
        return self._by_path[name]

    def _varying(self, monthly: list[Row], equations: dict[str, Expr], starts: dict[str, Expr]) -> frozenset[str]:
        """Rows that differ by path: they use a draw or a path's input, or a row that does, in this month or the last."""
        varies: set[str] = {
            row.name
            for row in monthly
            if any(isinstance(n, Shock | PathInput) for e in (equations[row.name], starts[row.name]) for n in walk(e))
        }
        grew = True
        while grew:
            grew = False
            for row in monthly:
                if row.name not in varies and any(
                    isinstance(n, Ref | Prev) and n.name in varies for n in walk(equations[row.name])
                ):
                    varies.add(row.name)
                    grew = True
        return frozenset(varies)


def _calmed(node: Expr, varies: frozenset[str], calm: dict[Expr, Calm]) -> Expr:
    """The expression with its largest parts that do not differ by path replaced by what is worked out once a month."""
    lively, result = _parted(node, varies, calm)
    return result if lively or isinstance(node, Const | Held) else calm.setdefault(node, Calm(len(calm)))


def _parted(node: Expr, varies: frozenset[str], calm: dict[Expr, Calm]) -> tuple[bool, Expr]:
    """Whether an expression differs by path, and what it becomes if it does: calm parts are only cut out of lively ones."""
    if not isinstance(node, Op):
        return isinstance(node, Shock | PathInput) or (isinstance(node, Ref | Prev) and node.name in varies), node
    parts = [_parted(argument, varies, calm) for argument in node.args]
    if not any(lively for lively, _ in parts):
        return False, node
    arguments = [
        part if lively or isinstance(part, Const | Held) else calm.setdefault(part, Calm(len(calm))) for lively, part in parts
    ]
    return True, Op(node.fn, tuple(arguments))
