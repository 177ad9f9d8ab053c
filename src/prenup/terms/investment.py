"""Money or credits that one party puts into another, at once or in tranches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, condition, items, text, value
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, total, where_
from prenup.sheet.formula import Value
from prenup.terms._credits import check_holder, credits_of
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import comes_true


@dataclass(frozen=True, kw_only=True)
class Tranche:
    """One part of an investment."""

    amount: Value = value("money", "How much, at face value.")
    on: Value = condition("The date, event or condition on which it is paid in.")
    paid_in: str = choice(("cash", "credits"), "Whether it is money, or credits for what the investor supplies.", default="cash")
    note: str = text("Anything a reader should know of it.")


@dataclass(frozen=True, kw_only=True)
class Investment(AbstractPayment):
    """The payer invests in the payee, in money or in credits for its own services, in one payment or in tranches.

    Money flow:
        payer -> payee, each cash tranche in the month in which its date, event or condition comes.
        payer -> payee, each credit tranche at face value as the resource `credits.` and the clause's name; no money.

    Equations:
        tranche[i] = amount[i] in the month in which on[i] comes true for the first time, while in force
        granted_so_far = credits_before + the sum of credit tranches;  credits_left = granted_so_far - what was drawn
        A tranche dated before the first month is history: it is not paid again.

    Example:
        round:
          kind: investment
          payer: microsoft
          payee: openai
          tranches:
            - {amount: $1bn, on: 2025-01-31}
            - {amount: $2bn, on: 2025-06-30, paid_in: credits}
        # $1bn in January 2025; in June 2025 credits of $2bn, which a supply clause may draw

    Not modelled:
        What the investor gets for it, the expiry of credits, and conditions that release a tranche in part.
        Shared modifiers other than from and until act on money alone: credits are granted when due, in full.

    Source:
        Convention: credits count at face value when granted and cost their issuer when they are drawn.
    """

    kind: ClassVar[str] = "investment"

    amount: Value | None = value("money", "The amount, where it is paid at once; left out with tranches.", default=None)
    on: Value | None = condition("When the amount is paid; at the start if left out.", default=None)
    tranches: tuple[Tranche, ...] = items(Tranche, "The parts in which it is paid.", default=())
    credits_before: Value | None = value("money", "Credits granted before the first month and not yet drawn.", default=None)

    def write(self, builder: Builder) -> None:
        """Write the tranches, the payment of those in cash, and the credits granted."""
        if (self.amount is None) == (not self.tranches):
            both = "both are" if self.tranches else "neither is"
            builder.log.add(
                "D250",
                f"{builder.clause_name} takes amount or tranches, and {both} given",
                builder.clause_where,
                why="one of them says what is invested",
                fix="write amount: $1bn, or tranches with an amount each",
            )
        cash: list[Expr] = []
        credits: list[Expr] = []
        if self.amount is not None:
            comes = self.starts(builder) if self.on is None else self.active(builder) & comes_true(builder, self.on, "happened")
            cash.append(where_(comes, builder.value(self.amount), ZERO))
        for number, tranche in enumerate(self.tranches, 1):
            comes = self.active(builder) & comes_true(builder, tranche.on, f"happened.{number}")
            amount = where_(comes, builder.value(tranche.amount), ZERO)
            row = builder.row(f"tranche.{number}", amount, tranche.note or f"tranche {number} in {tranche.paid_in}")
            (cash if tranche.paid_in == "cash" else credits).append(row)
        if cash:
            base = builder.row("base", total(cash), "money invested this month")
            self.settle(builder, self.banded(builder, base), "investment in cash", active=base > 0, once=True)
        if credits or self.credits_before is not None:
            self._grant(builder, credits)

    def _grant(self, builder: Builder, credits: list[Expr]) -> None:
        """Write the credits granted, in all and not yet drawn."""
        name = builder.clause_name
        check_holder(builder, name, self.payee)
        nothing = Const(0.0, builder.money)
        opening = nothing if self.credits_before is None else builder.value(self.credits_before)
        before = builder.once("credits_before", opening, "credits not yet drawn before the first month", unit=builder.money)
        granted = builder.pay(
            "granted",
            total(credits) if credits else nothing,
            self.payer,
            self.payee,
            "credits granted, at face value",
            resource=credits_of(name),
        )
        so_far = builder.prev(builder.own("granted_so_far"))
        builder.row("granted_so_far", so_far + granted, "credits granted, with those before the first month", start=before)
        left = before + builder.holding(credits_of(name), self.payee)
        builder.row("credits_left", left, "credits granted and not yet drawn")
