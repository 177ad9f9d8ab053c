"""Something that drifts and wanders, and now and then jumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, ZERO, call, most, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Jumps(AbstractDriver):
    """A level that wanders and from time to time jumps by a percentage: Merton's jump diffusion.

    Path:
        The first month is at `start`. In each month there is at most one jump, with the chance that at least one
        would arrive; at 2 jumps a year this leaves out one jump in twelve. `size` is the median jump; its logarithm
        is normal. `drift` is that of the mean, jumps included, compounded continuously: the level gains in between
        what downward jumps take from its mean.

    Equations:
        jump[t] = u[t] < p,  p = 1 - exp(-rate / 12)
        factor[t] = (1 + size) * exp(size_spread * y[t]) where jump[t], else 1
        made_up = 1 + p * ((1 + size) * exp(size_spread^2 / 2) - 1), the mean of factor[t]
        X[0] = start
        X[t] = X[t-1] * exp(drift / 12 + volatility * z[t] / sqrt(12) - volatility^2 / 24) * factor[t] / made_up

    Example:
        share_price:
          kind: jumps
          start: $150/share
          drift: 8%
          volatility: 30%
          rate: 0.5/yr
          size: -30%
          size_spread: 10%
        # every other year, on average, the price falls to about 70 % of what it was

    Not modelled:
        Two jumps within a month, and jumps that make others more likely.

    Source:
        Merton, Option Pricing when Underlying Stock Returns are Discontinuous, 1976,
        https://doi.org/10.1016/0304-405X(76)90022-2
    """

    kind: ClassVar[str] = "jumps"

    start: Value = value("any", "The level in the first month.")
    drift: Value = value("rate", "How fast the mean grows a year, jumps included.", default="0%")
    volatility: Value = value("fraction", "Standard deviation of a year's log change between jumps.", default="0%")
    rate: Value = value("rate", "How many jumps a year.")
    size: Value = value("signed fraction", "The median jump: -30% takes the level to 70 % of what it was.")
    size_spread: Value = value("fraction", "Standard deviation of a jump's logarithm.", default="0%")

    def write(self, builder: Builder) -> None:
        """Write the drift, the rate of jumps, whether there is one, and the level."""
        drift = builder.row("drift", builder.rate(self.drift), "drift of the mean a year, jumps included")
        rate = builder.row("rate", most(builder.rate(self.rate), ZERO), "jumps a year")
        chance = 1.0 - call("exp", -rate / 12.0)
        jump = builder.row("jump", builder.uniforms("jump") < chance, "whether it jumps this month")
        median = 1.0 + builder.value(self.size)
        spread = builder.value(self.size_spread)
        factor = where_(jump, median * call("exp", spread * builder.normals("size")), ONE)
        made_up = 1.0 + chance * (median * call("exp", spread * spread / 2.0) - 1.0)
        wander = self.wander(builder, builder.value(self.volatility))
        self.write_level(builder, self.start, call("exp", drift / 12.0) * wander * factor / made_up)
