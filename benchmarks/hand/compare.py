"""How fast prenup works out the Microsoft-OpenAI deal, against the same deal by hand in NumPy and in C.

Every contender works out the same: the present value of the deal to each party on every path, draws included.
The answers are laid side by side path by path before anything is timed. Loading the deal and compiling it are
not in these times. prenup writes its rows from a deal file and knows nothing of this one deal; those who
wrote by hand knew it all.

Run from the root of the project: `python -m benchmarks.hand.compare`.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# NumPy's own threads serve linear algebra, which nobody uses here; they are shut off all the same, here and
# in processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from prenup.case import load
from prenup.engine.engines import Engine, engine_named
from prenup.engine.reference import Filled
from prenup.engine.run import FUTURES, KEPT, Settings, run_sheet, usual_views
from prenup.engine.streams import Design
from prenup.outcome.valuation import valuation_rows, value_rows, with_rows
from prenup.sheet.expr import Expr, Ref
from prenup.sheet.order import pruned
from prenup.sheet.sheet import Row, Sheet

from .build import c_values, compile_c
from .microsoft_openai import PARTIES, Array, random_values, sobol_values

DEAL = Path(__file__).parents[2] / "deals" / "microsoft-openai-2024.yaml"
CLOSE = 1e-9
"""The largest difference from prenup on a path: a part of the figure, or of a millionth of the largest of any party."""

LARGER = Settings(paths=131_072, views=usual_views(131_072))
TARGET = 1e-3
"""The standard error that is asked for, as a part of the figure."""

GROUPS = 64
"""Independent parts of a run, whose spread tells an error: to about 9%, and so the seconds to about 18%."""

Contender = Callable[[Design], Array]


def measure(rounds: int = 5, settings: tuple[Settings, ...] = (Settings(), LARGER), engine: str = "native") -> dict[str, Any]:
    """Seconds of each contender and how many times as long as prenup it takes, at each number of paths.

    One untimed call each, whose answers are compared; then `rounds` rounds in which every contender has its
    turn, so that what else the machine does falls on all. A ratio is taken within a round; its median, lowest
    and highest are returned. "one" compares one thread with one, "two" two with two, "two against one" NumPy
    or C on one thread with prenup on two.

    Raises:
        AssertionError: an answer differs from prenup's. RuntimeError: there is no gcc.
    """
    _, compile_s = compile_c(anew=True)
    results: dict[str, Any] = {"rounds": rounds, "engine": engine, "c_compile_s": compile_s, "runs": []}
    with contenders(engine) as asked:
        for setting in settings:
            design = setting.design()
            results["runs"].append(_measure_one(asked, design, rounds))
    return results


def _measure_one(asked: dict[str, Contender], design: Design, rounds: int) -> dict[str, Any]:
    differences = compare(asked, design)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, work_out in asked.items():
            begin = time.perf_counter()
            work_out(design)
            taken[name].append(time.perf_counter() - begin)
    return {
        "paths": design.randomisations * design.views * design.paths,
        "views": design.randomisations * design.views,
        "largest_difference": differences,
        "seconds": {name: spread(times) for name, times in taken.items()},
        "times_prenup": {
            by_hand: {
                "one": ratio(taken[f"{by_hand}, 1"], taken["prenup, 1"]),
                "two": ratio(taken[f"{by_hand}, 2"], taken["prenup, 2"]),
                "two against one": ratio(taken[f"{by_hand}, 1"], taken["prenup, 2"]),
            }
            for by_hand in ("numpy", "c")
        },
    }


def compare(asked: dict[str, Contender], design: Design) -> dict[str, float]:
    """Each contender's largest difference from prenup on any path. AssertionError where it is too large."""
    truth = asked["prenup, 1"](design)
    found: dict[str, float] = {}
    for name, work_out in asked.items():
        found[name] = _difference(truth, work_out(design))
        assert found[name] < CLOSE, f"{name} differs from prenup by {found[name]:.1e}"
    return found


