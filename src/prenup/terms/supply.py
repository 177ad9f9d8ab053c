"""One party buys from another what it needs to run, at a discount, with credits, with a commitment, or with none."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import clause, value
from prenup.base.quantity import Number
from prenup.base.units import NUMBER
from prenup.sheet.builder import Builder, whole_months
from prenup.sheet.expr import ZERO, Expr, least, most, where_
from prenup.sheet.formula import Changed, Value
from prenup.sheet.sheet import WORLD
from prenup.terms._credits import credits_of, outstanding
from prenup.terms._payment import AbstractPayment
from prenup.terms._take_or_pay import in_december, made_up, shortfall, this_year


@dataclass(frozen=True, kw_only=True)
class Supply(AbstractPayment):
    """The payer buys from the payee what it needs, all of it or a share, perhaps committed to a yearly sum.

    Money flow:
        payer -> payee, the bill less the credits drawn, and in December what the year fell short of its commitment.
        payee -> payer, in December, what earlier shortfalls pay of purchases above the commitment.
        payer -> payee, the credits drawn.  payee -> world, cost.  payer -> world, what is bought elsewhere.

    Equations:
        bought = demand * max(share, exclusivity) in force, at most capacity;  elsewhere = demand - bought
        Where only one of the two is given, it is that one; where neither is, all of the demand is bought here.
        bill = bought * price * (1 - discount);  credits_drawn = min(bill * credits_for, credits left before)
        shortfall = max(commitment - bills, 0) of the calendar year, in proportion to the months in force
        made_up = min(bills above the commitment and paid in money, shortfalls of earlier years not yet used)

    Example:
        compute:
          kind: supply
          payer: openai
          payee: microsoft
          demand: $4bn/yr
          discount: 25%
          take_or_pay: $2bn/yr
          make_up: 24 months
        # $250m a month; in a year with bills below $2bn the rest is paid in December

    Not modelled:
        Failure to deliver, interruption, and quality. A year that the clock does not see end has no statement;
        a clause that ends within a year is stated in December. Whole years of make_up count. Clauses that draw the
        same credits draw in the order of the file. Cap, minimum and delay act on the money paid to the supplier.

    Source:
        Convention: a yearly take-or-pay statement and make-up rights, oldest first, as in long-term gas sales.
    """

    kind: ClassVar[str] = "supply"

    demand: Value = value("any", "What the customer needs a year, in units or in money at list price.")
    price: Value | None = value("any", "The list price of a unit; left out where demand is money.", default=None)
    discount: Value = value("signed fraction", "What fraction is taken off the list price.", default="0%")
    share: Value | None = value(
        "fraction", "The share of its demand that it buys here by choice; all, or no more than it must.", default=None
    )
    exclusivity: Value | None = value("fraction", "The share of its demand that it has to buy here.", default=None)
    capacity: Value | None = value("any", "The most that can be bought a year, in the unit of demand.", default=None)
    elsewhere_price: Value | None = value(
        "any", "What demand not met here costs: a fraction of list, or money a unit.", default=None
    )
    cost: Value | None = value("number", "What it costs the supplier to serve, as a fraction of list price.", default=None)
    credits: str = clause("The investment whose credits are drawn before money is paid.")
    credits_for: Value = value("fraction", "The largest part of a month's bill that credits may pay.", default="100%")
    take_or_pay: Value | None = value("money/yr", "Money a year that has to be bought, or paid all the same.", default=None)
    make_up: Value | None = value("duration", "How long a shortfall paid can be used for later purchases.", default=None)

    def write(self, builder: Builder) -> None:
        """Write what is bought, the bill, how it is paid, and what it costs each side."""
        runs = self.active(builder)
        demand = builder.row("demand", most(builder.flow(self.demand), ZERO), "what the customer needs this month")
        price = builder.value(self.price) if self.price is not None else None
        shares = [builder.value(share) for share in (self.share, self.exclusivity) if share is not None]
        wanted = where_(runs, demand * functools.reduce(most, shares) if shares else demand, ZERO)
        if self.capacity is not None:
            wanted = least(wanted, builder.flow(self.capacity))
        bought = builder.row("bought", wanted, "bought here this month")
        listed = builder.row("at_list", bought if price is None else bought * price, "what is bought here, at list price")
        bill = builder.row("bill", self.banded(builder, listed * (1.0 - builder.value(self.discount))), "price of what is bought")
        money = bill
        if self.credits:
            drawn = least(bill * builder.value(self.credits_for), outstanding(builder, self.credits, self.payer))
            money = bill - builder.pay(
                "credits_drawn", drawn, self.payer, self.payee, "credits drawn", resource=credits_of(self.credits)
            )
        money = builder.row("money_bill", money, "the part of the bill that is paid in money")
        short = self._statement(builder, runs, bill, money)
        self.settle(builder, money + short, "supply", active=runs | (short > 0))
        if self.cost is not None:
            builder.pay("cost", listed * builder.value(self.cost), self.payee, WORLD, "cost of serving")
        if self.elsewhere_price is not None:
            elsewhere = builder.row("elsewhere", demand - bought, "what is bought elsewhere")
            each = self._elsewhere_price(builder, price)
            builder.pay("elsewhere.paid", elsewhere * each, self.payer, WORLD, "price of what is bought elsewhere")

    def _statement(self, builder: Builder, runs: Expr, bill: Expr, money: Expr) -> Expr:
        """Write the yearly statement; this month's shortfall is returned."""
        years = 0
        if self.make_up is not None:
            months = whole_months(builder.known(self.make_up, "the time to make up a shortfall"))
            years = min(months // 12, builder.calendar.n_months // 12)
            if self.take_or_pay is None or months < 12:
                builder.log.add(
                    "D251",
                    f"{builder.clause_name} has a make_up that can never be used",
                    builder.clause_where,
                    why="a shortfall under take_or_pay is made up in the statements of later years",
                    fix="give take_or_pay, and a make_up of 12 months or more",
                )
                return ZERO
        if self.take_or_pay is None:
            return ZERO
        short, above = shortfall(builder, where_(runs, builder.flow(self.take_or_pay), ZERO), bill)
        if years:
            in_money = in_december(builder, this_year(builder, "money_bills", money, "bills paid in money this year so far"))
            usable = builder.row("above", least(above, in_money), "bought above the commitment and paid in money")
            used = made_up(builder, short, usable, years)
            builder.pay("made_up", used, self.payee, self.payer, "purchases that earlier shortfalls pay")
        return short

    def _elsewhere_price(self, builder: Builder, price: Expr | None) -> Expr:
        """What a unit of demand costs elsewhere. A formula is a price where there is a list price, else a fraction."""
        value = self.elsewhere_price
        while isinstance(value, Changed):
            value = value.first
        assert self.elsewhere_price is not None
        each = builder.value(self.elsewhere_price)
        fraction = isinstance(value, Number) and value.unit == NUMBER
        return each * price if fraction and price is not None else each
