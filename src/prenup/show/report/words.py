"""Numbers, conditions and formulas in words that can be read aloud, each figure marked if unconfirmed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prenup.base.quantity import Number
from prenup.base.units import DATE, YEAR
from prenup.deal.model import Deal
from prenup.sheet.formula import Changed, Formula, Part, Value
from prenup.show.report.figures import amount, figure, spoken, spread


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text. `anchor` is where the page says more of it; `name` marks what the deal calls by a name."""

    text: str
    anchor: str = ""
    unsure: bool = False
    name: bool = False


Words = tuple[Piece, ...]

_LOOSE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(10)
_SIGNS = {
    "or": (" or ", _OR), "and": (" and ", _AND),
    "lt": (" is below ", _COMPARE), "le": (" is at most ", _COMPARE), "gt": (" is above ", _COMPARE),
    "ge": (" is at least ", _COMPARE), "eq": (" is ", _COMPARE), "ne": (" is not ", _COMPARE),
    "add": (" + ", _SUM), "sub": (" − ", _SUM), "mul": (" × ", _PRODUCT), "div": (" ÷ ", _PRODUCT),
    "pow": (" to the power of ", _POWER),
}  # fmt: skip
_CALLS = {
    "prev": "last month’s {0}", "cum": "the sum so far of {0}", "lag": "{0} as it was {1} before",
    "avg": "the average of {0} over {1}", "if": "{1} if {0}, otherwise {2}", "min": "the smallest of {*}",
    "max": "the largest of {*}", "abs": "the size of {0}", "sqrt": "the square root of {0}", "floor": "{0} without its decimals",
    "monthly": "a month’s part of {0}", "on": "the month of {0}", "after": "{0}", "since": "the years since {0}",
    "paid": "what is paid under {0}", "received": "what {1} receives under {0}", "cash": "the cash of {0}",
}  # fmt: skip
_SLOT = re.compile(r"\{(\d|\*)\}")


def plain(text: str) -> Words:
    """Words that need no mark."""
    return (Piece(text),) if text else ()


def listed(parts: Iterable[Words], last: str = " and ") -> Words:
    """`a`, `a and b`, `a, b and c`."""
    parts = list(parts)
    found: list[Piece] = []
    for index, part in enumerate(parts):
        if index:
            found.append(Piece(last if index == len(parts) - 1 else ", "))
        found += part
    return tuple(found)


