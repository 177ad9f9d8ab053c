"""A sheet as LLVM code: lanes are views side by side, with futures of each; months outside, groups of futures inside.

A group is one future of each of the lanes' views, so that what a view settles is a value of a lane: worked out once a month,
then used by the groups. What a row was last month stands in scratch memory that stays in the first cache, and so do the
draws; everything of this month is a value. Equations do not branch on a value and nothing raises. `fmul` and `fadd` may be
contracted to one rounding; what is put in another order is put so by `simplify`, in the open, and by nobody else.
"""

from __future__ import annotations

import itertools
from typing import TypeGuard

from prenup.engine.native.classify import Begun, Calm, Held, Monthly, Program, Settled
from prenup.engine.native.draws import POINTERS, STREAM, arguments, word_lines
from prenup.engine.native.layout import Layout
from prenup.engine.native.normal_numbers import ppf_function
from prenup.engine.native.simplify import is_number, is_truth
from prenup.engine.native.table_math import exp_function, log_function, quick_exponential, quick_logarithm
from prenup.engine.native.vector_math import Text, declarations, power_function
from prenup.sheet.expr import Const, Expr, Op, Prev, Ref, Shock, View, walk

_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISON = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_CALLS = {
    "sqrt": "llvm.sqrt",
    "floor": "llvm.floor",
    "abs": "llvm.fabs",
    "exp": "prenup.exp",
    "log": "prenup.log",
    "pow": "prenup.pow",
    "ppf": "prenup.ppf",
}
_FUNCTIONS = {"exp": exp_function, "log": log_function, "pow": power_function, "ppf": ppf_function}
_NEEDS = {"exp": ("exp",), "log": ("log",), "pow": ("exp", "log", "pow"), "ppf": ("log", "ppf")}

ARGUMENTS = ("held", "views", "tables", "starts", "finals", "series", "scratch", "columns", "n_futures", "step", "n_settings")
"""What `run` is told, eight bytes each: addresses of numbers, then counts. After them come `STREAM` for each stream of draws."""


class Value:
    """A value in the code: its name, and whether it is yes or no."""

    __slots__ = ("is_bool", "name")

    def __init__(self, name: str, is_bool: bool) -> None:
        self.name = name
        self.is_bool = is_bool


def module_text(program: Program, layout: Layout) -> str:
    """The whole module: the function `run`, which draws and fills in, and the mathematics that it calls."""
    shape = layout.shape
    filling = _Filling(program, layout).text()
    used = dict.fromkeys(need for name, needs in _NEEDS.items() if f"@prenup.{name}." in filling for need in needs)
    functions = [function(shape) for name, function in _FUNCTIONS.items() if name in used]
    return "\n\n".join([declarations(shape), *functions, filling, _run(program, layout)])


