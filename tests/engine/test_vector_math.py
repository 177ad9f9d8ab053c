"""The polynomials of the native engine against exact arithmetic, over their range and at its edges, one lane and many."""

from __future__ import annotations

import ctypes
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ndtri

from prenup.engine.native.compile import symbols, vectors
from prenup.engine.native.normal_numbers import ppf_function
from prenup.engine.native.table_math import exp_function, log_function
from prenup.engine.native.vector_math import Shape, declarations, power_function

SHAPES = {"one": Shape(1), "many": Shape(vectors().lanes), "ours": vectors()}
"""One number; vectors of polynomials alone; those of this machine, with tables where it has them."""
APPLY = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)


def apply(name: str, shape: Shape, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """A function of the engine on an array, group by group."""
    t = shape.double
    two = name == "pow"
    arguments = f"{t} %a, {t} %b" if two else f"{t} %a"

    loop = "\n".join([
        "define void @apply(ptr %x, ptr %y, ptr %out, i64 %n) {", "entry:", "  br label %loop",
        "loop:", "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        "  %px = getelementptr double, ptr %x, i64 %i", f"  %a = load {t}, ptr %px, align 8",
        "  %py = getelementptr double, ptr %y, i64 %i", f"  %b = load {t}, ptr %py, align 8",
        f"  %r = call {t} @prenup.{name}.{shape.suffix}({arguments})",
        "  %po = getelementptr double, ptr %out, i64 %i", f"  store {t} %r, ptr %po, align 8",
        f"  %next = add i64 %i, {shape.lanes}", "  %more = icmp ult i64 %next, %n", "  br i1 %more, label %loop, label %end",
        "end:", "  ret void", "}",
    ])  # fmt: skip
    parts = [
        declarations(shape),
        exp_function(shape),
        log_function(shape),
        power_function(shape),
        ppf_function(shape),
        loop,
    ]
    code = APPLY(symbols("\n\n".join(parts), ("apply",))["apply"])
    room = -(-len(x) // shape.lanes) * shape.lanes
    a, b, out = (np.zeros(room) for _ in range(3))
    a[: len(x)] = x
    b[: len(x)] = x if y is None else y
    code(a.ctypes.data, b.ctypes.data, out.ctypes.data, room)
    return out[: len(x)]


def ulps(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """The distance in units of the last place of a result known to more than double precision."""
    with np.errstate(all="ignore"):
        nearest = exact.astype(np.float64)
        return np.abs((found.astype(np.longdouble) - exact) / np.spacing(np.abs(nearest)).astype(np.longdouble)).astype(float)


def spread(low: float, high: float, n: int = 200_000) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, n)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_exp_is_within_two_units_in_the_last_place(shape: Shape) -> None:
    x = np.concatenate([spread(-708, 709.7), spread(-1, 1), spread(-1e-8, 1e-8, 1000)])
    assert ulps(apply("exp", shape, x), np.exp(x.astype(np.longdouble))).max() <= 2.0


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_exp_at_its_edges(shape: Shape) -> None:
    x = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 709.8, 710.0, 1e308, -745.0, -746.0, -1e308, -708.5, -720.0])
    with np.errstate(all="ignore"):
        expected = np.exp(x)
    found = apply("exp", shape, x)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    tiny = np.isfinite(expected) & (expected < 2.3e-308)
    assert np.allclose(found[tiny], expected[tiny], rtol=0, atol=1e-323)
    rest = ~tiny & ~np.isnan(expected)
    assert np.array_equal(np.isinf(found[rest]), np.isinf(expected[rest]))
    finite = rest & np.isfinite(expected)
    assert np.allclose(found[finite], expected[finite], rtol=5e-16)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_log_is_within_two_units_in_the_last_place(shape: Shape) -> None:
    x = np.concatenate([np.exp(spread(-700, 700)), spread(0.5, 2.0), 1 + spread(-1e-6, 1e-6, 2000), spread(1e-320, 1e-308, 2000)])
    found, exact = apply("log", shape, x), np.log(x.astype(np.longdouble))
    assert ulps(found, exact).max() <= 2.0


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_log_at_its_edges(shape: Shape) -> None:
    x = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, -1.0, 5e-324, 1.7976931348623157e308])
    with np.errstate(all="ignore"):
        expected = np.log(x)
    assert np.allclose(apply("log", shape, x), expected, rtol=5e-16, equal_nan=True)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_powers_of_what_deals_raise(shape: Shape) -> None:
    rng = np.random.default_rng(2)
    x, y = np.exp(rng.uniform(-10, 10, 100_000)), rng.uniform(-3, 3, 100_000)
    exact = x.astype(np.longdouble) ** y.astype(np.longdouble)
    assert np.max(np.abs(apply("pow", shape, x, y) / exact.astype(float) - 1)) < 1e-13


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_powers_at_their_edges_are_those_of_numpy(shape: Shape) -> None:
    edges = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, np.inf, -np.inf, np.nan]
    x, y = (np.array(v).ravel() for v in np.meshgrid(edges, [0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -0.5, -3.0, np.inf, -np.inf, np.nan]))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    assert np.allclose(apply("pow", shape, x, y), expected, rtol=1e-14, equal_nan=True)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_inverse_normal_to_fourteen_digits(shape: Shape) -> None:
    tails = 10.0 ** -np.linspace(0.4, 300, 20_000)
    u = np.concatenate([spread(1e-12, 1 - 1e-12), tails, 1 - 10.0 ** -np.linspace(1, 15, 5_000)])
    found, expected = apply("ppf", shape, u), ndtri(u)
    away = np.abs(expected) > 1e-3
    assert np.max(np.abs(found[away] / expected[away] - 1)) < 1e-14
    assert np.max(np.abs(found[~away] - expected[~away])) < 1e-16
    assert list(apply("ppf", shape, np.array([0.0, 1.0, 0.5]))) == [-np.inf, np.inf, 0.0]


def test_one_lane_and_many_give_the_same_bits() -> None:
    x = np.concatenate([spread(-50, 50, 10_000), [0.0, 1.0, np.inf]])
    for name, values in (("exp", x), ("log", np.abs(x)), ("ppf", np.linspace(0.001, 0.999, 10_001))):
        assert np.array_equal(apply(name, SHAPES["one"], values), apply(name, SHAPES["many"], values), equal_nan=True)


def test_the_distance_used_here_is_right() -> None:
    third = np.array([1 / 3])
    exact = np.array([np.longdouble(1) / 3])
    assert float(Fraction(1, 3) - Fraction(1 / 3)) != 0.0
    assert 0.0 < ulps(third, exact)[0] < 0.5
    assert ulps(np.nextafter(third, 1), exact)[0] > 0.5
