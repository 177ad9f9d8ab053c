"""The right to use something, what is paid for it, and what it is worth to whoever may use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, most, where_
from prenup.sheet.formula import Value
from prenup.sheet.sheet import WORLD
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import recurs


@dataclass(frozen=True, kw_only=True)
class Licence(AbstractPayment):
    """The payer may use what the payee owns, for a fee or for none, as long as the licence is in force.

    Money flow:
        payer -> payee, the fee: an amount of money once at the start, money a year or a formula in monthly parts.
        world -> payer, what the use is worth, while in force.

    Equations:
        owed = monthly(fee), in force, or in the first month in force where the fee is an amount of money.
        drawn = max(monthly(worth), 0) while in force

    Example:
        model_licence:
          kind: licence
          payer: microsoft
          payee: openai
          worth: 10% * product_sales
          until: 2030-12-31
        # a tenth of product sales counts as drawn from the licence; no fee

    Not modelled:
        Field of use, exclusivity, sub-licences, and the owner's loss where the licensee competes with it.

    Source:
        Convention: a paid-up licence is money once, a running one money a year; its worth is the user's own estimate.
    """

    kind: ClassVar[str] = "licence"

    fee: Value = value("money flow", "The licence fee: money once at the start, or money a year.", default="0")
    worth: Value | None = value("money flow", "What the licensee draws from the use; not counted if left out.", default=None)

    def write(self, builder: Builder) -> None:
        """Write the fee's payment and what the use is worth."""
        runs = self.active(builder)
        once = not recurs(self.fee)
        due = self.starts(builder) if once else runs
        base = builder.row("base", where_(due, builder.flow(self.fee), ZERO), "the licence fee")
        self.settle(builder, self.banded(builder, base), "licence fee", active=due, once=once)
        if self.worth is not None:
            drawn = where_(runs, most(builder.flow(self.worth), ZERO), ZERO)
            builder.pay("drawn", drawn, WORLD, self.payer, "what the use of the licence is worth")
