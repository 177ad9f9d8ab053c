"""A run as CSV files, one a table and one a chart, for whoever goes on in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from prenup.base.files import write_whole
from prenup.outcome.run import COLUMNS
from prenup.pipeline import Result
from prenup.questions._answer import Bars, Chart, Field, Lines

_COMMAND = re.compile(r"[=@\t\r]|[-+](?![\d.$€£¥])")
"""How a text begins that a spreadsheet would carry out instead of showing it."""


def write_csv(result: Result, folder: Path) -> list[Path]:
    """Write `values.csv` (the columns of `Run.values`) and a file for each table and each chart.

    Figures are in the deal's currency and in fractions, not rounded; an empty cell is a figure that there is none of.

    Raises:
        OSError: the folder can't be made or written to.
    """
    files: dict[str, tuple[Sequence[str], Iterable[Sequence[object]]]] = {"values": (COLUMNS, result.run.lines())}
    for answer in result.answers:
        for table in answer.tables:
            files[_name(files, answer.question, table.title)] = [c.title for c in table.columns], table.rows
        for chart in answer.charts:
            files[_name(files, answer.question, chart.title)] = _chart(chart)
    return [_write(folder / f"{name}.csv", heads, lines) for name, (heads, lines) in files.items()]


def _chart(chart: Chart) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """What a chart shows, under headings: bars or methods with their ends, places with curves, dates with quantiles."""
    if isinstance(chart, Bars):
        marks = chart.marks or [""] * len(chart.labels)
        bars = zip(chart.labels, chart.low, chart.high, marks, strict=True)
        return ("label", "low", "middle", "high", "status"), [
            (label, low, chart.middle, high, mark) for label, low, high, mark in bars
        ]
    if isinstance(chart, Field):
        assumes = [*chart.assumes, *[""] * len(chart.labels)][: len(chart.labels)]
        methods = zip(chart.labels, chart.low, chart.middle, chart.high, assumes, strict=True)
        return ("label", "what", "low", "middle", "high", "assumes"), [
            *((label, "method", *figures) for label, *figures in methods),
            *((name, "reference line", None, value, None, None) for name, value in chart.marks),
        ]
    if isinstance(chart, Lines):
        lines: list[tuple[float, Sequence[object]]] = [
            *((x, (*values, None)) for x, *values in zip(chart.x, *chart.y, strict=True)),
            *((x, (*[None] * len(chart.labels), name)) for name, x in chart.marks),
        ]
        return (chart.x_title, *chart.labels, "mark"), [(x, *cells) for x, cells in sorted(lines, key=lambda line: line[0])]
    heads = ["date", *(f"{q:g}" for q in chart.quantiles)]
    return heads, [(day, *values) for day, *values in zip(chart.dates, *chart.bands, strict=True)]


def _name(taken: Container[str], *words: str) -> str:
    """A file name from words, with a number where another file has it already."""
    stem = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:80]
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name


def _cell(value: object) -> object:
    """A cell as it is written: nothing for what is no figure, words so that no spreadsheet takes them for a command."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return f"'{value}" if isinstance(value, str) and _COMMAND.match(value) else value


def _write(path: Path, heads: Sequence[str], lines: Iterable[Sequence[object]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[_cell(cell) for cell in line] for line in (heads, *lines)])
    write_whole(path, text.getvalue())
    return path
