"""Classes valued as options: published examples, QuantLib, chance itself, and what must hold whatever the numbers."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prenup.ownership.option_pricing import allocate, allocate_by, backsolve, call, delta, normal_cdf, put
from prenup.ownership.tiers import Tier, distribute, tier_breakpoints
from prenup.ownership.waterfall import Breakpoint, Line, breakpoints, payouts

with warnings.catch_warnings():
    # Its wrapper types are made the old way, of which newer Pythons warn at import.
    warnings.simplefilter("ignore", DeprecationWarning)
    import QuantLib as ql

# ---- published examples

HULL = (42, 40, 0.2, 0.5, 0.1)
"""opm-01: Hull, Options, Futures and Other Derivatives, Example 15.6. Spot, strike, volatility, years, rate."""
MARKET = (0.6, 3, 0.04)
"""Volatility, years, rate of opm-02, opm-04 and opm-06."""
PARTICIPATING = [Line("common", shares=8e6), Line("preferred", preference=5e6, shares=2e6)]
"""opm-02: the public repository test "OPM backsolve tests"."""
THREE_CLASSES = [
    Line("common", shares=7e6),
    Line("series_a", preference=5e6, converts=2e6),
    Line("options", shares=1e6, strike=0.5),
]
"""opm-04, of the same source; values are worked out in closed form."""


def test_published_black_scholes() -> None:
    assert call(*HULL) == pytest.approx(4.7594223929, abs=1e-8)
    assert put(*HULL) == pytest.approx(0.8085993729, abs=1e-8)
    assert delta(*HULL) == pytest.approx(0.7791312909, abs=1e-8)
    assert normal_cdf(0.7692626281) == pytest.approx(0.7791312909, abs=1e-8)


def test_published_participating_preferred() -> None:
    found = allocate(PARTICIPATING, 25e6, *MARKET)
    assert call(25e6, 5e6, *MARKET) == pytest.approx(20762805.11, rel=1e-6)
    assert found["preferred"] == pytest.approx(8389755.91, rel=1e-6)
    assert found["preferred"] / 2e6 == pytest.approx(4.19487796, rel=1e-6)
    assert found["common"] / 8e6 == pytest.approx(2.07628051, rel=1e-6)
    assert backsolve(PARTICIPATING, "preferred", 2e6, 4.194877957, *MARKET) == pytest.approx(25e6, rel=1e-6)


def test_participation_is_not_what_other_preferred_has() -> None:
    plain = [PARTICIPATING[0], Line("preferred", preference=5e6, converts=2e6)]
    found = float(allocate(plain, 25e6, *MARKET)["preferred"])
    assert found < 0.9 * 8389755.91, "the published formula is of participating preferred, though it is often sold as generic"


def test_published_three_classes() -> None:
    found = allocate(THREE_CLASSES, 20e6, *MARKET)
    assert [point.proceeds for point in breakpoints(THREE_CLASSES)] == pytest.approx([0, 5e6, 8.5e6, 24.5e6], rel=1e-14)
    assert found["series_a"] == pytest.approx(5629687.44, rel=1e-6)
    assert found["common"] == pytest.approx(12861382.31, rel=1e-6)
    assert found["options"] == pytest.approx(1508930.26, rel=1e-6)
    assert found["series_a"] / 2e6 == pytest.approx(2.8148437186, rel=1e-9)
    assert found["common"] / 7e6 == pytest.approx(1.8373403295, rel=1e-9)
    assert found["options"] / 1e6 == pytest.approx(1.5089302559, rel=1e-9)
    assert backsolve(THREE_CLASSES, "series_a", 2e6, 2.8148437186, *MARKET) == pytest.approx(20e6, rel=1e-9)


def test_published_backsolve_against_the_headline() -> None:
    equity = backsolve(THREE_CLASSES, "series_a", 2e6, 2.5, *MARKET)
    post_money = 2.5 * 10e6
    assert equity == pytest.approx(16004308.39, rel=1e-6)
    assert post_money / equity - 1 == pytest.approx(0.5620793717089085, rel=1e-6)
    assert equity != pytest.approx(post_money, rel=0.3), "the last price times all units is not what the company is worth"


# ---- the normal distribution and Black-Scholes

SHARES_BELOW = {
    -37.0: 5.7255712225245768227e-300,
    -20.3: 6.4292444676983463386e-92,
    -9.7: 1.507493168810204873e-22,
    -5.0: 2.8665157187919391167e-7,
    -1.1: 0.13566606094638265582,
    -0.3: 0.38208857781104736693,
    0.7: 0.75803634777692697138,
    2.9: 0.99813418669961596152,
}
"""Worked out with 40 digits (mpmath's ncdf)."""


@pytest.mark.parametrize("x", SHARES_BELOW)
def test_normal_shares_to_the_last_digits(x: float) -> None:
    assert normal_cdf(x) == pytest.approx(SHARES_BELOW[x], rel=1e-15, abs=0)


def test_normal_shares_at_the_ends() -> None:
    assert normal_cdf(np.array([-np.inf, 0.0, np.inf])) == pytest.approx([0, 0.5, 1], abs=0)
    assert np.isnan(normal_cdf(np.nan))


def quantlib(kind: int, spot: float, strike: float, volatility: float, years: float, rate: float) -> float:
    discount = math.exp(-rate * years)
    return float(ql.blackFormula(kind, strike, spot / discount, volatility * math.sqrt(years), discount))


market = {
    "volatility": st.floats(0.01, 2.0),
    "years": st.floats(0.01, 20.0),
    "rate": st.floats(-0.05, 0.2),
}
law = settings(max_examples=100, deadline=None)


@law
@given(spot=st.floats(0.1, 1000), strike=st.floats(0, 1000), **market)
def test_options_are_worth_what_quantlib_says(spot: float, strike: float, volatility: float, years: float, rate: float) -> None:
    numbers = (spot, strike, volatility, years, rate)
    assert call(*numbers) == pytest.approx(quantlib(ql.Option.Call, *numbers), rel=1e-10, abs=1e-12 * (spot + strike))
    assert put(*numbers) == pytest.approx(quantlib(ql.Option.Put, *numbers), rel=1e-10, abs=1e-12 * (spot + strike))
    assert call(*numbers) - put(*numbers) == pytest.approx(spot - strike * math.exp(-rate * years), abs=1e-12 * (spot + strike))


def test_delta_is_the_slope_of_a_call() -> None:
    spot, step = np.linspace(5, 120, 24), 1e-4
    slope = (call(spot + step, 40, 0.3, 2, 0.03) - call(spot - step, 40, 0.3, 2, 0.03)) / (2 * step)
    assert delta(spot, 40, 0.3, 2, 0.03) == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize(
    ("numbers", "bought", "sold", "slope"),
    [
        pytest.param((50, 0, 0.3, 2, 0.05), 50, 0, 1, id="a strike of nothing"),
        pytest.param((0, 0, 0.3, 2, 0.05), 0, 0, 1, id="nothing for nothing"),
        pytest.param((50, math.inf, 0.3, 2, 0.05), 0, math.inf, 0, id="a strike never reached"),
        pytest.param((0, 40, 0.3, 2, 0.0), 0, 40, 0, id="nothing to buy"),
        pytest.param((50, 40, 0.0, 2, 0.1), 50 - 40 * math.exp(-0.2), 0, 1, id="no volatility"),
        pytest.param((50, 60, 0.3, 0, 0.1), 0, 10, 0, id="no time"),
        pytest.param((50, 50, 0.0, 0, 0.1), 0, 0, 0, id="neither, at the strike"),
    ],
)
def test_options_at_the_edges(numbers: tuple[float, ...], bought: float, sold: float, slope: float) -> None:
    assert call(*numbers) == pytest.approx(bought, rel=1e-15)
    assert put(*numbers) == pytest.approx(sold, rel=1e-15)
    assert delta(*numbers) == slope


@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_negative_numbers_are_refused(row: int) -> None:
    numbers = list(HULL)
    numbers[row] = -1
    name = ("spot", "strike", "volatility", "years")[row]
    with pytest.raises(ValueError, match=f"^{name} must be a number, and not negative$"):
        call(*numbers)


# ---- allocation

MANY_CLASSES = [
    Line("common", shares=5e6),
    Line("options", shares=1e6, strike=0.8),
    Line("series_a", preference=4e6, converts=2e6, seniority=1),
    Line("series_b", preference=9e6, shares=3e6, cap=18e6, converts=3e6, seniority=2),
    Line("units", shares=1e6, cap=3e6),
]


def test_many_classes_are_worth_what_quantlib_says() -> None:
    # By hand: B keeps 9, A 4; common, B and units share, options from 0.8, A from 2; B is at its cap and units at theirs from 3;
    # B converts at 6.
    strikes = [0, 9e6, 13e6, 20.2e6, 32.2e6, 44.2e6, 68.2e6]
    shares = {
        "common": [0, 0, 5 / 9, 0.5, 5 / 12, 5 / 8, 5 / 11],
        "options": [0, 0, 0, 0.1, 1 / 12, 1 / 8, 1 / 11],
        "series_a": [0, 1, 0, 0, 2 / 12, 2 / 8, 2 / 11],
        "series_b": [1, 0, 3 / 9, 0.3, 3 / 12, 0, 3 / 11],
        "units": [0, 0, 1 / 9, 0.1, 1 / 12, 0, 0],
    }
    calls = [quantlib(ql.Option.Call, 30e6, strike, *MARKET) for strike in strikes]
    between = -np.diff([*calls, 0.0])
    found = allocate(MANY_CLASSES, 30e6, *MARKET)
    assert list(found) == [line.name for line in MANY_CLASSES]
    for name, value in found.items():
        assert value == pytest.approx(float(np.dot(shares[name], between)), rel=1e-10)


def test_chance_itself_agrees() -> None:
    volatility, years, rate = MARKET
    normals = np.random.default_rng(20260801).standard_normal(200_000)
    normals = np.concatenate([normals, -normals])
    exits = 30e6 * np.exp((rate - volatility**2 / 2) * years + volatility * math.sqrt(years) * normals)
    paid = payouts(MANY_CLASSES, exits) * math.exp(-rate * years)
    pairs = paid.reshape(len(MANY_CLASSES), 2, -1).mean(axis=1)
    errors = pairs.std(axis=1) / math.sqrt(pairs.shape[1])
    found = allocate(MANY_CLASSES, 30e6, *MARKET)
    for value, mean, error in zip(found.values(), pairs.mean(axis=1), errors, strict=True):
        assert error < 0.01 * mean
        assert abs(mean - value) < 3 * error


def test_views_are_valued_all_at_once() -> None:
    equity, volatility = np.array([[5e6], [30e6], [90e6]]), np.array([0.0, 0.3, 0.9, 1.5])
    found = allocate(MANY_CLASSES, equity, volatility, 3, 0.04)
    for at in np.ndindex(3, 4):
        own = allocate(MANY_CLASSES, float(equity[at[0], 0]), float(volatility[at[1]]), 3, 0.04)
        alone = {name: float(value) for name, value in own.items()}
        assert {name: float(value[at]) for name, value in found.items()} == pytest.approx(alone, rel=1e-14, abs=1e-6)
    assert sum(found.values()) == pytest.approx(np.broadcast_to(equity, (3, 4)), rel=1e-12)


def test_what_is_certain_is_worth_its_payout() -> None:
    found = allocate(MANY_CLASSES, 40e6, 0.0, 2, 0.05)
    grown = 40e6 * math.exp(0.1)
    assert list(found.values()) == pytest.approx(payouts(MANY_CLASSES, grown) * math.exp(-0.1), rel=1e-12)


def test_a_line_that_never_gets_anything_is_worth_nothing() -> None:
    found = allocate([Line("common", shares=1), Line("never", shares=1, strike=math.inf)], np.ones(3), 0.5, 1, 0)
    assert list(found["never"]) == [0, 0, 0]


def test_tiers_are_valued_like_lines() -> None:
    cap = np.array([13.0, 40.0])
    tiers = [Tier({"investor": 0.75, "others": 0.25}, "investor", cap), Tier({"investor": 0.2, "others": 0.8})]
    found = allocate_by(tier_breakpoints(tiers), 60.0, 0.5, 4, 0.03)
    for row, end in enumerate(cap):
        point = float(end) / 0.75
        above = quantlib(ql.Option.Call, 60.0, point, 0.5, 4, 0.03)
        assert found["investor"][row] == pytest.approx(0.75 * (60.0 - above) + 0.2 * above, rel=1e-12)
    assert found["investor"] + found["others"] == pytest.approx([60.0, 60.0], rel=1e-12)
    surely = allocate_by(tier_breakpoints(tiers), 60.0, 0.0, 4, 0.0)
    assert surely["investor"] == pytest.approx(distribute(tiers, 60.0)["investor"], rel=1e-14)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([], r"^a table of breakpoints must begin at proceeds of 0$"),
        ([Breakpoint(1.0, 0.0, "common takes part", {"common": 1.0})], r"^a table of breakpoints must begin at proceeds of 0$"),
        (breakpoints([Line("units", shares=1, cap=8)]), r"^the shares above proceeds of 8.0 add up to 0, not 1"),
    ],
)
def test_tables_that_lose_money_are_refused(points: list[Breakpoint], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        allocate_by(points, 10.0, 0.5, 1, 0)


amounts = st.floats(0.1, 50)
units = st.floats(0.1, 10)


@st.composite
def companies(draw: st.DrawFn) -> list[Line]:
    """Every kind of line once, with any numbers."""
    preference, own = draw(amounts), draw(units)
    return [
        Line("common", shares=draw(units)),
        Line("options", shares=draw(units), strike=draw(amounts)),
        Line("plain", preference=draw(amounts), converts=draw(units)),
        Line("capped", preference, shares=own, cap=preference * draw(st.floats(1, 4)), converts=own, seniority=1),
        Line("full", preference=draw(amounts), shares=draw(units), seniority=draw(st.integers(0, 2))),
        Line("units", shares=draw(units), cap=draw(amounts)),
    ]


@law
@given(lines=companies(), equity=st.floats(0, 1000), **market)
def test_values_add_up_to_equity(lines: list[Line], equity: float, volatility: float, years: float, rate: float) -> None:
    found = allocate(lines, equity, volatility, years, rate)
    assert sum(map(float, found.values())) == pytest.approx(equity, rel=1e-12)
    assert min(map(float, found.values())) >= -1e-12 * equity


# ---- backsolving


@settings(max_examples=30, deadline=None)
@given(lines=companies(), equity=st.floats(1, 500), volatility=st.floats(0.1, 1.0), years=st.floats(0.25, 6))
def test_backsolving_finds_the_equity_again(lines: list[Line], equity: float, volatility: float, years: float) -> None:
    for name, value in allocate(lines, equity, volatility, years, 0.03).items():
        if delta_of(lines, name, equity, volatility, years) > 1e-3:
            found = backsolve(lines, name, 2.0, float(value) / 2.0, volatility, years, 0.03)
            assert found == pytest.approx(equity, rel=1e-10)


def delta_of(lines: list[Line], name: str, equity: float, volatility: float, years: float) -> float:
    step = 1e-4 * equity
    low, high = allocate(lines, np.array([equity - step, equity + step]), volatility, years, 0.03)[name]
    return float(high - low) / (2 * step)


def test_backsolving_without_volatility_takes_the_lowest_of_many() -> None:
    lines = [Line("common", shares=8.0), Line("series_a", preference=5.0, converts=2.0)]
    assert backsolve(lines, "series_a", 2.0, 2.5, 0.0, 3, 0.0) == pytest.approx(5.0, rel=1e-12)
    assert backsolve(lines, "series_a", 2.0, 3.0, 0.0, 3, 0.0) == pytest.approx(30.0, rel=1e-12)
    assert backsolve(lines, "common", 8.0, 0.0, 0.4, 3, 0.0) == 0.0


def test_a_price_that_no_equity_gives() -> None:
    lines = [Line("common", shares=8.0), Line("units", shares=2.0, cap=10.0)]
    most = 5 * math.exp(-0.12)
    assert backsolve(lines, "units", 2.0, 0.999 * most, 0.6, 3, 0.04) > 0.0
    for price in (most, 6.0):
        with pytest.raises(
            ValueError, match=r"^no equity value makes units worth .* a unit: it is always worth less than 4\.434"
        ):
            backsolve(lines, "units", 2.0, price, 0.6, 3, 0.04)


@pytest.mark.parametrize(
    ("name", "count", "price", "message"),
    [
        ("nobody", 1.0, 1.0, "no line is called nobody"),
        ("common", 0.0, 1.0, "backsolving needs a number of units above 0, and a price that isn't negative"),
        ("common", 1.0, -1.0, "backsolving needs a number of units above 0, and a price that isn't negative"),
    ],
)
def test_faults_of_backsolving_are_named(name: str, count: float, price: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        backsolve([Line("common", shares=1.0)], name, count, price, 0.5, 1, 0)
