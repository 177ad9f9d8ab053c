"""The referee: fills a sheet in month by month with NumPy, one equation at a time, as a person would by hand.

Values have the axes randomisation, view, path, and only as much of them as they need: a number known to all is a scalar,
an unknown has one value a view, an uncertain quantity one a path. Yes and no are NumPy booleans until arithmetic meets them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prenup.engine import streams
from prenup.engine.normal import inverse_normal
from prenup.engine.streams import Design
from prenup.sheet.expr import Const, Expr, Op, Param, Prev, Ref, Shock, Table, View, walk
from prenup.sheet.sheet import Sheet

Array = NDArray[np.float64]
Values = Any
"""A NumPy scalar or an array that broadcasts to (randomisation, view, path)."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a block or a run left behind.

    `finals`: by row, its last value, (randomisation, view, path). `series`: by row, (month, randomisation, view, path).
    `sound`: the paths on which all of these are finite numbers. Of a run they hold the paths that are kept; `sums` by row
    and `counts` are over all sound paths of each randomisation, kept or not, of `n_paths` in all.
    """

    finals: Mapping[str, Array]
    series: Mapping[str, Array]
    sound: NDArray[np.bool_]
    sums: Mapping[str, Array] = field(default_factory=dict)
    counts: Array = field(default_factory=lambda: np.zeros(0))
    n_paths: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a design that is worked out by itself: some paths of some views of some randomisations."""

    randomisations: range
    views: range
    paths: range

    @property
    def shape(self) -> tuple[int, int, int]:
        """(randomisation, view, path)."""
        return len(self.randomisations), len(self.views), len(self.paths)


class Stop:
    """A sign that nobody waits for the work any more. It does not travel: another process never sees it set."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def check(self) -> None:
        """Raise CancelledError once the sign is set."""
        if self._event.is_set():
            raise CancelledError

    def __reduce__(self) -> tuple[type[Stop], tuple[()]]:
        return Stop, ()


class AbstractProgram:
    """A sheet made ready for an engine; it travels to workers and works out one block at a time.

    `finals` are the rows of which the last value is kept.
    """

    sheet: Sheet
    finals: tuple[str, ...]

    def view_uniforms(self, design: Design, names: tuple[str, ...], block: Block) -> Array:
        """One uniform a view for some unknowns: (unknown, randomisation, view)."""
        drawn = [streams.view_uniform(design, name, block.randomisations, block.views) for name in names]
        return np.array(drawn).reshape(len(names), *block.shape[:2])

    def begun(self, design: Design, block: Block, views: Mapping[str, Array] | None) -> Filling:
        """A block before its first month, with the draws of what is unknown."""
        names = tuple(name for name in self.sheet.unknowns if name not in (views or {}))
        drawn = self.view_uniforms(design, names, block)[..., None]
        return Filling(self.sheet, design, block, dict(zip(names, drawn, strict=True)) | dict(views or {}))

    def work(self, filling: Filling, levers: Sequence[Mapping[str, float]], stop: Stop) -> Iterator[Filled]:
        """Work a block out once for each setting of the levers, on the same draws.

        Raises:
            CancelledError: `stop` was set.
        """
        raise NotImplementedError

    def fill(self, design: Design, block: Block, views: Mapping[str, Array] | None = None, stop: Stop | None = None) -> Filled:
        """Work a block of a design out.

        Args:
            design, block: the draws, and which part of them.
            views: the uniform draw of an unknown by name, (randomisation, view, 1), instead of the design's own.
            stop: looked at every month by the referee, before the views of a block by the native engine.

        Raises:
            CancelledError: `stop` was set.
        """
        with np.errstate(all="ignore"):  # a path that leaves the finite numbers is found and reported
            return next(self.work(self.begun(design, block, views), [{}], stop or Stop()))

    def sums(
        self, design: Design, block: Block, levers: Sequence[Mapping[str, float]], views: Mapping[str, Array] | None, stop: Stop
    ) -> tuple[Array, Array]:
        """Work a block out once for each setting of the levers, on draws that are made once.

        Returns sums over the sound paths, (setting, row, randomisation), and how many there are, (setting, randomisation).
        """
        parts = len(block.randomisations)
        totals, counts = np.zeros((len(levers), len(self.finals), parts)), np.zeros((len(levers), parts))
        with np.errstate(all="ignore"):
            filling = self.begun(design, block, views)
            for number, found in enumerate(self.work(filling, levers, stop)):
                counts[number] = found.sound.sum(axis=(1, 2))
                for row, values in enumerate(found.finals.values()):
                    totals[number, row] = np.where(found.sound, values, 0.0).sum(axis=(1, 2))
        return totals, counts


@dataclass(frozen=True, slots=True)
class Reference(AbstractProgram):
    """The referee's program: the sheet itself, and the rows of which the last value or every month's is kept."""

    sheet: Sheet
    finals: tuple[str, ...]
    series: tuple[str, ...]

    def work(self, filling: Filling, levers: Sequence[Mapping[str, float]], stop: Stop) -> Iterator[Filled]:
        """Month by month, row by row."""
        for setting in levers:
            filling.set(setting)
            kept = {name: np.empty((self.sheet.calendar.n_months, *filling.shape)) for name in self.series}
            filling.once()
            filling.begin()
            for month in range(self.sheet.calendar.n_months):
                stop.check()
                filling.advance(month)
                for name, values in kept.items():
                    values[month] = filling.now[name]
            filling.end()
            last = {name: filling.last(name) for name in self.finals}
            yield Filled(last, kept, soundness(filling.shape, last, kept))


def prepare(sheet: Sheet, finals: tuple[str, ...], series: tuple[str, ...]) -> AbstractProgram:
    """A pruned sheet, rows in working order, made ready for the referee."""
    return Reference(sheet, finals, series)


def soundness(shape: tuple[int, int, int], finals: Mapping[str, Array], series: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Which paths hold finite numbers in everything that was kept: (randomisation, view, path)."""
    sound = np.ones(shape, dtype=bool)
    for array in finals.values():
        sound &= np.isfinite(array)
    for array in series.values():
        sound &= np.isfinite(array).all(axis=0)
    return sound


