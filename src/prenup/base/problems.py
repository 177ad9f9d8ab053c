"""A fault in what the user wrote is a value: where it stands, what was expected, and how to mend it.

Nothing below the front doors raises for bad input. A stage is handed a `Log`, adds what it finds and goes on, so that
a person sees all the faults of a file at once. The front door raises `DealError`, which carries every one of them.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

LONGEST_NAME = 80
"""Characters in a name for which a similar one is looked for; the search grows with their square."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read, kept so that an error can show the line it speaks of."""

    name: str
    content: str = field(repr=False, default="")

    def line(self, number: int) -> str:
        """Line `number`, counted from 1; empty past the end."""
        lines = _lines(self.content)
        return lines[number - 1] if 0 < number <= len(lines) else ""


@functools.lru_cache(maxsize=8)
def _lines(content: str) -> list[str]:
    """The lines of a text; many problems speak of the same one."""
    return content.splitlines()


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a text: line and column count from 1, `width` is how many characters are meant."""

    text: Text
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.text.name}:{self.line}:{self.column}"

    def within(self, offset: int, width: int) -> Origin:
        """The part of a one-line place that starts `offset` characters in."""
        return replace(self, column=self.column + offset, width=max(1, width))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a code, a sentence, an address, the reason it matters, and a remedy."""

    code: str
    message: str
    where: Origin | None = None
    why: str = ""
    fix: str = ""
    related: tuple[tuple[str, Origin], ...] = ()
    severity: str = "error"

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """The problem as a person reads it, with the line and a caret under what is meant."""
        head = f"{self.where}  " if self.where else ""
        lines = [f"{head}{self.code}  {self.message}"]
        if self.where:
            lines += excerpt(self.where)
        for label, place in self.related:
            lines.append(f"  {label} {place}")
            lines += excerpt(place)
        if self.why:
            lines.append(f"  why  {self.why}")
        if self.fix:
            lines.append(f"  try  {self.fix}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The same problem for a program: file, line and column are null where there is no address."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "file": self.where.text.name if self.where else None,
            "line": self.where.line if self.where else None,
            "column": self.where.column if self.where else None,
            "width": self.where.width if self.where else None,
            "why": self.why,
            "try": self.fix,
            "related": [
                {"label": label, "file": place.text.name, "line": place.line, "column": place.column, "width": place.width}
                for label, place in self.related
            ],
        }


def excerpt(place: Origin) -> list[str]:
    """The line at `place` and a row of carets under it; a long line is cut around the place."""
    start = place.column - 1
    cut = max(0, start - 60)
    line = place.text.line(place.line)[cut : cut + 100].replace("\t", " ")
    shown = "".join(c if c.isprintable() else "·" for c in line)
    if not shown:
        return []
    width = max(1, min(place.width, len(shown) - (start - cut)))
    gutter = f"{place.line:>5} | "
    return [gutter + shown, " " * (len(gutter) - 2) + "| " + " " * (start - cut) + "^" * width]


class Log:
    """The problems met so far, in the order in which they were met."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, str, Origin | None], Problem] = {}
        self._n_errors = 0

    def add(
        self,
        code: str,
        message: str,
        where: Origin | None = None,
        *,
        why: str = "",
        fix: str = "",
        related: tuple[tuple[str, Origin], ...] = (),
        severity: str = "error",
    ) -> None:
        """Record one problem; the same words at the same place are recorded once."""
        self.extend([Problem(code, message, where, why, fix, related, severity)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Record several."""
        for problem in problems:
            key = (problem.code, problem.message, problem.where)
            if key not in self._problems:
                self._problems[key] = problem
                self._n_errors += problem.severity == "error"

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._problems)

    @property
    def n_errors(self) -> int:
        """How many of them stop the work."""
        return self._n_errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Those that stop the work, in the order of the file."""
        return tuple(p for p in self.sorted() if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Those that a person should know of, in the order of the file."""
        return tuple(p for p in self.sorted() if p.severity != "error")

    def sorted(self) -> list[Problem]:
        """In the order of the file; those without an address come last, as met."""

        def key(item: tuple[int, Problem]) -> tuple[str, int, int, int]:
            met, problem = item
            if problem.where is None:
                return ("\uffff", 0, 0, met)
            return (problem.where.text.name, problem.where.line, problem.where.column, met)

        return [problem for _, problem in sorted(enumerate(self._problems.values()), key=key)]

    def stop_on_errors(self) -> None:
        """Raise `DealError` with everything met so far, if any of it is an error."""
        if self.n_errors:
            raise DealError(tuple(self))


class DealError(Exception):
    """The input can't be used. `problems` holds every fault found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n\n".join(p.render() for p in self.problems)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None where nothing is near."""
    if len(name) > LONGEST_NAME:
        return None
    close = difflib.get_close_matches(name, [k for k in known if len(k) <= LONGEST_NAME], n=1, cutoff=0.6)
    return close[0] if close else None
