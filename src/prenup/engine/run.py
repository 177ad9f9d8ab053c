"""The front door of the engines: how much is drawn, split into blocks that are independent, and put together again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal

import numpy as np

from prenup.engine.reference import Array, Filled, fill
from prenup.engine.streams import Design
from prenup.sheet.sheet import Sheet

Progress = Callable[[int, int], None]
"""Called with the blocks done and the blocks there are."""

MOST_PATHS = 100_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is drawn. `paths` are all paths of the run; `views` 1 holds every unknown at its central value.

    A run has `randomisations` independent parts: the spread between them is the standard error of every figure.
    """

    paths: int = 16_384
    views: int = 128
    seed: int = 1
    sampler: Literal["sobol", "random"] = "sobol"
    randomisations: int = 8

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

        Raises:
            ValueError: a count is out of range; the message says which and what is allowed.
        """
        if self.problem():
            raise ValueError(self.problem())
        views = 1 if self.views == 1 else -(-self.views // self.randomisations)
        paths = -(-self.paths // (self.randomisations * views))
        if self.sampler == "sobol":
            paths = 1 << (paths - 1).bit_length()
        return Design(self.seed, self.randomisations, views, max(paths, 1), self.sampler)


def run_sheet(
    sheet: Sheet,
    design: Design,
    finals: Iterable[str],
    series: Iterable[str],
    views: Mapping[str, Array] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Filled:
    """Fill a sheet in, block by block, and put the blocks together in their order: the same bits however it was split.

    Args:
        sheet: pruned to what is asked for, rows in working order.
        design: the draws.
        finals, series: rows whose last value, or every month's value, is kept on every path.
        views: uniform draws of unknowns, (randomisation, view, 1), instead of the design's own.
        executor: where blocks are worked out; threads of this machine if None.
        progress: told after each block.
    """
    finals, series = tuple(finals), tuple(series)
    blocks = [range(first, last) for first, last in _blocks(design)]
    done: dict[int, Filled] = {}
    own = ThreadPoolExecutor(os.cpu_count() or 1) if executor is None else None
    pool = executor or own
    assert pool is not None
    try:
        waiting = {
            pool.submit(fill, sheet, design, block, finals, series, _part(views, block)): number
            for number, block in enumerate(blocks)
        }
        for future in as_completed(waiting):
            done[waiting[future]] = future.result()
            if progress is not None:
                progress(len(done), len(blocks))
    finally:
        if own is not None:
            own.shutdown(cancel_futures=True)
    parts = [done[number] for number in range(len(blocks))]
    return Filled(
        {name: np.concatenate([p.finals[name] for p in parts]) for name in finals},
        {name: np.concatenate([p.series[name] for p in parts], axis=1) for name in series},
        np.concatenate([p.sound for p in parts]),
    )


def _blocks(design: Design) -> list[tuple[int, int]]:
    """Randomisations in as few blocks as keep every core busy and an array within the cache."""
    width = design.views * design.paths
    cores = os.cpu_count() or 1
    each = max(1, min(-(-design.randomisations // cores), 16_384 // width))
    return [(first, min(first + each, design.randomisations)) for first in range(0, design.randomisations, each)]


def _part(views: Mapping[str, Array] | None, block: range) -> dict[str, Array] | None:
    return None if views is None else {name: array[block.start : block.stop] for name, array in views.items()}
