"""The draws of a run are exact, even, independent of one another, and the same again tomorrow.

The seeds are fixed, so a statistical test either always passes or always fails. Its bound is stated in
standard deviations of what a perfect generator would give, over all that the test compares at once.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri  # type: ignore[import-untyped]
from scipy.stats import kstest, qmc  # type: ignore[import-untyped]

from prenup.engine import bridge, sobol
from prenup.engine.normal import inverse_normal
from prenup.engine.streams import Design, brownian, uniform, uniforms, view_uniform

DESIGN = Design(seed=7, randomisations=4, views=8, paths=64, sampler="sobol", shared=True)
SAMPLERS = ("sobol", "random")


def random_keys(count: int, seed: int = 1) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


def random_words(count: int, seed: int = 2) -> NDArray[np.uint32]:
    return np.random.default_rng(seed).integers(0, 2**32, count, dtype=np.uint32)


def correlations(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row with each other row."""
    return np.asarray(np.corrcoef(rows))[np.triu_indices(len(rows), 1)]


# ---- the inverse normal


def test_inverse_normal_agrees_with_scipy() -> None:
    rng = np.random.default_rng(0)
    u = np.concatenate(
        [
            rng.random(100_000),
            10.0 ** rng.uniform(-300, -1, 50_000),
            1 - 2.0 ** -rng.uniform(1, 53, 20_000),
            0.5 + 10.0 ** rng.uniform(-15, -3, 5_000),
            [5e-324, np.exp(-25.0), 0.075, 0.925],
        ]
    )
    expected = ndtri(u)
    assert np.max(np.abs(inverse_normal(u) - expected) / np.abs(expected)) < 2e-15


def test_inverse_normal_at_its_edges() -> None:
    z = inverse_normal(np.array([0.0, 1.0, 0.5, -0.1, 1.1, np.nan, np.inf]))
    assert z[:3].tolist() == [-np.inf, np.inf, 0.0]
    assert np.isnan(z[3:]).all()
    assert inverse_normal(np.array(0.5)).shape == ()
    assert inverse_normal(np.empty((0, 3))).shape == (0, 3)


def test_inverse_normal_of_a_piece_has_the_bits_of_the_whole() -> None:
    u = np.random.default_rng(3).random((7, 5_001))
    whole = inverse_normal(u)
    assert np.array_equal(inverse_normal(u[2:5, ::3]), whole[2:5, ::3])
    assert np.array_equal(np.concatenate([inverse_normal(u[:, k : k + 1]) for k in range(50)], 1), whole[:, :50])
    in_place = u.copy()
    assert inverse_normal(in_place, out=in_place) is in_place
    assert np.array_equal(in_place, whole)