def _difference(truth: Array, answer: Array) -> float:
    """What is little to one party is what is left of sums that are large to others: so is its rounding."""
    size = np.maximum(np.abs(truth), 1e-6 * np.abs(truth).max())
    return float(np.max(np.abs(truth - answer) / size))


@contextmanager
def contenders(engine: str = "native") -> Iterator[dict[str, Contender]]:
    """Who is compared, by name and number of threads; NumPy's two are processes, which share no lock."""
    with (
        ThreadPoolExecutor(1) as one,
        ThreadPoolExecutor(2) as two,
        ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes,
    ):
        prenup = Prenup.of_deal(engine)
        yield {
            "prenup, 1": lambda design: prenup.values(design, one),
            "prenup, 2": lambda design: prenup.values(design, two),
            "prenup by clause, 2": lambda design: prenup.by_clause(design, two),
            "numpy, 1": lambda design: sobol_values(design, range(design.randomisations)),
            "numpy, 2": lambda design: _numpy_shared(design, processes),
            "c, 1": c_values,
            "c, 2": lambda design: c_values(design, two, 2),
        }


def _numpy_shared(design: Design, processes: Executor) -> Array:
    half = design.randomisations // 2
    ranges = (range(half), range(half, design.randomisations))
    parts = [processes.submit(sobol_values, design, some) for some in ranges]
    return np.concatenate([part.result() for part in parts], axis=1)


@dataclass(frozen=True)
class Prenup:
    """The deal as prenup compiles it: `totals` has a row a party, `clauses` stops at the rows by clause."""

    totals: Sheet
    clauses: Sheet
    engine: Engine

    @classmethod
    def of_deal(cls, engine: str) -> Prenup:
        """The deal's sheet with its valuation, pruned to what values need."""
        sheet = load(DEAL).sheet
        full = with_rows(sheet, valuation_rows(sheet))
        sums = {party: _sum(value_rows(full, party)) for party in PARTIES}
        rows = [Row(_total(party), total, f"value to {party}", "end") for party, total in sums.items()]
        by_clause = [name for party in PARTIES for name in value_rows(full, party)]
        totals = pruned(with_rows(full, rows), [row.name for row in rows])
        return cls(totals, pruned(full, by_clause), engine_named(engine))

    def filled(self, design: Design, executor: Executor) -> Filled:
        """Each party's total: paths that are kept, and sums over all."""
        return run_sheet(self.totals, design, map(_total, PARTIES), (), executor=executor, engine=self.engine)

    def values(self, design: Design, executor: Executor) -> Array:
        """(party, randomisation, view, path)."""
        filled = self.filled(design, executor)
        return np.stack([filled.finals[_total(party)] for party in PARTIES])

    def by_clause(self, design: Design, executor: Executor) -> Array:
        """The same from values by clause, which `prenup run` asks for; adding them up is in the time."""
        names = {party: value_rows(self.clauses, party) for party in PARTIES}
        wanted = [name for party in PARTIES for name in names[party]]
        filled = run_sheet(self.clauses, design, wanted, (), executor=executor, engine=self.engine)
        return np.stack([sum(filled.finals[name] for name in names[party]) for party in PARTIES])


def _total(party: str) -> str:
    """The row that a party's present value stands in."""
    return f"total({party})"


def _sum(names: list[str]) -> Expr:
    total: Expr = Ref(names[0])
    for name in names[1:]:
        total = total + Ref(name)
    return total


