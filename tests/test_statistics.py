"""Figures and what is said of them: against direct formulas, analytic cases and hand arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import prenup
from prenup.base import wording
from prenup.engine.run import Settings, usual_views
from prenup.outcome.statistics import QUANTILES, fan, quantiles, summarise, unknown_share
from prenup.outcome.work_out import work_out
from prenup.pipeline import answer
from prenup.questions._question import Asked
from prenup.questions.compare import Compare, difference
from prenup.questions.rumour import Rumour
from prenup.questions.runway import Runway

RNG = np.random.default_rng(20241019)


def sound_like(values: np.ndarray) -> np.ndarray:
    return np.ones(values.shape, dtype=bool)


# ── one figure ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_summary_is_what_the_formulas_say() -> None:
    values = RNG.normal(3.0, 2.0, (8, 4, 64))
    s = summarise(values, sound_like(values))
    parts = values.reshape(8, -1)
    assert s.mean == pytest.approx(values.mean())
    assert s.error == pytest.approx(parts.mean(axis=1).std(ddof=1) / math.sqrt(8))
    assert s.median == pytest.approx(np.median(values))
    assert s.median_error == pytest.approx(np.median(parts, axis=1).std(ddof=1) / math.sqrt(8))
    assert (s.low, s.high) == pytest.approx((np.quantile(values, 0.05), np.quantile(values, 0.95)))
    assert s.deviation == pytest.approx(values.std())


def test_unsound_paths_are_left_out_of_every_figure() -> None:
    values = RNG.normal(3.0, 2.0, (8, 4, 64))
    spoilt, sound = values.copy(), sound_like(values)
    holes = RNG.random(values.shape) < 0.3
    spoilt[holes], sound[holes] = np.inf, False
    s = summarise(spoilt, sound)
    kept = values[~holes]
    assert s.mean == pytest.approx(kept.mean())
    assert s.median == pytest.approx(np.median(kept))
    assert (s.low, s.high) == pytest.approx((np.quantile(kept, 0.05), np.quantile(kept, 0.95)))
    parts = [values[part][~holes[part]].mean() for part in range(8)]
    assert s.error == pytest.approx(np.std(parts, ddof=1) / math.sqrt(8))
    assert s.deviation == pytest.approx(kept.std())


def test_no_sound_path_gives_no_figure_and_one_part_no_error() -> None:
    values = RNG.normal(3.0, 2.0, (4, 2, 8))
    nothing = summarise(values, np.zeros(values.shape, dtype=bool))
    assert all(math.isnan(getattr(nothing, name)) for name in ("mean", "error", "median", "low", "high", "unknown"))
    one_part = sound_like(values)
    one_part[1:] = False
    alone = summarise(values, one_part)
    assert alone.mean == pytest.approx(values[0].mean())
    assert math.isnan(alone.error)


def test_a_constant_has_no_spread_and_no_error() -> None:
    values = np.full((8, 4, 16), 1e11 / 3) * (1 + 1e-15 * RNG.standard_normal((8, 4, 16)))
    s = summarise(values, sound_like(values))
    assert (s.error, s.deviation, s.unknown) == (0.0, 0.0, 0.0)


def test_means_of_all_paths_stand_in_for_those_of_the_kept_ones() -> None:
    values = np.zeros((4, 2, 8))  # what happens rarely is on none of the kept paths
    s = summarise(values, sound_like(values), np.array([1.0, 2.0, 3.0, 4.0]))
    assert s.mean == pytest.approx(2.5)
    assert s.error == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)


def test_a_fan_is_the_quantiles_of_each_month() -> None:
    series = RNG.normal(0.0, 1.0, (5, 4, 2, 32)).cumsum(axis=0)
    sound = sound_like(series[0])
    sound[0, :, :7] = False
    bands = fan(series, sound)
    assert bands.shape == (len(QUANTILES), 5)
    for month in range(5):
        assert bands[:, month] == pytest.approx(np.quantile(series[month][sound], QUANTILES))
    assert np.isnan(fan(series, np.zeros_like(sound))).all()


# ── what we don't know, what nobody knows ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("of_views", "of_paths"), [(3.0, 1.0), (1.0, 3.0), (1.0, 0.0), (0.0, 1.0)])
def test_a_sum_splits_as_its_variances_do(of_views: float, of_paths: float) -> None:
    unknown = of_views * RNG.standard_normal((16, 64, 1))
    uncertain = of_paths * RNG.standard_normal((16, 1, 128))
    values = unknown + uncertain
    expected = of_views**2 / (of_views**2 + of_paths**2)
    assert unknown_share(values, sound_like(values)) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("n_paths", [2, 4, 64])
def test_chance_in_few_paths_is_not_taken_for_ignorance(n_paths: int) -> None:
    values = RNG.standard_normal((256, 16, n_paths))  # each view has chances of its own: all of it is what nobody knows
    assert unknown_share(values, sound_like(values)) == pytest.approx(0.0, abs=0.03)


def test_a_product_splits_as_its_conditional_mean_does() -> None:
    unknown = 1 + 0.5 * RNG.standard_normal((64, 32, 1))
    uncertain = 2 + RNG.standard_normal((64, 1, 32))
    # Var(E[UZ | U]) = 2^2 * 0.25 = 1; the whole variance is E[U^2] E[Z^2] - (E[U] E[Z])^2 = 1.25 * 5 - 4 = 2.25.
    values = unknown * uncertain
    assert unknown_share(values, sound_like(values)) == pytest.approx(1 / 2.25, abs=0.04)


def test_a_few_unsound_paths_of_many_views_leave_the_split_to_be_told() -> None:
    values = RNG.standard_normal((8, 512, 1)) + RNG.standard_normal((8, 512, 4))
    sound = RNG.uniform(size=values.shape) > 0.02  # in every one of the four columns some view is not sound
    assert not sound.all(axis=1).any()
    assert unknown_share(values, sound) == pytest.approx(0.5, abs=0.05)


def test_one_path_a_view_can_not_tell() -> None:
    values = RNG.standard_normal((8, 4, 1))
    assert math.isnan(unknown_share(values, sound_like(values)))
    assert unknown_share(values.reshape(8, 1, 4), np.ones((8, 1, 4), dtype=bool)) == 0.0


@pytest.mark.parametrize(("paths", "views"), [(1, 1), (1, 2), (64, 8), (100, 7), (16_384, 128)])
def test_a_design_can_always_tell_them_apart(paths: int, views: int) -> None:
    design = Settings(paths=paths, views=views).design()
    assert design.paths >= 2
    assert design.views >= 2 if views > 1 else design.views == 1
    assert design.randomisations * design.views * design.paths >= paths


SPLIT = """
deal: a known split
currency: USD
clock: {from: 2025-01-01, months: 1}
parties: {a: {discount: 0%}, b: {discount: 0%}}
numbers: {unknown: "normal($100, $30)"}
drivers: {uncertain: {kind: gbm, start: $1, drift: 0%, volatility: 0%}}
events: {coin: {kind: window, from: 2025-01-01, to: 2025-01-31, probability: 50%}}
terms: {fee: {kind: fee, payer: a, payee: b, amount: "unknown + if(coin, $80, $0)", on: 2025-01-31}}
"""


def test_a_deal_with_known_variances_says_how_much_is_unknown() -> None:
    # A normal of 30 and a fair coin of 80: variances 900 and 1600.
    s = prenup.load_text(SPLIT).run(paths=16_384, views=256).summary("b")
    assert s.unknown == pytest.approx(900 / 2500, abs=0.03)
    assert s.deviation == pytest.approx(50, rel=0.03)
    held = prenup.load_text(SPLIT).run(paths=16_384, views=1).summary("b")
    assert held.unknown == 0.0
    assert held.deviation == pytest.approx(40, rel=0.01)


# ── standard errors ─────────────────────────────────────────────────────────────────────────────────────────────────

NOISY = """
deal: a known mean
currency: USD
clock: {from: 2025-01-01, months: 12}
parties: {a: {discount: 0%}, b: {discount: 0%}}
drivers: {level: {kind: gbm, start: $1200/yr, drift: 0%, volatility: 40%}}
terms: {share: {kind: revenue_share, payer: a, payee: b, rate: 100%, of: level}}
"""


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_standard_errors_are_honest(sampler: str) -> None:
    case = prenup.load_text(NOISY)  # a martingale: $100 a month, so $1200 in a year
    scores, errors = [], []
    for seed in range(40):
        s = case.run(paths=512, views=1, seed=seed, sampler=sampler, engine="reference").summary("b")
        scores.append((s.mean - 1200) / s.error)
        errors.append(s.error)
    # With 8 parts a score has Student's t distribution of 7 degrees: variance 1.4; 40 of them scatter around that.
    assert 0.6 < float(np.mean(np.square(scores))) < 3.0
    assert abs(float(np.mean(scores))) < 0.75
    assert min(errors) > 0


# ── how long the money lasts ────────────────────────────────────────────────────────────────────────────────────────

BURN = """
deal: a company that burns money
currency: USD
clock: {from: 2025-01-01, months: 10}
parties: {a: {title: Acme, discount: 0%, cash: $350}, b: {discount: 0%}}
numbers: {income: $0}
rows: {back: {value: "if(month == 6, income, $0)", payer: b, payee: a}}
terms: {rent: {kind: fee, payer: a, payee: b, amount: $1200/yr}}
"""


def runway(case: Any, **settings: Any) -> Any:
    result = answer(case, Settings(**{"paths": 16, "views": 1, **settings}), [Runway()])
    return result.answers[0]


def test_runway_of_a_hand_made_path() -> None:
    # 350 less 100 a month: 250, 150, 50 in January to March, below zero in April; -650 after ten months.
    found = runway(prenup.load_text(BURN))
    assert found.tables[0].rows == (("Acme", 350.0, "March 2025", "March 2025", 0.0, pytest.approx(650.0)),)
    assert found.sentences == (
        "Acme's $350 last until March 2025 on the middle path, in the worst twentieth until March 2025, on no path to "
        "the end. Without new funding $650 would be missing at the worst point of the middle path.",
    )


def test_money_that_comes_back_later_does_not_lengthen_the_runway() -> None:
    row = runway(prenup.load_text(BURN).change({"numbers.income": "$5000"})).tables[0].rows[0]
    assert row[2:5] == ("March 2025", "March 2025", 0.0)
    assert row[5] == pytest.approx(250.0)  # after six months, before the money comes


def test_money_that_never_runs_out_and_money_that_is_gone_at_once() -> None:
    enough = runway(prenup.load_text(BURN).change({"parties.a.cash": "$1000"}))
    assert enough.sentences == ("Acme's $1.00k last to the end of October 2025 on every path.",)
    assert enough.tables[0].rows[0][2:] == ("the end", "the end", 1.0, 0.0)
    none = runway(prenup.load_text(BURN).change({"parties.a.cash": "$50"}))
    assert "last less than a month on the middle path" in none.sentences[0]
    assert none.tables[0].rows[0][2] == "less than a month"


def test_runway_differs_by_path() -> None:
    windfall = {
        "rows.back.value": "if(month == 2 and luck, $5000, $0)",
        "events": {"luck": {"kind": "window", "from": "2025-01-01", "to": "2025-01-31", "probability": "75%"}},
    }
    found = runway(prenup.load_text(BURN).change(windfall), paths=4096)
    row = found.tables[0].rows[0]
    assert row[2:4] == ("the end", "March 2025")
    assert row[4] == pytest.approx(0.75, abs=0.01)
    assert found.sentences[0] == (
        "Acme's $350 last to the end of October 2025 on 75% of the paths; in the worst twentieth until March 2025."
    )


def test_runway_is_only_for_parties_whose_cash_is_stated() -> None:
    case = prenup.load_text(BURN).change({"parties.a.cash": None})
    assert answer(case, Settings(paths=16, views=1), [Runway()]).answers == ()


# ── rumours ─────────────────────────────────────────────────────────────────────────────────────────────────────────

RUMOURS = """
deal: two rumours
currency: USD
as_of: 2025-01-01
clock: {from: 2025-01-01, months: 12}
sources: {press: {title: A story, date: 2024}}
parties: {a: {discount: 0%}, b: {discount: 0%}}
terms:
  fee:
    kind: fee
    payer: a
    payee: b
    amount: {value: $100/yr, range: $80/yr to $150/yr, source: press, status: reported}
  share:
    kind: revenue_share
    payer: a
    payee: b
    of: $1000/yr
    rate: {value: 20%, range: 10% to 25%, status: assumed, note: a guess}
  certain: {kind: fee, payer: b, payee: a, amount: {value: $280/yr, source: press, status: confirmed}}
