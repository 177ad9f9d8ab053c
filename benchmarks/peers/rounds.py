"""Times several ways of doing the same work in turns, so that a machine that slows down slows all of them.

A round does every task once; every second round goes through them backwards. A ratio is formed inside a round, and its
spread is that over the rounds.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Tasks = Mapping[str, Callable[[], object]]
Spread = dict[str, float]


def interleaved(tasks: Tasks, rounds: int) -> dict[str, list[float]]:
    """Seconds of each task by round. Run every task once before: the first time is not like the others."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds):
        for name in list(tasks) if number % 2 == 0 else reversed(list(tasks)):
            begin = time.perf_counter()
            tasks[name]()
            taken[name].append(time.perf_counter() - begin)
    return taken


def spread(values: list[float]) -> Spread:
    """The median of some values, the lowest and the highest."""
    return {"median": _short(statistics.median(values)), "low": _short(min(values)), "high": _short(max(values))}


def ratio(slow: list[float], fast: list[float]) -> Spread:
    """How many times longer the first took than the second, round by round."""
    return spread([a / b for a, b in zip(slow, fast, strict=True)])


def seconds(taken: dict[str, list[float]]) -> dict[str, Spread]:
    """The spread of every task's time."""
    return {name: spread(times) for name, times in taken.items()}


def one_thread() -> ThreadPoolExecutor:
    """Where a run goes that has to make do with one core."""
    return ThreadPoolExecutor(1)


def relative(found: float, true: float) -> float:
    """How far a figure is from the true one, as a part of that."""
    return abs(found - true) / abs(true)


def show(found: dict[str, Any]) -> None:
    """Print what a driver measured."""
    print(json.dumps(found, indent=2))


def _short(value: float) -> float:
    return float(f"{value:.4g}")