class _Filling:
    """The function `fill`: some groups of futures of the lanes' views, through all months."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self.program = program
        self.layout = layout
        self.shape = layout.shape
        count = itertools.count()
        self.entry, self.begin, self.calm, self.group, self.end = (Text(self.shape, count) for _ in range(5))
        self.into = self.entry
        self.calm_names = {name for name, _ in program.calm_rows}
        self.known: dict[Expr, Value] = {}
        self.rows: dict[str, Value] = {}

    def text(self) -> str:
        p, places = self.program, self.layout
        self.part(self.entry)
        for index, node in enumerate(p.settled):
            if Settled(index) not in places.read:
                continue
            value = self.as_number(self.of(node))
            self.known[Settled(index)] = value
            self.store(value, self.place("%scratch", places.settled + index * places.lanes))
        self.store_starts(p.calm_rows)
        self.part(self.begin)
        for index, node in enumerate(p.begun):
            value = self.known[Begun(index)] = self.of(node)
            (self.store_truth if is_truth(node) else self.store)(value, self.lane_place(places.begun, index))
        self.store_starts(p.lively)
        self.part(self.calm)
        self.fill_in(p.calm_rows, p.calm)
        self.part(self.group)
        self.fill_in(p.lively)
        self.store_series()
        self.part(self.end)
        for name, node in p.ends:
            self.rows[name] = self.of(node)
        for index, node in enumerate(p.finals):
            out = self.into.put(f"mul i64 %final_stride, {index}")
            at = self.into.put(f"add i64 {out}, %row")
            self.store(self.as_number(self.of(node)), self.into.put(f"getelementptr double, ptr %finals, i64 {at}"))
        return self.assembled()

    def part(self, into: Text) -> None:
        """Go on in another part of the function, where no value of this one is at hand."""
        self.into = into
        self.known = {}
        self.rows = {}

    # ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, base: str, offset: int) -> str:
        return self.into.put(f"getelementptr double, ptr {base}, i64 {offset}")

    def lane_place(self, begin: int, index: int) -> str:
        """The address in scratch memory of this group's lanes of a thing, of which each has all groups."""
        return self.place("%mine", begin + index * self.layout.width)

    def load(self, place: str) -> Value:
        return Value(self.into.put(f"load {self.shape.double}, ptr {place}, align 8"), False)

    def store(self, value: Value, place: str) -> None:
        """A number, or yes and no as numbers."""
        self.into.lines.append(f"  store {self.shape.double} {self.as_number(value).name}, ptr {place}, align 8")

    def load_truth(self, place: str) -> Value:
        """Yes or no of each lane: a bit each where the processor has masks, else a number."""
        if not self.shape.masks:
            return self.as_bool(self.load(place))
        bits = self.into.put(f"load i{self.shape.lanes}, ptr {place}, align 8")
        return Value(self.into.put(f"bitcast i{self.shape.lanes} {bits} to {self.shape.bool}"), True)

    def store_truth(self, value: Value, place: str) -> None:
        if not self.shape.masks:
            self.store(value, place)
            return
        bits = self.into.put(f"bitcast {self.shape.bool} {self.as_bool(value).name} to i{self.shape.lanes}")
        self.into.lines.append(f"  store i{self.shape.lanes} {bits}, ptr {place}, align 8")

    def slot(self, name: str) -> str:
        """The address of a row's last month."""
        place = self.layout.slots[name]
        if name in self.calm_names:
            return self.place("%scratch", self.layout.calm_state + place * self.layout.lanes)
        return self.lane_place(self.layout.state, place)

    def store_slot(self, name: str, value: Value) -> None:
        if name in self.layout.truths:
            self.store_truth(value, self.slot(name))
        else:
            self.store(value, self.slot(name))

    def store_starts(self, rows: tuple[tuple[str, Expr], ...]) -> None:
        for name, _ in rows:
            if name in self.layout.slots:
                self.store_slot(name, self.of(self.program.starts[name]))

    def fill_in(self, rows: tuple[tuple[str, Expr], ...], kept: tuple[Expr, ...] = ()) -> None:
        """A month of rows, and of expressions of them that are kept for others to read.

        All is written down at once, or as soon as nobody looks any more at what the row was last month: few values wait.
        """
        written = {name: place for place, (name, _) in enumerate(rows)}
        looks = [[n for n in walk(node) if isinstance(n, Ref | Prev)] for node in (*(node for _, node in rows), *kept)]
        ready = [max((written.get(n.name, 0) for n in nodes if isinstance(n, Ref)), default=0) for nodes in looks[len(rows) :]]
        keeping: dict[int, list[int]] = {}
        for index, place in enumerate(ready):
            keeping.setdefault(place, []).append(index)
        for place, nodes in zip([*range(len(rows)), *ready], looks, strict=True):
            for n in nodes:
                if isinstance(n, Prev) and n.name in written:
                    written[n.name] = max(written[n.name], place)
        storing: dict[int, list[str]] = {}
        for name, place in written.items():
            if name in self.layout.slots:
                storing.setdefault(place, []).append(name)
        for place in range(max(len(rows), 1)):
            if rows:
                self.rows[rows[place][0]] = self.of(rows[place][1])
            for index in keeping.get(place, ()):
                self.keep(index)
            for name in storing.get(place, ()):
                self.store_slot(name, self.rows[name])

    def keep(self, index: int) -> None:
        """Work out a calm expression and write it down for paths to read."""
        node = self.program.calm[index]
        if isinstance(node, Ref) and node.name in self.layout.slots:
            return
        place = self.place("%scratch", self.layout.place_of_calm(index))
        (self.store_truth if self.is_truth(node) else self.store)(self.of(node), place)

    def store_series(self) -> None:
        for index, node in enumerate(self.program.series):
            out = self.into.put(f"mul i64 %serie_stride, {index}")
            month = self.into.put("mul i64 %month_stride, %m")
            at = self.into.put(f"add i64 {self.into.put(f'add i64 {out}, {month}')}, %row")
            self.store(self.as_number(self.of(node)), self.into.put(f"getelementptr double, ptr %series, i64 {at}"))

    # ── equations ───────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, node: Expr) -> Value:
        """The value of an expression; the same expression is worked out once in a part."""
        if isinstance(node, Ref) and node.name in self.rows:
            return self.rows[node.name]
        found = self.known.get(node)
        if found is None:
            found = self.operation(node) if isinstance(node, Op) else self.leaf(node)
            self.known[node] = found
        return found

    def leaf(self, node: Expr) -> Value:
        places = self.layout
        if isinstance(node, Const):
            return Value(self.shape.constant(node.value), False)
        if isinstance(node, Ref | Prev):  # a row's last value, where months are over
            return (self.load_truth if node.name in places.truths else self.load)(self.slot(node.name))
        if isinstance(node, Held):
            return self.in_every_lane(self.into.put(f"load double, ptr {self.place('%held', node.index)}, align 8"))
        if isinstance(node, View):
            draws = self.into.put(f"getelementptr ptr, ptr %views, i64 {self.program.views.index(node.name)}")
            draws = self.into.put(f"load ptr, ptr {draws}, align 8")
            return self.load(self.into.put(f"getelementptr double, ptr {draws}, i64 %column"))
        if isinstance(node, Settled):
            return self.load(self.place("%scratch", places.settled + node.index * places.lanes))
        if isinstance(node, Calm):
            truth = self.is_truth(self.program.calm[node.index])
            return (self.load_truth if truth else self.load)(self.place("%scratch", places.place_of_calm(node.index)))
        if isinstance(node, Begun):
            truth = is_truth(self.program.begun[node.index])
            return (self.load_truth if truth else self.load)(self.lane_place(places.begun, node.index))
        if isinstance(node, Monthly):
            at = self.into.put(f"add i64 %m, {node.index * self.program.n_months}")
            place = self.into.put(f"getelementptr double, ptr %tables, i64 {at}")
            return self.in_every_lane(self.into.put(f"load double, ptr {place}, align 8"))
        if isinstance(node, Shock):
            if node.law == "uniform":
                return self.load(self.lane_place(places.draws[node], 0))
            month = self.into.put(f"mul i64 %m, {places.width}")
            base = self.into.put(f"getelementptr double, ptr %mine, i64 {month}")
            return self.load(self.place(base, places.draws[node]))
        raise TypeError(f"{type(node).__name__} has no code")

    def is_truth(self, node: Expr) -> bool:
        """Whether a calm expression is yes or no."""
        return is_truth(node) or (isinstance(node, Ref | Prev) and node.name in self.layout.truths)

    def in_every_lane(self, number: str) -> Value:
        t = self.shape.double
        first = self.into.put(f"insertelement {t} poison, double {number}, i32 0")
        return Value(self.into.put(f"shufflevector {t} {first}, {t} poison, <{self.shape.lanes} x i32> zeroinitializer"), False)

    def operation(self, node: Op) -> Value:
        if node.fn in ("add", "sub") and (more := node.args[1]) not in self.known and _or_nothing(more):
            return self.added_if(node.fn, *(self.of(e) for e in (node.args[0], *more.args[:2])))
        arguments = [self.of(argument) for argument in node.args]
        t, s = self.into, self.shape
        if node.fn in ("and", "or", "not"):
            yes = [self.as_bool(a).name for a in arguments]
            second = "<" + ", ".join(["i1 true"] * s.lanes) + ">" if node.fn == "not" else yes[1]
            return Value(t.put(f"{'xor' if node.fn == 'not' else node.fn} {s.bool} {yes[0]}, {second}"), True)
        if node.fn == "if":
            condition, then, other = self.as_bool(arguments[0]), self.as_number(arguments[1]), self.as_number(arguments[2])
            return Value(t.select(condition.name, then.name, other.name), False)
        numbers = [self.as_number(a).name for a in arguments]
        if node.fn in _COMPARISON:
            return Value(t.compare(_COMPARISON[node.fn], *numbers), True)
        return Value(self.arithmetic(node, numbers), False)

    def added_if(self, fn: str, number: Value, condition: Value, more: Value) -> Value:
        """A number with another added or taken off where a condition holds: one instruction."""
        first = self.as_number(number).name
        total = self.into.op(_ARITHMETIC[fn], first, self.as_number(more).name)
        return Value(self.into.select(self.as_bool(condition).name, total, first), False)

    def arithmetic(self, node: Op, numbers: list[str]) -> str:
        t, s = self.into, self.shape
        if node.fn in _ARITHMETIC:
            return t.op(_ARITHMETIC[node.fn], *numbers)
        if node.fn in ("min", "max"):
            first, second = numbers if isinstance(node.args[0], Const) else numbers[::-1]
            return t.least(first, second) if node.fn == "min" else t.most(first, second)
        if node.fn == "neg":
            return t.put(f"fneg {s.double} {numbers[0]}")
        if node.fn in ("exp", "log") and t in (self.calm, self.group):  # elsewhere they are called, for less code
            return (quick_exponential if node.fn == "exp" else quick_logarithm)(t, numbers[0])
        return t.put(f"call {s.double} @{_CALLS[node.fn]}.{s.suffix}({', '.join(f'{s.double} {n}' for n in numbers)})")

    def as_bool(self, value: Value) -> Value:
        if value.is_bool:
            return value
        return Value(self.into.compare("une", value.name, self.shape.constant(0.0)), True)

    def as_number(self, value: Value) -> Value:
        if not value.is_bool:
            return value
        return Value(self.into.select(value.name, self.shape.constant(1.0), self.shape.constant(0.0)), False)

    def assembled(self) -> str:
        """The function: a loop over groups that begin, one over months with one over groups inside, one over groups that end."""
        lanes, last = self.layout.lanes, self.program.n_months - 1
        return "\n".join([
            "define internal void @fill(ptr %held, ptr %views, i64 %column, ptr %tables, ptr %scratch, ptr %finals, ptr %series, "
            "i64 %n_groups, i64 %columns, i64 %final_stride, i64 %serie_stride, i64 %month_stride) alignstack(64) nounwind {",
            "entry:", *_in_first_month(self.entry.lines), "  br label %begin",
            *_over_groups("begin", "entry", lanes, _in_first_month(self.begin.lines)), "begin.done:", "  br label %months",
            "months:", "  %m = phi i64 [ 0, %begin.done ], [ %m.next, %group.done ]", *self.calm.lines, "  br label %group",
            *_over_groups("group", "months", lanes, self.group.lines), "group.done:",
            "  %m.next = add i64 %m, 1", f"  %m.more = icmp ult i64 %m.next, {last + 1}",
            "  br i1 %m.more, label %months, label %ending", "ending:", "  br label %end",
            *_over_groups("end", "ending", lanes, self.end.lines), "end.done:", "  ret void", "}",
        ])  # fmt: skip


