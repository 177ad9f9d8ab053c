"""What each class of a company's claims is worth today: options on the whole company, one for each breakpoint.

Every dollar of proceeds between two breakpoints is shared in the same parts. Its value is that of two call options on all
equity, one bought and one sold, struck at the breakpoints. That is the option-pricing method of valuers.

Source: F. Black and M. Scholes, The Pricing of Options and Corporate Liabilities (1973); AICPA, Valuation of Privately-
Held-Company Equity Securities Issued as Compensation (2013), on the option-pricing method and on backsolving.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from prenup.ownership.waterfall import ROUNDING, Array, Breakpoint, Line, Numbers, breakpoints

HALF = math.sqrt(0.5)
HALF_REST = -4.833646656726457e-17
"""The square root of one half is HALF + HALF_REST: more digits than a float has."""
SPLIT = 134217729.0
"""2^27 + 1 splits a float into two halves whose products are exact (T. J. Dekker, 1971)."""

_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(x: Numbers) -> Array:
    """The share of a standard normal variable below each `x`, in its shape, to a few 1e-16 of its size in both tails.

    NaN gives NaN. The error function is as exact as its argument, which in the far tail is not exact enough: the rounding of
    x / √2 is worked out and put right to first order.
    """
    x = np.clip(np.asarray(x, dtype=np.float64), -40.0, 40.0)
    z = -x * HALF
    upper = SPLIT * -x
    upper = upper - (upper + x)
    lower = -x - upper
    half_upper = SPLIT * HALF - (SPLIT * HALF - HALF)
    half_lower = HALF - half_upper
    rounding = ((upper * half_upper - z) + upper * half_lower + lower * half_upper) + lower * half_lower
    missing = rounding - x * HALF_REST
    tail = np.asarray(_erfc(z), dtype=np.float64)
    return np.asarray(0.5 * (tail - 2.0 / math.sqrt(math.pi) * np.exp(-z * z) * missing))


def call(spot: Numbers, strike: Numbers, volatility: Numbers, years: Numbers, rate: Numbers) -> Array:
    """The value of the right to pay `strike` for the asset at the end of `years`: money, in the shape all broadcast to.

    Volatility is a year's, the rate is compounded continuously. A strike of 0 gives the asset itself; no volatility or no time
    gives what exercising is worth, discounted. ValueError for a negative number (the rate may be) or NaN.
    """
    spot, discounted, is_certain, upper, lower = _black_scholes(spot, strike, volatility, years, rate)
    with np.errstate(invalid="ignore"):
        chancy = spot * normal_cdf(upper) - discounted * normal_cdf(lower)
    return np.where(is_certain, np.maximum(spot - discounted, 0.0), chancy)


def put(spot: Numbers, strike: Numbers, volatility: Numbers, years: Numbers, rate: Numbers) -> Array:
    """The value of the right to be paid `strike` for the asset at the end of `years`: money; edges and errors as `call`."""
    spot, discounted, is_certain, upper, lower = _black_scholes(spot, strike, volatility, years, rate)
    with np.errstate(invalid="ignore"):
        chancy = discounted * normal_cdf(-lower) - spot * normal_cdf(-upper)
    return np.where(is_certain, np.maximum(discounted - spot, 0.0), chancy)


def delta(spot: Numbers, strike: Numbers, volatility: Numbers, years: Numbers, rate: Numbers) -> Array:
    """By how much `call` rises for each dollar of `spot`: 0 to 1. Where nothing is left to chance, it is 0 or 1."""
    spot, discounted, is_certain, upper, _ = _black_scholes(spot, strike, volatility, years, rate)
    surely = np.where((spot > discounted) | (discounted == 0.0), 1.0, 0.0)
    return np.where(is_certain, surely, normal_cdf(np.where(is_certain, 0.0, upper)))


def _black_scholes(
    spot: Numbers, strike: Numbers, volatility: Numbers, years: Numbers, rate: Numbers
) -> tuple[Array, Array, Array, Array, Array]:
    """The spot, the discounted strike, whether the outcome is certain, d1 and d2: all of one shape."""
    numbers = [np.asarray(number, dtype=np.float64) for number in (spot, strike, volatility, years, rate)]
    names = ("spot", "strike", "volatility", "years", "rate")
    for name, number in zip(names, numbers, strict=True):
        if np.any(np.isnan(number)) or (name != "rate" and np.any(number < 0.0)):
            raise ValueError(f"{name} must be a number, and not negative")
    asset, at, deviation_a_year, time, interest = np.broadcast_arrays(*numbers)
    discounted = at * np.exp(-interest * time)
    deviation = deviation_a_year * np.sqrt(time)
    is_certain = (deviation == 0.0) | (asset == 0.0) | (at == 0.0) | np.isinf(at)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        upper = np.log(asset / discounted) / deviation + 0.5 * deviation
    return asset, discounted, is_certain, upper, upper - deviation


def allocate(lines: Sequence[Line], equity: Numbers, volatility: Numbers, years: Numbers, rate: Numbers) -> dict[str, Array]:
    """What each line is worth today, by its name, where the whole company is worth `equity`: money; the sum is `equity`.

    The lines have one number each; the rest may be arrays, one number a view: each value has the shape they broadcast to.
    ValueError as `breakpoints` and `call`, and where nobody may have the proceeds above some amount.
    """
    found = allocate_by(breakpoints(lines), equity, volatility, years, rate)
    nothing = np.zeros(np.broadcast_shapes(*(np.shape(number) for number in (equity, volatility, years, rate))))
    return {line.name: found.get(line.name, nothing) for line in lines}


def allocate_by(
    points: Sequence[Breakpoint], equity: Numbers, volatility: Numbers, years: Numbers, rate: Numbers
) -> dict[str, Array]:
    """`allocate` from a table of breakpoints, whose proceeds and shares may be arrays too: money, by name.

    ValueError as `call`, and where the table doesn't begin at 0 or shares out more or less than all of a dollar.
    """
    _check_whole(points)
    calls = [*(call(equity, point.proceeds, volatility, years, rate) for point in points), np.zeros(())]
    found: dict[str, Array] = {}
    for point, here, above in zip(points, calls[:-1], calls[1:], strict=True):
        for name, share in point.share.items():
            found[name] = found.get(name, np.zeros(())) + share * (here - above)
    shape = np.broadcast_shapes(*(value.shape for value in found.values()))
    return {name: np.broadcast_to(value, shape) for name, value in found.items()}


def _check_whole(points: Sequence[Breakpoint]) -> None:
    """ValueError where a table doesn't begin at 0, or shares out more or less than all of a dollar."""
    if not points or np.any(np.asarray(points[0].proceeds) != 0.0):
        raise ValueError("a table of breakpoints must begin at proceeds of 0")
    for point in points:
        parts = np.asarray(sum(point.share.values()))
        if np.any(np.isfinite(point.proceeds) & (np.abs(parts - 1.0) > ROUNDING)):
            raise ValueError(f"the shares above proceeds of {point.proceeds} add up to {parts}, not 1 ({point.what})")


