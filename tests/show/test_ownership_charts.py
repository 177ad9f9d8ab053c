"""Football fields and curves: every value where it belongs, no words over others, nothing that depends on seeing colours."""

from __future__ import annotations

import html
import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prenup.questions._answer import UNITS, Column, Field, Lines, in_words
from prenup.show.cli.tables import cell_text
from prenup.show.report.drawing import WIDE, WIDTH, apart, breadth, folded, in_lanes, in_rows, ticks, trimmed
from prenup.show.report.field import field
from prenup.show.report.grids import shown
from prenup.show.report.lines import MOST, PALETTE, grouped, lines
from tests.show.samples import CURVES, FIELD, NAN

TEXT = re.compile(
    r'<text style="(?P<style>[^"]*)"(?: x="(?P<x>[\d.-]+)" y="(?P<y>[\d.-]+)")?'
    r'[^>]*transform="(?:translate\((?P<tx>[\d.-]+) (?P<ty>[\d.-]+)\)|rotate\([^)]*\))[^"]*"[^>]*>(?P<text>[^<]*)</text>'
)


def texts(svg: str) -> dict[str, tuple[float, float]]:
    """The words of a drawing, each with its place; of words that stand there twice the first place."""
    found: dict[str, tuple[float, float]] = {}
    for match in TEXT.finditer(svg):
        place = (float(match["x"] or match["tx"]), float(match["y"] or match["ty"]))
        found.setdefault(html.unescape(match["text"]), place)
    assert len(re.findall("<text", svg)) == len(TEXT.findall(svg))
    return found


# --- Figures in the words of their unit -----------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("number", 11764705.882352942, "11,764,705.88"),
        ("number", 8e6, "8,000,000"),
        ("number", 11764705.9999999, "11,764,706"),
        ("number", 999.9999999, "1,000"),
        ("number", 12.5, "12.5"),
        ("number", -0.0, "0"),
        ("number", 1e21, "1e+21"),
        ("percent", 0.0328, "3.3%"),
        ("share", 0.0328, "3.28%"),
        ("share", 1.0, "100.00%"),
        ("share", 0.99999, ">99.99%"),
        ("share", 1e-7, "<0.01%"),
        ("share", -0.0, "0.00%"),
        ("share", -0.5, "-50.00%"),
        ("price", 1.1144, "$1.1144"),
        ("price", 1.5, "$1.50"),
        ("price", 1.99999, "$2.00"),
        ("price", 1e-6, "<$0.0001"),
        ("price", -0.0, "$0.00"),
        ("price", 2e7, "$20.0m"),
        ("amount", 1234.5, "$1,234.50"),
        ("amount", 9_999_999.99, "$9,999,999.99"),
        ("amount", 999_999_999.996, "$1.00bn"),
        ("amount", -0.001, "$0.00"),
        ("amount", -12.0, "-$12.00"),
        ("money", 1.234e9, "$1.23bn"),
        ("gain", 1.234e9, "+$1.23bn"),
        ("gain", -0.001, "$0"),
        *((unit, NAN, "n/a") for unit in sorted(UNITS - {"text"})),
    ],
)
def test_a_figure_in_the_words_of_its_unit_is_the_same_in_terminal_and_page(unit: str, value: float, words: str) -> None:
    assert in_words(value, unit, "USD") == words
    assert cell_text(value, Column("x", unit), "USD") == words
    plain = shown(value, unit, "USD").text.strip("()").replace("−", "-")
    assert plain == (words.removeprefix("-").removeprefix("+") if "$" in words else words)


def test_yen_have_no_cents_and_other_currencies_their_code() -> None:
    assert in_words(1234.0, "amount", "JPY") == "¥1,234"
    assert in_words(-1.25, "price", "CHF") == "-CHF 1.25"


@given(st.floats(-1e30, 1e30), st.sampled_from(sorted(UNITS - {"text"})))
def test_no_figure_that_reads_as_nothing_has_a_minus(value: float, unit: str) -> None:
    words = in_words(value, unit, "USD")
    assert not (words.startswith("-") and "<" not in words and not re.search(r"[1-9]", words)), words


# --- Where words go -------------------------------------------------------------------------------

PLACES = st.lists(st.tuples(st.floats(0, 700), st.floats(5, 150)), min_size=1, max_size=9)


