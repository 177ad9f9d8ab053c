"""Each clause, driver and event of a deal in one or two sentences that a lawyer could check against the contract."""

from __future__ import annotations

import datetime
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prenup.base.fields import AbstractEntry, Spec, specs
from prenup.base.quantity import Number
from prenup.base.units import DATE, NUMBER
from prenup.show.report.figures import day
from prenup.show.report.phrases import BY_KIND, EVERY_EVENT, EVERY_PAYMENT, INSIDE, OPTIONS, Sentence
from prenup.show.report.words import Piece, Speaker, Words, listed, plain
from prenup.terms._term import AbstractTerm

_SLOT = re.compile(r"\{([\w.]+)(?::(\w+))?\}")
_GROUP = re.compile(r"\[([^\[\]]*)\]")
_OF_EVERY_ENTRY = ("title", "note", "source", "status", "clause")
_POINTS = ("items", "table", "dated")
_LED = ("tranches", "tiers", "points", "states", "effects")
"""Fields whose points a sentence leads to; points of others carry the field's name."""


@dataclass(frozen=True, slots=True)
class Said:
    """An entry in words: sentences, and the points that the last of them leads to."""

    sentences: tuple[Words, ...]
    points: tuple[Words, ...] = ()


def say(speaker: Speaker, entry: AbstractEntry) -> Said:
    """Everything that an entry of the deal says, in sentences; what no sentence names is listed after them."""
    known = {attribute for attribute, _, _ in specs(type(entry))}
    common = EVERY_PAYMENT if isinstance(entry, AbstractTerm) else EVERY_EVENT
    fitting = [s for s in common if _fields(s) <= known]
    templates = [*BY_KIND.get(entry.kind, ()), *fitting]
    found = [said for t in templates if (said := _sentence(speaker, entry, t))]
    if entry.kind not in BY_KIND:
        found.insert(0, plain(_first_line(type(entry))))
    named = {f for t in templates for f in _fields(t)} | set(_OF_EVERY_ENTRY)
    points: list[Words] = []
    for attribute, word, spec in specs(type(entry)):
        inline = attribute == "tiers" and spec.of is not None and spec.of.__name__ == "Tier"
        if spec.what in _POINTS and _given(spec, getattr(entry, attribute)) and not (inline and attribute in named):
            points += _points(speaker, spec, getattr(entry, attribute), word if attribute not in _LED else "")
        elif attribute not in named and (value := _field(speaker, entry, attribute)):
            points.append((Piece(f"{word.replace('_', ' ')}: "), *value))
    # A sentence that leads to points stands last.
    found.sort(key=lambda words: bool(points) and words[-1].text.endswith(":"))
    return Said(tuple(_begun(words) for words in found), tuple(points))


def _first_line(cls: type) -> str:
    return (inspect.getdoc(cls) or cls.__name__).splitlines()[0].strip()


def not_modelled(cls: type) -> str:
    """What a kind says in its docstring that it leaves out; empty where it says nothing."""
    match = re.search(r"^Not modelled:\s*(.*?)(?=^\S|\Z)", inspect.getdoc(cls) or "", re.MULTILINE | re.DOTALL)
    return " ".join(match[1].split()).replace("`", "") if match else ""


# ── templates ──────────


def _fields(template: Sentence) -> set[str]:
    """The fields that a sentence names, entries within entries by the outer one."""
    texts = (template,) if isinstance(template, str) else template
    return {match[1].partition(".")[0] for text in texts for match in _SLOT.finditer(text)}


def _sentence(speaker: Speaker, entry: Any, template: Sentence) -> Words:
    """A sentence with its slots filled; empty where it can't be said."""
    if not isinstance(template, str):
        return next((said for t in template if (said := _sentence(speaker, entry, t))), ())
    found: list[Piece] = []
    for index, text in enumerate(_GROUP.split(template)):
        part = _filled(speaker, entry, text)
        if part is None and not index % 2:
            return ()
        found += part or ()
    return tuple(found)


def _filled(speaker: Speaker, entry: Any, text: str) -> Words | None:
    """Text without brackets; None where a field in it is not given."""
    found: list[Piece] = []
    end = 0
    for slot in _SLOT.finditer(text):
        said = _field(speaker, entry, slot[1], always=slot[2] == "always", goes_on=text[slot.end() :].startswith(" "))
        if not said:
            return None
        found += plain(text[end : slot.start()])
        found += said if slot[2] != "if" else ()
        end = slot.end()
    return (*found, *plain(text[end:]))


