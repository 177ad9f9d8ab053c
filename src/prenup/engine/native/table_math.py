"""exp and log in fewer instructions where the processor has AVX-512, which looks sixteen numbers up without memory.

Elsewhere they are those of `vector_math`. Errors, measured by the tests over the whole range: 2 units in the last place.
"""

from __future__ import annotations

import math

from prenup.engine.native.vector_math import (
    EIGHT,
    LN2_HIGH,
    LN2_LOW,
    Shape,
    Text,
    exponential,
    function_text,
    hex_double,
    logarithm,
    scaled,
)

_POWERS = tuple(2.0 ** (i / 16) for i in range(16))
_EXP_COEFFICIENTS = (0.5, 0.1666666666529896, 0.04166666666495703, 0.008333449817651228, 0.0013889034494096299)
"""Of (exp(r) - 1 - r) / r^2 up to |r| = log(2)/32: exp is within 3e-17. Chebyshev interpolation in 50 digits, as below."""

_RECIPROCALS = (
    1.0, 0.9142546361802215, 0.8648125277032502, 0.8205068089254838, 0.7804146000089391, 0.7442317827949134,
    0.7110795431404013, 0.6808630934799841, 1.3061227890191867, 1.2548411104774904, 1.2074848851177296, 1.163587112447614,
    1.122804593356786, 1.0847762651096948, 1.0491879252091565, 1.0,
)  # fmt: skip
_LOGARITHMS = (
    0.0, 0.08964615094530003, 0.1452425265187118, 0.19783306997882635, 0.24792996204203574, 0.2954027566516445,
    0.3409709804147782, 0.3843940305176924, -0.26706304559182614, -0.22700895937141388, -0.18853958896540104,
    -0.151507571991131, -0.11582965648117856, -0.08137375845660946, -0.04801646037512042, 0.0,
)  # fmt: skip
"""About 1 / c for the middles c of sixteenths of [1, 2), those above 1.5 halved, and their logarithms with the sign turned:
such that a logarithm is a double to a thousandth of its last place. Around 1 nothing is taken off."""

_LOG_COEFFICIENTS = (
    0.3333333333333472, -0.2500000000013507, 0.19999999978379482, -0.16666665775052422, 0.1428575960322798,
    -0.1250174070171421, 0.11095301751376306, -0.08983881289454602,
)  # fmt: skip
"""Of (log(1 + f) - f + f^2 / 2) / f^3 for f from -1/32 to 1/16: log is within 6e-17."""

_FROM_3_4_OR_NOTHING = 11
"""How to take a fraction: from 3/4 to 3/2, not-a-number for what is negative."""


def quick_exponential(t: Text, argument: str) -> str:
    """exp(x) = 2^n * exp(r), where n is a number of sixteenths and |r| <= log(2)/32.

    Far out 2^n is nothing or infinite, and r any number. Where x is none, so is n.
    """
    if not t.shape.masks:
        return exponential(t, argument)
    s = t.shape
    magic = t.number(1.5 * 2.0**48)  # what is added to it is rounded to a sixteenth
    moved = t.fma(argument, t.number(math.log2(math.e)), magic)
    n = t.put(f"fsub {s.double} {moved}, {magic}")
    r = t.fma(n, t.number(-LN2_HIGH), argument)
    r = _of_size_one(t, t.fma(n, t.number(-LN2_LOW), r))
    p = t.fma(_polynomial(t, _EXP_COEFFICIENTS, r), t.op("fmul", r, r), r)
    power = _looked_up(t, _POWERS, t.put(f"bitcast {s.double} {moved} to {s.int64}"))
    return scaled(t, t.fma(power, p, power), n)


def quick_logarithm(t: Text, argument: str) -> str:
    """log(x) = k * log(2) + log(c) + log(1 + f), where c is one of sixteen; zero and infinity have k infinite."""
    if not t.shape.masks:
        return logarithm(t, argument)
    s = t.shape
    m = _of_each(t, "getmant", argument, f"i32 {_FROM_3_4_OR_NOTHING}, ")
    k = t.put(f"fsub {s.double} {_of_each(t, 'getexp', argument)}, {_of_each(t, 'getexp', m)}")
    sixteenth = t.put(f"lshr {s.int64} {t.put(f'bitcast {s.double} {m} to {s.int64}')}, {s.integer(48)}")
    f = t.fma(m, _looked_up(t, _RECIPROCALS, sixteenth), t.number(-1.0))
    inner = t.fma(_polynomial(t, _LOG_COEFFICIENTS, f), f, t.number(-0.5))
    near = t.fma(k, t.number(LN2_LOW), t.fma(inner, t.op("fmul", f, f), f))
    return t.op("fadd", t.fma(k, t.number(LN2_HIGH), _looked_up(t, _LOGARITHMS, sixteenth)), near)


def exp_function(shape: Shape) -> str:
    """The function exp."""
    t = Text(shape)
    return function_text("exp", shape, "%x", t, quick_exponential(t, "%x"))


def log_function(shape: Shape) -> str:
    """The function log."""
    t = Text(shape)
    return function_text("log", shape, "%x", t, quick_logarithm(t, "%x"))


def _polynomial(t: Text, coefficients: tuple[float, ...], x: str) -> str:
    """A polynomial, lowest power first."""
    total = t.number(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = t.fma(total, x, t.number(coefficient))
    return total


def _of_each(t: Text, what: str, x: str, how: str = "") -> str:
    """`getexp`: the whole number n with 2^n <= |x| < 2^(n + 1). `getmant`: the fraction. `range`: x or another number.

    `how` says which way of several.
    """
    call = f"call {EIGHT} @llvm.x86.avx512.mask.{what}.pd.512"
    return t.in_eights(lambda x: t.put(f"{call}({EIGHT} {x}, {how}{EIGHT} zeroinitializer, i8 -1, i32 4)"), ("double", x))


def _of_size_one(t: Text, x: str) -> str:
    """A number, or 1 with its sign where its size is more or it is none."""
    smaller = 2
    return _of_each(t, "range", x, f"{EIGHT} {Shape(8).constant(1.0)}, i32 {smaller}, ")


def _looked_up(t: Text, numbers: tuple[float, ...], place: str) -> str:
    """In each lane one of sixteen numbers: its place is in the lowest four bits."""
    low, high = ("<" + ", ".join(f"double {hex_double(n)}" for n in half) + ">" for half in (numbers[:8], numbers[8:]))
    call = f"call {EIGHT} @llvm.x86.avx512.vpermi2var.pd.512"
    return t.in_eights(lambda place: t.put(f"{call}({EIGHT} {low}, <8 x i64> {place}, {EIGHT} {high})"), ("i64", place))
