"""An exit: a sale, a listing or a dissolution pays everybody through the waterfall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, party
from prenup.base.fields import value as quantity
from prenup.ownership.actions._action import AbstractAction
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes.preferred import Preferred
from prenup.ownership.payout import claims_now, divide, kept_claims
from prenup.ownership.rows import write_waterfall
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import ZERO, Expr, Ref, most, total, where_
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

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del divided
        ratchets = [n for n, c in classes.items() if isinstance(c, Preferred) and c.ipo_ratchet is not None]
        return Changes(ratios=frozenset(ratchets if self.how == "ipo" else ()))

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
        if self.how == "ipo":
            self._list(standing, name, now)

    def _list(self, standing: Standing, name: str, now: Expr) -> None:
        """What is listed is common: preferences are gone, and a ratchet has added the units that it promises."""
        builder = standing.builder
        ratchets = {n: c for n, c in standing.classes.items() if isinstance(c, Preferred) and c.ipo_ratchet is not None}
        if ratchets:
            price = self._listed_at(standing, name)
            for class_name, entry in ratchets.items():
                assert entry.ipo_ratchet is not None
                promised = standing.price(class_name) * builder.value(entry.ipo_ratchet)
                before = standing.ratio(class_name)
                more = where_(now & (price > 0.0), most(promised / price, before), before)
                standing.adjust(class_name, builder.row(f"ratio.{class_name}", more, f"common units for a unit of {class_name}"))
        standing.listed = standing.listed | Ref(f"{standing.party}.{name}")

    def _listed_at(self, standing: Standing, name: str) -> Expr:
        """What a common unit costs at the listing."""
        builder = standing.builder
        if self.price is not None:
            return builder.value(self.price)
        assert self.value is not None
        with builder.clause(f"{standing.party}.{name}.listing", builder.clause_where):
            worth = builder.row("value", most(builder.value(self.value), ZERO), "what is listed", unit=builder.money)
            write_waterfall(builder.row, claims_now(standing, self.how), worth)
            return builder.own("price")
