"""A waterfall as rows of a sheet: who is paid what of some proceeds, exact, without iteration and without a branch.

What a class of claims is paid is a piecewise linear function of what a common unit gets, and so is what all are paid
together. That sum rises with the price, so the price that pays out the proceeds lies between two breakpoints: the last one at
which the classes together take no more than the proceeds, and the one after it. Looking at every breakpoint finds it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prenup.sheet.expr import ZERO, Expr, least, most, total, where_

PARTS = ("preference", "shares", "strike", "cap", "converts")
"""What a claim is made of, as its fields and those of `waterfall.Line` are called."""

Write = Callable[[str, Expr, str], Expr]
"""Writes a row by its name, its equation and its note, and returns the reference to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one class may have of some proceeds; what is None does not apply to it.

    `preference` is money, paid first, by `seniority` (higher first) and in proportion within a rank. `shares` are units that
    share beside the preference as common units do, above `strike` a unit and up to `cap` in all. `converts` are the units it
    has if it gives up preference and cap. `residual` takes what nobody else may have. Where one of `ranked` is true, its rank is
    the one beside it instead of `seniority`, as for a note that has converted into preferred.
    """

    name: str
    preference: Expr | None = None
    shares: Expr | None = None
    strike: Expr | None = None
    cap: Expr | None = None
    converts: Expr | None = None
    seniority: int = 0
    residual: bool = False
    ranked: tuple[tuple[Expr, int], ...] = ()

    def at_rank(self, rank: int) -> Expr:
        """What it is paid first at a rank."""
        if self.preference is None:
            return ZERO
        found = self.preference if rank == self.seniority else ZERO
        for holds, other in self.ranked:
            found = where_(holds, self.preference if rank == other else ZERO, found)
        return found

    @property
    def ranks(self) -> set[int]:
        """The ranks that its preference may have."""
        return set() if self.preference is None else {self.seniority, *(rank for _, rank in self.ranked)}

    def part(self, parts: Mapping[int, Expr]) -> Expr:
        """What part of its preference is paid, of the parts of the ranks."""
        found = parts[self.seniority]
        for holds, other in self.ranked:
            found = where_(holds, parts[other], found)
        return found

    def paid_at(self, price: Expr) -> Expr:
        """What the class is paid when a common unit gets `price`."""
        return self._better(self._kept_at(price), price)

    def _kept_at(self, price: Expr) -> Expr:
        """What it is paid if it does not convert."""
        kept = self.preference or ZERO
        if self.shares is not None:
            above = price if self.strike is None else most(price - self.strike, ZERO)
            kept = kept + self.shares * above
        return kept if self.cap is None else least(kept, self.cap)

    def _better(self, kept: Expr, price: Expr) -> Expr:
        return kept if self.converts is None else most(kept, self.converts * price)

    def breaks(self) -> dict[str, Expr]:
        """The prices at which its payment begins to rise otherwise: it `shares`, is `full`, or `converts`."""
        found: dict[str, Expr] = {}
        if self.shares is not None and self.strike is not None:
            found["shares"] = self.strike
        if self.shares is not None and self.cap is not None:
            found["full"] = _ratio(self.cap - (self.preference or ZERO), self.shares) + (self.strike or ZERO)
        if self.converts is not None:
            found["converts"] = _ratio(self.cap if self.cap is not None else self.preference or ZERO, self.converts)
        return found

    def rises_at(self, price: Expr, breaks: Mapping[str, Expr]) -> Expr:
        """By how much its payment rises with the price, just above `price`; `breaks` as rows, equal to the last digit."""
        rise: Expr = self.shares or ZERO
        if "shares" in breaks:
            rise = where_(price >= breaks["shares"], rise, ZERO)
        if "full" in breaks:
            rise = where_(price >= breaks["full"], ZERO, rise)
        if "converts" in breaks and self.converts is not None:
            rise = where_((price >= breaks["converts"]) & (self.converts > 0.0), self.converts, rise)
        return rise


def _ratio(over: Expr, under: Expr) -> Expr:
    """A quotient; zero where a class has no units, for then its price breaks nothing."""
    return where_(under > 0.0, over / under, ZERO)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What each class is paid in all, and what of it as its preference, by the name of the class."""

    paid: Mapping[str, Expr]
    first: Mapping[str, Expr]


