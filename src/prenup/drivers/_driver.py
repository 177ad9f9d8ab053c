"""What every driver is: a quantity that the world sets month by month, read in formulas by its name."""

from __future__ import annotations

from dataclasses import dataclass

from prenup.base.fields import AbstractEntry
from prenup.base.quantity import Number
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Expr, call, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class AbstractDriver(AbstractEntry):
    """A quantity that the parties do not set. Its row has the driver's own name."""

    def write(self, builder: Builder) -> None:
        """Write the driver's rows; `builder` stands inside the driver already."""
        raise NotImplementedError

    def write_level(self, builder: Builder, start: Value, step: Expr) -> None:
        """Write the driver as a level: `start` in the first month, from then on its last value times `step`."""
        first = builder.value(start)
        level = where_(builder.first_month, first, builder.prev_undisturbed() * step)
        builder.row("", level, "level", start=first)

    def wander(self, builder: Builder, volatility: Expr) -> Expr:
        """A month's factor by chance alone: lognormal, with a mean of one."""
        return call("exp", volatility * builder.normals() / 12**0.5 - volatility * volatility / 24.0)

    def before(self, builder: Builder, value: Value) -> Expr:
        """What `prev` gives in the first month: the value if it is a number of the deal; zero if it is worked out."""
        return builder.value(value) if isinstance(value, Number) else ZERO
