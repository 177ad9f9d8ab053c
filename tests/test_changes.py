"""Changes to a deal from Python and by its variants: what they do, and what is said where they lead nowhere."""

from __future__ import annotations

import datetime

import pytest

import prenup
from prenup.base.problems import DealError, Problem

DEAL = """\
deal: Nordwind and Brightlab
currency: USD
clock: {from: 2025-01-01, months: 24}
parties: {nordwind: {discount: 9%}, brightlab: {discount: 15%}}
events:
  listing: {kind: scheduled, date: 2025-06-30}
terms:
  retainer: {kind: fee, payer: nordwind, payee: brightlab, amount: $12m/yr}
  advance: {kind: fee, payer: nordwind, payee: brightlab, amount: $5m}
variants:
  cheaper: {title: half, change: {terms.retainer.amount: $6m/yr, terms.advance: null}}
  later: {change: {terms.retainer.amount: {value: $24m/yr, from: listing}}}
  undone: {change: {}}
  impossible: {change: {terms.retainer.payer: nobody}}
"""


@pytest.fixture
def case() -> prenup.Case:
    return prenup.load_text(DEAL, "deal.yaml")


def paid(case: prenup.Case, row: str = "retainer.paid") -> list[float]:
    return [float(v) for v in case.run(paths=8, views=1, keep=[row]).mean(row)]


def problems(case: prenup.Case, changes: dict[str, object]) -> tuple[Problem, ...]:
    with pytest.raises(DealError) as caught:
        case.change(changes)
    assert all(p.where is not None for p in caught.value.problems)
    return caught.value.problems


def test_a_change_sets_removes_and_adds(case: prenup.Case) -> None:
    assert paid(case) == pytest.approx([1e6] * 24)
    assert paid(case.change({"terms.retainer.amount": "$6m/yr"})) == pytest.approx([5e5] * 24)
    assert "advance" not in case.change({"terms.advance": None}).deal.terms
    more = case.change({"terms.bonus": {"kind": "fee", "payer": "nordwind", "payee": "brightlab", "amount": "$1m"}})
    assert paid(more, "bonus.paid")[0] == pytest.approx(1e6)
    assert case.change({}).deal == case.deal


def test_a_variant_is_its_changes(case: prenup.Case) -> None:
    cheaper = case.variant("cheaper")
    assert cheaper.variant_name == "cheaper"
    assert cheaper.deal == case.change({"terms.retainer.amount": "$6m/yr", "terms.advance": None}).deal
    assert case.variant("undone").deal == case.deal


def test_a_change_may_begin_at_an_event_or_a_day(case: prenup.Case) -> None:
    assert paid(case.variant("later")) == pytest.approx([1e6] * 5 + [2e6] * 19)
    dated = case.change({"terms.retainer.amount": {"value": "$24m/yr", "from": datetime.date(2025, 3, 31)}})
    twice = dated.change({"terms.retainer.amount": {"value": "$36m/yr", "from": "listing"}})
    assert paid(dated) == pytest.approx([1e6] * 2 + [2e6] * 22)
    assert paid(twice) == pytest.approx([1e6] * 2 + [2e6] * 3 + [3e6] * 19)


def test_d120_a_path_that_leads_nowhere(case: prenup.Case) -> None:
    (problem,) = problems(case, {"terms.retianer.amount": "$6m/yr"})
    assert problem.code == "D120"
    assert problem.message == 'terms has no "retianer"'
    assert problem.fix == "terms.retainer.amount"
    assert str(problem.where) == "<change>:1:1"


def test_d120_nothing_to_take_out(case: prenup.Case) -> None:
    (problem,) = problems(case, {"terms.advanse": None})
    assert (problem.code, problem.fix) == ("D120", "write terms.advance")


def test_d122_an_entry_can_not_change_on_the_way(case: prenup.Case) -> None:
    (problem,) = problems(case, {"terms.retainer": {"value": "$1m/yr", "from": "listing"}})
    assert problem.code == "D122"
    assert problem.fix == "name one of its fields, such as terms.retainer.amount, or leave out from:"


def test_d121_a_value_that_can_not_stand_in_a_deal(case: prenup.Case) -> None:
    (problem,) = problems(case, {"terms.retainer.amount": {"value": object()}})
    assert problem.code == "D121"
    assert problem.message == "a value of type object can't stand in a deal"


def test_d306_no_such_variant(case: prenup.Case) -> None:
    with pytest.raises(DealError) as caught:
        case.variant("cheeper")
    (problem,) = caught.value.problems
    assert (problem.code, problem.fix) == ("D306", "use cheaper")
    assert problem.why == "it has cheaper, later, undone, impossible"
    assert problem.where is not None


def test_a_variant_with_a_fault_points_at_the_file(case: prenup.Case) -> None:
    with pytest.raises(DealError) as caught:
        case.variant("impossible")
    (problem,) = caught.value.problems
    assert problem.code == "D304"
    assert str(problem.where) == "deal.yaml:14:47"


def test_a_variant_is_looked_at_when_the_deal_is_read_and_not_when_it_is_changed(case: prenup.Case) -> None:
    changed = case.change({"terms.retainer": None})  # variants that change it would lead nowhere now
    assert "retainer" not in changed.deal.terms
    with pytest.raises(DealError):
        changed.variant("cheaper")
