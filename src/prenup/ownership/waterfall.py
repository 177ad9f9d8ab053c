"""Who is paid what when a company is sold: first preferences by seniority, then everybody by the price of a common unit.

Every class of claims is paid a rising, piecewise linear function of one number, the price p of a common unit:

    payout(p) = max(min(preference + shares × max(p − strike, 0), cap), converts × p)

So the sum over all classes rises with p too, and p is where the sum is what there is to pay out. Up to the sum of all
preferences p is 0, and preferences are paid by seniority. Who converts, and who exercises, comes out of it: a line
converts where that pays it more at this price. Nobody gains by choosing otherwise alone: a line that moves to a worse
side of the max takes less at this price, so the price rises, all others get no less, and what is left for it is less.

Source: the breakpoint analysis of valuers, as in AICPA, Valuation of Privately-Held-Company Equity Securities Issued as
Compensation (2013); the proof above is ours, and tests hold it against all profiles of choices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = float | Array

ROUNDING = 1e-12
"""Amounts and prices that differ by less than this part of themselves are the same."""

WAITS, TAKES_PART, CAPPED, CONVERTED = range(4)


@dataclass(frozen=True, slots=True)
class Line:
    """One class of claims in a waterfall, all its holders together.

    Every number may be an array: one for each view, path or exit value. The arrays broadcast. None may be negative or NaN;
    only a strike and a cap may be infinite.

    Common units have `shares` alone; options `shares` and `strike`; non-participating preferred, a SAFE or a note
    `preference` and `converts`; participating preferred `preference` and `shares`, and where it is capped `cap` and
    `converts` too; capped-profit units `shares` and `cap`.
    """

    name: str
    preference: Numbers = 0.0
    """Money, in total, that is paid before anything is shared."""
    shares: Numbers = 0.0
    """Units that share beside the preference, as common."""
    strike: Numbers = 0.0
    """Money a unit above which they share. It is netted: a unit is paid the price less the strike."""
    cap: Numbers = math.inf
    """Money, in total: the most it gets without converting, preference included."""
    converts: Numbers = 0.0
    """Units that it has if it gives up preference and cap; 0 where it can't."""
    seniority: int = 0
    """Preferences of a higher number are paid first; those of equal number in proportion to what is due."""
    residual: bool = False
    """It takes, besides, whatever nobody else may have. At most one line."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Proceeds from which on the next dollar is shared in another way."""

    proceeds: Numbers
    """Money, in total."""
    price: Numbers | None
    """Money a common unit, just above this point; None where nothing is shared by units."""
    what: str
    """What happens here, in words."""
    share: Mapping[str, Numbers]
    """Each line's part of every further dollar up to the next breakpoint; empty where nobody may have more."""


def price(lines: Sequence[Line], proceeds: Numbers) -> Array:
    """The price of a common unit at which all lines together are paid `proceeds`; the lowest where there are several.

    Money a unit, in the shape that `proceeds` and the numbers of the lines broadcast to. It is 0 up to the sum of
    preferences. Where everybody has all it may have, it is the price at which that came about. ValueError: see `payouts`.
    """
    return _solve(lines, proceeds)[0]


def payouts(lines: Sequence[Line], proceeds: Numbers) -> Array:
    """What each line is paid of `proceeds`: money, in the order of the lines, (line, *shape), with the shape of `price`.

    The payouts add up to the proceeds. NaN proceeds give NaN.

    ValueError for no line, two lines of one name, two residual lines, a number that a line can't have, proceeds that are
    negative or infinite, and proceeds beyond what all lines may have together where no line is residual.
    """
    return _solve(lines, proceeds)[1]


class _Terms(NamedTuple):
    """The numbers of all lines, each (line, *shape); or of one line, in any shape. No preference is above its cap."""

    preference: Array
    shares: Array
    strike: Array
    cap: Array
    converts: Array

    def held(self, at: Array) -> Array:
        """Money paid at a unit's price `at` to those who don't convert."""
        shared: Array = self.preference + self.shares * np.maximum(at - self.strike, 0.0)
        return np.minimum(shared, self.cap)

    def paid(self, at: Array) -> Array:
        """Money paid at a unit's price `at`."""
        return np.maximum(self.held(at), self.converts * at)

    def rise(self) -> Array:
        """Units by which each line shares at prices above every kink."""
        shares = np.where(np.isinf(self.cap) & np.isfinite(self.strike), self.shares, 0.0)
        return np.maximum(shares, self.converts)

    def total(self, at: Array) -> Array:
        """Money paid to all lines at prices (kink, *shape), line after line: in memory there is one line at a time."""
        total = np.zeros_like(at)
        for line in zip(*self, strict=True):
            total += _Terms(*line).paid(at)
        return total


