"""The front door of the engines: how much is drawn, split into blocks that are independent, and put together again.

Means are taken over every path. Of the paths themselves no more than `KEPT` are kept, so that memory does not grow with
their number: quantiles, spreads and charts are read from those, the first of each randomisation's Sobol points.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import numpy as np

from prenup.engine.engines import Engine, engine_named
from prenup.engine.reference import AbstractProgram, Array, Block, Filled, Stop
from prenup.engine.streams import Design
from prenup.sheet.sheet import Sheet

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Progress = Callable[[int, int], None]
"""Called with the blocks done and the blocks there are."""

MOST_PATHS = 1_000_000_000
KEPT = 131_072
"""Paths that are kept one by one."""

WIDTH = 16_384
"""Paths of all views that a block works out side by side: what a core's cache holds."""

AHEAD = 16
"""Blocks that are under way or waiting to be put together."""


USUAL_PATHS, USUAL_VIEWS = 16_384, 128
"""Paths and views where nobody asks for others: as many views as futures of each."""


def usual_views(paths: int) -> int:
    """Views for a number of paths: 128 up to the usual number; beyond it views and futures of each grow alike."""
    doublings = max(0.0, math.log2(max(paths, 1) / USUAL_PATHS))
    return USUAL_VIEWS << round(doublings / 2)


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is drawn. `paths` are all paths of the run; `views` 1 holds every unknown at its central value.

    A run has `randomisations` independent parts: the spread between them is the standard error of every figure.
    `engine` is `native`, `reference`, or `auto` for the fastest that runs here.
    """

    paths: int = USUAL_PATHS
    views: int = USUAL_VIEWS
    seed: int = 1
    sampler: Literal["sobol", "random"] = "sobol"
    randomisations: int = 8
    engine: str = "auto"

    def problem(self) -> str:
        """What is wrong with these numbers, in a sentence; empty if nothing is."""
        if not 1 <= self.paths <= MOST_PATHS:
            return f"paths must be from 1 to {MOST_PATHS:,}, not {self.paths:,}"
        if not 1 <= self.views <= 1_000_000:
            return f"views must be from 1 to 1,000,000, not {self.views:,}"
        if not 2 <= self.randomisations <= 1_024:
            return f"randomisations must be from 2 to 1,024, not {self.randomisations:,}"
        if not 0 <= self.seed < 2**63:
            return f"seed must be from 0 to 2^63 - 1, not {self.seed}"
        if self.sampler not in ("sobol", "random"):
            return f"sampler must be sobol or random, not {self.sampler}"
        return ""

    def design(self) -> Design:
        """The draws: views and paths are rounded up to what randomisations and Sobol points need.

        Each randomisation has two views and two paths a view at least: with less, what we don't know can't be told from
        what nobody knows.

        Raises:
            ValueError: a count is out of range; the message says which and what is allowed.
        """
        if self.problem():
            raise ValueError(self.problem())
        views = 1 if self.views == 1 else max(2, -(-self.views // self.randomisations))
        paths = max(2, -(-self.paths // (self.randomisations * views)))
        if self.sampler == "sobol":
            paths = 1 << (paths - 1).bit_length()
        return Design(self.seed, self.randomisations, views, paths, self.sampler)


@dataclass(frozen=True, slots=True)
class Part:
    """What one block gives: its paths if they are kept, and what every path of it adds to the means."""

    filled: Filled | None
    sums: Mapping[str, Array]
    counts: Array


def run_sheet(
    sheet: Sheet,
    design: Design,
    finals: Iterable[str],
    series: Iterable[str],
    views: Mapping[str, Array] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Filled:
    """Fill a sheet in, block by block, and put the blocks together in their order: the same bits however it was split.

    A block whose worker dies is worked out again, here. An interruption stops the work within a block's pace.

    Args:
        sheet: pruned to what is asked for, rows in working order.
        design: the draws.
        finals, series: rows whose last value, or every month's value, is kept on every path that is kept.
        views: uniform draws of unknowns, (randomisation, view, 1), instead of the design's own.
        executor: where blocks are worked out; threads of this machine if None.
        progress: told after each block.
        engine: what works a block out; the fastest that runs here if None.
    """
    finals, series = tuple(finals), tuple(series)
    work = _Work((engine or engine_named("auto")).prepare(sheet, finals, series), design)
    blocks = _blocks(design)
    joined = _Joined(design, finals, series, sheet.calendar.n_months)
    with closing(_in_order(work, blocks, views, executor)) as parts:  # an interruption anywhere stops the workers
        for number, part in enumerate(parts):
            joined.add(blocks[number], part)
            if progress is not None:
                progress(number + 1, len(blocks))
    return joined.filled()


def sweep_sheet(
    sheet: Sheet,
    design: Design,
    finals: Iterable[str],
    levers: Sequence[Mapping[str, float]],
    views: Mapping[str, Array] | None = None,
    executor: Executor | None = None,
    engine: Engine | None = None,
) -> Array:
    """The mean of rows' last values for many settings of the levers, all on the same draws: (setting, row, randomisation).

    Args:
        sheet, design, finals, views, executor, engine: as for `run_sheet`.
        levers: for each setting, the parameters that differ from the sheet's.
    """
    finals = tuple(finals)
    work = _Sweep((engine or engine_named("auto")).prepare(sheet, finals, ()), design, tuple(levers))
    blocks = _blocks(design)
    totals = np.zeros((len(levers), len(finals), design.randomisations))
    counts = np.zeros((len(levers), design.randomisations))
    with closing(_in_order(work, blocks, views, executor)) as worked:
        for block, (found, sound) in zip(blocks, worked, strict=True):
            parts = slice(block.randomisations.start, block.randomisations.stop)
            totals[:, :, parts] += found
            counts[:, parts] += sound
    with np.errstate(all="ignore"):  # no sound path gives no mean
        means: Array = totals / counts[:, None, :]
    return means


class _AbstractTask(Protocol[T_co]):
    """What is done with each block; it travels to the workers, and gives up once `stop` is set."""

    @property
    def stop(self) -> Stop: ...

    def __call__(self, block: Block, views: Mapping[str, Array] | None) -> T_co: ...


@dataclass(frozen=True, slots=True)
class _Sweep:
    """A block under every setting of the levers."""

    program: AbstractProgram
    design: Design
    levers: tuple[Mapping[str, float], ...]
    stop: Stop = field(default_factory=Stop)

    def __call__(self, block: Block, views: Mapping[str, Array] | None) -> tuple[Array, Array]:
        return self.program.sums(self.design, block, self.levers, views, self.stop)


@dataclass(frozen=True, slots=True)
class _Work:
    """A block's paths, and what they add to the means."""

    program: AbstractProgram
    design: Design
    stop: Stop = field(default_factory=Stop)

    def __call__(self, block: Block, views: Mapping[str, Array] | None) -> Part:
        found = self.program.fill(self.design, block, views, self.stop)
        sums = {
            name: np.array([v[ok].sum() for v, ok in zip(values, found.sound, strict=True)])
            for name, values in found.finals.items()
        }
        counts = found.sound.sum(axis=(1, 2)).astype(float)
        return Part(found if block.paths.start < kept_paths(self.design) else None, sums, counts)


