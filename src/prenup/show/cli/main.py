"""`prenup`: run a deal, check it, show its stages, look things up.

Exit codes: 0 it worked; 1 the deal or the file has faults, each shown with its place; 2 the command was not understood.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

import prenup
from prenup.show.cli import ownership
from prenup.show.cli.opening import guarded, open_case, refuse, saving, warn

if TYPE_CHECKING:
    from prenup.base.problems import Problem
    from prenup.pipeline import Result


class _Program(click.Group):
    """The commands together; output that nobody takes any more ends all of them alike."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            found: object = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as fault:
            _output_failed(fault)
        return found


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(prenup.__version__, prog_name="prenup")
def cli() -> None:
    """Who ends up with what when two companies tie themselves together.

    A deal is a YAML file; `prenup new` writes one to start from.
    """


@cli.command()
@click.argument("file", type=click.Path())
@click.option("--variant", metavar="NAME", help="Run the deal under one of its variants.")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Change a field, such as terms.rev_share.rate=10%.")
@click.option(
    "--paths",
    default=16_384,
    show_default=True,
    metavar="N",
    help="Paths in all, rounded up to what the sampler needs.",
)
@click.option(
    "--views",
    type=int,
    metavar="N",
    help="Views of what is unknown; 1 holds every unknown at its middle. [default: 128, more beyond 16,384 paths]",
)
@click.option("--seed", default=1, show_default=True, metavar="S", help="The same seed gives the same figures.")
@click.option("--sampler", type=click.Choice(["sobol", "random"]), default="sobol", show_default=True, help="How draws are made.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "native", "reference"]),
    default="auto",
    show_default=True,
    help="What works it out: machine code, or the slower referee; the figures are the same.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the report as one page.")
@click.option(
    "--csv",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write tables and charts as CSV files.",
)
def run(
    file: str,
    variant: str | None,
    sets: tuple[str, ...],
    paths: int,
    views: int | None,
    seed: int,
    sampler: str,
    engine: str,
    as_json: bool,
    html: Path | None,
    csv: Path | None,
) -> None:
    """Run a deal and say who gets what."""
    from prenup.engine.run import Settings, usual_views
    from prenup.pipeline import AT_ONCE, answer, in_full
    from prenup.show.cli.progress import progress

    drawn = usual_views(paths) if views is None else views
    settings = Settings(paths, drawn, seed, sampler, engine=engine)  # type: ignore[arg-type]  # click has checked it
    if settings.problem():
        raise click.UsageError(settings.problem())
    case = open_case(file, variant, sets, as_json)
    with progress("Working it out") as report:
        result = guarded(lambda: answer(case, settings, in_full() if html else AT_ONCE, report), as_json)
    if result.run.engine.note:
        click.echo(result.run.engine.note, err=True)
    if html:
        from prenup.show.report.page import write_page

        saving(lambda: write_page(result, html))
    if csv:
        from prenup.show.as_csv import write_csv

        saving(lambda: write_csv(result, csv))
    if as_json:
        from prenup.show.as_json import run_json

        click.echo(run_json(result))
        return
    _print_result(result, html, csv)


def _print_result(result: Result, html: Path | None, csv: Path | None) -> None:
    from prenup.pipeline import AT_ONCE
    from prenup.show.cli.tables import answer_lines, head_lines, terminal_width

    warn(result.case.deal.warnings)
    width = terminal_width()
    lines = [*head_lines(result.run, width)]
    here = [question.name for question in AT_ONCE]  # the rest is for the page
    for found in [answer for answer in result.answers if answer.question in here]:
        lines += answer_lines(found, result.run.deal.currency, width)
    if html or csv:
        lines.append("")
    lines += [f"The report is in {html}"] if html else []
    lines += [f"Tables are in {csv}"] if csv else []
    click.echo("\n".join(lines))


