"""Read a YAML text into a document tree in which every word knows its line and column.

YAML is larger than a deal file needs and can be turned against its reader: tags that make objects, references
that grow without end, entries that silently replace one another. What is not needed is refused here, each
with an address and a remedy, so that every later stage may walk the tree without care.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from prenup.base.problems import Log, Origin, Text, nearest
from prenup.deal.tree import MAX_DEPTH, MAX_NODES, NULLS, SURROGATE, Mapping, Node, Scalar, Sequence
from prenup.deal.yaml_faults import explain, in_quotes

MAX_BYTES = 5_000_000
MAX_FAULTS = 100
"""Reading stops after this many faults: the file is then not a deal, and a longer list helps nobody."""

# libyaml where PyYAML was built with it, otherwise the same parser in Python, about ten times slower.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NOT_ALLOWED = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff\ufeff\ufffe\uffff]")
_CHARACTERS = {
    0: "a zero byte",
    0xFEFF: "a byte order mark",
    0x7F: "a delete character",
    0x1B: "an escape character",
}
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?=[\s,\[\]{}]|$)|\s+|(?<=\s)#[^\r\n]*)*")


def read_text(path: str | Path, log: Log) -> Text | None:
    """The file's text, or None and a problem D106 if it can't be read as UTF-8 text of at most 5 MB."""
    name = str(path)

    def refuse(message: str, fix: str, where: Origin | None = None) -> None:
        log.add("D106", message, where or Origin(Text(name), 1, 1), fix=fix)

    try:
        file = Path(path)
        if file.is_dir():
            refuse("this is a folder", "give the name of a deal file, such as deals/name.yaml")
            return None
        if file.exists() and not file.is_file():
            refuse("this is not a file that can be read from start to end", "give the name of a deal file")
            return None
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        refuse("there is no such file", "check the name and the folder")
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        refuse(f"the file can't be read ({reason.lower()})", "check its name and your right to read it")
        return None
    if len(content) > MAX_BYTES:
        refuse(f"the file is larger than {MAX_BYTES // 1_000_000} MB", "keep data in files of its own")
        return None
    try:
        return Text(name, content.decode("utf-8").removeprefix("﻿"))
    except UnicodeDecodeError as error:
        where = _place(Text(name, content.decode("utf-8", "replace")), content[: error.start].decode("utf-8"))
        message = f"the file is not UTF-8 text: byte {error.start + 1} is 0x{content[error.start]:02x}"
        refuse(message, "save it with the encoding UTF-8", where)
        return None


def read_yaml(text: Text, log: Log) -> Node | None:
    """The text as a tree, or None where nothing could be made of it; then the log says why.

    A fault that leaves the rest readable (D104, D105, D110, D112) is recorded and its entry or tag left out, so
    that the faults of the whole file come at once. All others end the reading: D101 not valid YAML, D102 too
    deep, D103 too large with its references written out, D107 several documents, D108 nothing there, D109
    characters that no YAML text may hold, D111 a reference inside of itself.
    """
    content = text.content.removeprefix("\ufeff")
    bad = _NOT_ALLOWED.search(content)
    if bad:
        _refuse_characters(text, content, bad, log)
        return None
    builder = _Builder(text, content, log)
    try:
        for event in yaml.parse(content, Loader=LOADER):
            builder.take(event)
            if builder.stopped:
                return None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        explain(error, text, builder.lines, builder.opened(), builder.long_quote, log)
        return None
    if builder.root is None:
        log.add(
            "D108",
            "there is nothing in this file",
            Origin(text, 1, 1),
            fix="begin with a line such as deal: name",
        )
    return builder.root


def _refuse_characters(text: Text, content: str, bad: re.Match[str], log: Log) -> None:
    """D109 at the first character that no YAML text may hold, with the number of the others."""
    point = ord(bad.group())
    what = _CHARACTERS.get(point, "half of a character (a surrogate)" if 0xD800 <= point <= 0xDFFF else "invisible")
    others = sum(1 for _ in _NOT_ALLOWED.finditer(content)) - 1
    more = f" ({others:,} more after it)" if others else ""
    log.add(
        "D109",
        f"the character U+{point:04X} stands here, {what}, which YAML does not allow{more}",
        _place(text, content[: bad.start()]),
        why="such characters come from copying or from a wrong encoding, and can't be seen",
        fix="delete it, and save the file with the encoding UTF-8",
    )


def _place(text: Text, before: str) -> Origin:
    """The place that follows the characters `before`."""
    lines = (before + ".").splitlines()
    return Origin(text, len(lines), len(lines[-1]))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    is_mapping: bool
    is_flow: bool
    anchor: str | None
    where: Origin
    counted_before: int
    depth_inside: int = 0
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    names: dict[str, Origin] = field(default_factory=dict)
    name: Scalar | None = None
    wants_value: bool = False
    cut: Scalar | None = None
    torn: dict[int, Scalar] = field(default_factory=dict)


class _Builder:
    """Takes the parser's events one by one. It keeps its own stack, so that depth can't exhaust Python's."""

    def __init__(self, text: Text, content: str, log: Log) -> None:
        self.text, self.content, self.log = text, content, log
        self.lines = content.splitlines()
        self.root: Node | None = None
        self.stopped = False
        self.long_quote: tuple[Origin, int] | None = None
        self._stack: list[_Open] = []
        # A finished node by its anchor, with the number of nodes in it and how deep it goes.
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._counted = self._documents = self._faults = 0

    def opened(self) -> Origin | None:
        """Where the innermost bracket stands that has not been closed."""
        return self._stack[-1].where if self._stack and self._stack[-1].is_flow else None

    def take(self, event: Any) -> None:
        """One event: a scalar, a reference, the start or the end of a list or mapping, or of a document."""
        if isinstance(event, yaml.ScalarEvent):
            self._tag(event)
            self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._tag(event)
            self._open(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                where = self._at(event.start_mark, event.end_mark)
                self._stop("D107", "a second document begins here", where, fix="put each deal in a file of its own")

    def _scalar(self, event: Any) -> None:
        quoted = bool(event.style)
        empty = not quoted and event.value in NULLS
        where = self._scalar_place(event)
        if quoted and SURROGATE.search(event.value):  # only the parser in Python lets it through
            self._stop("D109", "half of a character (a surrogate) is written here", where, fix="delete it")
            return
        if not self._stack and not quoted and not event.value:
            return  # a document of nothing but its `---`
        node = Scalar("" if empty else event.value, where, quoted)
        self._add(node, 1, 0, event.anchor, where)

    def _open(self, event: Any) -> None:
        where = self._at(self._after_properties(event, len(self.content)), event.end_mark)
        if len(self._stack) == MAX_DEPTH:
            self._too_deep(where)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open(is_mapping, bool(event.flow_style), event.anchor, where, self._counted))

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        where = done.where
        for place, whole in done.torn.items():
            name = f"{done.entries[place][0].text}: " if done.is_mapping else ""
            why = "between { and } or [ and ] a comma ends the value"
            fix = name + in_quotes(whole.text)
            self._fault("D112", "a formula with a comma in it needs quotes here", whole.where, why=why, fix=fix)
        if done.is_flow:
            end = event.end_mark
            width = end.column + 1 if end.line + 1 == where.line else len(self.lines[where.line - 1]) + 1
            where = Origin(self.text, where.line, where.column, max(1, width - where.column))
        elif done.entries and done.entries[0][0].where.line == where.line:
            where = Origin(self.text, where.line, where.column, done.entries[0][0].where.width)
        node = Mapping(tuple(done.entries), where) if done.is_mapping else Sequence(tuple(done.items), where)
        self._add(node, 1, done.depth_inside + 1, done.anchor, where, self._counted - done.counted_before)

    def _alias(self, event: Any) -> None:
        name = event.anchor
        where = self._at(event.start_mark, event.end_mark)
        if any(opened.anchor == name for opened in self._stack):
            fix = f"write out what is meant instead of *{name}"
            self._stop("D111", f"*{name} stands inside of what it refers to", where, fix=fix)
        elif name not in self._anchors:
            why = "a value that begins with * refers to one marked with & further up"
            close = nearest(name, self._anchors)
            fix = f"*{close}" if close else f'if no reference is meant, use quotes: "*{name}"'
            self._stop("D101", f"*{name} refers to nothing: there is no &{name} above", where, why=why, fix=fix)
        else:
            node, count, depth = self._anchors[name]
            if len(self._stack) + depth > MAX_DEPTH:
                self._too_deep(where)
            if isinstance(node, Scalar) and self._stack and not self._stack[-1].wants_value:
                node = Scalar(node.text, where, node.quoted)  # as a name it should point to itself
            self._add(node, count, depth, None, where)

    def _add(self, node: Node, count: int, depth: int, anchor: str | None, where: Origin, inside: int = 0) -> None:
        """Put a finished node where it belongs. `inside` is how many of its nodes are counted already."""
        self._counted += count
        if self._counted > MAX_NODES:
            why = "each reference counts as what it refers to: a few lines of references can stand for billions"
            message = f"more than {MAX_NODES:,} values, references written out"
            self._stop("D103", message, where, why=why, fix="use fewer references, and keep data in files of its own")
            return
        if anchor is not None:
            self._anchors[anchor] = (node, count + inside, depth)
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        parent.depth_inside = max(parent.depth_inside, depth)
        before: Node | None = None
        if parent.is_flow and (parent.items or parent.entries):
            before = parent.entries[-1][1] if parent.is_mapping else parent.items[-1]
        torn = isinstance(before, Scalar) and _is_torn(before)
        piece = node if torn and isinstance(node, Scalar) and not node.quoted else None
        if not parent.is_mapping:
            if piece is None or not self._joined(parent, piece):
                parent.items.append(node)
        elif not parent.wants_value:
            parent.cut = piece
            parent.name = None if parent.cut else self._name(parent, node, where)
            parent.wants_value = True
        else:
            if parent.cut is not None and not (isinstance(node, Scalar) and node.empty and self._joined(parent, parent.cut)):
                parent.name = self._name(parent, parent.cut, parent.cut.where)
            if parent.name is not None:
                parent.entries.append((parent.name, node))
            parent.name = parent.cut = None
            parent.wants_value = False

    def _joined(self, parent: _Open, piece: Scalar) -> bool:
        """Put a formula together again that its own commas have torn apart; told when the bracket around it closes."""
        last = parent.entries[-1][1] if parent.is_mapping else parent.items[-1]
        assert isinstance(last, Scalar)
        width = piece.where.column + piece.where.width - last.where.column
        here = last.where.within(0, width if piece.where.line == last.where.line else last.where.width)
        whole = Scalar(f"{last.text}, {piece.text}", here)
        parent.torn[len(parent.entries if parent.is_mapping else parent.items) - 1] = whole
        if parent.is_mapping:
            parent.entries[-1] = (parent.entries[-1][0], whole)
        else:
            parent.items[-1] = whole
        return True

    def _name(self, parent: _Open, node: Node, where: Origin) -> Scalar | None:
        """The name of an entry if it is a plain word not used before, otherwise None and a fault."""
        why = "every entry of a deal is found by its name"
        if not isinstance(node, Scalar):
            self._fault("D105", "a list or a mapping can't be a name", where, why=why, fix="use one word as the name")
        elif not node.text:
            fix = 'write a name before the colon; the word null needs quotes: "null"'
            self._fault("D105", "the name of this entry is missing", where, why=why, fix=fix)
        elif node.text == "<<" and not node.quoted:
            why = "merging hides which of two entries holds"
            fix = "write the entries out, or give the whole mapping by reference: name: *reference"
            self._fault(
                "D105",
                "<< (merging one mapping into another) is not used in deal files",
                where,
                why=why,
                fix=fix,
            )
        elif node.text in parent.names:
            why = "only one of the two can hold"
            related = (("first at", parent.names[node.text]),)
            message = f'"{_short(node.text)}" stands twice in the same mapping'
            self._fault("D104", message, where, why=why, fix="keep one, or give one another name", related=related)
        else:
            parent.names[node.text] = node.where
            return node
        return None

    def _tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            tag = tag if tag.startswith("!") else f"!<{tag}>"
            where = self._at(event.start_mark, event.start_mark).within(0, len(tag))
            why = "a tag asks the reader to make something other than text, lists and mappings"
            self._fault("D110", f"the tag {_short(tag)} is not used in deal files", where, why=why, fix="leave it out")

    def _too_deep(self, where: Origin) -> None:
        self._stop(
            "D102",
            f"nested more than {MAX_DEPTH} deep",
            where,
            fix="close brackets that stay open, or flatten",
        )

    def _stop(self, code: str, message: str, where: Origin, *, why: str = "", fix: str) -> None:
        self.log.add(code, message, where, why=why, fix=fix)
        self.stopped = True

    def _fault(
        self,
        code: str,
        message: str,
        where: Origin,
        *,
        why: str,
        fix: str,
        related: tuple[tuple[str, Origin], ...] = (),
    ) -> None:
        self.log.add(code, message, where, why=why, fix=fix, related=related)
        self._faults += 1
        self.stopped = self.stopped or self._faults == MAX_FAULTS

    def _at(self, start: Any, end: Any) -> Origin:
        """From one mark to another, or to the end of the line if the other stands further down."""
        last = end.column if end.line == start.line else len(self.lines[start.line])
        return Origin(self.text, start.line + 1, start.column + 1, max(1, last - start.column))

    def _after_properties(self, event: Any, end: int) -> Any:
        """Where a node itself begins: its event begins at its anchor or tag, if it has one."""
        start = event.start_mark
        if event.anchor is None and event.tag is None:
            return start
        found = _PROPERTIES.match(self.content, start.index, end)
        skipped = found.group() if found else ""
        lines = (skipped + ".").splitlines()
        column = len(lines[-1]) - 1 + (start.column if len(lines) == 1 else 0)
        return yaml.Mark("", start.index + len(skipped), start.line + len(lines) - 1, column, None, 0)

    def _scalar_place(self, event: Any) -> Origin:
        """Where a scalar's text begins, so that the n-th character of the text is n columns further on.

        That is inside the quotes, or on the first line of a block of text. Where escapes or folding make the
        source differ from the text, the place is the whole of what was written, quotes or `|` included.
        """
        start, end = self._after_properties(event, event.end_mark.index), event.end_mark
        whole = self._at(start, end)
        if not event.style:
            return whole
        line = self.lines[start.line]
        if event.style in "|>":
            below = next(
                (n for n in range(start.line + 1, end.line + 1) if n < len(self.lines) and self.lines[n].strip()),
                None,
            )
            shown = self.lines[below].strip() if below is not None else ""
            if below is not None and event.value.startswith(shown):
                return Origin(self.text, below + 1, self.lines[below].index(shown) + 1, len(shown))
            return whole
        closed = end.line == start.line
        if not closed:
            self.long_quote = (whole, end.line)
        shown = line[start.column + 1 : end.column - 1] if closed else line[start.column + 1 :].rstrip()
        if shown and (event.value == shown if closed else event.value.startswith(shown)):
            return Origin(self.text, whole.line, whole.column + 1, len(shown))
        return whole


def _is_torn(value: Scalar) -> bool:
    """Whether a value without quotes opens a bracket that it does not close."""
    return not value.quoted and value.text.count("(") > value.text.count(")")


def _short(text: str) -> str:
    """A text cut to what an error message can carry."""
    return text if len(text) <= 40 else text[:39] + "…"
