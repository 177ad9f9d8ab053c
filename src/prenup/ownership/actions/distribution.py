"""A distribution: money goes to everybody through the waterfall, and the company goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import flag, value
from prenup.ownership.actions._action import AbstractAction
from prenup.ownership.payout import claims_now, divide, kept_claims
from prenup.ownership.standing import Standing
from prenup.sheet.expr import ZERO, Expr, most, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Distribution(AbstractAction):
    """The company pays out money of its own, as if it were the proceeds of an exit, and every unit stays where it is.

    Money flow:
        company -> every holder, what the waterfall gives, in the month of the distribution

    Equations:
        as at an exit; what it pays of preferences is owed no more at a later distribution or exit, caps are lower by what it pays

    Example:
        dividend: {kind: distribution, on: 2027-12-31, amount: $40m}

    Not modelled:
        Distributions are counted in the order of the file, not of the days on which they happen. They are in the values of
        the parties, and not in their cash month by month.

    Source:
        Convention: distributions through the liquidation waterfall of a certificate of incorporation.
    """

    kind: ClassVar[str] = "distribution"

    amount: Value = value("money", "What is paid out.")
    returns_preference: bool = flag("Whether preferences that it pays are owed no more.", default=True)

    def write(self, standing: Standing, name: str, now: Expr) -> None:
        builder = standing.builder
        claims = claims_now(standing)
        amount = where_(now, most(builder.value(self.amount), ZERO), builder.prev(builder.own("kept.proceeds")))
        proceeds = builder.row("kept.proceeds", amount, "what is divided", unit=builder.money)
        kept = kept_claims(standing, claims, now)
        divide(standing, kept, proceeds, now, standing.party, returns=self.returns_preference)
