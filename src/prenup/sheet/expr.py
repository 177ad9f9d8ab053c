"""The few words that every equation of a deal is made of.

An expression is a tree of frozen nodes. Leaves are constants, parameters (numbers of the deal), month tables, draws, rows
of this month and rows of the month before. Everything is a float; yes and no are 1 and 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prenup.base.problems import Origin
from prenup.base.units import BOOL, NUMBER, Unit

FUNCTIONS: dict[str, int] = {
    "add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "pow": 2,
    "min": 2, "max": 2, "abs": 1, "exp": 1, "log": 1, "sqrt": 1, "floor": 1, "ppf": 1,
    "lt": 2, "le": 2, "gt": 2, "ge": 2, "eq": 2, "ne": 2, "and": 2, "or": 2, "not": 1, "if": 3,
}  # fmt: skip
"""Every function of the kernel and how many arguments it takes; `ppf` is the inverse of the normal distribution."""

SHOCK_LAWS = ("uniform", "uniforms", "brownian")
"""One uniform a path; one uniform a month; one standard normal a month, drawn as a Brownian path."""


class Expr:
    """What all nodes share: the arithmetic signs. Equality is structural; use `Op` for a comparison by value."""

    __slots__ = ()

    def __add__(self, other: Expr | float) -> Expr:
        return Op("add", (self, expr(other)))

    def __radd__(self, other: float) -> Expr:
        return expr(other) + self

    def __sub__(self, other: Expr | float) -> Expr:
        return Op("sub", (self, expr(other)))

    def __rsub__(self, other: float) -> Expr:
        return expr(other) - self

    def __mul__(self, other: Expr | float) -> Expr:
        return Op("mul", (self, expr(other)))

    def __rmul__(self, other: float) -> Expr:
        return expr(other) * self

    def __truediv__(self, other: Expr | float) -> Expr:
        return Op("div", (self, expr(other)))

    def __rtruediv__(self, other: float) -> Expr:
        return expr(other) / self

    def __pow__(self, other: Expr | float) -> Expr:
        return Op("pow", (self, expr(other)))

    def __neg__(self) -> Expr:
        return Op("neg", (self,))

    def __lt__(self, other: Expr | float) -> Expr:
        return Op("lt", (self, expr(other)))

    def __le__(self, other: Expr | float) -> Expr:
        return Op("le", (self, expr(other)))

    def __gt__(self, other: Expr | float) -> Expr:
        return Op("gt", (self, expr(other)))

    def __ge__(self, other: Expr | float) -> Expr:
        return Op("ge", (self, expr(other)))

    def __and__(self, other: Expr) -> Expr:
        return Op("and", (self, other))

    def __or__(self, other: Expr) -> Expr:
        return Op("or", (self, other))

    def __invert__(self) -> Expr:
        return Op("not", (self,))


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A number in the equation itself. `unit` None fits anywhere, as zero and infinity do."""

    value: float
    unit: Unit | None = NUMBER


@dataclass(frozen=True, slots=True)
class Param(Expr):
    """A number of the deal: the same on every path, given when the sheet is run."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Table(Expr):
    """A column of numbers by month, known beforehand: the date, the month's number, a weight."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Shock(Expr):
    """A draw of the future, keyed by its name; `law` is one of `SHOCK_LAWS`."""

    stream: str
    law: str


@dataclass(frozen=True, slots=True)
class View(Expr):
    """A uniform draw for one unknown, the same on every path of a view of the deal."""

    name: str


@dataclass(frozen=True, slots=True)
class Ref(Expr):
    """A row's value in this month (its last value, in a row that is worked out at the end)."""

    name: str
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Prev(Expr):
    """A row's value in the month before; in the first month the row's initial value."""

    name: str
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Op(Expr):
    """A function of `FUNCTIONS` on other expressions."""

    fn: str
    args: tuple[Expr, ...]
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pending(Expr):
    """A word whose meaning needs the whole sheet; `resolve` replaces it.

    `flow`: an amount this month, whether money or money a year was written. `truth`: a condition, from a yes/no or a date.
    `rate`: a fraction a year as a plain number. `event`: whether one has happened, happens now, and since when.
    `paid` and `received`: what a term moved this month. `cash`: a party's balance at the month's end.
    """

    what: str
    names: tuple[str, ...] = ()
    args: tuple[Expr, ...] = ()
    where: Origin | None = field(default=None, compare=False, repr=False)


ZERO = Const(0.0, None)
ONE = Const(1.0)
INFINITY = Const(float("inf"), None)
YES = Const(1.0, BOOL)


def expr(value: Expr | float) -> Expr:
    """An expression as it is; a float as a constant, where zero and infinity fit any unit."""
    if isinstance(value, Expr):
        return value
    if value == 0 or value in (float("inf"), float("-inf")):
        return Const(float(value), None)
    return Const(float(value))


def where_(condition: Expr, yes: Expr | float, no: Expr | float) -> Expr:
    """`if(condition, yes, no)`: both sides are worked out, one is taken."""
    return Op("if", (condition, expr(yes), expr(no)))


def least(a: Expr | float, b: Expr | float) -> Expr:
    """The smaller of two."""
    return Op("min", (expr(a), expr(b)))


def most(a: Expr | float, b: Expr | float) -> Expr:
    """The larger of two."""
    return Op("max", (expr(a), expr(b)))


def call(fn: str, *args: Expr | float) -> Expr:
    """Any function of the kernel by name."""
    return Op(fn, tuple(expr(a) for a in args))


def total(terms: list[Expr]) -> Expr:
    """The sum; zero where there is nothing to add."""
    if not terms:
        return ZERO
    while len(terms) > 1:  # in pairs, so that the tree stays shallow however many there are
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)] + terms[len(terms) & ~1 :]
    return terms[0]


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node."""
    return node.args if isinstance(node, Op | Pending) else ()


def walk(node: Expr) -> Iterator[Expr]:
    """Every node of a tree, without recursion."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        stack.extend(children(item))
