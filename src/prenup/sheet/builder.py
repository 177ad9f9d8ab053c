"""The one thing that terms, drivers and events may use: it writes rows, transfers and events into a sheet.

A builder is filled clause by clause, then `finish` resolves names, checks units and cycles, and gives the sheet. Names may
be used before they are written: what they mean is settled at the end, and an unknown one is a problem with an address.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from prenup.base.calendar import Calendar
from prenup.base.problems import Log, Origin
from prenup.base.quantity import Number
from prenup.base.units import BOOL, DATE, NUMBER, YEAR, Unit, base_unit
from prenup.sheet.expr import (
    ONE,
    ZERO,
    Const,
    Expr,
    Op,
    Param,
    Pending,
    Prev,
    Ref,
    Shock,
    Table,
    least,
    where_,
)
from prenup.sheet.formula import Changed, Formula, Value
from prenup.sheet.resolve import balance_name
from prenup.sheet.sheet import MONEY, MOST_ROWS, Event, Party, Row, Sheet, Transfer
from prenup.sheet.translate import translate
from prenup.sheet.unknowns import quantile


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event does to a row while it lasts: the row is multiplied by `scale` and `shift` is added."""

    event: str
    target: str
    scale: Value | None
    shift: Value | None
    where: Origin | None = field(default=None, compare=False, repr=False)