def spread(numbers: list[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(numbers), "low": min(numbers), "high": max(numbers)}


def ratio(numerators: list[float], denominators: list[float]) -> dict[str, float]:
    """The spread of ratios within rounds."""
    return spread([a / b for a, b in zip(numerators, denominators, strict=True)])


# ── time to accuracy ──────────────────────────────────────────────────────────────────────────────


def time_to_accuracy(
    target: float = TARGET, pilot_paths: int = 262_144, budget_s: float = 30.0, engine: str = "native"
) -> dict[str, Any]:
    """Seconds until the standard error of each party's mean, and of its median, is below `target` of it.

    NumPy draws everything anew on every path, the unknowns too, from its own generator, on one thread. Its
    paths are independent, so that the error falls as 1/sqrt(paths) and time grows as paths. A pilot of
    `pilot_paths`, a multiple of 64, gives the errors and the seconds a path; the seconds needed are worked
    out from them and are an extrapolation wherever `reached` is false.

    prenup draws as it does for everybody: views with four futures each, all from Sobol points. Only its
    randomisations are GROUPS instead of 8, so that their spread tells the errors well. Its views are doubled
    until all errors are below the target or the next run would take more than `budget_s`. The seconds are
    those between the last run above the target and the first one below it, on the straight line through
    their logarithms. Wherever `reached` is false they are an extrapolation from the largest run, with errors
    that fall as 1/sqrt(paths): those of Sobol points did so from 64 to 16,384 points a randomisation, too.
    Means are over all paths. Medians are told from paths that are kept one by one, so that theirs are
    extrapolated from the largest run whose paths are all kept: KEPT at most. The shorter runs are not
    counted, as NumPy's pilot is not.

    Errors are told from the spread of GROUPS independent parts, but for NumPy's mean, for which the deviation
    of its paths does. A median of a part that is small and skewed is a little off, by the same for all parts;
    that is not in its error. A figure of zero, as a median can be, has no relative error and is left out.
    By party, `paths` is the number of paths that the target takes. In `times_prenup`, 1 is one thread against
    NumPy's one, and 2 is two threads of prenup against NumPy's one.
    """
    by_numpy = _numpy_accuracy(pilot_paths, target)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        prenup = Prenup.of_deal(engine)
        on_one, on_two = (_prenup_accuracy(prenup, threads, target, budget_s) for threads in (one, two))
    return {
        "target": target,
        "numpy": by_numpy,
        "prenup, 1": on_one,
        "prenup, 2": on_two,
        "times_prenup": {
            f"{figure}, {threads}": _times(by_numpy[figure], answer[figure])
            for figure in ("mean", "median")
            for threads, answer in (("1", on_one), ("2", on_two))
        },
    }


def _times(by_numpy: dict[str, Any], by_prenup: dict[str, Any]) -> dict[str, float]:
    """How many times as long NumPy takes, by party where both have a figure, and the median over these."""
    parties = [party for party in PARTIES if by_numpy[party] and by_prenup[party]]
    both = {party: by_numpy[party]["seconds"] / by_prenup[party]["seconds"] for party in parties}
    return both | {"median of parties": statistics.median(both.values())}


@dataclass(frozen=True)
class Trial:
    """A run, and one figure of each party from it with its relative error; infinite for a figure of zero."""

    paths: int
    seconds: float
    figures: Array
    errors: Array

    @classmethod
    def of(cls, paths: int, seconds: float, figures: Array, errors: Array) -> Trial:
        """From standard errors in the unit of the figures."""
        sizes = np.abs(figures)
        return cls(paths, seconds, figures, np.divide(errors, sizes, out=np.full(sizes.shape, np.inf), where=sizes > 0))

    def met(self, target: float) -> bool:
        """Whether all errors are below the target; a figure of zero has none."""
        return bool(np.all((self.errors < target) | (self.figures == 0)))


def _numpy_accuracy(n_paths: int, target: float) -> dict[str, Any]:
    generator = np.random.Generator(np.random.PCG64(1))
    random_values(8_192, generator)
    begin = time.perf_counter()
    values = random_values(n_paths, generator)
    seconds = time.perf_counter() - begin
    # The paths are independent: their deviation tells the error of the mean better than groups do.
    mean = Trial.of(n_paths, seconds, values.mean(axis=1), values.std(axis=1) / n_paths**0.5)
    medians = np.median(values.reshape(len(PARTIES), GROUPS, -1), axis=2)
    median = Trial.of(n_paths, seconds, np.median(values, axis=1), _error(medians))
    return {"seconds_a_path": seconds / n_paths, "mean": _needed([mean], target), "median": _needed([median], target)}


def _prenup_accuracy(prenup: Prenup, executor: Executor, target: float, budget_s: float) -> dict[str, Any]:
    prenup.filled(Design(1, 2, 2, FUTURES), executor)
    means: list[Trial] = []
    medians: list[Trial] = []
    views = 16
    while True:
        design = Design(1, GROUPS, views, FUTURES)
        begin = time.perf_counter()
        filled = prenup.filled(design, executor)
        seconds = time.perf_counter() - begin
        parts = np.stack([filled.sums[_total(party)] / filled.counts for party in PARTIES])
        means.append(Trial.of(filled.n_paths, seconds, parts.mean(axis=1), _error(parts)))
        if filled.n_paths <= KEPT:
            values = np.stack([filled.finals[_total(party)].reshape(GROUPS, -1) for party in PARTIES])
            found = np.median(values, axis=(1, 2)), _error(np.median(values, axis=2))
            medians.append(Trial.of(filled.n_paths, seconds, *found))
        met = means[-1].met(target) and (medians[-1].met(target) or 2 * filled.n_paths > KEPT)
        if met or 2 * seconds > budget_s:
            return {
                "seconds_a_path": seconds / filled.n_paths, "views": views, "paths": FUTURES,
                "mean": _needed(means, target), "median": _needed(medians, target),
            }  # fmt: skip
        views *= 2


def _error(parts: Array) -> Array:
    """The standard error of the mean of independent parts, (figure, part)."""
    error: Array = parts.std(axis=1, ddof=1) / parts.shape[1] ** 0.5
    return error


def _needed(trials: list[Trial], target: float) -> dict[str, Any]:
    """By party: the figure of the largest run, the paths and seconds that the target takes; None for a figure of zero."""
    last = trials[-1]
    found: dict[str, Any] = {}
    for k, (party, figure, error) in enumerate(zip(PARTIES, last.figures.tolist(), last.errors.tolist(), strict=True)):
        if figure == 0:
            found[party] = None
            continue
        below = next((i for i, trial in enumerate(trials) if trial.errors[k] < target), None)
        after = last if below is None else trials[below]
        if below and np.isfinite(trials[below - 1].errors[k]):
            before = trials[below - 1]
            part = np.log(before.errors[k] / target) / np.log(before.errors[k] / after.errors[k])
            paths = before.paths * (after.paths / before.paths) ** part
            seconds = before.seconds * (after.seconds / before.seconds) ** part
        else:
            scale = (after.errors[k] / target) ** 2
            paths, seconds = after.paths * scale, after.seconds * scale
        found[party] = {
            "figure": figure, "error": error, "paths": round(float(paths)), "seconds": float(seconds),
            "reached": below is not None,
        }  # fmt: skip
    return found


def main() -> None:
    """Measure and print."""
    for run in measure()["runs"]:
        print(f"{run['paths']:,} paths, {run['views']} views")
        for name, s in run["seconds"].items():
            difference = run["largest_difference"][name]
            times = f"{s['median']:.4f} s  [{s['low']:.4f} to {s['high']:.4f}]"
            print(f"  {name:<22} {times}  differs by {difference:.1e}")
        for name, by_threads in run["times_prenup"].items():
            for threads, r in by_threads.items():
                print(f"  {name} / prenup, {threads}: {r['median']:.2f} [{r['low']:.2f} to {r['high']:.2f}]")
    accuracy = time_to_accuracy()
    for figure in ("mean", "median"):
        for who in ("numpy", "prenup, 1", "prenup, 2"):
            print(f"{figure} to {TARGET:.1%}, {who}: {_told(accuracy[who][figure])}")
        for threads in ("1", "2"):
            ratios = accuracy["times_prenup"][f"{figure}, {threads}"]
            print(f"  numpy / prenup, {threads}:", ", ".join(f"{name} {r:.2f}" for name, r in ratios.items()))


def _told(by_party: dict[str, Any]) -> str:
    """The seconds and paths of each party in a line."""
    parts = [
        f"{party} {needed['seconds']:.1f} s, {needed['paths']:,} paths" if needed else f"{party} is zero"
        for party, needed in by_party.items()
    ]
    return "; ".join(parts)


if __name__ == "__main__":
    main()
