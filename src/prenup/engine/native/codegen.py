"""A sheet as LLVM code: a loop over groups of paths, inside it a loop over months, inside it every equation once for all lanes.

What a row was last month stands in memory that stays in the cache; everything of this month is a value. Nothing branches on
a value and nothing raises. `fmul` and `fadd` may be contracted to one rounding, and nothing is reassociated.
"""

from __future__ import annotations

from prenup.engine.native.classify import Calm, Held, PathInput, Program
from prenup.engine.native.vector_math import Shape, declarations, exp_function, hex_double, log_function, power_function
from prenup.sheet.expr import Const, Expr, Op, Prev, Ref, Shock, Table, walk

VERSION = 3
"""Counts changes of what the code does; a cached program of another version is made anew."""

_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISON = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_CALLS = {
    "sqrt": "llvm.sqrt",
    "abs": "llvm.fabs",
    "min": "llvm.minimum",
    "max": "llvm.maximum",
    "exp": "prenup.exp",
    "log": "prenup.log",
    "pow": "prenup.pow",
}
_SIGNATURE = (
    "ptr %held, ptr %tables, ptr %paths, ptr %draws, ptr %finals, ptr %series, ptr %calm, "
    "i64 %draw_stride, i64 %series_stride, i64 %first, i64 %last"
)


class Value:
    """A value in the code: its name, whether it has lanes, whether it is yes or no."""

    __slots__ = ("is_bool", "lanes", "name")

    def __init__(self, name: str, lanes: bool, is_bool: bool) -> None:
        self.name = name
        self.lanes = lanes
        self.is_bool = is_bool


def module_text(program: Program, finals: tuple[str, ...], series: tuple[str, ...], lanes: int) -> str:
    """The whole module: one function `run`, and the mathematics that it calls.

    `run` works out paths `first` up to `last`, a whole number of groups, of `n_views` views, whose inputs and lists of
    pointers lie one after the other. Pointers: `held` and `tables` (table,
    month) are numbers; `paths`, `draws`, `finals`, `series` are lists of pointers to (path,), (month, path), (path,) and
    (month, path) numbers, where months of draws and of series lie `draw_stride` and `series_stride` numbers apart. `calm`
    is room for (calm expression or row, month + 1) numbers, filled in first.
    """
    wide, one = Shape(lanes), Shape(1)
    body = _Generator(program, finals, series, wide).text()
    counts = (len(program.held), len(program.path_inputs), len(program.shocks), len(finals), len(series))
    body += "\n\n" + _over_views(counts)
    parts = [declarations(wide), declarations(one)]
    parts += [f(s) for f in (exp_function, log_function, power_function) for s in (wide, one)]
    return "\n\n".join([*parts, body])


