"""Which conclusions rest on rumour: every unconfirmed number moved to the ends of its range, one at a time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prenup.base.quantity import UNCONFIRMED, Number
from prenup.base.wording import join, money
from prenup.deal.inventory import numbers
from prenup.engine.reference import Array
from prenup.outcome.run import Run
from prenup.questions._answer import Answer, Bars, Cell, Column, Table
from prenup.questions._question import AbstractQuestion, Asked

PATHS_EACH = 64
"""Paths of each randomisation at each setting: all settings see the same futures, so few suffice for a difference."""

PATHS_IN_ALL = 262_144
"""Paths at most, so that a deal of very many unknowns is answered too; then there are fewer at each setting."""

SHOWN = 12
"""Bars in a chart."""


@dataclass(frozen=True, slots=True)
class _Swing:
    """A party's mean value with one unknown at its low and at its high end."""

    number: Number
    low: float
    high: float

    @property
    def width(self) -> float:
        return abs(self.high - self.low)


class Rumour(AbstractQuestion):
    """How far each unknown number moves each party's value, and whether a conclusion hangs on an unconfirmed one."""

    name: ClassVar[str] = "rumour"

    def answer(self, asked: Asked) -> Answer | None:
        """What is confirmed and what hangs on a rumour, a tornado a party; None for a deal without numbers."""
        stated = numbers(asked.deal)
        if not stated:
            return None
        unknowns = list(asked.run.sheet.unknowns.values())
        sentences = [_count(stated)]
        if not unknowns:
            return Answer(self.name, "What rests on unconfirmed reports", (*sentences, "No number is given a range."))
        n_parts, n_settings = asked.settings.randomisations, 2 * len(unknowns) + 1
        each = max(2, min(PATHS_EACH, PATHS_IN_ALL // (n_parts * n_settings)))
        run = asked.under(one_at_a_time(list(asked.run.sheet.unknowns), n_parts), each, n_settings)
        parties = [p for p in run.sheet.parties if run.clauses(p)]
        swings = {party: _swings(run, party, unknowns) for party in parties}
        sentences += [_conclusion(run, party, *swings[party]) for party in parties]
        charts = tuple(_tornado(run, party, *swings[party]) for party in parties if any(s.width > 0 for s in swings[party][1]))
        return Answer(
            self.name,
            "What rests on unconfirmed reports",
            tuple(sentences),
            (_table(run, swings),),
            charts,
            ("Each unknown is moved alone to the 5% and the 95% point of its range; all others stay at their middle.",),
        )


def one_at_a_time(names: list[str], n_parts: int) -> dict[str, Array]:
    """Settings of the unknowns side by side: all at their middle, then each at its low and its high end in turn.

    Returns the uniform draw of each, (randomisation, 2 * len(names) + 1, 1).
    """
    settings = {}
    for index, name in enumerate(names):
        row = np.full(2 * len(names) + 1, 0.5)
        row[2 * index + 1], row[2 * index + 2] = 0.05, 0.95
        settings[name] = np.broadcast_to(row[None, :, None], (n_parts, len(row), 1)).copy()
    return settings


def _swings(run: Run, party: str, unknowns: list[Number]) -> tuple[float, list[_Swing]]:
    """A party's mean with all unknowns at their middle, and each unknown's swing, the widest first.

    Only futures that are sound under every setting count, so that a difference is due to the unknown alone.
    """
    sound = run.filled.sound.all(axis=1)
    worth = run.worth(party).swapaxes(1, 2)[sound]
    means = worth.mean(axis=0) if len(worth) else np.full(2 * len(unknowns) + 1, np.nan)
    found = [_Swing(n, float(means[2 * i + 1]), float(means[2 * i + 2])) for i, n in enumerate(unknowns)]
    return float(means[0]), sorted(found, key=lambda s: -s.width)


def _count(stated: list[Number]) -> str:
    counts = Counter(n.provenance.status or "unmarked" for n in stated)
    parts = [f"{counts[s]} {s}" for s in ("confirmed", *UNCONFIRMED, "unmarked") if counts[s]]
    return f"The deal rests on {len(stated)} numbers: {join(parts)}."


def _conclusion(run: Run, party: str, middle: float, swings: list[_Swing]) -> str:
    """Whether the sign of a party's value hangs on one number, and which moves it most."""
    title, currency = run.deal.party_title(party), run.deal.currency
    if not math.isfinite(middle):
        return f"{title}: no figure, for no path could be worked out under every setting."
    if not swings or swings[0].width == 0:
        return f"{title}: none of the unknown numbers moves this value."
    turning = [s for s in swings if (s.low > 0) != (middle > 0) or (s.high > 0) != (middle > 0)]
    first = swings[0]
    moved = (
        f"{label(run, first.number)} ({_status(first.number)}) moves it most, from {money(first.low, currency)} to "
        f"{money(first.high, currency)}"
    )
    moved = moved[0].upper() + moved[1:]
    if turning:
        names = join([f"{label(run, s.number)} ({_status(s.number)})" for s in turning[:3]])
        return f"{title}: whether this is a gain or a loss hangs on {names}. {moved}."
    return f"{title}: no single unknown turns the {'gain' if middle > 0 else 'loss'} around. {moved}."


def _status(number: Number) -> str:
    return number.provenance.status or "unmarked"


def label(run: Run, number: Number) -> str:
    """A number's place in the deal in words: `Azure supply, discount`; entries of a list count from 1."""
    parts = number.path.split(".")
    entry = run.deal.title_of(parts[1]) if len(parts) > 1 and parts[0] != "numbers" else ""
    if parts[0] == "parties":
        entry = run.deal.party_title(parts[1])
    words = parts[2:] if len(parts) > 2 else parts[1:]
    rest = " ".join(str(int(w) + 1) if w.isascii() and w.isdigit() else w for w in words).replace("_", " ")
    return f"{entry}, {rest}" if entry else rest


def _table(run: Run, swings: dict[str, tuple[float, list[_Swing]]]) -> Table:
    """All unknowns by the largest swing that they give any party."""
    width: dict[str, float] = {}
    number_at: dict[str, Number] = {}
    for _, found in swings.values():
        for swing in found:
            number_at[swing.number.path] = swing.number
            width[swing.number.path] = max(width.get(swing.number.path, 0.0), swing.width)
    columns = (
        Column("Number"),
        Column("Range"),
        Column("Status"),
        *(Column(f"{run.deal.party_title(p)}: low to high", "gain") for p in swings),
    )
    rows: list[tuple[Cell, ...]] = []
    by_path = {p: {s.number.path: s for s in found} for p, (_, found) in swings.items()}
    for path in sorted(width, key=lambda p: -width[p]):
        number = number_at[path]
        cells: tuple[Cell, ...] = tuple(by_path[p][path].high - by_path[p][path].low for p in swings)
        rows.append((label(run, number), number.text, _status(number), *cells))
    return Table("What each unknown moves, from the low to the high end of its range", columns, tuple(rows))


def _tornado(run: Run, party: str, middle: float, swings: list[_Swing]) -> Bars:
    shown = [s for s in swings if s.width > 0][:SHOWN]
    return Bars(
        f"What moves {run.deal.party_title(party)}'s value",
        run.deal.currency,
        tuple(label(run, s.number) for s in shown),
        tuple(s.low for s in shown),
        tuple(s.high for s in shown),
        middle,
        note="From the low end (5%) to the high end (95%) of each range; the line is the middle.",
        marks=tuple(_status(s.number) for s in shown),
    )