class Builder:
    """Writes one sheet. Every method that makes a row returns the expression that reads it."""

    def __init__(self, calendar: Calendar, currency: str, log: Log) -> None:
        self.calendar = calendar
        self.currency = currency
        self.money = base_unit(currency)
        self.log = log
        self.rows: dict[str, Row] = {}
        self.transfers: list[Transfer] = []
        self.events: dict[str, Event] = {}
        self.parties: dict[str, Party] = {}
        self.numbers: dict[str, Value] = {}
        self.units: set[str] = set()
        self.parameters: dict[str, tuple[float, Unit]] = {}
        self.unknowns: dict[str, Number] = {}
        self.effects: dict[str, list[Effect]] = {}
        self.correlated: dict[str, Expr] = {}
        self.drawn: set[str] = set()
        self.terminations: dict[str, list[str]] = {}
        self.clauses: dict[str, Origin | None] = {}
        self.clause_name = ""
        self.clause_where: Origin | None = None
        self._tables: dict[str, tuple[float, ...]] = {}
        self._made: dict[tuple[str, Expr], Expr] = {}
        self._write_tables()

    # ── where we are ────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def clause(self, name: str, where: Origin | None = None) -> Iterator[None]:
        """Everything written inside belongs to the clause `name`, which stands at `where`."""
        before = self.clause_name, self.clause_where
        self.clause_name, self.clause_where = name, where
        self.clauses.setdefault(name, where)
        try:
            yield
        finally:
            self.clause_name, self.clause_where = before

    def _write_tables(self) -> None:
        months = range(self.calendar.n_months)
        ends = self.calendar.ends
        self._tables["month"] = tuple(float(m) for m in months)
        self._tables["elapsed"] = tuple((m + 1) / 12.0 for m in months)
        self._tables["date"] = tuple(float(d.toordinal()) for d in ends)
        self._tables["year"] = tuple(float(d.year) for d in ends)
        self._tables["month_of_year"] = tuple(float(d.month) for d in ends)

    @property
    def month(self) -> Expr:
        """The number of this month, from 0."""
        return Table("month", NUMBER)

    @property
    def elapsed(self) -> Expr:
        """Years from the first day of the sheet to this month's end: 1/12 in the first month."""
        return Table("elapsed", YEAR)

    @property
    def date(self) -> Expr:
        """The last day of this month."""
        return Table("date", DATE)

    @property
    def year(self) -> Expr:
        """The calendar year of this month."""
        return Table("year", NUMBER)

    @property
    def month_of_year(self) -> Expr:
        """1 for January to 12 for December."""
        return Table("month_of_year", NUMBER)

    @property
    def first_month(self) -> Expr:
        """Whether this is the first month."""
        return Op("eq", (self.month, ZERO))

    def table(self, name: str, values: tuple[float, ...], unit: Unit = NUMBER) -> Expr:
        """A column of known numbers, one a month."""
        full = self._full(name)
        self._tables[full] = values
        return Table(full, unit)

    # ── reading what the deal says ──────────────────────────────────────────────────────────────────────────────

    def value(self, value: Value) -> Expr:
        """A field of the deal as an expression: a number, a formula, or a value that changes on the way."""
        if isinstance(value, Formula):
            return translate(value, self)
        if isinstance(value, Changed):
            return self._changed(value)
        return self._number(value)

    def flow(self, value: Value) -> Expr:
        """A field as an amount of this month, whether money or money a year was written."""
        return Pending("flow", args=(self.value(value),))

    def rate(self, value: Value) -> Expr:
        """A field as a plain fraction a year, whether `12%` or `12%/yr` was written."""
        return Pending("rate", args=(self.value(value),))

    def condition(self, value: Value) -> Expr:
        """A field as yes or no: an event's name means that it has happened, a date that it has come."""
        return self.truth(self.value(value), value.where if isinstance(value, Number | Formula) else None)

    def truth(self, expression: Expr, where: Origin | None = None) -> Expr:
        """An expression as yes or no, with dates read as `this day has come`."""
        return Pending("truth", args=(expression,), where=where)

    def known(self, value: Value, noun: str) -> float:
        """A number that has to be settled when the sheet is written, such as a count of months.

        A value that is unknown or a formula is a problem in the log; the number's value, or 0, is returned then.
        """
        if isinstance(value, Number) and value.spread is None:
            return value.value
        where = value.where if isinstance(value, Number | Formula) else self.clause_where
        self.log.add(
            "D240",
            f"{noun} has to be one known number",
            where,
            why="it decides how many rows the sheet has",
            fix="write a single value such as 3 months",
        )
        return value.value if isinstance(value, Number) else 0.0

    def _changed(self, value: Changed) -> Expr:
        result = self.value(value.first)
        for condition, then in value.steps:
            result = where_(self.condition(condition), self.value(then), result)
        return self._made_once("value", result, f"{value.path or self._full('value')}.now", "value that changes on the way")

    def _number(self, number: Number) -> Expr:
        name = number.path or self._full(f"number{len(self.parameters)}")
        if number.spread is None:
            return self.parameter(name, number.value, number.unit)
        if name not in self.rows:
            self.unknowns[name] = number
            note = "unknown to us: one draw a view of the deal"
            self.rows[name] = Row(
                name, quantile(name, number, self.parameter), note, "once", ZERO, number.unit, self.clause_name, number.where
            )
        return Ref(name)

    def parameter(self, name: str, value: float, unit: Unit) -> Expr:
        """A number that can change without writing the sheet anew."""
        self.parameters[name] = (value, unit)
        return Param(name, unit)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _full(self, name: str) -> str:
        return f"{self.clause_name}.{name}" if self.clause_name and name else (name or self.clause_name)

    def own(self, name: str) -> Expr:
        """A row of this clause by its short name, which may be written later: `prev(own(x))` is how a balance is kept."""
        return Ref(self._full(name), self.clause_where)

    def row(self, name: str, expression: Expr, note: str, *, start: Expr = ZERO, unit: Unit | None = None) -> Expr:
        """A row worked out every month, named `clause.name`, or `clause` itself where `name` is empty."""
        return self._add(Row(self._full(name), expression, note, "month", start, unit, self.clause_name, self.clause_where))

    def once(self, name: str, expression: Expr, note: str, *, unit: Unit | None = None) -> Expr:
        """A row worked out once, before the first month."""
        return self._add(Row(self._full(name), expression, note, "once", ZERO, unit, self.clause_name, self.clause_where))

    def end(self, name: str, expression: Expr, note: str, *, unit: Unit | None = None) -> Expr:
        """A row worked out after the last month, on the last value of every row."""
        return self._add(Row(self._full(name), expression, note, "end", ZERO, unit, self.clause_name, self.clause_where))

    def _add(self, row: Row) -> Expr:
        if row.name in self.rows:
            self.log.add(
                "D302",
                f"{row.name} is written twice",
                row.where,
                why="a name stands for one row",
                fix="give one of the two another name",
                related=(("first at", first),) if (first := self.rows[row.name].where) is not None else (),
            )
        if row.name in self.effects:
            row = self._acted_on(row)
        self.rows[row.name] = row
        return Ref(row.name)

    def _acted_on(self, row: Row) -> Row:
        """The row under the effects of events; what it would be without them stays as `name.undisturbed`."""
        plain = f"{row.name}.undisturbed"
        self.rows[plain] = Row(
            plain, row.expr, f"{row.note}, before events act on it", row.stage, row.start, row.unit, row.clause, row.where
        )
        result: Expr = Ref(plain)
        for effect in self.effects[row.name]:
            lasting = Ref(f"{effect.event}.lasting")
            if effect.scale is not None:
                result = result * where_(lasting, self.value(effect.scale), ONE)
            if effect.shift is not None:
                result = result + where_(lasting, self.value(effect.shift), ZERO)
        return Row(row.name, result, row.note, row.stage, row.start, row.unit, row.clause, row.where)

    def pay(self, name: str, amount: Expr, payer: str, payee: str, note: str, *, resource: str = MONEY) -> Expr:
        """A transfer of `amount` a month from payer to payee; the row that holds it is returned."""
        reference = self.row(name, Pending("flow", args=(amount,)), note)
        self.transfers.append(Transfer(self._full(name), payer, payee, resource, self.clause_name, note))
        return reference

    def pay_at_end(self, name: str, amount: Expr, payer: str, payee: str, note: str, *, at: str) -> Expr:
        """A payment worked out after the last month, that fell in the month in which the row `at` was yes."""
        reference = self.end(name, amount, note, unit=self.money)
        self.transfers.append(Transfer(self._full(name), payer, payee, MONEY, self.clause_name, note, at))
        return reference

    def prev(self, expression: Expr, start: Expr | None = None) -> Expr:
        """The value in the month before; `start` (default zero) is its value before the first month."""
        if isinstance(expression, Ref) and start is None:
            return Prev(expression.name, expression.where)
        made = self._made_once("kept", expression, "", "kept for the next month", start=ZERO if start is None else start)
        assert isinstance(made, Ref)
        return Prev(made.name)

    def prev_undisturbed(self, name: str = "") -> Expr:
        """The clause's row `name` in the month before, as it was without the effects of events.

        A level that grows from its own past has to grow from this one: an effect would act again every month otherwise.
        """
        full = self._full(name)
        return Prev(f"{full}.undisturbed" if full in self.effects else full, self.clause_where)

    def cum(self, expression: Expr, start: Expr = ZERO) -> Expr:
        """The sum of all months so far, this one included, on top of `start`."""
        key = ("cum", Op("add", (expression, start)))
        if key not in self._made:
            name = self._unique("cum")
            self._made[key] = self._add(
                Row(name, Prev(name) + expression, "sum so far", "month", start, None, self.clause_name, self.clause_where)
            )
        return self._made[key]

    def lag(self, expression: Expr, months: int) -> Expr:
        """The value `months` ago; zero before that, and so always where that is longer than the clock."""
        if months >= self.calendar.n_months or len(self.rows) > MOST_ROWS:
            return ZERO
        result = expression
        for _ in range(months):
            result = self.prev(result)
        return result

    def average(self, expression: Expr, months: int) -> Expr:
        """The mean of the last `months` months, of those there are in the beginning."""
        so_far = self.cum(expression)
        count = least(self.month + 1.0, Const(float(months)))
        return (so_far - self.lag(so_far, months)) / count

    def _made_once(self, what: str, expression: Expr, name: str, note: str, start: Expr = ZERO) -> Expr:
        """The row for an expression; the same expression asked for again gives the same row."""
        key = (what, Op("add", (expression, start)))
        if key not in self._made:
            self._made[key] = self._add(
                Row(name or self._unique(what), expression, note, "month", start, None, self.clause_name, self.clause_where)
            )
        return self._made[key]

    def _unique(self, what: str) -> str:
        stem = self._full(what)
        if stem not in self.rows:
            return stem
        number = 2
        while f"{stem}{number}" in self.rows:
            number += 1
        return f"{stem}{number}"

    # ── draws and events ────────────────────────────────────────────────────────────────────────────────────────

    def uniform(self, name: str = "") -> Expr:
        """One uniform draw a path, keyed by the clause and `name`."""
        return Shock(self._full(name), "uniform")

    def uniforms(self, name: str = "") -> Expr:
        """One uniform draw a month."""
        return Shock(self._full(name), "uniforms")

    def normals(self, name: str = "") -> Expr:
        """One standard normal draw a month; a driver named in the correlation matrix gets its correlated one."""
        stream = self._full(name)
        self.drawn.add(stream)
        return self.correlated.get(stream, Shock(stream, "brownian"))

    def event(self, happens: Expr, note: str) -> Expr:
        """The clause as an event that happens once, in the first month in which `happens` is yes.

        Writes `event` (has happened), `event.now` (happens this month) and `event.since` (years since, 0 before).
        """
        name = self.clause_name
        happened = Op("or", (Prev(name), self.truth(happens)))
        self.row("", happened, f"{note}: has happened", unit=BOOL)
        self.row("now", Op("and", (Ref(name), ~Prev(name))), f"{note}: happens this month", unit=BOOL)
        since = where_(Prev(name), Prev(f"{name}.since") + Const(1 / 12, YEAR), ZERO)
        self.row("since", since, f"{note}: years since", unit=YEAR)
        self.events[name] = Event(name, note, self.clause_where)
        return Ref(name)

    def holding(self, resource: str, party: str) -> Expr:
        """What a party holds at the month's end of a resource that some clause moves, from all transfers of the sheet."""
        return Ref(balance_name(resource, party), self.clause_where)

    def terminated(self) -> Expr | None:
        """Whether another clause had ended this one before this month; None where no clause can."""
        ends: list[Expr] = [Prev(f"{name}.effective") for name in self.terminations.get(self.clause_name, [])]
        if not ends:
            return None
        return functools.reduce(lambda a, b: a | b, ends)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self) -> Sheet | None:
        """The checked sheet in order; None, with problems in the log, where it can't be made."""
        from prenup.sheet.finish import finish

        return finish(self)

    @property
    def tables(self) -> Mapping[str, tuple[float, ...]]:
        """The month tables written so far."""
        return self._tables


def whole_months(years: float) -> int:
    """A length of time in whole months, rounded."""
    return max(0, math.floor(years * 12.0 + 0.5))
