"""How long prenup takes as a whole process: the median of several runs with the spread, in results.json and README.md."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 5
DEAL = "deals/microsoft-openai-2024.yaml"
COMMANDS = {
    "python, nothing imported": [sys.executable, "-c", "pass"],
    "import prenup": [sys.executable, "-c", "import prenup"],
    "import numpy (for comparison)": [sys.executable, "-c", "import numpy"],
    "prenup check": [sys.executable, "-m", "prenup.show.cli.main", "check", DEAL],
    "prenup run, default settings": [sys.executable, "-m", "prenup.show.cli.main", "run", DEAL, "--json"],
    "prenup run, 131,072 paths": [sys.executable, "-m", "prenup.show.cli.main", "run", DEAL, "--json", "--paths", "131072"],
    "prenup run with the report": [
        sys.executable,
        "-m",
        "prenup.show.cli.main",
        "run",
        DEAL,
        "--json",
        "--html",
        "build/benchmark.html",
    ],
}
LIMITS_S = {"import prenup": 0.3, "prenup run, default settings": 3.0}
"""What the project promises of a machine with two cores."""


def main() -> None:
    """Time every command, check its answer before its time, and write what was found."""
    results = {name: _time(name, command) for name, command in COMMANDS.items()}
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    (HERE / "results.json").write_text(json.dumps({"machine": machine, "rounds": ROUNDS, "seconds": results}, indent=2) + "\n")
    _write_readme(results, machine)


def _time(name: str, command: list[str]) -> dict[str, float]:
    """One warm-up, whose answer is checked, then the rounds that count."""
    _check(name, subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    found = {"median": statistics.median(taken), "low": min(taken), "high": max(taken)}
    limit = LIMITS_S.get(name)
    mark = "" if limit is None else f"  (promised: under {limit:g} s)"
    print(f"{name:<32} {found['median']:.3f} s  [{found['low']:.3f} to {found['high']:.3f}]{mark}")
    return {key: round(value, 4) for key, value in found.items()}


def _check(name: str, output: str) -> None:
    """A time for a wrong answer is worth nothing: cash is conserved and no path is lost."""
    if name.startswith("prenup run"):
        answer = json.loads(output)
        assert answer["cash_error"] < 1e-9, answer["cash_error"]
        assert answer["paths_left_out"] == 0


def _write_readme(results: dict[str, dict[str, float]], machine: str) -> None:
    lines = [
        "# Benchmarks",
        "",
        "Whole processes, from the command to its end: the median of five runs after one warm-up, the lowest and the highest.",
        f"Made by `make bench` on {machine}. The machine is shared and noisy: compare figures of one run only.",
        "",
        "| what | median | lowest | highest | promised |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in results.items():
        limit = f"under {LIMITS_S[name]:g} s" if name in LIMITS_S else ""
        lines.append(f"| {name} | {found['median']:.2f} s | {found['low']:.2f} s | {found['high']:.2f} s | {limit} |")
    lines += [
        "",
        f"The deal is `{DEAL}`. Answers are checked before they are timed: cash is conserved to 1e-9 of what moved, no path is",
        "left out.",
        "",
    ]
    (HERE / "README.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
