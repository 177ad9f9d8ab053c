"""Hand arithmetic: every case under tests/cases is a small deal, and what comes out of it on every engine.

A file holds a list of cases. Each has `name`, `deal` (a deal file as text), `expect` (by row: a list with one value a
month, or some of `{month number: value, total: ..., last: ...}`), `why` (the arithmetic), and perhaps `tolerance`
(relative, absolute where zero is expected; 1e-9 if left out), `paths`, `source` of a published example, and `not`:
values that a well-known mistake would give and that must not come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import prenup

CASES = Path(__file__).parent / "cases"
FIELDS = {"name", "deal", "expect", "why", "tolerance", "paths", "source", "trap", "not"}


ENGINES = ("reference", "native")
"""Every engine that the cases run on."""


def run_on(engine: str, case: Any, paths: int, rows: list[str]) -> Mapping[str, np.ndarray]:
    """The mean of each row by month."""
    run = case.run(paths=paths, views=1, keep=rows, engine=engine)
    assert run.engine.name == engine, run.engine.note
    return {row: np.asarray(run.mean(row)) for row in rows}


@dataclass(frozen=True)
class Case:
    """One entry of a case file."""

    file: str
    entry: dict[str, Any]

    @property
    def tolerance(self) -> float:
        return float(self.entry.get("tolerance", 1e-9))


def all_cases() -> list[Any]:
    found = []
    for path in sorted(CASES.rglob("*.yaml")):
        file = path.relative_to(CASES).with_suffix("").as_posix()
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert isinstance(entries, list), f"{file} holds no list of cases"
        assert entries, f"{file} holds no case"
        names = [entry["name"] for entry in entries]
        assert len(set(names)) == len(names), f"{file} has two cases of one name"
        found += [pytest.param(Case(file, entry), id=f"{file}: {entry['name']}") for entry in entries]
    assert found
    return found


def differences(case: Case, row: str, expected: Any, months: np.ndarray) -> list[str]:
    """Where a row is not what is expected."""
    if isinstance(expected, list):
        if len(expected) != len(months):
            return [f"{row}: {len(expected)} values are given for {len(months)} months"]
        expected = dict(enumerate(expected))
    values: dict[Any, float] = {**dict(enumerate(months)), "total": float(months.sum()), "last": float(months[-1])}
    faults = [f"{row}: {point!r} is neither a month nor total or last" for point in expected if point not in values]
    for point, wanted in expected.items():
        allowed = case.tolerance * abs(float(wanted)) or case.tolerance
        if point in values and not abs(values[point] - float(wanted)) <= allowed:
            faults.append(f"{row} {point}: {values[point]!r}, not {float(wanted)!r}")
    return faults


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", all_cases())
def test_case(case: Case, engine: str) -> None:
    unknown = set(case.entry) - FIELDS
    assert not unknown, f"a case has no {sorted(unknown)}"
    assert str(case.entry["why"]).strip()
    assert case.entry["expect"]
    deal = prenup.load_text(case.entry["deal"], f"{case.file}.yaml")
    rows = list(dict.fromkeys([*case.entry["expect"], *case.entry.get("not", {})]))
    means = run_on(engine, deal, int(case.entry.get("paths", 8)), rows)
    faults: list[str] = []
    for row, expected in case.entry["expect"].items():
        faults += differences(case, row, expected, means[row])
    for row, mistaken in case.entry.get("not", {}).items():
        if not differences(case, row, mistaken, means[row]):
            faults.append(f"{row} is {mistaken}: {case.entry.get('trap', 'the mistake that this case is about')}")
    assert not faults, "\n" + "\n".join(faults) + f"\nwhy: {case.entry['why']}"