def backsolve(
    lines: Sequence[Line], name: str, units: float, price_per_unit: float, volatility: float, years: float, rate: float
) -> float:
    """The equity value at which `units` of the line called `name` are worth `price_per_unit` each: money.

    The value of a line never falls as equity rises, so there is one answer; only without volatility there may be many,
    and it is the lowest. It is found to the last few digits.

    ValueError as `allocate`, for a line of another name, for units or prices that are negative, for no units, and where no
    equity value gives this price, because a line that is capped can't be worth so much.
    """
    if not (0.0 < units < math.inf and 0.0 <= price_per_unit < math.inf):
        raise ValueError("backsolving needs a number of units above 0, and a price that isn't negative")
    if name not in {line.name for line in lines}:
        raise ValueError(f"no line is called {name}")
    points = breakpoints(lines)
    _check_whole(points)
    strikes = np.array([point.proceeds for point in points])
    shares = np.array([point.share.get(name, 0.0) for point in points])
    target = units * price_per_unit
    widths = np.diff(strikes, append=math.inf)
    most = float(shares[shares > 0.0] @ widths[shares > 0.0]) * math.exp(-rate * years)
    if target > most or (target == most > 0.0 and volatility * years > 0.0):
        raise ValueError(
            f"no equity value makes {name} worth {price_per_unit:.15g} a unit: it is always worth less than {most / units:.15g}"
        )

    def worth(equity: float) -> float:
        return float(shares @ -np.diff(call(equity, strikes, volatility, years, rate), append=0.0))

    def rise(equity: float) -> float:
        return float(shares @ -np.diff(delta(equity, strikes, volatility, years, rate), append=0.0))

    return _rising_root(worth, rise, target) if target else 0.0


def _rising_root(value: Callable[[float], float], slope: Callable[[float], float], target: float) -> float:
    """The lowest x at which `value`, which never falls from 0 at 0, is `target`: Newton's steps inside a bracket.

    Every third step halves the bracket, so that it closes whatever the shape. ValueError where no float is large enough.
    """
    low, high = 0.0, target
    while value(high) < target:
        low, high = high, 2.0 * high
        if math.isinf(high):
            raise ValueError(f"no equity value that a computer can hold is worth {target:.15g} to this line")
    x = high
    for count in range(200):
        gap, rise = value(x) - target, slope(x)
        newton = x - gap / rise if rise > 0.0 else math.inf
        if abs(newton - x) <= 4e-16 * x:
            return newton
        low, high = (x, high) if gap < 0.0 else (low, x)
        if high - low <= 4e-16 * high:
            return high
        x = newton if low < newton < high and count % 3 != 2 else 0.5 * (low + high)
    return high
