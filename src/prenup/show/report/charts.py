"""Charts as drawings inside the page: money over time, what moves a value, and what each clause is worth.

Each is drawn at the width of a narrow column, so that two stand side by side on a desk and on paper,
and one on a phone, with letters of the same size. Letters stay letters: they take the page's own font.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from prenup.base.wording import join, money
from prenup.questions._answer import Bars, Fan
from prenup.show.report.drawing import INK, RULE, SIGNS, SOFT, Drawing, drawn, scaled
from prenup.show.report.figures import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fan(chart: Fan, above: tuple[str, str], below: tuple[str, str]) -> Drawing:
    """Money over time: a light band for nine in ten paths, a dark one for half, a line for the middle.

    `above` and `below` are the colour of each side of zero and what it means, in a few words or none.
    """
    bands = np.array(chart.bands, dtype=float)
    sign = SIGNS.get(chart.unit, chart.unit)
    if not bands.size or not np.isfinite(bands).all():
        return Drawing("", f"{chart.title}: no sound path to draw.")
    first, low, last, high = (money(float(v), chart.unit) for v in (bands[2, 0], *bands[[0, 2, 4], -1]))
    words = typeset(
        f"{chart.title}. Middle path {first} in {chart.dates[0]:%B %Y} and {last} in {chart.dates[-1]:%B %Y}; "
        f"nine paths in ten then lie between {low} and {high}."
    )
    scale, unit = scaled(float(np.abs(bands).max()))
    x = np.array([date.toordinal() for date in chart.dates], dtype=float)

    def draw(axes: Axes) -> None:
        fine = np.unique(np.concatenate([x, np.linspace(x[0], x[-1], 97)])) if bands.min() < 0 < bands.max() else x
        low, quarter, _, upper, high = (np.interp(fine, x, band / scale) for band in bands)
        for (colour, _), clip in ((above, np.maximum), (below, np.minimum)):
            for bottom, top, alpha in ((low, high, 0.20), (quarter, upper, 0.42)):
                axes.fill_between(fine, clip(bottom, 0.0), clip(top, 0.0), color=colour, alpha=alpha, linewidth=0)
        yearly = len(x) > 1 and x[1] - x[0] > 300
        axes.plot(
            x,
            bands[2] / scale,
            color=INK,
            linewidth=1.5,
            marker="o" if yearly and len(x) < 16 else "",
            markersize=2.6,
        )
        axes.axhline(0.0, color=INK, linewidth=0.8)
        _years(axes, chart.dates)
        _amounts(axes, f"{sign}{unit}")
        span = float(np.ptp(bands)) or 1.0
        if above[1] and bands.max() > 0.02 * span:
            axes.text(0.0, 1.06, f"▲ {above[1]}", transform=axes.transAxes, color=above[0], va="bottom", fontsize=10)
        if below[1] and bands.min() < -0.02 * span:
            axes.set_ylim(bottom=axes.get_ylim()[0] - 0.08 * span / scale)
            axes.text(0.0, 0.02, f"▼ {below[1]}", transform=axes.transAxes, color=below[0], va="bottom", fontsize=10)
        ends = [(band[-1] / scale, text) for band, text in zip(bands, ("5%", "25%", "middle", "75%", "95%"), strict=True)]
        _ends(axes, float(x[-1]), ends)

    return drawn(draw, 214, (0.115, 0.11, 0.735, 0.785), words)


def tornado(chart: Bars, colour: str) -> Drawing:
    """What moves a value: for each number what it is at the low end of its range, in light, and at the high end."""
    low, high = np.array(chart.low, dtype=float), np.array(chart.high, dtype=float)
    ends = np.concatenate([low, high, [chart.middle]])
    if not len(low) or not np.isfinite(ends).all():
        return Drawing("", f"{chart.title}: nothing to draw.")
    bars = list(zip(chart.labels, low, high, strict=True))
    told = [f"{label} from {money(a, chart.unit)} to {money(b, chart.unit)}" for label, a, b in bars[:3]]
    words = typeset(f"{chart.title}, {money(chart.middle, chart.unit)} in the middle. The most: {join(told)}.")

    def draw(axes: Axes) -> None:
        reach = float(ends.max() - ends.min()) or 1.0
        for row, (label, a, b) in enumerate(bars):
            confirmed = row < len(chart.marks) and chart.marks[row] == "confirmed"
            _bar(axes, row, chart.middle, a, f"{colour}40", colour)
            _bar(axes, row, chart.middle, b, colour, colour)
            _beside(axes, row, 0.0, _cut(label, 58) + ("" if confirmed else " †"))
            _end_values(axes, row, chart, float(a), float(b))
        axes.set_xlim(ends.min() - 0.24 * reach, ends.max() + 0.24 * reach)
        axes.set_ylim(len(low) - 0.5, -1.25)
        middle = typeset(f"middle {money(chart.middle, chart.unit)}")
        axes.text(chart.middle, -0.72, middle, ha="center", va="bottom", fontsize=9.5, color=INK)
        axes.axis("off")

    return drawn(draw, 36 + 33 * len(low), (0.0, 0.0, 1.0, 1.0), words)


def clauses(title: str, bars: Sequence[tuple[str, float]], currency: str, colour: str, reach: tuple[float, float]) -> Drawing:
    """What each clause is worth to one party, the last bar the total. `reach` is the axis that all charts share."""
    told = join([f"{label} {money(value, currency)}" for label, value in bars])
    words = typeset(f"{title}: {told}.")
    if not bars or not np.isfinite([*(value for _, value in bars), *reach]).all():
        return Drawing("", words)

    def draw(axes: Axes) -> None:
        for row, (label, value) in enumerate(bars):
            total = row == len(bars) - 1
            at, weight = row + 0.25 * total, "bold" if total else "normal"
            face = INK if total else colour if value >= 0 else f"{colour}40"
            _bar(axes, at, 0.0, value, face, INK if total else colour)
            _beside(axes, at, 0.0, _cut(label), weight)
            _beside(axes, at, 1.0, typeset(money(value, currency)), weight)
        span = (reach[1] - reach[0]) or 1.0
        axes.set_xlim(reach[0] - 0.01 * span, reach[1] + 0.01 * span)
        axes.set_ylim(len(bars) - 0.2, -0.75)
        axes.axis("off")

    return drawn(draw, 14 + 31 * len(bars), (0.0, 0.0, 1.0, 1.0), words)


# ── bars ──────────


def _bar(axes: Axes, row: float, start: float, end: float, face: str, edge: str) -> None:
    """A bar from `start` to `end`, and a stroke where it starts."""
    if end != start:
        axes.barh(row, end - start, left=start, height=0.36, facecolor=face, edgecolor=edge, linewidth=0.8)
    axes.vlines(start, row - 0.24, row + 0.24, color=INK, linewidth=0.9, zorder=3)


def _beside(axes: Axes, row: float, x: float, text: str, weight: str = "normal") -> None:
    """Words above a bar, at the left edge (`x` 0) or the right one (1)."""
    across = axes.get_yaxis_transform()
    side = "right" if x else "left"
    axes.text(x, row - 0.25, text, transform=across, ha=side, va="bottom", color=INK, fontsize=10, weight=weight)


def _end_values(axes: Axes, row: int, chart: Bars, low: float, high: float) -> None:
    """The values at a bar's ends; where both ends lie on one side of the middle, that of the outer one."""
    one_side = (low - chart.middle) * (high - chart.middle) > 0
    for value, other in ((low, high), (high, low)):
        if value == other or (one_side and abs(value - chart.middle) < abs(other - chart.middle)):
            continue
        right = value > (chart.middle if one_side else other)
        text, side, gap = typeset(money(value, chart.unit)), "left" if right else "right", 3 if right else -3
        axes.annotate(text, (value, row), (gap, 0), textcoords="offset points", ha=side, va="center", fontsize=9, color=SOFT)