def _or_nothing(node: Expr) -> TypeGuard[Op]:
    """Whether an expression is nothing but where a condition holds."""
    return isinstance(node, Op) and node.fn == "if" and is_number(node.args[2], 0.0)


def _in_first_month(lines: list[str]) -> list[str]:
    return [line.replace("add i64 %m,", "add i64 0,") for line in lines]


def _over_groups(name: str, before: str, lanes: int, lines: list[str]) -> list[str]:
    """A loop over groups of futures: `%mine` is where the scratch memory of the group begins, `%row` where its outputs go."""
    own = [line.replace("%mine", f"%{name}.mine").replace("%row", f"%{name}.row") for line in lines]
    return [
        f"{name}:", f"  %{name}.g = phi i64 [ 0, %{before} ], [ %{name}.next, %{name} ]",
        f"  %{name}.o = mul i64 %{name}.g, {lanes}", f"  %{name}.mine = getelementptr double, ptr %scratch, i64 %{name}.o",
        f"  %{name}.row = mul i64 %{name}.g, %columns", *own,
        f"  %{name}.next = add i64 %{name}.g, 1", f"  %{name}.more = icmp ult i64 %{name}.next, %n_groups",
        f"  br i1 %{name}.more, label %{name}, label %{name}.done",
    ]  # fmt: skip


