"""The code of draws: Sobol points, plain random numbers and the Brownian bridge, a group of futures at a time in the cache.

The whole numbers are those of `engine.sobol` to the bit; what follows from them in floating point agrees to 1e-14.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from prenup.engine import sobol
from prenup.engine.native.normal_numbers import centred_ppf_function, normal_pair
from prenup.engine.native.table_math import log_function
from prenup.engine.native.vector_math import Shape, declarations

PLACE = ("out", "stride", "starts", "future", "step", "n_groups", "n")
"""Where draws go and whose they are: an address, (dimension or month, group, lane), and the stride of its first axis; the first
future of each lane, how many futures on, and how far apart; groups of lanes; dimensions."""

STREAM = ("draw", "even", "keys", "numbers", "splits", "shuffles", "bases", "bits")
"""What the code knows of a stream in a randomisation: the address of the function that draws; how many of the dimensions are
Sobol points; keys, the shuffles' first, then one a dimension; direction numbers, (dimension, bit of the index), with their own
bits reversed; splits of the bridge, four words each (first and middle as whole numbers, share and spread as doubles), the first
being the total; shuffles; and of the Sobol points what all futures have in common, (dimension), besides so many bits."""

POINTERS = frozenset({"out", "starts", "draw", "keys", "numbers", "splits", "bases"})

FUNCTIONS = ("normals", "uniforms", "singles", "many")


def _integers(width: int, n_lanes: int, value: int) -> str:
    return "<" + ", ".join([f"i{width} {value}"] * n_lanes) + ">"


def hash_function(n_lanes: int) -> str:
    """Owen scrambling of 32-bit numbers under a 64-bit key, as `engine.sobol.scramble`: the bits reversed, before and after."""
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
    x = "%x"
    for multiplier, added, factor in ((0x3D20ADEA, low, high), (0x05526C56, swapped[low], swapped[high])):
        x = put(f"xor {v} {x}, {put(f'mul {v} {x}, {_integers(32, n_lanes, multiplier)}')}")
        x = put(f"add {v} {x}, {splat(added)}")
        x = put(f"mul {v} {x}, {splat(put(f'or i32 {factor}, 1'))}")
    x = put(f"xor {v} {x}, {put(f'mul {v} {x}, {_integers(32, n_lanes, 0x53A22864)}')}")
    return "\n".join([f"define internal {v} @hash.{n_lanes}({v} %x, i64 %key) nounwind {{", *lines, f"  ret {v} {x}", "}"])


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
    return "\n".join([f"define internal {v} @mix.{n_lanes}({v} %x) nounwind {{", *lines, f"  ret {v} {x}", "}"])


def _loop(shape: Shape, *, normal: bool) -> str:
    """`normals` or `uniforms`, told `PLACE` and `STREAM`: every group of futures, and inside it every dimension."""
    n_lanes = shape.lanes
    return "\n".join([
        *_begin_lines("normals" if normal else "uniforms", n_lanes),
        f"  %masks = alloca <{n_lanes} x i32>, i64 32, align 64", "  br label %groups",
        *_group_lines(n_lanes), *_counter_lines(n_lanes), *_chunk_lines(n_lanes), *_point_lines(n_lanes, normal=normal),
        *(_bridge_lines(n_lanes, "s") if normal else _store_lines(n_lanes, "s")),
        "  %d.s.next = add i64 %d.s, 1", "  %d.s.more = icmp ult i64 %d.s.next, %end",
        "  br i1 %d.s.more, label %points, label %chunks.after",
        "chunks.after:", "  %k.next = add i64 %k, 1", "  %k.more = icmp ult i64 %end, %even",
        "  br i1 %k.more, label %chunks, label %plains",
        *(_plain_normal_lines(shape) if normal else _plain_lines(n_lanes)),
        *_END_LINES,
    ])  # fmt: skip


def _singles(shape: Shape) -> str:
    """`singles`: a Sobol point of one dimension. The first of the sequence is the index with its bits reversed."""
    n_lanes, v32 = shape.lanes, f"<{shape.lanes} x i32>"
    return "\n".join([
        *_begin_lines("singles", n_lanes), "  %shuffle = load i64, ptr %keys, align 8",
        "  %flips.at = getelementptr i64, ptr %keys, i64 1", "  %flips = load i64, ptr %flips.at, align 8", "  br label %groups",
        *_group_lines(n_lanes), f"  %order.reversed = call {v32} @hash.{n_lanes}({v32} %index.reversed, i64 %shuffle)",
        _reversed("%order", "%order.reversed", n_lanes),
        f"  %moved.reversed = call {v32} @hash.{n_lanes}({v32} %order, i64 %flips)", "  %d.s = add i64 0, 0",
        *_number_lines(n_lanes, normal=False), *_store_lines(n_lanes, "s"), "  br label %after", *_END_LINES,
    ])  # fmt: skip


def _begin_lines(name: str, n_lanes: int) -> list[str]:
    told = arguments({word: f"%{word}" for word in (*PLACE, *STREAM)})
    begins = f"  %begins = load <{n_lanes} x i32>, ptr %starts, align 4"
    return [f"define void @{name}({told}) nounwind {{", "entry:", begins]


_END_LINES = (
    "after:", "  %g.next = add i64 %g, 1", "  %g.more = icmp ult i64 %g.next, %n_groups",
    "  br i1 %g.more, label %groups, label %done", "done:", "  ret void", "}",
)  # fmt: skip


def _group_lines(n_lanes: int) -> list[str]:
    """The futures of a group, and their bits reversed."""
    v32 = f"<{n_lanes} x i32>"
    return [
        "groups:", "  %g = phi i64 [ 0, %entry ], [ %g.next, %after ]",
        "  %on = add i64 %future, %g", "  %far = mul i64 %on, %step", "  %far32 = trunc i64 %far to i32",
        *_splat("%fars", v32, "i32", "%far32", n_lanes), f"  %small = add {v32} %begins, %fars",
        _reversed("%index.reversed", "%small", n_lanes), f"  %from = mul i64 %g, {n_lanes}",
    ]  # fmt: skip


def _counter_lines(n_lanes: int) -> list[str]:
    """The golden steps of the futures' counters."""
    v32, v64 = f"<{n_lanes} x i32>", f"<{n_lanes} x i64>"
    return [
        f"  %index = zext {v32} %small to {v64}",
        f"  %steps = mul {v64} %index, {_integers(64, n_lanes, sobol.GOLDEN - (1 << 64))}",
        "  %has.even = icmp ugt i64 %even, 0", "  br i1 %has.even, label %chunks, label %plains",
    ]  # fmt: skip


