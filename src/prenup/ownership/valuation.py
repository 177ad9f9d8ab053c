"""What a valuer assumes when a stake is worth something before there is a price: the inputs of the stake's methods."""

from __future__ import annotations

from dataclasses import dataclass

from prenup.base.fields import AbstractEntry, clause, items, record, text
from prenup.base.fields import value as quantity
from prenup.base.units import NUMBER, YEAR
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class LastRound(AbstractEntry):
    """The price that somebody paid last, from which option pricing works back to the value of all claims."""

    class_: str = clause("The class that was bought.")
    price: Value = quantity("money", "What a unit cost.")


@dataclass(frozen=True, kw_only=True)
class Scenario(AbstractEntry):
    """One way in which it may end."""

    probability: Value = quantity("fraction", "How likely it is; scenarios are weighed by it.")
    value: Value = quantity("money", "What is divided among all claims then.")
    years: Value = quantity("duration", "When, from the day of the question.", default="0 years")


@dataclass(frozen=True, kw_only=True)
class Precedent(AbstractEntry):
    """A share that was reported for a holder, here or in an alliance like it."""

    holder: str = text("Whose share it is like.")
    share: Value = quantity("fraction", "The share.")


@dataclass(frozen=True, kw_only=True)
class Valuation(AbstractEntry):
    """Assumptions about value that no table holds: what all claims are worth, how uncertain that is, and for how long."""

    of: str = text("Whose stake is asked for, if nobody says another.")
    at: str = text("The event, the action or the day at which it is asked for, if nobody says another.")
    equity: Value | None = quantity("money", "What all claims together are worth on the day of the question.", default=None)
    last_round: LastRound | None = record(LastRound, "What was paid last, in place of `equity`.", default=None)
    volatility: Value = quantity("number", "Standard deviation of the yearly change of that value, such as 60%.", default="60%")
    years: Value = quantity("duration", "How long until the claims are paid out.", default="5 years")
    rate: Value = quantity("rate", "The riskless rate a year, compounded continuously.", default="4%")
    discount: Value = quantity("discount", "At what rate scenarios are discounted.", default="20%")
    scenarios: tuple[Scenario, ...] = items(Scenario, "The ways in which it may end.", default=())
    precedents: tuple[Precedent, ...] = items(Precedent, "Shares that were reported.", default=())

    def write(self, builder: Builder) -> None:
        """Its numbers as rows: `valuation.WHAT`, and by number those of scenarios and precedents."""
        money, plain = builder.money, NUMBER
        if self.equity is not None:
            builder.row("valuation.equity", builder.value(self.equity), "what all claims are worth", unit=money)
        if self.last_round is not None:
            price = builder.value(self.last_round.price)
            builder.row("valuation.last_price", price, f"what a unit of {self.last_round.class_} cost last", unit=money)
        builder.row("valuation.volatility", builder.value(self.volatility), "yearly change of that worth", unit=plain)
        builder.row("valuation.years", builder.value(self.years), "how long until claims are paid out", unit=YEAR)
        builder.row("valuation.rate", builder.rate(self.rate), "riskless rate", unit=plain)
        builder.row("valuation.discount", builder.rate(self.discount), "rate of discount of scenarios", unit=plain)
        for number, scenario in enumerate(self.scenarios, 1):
            name = f"valuation.scenario.{number}"
            builder.row(f"{name}.probability", builder.value(scenario.probability), "how likely it is", unit=plain)
            builder.row(f"{name}.value", builder.value(scenario.value), "what is divided then", unit=money)
            builder.row(f"{name}.years", builder.value(scenario.years), "when", unit=YEAR)
        for number, precedent in enumerate(self.precedents, 1):
            builder.row(f"valuation.precedent.{number}", builder.value(precedent.share), "a reported share", unit=plain)
