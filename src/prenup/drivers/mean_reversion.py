"""Something that wanders but is pulled back to a usual level, as prices of computing or energy are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, value
from prenup.base.quantity import Number
from prenup.base.units import YEAR
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, call, most, where_
from prenup.sheet.formula import Value

LN2 = math.log(2.0)


@dataclass(frozen=True, kw_only=True)
class MeanReversion(AbstractDriver):
    """A quantity that strays by chance and returns towards a level, half the way in each `half_life`.

    Path:
        The first month is at `start`. `plain`: amounts stray and return; the value may fall below zero. `log`:
        percentages do; the value stays above zero. In both it is the mean that goes from `start` to `level`,
        whatever the volatility; in `log` the median lies below it. Exact at every month's end.

    Equations:
        a = 0.5 ** (1 / (12 * half_life));  k = log 2 / half_life;  q = (1 - a^2) / (2 * k)
        deviation[0] = 0;  deviation[t] = a * deviation[t-1] + volatility * sqrt(q) * z[t]
        plain: expected[t] = level + (expected[t-1] - level) * a;  X[t] = expected[t] + deviation[t]
        log:   expected[t] = level * (expected[t-1] / level) ** a
               variance[t] = a^2 * variance[t-1] + volatility^2 * q
               X[t] = expected[t] * exp(deviation[t] - variance[t] / 2)
        with expected[0] = start and variance[0] = 0

    Example:
        gpu_hour_price:
          kind: mean_reversion
          start: $3/gpu_hour
          level: $2/gpu_hour
          half_life: 1 year
          volatility: 30%
          scale: log
        # the mean after a year: 2 * (3 / 2) ** 0.5 = $2.45

    Not modelled:
        Seasons, and a level that itself wanders by chance (write `level` as a formula of another driver for that).

    Source:
        Uhlenbeck and Ornstein, On the Theory of the Brownian Motion, 1930, https://doi.org/10.1103/PhysRev.36.823;
        in logarithms: Schwartz, The Stochastic Behavior of Commodity Prices, 1997,
        https://doi.org/10.1111/j.1540-6261.1997.tb02721.x (its model 1)
    """

    kind: ClassVar[str] = "mean_reversion"

    start: Value = value("any", "The value in the first month.")
    level: Value = value("any", "What the mean returns to.")
    half_life: Value = value("duration", "How long until half the distance to the level is closed.")
    volatility: Value = value(
        "any", "How far it would stray in a year if nothing pulled it back: a fraction, or an amount where the scale is plain."
    )
    scale: str = choice(("plain", "log"), "Whether amounts or percentages stray and return.", default="log")

    def write(self, builder: Builder) -> None:
        """Write the mean, the deviation from it and the value."""
        self._check(builder)
        half_life = most(builder.value(self.half_life), Const(1e-9, YEAR))
        kept = call("pow", Const(0.5), Const(1 / 12, YEAR) / half_life)
        spread = (1.0 - kept * kept) * half_life / Const(2.0 * LN2, YEAR)
        start, level = builder.value(self.start), builder.value(self.level)
        volatility = builder.value(self.volatility)
        log = self.scale == "log"
        before = builder.prev_undisturbed("expected")
        next_ = level * call("pow", before / level, kept) if log else level + (before - level) * kept
        expected = builder.row("expected", where_(builder.first_month, start, next_), "mean", start=start)
        strayed = builder.prev_undisturbed("deviation") * kept + volatility * call("sqrt", spread) * builder.normals()
        deviation = builder.row("deviation", self._later(builder, strayed), "how far chance has taken it from the mean")
        if not log:
            builder.row("", expected + deviation, "value", start=start)
            return
        varied = builder.prev_undisturbed("variance") * (kept * kept) + volatility * volatility * spread
        variance = builder.row("variance", self._later(builder, varied), "variance of the deviation")
        builder.row("", expected * call("exp", deviation - variance / 2.0), "value", start=start)

    def _check(self, builder: Builder) -> None:
        """Percentages need a start and a level above zero."""
        for word, given in (("start", self.start), ("level", self.level)) if self.scale == "log" else ():
            if isinstance(given, Number) and given.value <= 0:
                where = given.where or builder.clause_where
                builder.log.add(
                    "D262",
                    f"the {word} of {builder.clause_name} is not above zero",
                    where,
                    why="no percentage leads to zero, or away from it",
                    fix="write scale: plain",
                )

    def _later(self, builder: Builder, expression: Expr) -> Expr:
        """Zero in the first month, the expression from then on."""
        return where_(builder.first_month, ZERO, expression)