@given(PLACES)
def test_names_of_marks_never_touch_and_stay_inside(marks: list[tuple[float, float]]) -> None:
    at, widths = [x for x, _ in marks], [w for _, w in marks]
    spots = in_lanes(at, widths, 0.0, 720.0)
    for (i, (a, lane)), (j, (b, other)) in itertools.combinations(enumerate(spots), 2):
        assert lane != other or a + widths[i] <= b or b + widths[j] <= a
    for x, w, (begin, _) in zip(at, widths, spots, strict=True):
        assert begin >= 0.0
        assert begin + w <= 720.0 + 1e-9
        assert begin - 3.001 <= x <= begin + w + 3.001  # next to its line


@given(st.lists(st.floats(0, 500), min_size=2, max_size=8))
def test_no_line_runs_through_the_name_of_another_where_there_is_room(at: list[float]) -> None:
    spots = in_lanes(at, [60.0] * len(at), 0.0, 720.0)
    for i, (begin, lane) in enumerate(spots):
        crossing = [j for j, x in enumerate(at) if j != i and begin + 1e-6 < x < begin + 60 and spots[j][1] > lane]
        assert not crossing


@given(st.lists(st.floats(-50, 300), min_size=1, max_size=12))
def test_names_of_curves_keep_their_order_and_their_distance(at: list[float]) -> None:
    places = apart(at, 12.0, 0.0, 250.0)
    ordered = [place for _, place in sorted(zip(at, places, strict=True), key=lambda pair: pair[0])]
    assert all(b - a >= 12.0 - 1e-6 for a, b in itertools.pairwise(sorted(ordered)))
    assert min(places) >= -1e-6
    assert max(places) <= 250.0 + 1e-6
    assert apart([10.0, 100.0], 12.0, 0.0, 250.0) == [10.0, 100.0]


def test_lines_of_words_fit_and_lose_nothing() -> None:
    text = f"one {'x' * 90} two three"
    folds = folded(text, 10.0, 120.0)
    assert all(breadth(line, 10.0) <= 120.0 for line in folds)
    assert "".join(folds).replace(" ", "") == text.replace(" ", "")
    assert trimmed("short", 10.0, 120.0) == "short"
    assert trimmed("a name that does not fit one line", 10.0, 120.0).endswith("…")
    assert in_rows([50.0, 50.0, 50.0], 120.0) == [(0.0, 0), (62.0, 0), (0.0, 1)]
    assert breadth("電話", 10.0) == 20.0


def test_scales_hold_all_values_and_have_no_minus_before_nothing() -> None:
    places, words = ticks(-0.3, 0.3, "percent", "USD", 5)
    assert places[0] <= -0.3
    assert places[-1] >= 0.3
    assert "0%" in words
    assert not {"-0%", "−0%"} & set(words)
    assert ticks(0.0, 2e9, "money", "USD", 4)[1] == ["$0", "$0.5bn", "$1bn", "$1.5bn", "$2bn"]
    assert ticks(0.0, 2e6, "number", "USD", 4)[1][-1] == "2m"
    assert len(ticks(5.0, 5.0, "number", "USD", 4)[0]) > 1


# --- Football fields ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [WIDE, WIDTH])
def test_a_football_field_has_every_value_where_it_belongs(width: int) -> None:
    drawing = field(FIELD, "USD", "#123456")
    found = texts(drawing.svg if width == WIDE else drawing.narrow)
    assert re.search(rf'viewBox="0 0 {width} ', drawing.svg if width == WIDE else drawing.narrow)

    middles = {text: x for text, (x, y) in found.items() if text in ("47%", "44%", "43%", "36%", "33%")}
    per_point = (middles["47%"] - middles["33%"]) / 14
    assert per_point > 3
    for text, x in middles.items():
        assert x == pytest.approx(middles["33%"] + per_point * (int(text[:-1]) - 33), abs=0.2)
    for low, high in ((24, 31), (38, 55), (35, 52)):
        gap = found[f"{high}%"][0] - found[f"{low}%"][0]
        assert gap == pytest.approx(per_point * (high - low) + 8, abs=0.5)
        assert found[f"{high}%"][1] == pytest.approx(found[f"{low}%"][1])
    downs = [y for text, (_, y) in found.items() if any(label.startswith(text) for label in FIELD.labels)]
    assert downs == sorted(downs)
    assert len(downs) >= len(FIELD.labels)
    assert {"no figure", "last round 27%", "Three outcomes, weighed by hand."} <= set(found)
    assert found["last round 27%"][1] != found["offer 30%"][1]


