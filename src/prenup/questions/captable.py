"""Who owns what: a cap table at first, or before and after something happens, issued and fully diluted."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from prenup.base.wording import count, percent
from prenup.deal.model import Deal
from prenup.engine.reference import Array
from prenup.outcome.holdings import Holdings, Seen, seen
from prenup.questions._answer import Answer, Cell, Column, Table, in_words
from prenup.questions._question import AbstractQuestion, Asked

VARIES = 1e-9
"""A share that differs by less from path to path is one number."""


class CapTable(AbstractQuestion):
    """How one party's capital is divided, `at` a day, an event or an action; at first where that is empty.

    Without a party it is the first that has a table.
    """

    name: ClassVar[str] = "captable"

    def __init__(self, party: str = "", at: str = "") -> None:
        self.party = party
        self.at = at

    def answer(self, asked: Asked) -> Answer | None:
        """A table by holder, one by class, and what changes for whom; None where no party has a table.

        Raises:
            ValueError: `at` is no moment of the deal; the message says what there is.
        """
        deal = asked.deal
        party = self.party or next(iter(deal.cap_tables), "")
        if not party:
            return None
        found = seen(deal, asked.sheet, party, asked.settings, self.at, progress=asked.progress)
        company, after = deal.party_title(party), found.after
        if not after.reached:
            sentence = f"{after.text} is reached on no path, so that there is no table to show."
            return Answer(self.name, f"Who owns {company}", (sentence[:1].upper() + sentence[1:],))
        title = f"Who owns {company}" + (f", after {after.text}" if self.at else "")
        tables = (_by_holder(deal, found, changes=bool(self.at)), _by_class(deal, after))
        return Answer(self.name, title, tuple(_sentences(deal, found, self.at)), tables, (), tuple(_notes(after)))


def _by_holder(deal: Deal, found: Seen, *, changes: bool) -> Table:
    """Each holder's units and shares; before and after, where something happens."""
    after, before = found.after, found.before
    spread = any(_varies(after.share(holder)) for holder in after.everybody)
    columns = [Column("Holder"), Column("Issued, as common", "number"), Column("Issued", "share")]
    columns += [Column("Fully diluted units", "number"), Column("Fully diluted", "share")]
    columns += [Column("Low 5%", "share"), Column("High 95%", "share")] if spread else []
    columns += [Column("Before", "share")] if changes else []
    rows: list[tuple[Cell, ...]] = []
    holders = sorted(after.everybody, key=lambda h: -float(np.mean(after.held(h))))
    for holder in [h for h in holders if after.held(h).any() or before.held(h).any()]:
        share = after.share(holder)
        line: list[Cell] = [deal.party_title(holder), _mean(after.held(holder, "outstanding"))]
        line += [_mean(after.share(holder, "outstanding")), _mean(after.held(holder)), _mean(share)]
        line += list(_ends(share)) if spread else []
        line += [_mean(before.share(holder))] if changes else []
        rows.append(tuple(line))
    unheld, unheld_before = _unheld(after), _unheld(before)
    whole, first = after.row("diluted"), before.row("diluted")
    if unheld.any() or unheld_before.any():
        part = _over(unheld, whole)
        line = ["Reserved, held by nobody", 0.0, 0.0, _mean(unheld), _mean(part), *(_ends(part) if spread else ())]
        rows.append((*line, *([_mean(_over(unheld_before, first))] if changes else [])))
    last: list[Cell] = ["Total", _mean(after.row("outstanding")), 1.0 if after.row("outstanding").any() else 0.0]
    last += [_mean(whole), 1.0, *((None, None) if spread else ()), *([1.0] if changes else [])]
    rows.append(tuple(last))
    note = "Issued: without options, warrants, the pool and what has not converted. Fully diluted: with all of them."
    return Table("By holder", tuple(columns), tuple(rows), (len(rows) - 1,), note)


