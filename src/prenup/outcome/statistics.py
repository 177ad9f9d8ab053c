"""A figure with what can be said of it: mean and its standard error, median, 5 to 95 %, and whose ignorance its spread is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run says of one figure.

    `error` is the standard error of the mean, `median_error` that of the median. `unknown` is the part of the variance that
    is what we don't know (between views of the deal); the rest is what nobody knows. NaN where no path is sound.
    """

    mean: float
    error: float
    median: float
    median_error: float
    low: float
    high: float
    deviation: float
    unknown: float


def summarise(values: Array, sound: NDArray[np.bool_]) -> Summary:
    """The summary of one figure.

    Args:
        values: (randomisation, view, path); what is not sound is left out.
        sound: which paths hold finite numbers, same shape.
    """
    if not sound.any():
        return Summary(*([float("nan")] * 8))
    if sound.all():
        kept, by_part = values.ravel(), list(values.reshape(values.shape[0], -1))
        by_view = values
    else:
        kept = values[sound]
        by_part = [part[ok] for part, ok in zip(values, sound, strict=True) if ok.any()]
        by_view = np.where(sound, values, np.nan)
    low, median, high = np.quantile(kept, (0.05, 0.5, 0.95))
    means = np.array([part.mean() for part in by_part])
    medians = np.array([np.median(part) for part in by_part])
    return Summary(float(kept.mean()), _error(means), float(median), _error(medians), float(low), float(high),
                   float(kept.std()), _unknown(by_view))


def _error(estimates: Array) -> float:
    """The standard error of the mean of independent estimates; NaN if there is only one."""
    return float(estimates.std(ddof=1) / len(estimates) ** 0.5) if len(estimates) > 1 else float("nan")


def _unknown(values: Array) -> float:
    """The share of the variance between views: views of one randomisation see the same futures, so they differ by unknowns only."""
    if values.shape[1] < 2:
        return 0.0
    with np.errstate(all="ignore"):
        means = np.nanmean(values, axis=2)
        between = float(np.nanmean(np.nanvar(means, axis=1, ddof=1)))
        within = float(np.nanmean(np.nanvar(values, axis=2)))
    whole = between + within
    return between / whole if whole > 0 else 0.0


def fan(series: Array, sound: NDArray[np.bool_], quantiles: tuple[float, ...] = QUANTILES) -> Array:
    """Quantiles by month, (quantile, month), of a series (month, randomisation, view, path)."""
    kept = series[:, sound] if not sound.all() else series.reshape(series.shape[0], -1)
    if kept.shape[1] == 0:
        return np.full((len(quantiles), series.shape[0]), np.nan)
    return np.quantile(kept, quantiles, axis=1)
