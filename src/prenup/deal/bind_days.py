"""Days of a deal file: a day, a month or a year, the day of the deal's knowledge, and the clock."""

from __future__ import annotations

import calendar
import datetime
import re

from prenup.base.calendar import Calendar
from prenup.base.problems import Log
from prenup.base.wording import shortened
from prenup.deal.tree import Mapping, Node, Scalar

LONGEST_MONTHS = 600
"""Months in a clock."""

_USAGE = "write clock: {from: 2025-01-01, months: 60}"
_WHY = "it says which months are looked at"
_YEAR = re.compile(r"\d{4}")


def read_day(node: Scalar, log: Log) -> datetime.date | None:
    """A day; a bare year means its last day, a year and month the month's last day."""
    try:
        if _YEAR.fullmatch(node.text):
            return datetime.date(int(node.text), 12, 31)
        if re.fullmatch(r"\d{4}-\d{2}", node.text):
            year, month = int(node.text[:4]), int(node.text[5:])
            return datetime.date(year, month, calendar.monthrange(year, month)[1])
        return datetime.date.fromisoformat(node.text)
    except ValueError:  # covers calendar.IllegalMonthError
        log.add(
            "D213",
            f"{shortened(node.text) or 'an empty place'} is not a date",
            node.where,
            why="it has its place in the calendar",
            fix="write a day such as 2025-12-31, a month or a year",
        )
        return None


def read_as_of(tree: Mapping, log: Log) -> datetime.date | None:
    """The day after which no source may be dated; None where the file sets none."""
    node = tree.get("as_of")
    if node is None:
        return None
    try:
        return datetime.date.fromisoformat(node.text if isinstance(node, Scalar) else "")
    except ValueError:
        log.add(
            "D213",
            "as_of is not a day",
            node.where,
            why="it is the day up to which sources are used",
            fix="write as_of: 2024-10-19",
        )
        return None


def read_clock(tree: Mapping, log: Log) -> Calendar | None:
    """The months that are looked at; None, with a problem in the log, where the file does not say."""
    node = tree.get("clock")
    if not isinstance(node, Mapping):
        log.add(
            "D217",
            "the file has no clock: section" if node is None else "the clock is not written as fields",
            node.where if node is not None else tree.where,
            why=_WHY,
            fix=_USAGE,
        )
        return None
    for key, _ in node.entries:
        if key.text not in ("from", "months", "until"):
            log.add("D202", f"clock has no field {shortened(key.text)}", key.where, why="it has from, months, until", fix=_USAGE)
    start, until, months = node.get("from"), node.get("until"), node.get("months")
    if not isinstance(start, Scalar) or (months is None) == (until is None):
        said = "" if isinstance(start, Scalar) else "from, and "
        log.add("D217", f"the clock needs {said}either months or until", node.where, why=_WHY, fix=_USAGE)
        return None
    first = read_day(start, log)
    if first is None:
        return None
    if re.fullmatch(r"\d{4}(-\d{2})?", start.text):  # a year or a month as a beginning is its first day
        first = first.replace(month=1 if len(start.text) == 4 else first.month, day=1)
    end = months if until is None else until
    assert end is not None
    return _counted(first, start, end, log, is_day=until is not None)


def _counted(first: datetime.date, start: Scalar, end: Node, log: Log, *, is_day: bool) -> Calendar | None:
    """The months from a first day until a day, or as many as are written."""
    if is_day and isinstance(end, Scalar):
        last = read_day(end, log)
        if last is None:
            return None
        count = Calendar(first, 1).index_of(last) + 1
    else:
        count = int(end.text) if isinstance(end, Scalar) and re.fullmatch(r"[0-9]{1,6}", end.text) else 0
    if first.year < 1900 or first.year > 9900:
        message = f"the clock begins in the year {first.year}; 1900 to 9900 are allowed"
        log.add("D217", message, start.where, why=_WHY, fix=_USAGE)
    elif count < 1 and is_day and isinstance(end, Scalar):
        log.add("D217", f"the clock ends before it begins on {first}", end.where, why=_WHY, fix="write a later until")
    elif not 1 <= count <= LONGEST_MONTHS:
        said = "until is not a day" if is_day else "months is not a whole number of months"
        message = f"the clock runs for {count:,} months; 1 to {LONGEST_MONTHS} are allowed" if count else said
        log.add("D217", message, end.where, why="every row is worked out every month", fix=_USAGE)
    else:
        return Calendar(first, count)
    return None
