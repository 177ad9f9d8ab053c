"""exp, log, power and the inverse normal as polynomials in LLVM's language, for one number or for a vector of them.

None branches but the inverse normal, which goes another way where a number of a vector lies far out: about once in a hundred.

Errors against exact results, measured by the tests over the whole range: exp and log 2 units in the last place, power 1e-13
relative where the result is below 1e13, the inverse normal 1e-14. Not-a-number in gives not-a-number out; infinities and zero
come out as in NumPy.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prenup.engine.normal import FAR, FAR_RATIO, TAIL_RATIO

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG_COEFFICIENTS = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
"""Remez coefficients of log(1 + f) in s = f / (2 + f), as published with fdlibm (e_log.c, Sun Microsystems, 1993)."""


_EXP_COEFFICIENTS = (
    1.0, 1.0, 0.5000000000000001, 0.1666666666666667, 0.04166666666662382, 0.008333333333326082, 0.0013888888917368964,
    0.00019841269875003973, 2.4801521055364205e-05, 2.7557255168123062e-06, 2.76202026313159e-07, 2.5105313423078524e-08,
)  # fmt: skip
"""Of exp(r) in powers of r up to |r| = log(2)/2, within 2e-17 of it: Chebyshev interpolation in 40 digits."""

_SINE = (
    6.283185307179586, -41.341702240399634, 81.60524927594804, -76.70585970427454, 42.058685020160894, -15.093804209987114,
    3.7808689593022957,
)  # fmt: skip
_COSINE = (
    1.0, -19.73920880217842, 64.93939402236538, -85.45681709034115, 60.24462008593029, -26.42425703488269, 7.810290968144191,
)  # fmt: skip
"""Of the sine of a part of a turn, over that part, and of its cosine: in powers of its square, up to an eighth of a turn,
within 2e-16 of them. Chebyshev interpolation in 50 digits."""

_NEAR = 0.002 * 0.998
"""The least u (1 - u) in the middle of the normal distribution: all but four numbers in a thousand are there."""

_MIDDLE_TOP = (
    8.287087794479152, 111948.72536885219, 319880084.8380081, 322887899837.3058, 141252701675009.53,
    2.9684820933536772e16, 3.1668014918706314e18, 1.7617706991465565e20, 5.143702581511703e21, 7.78277761268903e22,
    5.893925128852534e23, 2.0881408158179359e24, 3.0484668861223395e24, 1.405221232084158e24, 9.116471531486098e22,
)  # fmt: skip
_MIDDLE_BOTTOM = (
    1.0, 15533.92074993756, 48921932.741057165, 53781255294.92126, 25555067728643.91, 5846103781355316.0,
    6.828644513572172e17, 4.198672264076592e19, 1.3733050046886967e21, 2.372968187172993e22, 2.1101569164370885e23,
    9.161408663771451e23, 1.7623082250009578e24, 1.2429219141255922e24, 2.031203151910227e23,
)  # fmt: skip
"""Of the inverse normal over u - 1/2, as a ratio of polynomials in u (1 - u), lowest power first: interpolated in 60 digits at
Chebyshev points of its logarithm, within 3e-16. All coefficients are positive, so that nothing cancels."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One double, or a vector of them, with the names that LLVM has for it."""

    lanes: int

    @property
    def double(self) -> str:
        return "double" if self.lanes == 1 else f"<{self.lanes} x double>"

    @property
    def int64(self) -> str:
        return "i64" if self.lanes == 1 else f"<{self.lanes} x i64>"

    @property
    def bool(self) -> str:
        return "i1" if self.lanes == 1 else f"<{self.lanes} x i1>"

    @property
    def suffix(self) -> str:
        """What the names of intrinsics on doubles end with."""
        return "f64" if self.lanes == 1 else f"v{self.lanes}f64"

    def constant(self, value: float) -> str:
        """A number in every lane."""
        word = hex_double(value)
        return word if self.lanes == 1 else "<" + ", ".join([f"double {word}"] * self.lanes) + ">"

    def integer(self, value: int) -> str:
        """A whole number in every lane."""
        return str(value) if self.lanes == 1 else "<" + ", ".join([f"i64 {value}"] * self.lanes) + ">"


