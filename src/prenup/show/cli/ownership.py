"""Commands about ownership: who holds what, who is paid what, what a claim turns into, and what a term has to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from prenup.show.cli.opening import guarded, open_case, saving

if TYPE_CHECKING:
    from prenup.base.quantity import Quantity
    from prenup.case import Case
    from prenup.questions._question import AbstractQuestion

Command = TypeVar("Command", bound=Callable[..., Any])

UNASKED = "No cap table of the deal has a valuation: that says whose stake is asked for; docs/cap-tables.md shows one."

PATHS = 4_096
"""Paths where nobody asks for others: shares vary less than values."""

PATHS_OF_STAKE = 16_384
"""Those of a stake, as in a report: the claim's own value needs many futures of each view."""


def _asking(paths: int = PATHS) -> Callable[[Command], Command]:
    """The options that every question takes, and how many paths where nobody says."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables."),
        click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page with charts."),
        click.option("--seed", default=1, show_default=True, metavar="S", help="The same seed gives the same figures."),
        click.option("--views", type=int, metavar="N", help="Views of what is unknown; 1 holds every unknown at its middle."),
        click.option("--paths", default=paths, show_default=True, metavar="N", help="Paths in all."),
        click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Change a field first."),
        click.option("--variant", metavar="NAME", help="Ask the deal under one of its variants."),
    )

    def decorated(command: Command) -> Command:
        for option in options:
            command = option(command)
        return command

    return decorated


@click.command()
@click.argument("file", type=click.Path())
@click.option("--of", metavar="PARTY", default="", help="Whose table; may be left out where the deal has one.")
@click.option("--at", metavar="WHEN", default="", help="A day, an event or an action: the table before and after it.")
@click.option(
    "--ocf", type=click.Path(path_type=Path), metavar="OUT", help="Write it as an Open Cap Table package, a folder or a zip."
)
@_asking()
def captable(file: str, of: str, at: str, ocf: Path | None, **options: Any) -> None:
    """Show who owns what, issued and fully diluted; at first, or before and after something happens."""
    from prenup.questions.captable import CapTable

    case = open_case(file, options["variant"], options["sets"], options["as_json"])
    party = _table(case, of)
    _show(case, CapTable(party, at), **options)
    if ocf is not None:
        from prenup.show.cli.exchanged import export

        export(case, party, at, ocf, options["seed"])


@click.command()
@click.argument("file", type=click.Path())
@click.option("--of", metavar="PARTY", default="", help="Whose exit; may be left out where the deal has one table.")
@click.option("--at", metavar="WHEN", default="", help="A day, an event or an action after which the exit comes.")
@click.option(
    "--value", "values", multiple=True, metavar="MONEY", help="An exit value, such as $40m; may be given several times."
)
@click.option("--range", "upto", metavar="LOW..HIGH", help="Exit values that the chart shows.")
@click.option("--for", "goal", metavar="TARGET", help="Seek the exit value at which 'employees = 10%' or 'fund = $50m'.")
@_asking()
def exit(file: str, of: str, at: str, values: tuple[str, ...], upto: str | None, goal: str | None, **options: Any) -> None:
    """Show who gets what at each exit value, and where the breakpoints are."""
    from prenup.questions.exit import Exit
    from prenup.questions.seek import target

    case = open_case(file, options["variant"], options["sets"], options["as_json"])
    amounts = [_money(case, text) for text in values]
    ends = _ends(case, upto) if upto else None
    sought = _refused(lambda: target(goal, frozenset(case.deal.units))) if goal else None
    wanted = (sought.who, sought.wanted, sought.is_part) if sought else None
    _show(case, Exit(_table(case, of), at, amounts, ends, wanted), **options)


@click.command()
@click.argument("file", type=click.Path())
@click.option("--of", metavar="HOLDER", default="", help="Whose stake; what the table's valuation says if left out.")
@click.option("--in", "company", metavar="PARTY", default="", help="In whose company.")
@click.option("--at", metavar="WHEN", default="", help="When it is asked: an event, an action or a day.")
@_asking(PATHS_OF_STAKE)
def stake(file: str, of: str, company: str, at: str, **options: Any) -> None:
    """Show what share a claim should turn into, by every method that valuers lay side by side."""
    from prenup.questions.stake import Stake

    case = open_case(file, options["variant"], options["sets"], options["as_json"])
    if company:
        _table(case, company)
    _show(case, Stake(of, company, at), **options)


@click.command()
@click.argument("file", type=click.Path())
@click.argument("path")
@click.option(
    "--for",
    "goal",
    required=True,
    metavar="TARGET",
    help="'microsoft = $50bn', 'fund in startup = 27%', 'staff of startup = 10%'.",
)
@click.option("--at", metavar="WHEN", default="", help="When a share is looked at: an event, an action or a day.")
@click.option("--exit", "exit_value", metavar="MONEY", help="What the exit is worth, for a target with 'of'.")
@click.option("--range", "between", metavar="LOW..HIGH", help="Where to look.")
@_asking()
def seek(file: str, path: str, goal: str, at: str, exit_value: str | None, between: str | None, **options: Any) -> None:
    """Seek what one number of the deal, such as terms.fee.amount, has to be for something to come out."""
    from prenup.questions.seek import Seek, target

    case = open_case(file, options["variant"], options["sets"], options["as_json"])
    found = _refused(lambda: target(goal, frozenset(case.deal.units)))
    worth = _money(case, exit_value) if exit_value else None
    _show(case, Seek(path, found, at, worth, _ends(case, between) if between else None), **options)


@click.command(name="import")
@click.argument("package", type=click.Path(path_type=Path))
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--into", metavar="DEAL", help="A deal that gets the table of the package in place of the one it has.")
@click.option("--of", metavar="PARTY", default="", help="Whose table it is there; the package's own name if left out.")
def import_(package: Path, file: Path | None, into: str | None, of: str) -> None:
    """Turn an Open Cap Table package (a folder or a zip) into a deal file: printed, or written to FILE, which must not exist."""
    from prenup.show.cli.exchanged import import_package

    import_package(package, file, open_case(into, None, (), False) if into else None, of)


COMMANDS = (captable, exit, stake, seek, import_)
"""The commands of this file."""


def _table(case: Case, party: str) -> str:
    """The party whose table is meant."""
    from prenup.base.problems import nearest

    tables = list(case.deal.cap_tables)
    if not tables:
        raise click.UsageError("the deal has no cap_tables: section")
    if party and party not in tables:
        close = nearest(party, tables)
        raise click.UsageError(
            f"{party} has no cap table" + (f"; did you mean {close}?" if close else f"; {', '.join(tables)} has")
        )
    if not party and len(tables) > 1:
        raise click.UsageError(f"the deal has several cap tables; add --of and one of {', '.join(tables)}")
    return party or tables[0]


def _money(case: Case, text: str) -> float:
    """An amount in the deal's currency."""
    from prenup.base.units import base_unit

    quantity = _quantity(case, text)
    plain = quantity.bare and not any(mark in text for mark in ("%", "percent", "bp", "x", "/"))
    if not (plain or quantity.unit == base_unit(case.deal.currency)) or quantity.value < 0:
        raise click.UsageError(f"{text} is no amount in {case.deal.currency}; write it like $40m")
    return quantity.value


