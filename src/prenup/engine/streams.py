"""The draws of a run: every uncertain quantity has a stream of its own, known by its name.

A draw is a function of the seed, the kind and name of its stream, the randomisation, the dimension and the
path, and of nothing else. Adding a driver, dropping one or asking for more paths moves nobody else's draws.

Arrays have the axes randomisation, point, with months first where there are months. Each randomisation is a
complete, independent experiment, so that the spread between them is the standard error of a figure. Its points
are the futures that are drawn: each view has some of its own, or all views share the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from prenup.engine import bridge, sobol
from prenup.engine.normal import inverse_normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Dimensions worked on at a time, so that the work stays in the cache; it divides sobol.DIMENSIONS.
TOGETHER: Final = 8

# Draws of a Brownian path that are Sobol points.
BROWNIAN_EVEN: Final = 16


@dataclass(frozen=True, slots=True)
class Design:
    """How much is drawn, and from what. Raises ValueError where a count can't be drawn.

    `views` are per randomisation, `paths` per view. With the Sobol sampler the number of points is a power of two:
    only then are they evenly spread. `shared`: the views of a randomisation see the same futures, so that two views
    differ by what is unknown alone. Otherwise each view has futures of its own, and every path tells something new
    of both.
    """

    seed: int
    randomisations: int
    views: int
    paths: int
    sampler: Literal["sobol", "random"] = "sobol"
    shared: bool = False

    def __post_init__(self) -> None:
        for what, count in (
            ("randomisations", self.randomisations),
            ("views", self.views),
            ("paths", self.paths),
        ):
            if not 1 <= count <= 1 << sobol.BITS:
                raise ValueError(f"{what} must be from 1 to 2^{sobol.BITS}, not {count}")
        if self.sampler not in ("sobol", "random"):
            raise ValueError(f"sampler must be sobol or random, not {self.sampler!r}")
        if self.points > 1 << sobol.BITS:
            raise ValueError(f"a randomisation has at most 2^{sobol.BITS} futures, not {self.points}")
        if self.sampler == "sobol" and self.points & (self.points - 1):
            raise ValueError(f"Sobol points need a power of two as the number of futures, not {self.points}")

    @property
    def points(self) -> int:
        """Futures that a randomisation draws."""
        return self.paths if self.shared else self.views * self.paths

    def points_of(self, views: range, paths: range) -> NDArray[np.uint32]:
        """The futures of some paths of some views: (view, path), with one view where all share them.

        The futures of a view lie far apart in the sequence. Neighbours there are spread evenly over what can happen,
        and their mean would hide how much chance moves a view.
        """
        path = np.arange(paths.start, paths.stop, dtype=np.uint32)
        if self.shared:
            return path[None, :]
        view = np.arange(views.start, views.stop, dtype=np.uint32)
        points: NDArray[np.uint32] = view[:, None] + np.uint32(self.views) * path
        return points


def uniform(
    design: Design, name: str, randomisation_range: range | None = None, points: NDArray[np.uint32] | None = None
) -> NDArray[np.float64]:
    """One uniform a point: (randomisation, point)."""
    u: NDArray[np.float64] = _draw(design, "uniform", name, 1, 1, points, randomisation_range)[0]
    return u


def brownian(
    design: Design,
    name: str,
    n_months: int,
    randomisation_range: range | None = None,
    points: NDArray[np.uint32] | None = None,
) -> NDArray[np.float64]:
    """One standard normal a month: (month, randomisation, point).

    The draws are in order of importance, as the bridge takes them. The first few are Sobol points, and settle
    nearly all of where a path goes. The rest are plain random: Sobol points there cost more and gain little.
    """
    z = _draw(design, "brownian", name, n_months, BROWNIAN_EVEN, points, randomisation_range)
    return bridge.increments(z)


def uniforms(
    design: Design,
    name: str,
    n_months: int,
    randomisation_range: range | None = None,
    points: NDArray[np.uint32] | None = None,
) -> NDArray[np.float64]:
    """One uniform a month: (month, randomisation, point).

    All of them are Sobol points, 32 months from one shuffle and the next 32 from another. No bridge makes the
    first months the important ones, and what is drawn here mostly adds up over all months: jumps, failures,
    arrivals. Each month's draws are spread evenly over the paths, and that removes most of the error of such
    a sum. Measured on four functions of jumps, 120 months and 1,024 paths, the standard error was 6% to 19%
    of plain random's; with Sobol points for the first 32 months alone it was 52% to 86%.
    """
    return _draw(design, "uniforms", name, n_months, n_months, points, randomisation_range)


def view_uniform(
    design: Design, name: str, randomisation_range: range | None = None, views: range | None = None
) -> NDArray[np.float64]:
    """One uniform a view, for what is unknown and not uncertain: (randomisation, view)."""
    some = range(design.views) if views is None else views
    index = np.arange(some.start, some.stop, dtype=np.uint32)
    u: NDArray[np.float64] = _draw(design, "view_uniform", name, 1, 1, index, randomisation_range)[0]
    return u


def _draw(
    design: Design,
    kind: str,
    name: str,
    n_dimensions: int,
    n_even: int,
    points: NDArray[np.uint32] | None,
    randomisation_range: range | None,
) -> NDArray[np.float64]:
    """Uniforms of one stream, or normal numbers of a Brownian one: (dimension, randomisation, point).

    With the Sobol sampler the first `n_even` dimensions are Sobol points: d is dimension d % 32 of the
    sequence, read in the order of shuffle d // 32. The others are plain random. Raises ValueError for a
    randomisation that the design does not have.
    """
    randomisations = range(design.randomisations) if randomisation_range is None else randomisation_range
    if min(randomisations, default=0) < 0 or max(randomisations, default=0) >= design.randomisations:
        raise ValueError(f"{randomisations} is not within {range(design.randomisations)}")
    stream = sobol.stream_key(design.seed, kind, name)
    n_even = min(n_dimensions, n_even) if design.sampler == "sobol" else 0
    index = np.arange(design.points, dtype=np.uint32) if points is None else points
    u = np.empty((n_dimensions, len(randomisations), len(index)))
    for first in range(0, n_even, TOGETHER):
        some = range(first, min(first + TOGETHER, n_even))
        if first % sobol.DIMENSIONS == 0:
            order = sobol.keys(stream, sobol.SHUFFLE, randomisations, [first // sobol.DIMENSIONS])[0]
            shuffled = sobol.shuffle(index, order[:, None])
        dimension = np.array(some)[:, None, None] % sobol.DIMENSIONS
        flips = sobol.keys(stream, sobol.SCRAMBLE, randomisations, some)
        u[some.start : some.stop] = sobol.uniforms(shuffled, dimension, flips[:, :, None])
    counter = index.astype(np.uint64)
    if kind == "brownian":
        inverse_normal(u[:n_even], out=u[:n_even])
        for first in range(n_even, n_dimensions, 2):
            key = sobol.keys(stream, sobol.COUNT, randomisations, [first])[0]
            u[first : first + 2] = sobol.random_normals(counter, key[:, None])[: n_dimensions - first]
        return u
    for first in range(n_even, n_dimensions, TOGETHER):
        some = range(first, min(first + TOGETHER, n_dimensions))
        key = sobol.keys(stream, sobol.COUNT, randomisations, some)
        u[some.start : some.stop] = sobol.random_uniforms(counter, key[:, :, None])
    return u
