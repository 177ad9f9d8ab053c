"""A secondary sale: one holder sells units to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import REQUIRED, clause, text, value
from prenup.ownership.actions._action import AbstractAction, party_of
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import ZERO, Expr, least, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Secondary(AbstractAction):
    """One holder sells units to another; the company gets nothing and issues nothing.

    Money flow:
        buyer -> seller, units * price, in the month of the sale

    Equations:
        units = min(stated units, what the seller holds)

    Example:
        tender: {kind: secondary, on: 2025-10-02, class: common, seller: employees, buyer: fund, units: 1m, price: $30}

    Not modelled:
        Rights of first refusal, and taxes.

    Source:
        Convention: transfer of shares between holders.
    """

    kind: ClassVar[str] = "secondary"

    class_: str = clause("The class that is sold.", default=REQUIRED)
    seller: str = text("Who sells.", default=REQUIRED)
    buyer: str = text("Who buys.", default=REQUIRED)
    units: Value = value("units", "How many units.")
    price: Value = value("money", "What is paid for a unit.")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if self.class_ in classes and classes[self.class_].in_money:
            found.append(
                (
                    "class",
                    f"{self.class_} holds money, no units",
                    "name a class of units; what has not converted is sold by changing its holders",
                )
            )
        sellers = {*classes[self.class_].holders} if self.class_ in classes else set()
        if self.class_ in classes and sellers and self.seller not in sellers and classes[self.class_].kind != "common":
            found.append(
                ("seller", f"{self.seller} holds nothing of {self.class_}", f"write one of {', '.join(sorted(sellers))}")
            )
        if self.seller == self.buyer:
            found.append(("buyer", f"{self.buyer} sells to itself", "name two holders"))
        return found

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del divided
        return Changes(holders={self.class_: (*classes[self.class_].holders, self.seller, self.buyer)})

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder = standing.builder
        held = standing.units(self.class_) * standing.part(self.class_, self.seller)
        sold = builder.row("sold", where_(now, least(builder.value(self.units), held), ZERO), "units sold")
        standing.issue(self.class_, {self.buyer: sold, self.seller: -sold})
        seller, buyer = party_of(standing, self.seller), party_of(standing, self.buyer)
        if seller != buyer:
            builder.pay("money", sold * builder.value(self.price), buyer, seller, f"price of units of {self.class_}")
