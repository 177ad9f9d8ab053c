"""Vesting over time, from OCF's chains of conditions to the one straight line that a deal file knows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from prenup.exchange._item import Item

Points = list[tuple[int, Fraction]]
"""Months since the start, and what part has vested by then."""

NOT_BY_TIME = (
    "Some grants vest on events, by days, or not along a straight line; they are taken as vested in full: {names}. "
    "Write `vesting` or `tranches` for them by hand."
)
NOT_STARTED = "Some grants have vesting terms that were never started; they are taken to start on the day of the grant: {names}."
IN_STEPS = "Some grants vest in steps longer than a month; they are taken to vest month by month: {names}."

MOST_CONDITIONS = 200
MOST_POINTS = 1_200
"""A hundred years of months."""


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _after(start: date, months: int) -> date:
    """The first day of the month so many months later: near enough to tell whether all has vested."""
    total = start.year * 12 + start.month - 1 + months
    return date(min(total // 12, 9999), total % 12 + 1, 1)


def _part(condition: Item, units: Fraction, so_far: Fraction) -> Fraction:
    """What part of the grant a condition vests."""
    if condition.has("portion"):
        portion = condition.ratio("portion") if condition.inner("portion").number("numerator") else Fraction(0)
        return portion * (1 - so_far) if condition.inner("portion").flag("remainder") else portion
    return condition.number("quantity") / units if condition.has("quantity") and units else Fraction(0)


def _from_terms(terms: Item, start: date, units: Fraction) -> Points | None:
    """The points of a chain of conditions; None where it is no chain in months."""
    conditions = {condition.text("id"): condition for condition in terms.inners("vesting_conditions")}
    starts = [c for c in conditions.values() if c.inner("trigger").data.get("type") == "VESTING_START_DATE"]
    if len(starts) != 1 or len(conditions) > MOST_CONDITIONS:
        return None
    current, month, so_far, points = starts[0], 0, Fraction(0), Points()
    so_far += _part(current, units, so_far)
    if so_far:
        points.append((0, so_far))
    for _ in range(len(conditions)):
        following = current.texts("next_condition_ids")
        if not following:
            return points
        if len(following) > 1 or following[0] not in conditions:
            return None
        previous, current = current, conditions[following[0]]
        trigger = current.inner("trigger")
        if trigger.data.get("type") == "VESTING_SCHEDULE_ABSOLUTE":
            length, times, month = 0, 1, _months(start, trigger.day("date"))
        elif trigger.data.get("type") == "VESTING_SCHEDULE_RELATIVE":
            period = trigger.inner("period")
            if period.data.get("type") != "MONTHS" or trigger.text("relative_to_condition_id") != previous.text("id"):
                return None
            length, times = int(period.number("length")), int(period.number("occurrences"))
        else:
            return None
        if times > MOST_POINTS or length > MOST_POINTS or abs(month) > MOST_POINTS:
            return None
        for _time in range(times):
            month, so_far = month + length, so_far + _part(current, units, so_far)
            points.append((month, so_far))
    return None


def _line(points: Points, slack: Fraction) -> tuple[int, int, int] | None:
    """Length, cliff and longest later step in months, of points on a straight line that ends at one."""
    if not points or any(later[0] <= earlier[0] for earlier, later in itertools.pairwise(points)):
        return None
    over = points[-1][0]
    if over <= 0 or points[0][0] <= 0 or abs(points[-1][1] - 1) > slack:
        return None
    if any(abs(part - Fraction(month, over)) > slack for month, part in points):
        return None
    steps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(points)]
    longest = max(steps, default=1)
    cliff = points[0][0] if not steps or points[0][0] > longest else 0
    return over, cliff, longest


def schedule(
    grant: Item, units: Fraction, terms: Mapping[str, Item], start: date | None, as_of: date
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """What a grant's `vesting` says in a deal file, None where all has vested, and notes of what that leaves out.

    `units` is what was granted, `start` the day on which the terms were started, if they were.

    Raises:
        ExchangeError: a field is missing or not what it should be.
    """
    granted = grant.day("date")
    listed = grant.inners("vestings")
    slack = Fraction(1, 1_000_000) + (1 / units if units else 0)
    points: Points | None
    found: list[str] = []
    if listed:
        start, points, so_far = start or granted, Points(), Fraction(0)
        for part in sorted(listed, key=lambda part: part.day("date")):
            so_far += part.number("amount") / units if units else 0
            points.append((_months(start, part.day("date")), so_far))
        if points[-1][0] <= 0:
            return None, ()
    elif grant.has("vesting_terms_id"):
        named = grant.text("vesting_terms_id")
        if named not in terms:
            raise grant.fault("vesting_terms_id", "the id of vesting terms in the package")
        if start is None:
            start = granted
            found.append(NOT_STARTED)
        points = _from_terms(terms[named], start, units)
        if points and points[-1][0] <= 0 and points[-1][1] >= 1 - slack:
            return None, ()
    else:
        return None, ()
    line = _line(points, slack) if points else None
    if line is None:
        return None, (NOT_BY_TIME,)
    over, cliff, longest = line
    if _after(start, over) <= as_of.replace(day=1):
        return None, ()
    if longest > 1 and longest < over:
        found.append(IN_STEPS)
    vesting: dict[str, Any] = {"from": start.isoformat(), "over": f"{over} months"}
    if cliff:
        vesting["cliff"] = f"{cliff} months"
    return vesting, tuple(found)
