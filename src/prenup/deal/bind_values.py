"""Words of a deal file become numbers and formulas, each with its unit, its range, its source and its status."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping as MappingType

from prenup.base.problems import Log, Origin, nearest
from prenup.base.quantity import (
    Expected,
    Number,
    QuantityError,
    ends,
    expected,
    interval,
    parse_number,
    parse_range,
)
from prenup.base.units import CURRENCIES, CURRENCY_SIGNS, DATE, NUMBER, YEAR, base_unit
from prenup.base.wording import shortened
from prenup.deal.bind_provenance import read_provenance
from prenup.deal.model import Source
from prenup.deal.slot import Slot
from prenup.deal.tree import Mapping, Node, Scalar, Sequence
from prenup.sheet.formula import Changed, Formula, Value, parse_formula

NUMBER_KEYS = ("value", "range", "source", "status", "note", "then")

_IS_FRACTION = re.compile(r"%|percent|bps?\b|\dx\b")

_DASHED = re.compile(r"[$€£¥]?[\d.]+[%\w]*(?:-|\s*[–—]\s*)[$€£¥]?[\d.]+\s?[%\w/]*")

MOST_CHANGES = 50
"""Changes of one value on the way."""


class Values:
    """Reads values of one deal: it knows the currency, the units that the deal counts, its names and its sources."""

    def __init__(self, log: Log, currency: str, units: frozenset[str], names: frozenset[str]) -> None:
        self.log = log
        self.currency = currency
        self.units = units
        self.names = names
        self.sources: MappingType[str, Source] = {}

    def value(self, node: Node, slot: Slot) -> Value | None:
        """A field for an amount, a rate or a base: a number or a formula, perhaps with provenance and later changes."""
        if isinstance(node, Mapping):
            return self._mapping(node, slot)
        example = expected(slot.unit, self.currency).example
        if isinstance(node, Sequence):
            self.log.add(
                "D204",
                f"{slot.name} is a list, but one value is expected",
                node.where,
                why=slot.meaning,
                fix=f"write one, such as {example}; a range is written with to: 15% to 25%",
            )
            return None
        if node.empty:
            self.log.add(
                "D203",
                f"{slot.name} is left empty",
                node.where,
                why="prenup never guesses a number",
                fix=f"write one, such as {example}" + (", or take the field out" if slot.optional else ""),
            )
            return None
        return self._scalar(node, slot)

    def condition(self, node: Node, slot: Slot) -> Value | None:
        """A date, a length of time (for `until`), or a formula that is yes or no."""
        result = self.value(node, dataclasses.replace(slot, unit="any"))
        if isinstance(result, Number) and result.unit == YEAR and slot.name != "until":
            self.log.add(
                "D209",
                f"{slot.name} is {result.text}, but a date, an event or a comparison is expected",
                result.where,
                why="a length of time does not say since when",
                fix=f"write elapsed > {result.text}, which counts from the first month",
            )
            return None
        if isinstance(result, Number) and result.unit not in (DATE, YEAR):
            self.log.add(
                "D209",
                f"{slot.name} is {result.text}, but a date, an event or a comparison is expected",
                result.where,
                why="it says when something begins or ends",
                fix="write a date such as 2030-12-31, an event, or a comparison such as month > 18",
            )
            return None
        return result

    # ── one word ────────────────────────────────────────────────────────────────────────────────────────────────

    def _scalar(self, node: Scalar, slot: Slot) -> Number | Formula | None:
        try:
            number = parse_number(node.text, self.units)
        except QuantityError as fault:
            return self._formula(node, slot, fault)
        return self._fitted(number, slot, node.where)

    def _formula(self, node: Scalar, slot: Slot, fault: QuantityError) -> Formula | None:
        """A text that is no number: a formula, or the fault that is most likely the writer's.

        `$2/gpu_hour` is a formula where the deal has something of that name, and a number with an unknown unit elsewhere.
        """
        if _DASHED.fullmatch(node.text.strip()):
            low, high = re.split(r"\s*[-–—]\s*", node.text.strip(), maxsplit=1)
            if low[0] in CURRENCY_SIGNS:  # 2 to $3m: the low end takes sign and size from the high one
                low, high = low[1:], low[0] + high.removeprefix(low[0])
            self.log.add(
                "D201",
                f"{shortened(node.text)} looks like a range, but - takes one number from another",
                node.where,
                why=slot.meaning,
                fix=f"write {low} to {high}; a difference has spaces around its sign",
            )
            return None
        trial = Log()
        formula = parse_formula(node.text, node.where, trial, self.units)
        if formula is not None and not (fault.meant and self.names.isdisjoint(formula.names())):
            return formula
        if fault.meant:
            self.log.add(
                "D201", str(fault), node.where, why=slot.meaning or "every number in a deal has a size and a unit", fix=fault.fix
            )
        else:
            self.log.extend(trial)
        return None

    def _fitted(self, number: Number, slot: Slot, where: Origin) -> Number | None:
        """The number in the unit that its field expects, or a problem."""
        wanted = expected(slot.unit, self.currency)
        fitted = self._in_unit(number, wanted)
        if fitted is None:
            self._misfit(number, wanted, slot, where)
            return None
        if not self._within(fitted, wanted, slot, where):
            return None
        return dataclasses.replace(fitted, path=slot.path, where=where, bounds=(wanted.least, wanted.most))

    def _in_unit(self, number: Number, wanted: Expected) -> Number | None:
        """A bare number takes the deal's currency where money is expected; zero fits anything."""
        if not wanted.units or number.unit in wanted.units:
            return number
        if number.value == 0 and number.spread is None and number.unit == NUMBER:
            return dataclasses.replace(number, unit=wanted.units[0])
        with_money = number.unit * base_unit(self.currency)
        if with_money in wanted.units and number.unit.names() <= {"yr"} and not _IS_FRACTION.search(number.text):
            return dataclasses.replace(number, unit=with_money)
        return None

    def _misfit(self, number: Number, wanted: Expected, slot: Slot, where: Origin) -> None:
        others = sorted(number.unit.names() & CURRENCIES - {self.currency})
        if wanted.noun == "a length of time" and number.unit == NUMBER:
            self.log.add(
                "D206",
                f"{slot.name} is {number.text}, but {wanted.noun} is expected",
                where,
                why="without a unit it could be days, months or years",
                fix=f"{slot.name}: {number.text} months",
            )
        elif others:
            self.log.add(
                "D206",
                f"{slot.name} is in {others[0]}, but the deal counts in {self.currency}",
                where,
                why="there is no rate of exchange in the deal: amounts in two currencies never mix",
                fix=f"convert it, and write it like {wanted.example}",
            )
        else:
            self.log.add(
                "D206",
                f"{slot.name} is {number.text} ({number.unit}), but {wanted.noun} is expected",
                where,
                why=slot.meaning or "amounts in different units never mix",
                fix=f"write it like {wanted.example}",
            )

    def _within(self, number: Number, wanted: Expected, slot: Slot, where: Origin) -> bool:
        """Whether a number, with everything that its spread makes possible, is what the field allows."""
        low, high = ends(number)
        least, most = wanted.least, wanted.most
        bare = "%" not in number.text and number.unit == NUMBER
        if bare and wanted.bare_most is not None and wanted.bare_most < high <= 1_000:
            name = slot.name
            but = (
                f"but {'an' if name[0] in 'aeiou' else 'a'} {name} is a fraction" if most == 1 else f"which is {high * 100:,.6g}%"
            )
            decimals = f" or {_decimals(number.value / 100)}" if number.spread is None else ""
            self.log.add(
                "D207",
                f"{name} is {number.text}, {but}: write {number.text}%{decimals}",
                where,
                why=slot.meaning,
                fix=f"{name}: {number.text}%",
            )
            return False
        if (least is None or low >= least) and (most is None or high <= most):
            return True
        bounds = [_bound(b, wanted) for b in (least, most) if b is not None]
        allowed = f"be from {' to '.join(bounds)}" if len(bounds) == 2 else f"be {bounds[0]} or more"
        is_money = "money" in wanted.noun
        self.log.add(
            "D208",
            f"{slot.name} is {number.text}, but has to {allowed}",
            where,
            why=slot.meaning,
            fix="take the sign away: payer and payee say who pays whom" if is_money else f"write it like {wanted.example}",
        )
        return False

    # ── a mapping with provenance ───────────────────────────────────────────────────────────────────────────────

    def _mapping(self, node: Mapping, slot: Slot) -> Value | None:
        for key, _ in node.entries:
            if key.text not in NUMBER_KEYS:
                close = nearest(key.text, NUMBER_KEYS)
                self.log.add(
                    "D202",
                    f"a number has no field {shortened(key.text)}",
                    key.where,
                    why=f"it has {', '.join(NUMBER_KEYS)}",
                    fix=f"write {close}" if close else "take it out",
                )
        provenance = read_provenance(node, "number", self.sources, self.log)
        first = self._with_range(node, slot)
        then = node.get("then")
        changed = self._changing(first, then, slot) if then is not None else None
        if isinstance(first, Number):
            first = dataclasses.replace(first, provenance=provenance)
        if then is None or first is None or changed is None:
            return first if then is None else None
        return Changed(first, changed, slot.path)

    def _with_range(self, node: Mapping, slot: Slot) -> Number | Formula | None:
        stated, range_ = node.get("value"), node.get("range")
        if stated is None and range_ is None:
            self.log.add(
                "D203",
                f"{slot.name} has neither value nor range",
                node.where,
                why="prenup never guesses a number",
                fix=f"add value: and what you know, such as value: {expected(slot.unit, self.currency).example}",
            )
            return None
        if isinstance(stated, Mapping | Sequence):
            self.log.add(
                "D204",
                f"the value of {slot.name} is not one word or number",
                stated.where,
                why="a field holds one value",
                fix="write one after value:",
            )
            return None
        if range_ is not None and (not isinstance(range_, Scalar) or range_.empty):
            self.log.add(
                "D204",
                f"the range of {slot.name} is not written low to high",
                range_.where,
                why="a range is a 90 % interval of what we do not know",
                fix="write range: 15% to 25%",
            )
            return None
        if stated is None or range_ is None:
            one = self.value(stated or range_ or node, slot)
            return one if isinstance(one, Number | Formula) else None
        middle = self.value(stated, slot)
        if isinstance(middle, Formula):
            self.log.add(
                "D205",
                f"{slot.name} is a formula, and a formula has no range",
                range_.where,
                why="a range is around one number",
                fix="put the unknown number under numbers: with its range, and use its name in the formula",
            )
        return self._ranged(middle, range_, slot) if isinstance(middle, Number) else None

    def _ranged(self, middle: Number, range_: Scalar, slot: Slot) -> Number | None:
        if middle.spread is not None:
            self.log.add(
                "D205",
                f"{slot.name} says what is not known twice: in its value and in its range",
                range_.where,
                why="only one of the two can hold",
                fix="give the central figure as value, and the interval as range",
            )
            return None
        try:
            low, high = parse_range(range_.text, self.units)
        except QuantityError as fault:
            self.log.add("D201", str(fault), range_.where, why="a range is a 90 % interval", fix=fault.fix)
            return None
        wanted = expected(slot.unit, self.currency)
        both = [self._in_unit(Number(q.value, q.unit, text=range_.text), wanted) for q in (low, high)]
        if any(e is None or (e.unit != middle.unit and e.value != 0) for e in both):
            self.log.add(
                "D206",
                f"the range of {slot.name} is in {high.unit}, its value in {middle.unit}",
                range_.where,
                why="amounts in different units never mix",
                fix="write both in the same unit",
            )
            return None
        if not low.value < middle.value < high.value:
            self.log.add(
                "D205",
                f"{slot.name} is {middle.text}, which is not inside its range {range_.text}",
                range_.where,
                why="the value is the middle of what we believe",
                fix="widen the range, or move the value",
            )
            return None
        spread = interval(low.value, middle.value, high.value)
        if not self._within(Number(middle.value, middle.unit, text=range_.text, spread=spread), wanted, slot, range_.where):
            return None
        return dataclasses.replace(middle, spread=spread, text=f"{middle.text} ({range_.text})")

    def _beginning(self, start: Scalar) -> Formula | None:
        """When a change takes over: a date, an event or a condition, as a formula."""
        condition = parse_formula(start.text, start.where, self.log, self.units)
        quantity = condition.root.quantity if condition is not None else None
        if quantity is not None and quantity.unit != DATE:
            self.log.add(
                "D209",
                f"from is {start.text}, but a date, an event or a comparison is expected",
                start.where,
                why="it says when the change begins",
                fix="write a date such as 2030-12-31, an event, or a comparison such as month > 18",
            )
            return None
        return condition

    def _changing(
        self, first: Number | Formula | None, then: Node, slot: Slot
    ) -> tuple[tuple[Formula, Number | Formula], ...] | None:
        """`then`: a list of {from, value}, each taking over from its condition on."""
        steps: list[tuple[Formula, Number | Formula]] = []
        if not isinstance(then, Sequence) or not then.items:
            self.log.add(
                "D204",
                "then is a list of changes",
                then.where,
                why="each change has a beginning and a value",
                fix="write then: [{from: 2028-01-01, value: 10%}]",
            )
            return None
        if len(then.items) > MOST_CHANGES:
            self.log.add(
                "D223",
                f"{slot.name} changes {len(then.items):,} times; {MOST_CHANGES} are allowed",
                then.where,
                why="nobody can check more by hand",
                fix="use a driver of kind schedule",
            )
            return None
        for index, item in enumerate(then.items):
            start = item.get("from") if isinstance(item, Mapping) else None
            if not isinstance(item, Mapping) or not isinstance(start, Scalar) or start.empty:
                self.log.add(
                    "D203",
                    "a change does not say from when it holds",
                    item.where,
                    why="it takes over at a date, an event or a condition",
                    fix="write {from: 2028-01-01, value: 10%}",
                )
                continue
            condition = self._beginning(start)
            rest = Mapping(tuple((k, v) for k, v in item.entries if k.text not in ("from", "then")), item.where)
            if item.get("then") is not None:
                self.log.add(
                    "D204",
                    "a change can't change again",
                    item.where,
                    why="changes stand in one list, each with its from",
                    fix="add it to the list that this one stands in",
                )
                continue
            changed = self._mapping(rest, slot.deeper(f"then.{index}"))
            if condition is not None and isinstance(changed, Number | Formula):
                steps.append((condition, changed))
        return tuple(steps) if len(steps) == len(then.items) else None


def _bound(bound: float, wanted: Expected) -> str:
    """A bound of a field as it would be written."""
    return f"{bound * 100:g}%" if wanted.example.endswith("%") else "zero" if bound == 0 else f"{bound:g}"


def _decimals(fraction: float) -> str:
    """A fraction with at least two decimals: 0.20, 0.025."""
    return f"{fraction:.2f}" if round(fraction, 2) == fraction else f"{fraction:.6g}"
