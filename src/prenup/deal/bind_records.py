"""Entries of a deal file become records of their kind, field by field as the class declares them."""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import re
from collections.abc import Callable
from typing import Any

from prenup.base.fields import REQUIRED, AbstractEntry, Spec, specs
from prenup.base.problems import Log, Text, nearest
from prenup.deal.bind_values import Values
from prenup.deal.tree import Mapping, Node, Scalar, Sequence
from prenup.sheet.formula import Value
from prenup.sheet.sheet import WORLD

_NAME = re.compile(r"[^\W\d]\w*")
_YEAR = re.compile(r"\d{4}")
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
_FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


class Records:
    """Reads records of one deal; `parties` are known before anything that names one."""

    def __init__(self, log: Log, values: Values) -> None:
        self.log = log
        self.values = values
        self.parties: tuple[str, ...] = ()

    def record(self, cls: type, node: Node, path: str, extra: tuple[str, ...] = ()) -> Any:
        """An instance of a declared class; None, with problems in the log, where a field is missing or wrong.

        `extra` are words that the entry may hold besides the fields of the class, such as `kind`.
        """
        name = path.rsplit(".", 1)[-1]
        if not isinstance(node, Mapping):
            self.log.add("D204", f"{name} is not written as fields with values", node.where,
                         why=f"it has fields of its own: {', '.join(w for _, w, _ in specs(cls))}",
                         fix=f"write {{{_sample(cls)}}}")
            return None
        known = {word: (attribute, spec) for attribute, word, spec in specs(cls)}
        for key, _ in node.entries:
            if key.text not in known and key.text not in extra:
                close = nearest(key.text, known)
                self.log.add("D202", f"{name} has no field {key.text}", key.where, why=f"it has {', '.join(known)}",
                             fix=f"write {close}" if close else "remove it")
        before = len(self.log.errors)
        given: dict[str, Any] = {}
        for word, (attribute, spec) in known.items():
            given[attribute] = self._field(cls, spec, node, word, f"{path}.{word}" if path else word)
        if issubclass(cls, AbstractEntry):
            self.values.provenance(node)
        return cls(**given) if len(self.log.errors) == before else None

    def _field(self, cls: type, spec: Spec, node: Mapping, word: str, path: str) -> Any:
        item = node.get(word)
        if item is None and spec.default is REQUIRED:
            kind = getattr(cls, "kind", "") or cls.__name__.lower()
            self.log.add("D203", f"{path.rsplit('.', 2)[-2] if '.' in path else kind} needs {word}", node.where,
                         why=spec.doc, fix=f"add {word}: {_example(spec, self.values.currency)}")
            return None
        if item is None:
            return self._default(spec, path)
        return self.reading(spec)(self, spec, item, path)

    def _default(self, spec: Spec, path: str) -> Any:
        """What holds where a field is left out; defaults of values are written as text in the class."""
        if spec.what == "value" and isinstance(spec.default, str):
            place = Text("(default)", spec.default)
            return dataclasses.replace(
                self.values.value(Scalar(spec.default, _origin(place)), spec.unit, path), where=None  # type: ignore[type-var]
            )
        return {} if spec.what == "table" and spec.default == () else spec.default

    def reading(self, spec: Spec) -> Callable[[Records, Spec, Node, str], Any]:
        """The method that reads a field of this shape."""
        return _READERS[spec.what]

    def value(self, spec: Spec, node: Node, path: str) -> Value | None:
        return self.values.value(node, spec.unit, path)

    def condition(self, spec: Spec, node: Node, path: str) -> Value | None:
        del spec
        return self.values.condition(node, path)

    def word(self, node: Node, path: str, noun: str) -> str | None:
        if isinstance(node, Scalar) and not node.empty:
            return node.text
        self.log.add("D204", f"{path.rsplit('.', 1)[-1]} has to be {noun}", node.where, why="one word or sentence is expected",
                     fix="write it on one line, in quotes if it holds a colon")
        return None

    def text(self, spec: Spec, node: Node, path: str) -> str | None:
        del spec
        return self.word(node, path, "words")

    def party(self, spec: Spec, node: Node, path: str) -> str | None:
        name = self.word(node, path, "the name of a party")
        if name is not None and name not in (*self.parties, WORLD):
            close = nearest(name, (*self.parties, WORLD))
            self.log.add("D304", f"no party is called {name}", node.where, why=spec.doc,
                         fix=f"write {close}" if close else f"add {name} under parties:")
        return name

    def choice(self, spec: Spec, node: Node, path: str) -> str | None:
        word = self.word(node, path, f"one of {', '.join(o for o in spec.options if o)}")
        if word is not None and word not in spec.options:
            close = nearest(word, spec.options)
            self.log.add("D212", f"{path.rsplit('.', 1)[-1]} can't be {word}", node.where, why=spec.doc,
                         fix=f"write {close}" if close else f"write one of {', '.join(o for o in spec.options if o)}")
        return word

    def flag(self, spec: Spec, node: Node, path: str) -> bool | None:
        word = self.word(node, path, "yes or no")
        if word is not None and word.lower() not in _FLAGS:
            self.log.add("D212", f"{path.rsplit('.', 1)[-1]} can't be {word}", node.where, why=spec.doc, fix="write yes or no")
        return _FLAGS.get(word.lower()) if word is not None else None

    def names(self, spec: Spec, node: Node, path: str) -> tuple[str, ...] | None:
        if isinstance(node, Scalar) and not node.empty:
            return tuple(part.strip() for part in node.text.split(","))
        if isinstance(node, Sequence):
            words = [self.word(item, f"{path}.{i}", "a name") for i, item in enumerate(node.items)]
            return tuple(w for w in words if w is not None)
        self.log.add("D204", f"{path.rsplit('.', 1)[-1]} is a list of names", node.where, why=spec.doc, fix="write [first, second]")
        return None

    def nested(self, spec: Spec, node: Node, path: str) -> Any:
        assert spec.of is not None
        return self.record(spec.of, node, path)

    def items(self, spec: Spec, node: Node, path: str) -> tuple[Any, ...] | None:
        assert spec.of is not None
        if not isinstance(node, Sequence) or not node.items:
            self.log.add("D204", f"{path.rsplit('.', 1)[-1]} is a list of entries", node.where, why=spec.doc,
                         fix=f"write [{{{_sample(spec.of)}}}]")
            return None
        return tuple(self.record(spec.of, item, f"{path}.{i}") for i, item in enumerate(node.items))

    def table(self, spec: Spec, node: Node, path: str) -> dict[str, Any] | None:
        if not isinstance(node, Mapping) or not node.entries:
            self.log.add("D204", f"{path.rsplit('.', 1)[-1]} is a table of names", node.where, why=spec.doc,
                         fix="write {name: value}")
            return None
        result: dict[str, Any] = {}
        for key, item in node.entries:
            here = f"{path}.{key.text}"
            result[key.text] = (
                self.values.value(item, spec.unit, here) if spec.of is None else self.record(spec.of, item, here)
            )
        return result

    def dated(self, spec: Spec, node: Node, path: str) -> tuple[tuple[datetime.date, Value], ...] | None:
        if not isinstance(node, Mapping) or not node.entries:
            self.log.add("D204", f"{path.rsplit('.', 1)[-1]} is a table of dates", node.where, why=spec.doc,
                         fix="write {2025-12-31: $1bn/yr, 2026-12-31: $2bn/yr}")
            return None
        result: dict[datetime.date, Value] = {}
        for key, item in node.entries:
            day = self.day(key)
            value = self.values.value(item, spec.unit, f"{path}.{key.text}")
            if day is not None and value is not None:
                if day in result:
                    self.log.add("D213", f"{day} stands twice", key.where, why=spec.doc, fix="keep one of the two")
                result[day] = value
        return tuple(sorted(result.items(), key=lambda pair: pair[0]))

    def day(self, node: Scalar) -> datetime.date | None:
        """A day; a bare year means its last day, a year and month the month's last day."""
        try:
            if _YEAR.fullmatch(node.text):
                return datetime.date(int(node.text), 12, 31)
            if re.fullmatch(r"\d{4}-\d{2}", node.text):
                year, month = int(node.text[:4]), int(node.text[5:])
                return datetime.date(year, month, calendar.monthrange(year, month)[1])
            return datetime.date.fromisoformat(node.text)
        except ValueError:  # covers calendar.IllegalMonthError
            self.log.add("D213", f"{node.text[:40]} is not a date", node.where, why="points are placed in time",
                         fix="write a year or a day, such as 2025-12-31")
            return None

    def matrix(self, spec: Spec, node: Node, path: str) -> tuple[tuple[float, ...], ...] | None:
        rows: list[tuple[float, ...]] = []
        for line in node.items if isinstance(node, Sequence) else ():
            cells = line.items if isinstance(line, Sequence) else ()
            texts = [c.text if isinstance(c, Scalar) else "" for c in cells]
            if not cells or not all(_PLAIN.fullmatch(t.strip()) for t in texts):
                rows = []
                break
            rows.append(tuple(float(t) for t in texts))
        if not rows:
            self.log.add("D204", f"{path.rsplit('.', 1)[-1]} is rows of plain numbers", node.where, why=spec.doc,
                         fix="write [[1, 0.4], [0.4, 1]]")
            return None
        return tuple(rows)

    def name(self, key: Scalar) -> bool:
        """Whether a key can be a name in formulas; a problem otherwise."""
        if _NAME.fullmatch(key.text) and key.text not in ("and", "or", "not", "yes", "no"):
            return True
        self.log.add("D214", f"{key.text[:40]!r} can't be a name", key.where, why="formulas have to be able to use it",
                     fix="use letters, digits and _, a letter first")
        return False


