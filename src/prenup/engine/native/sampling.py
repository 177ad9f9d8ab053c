"""Draws in machine code: Sobol points, the inverse normal and the Brownian bridge, a group of paths at a time in the cache.

The whole numbers are those of `engine.sobol` to the bit; what follows from them in floating point agrees to 1e-14.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prenup.engine import bridge, sobol
from prenup.engine.native.compile import lanes, symbols
from prenup.engine.native.vector_math import Shape, Text, declarations, log_function
from prenup.engine.normal import FAR, FAR_RATIO, MIDDLE, MIDDLE_RATIO, TAIL_RATIO
from prenup.engine.streams import Design

Array = NDArray[np.float64]

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 5, *[ctypes.c_void_p] * 3, *[ctypes.c_int64] * 2)


# ── the code ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ppf_function(shape: Shape) -> str:
    """The inverse normal of AS 241: the middle and the tails are both worked out, and one is taken."""
    t = Text(shape)
    offset = t.op("fsub", "%x", t.number(0.5))
    square = t.op("fsub", t.number(MIDDLE * MIDDLE), t.op("fmul", offset, offset))
    middle = t.op("fmul", _ratio(t, MIDDLE_RATIO, square), offset)
    tail = t.put(
        f"call {shape.double} @llvm.minimum.{shape.suffix}({shape.double} %x, {shape.double} {t.op('fsub', t.number(1.0), '%x')})"
    )
    logarithm = t.put(f"call {shape.double} @prenup.log.{shape.suffix}({shape.double} {tail})")
    r = t.put(f"call {shape.double} @llvm.sqrt.{shape.suffix}({shape.double} {t.put(f'fneg {shape.double} {logarithm}')})")
    far = t.compare("ogt", r, t.number(FAR))
    from_ = t.select(far, t.op("fsub", r, t.number(FAR)), t.op("fsub", r, t.number(1.6)))
    size = _ratio(t, TAIL_RATIO, from_, FAR_RATIO, far)
    size = t.select(t.compare("oeq", r, t.number(float("inf"))), r, size)
    signed = t.put(f"call {shape.double} @llvm.copysign.{shape.suffix}({shape.double} {size}, {shape.double} {offset})")
    distance = t.put(f"call {shape.double} @llvm.fabs.{shape.suffix}({shape.double} {offset})")
    result = t.select(t.compare("ole", distance, t.number(MIDDLE)), middle, signed)
    head = f"define internal {shape.double} @prenup.ppf.{shape.suffix}({shape.double} %x) nounwind {{"
    return "\n".join([head, *t.lines, f"  ret {shape.double} {result}", "}"])


def _ratio(t: Text, ratio: Any, x: str, other: Any = None, where: str = "") -> str:
    """Two polynomials, one over the other; with `other`, its coefficients where the condition holds."""
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


def _integers(width: int, n_lanes: int, value: int) -> str:
    return "<" + ", ".join([f"i{width} {value}"] * n_lanes) + ">"


def scramble_function(n_lanes: int) -> str:
    """Owen scrambling of 32-bit numbers under a 64-bit key, as `engine.sobol.scramble`."""
    v = f"<{n_lanes} x i32>"
    lines: list[str] = []

    def put(text: str) -> str:
        name = f"%v{len(lines)}"
        lines.append(f"  {name} = {text}")
        return name

    def splat(value: str) -> str:
        first = put(f"insertelement {v} poison, i32 {value}, i32 0")
        return put(f"shufflevector {v} {first}, {v} poison, <{n_lanes} x i32> zeroinitializer")

    low = put("trunc i64 %key to i32")
    high = put(f"trunc i64 {put('lshr i64 %key, 32')} to i32")
    swapped = {w: put(f"call i32 @llvm.fshl.i32(i32 {w}, i32 {w}, i32 16)") for w in (low, high)}
    x = put(f"call {v} @llvm.bitreverse.v{n_lanes}i32({v} %x)")
    for multiplier, added, factor in ((0x3D20ADEA, low, high), (0x05526C56, swapped[low], swapped[high])):
        x = put(f"xor {v} {x}, {put(f'mul {v} {x}, {_integers(32, n_lanes, multiplier)}')}")
        x = put(f"add {v} {x}, {splat(added)}")
        x = put(f"mul {v} {x}, {splat(put(f'or i32 {factor}, 1'))}")
    x = put(f"xor {v} {x}, {put(f'mul {v} {x}, {_integers(32, n_lanes, 0x53A22864)}')}")
    x = put(f"call {v} @llvm.bitreverse.v{n_lanes}i32({v} {x})")
    return "\n".join([f"define internal {v} @scramble({v} %x, i64 %key) nounwind {{", *lines, f"  ret {v} {x}", "}"])


def sobol_function(n_lanes: int) -> str:
    """The Sobol point of each index: the direction numbers of its bits, added without carry."""
    v = f"<{n_lanes} x i32>"
    lines = []
    total = "zeroinitializer"
    for bit in range(sobol.BITS):
        lines += [
            f"  %p{bit} = getelementptr i32, ptr %numbers, i64 {bit}",
            f"  %n{bit} = load i32, ptr %p{bit}, align 4",
            f"  %i{bit} = insertelement {v} poison, i32 %n{bit}, i32 0",
            f"  %s{bit} = shufflevector {v} %i{bit}, {v} poison, <{n_lanes} x i32> zeroinitializer",
            f"  %h{bit} = shl {v} %index, {_integers(32, n_lanes, 31 - bit)}",
            f"  %m{bit} = ashr {v} %h{bit}, {_integers(32, n_lanes, 31)}",
            f"  %a{bit} = and {v} %s{bit}, %m{bit}",
            f"  %t{bit} = xor {v} {total}, %a{bit}",
        ]
        total = f"%t{bit}"
    return "\n".join([f"define internal {v} @sobol({v} %index, ptr %numbers) nounwind {{", *lines, f"  ret {v} {total}", "}"])


def mix_function(n_lanes: int) -> str:
    """The finaliser of splitmix64."""
    v = f"<{n_lanes} x i64>"
    lines = []
    x = "%x"
    for number, (shift, multiplier) in enumerate(((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0))):
        lines += [f"  %s{number} = lshr {v} {x}, {_integers(64, n_lanes, shift)}", f"  %x{number} = xor {v} {x}, %s{number}"]
        x = f"%x{number}"
        if multiplier:
            lines.append(f"  %m{number} = mul {v} {x}, {_integers(64, n_lanes, multiplier - (1 << 64))}")
            x = f"%m{number}"
    return "\n".join([f"define internal {v} @mix({v} %x) nounwind {{", *lines, f"  ret {v} {x}", "}"])


def _loop(n_lanes: int, *, normal: bool) -> str:
    """`normals` or `uniforms`: every group of paths, and inside it every dimension.

    Arguments: out (dimension or month, path), its stride, the first and last path, how many dimensions, how many of them are
    Sobol points; keys (the shuffles first, then one a dimension), direction numbers (dimension, bit), splits of the bridge
    (first, middle as whole numbers, share and spread as doubles; four words each, the first split being the total).
    """
    name = "normals" if normal else "uniforms"
    return "\n".join([
        f"define void @{name}(ptr %out, i64 %stride, i64 %first, i64 %last, i64 %n, i64 %even, ptr %keys, ptr %numbers, "
        "ptr %splits, i64 %shuffles, i64 %unused) nounwind {",
        "entry:", "  br label %groups",
        *_group_lines(n_lanes),
        *_draw_lines(n_lanes),
        *(_bridge_lines(n_lanes) if normal else _store_lines(n_lanes)),
        "  %d.next = add i64 %d, 1", "  %d.more = icmp ult i64 %d.next, %n", "  br i1 %d.more, label %dims, label %after",
        "after:", f"  %g.next = add i64 %g, {n_lanes}", "  %g.more = icmp ult i64 %g.next, %last",
        "  br i1 %g.more, label %groups, label %done", "done:", "  ret void", "}",
    ])  # fmt: skip


def _splat(name: str, kind: str, lane: str, value: str, n_lanes: int) -> list[str]:
    """One value in every lane, as `name`."""
    return [
        f"  {name}.1 = insertelement {kind} poison, {lane} {value}, i32 0",
        f"  {name} = shufflevector {kind} {name}.1, {kind} poison, <{n_lanes} x i32> zeroinitializer",
    ]


def _group_lines(n_lanes: int) -> list[str]:
    """The indices of a group of paths, and the loop over dimensions."""
    v32, v64 = f"<{n_lanes} x i32>", f"<{n_lanes} x i64>"
    iota = "<" + ", ".join(f"i64 {i}" for i in range(n_lanes)) + ">"
    return [
        "groups:", "  %g = phi i64 [ %first, %entry ], [ %g.next, %after ]",
        *_splat("%gs", v64, "i64", "%g", n_lanes),
        f"  %index = add {v64} %gs, {iota}",
        f"  %small = trunc {v64} %index to {v32}",
        f"  %steps = mul {v64} %index, {_integers(64, n_lanes, sobol.GOLDEN - (1 << 64))}",
        "  %from = sub i64 %g, %first",
        "  br label %dims",
        "dims:", "  %d = phi i64 [ 0, %groups ], [ %d.next, %next ]",
        "  %kd = add i64 %d, %shuffles", "  %kp = getelementptr i64, ptr %keys, i64 %kd", "  %key = load i64, ptr %kp, align 8",
        "  %is.even = icmp ult i64 %d, %even", "  br i1 %is.even, label %point, label %plain",
    ]  # fmt: skip


def _draw_lines(n_lanes: int) -> list[str]:
    """A uniform number `%u` in each lane: a Sobol point, or a counter mixed."""
    v32, v64, vd = f"<{n_lanes} x i32>", f"<{n_lanes} x i64>", f"<{n_lanes} x double>"
    wide = Shape(n_lanes)
    return [
        "point:", "  %chunk = lshr i64 %d, 5", "  %sp = getelementptr i64, ptr %keys, i64 %chunk",
        "  %skey = load i64, ptr %sp, align 8",
        f"  %order = call {v32} @scramble({v32} %small, i64 %skey)",
        "  %column = and i64 %d, 31", "  %begin = shl i64 %column, 5",
        "  %np = getelementptr i32, ptr %numbers, i64 %begin",
        f"  %bits = call {v32} @sobol({v32} %order, ptr %np)",
        f"  %moved = call {v32} @scramble({v32} %bits, i64 %key)",
        f"  %pd = uitofp {v32} %moved to {vd}",
        f"  %ph = fadd {vd} %pd, {wide.constant(0.5)}",
        f"  %pu = fmul {vd} %ph, {wide.constant(2.0**-32)}",
        "  br label %next",
        "plain:",
        *_splat("%ks", v64, "i64", "%key", n_lanes),
        f"  %c = add {v64} %ks, %steps",
        f"  %x = call {v64} @mix({v64} %c)",
        f"  %x12 = lshr {v64} %x, {_integers(64, n_lanes, 12)}",
        f"  %xd = uitofp {v64} %x12 to {vd}",
        f"  %xh = fadd {vd} %xd, {wide.constant(0.5)}",
        f"  %xu = fmul {vd} %xh, {wide.constant(2.0**-52)}",
        "  br label %next",
        "next:", f"  %u = phi {vd} [ %pu, %point ], [ %xu, %plain ]",
    ]  # fmt: skip


def _bridge_lines(n_lanes: int) -> list[str]:
    """The number as a normal one, and the stretch of months that it splits."""
    vd = f"<{n_lanes} x double>"
    return [
        f"  %z = call {vd} @prenup.ppf.v{n_lanes}f64({vd} %u)",
        "  %w = shl i64 %d, 2",
        "  %w0 = getelementptr i64, ptr %splits, i64 %w", "  %at = load i64, ptr %w0, align 8",
        "  %w1 = getelementptr i64, ptr %w0, i64 1", "  %mid = load i64, ptr %w1, align 8",
        "  %w2 = getelementptr i64, ptr %w0, i64 2", "  %share = load double, ptr %w2, align 8",
        "  %w3 = getelementptr i64, ptr %w0, i64 3", "  %spread = load double, ptr %w3, align 8",
        *_splat("%shs", vd, "double", "%share", n_lanes),
        *_splat("%sds", vd, "double", "%spread", n_lanes),
        "  %ra = mul i64 %at, %stride", "  %ia = add i64 %ra, %from", "  %pa = getelementptr double, ptr %out, i64 %ia",
        "  %rm = mul i64 %mid, %stride", "  %im = add i64 %rm, %from", "  %pm = getelementptr double, ptr %out, i64 %im",
        f"  %read = load {vd}, ptr %pa, align 8",
        "  %is.first = icmp eq i64 %d, 0",
        f"  %whole = select i1 %is.first, {vd} zeroinitializer, {vd} %read",
        f"  %part = fmul {vd} %whole, %shs", f"  %dev = fmul {vd} %z, %sds", f"  %earlier = fadd {vd} %part, %dev",
        f"  %rest = fsub {vd} %whole, %earlier",
        # For the total itself `first` and `middle` are one place: the earlier part is written last and stays.
        f"  store {vd} %rest, ptr %pm, align 8", f"  store {vd} %earlier, ptr %pa, align 8",
    ]  # fmt: skip


def _store_lines(n_lanes: int) -> list[str]:
    """The number as it is, in its month."""
    return [
        "  %r = mul i64 %d, %stride",
        "  %i = add i64 %r, %from",
        "  %p = getelementptr double, ptr %out, i64 %i",
        f"  store <{n_lanes} x double> %u, ptr %p, align 8",
    ]


def module_text(n_lanes: int) -> str:
    """The module of draws; it depends on nothing but the width of vectors."""
    shape = Shape(n_lanes)
    extra = [
        f"declare {shape.double} @llvm.copysign.{shape.suffix}({shape.double}, {shape.double})",
        "declare i32 @llvm.fshl.i32(i32, i32, i32)",
        f"declare <{n_lanes} x i32> @llvm.bitreverse.v{n_lanes}i32(<{n_lanes} x i32>)",
    ]
    parts = [
        declarations(shape),
        *extra,
        log_function(shape),
        ppf_function(shape),
        scramble_function(n_lanes),
        sobol_function(n_lanes),
        mix_function(n_lanes),
        _loop(n_lanes, normal=True),
        _loop(n_lanes, normal=False),
    ]
    return "\n\n".join(parts)


# ── the draws ───────────────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def _code() -> tuple[Any, Any]:
    places = symbols(module_text(lanes()), ("normals", "uniforms"))
    return SIGNATURE(places["normals"]), SIGNATURE(places["uniforms"])


@functools.cache
def _numbers() -> NDArray[np.uint32]:
    """Direction numbers with the axes (dimension, bit)."""
    return np.ascontiguousarray(sobol.directions().T)


@functools.lru_cache(maxsize=64)
def _splits(n: int) -> Array:
    """The bridge as the code reads it: four words a dimension."""
    plan = bridge.plan(n)
    words = np.zeros((n, 4))
    places = words.view(np.int64)
    words[0, 3] = plan.total_spread
    for row, split in enumerate(plan.splits, 1):
        places[row, :2] = split.first, split.middle
        words[row, 2:] = split.earlier_share, split.spread
    return words


def draw(design: Design, kind: str, name: str, n: int, parts: range, paths: range) -> Array:
    """The draws of one stream for some paths of some randomisations: (n, randomisation, path), paths in whole groups.

    `kind` is `brownian` (n months), `uniforms` (n months) or `uniform` (n is 1).
    """
    n_lanes = lanes()
    room = -(-len(paths) // n_lanes) * n_lanes
    out = np.empty((n, len(parts), room))
    stream = sobol.stream_key(design.seed, kind, name)
    even = 0 if design.sampler == "random" else n if kind != "brownian" else min(n, sobol.DIMENSIONS)
    shuffles = max(1, -(-even // sobol.DIMENSIONS))
    uses = ((sobol.SHUFFLE, range(shuffles)), (sobol.SCRAMBLE, range(even)), (sobol.COUNT, range(even, n)))
    keys = np.ascontiguousarray(np.concatenate([sobol.keys(stream, use, parts, dimensions) for use, dimensions in uses]).T)
    normals, uniforms = _code()
    code = normals if kind == "brownian" else uniforms
    # Held by name for the length of the calls: two threads may fill the same cache, and the loser's array is nobody else's.
    numbers, splits = _numbers(), _splits(n)
    fixed = numbers.ctypes.data, splits.ctypes.data, shuffles, 0
    out_place, key_place = out.ctypes.data, keys.ctypes.data
    for index in range(len(parts)):
        begins, key = out_place + index * out.strides[1], key_place + index * keys.strides[0]
        code(begins, len(parts) * room, paths.start, paths.start + len(paths), n, even, key, *fixed)
    return out