@pytest.mark.parametrize("out", [np.empty((3, 2)), np.empty((2, 3), np.float32), np.empty((2, 6))[:, ::2]])
def test_inverse_normal_refuses_a_wrong_target(out: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        inverse_normal(np.full((2, 3), 0.3), out=out)


# ---- Sobol points


def test_plain_points_are_those_of_scipy() -> None:
    index = np.arange(4096, dtype=np.uint32)
    gray = index ^ (index >> np.uint32(1))  # scipy lists the points in the order of the Gray code
    expected = qmc.Sobol(d=32, scramble=False, bits=32).random(4096).T
    ours = np.stack([sobol.sobol_bits(gray, d) for d in range(32)])
    assert np.array_equal(ours / 2.0**32, expected)
    assert np.array_equal(sobol.sobol_bits(gray, np.arange(32)[:, None]), ours)


def test_a_point_depends_on_its_index_alone() -> None:
    index = random_words(1000)
    dimension = np.arange(32)[:, None]
    one_by_one = np.concatenate([sobol.sobol_bits(index[k : k + 1], dimension) for k in range(1000)], axis=1)
    assert np.array_equal(sobol.sobol_bits(index, dimension), one_by_one)
    expected = qmc.Sobol(d=3, scramble=False, bits=32).fast_forward(987_654).random(1)[0]
    gray = np.array([987_654 ^ 987_654 >> 1], dtype=np.uint32)
    assert [float(sobol.sobol_bits(gray, d)[0]) / 2.0**32 for d in range(3)] == expected.tolist()


def test_there_is_no_dimension_past_the_table() -> None:
    with pytest.raises(IndexError):
        sobol.sobol_bits(np.zeros(1, np.uint32), 32)


# ---- scrambling and shuffling


def test_scrambling_is_nested() -> None:
    """Two numbers part at the same bit before and after, whatever the key."""
    rng = np.random.default_rng(5)
    x = random_words(20_000)
    depth = rng.integers(0, 32, x.size).astype(np.uint32)
    bit = np.left_shift(np.uint32(1), depth, dtype=np.uint32)
    y = x ^ bit ^ (random_words(x.size, 6) & (bit - np.uint32(1)))
    key = random_keys(x.size)
    parted = sobol.scramble(x, key) ^ sobol.scramble(y, key)
    assert np.array_equal(np.floor(np.log2(parted)).astype(np.uint32), depth)


def test_scrambling_flips_are_fair_and_uncorrelated() -> None:
    """What decides the variance of scrambled points: the flips at any two nodes of the tree, over keys."""
    n_keys, levels = 1 << 15, 7
    key = random_keys(n_keys)[:, None]
    prefixes = np.arange(1 << levels, dtype=np.uint32) << np.uint32(32 - levels)
    flipped = sobol.scramble(prefixes, key) ^ prefixes
    signs = []
    for level in range(levels):
        nodes = flipped[:, :: 1 << (levels - level)]
        signs.append((nodes >> np.uint32(31 - level) & np.uint32(1)).astype(np.float32) * 2 - 1)
    tree = np.concatenate(signs, axis=1)
    assert tree.shape == (n_keys, 127)
    assert np.abs(tree.mean(0)).max() * n_keys**0.5 < 4.5
    pairs = (tree.T @ tree / n_keys)[np.triu_indices(127, 1)]
    assert np.abs(pairs).max() * n_keys**0.5 < 5.0
    assert np.sqrt((pairs**2).mean() * n_keys) == pytest.approx(1, abs=0.03)


def test_scrambling_hears_every_bit_above() -> None:
    """Turning any one bit turns each bit below it for half of the keys: 496 pairs of bits."""
    n_keys = 1 << 14
    key, x = random_keys(n_keys), random_words(1)
    plain = sobol.scramble(x, key)
    for upper in range(1, 32):
        turned = plain ^ sobol.scramble(x ^ np.uint32(1 << upper), key)
        shares = [float((turned >> np.uint32(lower) & np.uint32(1)).mean()) for lower in range(upper)]
        assert np.abs(np.array(shares) - 0.5).max() * 2 * n_keys**0.5 < 4.5


def test_shuffling_maps_aligned_blocks_onto_aligned_blocks() -> None:
    index = np.arange(1 << 12, dtype=np.uint32)
    for key in random_keys(8):
        places = sobol.shuffle(index, np.array([key]))
        for bits in range(13):
            blocks = places.reshape(-1, 1 << bits)
            assert len({int(first) for first in blocks[:, 0] >> np.uint32(bits)}) == len(blocks)
            assert (blocks >> np.uint32(bits) == blocks[:, :1] >> np.uint32(bits)).all()
            assert np.array_equal(
                np.sort(blocks & np.uint32((1 << bits) - 1), axis=1),
                np.broadcast_to(index[: 1 << bits], blocks.shape),
            )


def test_shuffled_scrambled_points_are_a_net() -> None:
    """Of the first two dimensions, 256 points fall one into each box of area 1/256, whatever its shape."""
    shuffled = sobol.shuffle(np.arange(256, dtype=np.uint32), random_keys(1))
    points = sobol.scramble(sobol.sobol_bits(shuffled, np.arange(2)[:, None]), random_keys(2)[:, None])
    for across in range(9):
        column = points[0].astype(np.uint64) >> np.uint64(32 - across)
        row = points[1].astype(np.uint64) >> np.uint64(24 + across)
        assert np.unique(column << np.uint64(8 - across) | row).size == 256


# ---- plain random numbers


def test_random_uniforms_are_uniform() -> None:
    u = sobol.random_uniforms(np.arange(1 << 12, dtype=np.uint64), random_keys(64)[:, None])
    assert u.min() > 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) * (12 * u.size) ** 0.5 < 4
    assert kstest(u.ravel(), "uniform").pvalue > 1e-3


