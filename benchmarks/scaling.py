"""How time and memory grow with a deal's rows, months and paths, and what compiling and starting cost.

A deal of one product is grown product by product, year by year and path by path. Every point is a process of its own, so
that its highest use of memory is its own; a small run before the clock starts compiles the deal and loads what runs use.
Growth is told by a straight line through processor time, which other work on the machine lengthens less than the clock; and by
the slope of one through the logarithms, with its standard error, of what a run takes more than one of a few paths: 1 is linear.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prenup.case import Case

HERE = Path(__file__).parent
ROOT = HERE.parent
DEAL = "deals/microsoft-openai-2024.yaml"

PRODUCTS = (1, 2, 4, 8, 16, 40)
"""About 37, 63, 115, 219, 427 and 1,051 rows with those that value the deal."""
YEARS = (1, 2, 5, 10, 20, 40)
PATHS = (1_024, 8_192, 65_536, 524_288, 2_097_152, 16_777_216)
"""Powers of two, as Sobol points come: the last is what ten million are rounded up to."""
OF_ROWS = {"years": 10, "paths": 16_384}
OF_YEARS = {"products": 4, "paths": 32_768}
OF_PATHS = {"products": 1, "years": 10}
FEW_PATHS = 64
"""A run of so few shows what a run costs before its first path."""
ONCE_ABOVE_S = 6.0
"""A run that takes longer than this is not repeated: a first run pays for its memory, which shows less there."""
COMPILED = {"100 rows": 4, "300 rows": 12}
"""Products of the deals whose compiling is timed."""


def measure(rounds: int = 5) -> dict[str, Any]:
    """Every point of the three lines, their slopes, the cost of compiling and that of a whole process."""
    rows = [_point(rounds, products=n, **OF_ROWS) for n in PRODUCTS]
    years = [_point(rounds, years=n, **OF_YEARS) for n in YEARS]
    paths = [_point(rounds, paths=n, **OF_PATHS) for n in PATHS]
    return {
        "what": "a deal grown from one product: median seconds of a run and the highest memory of its process",
        "rows": {"points": rows, **_growth(rows, "rows")},
        "months": {"points": years, **_growth(years, "months")},
        "paths": {"points": paths, **_growth(paths, "paths")},
        "compile": {name: _compiling(products, rounds) for name, products in COMPILED.items()},
        "prenup run, whole process": _whole_process(rounds),
    }


# ── the deal ────────────────────────────────────────────────────────────────────────────────────────────────────────


def grown(products: int, years: int) -> Case:
    """A maker and its partner: each product has sales that wander, a capped royalty and a bonus for profit."""
    from prenup.case import build

    sections: dict[str, Any] = {
        "deal": "A deal that grows",
        "currency": "USD",
        "clock": {"from": "2025-01-01", "months": 12 * years},
        "parties": {"maker": {"discount": "12%"}, "partner": {"discount": "9%"}},
        "drivers": {},
        "rows": {},
        "terms": {},
    }
    for i in range(products):
        sections["drivers"][f"sales_{i}"] = {
            "kind": "gbm", "start": "$10m/yr", "drift": "6%", "volatility": "25%",
        }  # fmt: skip
        sections["rows"][f"customers_{i}"] = {"value": f"sales_{i}", "payer": "world", "payee": "maker"}
        sections["rows"][f"profit_{i}"] = f"40% * monthly(sales_{i}) - paid(royalty_{i})"
        sections["terms"][f"royalty_{i}"] = {
            "kind": "revenue_share", "payer": "maker", "payee": "partner", "rate": "5%", "of": f"sales_{i}",
            "cap": "$8m", "until": f"sales_{i} > $60m/yr",
        }  # fmt: skip
        sections["terms"][f"bonus_{i}"] = {
            "kind": "milestone", "payer": "maker", "payee": "partner", "amount": "$2m",
            "on": f"cum(profit_{i}) > $30m",
        }  # fmt: skip
    return build(sections)


def _checked(case: Case, paths: int) -> dict[str, float]:
    """The size of a run that is right.

    An AssertionError where money or a path is lost, or where what customers pay is not within four standard errors of
    the expected sales, which are known exactly.
    """
    run = case.run(paths=paths, views=1)
    months = run.sheet.calendar.n_months
    products = sum(clause.startswith("customers") for clause in run.clauses("maker"))
    found = sum(run.summary("maker", f"customers_{i}").mean for i in range(products))
    error = sum(run.summary("maker", f"customers_{i}").error for i in range(products))
    exact = products * sum(1e7 / 12 * math.exp(0.06 * m / 12) * 1.12 ** (-(m + 1) / 12) for m in range(months))
    assert run.cash_error() < 1e-9
    assert run.n_unsound == 0
    assert abs(found - exact) < 4 * error + 1e-9 * exact, (found, exact, error)
    return {"rows": len(run.sheet.rows), "months": months, "paths": run.n_paths}


def _values(case: Case, paths: int) -> None:
    """The run that is timed: every row worked out, both parties' values with their quantiles."""
    run = case.run(paths=paths, views=1)
    for party in run.sheet.parties:
        run.summary(party)


# ── the points ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _point(rounds: int, *, products: int, years: int, paths: int) -> dict[str, float]:
    """One size in a process of its own."""
    return _process("point", products, years, paths, rounds)


