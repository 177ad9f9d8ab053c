"""A redemption: the company pays a class back, and it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import REQUIRED, clause, flag, value
from prenup.ownership.actions._action import AbstractAction, pay_holders
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.ownership.classes.preferred import Preferred
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import ZERO, Expr, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Redemption(AbstractAction):
    """The company pays a safe, a note or preferred units back, as when investors may ask for their money.

    Money flow:
        company -> holder, multiple * what is owed (a note with its interest, preferred units their price with dividends)

    Equations:
        paid = multiple * owed to the class at that day; what has converted by then is not paid back

    Example:
        money_back: {kind: redemption, on: asked_back, class: notes}

    Not modelled:
        A company that lacks the money: it pays, and its cash falls below zero.

    Source:
        Convention: redemption of preferred stock, repayment of convertible notes.
    """

    kind: ClassVar[str] = "redemption"

    class_: str = clause("The class that is paid back.", default=REQUIRED)
    multiple: Value = value("multiple", "How many times what is owed is paid.", default="1x")
    moves_money: bool = flag("Whether the money is paid here; no where a term does it.", default=True)

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        if isinstance(classes[self.class_], AbstractConvertible | Preferred):
            return []
        return [("class", f"{self.class_} is owed nothing", "name a safe, a note or a class of preferred")]

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del classes, divided
        return Changes(units=frozenset({self.class_}))

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder, entry = standing.builder, standing.classes[self.class_]
        if isinstance(entry, AbstractConvertible):
            owed = entry.due(standing, self.class_)
        else:
            assert isinstance(entry, Preferred)
            owed = standing.units(self.class_) * entry.first(standing, self.class_)
        paid = where_(now, owed * builder.value(self.multiple), ZERO)
        paid = builder.row("paid", paid, f"what {self.class_} is paid back", unit=builder.money)
        if self.moves_money:
            pay_holders(standing, self.class_, paid, "paid", "what {} is paid back")
        standing.redeem(self.class_, now)
