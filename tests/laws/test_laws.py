"""What holds for every deal: nothing is lost, caps hold, and what means the same comes out the same."""

from __future__ import annotations

import copy
import os
import re
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from prenup.base.kinds import kinds
from prenup.base.quantity import Number
from prenup.case import Case, load_text
from prenup.case import build as made
from prenup.engine import run as engine_run
from prenup.engine.engines import ENGINES
from prenup.engine.run import Settings
from prenup.outcome.run import Run
from prenup.outcome.valuation import money_transfers
from prenup.outcome.work_out import work_out
from prenup.sheet.sheet import WORLD
from tests.laws.generating import CLOCK, MARK, PACKAGES, Scene, deals, drawn_entries, in_scale, optional

SMALL = Settings(paths=16, views=4, seed=3, randomisations=2, engine="reference")
MIDDLE = replace(SMALL, views=1)
N_MONTHS = int(CLOCK["months"])

law = settings(max_examples=12, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))


def run(case: Case, keep: tuple[str, ...] = (), how: Settings = SMALL, executor: Executor | None = None) -> Run:
    return work_out(case.deal, case.sheet, how, case.variant_name, keep=keep, executor=executor or Here())


class Here(Executor):
    """Works at once, where it is asked: the cheapest executor, and one more that must give the same."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def flows(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.row for t in money_transfers(case.sheet)))


def gross(a_run: Run) -> np.ndarray:
    """What moved on each path, and what the parties had before."""
    moved = [np.abs(a_run.filled.finals[f"moved({t.row})"]) for t in money_transfers(a_run.sheet)]
    opening = [np.abs(a_run.filled.finals[p.cash_row]) for p in a_run.sheet.parties.values()]
    return np.sum([*moved, *opening], axis=0)


def figures(a_run: Run, clauses: list[str] | None = None) -> dict[tuple[str, str], np.ndarray]:
    """Present value by party and clause, on every path."""
    return {
        (party, clause): a_run.worth(party, clause)
        for party in a_run.sheet.parties
        for clause in (a_run.clauses(party) if clauses is None else clauses)
    }


def same_bits(one: dict[tuple[str, str], np.ndarray], other: dict[tuple[str, str], np.ndarray]) -> None:
    assert one.keys() == other.keys()
    differ = [key for key in one if one[key].tobytes() != other[key].tobytes()]
    assert not differ, f"not the same to the last bit: {differ}"


def equivalent(one: dict[tuple[str, str], np.ndarray], other: dict[tuple[str, str], np.ndarray], moved: np.ndarray) -> None:
    """Equal up to rounding, measured by what moved on the path."""
    assert one.keys() == other.keys()
    for key, values in one.items():
        apart = float(np.max(np.abs(values - other[key]) / np.maximum(moved, 1.0)))
        assert apart < 1e-9, f"{key}: apart by {apart:g} of what moved"


# ── nothing is lost ─────────────────────────────────────────────────────────────────────────────────────────────────


@law
@given(deals())
def test_cash_is_conserved_and_present_values_are_those_of_the_transfers(deal: dict[str, Any]) -> None:
    case = made(in_scale(deal))
    names = [*case.sheet.parties, WORLD]
    done = run(case, (*flows(case), *(f"cash.{name}" for name in names)))
    assert done.n_unsound == 0
    assert done.cash_error() < 1e-9
    series, finals = done.filled.series, done.filled.finals
    opening = {p.name: finals[p.cash_row] for p in case.sheet.parties.values()}
    cash = {name: [opening.get(name, np.zeros(done.filled.sound.shape))] for name in names}
    for month in range(N_MONTHS):
        change = {name: np.zeros(done.filled.sound.shape) for name in names}
        for transfer in money_transfers(case.sheet):
            change[transfer.payer] = change[transfer.payer] - series[transfer.row][month]
            change[transfer.payee] = change[transfer.payee] + series[transfer.row][month]
        for name in names:
            cash[name].append(cash[name][-1] + change[name])
    moved = np.maximum(gross(done), 1.0)
    for name in names:
        apart = np.abs(np.array(cash[name][1:]) - series[f"cash.{name}"]) / moved
        assert float(apart.max()) < 1e-9, f"cash of {name}"
    total_before, total_after = sum(opening.values()), sum(series[f"cash.{name}"] for name in names)
    assert float(np.max(np.abs(total_after - total_before) / moved)) < 1e-9
    for party in case.sheet.parties.values():
        rate = float(case.sheet.parameters[f"parties.{party.name}.discount"])
        factors = (1 + rate) ** (-(np.arange(N_MONTHS) + 1) / 12)
        worth = sum(
            (1 if t.payee == party.name else -1) * np.tensordot(factors, series[t.row], 1)
            for t in money_transfers(case.sheet)
            if party.name in (t.payer, t.payee)
        )
        assert float(np.max(np.abs(worth - done.worth(party.name)) / moved)) < 1e-9, f"value to {party.name}"


@law
@given(deals(with_=("cap",)))
def test_caps_hold_on_every_path(deal: dict[str, Any]) -> None:
    case = made(in_scale(deal))
    done = run(case, how=MIDDLE)
    capped = {name: term for name, term in case.deal.terms.items() if isinstance(getattr(term, "cap", None), Number)}
    assume(capped)
    for name, term in capped.items():
        rows = [t.row for t in case.sheet.transfers_of(name) if t.row.startswith(f"{name}.paid")]
        paid = sum(done.filled.finals[f"moved({row})"] for row in rows)
        before = term.paid_before.value if isinstance(term.paid_before, Number) else 0.0
        allowed = max(term.cap.value - before, 0.0)
        assert float(np.max(paid)) <= allowed * (1 + 1e-12), f"{name}: {np.max(paid)} paid, {allowed} allowed"


@law
@given(deals())
def test_credits_are_drawn_or_left(deal: dict[str, Any]) -> None:
    deal["terms"]["storage"] = {**deal["terms"]["compute"], "demand": "<30000000>/yr"}  # two draw what one has granted
    case = made(in_scale(deal))
    pools = [name for name in case.deal.terms if f"{name}.granted_so_far" in case.sheet.rows]
    assert "pool" in pools
    keep = [f"{pool}.{row}" for pool in pools for row in ("granted_so_far", "credits_left")]
    drawing = [t for t in case.sheet.transfers if t.row.endswith(".credits_drawn")]
    done = run(case, (*keep, *(t.row for t in drawing)))
    for pool in pools:
        drawn = sum(
            (np.cumsum(done.filled.series[t.row], axis=0) for t in drawing if t.resource == f"credits.{pool}"),
            start=np.zeros((N_MONTHS, *done.filled.sound.shape)),
        )
        granted, left = done.filled.series[f"{pool}.granted_so_far"], done.filled.series[f"{pool}.credits_left"]
        assert float(np.min(left)) >= -1e-6, "more credits were drawn than granted"
        np.testing.assert_allclose(drawn + left, granted, rtol=1e-9, atol=1e-6)


@law
@given(st.data())
def test_no_share_of_profit_is_made_up_or_lost(data: st.DataObject) -> None:
    deal = data.draw(deals(n_terms=0, special=False))
    deal["terms"]["profits"] = data.draw(drawn_entries("terms", "profit_share", Scene("alpha", "beta", ("profits",))))
    case = made(in_scale(deal))
    owed = [row for row in case.sheet.rows if row.startswith("profits.owed.")]
    tiers = [row for row in case.sheet.rows if re.fullmatch(r"profits\.tier\.\d+", row)]
    series = run(case, (*owed, *tiers, "profits.distributable")).filled.series
    there = series["profits.distributable"]
    handed_out = sum(series[row] for row in owed)
    in_tiers = sum(series[row] for row in tiers)
    assert float(np.min(there - in_tiers)) >= -1e-6
    assert float(np.min(in_tiers - handed_out)) >= -1e-6
    assert all(float(np.min(series[row])) >= 0 for row in owed)


# ── what has nothing to do with a clause moves no bit of it ─────────────────────────────────────────────────────────


@law
@given(st.data())
def test_adding_a_driver_and_a_clause_moves_no_draw_of_the_others(data: st.DataObject) -> None:
    deal = data.draw(deals(n_terms=3))
    before = made(in_scale(deal))
    more = copy.deepcopy(deal)
    kind = data.draw(st.sampled_from([*kinds(PACKAGES["drivers"])]))
    more["drivers"] = {
        "added": data.draw(drawn_entries("drivers", kind, Scene("alpha", "beta", ("x",)))),
        **more["drivers"],
    }
    kind = data.draw(st.sampled_from([*kinds(PACKAGES["terms"])]))
    added = data.draw(drawn_entries("terms", kind, Scene("alpha", "beta", ("clause_0",))))
    more["terms"] = {"added_clause": added, **more["terms"]}
    after = made(in_scale(more))
    assume(not after.deal.terms["added_clause"].ends(tuple(after.deal.terms)))
    clauses = [*before.deal.terms, "market"]
    same_bits(figures(run(before), clauses), figures(run(after), clauses))


@law
@given(deals(n_terms=3), st.data())
def test_a_variant_that_changes_nothing_changes_no_bit(deal: dict[str, Any], data: st.DataObject) -> None:
    places = [
        (f"{section}.{name}.{word}", value)
        for section in ("terms", "drivers", "events", "parties")
        for name, fields in deal[section].items()
        for word, value in fields.items()
        if isinstance(value, str)
    ]
    some = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=5, unique_by=lambda place: place[0]))
    deal["variants"] = {"same": {"change": dict(some)}}
    case = made(in_scale(deal))
    one, other = run(case), run(case.variant("same"))
    same_bits(figures(one), figures(other))
    assert all(other.summary(p) == one.summary(p) for p in case.sheet.parties)


# ── what means the same comes out the same ──────────────────────────────────────────────────────────────────────────


@law
@given(deals(), st.randoms())
def test_the_order_of_clauses_does_not_matter(deal: dict[str, Any], chance: Any) -> None:
    case = made(in_scale(deal))
    shuffled = copy.deepcopy(deal)
    for section in ("terms", "rows", "drivers", "events", "parties", "numbers"):
        names = list(shuffled[section])
        chance.shuffle(names)
        shuffled[section] = {name: shuffled[section][name] for name in names}
    one = run(case)
    equivalent(figures(one), figures(run(made(in_scale(shuffled)))), gross(one))


@law
@given(deals())
def test_the_names_of_parties_do_not_matter(deal: dict[str, Any]) -> None:
    new = {"alpha": "zeta", "beta": "eta", "gamma": "theta", "delta": "iota"}

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {renamed(k): renamed(v) for k, v in node.items()}
        if isinstance(node, list):
            return [renamed(item) for item in node]
        return new.get(node, node) if isinstance(node, str) else node

    one = run(made(in_scale(deal)), how=MIDDLE)
    other = figures(run(made(in_scale(renamed(deal))), how=MIDDLE))
    equivalent({(new[party], clause): v for (party, clause), v in figures(one).items()}, other, gross(one))


@law
@given(deals())
def test_the_scale_of_the_currency_does_not_matter(deal: dict[str, Any]) -> None:
    one, other = run(made(in_scale(deal))), run(made(in_scale(deal, 1000)))
    assert MARK.search(str(deal))
    assert float(gross(one).max()) > 0
    equivalent(figures(one), {k: v / 1000 for k, v in figures(other).items()}, gross(one))


@law
@given(st.data())
def test_a_tranche_in_two_halves_is_the_same_investment(data: st.DataObject) -> None:
    deal = data.draw(deals(n_terms=1))
    scene = Scene("beta", "alpha", ("clause_0",))
    word = data.draw(st.sampled_from([w for w in optional(kinds(PACKAGES["terms"])["investment"]) if w != "amount"]))
    invested = data.draw(drawn_entries("terms", "investment", scene, (word,)))
    invested.pop("amount", None)
    invested.pop("on", None)
    size = data.draw(st.integers(1, 30)) * 1_000_000
    day = data.draw(st.sampled_from(["2025-04-15", "turn", "2025-12-31"]))
    paid_in = data.draw(st.sampled_from(["cash", "credits"]))
    rest = {"amount": "<7000000>", "on": "2025-10-31"}
    whole = {"amount": f"<{size}>", "on": day, "paid_in": paid_in}
    half = {**whole, "amount": f"<{size // 2}>"}
    runs = []
    for tranches in ([whole, rest], [half, half, rest]):
        deal["terms"]["round"] = {**invested, "tranches": tranches}
        case = made(in_scale(deal))
        runs.append(run(case, ("round.granted_so_far",) if "round.granted_so_far" in case.sheet.rows else ()))
    one, other = runs
    equivalent(figures(one), figures(other), gross(one))
    for row, values in one.filled.series.items():
        np.testing.assert_allclose(other.filled.series[row], values, rtol=1e-9, atol=1e-6)


# ── the same bits, however it was worked out ────────────────────────────────────────────────────────────────────────


@law
@given(deals(n_terms=3), st.sampled_from(["sobol", "random"]))
def test_seed_executor_and_blocks_settle_every_bit(deal: dict[str, Any], sampler: Any) -> None:
    case = made(in_scale(deal))
    how = Settings(paths=64, views=8, seed=11, sampler=sampler, randomisations=4, engine="reference")
    one = figures(run(case, how=how))
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as threads:
        for cores in (1, 4):
            patch.setattr(os, "cpu_count", lambda cores=cores: cores)
            same_bits(one, figures(run(case, how=how, executor=threads)))
        patch.setattr(engine_run, "WIDTH", 8)  # blocks of a few paths of one randomisation
        assert len(engine_run._blocks(how.design())) > how.randomisations
        same_bits(one, figures(run(case, how=how)))
    other = figures(run(case, how=replace(how, seed=12)))
    assert any(one[key].tobytes() != other[key].tobytes() for key in one), "another seed gives the same figures"


@settings(law, max_examples=5)
@given(deals(n_terms=5))
def test_every_engine_gives_the_same_on_every_path(deal: dict[str, Any]) -> None:
    case = made(in_scale(deal))
    one = run(case)
    for name in ENGINES:
        other = run(case, how=replace(SMALL, engine=name))
        equivalent(figures(one), figures(other), gross(one))


@law
@given(deals())
def test_a_deal_written_out_reads_back_as_the_same_deal(deal: dict[str, Any]) -> None:
    case = made(in_scale(deal))
    again = load_text(case.to_yaml())
    assert again.deal == case.deal
    same_bits(figures(run(case)), figures(run(again)))
