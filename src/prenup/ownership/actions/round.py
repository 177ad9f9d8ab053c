"""A priced round: new units for money; safes and notes convert in it, protected classes are adjusted, the pool grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from prenup.base.fields import REQUIRED, choice, clause, flag, names, table, value
from prenup.base.quantity import Number
from prenup.ownership.actions._action import AbstractAction, party_of
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.ownership.classes.pool import Pool
from prenup.ownership.classes.preferred import Preferred
from prenup.ownership.pricing import Form, Offer, Priced, priced
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import INFINITY, ONE, ZERO, Const, Expr, call, most, total, where_
from prenup.sheet.formula import Value

CONVENTIONS = ("percent_ownership", "pre_money", "dollars_invested")
"""What the pre-money buys: the capital with what converts; without it; or with it, its money counted as pre-money too."""


@dataclass(frozen=True, kw_only=True)
class Round(AbstractAction):
    """Investors put in money for new units at a price, or at a pre-money value from which the price follows.

    Equations:
        price = pre-money / capital, where by `convention` the capital is
          percent_ownership: what is outstanding, what converts, and what the pool grows by
          pre_money: the same without what converts, which dilutes the new investors too
          dollars_invested: as percent_ownership, with the money that converts added to the pre-money
        units of an investor = money / price;  safes, notes and the pool are solved together with the price, exactly
        where no price does it, as with less pre-money than what converts is promised, the path is left out of all figures

    Example:
        series_b_round:
          {kind: round, on: 2026-06-30, class: series_b, pre_money: $20m, investors: {fund: $5m}, pool_after: 10%}

    Not modelled:
        Several closings at different prices: make each a round of its own. Rights of first refusal.

    Source:
        Y Combinator, Safe User Guide, appendix II; Cooley GO, Calculating Share Price With Outstanding Convertible Notes or
        Safes, 2022-01-24, for the three conventions.
    """

    kind: ClassVar[str] = "round"

    class_: str = clause("The class that is issued.", default=REQUIRED)
    pre_money: Value | None = value("money", "What the company is agreed to be worth before the money.", default=None)
    price: Value | None = value("money", "The price of a unit, instead of a pre-money value.", default=None)
    investors: Mapping[str, Value] = table("Who puts in how much money.", unit="money", keys="name")
    convention: str = choice(CONVENTIONS, "What the pre-money value buys.", default="percent_ownership")
    pool_increase: Value | None = value("units", "By how many units the pool grows.", default=None)
    pool_after: Value | None = value("fraction", "What part of all units the pool is after the round, at least.", default=None)
    pool_counts: bool = flag("Whether the pre-money buys the growth of the pool too.", default=True)
    converts: tuple[str, ...] = names("The safes and notes that convert; all of them if left out.")
    price_decimals: Value | None = value(
        "number", "To how many decimals prices are rounded, as charters state them: 4; not at all if left out.", default=None
    )
    moves_money: bool = flag("Whether the money goes from investors to the company here; no where a term does it.", default=True)

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        issued = classes.get(self.class_)
        if issued is not None and (issued.in_money or isinstance(issued, Pool)):
            found.append(("class", f"{self.class_} is no class that a round could issue", "name a class of common or preferred"))
        if (self.pre_money is None) == (self.price is None):
            if self.price is not None:
                found.append(("price", "a round has a pre_money or a price, and both are given", "keep one of the two"))
            else:
                found.append(
                    ("", "a round has a pre_money or a price, and neither is given", "add pre_money: and what was agreed")
                )
        if is_zero(self.pre_money) or is_zero(self.price):
            word = "pre_money" if is_zero(self.pre_money) else "price"
            found.append((word, f"{word} is zero, so that money would buy units without end", "write what was agreed"))
        if (taken := _taken(self)) >= 1:
            sentence = f"the pool and the new money take {taken:.0%} of the company, so that nothing is left for the others"
            found.append(("pool_after", sentence, "write a smaller pool, or a larger pre_money"))
        if self.pool_increase is not None and self.pool_after is not None:
            found.append(("pool_after", "the pool grows by a number or to a part, not by both", "keep one of the two"))
        if (self.pool_increase or self.pool_after) is not None and not _pools(classes):
            found.append(
                ("", "the round enlarges a pool, but the table has none", "add pool: {kind: pool, units: 0} to the classes")
            )
        wrong = [name for name in self.converts if not isinstance(classes[name], AbstractConvertible)]
        found += [("converts", f"{name} is neither a safe nor a note", "name those that convert in the round") for name in wrong]
        return found

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del divided
        issued = classes[self.class_]
        priced_here = isinstance(issued, Preferred) and issued.price is None and issued.invested is None
        converting = frozenset(self._converting(classes))
        pools = frozenset(_pools(classes)[:1] if (self.pool_increase or self.pool_after) is not None else ())
        return Changes(
            units=frozenset({self.class_}) | converting | pools,
            holders={self.class_: (*issued.holders, *self.investors)},
            ratios=frozenset(protected(classes, self.class_)),
            prices=frozenset({self.class_} if priced_here else ()),
            converted=converting,
            becomes=dict.fromkeys(converting, (self.class_,)),
        )

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder, classes = standing.builder, standing.classes
        standing.issued_by(self.class_, f"{standing.party}.{name}")
        base = builder.row("base", base_of(standing), "capital before the round, as common units")
        money = builder.row("money", total([builder.value(m) for m in self.investors.values()]), "new money")
        wants = {c: entry.forms(standing, c, at_a_price=True) for c, entry in self._converting(classes).items()}
        solved = priced(builder.row, self._offer(standing, base, money), wants | protection(standing, self.class_, base, money))
        solved = replace(solved, per_money=where_(now & ~(solved.capital > 0.0), INFINITY, solved.per_money))
        solved = self._with_whole_prices(standing, solved, list(wants))
        price = where_(solved.per_money > 0.0, ONE / solved.per_money, ZERO)
        price = builder.row("offer", price, "price of a unit at these terms")
        paid = builder.row("price", where_(now, price, builder.prev(builder.own("price"))), "price of a unit in this round")
        issued: dict[str, Expr] = {}
        for investor, amount in self.investors.items():
            units = standing.rounded(solved.per_money * builder.value(amount))
            issued[investor] = builder.row(f"issued.{investor}", where_(now, units, ZERO), f"units for {investor}")
            if self.moves_money:
                due = where_(now, builder.value(amount), ZERO)
                builder.pay(f"money.{investor}", due, party_of(standing, investor), standing.party, f"money of {investor}")
        convert(standing, solved, list(wants), now, self.class_)
        adjust(standing, solved, self.class_, now)
        standing.reprice(self.class_, now, paid, total(list(issued.values())))
        standing.issue(self.class_, issued)
        for pool in _pools(classes)[:1] if (self.pool_increase or self.pool_after) is not None else ():
            grown = where_(now, standing.rounded(most(solved.growth, ZERO)), ZERO)
            standing.enlarge(pool, builder.row("pool", grown, "what the pool grows by"))

    def _with_whole_prices(self, standing: Standing, solved: Priced, names: Sequence[str]) -> Priced:
        """The solution with the price of the round, and that of everything that converts, to so many decimals."""
        if self.price_decimals is None:
            return solved
        parts = 10.0 ** round(standing.builder.known(self.price_decimals, "price_decimals"))

        def rounded(price: Expr) -> Expr:
            return call("floor", price * parts + Const(0.5, standing.builder.money)) / parts

        units = dict(solved.units)
        for name in names:
            entry = standing.classes[name]
            assert isinstance(entry, AbstractConvertible)
            due = entry.due(standing, name)
            units[name] = where_(units[name] > 0.0, due / rounded(due / units[name]), ZERO)
        return replace(solved, per_money=ONE / rounded(ONE / solved.per_money), units=units)

    def _converting(self, classes: Mapping[str, AbstractClass]) -> dict[str, AbstractConvertible]:
        found = {n: entry for n, entry in classes.items() if isinstance(entry, AbstractConvertible)}
        return {n: entry for n, entry in found.items() if not self.converts or n in self.converts}

    def _offer(self, standing: Standing, base: Expr, money: Expr) -> Offer:
        builder, pools = standing.builder, _pools(standing.classes)
        due = [entry.due(standing, n) for n, entry in self._converting(standing.classes).items()]
        after, increase = self.pool_after, self.pool_increase
        return Offer(
            base=base, money=money,
            pre_money=builder.value(self.pre_money) if self.pre_money is not None else None,
            price=builder.value(self.price) if self.price is not None else None,
            counted="base" if self.convention == "pre_money" else "capital",
            added=total(due) if self.convention == "dollars_invested" else ZERO,
            pool_before=standing.units(pools[0]) if pools else ZERO,
            pool_increase=builder.value(increase) if increase is not None else None,
            pool_after=builder.value(after) if after is not None else None,
            pool_counts=self.pool_counts,
        )  # fmt: skip


def is_zero(value: Value | None) -> bool:
    """Whether a field is known to be zero."""
    return isinstance(value, Number) and value.spread is None and value.value == 0


def _taken(round_: Round) -> float:
    """The part of the company that the pool and the new money take, as far as it is known; 0 where it is not."""
    after, before = round_.pool_after, round_.pre_money
    money = [m.value for m in round_.investors.values() if isinstance(m, Number) and m.spread is None]
    if not isinstance(after, Number) or after.spread is not None:
        return 0.0
    if not isinstance(before, Number) or before.spread is not None or before.value == 0 or round_.convention == "pre_money":
        return after.value
    return after.value + sum(money) / (before.value + sum(money))


def base_of(standing: Standing) -> Expr:
    """The capital as common units, with what has converted and without what has not."""
    found = [
        standing.converted(name) if isinstance(entry, AbstractConvertible) else entry.diluted(standing, name)
        for name, entry in standing.classes.items()
        if entry.dilutes
    ]
    return total(found)


def convert(standing: Standing, solved: Priced, names: Sequence[str], now: Expr, into: str) -> None:
    """Turn safes and notes into units, each holder's rounded as the law of the table says."""
    for name in names:
        entry = standing.classes[name]
        assert isinstance(entry, AbstractConvertible)
        units, due = solved.units[name], entry.due(standing, name)
        if standing.whole != "none":
            units = total([standing.rounded(units * standing.part(name, holder)) for holder in standing.holders(name)])
        row = standing.builder.row(f"converts.{name}", where_(now, units, ZERO), f"units that {name} turns into")
        standing.convert(name, now, row, due, into)


