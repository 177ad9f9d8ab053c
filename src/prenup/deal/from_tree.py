"""The sections of a deal file become a Deal, or problems: all of them at once, each with its place."""

from __future__ import annotations

import datetime
from typing import Any

from prenup.base.calendar import Calendar
from prenup.base.fields import AbstractEntry
from prenup.base.kinds import kinds
from prenup.base.problems import Log, Origin, nearest
from prenup.base.units import CURRENCIES
from prenup.deal.bind_records import Records
from prenup.deal.bind_values import Values
from prenup.deal.model import Correlations, Deal, Party, RowEntry, Source, Variant
from prenup.deal.tree import Mapping, Node, Scalar, Sequence

from prenup.sheet.sheet import WORLD
from prenup.sheet.translate import TABLE_WORDS

SECTIONS = (
    "deal", "currency", "as_of", "clock", "sources", "parties", "numbers", "drivers", "correlations", "events", "rows", "terms",
    "cap_tables", "variants", "negotiation", "sourcing", "outcomes",
)  # fmt: skip
LATER = {
    "cap_tables": "ownership and conversion",
    "negotiation": "bargaining over terms",
    "sourcing": "choosing between suppliers",
    "outcomes": "comparing with what happened",
}
"""Sections that are read and kept, and that no question uses yet."""

LONGEST_MONTHS = 600
"""Months in a clock."""


def from_tree(tree: Node, name: str, log: Log) -> Deal | None:
    """The deal that a tree holds; None, with every fault in the log, where it has some.

    Args:
        tree: as read from YAML, made from Python, or patched by a variant.
        name: what to call it where the file gives no title: the file's name.
    """
    if not isinstance(tree, Mapping):
        log.add("D204", "a deal file is made of sections", tree.where, why="each section has its own meaning",
                fix="begin with deal:, currency:, clock: and parties:")
        return None
    return _Sections(tree, name, log).deal()