class _Generator:
    def __init__(self, program: Program, finals: tuple[str, ...], series: tuple[str, ...], wide: Shape) -> None:
        self.program = program
        self.finals = finals
        self.series = series
        self.wide = wide
        self.one = Shape(1)
        self.entry: list[str] = []
        self.group: list[str] = []
        self.calm: list[str] = []
        self.month: list[str] = []
        self.end: list[str] = []
        self.into = self.entry
        self.count = 0
        self.known: dict[Expr, Value] = {}
        self.rows: dict[str, Value] = {}
        self.splats: dict[str, Value] = {}
        self.slots: dict[str, str] = {}
        self.allocas: list[str] = []

    def text(self) -> str:
        p = self.program
        held = {i: self.load(self.entry, f"getelementptr double, ptr %held, i64 {i}", self.one) for i in range(len(p.held))}
        self.inputs: dict[Expr, Value] = {Held(i): Value(n, False, False) for i, n in held.items()}
        self.still()
        self.pointers(self.entry)
        for i in range(len(p.path_inputs)):
            place = self.put(self.group, f"getelementptr double, ptr %path{i}, i64 %g")
            self.inputs[PathInput(i)] = Value(self.load_at(self.group, place, self.wide), True, False)
        self.state(p.monthly, self.group, self.wide)
        self.into = self.month
        for name, equation in p.monthly:
            self.rows[name] = self.as_lanes(self.of(equation))
        self.store_state(p.monthly)
        self.store_series()
        self.finish()
        return self.assembled()

    def still(self) -> None:
        """What is the same on all paths: a loop over months of its own, before any path."""
        p = self.program
        self.state(p.calm_rows, self.entry, self.one)
        self.into = self.calm
        for name, equation in p.calm_rows:
            self.rows[name] = self.of(equation)
        kept = [*(self.of(e) for e in p.calm), *(self.rows[n] for n in self.calm_kept)]
        for index, value in enumerate(kept):
            place = self.put(self.calm, f"add i64 %m, {index * p.n_months}")
            at = self.put(self.calm, f"getelementptr double, ptr %calm, i64 {place}")
            self.calm.append(f"  store double {self.as_number(value).name}, ptr {at}, align 8")
        self.store_state(p.calm_rows)
        self.rows.clear()
        self.known.clear()
        self.splats.clear()

    @property
    def calm_kept(self) -> list[str]:
        """Calm rows that are asked for by themselves."""
        return [name for name, _ in self.program.calm_rows if name in self.series]

    # ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, into: list[str], text: str) -> str:
        self.count += 1
        name = f"%t{self.count}"
        into.append(f"  {name} = {text}")
        return name

    def load(self, into: list[str], pointer: str, shape: Shape) -> str:
        return self.load_at(into, self.put(into, pointer), shape)

    def load_at(self, into: list[str], place: str, shape: Shape) -> str:
        return self.put(into, f"load {shape.double}, ptr {place}, align 8")

    def pointers(self, into: list[str]) -> None:
        """The addresses of inputs and outputs, loaded once."""
        p = self.program
        for base, count, word in (
            ("paths", len(p.path_inputs), "path"),
            ("draws", len(p.shocks), "draw"),
            ("finals", len(self.finals), "final"),
            ("series", len(self.series), "serie"),
        ):
            for i in range(count):
                place = self.put(into, f"getelementptr ptr, ptr %{base}, i64 {i}")
                into.append(f"  %{word}{i} = load ptr, ptr {place}, align 8")

    def state(self, rows: tuple[tuple[str, Expr], ...], before: list[str], shape: Shape) -> None:
        """A slot for every row that is looked back at: what it was last month. Its start is written before the first."""
        p = self.program
        equations = (*p.calm_rows, *p.monthly)
        wanted = {n.name for _, e in equations for n in walk(e) if isinstance(n, Prev)}
        wanted |= {n.name for e in p.calm for n in walk(e) if isinstance(n, Prev)}
        wanted |= {n.name for _, e in p.ends for n in walk(e) if isinstance(n, Ref)} | set(self.finals)
        for name in [n for n, _ in rows if n in wanted]:
            slot = f"%s{len(self.slots)}"
            self.allocas.append(f"  {slot} = alloca {shape.double}, align 64")
            self.slots[name] = slot
            self.into = before
            start = self.of(p.starts[name])
            value = self.as_number(self.as_lanes(start) if shape.lanes > 1 else start)
            before.append(f"  store {shape.double} {value.name}, ptr {slot}, align {8 if shape.lanes == 1 else 64}")
            self.known.clear()

    def store_state(self, rows: tuple[tuple[str, Expr], ...]) -> None:
        for name in [n for n, _ in rows if n in self.slots]:
            value = self.as_number(self.rows[name])
            shape = self.wide if value.lanes else self.one
            self.into.append(f"  store {shape.double} {value.name}, ptr {self.slots[name]}, align {64 if value.lanes else 8}")

    def store_series(self) -> None:
        for i, name in enumerate(self.series):
            if name in self.rows:
                value = self.as_number(self.rows[name])
            else:
                value = self.as_lanes(self.of(Calm(len(self.program.calm) + self.calm_kept.index(name))))
            row = self.put(self.month, "mul i64 %m, %series_stride")
            place = self.put(self.month, f"getelementptr double, ptr %serie{i}, i64 {self.put(self.month, f'add i64 {row}, %g')}")
            self.month.append(f"  store {self.wide.double} {value.name}, ptr {place}, align 8")

    def finish(self) -> None:
        """After the last month: rows of the end stage, then what is kept."""
        self.into = self.end
        self.known.clear()
        self.splats.clear()
        self.rows = {}
        for name, slot in self.slots.items():
            varies = name in self.program.varies
            shape = self.wide if varies else self.one
            align = 64 if varies else 8
            self.rows[name] = Value(self.put(self.end, f"load {shape.double}, ptr {slot}, align {align}"), varies, False)
        for name, equation in self.program.ends:
            self.rows[name] = self.of(equation)
        for i, name in enumerate(self.finals):
            value = self.as_number(self.as_lanes(self.rows[name]))
            place = self.put(self.end, f"getelementptr double, ptr %final{i}, i64 %g")
            self.end.append(f"  store {self.wide.double} {value.name}, ptr {place}, align 8")

    # ── equations ───────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, node: Expr) -> Value:
        """The value of an expression; the same expression is worked out once a month."""
        if isinstance(node, Ref):
            return self.rows[node.name]
        found = self.inputs.get(node) or self.known.get(node)
        if found is None:
            found = self.leaf(node) if not isinstance(node, Op) else self.operation(node)
            self.known[node] = found
        return found

    def leaf(self, node: Expr) -> Value:
        if isinstance(node, Const):
            return Value(hex_double(node.value), False, False)
        if isinstance(node, Prev):
            varies = node.name in self.program.varies
            shape = self.wide if varies else self.one
            align = 64 if varies else 8
            return Value(self.put(self.into, f"load {shape.double}, ptr {self.slots[node.name]}, align {align}"), varies, False)
        if isinstance(node, Calm):
            place = self.put(self.into, f"add i64 %m, {node.index * self.program.n_months}")
            return Value(self.load(self.into, f"getelementptr double, ptr %calm, i64 {place}", self.one), False, False)
        if isinstance(node, Table):
            first = self.program.tables.index(node.name) * self.program.n_months
            place = self.put(self.into, f"add i64 %m, {first}")
            return Value(self.load(self.into, f"getelementptr double, ptr %tables, i64 {place}", self.one), False, False)
        if isinstance(node, Shock):
            row = self.put(self.into, "mul i64 %m, %draw_stride")
            place = self.put(self.into, f"add i64 {row}, %g")
            index = self.program.shocks.index(node)
            return Value(self.load(self.into, f"getelementptr double, ptr %draw{index}, i64 {place}", self.wide), True, False)
        raise TypeError(f"{type(node).__name__} has no code")

    def operation(self, node: Op) -> Value:
        arguments = [self.of(argument) for argument in node.args]
        lanes = any(a.lanes for a in arguments)
        if lanes:
            arguments = [self.as_lanes(a) for a in arguments]
        shape = self.wide if lanes else self.one
        if node.fn in ("and", "or", "not"):
            yes = [self.as_bool(a).name for a in arguments]
            text = (
                f"xor {shape.bool} {yes[0]}, {_true(shape)}" if node.fn == "not" else f"{node.fn} {shape.bool} {yes[0]}, {yes[1]}"
            )
            return Value(self.put(self.into, text), lanes, True)
        if node.fn == "if":
            condition, then, other = self.as_bool(arguments[0]), self.as_number(arguments[1]), self.as_number(arguments[2])
            text = f"select {shape.bool} {condition.name}, {shape.double} {then.name}, {shape.double} {other.name}"
            return Value(self.put(self.into, text), lanes, False)
        numbers = [self.as_number(a).name for a in arguments]
        if node.fn in _COMPARISON:
            return Value(
                self.put(self.into, f"fcmp {_COMPARISON[node.fn]} {shape.double} {numbers[0]}, {numbers[1]}"), lanes, True
            )
        return Value(self.put(self.into, self.arithmetic(node, numbers, shape)), lanes, False)

    def arithmetic(self, node: Op, numbers: list[str], shape: Shape) -> str:
        if node.fn == "div" and isinstance(node.args[1], Const) and node.args[1].value not in (0.0, float("inf"), float("-inf")):
            return f"fmul contract {shape.double} {numbers[0]}, {shape.constant(1.0 / node.args[1].value)}"
        if node.fn in _ARITHMETIC:
            return f"{_ARITHMETIC[node.fn]} contract {shape.double} {numbers[0]}, {numbers[1]}"
        if node.fn == "neg":
            return f"fneg {shape.double} {numbers[0]}"
        arguments = ", ".join(f"{shape.double} {n}" for n in numbers)
        return f"call {shape.double} @{_CALLS[node.fn]}.{shape.suffix}({arguments})"

    # ── from one kind of value to another ───────────────────────────────────────────────────────────────────────

    def as_lanes(self, value: Value) -> Value:
        """One value in every lane."""
        if value.lanes:
            return value
        if value.name.startswith("0x"):
            number = ", ".join([f"double {value.name}"] * self.wide.lanes)
            return Value(f"<{number}>", True, False)
        key = f"{id(self.into)}{value.name}"
        if key not in self.splats:
            kind, lane = (self.wide.bool, "i1") if value.is_bool else (self.wide.double, "double")
            first = self.put(self.into, f"insertelement {kind} poison, {lane} {value.name}, i32 0")
            self.splats[key] = Value(
                self.put(self.into, f"shufflevector {kind} {first}, {kind} poison, <{self.wide.lanes} x i32> zeroinitializer"),
                True,
                value.is_bool,
            )
        return self.splats[key]

    def as_bool(self, value: Value) -> Value:
        if value.is_bool:
            return value
        shape = self.wide if value.lanes else self.one
        return Value(self.put(self.into, f"fcmp une {shape.double} {value.name}, {shape.constant(0.0)}"), value.lanes, True)

    def as_number(self, value: Value) -> Value:
        if not value.is_bool:
            return value
        shape = self.wide if value.lanes else self.one
        return Value(self.put(self.into, f"uitofp {shape.bool} {value.name} to {shape.double}"), value.lanes, False)

    def assembled(self) -> str:
        """The function: an outer loop over groups, an inner one over months."""
        return "\n".join([
            f"define internal void @one_view({_SIGNATURE}) nounwind {{",
            "entry:", *self.allocas, *self.entry, "  br label %still",
            "still:", "  %c = phi i64 [ 0, %entry ], [ %c.next, %still ]",
            *[line.replace("%m,", "%c,").replace("i64 %m", "i64 %c") for line in self.calm],
            "  %c.next = add i64 %c, 1",
            f"  %c.more = icmp ult i64 %c.next, {self.program.n_months}",
            "  br i1 %c.more, label %still, label %groups",
            "groups:", "  %g = phi i64 [ %first, %still ], [ %g.next, %after ]", *self.group, "  br label %months",
            "months:", "  %m = phi i64 [ 0, %groups ], [ %m.next, %months ]", *self.month,
            "  %m.next = add i64 %m, 1",
            f"  %m.more = icmp ult i64 %m.next, {self.program.n_months}",
            "  br i1 %m.more, label %months, label %after",
            "after:", *self.end,
            f"  %g.next = add i64 %g, {self.wide.lanes}",
            "  %g.more = icmp ult i64 %g.next, %last",
            "  br i1 %g.more, label %groups, label %done",
            "done:", "  ret void", "}",
        ])  # fmt: skip


