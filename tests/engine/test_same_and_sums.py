"""Rows that say the same by another way, growth in the exponent, sums that share parts: fewer steps, the same figures."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prenup.base.calendar import Calendar
from prenup.base.quantity import Number
from prenup.base.units import NUMBER
from prenup.engine.engines import engine_named
from prenup.engine.native.classify import Calm, Monthly, Program, Settled, program
from prenup.engine.reference import Block, Filled
from prenup.engine.streams import Design
from prenup.sheet.expr import ONE, ZERO, Const, Expr, Op, Param, Prev, Ref, Shock, Table, View, call, walk, where_
from prenup.sheet.sheet import Row, Sheet

NOISE, OTHER = Shock("noise", "brownian"), Shock("other", "brownian")
RATE, LIMIT = Param("rate", NUMBER), Param("limit", NUMBER)
MONTH, V = Table("month", NUMBER), View("v")
MONTHS = 6
GONE = Row("gone", Prev("gone") | (NOISE > 0.5), "")
FALL = Row("fall", Prev("fall") * V, "", start=ONE)


def sheet(rows: Iterable[Row]) -> Sheet:
    return Sheet(
        Calendar(datetime.date(2025, 1, 1), MONTHS), "USD", {row.name: row for row in rows}, (), {}, {},
        {"rate": 0.1, "limit": 3.0}, {"v": Number(0.0, NUMBER)}, {"month": tuple(float(m) for m in range(MONTHS))},
    )  # fmt: skip


def lively(found: Program) -> dict[str, Expr]:
    return dict(found.lively)


def count(found: Program, fn: str) -> int:
    """How often a function stands in what is worked out on every path."""
    return sum(isinstance(n, Op) and n.fn == fn for _, node in found.lively for n in walk(node))


def both(made: Sheet, finals: tuple[str, ...], series: tuple[str, ...] = ()) -> tuple[Filled, Filled]:
    """What the native engine finds, and the referee."""
    design, block = Design(3, 2, 4, 16), Block(range(2), range(4), range(16))
    found, expected = (engine_named(e).prepare(made, finals, series).fill(design, block) for e in ("native", "reference"))
    assert np.array_equal(found.sound, expected.sound)
    for a, b in ((found.finals, expected.finals), (found.series, expected.series)):
        for name in b:
            whole = np.isfinite(b[name])
            assert np.array_equal(np.isnan(a[name]), np.isnan(b[name])), name
            assert np.allclose(a[name][whole], b[name][whole], rtol=1e-9, atol=1e-12), name
    return found, expected


def test_an_event_that_stands_on_another_alone_is_that_one() -> None:
    rows = [
        GONE,
        Row("told", Prev("told") | (ONE & Ref("gone")), ""),
        Row("left", Prev("left") | Ref("told"), ""),
        Row("early", Prev("early") | Ref("gone"), "", start=ONE),
        Row("x", Prev("x") + where_(Prev("left"), 1.0, 2.0) + where_(Ref("early"), 0.25, 0.5), ""),
    ]
    found = program(sheet(rows), ("x", "left"), ())
    assert list(lively(found)) == ["gone", "early", "x"]  # what is yes before the first month is another event
    assert found.finals == (Ref("x"), Ref("gone"))
    both(sheet(rows), ("x", "left", "told"), ("left", "early"))


def test_rows_become_the_same_when_what_they_stand_on_does() -> None:
    rows = [
        GONE,
        Row("told", Prev("told") | Ref("gone"), ""),
        Row("a", Prev("a") + where_(Ref("gone"), NOISE, ZERO), ""),
        Row("b", Prev("b") + where_(Ref("told"), NOISE, ZERO), ""),
        Row("x", Ref("a") * Prev("b"), ""),
    ]
    assert list(lively(program(sheet(rows), ("x",), ()))) == ["gone", "a", "x"]
    both(sheet(rows), ("x",), ("x",))


def test_known_factors_meet_across_rows_and_what_is_divided_by_is_turned_over_once_a_view() -> None:
    rows = [
        Row("a", NOISE * V, ""),
        Row("b", Ref("a") * RATE, ""),
        Row("c", call("max", Ref("b") * 0.5, ZERO) / (V + 1.0), ""),
        Row("d", (NOISE * 0.3 + OTHER * 0.4) * LIMIT, ""),
        Row("x", Ref("c") + Ref("d"), ""),
    ]
    found = program(sheet(rows), ("x",), ())
    assert list(lively(found)) == ["b", "c", "d", "x"]
    for name, n_products in (("b", 1), ("c", 1), ("d", 2)):
        products = [n for n in walk(lively(found)[name]) if isinstance(n, Op) and n.fn in ("mul", "div")]
        assert len(products) == n_products, name
        assert all(isinstance(n.args[1], Settled) for n in products), name
    both(sheet(rows), ("x",))


def test_growth_that_no_path_changes_goes_into_the_exponent() -> None:
    growth = call("pow", call("max", V * 0.2 + 1.0 + MONTH * 0.01 * V, ZERO), Const(1 / 12))
    slow = call("pow", call("max", V * 0.1 + 1.0, ZERO), Const(1 / 12))
    rows = [
        GONE,
        Row("x", Prev("x") * growth * call("exp", NOISE * RATE - 0.01), "", start=ONE),
        Row("y", Prev("y") * where_(Ref("gone"), slow, growth) * call("exp", OTHER * V), "", start=ONE),
        Row("z", Prev("z") * call("exp", V) * call("exp", OTHER + 0.1), "", start=ONE),
    ]
    found = program(sheet(rows), ("x", "y", "z"), ())
    assert count(found, "exp") == 3
    assert not any(isinstance(n, Op) and n.fn == "exp" for e in found.calm for n in walk(e))
    both(sheet(rows), ("x", "y", "z"), ("y",))


def test_growth_of_nothing_ends_at_nothing() -> None:
    growth = call("pow", call("max", V * -9.0 + MONTH * 0.0, ZERO), Const(1 / 12))
    rows = [Row("x", Prev("x") * growth * call("exp", NOISE), "", start=ONE)]
    found, _ = both(sheet(rows), ("x",))
    assert np.all(found.finals["x"] == 0.0)


def test_what_one_pays_another_is_added_up_once_for_both() -> None:
    fall, less = Ref("fall"), Ref("less")
    rows = [
        GONE,
        FALL,
        Row("less", Prev("less") * 0.99, "", start=ONE),
        Row("fee", where_(Ref("gone"), V, ZERO), ""),
        Row("grant", where_(Ref("gone"), RATE, ZERO), ""),
        Row("share", call("max", NOISE, ZERO), ""),
        Row("sales", call("abs", OTHER), ""),
        Row("a", Prev("a") + fall * Ref("fee") - fall * Ref("grant") + fall * Ref("share") - fall * V, ""),
        Row("b", Prev("b") - less * Ref("fee") + less * Ref("grant") - less * Ref("share") + less * Ref("sales"), ""),
    ]
    found = program(sheet(rows), ("a", "b"), ())
    assert [name for name in lively(found) if name.startswith("shared")] == ["shared sum 1"]
    shared = lively(found)["shared sum 1"]
    # Of the two that the same event brings, one sum is worked out beforehand.
    conditions = [n for n in walk(shared) if isinstance(n, Op) and n.fn == "if"]
    assert [isinstance(n.args[1], Calm | Settled) for n in conditions] == [True]
    for name in ("a", "b"):
        assert sum(isinstance(n, Op) and n.fn == "mul" for n in walk(lively(found)[name])) == 1
    both(sheet(rows), ("a", "b"), ("a",))


def test_what_is_looked_at_by_others_is_no_sum_to_share() -> None:
    rows = [
        FALL,
        Row("a", Prev("a") + Ref("fall") * NOISE - Ref("fall") * OTHER, ""),
        Row("x", Prev("x") + Prev("a") * 0.5, ""),
    ]
    both(sheet(rows), ("a", "x"), ("a", "x"))


def test_what_the_calendar_and_known_numbers_change_is_a_table_even_behind_an_event() -> None:
    rows = [
        GONE,
        Row("due", where_(Ref("gone") & (MONTH > 2.0), LIMIT, ZERO), ""),
        Row("x", Prev("x") + Ref("due"), ""),
    ]
    found = program(sheet(rows), ("x",), ())
    branches = [n for _, e in found.lively for n in walk(e) if isinstance(n, Op) and n.fn == "if"]
    assert branches
    assert all(isinstance(n.args[1], Monthly) for n in branches)
    both(sheet(rows), ("x",))


@pytest.mark.parametrize("broken", [call("log", V - 2.0), call("exp", V + 800.0), call("sqrt", NOISE)])
def test_a_path_that_leaves_the_numbers_is_found(broken: Expr) -> None:
    """In a sum, in a smaller or larger of two, in a growth: not-a-number and infinity reach what stands on them."""
    rows = [
        FALL,
        Row("bad", broken + NOISE * 0.0, ""),
        Row("low", call("min", call("max", NOISE, Ref("bad")), call("max", Ref("bad"), V)), ""),
        Row("a", Prev("a") + Ref("fall") * Ref("low") - Ref("fall") * OTHER, ""),
        Row("b", Prev("b") - Ref("fall") * Ref("low") + Ref("fall") * OTHER, ""),
        Row("grown", Prev("grown") * call("exp", Ref("bad")) * call("exp", V), "", start=ONE),
    ]
    found, expected = both(sheet(rows), ("a", "b", "grown"))
    assert not expected.sound.all()
    assert not np.isfinite(found.finals["a"][~expected.sound]).all()


AMOUNTS = [Ref("fee"), Ref("grant"), Ref("share"), NOISE, V, Const(0.5), MONTH * V, Ref("level"), where_(Ref("told"), V, ZERO)]


@st.composite
def ledgers(draw: st.DrawFn) -> Sheet:
    """Sums of some amounts, some of them in two sums, weighed by what falls month by month."""
    rows = [
        GONE,
        FALL,
        Row("told", Prev("told") | Ref("gone"), ""),
        Row("level", Prev("level") * call("exp", V * 0.1) * call("exp", NOISE * 0.1), "", start=ONE),
        Row("fee", where_(draw(st.sampled_from([Ref("gone"), Prev("told")])), V, draw(st.sampled_from([ZERO, RATE]))), ""),
        Row("grant", where_(Ref("told") & (MONTH > 1.0), RATE, ZERO), ""),
        Row("share", call("max", Ref("level") - 1.0, ZERO), ""),
    ]
    for name in ("a", "b", "c"):
        node: Expr = Prev(name)
        for amount in draw(st.lists(st.sampled_from(AMOUNTS), min_size=1, max_size=6)):
            weighed = draw(st.sampled_from([amount, amount * Ref("fall"), Ref("fall") * amount]))
            node = Op(draw(st.sampled_from(["add", "sub"])), (node, weighed))
        rows.append(Row(name, node, ""))
    rows.append(Row("total", Ref("a") + Ref("b") - Ref("c"), "", "end"))
    return sheet(rows)


@settings(max_examples=40, deadline=None)
@given(ledgers(), st.sampled_from([("total",), ("a", "b", "c"), ("total", "b")]), st.sampled_from([(), ("a", "level")]))
def test_any_ledger_is_that_of_the_referee(made: Sheet, finals: tuple[str, ...], series: tuple[str, ...]) -> None:
    both(made, finals, series)
