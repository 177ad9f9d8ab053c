"""Profit units: a share of what a company is worth above a threshold."""

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
class ProfitUnits(AbstractGrant):
    """Profit participation units share in what is paid out above a threshold a unit, so that they are worth nothing when granted.

    Equations:
        paid = vested units * max(p - threshold, 0), where p is what a common unit gets; nobody pays the threshold

    Example:
        profit_units: {kind: profit_units, threshold: $12, holders: {staff: 900k}}

    Not modelled:
        Catch-up: units that are made good for the threshold before others share again.

    Source:
        Convention: profits interests (US Revenue Procedure 93-27), distribution threshold a unit.
    """

    kind: ClassVar[str] = "profit_units"

    threshold: Value = value("money", "What a common unit gets before these units share.")

    def outstanding(self, standing: Standing, name: str) -> Expr:
        """All of them: they are held, whatever the threshold."""
        return self.diluted(standing, name)

    def claim(self, standing: Standing, name: str) -> Claim:
        """What is above the threshold."""
        return Claim(name=name, shares=self.vested_at_exit(standing, name), strike=standing.builder.value(self.threshold))
