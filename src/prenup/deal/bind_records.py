"""Entries of a deal file become records of their kind, field by field as the class declares them."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable
from typing import Any

from prenup.base.fields import REQUIRED, AbstractEntry, Spec, specs
from prenup.base.problems import LONGEST_NAME, Log, Origin, Text, nearest
from prenup.base.quantity import Number, expected
from prenup.base.wording import shortened
from prenup.deal.bind_days import read_day
from prenup.deal.bind_kinds import kind_of, singular
from prenup.deal.bind_provenance import read_provenance
from prenup.deal.bind_values import Values
from prenup.deal.slot import Slot
from prenup.deal.tree import Mapping, Node, Scalar, Sequence
from prenup.sheet.formula import Formula, Value
from prenup.sheet.sheet import WORLD

_NAME = re.compile(r"[^\W\d]\w*")
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
MOST_ITEMS = 100
"""Entries in a list or a table inside of an entry."""

MOST_CORRELATED = 40
"""Rows of a matrix of correlations."""

MOST_DATES = 600
"""Points in a table of dates."""

_WORDS = frozenset(("and", "or", "not", "yes", "no"))
_FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


class Records:
    """Reads records of one deal; `parties` are known before anything that names one."""

    def __init__(self, log: Log, values: Values) -> None:
        self.log = log
        self.values = values
        self.parties: tuple[str, ...] | None = None

    def record(self, cls: type, node: Node, path: str, extra: tuple[str, ...] = (), key: Scalar | None = None) -> Any:
        """An instance of a declared class; None, with problems in the log, where a field is missing or wrong.

        `extra` are words that the entry may hold besides the fields of the class, such as `kind`; `key` is its name.
        """
        name = shortened(called(path))
        if not isinstance(node, Mapping):
            self.log.add(
                "D204",
                f"{name} is not written as fields with values",
                node.where,
                why=f"it has fields of its own: {', '.join(w for _, w, _ in specs(cls))}",
                fix=f"write {name if key else ''}{': ' if key else ''}{{{_sample(cls, self.values.currency)}}}",
            )
            return None
        known = {word: (attribute, spec) for attribute, word, spec in specs(cls)}
        for word, _ in node.entries:
            if word.text not in known and word.text not in extra:
                close = nearest(word.text, known)
                self.log.add(
                    "D202",
                    f"{name} has no field {shortened(word.text)}",
                    word.where,
                    why=f"it has {', '.join(known)}",
                    fix=f"write {close}" if close else "take it out, or say it in note",
                )
        before = self.log.n_errors
        given: dict[str, Any] = {}
        is_entry = issubclass(cls, AbstractEntry)
        for word_, (attribute, spec) in known.items():
            if is_entry and word_ in ("note", "source", "status"):
                continue
            given[attribute] = self._field(cls, spec, node, word_, f"{path}.{word_}", key or node)
        if is_entry:
            noun = "clause" if path.startswith("terms.") else "entry"
            given.update(dataclasses.asdict(read_provenance(node, noun, self.values.sources, self.log)))
        return cls(**given) if self.log.n_errors == before else None

    def _field(self, cls: type, spec: Spec, node: Mapping, word: str, path: str, named: Node) -> Any:
        item = node.get(word)
        if item is None and spec.default is REQUIRED:
            kind = getattr(cls, "kind", "") or cls.__name__.lower()
            name = called(path.rsplit(".", 1)[0]) if "." in path else kind
            self.log.add(
                "D203",
                f"{shortened(name)} needs {word}",
                named.where,
                why=f"{word}: {spec.doc[0].lower()}{spec.doc[1:].rstrip('.')}",
                fix=f"add {word}: and what it is, such as {word}: {_example(spec, self.values.currency)}",
            )
            return None
        if item is None:
            return self._default(spec, path)
        return _READERS[spec.what](self, spec, item, path)

    def _default(self, spec: Spec, path: str) -> Any:
        """What holds where a field is left out; defaults of values are written as text in the class."""
        if spec.what == "value" and isinstance(spec.default, str):
            place = Origin(Text("(default)", spec.default), 1, 1, max(1, len(spec.default)))
            value = self.values.value(Scalar(spec.default, place), Slot(spec.unit, path))
            assert isinstance(value, Number | Formula)
            return dataclasses.replace(value, where=None)
        return {} if spec.what in ("table", "kinds") and spec.default == () else spec.default

    def value(self, spec: Spec, node: Node, path: str) -> Value | None:
        return self.values.value(node, Slot(spec.unit, path, spec.doc, spec.default is not REQUIRED))

    def condition(self, spec: Spec, node: Node, path: str) -> Value | None:
        return self.values.condition(node, Slot("any", path, spec.doc, spec.default is not REQUIRED))

    def word(self, node: Node, path: str, noun: str) -> str | None:
        if isinstance(node, Scalar) and not node.empty:
            return node.text
        name = shortened(path.rsplit(".", 1)[-1])
        message = f"{name} is left empty" if isinstance(node, Scalar) else f"{name} has to be {noun}"
        self.log.add(
            "D204",
            message,
            node.where,
            why=f"{noun} is expected" if isinstance(node, Scalar) else "one text is expected",
            fix="write it on one line, in quotes if it holds a colon, or take the field out",
        )
        return None

    def text(self, spec: Spec, node: Node, path: str) -> str | None:
        del spec
        return self.word(node, path, "words")

    def party(self, spec: Spec, node: Node, path: str) -> str | None:
        name = self.word(node, path, "the name of a party")
        if name is not None and self.parties is not None and name not in (*self.parties, WORLD):
            close = nearest(name, (*self.parties, WORLD))
            self.log.add(
                "D304",
                f"no party is called {shortened(name)}",
                node.where,
                why=_meaning(path, spec),
                fix=f"write {close}" if close else f"add {shortened(name)} under parties:, or write world for everyone else",
            )
        return name

    def choice(self, spec: Spec, node: Node, path: str) -> str | None:
        word = self.word(node, path, f"one of {', '.join(o for o in spec.options if o)}")
        if word is not None and word not in spec.options:
            close = nearest(word, [o for o in spec.options if o])
            self.log.add(
                "D212",
                f"{path.rsplit('.', 1)[-1]} can't be {shortened(word)}",
                node.where,
                why=_meaning(path, spec),
                fix=f"write {close}" if close else f"write one of {', '.join(o for o in spec.options if o)}",
            )
        return word

    def flag(self, spec: Spec, node: Node, path: str) -> bool | None:
        word = self.word(node, path, "yes or no")
        if word is not None and word.lower() not in _FLAGS:
            self.log.add(
                "D212",
                f"{path.rsplit('.', 1)[-1]} can't be {shortened(word)}",
                node.where,
                why=_meaning(path, spec),
                fix="write yes or no",
            )
        return _FLAGS.get(word.lower()) if word is not None else None

    def names(self, spec: Spec, node: Node, path: str) -> tuple[str, ...] | None:
        if isinstance(node, Scalar) and not node.empty:
            return tuple(part.strip() for part in node.text.split(","))
        if isinstance(node, Sequence):
            if self._too_many(len(node), MOST_ITEMS, node, path):
                return None
            words = [self.word(item, f"{path}.{i}", "a name") for i, item in enumerate(node.items)]
            return tuple(w for w in words if w is not None)
        self.log.add(
            "D204",
            f"{path.rsplit('.', 1)[-1]} is a list of names",
            node.where,
            why=_meaning(path, spec),
            fix="write [first, second]",
        )
        return None

    def nested(self, spec: Spec, node: Node, path: str) -> Any:
        assert spec.of is not None
        return self.record(spec.of, node, path)

    def items(self, spec: Spec, node: Node, path: str) -> tuple[Any, ...] | None:
        assert spec.of is not None
        if not isinstance(node, Sequence) or not node.items:
            self.log.add(
                "D204",
                f"{path.rsplit('.', 1)[-1]} is a list of entries",
                node.where,
                why=_meaning(path, spec),
                fix=f"write [{{{_sample(spec.of, self.values.currency)}}}]",
            )
            return None
        if self._too_many(len(node), MOST_ITEMS, node, path):
            return None
        return tuple(self.record(spec.of, item, f"{path}.{i}") for i, item in enumerate(node.items))

    def table(self, spec: Spec, node: Node, path: str) -> dict[str, Any] | None:
        entries = self._entries(spec, node, path, "names", "write {name: value}", spec.most or MOST_ITEMS)
        if entries is None:
            return None
        result: dict[str, Any] = {}
        for key, item in entries:
            here = f"{path}.{key.text}"
            if spec.keys == "party":
                self.party(spec, key, path)
            elif spec.keys == "name" and not self.name(key):
                continue
            if spec.of is None:
                result[key.text] = self.values.value(item, Slot(spec.unit, here, spec.doc))
            else:
                result[key.text] = self.record(spec.of, item, here, key=key)
        return result

    def kinds(self, spec: Spec, node: Node, path: str) -> dict[str, Any] | None:
        """Entries that say their kind, by name."""
        entries = self._entries(spec, node, path, "names", "write name: {kind: ...} and its fields", MOST_ITEMS)
        if entries is None:
            return None
        found: dict[str, Any] = {}
        for key, item in entries:
            if self.name(key) and (cls := kind_of(key, item, spec.keys, singular(path), self.log)) is not None:
                found[key.text] = self.record(cls, item, f"{path}.{key.text}", ("kind",), key)
        return found

    def _entries(self, spec: Spec, node: Node, path: str, of: str, fix: str, most: int) -> tuple[tuple[Scalar, Node], ...] | None:
        """The entries of a table of names or dates; None, with a problem, where it is none or has too many."""
        if not isinstance(node, Mapping) or not node.entries:
            message = f"{path.rsplit('.', 1)[-1]} is a table of {of}"
            self.log.add("D204", message, node.where, why=_meaning(path, spec), fix=fix)
            return None
        return None if self._too_many(len(node), most, node, path) else node.entries

    def _too_many(self, count: int, most: int, node: Node, path: str) -> bool:
        """Whether a list is longer than anybody can check; a problem then."""
        if count > most:
            self.log.add(
                "D223",
                f"{path.rsplit('.', 1)[-1]} has {count:,} entries; {most} are allowed",
                node.where,
                why="nobody can check more by hand",
                fix="keep those that matter, or put the rest into several entries",
            )
        return count > most

    def dated(self, spec: Spec, node: Node, path: str) -> tuple[tuple[datetime.date, Value], ...] | None:
        entries = self._entries(spec, node, path, "dates", "write {2025-12-31: $1bn/yr, 2026-12-31: $2bn/yr}", MOST_DATES)
        if entries is None:
            return None
        before = self.log.n_errors
        result: dict[datetime.date, Value] = {}
        for key, item in entries:
            day = read_day(key, self.log)
            value = self.values.value(item, Slot(spec.unit, f"{path}.{key.text}", spec.doc, optional=False))
            if day is not None and value is not None:
                if day in result:
                    self.log.add(
                        "D213",
                        f"{day} stands twice",
                        key.where,
                        why="a bare year stands for its last day",
                        fix="keep one of the two",
                    )
                result[day] = value
        return tuple(sorted(result.items(), key=lambda pair: pair[0])) if self.log.n_errors == before else None

    def matrix(self, spec: Spec, node: Node, path: str) -> tuple[tuple[float, ...], ...] | None:
        rows: list[tuple[float, ...]] = []
        if isinstance(node, Sequence) and self._too_many(len(node), MOST_CORRELATED, node, path):
            return None
        for line in node.items if isinstance(node, Sequence) else ():
            cells = line.items if isinstance(line, Sequence) else ()
            texts = [c.text if isinstance(c, Scalar) else "" for c in cells]
            if not cells or not all(_PLAIN.fullmatch(t.strip()) for t in texts):
                rows = []
                break
            rows.append(tuple(float(t) for t in texts))
        if not rows:
            self.log.add(
                "D204",
                f"{path.rsplit('.', 1)[-1]} is rows of plain numbers",
                node.where,
                why=_meaning(path, spec),
                fix="write [[1, 0.4], [0.4, 1]]",
            )
            return None
        return tuple(rows)

    def name(self, key: Scalar) -> bool:
        """Whether a key can be a name in formulas; a problem otherwise."""
        if _NAME.fullmatch(key.text) and len(key.text) <= LONGEST_NAME and key.text not in _WORDS:
            return True
        better = re.sub(r"\W+", "_", key.text).strip("_")
        sound = _NAME.fullmatch(better) and len(better) <= LONGEST_NAME and better not in _WORDS
        self.log.add(
            "D214",
            f"{shortened(key.text)} can't be a name",
            key.where,
            why="formulas have to be able to use it",
            fix=f"write {better}" if sound else f"use up to {LONGEST_NAME} letters, digits and _, a letter first",
        )
        return False


_READERS: dict[str, Callable[[Records, Spec, Node, str], Any]] = {
    "value": Records.value,
    "condition": Records.condition,
    "party": Records.party,
    "text": Records.text,
    "clause": Records.text,
    "choice": Records.choice,
    "flag": Records.flag,
    "names": Records.names,
    "record": Records.nested,
    "items": Records.items,
    "table": Records.table,
    "dated": Records.dated,
    "matrix": Records.matrix,
    "kinds": Records.kinds,
}


def called(path: str) -> str:
    """What an entry is called in a sentence: its name, or `tiers 2` for the second of a list."""
    before, _, last = path.rpartition(".")
    return f"{before.rpartition('.')[2]} {int(last) + 1}" if last.isdecimal() and before else last


def _meaning(path: str, spec: Spec) -> str:
    """What a field is for, in the words of its entry."""
    return Slot(spec.unit, path, spec.doc).meaning


def _example(spec: Spec, currency: str) -> str:
    """How a field of this shape is written."""
    if spec.what == "value":
        return expected(spec.unit, currency).example
    return {
        "condition": "2030-12-31",
        "party": "a party",
        "clause": "a clause",
        "choice": spec.options[0] if spec.options else "",
        "flag": "yes",
        "names": "[first, second]",
        "items": f"[{{{_sample(spec.of, currency)}}}]" if spec.of else "[...]",
        "table": "{name: value}",
        "dated": "{2025-12-31: $1bn/yr}",
        "matrix": "[[1, 0.4], [0.4, 1]]",
    }.get(spec.what, "words")


def _sample(cls: type, currency: str) -> str:
    """The required fields of a class, as they would be written."""
    needed = [(word, spec) for _, word, spec in specs(cls) if spec.default is REQUIRED]
    return ", ".join(f"{word}: {_example(spec, currency)}" for word, spec in needed[:4]) or "field: value"
