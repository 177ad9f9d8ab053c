"""Something that grows fast now and slower later, with or without chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.base.units import YEAR
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, call, most
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Growth(AbstractDriver):
    """A level whose yearly growth fades from today's rate to a long-run rate.

    Path:
        The first month is at `start`. The gap between today's growth and the long-run growth halves every
        `half_life`. With `volatility` the level also wanders: its logarithm takes a normal step each month. Its mean
        is unchanged by that, so that the growth is that of the mean.

    Equations:
        rate[t] = long_run + (growth - long_run) * 0.5 ** (t / (12 * half_life))
        level[0] = start
        level[t] = level[t-1] * (1 + rate[t]) ** (1/12) * exp(volatility * z[t] / sqrt(12) - volatility^2 / 24)

    Example:
        revenue:
          kind: growth
          start: $3.7bn/yr
          growth: 200%
          long_run: 10%
          half_life: 18 months
          volatility: 25%
        # first month $3.7bn a year; formulas read it as `revenue`, its growth as `revenue.rate`

    Not modelled:
        Seasons within a year, and a ceiling on the level.

    Source:
        Convention: fading growth, as in multi-stage valuation (Damodaran, Investment Valuation, 3rd ed., 2012).
    """

    kind: ClassVar[str] = "growth"

    start: Value = value("any", "The level in the first month.")
    growth: Value = value("growth", "Growth a year at the start.")
    long_run: Value = value("growth", "Growth a year in the long run; that at the start if left out.", default=None)
    half_life: Value = value("duration", "How long until half the gap to the long run is closed.", default="2 years")
    volatility: Value | None = value("fraction", "How much the level wanders in a year; not at all if left out.", default=None)

    def write(self, builder: Builder) -> None:
        """Write the growth rate and the level."""
        now = builder.rate(self.growth)
        later = builder.rate(self.long_run) if self.long_run is not None else now
        years = builder.elapsed - Const(1 / 12, YEAR)
        half_life = most(builder.value(self.half_life), Const(1e-9, YEAR))
        gap = call("pow", Const(0.5), years / half_life)
        rate = builder.row("rate", later + (now - later) * gap, "growth a year")
        step = call("pow", most(1.0 + rate, ZERO), Const(1 / 12))
        if self.volatility is not None:
            step = step * self.wander(builder, builder.value(self.volatility))
        self.write_level(builder, self.start, step)