def hex_double(value: float) -> str:
    """A double as LLVM writes it exactly."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Text:
    """Lines of a function's body, with fresh names for values. Parts of one body share a `count` of names."""

    def __init__(self, shape: Shape, count: Iterator[int] | None = None, prefix: str = "%v") -> None:
        self.shape = shape
        self.prefix = prefix
        self.lines: list[str] = []
        self._count = count or itertools.count()

    def put(self, text: str) -> str:
        """One instruction; the name of its value is returned."""
        name = f"{self.prefix}{next(self._count)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def op(self, name: str, a: str, b: str) -> str:
        return self.put(f"{name} contract {self.shape.double} {a}, {b}")

    def fma(self, a: str, b: str, c: str) -> str:
        """a * b + c, rounded once where the machine can."""
        t = self.shape.double
        return self.put(f"call {t} @llvm.fmuladd.{self.shape.suffix}({t} {a}, {t} {b}, {t} {c})")

    def select(self, condition: str, yes: str, no: str) -> str:
        t = self.shape.double
        return self.put(f"select {self.shape.bool} {condition}, {t} {yes}, {t} {no}")

    def compare(self, how: str, a: str, b: str) -> str:
        return self.put(f"fcmp {how} {self.shape.double} {a}, {b}")

    def number(self, value: float) -> str:
        return self.shape.constant(value)

    def least(self, a: str, b: str) -> str:
        """The smaller of two; not-a-number if either is."""
        return self._first(self.select(self.compare("olt", a, b), a, b), a)

    def most(self, a: str, b: str) -> str:
        """The larger of two; not-a-number if either is."""
        return self._first(self.select(self.compare("ogt", a, b), a, b), a)

    def _first(self, found: str, a: str) -> str:
        """What a comparison found, which is its second number where one is none, or the first if that is none."""
        return found if a.startswith(("<", "0x")) else self.select(self.compare("ord", a, a), found, a)


def exponential(t: Text, argument: str) -> str:
    """exp(x) = 2^n * exp(r) with |r| <= log(2)/2, where exp(r) is a polynomial."""
    s = t.shape
    low = t.most(t.number(-746.0), argument)
    x = t.least(t.number(710.0), low)
    n = t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} {t.op('fmul', x, t.number(math.log2(math.e)))})")
    r = t.fma(n, t.number(-LN2_HIGH), x)
    r = t.fma(n, t.number(-LN2_LOW), r)
    total = _in_halves(t, _EXP_COEFFICIENTS, r)
    return scaled(t, total, n)


def _in_halves(t: Text, coefficients: tuple[float, ...], x: str) -> str:
    """A polynomial, lowest power first, as its even and its odd powers: two sums that need not wait for each other."""
    square = t.op("fmul", x, x)
    sums = []
    for half in (coefficients[::2], coefficients[1::2]):
        total = t.number(half[-1])
        for coefficient in half[-2::-1]:
            total = t.fma(total, square, t.number(coefficient))
        sums.append(total)
    return t.fma(sums[1], x, sums[0])


def scaled(t: Text, x: str, n: str) -> str:
    """x * 2^n, where n is a whole number from -1,100 to 1,100 or not a number."""
    s = t.shape
    if s.lanes == 8:  # AVX-512 has an instruction for it
        v = s.double
        return t.put(f"call {v} @llvm.x86.avx512.mask.scalef.pd.512({v} {x}, {v} {n}, {v} zeroinitializer, i8 -1, i32 4)")
    there = t.select(t.compare("ord", n, n), n, t.number(0.0))
    whole = t.put(f"fptosi {s.double} {there} to {s.int64}")
    half = t.put(f"ashr {s.int64} {whole}, {s.integer(1)}")
    for exponent in (half, t.put(f"sub {s.int64} {whole}, {half}")):  # in two steps, as 2^n may underflow
        bits = t.put(f"shl {s.int64} {t.put(f'add {s.int64} {exponent}, {s.integer(1023)}')}, {s.integer(52)}")
        x = t.put(f"fmul {s.double} {x}, {t.put(f'bitcast {s.int64} {bits} to {s.double}')}")
    return x


