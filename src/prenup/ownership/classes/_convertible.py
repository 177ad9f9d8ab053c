"""Money that becomes units at a later round: what a safe and a note share."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import choice, table, value
from prenup.base.quantity import Number
from prenup.ownership.classes._class import MOST_HOLDERS, AbstractClass
from prenup.ownership.classes.preferred import Preferred
from prenup.ownership.pricing import Form
from prenup.ownership.rows import Claim
from prenup.sheet.expr import ONE, ZERO, Const, Expr, most, where_
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


FAR = 1e30
"""Where participation ends that has no end, in money."""


@dataclass(frozen=True, kw_only=True)
class AbstractConvertible(AbstractClass):
    """Money put in that turns into units at the best of the prices that it was promised."""

    in_money: ClassVar[bool] = True

    holders: Mapping[str, Value] = table("Who put in how much money.", unit="money", keys="name", most=MOST_HOLDERS)
    cap: Value | None = value("money", "The most that the company is taken to be worth when it converts.", default=None)
    cap_basis: str = choice(
        ("post_money", "pre_money"),
        "Whether the cap counts the capital with all that converts in it, or without and with the growth of the pool.",
        default="post_money",
    )
    discount: Value = value("fraction", "What it gets off the price of the round.", default="0%")
    becomes: str = choice(
        ("shadow", "round", "common"),
        "Whether its units have a preference of its own money (shadow), of the round's price, or none.",
        default="shadow",
    )
    valued_at: Value | None = value("money", "What the company was valued at with this money in it.", default=None)
    seniority: Value = value("number", "Its rank at an exit before it has converted; that of its class afterwards.", default="1")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        del classes
        found: list[tuple[str, str, str]] = []
        if isinstance(self.cap, Number) and self.cap.spread is None and self.cap.value == 0:
            found.append(
                ("cap", "the cap is zero, so that any money would be all of the company", "write the cap, or leave it out")
            )
        if isinstance(self.discount, Number) and self.discount.value >= 1:
            found.append(
                ("discount", "at a discount of 100% units cost nothing", "write what it gets off the price, such as 20%")
            )
        return found

    @property
    def promised(self) -> float:
        """The part of the capital that a cap after the money promises, as far as it is known; 0 without one."""
        amounts = [amount.value for amount in self.holders.values() if isinstance(amount, Number)]
        if not isinstance(self.cap, Number) or self.cap.value <= 0 or self.cap_basis != "post_money":
            return 0.0
        return sum(amounts) / self.cap.value

    def due(self, standing: Standing, name: str) -> Expr:
        """The money that converts, or that is owed."""
        return standing.units(name)

    def promises(self, standing: Standing, name: str) -> list[AbstractConvertible]:
        """Whose terms it may convert on: its own, and those of others where it was promised the best."""
        del standing, name
        return [self]

    def forms(self, standing: Standing, name: str, *, at_a_price: bool) -> list[Form]:
        """Its units as the largest of these; `at_a_price` where there is a round with a price, caps alone elsewhere."""
        builder, due = standing.builder, self.due(standing, name)
        found: list[Form] = []
        for promise in self.promises(standing, name):
            if at_a_price:
                found.append(Form(by_money=due / (ONE - builder.value(promise.discount))))
            if promise.cap is not None:
                share = due / builder.value(promise.cap)
                found.append(Form(by_capital=share) if promise.cap_basis == "post_money" else Form(by_base=share))
        return list(dict.fromkeys(found))

    @property
    def post_money(self) -> Value | None:
        return self.valued_at

    def diluted(self, standing: Standing, name: str) -> Expr:
        """What it has become, or would become at its cap."""
        return standing.converted(name) + standing.at_caps(name)

    def outstanding(self, standing: Standing, name: str) -> Expr:
        return standing.converted(name)

    def money_back(self, standing: Standing, name: str) -> Expr:
        """What it is paid at an exit before it has converted, if not as common."""
        due = self.due(standing, name)
        capless = [promise.discount for promise in self.promises(standing, name) if promise.cap is None]
        found = [due / (ONE - standing.builder.value(off)) for off in dict.fromkeys(capless)]  # worth this at any price
        return functools.reduce(most, found) if found else due

    def claim(self, standing: Standing, name: str) -> Claim:
        """Its money back, or its part as common; once converted, the preference of its units, or their part."""
        rank = round(standing.builder.known(self.seniority, "seniority"))
        back = self.money_back(standing, name)
        claim = Claim(name=name, preference=back, converts=self.diluted(standing, name), seniority=rank)
        for class_name, units in standing.became(name).items():
            claim = self._on_terms_of(standing, name, class_name, units, claim)
        return claim

    def _on_terms_of(self, standing: Standing, name: str, class_name: str, units: Expr, other: Claim) -> Claim:
        """The claim of what has become units on the terms of a class; `other` where there are none."""
        builder, entry, done = standing.builder, standing.classes[class_name], units > 0.0
        back = other.preference or ZERO
        if self.becomes == "common" or not isinstance(entry, Preferred):
            return replace(
                other, preference=where_(done, ZERO, back), cap=None if other.cap is None else where_(done, ZERO, other.cap)
            )
        shadow = self.becomes == "shadow"
        money = standing.turned(name) if shadow else units * standing.price(class_name)
        first = money * builder.value(entry.preference) if shadow else units * entry.first(standing, class_name)
        rank = round(builder.known(entry.seniority, "seniority"))
        ranked = other.ranked if rank == other.seniority and not other.ranked else (*other.ranked, (done, rank))
        claim = replace(other, preference=where_(done, first, back), ranked=ranked)
        if entry.participation == "none":
            return replace(claim, cap=None if other.cap is None else where_(done, first, other.cap))
        claim = replace(claim, shares=where_(done, units, other.shares or ZERO))
        if entry.participation == "full" and len(standing.became(name)) == 1:
            return claim
        ends = entry.participation_cap or entry.preference
        cap = Const(FAR, builder.money) if entry.participation == "full" else money * builder.value(ends)
        return replace(claim, cap=where_(done, most(cap, first), other.cap or back))

    def claim_listed(self, standing: Standing, name: str) -> Claim:
        """Common units where it has any; its money otherwise."""
        back = where_(standing.converted(name) > 0.0, ZERO, self.money_back(standing, name))
        return Claim(name=name, preference=most(back, ZERO), converts=self.diluted(standing, name), seniority=0)

    def claim_dissolved(self, standing: Standing, name: str) -> Claim:
        """Its money alone as long as it has not converted; nobody buys the company whose units it could have."""
        claim, done = self.claim(standing, name), standing.converted(name) > 0.0
        owed = where_(done, claim.preference or ZERO, self.due(standing, name))
        return replace(claim, preference=owed, converts=standing.converted(name))
