"""Cap tables worked out in two ways: the sheet on every engine against plain arithmetic, and what holds for every table."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from prenup.case import Case, build
from prenup.outcome.run import Run
from prenup.ownership.waterfall import Line, payouts
from tests.ownership.brute_force import equilibria
from tests.ownership.tables import (
    MONTHS,
    VIEWS,
    Array,
    Exits,
    Rounds,
    by_view,
    deal,
    exits,
    history,
    rounds,
    worked_out,
)

EXACT = 1e-9
"""How far two ways may be apart, of the money that is divided or of the number itself."""

BISECTED = 1e-9
"""A price that is halved 46 times lies within 1e-12 of itself; what hangs on it, somewhat further."""


# ── waterfalls ──────────────────────────────────────────────────────────────────────────────────────────────────────

SOLD, COMPILED = 44, 10
"""Companies that are sold on the reference engine, and on the native one, which takes its time to compile."""


@functools.cache
def sold(n_companies: int) -> tuple[Case, dict[str, Exits]]:
    random = np.random.default_rng(2025)
    companies = {f"co{number}": exits(random, f"co{number}") for number in range(n_companies)}
    return build(deal({name: found.section() for name, found in companies.items()})), companies


def paid(run: Run, name: str, found: Exits) -> tuple[list[Line], Array, Array]:
    """The lines by definition, what there is to divide, and what the sheet pays each line: (line, view)."""
    found.drawing.look_up(run)
    lines = found.lines()
    worth = np.broadcast_to(found.drawing.of("actions.sale.value"), VIEWS)
    return lines, worth, np.array([by_view(run, f"{name}.sale.paid.{line.name}") for line in lines])


@functools.cache
def sold_on(engine: str, n_companies: int) -> Run:
    case, companies = sold(n_companies)
    names = [f"{name}.sale.paid.{line}" for name, found in companies.items() for line in found.claims]
    return worked_out(case, names, engine)


@pytest.mark.parametrize(("engine", "n_companies"), [("reference", SOLD), ("native", COMPILED)])
def test_the_sheet_divides_as_the_waterfall_does(engine: str, n_companies: int) -> None:
    run, (_, companies) = sold_on(engine, n_companies), sold(n_companies)
    for name, found in companies.items():
        lines, worth, got = paid(run, name, found)
        apart = np.abs(got - payouts(lines, worth)) / np.maximum(worth, 1.0)
        assert apart.max() <= EXACT, f"{found.classes}, sold for {worth[np.unravel_index(apart.argmax(), apart.shape)[1]]}"


def test_nobody_would_leave_what_the_sheet_gives() -> None:
    run, (_, companies) = sold_on("reference", SOLD), sold(SOLD)
    n_tables, n_converting = 0, 0
    for name, found in companies.items():
        lines, worth, got = paid(run, name, found)
        for view in range(0, VIEWS, 8):
            own = [at(line, view) for line in lines]
            stable = equilibria(own, float(worth[view]))
            assert stable
            for amounts in stable:
                assert got[:, view] == pytest.approx(amounts, rel=EXACT, abs=EXACT * max(worth[view], 1.0))
            n_tables += 1
            n_converting += any(line.converts for line in own)
    assert n_tables >= 300
    assert n_converting >= 200


def at(line: Line, view: int) -> Line:
    """A line with the numbers of one view."""
    parts = ("preference", "shares", "strike", "cap", "converts")
    numbers = {part: float(np.broadcast_to(getattr(line, part), VIEWS)[view]) for part in parts}
    return Line(line.name, seniority=line.seniority, residual=line.residual, **numbers)


def test_the_drawn_tables_are_of_every_kind() -> None:
    _, companies = sold(SOLD)
    kinds = [entry["kind"] for found in companies.values() for entry in found.classes.values()]
    sizes = {len(found.classes) for found in companies.values()}
    assert sizes == set(range(1, 9))
    wanted = "common preferred options warrant profit_units capped_units pool safe note residual"
    assert {kind for kind in kinds if kinds.count(kind) >= 5} == set(wanted.split())
    participation = [e.get("participation") for found in companies.values() for e in found.classes.values()]
    assert all(participation.count(word) >= 8 for word in ("none", "full", "capped"))


def test_payouts_sum_to_the_proceeds_and_leave_the_company_nothing() -> None:
    run, (case, companies) = sold_on("reference", SOLD), sold(SOLD)
    assert run.cash_error() < EXACT
    for name, found in companies.items():
        _, worth, got = paid(run, name, found)
        assert got.min() >= 0.0
        assert got.sum(axis=0) == pytest.approx(worth, rel=EXACT)
        left = run.worth(name)[..., 0].ravel()
        assert np.abs(left / np.maximum(worth, 1.0)).max() < EXACT, case.deal.title


def test_what_nobody_may_have_stays_with_the_company() -> None:
    classes = {"workers": {"kind": "capped_units", "holders": {"fund": "$2"}, "multiple": "5x"}}
    sale = {"kind": "exit", "on": "2025-01-31", "value": "$13"}
    run = build(deal({"co": {"classes": classes, "actions": {"sale": sale}}})).run(paths=16, views=1, engine="reference")
    assert run.summary("fund").mean == pytest.approx(10)
    assert run.summary("co").mean == pytest.approx(3)


# ── priced rounds ───────────────────────────────────────────────────────────────────────────────────────────────────


RAISED = 12


@functools.cache
def raised(n_companies: int) -> tuple[Case, dict[str, Rounds]]:
    random = np.random.default_rng(77)
    companies = {f"co{number}": rounds(random, f"co{number}") for number in range(n_companies)}
    return build(deal({name: found.section() for name, found in companies.items()})), companies


def rows_of(found: Rounds) -> list[str]:
    rows = ["price", "issued.fund", "issued.angel", *(f"converts.{name}" for name in found.loans)]
    rows += ["pool"] if {"pool_increase", "pool_after"} & set(found.action) else []
    return rows + (["adjusts.seed"] if found.classes["seed"]["anti_dilution"] != "none" else [])


@pytest.mark.parametrize(("engine", "n_companies"), [("reference", RAISED), ("native", 4)])
def test_the_price_of_a_round_is_the_one_that_bisection_finds(engine: str, n_companies: int) -> None:
    case, companies = raised(n_companies)
    run = worked_out(case, [f"{name}.round_b.{row}" for name, found in companies.items() for row in rows_of(found)], engine)
    for name, found in companies.items():
        found.drawing.look_up(run)
        wanted = found.solved()
        for row in rows_of(found):
            got, want = by_view(run, f"{name}.round_b.{row}"), np.broadcast_to(wanted[row], VIEWS)
            apart = np.abs(got - want) / np.maximum(np.abs(want), 1e-3)
            assert apart.max() <= BISECTED, f"{row}: {got[apart.argmax()]}, not {want[apart.argmax()]}, {found.section()}"


def test_the_drawn_rounds_are_of_every_kind() -> None:
    _, companies = raised(RAISED)
    actions = [found.action for found in companies.values()]
    assert {action["convention"] for action in actions} == {"percent_ownership", "pre_money", "dollars_invested"}
    assert {found.classes["seed"]["anti_dilution"] for found in companies.values()} == {"none", "broad", "narrow", "full_ratchet"}
    assert all(any(word in action for action in actions) for word in ("pre_money", "price", "pool_after", "pool_increase"))
    loans = [loan for found in companies.values() for loan in found.loans.values()]
    assert sum(loan["mfn"] for loan in loans) >= 4
    assert sum(loan["capped"] and loan["post"] for loan in loans) >= 10
    assert sum(loan["interest"] for loan in loans) >= 10
    assert max(len(found.loans) for found in companies.values()) == 5


def test_twenty_safes_with_caps_and_discounts_of_their_own() -> None:
    terms = [(6.0 + n / 2, n % 6 * 0.04) for n in range(20)]
    classes: dict[str, Any] = {"common": {"kind": "common", "holders": {"founders": "8"}}, "series_a": {"kind": "preferred"}}
    for number, (cap, discount) in enumerate(terms):
        classes[f"safe_{number}"] = {
            "kind": "safe", "holders": {f"h_{number}": "$0.1"}, "cap": f"${cap}", "discount": f"{discount:.0%}"
        }  # fmt: skip
    action = {"kind": "round", "on": "2025-01-31", "class": "series_a", "pre_money": "$12", "investors": {"fund": "$1"}}
    run = worked_out(build(deal({"co": {"classes": classes, "actions": {"a": action}}})), ["co.a.price"], "reference", 4)
    low, high = 0.01, 100.0
    for _ in range(60):
        middle, capital = (low * high) ** 0.5, 8.0
        for _ in range(100):
            capital = 8.0 + sum(max(0.1 / (middle * (1 - discount)), 0.1 / cap * capital) for cap, discount in terms)
        low, high = (middle, high) if middle * capital < 12 else (low, middle)
    assert by_view(run, "co.a.price") == pytest.approx(low, rel=EXACT)


# ── what holds for every table, whatever happens to it ──────────────────────────────────────────────────────────────

N_HISTORIES = 6
AT_ONCE = 6
"""Tables in one deal, which may have 5,000 rows."""

Runs = dict[str, Run]


def lived(tables: dict[str, Any], engine: str = "reference") -> Runs:
    """By table a run that has all months of every row."""
    found: Runs = {}
    names = list(tables)
    for some in (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)):
        case = build(deal({table: tables[table] for table in some}, months=MONTHS))
        monthly = [name for name, row in case.sheet.rows.items() if row.stage == "month" and name.split(".")[0] in tables]
        at_end = [name for name, row in case.sheet.rows.items() if ".sale.paid." in name and row.stage == "end"]
        run = worked_out(case, at_end, engine, n_views=4, keep=monthly)
        found |= dict.fromkeys(some, run)
    return found


@functools.cache
def histories(whole: str = "none") -> tuple[dict[str, Any], Runs]:
    random = np.random.default_rng(31)
    tables = {f"co{number}": history(random, whole) for number in range(N_HISTORIES)}
    return tables, lived(tables)


class Lived:
    """What one table came to, month by month."""

    def __init__(self, runs: Runs, table: str) -> None:
        self.run = runs[table]
        self.table = table

    def row(self, name: str) -> Array:
        """A row of the table by month and view, (month, view); zero where it has none."""
        run = self.run
        found = run.filled.series.get(f"{self.table}.{name}", np.zeros((MONTHS, 1, 1, 1)))
        return np.broadcast_to(found, (MONTHS, *run.filled.sound.shape))[..., 0].reshape(MONTHS, -1)

    def rows(self, start: str = "") -> list[str]:
        """The rows of the table that begin so, without the name of the table."""
        start = f"{self.table}.{start}"
        return [row.removeprefix(f"{self.table}.") for row in self.run.filled.series if row.startswith(start)]

    def paid(self) -> dict[str, Array]:
        """What the sale pays each class, (view,)."""
        start = f"{self.table}.sale.paid."
        return {row.removeprefix(start): by_view(self.run, row) for row in self.run.filled.finals if row.startswith(start)}


def lives(whole: str = "none") -> Iterator[tuple[dict[str, Any], Lived]]:
    tables, runs = histories(whole)
    for table, said in tables.items():
        yield said, Lived(runs, table)


@pytest.mark.parametrize("whole", ["none", "down", "nearest"])
def test_every_unit_is_held_by_somebody(whole: str) -> None:
    n_seen = 0
    for said, life in lives(whole):
        diluted, reserved = life.row("diluted"), np.zeros((MONTHS, 4))
        assert diluted.min() > 0.0
        for name, entry in said["classes"].items():
            own = life.row(f"{name}.diluted")
            assert own.min() >= 0.0, name
            if entry["kind"] == "pool":
                reserved = reserved + own
                continue
            parts = [life.row(row) for row in life.rows(f"{name}.part.")]
            there = own > 0.0
            together = sum(parts, start=np.zeros_like(own))
            assert together[there] == pytest.approx(1.0, abs=1e-12), f"{name}: {said['actions']}"
            assert all(part.min() >= 0.0 for part in parts)
            n_seen += int(there.sum())
        together = sum(life.row(row) for row in life.rows("share."))
        assert together + reserved / diluted == pytest.approx(1.0, abs=1e-12), said["actions"]
    assert n_seen > 200


OTHERS = {"units", "price", "ratio", "converted", "turned", "outstanding", "diluted", "vested", "bought", "due"}
"""Rows of a class that are no holder's."""


