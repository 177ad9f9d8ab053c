"""The end of an agreement: who may end it when, with what notice, for what payment, and what goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, names, party, value
from prenup.base.quantity import Number
from prenup.base.units import BOOL, DATE
from prenup.sheet.builder import Builder, whole_months
from prenup.sheet.expr import YES
from prenup.sheet.formula import Value
from prenup.terms._payment import AbstractPayment
from prenup.terms._when import held


@dataclass(frozen=True, kw_only=True)
class Termination(AbstractPayment):
    """Other clauses end when a condition comes true and the notice has run, against a payment if one is agreed.

    Money flow:
        payer -> payee, the payment, in the month in which the end takes effect; nothing where none is agreed.

    Equations:
        given = on has come true while notice can be given (from, until);  effective[t] = given[t - notice]
        The clauses that end still pay in the month in which effective turns to yes, and not after it.

    Example:
        exit:
          kind: termination
          payer: customer
          payee: supplier
          on: 2026-03-31
          notice: 3 months
          payment: $20m
          survives: [maintenance]
        # notice in March, $20m in June 2026; every clause but maintenance pays for the last time in June

    Not modelled:
        Cure periods, winding-down services, and damages. An end that took effect before the first month is history:
        the clauses are over and its payment is not made again.

    Source:
        Convention: termination on notice with a survival clause; whole months, as everywhere in a sheet.
    """

    kind: ClassVar[str] = "termination"

    payer: str = party("Who makes the payment, where there is one.", default="")
    payee: str = party("Who receives it.", default="")
    on: Value = condition("The date, event or condition on which notice is given.")
    notice: Value = value("duration", "How long after notice the end takes effect.", default="0 months")
    payment: Value | None = value("money", "What is paid when the end takes effect.", default=None)
    survives: tuple[str, ...] = names("Clauses that go on; every other ends.")
    ends_: tuple[str, ...] = names("Clauses that end; every other goes on.")

    def ends(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """The clauses that this one ends."""
        return self.ends_ or tuple(name for name in terms if name not in self.survives)

    def write(self, builder: Builder) -> None:
        """Write whether notice is given, when the end takes effect, and the payment."""
        if self.survives and self.ends_:
            builder.log.add(
                "D250",
                f"{builder.clause_name} takes survives or ends, and both are given",
                builder.clause_where,
                why="one of them says which clauses end",
                fix="name those that go on, or those that end",
            )
        so_far = builder.prev(builder.own("given"))
        given = builder.row(
            "given", so_far | (self.active(builder) & held(builder, self.on, "happened")), "whether notice is given"
        )
        months = whole_months(builder.known(self.notice, "the notice")) + self._months_ago(builder)
        if months < 0:
            effective = builder.row("effective", YES, "whether the end has taken effect", start=YES, unit=BOOL)
        else:
            effective = builder.row("effective", builder.lag(given, months), "whether the end has taken effect", unit=BOOL)
        if self.payment is not None:
            takes_effect = builder.row("now", effective & ~builder.prev(effective), "whether the end takes effect this month")
            amount = self.banded(builder, builder.value(self.payment), takes_effect)
            self.settle(builder, amount, "payment on termination", active=takes_effect, once=True)

    def _months_ago(self, builder: Builder) -> int:
        """Minus the months since a known day of notice before the first month; 0 for any other condition."""
        day = self.on
        if not isinstance(day, Number) or day.unit != DATE or day.spread is not None:
            return 0
        first = builder.calendar.first_day
        return min(0, builder.calendar.index_of(type(first).fromordinal(round(day.value))))
