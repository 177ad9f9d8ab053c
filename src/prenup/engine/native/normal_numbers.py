"""Normal numbers as LLVM text: the inverse normal, and two at a time from the sides of a random triangle.

The inverse normal has a branch: it goes another way where a number of a vector lies far out, about once in twenty vectors.
Errors against exact results, measured by the tests: the inverse normal 1e-14 relative, the pairs 1e-13.
"""

from __future__ import annotations

from typing import Any

from prenup.engine.native.table_math import quick_logarithm
from prenup.engine.native.vector_math import Shape, Text, in_halves
from prenup.engine.normal import FAR, FAR_RATIO, TAIL_RATIO

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


def normal_pair(shape: Shape, bits: str, first: str, second: str) -> list[str]:
    """Two normal numbers, as `first` and `second`, from 64 random bits of each lane: `engine.sobol.random_normals`.

    The angle is a quarter turn, or two or three, and an eighth of a turn at most besides.
    """
    t, v64, vd = Text(shape, prefix="%n"), shape.int64, shape.double

    def number(name: str, scale: float, offset: float) -> str:
        return t.fma(t.put(f"uitofp {v64} {name} to {vd}"), t.number(scale), t.number(offset))

    share = number(t.put(f"lshr {v64} {bits}, {shape.integer(32)}"), 2.0**-32, 2.0**-33)
    log_size = t.op("fmul", quick_logarithm(t, share), t.number(-2.0))
    size = t.put(f"call {vd} @llvm.sqrt.{shape.suffix}({vd} {log_size})")
    turned = t.put(f"add {v64} {bits}, {shape.integer(1 << 29)}")
    rest = number(t.put(f"and {v64} {turned}, {shape.integer((1 << 30) - 1)}"), 2.0**-32, 2.0**-33 - 2.0**-3)
    square = t.op("fmul", rest, rest)
    cosine, sine = in_halves(t, _COSINE, square), t.op("fmul", in_halves(t, _SINE, square), rest)
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
