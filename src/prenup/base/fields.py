"""What a clause may say: each field of a kind with its type, its unit, its meaning and what holds if it is left out.

A kind is a frozen dataclass whose fields are made with the functions below. The same declarations give the reader of
deal files, the JSON Schema, the reference pages and the error messages, so that none of them can drift from the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar


class _Required:
    """The mark of a field that must be given."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()


@dataclass(frozen=True, slots=True)
class Spec:
    """One field as declared.

    `what` is `value` (a number or a formula), `condition`, `party`, `text`, `choice`, `flag`, `names` (a list of clauses),
    `clause` (the name of one), `record` (one entry of class `of`), `items` (a list of them), `table` (names to entries of
    class `of`, or to values where `of` is None), `kinds` (names to entries of the kinds of package `keys`), `dated`
    (dates to values), `matrix` (rows of plain numbers).
    """

    what: str
    doc: str
    unit: str = ""
    options: tuple[str, ...] = ()
    of: type | None = None
    default: Any = REQUIRED
    keys: str = ""
    most: int = 0
    """Entries that a list or a table may have; what lists have in general if 0."""


def _field(spec: Spec) -> Any:
    metadata = {"spec": spec}
    if spec.default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=spec.default, metadata=metadata)


def value(unit: str, doc: str, *, default: Any = REQUIRED) -> Any:
    """A number or a formula in `unit` (a word that `base.quantity.expected` knows). A default is written as text."""
    return _field(Spec("value", doc, unit=unit, default=default))


def condition(doc: str, *, default: Any = REQUIRED) -> Any:
    """A date, an event, a duration, or a formula that is yes or no."""
    return _field(Spec("condition", doc, default=default))


def party(doc: str, *, default: Any = REQUIRED) -> Any:
    """The name of a party of the deal, or `world`."""
    return _field(Spec("party", doc, default=default))


def text(doc: str, *, default: Any = "") -> Any:
    """Words, shown as they are."""
    return _field(Spec("text", doc, default=default))


def choice(options: tuple[str, ...], doc: str, *, default: Any = REQUIRED) -> Any:
    """One of a few words."""
    return _field(Spec("choice", doc, options=options, default=default))


def flag(doc: str, *, default: bool) -> Any:
    """yes or no."""
    return _field(Spec("flag", doc, default=default))


def names(doc: str, *, default: Any = ()) -> Any:
    """A list of names of the deal."""
    return _field(Spec("names", doc, default=default))


def clause(doc: str, *, default: Any = "") -> Any:
    """The name of another clause of the deal."""
    return _field(Spec("clause", doc, default=default))


def record(of: type, doc: str, *, default: Any = REQUIRED) -> Any:
    """One entry with fields of its own."""
    return _field(Spec("record", doc, of=of, default=default))


def items(of: type, doc: str, *, default: Any = REQUIRED) -> Any:
    """A list of entries, each of class `of`."""
    return _field(Spec("items", doc, of=of, default=default))


def table(doc: str, *, of: type | None = None, unit: str = "any", keys: str = "", most: int = 0, default: Any = REQUIRED) -> Any:
    """Names to entries of class `of`, or to values in `unit` where no class is given; `keys` is `party` where names are.

    `keys` is `name` where names have to be such that formulas can use them.
    """
    return _field(Spec("table", doc, of=of, unit=unit, default=default, keys=keys, most=most))


def kinds_of(package: str, doc: str, *, default: Any = REQUIRED) -> Any:
    """Names to entries that say their kind, each one of the kinds of a package."""
    return _field(Spec("kinds", doc, default=default, keys=package))


def dated(doc: str, *, unit: str = "any", default: Any = REQUIRED) -> Any:
    """Days (or years, meaning their last day) to values."""
    return _field(Spec("dated", doc, unit=unit, default=default))


def matrix(doc: str, *, default: Any = REQUIRED) -> Any:
    """Rows of plain numbers."""
    return _field(Spec("matrix", doc, default=default))


def specs(cls: type) -> Iterator[tuple[str, str, Spec]]:
    """The attribute, the word in the deal file, and the declaration of every field, in the order of the class."""
    for item in dataclasses.fields(cls):
        if "spec" in item.metadata:
            yield item.name, item.name.rstrip("_"), item.metadata["spec"]


@dataclass(frozen=True, kw_only=True)
class AbstractEntry:
    """What every entry of a deal may say of itself besides its own fields."""

    kind: ClassVar[str] = ""

    title: str = text("What people call it; the name in the file if left out.")
    note: str = text("Anything a reader should know; for `assumed`, the reason.")
    source: str = text("Which of the deal's sources says that it exists.")
    status: str = choice(("", "confirmed", "reported", "estimated", "assumed"), "How sure it is that it exists.", default="")
