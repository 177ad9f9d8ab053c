"""What share of a company a holder's claims are, by each method that a valuer would lay side by side, view by view.

A view is one drawing of what we don't know; the futures of a view are averaged, so that a method's range is ignorance alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from prenup.base.wording import count
from prenup.engine.reference import Array
from prenup.outcome.holdings import Holdings
from prenup.ownership.option_pricing import allocate, allocate_by, backsolve
from prenup.ownership.rows import PARTS
from prenup.ownership.tiers import tier_breakpoints
from prenup.ownership.waterfall import Line
from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Prev, Ref, where_
from prenup.sheet.sheet import Row


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its name, what it takes for granted, why it comes out as it does, and the share by view, (view,)."""

    title: str
    assumes: str
    because: str
    shares: Array


def claim_rows(party: str, term: str, names: list[str]) -> list[Row]:
    """Rows that add up what tiers pay after the moment, discounted to it: `claim.HOLDER`."""
    reached = Prev("moment.reached") > 0.0
    monthly: Expr = Op("pow", (ONE + Ref(f"{party}.valuation.discount"), Const(-1 / 12)))
    rows = [Row("claim.factor", where_(reached, Prev("claim.factor") * monthly, ONE), "discount to the moment", start=ONE)]
    for name in names:
        paid = Ref(f"{term}.owed.{name}") * Ref("claim.factor")
        rows.append(Row(f"claim.{name}", Prev(f"claim.{name}") + where_(reached, paid, ZERO), f"what {name} gets after it"))
    return rows


def methods(stood: Holdings, holder: str) -> Iterator[Method]:
    """Every method that the table's numbers allow, in the order in which they are shown."""
    yield _as_invested(stood, holder)
    equity = equity_of(stood)
    if equity is not None:
        yield _at_todays_value(stood, holder, equity)
    if f"claim.{holder}" in stood.rows:
        yield _own_value(stood, holder)
    if equity is not None:
        yield _option_pricing(stood, holder, equity)
    if stood.table.valuation is not None and stood.table.valuation.scenarios:
        yield _scenarios(stood, holder)
    if stood.table.valuation is not None:
        found = [n for n, p in enumerate(stood.table.valuation.precedents, 1) if p.holder == holder]
        if found:
            yield _precedents(stood, found)


def by_view(stood: Holdings, over: Array, under: Array | None = None) -> Array:
    """The mean over the futures of each view, (view,); of a quotient, the mean of one over the mean of the other."""
    _, place = np.unique(stood.view, return_inverse=True)
    counts = np.bincount(place)
    above: Array = np.bincount(place, weights=np.broadcast_to(over, place.shape)) / counts
    if under is None:
        return above
    below = np.bincount(place, weights=np.broadcast_to(under, place.shape)) / counts
    quotient: Array = np.divide(above, below, out=np.full(len(counts), np.nan), where=below > 0)
    return quotient


def equity_of(stood: Holdings) -> Array | None:
    """What all claims are worth: as assumed, or worked back from what was paid last; None where neither is said."""
    valuation = stood.table.valuation
    if valuation is None:
        return None
    if stood.has("valuation.equity"):
        return stood.row("valuation.equity")
    if valuation.last_round is None or stood.by_tiers:
        return None
    name = valuation.last_round.class_
    units = float(np.median(stood.units(name)))
    years, rate, volatility, price = (_median(stood, w) for w in ("years", "rate", "volatility", "last_price"))
    return np.full(len(stood.view), backsolve(median_lines(stood), name, units, price, volatility, years, rate))


def _as_invested(stood: Holdings, holder: str) -> Method:
    bought = [name for name in stood.table.classes if stood.has(f"{name}.bought")]
    if not bought:
        return Method(
            "As the units stand", "Fully diluted units, whatever they are paid first.",
            "units say who owns what, and nothing of who is paid first", by_view(stood, stood.share(holder)),
        )  # fmt: skip
    share = np.zeros(len(stood.view))
    for name in bought:  # those that come later dilute those before, in the order of the file
        part = stood.row(f"{name}.bought")
        share = share * (1.0 - part) + part * stood.row(f"{name}.part.{holder}")
    return Method(
        "As invested", "Each payment bought a part at the value of its day; later ones diluted it.",
        "it looks at what was paid, and not at what the claim may bring", by_view(stood, share),
    )  # fmt: skip


