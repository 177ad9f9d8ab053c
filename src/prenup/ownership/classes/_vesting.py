"""What of a grant may be used: as time passes, or as milestones are met, each behind locks of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prenup.base.fields import condition, flag, items, record, table, value
from prenup.base.quantity import Number
from prenup.base.units import YEAR
from prenup.ownership.classes._class import AbstractClass
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, ZERO, Const, Expr, call, least, most, total, where_
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Vesting:
    """Time: nothing before the cliff, then month by month, all of it after the whole length."""

    from_: Value = condition("The day it is counted from.")
    over: Value = value("duration", "How long until all has vested.")
    cliff: Value = value("duration", "How long nothing vests; then what has built up does at once.", default="0 months")
    at_exit: bool = flag("Whether all vests at an exit.", default=False)


@dataclass(frozen=True, kw_only=True)
class Tranche:
    """A part of a grant behind locks in series: it vests once each of them has been open, in any order."""

    units: Value = value("units", "How many units.")
    locks: Mapping[str, Value] = table("What has to happen: a name for each lock and its condition.", keys="name")


@dataclass(frozen=True, kw_only=True)
class AbstractGrant(AbstractClass):
    """A class that may be used only as far as it has vested."""

    vesting: Vesting | None = record(Vesting, "How it vests as time passes; all of it has vested if left out.", default=None)
    tranches: tuple[Tranche, ...] = items(Tranche, "Parts that vest by milestones.", default=())

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        del classes
        found: list[tuple[str, str, str]] = []
        held = [units.value for units in self.holders.values() if isinstance(units, Number)]
        parts = [tranche.units.value for tranche in self.tranches if isinstance(tranche.units, Number)]
        if sum(held) > 0 and len(held) == len(self.holders) and sum(parts) > sum(held) * (1 + 1e-9):
            said = f"the tranches have {sum(parts):,.0f} units, and {sum(held):,.0f} are held"
            found.append(("tranches", said, "make the tranches add up to what is held"))
        if self.tranches and self.vesting is not None:
            found.append(("vesting", "it vests by time or by tranches, and both are given", "keep one of the two"))
        over, cliff = (self.vesting.over, self.vesting.cliff) if self.vesting is not None else (None, None)
        if isinstance(over, Number) and isinstance(cliff, Number) and cliff.value > over.value:
            found.append(("vesting", "the cliff comes after all has vested", "write a cliff that is no longer than over"))
        return found

    def prepare(self, standing: Standing, name: str) -> None:
        """Write what part has vested: `CLASS.vested`."""
        builder = standing.builder
        if self.tranches:
            opened = [self._tranche(builder, name, number, part) for number, part in enumerate(self.tranches, 1)]
            granted = standing.issued_at_first(name)
            vested = where_(granted > 0.0, least(total(opened) / granted, 1.0), ZERO)
        elif self.vesting is not None:
            vested = self._by_time(builder, self.vesting, standing.day)
        else:
            return
        builder.row(f"{name}.vested", vested, f"what part of {name} has vested")

    def outstanding(self, standing: Standing, name: str) -> Expr:
        del standing, name
        return ZERO

    def vested(self, standing: Standing, name: str) -> Expr:
        """The part that has vested."""
        if self.vesting is not None:
            return self._by_time(standing.builder, self.vesting, standing.day)
        return standing.own(f"{name}.vested") if self.tranches else ONE

    def vested_by(self, standing: Standing, name: str) -> Expr:
        """The units that may be used now: what has vested and has not been used before."""
        used = standing.issued_at_first(name) - standing.units(name)
        return most(standing.issued_at_first(name) * self.vested(standing, name) - used, ZERO)

    def vested_at_exit(self, standing: Standing, name: str) -> Expr:
        """The units that take part in an exit."""
        if self.vesting is not None and self.vesting.at_exit:
            return standing.units(name)
        return self.vested_by(standing, name)

    def _by_time(self, builder: Builder, vesting: Vesting, day: Expr) -> Expr:
        passed = most((day - builder.value(vesting.from_)) / Const(1.0, YEAR), ZERO)
        months = call("floor", passed * 12.0 + 0.15)  # whole months; February ends 2.4 days short of a twelfth of a year
        over, cliff = (builder.value(v) / Const(1.0, YEAR) * 12.0 for v in (vesting.over, vesting.cliff))
        part = where_(over > 0.0, least(months / most(over, 1e-9), 1.0), 1.0)
        return where_(months + 1e-6 < cliff, ZERO, part)

    def _tranche(self, builder: Builder, name: str, number: int, tranche: Tranche) -> Expr:
        """The units of a tranche once all its locks have been open."""
        opened: Expr = ONE
        for lock, met in tranche.locks.items():
            row = f"{name}.{number}.{lock}"
            been = builder.prev(builder.own(row)) | builder.condition(met)
            opened = opened & builder.row(row, been, f"lock {lock} of tranche {number} of {name} has been open")
        return where_(opened, builder.value(tranche.units), ZERO)