def kept_paths(design: Design) -> int:
    """How many paths of each view and randomisation are kept: all, or the first power of two within `KEPT`."""
    room = max(1, KEPT // (design.randomisations * design.views))
    return min(design.paths, 1 << (room.bit_length() - 1))


def _blocks(design: Design) -> list[Block]:
    """Blocks that a core's cache holds: whole randomisations, or aligned stretches of the paths of one.

    Where a randomisation is cut does not depend on the machine, so neither does any sum.
    """
    stretch = 1 << (max(1, WIDTH // design.views).bit_length() - 1)
    if stretch >= design.paths:
        cores = os.cpu_count() or 1
        each = max(1, min(-(-design.randomisations // cores), WIDTH // (design.views * design.paths)))
        starts = range(0, design.randomisations, each)
        return [Block(range(first, min(first + each, design.randomisations)), range(design.paths)) for first in starts]
    stretch = min(stretch, kept_paths(design))
    cuts = [range(first, min(first + stretch, design.paths)) for first in range(0, design.paths, stretch)]
    return [Block(range(part, part + 1), paths) for part in range(design.randomisations) for paths in cuts]


def _in_order(
    task: _AbstractTask[T], blocks: list[Block], views: Mapping[str, Array] | None, executor: Executor | None
) -> Generator[T, None, None]:
    """What a task gives for each block, in the order of the blocks, a few at work ahead; each exactly once, whoever dies."""
    own = ThreadPoolExecutor(os.cpu_count() or 1) if executor is None else None
    pool = executor or own
    assert pool is not None
    waiting: dict[Future[T], int] = {}
    done: dict[int, T] = {}
    rest = iter(range(len(blocks)))
    try:
        for wanted in range(len(blocks)):
            while wanted not in done:
                for number in itertools.islice(rest, AHEAD - len(waiting) - len(done)):
                    try:
                        waiting[pool.submit(task, blocks[number], _views_of(views, blocks[number]))] = number
                    except RuntimeError:  # the executor is broken or closed: BrokenExecutor is one
                        done[number] = task(blocks[number], _views_of(views, blocks[number]))
                finished, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    number = waiting.pop(future)
                    try:
                        done[number] = future.result()
                    except (BrokenExecutor, CancelledError):
                        done[number] = task(blocks[number], _views_of(views, blocks[number]))
            yield done.pop(wanted)
    finally:
        task.stop.set()
        if own is not None:  # after an interruption nobody waits for the blocks that are still at work
            own.shutdown(wait=False, cancel_futures=True)


def _views_of(views: Mapping[str, Array] | None, block: Block) -> dict[str, Array] | None:
    part = block.randomisations
    return None if views is None else {name: array[part.start : part.stop] for name, array in views.items()}


class _Joined:
    """The parts so far: kept paths in their places, sums over all paths."""

    def __init__(self, design: Design, finals: tuple[str, ...], series: tuple[str, ...], n_months: int) -> None:
        self.kept = kept_paths(design)
        shape = (design.randomisations, design.views, self.kept)
        self.finals = {name: np.empty(shape) for name in finals}
        self.series = {name: np.empty((n_months, *shape)) for name in series}
        self.sound = np.ones(shape, dtype=bool)
        self.sums = {name: np.zeros(design.randomisations) for name in finals}
        self.counts = np.zeros(design.randomisations)
        self.n_paths = design.randomisations * design.views * design.paths

    def add(self, block: Block, part: Part) -> None:
        parts = slice(block.randomisations.start, block.randomisations.stop)
        self.counts[parts] += part.counts
        for name, sums in part.sums.items():
            self.sums[name][parts] += sums
        if part.filled is None:
            return
        paths = slice(block.paths.start, min(block.paths.stop, self.kept))
        here = slice(0, paths.stop - paths.start)
        self.sound[parts, :, paths] = part.filled.sound[:, :, here]
        for name, values in part.filled.finals.items():
            self.finals[name][parts, :, paths] = values[:, :, here]
        for name, values in part.filled.series.items():
            self.series[name][:, parts, :, paths] = values[:, :, :, here]

    def filled(self) -> Filled:
        return Filled(self.finals, self.series, self.sound, self.sums, self.counts, self.n_paths)
