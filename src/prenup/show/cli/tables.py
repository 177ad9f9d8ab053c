"""Answers in a terminal: titles on lines of their own, sentences wrapped, tables cut where they would not fit."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import click
from rich.cells import cell_len

from prenup.outcome.run import Run
from prenup.questions._answer import Answer, Cell, Column, Table, in_words

WIDTH = 100
"""Columns of a terminal that everything fits into; a narrower terminal gets narrower tables."""

NARROWEST = 40
GAP = 2
FIRST, TEXT = 30, 34
"""What a first column that has to give way, and any other column of words, may take before it is wrapped."""

HEADS = (20, 12)
"""What a heading may take; less where the table would not fit otherwise."""


def terminal_width() -> int:
    """The columns to fill: at most 100, whatever the terminal; 100 where there is none."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(NARROWEST, min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH))


def head_lines(run: Run, width: int) -> Iterator[str]:
    """The deal's name, its date, and what was run."""
    deal = run.deal
    found = deal.variant(run.variant)
    variant = (found.title if found is not None else "") or run.variant.replace("_", " ")
    for line in wrapped(deal.title + (f", variant: {variant}" if variant else ""), width):
        yield click.style(line, bold=True)
    as_of = f"as of {deal.as_of}, " if deal.as_of else ""
    yield f"{as_of}{deal.calendar.first_day} to {deal.calendar.ends[-1]}, in {deal.currency}"


def answer_lines(answer: Answer, currency: str, width: int) -> Iterator[str]:
    """One answer: title, tables, then sentences and notes."""
    yield ""
    for line in wrapped(answer.title, width):
        yield click.style(line, bold=True)
    for table in answer.tables:
        yield ""
        yield from table_lines(table, currency, width, titled=table.title != answer.title)
    if answer.sentences:
        yield ""
    for sentence in answer.sentences:
        for number, line in enumerate(wrapped(sentence, width - GAP)):
            yield ("  " if number else "- ") + line
    if answer.notes:
        yield ""
    for note in answer.notes:
        yield from (click.style(line, dim=True) for line in wrapped(note, width))


def table_lines(table: Table, currency: str, width: int, *, titled: bool = True) -> Iterator[str]:
    """A table, in several of the same first column where it is too wide. Words are wrapped, figures never cut."""
    wide, narrow = (_laid_out(table, currency, width, head) for head in HEADS)
    columns, first, parts = wide if len(wide[2]) == 1 else narrow
    for number, part in enumerate(parts):
        if number:
            yield ""
        if titled or number:
            yield from wrapped(table.title + (" (continued)" if number else ""), width)
        shown = [columns[0], *(columns[i] for i in part)]
        widths = [first, *(min(columns[i].width, width - first - GAP) for i in part)]
        heads = [
            wrapped(c.column.title, w if not n else min(w, c.width)) for n, (c, w) in enumerate(zip(shown, widths, strict=True))
        ]
        tallest = max(len(h) for h in heads)
        yield from _row([[""] * (tallest - len(h)) + h for h in heads], shown, widths, strong=True)
        yield "-" * (sum(widths) + GAP * (len(widths) - 1))
        for index in range(len(table.rows)):
            cells = [wrapped(c.texts[index], w) for c, w in zip(shown, widths, strict=True)]
            yield from _row(cells, shown, widths, strong=index in table.strong)
    if table.note:
        yield from (click.style(line, dim=True) for line in wrapped(table.note, width))


def _laid_out(table: Table, currency: str, width: int, head: int) -> tuple[list[_Column], int, list[list[int]]]:
    """The columns with headings of at most `head`, the width of the first, and the others in parts that fit."""
    columns = [_Column(c, [row[i] for row in table.rows], currency, head) for i, c in enumerate(table.columns)]
    first, *others = columns
    return columns, *_fitting([max(first.longest, first.width), *(c.width for c in others)], width)


class _Column:
    """A column with its cells as texts and the width that it asks for."""

    def __init__(self, column: Column, cells: list[Cell], currency: str, head: int) -> None:
        self.column = column
        self.texts = [cell_text(cell, column, currency) for cell in cells]
        self.words = column.unit == "text"
        longest = max([cell_len(text) for text in self.texts], default=1)
        self.longest = longest
        body = min(longest, TEXT) if self.words else longest
        self.width = max(body, *(cell_len(line) for line in wrapped(column.title, max(head, body))), 1)


def _fitting(widths: list[int], width: int) -> tuple[int, list[list[int]]]:
    """The width of the first column, and the other columns in parts that fit beside it."""
    others = list(range(1, len(widths)))
    room = width - sum(widths[i] + GAP for i in others)
    if room >= min(widths[0], FIRST):
        return min(widths[0], room), [others]
    first = min(widths[0], FIRST, width // 2)
    parts: list[list[int]] = [[]]
    used = first
    for index in others:
        if parts[-1] and used + widths[index] + GAP > width:
            parts.append([])
            used = first
        parts[-1].append(index)
        used += widths[index] + GAP
    return first, parts


def _row(cells: list[list[str]], columns: list[_Column], widths: list[int], *, strong: bool) -> Iterator[str]:
    """The lines of one row, each cell wrapped already: words to the left, figures to the right."""
    for pieces in zip_longest(*cells, fillvalue=""):
        padded = [_padded(piece, w, left=c.words) for piece, c, w in zip(pieces, columns, widths, strict=True)]
        yield click.style((" " * GAP).join(padded).rstrip(), bold=True) if strong else (" " * GAP).join(padded).rstrip()


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - cell_len(text))
    return text + space if left else space + text


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns of a terminal, cut between words where that is possible.

    What a terminal would take for a command of its own is shown as a question mark.
    """
    lines = [""]
    for word in _pieces(text, max(width, 1)):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _pieces(text: str, width: int) -> Iterable[str]:
    """The words of a text, those longer than a line in parts."""
    for word in text.split():
        rest = "".join(c if c.isprintable() else "?" for c in word)
        while cell_len(rest) > width:
            cut = max(1, next(n for n in range(len(rest), 0, -1) if n == 1 or cell_len(rest[:n]) <= width))
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def cell_text(cell: Cell, column: Column, currency: str) -> str:
    """A figure in its column's unit; a dash where there is nothing, `n/a` where a figure could not be worked out."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return in_words(cell, column.unit, currency)
