"""A deal as it was written, read and checked: parties, numbers, drivers, events, rows and terms, with their sources."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from prenup.base.calendar import Calendar
from prenup.base.fields import AbstractEntry, names, party, text
from prenup.base.fields import matrix as rows_of_numbers
from prenup.base.fields import value as quantity
from prenup.base.problems import Origin, Problem
from prenup.deal.tree import Node
from prenup.drivers._driver import AbstractDriver
from prenup.drivers.events._event import AbstractEvent
from prenup.ownership.cap_table import CapTable
from prenup.sheet.formula import Value
from prenup.terms._term import AbstractTerm


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where something was said. `date` may be a year, a month or a day; it may not lie after the deal's `as_of`."""

    title: str = text("What was published, or its headline.")
    publication: str = text("Who published it.")
    date: str = text("When: 2024-10-19, 2024-10 or 2024.")
    url: str = text("Where it can be read.")
    kind: str = text("primary, press or aggregator (a retelling).")
    note: str = text("What a reader should know of it.")


@dataclass(frozen=True, kw_only=True)
class Party:
    """One of those who have signed, or who pay or receive under the deal."""

    title: str = text("The name people know.")
    discount: Value = quantity("discount", "The yearly rate at which this party discounts what it pays and receives.")
    cash: Value = quantity("balance", "What it has before the first month; below zero for a debt.", default="0")
    note: str = text("Who they are, and why this rate.")


@dataclass(frozen=True, kw_only=True)
class RowEntry(AbstractEntry):
    """An equation of the deal's own; with a payer and a payee it moves that amount each month."""

    value: Value = quantity("any", "The equation.")
    payer: str = party("Who pays it, if it moves money.", default="")
    payee: str = party("Who receives it.", default="")
    start: Value | None = quantity("any", "Its value before the first month.", default=None)


@dataclass(frozen=True, kw_only=True)
class Correlations(AbstractEntry):
    """How the monthly draws of some drivers move together."""

    between: tuple[str, ...] = names("The drivers, in the order of the matrix.")
    matrix: tuple[tuple[float, ...], ...] = rows_of_numbers("Their correlations: symmetric, ones on the diagonal.")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A named set of changes to the deal: what each dotted path becomes."""

    title: str = ""
    note: str = ""
    change: Mapping[str, Node] = field(default_factory=dict)
    where: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A deal without faults. Two deals that say the same are equal, wherever and however they were written."""

    name: str = field(compare=False)
    title: str
    summary: str = ""
    not_modelled: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    currency: str
    as_of: datetime.date | None
    calendar: Calendar
    sources: Mapping[str, Source]
    parties: Mapping[str, Party]
    numbers: Mapping[str, Value]
    drivers: Mapping[str, AbstractDriver]
    correlations: Correlations | None
    events: Mapping[str, AbstractEvent]
    rows: Mapping[str, RowEntry]
    terms: Mapping[str, AbstractTerm]
    cap_tables: Mapping[str, CapTable]
    variants: Mapping[str, Variant]
    outcomes: Mapping[str, Variant]
    later: Mapping[str, Node]
    tree: Node = field(compare=False, repr=False)
    places: Mapping[str, Origin] = field(compare=False, repr=False, default_factory=dict)
    warnings: tuple[Problem, ...] = field(compare=False, repr=False, default=())

    def variant(self, name: str) -> Variant | None:
        """A variant, or what happened later, by its name; None where there is none."""
        return self.variants.get(name) or self.outcomes.get(name)

    def party_title(self, name: str) -> str:
        """What people call a party."""
        if name in self.parties:
            return self.parties[name].title or name
        return "everyone else" if name == "world" else name

    def title_of(self, name: str) -> str:
        """What people call a clause, a row, a driver or an event."""
        for section in (self.terms, self.rows, self.drivers, self.events):
            if name in section:
                return section[name].title or name.replace("_", " ")
        table, _, action = name.partition(".")
        if table in self.cap_tables and action in self.cap_tables[table].actions:
            return self.cap_tables[table].actions[action].title or f"{action.replace('_', ' ')} of {self.party_title(table)}"
        if table in self.cap_tables:
            return self.cap_tables[table].title or f"what {self.party_title(table)} has issued"
        return name.replace("_", " ")
