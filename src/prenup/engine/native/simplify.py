"""Equations made cheaper without changing what they say but for rounding: parts that cancel, powers, guards, cases.

A cheap equation here is one of few operations on every path. What is the same on all paths of a view costs nearly nothing.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from itertools import product

from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Ref

TRUTHS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
COSTLY = frozenset({"exp", "log", "pow", "sqrt", "div", "ppf"})
MOST_CASES = 3
"""Conditions that a costly function is worked out for in every combination beforehand: eight values at most."""


def simpler(node: Op) -> Expr:
    """A function whose arguments are simple already, written with fewer or cheaper operations."""
    if node.fn in _FOLDED and all(isinstance(argument, Const) for argument in node.args):
        value = float(_FOLDED[node.fn](*[argument.value for argument in node.args if isinstance(argument, Const)]))
        # 0 and -0 are equal, but not what is divided by them: a constant -0 would be taken for the other.
        return node if value == 0.0 and math.copysign(1.0, value) < 0.0 else Const(value)
    rule = _RULES.get(node.fn)
    return rule(node, *node.args) if rule is not None else node


def folded(node: Expr) -> Expr:
    """A known expression with what is constant in it worked out."""
    return simpler(Op(node.fn, tuple(folded(argument) for argument in node.args))) if isinstance(node, Op) else node


def is_number(node: Expr, value: float) -> bool:
    """Whether an expression is a constant of that value."""
    return isinstance(node, Const) and node.value == value


def _negative(node: Expr) -> Expr | None:
    """What a node is the negative of, if it is written so."""
    return node.args[0] if isinstance(node, Op) and node.fn == "neg" else None


def _add(node: Op, a: Expr, b: Expr) -> Expr:
    if is_number(a, 0.0):
        return b
    if is_number(b, 0.0):
        return a
    less = _negative(b)
    return Op("sub", (a, less)) if less is not None else node


def _sub(node: Op, a: Expr, b: Expr) -> Expr:
    more = _negative(b)
    return a if is_number(b, 0.0) else Op("add", (a, more)) if more is not None else node


def _mul(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if is_number(one, 1.0):
            return other
        if is_number(one, -1.0):
            return Op("neg", (other,))
    return node


def _div(node: Op, a: Expr, b: Expr) -> Expr:
    if isinstance(b, Const) and b.value != 0.0 and math.isfinite(b.value) and math.isfinite(1.0 / b.value):
        return _mul(Op("mul", (a, Const(1.0 / b.value))), a, Const(1.0 / b.value))
    return node


def _pow(node: Op, a: Expr, b: Expr) -> Expr:
    """A power of a number, or of what is not negative to a fraction that is a number, by one exponential; x^2 by a product."""
    if is_number(a, 1.0):
        return ONE
    if isinstance(a, Const) and 0.0 < a.value < math.inf:
        return Op("exp", (_mul(Op("mul", (b, Const(math.log(a.value)))), b, Const(math.log(a.value))),))
    if is_number(b, 1.0):
        return a
    if is_number(b, 2.0):
        return Op("mul", (a, a))
    if isinstance(b, Const) and 0.0 < b.value < math.inf and b.value != round(b.value) and _never_negative(a):
        return Op("exp", (Op("mul", (b, Op("log", (a,)))),))
    return node


def _never_negative(node: Expr) -> bool:
    """Whether an expression can't be below zero, by its form."""
    return isinstance(node, Op) and (node.fn == "exp" or (node.fn == "max" and any(is_number(a, 0.0) for a in node.args)))


