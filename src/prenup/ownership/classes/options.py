"""Options granted: units at a strike, once they have vested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import value
from prenup.ownership.classes._vesting import AbstractGrant
from prenup.ownership.rows import Claim
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Options(AbstractGrant):
    """Options granted to employees and others are used at an exit where a common unit gets more than the strike.

    Equations:
        paid = vested units * max(p - strike, 0), where p is what a common unit gets; the strike money is netted

    Example:
        options:
          {kind: options, strike: $0.50, holders: {staff: 700k}, vesting: {from: 2024-01-01, over: 4 years, cliff: 1 year}}

    Not modelled:
        Leavers, windows for exercise, tax, and acceleration of a part.

    Source:
        Convention: net exercise, as in cap table exits.
    """

    kind: ClassVar[str] = "options"

    strike: Value = value("money", "What is paid for a unit.", default="0")

    def claim(self, standing: Standing, name: str) -> Claim:
        """What is above the strike, of vested units."""
        return Claim(name=name, shares=self.vested_at_exit(standing, name), strike=standing.builder.value(self.strike))
