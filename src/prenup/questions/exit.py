"""Who gets what at an exit: payouts at one value or over a range, the breakpoints, and the value that gives somebody so much."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from prenup.base.wording import percent
from prenup.deal.model import Deal
from prenup.engine.reference import Array
from prenup.outcome.holdings import Holdings, seen
from prenup.outcome.stake_methods import by_options, equity_of, median_lines
from prenup.ownership.tiers import Tier, tier_breakpoints
from prenup.ownership.waterfall import Breakpoint, breakpoints
from prenup.questions._answer import Answer, Cell, Column, Lines, Table, in_words
from prenup.questions._question import AbstractQuestion, Asked

POINTS = 121
"""Exit values that a chart is drawn through, besides the breakpoints."""

SEEN_BEYOND = 1.6
"""How far beyond the last breakpoint a chart goes where nobody says."""


class Exit(AbstractQuestion):
    """What an exit pays to every class and holder of one party's table, as it stands at a moment.

    `values` are exit values in the deal's currency, `upto` the range of the chart, `target` a holder or a class with what it
    should get: a part of the exit value, or an amount.
    """

    name: ClassVar[str] = "exit"

    def __init__(
        self,
        party: str,
        at: str = "",
        values: Sequence[float] = (),
        upto: tuple[float, float] | None = None,
        target: tuple[str, float, bool] | None = None,
    ) -> None:
        self.party = party
        self.at = at
        self.values = tuple(values)
        self.upto = upto
        self.target = target

    def answer(self, asked: Asked) -> Answer:
        """Tables by holder and by class, breakpoints, a chart, and the value that was sought.

        Raises:
            ValueError: `at` or the target is nothing that the deal has, or nobody may have so much.
        """
        deal = asked.deal
        stood = seen(deal, asked.sheet, self.party, asked.settings, self.at, progress=asked.progress).after
        if not stood.reached:
            nowhere = f"{stood.text[:1].upper()}{stood.text[1:]} is reached on no path."
            return Answer(self.name, f"An exit of {deal.party_title(self.party)}", (nowhere,))
        points = _breakpoints(stood)
        low, high = self.upto or _range(points, self.values)
        sentences = [_said(deal, stood, value) for value in self.values]
        sentences += self._sought(deal, stood, high) if self.target else []
        tables = []
        if self.values:
            tables += [
                _paid_table(deal, stood, self.values, by_holder=True),
                _paid_table(deal, stood, self.values, by_holder=False),
            ]
        tables.append(_breakpoint_table(deal, stood, points))
        priced = _option_table(deal, stood)
        tables += [priced] if priced is not None else []
        title = f"An exit of {deal.party_title(self.party)}" + (f" after {stood.text}" if self.at else "")
        return Answer(
            self.name, title, tuple(sentences), tuple(tables), (_chart(deal, stood, points, low, high),), tuple(_notes(stood))
        )

    def _sought(self, deal: Deal, stood: Holdings, high: float) -> list[str]:
        """The exit value at which the target gets what it should."""
        assert self.target is not None
        name, wanted, is_part = self.target
        found = sought(stood, name, wanted, is_part=is_part, high=high)
        who, what = deal.party_title(name), percent(wanted) if is_part else in_words(wanted, "money", deal.currency)
        if found is None:
            return [f"No exit value pays {who} {what}."]
        worth = in_words(found, "money", deal.currency)
        mean = "on average " if _varies(stood) else ""
        return [f"{who} gets {mean}{what} at an exit value of {worth} (exactly {found:,.2f})."]


def sought(stood: Holdings, name: str, wanted: float, *, is_part: bool, high: float) -> float | None:
    """The lowest exit value at which a holder or a class gets a part of it, or an amount, on the mean of all paths; or None.

    Raises:
        ValueError: nobody is called so.
    """
    by_class, by_holder = stood.paid(max(high, 1.0))
    if name not in by_class and name not in by_holder:
        known = ", ".join(dict.fromkeys([*by_holder, *by_class]))
        raise ValueError(f"{name} is neither a holder nor a class of the table; it has {known}")

    def gap(value: float) -> float:
        classes, holders = stood.paid(value)
        mean = float(np.mean(holders[name] if name in holders else classes[name]))
        return (mean / value if is_part else mean) - wanted

    edges = [point.proceeds for point in _breakpoints(stood)] + [high * 4.0**step for step in range(12)]
    ends = sorted({float(np.median(edge)) for edge in edges if np.all(np.asarray(edge) > 0)})
    grid = np.unique(np.concatenate([[ends[0] * 1e-6], *(np.linspace(a, b, 9) for a, b in itertools.pairwise(ends))]))
    try:
        gaps = [gap(float(value)) for value in grid]
    except ValueError:  # beyond what anybody may have
        grid = grid[grid <= ends[-1]]
        gaps = [gap(float(value)) for value in grid]
    for a, b, left, right in zip(grid, grid[1:], gaps, gaps[1:], strict=False):
        if left == 0:
            return float(a)
        if left * right < 0 or right == 0:
            return _root(gap, float(a), float(b))
    return None


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that changes its sign between two points is zero: halved to the last digit."""
    sign = gap(low) > 0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (gap(middle) > 0) == sign:
            low = middle
        else:
            high = middle
    return high


