"""A payment that is earned when something is achieved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, value
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import comes_true


@dataclass(frozen=True, kw_only=True)
class Milestone(AbstractPayment):
    """The payer pays a fixed amount once, when a condition comes true while the clause is in force.

    Money flow:
        payer -> payee, the amount, in the month in which the condition comes true for the first time.

    Equations:
        reached = on comes true this month, while in force, and u < probability; u is one uniform draw a path.
        owed = amount where reached. A date before the first month is history and is not paid again.

    Example:
        approval:
          kind: milestone
          payer: pharma
          payee: biotech
          amount: $50m
          on: 2027-06-30
          probability: 60%
        # $50m in June 2027 on 60 % of paths

    Not modelled:
        Diligence duties, a fallback date at which the payment falls due anyway, and credit against later royalties.

    Source:
        Convention: development and sales milestones of licence agreements, each payable once.
    """

    kind: ClassVar[str] = "milestone"

    amount: Value = value("money", "What is paid when the milestone is reached.")
    on: Value = condition("The date, event or condition that is the milestone.")
    probability: Value = value("fraction", "How likely it is reached at all, if its condition comes true.", default="100%")

    def write(self, builder: Builder) -> None:
        """Write whether the milestone is reached and its payment."""
        succeeds = builder.once(
            "succeeds", builder.uniform("draw") < builder.value(self.probability), "whether it can be reached"
        )
        comes = self.active(builder) & comes_true(builder, self.on, "happened")
        reached = builder.row("reached", comes & succeeds, "whether the milestone is reached this month")
        owed = self.banded(builder, builder.value(self.amount), reached)
        self.settle(builder, owed, "milestone", active=reached, once=True)