def write_waterfall(write: Write, claims: Sequence[Claim], proceeds: Expr) -> Waterfall:
    """The rows of a waterfall.

    Rows: `floor` (all preferences), `part.RANK` (what part of the preferences of a rank is paid), each breakpoint's price
    `break.CLASS.WHAT` and what all are paid together there `total.N`, the `price` of a common unit, and `paid.CLASS`.
    """
    preferences = [claim.preference for claim in claims if claim.preference is not None]
    floor = write("floor", total(list(preferences)), "all preferences together")
    parts = _parts(write, claims, proceeds)
    enough = write("enough", proceeds > floor, "whether all preferences are paid")
    price = _price(write, claims, proceeds, floor)
    price = write("price", where_(enough, price, ZERO), "what a common unit is paid")
    paid: dict[str, Expr] = {}
    first = {c.name: c.preference * c.part(parts) for c in claims if c.preference is not None}
    for claim in claims:
        amount = where_(enough, claim.paid_at(price), first.get(claim.name, ZERO))
        if not claim.residual:
            paid[claim.name] = write(f"paid.{claim.name}", amount, f"what {claim.name} is paid")
        else:
            paid[claim.name] = amount
    for claim in claims:
        if claim.residual:  # what it is due by its own units is part of what nobody else may have
            others = total([amount for name, amount in paid.items() if name != claim.name])
            rest = most(proceeds - others, ZERO)
            paid[claim.name] = write(f"paid.{claim.name}", rest, f"what is left for {claim.name}")
    return Waterfall(paid, first)


def _parts(write: Write, claims: Sequence[Claim], proceeds: Expr) -> Mapping[int, Expr]:
    """What part of its preferences each rank is paid."""
    parts: dict[int, Expr] = {}
    left = proceeds
    for rank in sorted({rank for claim in claims for rank in claim.ranks}, reverse=True):
        owed = total([claim.at_rank(rank) for claim in claims if rank in claim.ranks])
        owed = write(f"owed.{rank}", owed, f"preferences of seniority {rank}")
        part = where_(owed > 0.0, least(left / owed, 1.0), 1.0)
        parts[rank] = write(f"part.{rank}", part, f"what part of the preferences of seniority {rank} is paid")
        left = write(f"left.{rank}", most(left - owed, ZERO), f"what is left below seniority {rank}")
    return parts


def _price(write: Write, claims: Sequence[Claim], proceeds: Expr, floor: Expr) -> Expr:
    """What a common unit gets where all preferences are paid."""
    breaks = {
        claim.name: {
            what: write(f"break.{claim.name}.{what}", point, f"the price from which on {claim.name} {_SAID[what]}")
            for what, point in claim.breaks().items()
        }
        for claim in claims
    }
    points = [point for found in breaks.values() for point in found.values()]
    reached: list[tuple[Expr, Expr]] = []
    for number, point in enumerate(points, 1):
        together = total([claim.paid_at(point) for claim in claims])
        reached.append((point, write(f"total.{number}", together, "what all are paid together at that price")))
    below: Expr = ZERO
    taken = floor
    if reached:
        below = functools.reduce(most, [where_(together <= proceeds, point, ZERO) for point, together in reached])
        below = write("from", below, "the last of these prices that is reached")
        taken = functools.reduce(most, [where_(together <= proceeds, together, floor) for _, together in reached])
    rise = write("rise", total([claim.rises_at(below, breaks[claim.name]) for claim in claims]), "units that share above it")
    return below + where_(rise > 0.0, (proceeds - taken) / rise, ZERO)


_SAID = {"shares": "shares in what is paid", "full": "has all that it may have", "converts": "converts"}
