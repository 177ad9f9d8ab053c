"""The sections of a deal file become a Deal, or problems: all of them at once, each with its place."""

from __future__ import annotations

import datetime
from collections.abc import Mapping as MappingType
from typing import Any, TypeVar

from prenup.base.fields import specs
from prenup.base.problems import Log, Origin, nearest
from prenup.base.wording import shortened
from prenup.deal.bind_cap_tables import read_cap_tables
from prenup.deal.bind_days import read_as_of, read_clock
from prenup.deal.bind_head import read_head
from prenup.deal.bind_kinds import kind_of
from prenup.deal.bind_provenance import word_of
from prenup.deal.bind_records import Records
from prenup.deal.bind_values import Values
from prenup.deal.model import Correlations, Deal, Party, RowEntry, Source, Variant
from prenup.deal.patches import patched
from prenup.deal.slot import Slot
from prenup.deal.tree import Mapping, Node, Scalar, Sequence, at
from prenup.sheet.sheet import WORLD
from prenup.sheet.translate import TABLE_WORDS

SECTIONS = (
    "deal", "currency", "as_of", "clock", "sources", "parties", "numbers", "drivers", "correlations", "events", "rows", "terms",
    "cap_tables", "variants", "negotiation", "sourcing", "outcomes",
)  # fmt: skip
LATER = {
    "negotiation": "bargaining over terms",
    "sourcing": "choosing between suppliers",
}
"""Sections that are read and kept, and that no question uses yet."""

MOST_ENTRIES = 300
"""Entries in a section."""

NAMED = ("numbers", "drivers", "events", "rows", "terms")
"""The sections whose entries formulas can name."""


def from_tree(tree: Node, name: str, log: Log, *, variants: bool = True) -> Deal | None:
    """The deal that a tree holds; None, with every fault in the log, where it has some.

    Args:
        tree: as read from YAML, made from Python, or patched by a variant.
        name: what to call it where the file gives no title: the file's name.
        variants: whether the paths of its variants are looked at; those of a changed deal may lead nowhere any more.
    """
    if not isinstance(tree, Mapping):
        log.add(
            "D204",
            "a deal file is made of sections",
            tree.where,
            why="each section has its own meaning",
            fix="begin with deal:, currency:, clock: and parties:",
        )
        return None
    return _Sections(tree, name, log, variants).deal()


_Found = TypeVar("_Found")


