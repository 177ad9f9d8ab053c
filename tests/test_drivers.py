"""What chance does: means, spreads and probabilities of every random driver and event against closed forms.

Each figure is estimated in 32 independent randomisations; it has to lie within four of its standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prenup.base.problems import Log, Text
from prenup.deal.from_tree import from_tree
from prenup.deal.read_yaml import read_yaml
from prenup.deal.write_sheet import write_sheet
from prenup.drivers._correlation import check_matrix, correlated
from prenup.engine.reference import Block, prepare
from prenup.engine.streams import Design
from prenup.sheet.expr import Const, Op, Shock, walk
from prenup.sheet.order import pruned
from prenup.sheet.sheet import Sheet

Array = NDArray[np.float64]

HEAD = """
deal: test
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 25}
parties: {a: {discount: 0%}}
"""


def sheet_of(body: str) -> tuple[Sheet | None, Log]:
    """The sheet of a deal with these sections, and the problems met."""
    log = Log()
    tree = read_yaml(Text("test.yaml", HEAD + body), log)
    deal = from_tree(tree, "test", log) if tree else None
    return (write_sheet(deal, log) if deal else None), log


def paths_of(body: str, *rows: str, seed: int = 3) -> dict[str, Array]:
    """Rows of a deal: (month, randomisation, path)."""
    sheet, log = sheet_of(body)
    assert sheet is not None, "\n".join(map(str, log))
    filled = prepare(pruned(sheet, rows), (), tuple(rows)).fill(
        Design(seed, 32, 1, 1024), Block(range(32), range(1), range(1024))
    )
    assert filled.sound.all()
    return {row: values[:, :, 0, :] for row, values in filled.series.items()}


def agrees(samples: Array, expected: float) -> None:
    """Samples have the axes randomisation, path; their mean lies within four standard errors of what is expected."""
    figures = samples.mean(axis=1)
    error = figures.std(ddof=1) / math.sqrt(len(figures))
    assert error < 0.05 * max(abs(expected), 0.02), f"a standard error of {error} says nothing about {expected}"
    assert abs(figures.mean() - expected) <= 4 * error + 1e-12, f"{figures.mean()} +- {error}, not {expected}"


def test_gbm_is_lognormal() -> None:
    body = "drivers: {x: {kind: gbm, start: 100, drift: 8%, volatility: 40%}}"
    x = paths_of(body, "x")["x"]
    assert (x[0] == 100).all()
    for month in (1, 12, 24):
        years = month / 12
        agrees(x[month], 100 * math.exp(0.08 * years))
        agrees((x[month] / 100) ** 2, math.exp((0.16 + 0.16) * years))
        median = math.log(100) + (0.08 - 0.08) * years
        agrees((np.log(x[month]) - median) ** 2, 0.16 * years)


def test_growth_has_the_mean_that_it_has_without_chance() -> None:
    body = "drivers: {x: {kind: growth, start: 100, growth: 100%, long_run: 10%, half_life: 9 months, volatility: 30%}}"
    x = paths_of(body, "x")["x"]
    level = 100.0
    for month in range(1, 25):
        level *= (1 + 0.1 + 0.9 * 0.5 ** (month / 9)) ** (1 / 12)
    agrees(x[24], level)
    agrees((x[24] / level) ** 2, math.exp(0.09 * 2))


@pytest.mark.parametrize("scale", ["plain", "log"])
def test_mean_reversion_has_the_moments_of_an_ornstein_uhlenbeck_process(scale: str) -> None:
    fields = f"start: 3, level: 2, half_life: 8 months, volatility: 0.5, scale: {scale}"
    body = f"drivers: {{x: {{kind: mean_reversion, {fields}}}}}"
    found = paths_of(body, "x", "x.deviation")
    x, deviation = found["x"], found["x.deviation"]
    rate = math.log(2) / (8 / 12)

    def variance(month: int) -> float:
        return 0.25 * (1 - math.exp(-2 * rate * month / 12)) / (2 * rate)

    for month in (1, 8, 24):
        left = 0.5 ** (month / 8)
        agrees(x[month], 2 + left if scale == "plain" else 2 * 1.5**left)
        agrees(deviation[month] ** 2, variance(month))
    agrees(deviation[8] * deviation[16], 0.5 * variance(8))
    if scale == "log":
        agrees(x[24] ** 2, (2 * 1.5**0.125) ** 2 * math.exp(variance(24)))


def test_jumps_have_the_mean_of_their_drift_and_the_spread_of_both_kinds_of_chance() -> None:
    fields = "start: 100, drift: 8%, volatility: 20%, rate: 1.5/yr, size: -30%, size_spread: 15%"
    body = f"drivers: {{x: {{kind: jumps, {fields}}}}}"
    found = paths_of(body, "x", "x.jump")
    x = found["x"]
    p, m, s = 1 - math.exp(-1.5 / 12), math.log(0.7), 0.15
    agrees(found["x.jump"][1:].sum(axis=0), 24 * p)
    agrees(x[24], 100 * math.exp(0.16))
    made_up = math.log(1 + p * (0.7 * math.exp(s * s / 2) - 1))
    gain = 24 * (0.08 / 12 - 0.04 / 24 + p * m - made_up)
    agrees(np.log(x[24] / 100), gain)
    agrees((np.log(x[24] / 100) - gain) ** 2, 24 * (0.04 / 12 + p * (m * m + s * s) - (p * m) ** 2))


def test_regime_spends_its_time_as_its_chain_says() -> None:
    body = """
