"""The football field: for each method the range of values that it comes to, as bankers put it before a client.

Methods stand below one another in the order given. On a desk their names have a column of their own, on a phone they stand
above the bars. Everything is laid out in points from the upper left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prenup.base.wording import join
from prenup.questions._answer import Field, in_words
from prenup.show.report.drawing import (
    INK,
    RULE,
    SOFT,
    WIDE,
    WIDTH,
    Drawing,
    breadth,
    drawn,
    folded,
    for_both,
    in_lanes,
    ticks,
    trimmed,
)
from prenup.show.report.figures import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, SMALL, VALUE = 11.0, 9.6, 10.0
"""Sizes of letters: names of methods, what they assume and the scale, values."""

BAR, LINE, LANE, PAD = 13.0, 12.0, 14.0, 9.0
"""Heights in points: a bar, a line of small letters, a lane of names of marks, the air above and below a row."""

MARK = "#8c2f2f"
_DASHED: dict[str, Any] = {"color": MARK, "linewidth": 1.0, "dashes": (3.5, 2.5), "zorder": 2.5}
NO_FIGURE = "no figure"


@dataclass(frozen=True, slots=True)
class _Row:
    """A method: its name and what it assumes in lines that fit, its figures, and where it stands."""

    name: list[str]
    assumes: list[str]
    low: float
    middle: float
    high: float
    top: float
    height: float
    bar: float  # the middle of the bar, from the top of the drawing

    @property
    def empty(self) -> bool:
        return not (math.isfinite(self.low) and math.isfinite(self.high))


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie across the drawing: from `left` to `right`, which stand for `low` and `high`."""

    width: float
    left: float
    right: float
    low: float
    high: float
    places: list[float]
    texts: list[str]

    def at(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def field(chart: Field, currency: str, colour: str) -> Drawing:
    """A football field in the colour given. `currency` is that of the deal."""
    methods = _methods(chart)
    if not any(math.isfinite(low) for _, _, low, _, _ in methods):
        return Drawing("", typeset(f"{chart.title}: no method came to a figure."))
    words = _in_words(chart, methods, currency)
    return for_both(*(_drawn(chart, methods, currency, colour, words, width) for width in (WIDE, WIDTH)))


_Method = tuple[str, str, float, float, float]


def _methods(chart: Field) -> list[_Method]:
    """Each method: name, what it assumes, low, middle, high. Without both ends the middle alone counts, if there is one."""
    assumes = (*chart.assumes, *[""] * len(chart.labels))
    found = []
    for label, said, low, middle, high in zip(chart.labels, assumes, chart.low, chart.middle, chart.high, strict=False):
        ends = sorted((low, high)) if math.isfinite(low) and math.isfinite(high) else [middle, middle]
        if not math.isfinite(ends[0]):
            ends = [math.nan, math.nan]
        found.append((label, said, ends[0], middle if math.isfinite(middle) else math.nan, ends[1]))
    return found


def _in_words(chart: Field, methods: list[_Method], currency: str) -> str:
    """What the drawing shows, for whoever can't see it."""
    told = []
    for label, _, low, middle, high in methods:
        if math.isnan(low):
            told.append(f"{label}: {NO_FIGURE}")
            continue
        ends = [in_words(v, chart.unit, currency) for v in (low, high)]
        about = f", middle {in_words(middle, chart.unit, currency)}" if math.isfinite(middle) and high > low else ""
        told.append(f"{label}: {ends[0]} to {ends[1]}{about}" if high > low else f"{label}: {ends[0]}")
    marks = [f"{name} at {in_words(v, chart.unit, currency)}" for name, v in chart.marks if math.isfinite(v)]
    held = f" Held against {join(marks)}." if marks else ""
    return typeset(f"{chart.title}. {'; '.join(told)}.{held}")


def _drawn(chart: Field, methods: list[_Method], currency: str, colour: str, words: str, width: float) -> Drawing:
    """The drawing at one width."""
    marks = [(name, value) for name, value in chart.marks if math.isfinite(value)]
    frame = _frame(chart, methods, [value for _, value in marks], currency, width)
    named = [typeset(f"{trimmed(name, SMALL, 0.4 * width)} {in_words(value, chart.unit, currency)}") for name, value in marks]
    spots = in_lanes(
        [frame.at(value) for _, value in marks],
        [breadth(text, SMALL) for text in named],
        0.0 if width == WIDTH else frame.left - 60.0,
        width,
    )
    top = LANE * (max((lane for _, lane in spots), default=-1) + 1) + (4.0 if spots else 0.0)
    rows = _rows(methods, frame, top)
    bottom = rows[-1].top + rows[-1].height

    def draw(axes: Axes) -> None:
        axes.set_xlim(0, width)
        axes.set_ylim(bottom + 18, 0)
        axes.axis("off")
        _scale(axes, frame, top, bottom)
        for (_, value), text, (begin, lane) in zip(marks, named, spots, strict=True):
            x, y, wide = frame.at(value), top - 4 - LANE * (lane + 0.5), breadth(text, SMALL)
            over = begin <= x <= begin + wide  # what does not stand over its line flies beside it like a flag
            axes.plot([x, x], [y + (LINE / 2 if over else -LINE / 2), bottom], **_DASHED)
            _say(axes, begin + wide / 2 if over else begin, y, text, SMALL, MARK, "center" if over else "left", patch=True)
        for row in rows:
            _row(axes, row, frame, chart.unit, currency, colour)

    return drawn(draw, bottom + 18, (0.0, 0.0, 1.0, 1.0), words, width)


def _frame(chart: Field, methods: list[_Method], marks: list[float], currency: str, width: float) -> _Frame:
    """The scale: round values around all that is drawn, with air at both ends for the values of the longest bars."""
    figures = [v for method in methods for v in method[2:] if math.isfinite(v)] + marks
    places, texts = ticks(min(figures), max(figures), chart.unit, currency, 7 if width == WIDE else 5)
    air = max(breadth(in_words(v, chart.unit, currency), VALUE) for v in figures) + 6
    start = 0.0 if width == WIDTH else 0.33 * width
    return _Frame(width, start + air, width - air, places[0], places[-1], places, texts)


def _rows(methods: list[_Method], frame: _Frame, top: float) -> list[_Row]:
    """The methods below one another: names beside the bars where there is a column for them, above them where not."""
    beside = frame.width == WIDE
    room = 0.33 * frame.width - 14 if beside else frame.width
    rows = []
    for label, said, low, middle, high in methods:
        name, assumes = folded(label, NAME * 1.06, room), folded(said, SMALL, room)
        words = len(name) * (LINE + 2) + len(assumes) * LINE
        figure = LINE + 1 + BAR
        height = 2 * PAD + (max(words, figure) if beside else words + 3 + figure)
        # Beside the names, value and bar together stand in the middle of the row.
        bar = top + (height + figure - BAR) / 2 if beside else top + height - PAD - BAR / 2
        rows.append(_Row(name, assumes, low, middle, high, top, height, bar))
        top += height
    return rows


def _scale(axes: Axes, frame: _Frame, top: float, bottom: float) -> None:
    """Fine lines at round values, and the values below."""
    for value, text in zip(frame.places, frame.texts, strict=True):
        x = frame.at(value)
        axes.plot([x, x], [top, bottom], color=RULE, linewidth=0.5, zorder=0.5)
        _say(axes, x, bottom + 11, text, SMALL, SOFT, "center")


def _row(axes: Axes, row: _Row, frame: _Frame, unit: str, currency: str, colour: str) -> None:
    """A method: its words, its bar, its values, and a line below it."""
    y = row.top + (PAD if frame.width == WIDTH else (row.height - len(row.name) * (LINE + 2) - len(row.assumes) * LINE) / 2)
    for lines, size, step, ink in ((row.name, NAME, LINE + 2, INK), (row.assumes, SMALL, LINE, SOFT)):
        for line in lines:
            _say(axes, 0.0, y + step / 2, line, size, ink, weight="bold" if size == NAME else "normal", patch=True)
            y += step
    axes.plot([0, frame.width], [row.top + row.height] * 2, color=RULE, linewidth=0.5, zorder=0.4)
    if row.empty:
        _say(axes, (frame.left + frame.right) / 2, row.bar, NO_FIGURE, VALUE, SOFT, "center", slant=True)
        return
    low, high = frame.at(row.low), frame.at(row.high)
    ends = [typeset(in_words(v, unit, currency)) for v in (row.low, row.middle, row.high)]
    if high - low < 2.5:
        axes.plot([(low + high) / 2], [row.bar], marker="o", markersize=7, color=colour, markeredgecolor="white", zorder=3)
        text = ends[2] if ends[0] == ends[2] else f"{ends[0]} to {ends[2]}"
        _say(axes, high + 7, row.bar, text, VALUE, INK, weight="bold", patch=True)
        return
    axes.barh(row.bar, high - low, left=low, height=BAR, facecolor=colour, linewidth=0, zorder=2)
    _say(axes, low - 4, row.bar, ends[0], VALUE, INK, "right", patch=True)
    _say(axes, high + 4, row.bar, ends[2], VALUE, INK, "left", patch=True)
    if math.isfinite(row.middle):
        x = frame.at(row.middle)
        axes.plot([x, x], [row.bar - BAR / 2, row.bar + BAR / 2], color="white", linewidth=2.2, solid_capstyle="butt", zorder=3)
        axes.plot([x, x], [row.bar - BAR / 2 - 2.5, row.bar - BAR / 2], color=INK, linewidth=1.0, zorder=3)
        _say(axes, x, row.bar - BAR / 2 - 3.5, ends[1], VALUE, INK, "center", bottom=True, weight="bold", patch=True)


def _say(
    axes: Axes, x: float, y: float, text: str, size: float, ink: str, side: str = "left", *,
    bottom: bool = False, weight: str = "normal", slant: bool = False, patch: bool = False,
) -> None:  # fmt: skip
    """Words at a place; on a patch of white where a line may run below them."""
    axes.text(
        x, y, text, fontsize=size, color=ink, ha=side, va="bottom" if bottom else "center_baseline", weight=weight,
        style="italic" if slant else "normal", zorder=4 if patch else 5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8} if patch else None,
    )  # fmt: skip