class Speaker:
    """Says what stands in one deal. `anchors` are the places of its numbers on the page, by their path."""

    def __init__(self, deal: Deal, anchors: Mapping[str, str]) -> None:
        self.deal = deal
        self.anchors = anchors

    def number(self, number: Number) -> Words:
        """A figure with its range; marked where nobody confirmed it."""
        anchor = self.anchors.get(number.path, "")
        said = Piece(figure(number), anchor, unsure=bool(anchor) and not number.provenance.confirmed)
        return (said, Piece(f" ({spread(number)})")) if number.spread else (said,)

    def value(self, value: Value, *, goes_on: bool = False) -> Words:
        """An amount, a rate or a base with its later changes; a formula in brackets where the sentence goes on."""
        if isinstance(value, Number):
            return self.number(value)
        if isinstance(value, Formula):
            said, level = self._formula(value)
            return (Piece("("), *said, Piece(")")) if goes_on and level < _ATOM else said
        steps = [(Piece("; then "), *self.value(then), Piece(" "), *self._when(start.root)) for start, then in value.steps]
        return (*self.value(value.first), *(piece for step in steps for piece in step))

    def when(self, value: Value) -> Words:
        """A condition with its preposition: `on 31 December 2030`, `after 18 months`, `when ...`."""
        if isinstance(value, Number):
            before = {DATE: "on ", YEAR: "after "}.get(value.unit, "at ")
            return (Piece(before), *self.number(value))
        return self.value(value) if isinstance(value, Changed) else self._when(value.root)

    def called(self, name: str) -> Piece:
        """What people call something that the deal names, such as `openai_revenue.rate`."""
        deal, (first, _, rest) = self.deal, name.partition(".")
        sections = {"term": deal.terms, "driver": deal.drivers, "event": deal.events, "row": deal.rows}
        for section, entries in sections.items():
            if first in entries:
                tail = f", {self.label(rest)}" if rest else ""
                return Piece(deal.title_of(first) + tail, f"{section}-{first}", name=True)
        number = deal.numbers.get(name)
        if number is not None:
            path = getattr(number, "path", "")
            unsure = isinstance(number, Number) and bool(number.where) and not number.provenance.confirmed
            return Piece(self.label(name), self.anchors.get(path, ""), unsure=unsure, name=True)
        return Piece(self.label(name), name=name not in ("yes", "no", "date", "year", "elapsed", "month"))

    def label(self, name: str) -> str:
        """A name of the file as words, the parties by their titles."""
        words = re.split(r"[_.\s]+", name)
        return " ".join(self.deal.party_title(w) if w in self.deal.parties else w for w in words)

    # ── formulas ──────────

    def _formula(self, formula: Formula) -> tuple[Words, int]:
        """A name that stands alone for a number is said as that number."""
        root = formula.root
        if root.what == "name" and isinstance(number := self.deal.numbers.get(root.text), Number):
            return self.number(number), _ATOM
        return self._said(root)

    def _when(self, part: Part) -> Words:
        if part.what == "operator" and part.text == "or":
            sides = [self._when(p) for p in part.parts]
            return (*sides[0], Piece(" or "), *sides[1])
        if part.what == "quantity" and part.quantity is not None and part.quantity.unit in (DATE, YEAR):
            before = "on " if part.quantity.unit == DATE else "after "
            return (Piece(before), *self._said(part)[0])
        event = part.what == "name" and part.text in self.deal.events and not self.deal.events[part.text].title
        return (Piece("when "), *self._said(part)[0], *plain(" happens" if event else ""))

    def _said(self, part: Part) -> tuple[Words, int]:
        """A part in words, and how tightly they hold together."""
        if part.what == "quantity":
            dated = part.quantity is not None and part.quantity.unit == DATE
            text = amount(part.quantity.value, DATE) if dated and part.quantity is not None else spoken(part.text)
            return plain(text), _ATOM
        if part.what == "name":
            number = self.deal.numbers.get(part.text)
            known = plain(f" ({figure(number)})") if isinstance(number, Number) else ()
            return (self.called(part.text), *known), _ATOM
        if part.what == "call":
            return self._call(part), _LOOSE
        if part.text == "not" and part.parts[0].text in self.deal.events:
            return (self.called(part.parts[0].text), Piece(" has not happened")), _NOT
        if part.text == "not":
            return (Piece("not "), *self._within(part.parts[0], _NOT)), _NOT
        if part.text == "neg":
            return (Piece("−"), *self._within(part.parts[0], _SIGNED)), _SIGNED
        sign, level = _SIGNS.get(part.text, (f" {part.text} ", _LOOSE))
        left = self._within(part.parts[0], level)
        # What follows − or ÷ needs brackets where it holds no tighter than the sign itself.
        right = self._within(part.parts[1], level + (part.text in ("sub", "div", "pow")))
        return (*left, Piece(sign), *right), level

    def _within(self, part: Part, level: int) -> Words:
        said, own = self._said(part)
        return said if own >= level else (Piece("("), *said, Piece(")"))

    def _call(self, part: Part) -> Words:
        """A function by its sentence; one that has none by its name."""
        said = [self._within(p, _COMPARE) for p in part.parts]
        if part.text == "prev":
            said = said[:1]
        template = _CALLS.get(part.text, f"{part.text} of {{*}}")
        if any(slot != "*" and int(slot) >= len(said) for slot in _SLOT.findall(template)):
            template = f"{part.text} of {{*}}"
        found: list[Piece] = []
        for index, text in enumerate(_SLOT.split(template)):
            if index % 2:
                found += listed(said) if text == "*" else said[int(text)]
            else:
                found += plain(text)
        return tuple(found)
