"""One party bears a part of another's costs, and may be paid back out of later profit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import record, value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, least, most
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment


@dataclass(frozen=True, kw_only=True)
class Repaid:
    """How the costs borne are paid back."""

    from_: Value = value("money flow", "The profit out of which the balance is paid back.")
    share: Value = value("fraction", "What share of that profit goes to paying it back.")


@dataclass(frozen=True, kw_only=True)
class CostShare(AbstractPayment):
    """The payer bears a share of a cost that the payee pays, perhaps to be paid back out of later profit.

    Money flow:
        payer -> payee, the share of each month's cost, when the period is settled.
        payee -> payer, the share of profit that pays the balance back, from the month after it was advanced.

    Equations:
        owed = share * monthly(of); with tiers, each band of the running total of `of` has its own share instead.
        repaid = min(max(repaid.share * monthly(repaid.from), 0), balance[t-1]);  balance = balance[t-1] + paid - repaid
        What is still open when the clause ends goes on being paid back. A negative cost or profit moves nothing.

    Example:
        development:
          kind: cost_share
          payer: pharma
          payee: biotech
          share: 50%
          of: $24m/yr
          until: 2026-12-31
          repaid: {from: product_profit, share: 40%}
        # $1m a month until December 2026; from February 2025 paid back out of 40 % of product profit

    Not modelled:
        Interest on the balance, budgets above which consent is needed, and opting out of a project.

    Source:
        Convention: shared development costs, advanced by one side and recouped from profit, as in drug collaborations.
    """

    kind: ClassVar[str] = "cost_share"

    share: Value | None = value("fraction", "The share of the cost; left out where tiers give the shares.", default=None)
    of: Value = value("money flow", "The cost that is shared.")
    repaid: Repaid | None = record(Repaid, "How it is paid back; never if left out.", default=None)

    def write(self, builder: Builder) -> None:
        """Write the cost, its payment, and what is paid back."""
        base = builder.row("base", builder.flow(self.of), "cost that is shared")
        paid = self.settle(builder, self.share_of(builder, base, self.share, "share"), "share of cost")
        if self.repaid is not None:
            open_ = builder.prev(builder.own("balance"))
            profit = builder.rate(self.repaid.share) * builder.flow(self.repaid.from_)
            back = builder.pay("repaid", least(most(profit, ZERO), open_), self.payee, self.payer, "costs paid back")
            builder.row("balance", open_ + paid - back, "advanced and not yet paid back")