@cli.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def check(file: str, as_json: bool) -> None:
    """Say whether a deal file and each of its variants is sound, and show every fault at once."""
    from prenup.base.problems import DealError
    from prenup.base.wording import count

    case = open_case(file, None, (), as_json)
    faults: dict[str, tuple[Problem, ...]] = {}
    for name in (*case.deal.variants, *case.deal.outcomes):
        try:
            case.variant(name)
        except DealError as fault:
            faults[name] = fault.problems
    if faults:
        refuse(faults, as_json)
    if as_json:
        from prenup.show.as_json import problems_json

        click.echo(problems_json({"": case.deal.warnings}))
        return
    warn(case.deal.warnings)
    click.echo(
        f"{file}: no faults; {count(len(case.deal.terms), 'term')}, {count(len(case.sheet.rows), 'row')}, "
        f"{count(len(case.deal.variants), 'variant')}"
    )


@cli.command()
@click.argument("file", type=click.Path())
@click.option(
    "--as",
    "stage",
    type=click.Choice(["deal", "sheet", "ledger"]),
    default="deal",
    show_default=True,
    help="deal: the file as prenup reads it; sheet: every equation; ledger: who paid whom, by year.",
)
@click.option("--variant", metavar="NAME", help="Show the deal under one of its variants.")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Change a field first.")
def show(file: str, stage: str, variant: str | None, sets: tuple[str, ...]) -> None:
    """Show a deal at one of its stages."""
    case = open_case(file, variant, sets, False)
    if stage == "deal":
        click.echo(case.to_yaml(), nl=False)
    elif stage == "sheet":
        from prenup.sheet.printing import sheet_lines

        click.echo("\n".join(sheet_lines(case.sheet)))
    else:
        from prenup.show.cli.ledger import ledger_lines
        from prenup.show.cli.tables import terminal_width

        click.echo("\n".join(ledger_lines(case, terminal_width())))


@cli.command()
@click.argument("kind", required=False)
def terms(kind: str | None) -> None:
    """List the kinds of terms, drivers, events, classes and actions, or explain one."""
    from prenup.show.cli.reference import known_kinds, show_kind, show_kinds

    if kind is None:
        show_kinds()
    elif kind in known_kinds():
        show_kind(kind)
    else:
        from prenup.base.problems import nearest

        close = nearest(kind, known_kinds())
        raise click.UsageError(
            f"no kind is called {kind}" + (f"; did you mean {close}?" if close else "; prenup terms lists them")
        )


@cli.command()
def schema() -> None:
    """Print the JSON Schema of deal files, for editors."""
    import json

    from prenup.deal.schema import schema as make

    click.echo(json.dumps(make(), indent=2))


@cli.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def new(file: Path | None) -> None:
    """Print a commented deal to start from, or write it to FILE, which must not exist."""
    from prenup.base.files import write_whole
    from prenup.deal.starter import STARTER

    if file is None:
        click.echo(STARTER, nl=False)
        return
    if file.exists():
        click.echo(f"{file} exists already; choose another name", err=True)
        sys.exit(1)
    saving(lambda: write_whole(file, STARTER))
    click.echo(f"wrote {file}; try: prenup run {file}")


for command in ownership.COMMANDS:
    cli.add_command(command)


def main() -> None:
    """The program: what `prenup` on the command line calls."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a run has threads of its own; NumPy's would spin beside them
    gc.set_threshold(100_000)  # a run makes hardly any garbage in circles; at 700 objects it is looked for a hundred times
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that can't show a letter shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        cli.main(standalone_mode=False, prog_name="prenup")
    except click.exceptions.Exit as fault:
        sys.exit(fault.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(2)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        os._exit(130)  # without waiting for the blocks that are still at work
    except MemoryError:
        click.echo("there is not enough memory for this; try fewer --paths", err=True)
        sys.exit(1)
    finally:
        gc.freeze()  # or the interpreter, before it ends, looks for garbage in all that was loaded: a tenth of a run


def _output_failed(fault: OSError) -> NoReturn:
    """Whoever read the output has gone, which is no fault of ours, or there is no room for it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would fail again at the very end
    if fault.errno in (errno.EPIPE, errno.EINVAL):
        sys.exit(0)
    click.echo(f"can't write the output: {fault.strerror or fault}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
