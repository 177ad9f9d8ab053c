"""An exit: a sale, a listing or a dissolution pays everybody through the waterfall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, party
from prenup.base.fields import value as quantity
from prenup.ownership.actions._action import AbstractAction
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.payout import claims_now, divide, kept_claims
from prenup.ownership.standing import Standing
from prenup.sheet.expr import ZERO, Expr, most, total, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Exit(AbstractAction):
    """The company is sold, listed or dissolved, and what it is worth is divided among all who have a claim on it.

    Money flow:
        payer -> company, the proceeds;  company -> every holder, what the waterfall gives; in the month of the exit

    Equations:
        preferences by seniority, then every class by what a common unit gets, p: the sum over all classes rises with p, and p
        is the price at which it is the proceeds; each class converts where that pays it more
        a listing turns preferred into common, with more units where a ratchet promises them
        a dissolution pays safes and notes their money alone;  after an exit nothing more is done with the table

    Example:
        sale: {kind: exit, on: sold, value: 6 * revenue}

    Not modelled:
        Escrow, earn-outs, costs of the sale, and what the market does with listed shares afterwards.

    Source:
        Convention: liquidation waterfall of a certificate of incorporation.
    """

    kind: ClassVar[str] = "exit"
    ends_table: ClassVar[bool] = True

    how: str = choice(("sale", "ipo", "dissolution"), "How it ends; an ipo turns preferred into common.", default="sale")
    value: Value | None = quantity("money", "What is divided among all claims.", default=None)
    price: Value | None = quantity("money", "What a common unit gets, instead of a value.", default=None)
    payer: str = party("Who pays: the buyer, or the world.", default="world")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        del classes
        if self.value is not None and self.price is not None:
            return [("price", "an exit has a value or a price, and both are given", "keep one of the two")]
        if self.value is None and self.price is None:
            return [("", "an exit has a value or a price, and neither is given", "add value: and what is divided")]
        return []

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder = standing.builder
        claims = claims_now(standing, self.how)
        if self.price is not None:
            price = builder.value(self.price)
            proceeds = total([claim.paid_at(price) for claim in claims])
        else:
            assert self.value is not None
            proceeds = most(builder.value(self.value), ZERO)
        proceeds = builder.row("kept.proceeds", where_(now, proceeds, builder.prev(builder.own("kept.proceeds"))),
                               "what is divided", unit=builder.money)  # fmt: skip
        divide(standing, kept_claims(standing, claims, now), proceeds, now, self.payer)