class Filling:
    """The state of one block: every row's value of this month and of the month before."""

    def __init__(self, sheet: Sheet, design: Design, block: Block, views: Mapping[str, Array]) -> None:
        self.sheet = sheet
        self.design = design
        self.block = block
        self.shape = block.shape
        self.month: int | slice = 0
        self.now: dict[str, Values] = {}
        self.before: dict[str, Values] = {}
        self.monthly = [row for row in sheet.rows.values() if row.stage == "month"]
        self.parameters = {name: np.float64(value) for name, value in sheet.parameters.items()}
        self.tables = {name: np.asarray(values) for name, values in sheet.tables.items()}
        self._once: set[str] = set()
        self._settled: dict[str, Values] = {}
        self._needs: dict[str, frozenset[str]] = {}
        self._equations: list[tuple[str, Expr]] = []
        self.shocks: dict[Shock, Array] = {}
        self.views = views

    def set(self, parameters: Mapping[str, float]) -> None:
        """Give levers other values than the sheet's; the draws stay, and so does what does not stand on a changed one."""
        wanted = {**self.sheet.parameters, **parameters}
        changed = {name for name, value in wanted.items() if self.parameters[name] != value}
        self.parameters.update({name: np.float64(wanted[name]) for name in changed})
        for name in [n for n in self._settled if self._needs[n] & changed]:
            del self._settled[name]

    def once(self, names: Container[str] | None = None) -> None:
        """What follows from numbers alone: all such rows, or some."""
        self.now, self._once = {}, set()
        for row in self.sheet.rows.values():
            if row.stage == "once" and (names is None or row.name in names):
                self.now[row.name] = self.lasting(row.name, row.expr)
        self._once = set(self.now)

    def lasting(self, name: str, node: Expr) -> Values:
        """The value of an expression that no month changes, under a name of its own; worked out again if a lever of it moves."""
        if name not in self._settled:
            self._needs.setdefault(name, self._parameters_of(node))
            self._settled[name] = self.of(node)
        return self._settled[name]

    def by_month(self, name: str, node: Expr) -> Values:
        """The value in every month, (month,), of an expression that the calendar and known numbers alone change."""
        self.month = slice(None)
        return self.lasting(name, node)

    def _parameters_of(self, node: Expr) -> frozenset[str]:
        """The parameters that a lasting expression stands on, by itself or through rows of the once stage."""
        found: set[str] = set()
        for leaf in walk(node):
            if isinstance(leaf, Param):
                found.add(leaf.name)
            elif isinstance(leaf, Ref):
                found |= self._needs.get(leaf.name, frozenset())
        return frozenset(found)

    def begin(self) -> None:
        """What `prev` gives in the first month; equations are made ready."""
        self._equations = [(row.name, self.settled(row.expr)) for row in self.monthly]
        for row in self.monthly:
            self.now[row.name] = self.of(row.start)

    def advance(self, month: int) -> None:
        """One month: what was now is before, and every row is worked out in order."""
        self.month = month
        self.before = dict(self.now)
        for name, equation in self._equations:
            self.now[name] = self.of(equation)

    def end(self) -> None:
        """What is worked out on what the months left behind."""
        for row in self.sheet.rows.values():
            if row.stage == "end":
                self.now[row.name] = self.of(row.expr)

    def last(self, name: str) -> Array:
        """A row's value now, on every path."""
        return np.broadcast_to(np.asarray(self.now[name], dtype=float), self.shape)

    def of(self, node: Expr) -> Values:
        """The value of an expression in this month."""
        return _MEANING[type(node)](self, node)

    def operation(self, node: Op) -> Values:
        return _FUNCTIONS[node.fn](*[self.of(argument) for argument in node.args])

    def shock(self, node: Shock) -> Values:
        drawn = self.shocks.get(node)
        if drawn is None:
            drawn = self.shocks[node] = draw(self.design, node, self.sheet.calendar.n_months, self.block)
        return drawn if node.law == "uniform" else drawn[self.month]

    def settled(self, node: Expr) -> Expr:
        """The expression with every part that no month changes replaced by its value, worked out once and for all."""
        if isinstance(node, Op):
            inside = tuple(self.settled(argument) for argument in node.args)
            known = all(isinstance(argument, _Held) for argument in inside)
            return _Held(_FUNCTIONS[node.fn](*[a.value for a in inside])) if known else Op(node.fn, inside)  # type: ignore[attr-defined]
        if isinstance(node, Ref):
            return _Held(self.now[node.name]) if node.name in self._once else node
        lasting = isinstance(node, Const | Param | View) or (isinstance(node, Shock) and node.law == "uniform")
        return _Held(self.of(node)) if lasting else node


