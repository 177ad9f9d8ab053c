"""A restructuring: every claim turns into a share of one class of common units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import REQUIRED, choice, clause, names, table, text
from prenup.base.fields import value as quantity
from prenup.base.quantity import Number
from prenup.ownership.actions._action import AbstractAction
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.ownership.payout import claims_now
from prenup.ownership.rows import write_waterfall
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import ONE, ZERO, Expr, Ref, most, total, where_
from prenup.sheet.formula import Value
from prenup.terms._tiers import through_tiers


@dataclass(frozen=True, kw_only=True)
class Restructuring(AbstractAction):
    """Every claim on the company is given up for common units: each holder gets a share that was agreed, or that a method gives.

    Equations:
        by stated: units of a holder = all units * its share
        by waterfall: its share = what the waterfall would pay it of `value`, over what it would pay all who give up a claim;
          with tiers of the table, what they would pay it over `value`
        by units: its share of the fully diluted capital

    Example:
        conversion: {kind: restructuring, on: restructured, into: stock, becomes: {microsoft: 27%, nonprofit: 26%}, rest: others}

    Not modelled:
        What votes for it takes, and tax. No path knows its own future, so a share can't be what a claim will turn out to be
        worth; `prenup stake` works that out beside the other methods.

    Source:
        Convention: conversion of a partnership's interests into the stock of a corporation.
    """

    kind: ClassVar[str] = "restructuring"

    into: str = clause("The class of common units that all claims turn into.", default=REQUIRED)
    units: Value = quantity(
        "units", "How many units there are after it, without those of classes that it leaves alone.", default="1bn"
    )
    by: str = choice(("stated", "waterfall", "units"), "What gives the shares.", default="stated")
    becomes: Mapping[str, Value] = table("By stated: each holder's share.", unit="fraction", keys="name", default=())
    rest: str = text("Who gets what the shares leave of 100 %: by stated, or by waterfall with tiers.")
    value: Value | None = quantity("money", "By waterfall: what the company is taken to be worth.", default=None)
    leaves: tuple[str, ...] = names("Classes that it leaves alone, such as notes that convert on terms of their own.")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if self.into in classes and (classes[self.into].kind != "common" or classes[self.into].holders):
            found.append(("into", f"{self.into} is no class of common units that is still empty", "add one to the classes"))
        if self.by == "stated":
            known = [share.value for share in self.becomes.values() if isinstance(share, Number)]
            if not self.becomes:
                found.append(("becomes", "the shares are stated, but none is given", "write becomes: {holder: 27%}"))
            elif sum(known) > 1 + 1e-9:
                found.append(
                    ("becomes", f"the shares come to {100 * sum(known):.6g}%, more than the whole", "make them sum to 100%")
                )
            elif not self.rest and (len(known) < len(self.becomes) or sum(known) < 1 - 1e-9):
                found.append(
                    ("becomes", f"the shares come to {100 * sum(known):.6g}% of the whole", "add rest: and who gets what is left")
                )
        if self.by == "waterfall" and self.value is None:
            found.append(("", "the waterfall needs to know what there is to divide", "add value: and what the company is worth"))
        return found

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        gone = frozenset(self._gone(classes))
        stated = [*self.becomes, *([self.rest] if self.rest else [])]
        everybody = [*(h for n in classes for h in classes[n].holders), *divided, *([self.rest] if self.rest else [])]
        holders = stated if self.by == "stated" else list(dict.fromkeys(everybody))
        loans = frozenset(n for n in gone if isinstance(classes[n], AbstractConvertible))
        turns = {} if self.by == "stated" else {self.into: tuple(n for n in classes if n in gone)}
        return Changes(units=gone | {self.into}, holders={self.into: tuple(holders)}, converted=loans, turns=turns)

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder = standing.builder
        units = builder.value(self.units)
        shares = self._shares(standing)
        for class_name in self._gone(standing.classes):
            standing.retire(class_name, now)
        issued: dict[str, Expr] = {}
        for holder, share in shares.items():
            row = builder.row(f"share.{holder}", share, f"share that {holder} would be given")
            issued[holder] = builder.row(
                f"issued.{holder}", where_(now, standing.rounded(units * row), ZERO), f"units for {holder}"
            )
        standing.issue(self.into, issued)
        standing.restructured = standing.restructured | Ref(f"{standing.party}.{name}")

    def _gone(self, classes: Mapping[str, AbstractClass]) -> list[str]:
        return [name for name in classes if name not in (self.into, *self.leaves)]

    def _with_rest(self, shares: dict[str, Expr]) -> dict[str, Expr]:
        """The shares, with what they leave of the whole for whoever takes the rest."""
        if self.rest:
            left = most(ONE - total(list(shares.values())), ZERO)
            shares[self.rest] = shares[self.rest] + left if self.rest in shares else left
        return shares

    def _shares(self, standing: Standing) -> dict[str, Expr]:
        builder = standing.builder
        if self.by == "stated":
            shares = {holder: builder.value(share) for holder, share in self.becomes.items()}
            return self._with_rest(shares)
        if self.by == "units":
            amounts = {n: standing.classes[n].diluted(standing, n) for n in self._gone(standing.classes)}
            return _by_holder(standing, amounts, total(list(amounts.values())))
        assert self.value is not None
        worth = builder.row("value", builder.value(self.value), "what the company is taken to be worth")
        if standing.tiers is not None:
            received = {n: Ref(f"{standing.tiers_name}.received.{n}") for n in standing.tiers.names}
            given = through_tiers(builder, builder.row, standing.tiers.tiers, worth, received)
            shares = {holder: where_(worth > 0.0, amount / worth, ZERO) for holder, amount in given.items()}
            return self._with_rest(shares)
        paid = write_waterfall(builder.row, claims_now(standing), worth).paid
        given_up = {name: paid[name] for name in self._gone(standing.classes)}
        return _by_holder(standing, given_up, total(list(given_up.values())))


def _by_holder(standing: Standing, amounts: Mapping[str, Expr], whole: Expr) -> dict[str, Expr]:
    """What part of a whole each holder has, of amounts by class."""
    found: dict[str, list[Expr]] = {}
    for name, amount in amounts.items():
        for holder in standing.holders(name):
            found.setdefault(holder, []).append(amount * standing.part(name, holder))
    return {holder: where_(whole > 0.0, total(parts) / whole, ZERO) for holder, parts in found.items()}
