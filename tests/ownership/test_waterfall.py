"""Waterfalls: published examples, hand arithmetic, a brute-force referee and the laws of sharing; tiers beside them."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prenup.ownership.tiers import Tier, distribute, tier_breakpoints
from prenup.ownership.waterfall import Breakpoint, Line, breakpoints, payouts, price
from tests.ownership.brute_force import equilibria

EXACT = 1e-9
"""The tolerance of the published examples."""


# ---- published examples

FOLEY_HOAG = [Line("common", shares=0.8)]
VENTURE_DEALS = [Line("founders", shares=0.4)]
TYTCHME = [Line("founders", shares=0.8)]

ONE_INVESTOR = {
    # Foley Hoag, Driving Business Advantage (2014), slide 27: 5 for 20%, sold for 40.
    "liq-01": (FOLEY_HOAG, Line("a", preference=5, converts=0.2), 40, (32, 8)),
    "liq-02": (FOLEY_HOAG, Line("a", preference=5, shares=0.2, cap=10, converts=0.2), 40, (30, 10)),
    # Feld and Mendelson, Venture Deals (2011), ch. 4: 50 for 60%, sold for 100.
    "liq-04": (VENTURE_DEALS, Line("investors", preference=50, converts=0.6), 100, (40, 60)),
    "liq-05": (VENTURE_DEALS, Line("investors", preference=50, shares=0.6), 100, (20, 80)),
    "liq-06": (VENTURE_DEALS, Line("investors", preference=50, shares=0.6, cap=150, converts=0.6), 100, (20, 80)),
    # Tytchme Academy, VC Term Sheets: 2 for 20%, sold for 5.
    "liq-08": (TYTCHME, Line("v", preference=2, converts=0.2), 5, (3, 2)),
    "liq-10": (TYTCHME, Line("v", preference=2, shares=0.2), 5, (2.4, 2.6)),
}


@pytest.mark.parametrize("example", ONE_INVESTOR)
def test_published_one_investor(example: str) -> None:
    common, preferred, proceeds, expected = ONE_INVESTOR[example]
    assert payouts([*common, preferred], proceeds) == pytest.approx(expected, abs=EXACT)


def test_the_answer_that_a_book_printed_for_a_cap_of_three_times_is_wrong() -> None:
    common, preferred, proceeds, _ = ONE_INVESTOR["liq-06"]
    printed = (40, 60)
    assert payouts([*common, preferred], proceeds) != pytest.approx(printed, abs=1.0), "the cap of 150 isn't reached at 100"


def two_rounds(safe_preference: float) -> list[Line]:
    """The public document "Rounds: a priced round over an existing cap table" (2026-09-15); preferences in millions."""
    return [
        Line("common", shares=8),
        Line("safe_preferred", preference=safe_preference, converts=1, seniority=-1),
        Line("series_a", preference=3, converts=18 / 7, seniority=-1),
        Line("series_b", preference=4, converts=60 / 7, seniority=0),
    ]


@pytest.mark.parametrize(
    ("safe_preference", "proceeds", "expected"),
    [
        pytest.param(1, 6, (0, 0.5, 1.5, 4), id="liq-12"),
        pytest.param(7 / 6, 6, (0, 0.56, 1.44, 4), id="liq-14"),
        pytest.param(1, 141, (56, 7, 18, 60), id="liq-15"),
    ],
)
def test_published_seniority(safe_preference: float, proceeds: float, expected: tuple[float, ...]) -> None:
    assert payouts(two_rounds(safe_preference), proceeds) == pytest.approx(expected, abs=EXACT)


def test_published_price_where_everybody_converts() -> None:
    assert price(two_rounds(1), 141) == pytest.approx(7, abs=EXACT)


def test_paperwork_alone_moves_money() -> None:
    before, after = payouts(two_rounds(1), 6), payouts(two_rounds(7 / 6), 6)
    assert after[1] - before[1] == pytest.approx(0.06, abs=EXACT)


# ---- by hand


def test_every_kind_of_claim_by_hand() -> None:
    lines = [
        Line("common", shares=10),
        Line("options", shares=2, strike=1),
        Line("plain", preference=10, converts=4),
        Line("participating", preference=6, shares=2, seniority=1),
        Line("capped", preference=4, shares=2, cap=12, converts=2),
        Line("units", shares=1, cap=3),
    ]
    # At a price of 5: 50, 2 × 4, 4 × 5, 6 + 10, 12 against 10, 3.
    assert payouts(lines, 109) == pytest.approx((50, 8, 20, 16, 12, 3), abs=EXACT)
    assert price(lines, 109) == pytest.approx(5, abs=EXACT)
    # 13 pay the senior 6 in full and leave 7 for the 14 due to the two others.
    assert payouts(lines, 13) == pytest.approx((0, 0, 5, 6, 2, 0), abs=EXACT)


def test_boundaries_by_hand() -> None:
    lines = [Line("common", shares=8), Line("series_a", preference=5, converts=2)]
    assert payouts(lines, [0, 5, 25]) == pytest.approx(np.array([[0, 0, 20], [0, 5, 5]]), abs=EXACT)
    assert price(lines, [0, 5, 25]) == pytest.approx([0, 0, 2.5], abs=EXACT)


def test_a_strike_that_is_never_reached_and_a_cap_below_the_preference() -> None:
    lines = [Line("common", shares=1), Line("never", shares=9, strike=math.inf), Line("cut", preference=5, shares=9, cap=2)]
    assert payouts(lines, [1, 12]) == pytest.approx(np.array([[0, 10], [0, 0], [1, 2]]), abs=EXACT)


def test_what_nobody_may_have_goes_to_the_residual_line_or_nowhere() -> None:
    capped = [Line("workers", shares=1, cap=10), Line("investors", shares=3, cap=90)]
    foundation = Line("foundation", residual=True)
    assert payouts([*capped, foundation], [20, 100, 150]) == pytest.approx(
        np.array([[5, 10, 10], [15, 90, 90], [0, 0, 50]]), abs=EXACT
    )
    assert payouts(capped, 100) == pytest.approx((10, 90), abs=EXACT)
    with pytest.raises(
        ValueError, match=r"^nobody may have what proceeds are above 100: add a residual class that takes the rest$"
    ):
        payouts(capped, [50, 100.0001])


def test_preferred_with_warrants_shares_above_their_strike() -> None:
    lines = [Line("common", shares=1), Line("bridge", preference=3, shares=2, strike=4)]
    assert payouts(lines, [6, 7, 13]) == pytest.approx(np.array([[3, 4, 6], [3, 3, 7]]), abs=EXACT)


def test_a_price_where_nothing_more_is_shared_is_the_lowest() -> None:
    units = Line("units", shares=2, cap=10)
    assert price([units, Line("foundation", residual=True)], [10, 99]) == pytest.approx([5, 5], abs=EXACT)
    assert price([units, Line("options", shares=1, strike=8)], [10, 11]) == pytest.approx([5, 9], abs=EXACT)


@pytest.mark.parametrize(
    ("lines", "proceeds", "message"),
    [
        ([], 1, "a waterfall needs a line"),
        ([Line("a", shares=1), Line("a", shares=2)], 1, "two lines of a waterfall have one name: a, a"),
        ([Line("a", residual=True), Line("b", residual=True)], 1, "only one line of a waterfall can be the residual one"),
        ([Line("a", shares=-1)], 1, "a: shares must be a number, and not negative"),
        ([Line("a", shares=1, strike=math.nan)], 1, "a: strike must be a number, and not negative"),
        ([Line("a", preference=math.inf)], 1, "a: preference must be a number, and not negative"),
        ([Line("a", shares=1)], -1, "proceeds must be finite, and not negative"),
        ([Line("a", shares=1)], math.inf, "proceeds must be finite, and not negative"),
    ],
)
def test_faults_are_named(lines: list[Line], proceeds: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        payouts(lines, proceeds)


def test_numbers_of_views_and_paths_broadcast() -> None:
    random = np.random.default_rng(5)
    preference, cap = random.uniform(1, 9, (3, 1)), random.uniform(9, 30, 4)
    proceeds = random.uniform(0, 60, (2, 3, 4))
    lines = [
        Line("common", shares=5),
        Line("series_a", preference=preference, shares=2, cap=cap, converts=2),
        Line("options", shares=random.uniform(0, 2, (3, 4)), strike=random.uniform(0, 3, 4)),
    ]
    found = payouts(lines, proceeds)
    assert found.shape == (3, 2, 3, 4)
    for at in np.ndindex(2, 3, 4):
        own = [
            Line("common", shares=5),
            Line("series_a", preference=preference[at[1], 0], shares=2, cap=cap[at[2]], converts=2),
            Line("options", shares=lines[2].shares[at[1:]], strike=lines[2].strike[at[2]]),  # type: ignore[index]
        ]
        assert found[:, *at] == pytest.approx(payouts(own, proceeds[at]), rel=1e-13, abs=1e-13)
    assert payouts(lines, 20.0).shape == (3, 3, 4)


def test_an_unknown_exit_value_leaves_the_others_alone() -> None:
    lines = [Line("common", shares=8), Line("series_a", preference=5, converts=2)]
    found = payouts(lines, [np.nan, 25.0])
    assert np.isnan(found[:, 0]).all()
    assert np.isnan(price(lines, np.nan))
    assert found[:, 1] == pytest.approx((20, 5), abs=EXACT)


# ---- laws

MONEY = st.integers(0, 24).map(lambda n: n / 2)
UNITS = st.integers(1, 6).map(float)


SENIORITY = st.integers(0, 3)
KINDS = (
    st.builds(Line, st.just("common"), shares=UNITS),
    st.builds(Line, st.just("options"), shares=UNITS, strike=MONEY),
    st.builds(Line, st.just("preferred"), preference=MONEY, converts=UNITS, seniority=SENIORITY),
    st.builds(Line, st.just("participating"), preference=MONEY, shares=UNITS, seniority=SENIORITY),
    st.builds(Line, st.just("bridge"), preference=MONEY, shares=UNITS, strike=MONEY, seniority=SENIORITY),
    st.builds(Line, st.just("units"), shares=UNITS, cap=MONEY),
    st.builds(
        lambda preference, units, room, seniority: Line("capped", preference, units, 0.0, preference + room, units, seniority),
        MONEY, UNITS, MONEY, SENIORITY,
    ),
    st.builds(Line, st.just("strange"), MONEY, UNITS, MONEY, MONEY, UNITS, SENIORITY),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> list[Line]:
    """One to eight lines that can take any proceeds: with common, or else with a residual line."""
    n_lines = draw(st.integers(0, 7))
    drawn = draw(st.lists(st.one_of(KINDS), min_size=n_lines, max_size=n_lines))
    place = draw(st.integers(0, n_lines))
    last = Line("last", residual=True) if draw(st.booleans()) else Line("last", shares=1.0)
    named = [rename(line, f"{line.name}_{row}") for row, line in enumerate(drawn)]
    return [*named[:place], last, *named[place:]]


def rename(line: Line, name: str) -> Line:
    return Line(name, line.preference, line.shares, line.strike, line.cap, line.converts, line.seniority, line.residual)


PROCEEDS = st.integers(0, 1000).map(lambda n: n / 4)
law = settings(max_examples=100, deadline=None)


@settings(max_examples=1000, deadline=None)
@given(lines=tables(), proceeds=PROCEEDS)
def test_payouts_are_the_only_ones_that_nobody_would_leave(lines: list[Line], proceeds: float) -> None:
    found = payouts(lines, proceeds)
    stable = equilibria(lines, proceeds)
    assert stable, "no profile of choices is an equilibrium"
    for paid in stable:
        assert found == pytest.approx(paid, rel=1e-9, abs=1e-9)


@law
@given(lines=tables(), proceeds=st.lists(st.floats(0, 1e9), min_size=1, max_size=8))
def test_payouts_add_up_and_more_proceeds_never_pay_less(lines: list[Line], proceeds: list[float]) -> None:
    ordered = np.sort(proceeds)
    found = payouts(lines, ordered)
    assert found.sum(axis=0) == pytest.approx(ordered, rel=1e-13, abs=1e-300)
    assert (found >= 0.0).all()
    assert (np.diff(found, axis=1) >= -1e-12 * found[:, 1:]).all()
    assert (np.diff(price(lines, ordered)) >= -1e-12 * price(lines, ordered)[1:]).all()


@law
@given(lines=tables(), proceeds=PROCEEDS)
def test_no_line_is_paid_before_one_that_is_senior(lines: list[Line], proceeds: float) -> None:
    found = dict(zip([line.name for line in lines], payouts(lines, proceeds), strict=True))
    for senior in lines:
        if found[senior.name] < min(float(senior.preference), float(senior.cap)) * (1 - 1e-12):
            juniors = [line.name for line in lines if line.seniority < senior.seniority]
            assert all(found[name] == 0.0 for name in juniors)
            equals = [line for line in lines if line.seniority == senior.seniority and min(line.preference, line.cap) > 0.0]
            parts = [found[line.name] / min(line.preference, line.cap) for line in equals]
            assert parts == pytest.approx([parts[0]] * len(parts), rel=1e-12)


@law
@given(lines=tables(), proceeds=PROCEEDS, data=st.data())
def test_the_order_of_lines_changes_nothing(lines: list[Line], proceeds: float, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(lines))))
    again = payouts([lines[row] for row in order], proceeds)
    assert again == pytest.approx(payouts(lines, proceeds)[list(order)], rel=1e-12, abs=1e-12)


@law
@given(lines=tables(), proceeds=PROCEEDS, scale=st.integers(-20, 20).map(lambda n: 2.0**n))
def test_the_scale_of_a_currency_changes_nothing(lines: list[Line], proceeds: float, scale: float) -> None:
    other = [
        Line(line.name, line.preference * scale, line.shares, line.strike * scale, line.cap * scale, line.converts,
             line.seniority, line.residual)
        for line in lines
    ]  # fmt: skip
    assert np.array_equal(payouts(other, proceeds * scale), payouts(lines, proceeds) * scale)


# ---- breakpoints


def test_the_table_that_valuers_use() -> None:
    lines = [
        Line("common", shares=6),
        Line("series_a", preference=4, converts=2, seniority=1),
        Line("series_b", preference=6, shares=1, cap=9, converts=1, seniority=2),
        Line("options", shares=1, strike=1),
    ]
    found = breakpoints(lines)
    assert [(point.proceeds, point.price, point.what) for point in found] == [
        (0, 0, "preferences of rank 1"),
        (6, 0, "preferences of rank 2"),
        (10, 0, "participation of common; participation of series_b"),
        (17, 1, "exercise of options"),
        (25, 2, "conversion of series_a"),
        (35, 3, "cap of series_b"),
        (89, 9, "conversion of series_b"),
    ]
    sixth, eighth, ninth, tenth = (float(Fraction(1, n)) for n in (7, 8, 9, 10))
    assert [dict(point.share) for point in found] == [
        {"series_b": 1},
        {"series_a": 1},
        pytest.approx({"common": 6 * sixth, "series_b": sixth}),
        pytest.approx({"common": 6 * eighth, "series_b": eighth, "options": eighth}),
        pytest.approx({"common": 6 * tenth, "series_a": 2 * tenth, "series_b": tenth, "options": tenth}),
        pytest.approx({"common": 6 * ninth, "series_a": 2 * ninth, "options": ninth}),
        pytest.approx({"common": 6 * tenth, "series_a": 2 * tenth, "series_b": tenth, "options": tenth}),
    ]


def test_the_last_row_says_who_takes_the_rest() -> None:
    capped = [Line("units", shares=1, cap=10)]
    assert breakpoints(capped)[-1] == Breakpoint(10, 10, "cap of units; nobody may have more", {})
    with_rest = breakpoints([*capped, Line("foundation", residual=True)])
    assert with_rest[-1] == Breakpoint(10, 10, "cap of units; the rest to foundation", {"foundation": 1})


def test_what_happens_at_the_same_proceeds_stands_in_one_row() -> None:
    lines = [Line("common", shares=1), Line("options", shares=1, strike=0.1 + 0.2), Line("series_a", preference=0.3, converts=1)]
    assert [point.what for point in breakpoints(lines)] == [
        "preferences of rank 1",
        "participation of common",
        "exercise of options; conversion of series_a",
    ]
    # Nobody shares between prices of 5 and 8, so both are at proceeds of 10.
    lines = [Line("units", shares=2, cap=10), Line("options", shares=1, strike=8)]
    assert breakpoints(lines)[-1] == Breakpoint(10, 8, "cap of units; exercise of options", {"options": 1})


def test_a_cap_below_the_preference_is_never_reached() -> None:
    lines = [Line("common", shares=1), Line("cut", preference=5, shares=9, cap=2)]
    assert [point.what for point in breakpoints(lines)] == ["preferences of rank 1", "participation of common"]


def test_a_table_of_arrays_is_refused() -> None:
    with pytest.raises(ValueError, match=r"have one number each, no arrays$"):
        breakpoints([Line("common", shares=np.ones(2))])


@law
@given(lines=tables(), proceeds=PROCEEDS)
def test_breakpoints_say_what_payouts_say(lines: list[Line], proceeds: float) -> None:
    table = breakpoints(lines)
    starts = [float(point.proceeds) for point in table]
    assert starts[0] == 0.0
    assert all(low < high for low, high in pairwise(starts))
    assert all(point.what for point in table)
    found = dict.fromkeys((line.name for line in lines), 0.0)
    for point, start, end in zip(table, starts, [*starts[1:], math.inf], strict=True):
        assert math.fsum(map(float, point.share.values())) == pytest.approx(1, rel=1e-12)
        for name, share in point.share.items():
            found[name] += float(share) * max(0.0, min(proceeds, end) - start)
    assert list(found.values()) == pytest.approx(payouts(lines, proceeds), rel=1e-9, abs=1e-9)


# ---- tiers

FORTUNE = [
    Tier({"microsoft": 0.75, "others": 0.25}, "microsoft", 13),
    Tier({"microsoft": 0.49, "others": 0.51}, "microsoft", 92),
    Tier({"others": 1.0}),
]
"""cap-01: Fortune (2023-01-24), the second tier from Clubic; billions."""
PROFITS = np.array([10, 17.333333333, 50, 100, 178.557823129, 200])


def test_published_tiers_of_profit() -> None:
    found = distribute(FORTUNE, PROFITS)
    assert found["microsoft"] == pytest.approx([7.5, 13, 29.006666667, 53.506666667, 92, 92], rel=1e-6)
    assert found["microsoft"] + found["others"] == pytest.approx(PROFITS, rel=1e-14)
    starts = [float(point.proceeds) for point in tier_breakpoints(FORTUNE)]
    assert starts == pytest.approx([0, 17.333333333333332, 178.55782312925172], rel=1e-14)


def test_tiers_count_what_came_before() -> None:
    once = distribute(FORTUNE, 150.0)
    first = distribute(FORTUNE, 40.0)
    second = distribute(FORTUNE, 110.0, received=first)
    for holder, amount in once.items():
        assert first[holder] + second[holder] == pytest.approx(amount, rel=1e-14)
    starts = [float(point.proceeds) for point in tier_breakpoints(FORTUNE, received={"microsoft": 20})]
    assert starts == pytest.approx([0, 72 / 0.49], rel=1e-14), "the first tier is passed over"


def test_tiers_of_many_paths_are_those_of_each() -> None:
    cap = np.array([5.0, 20.0, np.inf])
    tiers = [Tier({"fund": 0.8, "manager": 0.2}, "fund", cap), Tier({"fund": 0.5, "manager": 0.5})]
    had = np.array([[0.0], [7.0]])
    found = distribute(tiers, 30.0, {"fund": had})
    # Where 7 have been received, a cap of 5 is behind, one of 20 is 13 away: 16.25 at 80%, the rest at 50%.
    assert found["fund"] == pytest.approx(np.array([[16.875, 22.5, 24], [15, 19.875, 24]]), rel=1e-14)
    table = tier_breakpoints(tiers, {"fund": had})
    assert np.asarray(table[1].proceeds) == pytest.approx(np.array([[6.25, 25, np.inf], [0, 16.25, np.inf]]))


def test_a_tier_may_count_a_holder_that_it_pays_nothing() -> None:
    tiers = [Tier({"fund": 1.0, "manager": 0.0}, "manager", np.array([5.0, np.inf])), Tier({"manager": 1.0}, "fund", 9)]
    tiers.append(Tier({"fund": 0.5, "manager": 0.5}))
    had = {"manager": np.array([5.0, 8.0])}
    assert distribute(tiers, 4.0, had)["fund"] == pytest.approx([0, 4], abs=0)
    starts = [np.broadcast_to(point.proceeds, 2).tolist() for point in tier_breakpoints(tiers, had)]
    assert starts == [[0, 0], [0, np.inf]]


@pytest.mark.parametrize(
    ("tiers", "total", "message"),
    [
        ([], 1, "a distribution needs a tier"),
        ([Tier({"a": 0.5, "b": 0.4})], 1, "the shares of tier 1 must add up to 1, and none may be negative"),
        ([Tier({"a": 1.5, "b": -0.5})], 1, "the shares of tier 1 must add up to 1, and none may be negative"),
        ([Tier({"a": 1.0}, "a", -1)], 1, "tier 1 must end at an amount that isn't negative"),
        ([Tier({"a": 1.0})], -1, "what is distributed must be finite, and not negative"),
        ([Tier({"a": 1.0}, "a", 5)], 6, "the last tier ends before all is distributed: give it no end, or add another"),
    ],
)
def test_faults_of_tiers_are_named(tiers: list[Tier], total: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        distribute(tiers, total)