def _and(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if is_number(one, 0.0):
            return ZERO
        if is_number(one, 1.0) and is_truth(other):
            return other
    return node


def _or(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if is_number(one, 1.0):
            return ONE
        if is_number(one, 0.0) and is_truth(other):
            return other
    return node


def _not(node: Op, a: Expr) -> Expr:
    return node if not isinstance(a, Const) else Const(float(a.value == 0.0))


def _max(node: Op, a: Expr, b: Expr) -> Expr:
    """max(x * 2, 0) as max(x, 0) * 2: a factor is then next to other factors."""
    if is_number(b, 0.0) and isinstance(a, Op) and a.fn == "mul" and isinstance(a.args[1], Const) and a.args[1].value > 0.0:
        return Op("mul", (Op("max", (a.args[0], b)), a.args[1]))
    return node


def _if(node: Op, condition: Expr, yes: Expr, no: Expr) -> Expr:
    if isinstance(condition, Const):
        return yes if condition.value != 0.0 else no
    if yes == no:
        return yes
    if isinstance(condition, Op) and condition.fn == "gt" and is_number(condition.args[1], 0.0) and is_number(no, 0.0):
        positive = Op("max", (condition.args[0], ZERO))  # if(x > 0, max(x, 0), 0)
        return yes if yes == positive else node
    return node


_FOLDED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "neg": lambda a: -a, "min": min, "max": max, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip
"""Functions of finite constants that are worked out here; what could leave the finite numbers is left to the engine."""

_RULES: dict[str, Callable[..., Expr]] = {
    "add": _add, "sub": _sub, "mul": _mul, "div": _div, "pow": _pow, "and": _and, "or": _or, "not": _not, "if": _if,
    "max": _max,
}  # fmt: skip


def is_truth(node: Expr) -> bool:
    """Whether an expression is yes or no by its form."""
    return isinstance(node, Op) and node.fn in TRUTHS


class Lively:
    """What differs by path, and how it is cheapest: guards drawn together, costly functions of a few conditions as cases."""

    def __init__(self, rows: Mapping[str, Expr], varies: Callable[[Expr], bool], opened: Callable[[Expr], Expr]) -> None:
        """`rows`: equations by name; `varies`: whether an expression differs by path; `opened`: what a view settles."""
        self.rows = rows
        self.varies = varies
        self.opened = opened
        self._conditions: dict[Expr, tuple[Expr, ...] | None] = {}

    def cheaper(self, node: Expr) -> Expr:
        """An expression that differs by path, its arguments cheap already, as a cheaper one."""
        if not isinstance(node, Op) or is_truth(node):
            return node
        cases = self._cases(node)
        if cases is not node:
            return cases
        return self._guarded(node) if node.fn == "if" else self._grown(node) if node.fn == "mul" else node

    def _cases(self, node: Op) -> Expr:
        """A function that stands on a few conditions alone: its value in each case, of which one is taken."""
        conditions = self.conditions(node)
        if not conditions or len(conditions) > (MOST_CASES if self._is_costly(node) else 1):
            return node
        if node.fn == "if" and node.args[0] in conditions and not self.varies(node.args[1]) and not self.varies(node.args[2]):
            return node
        found = [
            self._in_case(node, dict(zip(conditions, case, strict=True))) for case in product((ONE, ZERO), repeat=len(conditions))
        ]
        for condition in reversed(conditions):
            found = [Op("if", (condition, yes, no)) for yes, no in zip(found[::2], found[1::2], strict=True)]
        return found[0]

    def conditions(self, node: Expr) -> tuple[Expr, ...] | None:
        """The conditions that an expression stands on besides what no path changes; None where it stands on more."""
        if node not in self._conditions:
            self._conditions[node] = self._stands_on(node)
        return self._conditions[node]

    def condition(self, node: Expr) -> Expr | None:
        """The condition that an expression stands on, where that is one alone."""
        found = self.conditions(node)
        return found[0] if found is not None and len(found) == 1 else None

    def in_cases(self, node: Expr, condition: Expr) -> Expr:
        """What stands on one condition alone, where it holds and where not."""
        return simpler(Op("if", (condition, self._in_case(node, {condition: ONE}), self._in_case(node, {condition: ZERO}))))

    def _stands_on(self, node: Expr) -> tuple[Expr, ...] | None:
        if not self.varies(node):
            return ()
        if isinstance(node, Op) and is_truth(node):
            lively = [argument for argument in node.args if self.varies(argument)]
            return self.conditions(lively[0]) if node.fn in ("and", "or", "not") and len(lively) == 1 else (node,)
        if isinstance(node, Ref):
            return (node,) if is_truth(self.rows[node.name]) else self.conditions(self.rows[node.name])
        if not isinstance(node, Op):
            return None
        found: dict[Expr, None] = {}
        for argument in node.args:
            conditions = self.conditions(argument)
            if conditions is None or len(found) > MOST_CASES:
                return None
            found |= dict.fromkeys(conditions)
        return tuple(found)

    def _in_case(self, node: Expr, case: Mapping[Expr, Expr]) -> Expr:
        """An expression where each condition is known."""
        if node in case:
            return case[node]
        if not self.varies(node):
            return node
        if isinstance(node, Ref):
            return self._in_case(self.rows[node.name], case)
        assert isinstance(node, Op)
        return simpler(Op(node.fn, tuple(self._in_case(argument, case) for argument in node.args)))

    def _guarded(self, node: Op) -> Expr:
        """`if(a and c, x, y)`, where only `a` differs by path, as `if(a, if(c, x, y), y)`."""
        condition, yes, no = node.args
        if not isinstance(condition, Op) or condition.fn != "and" or self.varies(yes) or self.varies(no):
            return node
        for lively, calm in (condition.args, condition.args[::-1]):
            if self.varies(lively) and not self.varies(calm):
                return self._guarded(Op("if", (lively, Op("if", (calm, yes, no)), no)))
        return node

    def _grown(self, node: Op) -> Expr:
        """`x * exp(a) * exp(b)`, where only `b` differs by path, or `a` by a case too, as `x * exp(b + a)`."""
        for others, last in (node.args, node.args[::-1]):
            if isinstance(last, Op) and last.fn == "exp" and self.varies(last):
                rest, growth = self._without_growth(others)
                if growth is not None:
                    power = Op("exp", (self._with(last.args[0], growth),))
                    return power if rest is None else Op("mul", (rest, power))
        return node

    def _without_growth(self, node: Expr) -> tuple[Expr | None, Expr | None]:
        """The other factors of a product, and the logarithm of one that is an exponential."""
        growth = self._logarithm(node)
        if growth is not None:
            return None, growth
        if isinstance(node, Op) and node.fn == "mul":
            for one, other in (node.args, node.args[::-1]):
                growth = self._logarithm(one)
                if growth is not None:
                    return other, growth
        return node, None

    def _logarithm(self, node: Expr) -> Expr | None:
        """The logarithm of an exponential that does not differ by path, or of one in each case."""
        node = node if self.varies(node) else self.opened(node)
        if isinstance(node, Op) and node.fn == "if":
            yes, no = self._logarithm(node.args[1]), self._logarithm(node.args[2])
            return None if yes is None or no is None else Op("if", (node.args[0], yes, no))
        return node.args[0] if isinstance(node, Op) and node.fn == "exp" and not self.varies(node) else None

    def _with(self, node: Expr, more: Expr) -> Expr:
        """A sum, with what does not differ by path put together."""
        if isinstance(node, Op) and node.fn in ("add", "sub") and not self.varies(node.args[1]):
            return Op("add", (node.args[0], self._moved(more, node.fn, node.args[1])))
        return Op("add", (node, more))

    def _moved(self, node: Expr, fn: str, by: Expr) -> Expr:
        """A number that does not differ by path, or one in each case, with another added or taken off."""
        if isinstance(node, Op) and node.fn == "if" and self.varies(node):
            return Op("if", (node.args[0], self._moved(node.args[1], fn, by), self._moved(node.args[2], fn, by)))
        return Op(fn, (node, by))

    def _is_costly(self, node: Expr) -> bool:
        return isinstance(node, Op) and (node.fn in COSTLY or any(self._is_costly(argument) for argument in node.args))