# ── axes ──────────


def _cut(label: str, most: int = 46) -> str:
    """A label that fits; of `entry, field` it is the entry that is cut, as long as some of it is left."""
    entry, comma, last = label.rpartition(", ")
    if len(label) <= most:
        return label
    if comma and len(last) < most - 16:
        return entry[: most - len(last) - 3].rstrip(" ,") + "…, " + last
    return label[: most - 1].rstrip(" ,") + "…"


def _years(axes: Axes, dates: Sequence[datetime.date]) -> None:
    """A tick a year, every other or every fifth where they are many; a year's sum stands under its year."""
    yearly = len(dates) > 1 and (dates[1] - dates[0]).days > 300
    years = sorted({date.year for date in dates})
    step = next((s for s in (1, 2, 5, 10) if len(years) / s <= 7), 20)
    if yearly:
        at = [(date.toordinal(), str(date.year)) for date in dates if (date.year - years[0]) % step == 0]
    else:
        at = [(datetime.date(year, 1, 1).toordinal(), str(year)) for year in years if year % step == 0]
        first = dates[0].toordinal()
        at = [tick for tick in at if first - 40 <= tick[0]] or [(first, str(dates[0].year))]
    axes.set_xticks([tick for tick, _ in at], [text for _, text in at])
    span = max(dates[-1].toordinal() - dates[0].toordinal(), 30)
    axes.set_xlim(dates[0].toordinal() - 0.02 * span, dates[-1].toordinal())


def _amounts(axes: Axes, unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace("-", "−")))
    axes.text(-0.15, 1.06, unit, transform=axes.transAxes, va="bottom", color=SOFT, fontsize=10)
    axes.tick_params(length=0, labelsize=10, colors=SOFT, pad=4)
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _ends(axes: Axes, x: float, ends: list[tuple[float, str]]) -> None:
    """Names of the lines at their right ends, pushed apart where they would touch."""
    bottom, top = axes.get_ylim()
    room = (top - bottom) * 0.064
    at = [value for value, _ in ends]
    for index in range(1, len(at)):
        at[index] = max(at[index], at[index - 1] + room)
    over = at[-1] - max(top, ends[-1][0])
    if over > 0:
        at = [value - over for value in at]
    for place, (_, text) in zip(at, ends, strict=True):
        middle = text == "middle"
        axes.annotate(
            text,
            (x, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=INK if middle else SOFT,
            weight="bold" if middle else "normal",
            annotation_clip=False,
        )