@dataclass(frozen=True, slots=True, eq=False)
class _Held(Expr):
    """A value that no month changes."""

    value: Values


_MEANING: dict[type, Callable[[Filling, Any], Values]] = {
    Op: Filling.operation,
    Ref: lambda filling, node: filling.now[node.name],
    Prev: lambda filling, node: filling.before[node.name],
    Const: lambda filling, node: np.float64(node.value),
    Param: lambda filling, node: filling.parameters[node.name],
    Table: lambda filling, node: filling.tables[node.name][filling.month],
    View: lambda filling, node: filling.views[node.name],
    Shock: Filling.shock,
    _Held: lambda filling, node: node.value,
}


def draw(design: Design, shock: Shock, n_months: int, block: Block) -> Array:
    """A stream's draws for a block: (randomisation, view or 1, path), with months first where it has one a month."""
    points = design.points_of(block.views, block.paths)
    if shock.law == "uniform":
        drawn = streams.uniform(design, shock.stream, block.randomisations, points.ravel())
    else:
        law = streams.brownian if shock.law == "brownian" else streams.uniforms
        drawn = law(design, shock.stream, n_months, block.randomisations, points.ravel())
    return drawn.reshape(*drawn.shape[:-1], *points.shape)


_BOOL = np.dtype(np.bool_)


def _plain(value: Values) -> Values:
    """Yes and no as 1 and 0 where arithmetic meets them."""
    return value.astype(np.float64) if value.dtype is _BOOL else value


def _arithmetic(function: Callable[..., Values]) -> Callable[..., Values]:
    return lambda *values: function(*[_plain(v) for v in values])


def _yes(value: Values) -> Values:
    return value if value.dtype is _BOOL else value != 0


_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "add": _arithmetic(np.add),
    "sub": _arithmetic(np.subtract),
    "mul": _arithmetic(np.multiply),
    "div": _arithmetic(np.divide),
    "neg": _arithmetic(np.negative),
    "pow": _arithmetic(np.power),
    "min": _arithmetic(np.minimum),
    "max": _arithmetic(np.maximum),
    "abs": _arithmetic(np.abs),
    "exp": _arithmetic(np.exp),
    "log": _arithmetic(np.log),
    "sqrt": _arithmetic(np.sqrt),
    "floor": _arithmetic(np.floor),
    "ppf": _arithmetic(inverse_normal),
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": lambda a, b: np.logical_and(_yes(a), _yes(b)),
    "or": lambda a, b: np.logical_or(_yes(a), _yes(b)),
    "not": lambda a: np.logical_not(_yes(a)),
    "if": lambda c, a, b: np.where(_yes(c), _plain(a), _plain(b)),
}