def test_a_football_field_is_told_in_words() -> None:
    words = field(FIELD, "USD", "#123456").words
    assert words.startswith("The fund's stake, by seven methods. As invested: 24% to 31%, middle 27%; ")
    assert "A court: no figure." in words
    assert words.endswith("Held against last round at 27% and offer at 30%.")


def one(low: float, middle: float, high: float, unit: str = "money") -> Field:
    return Field("A field", unit, ("a", "b"), (low, 1e9), (middle, 2e9), (high, 3e9))


def test_a_method_of_one_value_is_a_dot_with_its_value_once() -> None:
    found = texts(field(one(2.5e9, 2.5e9, 2.5e9), "USD", "#123456").svg)
    assert "$2.50bn" in found
    svg = field(one(2.5e9, 2.5e9, 2.5e9), "USD", "#123456").svg
    assert svg.count(">$2.50bn<") == 1
    assert field(one(2.5e9, 2.5e9, 2.5e9), "USD", "#123456").words.startswith("A field. a: $2.50bn; b: $1.00bn to")
    assert "$1.00m to $2.00m" in texts(field(one(1e6, 1.5e6, 2e6), "USD", "#123456").svg)


def test_a_method_without_ends_shows_its_middle_and_ends_may_come_in_any_order() -> None:
    assert "$2.50bn" in texts(field(one(NAN, 2.5e9, math.inf), "USD", "#123456").svg)
    swapped = texts(field(one(2.9e9, 2e9, 1.1e9), "USD", "#123456").svg)
    assert swapped["$1.10bn"][0] < swapped["$2.90bn"][0]
    no_middle = field(one(1.1e9, NAN, 2.9e9), "USD", "#123456")
    assert "a: $1.10bn to $2.90bn;" in no_middle.words
    assert "n/a" not in no_middle.svg


def test_values_below_zero_have_a_true_minus_and_nothing_has_none() -> None:
    chart = Field("A field", "percent", ("a", "b"), (-0.25, -0.0), (-0.1, 1e-17 - 1e-17), (-0.05, 0.12))
    found = texts(field(chart, "USD", "#123456").svg)
    assert {"−25%", "−10%", "−5.0%", "0%", "12%"} <= set(found)
    assert not {"-0%", "−0%", "-25%"} & set(found)


def test_a_football_field_without_a_figure_says_so() -> None:
    nothing = replace(FIELD, low=(NAN,) * 7, middle=(NAN,) * 7, high=(NAN,) * 7)
    drawing = field(nothing, "USD", "#123456")
    assert (drawing.svg, drawing.narrow) == ("", "")
    assert drawing.words == "The fund's stake, by seven methods: no method came to a figure."


def test_odd_names_stay_text_and_fit_the_drawing() -> None:
    label = "<b>$a$ & " + "long " * 30
    chart = Field("A field", "percent", (label,), (0.1,), (0.2,), (0.3,), (label,), ((label[:60], 0.9),))
    drawing = field(chart, "USD", "#123456")
    for svg, width in ((drawing.svg, WIDE), (drawing.narrow, WIDTH)):
        assert "<b>" not in svg
        found = texts(svg)
        assert any(text.startswith("<b>$a$ & long") for text in found)
        assert all(breadth(text, 9.6) <= width for text in found)


# --- Curves ---------------------------------------------------------------------------------------


def many(n: int, **changes: object) -> Lines:
    ends = tuple((0.0, 0.01 * (i + 1)) for i in range(n))
    chart = Lines("Many", "Exit", "money", "percent", (0.0, 1e9), tuple(f"Class {i}" for i in range(n)), ends)
    return replace(chart, **changes)  # type: ignore[arg-type]


