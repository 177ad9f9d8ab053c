"""Tables of answers as the page shows them: losses in brackets, each party in its own colour."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from prenup.base.wording import money
from prenup.deal.model import Deal
from prenup.questions._answer import MONEY_UNITS, Answer, Cell, Column, Table, in_words
from prenup.show.report.figures import typeset

_COLOURS = ("#1d4e89", "#a8501b", "#3b7a57", "#7b3f75", "#80690a", "#2b7a8c", "#8c3b3b", "#54606e")
NEUTRAL = "#4a4a4a"
PLAIN = "#3d5a80"
"""The colours of what speaks of no party: in words and tables, and as a broad bar."""


class Palette:
    """One colour a party, the same everywhere on the page."""

    def __init__(self, deal: Deal) -> None:
        self._colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(deal.parties)}
        self._names = {deal.party_title(name): name for name in deal.parties}
        # Longest first: a title may begin with another party's.
        titles = sorted(self._names, key=lambda title: -len(title))
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(t)}(?!\w)" for t in titles) or r"(?!)")

    def of(self, name: str) -> str:
        """The colour of a party."""
        return self._colours.get(name, NEUTRAL)

    def named(self, text: str) -> list[str]:
        """The parties that a title speaks of, in its order."""
        return [self._names[match[0]] for match in self._pattern.finditer(text)]

    def first(self, text: str) -> str:
        """The colour of the first party that a title speaks of; a neutral one where it speaks of none."""
        return next((self.of(name) for name in self.named(text)), NEUTRAL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell: its text, whether it is a loss, and a second line below it."""

    text: str
    loss: bool = False
    below: str = ""
    below_loss: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; `figures` are set right, `colour` is that of the party it speaks of, if any."""

    title: str
    figures: bool
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to be set."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Shown, ...], ...]
    strong: tuple[int, ...] = ()
    note: str = ""


def shown(cell: Cell, unit: str, currency: str) -> Shown:
    """A cell in words; money below zero stands in brackets, as in accounts."""
    if cell is None:
        return Shown("–")
    if isinstance(cell, str):
        return Shown(typeset(cell))
    text = in_words(cell, unit, currency)
    if unit not in MONEY_UNITS or not math.isfinite(cell):
        return Shown(typeset(text))
    # What rounds to nothing has no sign in words, and is no loss.
    loss = text.startswith("-")
    return Shown(f"({text[1:]})" if loss else text.removeprefix("+"), loss)


def head(column: Column, palette: Palette) -> Head:
    """A column's head; one that speaks of a party carries its colour."""
    figures = column.unit != "text"
    return Head(column.title, figures, palette.first(column.title) if figures and palette.named(column.title) else "")


def grid(table: Table, deal: Deal, palette: Palette) -> Grid:
    """Any table of an answer."""
    rows = tuple(
        tuple(shown(cell, column.unit, deal.currency) for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    )
    return Grid(table.title, tuple(head(c, palette) for c in table.columns), rows, table.strong, typeset(table.note))


def changed(cell: Cell, currency: str) -> Shown:
    """A change in words: with a plus where it is a gain, in brackets where it is a loss."""
    found = shown(cell, "gain", currency)
    gain = isinstance(cell, float) and cell > 0 and found.text != money(0.0, currency)
    return Shown(f"+{found.text}") if gain else found


@dataclass(frozen=True, slots=True)
class VariantShown:
    """A variant: the sentence on it, and for each party what it has without and with it, and the change."""

    name: str
    title: str
    note: str
    sentence: str
    parties: tuple[tuple[Head, Shown, Shown, Shown], ...]


def variants(answer: Answer, deal: Deal, base: str, palette: Palette) -> tuple[VariantShown, ...]:
    """The variants of the comparison, the walk-away first."""
    names = [name for name in deal.variants if name != base]
    table = answer.tables[0]
    width = (len(table.columns) - 1) // 2
    found = []
    for name, sentence, row in zip(names, answer.sentences, table.rows[1:], strict=True):
        variant = deal.variants[name]
        parties = []
        for i in range(1, width + 1):
            before, after = (shown(cell, "gain", deal.currency) for cell in (table.rows[0][i], row[i]))
            change = changed(row[width + i], deal.currency)
            parties.append((head(table.columns[i], palette), before, after, change))
        title = variant.title or name.replace("_", " ")
        said = typeset(sentence.removeprefix(f"{title}: "))
        title = title[:1].upper() + title[1:]
        found.append(VariantShown(name, title, typeset(variant.note), said, tuple(parties)))
    return tuple(sorted(found, key=lambda v: v.name != "walk_away"))


def comparison(answer: Answer, deal: Deal, palette: Palette) -> Grid:
    """The comparison with each change below the value it leads to, so that the table stays narrow."""
    table = answer.tables[0]
    width = (len(table.columns) - 1) // 2
    rows = []
    for row in table.rows:
        cells = [shown(row[0], "text", deal.currency)]
        for i in range(1, width + 1):
            value, change = shown(row[i], "gain", deal.currency), changed(row[width + i], deal.currency)
            below = "" if row[width + i] is None else change.text
            cells.append(Shown(value.text, value.loss, below, change.loss))
        rows.append(tuple(cells))
    heads = tuple(head(c, palette) for c in table.columns[: width + 1])
    note = f"Below each value, in italics, the change against the deal. {table.note}"
    return Grid(table.title, heads, tuple(rows), table.strong, typeset(note))
