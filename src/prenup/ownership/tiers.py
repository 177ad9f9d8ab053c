"""Money shared out by tiers: in these parts until one holder has received so much, then in those.

The mechanism of profit agreements and of fund waterfalls. A tier counts what one holder has received in all, in this
distribution and in those before it; the last tier has no end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prenup.ownership.waterfall import ROUNDING, Array, Breakpoint, Numbers


@dataclass(frozen=True, slots=True)
class Tier:
    """How a distribution is shared until the counted holder has received `up_to` in all."""

    shares: Mapping[str, Numbers]
    """Each holder's part of a dollar: 0 to 1, in sum 1. They may be arrays."""
    counted: str | None = None
    """The holder whose receipts end the tier; None for a tier without an end."""
    up_to: Numbers = math.inf
    """Money, in total since the beginning. A tier whose holder has already had so much is passed over."""


def distribute(tiers: Sequence[Tier], total: Numbers, received: Mapping[str, Numbers] | None = None) -> dict[str, Array]:
    """What each holder gets of `total`: money, in the shape that all numbers broadcast to. The amounts add up to `total`.

    `received` is what holders had before, 0 where it doesn't name them. ValueError for no tiers, shares that don't add up to
    1, negative or infinite amounts, and a total that goes on after the last tier has ended.
    """
    money = np.asarray(total, dtype=np.float64)
    if np.any(money < 0.0) or np.any(np.isinf(money)):
        raise ValueError("what is distributed must be finite, and not negative")
    had = _checked(tiers, received)
    left = money
    paid: dict[str, Array] = {}
    for tier in tiers:
        part = np.minimum(left, _width(tier, had, paid))
        _add(paid, tier, part)
        left = left - part
    if np.any(left > ROUNDING * money):
        raise ValueError("the last tier ends before all is distributed: give it no end, or add another")
    shape = np.broadcast_shapes(*(amount.shape for amount in paid.values()))
    return {holder: np.broadcast_to(amount, shape) for holder, amount in paid.items()}


def tier_breakpoints(tiers: Sequence[Tier], received: Mapping[str, Numbers] | None = None) -> list[Breakpoint]:
    """The tiers as a table of breakpoints, from 0: each tier's proceeds (money, may be arrays) and shares.

    A tier that is never reached is left out; where that differs from path to path, it stands at infinity, and a tier that is
    passed over has no width. After a last tier that ends, nobody may have more. ValueError as `distribute`.
    """
    had = _checked(tiers, received)
    begins: Array = np.zeros(())
    paid: dict[str, Array] = {}
    found: list[Breakpoint] = []
    for number, tier in enumerate(tiers, start=1):
        width = _width(tier, had, paid)
        if np.any(width > 0.0):
            found.append(Breakpoint(begins, None, f"tier {number} begins", tier.shares))
        _add(paid, tier, np.where(np.isinf(width), 0.0, width))
        begins = begins + width
        if np.all(np.isinf(begins)):
            return found
    return [*found, Breakpoint(begins, None, "nobody may have more", {})]


def _checked(tiers: Sequence[Tier], received: Mapping[str, Numbers] | None) -> dict[str, Array]:
    """What holders received before, as arrays. ValueError where it, or a tier, can't be."""
    if not tiers:
        raise ValueError("a distribution needs a tier")
    for number, tier in enumerate(tiers, start=1):
        shares = [np.asarray(share, dtype=np.float64) for share in tier.shares.values()]
        if not shares or not all(np.all(share >= 0.0) for share in shares) or np.any(np.abs(sum(shares) - 1.0) > ROUNDING):
            raise ValueError(f"the shares of tier {number} must add up to 1, and none may be negative")
        if not np.all(np.asarray(tier.up_to) >= 0.0):
            raise ValueError(f"tier {number} must end at an amount that isn't negative")
    had = {holder: np.asarray(amount, dtype=np.float64) for holder, amount in (received or {}).items()}
    for holder, amount in had.items():
        if not np.all((amount >= 0.0) & np.isfinite(amount)):
            raise ValueError(f"what {holder} received before must be finite, and not negative")
    return had


def _width(tier: Tier, had: Mapping[str, Array], paid: Mapping[str, Array]) -> Array:
    """How much is distributed in a tier before it ends: money, infinite where it doesn't."""
    if tier.counted is None:
        return np.full((), np.inf)
    nothing = np.zeros(())
    room = np.maximum(tier.up_to - (had.get(tier.counted, nothing) + paid.get(tier.counted, nothing)), 0.0)
    share = np.asarray(tier.shares.get(tier.counted, 0.0), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(room > 0.0, room / share, 0.0)


def _add(paid: dict[str, Array], tier: Tier, part: Array) -> None:
    """Adds a tier's `part` to what its holders are paid."""
    for holder, share in tier.shares.items():
        paid[holder] = paid.get(holder, np.zeros(())) + share * part
