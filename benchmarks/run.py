"""Every benchmark in one run: answers are checked before they are timed; results.json and the table in README.md are written.

`python benchmarks/run.py [process] [hand] [peers] [scaling] [ownership]` runs some parts, and keeps the others as they were.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

ROUNDS = 5
DEAL = "deals/microsoft-openai-2024.yaml"
PRENUP = [sys.executable, "-m", "prenup.show.cli.main"]
COMMANDS = {
    "python, nothing imported": [sys.executable, "-c", "pass"],
    "import prenup": [sys.executable, "-c", "import prenup"],
    "import numpy (for comparison)": [sys.executable, "-c", "import numpy"],
    "prenup check": [*PRENUP, "check", DEAL],
    "prenup run, default settings": [*PRENUP, "run", DEAL, "--json"],
    "prenup run, the referee": [*PRENUP, "run", DEAL, "--json", "--engine", "reference"],
    "prenup run, 1,048,576 paths": [*PRENUP, "run", DEAL, "--json", "--paths", "1048576"],
    "prenup run with the report": [*PRENUP, "run", DEAL, "--json", "--html", "build/benchmark.html"],
}
PROMISED_S = {"import prenup": 0.3, "prenup run, default settings": 1.0}
"""What the project promises of a machine with two cores."""


def main() -> None:
    """Measure the parts that are asked for, all of them by default."""
    parts: dict[str, Callable[[], Any]] = {
        "process": processes, "hand": hand, "peers": peers, "scaling": scaling, "ownership": ownership,
    }  # fmt: skip
    asked = sys.argv[1:] or list(parts)
    if unknown := [name for name in asked if name not in parts]:
        sys.exit(f"no part is called {unknown[0]}: there are {', '.join(parts)}")
    file = HERE / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    results["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    for name in asked:
        results[name] = parts[name]()
        file.write_text(json.dumps(results, indent=1) + "\n")
    (HERE / "README.md").write_text("\n".join(readme(results)))


def processes() -> dict[str, Any]:
    """Whole processes, from the command to its end."""
    from peers.rounds import interleaved, seconds

    (ROOT / "build").mkdir(exist_ok=True)
    for name, command in COMMANDS.items():
        _check(name, subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    tasks = {
        name: (lambda command=command: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))
        for name, command in COMMANDS.items()
    }
    found = seconds(interleaved(tasks, ROUNDS))
    for name, taken in found.items():
        print(f"{name:<32} {_seconds(taken)}")
    return found


def _check(name: str, output: str) -> None:
    """A time for a wrong answer is worth nothing: cash is conserved and no path is lost."""
    if name.startswith("prenup run"):
        answer = json.loads(output)
        assert answer["cash_error"] < 1e-9, answer["cash_error"]
        assert answer["paths_left_out"] == 0


def hand() -> dict[str, Any]:
    """The Microsoft-OpenAI deal against the same model by hand in NumPy and in C, and the time to a stated accuracy."""
    from benchmarks.hand import compare
    from prenup.case import load

    found = {"work": compare.measure(ROUNDS), "accuracy": compare.time_to_accuracy()}
    case = load(ROOT / DEAL)
    levers = [{"numbers.revenue_2024": f"${3.2 + 0.001 * i:.3f}bn/yr"} for i in range(1_000)]
    case.sweep(levers[:2])
    import time

    begin = time.perf_counter()
    table = case.sweep(levers)
    found["1,000 settings of a lever, 4,096 paths, seconds"] = round(time.perf_counter() - begin, 2)
    assert len(table) == 1_001 * len(case.sheet.parties)
    return found


def peers() -> dict[str, Any]:
    """Peers on their own ground. What is not installed is left out by name."""
    import importlib

    found = {}
    for name in ("lifelib_cashvalue", "quantlib_call", "squigglepy_product", "amended_deal"):
        try:
            found[name] = importlib.import_module(f"peers.{name}").measure(ROUNDS)
        except ImportError as fault:
            found[name] = {"left out": str(fault)}
        print(name, found[name].get("left out", "measured"))
    return found


def scaling() -> dict[str, Any]:
    """How time and memory grow."""
    import scaling as growing

    found: dict[str, Any] = growing.measure(3)
    return found


def ownership() -> dict[str, Any]:
    """A crowded cap table with an exit on every path."""
    import ownership as crowded

    return crowded.measure(ROUNDS)


def _seconds(taken: dict[str, float]) -> str:
    return f"{taken['median']:.3f} s [{taken['low']:.3f} to {taken['high']:.3f}]"


def _times(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f} [{ratio['low']:.2f} to {ratio['high']:.2f}]"


def readme(results: dict[str, Any]) -> list[str]:
    """The page of results: a table for each part that was measured."""
    lines = [
        "# Benchmarks",
        "",
        f"Made by `make bench` on {results['machine']}. The machine is shared and noisy: compare figures of one table only.",
        "Every answer is checked before it is timed. Figures are medians of five rounds, with the lowest and the highest.",
        "",
    ]
    if "process" in results:
        lines += ["## Whole processes", "", "| command | time | promised |", "|---|---:|---:|"]
        for name, taken in results["process"].items():
            lines.append(f"| {name} | {_seconds(taken)} | {f'under {PROMISED_S[name]:g} s' if name in PROMISED_S else ''} |")
        lines += ["", f"The deal is `{DEAL}`.", ""]
    if "hand" in results:
        lines += _hand_lines(results["hand"])
    if "peers" in results:
        lines += ["## Peers on their own ground", "", "| peer | measured |", "|---|---|"]
        for name, found in results["peers"].items():
            ratios = {k: v for k, v in found.items() if isinstance(v, dict) and set(v) == {"median", "low", "high"}}
            told = "; ".join(f"{k}: {_times(v)}" for k, v in ratios.items()) or str(found.get("left out", "see results.json"))
            lines.append(f"| {name} | {told} |")
        lines.append("")
    if "scaling" in results:
        lines += _scaling_lines(results["scaling"])
    if "ownership" in results:
        found = results["ownership"]
        lines += ["## A crowded cap table", "", "| | time |", "|---|---:|"]
        lines += [f"| {engine}, a run | {_seconds(found[engine])} |" for engine in ("native", "reference")]
        size = f"{found['holders']} holders, {found['classes']} classes, 120 months, an exit on each of {found['paths']:,} paths"
        lines += ["", f"{size}; payouts checked against the waterfall in NumPy first. Loading takes {found['load']:.2f} s.", ""]
    return lines


def _scaling_lines(found: dict[str, Any]) -> list[str]:
    lines = ["## Growth", "", "| of | from, to | processor time of a run | misses by at most | exponent | memory |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for axis in ("rows", "months", "paths"):
        of, (least, most) = found[axis], found[axis]["MB from smallest to largest"]
        line, slope, ends = of["line"], of["exponent"], (of["points"][0][axis], of["points"][-1][axis])
        told = f"{1e3 * line['at 0']:.1f} ms + {1e6 * line['each']:.3g} us each"
        lines.append(
            f"| {axis} | {ends[0]:,} to {ends[1]:,} | {told} | {line['largest part missed']:.0%} "
            f"| {slope['slope']:.2f} ± {slope['error']:.2f} | {least} to {most} MB |"
        )
    lines += ["", "The exponent is that of what a run takes more than one of a few paths: 1 is linear.", ""]
    lines += ["| compiling | anew | from the cache |", "|---|---:|---:|"]
    for taken in found["compile"].values():
        lines.append(f"| {taken['rows']} rows | {_seconds(taken['cold'])} | {_seconds(taken['from cache'])} |")
    return [*lines, ""]


def _hand_lines(found: dict[str, Any]) -> list[str]:
    lines = ["## The same deal written by hand", "", "Times as long as prenup (below 1: faster than prenup).", ""]
    lines += ["| paths | against | one thread each | two each | prenup on two, the other on one |", "|---:|---|---:|---:|---:|"]
    for run in found["work"]["runs"]:
        for who, ratios in run["times_prenup"].items():
            told = " | ".join(_times(ratios[threads]) for threads in ("one", "two", "two against one"))
            lines.append(f"| {run['paths']:,} | {who} | {told} |")
    sweep = found["1,000 settings of a lever, 4,096 paths, seconds"]
    told = {
        f"{figure}, {threads}": found["accuracy"]["times_prenup"][f"{figure}, {threads}"]["median of parties"]
        for figure in ("mean", "median") for threads in (1, 2)
    }  # fmt: skip
    return [
        *lines,
        "",
        f"1,000 settings of a lever at 4,096 paths: {sweep} s.",
        "",
        "Time until the standard error is below 0.1 %, plain NumPy on one thread over prenup, the middle of the parties: "
        f"{told['mean, 1']:.1f} for a mean and {told['median, 1']:.1f} for a median on one thread, {told['mean, 2']:.1f} and "
        f"{told['median, 2']:.1f} on two. What was not reached within the time given is extrapolated (results.json).",
        "",
        "Wanted: at least 5 against NumPy with one thread each and 12 with prenup on two, 1 against C, 10 s for the settings, "
        "and 100 to an accuracy.",
        "",
    ]


if __name__ == "__main__":
    main()