def _number_lines(n_lanes: int, *, normal: bool) -> list[str]:
    """A scrambled point with its bits reversed as a uniform number, `%u.s`, or as a normal one, `%z.s`.

    The normal one comes by way of the point's distance from one half; all is exact before the inverse normal.
    """
    v32, vd, wide = f"<{n_lanes} x i32>", f"<{n_lanes} x double>", Shape(n_lanes)
    whole = [_reversed("%moved", "%moved.reversed", n_lanes), f"  %pd = uitofp {v32} %moved to {vd}"]
    if normal:
        return [
            *whole, f"  %from.half = call {vd} @llvm.fmuladd.{wide.suffix}({vd} %pd, {vd} {wide.constant(2.0**-32)}, "
            f"{vd} {wide.constant(2.0**-33 - 0.5)})", f"  %z.s = call {vd} @prenup.ppf.centred.{wide.suffix}({vd} %from.half)",
        ]  # fmt: skip
    return [*whole, f"  %ph = fadd {vd} %pd, {wide.constant(0.5)}", f"  %u.s = fmul {vd} %ph, {wide.constant(2.0**-32)}"]


def _chunk_lines(n_lanes: int) -> list[str]:
    """Some dimensions that read the sequence in one order: its bits, lowest first, as masks, worked out once for all of them."""
    v32 = f"<{n_lanes} x i32>"
    return [
        "chunks:", "  %k = phi i64 [ 0, %groups ], [ %k.next, %chunks.after ]",
        "  %sp = getelementptr i64, ptr %keys, i64 %k", "  %skey = load i64, ptr %sp, align 8",
        f"  %order = call {v32} @hash.{n_lanes}({v32} %index.reversed, i64 %skey)", "  br label %masking",
        "masking:", "  %b = phi i64 [ 0, %chunks ], [ %b.next, %masking ]",
        "  %b32 = trunc i64 %b to i32", *_splat("%ups", v32, "i32", "%b32", n_lanes),
        f"  %top = shl {v32} %order, %ups", f"  %mask = ashr {v32} %top, {_integers(32, n_lanes, 31)}",
        f"  %mp = getelementptr {v32}, ptr %masks, i64 %b", f"  store {v32} %mask, ptr %mp, align 64",
        "  %b.next = add i64 %b, 1", "  %b.more = icmp ult i64 %b.next, %bits",
        "  br i1 %b.more, label %masking, label %points.before",
        "points.before:", "  %first = shl i64 %k, 5", "  %end32 = add i64 %first, 32",
        "  %is.last = icmp ult i64 %even, %end32", "  %end = select i1 %is.last, i64 %even, i64 %end32", "  br label %points",
    ]  # fmt: skip