def test_the_extreme_words_stay_inside_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sobol, "mix", lambda x: x)
    zero = np.zeros(1, np.uint64)
    assert sobol.random_uniforms(zero, zero)[0] == 2.0**-53
    assert sobol.random_uniforms(zero, ~zero)[0] == 1 - 2.0**-53


def test_neighbouring_keys_and_counters_are_uncorrelated() -> None:
    counter = np.arange(1 << 16, dtype=np.uint64)
    key = np.arange(20, dtype=np.uint64) + np.uint64(1 << 40)
    u = sobol.random_uniforms(counter, key[:, None]) - 0.5
    between_keys = correlations(u)
    between_counters = [float((row[:-1] * row[1:]).mean() * 12) for row in u]
    assert np.abs([*between_keys, *between_counters]).max() * counter.size**0.5 < 4.5


# ---- keys


def test_keys_differ_in_every_part() -> None:
    drawn = {
        int(key)
        for seed in (0, 1, -1)
        for kind, name in (("uniform", "growth"), ("brownian", "growth"), ("uniform", "margin"))
        for purpose in (sobol.SHUFFLE, sobol.SCRAMBLE, sobol.COUNT)
        for key in sobol.keys(sobol.stream_key(seed, kind, name), purpose, range(50), range(40)).ravel()
    }
    assert len(drawn) == 3 * 3 * 3 * 50 * 40


def test_a_key_depends_on_its_own_place_alone() -> None:
    stream = sobol.stream_key(1, "uniform", "growth")
    whole = sobol.keys(stream, sobol.COUNT, range(8), range(40))
    assert whole.shape == (40, 8)
    assert np.array_equal(sobol.keys(stream, sobol.COUNT, range(3, 5), range(32, 40)), whole[32:, 3:5])


# ---- the Brownian bridge


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12, 24, 37, 64, 120])
def test_the_bridge_is_orthogonal_and_starts_with_the_total(n: int) -> None:
    matrix = bridge.increments(np.eye(n))
    assert np.abs(matrix @ matrix.T - np.eye(n)).max() < 1e-12
    total = matrix.sum(0)
    assert total[0] == pytest.approx(n**0.5)
    assert np.abs(total[1:]).max(initial=0) < 1e-12


def test_the_bridge_of_three_months_by_hand() -> None:
    """The total is sqrt(3) a. Month 1 takes a third of it and sqrt(2/3) b. The others share the rest."""
    a, b, c = 0.3, -1.2, 2.0
    first = a / 3**0.5 + (2 / 3) ** 0.5 * b
    rest = 3**0.5 * a - first
    expected = [first, rest / 2 + c / 2**0.5, rest / 2 - c / 2**0.5]
    assert bridge.increments(np.array([a, b, c])) == pytest.approx(expected)


def test_the_bridge_splits_longest_stretches_first() -> None:
    lengths = [split.end - split.first for split in bridge.plan(64).splits]
    assert lengths == sorted(lengths, reverse=True)
    assert len(bridge.plan(120).splits) == 119


def test_the_first_32_of_120_values_settle_the_path() -> None:
    """Of the variance of the path, summed over its months, less than one part in a hundred is left over."""
    paths = np.cumsum(bridge.increments(np.eye(120)), axis=0)
    assert (paths[:, 32:] ** 2).sum() / (paths**2).sum() < 0.01


def test_a_path_has_a_month() -> None:
    with pytest.raises(ValueError, match="at least one month"):
        bridge.increments(np.empty((0, 4)))


# ---- streams


def draws(design: Design, name: str, block: range | None = None) -> dict[str, NDArray[np.float64]]:
    """Every kind of draw of one name, with the axis of randomisations first."""
    return {
        "uniform": uniform(design, name, block),
        "brownian": np.moveaxis(brownian(design, name, 40, block), 0, -1),
        "uniforms": np.moveaxis(uniforms(design, name, 40, block), 0, -1),
        "view_uniform": view_uniform(design, name, block),
    }


