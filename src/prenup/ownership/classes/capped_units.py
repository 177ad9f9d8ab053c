"""Capped-profit units: a share of what is paid out, until a multiple of the money put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import table, value
from prenup.ownership.classes._class import MOST_HOLDERS, AbstractClass
from prenup.ownership.rows import Claim
from prenup.sheet.expr import Expr
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class CappedUnits(AbstractClass):
    """Capped-profit units share in what is paid out, a unit for each unit of money put in, until they have had a multiple of it.

    Equations:
        paid = min(units * p, multiple * money put in), where p is what a common unit gets
        with `tiers` of the table, the tiers say who gets what instead, until the claims are restructured

    Example:
        first_round: {kind: capped_units, holders: {first_investors: $130m}, multiple: 100x, since: 2019-03-11}

    Not modelled:
        Caps that grow with the years.

    Source:
        OpenAI LP, announcement of 2019-03-11: returns of the first round capped at 100 times, the rest to the non-profit.
    """

    kind: ClassVar[str] = "capped_units"
    in_money: ClassVar[bool] = True

    holders: Mapping[str, Value] = table("Who put in how much money.", unit="money", keys="name", most=MOST_HOLDERS, default=())
    multiple: Value = value("multiple", "How many times the money put in they may have in all.")
    valued_at: Value | None = value("money", "What the company was valued at with this money in it.", default=None)
    since: Value | None = value("date", "When the money was put in.", default=None)

    @property
    def post_money(self) -> Value | None:
        return self.valued_at

    def diluted(self, standing: Standing, name: str) -> Expr:
        """A unit for each unit of money."""
        return standing.per_money(standing.units(name))

    def claim(self, standing: Standing, name: str) -> Claim:
        """A share by units, up to the cap."""
        cap = standing.units(name) * standing.builder.value(self.multiple)
        return Claim(name=name, shares=self.diluted(standing, name), cap=cap)