class _Sections:
    """One tree on its way to a deal."""

    def __init__(self, tree: Mapping, name: str, log: Log, variants: bool) -> None:
        self.tree = tree
        self.name = name
        self.log = log
        self.check_variants = variants
        self.places: dict[str, Origin] = {}
        self.head = read_head(tree, log)
        self.as_of = read_as_of(tree, log)
        sections = [node for section in NAMED if isinstance(node := tree.get(section), Mapping)]
        names = frozenset(key.text for node in sections for key, _ in node.entries)
        self.values = Values(log, self.head.currency, frozenset(self.head.units), names)
        self.records = Records(log, self.values)

    def deal(self) -> Deal | None:
        for key, _ in self.tree.entries:
            if key.text not in SECTIONS:
                close = nearest(key.text, SECTIONS)
                self.log.add(
                    "D215",
                    f"no section is called {shortened(key.text)}",
                    key.where,
                    why=f"sections are {', '.join(SECTIONS)}",
                    fix=f"write {close}" if close else "take it out",
                )
        calendar = read_clock(self.tree, self.log)
        sources = self._sources()
        self.values.sources = sources
        parties_node = self._section("parties", required=True)
        self.records.parties = tuple(key.text for key, _ in parties_node) or None
        parties = {
            k.text: self.records.record(Party, v, f"parties.{k.text}", key=k) for k, v in parties_node if self._party_name(k)
        }
        numbers = {k.text: self.values.value(v, Slot("any", f"numbers.{k.text}")) for k, v in self._named("numbers")}
        drivers = self._kinds("drivers", "prenup.drivers")
        events = self._kinds("events", "prenup.drivers.events")
        rows = {k.text: self._row(k, v, f"rows.{k.text}") for k, v in self._named("rows")}
        terms = self._kinds("terms", "prenup.terms")
        self._check_names(terms)
        cap_tables = read_cap_tables(self._section("cap_tables"), self.records, terms, self.places)
        correlations = self._correlations(drivers)
        variants = {k.text: self._variant(v, k) for k, v in self._section("variants")}
        outcomes = {k.text: self._variant(v, k) for k, v in self._section("outcomes") if _changes(v)}
        later = {section: node for section in (*LATER, "outcomes") if (node := self.tree.get(section)) is not None}
        for section in [name for name in later if name in LATER]:
            name = self.tree.key(section)
            self.log.add(
                "W101",
                f"{section} is read and kept, but {LATER[section]} is not built yet",
                name.where if name else None,
                why="no answer uses it",
                fix="leave it, or take it out",
                severity="warning",
            )
        if self.log.n_errors or calendar is None:
            return None
        return Deal(
            name=self.name, title=self.head.title or self.name, summary=self.head.summary, units=self.head.units,
            not_modelled=self.head.not_modelled, currency=self.head.currency, as_of=self.as_of, calendar=calendar,
            sources=sources, parties=parties, numbers=_known(numbers), drivers=drivers,
            correlations=correlations, events=events, rows=_known(rows), terms=terms,
            cap_tables=cap_tables, variants=_known(variants),
            outcomes=_known(outcomes), later=later,
            tree=self.tree, places=self.places, warnings=self.log.warnings,
        )  # fmt: skip

    # ── sections of named entries ───────────────────────────────────────────────────────────────────────────────

    def _section(self, section: str, *, required: bool = False) -> tuple[tuple[Scalar, Node], ...]:
        node = self.tree.get(section)
        if isinstance(node, Mapping) and (node.entries or not required):
            if len(node) > MOST_ENTRIES:
                self.log.add(
                    "D223",
                    f"{section} has {len(node):,} entries; {MOST_ENTRIES:,} are allowed",
                    node.where,
                    why="nobody can check more by hand",
                    fix="keep those that matter",
                )
                return ()
            for key, _ in node.entries:
                self.places[f"{section}.{key.text}"] = key.where
            return node.entries
        if required or (node is not None and not (isinstance(node, Scalar) and node.empty)):
            no_names = f"{section} is not made of names with entries"
            self.log.add(
                "D218",
                f"the file has no {section}: section" if node is None else no_names,
                node.where if node is not None else self.tree.where,
                why="every entry is called by its name",
                fix=f"write {section}: and below it, indented, name: and its fields",
            )
        return ()

    def _named(self, section: str) -> list[tuple[Scalar, Node]]:
        """Entries whose names formulas can use; a name stands for one thing in the whole deal."""
        result: list[tuple[Scalar, Node]] = []
        for key, node in self._section(section):
            if not self.records.name(key):
                continue
            if key.text in TABLE_WORDS or key.text in SECTIONS:
                means = "already stands for the calendar" if key.text in TABLE_WORDS else "is a section of the deal file"
                self.log.add(
                    "D219",
                    f"{key.text} {means}",
                    key.where,
                    why="a name has to mean one thing",
                    fix=f"call it {key.text}_of_deal or the like",
                )
                continue
            if key.text in self.head.units:
                self.log.add(
                    "D219",
                    f"{key.text} already stands for a unit of the deal",
                    key.where,
                    why="a name has to mean one thing",
                    fix=f"call it {key.text}_used or the like",
                )
                continue
            first = self.places.get(f"name {key.text}")
            if first is not None:
                self.log.add(
                    "D302",
                    f"{key.text} is the name of two things",
                    key.where,
                    why="formulas could mean either",
                    fix="call one of them something else",
                    related=(("first at", first),),
                )
                continue
            self.places[f"name {key.text}"] = key.where
            result.append((key, node))
        return result

    def _party_name(self, key: Scalar) -> bool:
        if key.text == WORLD:
            self.log.add("D219", "world stands for everyone else already", key.where, why="every deal has it", fix="take it out")
            return False
        return self.records.name(key)

    def _kinds(self, section: str, package: str) -> dict[str, Any]:
        """Entries that say their kind, each read as the class of that kind declares it."""
        result: dict[str, Any] = {}
        for key, node in self._named(section):
            cls = kind_of(key, node, package, section[:-1], self.log)
            if cls is not None:
                result[key.text] = self.records.record(cls, node, f"{section}.{key.text}", ("kind",), key)
        return result

    def _check_names(self, terms: dict[str, Any]) -> None:
        """What a clause says of other clauses, such as which of them a termination ends, names clauses of the deal."""
        for name, term in terms.items():
            for _, word, spec in specs(type(term)) if term is not None else ():
                node = at(self.tree, ("terms", name, word)) if spec.what in ("names", "clause") else None
                items = node.items if isinstance(node, Sequence) else (node,) if isinstance(node, Scalar) else ()
                for item in items:
                    for part in item.text.split(",") if isinstance(item, Scalar) else ():
                        if part.strip() not in terms:
                            close = nearest(part.strip(), terms)
                            self.log.add(
                                "D301",
                                f"no clause is called {shortened(part.strip())}",
                                item.where,
                                why=f"{word} of {name} names clauses of the deal",
                                fix=f"write {close}" if close else "write the name of a clause under terms:",
                            )

    def _row(self, key: Scalar, node: Node, path: str) -> RowEntry | None:
        if isinstance(node, Mapping) and node.get("then") is None and node.get("range") is None:
            result: RowEntry | None = self.records.record(RowEntry, node, path, key=key)
            if result is not None and bool(result.payer) != bool(result.payee):
                self.log.add(
                    "D304",
                    f"{path.rsplit('.', 1)[-1]} has a {'payer' if result.payer else 'payee'} but no "
                    f"{'payee' if result.payer else 'payer'}",
                    key.where,
                    why="every transfer has a payer and a payee, so that nothing is lost",
                    fix=f"add {'payee' if result.payer else 'payer'}: world, or a party of the deal",
                )
            return result
        value = self.values.value(node, Slot("any", path, "the equation of the row", optional=False))
        return RowEntry(value=value) if value is not None else None

    def _sources(self) -> dict[str, Source]:
        result: dict[str, Source] = {}
        for key, node in self._section("sources"):
            source: Source | None = self.records.record(Source, node, f"sources.{key.text}", key=key)
            if source is None or not isinstance(node, Mapping):
                continue
            result[key.text] = source
            self._check_date(key, node, source)
        return result

    def _check_date(self, key: Scalar, node: Mapping, source: Source) -> None:
        """No hindsight: a source dated after `as_of` is an error; a year or month counts from its first day."""
        dated = node.get("date")
        parts = source.date.split("-")
        try:
            numbers = [int(p) for p in parts] if source.date and all(p.isascii() and p.isdigit() for p in parts) else []
            day = datetime.date(*[*numbers, 1, 1][:3]) if 1 <= len(numbers) <= 3 else None
        except (ValueError, OverflowError):
            day = None
        if day is None:
            self.log.add(
                "D405",
                f"source {shortened(key.text)} has no date that can be read",
                (dated or key).where,
                why="a deal promises not to use what was known only later",
                fix="write date: 2024-10-19, 2024-10 or 2024",
            )
        elif self.as_of is not None and day > self.as_of:
            as_of = self.tree.get("as_of")
            self.log.add(
                "D406",
                f"source {shortened(key.text)} is dated {source.date}, after the deal's as_of {self.as_of}",
                (dated or key).where,
                related=(("as_of stands at", as_of.where),) if as_of is not None else (),
                why="as_of promises that nothing known only later is used",
                fix="use a source of the time, or mark the number assumed with its reason",
            )

    def _correlations(self, drivers: dict[str, Any]) -> Correlations | None:
        node = self.tree.get("correlations")
        if node is None:
            return None
        found: Correlations | None = self.records.record(Correlations, node, "correlations")
        if found is None:
            return None
        from prenup.drivers._correlation import check_matrix

        between = at(node, ("between",))
        for number, name in enumerate(found.between):
            if name not in drivers:
                close = nearest(name, drivers)
                place = at(node, ("between", str(number))) or between or node
                self.log.add(
                    "D301",
                    f"no driver is called {shortened(name)}",
                    place.where,
                    why="correlations are between drivers",
                    fix=f"write {close}" if close else f"write one of {', '.join(drivers) or 'the drivers'}",
                )
        matrix = at(node, ("matrix",)) or node
        for sentence in check_matrix(found.between, found.matrix):
            self.log.add(
                "D221",
                sentence,
                matrix.where,
                why="no set of quantities can move together in this way",
                fix="give ones on the diagonal, and on both sides of it the same numbers from -1 to 1, smaller if need be",
            )
        return found

    def _variant(self, node: Node, key: Scalar) -> Variant | None:
        """A set of changes: one that could be made, under variants:, or one that was, under outcomes:."""
        change = node.get("change") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or not isinstance(change, Mapping):
            self.log.add(
                "D218",
                f"variant {shortened(key.text)} does not say its changes",
                key.where,
                why="a variant is a set of changes",
                fix="write change: {terms.rev_share.rate: 10%}",
            )
            return None
        for word, _ in node.entries:
            if word.text not in ("title", "note", "change"):
                self.log.add(
                    "D202",
                    f"a variant has no field {shortened(word.text)}",
                    word.where,
                    why="it has title, note, change",
                    fix="move it under change:, or take it out",
                )
        words = {w: word_of(node, w, self.log) for w in ("title", "note")}
        if self.check_variants:
            patched(self.tree, change, self.log)
        return Variant(title=words["title"], note=words["note"], change={k.text: v for k, v in change.entries}, where=key.where)


def _known(found: MappingType[str, _Found | None]) -> dict[str, _Found]:
    """What could be read."""
    return {name: entry for name, entry in found.items() if entry is not None}


def _changes(node: Node) -> bool:
    """Whether an outcome says what it changes in the deal, besides what happened."""
    return isinstance(node, Mapping) and node.get("change") is not None
