"""Answers in a terminal: sentences wrapped, tables that fit, colour only where there is a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from prenup.base import wording
from prenup.outcome.run import Run
from prenup.questions._answer import Answer, Cell, Column, Table

WIDTH = 100
"""Columns of a terminal that tables fit into."""


def console(*, stderr: bool = False) -> Console:
    """The terminal, or plain text of 100 columns where there is none."""
    found = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not found.is_terminal or found.width > WIDTH:
        found = Console(stderr=stderr, highlight=False, width=WIDTH, no_color=not found.is_terminal)
    return found


def show_answer(out: Console, answer: Answer, currency: str) -> None:
    """One answer: title, tables, then sentences and notes."""
    out.print(f"\n[bold]{escape(answer.title)}[/bold]")
    for table in answer.tables:
        show_table(out, table, currency)
    for sentence in answer.sentences:
        out.print(f"- {escape(sentence)}")
    for note in answer.notes:
        out.print(f"[dim]{escape(note)}[/dim]")


def show_table(out: Console, table: Table, currency: str) -> None:
    """A table, cut into several of the same first column where it is too wide for the terminal."""
    for part in _fitting(table, currency, out.width):
        grid = Grid(title=escape(part.title), title_justify="left", title_style="", header_style="bold", box=None,
                    padding=(0, 2, 0, 0), pad_edge=False)
        for column in part.columns:
            grid.add_column(escape(column.title), justify="left" if column.unit == "text" else "right",
                            overflow="fold", no_wrap=column.unit != "text")
        for number, row in enumerate(part.rows):
            cells = [escape(cell_text(c, col, currency)) for c, col in zip(row, part.columns, strict=True)]
            grid.add_row(*cells, style="bold" if number in part.strong else "")
        out.print(grid)
    if table.note:
        out.print(f"[dim]{escape(table.note)}[/dim]")
    out.print()


def _fitting(table: Table, currency: str, width: int) -> list[Table]:
    """The table as it is, or in parts that fit: the first column is repeated."""
    widths = [_width(table, i, currency) for i in range(len(table.columns))]
    first = min(widths[0], 34)
    groups: list[list[int]] = [[]]
    used = first
    for index in range(1, len(widths)):
        if groups[-1] and used + widths[index] + 2 > width:
            groups.append([])
            used = first
        groups[-1].append(index)
        used += widths[index] + 2
    if len(groups) == 1:
        return [table]
    return [
        Table(table.title, tuple(table.columns[i] for i in (0, *group)), tuple(tuple(r[i] for i in (0, *group)) for r in table.rows), table.strong)
        for group in groups
    ]


def _width(table: Table, index: int, currency: str) -> int:
    column = table.columns[index]
    cells = [len(cell_text(row[index], column, currency)) for row in table.rows]
    return min(max([len(column.title), *cells]), 34)


def cell_text(cell: Cell, column: Column, currency: str) -> str:
    """A figure in its column's unit; a dash where there is nothing."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if column.unit in ("money", "gain"):
        return wording.money(cell, currency, signed=column.unit == "gain")
    return wording.percent(cell) if column.unit == "percent" else f"{cell:,.6g}"


def show_head(out: Console, run: Run) -> None:
    """The deal's name, its date, and what was run."""
    deal = run.deal
    out.print(f"[bold]{escape(deal.title)}[/bold]" + (f" - variant {escape(run.variant)}" if run.variant else ""))
    as_of = f"as of {deal.as_of}, " if deal.as_of else ""
    out.print(f"{as_of}{deal.calendar.first_day} to {deal.calendar.month_end(deal.calendar.n_months - 1)}, in {deal.currency}")
