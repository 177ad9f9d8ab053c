"""Words of a deal file become numbers and formulas, each with its unit, its range, its source and its status."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping as MappingType

from prenup.base.problems import Log, Origin, nearest
from prenup.base.quantity import (
    STATUSES,
    Expected,
    Number,
    Provenance,
    QuantityError,
    expected,
    interval,
    parse_number,
    parse_range,
)
from prenup.base.units import DATE, NUMBER, YEAR, base_unit
from prenup.deal.model import Source
from prenup.deal.tree import Mapping, Node, Scalar, Sequence
from prenup.sheet.formula import Changed, Formula, Value, parse_formula

NUMBER_KEYS = ("value", "range", "source", "status", "note", "then")
_NUMERIC = re.compile(r"[-+−]?\s*([$€£¥]|[A-Z]{3}\s)?\s*[-+−]?[\d.][^a-z*/(]*|normal\(|uniform\(|triangular\(|lognormal\(|choice\(")


class Values:
    """Reads values of one deal: it knows the currency, the units that the deal counts, the sources and the date."""

    def __init__(self, log: Log, currency: str, units: frozenset[str], as_of: datetime.date | None) -> None:
        self.log = log
        self.currency = currency
        self.units = units
        self.as_of = as_of
        self.sources: MappingType[str, Source] = {}

    def value(self, node: Node, unit: str, path: str) -> Value | None:
        """A field for an amount, a rate or a base: a number or a formula, perhaps with provenance and later changes."""
        if isinstance(node, Mapping):
            return self._mapping(node, unit, path)
        if isinstance(node, Sequence):
            self.log.add("D204", f"{_last(path)} is a list, but one value is expected", node.where,
                         why="a field holds one value", fix=f"write one, such as {expected(unit, self.currency).example}")
            return None
        if node.empty:
            self.log.add("D203", f"{_last(path)} is left empty", node.where,
                         why="prenup never guesses a number", fix=f"write {expected(unit, self.currency).example}, or remove the field")
            return None
        return self._scalar(node, unit, path)

    def condition(self, node: Node, path: str) -> Value | None:
        """A date, a length of time, or a formula that is yes or no."""
        result = self.value(node, "any", path)
        if isinstance(result, Number) and result.unit not in (DATE, YEAR):
            self.log.add("D209", f"{_last(path)} is {result.text}, but a condition is expected", node.where,
                         why="it says when something begins or ends",
                         fix="write a date (2030-12-31), an event, or a comparison such as revenue > $1bn/yr")
            return None
        return result

    # ── one word ────────────────────────────────────────────────────────────────────────────────────────────────

    def _scalar(self, node: Scalar, unit: str, path: str) -> Value | None:
        try:
            number = parse_number(node.text, self.units)
        except QuantityError as fault:
            trial = Log()
            formula = parse_formula(node.text, node.where, trial, self.units)
            if formula is not None and _NUMERIC.fullmatch(node.text.strip()) is None:
                return formula
            if _NUMERIC.match(node.text.strip()) and not re.search(r"[a-z_]{4,}", node.text.replace("months", "")):
                self.log.add("D201", f"{_last(path)}: {fault}", node.where, why="every number in a deal has a unit and a size",
                             fix=fault.fix or f"write it like {expected(unit, self.currency).example}")
                return None
            if formula is not None:
                return formula
            self.log.extend(trial)
            return None
        return self._fitted(number, unit, path, node.where)

    def _fitted(self, number: Number, unit: str, path: str, where: Origin) -> Number | None:
        """The number in the unit that its field expects, or a problem."""
        wanted = expected(unit, self.currency)
        fitted = self._in_unit(number, wanted)
        if fitted is None:
            self._misfit(number, wanted, path, where)
            return None
        low, high = wanted.least, wanted.most
        if (low is not None and fitted.value < low) or (high is not None and fitted.value > high):
            self._out_of_bounds(fitted, wanted, path, where)
            return None
        return dataclasses.replace(fitted, path=path, where=where, bounds=(low, high))

    def _in_unit(self, number: Number, wanted: Expected) -> Number | None:
        """A bare number takes the deal's currency where money is expected; zero fits anything."""
        if not wanted.units or number.unit in wanted.units:
            return number
        if number.value == 0 and number.spread is None and number.unit == NUMBER:
            return dataclasses.replace(number, unit=wanted.units[0])
        with_money = number.unit * base_unit(self.currency)
        if with_money in wanted.units and number.unit.names() <= {"yr"}:
            return dataclasses.replace(number, unit=with_money)
        return None

    def _misfit(self, number: Number, wanted: Expected, path: str, where: Origin) -> None:
        name = _last(path)
        if wanted.noun == "a length of time" and number.unit == NUMBER:
            self.log.add("D206", f"{name} is {number.text}, but {wanted.noun} is expected", where,
                         why="without a unit it could be days, months or years", fix=f"write {number.text} months")
            return
        self.log.add("D206", f"{name} is {number.text} ({number.unit}), but {wanted.noun} is expected", where,
                     why="amounts in different units never mix", fix=f"write it like {wanted.example}")

    def _out_of_bounds(self, number: Number, wanted: Expected, path: str, where: Origin) -> None:
        name = _last(path)
        if wanted.noun == "a fraction" and 1 < number.value <= 100 and "%" not in number.text:
            self.log.add("D207", f"{name} is {number.text}, but a {name} is a fraction: write {number.text}% or {number.value / 100:g}",
                         where, why=f"{path.split('.')[-2] if '.' in path else name} uses this share of the whole",
                         fix=f"{name}: {number.text}%")
            return
        low = f"at least {wanted.least:g}" if wanted.least is not None else ""
        high = f"at most {wanted.most:g}" if wanted.most is not None else ""
        self.log.add("D208", f"{name} is {number.text}, but has to be {' and '.join(p for p in (low, high) if p)}", where,
                     why=f"{name} is {wanted.noun}", fix=f"write it like {wanted.example}")

    # ── a mapping with provenance ───────────────────────────────────────────────────────────────────────────────

    def _mapping(self, node: Mapping, unit: str, path: str) -> Value | None:
        for key, _ in node.entries:
            if key.text not in NUMBER_KEYS:
                close = nearest(key.text, NUMBER_KEYS)
                self.log.add("D202", f"a number has no field {key.text}", key.where, why=f"it has {', '.join(NUMBER_KEYS)}",
                             fix=f"write {close}" if close else "remove it")
        provenance = self.provenance(node)
        first = self._with_range(node, unit, path)
        if first is None:
            return None
        if isinstance(first, Number):
            first = dataclasses.replace(first, provenance=provenance)
        then = node.get("then")
        return first if then is None else self._changing(first, then, unit, path)

    def _with_range(self, node: Mapping, unit: str, path: str) -> Number | Formula | None:
        stated, range_ = node.get("value"), node.get("range")
        if stated is None and range_ is None:
            self.log.add("D203", f"{_last(path)} has neither value nor range", node.where,
                         why="prenup never guesses a number", fix="add value: and what you know")
            return None
        if range_ is None:
            assert stated is not None
            result = self.value(stated, unit, path) if not isinstance(stated, Mapping) else self._nested(stated, path)
            return None if isinstance(result, Changed) else result
        if not isinstance(range_, Scalar):
            self.log.add("D204", "a range is written low to high", range_.where, why="it is what we do not know",
                         fix="write range: 15% to 25%")
            return None
        if stated is None:
            result = self._scalar(range_, unit, path)
            return None if isinstance(result, Changed) else result
        middle = self._scalar(stated, unit, path) if isinstance(stated, Scalar) else self._nested(stated, path)
        if not isinstance(middle, Number):
            if middle is not None:
                self.log.add("D205", f"{_last(path)} is a formula with a range", range_.where, why="a range is around a number",
                             fix="put the unknown number under numbers: and use it in the formula")
            return None
        return self._ranged(middle, range_, unit, path)

    def _nested(self, stated: Node, path: str) -> None:
        self.log.add("D204", f"the value of {_last(path)} is written as a list or a mapping", stated.where,
                     why="a field holds one value", fix="write one value after value:")

    def _ranged(self, middle: Number, range_: Scalar, unit: str, path: str) -> Number | None:
        if middle.spread is not None:
            self.log.add("D205", f"{_last(path)} has a range twice", range_.where, why="only one of the two can hold",
                         fix="give value: the central figure and range: the interval")
            return None
        try:
            low, high = parse_range(range_.text, self.units)
        except QuantityError as fault:
            self.log.add("D201", f"range of {_last(path)}: {fault}", range_.where, why="a range is a 90 % interval",
                         fix=fault.fix or "write range: 15% to 25%")
            return None
        wanted = expected(unit, self.currency)
        ends = [self._in_unit(Number(q.value, q.unit, text=range_.text), wanted) for q in (low, high)]
        unlike = [e for e in ends if e is None or (e.unit != middle.unit and e.value != 0)]
        if unlike:
            self.log.add("D206", f"the range of {_last(path)} is in {high.unit}, its value in {middle.unit}", range_.where,
                         why="amounts in different units never mix", fix="write both in the same unit")
            return None
        if not low.value < middle.value < high.value:
            self.log.add("D205", f"{_last(path)} is {middle.text}, outside its range {range_.text}", range_.where,
                         why="the value is the middle of what we believe", fix="widen the range or move the value")
            return None
        if (wanted.least is not None and low.value < wanted.least) or (wanted.most is not None and high.value > wanted.most):
            self._out_of_bounds(Number(low.value, low.unit, text=range_.text), wanted, path, range_.where)
            return None
        return dataclasses.replace(middle, spread=interval(low.value, middle.value, high.value), text=f"{middle.text} ({range_.text})")

    def _changing(self, first: Number | Formula, then: Node, unit: str, path: str) -> Value | None:
        """`then`: a list of {from, value}, each taking over from its condition on."""
        steps: list[tuple[Formula, Number | Formula]] = []
        if not isinstance(then, Sequence) or not then.items:
            self.log.add("D204", "then is a list of changes", then.where, why="each change has a beginning and a value",
                         fix="write then: [{from: 2028-01-01, value: 10%}]")
            return None
        for index, item in enumerate(then.items):
            start = item.get("from") if isinstance(item, Mapping) else None
            if not isinstance(item, Mapping) or not isinstance(start, Scalar):
                self.log.add("D203", "a change has no from", item.where, why="it has to begin at some time",
                             fix="write {from: 2028-01-01, value: 10%}")
                continue
            condition = parse_formula(start.text, start.where, self.log, self.units)
            entries = tuple((k, v) for k, v in item.entries if k.text != "from")
            changed = self._mapping(Mapping(entries, item.where), unit, f"{path}.then.{index}")
            if condition is not None and isinstance(changed, Number | Formula):
                steps.append((condition, changed))
            elif isinstance(changed, Changed):
                self.log.add("D204", "a change can't change again", item.where, why="changes stand in one list",
                             fix="add it to the same then: list")
        return Changed(first, tuple(steps), path) if len(steps) == len(then.items) else None

    # ── where it comes from ─────────────────────────────────────────────────────────────────────────────────────

    def provenance(self, node: Mapping) -> Provenance:
        """source, status and note of an entry, checked against the sources of the deal."""
        words = {key: self._word(node, key) for key in ("source", "status", "note")}
        status, source = words["status"], words["source"]
        place = node.get("status") or node.get("source") or node
        if status and status not in STATUSES:
            close = nearest(status, STATUSES)
            self.log.add("D401", f"{status} is not a status", place.where, why=f"a status is one of {', '.join(STATUSES)}",
                         fix=f"write {close or 'one of them'}")
        if status == "assumed" and not words["note"]:
            self.log.add("D402", "an assumed number needs a note with the reason", place.where,
                         why="a made-up figure is only worth its reason", fix="add note: why this figure")
        if status in ("confirmed", "reported", "estimated") and not source:
            self.log.add("D403", f"a {status} number needs a source", place.where, why="a reader has to be able to check it",
                         fix="add source: with an id from sources:, or status: assumed with a note")
        if source and source not in self.sources:
            close = nearest(source, self.sources)
            self.log.add("D404", f"no source is called {source}", (node.get("source") or node).where,
                         why="a reader has to be able to check it", fix=f"write {close}" if close else f"add {source} under sources:")
        return Provenance(source, status, words["note"])

    def _word(self, node: Mapping, key: str) -> str:
        item = node.get(key)
        if item is None or isinstance(item, Scalar):
            return item.text if item else ""
        self.log.add("D204", f"{key} is words, not a list or a mapping", item.where, why="it is shown as it is",
                     fix="write it on one line, in quotes if it holds a colon")
        return ""


def _last(path: str) -> str:
    """The field's own name in a dotted path."""
    return path.rsplit(".", 1)[-1]
