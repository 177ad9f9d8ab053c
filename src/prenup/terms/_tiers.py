"""Tiers of a distribution: who gets which share of an amount, each tier until one of them has received enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prenup.base.fields import party, table, value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Expr, least, most, total, where_
from prenup.sheet.formula import Value

Write = Callable[[str, Expr, str], Expr]
"""Writes a row by its name, its equation and its note, and returns the reference to it."""


@dataclass(frozen=True, kw_only=True)
class ShareTier:
    """One tier: who gets which share of the profit, until one of them has received enough."""

    shares: Mapping[str, Value] = table("Each party's share of the profit in this tier.", unit="fraction", keys="party")
    counts: str = party("Whose receipts end the tier; may be left out where only one party shares.", default="")
    up_to: Value | None = value(
        "money", "What that party receives in all before the tier ends; no end if left out.", default=None
    )

    @property
    def counted(self) -> str:
        """The party whose receipts end the tier."""
        return self.counts or (next(iter(self.shares)) if len(self.shares) == 1 else "")


def through_tiers(
    builder: Builder, write: Write, tiers: Sequence[ShareTier], left: Expr, received: Mapping[str, Expr]
) -> dict[str, Expr]:
    """What each party gets of an amount that goes through tiers, by its name.

    Args:
        builder, write: what reads the tiers, and what writes a row `tier.N` for the part of the amount in each.
        tiers, left: the tiers in order, and the amount.
        received: what each party had before.
    """
    so_far = dict(received)
    parts: dict[str, list[Expr]] = {name: [] for name in received}
    for number, tier in enumerate(tiers, 1):
        shares = {name: builder.rate(share) for name, share in tier.shares.items()}
        inside = left
        if tier.up_to is not None and tier.counted in shares:
            share = shares[tier.counted]
            room = most(builder.value(tier.up_to) - so_far[tier.counted], ZERO)
            inside = least(left, where_(share > 0, room / share, left))
        inside = write(f"tier.{number}", inside, f"profit shared in tier {number}")
        left = left - inside
        for name, share in shares.items():
            parts[name].append(share * inside)
            so_far[name] = so_far[name] + share * inside
    return {name: total(found) for name, found in parts.items()}
