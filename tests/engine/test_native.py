"""Machine code against the referee, path by path, on the gallery and on sheets that nobody wrote; and its cache."""

from __future__ import annotations

import datetime
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prenup
from prenup.base.calendar import Calendar
from prenup.base.problems import Log
from prenup.base.quantity import Number
from prenup.base.units import NUMBER
from prenup.engine.engines import engine_named
from prenup.engine.native import compile as compiling
from prenup.engine.native import fill as filling
from prenup.engine.native import sampling
from prenup.engine.native.vector_math import Shape
from prenup.engine.reference import Block, Filled
from prenup.engine.run import KEPT, Settings
from prenup.engine.streams import Design
from prenup.sheet.expr import FUNCTIONS, ZERO, Const, Expr, Op, Param, Prev, Ref, Shock, Table, View
from prenup.sheet.order import ordered
from prenup.sheet.sheet import Row, Sheet

DEALS = sorted((Path(__file__).parents[2] / "deals").glob("*.yaml"))


def compare(a: Filled, b: Filled, within: float = 1e-9) -> None:
    """Both engines agree on every path: on what is sound, and there on every figure."""
    assert np.array_equal(a.sound, b.sound)
    largest = max(float(np.max(np.abs(v[b.sound]), initial=0.0)) for v in b.finals.values())
    for found, expected in [(a.finals, b.finals), (a.series, b.series)]:
        assert list(found) == list(expected)
        for name in found:
            x, y = (f[name][..., a.sound] if f[name].ndim == 4 else f[name][a.sound] for f in (found, expected))
            # What nearly cancels is measured by what it is made of: the largest sums of money in the deal.
            size = np.maximum(np.abs(y), max(1e-3 * np.max(np.abs(y), initial=0.0), 1e-6 * largest))
            assert np.all(np.abs(x - y) <= within * size), (name, np.max(np.abs(x - y) / np.maximum(size, 1e-300)))


@pytest.mark.parametrize("path", DEALS, ids=lambda p: p.stem)
@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_gallery_path_by_path(path: Path, sampler: str) -> None:
    case = prenup.load(path)
    for which in (case, *(case.variant(name) for name in case.deal.variants)):
        runs = [
            which.run(paths=2_048, views=16, sampler=sampler, engine=e, keep=[f"cash.{next(iter(case.deal.parties))}"])
            for e in ("native", "reference")
        ]
        compare(runs[0].filled, runs[1].filled)


# --- Sheets that nobody wrote -----------------------------------------------------------------------------------------

NAMES = [f"r{i}" for i in range(8)]
PLAIN = Const(0.0).unit
LEAVES: list[Expr] = [
    *[Const(value) for value in (0.0, 1.0, -2.5, 0.3)],
    *[Param("p", PLAIN), Param("q", PLAIN), Table("t", PLAIN), View("v")],
    *[Shock("a", "brownian"), Shock("b", "uniforms"), Shock("c", "uniform")],
    *[Prev(name) for name in NAMES],
]


def expressions(now: list[str], leaves: list[Expr]) -> st.SearchStrategy[Expr]:
    """Expressions over the rows that are worked out already."""
    base = st.sampled_from([*leaves, *[Ref(n) for n in now]])
    functions = st.sampled_from([f for f in FUNCTIONS if f not in ("ppf",)])

    def op(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return functions.flatmap(lambda f: st.tuples(*[inner] * FUNCTIONS[f]).map(lambda args: Op(f, args)))

    return st.recursive(base, op, max_leaves=10)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    rows: dict[str, Row] = {}
    settled = [leaf for leaf in LEAVES if isinstance(leaf, Const | Param | View) or leaf == Shock("c", "uniform")]
    rows["once"] = Row("once", draw(expressions([], settled)), "", "once")
    for i, name in enumerate(NAMES):
        start = draw(st.sampled_from([Const(0.0), Const(1.5), Param("p", Const(0.0).unit), Ref("once"), View("v")]))
        rows[name] = Row(name, draw(expressions([*NAMES[:i], "once"], LEAVES)), "", "month", start)
    rows["end"] = Row("end", draw(expressions(["once", *NAMES], settled)), "", "end")
    months = 5
    tables = {"t": tuple(float(i - 2) for i in range(months))}
    return Sheet(
        Calendar(datetime.date(2025, 1, 1), months),
        "USD",
        ordered(rows, Log()),
        (),
        {},
        {},
        {"p": 0.7, "q": -1.3},
        {"v": Number(0.0, NUMBER)},
        tables,
    )


@settings(max_examples=60, deadline=None)
@given(sheets())
def test_any_sheet_path_by_path(sheet: Sheet) -> None:
    design = Design(3, 2, 2, 16)
    block = Block(range(2), range(2), range(16))
    finals = ["once", *NAMES, "end"]
    engines = [engine_named(name) for name in ("native", "reference")]
    found, expected = (e.prepare(sheet, tuple(finals), tuple(NAMES)).fill(design, block) for e in engines)
    for name in finals:  # row by row, so that one unsound row does not excuse the others
        x, y = found.finals[name], expected.finals[name]
        whole = np.isfinite(y) & (np.abs(y) < 1e200)
        assert np.array_equal(np.isnan(x), np.isnan(y)), name
        if not chaotic([sheet.rows["once"]] if name == "once" else sheet.rows.values()):
            assert np.allclose(x[whole], y[whole], rtol=1e-9, atol=1e-12), name


def chaotic(rows: Iterable[Row]) -> bool:
    """Whether a rounding may become a whole number: a comparison of what was worked out."""
    from prenup.sheet.expr import walk

    comparing = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "if"}
    risky = {"sub", "pow", "log", "div", "sqrt", "exp"}
    used = {n.fn for row in rows for n in walk(row.expr) if isinstance(n, Op)}
    return bool(used & comparing and used & risky) or "pow" in used or {"exp", "sub"} <= used or {"sub", "div"} <= used