def _at_todays_value(stood: Holdings, holder: str, equity: Array) -> Method:
    _, paid = stood.paid(equity)
    title = "As converted from the profit tiers" if stood.by_tiers else "As if sold today"
    given = (
        "The company's value today runs through the tiers at once."
        if stood.by_tiers
        else "Today's value runs through the waterfall."
    )
    why = "it takes today's value for all that there will ever be, so caps that lie beyond it don't bind"
    if not stood.by_tiers:
        why = "preferences count in full, and nothing is left to chance"
    return Method(title, given, why, by_view(stood, _of(paid, holder, stood), equity))


def _own_value(stood: Holdings, holder: str) -> Method:
    claims = [values for name, values in stood.rows.items() if name.startswith("claim.") and name != "claim.factor"]
    whole = np.sum(claims, axis=0)
    return Method(
        "The claim's own value", "What the tiers pay after that day, at one rate of discount, over what they pay to all.",
        "it follows the deal's own profits path by path, to the end of the clock and no further",
        by_view(stood, stood.rows[f"claim.{holder}"], whole),
    )  # fmt: skip


def by_options(stood: Holdings, equity: Array) -> dict[str, Array]:
    """What each class is worth today where all claims are worth `equity`; each holder, where tiers divide. (path,) each."""
    volatility, years, rate = (stood.row(f"valuation.{what}") for what in ("volatility", "years", "rate"))
    if stood.by_tiers:
        return allocate_by(tier_breakpoints(stood.tiers, stood.received), equity, volatility, years, rate)
    return allocate(median_lines(stood), equity, volatility, years, rate)


def _option_pricing(stood: Holdings, holder: str, equity: Array) -> Method:
    worth = by_options(stood, equity)
    if stood.by_tiers:
        ours = _of(worth, holder, stood)
    else:
        ours = np.sum([worth[n] * stood.row(f"{n}.part.{holder}") for n in worth if holder in stood.holders(n)], axis=0)
    why = "it gives every claim its chance of more, which is worth most to what is paid last"
    if stood.by_tiers:
        why = "the value may rise far beyond today's, and a claim with a cap has no part in that"
    assumes = "Each breakpoint is an option on the company's value (Black-Scholes)."
    return Method("Option pricing", assumes, why, by_view(stood, ours, equity))


def _scenarios(stood: Holdings, holder: str) -> Method:
    valuation = stood.table.valuation
    assert valuation is not None
    ours, whole = np.zeros(len(stood.view)), np.zeros(len(stood.view))
    for number, _ in enumerate(valuation.scenarios, 1):
        probability, value, years = (stood.row(f"valuation.scenario.{number}.{w}") for w in ("probability", "value", "years"))
        weight = probability * (1.0 + stood.row("valuation.discount")) ** -years
        ours = ours + weight * _of(stood.paid(value)[1], holder, stood)
        whole = whole + weight * value
    return Method(
        "Scenarios, weighed", f"{len(valuation.scenarios)} ways in which it may end, by how likely each is.",
        "it rests on a few ends and on what we think of them", by_view(stood, ours, whole),
    )  # fmt: skip


def _precedents(stood: Holdings, numbers: list[int]) -> Method:
    rows = np.array([by_view(stood, stood.row(f"valuation.precedent.{number}")) for number in numbers])
    return Method(
        "Reported precedents", f"{count(len(numbers), 'share')} in print{', each as likely' if len(numbers) > 1 else ''}.",
        "it repeats what others have said, for reasons of their own", rows.ravel(),
    )  # fmt: skip


def _of(paid: Mapping[str, Array], holder: str, stood: Holdings) -> Array:
    """What a holder is paid; nothing where nothing is divided with it, as of tiers that don't name it."""
    return paid.get(holder, np.zeros(len(stood.view)))


def _median(stood: Holdings, what: str) -> float:
    return float(np.median(stood.row(f"valuation.{what}")))


def median_lines(stood: Holdings) -> list[Line]:
    """The lines with each number at its median."""
    return [
        Line(
            line.name, **{part: float(np.median(getattr(line, part))) for part in PARTS},
            seniority=line.seniority, residual=line.residual,
        )
        for line in stood.lines()
    ]  # fmt: skip
