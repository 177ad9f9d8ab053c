"""The story on one page: load a deal, compile it to a sheet, run it, ask, show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prenup.case import Case
from prenup.engine.run import Progress, Settings
from prenup.outcome.run import Run
from prenup.outcome.work_out import work_out
from prenup.questions._answer import Answer
from prenup.questions._question import AbstractQuestion, Asked
from prenup.questions.runway import Runway
from prenup.questions.value import Value

AT_ONCE = (Value(), Runway())
"""What `prenup run` answers in the terminal: one run is enough for it."""


def in_full() -> tuple[AbstractQuestion, ...]:
    """What a report answers; loaded when it is asked for, since most runs don't."""
    from prenup.questions.captable import CapTable
    from prenup.questions.compare import Compare
    from prenup.questions.flows import Flows
    from prenup.questions.rumour import Rumour
    from prenup.questions.stake import Stake

    return Value(), Stake(), Compare(), Runway(), Rumour(), Flows(), CapTable()


@dataclass(frozen=True, slots=True)
class Result:
    """A case, its base run, and the answers in the order in which they were asked."""

    case: Case
    run: Run
    answers: tuple[Answer, ...]


def answer(case: Case, settings: Settings, questions: Iterable[AbstractQuestion], progress: Progress | None = None) -> Result:
    """Run a case once for all questions, then let each read it and make the further runs that it needs."""
    questions = tuple(questions)
    needs = [question.needs(case.deal, case.sheet) for question in questions]
    run = work_out(
        case.deal, case.sheet, settings, case.variant_name,
        rows=[row for need in needs for row in need.rows],
        keep=dict.fromkeys(name for need in needs for name in need.keep),
        finals=dict.fromkeys(name for need in needs for name in need.finals),
        progress=progress,
    )  # fmt: skip
    asked = Asked(case.deal, case.sheet, run, progress)
    found = [question.answer(asked) for question in questions]
    return Result(case, run, tuple(a for a in found if a is not None))


def ask(case: Case, question: AbstractQuestion, settings: Settings | None = None) -> Answer | None:
    """One question of a case: `ask(case, Stake("microsoft", "openai", "restructured"))`; None where it makes no sense for it.

    Raises:
        ValueError: the question names what the deal does not have.
    """
    found = answer(case, settings or Settings(), (question,)).answers
    return found[0] if found else None