def protected(classes: Mapping[str, AbstractClass], issued: str) -> dict[str, Preferred]:
    """The classes that a cheaper round adjusts."""
    found = {n: entry for n, entry in classes.items() if isinstance(entry, Preferred) and n != issued}
    return {n: entry for n, entry in found.items() if entry.anti_dilution != "none"}


def protection(standing: Standing, issued: str, base: Expr, money: Expr) -> dict[str, list[Form]]:
    """What each protected class gains in common units: nothing, or what its formula gives, which is linear in u."""
    forms: dict[str, list[Form]] = {}
    for name, entry in protected(standing.classes, issued).items():
        units, ratio, price = standing.units(name), standing.ratio(name), standing.price(name)
        if entry.anti_dilution == "full_ratchet":
            forms[name] = [Form(), Form(fixed=-(units * ratio), by_money=units * price)]
            continue
        counted = _counted(standing, entry, base)
        weight = standing.builder.row(f"weight.{name}", counted * price / ratio + money, f"what {name} is weighed against")
        lowered = Form(fixed=units * price * counted / weight - units * ratio, by_money=units * price * money / weight)
        forms[name] = [Form(), lowered]
    return forms


def _counted(standing: Standing, entry: Preferred, base: Expr) -> Expr:
    """The common units that a weighted average counts as there before the round."""
    if entry.anti_dilution_counts:
        return total([standing.classes[n].diluted(standing, n) for n in entry.anti_dilution_counts])
    if entry.anti_dilution == "narrow":
        return total([e.diluted(standing, n) for n, e in standing.classes.items() if isinstance(e, Preferred)])
    return base - total([standing.units(pool) for pool in _pools(standing.classes)])


def adjust(standing: Standing, solved: Priced, issued: str, now: Expr) -> None:
    """New ratios of protected classes."""
    for name in protected(standing.classes, issued):
        units, before = standing.units(name), standing.ratio(name)
        gained = where_(now & (units > 0.0), most(solved.units[name], ZERO) / units, ZERO)
        standing.adjust(
            name, before + standing.builder.row(f"adjusts.{name}", gained, f"common units that a unit of {name} gains")
        )


def _pools(classes: Mapping[str, AbstractClass]) -> list[str]:
    return [name for name, entry in classes.items() if isinstance(entry, Pool)]