def _point_process(products: int, years: int, paths: int, rounds: int) -> dict[str, float]:
    case = grown(products, years)
    size = _checked(case, 1_024)
    before = _peak_mb()
    _, fixed = _timed(case, FEW_PATHS, rounds)
    clock, processor = _timed(case, paths, rounds)
    return {
        **size,
        "paths": paths,
        "seconds": round(statistics.median(clock), 4),
        "low": round(min(clock), 4),
        "high": round(max(clock), 4),
        "runs": len(clock),
        "processor seconds": round(statistics.median(processor), 4),
        "processor seconds of a few paths": round(statistics.median(fixed), 4),
        "MB": round(_peak_mb()),
        "MB before": round(before),
    }


def _timed(case: Case, paths: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds by the clock and of all processors together, run by run."""
    clock: list[float] = []
    processor: list[float] = []
    while len(clock) < rounds and (not clock or clock[0] < ONCE_ABOVE_S):
        begin, begin_processor = time.perf_counter(), time.process_time()
        _values(case, paths)
        clock.append(time.perf_counter() - begin)
        processor.append(time.process_time() - begin_processor)
    return clock, processor


def _peak_mb() -> float:
    """The most memory that this process has held so far.

    Linux keeps a process's own mark in /proc. What `getrusage` says there begins with the memory of the parent, which is
    right nowhere but in a process whose parent is small.
    """
    status = Path("/proc/self/status")
    if status.exists():
        mark = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(mark.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _growth(points: Sequence[dict[str, float]], of: str) -> dict[str, Any]:
    """How processor time grows with size, and memory from the smallest to the largest point.

    For the exponent only points count where the paths cost more than what a run costs before the first of them.
    """
    fixed = [p["processor seconds of a few paths"] for p in points]
    work = [(p[of], p["processor seconds"] - f, f) for p, f in zip(points, fixed, strict=True)]
    return {
        "line": _line([(p[of], p["processor seconds"]) for p in points]),
        "exponent": _slope([(size, seconds) for size, seconds, fixed in work if seconds > fixed]),
        "exponent by the clock, all points": _slope([(p[of], p["seconds"]) for p in points]),
        "MB from smallest to largest": [points[0]["MB"], points[-1]["MB"]],
    }


def _line(points: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The straight line that misses the seconds by the smallest parts of them: `at 0`, `each`, and the largest part missed."""
    import numpy as np

    size, seconds = np.array(points).T
    columns = np.stack([1.0 / seconds, size / seconds], axis=1)
    at_0, each = np.linalg.lstsq(columns, np.ones(len(size)), rcond=None)[0]
    missed = np.abs((at_0 + each * size) / seconds - 1.0).max()
    return {"at 0": float(at_0), "each": float(each), "largest part missed": round(float(missed), 3)}


def _slope(points: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Least squares on logarithms: the slope and its standard error; empty where fewer than three points are left."""
    if len(points) < 3:
        return {}
    x, y = ([math.log(p[i]) for p in points] for i in (0, 1))
    slope, intercept = statistics.linear_regression(x, y)
    rest = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    spread = sum((a - statistics.fmean(x)) ** 2 for a in x)
    error = math.sqrt(rest / (len(x) - 2) / spread)
    return {"slope": round(slope, 3), "error": round(error, 3), "points": len(points)}


# ── compiling and starting ──────────────────────────────────────────────────────────────────────────────────────────


def _compiling(products: int, rounds: int) -> dict[str, Any]:
    """Seconds to compile a deal, and to load it from the cache, each in new processes."""
    cold, cached = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(_process("compile", products, cache=folder))
            cached.append(_process("compile", products, cache=folder))
    return {
        "rows": cold[0]["rows"],
        "cold": _spread([found["seconds"] for found in cold]),
        "from cache": _spread([found["seconds"] for found in cached]),
    }


def _compile_process(products: int) -> dict[str, float]:
    """A first run less the median of three more. The run of another deal before loads what every deal needs."""
    grown(1, 1).run(paths=64, views=1)
    case = grown(products, 10)
    taken = []
    for _ in range(4):
        begin = time.perf_counter()
        run = case.run(paths=64, views=1)
        taken.append(time.perf_counter() - begin)
    return {"rows": len(run.sheet.rows), "seconds": taken[0] - statistics.median(taken[1:])}


def _whole_process(rounds: int) -> dict[str, Any]:
    """`prenup run` from the command to its end, with what it was asked for."""
    command = [sys.executable, "-m", "prenup.show.cli.main", "run", DEAL, "--json"]
    answer = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert answer["cash_error"] < 1e-9
    assert answer["paths_left_out"] == 0
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return {"deal": DEAL, "seconds": _spread(taken)}


def _spread(values: Sequence[float]) -> dict[str, float]:
    found = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: round(value, 4) for name, value in found.items()}


# ── processes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _process(what: str, *numbers: int, cache: str | None = None) -> dict[str, float]:
    """What this file prints when it is run for one point."""
    environment = os.environ | ({"PRENUP_CACHE": cache} if cache else {})
    command = [sys.executable, str(HERE / "scaling.py"), what, *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{what} {numbers} ended with {done.returncode}:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Without arguments everything; with them one point, for the process that gathers."""
    match sys.argv[1:]:
        case []:
            print(json.dumps(measure(), indent=2))
        case ["point", *numbers]:
            print(json.dumps(_point_process(*map(int, numbers))))
        case ["compile", products]:
            print(json.dumps(_compile_process(int(products))))
        case other:
            raise SystemExit(f"scaling.py takes no arguments, not {' '.join(other)}")


if __name__ == "__main__":
    main()
