"""What can be said of a figure: mean and standard error, median, 5 to 95 %, and whose ignorance its spread is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

ROUNDING = 1e-12
"""Figures that differ by less than this part of themselves are the same: the rest is rounding."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run says of one figure.

    `error` is the standard error of the mean, `median_error` of the median; NaN where only one randomisation is left.
    `unknown` is the part of the variance that is what we don't know; the rest is what nobody knows. It is 0 where
    nothing varies, and NaN where one path a view can't tell the two apart. All are NaN where no path is sound.
    """

    mean: float
    error: float
    median: float
    median_error: float
    low: float
    high: float
    deviation: float
    unknown: float


def summarise(values: Array, sound: NDArray[np.bool_], means: Array | None = None) -> Summary:
    """The summary of one figure.

    Args:
        values: (randomisation, view, path); what is not sound is left out.
        sound: which paths hold finite numbers, same shape.
        means: of each randomisation over all its paths, where `values` are not all of them, (randomisation,).
    """
    if not sound.any():
        return Summary(*([float("nan")] * 8))
    if sound.all():
        kept, by_part = values.ravel(), [values.reshape(len(values), -1)]
    else:
        kept = values[sound]
        by_part = [part[ok][None] for part, ok in zip(values, sound, strict=True) if ok.any()]
    least, most = float(kept.min()), float(kept.max())
    others = [] if means is None else [float(m) for m in means]
    if max([most, *others]) - min([least, *others]) <= ROUNDING * max(abs(least), abs(most)):  # the same on every path
        return Summary(least, 0.0, least, 0.0, least, most, 0.0, 0.0)
    with np.errstate(all="ignore"):  # a sum that leaves the finite numbers shows as such
        low, median, high = (float(q) for q in quantiles(kept, (0.05, 0.5, 0.95)))
        part_means = np.concatenate([parts.mean(axis=1) for parts in by_part]) if means is None else means
        mean = float(kept.mean()) if means is None else float(means.mean())
        error = _error(part_means)
        median_error = _error(np.concatenate([quantiles(parts, (0.5,))[0] for parts in by_part]))
        deviation, unknown = float(kept.std()), unknown_share(values, sound)
        return Summary(mean, error, median, median_error, low, high, deviation, unknown)


def quantiles(values: Array, at: tuple[float, ...]) -> Array:
    """Quantiles along the last axis, (quantile, ...), a straight line between neighbours.

    The same figures as `np.quantile`, which loads NumPy's masked arrays the first time: a tenth of a run.
    """
    places = [q * (values.shape[-1] - 1) for q in at]
    below = [int(place) for place in places]
    above = [min(index + 1, values.shape[-1] - 1) for index in below]
    parted = np.partition(values, sorted({*below, *above}), axis=-1)
    lines = [
        parted[..., low] + (parted[..., high] - parted[..., low]) * (place - low)
        for place, low, high in zip(places, below, above, strict=True)
    ]
    return np.stack(lines)


def _error(estimates: Array) -> float:
    """The standard error of the mean of independent estimates; NaN if there is only one."""
    return float(estimates.std(ddof=1) / len(estimates) ** 0.5) if len(estimates) > 1 else float("nan")


def unknown_share(values: Array, sound: NDArray[np.bool_]) -> float:
    """The part of the variance that is due to the unknowns: Var(E[X | view]) over the whole variance.

    The means of two views differ by their unknowns and by chance: by what happens in the futures of each or, where views
    see the same futures, by what an unknown changes in them. Chance is what is left of the table of view by path without
    the means of its views and paths, and is taken off, or it would count as something that we don't know. Of a table that
    is not sound throughout, paths that are not sound in every view are left out, or views that are not sound on every
    path, whichever leaves more.
    """
    if values.shape[1] < 2:
        return 0.0
    if sound.all():
        tables = [values]
    else:
        tables = [_sound_part(part, ok)[None] for part, ok in zip(values, sound, strict=True)]
    found = [_variances(each) for each in tables if min(each.shape[1:]) > 1]
    if not found:
        return float("nan")
    between, within = (float(np.mean(np.concatenate(each))) for each in zip(*found, strict=True))
    unknown, chance = max(between, 0.0), within
    return unknown / (unknown + chance) if unknown + chance > 0 else 0.0


def _sound_part(table: Array, ok: NDArray[np.bool_]) -> Array:
    """The larger part of a table of view by path, whole paths or whole views, that is sound throughout."""
    return max(table[:, ok.all(axis=0)], table[ok.all(axis=1)], key=np.size)


def _variances(tables: Array) -> tuple[Array, Array]:
    """The variance between the views of each table, chance taken off, and the mean one within a view: (table,) each.

    Tables have the axes table, view, path, with two views and two paths at least.
    """
    tables = np.ascontiguousarray(tables.swapaxes(1, 2))  # views lie side by side, so that a sum takes a step for all of them
    n_paths, n_views = tables.shape[1:]
    of_view, of_path = tables.mean(axis=1, keepdims=True), tables.mean(axis=2, keepdims=True)
    rest = tables - of_view - of_path + tables.reshape(len(tables), -1).mean(axis=1)[:, None, None]
    by_chance = (rest**2).reshape(len(tables), -1).sum(axis=1) / ((n_views - 1) * (n_paths - 1)) / n_paths
    return of_view.var(axis=(1, 2), ddof=1) - by_chance, tables.var(axis=1, ddof=1).mean(axis=1)


def fan(series: Array, sound: NDArray[np.bool_], at: tuple[float, ...] = QUANTILES) -> Array:
    """Quantiles by month, (quantile, month), of a series (month, randomisation, view, path)."""
    kept = series[:, sound] if not sound.all() else series.reshape(series.shape[0], -1)
    if kept.shape[1] == 0:
        return np.full((len(at), series.shape[0]), np.nan)
    return quantiles(kept, at)