def logarithm(t: Text, argument: str) -> str:
    """log(x), whatever x is."""
    s = t.shape
    tiny = t.compare("olt", argument, t.number(2.2250738585072014e-308))
    x = t.select(tiny, t.put(f"fmul {s.double} {argument}, {t.number(2.0**54)}"), argument)
    total = _logarithm(t, x, t.select(tiny, t.number(-54.0), t.number(0.0)))
    total = t.select(t.compare("oeq", argument, t.number(math.inf)), argument, total)
    total = t.select(t.compare("oeq", argument, t.number(0.0)), t.number(-math.inf), total)
    return t.select(t.compare("ult", argument, t.number(0.0)), t.number(math.nan), total)


def _logarithm(t: Text, x: str, more: str = "") -> str:
    """log(x) = k * log(2) + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), for a normal x; `more` is added to k."""
    s = t.shape
    bits = t.put(f"bitcast {s.double} {x} to {s.int64}")
    # Adding the distance from sqrt(1/2) to 1 carries into the exponent exactly where the fraction passes sqrt(2).
    moved = t.put(f"add {s.int64} {bits}, {s.integer(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)}")
    k = t.put(f"sub {s.int64} {t.put(f'ashr {s.int64} {moved}, {s.integer(52)}')}, {s.integer(1023)}")
    fraction = t.put(f"and {s.int64} {moved}, {s.integer(0x000FFFFFFFFFFFFF)}")
    ones = t.put(f"add {s.int64} {fraction}, {s.integer(0x3FE6A09E667F3BCD)}")
    m = t.put(f"bitcast {s.int64} {ones} to {s.double}")
    exponent = t.put(f"sitofp {s.int64} {k} to {s.double}")
    exponent = t.op("fadd", exponent, more) if more else exponent
    f = t.put(f"fsub {s.double} {m}, {t.number(1.0)}")
    q = t.put(f"fdiv {s.double} {f}, {t.op('fadd', t.number(2.0), f)}")
    z = t.op("fmul", q, q)
    r = t.op("fmul", _in_halves(t, _LOG_COEFFICIENTS, z), z)
    half_square = t.op("fmul", t.op("fmul", t.number(0.5), f), f)
    inner = t.fma(exponent, t.number(LN2_LOW), t.op("fmul", q, t.op("fadd", half_square, r)))
    whole = t.op("fsub", f, t.op("fsub", half_square, inner))
    return t.fma(exponent, t.number(LN2_HIGH), whole)


def exp_function(shape: Shape, how: Callable[[Text, str], str] = exponential) -> str:
    """The function exp."""
    t = Text(shape)
    return _function("exp", shape, "%x", t, how(t, "%x"))


def log_function(shape: Shape, how: Callable[[Text, str], str] = logarithm) -> str:
    """The function log."""
    t = Text(shape)
    return _function("log", shape, "%x", t, how(t, "%x"))


def power_function(shape: Shape) -> str:
    """x^y = exp(y * log|x|), with the sign of an odd whole power of a negative number; 0^0 and 1^y are 1."""
    t, s = Text(shape), shape
    size = t.put(f"call {s.double} @llvm.fabs.{s.suffix}({s.double} %x)")
    logarithm = t.put(f"call {s.double} @prenup.log.{s.suffix}({s.double} {size})")
    product = t.put(f"fmul {s.double} %y, {logarithm}")
    result = t.put(f"call {s.double} @prenup.exp.{s.suffix}({s.double} {product})")
    rounded = t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} %y)")
    halved = t.put(f"fmul {s.double} %y, {t.number(0.5)}")
    even = t.compare("oeq", t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} {halved})"), halved)
    signed = t.select(even, result, t.put(f"fneg {s.double} {result}"))
    whole = t.compare("oeq", rounded, "%y")
    of_negative = t.select(whole, signed, t.number(math.nan))
    result = t.select(t.compare("olt", "%x", t.number(0.0)), of_negative, result)
    one = t.compare("oeq", "%y", t.number(0.0))
    result = t.select(one, t.number(1.0), result)
    result = t.select(t.compare("oeq", "%x", t.number(1.0)), t.number(1.0), result)
    return _function("pow", shape, "%x, %y", t, result)


