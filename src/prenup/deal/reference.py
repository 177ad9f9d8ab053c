"""The reference page of every kind of term, driver and event, made from its class: what it does, and every field."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from prenup.base.fields import REQUIRED, AbstractEntry, Spec, specs
from prenup.base.kinds import kinds
from prenup.base.quantity import expected
from prenup.base.wording import join
from prenup.deal.bind_kinds import singular
from prenup.ownership.cap_table import ACTIONS, CLASSES

SECTIONS: Mapping[str, str] = {
    "terms": "prenup.terms",
    "drivers": "prenup.drivers",
    "events": "prenup.drivers.events",
    "classes": CLASSES,
    "actions": ACTIONS,
}
"""Where the kinds of each section of a deal file, or of a cap table in it, are found."""

GROUPS: Mapping[str, str] = {singular(section): package for section, package in SECTIONS.items()}
"""What a kind may be, and where such kinds are found."""

_HEADING = re.compile(r"(Money flow|Path|Equations|Example|Not modelled|Source):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field as a reader sees it. `default` is what holds if it is left out: empty where it must be given."""

    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class KindPage:
    """One kind: its word in the deal file, what it is, its docstring by section, and its fields, own ones first."""

    kind: str
    group: str
    first_line: str
    sections: Mapping[str, str]
    fields: tuple[FieldLine, ...]


@cache
def reference(kind: str) -> KindPage:
    """The page of a kind. Raises KeyError where there is none of that name."""
    for group, package in GROUPS.items():
        cls = kinds(package).get(kind)
        if cls is not None:
            first_line, sections = _described(cls)
            return KindPage(kind, group, first_line, sections, tuple(_lines(cls)))
    raise KeyError(kind)


def _described(cls: type) -> tuple[str, dict[str, str]]:
    """The first line of a docstring, and the text of each section."""
    first, *lines = inspect.cleandoc(cls.__doc__ or "").splitlines()
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in lines:
        heading = _HEADING.fullmatch(line)
        if heading:
            here = found.setdefault(heading[1], [f"    {heading[2]}"] if heading[2] else [])
        else:
            here.append(line)
    return first, {title: inspect.cleandoc("\n" + "\n".join(body)).strip("\n") for title, body in found.items()}


def _lines(cls: type, before: str = "") -> Iterator[FieldLine]:
    """The fields of a class: who pays whom, its own, those of all such clauses, those of every entry.

    The fields of an entry inside of it follow the field that holds the entry.
    """
    kin = inspect.getmro(cls)

    def rank(declared: tuple[str, str, Spec]) -> int:
        attribute, word, _ = declared
        home = max(i for i, base in enumerate(kin) if attribute in inspect.get_annotations(base))
        return -1 if word in ("payer", "payee") else len(kin) if kin[home] is AbstractEntry else min(home, 1)

    for _, word, spec in sorted(specs(cls), key=rank):
        yield FieldLine(before + word, type_of(spec), _default(spec), spec.doc)
        if spec.of is not None:
            inside = f"{before}{word}.NAME." if spec.what == "table" else f"{before}{word}."
            yield from _lines(spec.of, inside)


def type_of(spec: Spec) -> str:
    """What a field takes, in words."""
    if spec.what == "value":
        return _quantity(spec.unit)
    if spec.what == "choice":
        return join([option for option in spec.options if option]).replace(" and ", " or ")
    if spec.what == "table" and spec.of is None:
        return f"names, each with {_quantity(spec.unit)}"
    if spec.what == "dated":
        return f"days or years, each with {_quantity(spec.unit)}"
    return {
        "condition": "a date, an event or a condition",
        "party": "a party, or world",
        "clause": "the name of a clause",
        "text": "words",
        "flag": "yes or no",
        "names": "a list of clauses",
        "record": "an entry",
        "items": "a list of entries",
        "table": "names, each with an entry",
        "kinds": "names, each with an entry of some kind",
        "matrix": "rows of numbers",
    }[spec.what]


def _quantity(unit: str) -> str:
    wanted = expected(unit, "USD")
    return f"{wanted.noun}, such as {wanted.example}" if wanted.units else "a quantity or a formula"


def _default(spec: Spec) -> str:
    if spec.default is REQUIRED:
        return ""
    if spec.default is True or spec.default is False:
        return "yes" if spec.default else "no"
    return str(spec.default) if spec.default not in (None, "", ()) else "none"
