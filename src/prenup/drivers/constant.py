"""Something that stays as it is, or follows a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Constant(AbstractDriver):
    """A quantity that is the same in every month, unless its value is said to change or an event acts on it.

    Path:
        `value` in every month. It may be a range: then it is one unknown number, the same in all months. With `then` it
        changes on a day or at an event; as a formula it follows other rows.

    Equations:
        X[t] = value

    Example:
        gpu_price:
          kind: constant
          value: $2/gpu_hour to $3/gpu_hour
          status: assumed
          note: the list price has been stable for a year
        # one price for all months, between $2 and $3 in nine views of the deal out of ten

    Not modelled:
        Anything that moves by itself: see `schedule`, `growth`, `mean_reversion`.

    Source:
        Convention: a quantity that nobody forecasts is best kept where it is, and seen to be so.
    """

    kind: ClassVar[str] = "constant"

    value: Value = value("any", "What it is in every month.")

    def write(self, builder: Builder) -> None:
        """Write the value."""
        builder.row("", builder.value(self.value), "value", start=self.before(builder, self.value))