def _breakpoints(stood: Holdings) -> list[Breakpoint]:
    """The breakpoints of the table, with every number at its median where paths differ."""
    if stood.by_tiers:
        tiers = [Tier({h: _middle(s) for h, s in t.shares.items()}, t.counted, _middle(t.up_to)) for t in stood.tiers]
        return list(tier_breakpoints(tiers, {h: _middle(a) for h, a in stood.received.items()}))
    return list(breakpoints(median_lines(stood)))


def _middle(values: float | Array) -> float:
    return float(np.median(values))


def _range(points: Sequence[Breakpoint], values: Sequence[float]) -> tuple[float, float]:
    last = max([float(np.median(p.proceeds)) for p in points if np.all(np.isfinite(p.proceeds))] + [*values, 0.0])
    return 0.0, SEEN_BEYOND * last if last > 0 else 1e6


def _said(deal: Deal, stood: Holdings, value: float) -> str:
    _, holders = stood.paid(value)
    ranked = sorted((h for h in holders if holders[h].any()), key=lambda h: -float(np.mean(holders[h])))
    words = [f"{deal.party_title(h)} {in_words(float(np.mean(holders[h])), 'money', deal.currency)}" for h in ranked[:3]]
    return f"At {in_words(value, 'money', deal.currency)}: {', '.join(words) or 'nobody is paid anything'}" + (
        "." if len(ranked) <= 3 else ", the rest to others."
    )


def _paid_table(deal: Deal, stood: Holdings, values: Sequence[float], *, by_holder: bool) -> Table:
    """What each holder or class is paid at each value, and what part of it that is."""
    noun = "Holder" if by_holder else "Class"
    columns = [Column(noun)]
    for value in values:
        worth = in_words(value, "money", deal.currency)
        columns += [Column(f"At {worth}", "amount"), Column(f"of {worth}", "share")]
    spread = _varies(stood) and len(values) == 1
    columns += [Column("Low 5%", "amount"), Column("High 95%", "amount")] if spread else []
    paid = [stood.paid(value)[1 if by_holder else 0] for value in values]
    rows: list[tuple[Cell, ...]] = []
    for name in [n for n in paid[0] if by_holder or stood.by_tiers or stood.holders(n)]:
        cells: list[Cell] = [deal.party_title(name) if by_holder else _class_title(stood, name)]
        for value, amounts in zip(values, paid, strict=True):
            mean = _mean(amounts[name])
            cells += [mean, mean / value if value else None]
        if spread:
            cells += [float(q) for q in np.quantile(amounts[name], (0.05, 0.95))]
        rows.append(tuple(cells))
    rows.sort(key=lambda row: -float(row[1] or 0.0))
    sums: list[Cell] = ["Total"]
    for value, amounts in zip(values, paid, strict=True):
        whole = sum(_mean(amount) for amount in amounts.values())
        sums += [whole, whole / value if value else None]
    rows.append((*sums, *([None, None] if spread else [])))
    return Table(f"Paid by {noun.lower()}", tuple(columns), tuple(rows), (len(rows) - 1,))