def test_curves_are_named_at_their_ends_in_their_order() -> None:
    found = texts(lines(CURVES, "USD").svg)
    assert found["Common"][1] < found["Series A"][1]
    assert found["Common"][0] == found["Series A"][0] > 600
    assert {"$0", "$1bn", "$4bn", "Value of the exit", "A is paid at $1.00bn"} <= set(found)
    words = lines(CURVES, "USD").words
    assert words == (
        "What each class is paid, over Value of the exit from $0 to $4.00bn. "
        "At $4.00bn: Series A $1.00bn and Common $3.00bn. Marked: A is paid at $1.00bn."
    )


def test_twelve_classes_that_end_alike_are_named_apart() -> None:
    flat = many(12, y=tuple((0.0, 0.2) for _ in range(12)))
    for svg in (lines(flat, "USD").svg, lines(flat, "USD").narrow):
        downs = sorted(y for text, (_, y) in texts(svg).items() if text.startswith("Class"))
        assert len(downs) == 12
        assert min(b - a for a, b in itertools.pairwise(downs)) > 11


def test_of_more_than_twelve_the_smallest_are_put_together() -> None:
    chart = many(15)
    labels, y = grouped(list(chart.labels), np.array(chart.y))
    assert labels == [*(f"Class {i}" for i in range(4, 15)), "others (4)"]
    assert len(labels) == MOST
    assert y[-1].tolist() == pytest.approx([0.0, 0.01 + 0.02 + 0.03 + 0.04])
    found = texts(lines(chart, "USD").svg)
    assert "others (4)" in found
    assert "Class 3" not in found
    assert grouped(["a"], np.array([[1.0]]))[0] == ["a"]


def test_long_names_stand_below_the_drawing_on_a_phone() -> None:
    chart = many(3, labels=("Series Seed preferred of the first closing", "b", "c"))
    drawing = lines(chart, "USD")
    assert texts(drawing.svg)["b"][0] > 400
    below = texts(drawing.narrow)
    assert below["b"][1] > below["Exit"][1]


def test_many_marks_have_numbers_and_their_names_below() -> None:
    marks = tuple((f"class {i} converts", 1e8 * (i + 0.5)) for i in range(9))
    found = texts(lines(many(2, marks=(*marks, ("beyond", 9e9))), "USD").narrow)
    assert {str(n) for n in range(1, 10)} <= set(found)
    assert "9. class 8 converts at $850m" in found
    assert not any("beyond" in text for text in found)
    numbers = sorted(found[str(n)][0] for n in range(1, 10))
    assert min(b - a for a, b in itertools.pairwise(numbers)) > 6


def test_stacked_curves_stand_on_one_another_unless_one_is_below_zero() -> None:
    whole = texts(lines(CURVES, "USD").svg)
    apart_ = texts(lines(replace(CURVES, stacked=False), "USD").svg)
    assert "$4bn" in whole
    assert whole["Series A"][1] > apart_["Series A"][1]  # the middle of its band, not its end
    below = replace(CURVES, y=((0.0, -1e9, 1e9), (0.0, 0.0, 3e9)))
    assert lines(below, "USD").svg.count("<path") == lines(replace(below, stacked=False), "USD").svg.count("<path")


def test_curves_that_can_not_be_drawn_say_so() -> None:
    for chart in (
        many(0),
        many(2, x=(0.0,), y=((0.0,), (0.0,))),
        many(1, y=((NAN, NAN),)),
        many(1, x=(0.0, NAN)),
        many(1, x=(1.0, 1.0)),
    ):
        assert lines(chart, "USD").svg == ""
        assert lines(chart, "USD").words == "Many: nothing to draw."
    assert "Class 0" in texts(lines(many(2, y=((0.1, math.inf), (0.1, 0.2)), stacked=True), "USD").svg)


SEEN: dict[str, list[list[float]]] = {
    "by most": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""How linear red, green and blue are seen: Machado, Oliveira and Fernandes (2009), full severity."""


def cielab(colour: str, seen: list[list[float]]) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ np.clip(np.array(seen) @ linear, 1e-3, 1) / np.array([0.9505, 1, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", SEEN)
def test_colours_differ_for_colour_blind_people_too(seen: str) -> None:
    labs = [cielab(colour, SEEN[seen]) for colour in PALETTE]
    assert len(labs) == MOST
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(labs, 2)) > 17
    assert min(np.linalg.norm(a - b) for a, b in itertools.pairwise(labs)) > 33