_READERS: dict[str, Callable[[Records, Spec, Node, str], Any]] = {
    "value": Records.value,
    "condition": Records.condition,
    "party": Records.party,
    "text": Records.text,
    "choice": Records.choice,
    "flag": Records.flag,
    "names": Records.names,
    "record": Records.nested,
    "items": Records.items,
    "table": Records.table,
    "dated": Records.dated,
    "matrix": Records.matrix,
}


def _origin(text: Text) -> Any:
    from prenup.base.problems import Origin

    return Origin(text, 1, 1, max(1, len(text.content)))


def _example(spec: Spec, currency: str) -> str:
    """How a field of this shape is written."""
    from prenup.base.quantity import expected

    if spec.what == "value":
        return expected(spec.unit, currency).example
    return {
        "condition": "2030-12-31",
        "party": "a party",
        "choice": spec.options[0] if spec.options else "",
        "flag": "yes",
        "names": "[first, second]",
        "items": f"[{{{_sample(spec.of)}}}]" if spec.of else "[...]",
        "table": "{name: value}",
        "dated": "{2025-12-31: $1bn/yr}",
        "matrix": "[[1, 0.4], [0.4, 1]]",
    }.get(spec.what, "words")


def _sample(cls: type | None) -> str:
    """The required fields of a class, as they would be written."""
    if cls is None:
        return "..."
    needed = [word for _, word, spec in specs(cls) if spec.default is REQUIRED]
    return ", ".join(f"{word}: ..." for word in needed[:4]) or "..."
