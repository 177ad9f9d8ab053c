"""Deals with a fault: every file under tests/bad shows one, and the text beside it is exactly what a person gets to read.

The file's name begins with the code that it is about, its first line says what is wrong. After a change of wording
`python tests/test_bad_deals.py --record` writes the texts anew; read what git shows of it before you commit it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from prenup.base.problems import DealError, Problem
from prenup.case import load, load_text

BAD = Path(__file__).parent / "bad"
FILES = sorted(path.name for path in BAD.glob("*.yaml"))


def problems_of(name: str) -> tuple[Problem, ...]:
    """What loading a file of tests/bad finds; addresses show the bare name, wherever the tests run."""
    with contextlib.chdir(BAD):
        try:
            return load(name).deal.warnings
        except DealError as error:
            return error.problems


def rendered(problems: tuple[Problem, ...]) -> str:
    return "\n\n".join(str(problem) for problem in problems) + "\n"


@pytest.mark.parametrize("name", FILES)
def test_bad_deal(name: str) -> None:
    problems = problems_of(name)
    assert rendered(problems) == (BAD / name).with_suffix(".txt").read_text(encoding="utf-8")
    assert name[:4] in {p.code for p in problems}


@pytest.mark.parametrize("name", FILES)
def test_every_problem_has_a_place_a_reason_and_a_remedy(name: str) -> None:
    for problem in problems_of(name):
        assert problem.where is not None
        assert problem.where.text.name == name
        assert problem.message
        assert problem.fix
        line = problem.where.text.line(problem.where.line)
        assert 1 <= problem.where.column <= len(line) + 1
        assert problem.where.column - 1 + problem.where.width <= max(len(line), problem.where.column)


def replacement(problem: Problem) -> str | None:
    """What a remedy says to write in the place of what is marked; None where it says something else."""
    fix = problem.fix.partition(", or ")[0].partition("; ")[0]
    if problem.code in ("D206", "D207", "D112"):  # the field and its value: rate: 20%
        name, colon, value = fix.partition(": ")
        return value if colon and name.isidentifier() else None
    if problem.code == "D120":
        return fix.removeprefix("write ") if " " not in fix.removeprefix("write ") else None
    if not fix.startswith("write ") or "such as" in fix or problem.code in ("D101", "D203", "D204", "D216", "D217", "D218"):
        return None
    new = fix.removeprefix("write ").partition(" to use the value")[0].partition(" for ")[0].partition(", which counts")[0]
    return new if problem.code in ("D209", "D201") or " " not in new else None


@pytest.mark.parametrize("name", FILES)
def test_a_remedy_that_is_followed_mends_the_fault(name: str) -> None:
    text = (BAD / name).read_bytes().decode("utf-8", "replace")
    for problem in problems_of(name):
        new = replacement(problem)
        if new is None or problem.where is None or "millon" in problem.message or "moths" in problem.message:
            continue
        lines = text.splitlines()
        place = problem.where
        line = lines[place.line - 1]
        lines[place.line - 1] = line[: place.column - 1] + new + line[place.column - 1 + place.width :]
        try:
            left = load_text("\n".join(lines) + "\n", name).deal.warnings
        except DealError as error:
            left = error.problems
        told = [(p.code, p.where.line, p.message) for p in left if p.where]
        before = [(p.code, p.where.line, p.message) for p in problems_of(name) if p.where]
        this = (problem.code, place.line, problem.message)
        assert told.count(this) < before.count(this), f"{problem.fix} does not help"
        if len(problems_of(name)) == 1:
            assert not [p for p in left if p.severity == "error"], "\n".join(lines) + "\n" + rendered(left)


def test_remedies_are_followed_at_all() -> None:
    followed = {problem.code for name in FILES for problem in problems_of(name) if replacement(problem)}
    assert {
        "D112",
        "D120",
        "D201",
        "D202",
        "D206",
        "D207",
        "D209",
        "D214",
        "D231",
        "D301",
        "D304",
        "D310",
        "D401",
        "D404",
    } <= followed


def test_every_file_says_what_is_wrong_and_has_its_text() -> None:
    assert FILES
    for name in FILES:
        first = (BAD / name).read_bytes().partition(b"\n")[0].decode("utf-8", "replace")
        assert first.startswith("# "), name
    assert {path.stem for path in BAD.glob("*.txt")} == {Path(name).stem for name in FILES}


if __name__ == "__main__":
    if sys.argv[1:] != ["--record"]:
        sys.exit(f"usage: python {os.path.relpath(__file__)} --record")
    for old in BAD.glob("*.txt"):
        old.unlink()
    for name in FILES:
        (BAD / name).with_suffix(".txt").write_text(rendered(problems_of(name)), encoding="utf-8")