@pytest.mark.parametrize("whole", ["none", "down", "nearest"])
def test_units_of_holders_are_those_of_their_class(whole: str) -> None:
    n_seen = 0
    for said, life in lives(whole):
        for name in said["classes"]:
            rows = [row for row in life.rows(f"{name}.") if row.count(".") == 1]
            held = [life.row(row) for row in rows if row.split(".")[1] not in OTHERS]
            if held and f"{name}.units" in rows:
                assert sum(held) == pytest.approx(life.row(f"{name}.units"), rel=1e-12, abs=1e-9), f"{name}: {said['actions']}"
                n_seen += 1
    assert n_seen >= N_HISTORIES


@pytest.mark.parametrize("whole", ["down", "nearest"])
def test_whole_numbers_stay_whole(whole: str) -> None:
    n_changed = 0
    for said, life in lives(whole):
        for name, entry in said["classes"].items():
            units = life.row(f"{name}.converted" if entry["kind"] in ("safe", "note") else f"{name}.units")
            assert np.abs(units - np.round(units)).max() < 1e-6, f"{name} {units[:, 0]}: {said['actions']}"
            n_changed += int((units != units[0]).any())
    assert n_changed > N_HISTORIES


def test_whole_units_are_rounded_as_the_table_says() -> None:
    n_rounded = 0
    for (_, exact), (_, down), (_, near) in zip(lives(), lives("down"), lives("nearest"), strict=True):
        units = [life.row("outstanding") for life in (exact, down, near)]
        n_rounded += int((units[0] != units[1]).any() and (units[0] != units[2]).any())
    assert n_rounded > N_HISTORIES / 4