def _terms(lines: Sequence[Line], n_axes: int) -> _Terms:
    """The numbers of the lines as arrays (line, *shape), with at least `n_axes` axes after the first. ValueError as `payouts`."""
    if not lines:
        raise ValueError("a waterfall needs a line")
    names = [line.name for line in lines]
    if len(set(names)) < len(names):
        raise ValueError(f"two lines of a waterfall have one name: {', '.join(sorted(names))}")
    if sum(line.residual for line in lines) > 1:
        raise ValueError("only one line of a waterfall can be the residual one")
    columns: list[list[Array]] = []
    for field in _Terms._fields:
        column = [np.asarray(getattr(line, field), dtype=np.float64) for line in lines]
        for name, numbers in zip(names, column, strict=True):
            if not np.all(numbers >= 0.0) or (field not in ("strike", "cap") and np.any(np.isinf(numbers))):
                raise ValueError(f"{name}: {field} must be a number, and not negative")
        columns.append(column)
    shape = np.broadcast_shapes(*(numbers.shape for column in columns for numbers in column))
    shape = (1,) * (n_axes - len(shape)) + shape
    terms = _Terms(*(np.stack([np.broadcast_to(numbers, shape) for numbers in column]) for column in columns))
    return terms._replace(preference=np.minimum(terms.preference, terms.cap))


def _kinks(terms: _Terms) -> Array:
    """Prices of a unit, rising from 0, between which every line's payout is linear: (kink, *shape).

    For each line: its strike, where it reaches its cap, and where converting pays as much as preference, participation
    or cap. Some bend nothing, which does no harm. What doesn't exist stands as 0.
    """
    preference, shares, strike, cap, converts = terms
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        capped = strike + (cap - preference) / shares
        even = (preference - shares * strike) / (converts - shares)
        prices = np.concatenate([strike, capped, preference / converts, even, cap / converts])
        prices = np.where((prices > 0.0) & np.isfinite(prices), prices, 0.0)
    bending = prices[prices.reshape(len(prices), -1).any(axis=1)]
    return np.concatenate([np.zeros((1, *prices.shape[1:])), np.sort(bending, axis=0)])


def _solve(lines: Sequence[Line], proceeds: Numbers) -> tuple[Array, Array]:
    """The price and the payouts: between the two kinks that enclose the proceeds everything is linear."""
    money = np.asarray(proceeds, dtype=np.float64)
    if np.any(money < 0.0) or np.any(np.isinf(money)):
        raise ValueError("proceeds must be finite, and not negative")
    terms = _terms(lines, money.ndim)
    kinks = _kinks(terms)
    totals = terms.total(kinks)
    n_below = np.asarray((totals < money).sum(axis=0))
    short, beyond = n_below == 0, n_below == len(kinks)
    from_kink, to_kink = np.maximum(n_below - 1, 0)[None], np.minimum(n_below, len(kinks) - 1)[None]
    low, high = (np.take_along_axis(kinks, kink, axis=0)[0] for kink in (from_kink, to_kink))
    total_low, total_high = (np.take_along_axis(totals, kink, axis=0)[0] for kink in (from_kink, to_kink))
    gap = total_high - total_low
    part = np.divide(money - total_low, gap, out=np.zeros_like(gap), where=gap > 0.0)

    rise = terms.rise()
    units = np.broadcast_to(rise.sum(axis=0), gap.shape)
    over = np.where(beyond, money - total_low, 0.0)
    above = np.divide(over, units, out=np.zeros_like(over), where=units > 0.0)
    paid_low = terms.paid(low)
    paid = paid_low + (terms.paid(high) - paid_low) * part + rise * above
    _pay_rest(lines, paid, np.where(units > 0.0, 0.0, over), money)

    found = np.where(short, 0.0, low + (high - low) * part + above)
    paid = np.where(short, _by_seniority(lines, terms.preference, money), paid)
    unknown = np.isnan(money)
    return np.where(unknown, np.nan, found), np.where(unknown, np.nan, paid)


def _pay_rest(lines: Sequence[Line], paid: Array, rest: Array, money: Array) -> None:
    """Adds what nobody else may have to the residual line. ValueError where there is none, and more than a rounding is left."""
    residual = [row for row, line in enumerate(lines) if line.residual]
    if residual:
        paid[residual[0]] += rest
    elif np.any(rest > ROUNDING * money):
        most = float(np.min(np.broadcast_to(money - rest, rest.shape)[rest > ROUNDING * money]))
        raise ValueError(f"nobody may have what proceeds are above {most:.15g}: add a residual class that takes the rest")