def _by_class(deal: Deal, after: Holdings) -> Table:
    """Each class: what is outstanding, its units as common, and what it is paid first."""
    money = [Column("Paid first at an exit", "amount")]
    columns = [Column("Class"), Column("Kind"), Column("Outstanding", "number"), Column("As common", "number")]
    columns += [Column("Fully diluted", "share"), Column("Price of a unit", "price"), *money]
    whole = after.row("diluted")
    rows: list[tuple[Cell, ...]] = []
    for name, entry in after.table.classes.items():
        # of a safe or a note, what has converted is units; what has not is money
        units = after.row(f"{name}.outstanding") if entry.in_money else after.units(name)
        first = after.row(f"{name}.claim.preference")
        diluted = after.row(f"{name}.diluted")
        title = entry.title or name.replace("_", " ")
        part = _mean(_over(diluted, whole)) if entry.dilutes else None
        price = after.row(f"{name}.price")
        if entry.in_money and entry.kind in ("safe", "note"):  # what a unit came to, or comes to at the cap
            put_in = after.row(f"{name}.turned") if after.row(f"{name}.turned").any() else first
            price = _over(put_in, diluted)
        shown = [_mean(values) if values.any() else None for values in (price, first)]
        rows.append((title, entry.kind.replace("_", " "), _mean(units), _mean(diluted), part, *shown))
    note = "Money that has not converted counts as common at its cap; without a cap it has no units before a round."
    return Table(
        "By class", tuple(columns), tuple(rows), note=note if any(e.in_money for e in after.table.classes.values()) else ""
    )


def _sentences(deal: Deal, found: Seen, at: str) -> list[str]:
    after, before = found.after, found.before
    company = deal.party_title(after.party)
    holders = [h for h in after.everybody if after.share(h).any() or before.share(h).any()]
    holders.sort(key=lambda h: -float(np.mean(after.share(h))))
    largest = [f"{deal.party_title(h)} {in_words(_mean(after.share(h)), 'share', deal.currency)}" for h in holders[:3]]
    end = "." if len(holders) <= 3 else "; and others."
    sentences = [f"Fully diluted, the units of {company} are held by {'; '.join(largest)}{end}"]
    if after.by_tiers:
        tiers = deal.title_of(after.table.tiers)
        sentences.append(
            f"Units say who put in what. What is paid out is divided by the tiers of {tiers}, until the claims change."
        )
    if at:
        moved = sorted(holders, key=lambda h: -abs(_mean(after.share(h)) - _mean(before.share(h))))
        for holder in moved[:2]:
            was, now = (in_words(_mean(side.share(holder)), "share", deal.currency) for side in (before, after))
            if was != now:
                sentences.append(f"{deal.party_title(holder)}: {was} before, {now} after.")
    return sentences


def _notes(after: Holdings) -> list[str]:
    if after.reached < 1:
        return [f"Means over the {percent(after.reached)} of paths that get there, {count(len(after.view), 'path')}."]
    spread = any(_varies(after.share(holder)) for holder in after.everybody)
    return [f"Means over {count(len(after.view), 'path')}; low and high are the 5% and 95% points."] if spread else []


def _unheld(holdings: Holdings) -> Array:
    """Units in pools."""
    parts = [holdings.row(f"{n}.diluted") for n, c in holdings.table.classes.items() if c.dilutes and not holdings.holders(n)]
    return np.sum(parts, axis=0) if parts else np.zeros(len(holdings.view))


def _over(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _mean(values: Array) -> float:
    """The mean; the number itself where it is the same on every path."""
    return float(values[0]) if len(values) and not np.ptp(values) else float(np.mean(values)) if len(values) else float("nan")


def _ends(values: Array) -> tuple[float, float]:
    low, high = np.quantile(values, (0.05, 0.95))
    return float(low), float(high)


def _varies(values: Array) -> bool:
    return bool(len(values)) and float(np.ptp(values)) > VARIES