class _Sections:
    """One tree on its way to a deal."""

    def __init__(self, tree: Mapping, name: str, log: Log) -> None:
        self.tree = tree
        self.name = name
        self.log = log
        self.places: dict[str, Origin] = {}
        head = tree.get("deal")
        self.units = self._head_names(head, "units")
        self.currency = self._currency()
        self.as_of = self._day("as_of")
        self.values = Values(log, self.currency, frozenset(self.units), self.as_of)
        self.records = Records(log, self.values)

    def deal(self) -> Deal | None:
        for key, _ in self.tree.entries:
            if key.text not in SECTIONS:
                close = nearest(key.text, SECTIONS)
                self.log.add("D215", f"no section is called {key.text[:40]}", key.where, why=f"sections are {', '.join(SECTIONS)}",
                             fix=f"write {close}:" if close else "remove it")
        calendar = self._clock()
        sources = self._sources()
        self.values.sources = sources
        parties_node = self._section("parties", required=True)
        self.records.parties = tuple(key.text for key, _ in parties_node)
        parties = {k.text: self.records.record(Party, v, f"parties.{k.text}") for k, v in parties_node if self._party_name(k)}
        numbers = {k.text: self.values.value(v, "any", f"numbers.{k.text}") for k, v in self._named("numbers")}
        drivers = self._kinds("drivers", "prenup.drivers")
        events = self._kinds("events", "prenup.drivers.events")
        rows = {k.text: self._row(v, f"rows.{k.text}") for k, v in self._named("rows")}
        terms = self._kinds("terms", "prenup.terms")
        correlations = self._correlations(drivers)
        variants = {k.text: self._variant(v, k) for k, v in self._section("variants")}
        later = {section: node for section in LATER if (node := self.tree.get(section)) is not None}
        for section in later:
            key = self.tree.key(section)
            self.log.add("W101", f"{section} is read and kept, but {LATER[section]} is not built yet", key.where if key else None,
                         why="no answer uses it", fix="nothing to do", severity="warning")
        if self.log.errors or calendar is None:
            return None
        return Deal(
            name=self.name, title=self._title(), summary=self._head_text("summary"),
            not_modelled=self._head_names(self.tree.get("deal"), "not_modelled"), units=self.units, currency=self.currency,
            as_of=self.as_of, calendar=calendar, sources=sources, parties=parties, numbers=numbers, drivers=drivers,
            correlations=correlations, events=events, rows=rows, terms=terms, variants=variants, later=later, tree=self.tree,
            places=self.places, warnings=self.log.warnings,
        )  # fmt: skip

    # ── the head of the file ────────────────────────────────────────────────────────────────────────────────────

    def _head_text(self, key: str) -> str:
        head = self.tree.get("deal")
        node = head.get(key) if isinstance(head, Mapping) else None
        return node.text if isinstance(node, Scalar) else ""

    def _head_names(self, head: Node | None, key: str) -> tuple[str, ...]:
        node = head.get(key) if isinstance(head, Mapping) else None
        if node is None:
            return ()
        if isinstance(node, Sequence) and all(isinstance(i, Scalar) for i in node.items):
            return tuple(i.text for i in node.items if isinstance(i, Scalar))
        self.log.add("D204", f"{key} is a list of words or sentences", node.where, why="each stands for itself",
                     fix=f"write {key}: [first, second]")
        return ()

    def _title(self) -> str:
        head = self.tree.get("deal")
        if isinstance(head, Scalar):
            return head.text
        return self._head_text("title") or self.name

    def _currency(self) -> str:
        head = self.tree.get("deal")
        if head is None:
            self.log.add("D203", "the file has no deal: section", self.tree.where, why="a deal has a name",
                         fix="add deal: and its name as the first line")
        elif isinstance(head, Mapping):
            for key, _ in head.entries:
                if key.text not in ("title", "summary", "units", "not_modelled"):
                    close = nearest(key.text, ("title", "summary", "units", "not_modelled"))
                    self.log.add("D202", f"deal has no field {key.text[:40]}", key.where,
                                 why="it has title, summary, units, not_modelled", fix=f"write {close}" if close else "remove it")
        elif not isinstance(head, Scalar) or head.empty:
            self.log.add("D204", "deal is a name, or title and summary", head.where, why="a deal has a name",
                         fix="write deal: and its name")
        node = self.tree.get("currency")
        text = node.text if isinstance(node, Scalar) else ""
        if text not in CURRENCIES:
            close = nearest(text.upper(), CURRENCIES)
            self.log.add("D216", f"{text[:20]!r} is not a currency that prenup knows" if node else "the file has no currency: section",
                         node.where if node else self.tree.where, why="amounts are counted in one currency",
                         fix=f"write currency: {close or 'USD'}")
            return "USD"
        return text

    def _day(self, section: str) -> datetime.date | None:
        node = self.tree.get(section)
        if node is None:
            return None
        try:
            return datetime.date.fromisoformat(node.text if isinstance(node, Scalar) else "")
        except ValueError:
            self.log.add("D213", f"{section} is not a date", node.where, why="it is the day up to which sources are used",
                         fix=f"write {section}: 2024-10-19")
            return None

    def _clock(self) -> Calendar | None:
        node = self.tree.get("clock")
        usage = "write clock: {from: 2025-01-01, months: 60}"
        if not isinstance(node, Mapping):
            self.log.add("D217", "the clock is missing" if node is None else "the clock is not written as fields",
                         node.where if node else self.tree.where, why="it says which months are looked at", fix=usage)
            return None
        for key, _ in node.entries:
            if key.text not in ("from", "months", "until"):
                self.log.add("D202", f"clock has no field {key.text[:40]}", key.where, why="it has from, months, until", fix=usage)
        start, until, months = node.get("from"), node.get("until"), node.get("months")
        first = self.records.day(start) if isinstance(start, Scalar) else None
        if isinstance(start, Scalar) and len(start.text) == 7 and first:
            first = first.replace(day=1)
        if not isinstance(start, Scalar) or (months is None) == (until is None):
            self.log.add("D217", "the clock needs from, and either months or until", node.where,
                         why="it says which months are looked at", fix=usage)
            return None
        if first is None:
            return None
        if isinstance(until, Scalar):
            last = self.records.day(until)
            count = Calendar(first, 1).index_of(last) + 1 if last else 0
            if last is None:
                return None
        else:
            count = int(months.text) if isinstance(months, Scalar) and months.text.isascii() and months.text.isdigit() and len(months.text) < 6 else 0
        if not 1 <= count <= LONGEST_MONTHS or first.year + LONGEST_MONTHS // 12 + 1 >= 9999 or first.year < 1900:
            self.log.add("D217", f"the clock has to run for 1 to {LONGEST_MONTHS} months after the year 1900", (until or months or node).where,
                         why="every row is worked out every month", fix=usage)
            return None
        return Calendar(first, count)

    # ── sections of named entries ───────────────────────────────────────────────────────────────────────────────

    def _section(self, section: str, *, required: bool = False) -> tuple[tuple[Scalar, Node], ...]:
        node = self.tree.get(section)
        if isinstance(node, Mapping) and (node.entries or not required):
            for key, _ in node.entries:
                self.places[f"{section}.{key.text}"] = key.where
            return node.entries
        if required or (node is not None and not (isinstance(node, Scalar) and node.empty)):
            self.log.add("D218", f"{section} is missing" if node is None else f"{section} is not made of names with entries",
                         node.where if node else self.tree.where, why="every entry is called by its name",
                         fix=f"write {section}: and below it, indented, name: and its fields")
        return ()

    def _named(self, section: str) -> list[tuple[Scalar, Node]]:
        """Entries whose names formulas can use; a name stands for one thing in the whole deal."""
        result: list[tuple[Scalar, Node]] = []
        for key, node in self._section(section):
            if not self.records.name(key):
                continue
            if key.text in TABLE_WORDS:
                self.log.add("D219", f"{key.text} already stands for the calendar", key.where,
                             why="formulas use it for every deal", fix=f"call it {key.text}_of_deal or the like")
                continue
            first = self.places.get(f"name {key.text}")
            if first is not None:
                self.log.add("D302", f"{key.text} is the name of two things", key.where, why="formulas could mean either",
                             fix="rename one of them", related=(("first at", first),))
                continue
            self.places[f"name {key.text}"] = key.where
            result.append((key, node))
        return result

    def _party_name(self, key: Scalar) -> bool:
        if key.text == WORLD:
            self.log.add("D219", "world stands for everyone else already", key.where, why="every deal has it", fix="remove it")
            return False
        return self.records.name(key)

    def _kinds(self, section: str, package: str) -> dict[str, Any]:
        """Entries that say their kind, each read as the class of that kind declares it."""
        known = kinds(package)
        result: dict[str, Any] = {}
        for key, node in self._named(section):
            kind = node.get("kind") if isinstance(node, Mapping) else None
            if not isinstance(kind, Scalar) or kind.text not in known:
                word = kind.text[:40] if isinstance(kind, Scalar) else ""
                close = nearest(word, known)
                message = f"{key.text} does not say its kind" if not word else f"no kind of {section[:-1]} is called {word}"
                self.log.add("D220", message, (kind or key).where, why=f"known kinds: {', '.join(known)}",
                             fix=f"write kind: {close or next(iter(known))}")
                continue
            cls: type[AbstractEntry] = known[kind.text]
            result[key.text] = self.records.record(cls, node, f"{section}.{key.text}", ("kind",))
        return result

    def _row(self, node: Node, path: str) -> RowEntry | None:
        if isinstance(node, Mapping) and node.get("then") is None and node.get("range") is None:
            result: RowEntry | None = self.records.record(RowEntry, node, path)
            if result is not None and bool(result.payer) != bool(result.payee):
                self.log.add("D304", f"{path.rsplit('.', 1)[-1]} has a {'payer' if result.payer else 'payee'} but no "
                             f"{'payee' if result.payer else 'payer'}", node.where,
                             why="every transfer has a payer and a payee, so that nothing is lost",
                             fix=f"add {'payee' if result.payer else 'payer'}: world, or a party of the deal")
            return result
        value = self.values.value(node, "any", path)
        return RowEntry(value=value) if value is not None else None

    def _sources(self) -> dict[str, Source]:
        result: dict[str, Source] = {}
        for key, node in self._section("sources"):
            source: Source | None = self.records.record(Source, node, f"sources.{key.text}")
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
            day = datetime.date(*(numbers + [1, 1])[:3]) if 1 <= len(numbers) <= 3 else None
        except (ValueError, OverflowError):
            day = None
        if day is None:
            self.log.add("D405", f"source {key.text} has no date that can be read", (dated or key).where,
                         why="a deal promises not to use what was known only later", fix="write date: 2024-10-19, 2024-10 or 2024")
        elif self.as_of is not None and day > self.as_of:
            self.log.add("D406", f"source {key.text} is dated {source.date}, after the deal's as_of {self.as_of}", (dated or key).where,
                         why="as_of promises that nothing known only later is used",
                         fix="use a source of the time, or mark the number assumed with its reason")

    def _correlations(self, drivers: dict[str, Any]) -> Correlations | None:
        node = self.tree.get("correlations")
        if node is None:
            return None
        found: Correlations | None = self.records.record(Correlations, node, "correlations")
        if found is None:
            return None
        from prenup.drivers._correlation import check_matrix

        for name in found.between:
            if name not in drivers:
                close = nearest(name, drivers)
                self.log.add("D301", f"no driver is called {name[:40]}", node.where, why="correlations are between drivers",
                             fix=f"write {close}" if close else "name drivers of the deal")
        for sentence in check_matrix(found.between, found.matrix):
            self.log.add("D221", sentence, node.where, why="no set of quantities can move together in this way",
                         fix="give a symmetric matrix with ones on the diagonal")
        return found

    def _variant(self, node: Node, key: Scalar) -> Variant | None:
        change = node.get("change") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or not isinstance(change, Mapping):
            self.log.add("D218", f"variant {key.text[:40]} has no changes", node.where, why="a variant is a set of changes",
                         fix='write change: {"terms.rev_share.rate": 10%}')
            return None
        for word, _ in node.entries:
            if word.text not in ("title", "note", "change"):
                self.log.add("D202", f"a variant has no field {word.text[:40]}", word.where, why="it has title, note, change",
                             fix="move it under change:, or remove it")
        words = {w: item.text if isinstance(item := node.get(w), Scalar) else "" for w in ("title", "note")}
        return Variant(title=words["title"], note=words["note"], change={k.text: v for k, v in change.entries}, where=key.where)


