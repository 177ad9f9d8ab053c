"""Something that may happen in any month, with a chance that may depend on how things go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, value
from prenup.base.quantity import Number
from prenup.base.units import BOOL, YEAR
from prenup.drivers.events._event import AbstractEvent
from prenup.sheet.builder import Builder
from prenup.sheet.expr import YES, ZERO, Const, Expr, call, most, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Hazard(AbstractEvent):
    """An event with a rate: so many a year, on average, if it could happen again and again; here the first one counts.

    Path:
        One draw a path sets how much hazard it takes; the event happens in the month in which the sum so far
        reaches it. The month in which `from` comes true counts, and so does that of `until`; both then stay true.

    Equations:
        so_far[t] = so_far[t-1] + rate[t] / 12 while it can happen
        X happens when so_far >= -log(1 - u), u uniform
        with a constant rate, the chance that it has not happened by the end of month t is exp(-rate * (t + 1) / 12)

    Example:
        agi:
          kind: hazard
          rate: {value: 5%/yr, range: 2%/yr to 12%/yr, status: assumed, note: no basis in the sources}
          from: 2026-01-01
          until: 2035-12-31
        # a rate of 5 % a year: 1 - exp(-0.05) = 4.9 % within a year

    Not modelled:
        Events that happen more than once.

    Source:
        Lando, On Cox Processes and Credit Risky Securities, 1998, https://doi.org/10.1007/BF01531332
    """

    kind: ClassVar[str] = "hazard"

    rate: Value = value("rate", "How many a year; a formula may make it depend on rows of the deal.")
    from_: Value | None = condition("Can't happen before this date, event or condition.", default=None)
    until: Value | None = condition("Can't happen after this date, event, condition or length of time.", default=None)

    def write(self, builder: Builder) -> None:
        """Write the rate, the hazard so far and the event."""
        rate = builder.row("rate", most(builder.rate(self.rate), ZERO), "how many a year while it can happen")
        so_far = builder.cum(where_(self._possible(builder), rate / 12.0, ZERO))
        threshold = builder.once("threshold", -call("log", 1.0 - builder.uniform("draw")), "hazard that it takes")
        self.write_event(builder, so_far >= threshold)

    def _possible(self, builder: Builder) -> Expr:
        """Whether it can happen this month; once begun or ended it stays so."""
        begun: Expr = YES
        if self.from_ is not None:
            begun = builder.prev(builder.own("begun")) | builder.condition(self.from_)
            begun = builder.row("begun", begun, "whether it can happen by now", unit=BOOL)
        if self.until is None:
            return begun
        if isinstance(self.until, Number) and self.until.unit == YEAR:
            so_long = builder.cum(where_(begun, Const(1 / 12, YEAR), ZERO))
            half_a_month = Const(1 / 24, YEAR)
            return begun & (so_long <= builder.value(self.until) + half_a_month)
        ended = builder.prev(builder.own("ended")) | builder.condition(self.until)
        builder.row("ended", ended, "whether this is the last month or later", unit=BOOL)
        return begun & ~builder.prev(builder.own("ended"))
