"""A conversion without new money: safes and notes become units, preferred becomes common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import REQUIRED, choice, clause, names, value
from prenup.ownership.actions._action import AbstractAction
from prenup.ownership.actions.round import base_of, convert
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.ownership.pricing import Offer, priced
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import INFINITY, ZERO, Expr, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Conversion(AbstractAction):
    """Classes turn into another when something happens, as notes that convert once a company has changed its form.

    Equations:
        a safe or a note: units = due / min(price * (1 - discount), cap / capital); at its cap alone without a price
        price = valuation / capital before (convention pre_money), or with what converts in it (percent_ownership)
        any other class: units * its ratio, of the class `into`

    Example:
        notes_convert: {kind: conversion, on: restructured, classes: [notes], into: common, valuation: $150bn}

    Not modelled:
        A choice of the holder: what is written here happens.

    Source:
        Convention: automatic conversion of convertible notes and of preferred stock.
    """

    kind: ClassVar[str] = "conversion"

    classes: tuple[str, ...] = names("The classes that convert.")
    into: str = clause(
        "The class whose units they become; with its preference, for safes and notes, where it has one.", default=REQUIRED
    )
    valuation: Value | None = value("money", "What the company is taken to be worth, before what converts.", default=None)
    price: Value | None = value("money", "The price of a unit, instead of a valuation.", default=None)
    convention: str = choice(("pre_money", "percent_ownership"), "What the valuation buys.", default="pre_money")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if not self.classes:
            found.append(("classes", "no class is named that converts", "write classes: [notes]"))
        if self.into in self.classes:
            found.append(("into", f"{self.into} can't turn into itself", "name another class"))
        if self.into in classes and classes[self.into].in_money:
            found.append(("into", f"{self.into} holds money, no units", "name a class of common or preferred"))
        if self.valuation is not None and self.price is not None:
            found.append(("price", "a conversion has a valuation or a price, and both are given", "keep one of the two"))
        capless = [
            name for name in self.classes
            if isinstance(entry := classes.get(name), AbstractConvertible) and entry.cap is None
        ]  # fmt: skip
        if capless and self.valuation is None and self.price is None:
            found.append(("", f"{capless[0]} has no cap, so that it needs a price to convert at", "add valuation: or price:"))
        return found

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del divided
        loans = {n for n in self.classes if isinstance(classes[n], AbstractConvertible)}
        others = [n for n in self.classes if n not in loans]
        holders = dict.fromkeys([*classes[self.into].holders, *(h for n in others for h in classes[n].holders)])
        return Changes(
            units=frozenset(self.classes) | ({self.into} if others else frozenset()),
            holders={self.into: tuple(holders)} if others else {},
            converted=frozenset(loans),
            turns={self.into: tuple(others)} if others else {},
            becomes={n: (self.into,) for n in self.classes if n in loans},
        )

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder, classes = standing.builder, standing.classes
        loans = [n for n in self.classes if isinstance(classes[n], AbstractConvertible)]
        if loans:
            at_a_price = self.valuation is not None or self.price is not None
            wants = {n: classes[n].forms(standing, n, at_a_price=at_a_price) for n in loans}  # type: ignore[attr-defined]
            base = builder.row("base", base_of(standing), "capital before, as common units")
            solved = priced(builder.row, self._offer(standing, base), wants)
            convert(standing, solved, loans, now, self.into)
        for class_name in self.classes:
            if class_name not in loans:
                units = classes[class_name].diluted(standing, class_name)
                gained: dict[str, Expr] = {}
                for holder in standing.holders(class_name):
                    amount = where_(now, standing.rounded(units * standing.part(class_name, holder)), ZERO)
                    gained[holder] = builder.row(f"{class_name}.{holder}", amount, f"units of {holder} out of {class_name}")
                standing.retire(class_name, now)
                standing.issue(self.into, gained)

    def _offer(self, standing: Standing, base: Expr) -> Offer:
        builder = standing.builder
        counted = "base" if self.convention == "pre_money" else "capital"
        if self.valuation is not None:
            return Offer(base, pre_money=builder.value(self.valuation), counted=counted)
        return Offer(base, price=builder.value(self.price) if self.price is not None else INFINITY)
