"""The fast way to fill a sheet in: inputs and draws block by block, equations in machine code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prenup.engine.native import sampling
from prenup.engine.native.classify import Program, program
from prenup.engine.native.codegen import module_text
from prenup.engine.native.compile import function, lanes
from prenup.engine.reference import AbstractProgram, Array, Block, Filled, Filling, Stop, soundness
from prenup.engine.streams import Design
from prenup.sheet.expr import Shock
from prenup.sheet.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Native(AbstractProgram):
    """A sheet's code as text, and what the host works out beforehand. A worker makes or finds the machine code itself."""

    sheet: Sheet
    finals: tuple[str, ...]
    series: tuple[str, ...]
    plan: Program
    text: str

    def start(self, design: Design, block: Block, views: Mapping[str, Array] | None) -> Filling:
        """The draws in machine code."""
        return Filling(self.sheet, design, block, views or {}, draw)

    def work(self, filling: Filling, stop: Stop) -> Filled:
        """Inputs by NumPy, then every view in machine code."""
        run = function(self.text)
        filling.once()
        shape = (*filling.shape[:2], 1)
        held = [np.broadcast_to(filling.lasting(f"held {i}", e), shape)[:, :, 0] for i, e in enumerate(self.plan.held)]
        inputs = [filling.lasting(f"path {i}", e) for i, e in enumerate(self.plan.path_inputs)]
        by_path = [np.atleast_3d(np.asarray(each, dtype=float)) for each in inputs]
        parts, n_views, n_paths = filling.shape
        room = -(-n_paths // lanes()) * lanes()
        worked = _worked(self.sheet, self.finals)
        ends = np.empty((len(worked), parts, n_views, room))
        kept = np.empty((len(self.series), self.plan.n_months, parts, n_views, room))
        _call(run, self.plan, filling, (held, by_path), (ends, kept), stop)
        last = {name: filling.last(name) for name in self.finals if name not in worked}
        last |= {name: ends[i, :, :, :n_paths] for i, name in enumerate(worked)}
        months = {name: kept[i, :, :, :, :n_paths] for i, name in enumerate(self.series)}
        return Filled({name: last[name] for name in self.finals}, months, soundness(filling.shape, last, months))


def prepare(sheet: Sheet, finals: tuple[str, ...], series: tuple[str, ...]) -> AbstractProgram:
    """A pruned sheet, rows in working order, as code."""
    plan = program(sheet)
    return Native(sheet, finals, series, plan, module_text(plan, _worked(sheet, finals), series, lanes()))


def _worked(sheet: Sheet, finals: tuple[str, ...]) -> tuple[str, ...]:
    """The rows among `finals` that the code works out; those of the once stage are the host's."""
    return tuple(name for name in finals if sheet.rows[name].stage != "once")


def draw(design: Design, shock: Shock, n_months: int, block: Block) -> Array:
    """A stream's draws for a block in machine code, paths rounded up to whole groups: as the referee's `draw`."""
    n = 1 if shock.law == "uniform" else n_months
    drawn = sampling.draw(design, shock.law, shock.stream, n, block.randomisations, block.paths)
    return drawn[0, :, None, : len(block.paths)] if shock.law == "uniform" else drawn[:, :, None, :]


def _call(
    run: Callable[..., None],
    plan: Program,
    filling: Filling,
    inputs: tuple[list[Array], list[Array]],
    outputs: tuple[Array, Array],
    stop: Stop,
) -> None:
    """Call the code for every randomisation and view of a block."""
    (held, by_path), (ends, kept) = inputs, outputs
    parts, n_views, n_paths = filling.shape
    room = ends.shape[-1]
    tables = np.array([filling.tables[name] for name in plan.tables], dtype=float).reshape(len(plan.tables), plan.n_months)
    draws = [np.ascontiguousarray(filling.shocks[shock]) for shock in plan.shocks]
    by_path = [_padded(array, room) for array in by_path]
    calm = np.empty((len(plan.calm) + len(kept), plan.n_months))
    numbers = np.ascontiguousarray(np.array(held, dtype=float).reshape(len(held), parts, n_views).transpose(1, 2, 0))
    lists = [
        _addresses(
            by_path, (parts, n_views), lambda a: (a.strides[0] if a.shape[0] > 1 else 0, a.strides[1] if a.shape[1] > 1 else 0)
        ),
        _addresses(draws, (parts, n_views), lambda a: (a.strides[1], 0)),
        _addresses(list(ends), (parts, n_views), lambda a: (a.strides[0], a.strides[1])),
        _addresses(list(kept), (parts, n_views), lambda a: (a.strides[1], a.strides[2])),
    ]
    stop.check()
    places = [each.ctypes.data for each in lists]
    strides = parts * room, parts * n_views * room
    # One call for all views: while it runs, other threads have the interpreter to themselves.
    run(numbers.ctypes.data, tables.ctypes.data, *places, calm.ctypes.data, *strides, 0, n_paths, parts * n_views)


def _addresses(arrays: list[Array], shape: tuple[int, int], steps: Callable[[Array], tuple[int, int]]) -> NDArray[np.uint64]:
    """Where each array begins for each randomisation and view: (randomisation, view, array)."""
    part, view = np.indices(shape)
    found = np.empty((*shape, len(arrays)), dtype=np.uint64)
    for index, array in enumerate(arrays):
        by_part, by_view = steps(array)
        found[:, :, index] = array.ctypes.data + part * by_part + view * by_view
    return found


def _padded(array: Array, room: int) -> Array:
    """An array whose last axis is whole groups of paths."""
    if array.shape[-1] == room:
        return np.ascontiguousarray(array)
    wider = np.zeros((*array.shape[:-1], room))
    wider[..., : array.shape[-1]] = array
    return wider
