"""Formulas as people write them in a deal file, parsed by a grammar into a small tree with places in the text."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from prenup.base.problems import Log, Origin
from prenup.base.quantity import Number, Quantity, QuantityError, parse_quantity

if TYPE_CHECKING:
    import lark

LONGEST = 2_000
"""Characters in a formula; a longer one belongs in several rows."""

MOST_SIGNS = 120
"""Arithmetic signs in a formula."""

DEEPEST = 60
"""Brackets within brackets."""


@dataclass(frozen=True, slots=True)
class Part:
    """A node: `what` is quantity, name, call or an operator; `text` its word; `start` and `end` its place in the formula."""

    what: str
    text: str
    parts: tuple[Part, ...] = ()
    quantity: Quantity | None = None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula. Equal to another if they say the same, wherever they stand."""

    text: str = field(compare=False)
    root: Part
    where: Origin | None = field(default=None, compare=False, repr=False)

    def place(self, part: Part) -> Origin | None:
        """Where a part of the formula stands in the file."""
        if self.where is None:
            return None
        if self.where.width != len(self.text):
            return self.where
        return self.where.within(part.start, part.end - part.start)

    def names(self) -> Iterator[str]:
        """Every name that is used, function names left out."""
        stack = [self.root]
        while stack:
            part = stack.pop()
            if part.what == "name":
                yield part.text
            stack.extend(part.parts)


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that changes on the way: each step holds from its condition on, the last one reached wins."""

    first: Number | Formula
    steps: tuple[tuple[Formula, Number | Formula], ...]
    path: str = field(default="", compare=False)


Value = Number | Formula | Changed
"""What a field for an amount, a rate or a base may hold."""


@functools.cache
def _parser() -> lark.Lark:
    import lark

    grammar = resources.files("prenup.sheet").joinpath("formula.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def parse_formula(text: str, where: Origin | None, log: Log, units: frozenset[str] = frozenset()) -> Formula | None:
    """The formula that a text holds; None, with a problem in the log, where it holds none."""
    if len(text) > LONGEST:
        log.add("D230", f"a formula of {len(text)} characters; {LONGEST} are allowed", where,
                why="nobody can check a longer one by hand", fix="split it into several rows under rows:")
        return None
    if sum(text.count(sign) for sign in "+-−*/×÷") > MOST_SIGNS:
        log.add("D230", f"a formula with more than {MOST_SIGNS} signs", where,
                why="nobody can check a longer one by hand", fix="split it into several rows under rows:")
        return None
    if _depth(text) > DEEPEST:
        log.add("D230", f"brackets nested deeper than {DEEPEST}", where,
                why="nobody can check it by hand", fix="split it into several rows under rows:")
        return None
    import lark

    try:
        tree = _parser().parse(text)
    except lark.exceptions.UnexpectedInput as fault:
        _explain(fault, text, where, log)
        return None
    root = _part(tree, units, text, where, log)
    return Formula(text, root, where) if root else None


def _depth(text: str) -> int:
    """The deepest nesting that brackets, signs and powers can reach."""
    depth = deepest = run = 0
    for character in text:
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        run = run + 1 if character in "+-−^*" else (run if character.isspace() else 0)
        deepest = max(deepest, depth + run)
    return max(deepest, text.count("^") + text.count("**"), len([w for w in text.split() if w == "not"]))


def _explain(fault: Any, text: str, where: Origin | None, log: Log) -> None:
    """Turn the parser's complaint into one sentence with a place."""
    at = getattr(fault, "pos_in_stream", None)
    token = getattr(fault, "token", None)
    if at is None or at < 0 or (token is not None and token.type == "$END"):
        at = len(text)
    place = where.within(min(at, len(text) - 1), 1) if where and where.width == len(text) and text else where
    rest = text[at : at + 20].split()
    if not rest:
        message = "the formula ends too early"
    else:
        message = f"the formula can't be read from {rest[0]!r} on"
    log.add("D231", message, place, why="a formula is read by a grammar, never guessed at",
            fix="write it like 20% * revenue, max(0, revenue - cost) or if(after(agi), 0, fee)")


def _part(tree: Any, units: frozenset[str], text: str, where: Origin | None, log: Log) -> Part | None:
    """The parser's tree as ours; quantities are read here so that a bad one has its place."""
    word = str(tree.data)
    start, end = getattr(tree.meta, "start_pos", 0), getattr(tree.meta, "end_pos", 0)
    if word in ("quantity", "name"):
        token = str(tree.children[0])
        if word == "name":
            return Part("name", token, start=start, end=end)
        try:
            return Part("quantity", token, quantity=parse_quantity(token, units), start=start, end=end)
        except QuantityError as fault:
            place = where.within(start, end - start) if where and where.width == len(text) else where
            log.add("D201", str(fault), place, why="every number in a formula has a unit", fix=fault.fix)
            return None
    words = [str(c) for c in tree.children if not hasattr(c, "data")]
    parts = [_part(c, units, text, where, log) for c in tree.children if hasattr(c, "data")]
    if any(p is None for p in parts):
        return None
    known = [p for p in parts if p is not None]
    return _operator(word, words, known, start, end)


def _operator(word: str, words: list[str], parts: list[Part], start: int, end: int) -> Part:
    """A chain such as `a + b - c` as nested pairs; a call with its name."""
    if word == "call":
        return Part("call", words[0], tuple(parts), start=start, end=end)
    if word in ("any_of", "all_of"):
        words = ["or" if word == "any_of" else "and"] * (len(parts) - 1)
    if word == "negated":
        return Part("operator", "not", tuple(parts), start=start, end=end)
    if word == "signed":
        return parts[0] if words[0] == "+" else Part("operator", "neg", tuple(parts), start=start, end=end)
    result = parts[0]
    for sign, part in zip(words, parts[1:], strict=True):
        result = Part("operator", _SIGNS.get(sign, sign), (result, part), start=start, end=part.end)
    return result


_SIGNS = {
    "+": "add", "-": "sub", "−": "sub", "*": "mul", "×": "mul", "/": "div", "÷": "div", "**": "pow", "^": "pow",
    "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "=": "eq", "!=": "ne",
}  # fmt: skip
