"""What a claim turns into: the share of a company that one holder should get, by every method, as a football field."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from prenup.deal.model import Deal
from prenup.engine.reference import Array
from prenup.outcome.holdings import AT_FIRST, Holdings, seen, tiers_of
from prenup.outcome.stake_methods import Method, by_view, claim_rows, equity_of, methods
from prenup.questions._answer import Answer, Cell, Column, Field, Table, in_words
from prenup.questions._question import AbstractQuestion, Asked

VIEWS = 256
"""Views of what is unknown; the paths of a run are shared out among them as futures."""

SAME = 1e-3
"""Shares that differ by less are one figure."""

LEAST = 0.15
"""The part of a method's variance that an unknown has to explain to be named."""


class Stake(AbstractQuestion):
    """The share of one party's company that a holder should get at a moment; what is left empty the table's `valuation` says."""

    name: ClassVar[str] = "stake"

    def __init__(self, of: str = "", company: str = "", at: str = "") -> None:
        self.of = of
        self.company = company
        self.at = at

    def answer(self, asked: Asked) -> Answer | None:
        """A football field, a table, and why the methods differ; None where no table says what a valuer would assume.

        Raises:
            ValueError: the company has no table, the holder no claim, or the moment is none of the deal.
        """
        deal = asked.deal
        valued = [name for name, table in deal.cap_tables.items() if table.valuation is not None]
        company = self.company or next(iter(valued or (deal.cap_tables if self.of else ())), "")
        if not company:
            return None
        if company not in deal.cap_tables:
            raise ValueError(f"{company} has no cap table; those that have: {', '.join(deal.cap_tables) or 'none'}")
        valuation = deal.cap_tables[company].valuation
        holder = self.of or (valuation.of if valuation else "")
        at = self.at or (valuation.at if valuation else "")
        if not holder:
            return None
        stood = _stood(asked, company, at)
        title = f"What stake {deal.party_title(holder)} should get in {deal.party_title(company)}"
        if not stood.reached:
            return Answer(self.name, title, (f"{stood.text[:1].upper()}{stood.text[1:]} is reached on no path.",))
        if holder not in stood.everybody:
            raise ValueError(f"{holder} holds nothing of {company}; those who do: {', '.join(stood.everybody)}")
        found = list(methods(stood, holder))
        return _answer(deal, stood, holder, title, found)


def _stood(asked: Asked, company: str, at: str) -> Holdings:
    """The table just before the moment: what is asked is what the claims turn into."""
    deal, term = asked.deal, asked.deal.cap_tables[company].tiers
    names = list(dict.fromkeys(name for tier in tiers_of(deal, company) for name in tier.shares))
    rows = claim_rows(company, term, names) if names and deal.cap_tables[company].valuation is not None else []
    paths = asked.settings.paths
    settings = replace(asked.settings, views=1 if asked.settings.views == 1 else min(VIEWS, paths))
    return seen(deal, asked.sheet, company, settings, at, rows=rows, progress=asked.progress).before


def _answer(deal: Deal, stood: Holdings, holder: str, title: str, found: list[Method]) -> Answer:
    ends = [_ends(method) for method in found]
    equity = equity_of(stood)
    worth = float(np.median(equity)) if equity is not None else float("nan")
    low, middle, high = zip(*ends, strict=True)
    chart = Field(
        f"{deal.party_title(holder)}'s share, by method", "percent", tuple(m.title for m in found), low, middle, high,
        tuple(m.assumes for m in found),
        note="Each bar: what we don't know moves the method from its 5% to its 95% point; the tick is its median.",
    )  # fmt: skip
    columns = (Column("Method"), Column("Low 5%", "percent"), Column("Middle", "percent"), Column("High 95%", "percent"),
               Column("Of today's value", "money"), Column("Moved most by"))  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for method, (a, b, c) in zip(found, ends, strict=True):
        rows.append((method.title, a, b, c, b * worth if np.isfinite(worth) else None, _moved_by(deal, stood, method)))
    note = (
        f"Of today's value: the middle of {in_words(worth, 'money', deal.currency)}, what all claims are taken to be worth."
        if np.isfinite(worth)
        else ""
    )
    table = Table("By method", columns, tuple(rows), note=note)
    notes = [f"Looked at just before {stood.text}." if stood.text != AT_FIRST else "Looked at as the table stands at first."]
    if stood.reached < 1:
        notes.append(f"Over the paths that get there, {in_words(stood.reached, 'percent', deal.currency)} of all.")
    return Answer("stake", title, tuple(_sentences(deal, holder, found, ends)), (table,), (chart,), tuple(notes))