def test_what_a_sale_pays_is_what_there_is() -> None:
    n_paid = 0
    for said, life in lives():
        assert life.run.cash_error() < EXACT
        worth = life.row("sale.kept.proceeds")[-1]
        assert sum(life.paid().values()) == pytest.approx(worth, rel=EXACT, abs=EXACT), said
        n_paid += int((worth > 0).any())
        left = life.run.worth(life.table, f"{life.table}.sale")
        assert np.abs(left).max() < EXACT * max(float(worth.max()), 1.0)
    assert n_paid > N_HISTORIES / 2


def test_the_order_of_classes_changes_nothing() -> None:
    random = np.random.default_rng(8)
    other = {}
    for said, life in lives():
        names = [str(name) for name in random.permutation(list(said["classes"]))]
        other[life.table] = {**said, "classes": {name: said["classes"][name] for name in names}}
    again = lived(other)
    for _, life in lives():
        changed = Lived(again, life.table)
        for row in life.rows():
            if row.startswith("share.") or row.endswith((".price", ".diluted", ".units")):
                assert changed.row(row) == pytest.approx(life.row(row), rel=EXACT, abs=EXACT), row
        for name, amount in life.paid().items():
            assert changed.paid()[name] == pytest.approx(amount, rel=EXACT, abs=1e-6), name


def test_engines_agree_on_what_happens() -> None:
    few = dict(list(histories()[0].items())[:1])
    compiled = lived(few, "native")
    for _, life in itertools.islice(lives(), len(few)):
        other = Lived(compiled, life.table)
        for row in life.rows():
            np.testing.assert_allclose(other.row(row), life.row(row), rtol=EXACT, atol=EXACT, err_msg=row)
        for name, amount in life.paid().items():
            np.testing.assert_allclose(other.paid()[name], amount, rtol=EXACT, atol=1e-6, err_msg=name)
