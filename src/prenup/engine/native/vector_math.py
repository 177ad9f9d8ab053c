"""exp, log, power and the like as branch-free polynomials in LLVM's language, for one number or for a vector of them.

Errors against exact results, measured by the tests over the whole range: exp and log 2 units in the last place, power 1e-13
relative where the result is below 1e13. Not-a-number in gives not-a-number out; infinities and zero come out as in NumPy.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

EXP_DEGREE = 13
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG_COEFFICIENTS = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
"""Remez coefficients of log(1 + f) in s = f / (2 + f), as published with fdlibm (e_log.c, Sun Microsystems, 1993)."""


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
    """Lines of a function's body, with fresh names for values."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.lines: list[str] = []
        self._count = 0

    def put(self, text: str) -> str:
        """One instruction; the name of its value is returned."""
        self._count += 1
        name = f"%v{self._count}"
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


def exp_function(shape: Shape) -> str:
    """exp(x) = 2^n * exp(r) with |r| <= log(2)/2, where exp(r) is its Taylor sum; scaled in two steps, as 2^n may underflow."""
    t, s = Text(shape), shape
    low = t.select(t.compare("ult", "%x", t.number(-746.0)), t.number(-746.0), "%x")
    x = t.select(t.compare("ogt", low, t.number(710.0)), t.number(710.0), low)
    x = t.select(t.compare("uno", "%x", "%x"), t.number(0.0), x)
    n = t.put(f"call {s.double} @llvm.rint.{s.suffix}({s.double} {t.op('fmul', x, t.number(math.log2(math.e)))})")
    r = t.fma(n, t.number(-_LN2_HIGH), x)
    r = t.fma(n, t.number(-_LN2_LOW), r)
    total = t.number(1.0 / math.factorial(EXP_DEGREE))
    for power in range(EXP_DEGREE - 1, -1, -1):
        total = t.fma(total, r, t.number(1.0 / math.factorial(power)))
    whole = t.put(f"fptosi {s.double} {n} to {s.int64}")
    half = t.put(f"ashr {s.int64} {whole}, {s.integer(1)}")
    rest = t.put(f"sub {s.int64} {whole}, {half}")
    for exponent in (half, rest):
        biased = t.put(f"add {s.int64} {exponent}, {s.integer(1023)}")
        bits = t.put(f"shl {s.int64} {biased}, {s.integer(52)}")
        total = t.put(f"fmul {s.double} {total}, {t.put(f'bitcast {s.int64} {bits} to {s.double}')}")
    result = t.select(t.compare("uno", "%x", "%x"), "%x", total)
    return _function("exp", shape, "%x", t, result)


def log_function(shape: Shape) -> str:
    """log(x) = k * log(2) + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2)."""
    t, s = Text(shape), shape
    tiny = t.compare("olt", "%x", t.number(2.2250738585072014e-308))
    scaled = t.put(f"fmul {s.double} %x, {t.number(2.0**54)}")
    x = t.select(tiny, scaled, "%x")
    bits = t.put(f"bitcast {s.double} {x} to {s.int64}")
    # Adding the distance from sqrt(1/2) to 1 carries into the exponent exactly where the fraction passes sqrt(2).
    moved = t.put(f"add {s.int64} {bits}, {s.integer(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)}")
    k = t.put(f"sub {s.int64} {t.put(f'ashr {s.int64} {moved}, {s.integer(52)}')}, {s.integer(1023)}")
    fraction = t.put(f"and {s.int64} {moved}, {s.integer(0x000FFFFFFFFFFFFF)}")
    ones = t.put(f"add {s.int64} {fraction}, {s.integer(0x3FE6A09E667F3BCD)}")
    m = t.put(f"bitcast {s.int64} {ones} to {s.double}")
    exponent = t.put(f"sitofp {s.int64} {k} to {s.double}")
    exponent = t.select(tiny, t.op("fsub", exponent, t.number(54.0)), exponent)
    f = t.put(f"fsub {s.double} {m}, {t.number(1.0)}")
    q = t.put(f"fdiv {s.double} {f}, {t.op('fadd', t.number(2.0), f)}")
    z = t.op("fmul", q, q)
    sum_ = t.number(_LOG_COEFFICIENTS[-1])
    for coefficient in _LOG_COEFFICIENTS[-2::-1]:
        sum_ = t.fma(sum_, z, t.number(coefficient))
    r = t.op("fmul", sum_, z)
    half_square = t.op("fmul", t.op("fmul", t.number(0.5), f), f)
    inner = t.fma(exponent, t.number(_LN2_LOW), t.op("fmul", q, t.op("fadd", half_square, r)))
    whole = t.op("fsub", f, t.op("fsub", half_square, inner))
    total = t.fma(exponent, t.number(_LN2_HIGH), whole)
    total = t.select(t.compare("oeq", "%x", t.number(math.inf)), "%x", total)
    total = t.select(t.compare("oeq", "%x", t.number(0.0)), t.number(-math.inf), total)
    total = t.select(t.compare("ult", "%x", t.number(0.0)), t.number(math.nan), total)
    return _function("log", shape, "%x", t, total)


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


def _function(name: str, shape: Shape, parameters: str, text: Text, result: str) -> str:
    arguments = ", ".join(f"{shape.double} {p}" for p in parameters.split(", "))
    head = f"define internal {shape.double} @prenup.{name}.{shape.suffix}({arguments}) nounwind readnone {{"
    return "\n".join([head, *text.lines, f"  ret {shape.double} {result}", "}"])


def declarations(shape: Shape) -> str:
    """The intrinsics that generated code may call."""
    t, s = shape.double, shape.suffix
    one = [f"declare {t} @llvm.{f}.{s}({t})" for f in ("rint", "fabs", "sqrt")]
    two = [f"declare {t} @llvm.{f}.{s}({t}, {t})" for f in ("minimum", "maximum")]
    return "\n".join([*one, *two, f"declare {t} @llvm.fmuladd.{s}({t}, {t}, {t})"])
