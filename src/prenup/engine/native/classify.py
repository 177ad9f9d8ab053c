"""What of a sheet is known beforehand, what is the same on all paths of a view, and what has to be worked out on each.

Parts of equations that no month changes are inputs (`Held`), or are worked out before the first month: once a view
(`Settled`), or once a path (`Begun`). What the calendar alone changes is a table (`Monthly`). What only the calendar and a
view change is worked out once a month for all futures of the view (`Calm`); the rest on every path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prenup.engine.native.same import Same
from prenup.engine.native.simplify import Lively, folded, is_truth, simpler
from prenup.engine.native.sums import Sums, looked_at, summed
from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Param, Prev, Ref, Shock, Table, View, walk
from prenup.sheet.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Held(Expr):
    """A known number, the same on all paths: its place in the list of such inputs."""

    index: int


@dataclass(frozen=True, slots=True)
class Settled(Expr):
    """What a view settles for all its paths: its place in the list of such expressions."""

    index: int


@dataclass(frozen=True, slots=True)
class Begun(Expr):
    """What a path begins with: its place in the list of such expressions."""

    index: int


@dataclass(frozen=True, slots=True)
class Monthly(Expr):
    """What is known for every month beforehand: its place in the list of such expressions."""

    index: int


@dataclass(frozen=True, slots=True)
class Calm(Expr):
    """What is the same on all paths of a view but changes by month: its place in the list of such expressions."""

    index: int


INPUTS = Const | Held | View | Settled | Monthly
"""What no path and no row of months changes."""


@dataclass(frozen=True, slots=True)
class Program:
    """A sheet ready for code: equations whose leaves are inputs, monthly draws and rows.

    `held` and `tables` are expressions for the host to work out beforehand, one number or one a month; `views` are unknowns,
    one draw a view. `settled` are worked out once a view and `begun` once a path; `starts` gives each row's value before the
    first month. `calm_rows` are worked out once a month and view, and `calm` are the expressions of them that paths read;
    `lively` rows differ by path. `ends` are worked out after the last month. `finals` and `series` are the expressions of
    what is asked for.
    """

    calm_rows: tuple[tuple[str, Expr], ...]
    calm: tuple[Expr, ...]
    lively: tuple[tuple[str, Expr], ...]
    ends: tuple[tuple[str, Expr], ...]
    starts: dict[str, Expr]
    held: tuple[Expr, ...]
    views: tuple[str, ...]
    settled: tuple[Expr, ...]
    begun: tuple[Expr, ...]
    tables: tuple[Expr, ...]
    shocks: tuple[Shock, ...]
    finals: tuple[Expr, ...]
    series: tuple[Expr, ...]
    n_months: int
    host: tuple[str, ...]
    """Rows that the host works out: those that follow from known numbers alone."""


def program(sheet: Sheet, finals: tuple[str, ...], series: tuple[str, ...]) -> Program:
    """Sort a pruned sheet into inputs and equations, made cheap. `finals` and `series` are the rows that are asked for."""
    return _Sorting(sheet).program(finals, series)


class _Sorting:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.once = {row.name: row for row in sheet.rows.values() if row.stage == "once"}
        self.held: dict[Expr, Held] = {}
        self.views: dict[Expr, Settled] = {}
        self.begun: dict[Expr, Begun] = {}
        self.tables: dict[Expr, Monthly] = {}
        self.calm: dict[Expr, Calm] = {}
        self.varies: frozenset[str] = frozenset()
        self.instead: dict[str, Expr] = {}
        self._meanings: dict[Expr, Expr] = {}
        self._row_moves: dict[tuple[str, str], bool] = {}
        self._remembered: dict[tuple[str, int], tuple[Expr, bool]] = {}
        self._lively: dict[int, tuple[Expr, bool]] = {}

    def program(self, finals: tuple[str, ...], series: tuple[str, ...]) -> Program:
        rows = self.sheet.rows.values()
        starts, equations = self._equations()
        same = Same(equations, starts, self._known, lambda node: is_truth(self._meaning(node)))
        same.merge()
        ends = {row.name: same.of(self.settled(row.expr)) for row in rows if row.stage == "end"}
        asked = tuple(tuple(same.of(self.settled(Ref(name))) for name in names) for names in (finals, series))
        ends = summed(ends, equations, starts, frozenset(node.name for node in (*asked[0], *asked[1]) if isinstance(node, Ref)))
        self.varies = _varying(equations, starts)
        cheap = self._cheap(equations, starts)
        cheap |= {name: same.of(cheap[name]) for name in cheap if name in self.varies}
        needed = _needed([*asked[0], *asked[1]], cheap | ends, starts)
        ends = {name: node for name, node in ends.items() if name in needed}
        lively = {name: self.cut(cheap[name]) for name in equations if name in self.varies and name in needed}
        series_read = tuple(self.cut(node) for node in asked[1])
        calm_rows = tuple((name, node) for name, node in equations.items() if name not in self.varies and name in needed)
        leaves = [node for e in (*lively.values(), *ends.values(), *self.begun) for node in walk(e)]
        return Program(
            calm_rows=calm_rows,
            calm=tuple(self.calm),
            lively=tuple(lively.items()),
            ends=tuple(ends.items()),
            starts=starts,
            held=tuple(self.held),
            views=tuple(self.sheet.unknowns),
            settled=tuple(self.views),
            begun=tuple(self.begun),
            tables=tuple(self.tables),
            shocks=tuple(sorted(dict.fromkeys(node for node in leaves if isinstance(node, Shock)), key=lambda shock: shock.law)),
            finals=asked[0],
            series=series_read,
            n_months=self.sheet.calendar.n_months,
            host=tuple(name for name, row in self.once.items() if not self.by_path(row.expr) and not self.by_view(row.expr)),
        )

    def _equations(self) -> tuple[dict[str, Expr], dict[str, Expr]]:
        """The rows of months, their starts and equations, without those that are a known number or another row."""
        starts: dict[str, Expr] = {}
        equations: dict[str, Expr] = {}
        for row in self.sheet.rows.values():
            if row.stage != "month":
                continue
            node = self.settled(row.expr)
            starts[row.name], equations[row.name] = self.settled(row.start), node
            if isinstance(node, INPUTS | Begun | Ref):
                self.instead[row.name] = node
        return starts, equations

    def _known(self, node: Expr) -> Expr | None:
        """An expression that stands on nothing but inputs and neither paths nor rows of months change, as an input itself."""
        if isinstance(node, Op):
            if not all(isinstance(argument, INPUTS) for argument in node.args):
                return None
            node = simpler(node)
        if not isinstance(node, Op):
            return node if isinstance(node, INPUTS) else None
        if all(isinstance(argument, Const | Held | Monthly) for argument in node.args):
            opened = Op(node.fn, tuple(self._meaning(argument) for argument in node.args))
            if any(isinstance(argument, Monthly) for argument in node.args):
                return self.tables.setdefault(opened, Monthly(len(self.tables)))
        found = self._whole(node)
        return found if isinstance(found, INPUTS) else None

    def _meaning(self, node: Expr) -> Expr:
        """What an input stands for."""
        if isinstance(node, Held | Settled | Begun | Monthly) and node not in self._meanings:
            for inputs in (self.held, self.views, self.begun, self.tables):
                self._meanings |= {place: expr for expr, place in inputs.items()}
        return self._meanings.get(node, node)

    # ── inputs ──────────────────────────────────────────────────────────────────────────────────────────────────

    def settled(self, node: Expr) -> Expr:
        """The expression with its known parts replaced by inputs, the largest such parts first."""
        if isinstance(node, Const):
            return node
        if self.lasts(node):
            if self.by_path(node):
                return self.begun.setdefault(self.opened(node), Begun(len(self.begun)))
            if isinstance(node, View):
                return node
            if self.by_view(node):
                return self.views.setdefault(self.opened(node), Settled(len(self.views)))
            node = folded(node)
            return node if isinstance(node, Const) else self.held.setdefault(node, Held(len(self.held)))
        if self.by_calendar(node):
            return self.tables.setdefault(node, Monthly(len(self.tables)))
        if isinstance(node, Ref):
            return self.instead.get(node.name, node)
        if not isinstance(node, Op):
            return node
        if node.fn in ("mul", "div"):
            return self._product(node)
        return self._whole(simpler(Op(node.fn, tuple(self.settled(argument) for argument in node.args))))

    def _whole(self, node: Expr) -> Expr:
        """An expression that turns out to stand on nothing but what a view settles, as a part of that."""
        if isinstance(node, Op) and all(isinstance(argument, Const | Held | View | Settled) for argument in node.args):
            return self.views.setdefault(node, Settled(len(self.views)))
        return node

    def _product(self, node: Op) -> Expr:
        """Factors that no month and no path changes as one input; the others in their order."""
        known: Expr = ONE
        rest: Expr | None = None
        stack: list[Expr] = [node]
        while stack:
            factor = stack.pop()
            if self.is_known(factor):
                known = simpler(Op("mul", (known, factor)))
            elif isinstance(factor, Op) and factor.fn == "mul":
                stack += [factor.args[1], factor.args[0]]
            elif isinstance(factor, Op) and factor.fn == "div" and self.is_known(factor.args[1]):
                known = simpler(Op("div", (known, factor.args[1])))
                stack.append(factor.args[0])
            else:
                other = self._factor(factor)
                rest = other if rest is None else self._whole(Op("mul", (rest, other)))
        assert rest is not None
        return self._whole(simpler(Op("mul", (rest, self.settled(known)))))

    def _factor(self, node: Expr) -> Expr:
        """A factor that is no product of known numbers and others."""
        if isinstance(node, Op) and node.fn == "div":
            return Op("div", (self.settled(node.args[0]), self.settled(node.args[1])))
        return self.settled(node)

    def opened(self, node: Expr) -> Expr:
        """What a view settles or a path begins with, on inputs, on draws, and on what was there before it."""
        if isinstance(node, Ref):
            return self.opened(self.once[node.name].expr)
        if not isinstance(node, Op):
            return node if isinstance(node, Shock) else self.settled(node)
        return simpler(Op(node.fn, tuple(self._within(argument, by_path=self.by_path(node)) for argument in node.args)))

    def _within(self, node: Expr, *, by_path: bool) -> Expr:
        """A part of what is opened: opened too where it differs by the same, and what it stands on otherwise."""
        if self.by_path(node) or (self.by_view(node) and not by_path):
            return self.opened(node)
        return self.settled(node)

    def lasts(self, node: Expr) -> bool:
        """Whether no month changes an expression."""
        return not self._moves("month", node)

    def by_path(self, node: Expr) -> bool:
        """Whether an expression of the once stage differs by path."""
        return self._moves("path", node)

    def by_view(self, node: Expr) -> bool:
        """Whether an expression of the once stage differs by view."""
        return self._moves("view", node)

    def is_known(self, node: Expr) -> bool:
        """Whether no month and no path changes an expression."""
        return self.lasts(node) and not self.by_path(node)

    def by_calendar(self, node: Expr) -> bool:
        """Whether the calendar alone changes an expression, and so does no path, view or row of months."""
        return not self._moves("not calendar", node)

    def _moves(self, what: str, node: Expr) -> bool:
        """Whether something changes an expression.

        Remembered by identity, with the expression, that its place is not taken: the same trees are asked about often.
        """
        if isinstance(node, Ref) and node.name in self.once:
            return self._row(what, node.name)
        if not isinstance(node, Op):
            return _LEAVES[what](node)
        key = (what, id(node))
        known = self._remembered.get(key)
        if known is None:
            known = self._remembered[key] = node, any(self._moves(what, argument) for argument in node.args)
        return known[1]

    def _row(self, what: str, name: str) -> bool:
        """Whether something changes a row of the once stage."""
        if (what, name) not in self._row_moves:
            self._row_moves[what, name] = self._moves(what, self.once[name].expr)
        return self._row_moves[what, name]

    # ── what differs by path ────────────────────────────────────────────────────────────────────────────────────

    def _cheap(self, equations: dict[str, Expr], starts: dict[str, Expr]) -> dict[str, Expr]:
        """The equations, cheap where they differ by path. Those that add up come last, after new ones that they share."""
        cheap = dict(equations)
        lively = Lively(cheap, self.is_lively, lambda node: self._meaning(node) if isinstance(node, Settled) else node)
        sums = Sums(self.is_lively, lively.condition, lively.in_cases)
        uses = looked_at(equations, {})
        for name in [n for n in equations if n in self.varies]:
            if uses.get(name) == 1 and sums.put(name, equations[name]):
                del equations[name], cheap[name]
            else:
                cheap[name] = self._cheaper(cheap[name], lively)
        added = sums.rows()
        self.varies |= frozenset(added)
        for name, node in added.items():
            starts.setdefault(name, ZERO)
            equations[name] = cheap[name] = node
        for name, node in added.items():
            cheap[name] = self._cheaper(node, lively)
        return cheap

    def _cheaper(self, node: Expr, lively: Lively) -> Expr:
        if not isinstance(node, Op) or not self.is_lively(node):
            return node
        return lively.cheaper(Op(node.fn, tuple(self._cheaper(argument, lively) for argument in node.args)))

    def is_lively(self, node: Expr) -> bool:
        """Whether an expression differs by path."""
        if isinstance(node, Op):
            known = self._lively.get(id(node))
            if known is None:
                known = self._lively[id(node)] = node, any(self.is_lively(argument) for argument in node.args)
            return known[1]
        return isinstance(node, Shock | Begun) or (isinstance(node, Ref | Prev) and node.name in self.varies)

    def cut(self, node: Expr) -> Expr:
        """The expression with its largest parts that do not differ by path replaced by what is worked out once a month."""
        lively, result = self._parted(node)
        return result if lively else self._calm(result)

    def _calm(self, node: Expr) -> Expr:
        return node if isinstance(node, INPUTS) else self.calm.setdefault(node, Calm(len(self.calm)))

    def _parted(self, node: Expr) -> tuple[bool, Expr]:
        """Whether an expression differs by path, and what it becomes if it does: calm parts are only cut out of lively ones."""
        if not isinstance(node, Op):
            return self.is_lively(node), node
        parts = [self._parted(argument) for argument in node.args]
        if not any(lively for lively, _ in parts):
            return False, node
        return True, Op(node.fn, tuple(part if lively else self._calm(part) for lively, part in parts))


def _needed(asked: list[Expr], rows: Mapping[str, Expr], starts: Mapping[str, Expr]) -> set[str]:
    """The rows that what is asked for stands on."""
    needed: set[str] = set()
    stack = list(asked)
    while stack:
        node = stack.pop()
        if isinstance(node, Op):
            stack.extend(node.args)
        elif isinstance(node, Ref | Prev) and node.name not in needed:
            needed.add(node.name)
            stack += [rows[node.name], starts.get(node.name, ZERO)]
    return needed


_LEAVES: dict[str, Callable[[Expr], bool]] = {
    "month": lambda node: not (isinstance(node, Const | Param | View) or (isinstance(node, Shock) and node.law == "uniform")),
    "path": lambda node: isinstance(node, Shock),
    "view": lambda node: isinstance(node, View),
    "not calendar": lambda node: not isinstance(node, Const | Param | Table),
}


def _varying(equations: dict[str, Expr], starts: dict[str, Expr]) -> frozenset[str]:
    """Rows that differ by path: they use a draw or a path's input, or a row that does, in this month or the last."""
    leaves = {name: [n for e in (node, starts[name]) for n in walk(e)] for name, node in equations.items()}
    varies = {name for name, nodes in leaves.items() if any(isinstance(n, Shock | Begun) for n in nodes)}
    users: dict[str, set[str]] = {}
    for name, nodes in leaves.items():
        for n in nodes:
            if isinstance(n, Ref | Prev):
                users.setdefault(n.name, set()).add(name)
    waiting = list(varies)
    while waiting:
        for name in users.get(waiting.pop(), ()):
            if name not in varies:
                varies.add(name)
                waiting.append(name)
    return frozenset(varies)
