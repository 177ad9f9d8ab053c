"""A path's months built from its end inwards, so that the first few draws settle most of where it goes.

The first normal value decides the total over all months. Each later one decides how the total of some
stretch of months divides between its two halves, the longest stretches first. The months are independent
standard normals all the same: the map from values to months is orthogonal.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Split:
    """One stretch of months, [first, end), cut at `middle`.

    Its earlier half gets `earlier_share` of its total plus `spread` times a standard normal, and its later
    half the rest.
    """

    first: int
    middle: int
    end: int
    earlier_share: float
    spread: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How `n` values become `n` months: the first, times `total_spread`, is the total; each other a split."""

    n: int
    total_spread: float
    splits: tuple[Split, ...]


@functools.lru_cache(maxsize=64)
def plan(n: int) -> Plan:
    """The order of the splits for `n` months: level by level, from the whole down to single months.

    Raises ValueError unless `n` is at least 1.
    """
    if n < 1:
        raise ValueError(f"a path has at least one month, not {n}")
    splits: list[Split] = []
    waiting = deque([(0, n)])
    while waiting:
        first, end = waiting.popleft()
        if end - first < 2:
            continue
        middle = (first + end) // 2
        earlier, later, whole = middle - first, end - middle, end - first
        splits.append(Split(first, middle, end, earlier / whole, math.sqrt(earlier * later / whole)))
        waiting += [(first, middle), (middle, end)]
    return Plan(n, math.sqrt(n), tuple(splits))


def increments(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Monthly standard normals, (month, ...), from as many independent ones, (order of importance, ...).

    `z` is left as it is. The total over the months is `sqrt(n) * z[0]`.
    """
    steps = plan(len(z))
    months = np.empty(z.shape)
    np.multiply(z[0], steps.total_spread, out=months[0, ...])
    earlier = np.empty(z.shape[1:])
    deviation = np.empty(z.shape[1:])
    # Until it is split, the total of a stretch stands at its first month.
    for value, split in zip(z[1:], steps.splits, strict=True):
        total = months[split.first, ...]
        np.multiply(total, split.earlier_share, out=earlier)
        np.multiply(value, split.spread, out=deviation)
        earlier += deviation
        np.subtract(total, earlier, out=months[split.middle, ...])
        months[split.first] = earlier
    return months
