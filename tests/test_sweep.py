"""Many settings of the levers on the same draws: each is what a run of the changed deal gives, on both engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prenup

DEAL = Path(__file__).parents[1] / "deals" / "vertex-crispr-2015.yaml"
LEVER = "terms.royalty.tiers.0.up_to"


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_every_setting_is_a_run_of_the_changed_deal(engine: str) -> None:
    case = prenup.load(DEAL)
    table = case.sweep([{LEVER: "$200m"}, {LEVER: "$900m", "drivers.demand.drift": "3%"}], paths=2_048, views=16, engine=engine)
    changed = [
        case,
        case.change({LEVER: "$200m"}),
        case.change({LEVER: "$900m", "drivers.demand.drift": "3%"}),
    ]
    for setting, which in enumerate(changed):
        run = which.run(paths=2_048, views=16, engine=engine)
        for party in run.sheet.parties:
            line = table[(table.setting == setting) & (table.party == party)].iloc[0]
            assert line["mean"] == pytest.approx(run.summary(party).mean, rel=1e-12)
            assert line["error"] == pytest.approx(run.summary(party).error, rel=1e-9)
    assert (table[table.setting == 0]["change"] == 0).all()
    assert np.isfinite(table["change_error"]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"terms.royalty.nonsense": 1}, "is no known number"),
        ({"numbers.peak_sales": "$1bn/yr"}, "is no known number"),
        ({LEVER: "20%/yr"}, "is counted in USD"),
        ({LEVER: "much"}, "is not a quantity"),
    ],
)
def test_what_is_no_lever_is_said_plainly(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        prenup.load(DEAL).sweep([change])
