"""Three uncertain numbers multiplied a million times: squigglepy against the same as a deal file.

Each number is lognormal. Both sides give the mean, the median and the 5 and 95 % points; mean and median are compared with
the exact ones first. It is squigglepy's own ground: no clauses, no months, no parties. prenup works out the deal's two
months, values the profit to its party and keeps the books, so this shows what that costs where nothing of it is needed. Both
means are over the million; prenup reads its quantiles from the paths that it keeps, squigglepy's are read from all.
"""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

from peers.rounds import interleaved, one_thread, ratio, relative, seconds, show

from prenup.case import Case, load
from prenup.outcome.statistics import Summary

DEAL = Path(__file__).with_name("three-drivers.yaml")
N_SAMPLES = 1_000_000
STARTS = (20_000.0, 12.0, 0.3)
VOLATILITIES = (1.0, 0.6, 0.9)
"""Standard deviations of a year's logarithmic change; the numbers move for one month."""


def measure(rounds: int = 5) -> dict[str, Any]:
    """Check both means against the exact one, then time both in turns."""
    case = load(DEAL)
    squigglepy = _Squigglepy()
    answers = _answers(_run(case), squigglepy.sample())
    with one_thread() as single:
        taken = interleaved(
            {
                "squigglepy": squigglepy.sample,
                "prenup, one thread": lambda: _run(case, executor=single),
                "prenup": lambda: _run(case),
            },
            rounds,
        )
    return {
        "what": f"{N_SAMPLES:,} samples of a product of three lognormal numbers",
        "answers": answers,
        "seconds": seconds(taken),
        "times faster, one thread": ratio(taken["squigglepy"], taken["prenup, one thread"]),
        "times faster": ratio(taken["squigglepy"], taken["prenup"]),
    }


def _answers(ours: Summary, theirs: dict[str, float]) -> dict[str, float]:
    """The exact mean and both found; an AssertionError where one is off by more than four standard errors."""
    exact = math.prod(STARTS)
    variance_of_log = sum(v * v for v in VOLATILITIES) / 12
    error = exact * math.sqrt(math.expm1(variance_of_log) / N_SAMPLES)
    median = exact * math.exp(-variance_of_log / 2)
    for mean, middle in ((ours.mean, ours.median), (theirs["mean"], theirs["median"])):
        assert abs(mean - exact) < 4 * error, (mean, exact, error)
        assert relative(middle, median) < 0.005, (middle, median)
    return {
        "formula": exact,
        "standard error": error,
        "squigglepy": theirs["mean"],
        "prenup": ours.mean,
        "median, formula": median,
        "median, squigglepy": theirs["median"],
        "median, prenup": ours.median,
    }


def _run(case: Case, executor: Any = None) -> Summary:
    run = case.run(paths=N_SAMPLES, views=1, sampler="random", executor=executor)
    assert run.n_paths == N_SAMPLES
    return run.summary("shop")


class _Squigglepy:
    """The same product in squigglepy's words."""

    def __init__(self) -> None:
        self.library: Any = import_module("squigglepy")
        self.library.set_seed(1)
        numbers = [
            self.library.lognorm(norm_mean=math.log(start) - v * v / 24, norm_sd=v / math.sqrt(12))
            for start, v in zip(STARTS, VOLATILITIES, strict=True)
        ]
        self.product = math.prod(numbers[1:], start=numbers[0])

    def sample(self) -> dict[str, float]:
        """A million samples, and what is said of them."""
        import numpy as np

        drawn = self.library.sample(self.product, n=N_SAMPLES)
        low, median, high = (float(q) for q in np.quantile(drawn, (0.05, 0.5, 0.95)))
        return {"mean": float(np.mean(drawn)), "low": low, "median": median, "high": high}


if __name__ == "__main__":
    show(measure())
