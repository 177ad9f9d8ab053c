"""The fast way to fill a sheet in: inputs by the host, draws and equations in machine code, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prenup.engine.native import sampling
from prenup.engine.native.classify import Program, program
from prenup.engine.native.codegen import ARGUMENTS, module_text
from prenup.engine.native.compile import function, vectors
from prenup.engine.native.layout import Layout
from prenup.engine.reference import AbstractProgram, Array, Block, Filled, Filling, Stop, soundness
from prenup.engine.streams import Design
from prenup.sheet.sheet import Sheet

TOGETHER = 2_097_152
"""Numbers of the outputs of settings that are worked out on the same draws in one call, about."""


@dataclass(frozen=True, slots=True)
class Native(AbstractProgram):
    """A sheet's code as text, and what the host works out beforehand. A worker makes or finds the machine code itself."""

    sheet: Sheet
    finals: tuple[str, ...]
    series: tuple[str, ...]
    plan: Program
    layout: Layout
    text: str
    known: dict[frozenset[tuple[str, float]], tuple[Array, Array]] = field(default_factory=dict, compare=False, repr=False)
    """What is known under a setting of the levers, as the first block found it."""

    def __reduce__(self) -> tuple[type[Native], tuple[object, ...]]:
        """It travels with every block, and what is known stays behind: a worker finds it as soon."""
        return Native, (self.sheet, self.finals, self.series, self.plan, self.layout, self.text)

    def view_uniforms(self, design: Design, names: tuple[str, ...], block: Block) -> Array:
        """In machine code."""
        return sampling.draw(design, "view_uniform", names, 1, block.randomisations, block.views)[:, 0, :, : len(block.views)]

    def work(self, filling: Filling, levers: Sequence[Mapping[str, float]], stop: Stop) -> Iterator[Filled]:
        """Inputs by NumPy, then as many settings at once as fit, in machine code."""
        columns = _Columns.of(filling.design, filling.block, self.layout.lanes)
        a_setting = (len(self.finals) + len(self.series) * self.plan.n_months) * int(np.prod(filling.shape))
        some = max(1, TOGETHER // max(1, a_setting))
        for first in range(0, len(levers), some):
            stop.check()
            held, tables = self._inputs(filling, levers[first : first + some])
            finals, series = self._called(filling, columns, held, tables)
            for number in range(len(held)):
                last = dict(zip(self.finals, columns.unfolded(finals[:, number]), strict=True))
                months = dict(zip(self.series, columns.unfolded(series[:, number]), strict=True))
                yield Filled(last, months, soundness(filling.shape, last, months))

    def _inputs(self, filling: Filling, levers: Sequence[Mapping[str, float]]) -> tuple[Array, Array]:
        """What is known under each setting: (setting, input) and (setting, table, month)."""
        found = [self._known(filling, setting) for setting in levers]
        return np.array([held for held, _ in found]), np.array([tables for _, tables in found])

    def _known(self, filling: Filling, setting: Mapping[str, float]) -> tuple[Array, Array]:
        """What is known under a setting: (input,) and (table, month). No block changes it."""
        key = frozenset(setting.items())
        found = self.known.get(key)
        if found is None:
            plan = self.plan
            filling.set(setting)
            filling.once(plan.host)
            held = np.array([filling.lasting(f"held {index}", node) for index, node in enumerate(plan.held)], dtype=float)
            tables = np.empty((len(plan.tables), plan.n_months))
            for index, node in enumerate(plan.tables):
                tables[index] = filling.by_month(f"table {index}", node)
            found = held, tables
            if len(self.known) < MOST_KNOWN:
                self.known[key] = found
        return found

    def _called(self, filling: Filling, columns: _Columns, held: Array, tables: Array) -> tuple[Array, Array]:
        """Call the code for every randomisation: (randomisation, setting, row, future, column), with months after rows."""
        run = function(self.text)
        plan, parts = self.plan, filling.block.randomisations
        shape = len(parts), len(held)
        finals = np.empty((*shape, len(self.finals), columns.n_futures, columns.room))
        series = np.empty((*shape, len(self.series), plan.n_months, columns.n_futures, columns.room))
        views = [columns.folded(filling.views[name]) for name in plan.views]
        first, step = np.array([(rows.ctypes.data, rows.strides[0]) for rows in views], dtype=np.uint64).reshape(-1, 2).T
        views_at = first + step * np.arange(len(parts), dtype=np.uint64)[:, None]
        scratch = np.empty(self.layout.total + 8)
        values: dict[str, int | sampling.Words] = {
            "held": held.ctypes.data,
            "views": sampling.addresses(views_at, 1),
            "tables": tables.ctypes.data,
            "starts": columns.starts.ctypes.data,
            "finals": sampling.addresses(finals, 1),
            "series": sampling.addresses(series, 1),
            "scratch": scratch.ctypes.data + -scratch.ctypes.data % 64,
            "columns": columns.room,
            "n_futures": columns.n_futures,
            "step": columns.step,
            "n_settings": len(held),
        }
        # Held by name for the length of the calls: two threads may fill the same cache, and the loser's are nobody else's.
        streams = self._streams(filling.design)
        draws = [each.words[parts.start : parts.stop].reshape(len(parts), -1) for each in streams]
        for words in np.concatenate([sampling.told(ARGUMENTS, values, (len(parts),)), *draws], axis=1):
            run(words.ctypes.data)
        return finals, series

    def _streams(self, design: Design) -> list[sampling.Streams]:
        """The streams of all shocks, in their order: those of one law stand together."""
        found: dict[str, list[str]] = {}
        for shock in self.plan.shocks:
            found.setdefault(shock.law, []).append(shock.stream)
        months = self.plan.n_months
        return [sampling.Streams.of(design, law, tuple(names), 1 if law == "uniform" else months) for law, names in found.items()]


@dataclass(frozen=True, slots=True)
class _Columns:
    """How the paths of a block lie side by side: a column is a view with some of its futures, one after the other.

    There are as many columns as views, or more where a view fills no lanes: then its futures are dealt out in stretches of
    equal length, `split` to a view. `room` is a whole number of lanes. Column c begins at future `starts[c]`, and goes on in
    steps of `step`.
    """

    shape: tuple[int, int, int]
    split: int
    room: int
    starts: NDArray[np.uint32]
    step: int

    @classmethod
    def of(cls, design: Design, block: Block, n_lanes: int) -> _Columns:
        _, n_views, n_paths = block.shape
        split = 1
        while n_views * split < n_lanes and n_paths % (2 * split) == 0:
            split *= 2
        room = -(-n_views * split // n_lanes) * n_lanes
        points = np.broadcast_to(design.points_of(block.views, block.paths), (n_views, n_paths))
        firsts = points[:, :: n_paths // split].ravel()
        starts = firsts[np.minimum(np.arange(room), len(firsts) - 1)]
        return cls(block.shape, split, room, starts, 1 if design.shared else design.views)

    @property
    def n_futures(self) -> int:
        """Futures in a column."""
        return self.shape[2] // self.split

    def folded(self, view: Array) -> Array:
        """The draws of an unknown, (randomisation, view, 1), by column, each randomisation's side by side."""
        parts, n_views, _ = self.shape
        drawn = (view if view.shape == (parts, n_views, 1) else np.broadcast_to(view, (parts, n_views, 1)))[..., 0]
        if self.room != n_views:
            drawn = drawn[:, np.minimum(np.arange(self.room) // self.split, n_views - 1)]
        return drawn if drawn.strides[1] == drawn.itemsize else np.ascontiguousarray(drawn)

    def unfolded(self, out: Array) -> list[Array]:
        """Outputs by row, ([month,] randomisation, view, path), from (randomisation, row, [month,] future, column)."""
        _, n_views, n_paths = self.shape
        used = out[..., : n_views * self.split].reshape(*out.shape[:-1], n_views, self.split)
        found = np.moveaxis(used, -3, -1).reshape(*out.shape[:-2], n_views, n_paths)
        return [np.ascontiguousarray(np.moveaxis(row, 0, -3)) for row in np.moveaxis(found, 1, 0)]


def prepare(sheet: Sheet, finals: tuple[str, ...], series: tuple[str, ...]) -> AbstractProgram:
    """A pruned sheet, rows in working order, as code. Who runs the same sheet again finds it ready."""
    key = id(sheet), finals, series
    found = _READY.pop(key, None)
    if found is None:
        plan = program(sheet, finals, series)
        layout = Layout(plan, vectors())
        found = Native(sheet, finals, series, plan, layout, module_text(plan, layout))
    _READY[key] = found
    while len(_READY) > MOST_READY:
        _READY.pop(next(iter(_READY)), None)
    return found


MOST_KNOWN = 4_096
"""Settings of the levers of which a program remembers what is known."""

MOST_READY = 8
"""Programs of the last sheets that are kept: each keeps its sheet, whose identity it is known by."""

_READY: dict[tuple[int, tuple[str, ...], tuple[str, ...]], Native] = {}
