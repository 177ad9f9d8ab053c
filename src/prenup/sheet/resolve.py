"""Names and words that need the whole sheet become rows: numbers, events, what a term paid, a party's cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prenup.base.problems import Origin, nearest
from prenup.sheet.expr import ZERO, Expr, Op, Param, Pending, Prev, Ref, total
from prenup.sheet.sheet import MONEY, WORLD, Row

if TYPE_CHECKING:
    from prenup.sheet.builder import Builder


def write_balances(builder: Builder) -> None:
    """A row for every party's cash, and for every other resource that it gives or receives, the world included."""
    for resource in dict.fromkeys([MONEY, *(t.resource for t in builder.transfers)]):
        for party in (*builder.parties, WORLD):
            paid_in: list[Expr] = [Ref(t.row) for t in builder.transfers if t.resource == resource and t.payee == party]
            paid_out: list[Expr] = [Ref(t.row) for t in builder.transfers if t.resource == resource and t.payer == party]
            name = balance_name(resource, party)
            opening = builder.parties[party].cash_row if resource == MONEY and party in builder.parties else ""
            change = total(paid_in) - total(paid_out) if paid_out else total(paid_in)
            note = f"{resource} of {party} at the month's end"
            builder.rows[name] = Row(name, Prev(name) + change, note, start=Ref(opening) if opening else ZERO,
                                     unit=builder.money if resource == MONEY else None)


def balance_name(resource: str, party: str) -> str:
    """The row that holds what a party has of a resource."""
    return f"cash.{party}" if resource == MONEY else f"balance.{resource}.{party}"


def resolve_rows(builder: Builder) -> None:
    """Replace every name and word in every row; rows that this makes are resolved in turn."""
    done: set[str] = set()
    while waiting := [name for name in builder.rows if name not in done]:
        for name in waiting:
            row = builder.rows[name]
            resolver = _Resolver(builder, row)
            builder.rows[name] = Row(row.name, resolver.of(row.expr), row.note, row.stage, resolver.of(row.start),
                                     row.unit, row.clause, row.where)
            done.add(name)


class _Resolver:
    """The names of one row."""

    def __init__(self, builder: Builder, row: Row) -> None:
        self.builder = builder
        self.row = row

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
        if node.name in self.builder.rows:
            return node
        value = self.builder.numbers.get(node.name)
        if value is not None:
            return self.of(self.builder.value(value))
        if node.name in self.builder.parameters:
            return Param(node.name, self.builder.parameters[node.name][1])
        self.unknown(node.name, node.where, [*self.builder.rows, *self.builder.numbers], "row, number, driver or event")
        return ZERO

    def unknown(self, name: str, where: Origin | None, known: list[str], noun: str) -> None:
        public = [k for k in known if "~" not in k]
        close = nearest(name, public)
        self.builder.log.add("D301", f"no {noun} is called {name}", where or self.row.where,
                             why=f"{self.row.name} uses it" if self.row.name else "",
                             fix=f"write {close}, or add {name} to the deal" if close else f"add {name} to the deal")

    def event(self, node: Pending) -> Expr:
        name, word = node.names
        if name not in self.builder.events:
            self.unknown(name, node.where, list(self.builder.events), "event")
            return ZERO
        return Ref({"on": f"{name}.now", "after": name, "since": f"{name}.since"}[word])

    def cash(self, node: Pending) -> Expr:
        party = node.names[0]
        if party not in self.builder.parties:
            self.unknown(party, node.where, list(self.builder.parties), "party")
            return ZERO
        return Ref(balance_name(MONEY, party), node.where)

    def moved(self, node: Pending) -> Expr:
        """What a clause moved this month: in all, or net to one party."""
        clause = node.names[0]
        transfers = [t for t in self.builder.transfers if t.clause == clause and t.resource == MONEY]
        if not transfers:
            self.unknown(clause, node.where, list({t.clause: 0 for t in self.builder.transfers}), "term that pays money")
            return ZERO
        if node.what == "paid":
            return total([Ref(t.row, node.where) for t in transfers])
        party = node.names[1]
        if party not in self.builder.parties and party != WORLD:
            self.unknown(party, node.where, list(self.builder.parties), "party")
            return ZERO
        paid_in: list[Expr] = [Ref(t.row, node.where) for t in transfers if t.payee == party]
        paid_out: list[Expr] = [Ref(t.row, node.where) for t in transfers if t.payer == party]
        return total(paid_in) - total(paid_out) if paid_out else total(paid_in)
