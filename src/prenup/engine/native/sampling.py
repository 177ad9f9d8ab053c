"""Draws in machine code: what the code is told of the streams of a run, and a call of it for neighbouring points."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prenup.engine import bridge, sobol
from prenup.engine.native.compile import symbols, vectors
from prenup.engine.native.draws import FUNCTIONS, PLACE, STREAM, module_text
from prenup.engine.streams import BROWNIAN_EVEN, Design

Array = NDArray[np.float64]
Words = NDArray[np.uint64]

MANY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)


@functools.cache
def functions() -> dict[str, int]:
    """The addresses of the functions that draw."""
    return symbols(module_text(vectors()), FUNCTIONS)


@functools.cache
def _numbers() -> NDArray[np.uint32]:
    """Direction numbers with their own bits reversed: (dimension, bit of the index)."""
    return _bits_reversed(sobol.directions().T)


def _bits_reversed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    found = np.array(numbers, order="C")
    sobol.reverse(found, np.empty_like(found))
    return found


@functools.lru_cache(maxsize=64)
def _splits(n: int) -> Array:
    """The bridge as the code reads it: four words a dimension."""
    plan = bridge.plan(n)
    words = np.zeros((n, 4))
    places = words.view(np.int64)
    words[0, 3] = plan.total_spread
    for row, split in enumerate(plan.splits, 1):
        places[row, :2] = split.first, split.middle
        words[row, 2:] = split.earlier_share, split.spread
    return words


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """What the code is told of some streams of one law in all randomisations; it lives as long as this does.

    `keys` has the axes (stream, randomisation, key), the shuffles' first; `bases`, (stream, randomisation, dimension), is what
    the Sobol points of all futures have in common: those of the bits of the shuffled index that differ nowhere.
    """

    keys: Words
    bases: NDArray[np.uint32]
    numbers: NDArray[np.uint32]
    splits: Array
    words: Words
    """What the code is told, `STREAM`, of each: (randomisation, stream, word)."""

    @classmethod
    @functools.lru_cache(maxsize=64)
    def of(cls, design: Design, law: str, names: tuple[str, ...], n: int) -> Streams:
        """The streams of some names; `n` is their number of months, 1 for one uniform. Every block of a run asks for the same."""
        streams = [sobol.stream_key(design.seed, law, name) for name in names]
        even = 0 if design.sampler == "random" else n if law != "brownian" else min(n, BROWNIAN_EVEN)
        shuffles = max(1, -(-even // sobol.DIMENSIONS))
        parts = range(design.randomisations)
        uses = ((sobol.SHUFFLE, range(shuffles)), (sobol.SCRAMBLE, range(even)), (sobol.COUNT, range(even, n)))
        keys = np.concatenate([sobol.keys_of_all(streams, use, parts, dimensions) for use, dimensions in uses], axis=2)
        points = design.views if law == "view_uniform" else design.points
        bits = max(1, (points - 1).bit_length())
        above = np.uint32((1 << sobol.BITS) - (1 << bits))
        first = sobol.shuffle(np.zeros(1, dtype=np.uint32), keys[:, :, :shuffles]) & above
        dimensions = np.arange(even)
        order = first[:, :, dimensions // sobol.DIMENSIONS, None]
        bases = sobol.sobol_bits(order, (dimensions % sobol.DIMENSIONS)[:, None])[..., 0] if even else order[..., 0]
        bases, numbers, splits = _bits_reversed(bases), _numbers(), _splits(n)
        values: dict[str, int | Words] = {
            "draw": functions()["normals" if law == "brownian" else "singles" if n == even == 1 else "uniforms"],
            "even": even,
            "keys": addresses(keys, 2).T,
            "numbers": numbers.ctypes.data,
            "splits": splits.ctypes.data,
            "shuffles": shuffles,
            "bases": addresses(bases, 2).T,
            "bits": bits,
        }
        return cls(keys, bases, numbers, splits, told(STREAM, values, (len(parts), len(names))))


def told(words: Sequence[str], values: Mapping[str, int | Words], shape: tuple[int, ...]) -> Words:
    """What the code is told, eight bytes a word: values by their names, each of `shape` or one for all. (…, word)."""
    found: Words = np.empty((*shape, len(words)), dtype=np.uint64)
    for place, word in enumerate(words):
        found[..., place] = values[word]
    return found


def addresses(array: NDArray[Any], axes: int) -> Words:
    """Where the parts of an array begin, for every index of its first axes."""
    found: Words = np.array(array.ctypes.data, dtype=np.uint64)
    for n, stride in zip(array.shape[:axes], array.strides, strict=False):
        found = np.add.outer(found, np.arange(n, dtype=np.uint64) * np.uint64(stride))
    return found


def draw(design: Design, law: str, names: tuple[str, ...], n: int, parts: range, points: range) -> Array:
    """The draws of some streams for neighbouring points of some randomisations: (stream, n, randomisation, point).

    Points are rounded up to whole groups. `law` is `brownian` or `uniforms` (n months), `uniform` or `view_uniform` (n is 1).
    """
    n_lanes = vectors().lanes
    groups = -(-len(points) // n_lanes)
    out = np.empty((len(names), n, len(parts), groups * n_lanes))
    if not names:
        return out
    starts = np.arange(points.start, points.start + n_lanes, dtype=np.uint32)
    streams = Streams.of(design, law, names, n)  # held for the length of the call
    words = streams.words[parts.start : parts.stop]
    places: dict[str, int | Words] = {"out": addresses(out.transpose(2, 0, 1, 3), 2), "stride": out.strides[1] // out.itemsize}
    places |= {"starts": starts.ctypes.data, "future": 0, "step": n_lanes, "n_groups": groups, "n": n}
    rows = np.concatenate([told(PLACE, places, words.shape[:2]), words], axis=2)
    MANY(functions()["many"])(rows.ctypes.data, rows.shape[0] * rows.shape[1])
    return out
