"""Something that is in one of a few states at a time, such as boom and bust, and behaves as the state says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from prenup.base import fields
from prenup.base.problems import nearest
from prenup.drivers._driver import AbstractDriver
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, call, most, total, where_
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class State:
    """One state: what the driver is or how it grows in it, and how soon it is left."""

    value: Value | None = fields.value("any", "What the driver is in this state.", default=None)
    growth: Value | None = fields.value("growth", "How the driver's level grows a year in this state.", default=None)
    volatility: Value | None = fields.value("fraction", "How much its level wanders in this state.", default=None)
    leaves: Value = fields.value("rate", "How often a year the state is left; never if left out.", default="0%")
    to: Mapping[str, Value] = fields.table(
        "Which states follow, in what proportion; all others alike if left out.", unit="fraction", default=()
    )


@dataclass(frozen=True, kw_only=True)
class Regime(AbstractDriver):
    """A quantity that switches by chance between a few states, each with its own value or its own growth.

    Path:
        The first month is in the state `first`. A state is left in a month with probability 1 - exp(-leaves / 12):
        at most one move a month. Either every state has a `value`, and the driver is that of the state; or every
        state has a `growth`, and the driver is a level that begins at `start` and grows as the month's state says.
        `volatility` makes the level wander; the mean growth within a state is unchanged by it.

    Equations:
        p = 1 - exp(-leaves / 12) of state[t-1], divided among the other states as its `to` says
        state[t] = the state into whose part of p the uniform draw u[t] falls; state[t-1] where u[t] >= p
        values: X[t] = value of state[t]
        growth: X[0] = start;  rate[t] = growth of state[t];  s = volatility of state[t]
                X[t] = X[t-1] * (1 + rate[t]) ** (1/12) * exp(s * z[t] / sqrt(12) - s^2 / 24)
        X.NAME = yes in the months that are in state NAME;  X.NAME.leaves = how often a year it is left

    Example:
        demand:
          kind: regime
          start: $10bn/yr
          states:
            boom: {growth: 60%, leaves: 0.5/yr}
            bust: {growth: -20%, volatility: 20%, leaves: 1/yr}
        # two years of boom, then one of bust, on average; `demand.bust` is yes in a bust

    Not modelled:
        Two moves within a month, and states that tire with age.

    Source:
        Hamilton, A New Approach to the Economic Analysis of Nonstationary Time Series, 1989, https://doi.org/10.2307/1912559
    """

    kind: ClassVar[str] = "regime"

    states: Mapping[str, State] = fields.table("Names to states.", of=State)
    first: str = fields.text("The state of the first month; the first one listed if left out.")
    start: Value | None = fields.value("any", "The level in the first month, where states have a growth.", default=None)

    def write(self, builder: Builder) -> None:
        """Write which state it is in, and the value or the level that follows from it."""
        if not self._sound(builder):
            builder.row("", ZERO, "value")
            return
        names = list(self.states)
        for name, state in self.states.items():
            builder.row(f"{name}.leaves", most(builder.rate(state.leaves), ZERO), f"how often a year {name} is left")
        before = builder.prev(builder.own("state"))
        draw = builder.uniforms("move")
        first = Const(float(names.index(self.first or names[0])))
        moved = self._of_state(before, [self._moved(builder, name, draw) for name in names])
        moving = where_(builder.first_month, first, moved)
        now = builder.row("state", moving, "number of the state, from 0", start=first)
        for number, name in enumerate(names):
            builder.row(name, call("eq", now, Const(float(number))), f"whether it is in {name}")
        values = [s.value for s in self.states.values() if s.value is not None]
        if values:
            start = self.before(builder, values[names.index(self.first or names[0])])
            builder.row("", self._of_state(now, [builder.value(v) for v in values]), "value of the state", start=start)
            return
        assert self.start is not None
        growth = [builder.rate(s.growth) for s in self.states.values() if s.growth is not None]
        wanders = [ZERO if s.volatility is None else builder.value(s.volatility) for s in self.states.values()]
        rate = builder.row("rate", self._of_state(now, growth), "growth a year in this state")
        step = call("pow", most(1.0 + rate, ZERO), Const(1 / 12))
        if any(w is not ZERO for w in wanders):
            step = step * self.wander(builder, self._of_state(now, wanders))
        self.write_level(builder, self.start, step)

    def _of_state(self, state: Expr, values: list[Expr]) -> Expr:
        """The value that belongs to a state's number."""
        result = values[-1]
        for number in range(len(values) - 2, -1, -1):
            result = where_(call("eq", state, Const(float(number))), values[number], result)
        return result

    def _moved(self, builder: Builder, name: str, draw: Expr) -> Expr:
        """The state's number a month after the state `name`: the draw falls into another state's part, or into none."""
        names = list(self.states)
        here: Expr = Const(float(names.index(name)))
        others: list[tuple[str, Expr]] = [(n, Const(1.0)) for n in names if n != name]
        if self.states[name].to:
            others = [(n, builder.value(share)) for n, share in self.states[name].to.items()]
        if not others:
            return here
        leaving = 1.0 - call("exp", -builder.own(f"{name}.leaves") / 12.0)
        whole = most(total([w for _, w in others]), Const(1e-12))
        result = here
        for count in range(len(others), 0, -1):
            reached = total([w for _, w in others[:count]]) / whole
            result = where_(draw < leaving * reached, Const(float(names.index(others[count - 1][0]))), result)
        return result

    def _sound(self, builder: Builder) -> bool:
        """Whether the states make a process; problems are logged."""
        before = len(builder.log)
        self._check_names(builder)
        self._check_ways(builder)
        return len(builder.log) == before

    def _check_names(self, builder: Builder) -> None:
        """`first` and `to` name states, and `to` names others."""
        driver, where = builder.clause_name, builder.clause_where
        named = [("first", self.first)] if self.first else []
        named += [(f"{name}.to", other) for name, state in self.states.items() for other in dict(state.to)]
        for field, name in named:
            if name not in self.states:
                close = nearest(name, self.states)
                builder.log.add(
                    "D301",
                    f"no state of {driver} is called {name}",
                    where,
                    why=f"{field} names it",
                    fix=f"write {close}" if close else f"use one of {', '.join(self.states)}",
                )
        for name, state in self.states.items():
            if name in dict(state.to):
                builder.log.add(
                    "D261",
                    f"{name} of {driver} is left for itself",
                    where,
                    why="`to` says which other states follow",
                    fix=f"leave out {name} there",
                )

    def _check_ways(self, builder: Builder) -> None:
        """All states set a value, or all set a growth and there is a start to grow from."""
        driver, where = builder.clause_name, builder.clause_where
        states = self.states.values()
        if all(s.value is not None and s.growth is None and s.volatility is None for s in states):
            if self.start is not None:
                builder.log.add(
                    "D261",
                    f"{driver} has a start, but its states set its value",
                    where,
                    why="a value does not grow from anywhere",
                    fix="leave out start",
                )
        elif all(s.growth is not None and s.value is None for s in states):
            if self.start is None:
                builder.log.add(
                    "D261",
                    f"{driver} has no start",
                    where,
                    why="a level that grows begins somewhere",
                    fix="write start: and a level",
                )
        else:
            builder.log.add(
                "D261",
                f"the states of {driver} do not all say the same kind of thing",
                where,
                why="a state either sets the driver's value, or how its level grows and wanders",
                fix="give every state a value, or every state a growth",
            )
