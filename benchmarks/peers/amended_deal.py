"""A deal and the same deal with its terms amended, on the same draws: the second should cost no more than the first.

PolicyEngine asks the same of a tax code, who gains from a reform. Its issue 397 reports 0.01 s for the base case and 7 s
for a reform. That ratio is its users' figure, on their machine; nothing of it was measured here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from peers.rounds import interleaved, ratio, seconds, show

from prenup.case import load
from prenup.outcome.run import Run

ROOT = Path(__file__).parents[2]
DEAL = ROOT / "deals" / "microsoft-openai-2024.yaml"
VARIANT = "cheaper_compute"
N_PATHS = 16_384
DRAWN = "price_level"
"""A driver that the amended terms do not touch: it has to be the same to the bit."""
REPORTED = "PolicyEngine (policyengine-core issue 397): base case 0.01 s, reform 7 s, as reported there"


def measure(rounds: int = 5) -> dict[str, Any]:
    """Check that both deals see the same future and stay balanced, then time them in turns."""
    case = load(DEAL)
    amended = case.variant(VARIANT)
    answers = _answers(case.run(**_SIZE, keep=[DRAWN]), amended.run(**_SIZE, keep=[DRAWN]))
    values(case.run(**_SIZE))
    values(amended.run(**_SIZE))
    taken = interleaved(
        {
            "base, read and run": lambda: values(load(DEAL).run(**_SIZE)),
            "amended, made and run": lambda: values(case.variant(VARIANT).run(**_SIZE)),
            "base, run": lambda: values(case.run(**_SIZE)),
            "amended, run": lambda: values(amended.run(**_SIZE)),
        },
        rounds,
    )
    return {
        "what": f"Microsoft and OpenAI, then {VARIANT}: {N_PATHS:,} paths, every party's value",
        "answers": answers,
        "seconds": seconds(taken),
        "amended over base": ratio(taken["amended, made and run"], taken["base, read and run"]),
        "amended over base, run alone": ratio(taken["amended, run"], taken["base, run"]),
        "first time in a new process, nothing cached": _cold(),
        "reported elsewhere": REPORTED,
    }


_SIZE: dict[str, Any] = {"paths": N_PATHS}


def values(run: Run) -> dict[str, float]:
    """What the deal is worth to each party."""
    return {party: run.summary(party).mean for party in run.sheet.parties}


def _answers(base: Run, amended: Run) -> dict[str, float]:
    """Each party's change; an AssertionError where draws differ, money is lost or nothing changed."""
    import numpy as np

    assert base.n_paths == amended.n_paths >= N_PATHS
    assert np.array_equal(base.filled.series[DRAWN], amended.filled.series[DRAWN])
    for run in (base, amended):
        assert run.cash_error() < 1e-9
        assert run.n_unsound == 0
    before, after = values(base), values(amended)
    changes = {f"{party}, change in value": after[party] - before[party] for party in before}
    assert any(changes.values())
    return changes


def _cold() -> dict[str, float]:
    """The same in a process that has imported everything but compiled nothing: base, then amended."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"PRENUP_CACHE": cache}
        command = [sys.executable, "-m", "peers.amended_deal", "--cold"]
        folder = Path(__file__).parents[1]
        done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the new process ended with {done.returncode}:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _cold_process() -> None:
    """Time base and variant once. A run of another deal comes first: it loads what both need."""
    values(load(Path(__file__).with_name("warrant.yaml")).run(paths=1_024, views=1))
    begin = time.perf_counter()
    case = load(DEAL)
    values(case.run(**_SIZE))
    middle = time.perf_counter()
    values(case.variant(VARIANT).run(**_SIZE))
    end = time.perf_counter()
    base, amended = middle - begin, end - middle
    print(json.dumps({"base": round(base, 4), "amended": round(amended, 4), "ratio": round(amended / base, 3)}))


if __name__ == "__main__":
    if "--cold" in sys.argv:
        _cold_process()
    else:
        show(measure())
