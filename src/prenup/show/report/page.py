"""The report as one page: answers first, then the working, the terms, every number's source, the limits."""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prenup import __version__
from prenup.base.wording import money
from prenup.deal.model import Deal
from prenup.pipeline import Result
from prenup.questions._answer import Answer, Bars, Chart, Fan, Field, Lines
from prenup.show.report import charts, grids, record
from prenup.show.report.drawing import Drawing
from prenup.show.report.field import field
from prenup.show.report.figures import day, typeset
from prenup.show.report.lines import lines
from prenup.show.report.words import Speaker

PLACED = ("value", "stake", "compare", "runway", "rumour", "flows")
"""Questions whose answers have a place of their own in the template (the stake right below what each side gets); any other
gets a section after them, in the order in which they were asked."""


def write_page(result: Result, out: Path) -> None:
    """Write the report of a result to a file, whole or not at all.

    Raises:
        OSError: the file can't be written; what was there before is still there.
    """
    text = page(result)
    part = out.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as fault:  # the name of the part would tell the reader nothing
        raise OSError(fault.errno, fault.strerror or str(fault), str(out)) from fault
    finally:
        part.unlink(missing_ok=True)


def page(result: Result) -> str:
    """The report as a text in HTML that needs nothing besides itself."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["whole"] = _whole
    return environment.get_template("page.html.j2").render(**_contents(result))


def _whole(escaped: str) -> str:
    """No line break between a minus and its figure; the text is escaped already."""
    return re.sub(r"−[$€£¥]?[\d.,]+\w*", r'<span class="whole">\g<0></span>', str(escaped))


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its title above and a note below."""

    title: str
    drawing: Drawing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What one party is left with, in a figure and a few sentences."""

    title: str
    colour: str
    mean: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Block:
    """An answer as the page shows it."""

    title: str
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    grids: tuple[grids.Grid, ...]
    notes: tuple[str, ...]


def _contents(result: Result) -> dict[str, Any]:
    """What the template fills in."""
    deal, run = result.case.deal, result.run
    answers = {answer.question: answer for answer in result.answers}
    palette = grids.Palette(deal)
    value, compare = answers.get("value"), answers.get("compare")
    blocks = {name: _block(answer, result, palette) for name, answer in answers.items()}
    return {
        "deal": deal,
        "run": run,
        "variant": deal.variant(run.variant),
        "as_of": day(deal.as_of) if deal.as_of else "",
        "first_day": day(deal.calendar.first_day),
        "last_day": day(deal.calendar.month_end(deal.calendar.n_months - 1)),
        "summary": typeset(deal.summary),
        "blocks": {name: blocks.get(name) for name in PLACED},
        "others": [block for name, block in blocks.items() if name not in PLACED],
        "cards": _cards(value, deal.currency, palette),
        "clause_figures": _clause_figures(value, result, palette),
        "variants": grids.variants(compare, deal, run.variant, palette) if compare else (),
        "comparison": grids.comparison(compare, deal, palette) if compare else None,
        "cash_error": f"{run.cash_error():.1e}".replace("-", "−"),
        "version": __version__,
        **_record(deal),
    }


def _record(deal: Deal) -> dict[str, Any]:
    """What the deal says: its entries in words, its numbers, its sources and its limits."""
    places, known = record.anchors(deal), record.sources(deal)
    speaker = Speaker(deal, places)
    groups = record.number_groups(deal, places, known)
    stated = [number for group in groups for number in group.numbers]
    return {
        "terms": record.entries(deal, speaker, "term", known),
        "drivers": record.entries(deal, speaker, "driver", known),
        "events": record.entries(deal, speaker, "event", known),
        "rows": record.other_rows(deal, speaker, known),
        "correlations": record.correlations(deal, speaker),
        "groups": groups,
        "n_numbers": len(stated),
        "unsure": sum(not number.confirmed for number in stated),
        "sources": list(known.values()),
        "limits": record.limits(deal),
    }


def _block(answer: Answer, result: Result, palette: grids.Palette) -> Block:
    drawn = tuple(_figure(chart, result, palette) for chart in answer.charts)
    tables = tuple(grids.grid(table, result.case.deal, palette) for table in answer.tables)
    sentences, notes = (tuple(typeset(text) for text in texts) for texts in (answer.sentences, answer.notes))
    return Block(answer.title, sentences, drawn, tables, notes)


def _figure(chart: Chart, result: Result, palette: grids.Palette) -> Figure:
    """A chart in the colours of the parties that its title speaks of."""
    if isinstance(chart, Bars):
        return Figure(chart.title, charts.tornado(chart, palette.first(chart.title)), typeset(chart.note))
    parties, deal = palette.named(chart.title), result.case.deal
    note = typeset(chart.note)
    if isinstance(chart, Field):
        return Figure(chart.title, field(chart, deal.currency, palette.of(parties[0]) if parties else grids.PLAIN), note)
    if isinstance(chart, Lines):
        return Figure(chart.title, lines(chart, deal.currency), note)
    if len(parties) > 1:  # from the first to the second: above zero the second receives
        sides = [(palette.of(name), f"to {deal.party_title(name)}") for name in (parties[1], parties[0])]
    else:
        sides = [(palette.first(chart.title), ""), (palette.first(chart.title), "")]
    if _by_year(chart) and deal.calendar.start.month != 1:
        note += f" {deal.calendar.start.year} counts from {deal.calendar.start:%B} on."
    return Figure(chart.title, charts.fan(chart, sides[0], sides[1]), note.strip())


def _by_year(chart: Fan) -> bool:
    return len(chart.dates) > 1 and (chart.dates[1] - chart.dates[0]).days > 300


def _cards(answer: Answer | None, currency: str, palette: grids.Palette) -> list[Card]:
    """A card a party: the mean, which is the first figure in its row of the first table, and the sentence on it."""
    if answer is None:
        return []
    table = answer.tables[0]
    cards = []
    for row, sentence in zip(table.rows, answer.sentences, strict=True):
        title = str(row[0])
        mean = next((cell for cell in row if isinstance(cell, float)), math.nan)
        said = typeset(sentence.removeprefix(f"{title}: "))
        cards.append(Card(title, palette.first(title), typeset(money(mean, currency)), said[:1].upper() + said[1:]))
    return cards


def _clause_figures(answer: Answer | None, result: Result, palette: grids.Palette) -> list[Figure]:
    """What each clause is worth, a chart a party, all on one scale."""
    if answer is None or len(answer.tables) < 2:
        return []
    table, currency = answer.tables[1], result.case.deal.currency
    columns = range(1, len(table.columns))
    all_values = [0.0, *(float(row[i]) for row in table.rows for i in columns if isinstance(row[i], float))]  # type: ignore[arg-type]
    reach = (min(all_values), max(all_values))
    figures = []
    for index in columns:
        title = table.columns[index].title
        rows = [(str(row[0]), value) for row in table.rows if isinstance(value := row[index], float)]
        drawing = charts.clauses(f"What each clause is worth to {title}", rows, currency, palette.first(title), reach)
        figures.append(Figure(title, drawing))
    return figures
