"""Draws in machine code are those of the referee: whole numbers to the bit, normals to fourteen digits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from prenup.engine import streams
from prenup.engine.native import sampling
from prenup.engine.streams import Design


def drawn(design: Design, kind: str, name: str, n: int, part: int, paths: range) -> np.ndarray:
    """The draws of one randomisation."""
    return sampling.draw(design, kind, (name,), n, range(part, part + 1), paths)[0, :, 0]


@pytest.mark.parametrize("sampler", ["sobol", "random"])
@pytest.mark.parametrize("months", [1, 2, 31, 32, 33, 65, 122])
def test_both_engines_draw_the_same(sampler: str, months: int) -> None:
    design = Design(7, 4, 2, 256, sampler, shared=True)  # type: ignore[arg-type]
    normals, uniforms = streams.brownian(design, "x", months), streams.uniforms(design, "x", months)
    for part in (0, 3):
        assert np.array_equal(drawn(design, "uniforms", "x", months, part, range(256)), uniforms[:, part])
        found = drawn(design, "brownian", "x", months, part, range(256))
        assert np.allclose(found, normals[:, part], rtol=1e-13, atol=1e-13)
        assert np.array_equal(drawn(design, "brownian", "x", months, part, range(64, 128)), found[:, 64:128])
    together = sampling.draw(design, "brownian", ("y", "x"), months, range(4), range(256))[1]
    assert np.allclose(together, normals, rtol=1e-13, atol=1e-13)
    once = drawn(design, "uniform", "x", 1, 2, range(256))
    assert np.array_equal(once[0], streams.uniform(design, "x")[2])


def test_a_count_of_paths_that_is_no_whole_number_of_groups() -> None:
    design = Design(7, 2, 2, 13, "random", shared=True)
    found = drawn(design, "brownian", "y", 9, 1, range(3, 13))
    assert np.allclose(found[:, :10], streams.brownian(design, "y", 9)[:, 1, 3:], rtol=1e-13, atol=1e-13)


def test_threads_that_fill_the_tables_at_once_draw_the_same() -> None:
    design = Design(1, 2, 2, 64, shared=True)
    expected = drawn(design, "brownian", "z", 77, 0, range(64))
    for _ in range(20):
        sampling._splits.cache_clear()
        sampling.Streams.of.cache_clear()  # type: ignore[attr-defined]
        sampling._numbers.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            all_drawn = list(pool.map(lambda _: drawn(design, "brownian", "z", 77, 0, range(64)), range(8)))
        assert all(np.array_equal(d, expected) for d in all_drawn)