def _breakpoint_table(deal: Deal, stood: Holdings, points: Sequence[Breakpoint]) -> Table:
    """Where somebody begins to be paid otherwise, and who gets how much of each further dollar."""
    names = list(dict.fromkeys(name for point in points for name in point.share))
    titles = [deal.party_title(n) if stood.by_tiers else _class_title(stood, n) for n in names]
    columns = (Column("From an exit value of", "amount"), Column("Common unit", "price"), Column("What happens"),
               *(Column(title, "share") for title in titles))  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for point in points:
        price = None if point.price is None else float(np.median(point.price))
        shares = [float(np.median(point.share.get(name, 0.0))) for name in names]
        rows.append((float(np.median(point.proceeds)), price, _what(stood, point), *(share or None for share in shares)))
    return Table(
        "Breakpoints", columns, tuple(rows), note="On the right: who gets what part of each further dollar, up to the next."
    )


def _option_table(deal: Deal, stood: Holdings) -> Table | None:
    """What each class is worth today by option pricing; None where the table assumes nothing about value."""
    equity = equity_of(stood)
    if equity is None:
        return None
    worth = by_options(stood, equity)
    rows: list[tuple[Cell, ...]] = []
    whole = float(np.mean(equity))
    for name, values in worth.items():
        units = _mean(stood.row(f"{name}.outstanding") if _in_money(stood, name) else stood.units(name))
        title = deal.party_title(name) if stood.by_tiers else _class_title(stood, name)
        mean = _mean(values)
        rows.append((title, mean, mean / units if units and not stood.by_tiers else None, mean / whole))
    rows.append(("All claims", whole, None, 1.0))
    columns = (Column("Holder" if stood.by_tiers else "Class"), Column("Worth today", "amount"), Column("A unit", "price"),
               Column("Part", "share"))  # fmt: skip
    stated = "as assumed" if stood.has("valuation.equity") else "worked back from what was paid last"
    note = f"Black-Scholes on the breakpoints above; all claims {stated}. Before any discount for lack of marketability."
    return Table("By option pricing", columns, tuple(rows), (len(rows) - 1,), note)


def _in_money(stood: Holdings, name: str) -> bool:
    entry = stood.table.classes.get(name)
    return entry is not None and entry.in_money


def _chart(deal: Deal, stood: Holdings, points: Sequence[Breakpoint], low: float, high: float) -> Lines:
    """Payout by class over exit values."""
    breaks = [float(np.median(point.proceeds)) for point in points]
    x = np.unique([*np.linspace(low, high, POINTS), *(b for b in breaks if low <= b <= high)])
    paid = [stood.paid_by_class(float(value)) for value in x]
    names = [name for name in paid[0] if any(np.any(each[name]) for each in paid)]
    y = tuple(tuple(_mean(each[name]) for each in paid) for name in names)
    titles = tuple(deal.party_title(n) if stood.by_tiers else _class_title(stood, n) for n in names)
    marks = tuple((_what(stood, point), b) for point, b in zip(points, breaks, strict=True) if 0 < b <= high)
    what = "holder" if stood.by_tiers else "class"
    return Lines(f"Payout by {what} at each exit value", "Exit value", "money", "money", tuple(map(float, x)), titles, y, marks)


def _what(stood: Holdings, point: Breakpoint) -> str:
    """What happens at a breakpoint, with classes by their titles."""
    return re.sub(r"\w+", lambda word: _class_title(stood, word[0]) if word[0] in stood.table.classes else word[0], point.what)


def _class_title(stood: Holdings, name: str) -> str:
    entry = stood.table.classes.get(name)
    return (entry.title if entry is not None else "") or name.replace("_", " ")


def _notes(stood: Holdings) -> list[str]:
    found = ["Each class converts or is exercised where that pays it more; the strike of options is netted."]
    if _varies(stood):
        found.append("Numbers of the table differ by path: amounts are means, breakpoints at the median of each number.")
    return found


def _varies(stood: Holdings) -> bool:
    used = [values for name, values in stood.rows.items() if ".claim." in name or ".tiers." in name]
    return any(len(values) and bool(np.ptp(values) > 0) for values in used)


def _mean(values: Array) -> float:
    values = np.asarray(values)
    return float(values.flat[0]) if values.size and not np.ptp(values) else float(np.mean(values))
