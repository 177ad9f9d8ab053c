"""A licensee pays a part of its net sales to whoever owns what it sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, record, value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, where_
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import held_before


@dataclass(frozen=True, kw_only=True)
class StepDown:
    """A lower rate from some time on, as when a patent expires or a generic enters."""

    after: Value = condition("The date, event or condition after which the lower rate holds.")
    rate: Value = value("fraction", "What fraction of the royalty remains.")


@dataclass(frozen=True, kw_only=True)
class Royalty(AbstractPayment):
    """The payer pays a royalty on its net sales, at one rate or at a rate for each band of sales.

    Money flow:
        payer -> payee, the royalty on each month's net sales, when the period is settled.

    Equations:
        base = max(monthly(of) * (1 - deductions), 0)
        owed = rate * base; with tiers, each band of the running total of base has its own rate instead.
        From the month after step_down.after comes true, owed * step_down.rate.

    Example:
        royalty:
          kind: royalty
          payer: licensee
          payee: owner
          of: $2.4bn/yr
          tiers: [{up_to: $2bn, rate: 18%}, {rate: 25%}]
        # a full year: 18 % of $2bn and 25 % of $0.4bn, $460m

    Not modelled:
        Stacking of third parties' royalties, sales by sub-licensees, and audits that correct earlier years.

    Source:
        Convention: marginal bands on annual net sales, deductions and a step-down when protection ends are the
        usual shape of a pharmaceutical licence; which of them hold is for the deal file to say.
    """

    kind: ClassVar[str] = "royalty"

    rate: Value | None = value("fraction", "The royalty rate; left out where tiers give the rates.", default=None)
    of: Value = value("money flow", "The sales on which the royalty is paid.")
    deductions: Value = value("fraction", "What fraction of sales is taken off to reach net sales.", default="0%")
    step_down: StepDown | None = record(StepDown, "A lower royalty from some time on.", default=None)

    def write(self, builder: Builder) -> None:
        """Write net sales, the royalty on them and its payment."""
        net = builder.flow(self.of) * (1.0 - builder.value(self.deductions))
        base = builder.row("base", net, "net sales on which the royalty is paid")
        owed = self.share_of(builder, base, self.rate)
        if self.step_down is not None:
            stepped = held_before(builder, self.step_down.after, "stepped_down")
            remains = where_(stepped, builder.rate(self.step_down.rate), ONE)
            owed = owed * builder.row("remains", remains, "fraction of the royalty that remains")
        self.settle(builder, owed, "royalty")