"""


def asked(case: Any, settings: Settings, question: Any) -> Asked:
    return Asked(case.deal, case.sheet, work_out(case.deal, case.sheet, settings))


def test_swings_of_rumours_by_hand() -> None:
    # b: 100 + 20 % of 1000 - 280 = 20. The fee moves it from 0 to 70, the rate from -80 to 70.
    case = prenup.load_text(RUMOURS)
    found = Rumour().answer(asked(case, Settings(paths=64, views=16), Rumour))
    assert found is not None
    tornado = found.charts[1]
    assert tornado.middle == pytest.approx(20.0)
    assert tornado.labels == ("share, rate", "fee, amount")
    assert tornado.low == pytest.approx((-80.0, 0.0), abs=1e-6)
    assert tornado.high == pytest.approx((70.0, 70.0))
    assert tornado.marks == ("assumed", "reported")
    assert [row[0] for row in found.tables[0].rows] == ["share, rate", "fee, amount"]
    assert found.tables[0].rows[0][3:] == pytest.approx((-150.0, 150.0))
    assert found.sentences[0].startswith("The deal rests on ")
    assert "1 confirmed, 1 reported" in found.sentences[0]
    hangs = next(s for s in found.sentences if s.startswith("b:"))
    assert "hangs on share, rate (assumed)" in hangs
    assert "from -$80.0 to $70.0" in hangs


def test_no_unknown_no_tornado() -> None:
    case = prenup.load_text(RUMOURS).change({"terms.fee.amount": "$100/yr", "terms.share.rate": "20%"})
    found = Rumour().answer(asked(case, Settings(paths=64, views=16), Rumour))
    assert found is not None
    assert not found.charts
    assert found.sentences[-1] == "No number is given a range."


# ── comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_identical_variant_differs_by_exactly_nothing() -> None:
    case = prenup.load_text(NOISY).change(
        {
            "variants": {
                "same": {"change": {"terms.share.rate": "100%"}},
                "half": {"change": {"terms.share.rate": "50%"}},
            }
        }
    )
    settings = Settings(paths=512, views=1)
    base, same = case.run(paths=512, views=1), case.variant("same").run(paths=512, views=1)
    s = difference(base, same, "b")
    assert (s.mean, s.error, s.low, s.high, s.deviation) == (0.0, 0.0, 0.0, 0.0, 0.0)
    found = Compare().answer(asked(case, settings, Compare))
    assert found is not None
    assert found.sentences[0] == "same: nobody's value changes by more than the noise."
    assert found.tables[0].rows[1][3:] == (0.0, 0.0)
    half = difference(base, case.variant("half").run(paths=512, views=1), "b")
    assert half.mean == pytest.approx(-base.summary("b").mean / 2)
    assert half.error == pytest.approx(base.summary("b").error / 2), "the same draws: the error is that of the difference"


def test_a_party_that_only_a_variant_pays_is_compared_too() -> None:
    extra = {"kind": "fee", "payer": "a", "payee": "c", "amount": "$10", "on": "2025-02-28"}
    case = prenup.load_text(NOISY).change(
        {"parties.c": {"discount": "0%"}, "variants": {"third": {"change": {"terms.extra": extra}}}}
    )
    found = Compare().answer(asked(case, Settings(paths=64, views=1), Compare))
    assert found is not None
    assert [column.title for column in found.tables[0].columns][1:4] == ["a", "b", "c"]
    assert found.tables[0].rows[1][3] == pytest.approx(10.0)


# ── paths that are not finite ───────────────────────────────────────────────────────────────────────────────────────

RUIN = """
deal: a division by nothing
currency: USD
clock: {from: 2025-01-01, months: 6}
parties: {a: {discount: 0%, cash: $1000}, b: {discount: 0%}}
numbers: {unknown: $90/yr to $150/yr}
events: {ruin: {kind: window, from: 2025-02-01, to: 2025-02-28, probability: 25%}}
rows: {left: "if(ruin, 0, 1)"}
terms: {fee: {kind: fee, payer: a, payee: b, amount: "$120/yr / left"}}
variants: {more: {change: {terms.fee.rises: 3%}}}
"""


def test_paths_that_divide_by_zero_are_counted_and_left_out() -> None:
    run = prenup.load_text(RUIN).run(paths=4096, views=1, keep=["fee.paid"])
    assert run.n_unsound == pytest.approx(run.n_paths / 4, rel=0.01)
    assert run.summary("b").mean == pytest.approx(60.0)
    assert run.mean("fee.paid") == pytest.approx([10.0] * 6)
    assert np.isfinite(run.values().drop(columns=["party", "clause", "between"])).all(axis=None)
    assert run.cash_error() < 1e-12


def test_no_sound_path_is_no_figure_anywhere() -> None:
    from prenup.pipeline import in_full

    case = prenup.load_text(RUIN).change({"rows.left": "0", "terms.fee.amount": "unknown / left"})
    result = answer(case, Settings(paths=64, views=8), in_full())
    run = result.run
    assert run.n_unsound == run.n_paths
    assert run.values()["mean"].isna().all()
    assert math.isnan(run.cash_error())
    by_question = {a.question: a for a in result.answers}
    assert by_question["value"].sentences[0].startswith("Nothing could be worked out")
    for question in ("value", "runway", "rumour", "compare"):
        assert any("no figure" in s for s in by_question[question].sentences), question


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0.0, "$0"), (0.004, "$0"), (-0.004, "$0"), (0.5, "$0.50"), (-12.0, "-$12.0"), (999.6, "$1.00k"),
        (1234.0, "$1.23k"), (99_950.0, "$100k"), (-4.5e7, "-$45.0m"), (13e9, "$13.0bn"), (9.996e11, "$1.00tn"),
        (2.5e15, "$2,500tn"),
        (1e30, "$1.00e+30"), (math.nan, "n/a"), (math.inf, "n/a"),
    ],
)  # fmt: skip
def test_money_in_words(amount: float, words: str) -> None:
    assert wording.money(amount, "USD") == words


def test_money_with_its_sign_and_without_a_symbol() -> None:
    assert wording.money(5e6, "EUR", signed=True) == "+€5.00m"
    assert wording.money(-5e6, "SEK", signed=True) == "-SEK 5.00m"
    assert wording.money(0.0, "USD", signed=True) == "$0"


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (0.0, "0%"), (1.0, "100%"), (0.27, "27%"), (0.0995, "10%"), (0.036, "3.6%"), (0.0005, "0.05%"),
        (0.00001, "<0.01%"), (0.9997, ">99%"), (-0.05, "-5.0%"), (1.5, "150%"), (12.5, "1,250%"), (math.nan, "n/a"),
    ],
)  # fmt: skip
def test_percentages_in_words(fraction: float, words: str) -> None:
    assert wording.percent(fraction) == words


def test_lists_owners_and_counts_in_words() -> None:
    assert wording.join([]) == ""
    assert wording.join(["a", "b", "c"]) == "a, b and c"
    assert wording.possessive("OpenAI") == "OpenAI's"
    assert wording.possessive("CRISPR Therapeutics") == "CRISPR Therapeutics'"
    assert wording.count(1, "path") == "1 path"
    assert wording.count(2048, "path") == "2,048 paths"


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(4).lognormal(size=(3, 501))
    at = (0.0, 0.05, 0.31, 0.5, 0.95, 1.0)
    assert np.allclose(quantiles(values, at), np.quantile(values, at, axis=-1), rtol=1e-14)
    assert quantiles(np.array([7.0]), at).tolist() == [7.0] * len(at)


def test_views_grow_with_paths() -> None:
    assert [usual_views(n) for n in (1, 16_384, 65_536, 1_048_576, 10_000_000)] == [1, 4_096, 16_384, 262_144, 2_500_000]
