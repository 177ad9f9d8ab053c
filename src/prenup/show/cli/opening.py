"""What every command does: open a deal, show its faults, save a file, and end with the code that says how it went."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from prenup.base.problems import Problem
    from prenup.case import Case

T = TypeVar("T")


def open_case(file: str, variant: str | None, sets: tuple[str, ...], as_json: bool) -> Case:
    """The deal with its variant and changes; the program ends with code 1 where it has faults."""

    def work() -> Case:
        from prenup.case import load
        from prenup.show.cli.changes import changed

        case = load(file)
        if variant is not None:
            case = case.variant(variant)
        return changed(case, sets) if sets else case

    return guarded(work, as_json)


def guarded(work: Callable[[], T], as_json: bool) -> T:
    """The result of some work on a deal; its faults are shown and the program ends with code 1."""
    from prenup.base.problems import DealError

    try:
        return work()
    except DealError as fault:
        refuse({"": fault.problems}, as_json)


def refuse(faults: Mapping[str, Iterable[Problem]], as_json: bool) -> NoReturn:
    """Show faults by the variant that has them (the empty name: the deal itself), and end with code 1."""
    if as_json:
        from prenup.show.as_json import problems_json

        click.echo(problems_json(faults))
        sys.exit(1)
    from prenup.base.wording import count

    errors = 0
    for variant, problems in faults.items():
        if variant:
            click.echo(f"under the variant {variant}:", err=True)
        for problem in problems:
            errors += problem.severity == "error"
            click.echo(problem.render() + "\n", err=True)
    click.echo(count(errors, "fault"), err=True)
    sys.exit(1)


def warn(warnings: tuple[Problem, ...]) -> None:
    """Show what is no fault, but worth a look."""
    for warning in warnings:
        click.echo(warning.render() + "\n", err=True)


def saving(work: Callable[[], object]) -> None:
    """Write files; a place that can't be written to is one line and code 1."""
    try:
        work()
    except OSError as fault:
        click.echo(f"can't write {fault.filename or ''}: {fault.strerror or fault}", err=True)
        sys.exit(1)
