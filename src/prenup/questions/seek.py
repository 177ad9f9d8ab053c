"""Goal seek: what one term has to be for a party's value, or a holder's share, to come out as wanted."""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prenup.base.problems import DealError, Log, Origin, Text, nearest
from prenup.base.quantity import Number, QuantityError, parse_quantity
from prenup.base.units import DATE, NUMBER, PER_YEAR, YEAR, base_unit
from prenup.deal.inventory import numbers
from prenup.deal.model import Deal
from prenup.deal.tree import Mapping, Scalar
from prenup.deal.variants import with_changes
from prenup.deal.write_sheet import write_sheet
from prenup.outcome.holdings import NoFigures, seen
from prenup.outcome.work_out import work_out
from prenup.questions._answer import Answer, in_words
from prenup.questions._question import AbstractQuestion, Asked
from prenup.sheet.sheet import Sheet

_TARGET = re.compile(r"\s*(?P<who>\w+)(?:\s+(?P<word>in|of)\s+(?P<company>\w+))?\s*=\s*(?P<what>[^=]+)")

TRIALS = 60
"""Runs of the deal at most."""

SPAN = 12
"""Steps of a factor of two, below and above what the term is now, in which the answer is looked for where nobody says."""


EDGE = 24
"""Halvings of the gap between a value that the deal may have and one that it may not."""

JUMP = 5e-4
"""What comes out may differ from the target by this part of it; where it differs by more, it jumps over the target."""


@dataclass(frozen=True, slots=True)
class Target:
    """What should come out: a party's mean value; a holder's share `in` a company; or what it gets `of` a company's exit."""

    who: str
    word: str
    company: str
    wanted: float
    is_part: bool


def target(text: str, units: frozenset[str]) -> Target:
    """A target as written: `microsoft = $50bn`, `microsoft in openai = 27%`, `employees of openai = 10%`.

    Raises:
        ValueError: it is not written so.
    """
    match = _TARGET.fullmatch(text)
    try:
        quantity = parse_quantity(match["what"], units) if match else None
    except QuantityError as fault:
        raise ValueError(f"{text}: {fault}; {fault.fix}") from None
    if match is None or quantity is None:
        raise ValueError(f"{text} is no target; write it like 'microsoft = $50bn' or 'microsoft in openai = 27%'")
    if quantity.value < 0 and match["word"]:
        raise ValueError(f"{text} is below zero, and nobody holds or is paid less than nothing")
    is_part = quantity.unit == NUMBER and ("%" in match["what"] or match["word"] == "in")
    if match["word"] == "in" and not (is_part and 0 <= quantity.value <= 1):
        raise ValueError(f"{text}: a share is a part of the whole; write it like 'microsoft in openai = 27%'")
    return Target(match["who"], match["word"] or "", match["company"] or "", quantity.value, is_part)


