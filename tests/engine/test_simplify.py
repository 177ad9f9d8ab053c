"""What becomes of equations before they are code: fewer and cheaper operations that say the same."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pytest

from prenup.base.calendar import Calendar
from prenup.base.quantity import Number
from prenup.base.units import NUMBER
from prenup.engine.native.classify import Calm, Held, Program, program
from prenup.engine.native.simplify import simpler
from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Param, Prev, Ref, Shock, View, call, where_
from prenup.sheet.sheet import Row, Sheet

X, Y = Ref("x"), Ref("y")
NOISE = Shock("noise", "brownian")
RATE, LIMIT = Param("rate", NUMBER), Param("limit", NUMBER)


def sheet(rows: Iterable[Row]) -> Sheet:
    return Sheet(
        Calendar(datetime.date(2025, 1, 1), 6), "USD", {row.name: row for row in rows}, (), {}, {}, {"rate": 0.1, "limit": 3.0},
        {"v": Number(0.0, NUMBER)}, {},
    )  # fmt: skip


def operations(found: Program, where: Iterable[Expr]) -> list[str]:
    """The functions of some expressions, each as often as it stands there."""
    names: list[str] = []
    stack = list(where)
    while stack:
        node = stack.pop()
        if isinstance(node, Op):
            names.append(node.fn)
            stack.extend(node.args)
    return names


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (X + ZERO, X),
        (X - ZERO, X),
        (X * ONE, X),
        (X + Op("neg", (Y,)), X - Y),
        (X - Op("neg", (Y,)), X + Y),
        (X / 4.0, X * 0.25),
        (X ** Const(2.0), X * X),
        (Const(2.0) + Const(3.0), Const(5.0)),
        (ZERO * -2.0, ZERO * -2.0),  # -0 is no constant: it would be taken for 0
        (call("max", Const(2.0), Const(3.0)), Const(3.0)),
        (where_(ONE, X, Y), X),
        (where_(ZERO, X, Y), Y),
        (where_(X > 1.0, Y, Y), Y),
        (where_(X > ZERO, call("max", X, ZERO), ZERO), call("max", X, ZERO)),
        ((X > 1.0) & ONE, X > 1.0),
        ((X > 1.0) | ZERO, X > 1.0),
        (X & ONE, X & ONE),  # x is a number: as yes or no it is another
        (X / ZERO, X / ZERO),
        (X ** Const(3.0), X ** Const(3.0)),
    ],
)
def test_rules(node: Op, expected: Expr) -> None:
    assert simpler(node) == expected


def test_known_factors_become_one_input() -> None:
    found = program(sheet([Row("x", (RATE * NOISE) / LIMIT * 12.0, "")]), ("x",), ())
    assert found.lively == (("x", Op("mul", (NOISE, Held(0)))),)


def test_a_root_of_what_a_few_events_change_is_worked_out_once_a_month_in_each_case() -> None:
    rows = [
        Row("gone", Prev("gone") | (NOISE > 1.0), ""),
        Row("late", Prev("late") | (NOISE > 2.0), ""),
        Row("rate", where_(Ref("gone"), View("v"), RATE) * where_(Ref("late"), 0.5, 1.0), ""),
        Row("x", Prev("x") * call("pow", call("max", Ref("rate") + 1.0, ZERO), 1 / 12) * call("exp", NOISE), "", start=ONE),
    ]
    found = program(sheet(rows), ("x",), ())
    lively = operations(found, (node for _, node in found.lively))
    assert lively.count("exp") == 1  # that of the draw
    assert "log" not in lively
    assert "pow" not in lively
    assert operations(found, (*found.calm, *found.settled)).count("log") == 4


def test_rows_that_only_add_up_become_one_where_only_their_sum_is_asked_for() -> None:
    rows = [
        Row("x", NOISE * RATE, ""),
        Row("a", Prev("a") + X, ""),
        Row("b", Prev("b") - X * X, ""),
        Row("seen", Prev("seen") + call("abs", X), ""),
        Row("total", Ref("a") + Ref("b") - Ref("seen"), "", "end"),
    ]
    found = program(sheet(rows), ("total", "seen"), ())
    assert [name for name, _ in found.lively] == ["x", "seen", "sum of total"]


def test_rows_that_say_the_same_are_one() -> None:
    over = NOISE > 1.0
    rows = [
        Row("a", Prev("a") | over, ""),
        Row("b", Prev("b") | over, ""),
        Row("x", where_(Ref("b"), Prev("b"), Ref("a")), ""),
    ]
    found = program(sheet(rows), ("x",), ())
    assert [name for name, _ in found.lively] == ["a", "x"]


def test_guards_of_the_calendar_are_no_work_for_paths() -> None:
    rows = [
        Row("on", Prev("on") | (NOISE > 1.0), ""),
        Row("due", Prev("due") + View("v"), ""),
        Row("x", where_(Ref("on") & (Ref("due") > 2.0), Ref("due"), ZERO), ""),
    ]
    found = program(sheet(rows), ("x",), ())
    last = dict(found.lively)["x"]
    assert isinstance(last, Op)
    assert last.fn == "if"
    assert last.args[0] == Ref("on")
    assert isinstance(last.args[1], Calm)


def test_what_a_known_number_is_changes_no_code() -> None:
    rows = [Row("x", Prev("x") + NOISE * RATE, "")]
    first, second = (program(sheet(rows), ("x",), ()), program(sheet(rows), ("x",), ()))
    assert first == second
