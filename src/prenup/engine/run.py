"""The front door of the engines: how much is drawn, split into blocks that are independent, and put together again.

Means are taken over every path. Of the paths themselves no more than `KEPT` are kept, so that memory does not grow with
their number: quantiles, spreads and charts are read from those, all paths of the first views of each randomisation.
"""

from __future__ import annotations

import itertools
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


USUAL_PATHS = 16_384
FUTURES = 4
"""Futures of each view where nobody asks for others. One, two or four a view give the same error on the Microsoft-OpenAI deal,
eight give a larger one; four make what a view settles cheap, and tell what we don't know from what nobody knows."""


def usual_views(paths: int) -> int:
    """Views for a number of paths, where nobody asks for another number of them."""
    return -(-paths // FUTURES)


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is drawn. `paths` are all paths of the run; `views` 1 holds every unknown at its central value.

    A run has `randomisations` independent parts: the spread between them is the standard error of every figure.
    Each view has futures of its own unless they are `shared`.
    `engine` is `native`, `reference`, or `auto` for the fastest that runs here.
    """

    paths: int = USUAL_PATHS
    views: int = usual_views(USUAL_PATHS)
    seed: int = 1
    sampler: Literal["sobol", "random"] = "sobol"
    randomisations: int = 8
    engine: str = "auto"
    shared: bool = False

    def problem(self) -> str:
        """What is wrong with these numbers, in a sentence; empty if nothing is."""
        if not 1 <= self.paths <= MOST_PATHS:
            return f"paths must be from 1 to {MOST_PATHS:,}, not {self.paths:,}"
        if not 1 <= self.views <= MOST_PATHS:
            return f"views must be from 1 to {MOST_PATHS:,}, not {self.views:,}"
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
            views = views if self.shared else 1 << (views - 1).bit_length()
        return Design(self.seed, self.randomisations, views, paths, self.sampler, self.shared)


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
        return Part(found if _is_kept(block, self.design) else None, sums, counts)


def kept(design: Design) -> tuple[int, int]:
    """How many views of a randomisation, and paths of each, are kept: all, or the first of them within `KEPT`."""
    room = max(1, KEPT // design.randomisations)
    if design.views * design.paths <= room:
        return design.views, design.paths
    if design.paths <= room and not design.shared:
        return _power(room // design.paths), design.paths
    return design.views, min(design.paths, _power(room // design.views))


def _is_kept(block: Block, design: Design) -> bool:
    views, paths = kept(design)
    return block.views.start < views and block.paths.start < paths


def _power(number: int) -> int:
    """The largest power of two that is no larger, 1 at least."""
    return 1 << max(0, number.bit_length() - 1)


def _blocks(design: Design) -> list[Block]:
    """Blocks of about `WIDTH` paths: whole randomisations, some views of one, or some paths of a view or of all views.

    Where a randomisation is cut does not depend on the machine, so neither does any sum.
    """
    views, paths = range(design.views), range(design.paths)
    of_one = design.views * design.paths
    if of_one <= WIDTH:
        cores = os.cpu_count() or 1
        each = max(1, min(-(-design.randomisations // cores), WIDTH // of_one))
        starts = range(0, design.randomisations, each)
        return [Block(range(first, min(first + each, design.randomisations)), views, paths) for first in starts]
    kept_views, kept_paths = kept(design)
    if design.shared:
        cuts = [(views, part) for part in _cut(paths, min(_power(WIDTH // design.views), kept_paths))]
    elif design.paths <= WIDTH:
        cuts = [(part, paths) for part in _cut(views, min(_power(WIDTH // design.paths), kept_views))]
    else:
        cuts = [(range(v, v + 1), part) for v in views for part in _cut(paths, min(WIDTH, kept_paths))]
    return [Block(range(part, part + 1), *cut) for part in range(design.randomisations) for cut in cuts]


def _cut(whole: range, length: int) -> list[range]:
    return [range(first, min(first + length, len(whole))) for first in range(0, len(whole), length)]


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
    if views is None:
        return None
    parts, some = (slice(each.start, each.stop) for each in (block.randomisations, block.views))
    return {name: array[parts, some] for name, array in views.items()}


class _Joined:
    """The parts so far: kept paths in their places, sums over all paths."""

    def __init__(self, design: Design, finals: tuple[str, ...], series: tuple[str, ...], n_months: int) -> None:
        self.kept = kept(design)
        shape = (design.randomisations, *self.kept)
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
        first_view, first_path = block.views.start, block.paths.start
        n_views = min(block.views.stop, self.kept[0]) - first_view
        n_paths = min(block.paths.stop, self.kept[1]) - first_path
        there = parts, slice(first_view, first_view + n_views), slice(first_path, first_path + n_paths)
        here = slice(None), slice(0, n_views), slice(0, n_paths)
        self.sound[there] = part.filled.sound[here]
        for name, values in part.filled.finals.items():
            self.finals[name][there] = values[here]
        for name, values in part.filled.series.items():
            self.series[name][:, *there] = values[:, *here]

    def filled(self) -> Filled:
        return Filled(self.finals, self.series, self.sound, self.sums, self.counts, self.n_paths)
