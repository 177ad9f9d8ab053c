"""The price of a round, and what converts in it: solved together, because each depends on the others.

A safe with a post-money cap has a share of the capital that it is itself part of; the price divides the pre-money by a capital
that holds what converts at that price; a pool may be a share of all of it. Every one of these is the largest of a few linear
forms in the capital C, the units u that a unit of money buys, and what the pool grows by, q. Taking the largest forms, solving
the linear equations, and looking again which forms are largest rises to the solution in as many steps as there are forms: no
step goes back, for each form rises with C, u and q.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prenup.sheet.expr import ONE, ZERO, Expr, most, total, where_

Write = Callable[[str, Expr, str], Expr]

SHORT = 1e-9
"""The part of the capital that a pool may lack of what was agreed: rounding."""

MOST_STEPS = 24
"""Steps to the solution; no table of rounds that people write needs more."""


@dataclass(frozen=True, slots=True)
class Form:
    """One linear form: `fixed` + `by_capital` * C + `by_money` * u + `by_base` * (base + q)."""

    fixed: Expr = ZERO
    by_capital: Expr = ZERO
    by_money: Expr = ZERO
    by_base: Expr = ZERO


@dataclass(frozen=True, slots=True)
class Offer:
    """What a round says of its price; what is None is not said.

    `base` is the capital before anything converts, as common units. One of `pre_money` and `price` is given. `counted` is what
    the pre-money buys, `base` alone or `capital` with what converts; `added` is money that counts as pre-money besides.
    `pool_before` are the units in the pool, `pool_increase` or `pool_after` (a part of all) what it grows by;
    `pool_counts` whether the pre-money buys the growth too.
    """

    base: Expr
    money: Expr = ZERO
    pre_money: Expr | None = None
    price: Expr | None = None
    counted: str = "capital"
    added: Expr = ZERO
    pool_before: Expr = ZERO
    pool_increase: Expr | None = None
    pool_after: Expr | None = None
    pool_counts: bool = True


@dataclass(frozen=True, slots=True)
class Priced:
    """The solution: units for a unit of money, the capital with what converts, the growth of the pool, and what converts."""

    per_money: Expr
    capital: Expr
    growth: Expr
    units: Mapping[str, Expr] = field(default_factory=dict)


def priced(write: Write, offer: Offer, wants: Mapping[str, Sequence[Form]]) -> Priced:
    """Solve a round. `wants` are the forms of each class that converts or is protected; its units are the largest of them.

    Rows: `capital.N`, `per_money.N` and `growth.N`, step by step; the last are the solution.
    """
    forms = {name: list(found) for name, found in wants.items() if found}
    grows = offer.pool_after is not None
    steps = min(MOST_STEPS, 1 + sum(len(found) - 1 for found in forms.values()) + grows)
    capital: Expr = ZERO
    per_money: Expr = ONE / offer.price if offer.price is not None else ZERO
    growth: Expr = ZERO
    for step in range(1, steps + 1):
        chosen = _chosen(forms, offer, capital, per_money, growth, begun=step > 1)
        pooled = _pooled(offer, capital, per_money, step)
        capital, per_money, growth = _solved(write, offer, chosen, pooled, step)
    values = {name: _largest(found, offer, capital, per_money, growth) for name, found in forms.items()}
    if offer.pool_after is not None:  # money and pool together may leave less than nothing to the others: no solution
        short = offer.pool_after * (capital + growth + offer.money * per_money) - offer.pool_before - growth
        capital = write("solved", where_(short > SHORT * capital, ZERO, capital), "the same, zero where no pool is large enough")
    return Priced(per_money, capital, growth, values)


def _value(form: Form, offer: Offer, capital: Expr, per_money: Expr, growth: Expr) -> Expr:
    return _sum(
        form.fixed, _times(form.by_capital, capital), _times(form.by_money, per_money), _times(form.by_base, offer.base + growth)
    )


def _largest(forms: Sequence[Form], offer: Offer, capital: Expr, per_money: Expr, growth: Expr) -> Expr:
    return functools.reduce(most, [_value(form, offer, capital, per_money, growth) for form in forms])


def _chosen(
    forms: Mapping[str, Sequence[Form]], offer: Offer, capital: Expr, per_money: Expr, growth: Expr, *, begun: bool
) -> Form:
    """The sum over classes of the form that is largest here; at the very beginning, where all else is zero, of the first."""
    parts: dict[str, list[Expr]] = {"fixed": [], "by_capital": [], "by_money": [], "by_base": []}
    for found in forms.values():
        best, largest = found[0], _value(found[0], offer, capital, per_money, growth)
        for form in found[1:] if begun else ():
            value = _value(form, offer, capital, per_money, growth)
            better = value > largest
            best = Form(*(_either(better, getattr(form, part), getattr(best, part)) for part in parts))
            largest = most(value, largest)
        for part, terms in parts.items():
            terms.append(getattr(best, part))
    return Form(*(_sum(*terms) for terms in parts.values()))


def _pooled(offer: Offer, capital: Expr, per_money: Expr, step: int) -> tuple[Expr, Expr, Expr]:
    """What the pool grows by as a linear form of C and u: the part that is fixed, by C, and by u."""
    if offer.pool_after is None:
        return offer.pool_increase or ZERO, ZERO, ZERO
    if step == 1:  # from below: a pool that is large enough already does not shrink
        return ZERO, ZERO, ZERO
    rest = ONE - offer.pool_after
    needed = (offer.pool_after * (capital + offer.money * per_money) - offer.pool_before) / rest
    short = needed > 0.0
    share = where_(short, offer.pool_after / rest, ZERO)
    return where_(short, -(offer.pool_before / rest), ZERO), share, share * offer.money


def _solved(write: Write, offer: Offer, form: Form, pooled: tuple[Expr, Expr, Expr], step: int) -> tuple[Expr, Expr, Expr]:
    """C, u and q of the linear equations that one choice of forms leaves."""
    q_fixed, q_capital, q_money = pooled
    u_fixed: Expr
    u_capital: Expr = ZERO
    u_growth: Expr = ZERO
    if offer.price is not None:
        u_fixed = ONE / offer.price
    else:
        worth = (offer.pre_money or ZERO) + offer.added
        u_growth = ONE / worth if offer.pool_counts else ZERO
        u_fixed, u_capital = (ZERO, ONE / worth) if offer.counted == "capital" else (offer.base / worth, ZERO)
    over = ONE - _times(u_growth, q_money)
    u0 = _sum(u_fixed, _times(u_growth, q_fixed)) / over
    u1 = _sum(u_capital, _times(u_growth, q_capital)) / over
    q0, q1 = _sum(q_fixed, _times(q_money, u0)), _sum(q_capital, _times(q_money, u1))
    own = _sum(offer.base, form.fixed, _times(form.by_money, u0), _times(form.by_base, _sum(offer.base, q0)))
    share = _sum(form.by_capital, _times(form.by_money, u1), _times(form.by_base, q1))
    capital = write(f"capital.{step}", own / (ONE - share), "units with what converts, before new money")
    per_money = write(f"per_money.{step}", _sum(u0, _times(u1, capital)), "units for one unit of money")
    growth = write(f"growth.{step}", _sum(q0, _times(q1, capital)), "what the pool grows by")
    return capital, per_money, growth


def _times(a: Expr, b: Expr) -> Expr:
    return ZERO if ZERO in (a, b) else b if a == ONE else a if b == ONE else a * b


def _sum(*terms: Expr) -> Expr:
    return total([term for term in terms if term != ZERO])


def _either(condition: Expr, yes: Expr, no: Expr) -> Expr:
    return yes if yes == no else where_(condition, yes, no)
