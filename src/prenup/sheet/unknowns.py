"""What we don't know as equations: the value of a number at the uniform draw of its view of the deal."""

from __future__ import annotations

from collections.abc import Callable

from prenup.base.quantity import Number
from prenup.base.units import NUMBER, Unit
from prenup.sheet.expr import ZERO, Const, Expr, Op, View, call, least, most, where_

Z95 = 1.6448536269514722
"""The 95 % point of the normal distribution: a stated range is a 90 % interval."""

Parameter = Callable[[str, float, Unit], Expr]
"""Makes a parameter of the sheet from a name, a value and a unit."""


def quantile(name: str, number: Number, parameter: Parameter) -> Expr:
    """The number's value at a uniform draw: its median at one half. Ends and middles stay parameters of the sheet.

    A range with a middle is a normal distribution in two halves that meet at the middle, of the logarithm where the range is
    above zero. A draw outside what the field allows is taken to the bound.
    """
    spread = number.spread
    assert spread is not None
    u: Expr = View(name)
    n_values = len(spread.parameters)
    plain = {"lognormal": {1}, "choice": set(range(n_values // 2, n_values))}.get(spread.shape, set())
    parts = [parameter(f"{name}.{i}", value, NUMBER if i in plain else number.unit) for i, value in enumerate(spread.parameters)]
    if spread.shape == "interval":
        result = _interval(parts, u, positive=spread.parameters[0] > 0)
    elif spread.shape == "normal":
        result = parts[0] + parts[1] * call("ppf", u)
    elif spread.shape == "lognormal":
        result = parts[0] * call("exp", parts[1] * call("ppf", u))
    elif spread.shape == "uniform":
        result = parts[0] + (parts[1] - parts[0]) * u
    elif spread.shape == "triangular":
        result = _triangular(parts, u)
    else:
        result = _choice(parts, u)
    low, high = number.bounds
    if low is not None:
        result = most(result, Const(low, number.unit))
    if high is not None:
        result = least(result, Const(high, number.unit))
    return result


def _interval(parts: list[Expr], u: Expr, *, positive: bool) -> Expr:
    low, middle, high = parts
    z = call("ppf", u) / Z95
    down, up = most(-z, ZERO), most(z, ZERO)
    if positive:
        return middle * call("exp", call("log", low / middle) * down + call("log", high / middle) * up)
    return middle + (low - middle) * down + (high - middle) * up


def _triangular(parts: list[Expr], u: Expr) -> Expr:
    low, mode, high = parts
    turn = (mode - low) / (high - low)
    rise = low + (high - low) * call("sqrt", u * turn)
    fall = high - (high - low) * call("sqrt", (1.0 - u) * (1.0 - turn))
    return where_(Op("lt", (u, turn)), rise, fall)


def _choice(parts: list[Expr], u: Expr) -> Expr:
    """The first value whose weights so far reach the draw."""
    values, weights = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    reached: list[Expr] = [weights[0]]
    for weight in weights[1:-1]:
        reached.append(reached[-1] + weight)
    result = values[-1]
    for value, sum_so_far in zip(reversed(values[:-1]), reversed(reached), strict=True):
        result = where_(Op("lt", (u, sum_so_far)), value, result)
    return result
