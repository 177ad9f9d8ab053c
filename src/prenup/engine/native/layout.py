"""Where things stand in the scratch memory of the generated code, and how many futures it works out side by side."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

from prenup.engine.native.classify import Program, Settled
from prenup.engine.native.same import truths
from prenup.engine.native.vector_math import Shape
from prenup.sheet.expr import Expr, Prev, Ref, Shock, walk

STATE = 3_072
"""Numbers of last month that a core's first cache holds beside the rest."""

DRAWS = 65_536
"""Draws that a core's second cache holds beside the rest."""

MOST_GROUPS = 4
"""Groups side by side at most: as many as a view has futures where nobody asks for others."""


@dataclass(frozen=True)
class Layout:
    """Where things stand in the scratch memory, in doubles, and how many groups of futures are worked out side by side."""

    program: Program
    shape: Shape

    @cached_property
    def slots(self) -> dict[str, int]:
        """The place of each row whose last month is looked at, among the rows of its kind: calm ones or lively ones."""
        p = self.program
        looked = {n.name for e in self._equations for n in walk(e) if isinstance(n, Prev)}
        looked |= {n.name for e in (*(e for _, e in p.ends), *p.finals) for n in walk(e) if isinstance(n, Ref)}
        found: dict[str, int] = {}
        for rows in (p.calm_rows, p.lively):
            found |= {name: place for place, name in enumerate(n for n, _ in rows if n in looked)}
        return found

    @cached_property
    def truths(self) -> frozenset[str]:
        """Rows that are yes or no in every month and before the first."""
        return truths(dict((*self.program.calm_rows, *self.program.lively)), self.program.starts)

    @cached_property
    def read(self) -> frozenset[Settled]:
        """Of what views settle, what anything stands on."""
        p = self.program
        others = [*self._equations, *(e for _, e in p.ends), *p.begun, *p.starts.values(), *p.finals, *p.series]
        found = {n for e in others for n in walk(e) if isinstance(n, Settled)}
        for index in reversed(range(len(p.settled))):  # they stand on earlier ones alone
            if Settled(index) in found:
                found |= {n for n in walk(p.settled[index]) if isinstance(n, Settled)}
        return frozenset(found)

    @property
    def _equations(self) -> list[Expr]:
        p = self.program
        return [*(e for _, e in (*p.calm_rows, *p.lively)), *p.calm]

    @property
    def lanes(self) -> int:
        """Views side by side."""
        return self.shape.lanes

    @cached_property
    def lengths(self) -> list[int]:
        """Months of each stream's draws."""
        return [1 if shock.law == "uniform" else self.program.n_months for shock in self.program.shocks]

    def _looked_at(self, rows: tuple[tuple[str, Expr], ...]) -> int:
        """How many rows have a slot."""
        return sum(name in self.slots for name, _ in rows)

    @cached_property
    def groups(self) -> int:
        """Groups of futures side by side, a power of two: as many as the caches hold."""
        lively = self._looked_at(self.program.lively) + len(self.program.begun)
        groups = MOST_GROUPS
        while groups > 1 and groups * self.lanes * max(lively / STATE, sum(self.lengths) / DRAWS) > 1:
            groups //= 2
        return groups

    @cached_property
    def width(self) -> int:
        return self.groups * self.lanes

    @cached_property
    def draws(self) -> dict[Shock, int]:
        """Where each stream's draws begin: (month, group, lane)."""
        begins = itertools.accumulate([0, *self.lengths])
        return {shock: begin * self.width for shock, begin in zip(self.program.shocks, begins, strict=False)}

    @cached_property
    def state(self) -> int:
        """Where the lively rows' slots begin: (slot, group, lane)."""
        return sum(self.lengths) * self.width

    @cached_property
    def begun(self) -> int:
        """Where what paths begin with stands: (expression, group, lane)."""
        return self.state + self._looked_at(self.program.lively) * self.width

    @cached_property
    def calm_state(self) -> int:
        """Where the calm rows' slots begin: (slot, lane)."""
        return self.begun + len(self.program.begun) * self.width

    @cached_property
    def calm(self) -> int:
        """Where this month's calm expressions stand: (expression, lane)."""
        return self.calm_state + self._looked_at(self.program.calm_rows) * self.lanes

    def place_of_calm(self, index: int) -> int:
        """Where a calm expression stands: a row that is written down for next month is read there."""
        node = self.program.calm[index]
        if isinstance(node, Ref) and node.name in self.slots:
            return self.calm_state + self.slots[node.name] * self.lanes
        return self.calm + index * self.lanes

    @cached_property
    def settled(self) -> int:
        """Where what views settle stands: (expression, lane)."""
        return self.calm + len(self.program.calm) * self.lanes

    @cached_property
    def total(self) -> int:
        return self.settled + len(self.program.settled) * self.lanes
