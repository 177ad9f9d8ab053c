"""Cap tables of a deal file: each belongs to a party, and its actions name classes that it has."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from prenup.base.fields import specs
from prenup.base.problems import Log, Origin, nearest
from prenup.base.wording import shortened
from prenup.deal.bind_records import Records
from prenup.deal.tree import Mapping, Node, Scalar, Sequence, at
from prenup.ownership.cap_table import CapTable
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.terms.profit_share import ProfitShare

ROWS_OF_TABLE = ("outstanding", "diluted", "share", "tiers", "restructured", "valuation", "at_exit")
"""What a table's own rows are called, so that no class or action may be."""


def read_cap_tables(
    section: tuple[tuple[Scalar, Node], ...], records: Records, terms: MappingType[str, Any], places: dict[str, Origin]
) -> dict[str, CapTable]:
    """The tables of a section by party, with problems in the log; `places` gets the place of each action."""
    found: dict[str, CapTable] = {}
    for key, node in section:
        if records.parties is not None and key.text not in records.parties:
            close = nearest(key.text, records.parties)
            records.log.add(
                "D304",
                f"no party is called {shortened(key.text)}",
                key.where,
                why="a cap table says what a party of the deal has issued",
                fix=f"write {close}" if close else f"add {shortened(key.text)} under parties:",
            )
        table: CapTable | None = records.record(CapTable, node, f"cap_tables.{key.text}", key=key)
        if table is None:
            continue
        found[key.text] = table
        _Check(records.log, key, node, table, terms).all()
        for name in table.actions:
            place = at(node, ("actions", name))
            places[f"cap_tables.{key.text}.actions.{name}"] = place.where if place is not None else key.where
    return found


class _Check:
    """What one table says of itself has to fit together."""

    def __init__(self, log: Log, key: Scalar, node: Node, table: CapTable, terms: MappingType[str, Any]) -> None:
        self.log = log
        self.key = key
        self.node = node
        self.table = table
        self.terms = terms

    def all(self) -> None:
        before = self.log.n_errors
        self._names()
        broken = self.table.tiers in self.terms and self.terms[self.table.tiers] is None  # its own faults are said already
        if self.table.tiers and not broken and not isinstance(self.terms.get(self.table.tiers), ProfitShare):
            close = nearest(self.table.tiers, [n for n, t in self.terms.items() if isinstance(t, ProfitShare)])
            self.log.add(
                "D301",
                f"no clause of kind profit_share is called {shortened(self.table.tiers)}",
                self._place("tiers").where,
                why="its tiers divide what the company is worth",
                fix=f"write {close}" if close else "name a profit_share under terms:, or take tiers out",
            )
        for part, entries in self._parts():
            for name, entry in entries.items():
                self._classes_of((part, name), entry)
        valuation = self.table.valuation
        if valuation is not None and valuation.last_round is not None:
            self._classes_of(("valuation", "last_round"), valuation.last_round)
        if self.log.n_errors > before:
            return
        for part, entries in self._parts():
            for name, entry in entries.items():
                for word, sentence, remedy in entry.faults(self.table.classes):
                    place = self._place(part, name, word) if word else self._key(part, name)
                    self.log.add("D260", f"{name}: {sentence}", place.where, why=_reason(entry), fix=remedy)
        self._oversold()

    def _parts(self) -> tuple[tuple[str, MappingType[str, Any]], ...]:
        return ("classes", self.table.classes), ("actions", self.table.actions)

    def _oversold(self) -> None:
        """Safes and notes whose caps after the money promise the whole company, or more."""
        promised = {name: entry.promised for name, entry in self.table.classes.items() if isinstance(entry, AbstractConvertible)}
        if sum(promised.values()) >= 1:
            names = [name for name, part in promised.items() if part > 0]
            self.log.add(
                "D260",
                f"{', '.join(names)} are promised {sum(promised.values()):.0%} of the company together",
                self._key("classes", names[-1]).where,
                why="a cap after the money promises what part the money is of it, and those who were there before keep some",
                fix="check the money and the caps, or write cap_basis: pre_money",
            )

    def _names(self) -> None:
        """A name stands for one class or one action."""
        for name in self.table.actions:
            if name in self.table.classes:
                self.log.add(
                    "D302",
                    f"{name} is the name of a class and of an action",
                    self._key("actions", name).where,
                    why="rows are named after both",
                    fix="call one of them something else",
                )
        for part, names in (("classes", self.table.classes), ("actions", self.table.actions)):
            for name in names:
                if name in ROWS_OF_TABLE:
                    self.log.add(
                        "D219",
                        f"{name} is a row of every cap table",
                        self._key(part, name).where,
                        why="a name has to mean one thing",
                        fix=f"call it {name}_units or the like",
                    )
        residual = [name for name, entry in self.table.classes.items() if entry.kind == "residual"]
        for name in residual[1:]:
            self.log.add(
                "D260",
                f"{name} is a second residual class",
                self._key("classes", name).where,
                why="only one class can take what nobody else may have",
                fix="put the holders of both into one class",
            )

    def _classes_of(self, steps: tuple[str, ...], entry: Any) -> None:
        """What an entry says of classes names classes of the table."""
        name = steps[-1].replace("_", " ") if steps[0] == "valuation" else steps[-1]
        for _, word, spec in specs(type(entry)):
            if spec.what not in ("clause", "names"):
                continue
            said = at(self.node, (*steps, word))
            items = said.items if isinstance(said, Sequence) else (said,) if isinstance(said, Scalar) else ()
            for item in items:
                for text in item.text.split(",") if isinstance(item, Scalar) else ():
                    if text.strip() not in self.table.classes:
                        close = nearest(text.strip(), self.table.classes)
                        self.log.add(
                            "D301",
                            f"no class is called {shortened(text.strip())}",
                            item.where,
                            why=f"{word} of {name} names classes of the table",
                            fix=f"write {close}" if close else f"write one of {', '.join(self.table.classes)}",
                        )

    def _key(self, part: str, name: str) -> Node:
        """The name of an entry, where it stands."""
        entries = at(self.node, (part,))
        return (entries.key(name) if isinstance(entries, Mapping) else None) or self._place(part, name)

    def _place(self, *steps: str) -> Node:
        """The entry at a path of the table, or the nearest one above it that is there."""
        for end in range(len(steps), 0, -1):
            found = at(self.node, steps[:end])
            if found is not None:
                return found
        return self.key if isinstance(self.node, Mapping) else self.node


def _reason(entry: Any) -> str:
    """What a kind is, in the first sentence of its page."""
    first = (type(entry).__doc__ or "").strip().splitlines()[0].rstrip(".")
    return first[:1].lower() + first[1:]