def _point_lines(n_lanes: int, *, normal: bool) -> list[str]:
    """A Sobol point of each lane: what all have in common, and the direction numbers of the order's low bits.

    As a uniform number `%u.s`, or as a normal one `%z.s`.
    """
    v32 = f"<{n_lanes} x i32>"
    return [
        "points:", "  %d.s = phi i64 [ %first, %points.before ], [ %d.s.next, %points.after ]",
        "  %kd.s = add i64 %d.s, %shuffles", "  %kp.s = getelementptr i64, ptr %keys, i64 %kd.s",
        "  %key.s = load i64, ptr %kp.s, align 8",
        "  %column = and i64 %d.s, 31", "  %begin = shl i64 %column, 5", "  %np = getelementptr i32, ptr %numbers, i64 %begin",
        "  %bp = getelementptr i32, ptr %bases, i64 %d.s", "  %base = load i32, ptr %bp, align 4",
        *_splat("%bases.s", v32, "i32", "%base", n_lanes), "  br label %adding",
        "adding:", "  %q = phi i64 [ 0, %points ], [ %q.next, %adding ]",
        f"  %sum = phi {v32} [ %bases.s, %points ], [ %sum.next, %adding ]",
        "  %nq = getelementptr i32, ptr %np, i64 %q", "  %nb = load i32, ptr %nq, align 4",
        *_splat("%nbs", v32, "i32", "%nb", n_lanes),
        f"  %mq = getelementptr {v32}, ptr %masks, i64 %q", f"  %is = load {v32}, ptr %mq, align 64",
        f"  %part = and {v32} %is, %nbs", f"  %sum.next = xor {v32} %sum, %part",
        "  %q.next = add i64 %q, 1", "  %q.more = icmp ult i64 %q.next, %bits",
        "  br i1 %q.more, label %adding, label %points.after",
        "points.after:", f"  %moved.reversed = call {v32} @hash.{n_lanes}({v32} %sum.next, i64 %key.s)",
        *_number_lines(n_lanes, normal=normal),
    ]  # fmt: skip


def _random_lines(n_lanes: int, after: str) -> list[str]:
    """From the first dimension that is no Sobol point on, in a loop: plain random bits of each lane, a counter mixed."""
    v64 = f"<{n_lanes} x i64>"
    return [
        "plains:", "  %has.plain = icmp ult i64 %even, %n", "  br i1 %has.plain, label %plain, label %after",
        "plain:", f"  %d.p = phi i64 [ %even, %plains ], [ %d.p.next, %{after} ]",
        "  %kd.p = add i64 %d.p, %shuffles", "  %kp.p = getelementptr i64, ptr %keys, i64 %kd.p",
        "  %key.p = load i64, ptr %kp.p, align 8", *_splat("%ks", v64, "i64", "%key.p", n_lanes),
        f"  %count = add {v64} %ks, %steps", f"  %x = call {v64} @mix.{n_lanes}({v64} %count)",
    ]  # fmt: skip