drivers:
  x:
    kind: regime
    start: 100
    states:
      boom: {growth: 60%, volatility: 10%, leaves: 1/yr, to: {bust: 30%, slack: 70%}}
      slack: {growth: 5%, leaves: 2/yr}
      bust: {growth: -30%, volatility: 40%, leaves: 3/yr, to: {boom: 100%}}
"""
    found = paths_of(body, "x", "x.boom", "x.slack", "x.bust")
    leaving = 1 - np.exp(-np.array([1, 2, 3]) / 12)
    to = np.array([[0, 0.7, 0.3], [0.5, 0, 0.5], [1, 0, 0]])
    chain = np.diag(1 - leaving) + leaving[:, None] * to
    step = np.array([1.6, 1.05, 0.7]) ** (1 / 12)
    share, level = np.array([1.0, 0, 0]), np.array([100.0, 0, 0])
    for month in range(25):
        if month:
            share, level = share @ chain, level @ chain * step
        if month in (1, 12, 24):
            for number, name in enumerate(("boom", "slack", "bust")):
                agrees(found[f"x.{name}"][month], share[number])
            agrees(found["x"][month], level.sum())


def test_hazard_survives_exponentially() -> None:
    happened = paths_of("events: {x: {kind: hazard, rate: 40%/yr}}", "x")["x"]
    for month in (0, 5, 11, 24):
        agrees(1 - happened[month], math.exp(-0.4 * (month + 1) / 12))


def test_hazard_that_depends_on_a_random_driver_is_a_cox_process() -> None:
    body = """
drivers: {x: {kind: regime, states: {calm: {value: 20%, leaves: 2/yr}, unrest: {value: 150%, leaves: 4/yr}}}}
events: {y: {kind: hazard, rate: x}}
"""
    found = paths_of(body, "x", "y")
    survival = np.exp(-np.cumsum(found["x"], axis=0) / 12)
    for month in (5, 24):
        agrees(1 - found["y"][month] - survival[month] + survival[month].mean(), survival[month].mean())


def test_window_comes_with_its_probability_and_on_any_day_alike() -> None:
    body = "events: {x: {kind: window, from: 2025-03-31, to: 2026-03-31, probability: 70%}}"
    found = paths_of(body, "x", "x.now")
    assert found["x"][1].max() == 0
    agrees(found["x"][5], 0.7 * 91 / 365)
    agrees(found["x"][24], 0.7)
    agrees(found["x.now"].sum(axis=0), 0.7)


THREE = """
drivers:
  first: {kind: growth, start: 1, growth: 0%, volatility: 30%}
  second: {kind: gbm, start: 1, volatility: 50%}
  third: {kind: mean_reversion, start: 1, level: 1, half_life: 1 year, volatility: 20%}