SMALL = Design(3, 2, 2, 16), Block(range(2), range(2), range(16))


def with_rows_alone(rows: dict[str, Row]) -> Sheet:
    """A sheet of nothing but rows, and of what they may stand on."""
    calendar = Calendar(datetime.date(2025, 1, 1), 2)
    values, unknowns = {"p": 0.7, "q": -1.3}, {"v": Number(0.0, NUMBER)}
    return Sheet(calendar, "USD", ordered(rows, Log()), (), {}, {}, values, unknowns, {})


@pytest.mark.parametrize("fn", FUNCTIONS)
def test_every_function_at_its_edges(fn: str) -> None:
    """Of constants, of what is known, of what a view settles and of what a path draws; infinities and not-a-number too."""
    infinity = Const(1.0) / ZERO
    numbers = [ZERO, Const(1.0), Const(-1.0), Const(2.0), Const(0.5), infinity, -infinity, ZERO / ZERO]
    kinds = [Param("p", NUMBER), Param("q", NUMBER), View("v"), Shock("z", "uniform")]
    n = FUNCTIONS[fn]
    choices = itertools.product(numbers if n == 3 else numbers + kinds, repeat=n)
    rows = {f"r{i}": Row(f"r{i}", Op(fn, some), "", "end") for i, some in enumerate(choices)}
    found, expected = (
        engine_named(name).prepare(with_rows_alone(rows), tuple(rows), ()).fill(*SMALL) for name in ("native", "reference")
    )
    for name, y in expected.finals.items():
        assert np.allclose(found.finals[name], y, rtol=1e-9, atol=1e-12, equal_nan=True), rows[name].expr


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_narrower_vectors_give_the_same(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    """Machines without AVX-512, or without AVX, as far as this one can play them."""
    expected = prenup.load(DEALS[1]).run(paths=512).filled
    for module in (compiling, filling, sampling):
        monkeypatch.setattr(module, "vectors", lambda: Shape(lanes))
    forget_draws()
    try:
        found = prenup.load(DEALS[1]).run(paths=512).filled
    finally:
        forget_draws()
    compare(found, expected, 1e-12)


def forget_draws() -> None:
    """Code that draws, and where it stands."""
    sampling.functions.cache_clear()
    sampling.Streams.of.cache_clear()  # type: ignore[attr-defined]


# --- Splitting, executors, interruption -------------------------------------------------------------------------------


def small() -> prenup.Case:
    return prenup.load(DEALS[0])


def bits(run: prenup.Run) -> list[bytes]:
    return [np.ascontiguousarray(v).tobytes() for v in run.filled.finals.values()] + [
        v.tobytes() for v in run.filled.sums.values()
    ]


class Backwards(Executor):
    """Works blocks out at once, and hands the last one out first: order must not matter."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_same_bits_however_it_is_split(engine: str) -> None:
    case = small()
    first = case.run(paths=4_096, views=16, engine=engine)
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (threads, processes, Backwards(), None):
            assert bits(case.run(paths=4_096, views=16, engine=engine, executor=executor)) == bits(first)


def die_once(flag: str, work: Any, *args: Any) -> Any:
    """What a worker does that is killed at its first block."""
    if not os.path.exists(flag):  # noqa: PTH110  (a child process, kept plain)
        open(flag, "w").close()  # noqa: PTH123
        os._exit(1)
    return work(*args)


class Deadly(ProcessPoolExecutor):
    """A pool of processes of which one dies at work."""

    def __init__(self, flag: Path) -> None:
        super().__init__(2)
        self.flag = str(flag)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(die_once, self.flag, fn, *args, **kwargs)


def test_blocks_of_a_dead_worker_are_worked_out_again_and_counted_once(tmp_path: Path) -> None:
    case = small()
    expected = case.run(paths=65_536, views=16)
    with Deadly(tmp_path / "died") as pool:
        found = case.run(paths=65_536, views=16, executor=pool)
    assert (tmp_path / "died").exists()
    assert bits(found) == bits(expected)
    assert found.n_paths - found.n_unsound == int(found.filled.counts.sum())
    assert BrokenProcessPool


def test_a_sweep_outlives_a_dead_worker_too(tmp_path: Path) -> None:
    case = small()
    expected = case.sweep([{}], paths=16_384, views=16)
    with Deadly(tmp_path / "died") as pool:
        found = case.sweep([{}], paths=16_384, views=16, executor=pool)
    assert (tmp_path / "died").exists()
    assert found.equals(expected)


def test_memory_does_not_grow_with_paths_and_means_are_over_all() -> None:
    case = small()
    run = case.run(paths=2 * KEPT, views=16)
    assert run.n_kept == KEPT
    assert run.n_paths == 2 * KEPT
    party = next(iter(run.sheet.parties))
    kept_mean = float(run.worth(party).mean())
    assert run.summary(party).mean != kept_mean
    assert abs(run.summary(party).mean - kept_mean) < 6 * run.summary(party).error + 1e-3 * abs(kept_mean)


INTERRUPTED = """
import os, signal, sys, threading, time
import prenup
case = prenup.load(sys.argv[1])
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
begin = time.monotonic()
try:
    case.run(paths=50_000_000, engine=sys.argv[2])
except KeyboardInterrupt:
    print("stopped", time.monotonic() - begin)
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_an_interruption_stops_the_work_within_a_second(engine: str) -> None:
    import time

    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(DEALS[1]), engine], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("stopped"), done.stderr
    waited = float(done.stdout.split()[1])
    assert waited < 2.5, waited
    assert time.monotonic() - begin < 15


