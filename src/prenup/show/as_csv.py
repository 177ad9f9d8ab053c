"""A run as CSV files, one a table and one a chart, for whoever goes on in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from prenup.base.files import write_whole
from prenup.pipeline import Result
from prenup.questions._answer import Answer, Bars, Chart


def write_csv(result: Result, folder: Path) -> list[Path]:
    """Write `values.csv` (party, clause, mean, error, median, low, high, unknown) and a file for each table and chart.

    Figures are in the deal's currency and in fractions, not rounded.

    Raises:
        OSError: the folder can't be made or written to.
    """
    run = result.run
    lines: list[Sequence[object]] = []
    for party in run.sheet.parties:
        for clause in (*run.clauses(party), None):
            s = run.summary(party, clause)
            lines.append((party, clause or "total", run.moves(clause) if clause else "", s.mean, s.error, s.median, s.low, s.high, s.unknown))
    heads = ("party", "clause", "between", "mean", "error", "median", "low", "high", "unknown")
    written = [_write(folder / "values.csv", heads, lines)]
    for answer in result.answers:
        written += _tables(answer, folder)
        written += [_chart(answer, chart, folder) for chart in answer.charts]
    return written


def _tables(answer: Answer, folder: Path) -> list[Path]:
    return [
        _write(folder / f"{_slug(answer.question, table.title)}.csv", [c.title for c in table.columns], table.rows)
        for table in answer.tables
    ]


def _chart(answer: Answer, chart: Chart, folder: Path) -> Path:
    path = folder / f"{_slug(answer.question, chart.title)}.csv"
    if isinstance(chart, Bars):
        return _write(path, ("label", "low", "middle", "high"),
                      [(label, low, chart.middle, high) for label, low, high in zip(chart.labels, chart.low, chart.high, strict=True)])
    heads = ["date", *(f"{q:g}" for q in chart.quantiles)]
    return _write(path, heads, [(day, *values) for day, *values in zip(chart.dates, *chart.bands, strict=True)])


def _slug(*words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:80]


def _write(path: Path, heads: Sequence[str], lines: Iterable[Sequence[object]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([["" if cell is None else cell for cell in line] for line in lines])
    write_whole(path, text.getvalue())
    return path
