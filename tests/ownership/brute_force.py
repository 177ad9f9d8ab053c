"""A slow referee for waterfalls: every profile of conversions is played out, and those are kept in which nobody would move.

It shares no method with `prenup.ownership.waterfall`. There is no price to solve for: in each profile, preferences are paid
by rank, then the price of a unit is raised from 0, step by step, until the money is gone; on the way options join at their
strikes and lines leave at their caps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from prenup.ownership.waterfall import Line

TOLERANCE = 1e-9

Profile = tuple[bool, ...]


def equilibria(lines: Sequence[Line], proceeds: float) -> list[list[float]]:
    """The payouts of every profile of conversions in which no line gains by changing its own choice alone."""
    choices = [(False, True) if line.converts else (False,) for line in lines]
    played = {profile: play(lines, proceeds, profile) for profile in product(*choices)}
    return [paid for profile, paid in played.items() if is_stable(profile, played, proceeds)]


def is_stable(profile: Profile, played: dict[Profile, list[float]], proceeds: float) -> bool:
    for row, choice in enumerate(profile):
        other = played.get((*profile[:row], not choice, *profile[row + 1 :]))
        if other is not None and other[row] > played[profile][row] + TOLERANCE * (1.0 + proceeds):
            return False
    return True


def play(lines: Sequence[Line], proceeds: float, profile: Profile) -> list[float]:
    """What each line is paid where those of `profile` convert; what nobody may have goes to the residual line, if any."""
    paid = [0.0] * len(lines)
    left = proceeds
    for seniority in sorted({line.seniority for line in lines}, reverse=True):
        due = {
            row: min(float(line.preference), float(line.cap))
            for row, line in enumerate(lines)
            if line.seniority == seniority and not profile[row]
        }
        owed = sum(due.values())
        for row, amount in due.items():
            paid[row] = amount * min(1.0, left / owed) if owed else 0.0
        left = max(0.0, left - owed)
    left = share(lines, profile, paid, left)
    for row, line in enumerate(lines):
        if line.residual:
            paid[row] += left
    return paid


def share(lines: Sequence[Line], profile: Profile, paid: list[float], left: float) -> float:
    """Shares what is left by units, adding to `paid`; gives what nobody may have."""
    units = [float(line.converts) if converted else float(line.shares) for line, converted in zip(lines, profile, strict=True)]
    strikes = [0.0 if converted else float(line.strike) for line, converted in zip(lines, profile, strict=True)]
    rooms = [
        math.inf if converted else max(0.0, float(line.cap) - amount)
        for line, converted, amount in zip(lines, profile, paid, strict=True)
    ]
    price = 0.0
    waiting = {row for row, own in enumerate(units) if own > 0.0 and rooms[row] > 0.0 and strikes[row] < math.inf}
    sharing: set[int] = set()
    while left > 0.0 and (waiting or sharing):
        joining = {row for row in waiting if strikes[row] <= price}
        waiting -= joining
        sharing |= joining
        if not sharing:
            price = min(strikes[row] for row in waiting)
            continue
        together = sum(units[row] for row in sharing)
        steps = [rooms[row] / units[row] for row in sharing] + [strikes[row] - price for row in waiting] + [left / together]
        step = min(steps)
        price += step
        for row in sharing:
            paid[row] += units[row] * step
            rooms[row] -= units[row] * step
        left = 0.0 if step == left / together else left - together * step
        sharing = {row for row in sharing if rooms[row] > 1e-12 * paid[row]}
    return left
