"""exp, log and power as polynomials without a branch in LLVM's language, for one number or for a vector of them.

Errors against exact results, measured by the tests over the whole range: exp and log 2 units in the last place, power 1e-13
relative where the result is below 1e13. Not-a-number in gives not-a-number out; infinities and zero come out as in NumPy.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

EIGHT = "<8 x double>"

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


@dataclass(frozen=True, slots=True)
class Shape:
    """One double, or a vector of them, with the names that LLVM has for it.

    `masks`: the processor has AVX-512, so that yes and no of eight lanes are a byte.
    """

    lanes: int
    masks: bool = False

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

    def in_eights(self, put: Callable[..., str], *values: tuple[str, str]) -> str:
        """Doubles that `put` makes of eight lanes of each value at a time; values have the kind of one lane, and a name."""
        if self.shape.lanes == 8:
            return put(*(name for _, name in values))
        whole = self.shape.lanes
        parts = []
        for first in range(0, whole, 8):
            places = ", ".join(f"i32 {lane}" for lane in range(first, first + 8))
            kinds = [(f"<{whole} x {kind}>", name) for kind, name in values]
            parts.append(
                put(*(self.put(f"shufflevector {kind} {name}, {kind} poison, <8 x i32> <{places}>") for kind, name in kinds))
            )
        while len(parts) > 1:
            width = whole // len(parts)
            lanes = ", ".join(f"i32 {lane}" for lane in range(2 * width))
            kind = f"<{width} x double>"
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [self.put(f"shufflevector {kind} {a}, {kind} {b}, <{2 * width} x i32> <{lanes}>") for a, b in pairs]
        return parts[0]

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
    total = in_halves(t, _EXP_COEFFICIENTS, r)
    return scaled(t, total, n)


def in_halves(t: Text, coefficients: tuple[float, ...], x: str) -> str:
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
    if s.masks:  # AVX-512 has an instruction for it
        call = f"call {EIGHT} @llvm.x86.avx512.mask.scalef.pd.512"
        return t.in_eights(
            lambda x, n: t.put(f"{call}({EIGHT} {x}, {EIGHT} {n}, {EIGHT} zeroinitializer, i8 -1, i32 4)"),
            ("double", x), ("double", n),
        )  # fmt: skip
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
    r = t.op("fmul", in_halves(t, _LOG_COEFFICIENTS, z), z)
    half_square = t.op("fmul", t.op("fmul", t.number(0.5), f), f)
    inner = t.fma(exponent, t.number(LN2_LOW), t.op("fmul", q, t.op("fadd", half_square, r)))
    whole = t.op("fsub", f, t.op("fsub", half_square, inner))
    return t.fma(exponent, t.number(LN2_HIGH), whole)


def power_function(shape: Shape) -> str:
    """x^y = exp(y * log|x|), with the sign of an odd whole power of a negative number; x^0 and 1^y are 1."""
    t, s = Text(shape), shape
    size = t.put(f"call {s.double} @llvm.fabs.{s.suffix}({s.double} %x)")
    logarithm = t.put(f"call {s.double} @prenup.log.{s.suffix}({s.double} {size})")
    product = t.put(f"fmul {s.double} %y, {logarithm}")
    result = t.put(f"call {s.double} @prenup.exp.{s.suffix}({s.double} {product})")
    result = t.select(t.compare("oeq", size, t.number(1.0)), t.number(1.0), result)
    rounded = t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} %y)")
    halved = t.put(f"fmul {s.double} %y, {t.number(0.5)}")
    even = t.compare("oeq", t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} {halved})"), halved)
    signed = t.select(even, result, t.put(f"fneg {s.double} {result}"))
    whole = t.compare("oeq", rounded, "%y")
    infinite = t.compare("oeq", size, t.number(math.inf))
    of_negative = t.select(whole, signed, t.select(infinite, result, t.number(math.nan)))
    result = t.select(t.compare("olt", "%x", t.number(0.0)), of_negative, result)
    result = t.select(t.compare("oeq", "%y", t.number(0.0)), t.number(1.0), result)
    return function_text("pow", shape, "%x, %y", t, result)


def function_text(name: str, shape: Shape, parameters: str, text: Text, result: str) -> str:
    """A function of the module: its name in LLVM, its parameters, the lines of its body and what it returns."""
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
    if shape.masks:
        more += [
            f"declare {EIGHT} @llvm.x86.avx512.mask.scalef.pd.512({EIGHT}, {EIGHT}, {EIGHT}, i8, i32)",
            f"declare {EIGHT} @llvm.x86.avx512.mask.getmant.pd.512({EIGHT}, i32, {EIGHT}, i8, i32)",
            f"declare {EIGHT} @llvm.x86.avx512.mask.getexp.pd.512({EIGHT}, {EIGHT}, i8, i32)",
            f"declare {EIGHT} @llvm.x86.avx512.mask.range.pd.512({EIGHT}, {EIGHT}, i32, {EIGHT}, i8, i32)",
            f"declare {EIGHT} @llvm.x86.avx512.vpermi2var.pd.512({EIGHT}, <8 x i64>, {EIGHT})",
        ]
    return "\n".join([*one, *two, *more])