def _ends(case: Case, text: str) -> tuple[float, float]:
    """The two ends of LOW..HIGH."""
    low, dots, high = text.partition("..")
    if not dots:
        raise click.UsageError(f"{text} is no range; write it like 0..$500m")
    ends = _quantity(case, low).value, _quantity(case, high).value
    if not ends[0] < ends[1]:
        raise click.UsageError(f"{text} does not rise; write the smaller end first")
    return ends


def _quantity(case: Case, text: str) -> Quantity:
    """A quantity as a deal file would have it."""
    from prenup.base.quantity import QuantityError, parse_quantity

    try:
        return parse_quantity(text, frozenset(case.deal.units))
    except QuantityError as fault:
        raise click.UsageError(f"{fault}; {fault.fix}") from None


T = TypeVar("T")


def _refused(work: Callable[[], T]) -> T:
    """The result of some work; a value that can't be used is an error of use."""
    try:
        return work()
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _show(case: Case, question: AbstractQuestion, **options: Any) -> None:
    """Ask one question, and print or write its answer."""
    from prenup.engine.run import Settings, usual_views
    from prenup.pipeline import answer
    from prenup.show.cli.progress import progress

    paths, views, html = options["paths"], options["views"], options["html"]
    settings = Settings(paths, usual_views(paths) if views is None else views, options["seed"])
    if settings.problem():
        raise click.UsageError(settings.problem())
    with progress("Working it out") as report:
        result = guarded(lambda: _refused(lambda: answer(case, settings, (question,), report)), options["as_json"])
    found = [a for a in result.answers if a.question == question.name]
    if html:
        from prenup.show.report.page import write_page

        saving(lambda: write_page(result, html))
    if options["as_json"]:
        from prenup.show.as_json import answers_json

        click.echo(answers_json(case.deal, result.run.variant, found))
        return
    from prenup.show.cli.tables import answer_lines, head_lines, terminal_width

    width = terminal_width()
    lines = [*head_lines(result.run, width)]
    for each in found:
        lines += answer_lines(each, case.deal.currency, width)
    lines += ["", UNASKED] if not found else []
    lines += ["", f"The page is in {html}"] if html else []
    click.echo("\n".join(lines))