def ppf_function(shape: Shape) -> str:
    """The inverse normal: one ratio in the middle, where nearly all numbers are; lanes that are not take another way."""
    t = Text(shape)
    inside = t.op("fmul", "%x", t.op("fsub", t.number(1.0), "%x"))
    from_half = t.op("fsub", "%x", t.number(0.5))
    return "\n".join([_far_function(shape), "", _middle_function("ppf", t, inside, from_half, "%x")])


def centred_ppf_function(shape: Shape) -> str:
    """The inverse normal of a number's distance from 1/2, where it is exact as that of draws is: two operations fewer."""
    t = Text(shape)
    inside = t.fma(t.put(f"fneg {shape.double} %x"), "%x", t.number(0.25))
    u = t.op("fadd", "%x", t.number(0.5))
    return "\n".join([_far_function(shape), "", _middle_function("ppf.centred", t, inside, "%x", u)])


def _middle_function(name: str, t: Text, inside: str, from_half: str, u: str) -> str:
    """A function that begins with the lines of `t`: the inverse normal by u (1 - u) and u - 1/2, and by u itself far out."""
    s = t.shape
    far = any_far = t.compare("ult", inside, t.number(_NEAR))
    if s.lanes > 1:
        any_far = t.put(f"call i1 @llvm.vector.reduce.or.v{s.lanes}i1({s.bool} {far})")
    middle = t.op("fmul", _ratio(t, (_MIDDLE_TOP[::-1], _MIDDLE_BOTTOM[::-1]), inside), from_half)
    return "\n".join([
        f"define internal {s.double} @prenup.{name}.{s.suffix}({s.double} %x) nounwind {{",
        "entry:", *t.lines, f"  br i1 {any_far}, label %tails, label %done",
        "tails:", f"  %tail = call {s.double} @prenup.far.{s.suffix}({s.double} {u})",
        f"  %mixed = select {s.bool} {far}, {s.double} %tail, {s.double} {middle}", "  br label %done",
        "done:", f"  %z = phi {s.double} [ {middle}, %entry ], [ %mixed, %tails ]", f"  ret {s.double} %z", "}",
    ])  # fmt: skip


def normal_pair(n_lanes: int, bits: str, first: str, second: str) -> list[str]:
    """Two normal numbers, as `first` and `second`, from 64 random bits of each lane: `engine.sobol.random_normals`.

    The angle is a quarter turn, or two or three, and an eighth of a turn at most besides.
    """
    shape = Shape(n_lanes)
    t, v64, vd = Text(shape, prefix="%n"), shape.int64, shape.double

    def number(name: str, scale: float, offset: float) -> str:
        return t.fma(t.put(f"uitofp {v64} {name} to {vd}"), t.number(scale), t.number(offset))

    share = number(t.put(f"lshr {v64} {bits}, {shape.integer(32)}"), 2.0**-32, 2.0**-33)
    log_size = t.op("fmul", _logarithm(t, share), t.number(-2.0))
    size = t.put(f"call {vd} @llvm.sqrt.{shape.suffix}({vd} {log_size})")
    turned = t.put(f"add {v64} {bits}, {shape.integer(1 << 29)}")
    rest = number(t.put(f"and {v64} {turned}, {shape.integer((1 << 30) - 1)}"), 2.0**-32, 2.0**-33 - 2.0**-3)
    square = t.op("fmul", rest, rest)
    cosine, sine = _in_halves(t, _COSINE, square), t.op("fmul", _in_halves(t, _SINE, square), rest)
    odd = t.put(f"icmp ne {v64} {t.put(f'and {v64} {turned}, {shape.integer(1 << 30)}')}, zeroinitializer")
    twice = t.put(f"xor {v64} {turned}, {t.put(f'shl {v64} {turned}, {shape.integer(1)}')}")
    for name, side, turns in ((first, t.select(odd, sine, cosine), twice), (second, t.select(odd, cosine, sine), turned)):
        shifted = t.put(f"shl {v64} {turns}, {shape.integer(32)}")
        sign = t.put(f"and {v64} {shifted}, {shape.integer(-(1 << 63))}")
        length = t.put(f"bitcast {vd} {t.op('fmul', size, side)} to {v64}")
        t.lines += [f"  {name}.bits = xor {v64} {length}, {sign}", f"  {name} = bitcast {v64} {name}.bits to {vd}"]
    return t.lines