class Seek(AbstractQuestion):
    """The value of one number of the deal, by its dotted path, at which a target is met on the mean of all paths.

    `at` is the moment of a share, `exit_value` what an exit is worth, `between` the ends of the search.
    """

    name: ClassVar[str] = "seek"

    def __init__(
        self,
        path: str,
        goal: Target,
        at: str = "",
        exit_value: float | None = None,
        between: tuple[float, float] | None = None,
    ) -> None:
        self.path = path
        self.goal = goal
        self.at = at
        self.exit_value = exit_value
        self.between = between

    def answer(self, asked: Asked) -> Answer:
        """One sentence: what the number has to be, or that nothing in reach does it.

        Raises:
            ValueError: the path is no number of the deal, the target names nobody, or no value gives any figures.
            DealError: the deal has faults with every value.
        """
        deal = asked.deal
        known = {n.path: n for n in numbers(deal)}
        number = known.get(self.path)
        if number is None:
            close = nearest(self.path, known)
            raise ValueError(f"{self.path} is no number of the deal" + (f"; did you mean {close}?" if close else ""))
        self._check(deal)
        gaps: dict[float, float] = {}

        refused: list[Exception] = []

        def gap(value: float) -> float:
            value = float(round(value)) if number.unit == DATE else value
            if value not in gaps:
                try:
                    gaps[value] = self._outcome(asked, number, value) - self.goal.wanted
                except (DealError, NoFigures) as fault:  # the deal can't have this value, or nothing comes of it
                    refused.append(fault)
                    gaps[value] = math.nan
            return gaps[value]

        found = _solved(gap, _ends(number, self.between))
        gaps = {value: apart for value, apart in gaps.items() if math.isfinite(apart)}
        if not gaps:
            raise refused[0]
        near = JUMP * (abs(self.goal.wanted) or max(map(abs, gaps.values())))
        if found is not None and not abs(gap(found)) <= near:  # what comes out jumps there: over the target, or onto it
            best = min(gaps, key=lambda value: abs(gaps[value]))
            found = best if abs(gaps[best]) <= near else None
        title = f"What {self.path} has to be"
        wanted = in_words(self.goal.wanted, "share" if self.goal.is_part else "money", deal.currency)
        who = deal.party_title(self.goal.who)
        what = {"": f"is worth {wanted} to {who}", "in": f"gives {who} {wanted}", "of": f"pays {who} {wanted}"}[self.goal.word]
        now = written(number, number.value)
        if found is None:
            worst = min(gaps.items(), key=lambda pair: abs(pair[1]))
            nearest_ = in_words(worst[1] + self.goal.wanted, "share" if self.goal.is_part else "money", deal.currency)
            sentence = f"Nothing between {' and '.join(written(number, e) for e in _ends(number, self.between))} {what}; "
            return Answer(self.name, title, (sentence + f"the nearest is {nearest_}, at {written(number, worst[0])}.",))
        notes = (f"It is {now} in the deal. Mean over all paths; found in {len(gaps)} runs on the same draws.",)
        return Answer(self.name, title, (f"At {written(number, found)} the deal {what}.",), notes=notes)

    def _check(self, deal: Deal) -> None:
        goal = self.goal
        if not goal.word and goal.is_part:
            raise ValueError(f"what the deal is worth to {goal.who} is money, no part; write it like '{goal.who} = $50bn'")
        if goal.word and goal.company not in deal.cap_tables:
            raise ValueError(f"{goal.company} has no cap table; those that have: {', '.join(deal.cap_tables) or 'none'}")
        if not goal.word and goal.who not in deal.parties:
            raise ValueError(f"no party is called {goal.who}; the deal has {', '.join(deal.parties)}")
        if goal.word == "of" and self.exit_value is None:
            raise ValueError("what a holder gets of an exit needs its value; add --exit and a value")

    def _outcome(self, asked: Asked, number: Number, value: float) -> float:
        """What comes out where the number is `value`."""
        deal, sheet = _changed(asked.deal, self.path, written(number, value, exact=True))
        goal = self.goal
        if not goal.word:
            return work_out(deal, sheet, asked.settings, asked.run.variant).summary(goal.who).mean
        stood = seen(deal, sheet, goal.company, asked.settings, self.at).after
        if not stood.reached:
            raise NoFigures(f"{stood.text} is reached on no path")
        if goal.word == "in":
            if goal.who not in stood.everybody:
                raise ValueError(f"{goal.who} holds nothing of {goal.company}; those who do: {', '.join(stood.everybody)}")
            return float(np.mean(stood.share(goal.who)))
        assert self.exit_value is not None
        by_class, by_holder = stood.paid(self.exit_value)
        if goal.who not in by_holder and goal.who not in by_class:
            raise ValueError(f"{goal.who} is neither a holder nor a class of {goal.company}")
        paid = float(np.mean(by_holder[goal.who] if goal.who in by_holder else by_class[goal.who]))
        return paid / self.exit_value if goal.is_part else paid


def _changed(deal: Deal, path: str, text: str) -> tuple[Deal, Sheet]:
    """The deal with one number changed."""
    where = Origin(Text("<seek>", text), 1, 1, max(1, len(text)))
    log = Log()
    changed = with_changes(deal, Mapping(((Scalar(path, where), Scalar(text, where)),), where), log)
    sheet = write_sheet(changed, log) if changed is not None else None
    if changed is None or sheet is None:
        raise DealError(tuple(log))
    return changed, sheet


