"""A run as JSON: the same keys in the same order every time, described in docs/json.md; not-a-number becomes null.

The text is ASCII, so that no terminal and no pipe can spoil it; other letters are escaped as JSON provides.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import prenup
from prenup.base.problems import Problem
from prenup.deal.model import Deal
from prenup.outcome.run import Run
from prenup.pipeline import Result
from prenup.questions._answer import Answer

RUN_FORMAT = "prenup-run/1"
ANSWERS_FORMAT = "prenup-answers/1"
PROBLEMS_FORMAT = "prenup-problems/1"


def run_json(result: Result) -> str:
    """Everything that a run answered, as one JSON object."""
    run, deal = result.run, result.run.deal
    return _dump({
        "format": RUN_FORMAT,
        "prenup": prenup.__version__,
        "deal": {
            "name": deal.name,
            "title": deal.title,
            "currency": deal.currency,
            "as_of": deal.as_of,
            "values_as_at": deal.calendar.first_day,
            "months": deal.calendar.n_months,
        },
        "variant": run.variant or None,
        "settings": {
            "paths": run.n_paths,
            "paths_kept": run.n_kept,
            "views": run.n_views,
            "randomisations": run.design.randomisations,
            "seed": run.design.seed,
            "sampler": run.design.sampler,
            "engine": run.engine.name,
        },
        "paths_left_out": run.n_unsound,
        "cash_error": run.cash_error(),
        "parties": [
            {"party": p, "title": deal.party_title(p), **_summary(run, p)} for p in run.sheet.parties if run.clauses(p)
        ],
        "clauses": [
            {"clause": c, "title": deal.title_of(c), "between": run.moves(c), "party": p, **_summary(run, p, c)}
            for p in run.sheet.parties for c in run.clauses(p)
        ],
        "answers": [_answer(a) for a in result.answers],
        "warnings": [p.as_json() for p in deal.warnings],
    })  # fmt: skip


def answers_json(deal: Deal, variant: str, answers: Iterable[Answer]) -> str:
    """What single questions answered, as one JSON object."""
    return _dump({
        "format": ANSWERS_FORMAT,
        "prenup": prenup.__version__,
        "deal": {"name": deal.name, "title": deal.title, "currency": deal.currency, "as_of": deal.as_of},
        "variant": variant or None,
        "answers": [_answer(a) for a in answers],
    })  # fmt: skip


def problems_json(faults: Mapping[str, Iterable[Problem]]) -> str:
    """Faults of the input by the variant that has them (the empty name: the deal itself), as one JSON object."""
    found = [{"variant": variant or None, **p.as_json()} for variant, problems in faults.items() for p in problems]
    return _dump({"format": PROBLEMS_FORMAT, "problems": found})


def _summary(run: Run, party: str, clause: str | None = None) -> dict[str, float]:
    s = run.summary(party, clause)
    return {"mean": s.mean, "error": s.error, "median": s.median, "low": s.low, "high": s.high, "unknown": s.unknown}


def _answer(answer: Answer) -> dict[str, Any]:
    found = dataclasses.asdict(answer)
    for chart, plain in zip(answer.charts, found["charts"], strict=True):
        plain["chart"] = type(chart).__name__.lower()
    return found


def _dump(content: dict[str, Any]) -> str:
    return json.dumps(_plain(content), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    """Dates as text, tuples as lists, not-a-number and infinity as null."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
