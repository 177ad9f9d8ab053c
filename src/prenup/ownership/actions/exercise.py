"""An exercise: vested options or warrants are used on one day, at what a unit is worth then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import REQUIRED, clause, value
from prenup.ownership.actions._action import AbstractAction, pay_holders
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes.options import Options
from prenup.ownership.classes.warrant import Warrant
from prenup.ownership.standing import Changes, Standing
from prenup.sheet.expr import ZERO, Expr, most, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Exercise(AbstractAction):
    """Holders of options or of a warrant use what has vested, if a unit is worth more than the strike, while the company goes on.

    Money flow:
        company -> holder, vested units * (price - strike), what the other owners give up; no money where units are issued

    Equations:
        used = vested units where price > strike, none elsewhere;  value = used * (price - strike)
        with `into`: value / price new units, so that the strike is paid in units (net exercise)

    Example:
        warrant_used: {kind: exercise, on: 2030-10-05, class: warrant, price: amd_share, into: common}

    Not modelled:
        A choice of the best day, and what the units are worth after it.

    Source:
        Convention: net exercise at the market price of the day.
    """

    kind: ClassVar[str] = "exercise"

    class_: str = clause("The options or the warrant that are used.", default=REQUIRED)
    price: Value = value("money", "What a common unit is worth that day.")
    into: str = clause("The class of the new units; they are paid out in money if left out.", default="")

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if not isinstance(classes[self.class_], Options | Warrant):
            found.append(("class", f"{self.class_} is neither options nor a warrant", "name a class that has a strike"))
        if self.into and (classes[self.into].in_money or self.into == self.class_):
            found.append(("into", f"{self.into} is no class of units that a warrant could turn into", "name a class of common"))
        return found

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        del divided
        holders = {self.into: (*classes[self.into].holders, *classes[self.class_].holders)} if self.into else {}
        turns = {self.into: (self.class_,)} if self.into else {}
        return Changes(units=frozenset({self.class_, *holders}), holders=holders, turns=turns)

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder, entry = standing.builder, standing.classes[self.class_]
        assert isinstance(entry, Options | Warrant)
        price, strike = builder.value(self.price), builder.value(entry.strike)
        ready = entry.vested_by(standing, self.class_)
        used = builder.row("used", where_(now & (price > strike), ready, ZERO), f"units of {self.class_} that are used")
        worth = builder.row(
            "worth", used * most(price - strike, ZERO), "what they are worth above the strike", unit=builder.money
        )
        if not self.into:
            pay_holders(standing, self.class_, worth, "worth", "what {} gains")
            standing.use(self.class_, used)
            return
        gained: dict[str, Expr] = {}
        for holder in standing.holders(self.class_):
            units = standing.rounded(where_(used > 0.0, worth / price * standing.part(self.class_, holder), ZERO))
            gained[holder] = builder.row(f"issued.{holder}", units, f"units for {holder}")
        standing.use(self.class_, used)
        standing.issue(self.into, gained)
