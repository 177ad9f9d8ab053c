"""Sums that rows keep up: rows that only add up become one, and what is multiplied by the same number is added up before.

What one pays another is taken off one sum and added to another: all of it is added up once for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prenup.engine.native.simplify import is_number, simpler
from prenup.sheet.expr import ONE, ZERO, Expr, Op, Prev, Ref

Signed = tuple[bool, Expr]
"""A part of a sum, with whether it is added or taken off."""

Place = tuple[str, Expr]
"""A row that adds up, and what it multiplies parts by."""


def summed(ends: Mapping[str, Expr], rows: dict[str, Expr], starts: dict[str, Expr], asked: frozenset[str]) -> dict[str, Expr]:
    """Sums, asked for at the end, of rows that only add up: each becomes one row that adds up the sum.

    `rows` and `starts` lose the rows that nobody else looks at, and gain the sums; what the ends become is returned.
    """
    uses = looked_at(rows, ends)
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


def looked_at(rows: Mapping[str, Expr], ends: Mapping[str, Expr]) -> dict[str, int]:
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


def _terms(node: Expr, *, positive: bool) -> list[Signed]:
    """The parts of a sum, each with whether it is added or taken off."""
    found: list[Signed] = []
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
    if not isinstance(node, Op) or node.fn not in ("add", "sub"):
        return None
    if node.args[0] != Prev(name) or not is_number(starts[name], 0.0):
        return None
    return node.args[1] if node.fn == "add" else Op("neg", (node.args[1],))


@dataclass(slots=True)
class Sums:
    """Rows that add up, each as the sums of what it multiplies by the same number: `last + factor * (a - b + ...)`.

    `varies` is whether an expression differs by path; `condition` is what an expression differs by, if by one condition alone,
    and `in_cases` what it is where that holds and where not.
    """

    varies: Callable[[Expr], bool]
    condition: Callable[[Expr], Expr | None]
    in_cases: Callable[[Expr, Expr], Expr]
    parts: dict[Place, list[Signed]] = field(default_factory=dict)
    shared: dict[str, Expr] = field(default_factory=dict)

    def put(self, name: str, node: Expr) -> bool:
        """Take a row up, if all that it does is to add to what it was."""
        terms = _terms(node, positive=True)
        if terms.count((True, Prev(name))) != 1 or len(terms) < 3:
            return False
        for sign, term in terms:
            if term == Prev(name):
                continue
            factor, amount = self._factored(term)
            self.parts.setdefault((name, factor), []).extend(_terms(amount, positive=sign))
        return True

    def rows(self) -> dict[str, Expr]:
        """The rows that were taken up, after what some of them share."""
        self._share()
        sums: dict[str, Expr] = {}
        for (name, factor), parts in self.parts.items():
            sign, inner = self._sum(parts)
            more = inner if factor == ONE else Op("mul", (factor, inner))
            sums[name] = simpler(Op("add" if sign else "sub", (sums.get(name, Prev(name)), more)))
        return self.shared | sums

    def _factored(self, term: Expr) -> tuple[Expr, Expr]:
        """A factor that is a row and no path changes, and what it multiplies."""
        if isinstance(term, Op) and term.fn == "mul":
            for one, other in (term.args, term.args[::-1]):
                if isinstance(one, Ref) and not self.varies(one):
                    return one, other
        return ONE, term

    def _share(self) -> None:
        """Put what stands in the same sums, with the same signs or the opposite ones, in rows of its own."""
        places: dict[Expr, list[tuple[Place, bool]]] = {}
        for place, parts in self.parts.items():
            for sign, amount in parts:
                if self.varies(amount):
                    places.setdefault(amount, []).append((place, sign))
        bundles: dict[tuple[tuple[Place, bool], ...], list[Signed]] = {}
        for amount, where in places.items():
            turned = tuple((place, sign == where[0][1]) for place, sign in where)
            if len(dict(turned)) == len(turned) > 1:
                bundles.setdefault(turned, []).append((where[0][1], amount))
        for turned, bundle in bundles.items():
            if len(bundle) < 2:
                continue
            shared = Ref(f"shared sum {len(self.shared) + 1}")
            sign, self.shared[shared.name] = self._sum(bundle)
            amounts = {amount for _, amount in bundle}
            for place, alike in turned:
                self.parts[place] = [part for part in self.parts[place] if part[1] not in amounts] + [(sign == alike, shared)]

    def _sum(self, parts: list[Signed]) -> Signed:
        """A sum as a part of another: what no path changes together, what differs by the same condition together."""
        groups: dict[Expr | None, list[Signed]] = {}
        for sign, amount in parts:
            is_shared = isinstance(amount, Ref) and amount.name in self.shared
            lively = is_shared or self.varies(amount)
            condition = self.condition(amount) if lively and not is_shared else None
            part = amount if condition is None else self.in_cases(amount, condition)
            groups.setdefault(condition if lively else ZERO, []).append((sign, part))
        free = groups.pop(None, [])
        return _added_up(free + [_added_up(group) for group in groups.values()])


def _added_up(parts: list[Signed]) -> Signed:
    """A sum as a part of another: it begins with what is added, and is taken off if nothing is."""
    first = next((i for i, (sign, _) in enumerate(parts) if sign), -1)
    total = parts[max(first, 0)][1]
    for i, (sign, amount) in enumerate(parts):
        if i != max(first, 0):
            total = simpler(Op("add" if sign == (first >= 0) else "sub", (total, amount)))
    return first >= 0, total
