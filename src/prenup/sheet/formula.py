"""Formulas as people write them in a deal file, parsed by a grammar into a small tree with places in the text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from prenup.base.problems import Log, Origin
from prenup.base.quantity import Number, Quantity, QuantityError, parse_quantity
from prenup.sheet.formula_faults import FormulaFault, explained

if TYPE_CHECKING:
    import lark

LONGEST = 2_000
"""Characters in a formula; a longer one belongs in several rows."""

MOST_SIGNS = 120
"""Signs, commas and words such as `and` in a formula."""

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


@functools.lru_cache(maxsize=16)
def _parser(units: frozenset[str]) -> lark.Lark:
    import lark

    words = "|".join(map(re.escape, sorted(units))) or "(?!)"
    grammar = resources.files("prenup.sheet").joinpath("formula.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar.replace("@UNITS@", words), parser="lalr", propagate_positions=True, maybe_placeholders=False)


def parse_formula(text: str, where: Origin | None, log: Log, units: frozenset[str] = frozenset()) -> Formula | None:
    """The formula that a text holds; None, with a problem in the log, where it holds none."""
    too_much = _too_much(text)
    if too_much:
        log.add("D230", too_much, where, why="nobody can check it by hand", fix="split it into several rows under rows:")
        return None
    try:
        return Formula(text, _root(text, units), where)
    except FormulaFault as fault:
        place = where.within(fault.start, fault.width) if where and where.width == len(text) and text else where
        log.add(fault.code, str(fault), place, why=fault.why, fix=fault.fix)
        return None


def _too_much(text: str) -> str:
    """What makes a formula too large to be read, by people and by the parser; empty if nothing does."""
    if len(text) > LONGEST:
        return f"this formula has {len(text):,} characters; {LONGEST:,} are allowed"
    if len(_SIGN.findall(text)) > MOST_SIGNS:
        return f"this formula has more than {MOST_SIGNS} signs and commas"
    if _depth(text) > DEEPEST:
        return f"brackets or signs stand inside one another more than {DEEPEST} deep"
    return ""


_SIGN = re.compile(r"[-+−*/×÷^<>=,]|\b(?:and|or|not)\b")


def _depth(text: str) -> int:
    """The deepest nesting that brackets, signs and powers can reach."""
    depth = deepest = run = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        run = run + 1 if character in "+-−^*" else (run if character.isspace() else 0)
        deepest = max(deepest, depth + run)
    return max(deepest, text.count("^") + text.count("**"), text.split().count("not"))


@functools.lru_cache(maxsize=4096)
def _root(text: str, units: frozenset[str]) -> Part:
    """The tree of a formula. Raises FormulaFault where the text is none."""
    import lark

    try:
        tree = _parser(units).parse(text)
    except lark.exceptions.UnexpectedInput as fault:
        at: int | None = getattr(fault, "pos_in_stream", None)
        token = getattr(fault, "token", None)
        if at is None or at < 0 or (token is not None and token.type == "$END"):
            at = len(text)
        raise explained(text, at, units) from None
    return _part(tree, units)


def _part(tree: Any, units: frozenset[str]) -> Part:
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
            why = "every number in a formula has a size and a unit"
            raise FormulaFault("D201", str(fault), start, end - start, why, fault.fix) from None
    words = [str(c) for c in tree.children if not hasattr(c, "data")]
    return _operator(word, words, [_part(c, units) for c in tree.children if hasattr(c, "data")], start, end)


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
