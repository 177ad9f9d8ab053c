"""Say in one sentence what is wrong with a text that is not YAML, and how to mend it.

The parser reports what it was looking for when it gave up. Here that is turned into what the writer most
likely did: a tab, a colon inside a value, a bracket or quote left open, a value that begins with a character
YAML keeps for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prenup.base.problems import Log, Origin, Text

_WHY = "a file is read only up to its first fault in YAML: faults further down are not listed yet"
_TOO_LARGE = re.compile(r"\\U(?!000|0010)[0-9a-fA-F]{8}")
_OPENERS = {"]": "[", "}": "{"}
_ENTRY = re.compile(r"(\s*(?:- +)*)([^:#'\"\[\]{}]+?): +(\S.*)$")
_RESERVED = re.compile("scanning an? (alias|anchor|block scalar|tag)|parsing a tag")
_NO_SPACE = re.compile(r"\s*(?:- +)*[\w .-]+:\S")


@dataclass(frozen=True, slots=True)
class _Slip:
    """What the parser reported. Lines and columns count from 0; `line` may lie just past the end."""

    problem: str
    context: str
    lines: list[str]
    line: int
    column: int
    context_line: int
    context_column: int
    opened: Origin | None
    long_quote: tuple[Origin, int] | None

    @property
    def at_end(self) -> bool:
        return not "".join([self.here[self.column :], *self.lines[self.line + 1 :]]).strip()

    @property
    def here(self) -> str:
        return self.line_at(self.line)

    @property
    def character(self) -> str:
        return self.here[self.column : self.column + 1]

    @property
    def first_on_line(self) -> bool:
        return not self.here[: self.column].strip()

    def line_at(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def line_before(self) -> int | None:
        """The last line above that says something."""
        said = (n for n in range(min(self.line, len(self.lines)) - 1, -1, -1) if self.lines[n].split("#")[0].strip())
        return next(said, None)


@dataclass(frozen=True, slots=True)
class _Said:
    """The sentence, the remedy and the place, counted from 0."""

    message: str
    fix: str
    line: int
    column: int
    width: int = 1
    related: tuple[tuple[str, Origin], ...] = ()


def explain(
    error: Exception,
    text: Text,
    lines: list[str],
    opened: Origin | None,
    long_quote: tuple[Origin, int] | None,
    log: Log,
) -> None:
    """Add the one problem D101 that `error` stands for.

    `opened` is the innermost bracket not yet closed. `long_quote` is the last quoted text that ran over
    several lines, with the line (from 0) on which it ended: a forgotten quote often shows only where the next
    one begins.
    """
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # the parser in Python does not catch this one itself
        _code_too_large(text, lines, log)
        return
    context_mark = getattr(error, "context_mark", None) or mark
    slip = _Slip(
        problem=str(getattr(error, "problem", None) or error),
        context=str(getattr(error, "context", None) or ""),
        lines=lines,
        line=mark.line,
        column=mark.column,
        context_line=context_mark.line,
        context_column=context_mark.column,
        opened=opened,
        long_quote=long_quote,
    )
    looks = (_quote, _tab, _directive, _start, _colon, _no_colon, _bracket, _list, _stray)
    said = next((found for look in looks if (found := look(slip))), None) or _anything(slip)
    line, column, width = said.line, said.column, said.width
    while line > 0 and not slip.line_at(line).strip():  # past the end: show the last line that says something
        line -= 1
        column, width = len(slip.line_at(line).rstrip()), 1
    log.add(
        "D101",
        said.message,
        Origin(text, line + 1, column + 1, max(1, width)),
        why=_WHY,
        fix=said.fix,
        related=said.related,
    )


def _code_too_large(text: Text, lines: list[str], log: Log) -> None:
    r"""The first escape such as \UFFFFFFFF, which names no character."""
    for number, line in enumerate(lines, 1):
        if found := _TOO_LARGE.search(line):
            where = Origin(text, number, found.start() + 1, 10)
            log.add("D101", f"{found.group()} names no character", where, why=_WHY, fix="use single quotes")
            return
    log.add("D101", "this is not valid YAML", Origin(text, 1, 1), why=_WHY, fix="check it with a YAML editor")


def _quote(slip: _Slip) -> _Said | None:
    """A quote left open, or a backslash that YAML does not know."""
    if "quoted scalar" not in slip.context:
        return None
    if re.search("escape|hexa?decimal", slip.problem):
        return _escape(slip, slip.here.rfind("\\", 0, slip.column + 1))
    fix = "close it on the same line, or take it out"
    line = slip.line_at(slip.context_line)
    mark = line[slip.context_column : slip.context_column + 1]
    width = len(line) - slip.context_column
    return _Said(f"the quote {mark} opened here is never closed", fix, slip.context_line, slip.context_column, width)


def _escape(slip: _Slip, column: int) -> _Said:
    shown = slip.here[column : column + 2] if slip.here[column : column + 1] == "\\" else "a backslash"
    fix = "write two backslashes for one, or use single quotes"
    return _Said(f"{shown} means nothing between double quotes", fix, slip.line, max(0, column), 2)


def _tab(slip: _Slip) -> _Said | None:
    """A tab where YAML wants spaces."""
    indent = slip.here[: len(slip.here) - len(slip.here.lstrip())]
    if "\t" in indent:
        message = "this line is indented with a tab, and YAML takes only spaces"
        return _Said(message, "indent with spaces: two for each step", slip.line, indent.index("\t"))
    if slip.character == "\t":
        return _Said("a tab stands where YAML takes only spaces", "use a space", slip.line, slip.column)
    return None


def _directive(slip: _Slip) -> _Said | None:
    """A line that begins with %, which YAML keeps for instructions to itself."""
    line = slip.context_line if "directive" in slip.context else slip.line
    if "expected '<document start>'" in slip.problem and slip.line_at(0).startswith("%"):
        line = 0
    if slip.line_at(line).startswith("%"):
        return _Said("a line that begins with % is an instruction to YAML", "take this line out", line, 0)
    return None


def _start(slip: _Slip) -> _Said | None:
    """A value that begins with a character that YAML keeps for itself."""
    line, column = slip.context_line, slip.context_column
    if re.search("cannot start any token|mapping keys are not allowed", slip.problem) or (
        "flow node" in slip.context and slip.character == "?"
    ):
        line, column = slip.line, slip.column
    elif "block node" in slip.context:
        line, column = slip.line, slip.column
        if slip.at_end or slip.character not in ",]}":
            return None
    elif not (_RESERVED.search(slip.context) or "tag handle" in slip.problem):
        return None
    shown = slip.line_at(line)
    in_flow = any(shown[:column].count(o) > shown[:column].count(c) for c, o in _OPENERS.items())
    value = re.split(r"[,\]}]" if in_flow and shown[column : column + 1] not in ",]}" else r" #", shown[column:])[0]
    value = value.rstrip()
    message = f"a value can't begin with {value[:1]} unless it stands in quotes"
    return _Said(message, in_quotes(value), line, column, len(value))


def in_quotes(value: str) -> str:
    """The value as it should have been written."""
    shown = value if len(value) <= 60 else value[:59] + "…"
    return f'"{shown}"' if '"' not in shown and "\\" not in shown else "'" + shown.replace("'", "''") + "'"


def _colon(slip: _Slip) -> _Said | None:
    """A colon too many, or a line that went into the value above it."""
    if "mapping values are not allowed" not in slip.problem:
        return None
    entry = _ENTRY.match(slip.here)
    if entry and entry.start(3) <= slip.column:
        value = entry.group(3).split(" #")[0].rstrip()
        message = "a value with a colon and a space in it needs quotes"
        return _Said(message, f"{entry.group(2)}: {in_quotes(value)}", slip.line, entry.start(3), len(value))
    above = slip.line_before()
    if above is not None and not re.search(r"^\s*- |:(\s|$)", slip.lines[above]):
        return _line_without_colon(slip, above)
    column = len(slip.here) - len(slip.here.lstrip())
    message = "this line is indented deeper than the one above, which has its value already"
    width = max(1, slip.column - column)
    return _Said(message, "indent it like its neighbours, or move the value above", slip.line, column, width)


def _no_colon(slip: _Slip) -> _Said | None:
    """A line without the colon that makes it an entry."""
    return _line_without_colon(slip, slip.context_line) if "could not find expected ':'" in slip.problem else None


def _line_without_colon(slip: _Slip, line: int) -> _Said:
    shown = slip.line_at(line)
    column = len(shown) - len(shown.lstrip())
    if _NO_SPACE.match(shown):
        colon = shown.index(":", column)
        return _Said("a space is missing after this colon", "write name: value", line, colon)
    message = "this line has no colon after a name, so it is not an entry"
    return _Said(message, "write name: value", line, column, len(shown.strip()))


def _bracket(slip: _Slip) -> _Said | None:
    """A bracket left open, closed by the wrong one, or with a comma missing."""
    if "found unexpected ':'" in slip.problem:
        message = "between brackets, a colon needs a space after it"
        return _Said(message, "write name: value; a value with a colon in it needs quotes", slip.line, slip.column)
    if "flow" not in slip.context:
        return None
    line, column = slip.context_line, slip.context_column
    if "flow node" in slip.context:
        if slip.at_end and slip.opened:
            line, column = slip.opened.line - 1, slip.opened.column - 1
        elif slip.character in _OPENERS or slip.character == ",":
            message = f"a value is missing before {slip.character}"
            return _Said(message, "write the value, or take out the comma", slip.line, slip.column)
        elif slip.character == "-":
            message = "a list with dashes can't stand between brackets"
            return _Said(message, "write [first, second]", slip.line, slip.column)
        else:
            return None
    opener = slip.line_at(line)[column : column + 1]
    closer = {"[": "]", "{": "}"}.get(opener, "its other half")
    if slip.line == line and not slip.at_end:
        if slip.character in _OPENERS:
            message = f"{opener} is closed by {slip.character}"
            return _Said(message, f"write {closer}", slip.line, slip.column)
        message = f"a comma or {closer} is missing before this"
        fix = "separate the values by commas; a value with a comma, colon or bracket in it needs quotes"
        return _Said(message, fix, slip.line, slip.column)
    message = f"the bracket {opener} opened here is never closed"
    return _Said(message, f"write {closer} where it ends", line, column)


def _list(slip: _Slip) -> _Said | None:
    """A list in a place where there can be none, or something else among the items of a list."""
    if "sequence entries are not allowed" in slip.problem:
        message = "a list written with dashes can't begin on the line of its name"
        return _Said(message, "begin it on the next line, or write [first, second]", slip.line, slip.column)
    if slip.first_on_line and "block collection" in slip.context:
        message = "this line stands where the next item of a list should be"
        fix = "begin it with a dash like the items above, or indent it by as much as what it belongs to"
        return _Said(message, fix, slip.line, slip.column, len(slip.here.strip()))
    if slip.first_on_line and slip.here[slip.column :].startswith("- "):
        message = "an item of a list stands among named entries"
        return _Said(message, "give it a name, or move it under the name of its list", slip.line, slip.column)
    return None


def _stray(slip: _Slip) -> _Said | None:
    """A line whose indentation fits nothing, or text after a value that is complete."""
    expected = "expected (key|'-' indicator|<block end>|'?<document start>)"
    if not re.search(expected, slip.problem) and not ("node" in slip.context and slip.character == ":"):
        return None
    width = len(slip.here.rstrip()) - slip.column
    if slip.character == ":":
        return _Said("a name is missing before this colon", "write name: value", slip.line, slip.column)
    if slip.first_on_line and "document start" not in slip.problem:
        message = "the indentation of this line fits none of the lines above"
        return _Said(message, "indent it by as much as the entries it belongs to", slip.line, slip.column, width)
    related: tuple[tuple[str, Origin], ...] = ()
    if slip.long_quote and slip.long_quote[1] == slip.line:
        related = (("a quote that ends on this line was opened at", slip.long_quote[0]),)
    message = "this follows a value that is already complete"
    fix = "put the whole value in quotes, or close the quote that was opened before" if related else ""
    return _Said(message, fix or "put the whole value in quotes", slip.line, slip.column, width, related)


def _anything(slip: _Slip) -> _Said:
    """What is left: the parser's own words."""
    message = f"this is not valid YAML: {slip.problem}"
    return _Said(message, "if this is meant as text, put it in quotes", slip.line, slip.column)