def with_sampler(sampler: str) -> Design:
    assert sampler in SAMPLERS
    return Design(7, 4, 8, 64, "sobol" if sampler == "sobol" else "random", shared=True)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_shapes(sampler: str) -> None:
    design = with_sampler(sampler)
    assert uniform(design, "a").shape == (4, 64)
    assert brownian(design, "a", 40).shape == (40, 4, 64)
    assert uniforms(design, "a", 40).shape == (40, 4, 64)
    assert view_uniform(design, "a").shape == (4, 8)
    assert brownian(design, "a", 1).shape == (1, 4, 64)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_block_of_randomisations_has_the_bits_of_the_whole(sampler: str) -> None:
    design = with_sampler(sampler)
    whole = draws(design, "growth")
    for block in (range(1), range(1, 3), range(3, 4), range(4)):
        for kind, part in draws(design, "growth", block).items():
            assert np.array_equal(part, whole[kind][block.start : block.stop]), kind


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_more_paths_months_views_or_randomisations_move_nobody(sampler: str) -> None:
    small = with_sampler(sampler)
    large = Design(7, 6, 16, 256, small.sampler, shared=True)
    assert np.array_equal(uniform(large, "a")[:4, :64], uniform(small, "a"))
    assert np.array_equal(view_uniform(large, "a")[:4, :8], view_uniform(small, "a"))
    assert np.array_equal(brownian(large, "a", 40)[:, :4, :64], brownian(small, "a", 40))
    assert np.array_equal(uniforms(large, "a", 120)[:40, :4, :64], uniforms(small, "a", 40))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_same_seed_same_bits_other_seed_or_name_other_bits(sampler: str) -> None:
    design = with_sampler(sampler)
    first = draws(design, "growth")
    draws(design, "margin")  # a stream drawn in between changes nothing
    again = draws(design, "growth")
    for other in (draws(Design(8, 4, 8, 64, design.sampler, shared=True), "growth"), draws(design, "growth ")):
        for kind in first:
            assert np.array_equal(first[kind], again[kind])
            assert not np.any(first[kind] == other[kind])


def test_the_bits_are_those_of_yesterday() -> None:
    """Recorded draws: a change of any constant or order of mixing would move every figure of every deal."""
    assert (uniform(DESIGN, "growth")[1, :3] * 2.0**33).astype(np.int64).tolist() == [
        1389812207,
        4645357747,
        3746947617,
    ]
    plain = uniform(with_sampler("random"), "growth")[1, :3]
    assert (plain * 2.0**53).astype(np.int64).tolist() == [
        7984425777195185,
        1175456346545381,
        3823026821491805,
    ]


@pytest.mark.parametrize("n_months", [24, 100])
def test_every_month_has_one_uniform_in_each_interval(n_months: int) -> None:
    cells = np.floor(uniforms(DESIGN, "jumps", n_months) * 64).astype(int)
    assert np.array_equal(np.sort(cells, axis=-1), np.broadcast_to(np.arange(64), cells.shape))


def test_single_uniforms_have_one_in_each_interval() -> None:
    for u, n in ((uniform(DESIGN, "agi"), 64), (view_uniform(DESIGN, "rate"), 8)):
        cells = np.sort(np.floor(u * n).astype(int), axis=-1)
        assert np.array_equal(cells, np.broadcast_to(np.arange(n), cells.shape))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_draws_have_their_laws(sampler: str) -> None:
    design = Design(11, 16, 4, 512, "sobol" if sampler == "sobol" else "random", shared=True)
    z = brownian(design, "growth", 40)
    assert all(kstest(z[month].ravel(), "norm").pvalue > 1e-4 for month in range(40))
    months = correlations(z.reshape(40, -1))
    assert np.abs(months).max() * (16 * 512) ** 0.5 < 4.5
    # One path at a time, over randomisations: here an even spread over paths can't hide a bias.
    alone = uniform(Design(11, 4096, 1, 2, design.sampler), "growth")
    assert kstest(alone[:, 0], "uniform").pvalue > 1e-3
    assert kstest(alone[:, 1], "uniform").pvalue > 1e-3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_names_kinds_and_randomisations_are_uncorrelated(sampler: str) -> None:
    design = Design(3, 12, 4, 1024, "sobol" if sampler == "sobol" else "random", shared=True)
    rows = [uniform(design, name) for name in ("a", "b", "growth", "growth_2")]
    rows += [uniforms(design, "a", 2)[0], uniforms(design, "a", 40)[33]]
    between = correlations(np.concatenate(rows))
    # Two shuffled even spreads of P points correlate with variance 1.58 / P, not 1 / P. So they do with flips
    # drawn from a full hash of every prefix, too.
    assert np.abs(between).max() * (1024 / 1.58) ** 0.5 < 5
    # And the randomisations of a stream estimate independently: their errors do not go the same way.
    errors = np.array([np.exp(uniforms(design, f"s{k}", 6)).prod(0).mean(1) for k in range(200)])
    assert np.abs(correlations(errors.T)).max() * 200**0.5 < 4.5


