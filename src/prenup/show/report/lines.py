"""Several curves over one axis: what each class is paid at each value of an exit, as lines or standing on one another.

Each curve is named at its right end; where names would not fit there, as on a phone, they stand below the drawing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prenup.base.wording import join
from prenup.questions._answer import Lines, in_words
from prenup.show.report.drawing import (
    INK,
    RULE,
    SOFT,
    WIDE,
    WIDTH,
    Drawing,
    apart,
    breadth,
    drawn,
    for_both,
    in_lanes,
    in_rows,
    ticks,
    trimmed,
)
from prenup.show.report.figures import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""How many curves a drawing tells apart; of more, the smallest are put together."""

PALETTE = (
    "#3e5389", "#48bfdb", "#e5a447", "#9083e9", "#53302c", "#d2cf8e",
    "#8b687a", "#6c1d03", "#b4d4bb", "#a7602b", "#3b3650", "#619e72",
)  # fmt: skip
"""Colours that colour-blind people tell apart too, in an order in which neighbours differ most; a test holds it."""

OTHERS = "#a9a6a0"
_DASHED: dict[str, Any] = {"color": INK, "linewidth": 0.8, "dashes": (3, 2.5), "clip_on": False, "zorder": 3.5}
_DASHES = ((), (5.0, 1.6), (1.6, 1.4))
SMALL, ROOM, LANE, ROW = 9.6, 12.0, 13.0, 14.0
"""The size of small letters, and heights in points: a name at a curve's end, a lane of names above, a row of names below."""

_Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A drawing at one width: its scale, what goes around it, and the height of the part in which curves run."""

    width: float
    left: float
    right: float
    body: float
    x_ticks: tuple[list[float], list[str]]
    y_ticks: tuple[list[float], list[str]]
    names: list[str]
    named_at_ends: bool
    marks: list[tuple[float, str]]
    spots: list[tuple[float, int]]
    key: list[str]

    @property
    def top(self) -> float:
        return (21.0 if self.key else 15.0) + LANE * (max((lane for _, lane in self.spots), default=-1) + 1)

    def below(self) -> list[tuple[str, float, float]]:
        """What stands below the scale: names of curves, then names of marks, each with its place in points from there."""
        found: list[tuple[str, float, float]] = []
        y = 0.0
        for texts, indent in (([] if self.named_at_ends else self.names, 14.0), (self.key, 0.0)):
            spots = in_rows([breadth(text, SMALL) + indent for text in texts], self.width)
            found += [(text, x, y + row * ROW) for text, (x, row) in zip(texts, spots, strict=True)]
            y += ROW * (spots[-1][1] + 1) if spots else 0.0
        return found

    @property
    def height(self) -> float:
        below = self.below()
        return self.top + self.body + 36.0 + (below[-1][2] + ROW + 4 if below else 0.0)


def lines(chart: Lines, currency: str) -> Drawing:
    """Curves over one axis. `currency` is that of the deal."""
    x = np.array(chart.x, dtype=float)
    y = np.array(chart.y, dtype=float)
    y[~np.isfinite(y)] = np.nan
    if len(x) < 2 or not len(y) or not np.isfinite(x).all() or not x[-1] > x[0] or not np.isfinite(y).any():
        return Drawing("", typeset(f"{chart.title}: nothing to draw."))
    labels, y = grouped(list(chart.labels), y)
    stacked = chart.stacked and not (y < 0).any()  # what is below zero can't stand on anything
    words = _in_words(chart, labels, y, currency)
    return for_both(*(_drawn(chart, labels, x, y, stacked, currency, words, width) for width in (WIDE, WIDTH)))


def grouped(labels: list[str], y: _Figures) -> tuple[list[str], _Figures]:
    """At most `MOST` curves in the order given; of more, those that never rise high are added up as the last."""
    if len(labels) <= MOST:
        return labels, y
    size = np.nanmax(np.abs(np.nan_to_num(y)), axis=1)
    largest = sorted(np.argsort(-size, kind="stable")[: MOST - 1].tolist())
    rest = [i for i in range(len(labels)) if i not in largest]
    return [*(labels[i] for i in largest), f"others ({len(rest)})"], np.vstack([y[largest], np.nansum(y[rest], axis=0)])


def _in_words(chart: Lines, labels: list[str], y: _Figures, currency: str) -> str:
    """What the drawing shows, for whoever can't see it: where each curve ends, and what is marked."""
    first, last = (in_words(chart.x[i], chart.x_unit, currency) for i in (0, -1))
    told = join([f"{label} {in_words(float(v), chart.unit, currency)}" for label, v in zip(labels, y[:, -1], strict=True)])
    marks = [f"{name} at {in_words(v, chart.x_unit, currency)}" for name, v in chart.marks if math.isfinite(v)]
    marked = f" Marked: {join(marks)}." if marks else ""
    return typeset(f"{chart.title}, over {chart.x_title} from {first} to {last}. At {last}: {told}.{marked}")


