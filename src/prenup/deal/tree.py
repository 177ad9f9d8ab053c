"""A deal file as a tree of texts, before anything is made of it: every word keeps the line it came from.

The tree knows three shapes: a word (`Scalar`), a list (`Sequence`) and a set of named entries (`Mapping`).
Nothing is guessed about types: `no`, `0x10` and `2030-12-31` stay the texts that were written, and the stage
that knows what is meant reads them. Trees are never changed in place; a variant is a new tree that shares
what it does not touch.
"""

from __future__ import annotations

import dataclasses
import datetime
import keyword
import math
import numbers
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prenup.base.problems import Log, Origin, Text, nearest

MAX_DEPTH = 40
MAX_NODES = 100_000

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""What YAML takes for "no value" when it stands without quotes."""

SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One text as written. `quoted` tells the empty text `""` from no value at all."""

    text: str
    where: Origin = field(repr=False)
    quoted: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was written here: an empty place, `~` or `null`."""
        return not self.text and not self.quoted

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self.text == other.text and self.empty == other.empty

    def __hash__(self) -> int:
        return hash((self.text, self.empty))


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    where: Origin = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Named entries, in the order in which they were written. No name stands twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    where: Origin = field(repr=False, compare=False)

    def get(self, key: str) -> Node | None:
        """What stands under `key`, or None."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The name itself as it was written, for its address."""
        return next((name for name, _ in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(name.text for name, _ in self.entries)

    def __contains__(self, key: object) -> bool:
        return any(name.text == key for name, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Node = Scalar | Sequence | Mapping


# From Python ------------------------------------------------------------------------------------------------


def from_python(value: object, log: Log, name: str = "<python>") -> Node:
    """The tree that a file saying the same as `value` would give.

    Taken are text, truth values, whole and real numbers, dates, None, lists, tuples, dicts and terms
    (dataclass instances whose class has a `kind`). A field called `from_` becomes `from`, as for every Python
    keyword. What can't stand in a deal file leaves a problem and an empty place: D102 (too deep), D103 (too
    much), D104 (a name twice), D105 (not a name), D109 (half a character), D111 (holds itself), D121 (not a
    value of a deal).
    """
    return _FromPython(log, name).node(value, ())


class _FromPython:
    """One conversion: it counts the nodes and remembers what it stands inside of."""

    def __init__(self, log: Log, name: str) -> None:
        self.log, self.name = log, name
        self.inside: list[int] = []
        self.count = 0

    def node(self, value: object, path: tuple[str, ...]) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            if self.count == MAX_NODES + 1:
                self.log.add("D103", f"more than {MAX_NODES:,} values", self.place(path), fix="give fewer values")
            return Scalar("", self.place(path))
        if not (isinstance(value, list | tuple | dict) or _is_term(value)):
            return self.scalar(value, path)
        if id(value) in self.inside:
            return self.fault("D111", "this value holds itself", path, fix="take it out of itself")
        if len(self.inside) == MAX_DEPTH:
            message = f"values stand inside one another more than {MAX_DEPTH} deep"
            return self.fault("D102", message, path, fix="make the structure flatter")
        self.inside.append(id(value))
        node: Node
        if isinstance(value, list | tuple):
            items = tuple(self.node(item, (*path, str(i))) for i, item in enumerate(value))
            node = Sequence(items, self.place(path))
        else:
            node = self.mapping(value.items() if isinstance(value, dict) else _fields(value), path)
        self.inside.pop()
        return node

    def mapping(self, pairs: Iterable[tuple[object, object]], path: tuple[str, ...]) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, value in pairs:
            text = None if isinstance(key, bool) else _text(key)
            if not text or SURROGATE.search(text):
                message = f"{key!r} can't be the name of an entry"
                self.fault("D105", message, path, fix="use a text that is not empty")
            elif text in entries:
                message = f'two keys of this dict are both written "{text}"'
                self.fault("D104", message, (*path, text), fix="keep one of them")
            else:
                inner = (*path, text)
                entries[text] = (Scalar(text, self.place(inner), text in NULLS), self.node(value, inner))
        return Mapping(tuple(entries.values()), self.place(path))

    def scalar(self, value: object, path: tuple[str, ...]) -> Scalar:
        if value is None:
            return Scalar("", self.place(path))
        text = _text(value)
        if text is None:
            message = f"{_shown(value)} can't stand in a deal"
            why = "a deal holds texts, numbers, dates, lists, dicts and terms, nothing else"
            fix = "give the date alone: .date()" if isinstance(value, datetime.datetime) else "give one of these"
            return self.fault("D121", message, path, why=why, fix=fix)
        if SURROGATE.search(text):
            message = "this text holds half of a character (a lone surrogate)"
            return self.fault("D109", message, path, fix="decode the text with the encoding that it was written in")
        return Scalar(text, self.place(path, text), isinstance(value, str) and text in NULLS)

    def fault(self, code: str, message: str, path: tuple[str, ...], *, why: str = "", fix: str = "") -> Scalar:
        self.log.add(code, message, self.place(path), why=why, fix=fix)
        return Scalar("", self.place(path))

    def place(self, path: tuple[str, ...], value: str | None = None) -> Origin:
        """An address for what has no file: a line that shows the dotted path, and the value if it fits."""
        dotted = _one_line(".".join(path))
        if value is None or _one_line(value) != value:
            last = _one_line(path[-1]) if path else ""
            return Origin(Text(self.name, dotted), 1, len(dotted) - len(last) + 1, max(1, len(last)))
        head = f"{dotted}: " if path else ""
        return Origin(Text(self.name, head + value), 1, len(head) + 1, max(1, len(value)))


def _one_line(text: str) -> str:
    """The text on one line, with what can't be shown escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _text(value: object) -> str | None:
    """A value as it would be written in the file, or None if it has no such form."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return int.__repr__(int(value)) if abs(int(value)) < 10**300 else None
    if isinstance(value, float):
        return float.__repr__(value).removesuffix(".0") if math.isfinite(value) else None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    return None


def _shown(value: object) -> str:
    """A value for an error message: numbers as they are, anything else by its type."""
    return repr(value) if isinstance(value, float) else f"a value of type {type(value).__name__}"


def _is_term(value: object) -> bool:
    """Whether this is an instance of a dataclass with a `kind`."""
    if isinstance(value, type) or not dataclasses.is_dataclass(value):
        return False
    return isinstance(getattr(type(value), "kind", None), str)


def _fields(term: object) -> Iterator[tuple[object, object]]:
    """A term's kind, then every field that says something other than its default."""
    yield "kind", getattr(type(term), "kind")  # noqa: B009  (the type is only known to have it at run time)
    for item in dataclasses.fields(term):  # type: ignore[arg-type]
        if item.name == "kind":
            continue
        value = getattr(term, item.name)
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        if default is dataclasses.MISSING or not _same(value, default):
            stem = item.name.removesuffix("_")
            yield (stem if keyword.iskeyword(stem) else item.name), value


def _same(value: object, default: object) -> bool:
    """Whether both would be written alike. Comparing what is written never raises, whatever the types."""
    if value is default:
        return True
    log = Log()
    return from_python(value, log) == from_python(default, log) and not log.errors


# Paths and patches ------------------------------------------------------------------------------------------


def at(node: Node, path: tuple[str, ...]) -> Node | None:
    """What stands at the dotted path, or None. List items go by number from 0, or by their `name` or `id`."""
    here: Node | None = node
    for step in path:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, Sequence):
            index = _index(here, step)
            here = here.items[index] if index is not None else None
        else:
            return None
    return here


def place_of_name(node: Node, path: tuple[str, ...], name: str) -> Origin | None:
    """Where a name stands in the mapping at a dotted path, or None."""
    owner = at(node, path)
    key = owner.key(name) if isinstance(owner, Mapping) else None
    return key.where if key else None


def replaced(node: Node, path: tuple[str, ...], value: Node | None, log: Log, where: Origin | None) -> Node:
    """A new tree with `value` at the dotted path, or without what stood there if `value` is None.

    Only the last step may be new: a name that the mapping lacks, or the number after a list's last item.
    Every other step must exist. A path that leads nowhere leaves the tree as it is and a problem D120 at
    `where`, the place that asked for the change. A result that is nested too deeply is D102.
    """
    if not path:
        if value is None:
            log.add("D120", "the whole deal can't be removed", where, fix="name the part to remove")
            return node
        return value
    if value is not None and len(path) + depth(value) > MAX_DEPTH:
        message = f"with this change the deal would be more than {MAX_DEPTH} deep"
        log.add("D102", message, where, fix="make the structure flatter")
        return node
    parents: list[tuple[Mapping | Sequence, int]] = []
    here = node
    for i, step in enumerate(path):
        place = _place_of(here, step, last=i == len(path) - 1 and value is not None)
        if place is None or isinstance(here, Scalar):
            _no_such_step(here, path, i, log, where)
            return node
        parents.append((here, place))
        if i < len(path) - 1:
            here = here.items[place] if isinstance(here, Sequence) else here.entries[place][1]
    result = value
    for (parent, place), step in zip(reversed(parents), reversed(path), strict=True):
        result = _with(parent, place, step, result, where)
    assert result is not None
    return result


def depth(node: Node) -> int:
    """How many lists and mappings stand inside one another at the deepest place; 0 for a scalar."""
    deepest = 0
    waiting: list[tuple[Node, int]] = [(node, 0)]
    while waiting:
        here, above = waiting.pop()
        if not isinstance(here, Scalar):
            deepest = max(deepest, above + 1)
            inner = here.items if isinstance(here, Sequence) else tuple(value for _, value in here.entries)
            waiting.extend((child, above + 1) for child in inner)
    return deepest


def _index(sequence: Sequence, step: str) -> int | None:
    """Which item a step means: its number, or the `name` or `id` of exactly one item."""
    if step.isascii() and step.isdecimal() and len(step) < 10:
        return int(step) if int(step) < len(sequence.items) else None
    found = [i for i, item in enumerate(sequence.items) if step in _item_names(item)]
    return found[0] if len(found) == 1 else None


def _item_names(item: Node) -> tuple[str, ...]:
    """What an item of a list may be called by."""
    if not isinstance(item, Mapping):
        return ()
    named = (item.get("name"), item.get("id"))
    return tuple(value.text for value in named if isinstance(value, Scalar) and value.text)


def _place_of(here: Node, step: str, *, last: bool) -> int | None:
    """The position that a step means; as the `last` step, a new name means the one past the end."""
    if isinstance(here, Mapping):
        keys = here.keys()
        return keys.index(step) if step in keys else len(keys) if last and step else None
    if isinstance(here, Sequence):
        if last and step == str(len(here.items)):
            return len(here.items)
        return _index(here, step)
    return None


def _with(parent: Mapping | Sequence, place: int, step: str, value: Node | None, where: Origin | None) -> Mapping | Sequence:
    """The parent with one position changed, added or (None) taken out."""
    if isinstance(parent, Sequence):
        new_items = () if value is None else (value,)
        return Sequence(parent.items[:place] + new_items + parent.items[place + 1 :], parent.where)
    new_entries: tuple[tuple[Scalar, Node], ...] = ()
    if value is not None:
        known = place < len(parent.entries)
        key = parent.entries[place][0] if known else Scalar(step, where or value.where, step in NULLS)
        new_entries = ((key, value),)
    return Mapping(parent.entries[:place] + new_entries + parent.entries[place + 1 :], parent.where)


def _no_such_step(here: Node, path: tuple[str, ...], i: int, log: Log, where: Origin | None) -> None:
    """Say which step of a path leads nowhere, and what was probably meant."""
    step = path[i]
    before = ".".join(path[:i])
    owner = before or "the deal"
    known: tuple[str, ...] = ()
    if isinstance(here, Scalar):
        message = f'{owner} is a single value, so it has no "{step}"'
        fix = f"change {before} itself" if before else "change the whole of it"
    else:
        if isinstance(here, Mapping):
            known = here.keys()
            message = f'{owner} has no "{step}"'
        else:
            names = [name for item in here.items for name in _item_names(item)]
            known = tuple(dict.fromkeys(names)) or tuple(str(n) for n in range(len(here.items)))
            several = "more than one item" if names.count(step) > 1 else "no item"
            message = f'the list {owner} has {several} "{step}"'
        close = nearest(step, known)
        if close and close != step:
            fix = ".".join((*path[:i], close, *path[i + 1 :]))
        elif names_shown := ", ".join(known[:8]) + (", …" if len(known) > 8 else ""):
            fix = f"one of: {names_shown}"
        else:
            fix = f"write {owner} in the deal first: it is empty"
    why = "a change may make a new entry only in the last step of its path"
    log.add("D120", message, where, why=why, fix=fix, related=((f"{owner} stands at", here.where),))