def _true(shape: Shape) -> str:
    return "true" if shape.lanes == 1 else "<" + ", ".join(["i1 true"] * shape.lanes) + ">"


def _over_views(counts: tuple[int, int, int, int, int]) -> str:
    """The function `run`: one view after the other, each with its own inputs and pointers."""
    names = ("held", "paths", "draws", "finals", "series")
    lists = {name: ("double" if name == "held" else "ptr", count) for name, count in zip(names, counts, strict=True)}
    lines = [
        f"define void @run({_SIGNATURE}, i64 %n_views) nounwind {{",
        "entry:",
        "  br label %views",
        "views:",
        "  %v = phi i64 [ 0, %entry ], [ %v.next, %views ]",
    ]
    for name, (kind, count) in lists.items():
        lines += [f"  %{name}.i = mul i64 %v, {count}", f"  %{name}.p = getelementptr {kind}, ptr %{name}, i64 %{name}.i"]
    lines += [
        "  call void @one_view(ptr %held.p, ptr %tables, ptr %paths.p, ptr %draws.p, ptr %finals.p, ptr %series.p, ptr %calm, "
        "i64 %draw_stride, i64 %series_stride, i64 %first, i64 %last)",
        "  %v.next = add i64 %v, 1",
        "  %v.more = icmp ult i64 %v.next, %n_views",
        "  br i1 %v.more, label %views, label %done",
        "done:",
        "  ret void",
        "}",
    ]
    return "\n".join(lines)