def _drawn(
    chart: Lines, labels: list[str], x: _Figures, y: _Figures, stacked: bool, currency: str, words: str, width: float
) -> Drawing:
    """The drawing at one width."""
    tops = np.cumsum(np.nan_to_num(y), axis=0) if stacked else y
    plan = _plan(chart, labels, x, tops, stacked, currency, width)
    colours = [OTHERS if i == MOST - 1 and label.startswith("others (") else PALETTE[i] for i, label in enumerate(labels)]
    box = (plan.left / width, 1 - (plan.top + plan.body) / plan.height, (plan.right - plan.left) / width, plan.body / plan.height)

    def draw(axes: Axes) -> None:
        _axes(axes, chart, plan, x)
        floors = np.vstack([np.zeros_like(x), tops[:-1]])
        for index, (top, floor, colour) in enumerate(zip(tops, floors, colours, strict=True)):
            if stacked:
                axes.fill_between(x, floor, top, facecolor=colour, edgecolor="white", linewidth=0.7, zorder=2)
            else:
                dash = _DASHES[index // 4 % len(_DASHES)]
                axes.plot(x, top, color=colour, linewidth=1.9, dashes=dash, solid_capstyle="butt", zorder=3)
        if plan.named_at_ends:
            ends = (floors[:, -1] + tops[:, -1]) / 2 if stacked else _last(tops)
            _names(axes, plan, ends, colours)
        _below(axes, plan, colours)

    return drawn(draw, plan.height, box, words, width)


def _last(tops: _Figures) -> _Figures:
    """Where each curve ends: its last sound figure."""
    return np.array([next((v for v in reversed(row.tolist()) if math.isfinite(v)), 0.0) for row in tops])


def _plan(chart: Lines, labels: list[str], x: _Figures, tops: _Figures, stacked: bool, currency: str, width: float) -> _Plan:
    """What a drawing of this width has room for."""
    body = 250.0 if width == WIDE else 200.0
    floor = min(0.0, float(np.nanmin(tops)))
    y_ticks = ticks(floor, float(np.nanmax(tops)), chart.unit, currency, 6)
    x_ticks = ticks(float(x[0]), float(x[-1]), chart.x_unit, currency, 7 if width == WIDE else 4)
    kept = [(v, t) for v, t in zip(*x_ticks, strict=True) if x[0] - 1e-9 * abs(x[0]) <= v <= x[-1] + 1e-9 * abs(x[-1])]
    names = [trimmed(label, SMALL, 0.27 * WIDE) for label in labels]
    longest = max(breadth(name, SMALL) for name in names) + 20
    at_ends = longest <= 0.32 * width and len(names) * ROOM <= body
    left = max(breadth(text, SMALL) for text in y_ticks[1]) + 8
    right = width - (longest if at_ends else breadth(kept[-1][1], SMALL) / 2 if kept else 0.0)
    marks = sorted((v, name) for name, v in chart.marks if x[0] <= v <= x[-1])
    told = [typeset(f"{trimmed(name, SMALL, 0.5 * width)} at {in_words(v, chart.x_unit, currency)}") for v, name in marks]
    at = [left + (v - x[0]) / (x[-1] - x[0]) * (right - left) for v, _ in marks]
    spots = in_lanes(at, [breadth(text, SMALL) for text in told], 0.0, width)
    key: list[str] = []
    if any(lane > 2 for _, lane in spots):  # many marks have numbers, and their names below
        key = [f"{n}. {text}" for n, text in enumerate(told, start=1)]
        told = [str(n) for n in range(1, len(marks) + 1)]
        half = max(breadth(text, SMALL) for text in told) / 2 + 1.5
        places = apart(at, min(2 * half, (width - 2 * half) / len(at)), half, width - half)
        spots = [(place - breadth(text, SMALL) / 2, 0) for place, text in zip(places, told, strict=True)]
    shown = list(zip([v for v, _ in marks], told, strict=True))
    return _Plan(
        width, left, right, body, ([v for v, _ in kept], [t for _, t in kept]), y_ticks, names, at_ends, shown, spots, key
    )


def _axes(axes: Axes, chart: Lines, plan: _Plan, x: _Figures) -> None:
    """The scales with their fine lines, and the marks with their names above."""
    x0, x1 = float(x[0]), float(x[-1])
    axes.set_xlim(x0, x1)
    axes.set_ylim(plan.y_ticks[0][0], plan.y_ticks[0][-1])
    axes.set_xticks(*plan.x_ticks)
    axes.set_yticks(*plan.y_ticks)
    axes.tick_params(length=0, labelsize=SMALL, colors=SOFT, pad=5)
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.axhline(0.0, color=INK, linewidth=0.8, zorder=4)
    middle = (plan.left + plan.right) / 2
    _say(axes, plan, middle, plan.body + 26, chart.x_title, SOFT, "center")
    across = axes.get_xaxis_transform()
    for (value, text), (begin, lane) in zip(plan.marks, plan.spots, strict=True):
        up = (15 if plan.key else 9) + LANE * lane
        at = plan.left + (value - x0) / (x1 - x0) * (plan.right - plan.left)
        middle = begin + breadth(text, SMALL) / 2
        over = begin <= at <= 2 * middle - begin
        foot, below, beside = (1 + up_by / plan.body for up_by in (2, up - 5.5, up + 4))
        bend = x0 + (middle - plan.left) / (plan.right - plan.left) * (x1 - x0)
        if plan.key:
            axes.plot([value, value], [0, foot], transform=across, **_DASHED)
            axes.plot([value, bend], [foot, below], transform=across, **{**_DASHED, "dashes": (), "linewidth": 0.6})
        else:  # what does not stand over its line flies beside it like a flag
            axes.plot([value, value], [0, below if over else beside], transform=across, **_DASHED)
        _say(axes, plan, middle if over or plan.key else begin, -up, text, INK, "center" if over or plan.key else "left")


def _names(axes: Axes, plan: _Plan, ends: _Figures, colours: list[str]) -> None:
    """The names of the curves at their right ends, pushed apart where they would touch, each tied to its curve."""
    low, high = axes.get_ylim()
    down = [(1 - (float(v) - low) / (high - low)) * plan.body for v in ends]
    for name, start, place, colour in zip(plan.names, down, apart(down, ROOM, 0.0, plan.body), colours, strict=True):
        x = _x(plan, plan.right), _x(plan, plan.right + 4), _x(plan, plan.right + 11), _x(plan, plan.right + 15)
        y = [1 - value / plan.body for value in (start, start, place, place)]
        axes.plot(x, y, color=colour, linewidth=1.6, transform=axes.transAxes, clip_on=False, solid_joinstyle="round")
        _say(axes, plan, plan.right + 18, place, name, INK)


def _below(axes: Axes, plan: _Plan, colours: list[str]) -> None:
    """The names of curves that did not fit at their ends, with their colours, and the names of marks that have numbers."""
    curves = 0 if plan.named_at_ends else len(plan.names)
    for index, (text, x, y) in enumerate(plan.below()):
        down = plan.body + 44 + y
        if index < curves:
            ends = [_x(plan, x), _x(plan, x + 10)]
            axes.plot(
                ends, [1 - down / plan.body] * 2, color=colours[index], linewidth=5, solid_capstyle="butt",
                transform=axes.transAxes, clip_on=False,
            )  # fmt: skip
        _say(axes, plan, x + (14 if index < curves else 0), down, text, INK if index < curves else SOFT)


def _x(plan: _Plan, x: float) -> float:
    """A place across the drawing in points as a part of the width in which curves run."""
    return (x - plan.left) / (plan.right - plan.left)


def _say(axes: Axes, plan: _Plan, x: float, down: float, text: str, ink: str, side: str = "left") -> None:
    """Words at a place in points: from the left edge of the drawing, and down from the top of the curves."""
    place = _x(plan, x), 1 - down / plan.body
    axes.text(*place, text, transform=axes.transAxes, fontsize=SMALL, color=ink, ha=side, va="center_baseline", clip_on=False)