def _far_function(shape: Shape) -> str:
    """The inverse normal of AS 241 in its tails, without its middle."""
    t = Text(shape)
    rest = t.op("fsub", t.number(1.0), "%x")
    tail = t.select(t.compare("olt", rest, "%x"), rest, "%x")
    logarithm = t.put(f"call {shape.double} @prenup.log.{shape.suffix}({shape.double} {tail})")
    r = t.put(f"call {shape.double} @llvm.sqrt.{shape.suffix}({shape.double} {t.put(f'fneg {shape.double} {logarithm}')})")
    far = t.compare("ogt", r, t.number(FAR))
    from_ = t.select(far, t.op("fsub", r, t.number(FAR)), t.op("fsub", r, t.number(1.6)))
    size = _ratio(t, TAIL_RATIO, from_, FAR_RATIO, far)
    size = t.select(t.compare("oeq", r, t.number(float("inf"))), r, size)
    offset = t.op("fsub", "%x", t.number(0.5))
    signed = t.put(f"call {shape.double} @llvm.copysign.{shape.suffix}({shape.double} {size}, {shape.double} {offset})")
    head = f"define internal {shape.double} @prenup.far.{shape.suffix}({shape.double} %x) nounwind {{"
    return "\n".join([head, *t.lines, f"  ret {shape.double} {signed}", "}"])


def _ratio(t: Text, ratio: Any, x: str, other: Any = None, where: str = "") -> str:
    """Two polynomials, one over the other, highest power first; with `other`, its coefficients where the condition holds."""
    sums = []
    for part in (0, 1):
        coefficients = [
            t.number(c) if other is None else t.select(where, t.number(o), t.number(c))
            for c, o in zip(ratio[part], other[part] if other is not None else ratio[part], strict=True)
        ]
        total = coefficients[0]
        for coefficient in coefficients[1:]:
            total = t.fma(total, x, coefficient)
        sums.append(total)
    return t.put(f"fdiv {t.shape.double} {sums[0]}, {sums[1]}")


def _function(name: str, shape: Shape, parameters: str, text: Text, result: str) -> str:
    arguments = ", ".join(f"{shape.double} {p}" for p in parameters.split(", "))
    head = f"define internal {shape.double} @prenup.{name}.{shape.suffix}({arguments}) nounwind readnone {{"
    return "\n".join([head, *text.lines, f"  ret {shape.double} {result}", "}"])


def declarations(shape: Shape) -> str:
    """The intrinsics that generated code may call."""
    t, s = shape.double, shape.suffix
    one = [f"declare {t} @llvm.{f}.{s}({t})" for f in ("rint", "fabs", "sqrt", "floor")]
    two = [f"declare {t} @llvm.copysign.{s}({t}, {t})"]
    more = [f"declare {t} @llvm.fmuladd.{s}({t}, {t}, {t})"]
    if shape.lanes > 1:
        more.append(f"declare i1 @llvm.vector.reduce.or.v{shape.lanes}i1({shape.bool})")
    if shape.lanes == 8:
        more.append(f"declare {t} @llvm.x86.avx512.mask.scalef.pd.512({t}, {t}, {t}, i8, i32)")
    return "\n".join([*one, *two, *more])
