"""One party hands over a share of what it takes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment


@dataclass(frozen=True, kw_only=True)
class RevenueShare(AbstractPayment):
    """The payer hands over a share of a stream of revenue as it comes in.

    Money flow:
        payer -> payee, the share of each month's revenue, when the period is settled.

    Equations:
        owed = rate * monthly(of); with tiers, each band of the running total of `of` has its own rate instead.

    Example:
        rev_share:
          kind: revenue_share
          payer: openai
          payee: microsoft
          rate: 20%
          of: revenue
          until: 2030-12-31
        # 20 % of each month's revenue, last for December 2030

    Not modelled:
        Refunds and bad debts that lower the base afterwards, audit rights, and netting against other payments.

    Source:
        Convention: a gross revenue share as in cloud and marketplace agreements; the base is what the deal file says.
    """

    kind: ClassVar[str] = "revenue_share"

    rate: Value | None = value("fraction", "The share of revenue; left out where tiers give the rates.", default=None)
    of: Value = value("money flow", "The revenue that is shared.")

    def write(self, builder: Builder) -> None:
        """Write the base, what is owed on it and its payment."""
        base = builder.row("base", builder.flow(self.of), "revenue that is shared")
        self.settle(builder, self.share_of(builder, base, self.rate), "share of revenue")