"""


def draws(found: Mapping[str, Array]) -> dict[str, Array]:
    """The standard normal draws behind the three drivers: (month, randomisation, path)."""
    kept = 0.5 ** (1 / 12)
    spread = 0.2 * math.sqrt((1 - kept**2) / (2 * math.log(2)))
    third = found["third.deviation"]
    return {
        "first": (np.diff(np.log(found["first"]), axis=0) + 0.09 / 24) * math.sqrt(12) / 0.3,
        "second": (np.diff(np.log(found["second"]), axis=0) + 0.25 / 24) * math.sqrt(12) / 0.5,
        "third": (third[1:] - kept * third[:-1]) / spread,
    }


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]],
        [[1, 1, -1], [1, 1, -1], [-1, -1, 1]],
        [[1, 0.6, 0.8], [0.6, 1, 0], [0.8, 0, 1]],
    ],
    ids=["ordinary", "all one", "singular"],
)
def test_drivers_correlate_as_stated(matrix: list[list[float]]) -> None:
    stated = f"correlations: {{between: [first, second, third], matrix: {matrix}}}\n"
    rows = ("first", "second", "third.deviation")
    z = draws(paths_of(THREE + stated, *rows))
    alone = draws(paths_of(THREE, *rows))
    np.testing.assert_array_equal(z["first"], alone["first"])
    for i, one in enumerate(z):
        for j, other in enumerate(z):
            product = z[one] * z[other]
            if abs(matrix[i][j]) == 1:
                np.testing.assert_allclose(z[one], matrix[i][j] * z[other], atol=1e-7)
            agrees(product.mean(axis=0), matrix[i][j])


def test_a_driver_added_at_the_end_moves_nobody() -> None:
    two = "correlations: {between: [first, second], matrix: [[1, 0.6], [0.6, 1]]}\n"
    three = "correlations: {between: [first, second, third], matrix: [[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]]}\n"
    a, b = (paths_of(THREE + stated, "first", "second") for stated in (two, three))
    for name, values in a.items():
        np.testing.assert_array_equal(values, b[name])


def test_the_first_stream_keeps_its_own_draw() -> None:
    mixed = correlated(["x", "y"], ((1.0, 0.5), (0.5, 1.0)))
    assert mixed["x"] == Shock("x", "brownian")
    assert {node.stream for node in walk(mixed["y"]) if isinstance(node, Shock)} == {"x", "y"}
    assert correlated([], ()) == {}


@pytest.mark.parametrize(
    ("names", "matrix", "fault"),
    [
        ("xy", ((1, 0.5),), "the matrix is not square: its 1 rows have 2 entries"),
        ("xy", ((1, 0.5), (0.5,)), "the matrix is not square: its 2 rows have 2, 1 entries"),
        ("xyz", ((1, 0.5), (0.5, 1)), "the matrix has 2 rows, but 3 drivers are named"),
        ("xy", ((1, 0.5), (0.4, 1)), "the matrix is not symmetric: x and y have 0.5 and 0.4"),
        ("xy", ((1, 0.5), (0.5, 0.9)), "y correlates with itself at 0.9, not 1"),
        ("xy", ((1, 1.2), (1.2, 1)), "x and y correlate at 1.2, which is not from -1 to 1"),
        ("xy", ((1, math.nan), (math.nan, 1)), "x and y correlate at nan, which is not from -1 to 1"),
        ("xx", ((1, 0.5), (0.5, 1)), "x stands more than once"),
        (
            "xyz",
            ((1, 0.9, -0.9), (0.9, 1, 0.9), (-0.9, 0.9, 1)),
            "no drivers can correlate like this: the matrix is not positive semi-definite, its smallest eigenvalue is -0.8",
        ),
    ],
)
def test_a_matrix_that_is_none_is_explained(names: str, matrix: tuple[tuple[float, ...], ...], fault: str) -> None:
    assert fault in check_matrix(list(names), matrix)


def test_a_matrix_on_the_edge_is_sound() -> None:
    assert check_matrix([], ()) == []
    assert check_matrix(["x"], ((1.0,),)) == []
    assert check_matrix(list("xyz"), ((1, 1, -1), (1, 1, -1), (-1, -1, 1))) == []
    names = [f"x{i}" for i in range(20)]
    for common, sound in ((0.3, True), (-1 / 19, True), (-0.06, False)):
        matrix = np.full((20, 20), common) + (1 - common) * np.eye(20)
        assert (check_matrix(names, matrix.tolist()) == []) is sound


entry = st.floats(-1, 1).map(lambda x: round(x, 2))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(entry, min_size=n, max_size=n), min_size=n, max_size=n)))
def test_matrices_are_judged_as_numpy_judges_them_and_mixed_as_they_say(rows: list[list[float]]) -> None:
    lower = np.tril(np.array(rows), -1)
    matrix = lower + lower.T + np.eye(len(rows))
    names = [f"x{i}" for i in range(len(rows))]
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    faults = check_matrix(names, matrix.tolist())
    if abs(smallest) > 1e-7:
        assert bool(faults) == (smallest < 0)
    if faults:
        assert faults[0].endswith(f"its smallest eigenvalue is {smallest:.3g}")
        return
    mixed = correlated(names, matrix.tolist())
    weights = np.zeros_like(matrix)
    for i, name in enumerate(names):
        for node in walk(mixed[name]):
            if isinstance(node, Shock) and node == mixed[name]:
                weights[i, names.index(node.stream)] = 1.0
            if isinstance(node, Op) and node.fn == "mul":
                weight, shock = node.args
                assert isinstance(weight, Const)
                assert isinstance(shock, Shock)
                weights[i, names.index(shock.stream)] = weight.value
            elif isinstance(node, Op):
                for part in node.args:
                    if isinstance(part, Shock):
                        weights[i, names.index(part.stream)] = 1.0
    np.testing.assert_allclose(weights @ weights.T, matrix, atol=1e-4)


def regime(text: str) -> str:
    return f"drivers: {{x: {{kind: regime, {text}}}}}"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (regime("states: {up: {value: 1}, down: {growth: 5%}}"), "D261", "do not all say the same kind of thing"),
        (regime("states: {up: {value: 1, volatility: 5%}, down: {value: 2}}"), "D261", "do not all say the same"),
        (regime("states: {up: {leaves: 1/yr}}"), "D261", "do not all say the same kind of thing"),
        (regime("states: {up: {growth: 1%}, down: {growth: 5%}}"), "D261", "x has no start"),
        (regime("start: 3, states: {up: {value: 1}, down: {value: 2}}"), "D261", "x has a start, but"),
        (regime("states: {up: {value: 1, to: {up: 100%}}, down: {value: 2}}"), "D261", "up of x is left for itself"),
        (regime("states: {up: {value: 1, to: {dwn: 100%}}, down: {value: 2}}"), "D301", "no state of x is called dwn"),
        (regime("first: upp, states: {up: {value: 1}, down: {value: 2}}"), "D301", "no state of x is called upp"),
        ("drivers: {x: {kind: schedule, points: {2025: 1, 2026: 0}, between: growth}}", "D262", "x is not above zero"),
        (
            "drivers: {x: {kind: mean_reversion, start: 1, level: 0, half_life: 1 year, volatility: 10%}}",
            "D262",
            "the level of x is not above zero",
        ),
        ("events: {x: {kind: window, from: 2026-01-01, to: 2025-01-01}}", "D263", "x closes before it opens"),
        ("events: {x: {kind: scheduled, date: 3 * 5}}", "D211", "x.day is a plain number, but a date is expected"),
    ],
)
def test_what_makes_no_process_is_a_problem(body: str, code: str, message: str) -> None:
    sheet, log = sheet_of(body)
    assert sheet is None
    assert [(p.code, message in p.message) for p in log.errors] == [(code, True)]
    assert all(p.where and p.why and p.fix for p in log.errors)


def test_a_decision_says_whose_it_is() -> None:
    sheet, _ = sheet_of("events: {x: {kind: condition, title: exit, when: month > 3, by: the investor}}")
    assert sheet is not None
    assert sheet.events["x"].note == "exit, decided by the investor"