def _plain_lines(n_lanes: int) -> list[str]:
    """A plain random number of each lane."""
    v64, vd, wide = f"<{n_lanes} x i64>", f"<{n_lanes} x double>", Shape(n_lanes)
    return [
        *_random_lines(n_lanes, "plain"),
        f"  %x12 = lshr {v64} %x, {_integers(64, n_lanes, 12)}", f"  %xd = uitofp {v64} %x12 to {vd}",
        f"  %xh = fadd {vd} %xd, {wide.constant(0.5)}", f"  %u.p = fmul {vd} %xh, {wide.constant(2.0**-52)}",
        *_store_lines(n_lanes, "p"),
        "  %d.p.next = add i64 %d.p, 1", "  %d.p.more = icmp ult i64 %d.p.next, %n",
        "  br i1 %d.p.more, label %plain, label %after",
    ]  # fmt: skip


def _plain_normal_lines(shape: Shape) -> list[str]:
    """Two plain random normal numbers of each lane, `%z.p` and `%z.q`, for two dimensions; the last may be nobody's."""
    return [
        *_random_lines(shape.lanes, "plain.after"),
        *normal_pair(shape, "%x", "%z.p", "%z.q"),
        *_bridge_lines(shape.lanes, "p"),
        "  %d.q = add i64 %d.p, 1", "  %has.q = icmp ult i64 %d.q, %n", "  br i1 %has.q, label %second, label %plain.after",
        "second:", *_bridge_lines(shape.lanes, "q"), "  br label %plain.after",
        "plain.after:", "  %d.p.next = add i64 %d.p, 2", "  %d.p.more = icmp ult i64 %d.p.next, %n",
        "  br i1 %d.p.more, label %plain, label %after",
    ]  # fmt: skip


def _reversed(name: str, value: str, n_lanes: int) -> str:
    """The bits of 32-bit numbers the other way round, as `name`."""
    v = f"<{n_lanes} x i32>"
    return f"  {name} = call {v} @llvm.bitreverse.v{n_lanes}i32({v} {value})"


def _splat(name: str, kind: str, lane: str, value: str, n_lanes: int) -> list[str]:
    """One value in every lane, as `name`."""
    return [
        f"  {name}.1 = insertelement {kind} poison, {lane} {value}, i32 0",
        f"  {name} = shufflevector {kind} {name}.1, {kind} poison, <{n_lanes} x i32> zeroinitializer",
    ]


