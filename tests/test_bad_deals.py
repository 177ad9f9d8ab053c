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
from prenup.case import load

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