def rms_error(sampler: str, paths: int) -> float:
    """Of the mean of exp(path average), 24 months, whose exact value is known."""
    design = Design(5, 128, 1, paths, "sobol" if sampler == "sobol" else "random")
    average = np.cumsum(brownian(design, "growth", 24) * 0.2, axis=0).mean(0)
    variance = 0.2**2 * sum(((24 - month) / 24) ** 2 for month in range(24))
    errors = np.exp(average).mean(1) - np.exp(variance / 2)
    assert abs(errors.mean()) < 4 * errors.std() / 128**0.5  # unbiased
    return float(np.sqrt((errors**2).mean()))


def test_sobol_error_falls_faster_than_random() -> None:
    counts = np.array([32, 128, 512, 2048])
    slopes = {}
    for sampler in SAMPLERS:
        errors = np.array([rms_error(sampler, int(paths)) for paths in counts])
        slopes[sampler] = float(np.polyfit(np.log(counts), np.log(errors), 1)[0])
    assert slopes["random"] == pytest.approx(-0.5, abs=0.1)
    assert slopes["sobol"] < -0.75
    assert rms_error("sobol", 2048) < rms_error("random", 2048) / 10


def test_monthly_uniforms_take_most_of_the_error_out_of_a_count() -> None:
    """Jumps in one month of twenty, over 120 months: a sum over months, each of which is evenly spread."""
    spread = {}
    for sampler in SAMPLERS:
        design = Design(5, 64, 1, 256, "sobol" if sampler == "sobol" else "random")
        spread[sampler] = float((uniforms(design, "jumps", 120) < 0.05).sum(0).mean(1).std())
    assert spread["sobol"] < spread["random"] / 4


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"paths": 48}, "power of two"),
        ({"paths": 0}, "paths"),
        ({"views": 0}, "views"),
        ({"randomisations": 0}, "randomisations"),
        ({"sampler": "halton"}, "sampler"),
    ],
)
def test_a_design_that_cannot_be_drawn(change: dict[str, object], match: str) -> None:
    sound = {"seed": 1, "randomisations": 2, "views": 2, "paths": 16, "sampler": "sobol"}
    with pytest.raises(ValueError, match=match):
        Design(**(sound | change))  # type: ignore[arg-type]


def test_random_paths_need_no_power_of_two() -> None:
    assert uniform(Design(1, 2, 3, 48, "random"), "a").shape == (2, 144)
    assert view_uniform(Design(1, 2, 3, 64, "sobol", shared=True), "a").shape == (2, 3)


@pytest.mark.parametrize("shared", [True, False])
def test_every_view_has_its_futures_and_each_future_one_place(shared: bool) -> None:
    design = Design(1, 2, 8, 4, shared=shared)
    points = design.points_of(range(8), range(4))
    assert points.shape == (1 if shared else 8, 4)
    assert sorted(points.ravel()) == list(range(design.points))
    part = design.points_of(range(3, 5), range(1, 3))
    assert np.array_equal(part, points[:, 1:3] if shared else points[3:5, 1:3])


@pytest.mark.parametrize("block", [range(-1, 2), range(3, 5), range(4, 5)])
def test_a_block_past_the_design_is_refused(block: range) -> None:
    with pytest.raises(ValueError, match="not within"):
        uniform(DESIGN, "a", block)


def test_sampling_needs_numpy_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import prenup.engine.streams; "
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy", "prenup"]