def _run(program: Program, layout: Layout) -> str:
    """The function `run`: lanes after lanes, futures after futures, drawn once and worked out under every setting."""
    lanes, groups = layout.lanes, layout.groups
    words = [*ARGUMENTS, *(f"{word}.{i}" for i in range(len(program.shocks)) for word in STREAM)]
    pointers = {"held", "views", "tables", "starts", "finals", "series", "scratch", *POINTERS}
    lines = ["define void @run(ptr %a) nounwind {", "entry:", *word_lines(words, "%a", pointers)]
    tables = len(program.tables) * program.n_months
    lines += [
        "  %month_stride = mul i64 %columns, %n_futures",
        f"  %serie_stride = mul i64 %month_stride, {program.n_months}",
        f"  %of.finals = mul i64 %month_stride, {len(program.finals)}",
        f"  %of.series = mul i64 %serie_stride, {len(program.series)}",
        f"  %n_sets = udiv i64 %columns, {lanes}",
        "  br label %sets", "sets:", "  %c = phi i64 [ 0, %entry ], [ %c.next, %sets.after ]",
        f"  %c.lane = mul i64 %c, {lanes}", "  %my.starts = getelementptr i32, ptr %starts, i64 %c.lane",
        "  br label %futures",
        "futures:", "  %f = phi i64 [ 0, %sets ], [ %f.next, %futures.after ]",
        "  %left = sub i64 %n_futures, %f", f"  %few = icmp ult i64 %left, {groups}",
        f"  %n_groups = select i1 %few, i64 %left, i64 {groups}",
    ]  # fmt: skip
    for i, shock in enumerate(program.shocks):
        place = {"out": f"%out.{i}", "stride": layout.width, "starts": "%my.starts", "future": "%f", "step": "%step"}
        place |= {"n_groups": "%n_groups", "n": 1 if shock.law == "uniform" else program.n_months}
        told = {word: f"%{word}.{i}" for word in STREAM} | {word: str(value) for word, value in place.items()}
        lines += [
            f"  %out.{i} = getelementptr double, ptr %scratch, i64 {layout.draws[shock]}",
            f"  call void %draw.{i}({arguments(told)})",
        ]
    lines += [
        "  %f.row = mul i64 %f, %columns", "  %at = add i64 %f.row, %c.lane", "  br label %settings",
        "settings:", "  %s = phi i64 [ 0, %futures ], [ %s.next, %settings ]",
        f"  %s.held = mul i64 %s, {len(program.held)}", "  %my.held = getelementptr double, ptr %held, i64 %s.held",
        f"  %s.tables = mul i64 %s, {tables}", "  %my.tables = getelementptr double, ptr %tables, i64 %s.tables",
        "  %s.finals = mul i64 %s, %of.finals", "  %finals.at = add i64 %s.finals, %at",
        "  %my.finals = getelementptr double, ptr %finals, i64 %finals.at",
        "  %s.series = mul i64 %s, %of.series", "  %series.at = add i64 %s.series, %at",
        "  %my.series = getelementptr double, ptr %series, i64 %series.at",
        "  call void @fill(ptr %my.held, ptr %views, i64 %c.lane, ptr %my.tables, ptr %scratch, ptr %my.finals, ptr %my.series, "
        "i64 %n_groups, i64 %columns, i64 %month_stride, i64 %serie_stride, i64 %month_stride)",
        "  %s.next = add i64 %s, 1", "  %s.more = icmp ult i64 %s.next, %n_settings",
        "  br i1 %s.more, label %settings, label %futures.after",
        "futures.after:", f"  %f.next = add i64 %f, {groups}", "  %f.more = icmp ult i64 %f.next, %n_futures",
        "  br i1 %f.more, label %futures, label %sets.after",
        "sets.after:", "  %c.next = add i64 %c, 1", "  %c.more = icmp ult i64 %c.next, %n_sets",
        "  br i1 %c.more, label %sets, label %done", "done:", "  ret void", "}",
    ]  # fmt: skip
    return "\n".join(lines)
