"""What every corporate action is: something that is done once to a cap table, when its time comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import AbstractEntry, condition
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.standing import Changes, Standing, day_of
from prenup.sheet.expr import Expr, Ref, total
from prenup.sheet.formula import Value
from prenup.sheet.sheet import WORLD


@dataclass(frozen=True, kw_only=True)
class AbstractAction(AbstractEntry):
    """One corporate action. It is taken once, in the month in which `on` comes true, unless an exit came before."""

    ends_table: ClassVar[bool] = False
    """Whether nothing more is done with the table after it."""

    on: Value = condition("When it is done: a date, an event, a condition.")

    def changes(self, classes: Mapping[str, AbstractClass], divided: Sequence[str]) -> Changes:
        """What it may change. `divided` are those among whom the table's tiers divide."""
        del classes, divided
        return Changes()

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        """What is wrong with it, each as the field to blame, a sentence and a remedy."""
        del classes
        return []

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        """Write its rows, and say how the table stands after it. `now` is whether it is done this month."""
        raise NotImplementedError

    def begin(self, standing: Standing, name: str, over: Expr | None) -> Expr:
        """Write the event of the action: `NAME` has been done, `NAME.now` is done this month. `over`: an exit came before."""
        builder = standing.builder
        standing.day = day_of(self.on, builder)
        with builder.clause(f"{standing.party}.{name}", builder.clause_where):
            happens = builder.condition(self.on)
            builder.event(happens if over is None else happens & ~over, self.title or name.replace("_", " "))
        return Ref(f"{standing.party}.{name}.now")


def pay_holders(standing: Standing, class_name: str, amount: Expr, row: str, note: str) -> None:
    """The company pays an amount to the holders of a class, each its part: a payment `row.PARTY` to each party among them."""
    by_party: dict[str, list[Expr]] = {}
    for holder in standing.holders(class_name):
        by_party.setdefault(party_of(standing, holder), []).append(amount * standing.part(class_name, holder))
    for party, amounts in by_party.items():
        if party != standing.party:
            standing.builder.pay(f"{row}.{party}", total(amounts), standing.party, party, note.format(party))


def party_of(standing: Standing, holder: str) -> str:
    """The party that a holder is; the world for everybody else."""
    return holder if holder in standing.builder.parties else WORLD