def written(number: Number, value: float, *, exact: bool = False) -> str:
    """A value as the deal would write it in the place of a number; to the cent and twelve figures unless it is to be `exact`."""
    if number.unit == DATE:
        return datetime.date.fromordinal(round(value)).isoformat()
    if number.unit == YEAR:
        return f"{value:.{17 if exact else 10}g} years"
    percent = "%" in number.text or "bp" in number.text
    figures = 17 if exact else 10 if percent else 12
    plain = f"{value * 100:.{figures}g}%" if percent else f"{value:.{figures}g}"
    if number.unit == PER_YEAR:
        return plain + "/yr"
    if number.unit == NUMBER:
        return plain
    *_, last = sorted(number.unit.names() - {"yr"}) or [""]
    per_year = "/yr" if number.unit.power("yr") == -1 else ""
    whole = number.unit == base_unit(last) or bool(per_year)
    digits = f"{value:.17g}" if exact else _digits(value)
    return f"{last} {digits}{per_year}" if whole else digits


def _digits(value: float) -> str:
    """Twelve figures, with commas, and without the noise of a search: cents of what is larger than ten."""
    return f"{value:,.2f}".removesuffix(".00") if abs(value) >= 10 else f"{value:.12g}"


def _ends(number: Number, between: tuple[float, float] | None) -> tuple[float, float]:
    """Where to look: between the ends that were given, or around what the number is now."""
    if between is not None:
        return between
    if number.unit == DATE:
        return number.value - 3_650, number.value + 3_650
    least, most = number.bounds
    low, high = (number.value * 2.0**-SPAN, number.value * 2.0**SPAN) if number.value > 0 else (0.0, 1.0)
    if number.value < 0:
        low, high = number.value * 2.0**SPAN, -number.value * 2.0**SPAN
    return low if least is None else max(low, least), high if most is None else min(high, most)


def _solved(gap: Callable[[float], float], ends: tuple[float, float]) -> float | None:
    """A place where the gap is zero: a coarse search for a change of sign, then halving with the secant (Illinois)."""
    low, high = ends
    if low > 0 and high / low > 16:
        grid = [float(x) for x in np.geomspace(low, high, 13)]
    else:
        grid = [float(x) for x in np.linspace(low, high, 9)]
    for (a, left), (b, right) in itertools.pairwise(_points(gap, grid)):
        if left == 0:
            return a
        if right == 0:
            return b
        if left * right < 0:
            return _between(gap, a, left, b, right)
    return None


def _points(gap: Callable[[float], float], grid: list[float]) -> Iterator[tuple[float, float]]:
    """Places that the deal may have and their gaps, one after the other: those of a grid, and where such places end."""
    for number, x in enumerate(grid):
        before = grid[max(number - 1, 0)]
        if math.isfinite(gap(x)) != math.isfinite(gap(before)):
            edge = _edge(gap, *((before, x) if math.isfinite(gap(x)) else (x, before)))
            yield edge, gap(edge)
        if math.isfinite(gap(x)):
            yield x, gap(x)


def _edge(gap: Callable[[float], float], wrong: float, right: float) -> float:
    """The last value that the deal may have between one that it may not have and one that it may."""
    for _ in range(EDGE):
        middle = (wrong + right) / 2
        wrong, right = (wrong, middle) if math.isfinite(gap(middle)) else (middle, right)
    return right


def _between(gap: Callable[[float], float], a: float, left: float, b: float, right: float) -> float:
    """The zero between two places of opposite sign."""
    side = 0
    for _ in range(TRIALS):
        middle = (a * right - b * left) / (right - left)
        here = gap(middle)
        if here == 0 or math.isnan(here) or abs(b - a) <= 1e-10 * max(abs(a), abs(b)):
            return middle
        if here * right > 0:
            b, right = middle, here
            left = left / 2 if side == -1 else left
            side = -1
        else:
            a, left = middle, here
            right = right / 2 if side == 1 else right
            side = 1
    return (a * right - b * left) / (right - left)