def _by_seniority(lines: Sequence[Line], due: Array, money: Array) -> Array:
    """Money paid to each line where there is no more than all preferences, `due`: (line, *shape)."""
    paid = np.zeros(np.broadcast_shapes(due.shape, money.shape))
    left = money
    for rows in _ranks(lines):
        owed = due[rows].sum(axis=0)
        part = np.minimum(left, owed)
        paid[rows] = due[rows] * np.divide(part, owed, out=np.zeros_like(part), where=owed > 0.0)
        left = left - part
    return paid


def _ranks(lines: Sequence[Line]) -> Iterator[list[int]]:
    """The rows of lines of equal seniority, highest first."""
    for seniority in sorted({line.seniority for line in lines}, reverse=True):
        yield [row for row, line in enumerate(lines) if line.seniority == seniority]


def breakpoints(lines: Sequence[Line]) -> list[Breakpoint]:
    """The table that valuers use: from which proceeds on the next dollar is shared by whom, and what happens there.

    It rises from proceeds of 0; what happens at the same proceeds stands in one row. Where everybody has reached its cap, a
    last row gives the rest to the residual line, or to nobody. ValueError for a line that has an array, and as `payouts`.
    """
    terms = _terms(lines, 0)
    if terms.preference.ndim > 1:
        raise ValueError("a table of breakpoints is of lines that have one number each, no arrays")
    found: list[Breakpoint] = []
    for point in (*_preference_breakpoints(lines, terms.preference), *_shared_breakpoints(lines, terms)):
        last = found[-1] if found else None
        if last is None or point.proceeds > last.proceeds + ROUNDING * point.proceeds:
            found.append(point)
        else:
            what = "; ".join(words for words in (last.what, point.what) if words)
            found[-1] = Breakpoint(last.proceeds, point.price, what, point.share)
    return found


def _preference_breakpoints(lines: Sequence[Line], due: Array) -> Iterator[Breakpoint]:
    """Where the preferences of each seniority begin to be paid."""
    proceeds, rank = 0.0, 0
    for rows in _ranks(lines):
        owed = float(due[rows].sum())
        if owed > 0.0:
            share = {lines[row].name: float(due[row]) / owed for row in rows if due[row] > 0.0}
            rank += 1
            yield Breakpoint(proceeds, 0.0, f"preferences of rank {rank}", share)
            proceeds += owed


def _shared_breakpoints(lines: Sequence[Line], terms: _Terms) -> Iterator[Breakpoint]:
    """Where, by the price of a unit, lines begin or cease to share."""
    kinks = _kinks(terms)
    kinks = kinks[np.diff(kinks, prepend=-1.0) > ROUNDING * kinks]
    totals = terms.total(kinks)
    before = np.zeros(len(lines), dtype=np.int64)
    for row, kink in enumerate(kinks):
        is_last = row == len(kinks) - 1
        inside = np.asarray(2.0 * kink + 1.0 if is_last else (kink + kinks[row + 1]) / 2.0)
        stages = _stages(terms, inside)
        units = np.choose(stages, [np.zeros(len(lines)), terms.shares, np.zeros(len(lines)), terms.converts])
        total = float(units.sum())
        events = [
            _words(line, int(stage)) for line, stage, old in zip(lines, stages, before, strict=True) if stage != old and stage
        ]
        share = {line.name: float(own) / total for line, own in zip(lines, units, strict=True) if own > 0.0}
        if is_last and not share:
            share = {line.name: 1.0 for line in lines if line.residual}
            events += [f"the rest to {name}" for name in share] or ["nobody may have more"]
        if events or row == 0:
            yield Breakpoint(float(totals[row]), float(kink), "; ".join(events), share)
        before = stages


def _stages(terms: _Terms, at: Array) -> NDArray[np.int64]:
    """What each line does at a price strictly between two kinks: it waits, takes part, is capped or has converted."""
    above = (at > terms.strike) & (terms.shares > 0.0) & (terms.cap > terms.preference)
    rising = above & (terms.held(at) < terms.cap)
    held = np.where(rising, TAKES_PART, np.where(above, CAPPED, WAITS))
    return np.where(terms.converts * at > terms.held(at), CONVERTED, held)


def _words(line: Line, stage: int) -> str:
    """What a line begins to do, in words that fit any name: 'exercise of options'."""
    if stage == CONVERTED:
        return f"conversion of {line.name}"
    if stage == CAPPED:
        return f"cap of {line.name}"
    return f"exercise of {line.name}" if np.any(line.strike) else f"participation of {line.name}"
