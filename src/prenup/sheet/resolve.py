"""Names and words that need the whole sheet become rows: numbers, events, what a term paid, a party's cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prenup.base.problems import Origin, nearest
from prenup.base.quantity import Number
from prenup.sheet.expr import ZERO, Expr, Op, Param, Pending, Prev, Ref, total
from prenup.sheet.formula import Changed, Formula, Part
from prenup.sheet.sheet import MONEY, NUMBERS, WORLD, Row
from prenup.sheet.translate import TABLE_WORDS

if TYPE_CHECKING:
    from prenup.sheet.builder import Builder

_OF_ONE_MONTH = ("abs", "exp", "log", "sqrt", "floor", "min", "max", "if", "monthly")
"""Functions that look at nothing but their values."""


def write_balances(builder: Builder) -> bool:
    """A row for every party's cash, and for every other resource that it gives or receives, the world included.

    False, with a problem in the log, where a clause has written a row of such a name.
    """
    before = builder.log.n_errors
    monthly = [transfer for transfer in builder.transfers if not transfer.at]
    for resource in dict.fromkeys([MONEY, *(t.resource for t in monthly)]):
        for party in (*builder.parties, WORLD):
            paid_in: list[Expr] = [Ref(t.row) for t in monthly if t.resource == resource and t.payee == party]
            paid_out: list[Expr] = [Ref(t.row) for t in monthly if t.resource == resource and t.payer == party]
            name = balance_name(resource, party)
            if name in builder.rows:
                builder.log.add(
                    "D302",
                    f"{name} is what a clause writes and what the party {party} has",
                    builder.rows[name].where,
                    why="a name stands for one row",
                    fix="call the clause or the party something else",
                )
            opening = builder.parties[party].cash_row if resource == MONEY and party in builder.parties else ""
            note = f"{resource} of {party} at the month's end"
            builder.rows[name] = Row(
                name,
                _changed(Prev(name), paid_in, paid_out),
                note,
                start=Ref(opening) if opening else ZERO,
                unit=builder.money if resource == MONEY else None,
            )
    return builder.log.n_errors == before


def _changed(before: Expr, paid_in: list[Expr], paid_out: list[Expr]) -> Expr:
    """A balance after what came in and went out."""
    if not paid_in:
        return before - total(paid_out) if paid_out else before
    return before + (total(paid_in) - total(paid_out) if paid_out else total(paid_in))


def balance_name(resource: str, party: str) -> str:
    """The row that holds what a party has of a resource."""
    return f"cash.{party}" if resource == MONEY else f"balance.{resource}.{party}"


def write_numbers(builder: Builder) -> set[str]:
    """A row for every number that is a formula or changes on the way; those that are settled beforehand are returned.

    A number that is only a number needs no row: it is a parameter, or an unknown with a row of its own.
    """
    settled = {name for name, value in builder.numbers.items() if isinstance(value, Number)}
    waiting = {name: value for name, value in builder.numbers.items() if isinstance(value, Formula)}
    while found := [n for n, f in waiting.items() if _stands_on(f, settled, builder)]:
        settled.update(found)
        for name in found:
            del waiting[name]
    for name, value in builder.numbers.items():
        if isinstance(value, Number):
            continue
        first = value.first if isinstance(value, Changed) else value
        with builder.clause(f"{NUMBERS}{name}", first.where):
            (builder.once if name in settled else builder.row)("", builder.value(value), "number of the deal")
    return settled


def _stands_on(formula: Formula, settled: set[str], builder: Builder) -> bool:
    """Whether a formula needs nothing but numbers that are settled before the first month."""
    stack: list[Part] = [formula.root]
    while stack:
        part = stack.pop()
        if part.what == "name" and (part.text in TABLE_WORDS or part.text in builder.rows):
            return False
        if part.what == "name" and part.text not in settled and part.text not in builder.units | {"yes", "no"}:
            return False
        if part.what == "call" and part.text not in _OF_ONE_MONTH:
            return False
        stack.extend(part.parts)
    return True


def resolve_rows(builder: Builder, settled: set[str]) -> None:
    """Replace every name and word in every row; rows that this makes are resolved in turn.

    `settled` are the numbers that are worked out once: the month before they were the same.
    """
    done: set[str] = set()
    while waiting := [name for name in builder.rows if name not in done]:
        for name in waiting:
            row = builder.rows[name]
            resolver = _Resolver(builder, row, settled)
            builder.rows[name] = Row(
                row.name, resolver.of(row.expr), row.note, row.stage, resolver.of(row.start), row.unit, row.clause, row.where
            )
            done.add(name)


def _at_name(where: Origin | None, name: str) -> Origin | None:
    """Where a name stands within the call that it is given to: `brightlabs` in `cash(brightlabs)`."""
    if where is None or where.width <= len(name):
        return where
    start = where.column - 1
    text = where.text.line(where.line)[start : start + where.width]
    offset = text.rfind(name)
    return where.within(offset, len(name)) if offset >= 0 else where


class _Resolver:
    """The names of one row."""

    def __init__(self, builder: Builder, row: Row, settled: set[str]) -> None:
        self.builder = builder
        self.row = row
        self.settled = settled

    def of(self, node: Expr) -> Expr:
        if isinstance(node, Ref | Prev):
            return self.name(node)
        if isinstance(node, Op):
            return Op(node.fn, tuple(self.of(a) for a in node.args), node.where)
        if isinstance(node, Pending):
            arguments = tuple(self.of(a) for a in node.args)
            if node.what in ("flow", "truth", "rate"):
                return Pending(node.what, node.names, arguments, node.where)
            if node.what == "event":
                return self.event(node)
            if node.what == "cash":
                return self.cash(node)
            return self.moved(node)
        return node

    def name(self, node: Ref | Prev) -> Expr:
        row = self.builder.rows.get(node.name)
        if row is not None:  # what is worked out once was the same in the month before
            return Ref(node.name, node.where) if isinstance(node, Prev) and row.stage == "once" else node
        value = self.builder.numbers.get(node.name)
        if isinstance(value, Number):
            return self.builder.value(value)
        if value is not None:
            name = f"{NUMBERS}{node.name}"
            return Prev(name, node.where) if isinstance(node, Prev) and node.name not in self.settled else Ref(name, node.where)
        if node.name in self.builder.parameters:
            return Param(node.name, self.builder.parameters[node.name][1])
        known = [*self.builder.rows, *self.builder.numbers]
        self.unknown(node.name, node.where, known, "number, driver, row or event", "numbers:, drivers:, rows: or events:")
        return ZERO

    def unknown(self, name: str, where: Origin | None, known: list[str], noun: str, sections: str) -> None:
        """A problem: a name that nothing in the deal has."""
        if not name:  # said already: a formula stands where a name should
            return
        if name in self.builder.parties and noun != "party":
            self.builder.log.add(
                "D301",
                f"{name} is a party, not a {noun}",
                where or self.row.where,
                why="a party is no number that a formula could use",
                fix=f"write cash({name}) for the money that it has",
            )
            return
        close = nearest(name, known)
        add = f"add {name} under {sections}"
        self.builder.log.add(
            "D301",
            f"no {noun} is called {name}",
            _at_name(where, name) or self.row.where,
            why="a formula can only use what the deal names",
            fix=f"write {close}, or {add}" if close else add,
        )

    def event(self, node: Pending) -> Expr:
        name, word = node.names
        if name not in self.builder.events:
            self.unknown(name, node.where, list(self.builder.events), "event", "events:")
            return ZERO
        return Ref({"on": f"{name}.now", "after": name, "since": f"{name}.since"}[word], node.where)

    def cash(self, node: Pending) -> Expr:
        party = node.names[0]
        if party not in self.builder.parties and party != WORLD:
            self.unknown(party, node.where, list(self.builder.parties), "party", "parties:")
            return ZERO
        return Ref(balance_name(MONEY, party), node.where)

    def moved(self, node: Pending) -> Expr:
        """What a clause moved this month: in all, or net to one party."""
        clause = node.names[0]
        transfers = [t for t in self.builder.transfers if t.clause == clause and t.resource == MONEY and not t.at]
        if not transfers:
            known = list(dict.fromkeys(t.clause for t in self.builder.transfers if t.resource == MONEY and not t.at))
            self.unknown(clause, node.where, known, "clause that pays money", "terms:")
            return ZERO
        if node.what == "paid":
            return total([Ref(t.row, node.where) for t in transfers])
        party = node.names[1]
        if party not in self.builder.parties and party != WORLD:
            self.unknown(party, node.where, list(self.builder.parties), "party", "parties:")
            return ZERO
        paid_in: list[Expr] = [Ref(t.row, node.where) for t in transfers if t.payee == party]
        paid_out: list[Expr] = [Ref(t.row, node.where) for t in transfers if t.payer == party]
        return total(paid_in) - total(paid_out) if paid_out else total(paid_in)
