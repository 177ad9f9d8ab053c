"""Equations made cheaper without changing what they say but for rounding: parts that cancel, powers, guards, cases.

A cheap equation here is one of few operations on every path. What is the same on all paths of a view costs nearly nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product

from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Prev, Ref

TRUTHS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
COSTLY = frozenset({"exp", "log", "pow", "sqrt", "div", "ppf"})
MOST_CASES = 3
"""Conditions that a costly function is worked out for in every combination beforehand: eight values at most."""


def simpler(node: Op) -> Expr:
    """A function whose arguments are simple already, written with fewer or cheaper operations."""
    if node.fn in _FOLDED and all(isinstance(argument, Const) for argument in node.args):
        return Const(_FOLDED[node.fn](*[argument.value for argument in node.args if isinstance(argument, Const)]))
    rule = _RULES.get(node.fn)
    return rule(node, *node.args) if rule is not None else node


def _is(node: Expr, value: float) -> bool:
    return isinstance(node, Const) and node.value == value


def _negative(node: Expr) -> Expr | None:
    """What a node is the negative of, if it is written so."""
    return node.args[0] if isinstance(node, Op) and node.fn == "neg" else None


def _add(node: Op, a: Expr, b: Expr) -> Expr:
    if _is(a, 0.0):
        return b
    if _is(b, 0.0):
        return a
    less = _negative(b)
    return Op("sub", (a, less)) if less is not None else node


def _sub(node: Op, a: Expr, b: Expr) -> Expr:
    more = _negative(b)
    return a if _is(b, 0.0) else Op("add", (a, more)) if more is not None else node


def _mul(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if _is(one, 1.0):
            return other
        if _is(one, -1.0):
            return Op("neg", (other,))
    return node


def _div(node: Op, a: Expr, b: Expr) -> Expr:
    if isinstance(b, Const) and b.value != 0.0 and math.isfinite(b.value) and math.isfinite(1.0 / b.value):
        return _mul(Op("mul", (a, Const(1.0 / b.value))), a, Const(1.0 / b.value))
    return node


def _pow(node: Op, a: Expr, b: Expr) -> Expr:
    """A power of a number, or to a fraction that is a number, by one exponential; x^2 by a product."""
    if isinstance(a, Const) and 0.0 < a.value < math.inf:
        return Op("exp", (_mul(Op("mul", (b, Const(math.log(a.value)))), b, Const(math.log(a.value))),))
    if isinstance(b, Const) and b.value == 2.0:
        return Op("mul", (a, a))
    if isinstance(b, Const) and 0.0 < b.value < math.inf and b.value != round(b.value):
        return Op("exp", (Op("mul", (b, Op("log", (a,)))),))
    return node


def _and(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if _is(one, 0.0):
            return ZERO
        if _is(one, 1.0) and is_truth(other):
            return other
    return node


def _or(node: Op, a: Expr, b: Expr) -> Expr:
    for one, other in ((a, b), (b, a)):
        if _is(one, 1.0):
            return ONE
        if _is(one, 0.0) and is_truth(other):
            return other
    return node


def _not(node: Op, a: Expr) -> Expr:
    return node if not isinstance(a, Const) else Const(float(a.value == 0.0))


def _if(node: Op, condition: Expr, yes: Expr, no: Expr) -> Expr:
    if isinstance(condition, Const):
        return yes if condition.value != 0.0 else no
    if yes == no:
        return yes
    if isinstance(condition, Op) and condition.fn == "gt" and _is(condition.args[1], 0.0) and _is(no, 0.0):
        positive = Op("max", (condition.args[0], ZERO))  # if(x > 0, max(x, 0), 0)
        return yes if yes == positive else node
    return node


_FOLDED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "neg": lambda a: -a, "min": min, "max": max,
}  # fmt: skip
"""Functions of finite constants that are worked out here; what could leave the finite numbers is left to the engine."""

_RULES: dict[str, Callable[..., Expr]] = {
    "add": _add, "sub": _sub, "mul": _mul, "div": _div, "pow": _pow, "and": _and, "or": _or, "not": _not, "if": _if,
}  # fmt: skip


def is_truth(node: Expr) -> bool:
    """Whether an expression is yes or no by its form."""
    return isinstance(node, Op) and node.fn in TRUTHS


class Lively:
    """What differs by path, and how it is cheapest: guards drawn together, costly functions of a few conditions as cases."""

    def __init__(self, rows: Mapping[str, Expr], varies: Callable[[Expr], bool]) -> None:
        """`rows`: equations by name; `varies`: whether an expression differs by path."""
        self.rows = rows
        self.varies = varies
        self._conditions: dict[Expr, tuple[Expr, ...] | None] = {}

    def cheaper(self, node: Expr) -> Expr:
        """An expression that differs by path, its arguments cheap already, as a cheaper one."""
        if not isinstance(node, Op) or is_truth(node):
            return node
        cases = self._cases(node)
        if cases is not node or node.fn != "if":
            return cases
        return self._guarded(node)

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

    def _is_costly(self, node: Expr) -> bool:
        return isinstance(node, Op) and (node.fn in COSTLY or any(self._is_costly(argument) for argument in node.args))


def summed(ends: Mapping[str, Expr], rows: dict[str, Expr], starts: dict[str, Expr], asked: frozenset[str]) -> dict[str, Expr]:
    """Sums, asked for at the end, of rows that only add up: each becomes one row that adds up the sum.

    `rows` and `starts` lose the rows that nobody else looks at, and gain the sums; what the ends become is returned.
    """
    uses = _uses(rows, ends)
    found: dict[str, Expr] = {}
    for name, node in ends.items():
        parts = _terms(node, positive=True)
        adding = [
            (sign, part.name, step) for sign, part in parts
            if isinstance(part, Ref) and part.name not in asked and uses.get(part.name) == 2
            and (step := _added(part.name, rows, starts)) is not None
        ]  # fmt: skip
        if len(adding) < 2:
            found[name] = node
            continue
        sums = f"sum of {name}"
        total: Expr = Prev(sums)
        for sign, row, step in adding:
            total = simpler(Op("add" if sign else "sub", (total, step)))
            del rows[row]
        rows[sums], starts[sums] = total, ZERO
        taken = {row for _, row, _ in adding}
        result: Expr = Ref(sums)
        for sign, part in parts:
            if not (isinstance(part, Ref) and part.name in taken):
                result = Op("add" if sign else "sub", (result, part))
        found[name] = result
    return found


def _uses(rows: Mapping[str, Expr], ends: Mapping[str, Expr]) -> dict[str, int]:
    """How often each row is looked at, by itself and by others."""
    counts: dict[str, int] = {}
    stack = [*rows.values(), *ends.values()]
    while stack:
        node = stack.pop()
        if isinstance(node, Ref | Prev):
            counts[node.name] = counts.get(node.name, 0) + 1
        elif isinstance(node, Op):
            stack.extend(node.args)
    return counts


def _terms(node: Expr, *, positive: bool) -> list[tuple[bool, Expr]]:
    """The parts of a sum, each with whether it is added or taken off."""
    found: list[tuple[bool, Expr]] = []
    stack = [(positive, node)]
    while stack:
        sign, item = stack.pop()
        if isinstance(item, Op) and item.fn in ("add", "sub"):
            stack += [(sign if item.fn == "add" else not sign, item.args[1]), (sign, item.args[0])]
        else:
            found.append((sign, item))
    return found


def _added(name: str, rows: Mapping[str, Expr], starts: Mapping[str, Expr]) -> Expr | None:
    """What a row that adds up from nothing adds each month; None if it is no such row."""
    node = rows.get(name)
    if not isinstance(node, Op) or node.fn not in ("add", "sub") or node.args[0] != Prev(name) or not _is(starts[name], 0.0):
        return None
    return node.args[1] if node.fn == "add" else Op("neg", (node.args[1],))
