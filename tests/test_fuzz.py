"""The short form of `make fuzz`: a few hundred changed deal files, each a deal that runs or problems with an address."""

from __future__ import annotations

from tests.fuzz import corpus, mutated, outcomes


def test_changed_files_give_a_deal_or_problems() -> None:
    found = outcomes(seed=7, count=300, jobs=2)
    assert [outcome.index for outcome in found] == list(range(300))
    assert not [f"{o.index}: {o.fault}" for o in found if o.fault]
    seen = {outcome.what for outcome in found}
    assert "runs" in seen
    assert len(seen) > 20


def test_the_same_number_is_the_same_file() -> None:
    assert len(corpus()) > 100
    assert mutated(1, 5) == mutated(1, 5) != mutated(2, 5)
