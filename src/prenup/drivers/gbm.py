"""Something that drifts and wanders without end, as a share price does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import call
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Gbm(AbstractDriver):
    """A level whose percentage changes are independent from month to month: geometric Brownian motion.

    Path:
        The first month is at `start`. `drift` is that of the mean, compounded continuously: without chance a drift
        of 10 % makes 10.5 % a year. The median drifts by `volatility`^2 / 2 less. Exact at every month's end.

    Equations:
        drift[t] = drift
        X[0] = start
        X[t] = X[t-1] * exp(drift[t] / 12) * exp(volatility * z[t] / sqrt(12) - volatility^2 / 24)
        mean of X[t] = start * exp(drift * t / 12);  variance of log X[t] = volatility^2 * t / 12

    Example:
        share_price:
          kind: gbm
          start: $150/share
          drift: 8%
          volatility: 40%
        # after two years the mean is 150 * exp(0.16) = $176, the median 150 * exp(0.16 - 0.16) = $150

    Not modelled:
        Sudden falls (see `jumps`), times of calm and of unrest (see `regime`), dividends.

    Source:
        Black and Scholes, The Pricing of Options and Corporate Liabilities, 1973, https://doi.org/10.1086/260062
    """

    kind: ClassVar[str] = "gbm"

    start: Value = value("any", "The level in the first month.")
    drift: Value = value("rate", "How fast the mean grows a year, compounded continuously.", default="0%")
    volatility: Value = value("fraction", "Standard deviation of a year's logarithmic change.")

    def write(self, builder: Builder) -> None:
        """Write the drift and the level."""
        drift = builder.row("drift", builder.rate(self.drift), "drift of the mean a year")
        step = call("exp", drift / 12.0) * self.wander(builder, builder.value(self.volatility))
        self.write_level(builder, self.start, step)