def _ends(method: Method) -> tuple[float, float, float]:
    """The 5 %, 50 % and 95 % points over views; of a handful of reported figures, the ends themselves."""
    shares = method.shares[np.isfinite(method.shares)]
    if not len(shares):
        return float("nan"), float("nan"), float("nan")
    if np.ptp(shares) < 1e-12:
        return (float(shares[0]),) * 3
    low, middle, high = np.quantile(shares, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def _sentences(deal: Deal, holder: str, found: list[Method], ends: list[tuple[float, float, float]]) -> list[str]:
    """What the methods come to together, and why the lowest and the highest lie where they do."""
    who = deal.party_title(holder)
    placed = sorted(((e[1], m) for m, e in zip(found, ends, strict=True) if np.isfinite(e[1])), key=lambda pair: pair[0])
    if not placed:
        return ["No method gives a figure."]

    def said(share: float) -> str:
        return in_words(share, "percent", deal.currency)

    (least, lowest), (most, highest) = placed[0], placed[-1]
    if len(placed) == 1:
        return [f"One method can be worked out, {lowest.title.lower()}: {said(least)} for {who}."]
    centre = float(np.median([share for share, _ in placed]))
    sentences = [f"{who} should get between {said(least)} and {said(most)}, by the middles of {len(placed)} methods; the "
                 f"middle of these is {said(centre)}."]  # fmt: skip
    sentences.append(f"{lowest.title} gives least: {lowest.because}.")
    sentences.append(f"{highest.title} gives most: {highest.because}.")
    sentences += [f"{method.title}, {said(share)}: {method.because}." for share, method in placed[1:-1]]
    return sentences


def _moved_by(deal: Deal, stood: Holdings, method: Method) -> str:
    """The unknown whose ranks go most with those of the method's shares, where it explains enough of them."""
    shares = method.shares
    if len(shares) != len(np.unique(stood.view)):
        return "which report is believed"
    told = np.isfinite(shares)
    if np.ptp(shares[told]) < SAME if told.any() else True:
        return "nothing unknown"
    best, name = 0.0, ""
    for path in _unknowns(stood):
        values = by_view(stood, stood.rows[path])[told]
        if np.ptp(values) > 0:
            explained = float(np.corrcoef(_ranks(values), _ranks(shares[told]))[0, 1] ** 2)
            if explained > best:
                best, name = explained, path
    return f"{_called(deal, name)} ({in_words(best, 'percent', deal.currency)})" if best >= LEAST else "several, none by itself"


def _unknowns(stood: Holdings) -> list[str]:
    """The unknowns of which the run kept what each view drew."""
    return [name for name in stood.rows if name.startswith("unknown ")]


def _called(deal: Deal, name: str) -> str:
    """An unknown in words: what the entry that holds it is called, and the field."""
    section, *parts = name.removeprefix("unknown ").split(".")
    if section == "cap_tables" and parts[1] in ("classes", "actions"):
        table = deal.cap_tables[parts[0]]
        entry = (table.classes if parts[1] == "classes" else table.actions).get(parts[2])
        owner, rest = (entry.title if entry is not None else "") or parts[2], parts[3:]
    elif section == "cap_tables":
        valuation = deal.cap_tables[parts[0]].valuation
        owner, rest = "", parts[2:]
        if rest[0] == "scenarios" and valuation is not None:
            number = int(rest[1])
            owner, rest = valuation.scenarios[number].title or f"scenario {number + 1}", rest[2:]
    else:
        owner, rest = deal.title_of(parts[0]), parts[1:]
    field = " ".join(part.replace("_", " ") for part in rest if not part.isdecimal())
    return f"{owner.replace('_', ' ')}: {field}" if owner and field else owner.replace("_", " ") or field


def _ranks(values: Array) -> Array:
    return np.argsort(np.argsort(values)).astype(float)
