"""What a formula means: its words become expressions, its functions what the builder makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prenup.base.problems import nearest
from prenup.base.units import BOOL, NUMBER, YEAR, Unit, base_unit
from prenup.sheet.expr import ZERO, Const, Expr, Op, Pending, Ref

if TYPE_CHECKING:
    from prenup.sheet.builder import Builder
    from prenup.sheet.formula import Formula, Part

TABLE_WORDS = ("date", "month", "month_of_year", "year", "elapsed")
"""Names that stand for the calendar in every formula."""


def translate(formula: Formula, builder: Builder) -> Expr:
    """The expression that a formula stands for; problems go to the builder's log, with their place in the formula."""
    return _Translation(formula, builder).of(formula.root)


class _Translation:
    """One formula on its way into the kernel."""

    def __init__(self, formula: Formula, builder: Builder) -> None:
        self.formula = formula
        self.builder = builder

    def of(self, part: Part) -> Expr:
        where = self.formula.place(part)
        if part.what == "quantity":
            assert part.quantity is not None
            unit: Unit | None = part.quantity.unit
            if part.quantity.value == 0 and unit == NUMBER:
                unit = None
            return Const(part.quantity.value, unit)
        if part.what == "name":
            return self.name(part)
        if part.what == "call":
            return self.call(part)
        arguments = tuple(self.of(p) for p in part.parts)
        if part.text in ("and", "or", "not"):
            arguments = tuple(self.builder.truth(a, self.formula.place(p)) for a, p in zip(arguments, part.parts, strict=True))
        return Op(part.text, arguments, where)

    def name(self, part: Part) -> Expr:
        if part.text in TABLE_WORDS:
            table: Expr = getattr(self.builder, part.text)
            return table
        if part.text in ("yes", "no"):
            return Const(1.0 if part.text == "yes" else 0.0, BOOL)
        if part.text in self.builder.units:
            return Const(1.0, base_unit(part.text))
        return Ref(part.text, self.formula.place(part))

    def call(self, part: Part) -> Expr:
        entry = CALLS.get(part.text)
        where = self.formula.place(part)
        if entry is None:
            close = nearest(part.text, CALLS)
            name = where.within(0, len(part.text)) if where and where.width >= len(part.text) else where
            self.builder.log.add(
                "D303",
                f"{part.text} is not a function",
                name,
                why=f"known ones: {', '.join(sorted(CALLS))}",
                fix=f"write {close}" if close else "use one of the known functions",
            )
            return ZERO
        low, high, usage, make = entry
        if not low <= len(part.parts) <= high:
            self.builder.log.add(
                "D232",
                f"{part.text} is written {usage}, not with {len(part.parts)} values",
                where,
                why="each value has its own meaning",
                fix=f"write {usage}",
            )
            return ZERO
        return make(self, part)

    def plain(self, part: Part) -> Expr:
        """A kernel function of the same name."""
        return Op(part.text, tuple(self.of(p) for p in part.parts), self.formula.place(part))

    def many(self, part: Part) -> Expr:
        """min and max over any number of values."""
        result = self.of(part.parts[0])
        for other in part.parts[1:]:
            result = Op(part.text, (result, self.of(other)), self.formula.place(part))
        return result

    def choice(self, part: Part) -> Expr:
        condition = self.builder.truth(self.of(part.parts[0]), self.formula.place(part.parts[0]))
        return Op("if", (condition, self.of(part.parts[1]), self.of(part.parts[2])), self.formula.place(part))

    def word(self, part: Part) -> str:
        """A bare name such as a party's, a term's or an event's."""
        if part.what == "name":
            return part.text
        self.builder.log.add(
            "D233",
            "a name is expected here, not a formula",
            self.formula.place(part),
            why="the function asks about one event, clause or party",
            fix="write its name as in the deal file, and what is to be done with the result outside",
        )
        return ""

    def months(self, part: Part) -> int:
        """A count of months written in the formula: `12` or `12 months`."""
        quantity = part.quantity
        if quantity and quantity.unit in (NUMBER, YEAR):
            months = quantity.value * (12 if quantity.unit == YEAR else 1)
            if 0 < months <= 600 and abs(months - round(months)) < 1e-6:
                return round(months)
        self.builder.log.add(
            "D234",
            "a whole number of months from 1 to 600 is expected here",
            self.formula.place(part),
            why="it decides how many rows the sheet has",
            fix="write it like lag(revenue, 3 months) or avg(revenue, 12 months)",
        )
        return 1

    def previous(self, part: Part) -> Expr:
        start = self.of(part.parts[1]) if len(part.parts) > 1 else None
        return self.builder.prev(self.of(part.parts[0]), start)

    def cumulated(self, part: Part) -> Expr:
        return self.builder.cum(Pending("flow", args=(self.of(part.parts[0]),)))

    def lagged(self, part: Part) -> Expr:
        return self.builder.lag(self.of(part.parts[0]), self.months(part.parts[1]))

    def averaged(self, part: Part) -> Expr:
        return self.builder.average(self.of(part.parts[0]), self.months(part.parts[1]))

    def monthly(self, part: Part) -> Expr:
        return Pending("flow", args=(self.of(part.parts[0]),), where=self.formula.place(part))

    def of_event(self, part: Part) -> Expr:
        event = self.word(part.parts[0])
        where = self.formula.place(part.parts[0])
        return Pending("event", (event, part.text), where=where)

    def moved(self, part: Part) -> Expr:
        names = tuple(self.word(p) for p in part.parts)
        return Pending(part.text, names, where=self.formula.place(part))


_Maker = Callable[[_Translation, "Part"], Expr]
CALLS: dict[str, tuple[int, int, str, _Maker]] = {
    "abs": (1, 1, "abs(x)", _Translation.plain),
    "exp": (1, 1, "exp(x)", _Translation.plain),
    "log": (1, 1, "log(x)", _Translation.plain),
    "sqrt": (1, 1, "sqrt(x)", _Translation.plain),
    "floor": (1, 1, "floor(x)", _Translation.plain),
    "min": (2, 20, "min(a, b)", _Translation.many),
    "max": (2, 20, "max(a, b)", _Translation.many),
    "if": (3, 3, "if(condition, then, otherwise)", _Translation.choice),
    "prev": (1, 2, "prev(x) or prev(x, first)", _Translation.previous),
    "cum": (1, 1, "cum(x)", _Translation.cumulated),
    "lag": (2, 2, "lag(x, 3 months)", _Translation.lagged),
    "avg": (2, 2, "avg(x, 12 months)", _Translation.averaged),
    "monthly": (1, 1, "monthly(x)", _Translation.monthly),
    "on": (1, 1, "on(event)", _Translation.of_event),
    "after": (1, 1, "after(event)", _Translation.of_event),
    "since": (1, 1, "since(event)", _Translation.of_event),
    "paid": (1, 1, "paid(term)", _Translation.moved),
    "received": (2, 2, "received(term, party)", _Translation.moved),
    "cash": (1, 1, "cash(party)", _Translation.moved),
}
"""Every function of the formula language: fewest and most values, how it is written, and what makes it."""