# --- The cache --------------------------------------------------------------------------------------------------------

TEXT = "define double @twice(double %x) {\n  %y = fadd double %x, %x\n  ret double %y\n}\n"


def fresh(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PRENUP_CACHE", str(folder))
    monkeypatch.setattr(compiling, "_ENGINES", {})


def twice(number: int) -> float:
    import ctypes

    text = TEXT.replace("twice", f"twice{number}")
    place = compiling.symbols(text, (f"twice{number}",))[f"twice{number}"]
    return float(ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(place)(21.0))


def test_code_is_kept_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for _ in range(2):
        fresh(monkeypatch, tmp_path)
        assert twice(1) == 42.0
        kept.append({p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()})
    assert kept[0] == kept[1]
    assert len(kept[0]) == 1


@pytest.mark.parametrize("harm", ["cut", "foreign", "empty", "flipped"])
def test_a_harmed_file_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    fresh(monkeypatch, tmp_path)
    twice(2)
    file = next(tmp_path.iterdir())
    good = file.read_bytes()
    flipped = bytearray(good)
    flipped[-5] ^= 1
    file.write_bytes({"cut": good[:-7], "foreign": b"\x7fELF not ours", "empty": b"", "flipped": bytes(flipped)}[harm])
    fresh(monkeypatch, tmp_path)
    assert twice(2) == 42.0
    assert file.read_bytes() == good


def test_a_folder_that_can_not_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    fresh(monkeypatch, blocked / "cache")
    assert twice(3) == 42.0
    shutil.rmtree(tmp_path)


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        f"import prenup; print(prenup.load({str(DEALS[0])!r}).run(paths=512, views=8).summary('disney').mean)",
    ]
    started = [
        subprocess.Popen(command, env={**os.environ, "PRENUP_CACHE": str(tmp_path)}, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = {p.communicate(timeout=60)[0] for p in started}
    assert len(answers) == 1
    assert not list(tmp_path.glob(".new-*"))


def test_changing_a_number_does_not_compile_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(monkeypatch, tmp_path)
    case = prenup.load(DEALS[1])
    case.run(paths=512, views=8)
    before = sorted(p.name for p in tmp_path.iterdir())
    case.change(
        {"numbers.share_to_microsoft": {"value": "12%", "range": "9% to 20%", "status": "assumed", "note": "a test"}}
    ).run(paths=512, views=8)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_without_machine_code_the_referee_steps_in_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise RuntimeError("no code for this processor")

    monkeypatch.setattr(compiling, "ready", refuse)
    engine_named.cache_clear()
    try:
        found = engine_named("auto")
        assert found.name == "reference"
        assert "no code for this processor" in found.note
        run = small().run(paths=512, views=8)
        assert run.engine.note
    finally:
        engine_named.cache_clear()


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="engine must be one of"):
        small().run(engine="abacus")
    assert Settings().problem() == ""
