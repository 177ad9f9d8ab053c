"""Say in one sentence why a text is no formula, and how to mend it.

The parser only reports where it gave up. Here that is turned into what the writer most likely did: a word such as `of`
for a sign, a unit misspelt, a bracket left open.
"""

from __future__ import annotations

import re

from prenup.base.problems import nearest
from prenup.base.units import CURRENCIES, SCALE_WORDS, TIME_WORDS

_WHY = "a formula is read by a grammar, never guessed at"
_EXAMPLES = "write it like 20% * revenue, max(0, revenue - cost) or if(after(agi), 0, fee)"
_WORDS = {
    "of": "*", "times": "*", "less": "-", "minus": "-", "plus": "+", "over": "/", "per": "/", "is": "=",
    "&": "and", "&&": "and", "|": "or", "||": "or", "AND": "and", "OR": "or", "x": "*",
}  # fmt: skip
"""What people write for a sign."""


class FormulaFault(ValueError):
    """A text is no formula: a code, a sentence, the place in the text, the reason and the remedy."""

    def __init__(self, code: str, message: str, start: int, width: int, why: str, fix: str) -> None:
        self.code = code
        self.start = start
        self.width = max(1, width)
        self.why = why
        self.fix = fix
        super().__init__(message)


def explained(text: str, at: int, units: frozenset[str]) -> FormulaFault:
    """The fault behind a text that could not be read from character `at` on."""
    found = re.match(r"\w+|&&|\|\||.", text[at:], re.DOTALL)
    word = found.group() if found else ""
    opened = _open_bracket(text[:at])
    if not word:
        return _ended(text, opened)
    if word == ")" and opened is None:
        return FormulaFault("D231", "this bracket closes none", at, 1, _WHY, "take it out, or open one before")
    before = text[:at].rstrip()
    shown = word if word.isprintable() else repr(word)[1:-1]
    if word == "," and re.search(r"\d$", before) and re.match(r",\d{3}\b", text[at:]):
        return FormulaFault("D231", "a comma separates values in a formula", at, 1, _WHY, "write 1000 or 1_000 for 1,000")
    if re.search(r"[\w)%]$", before) and word in _WORDS:
        return FormulaFault("D231", f"{shown} is no sign of a formula", at, len(word), _WHY, f"write {_WORDS[word]} for {shown}")
    if re.search(r"[\d%]\s*$", before) and re.match(r"[^\W\d]", word):
        return _unit(word, shown, at, units)
    if re.search(r"[\w)%]$", before) and re.match(r"[\w(]", word):
        return _sign_missing(word, shown, at)
    if re.match(r"[),*/×÷^<>=]", word):
        return FormulaFault("D231", f"a value is missing before {shown}", at, len(word), _WHY, _EXAMPLES)
    message = f"the formula can't be read from {shown} on"
    return FormulaFault("D231", message, at, len(word), _WHY, _EXAMPLES)


def _sign_missing(word: str, shown: str, at: int) -> FormulaFault:
    return FormulaFault("D231", f"a sign is missing before {shown}", at, len(word), _WHY, "write + - * or / between the two")


def _open_bracket(text: str) -> int | None:
    """Where the last bracket stands that is still open."""
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _ended(text: str, opened: int | None) -> FormulaFault:
    """The text is over, and something is missing."""
    last = max(0, len(text.rstrip()) - 1)
    if re.search(r"[-+−*/×÷^<>=,(]\s*$|\b(?:and|or|not)\s*$", text) or not text.strip():
        after = re.search(r"(?:and|or|not|\S)\s*$", text)
        shown = f" after {after.group().strip()}" if after else ""
        return FormulaFault("D231", f"a value is missing{shown}", last, 1, _WHY, _EXAMPLES)
    if opened is not None:
        return FormulaFault("D231", "the bracket opened here is never closed", opened, 1, _WHY, "write ) where it ends")
    return FormulaFault("D231", "the formula ends too early", last, 1, _WHY, _EXAMPLES)


def _unit(word: str, shown: str, at: int, units: frozenset[str]) -> FormulaFault:
    """A word directly after a number: a unit that is misspelt, or a second one."""
    if word in units or word.removesuffix("s") in units:
        return _sign_missing(word, shown, at)
    close = nearest(word, [*SCALE_WORDS, *TIME_WORDS, *CURRENCIES, "shares", "and", "or", *units])
    fix = f"write {close}" if close else "write * between a number and a name; list units of the deal under deal: units:"
    return FormulaFault("D231", f"{shown} is neither a size such as bn nor a unit", at, len(word), _WHY, fix)