def _begun(words: Words) -> Words:
    """A sentence that begins with an article begins with a capital; a name such as iRobot stays as it is."""
    first = words[0]
    if first.text.startswith(("the ", "a ", "an ", "everyone ")):
        return (replace(first, text=first.text[0].upper() + first.text[1:]), *words[1:])
    return words


# ── fields ──────────


def _given(spec: Spec, value: Any) -> bool:
    """Whether the file says it, rather than leaving it to its default."""
    if isinstance(value, Number):
        return value.where is not None
    return value is not None and value not in ("", (), {}) and value != spec.default


def _field(speaker: Speaker, entry: Any, name: str, *, always: bool = False, goes_on: bool = False) -> Words:
    """A field in words; empty where it is not given."""
    outer, _, inner = name.partition(".")
    value: Any = getattr(entry, outer, None)
    if inner:
        return _field(speaker, value, inner, always=always, goes_on=goes_on) if value is not None else ()
    spec = next((s for attribute, _, s in specs(type(entry)) if attribute == outer), None)
    if spec is None:  # worked out by the entry itself, such as the party that a tier counts
        return plain(speaker.deal.party_title(value)) if isinstance(value, str) else ()
    if not _given(spec, value) and not (always and value not in (None, "", (), {})):
        return ()
    if spec.what == "value":
        yearly = spec.unit in ("rate", "growth") and isinstance(value, Number) and value.unit == NUMBER
        return (*speaker.value(value, goes_on=goes_on), *plain(" a year" if yearly else ""))
    return _of_shape(speaker, spec, value, outer)


def _of_shape(speaker: Speaker, spec: Spec, value: Any, name: str) -> Words:
    if spec.what == "condition":
        return speaker.when(value)
    if spec.what == "party":
        return (Piece(speaker.deal.party_title(value)),)
    if spec.what == "names":
        return listed([(speaker.called(n),) for n in value])
    if spec.what == "choice":
        return plain(OPTIONS.get((name, value), value))
    if spec.what in ("text", "clause"):
        return (speaker.called(value),) if value in speaker.deal.terms else plain(value)
    if spec.what == "flag":
        return plain("yes" if value else "no")
    if spec.what == "record":
        return _entry(speaker, value)
    if spec.what in _POINTS:
        last = " and above that " if name == "tiers" else " and "
        return listed(_points(speaker, spec, value, ""), last)
    return plain(str(value))


def _entry(speaker: Speaker, entry: Any) -> Words:
    """An entry within an entry, by its own phrase or field by field."""
    template = INSIDE.get(type(entry).__name__)
    if template is not None:
        return _trimmed(_sentence(speaker, entry, template))
    fields = [(word, _field(speaker, entry, attribute)) for attribute, word, _ in specs(type(entry))]
    return listed([(Piece(f"{word.replace('_', ' ')} "), *said) for word, said in fields if said], ", ")


def _trimmed(words: Words) -> Words:
    """Without the comma or blank that an omitted opening leaves."""
    return (Piece(words[0].text.lstrip(" ,;")), *words[1:]) if words and not words[0].anchor else words


def _points(speaker: Speaker, spec: Spec, value: Any, heading: str) -> list[Words]:
    """A list, a table or dated values, an entry a point."""
    before = f"{heading.replace('_', ' ')}: " if heading else ""
    if spec.what == "items":
        return [(*plain(before), *_entry(speaker, item), *plain(_history(speaker, item))) for item in value]
    if spec.what == "dated":
        return [(Piece(f"{before}{day(date)}: "), *speaker.value(then)) for date, then in value]
    assert isinstance(value, Mapping)
    if spec.of is None and spec.unit == "fraction":
        return [(*speaker.value(share), Piece(f" to {speaker.deal.party_title(name)}")) for name, share in value.items()]
    said = {n: _entry(speaker, item) if spec.of is not None else speaker.value(item) for n, item in value.items()}
    return [(*plain(before), _owner(speaker, name), Piece(": "), *words) for name, words in said.items()]


def _owner(speaker: Speaker, name: str) -> Piece:
    return Piece(speaker.deal.party_title(name)) if name in speaker.deal.parties else speaker.called(name)


def _history(speaker: Speaker, item: Any) -> str:
    """A remark on what is dated before the first month and so is not paid again."""
    on = getattr(item, "on", None)
    if not isinstance(on, Number) or on.unit != DATE or on.spread is not None:
        return ""
    past = datetime.date.fromordinal(round(on.value)) < speaker.deal.calendar.first_day
    return " – before the first month, so history here" if past else ""
