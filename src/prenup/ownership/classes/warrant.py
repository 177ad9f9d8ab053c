"""A warrant: a right to units at a strike, in tranches that open with milestones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import value
from prenup.ownership.classes._vesting import AbstractGrant
from prenup.ownership.rows import Claim
from prenup.sheet.expr import Expr
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Warrant(AbstractGrant):
    """A warrant gives its holder units at a strike, as far as its tranches have opened.

    Equations:
        a tranche opens once each of its locks has been open, at the same time or one after the other
        paid at an exit = opened units * max(p - strike, 0), where p is what a common unit gets

    Example:
        warrant:
          kind: warrant
          strike: $0.01
          holders: {customer: 160m}
          tranches:
            - {units: 100m, locks: {purchases: delivered >= 3, share_price: price >= $300}}
            - {units: 60m, locks: {purchases: delivered >= 6, share_price: price >= $600, technical: accepted}}

    Not modelled:
        A lock that shuts again, adjustments of the strike, and payment in kind.

    Source:
        Advanced Micro Devices, Exhibit 4.1 to Form 8-K of 2025-10-06: tranches behind purchases, share price and further
        conditions.
    """

    kind: ClassVar[str] = "warrant"

    strike: Value = value("money", "What is paid for a unit.")
    expires: Value | None = value("date", "After which it is worth nothing; no end if left out.", default=None)

    def diluted(self, standing: Standing, name: str) -> Expr:
        units = standing.units(name)
        return units if self.expires is None else standing.until(self.expires, units)

    def vested_by(self, standing: Standing, name: str) -> Expr:
        units = super().vested_by(standing, name)
        return units if self.expires is None else standing.until(self.expires, units)

    def claim(self, standing: Standing, name: str) -> Claim:
        """What is above the strike, of units that have opened."""
        return Claim(name=name, shares=self.vested_at_exit(standing, name), strike=standing.builder.value(self.strike))
