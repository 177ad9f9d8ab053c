"""A convertible note: a loan that may become units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import choice, value
from prenup.base.quantity import Number
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.sheet.expr import ONE, Expr
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Note(AbstractConvertible):
    """A convertible note bears interest, turns into units with it at a round or another event, and is owed if it does not.

    Equations:
        owed = money * (1 + interest * years), or money * (1 + interest)^years; years are days / 365
        units = owed / min(price * (1 - discount), cap / capital), with the capital as for a safe
        at maturity what has not converted is repaid, or runs on

    Example:
        notes: {kind: note, holders: {amazon: $1.25bn}, interest: 5%, since: 2023-09-30, cap: $5bn, maturity: 2026-09-30}

    Not modelled:
        Interest paid in money on the way, security, and default.

    Source:
        Convention: convertible promissory note, simple interest Actual/365.
    """

    kind: ClassVar[str] = "note"

    interest: Value = value("rate", "What builds up each year and converts with the money.", default="0%")
    compounding: str = choice(("simple", "yearly"), "Whether interest earns interest.", default="simple")
    since: Value | None = value("date", "From when interest runs; the first day of the clock if left out.", default=None)
    cap_basis: str = choice(
        ("post_money", "pre_money"),
        "Whether the cap counts the capital with all that converts in it, or without and with the growth of the pool.",
        default="pre_money",
    )
    maturity: Value | None = value("date", "When it is due, if it has not converted.", default=None)
    at_maturity: str = choice(("repaid", "runs_on"), "What happens then.", default="repaid")
    seniority: Value = value("number", "Its rank at an exit before it has converted; debt stands before units.", default="100")

    @property
    def _until(self) -> Value | None:
        """The day on which interest ends, where it does: a note that is repaid when due bears none after it."""
        return self.maturity if self.at_maturity == "repaid" else None

    def due(self, standing: Standing, name: str) -> Expr:
        """The money with its interest."""
        owed = standing.units(name)
        if isinstance(self.interest, Number) and self.interest.value == 0 and self.interest.spread is None:
            return owed
        rate, years = standing.builder.rate(self.interest), standing.years_held(name, self.since, self._until)
        return owed * (ONE + rate * years if self.compounding == "simple" else (ONE + rate) ** years)
