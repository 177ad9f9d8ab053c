"""Rows of months that say the same become one, however roundabout they say it; products of known numbers become one number.

An event that another stands on alone, in every month, is that other: `a = prev(a) or b`, where b never goes back to no.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prenup.engine.native.simplify import is_number, is_truth, simpler
from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Prev, Ref

ROUNDS = 4
"""What is found once makes more to find; after so many times the rest is left as it is."""


class Same:
    """The rows of months, and what became of those that are gone."""

    def __init__(
        self,
        rows: dict[str, Expr],
        starts: dict[str, Expr],
        known: Callable[[Expr], Expr | None],
        says_yes_or_no: Callable[[Expr], bool],
    ) -> None:
        """`rows` and `starts` by name; `known` is an expression as an input, if neither paths nor rows change it.

        `says_yes_or_no` is whether an input is one or the other.
        """
        self.rows = rows
        self.starts = starts
        self.known = known
        self.says_yes_or_no = says_yes_or_no
        self.instead: dict[str, str] = {}
        self.inputs: dict[str, Expr] = {}
        self.truths: frozenset[str] = frozenset()

    def merge(self) -> None:
        """Take rows away that say what another says."""
        for _ in range(ROUNDS):
            self.truths = truths(self.rows, self.starts)
            before = len(self.rows) - len(self.inputs)
            said: dict[tuple[Expr, Expr], str] = {}
            for name in list(self.rows):
                node = self.rows[name] = self.of(self.rows[name])
                if self.known(node) is not None:
                    self.inputs[name] = node
                    continue
                other = self._followed(name, node)
                other = other or said.setdefault((_of_nobody(node, name), self.starts[name]), name)
                if other != name:
                    self.instead[name] = other
                    del self.rows[name]
            if len(self.rows) - len(self.inputs) == before:
                return

    def of(self, node: Expr) -> Expr:
        """An expression on the rows that are left."""
        if isinstance(node, Ref | Prev):
            name = node.name
            while name in self.instead:
                name = self.instead[name]
            if isinstance(node, Ref) and name in self.inputs:
                return self.inputs[name]
            return node if name == node.name else type(node)(name)
        if not isinstance(node, Op):
            return node
        inside = tuple(self.of(argument) for argument in node.args)
        node = node if all(a is b for a, b in zip(inside, node.args, strict=True)) else Op(node.fn, inside)
        found = self._simpler(node)
        return self.known(found) or found

    def _simpler(self, node: Op) -> Expr:
        if node.fn in ("and", "or"):
            for one, other in (node.args, node.args[::-1]):
                if isinstance(one, Const) and self._is_truth(other):
                    yes = one.value != 0.0
                    return (other if yes else ZERO) if node.fn == "and" else (ONE if yes else other)
        if node.fn == "div":
            over = self.known(Op("div", (ONE, node.args[1])))
            return node if over is None else self._simpler(Op("mul", (node.args[0], over)))
        return self._product(node) if node.fn == "mul" else simpler(node)

    def _product(self, node: Op) -> Expr:
        """x * a * b, where a and b are known, as x * (a * b); x * a may be a row."""
        for one, other in (node.args, node.args[::-1]):
            found = self._times(self.rows.get(one.name) if isinstance(one, Ref) else one, other)
            if found is not None:
                return simpler(found)
        for one, other in (node.args, node.args[::-1]):
            if isinstance(one, Op) and one.fn in ("add", "sub") and self.known(other) is not None:
                return self._weighed(one, other) or simpler(node)
        return simpler(node)

    def _weighed(self, node: Expr, weight: Expr) -> Expr | None:
        """(x * a + y * b) * c as x * (a * c) + y * (b * c), where a, b and c are known."""
        if isinstance(node, Op) and node.fn in ("add", "sub"):
            one, other = (self._weighed(argument, weight) for argument in node.args)
            return None if one is None or other is None else Op(node.fn, (one, other))
        return self._times(node, weight)

    def _times(self, node: Expr | None, weight: Expr) -> Op | None:
        """x * a times b as x * (a * b), where a and b are known."""
        if isinstance(node, Op) and node.fn == "mul":
            for factor, rest in (node.args, node.args[::-1]):
                both = self.known(Op("mul", (factor, weight)))
                if both is not None:
                    return Op("mul", (rest, both))
        return None

    def _is_truth(self, node: Expr) -> bool:
        return is_truth(node) or (node.name in self.truths if isinstance(node, Ref | Prev) else self.says_yes_or_no(node))

    def _followed(self, name: str, node: Expr) -> str | None:
        """The event that a row stands on alone, where it is yes from that month on."""
        found = self._event(name, node)
        if isinstance(found, Ref) and found.name in self.rows and self._event(found.name, self.rows[found.name]) is not None:
            return found.name
        return None

    def _event(self, name: str, node: Expr) -> Expr | None:
        """What a row begins to be yes by; None if it is no such row, or is yes before the first month."""
        if isinstance(node, Op) and node.fn == "or" and is_number(self.starts[name], 0.0):
            for one, other in (node.args, node.args[::-1]):
                if one == Prev(name):
                    return other
        return None


def truths(rows: Mapping[str, Expr], starts: Mapping[str, Expr]) -> frozenset[str]:
    """Rows that are yes or no in every month and before the first."""
    found = {name for name in rows if isinstance(start := starts[name], Const) and start.value in (0.0, 1.0)}
    while True:
        fewer = {n for n in found if is_truth(rows[n]) or (isinstance(r := rows[n], Ref | Prev) and r.name in found)}
        if fewer == found:
            return frozenset(found)
        found = fewer


def _of_nobody(node: Expr, name: str) -> Expr:
    """An equation with its look back at itself made nameless."""
    if isinstance(node, Op):
        return Op(node.fn, tuple(_of_nobody(argument, name) for argument in node.args))
    return Prev("") if node == Prev(name) else node