def _bridge_lines(n_lanes: int, which: str) -> list[str]:
    """The stretch of months that a normal number `%z` splits; every name ends with `which`."""
    vd, w = f"<{n_lanes} x double>", which
    return [
        f"  %w0.{w} = getelementptr [4 x i64], ptr %splits, i64 %d.{w}", f"  %at.{w} = load i64, ptr %w0.{w}, align 8",
        f"  %w1.{w} = getelementptr i64, ptr %w0.{w}, i64 1", f"  %mid.{w} = load i64, ptr %w1.{w}, align 8",
        f"  %w2.{w} = getelementptr i64, ptr %w0.{w}, i64 2", f"  %share.{w} = load double, ptr %w2.{w}, align 8",
        f"  %w3.{w} = getelementptr i64, ptr %w0.{w}, i64 3", f"  %spread.{w} = load double, ptr %w3.{w}, align 8",
        *_splat(f"%shares.{w}", vd, "double", f"%share.{w}", n_lanes),
        *_splat(f"%spreads.{w}", vd, "double", f"%spread.{w}", n_lanes),
        f"  %ra.{w} = mul i64 %at.{w}, %stride", f"  %ia.{w} = add i64 %ra.{w}, %from",
        f"  %pa.{w} = getelementptr double, ptr %out, i64 %ia.{w}",
        f"  %rm.{w} = mul i64 %mid.{w}, %stride", f"  %im.{w} = add i64 %rm.{w}, %from",
        f"  %pm.{w} = getelementptr double, ptr %out, i64 %im.{w}",
        f"  %read.{w} = load {vd}, ptr %pa.{w}, align 8",
        f"  %is.first.{w} = icmp eq i64 %d.{w}, 0",
        f"  %whole.{w} = select i1 %is.first.{w}, {vd} zeroinitializer, {vd} %read.{w}",
        f"  %kept.{w} = fmul {vd} %whole.{w}, %shares.{w}", f"  %dev.{w} = fmul {vd} %z.{w}, %spreads.{w}",
        f"  %earlier.{w} = fadd {vd} %kept.{w}, %dev.{w}", f"  %rest.{w} = fsub {vd} %whole.{w}, %earlier.{w}",
        # For the total itself `first` and `middle` are one place: the earlier part is written last and stays.
        f"  store {vd} %rest.{w}, ptr %pm.{w}, align 8", f"  store {vd} %earlier.{w}, ptr %pa.{w}, align 8",
    ]  # fmt: skip


def _store_lines(n_lanes: int, which: str) -> list[str]:
    """The number as it is, in its month."""
    return [
        f"  %r.{which} = mul i64 %d.{which}, %stride",
        f"  %i.{which} = add i64 %r.{which}, %from",
        f"  %p.{which} = getelementptr double, ptr %out, i64 %i.{which}",
        f"  store <{n_lanes} x double> %u.{which}, ptr %p.{which}, align 8",
    ]


def arguments(at: Mapping[str, str]) -> str:
    """The arguments of a function that draws, each with its type."""
    return ", ".join(f"{'ptr' if word in POINTERS else 'i64'} {at[word]}" for word in (*PLACE, *STREAM[1:]))


def word_lines(words: Sequence[str], base: str, pointers: Container[str]) -> list[str]:
    """Words that stand one after the other from an address on, each loaded as `%word`; one may have a number, `draw.0`."""
    lines: list[str] = []
    for place, word in enumerate(words):
        kind = "ptr" if word.split(".")[0] in pointers else "i64"
        lines += [f"  %p.{word} = getelementptr i64, ptr {base}, i64 {place}", f"  %{word} = load {kind}, ptr %p.{word}, align 8"]
    return lines


def _many() -> str:
    """`many`: so many draws, each told in a row of words."""
    words = (*PLACE, *STREAM)
    return "\n".join([
        "define void @many(ptr %rows, i64 %n.rows) nounwind {", "entry:", "  br label %next",
        "next:", "  %i = phi i64 [ 0, %entry ], [ %i.next, %next ]", f"  %first = mul i64 %i, {len(words)}",
        "  %row = getelementptr i64, ptr %rows, i64 %first", *word_lines(words, "%row", POINTERS),
        f"  call void %draw({arguments({word: f'%{word}' for word in words})})", "  %i.next = add i64 %i, 1",
        "  %more = icmp ult i64 %i.next, %n.rows", "  br i1 %more, label %next, label %done", "done:", "  ret void", "}",
    ])  # fmt: skip


def module_text(shape: Shape) -> str:
    """The module of draws; it depends on nothing but the vectors of the processor."""
    n = shape.lanes
    parts = ["declare i32 @llvm.fshl.i32(i32, i32, i32)", f"declare <{n} x i32> @llvm.bitreverse.v{n}i32(<{n} x i32>)"]
    parts += [declarations(shape), log_function(shape), centred_ppf_function(shape)]
    parts += [hash_function(n), mix_function(n), _loop(shape, normal=True), _loop(shape, normal=False), _singles(shape), _many()]
    return "\n\n".join(parts)
