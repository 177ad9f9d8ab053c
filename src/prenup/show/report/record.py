"""What the deal says and rests on: clauses in words, numbers with their sources, and what is left out."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from prenup.base.fields import AbstractEntry
from prenup.base.quantity import Number
from prenup.deal.inventory import numbers
from prenup.deal.model import Deal, Source
from prenup.show.report.figures import day, figure, spread, typeset
from prenup.show.report.sentences import Said, not_modelled, say
from prenup.show.report.words import Piece, Speaker, Words, listed, plain

SECTIONS = {
    "parties": "Parties",
    "numbers": "Numbers that formulas use",
    "drivers": "What the world does",
    "events": "What may happen",
    "rows": "Other equations",
    "terms": "Terms",
    "cap_tables": "Cap tables",
}


@dataclass(frozen=True, slots=True)
class SourceShown:
    """A source. `url` is empty where the file gives no web address; `uses` counts the numbers that rest on it."""

    anchor: str
    number: int
    title: str
    publication: str
    date: str
    kind: str
    note: str
    url: str
    uses: int = 0


@dataclass(frozen=True, slots=True)
class NumberShown:
    """One number with its range, its status and where it comes from."""

    anchor: str
    label: str
    value: str
    range: str
    status: str
    confirmed: bool
    source: SourceShown | None
    note: str


@dataclass(frozen=True, slots=True)
class NumberGroup:
    """The numbers of one entry of the deal; `section` is given where a new section begins."""

    section: str
    title: str
    note: str
    numbers: tuple[NumberShown, ...]


@dataclass(frozen=True, slots=True)
class EntryShown:
    """A clause, a driver or an event in words, and how sure it is that it exists."""

    anchor: str
    title: str
    kind: str
    clause: str
    said: Said
    note: str
    status: str
    confirmed: bool
    source: SourceShown | None


def anchors(deal: Deal) -> dict[str, str]:
    """The place on the page of every number, by its path."""
    return {number.path: f"number-{index}" for index, number in enumerate(numbers(deal), 1)}


def sources(deal: Deal) -> dict[str, SourceShown]:
    """The deal's sources by their id."""
    uses = Counter(number.provenance.source for number in numbers(deal))
    return {name: _source(i, name, s, uses[name]) for i, (name, s) in enumerate(deal.sources.items(), 1)}


def _source(number: int, name: str, source: Source, uses: int) -> SourceShown:
    return SourceShown(
        f"source-{number}",
        number,
        source.title or name,
        source.publication,
        dated(source.date),
        source.kind,
        typeset(source.note),
        safe_link(source.url),
        uses,
    )


def safe_link(url: str) -> str:
    """The address where it is one of the web; empty for anything else, which a page should not follow."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme.lower() in ("http", "https") and parts.netloc else ""


def dated(text: str) -> str:
    """`2024-10-19`, `2024-10` and `2024` in words; anything else as it is."""
    for form, length in (("%Y-%m-%d", 10), ("%Y-%m", 7)):
        if len(text) == length:
            try:
                found = datetime.datetime.strptime(text, form)
            except ValueError:
                return text
            return day(found.date()) if length == 10 else f"{found:%B %Y}"
    return text


def number_groups(deal: Deal, places: Mapping[str, str], known: Mapping[str, SourceShown]) -> list[NumberGroup]:
    """Every number that the file states, by the entry in which it stands."""
    groups: dict[tuple[str, str], list[Number]] = {}
    for number in numbers(deal):
        section, _, rest = number.path.partition(".")
        groups.setdefault((section, "" if section == "numbers" else rest.partition(".")[0]), []).append(number)
    speaker = Speaker(deal, places)
    found, before = [], ""
    for (section, entry), members in groups.items():
        title = deal.party_title(entry) if section == "parties" else deal.title_of(entry) if entry else ""
        note = deal.parties[entry].note if section == "parties" and entry in deal.parties else ""
        shown = tuple(_number(speaker, n, places[n.path], known) for n in members)
        found.append(NumberGroup(SECTIONS.get(section, section) if section != before else "", title, typeset(note), shown))
        before = section
    return found


def _number(speaker: Speaker, number: Number, anchor: str, known: Mapping[str, SourceShown]) -> NumberShown:
    parts = number.path.split(".")
    words = [
        f"no. {int(p) + 1}" if p.isdecimal() else speaker.label(p)
        for p in (parts[1:] if parts[0] == "numbers" else parts[2:])
        if parts[0] != "cap_tables" or p not in ("classes", "actions")
    ]
    origin = number.provenance
    return NumberShown(
        anchor,
        " ".join(words) or number.path,
        figure(number),
        spread(number),
        origin.status or "unmarked",
        origin.confirmed,
        known.get(origin.source),
        typeset(origin.note),
    )


def entries(deal: Deal, speaker: Speaker, section: str, known: Mapping[str, SourceShown]) -> list[EntryShown]:
    """The terms, drivers or events of a deal in words."""
    found: Mapping[str, AbstractEntry] = {"term": deal.terms, "driver": deal.drivers, "event": deal.events}[section]
    return [_entry(deal, f"{section}-{n}", n, e, e.kind.replace("_", " "), say(speaker, e), known) for n, e in found.items()]


def other_rows(deal: Deal, speaker: Speaker, known: Mapping[str, SourceShown]) -> list[EntryShown]:
    """Equations of the deal's own, those that move money first."""
    found = []
    for name, row in sorted(deal.rows.items(), key=lambda pair: not pair[1].payer):
        lead = f"From {deal.party_title(row.payer)} to {deal.party_title(row.payee)}: " if row.payer else "Worked out as "
        said: Words = (*plain(lead), *speaker.value(row.value), Piece("."))
        found.append(_entry(deal, f"row-{name}", name, row, "payment" if row.payer else "", Said((said,)), known))
    return found


def _entry(
    deal: Deal,
    anchor: str,
    name: str,
    entry: AbstractEntry,
    kind: str,
    said: Said,
    known: Mapping[str, SourceShown],
) -> EntryShown:
    return EntryShown(
        anchor,
        deal.title_of(name),
        kind,
        getattr(entry, "clause", ""),
        said,
        typeset(entry.note),
        entry.status,
        entry.status == "confirmed",
        known.get(entry.source),
    )


def correlations(deal: Deal, speaker: Speaker) -> list[Words]:
    """Which drivers move together, pair by pair."""
    if deal.correlations is None:
        return []
    names, matrix = deal.correlations.between, deal.correlations.matrix
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names)) if matrix[a][b]]
    return [
        (
            *listed([(speaker.called(names[a]),), (speaker.called(names[b]),)]),
            Piece(typeset(f": {matrix[a][b]:g}")),
        )
        for a, b in pairs
    ]


def limits(deal: Deal) -> list[tuple[str, str]]:
    """What each kind that the deal uses leaves out, by the kind."""
    used = {type(e) for section in (deal.terms, deal.drivers, deal.events) for e in section.values()}
    found = [(cls.kind.replace("_", " "), not_modelled(cls)) for cls in used]
    return sorted((kind, typeset(text)) for kind, text in found if text)
