"""What all charts share: from a drawing to an element of the page, and where words go so that none touches another.

Letters stay letters in a drawing and take the page's own font, so that how wide they come out is known only roughly:
`breadth` is on the safe side.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from prenup.base.units import CURRENCY_SIGNS
from prenup.questions._answer import MONEY_UNITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, WIDE = 340, 718
"""A narrow column, of which a desk has two side by side and a phone has one, and both columns of a desk together."""

INK, SOFT, RULE = "#1c1c1c", "#5c5c5c", "#c9c6c0"
SIGNS = {code: sign for sign, code in CURRENCY_SIGNS.items()}
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"), (1.0, ""))
_WIDTHS = {**dict.fromkeys(" .,:;ijlt'’|()[]fr-", 0.36), **dict.fromkeys("mwMW%@…", 0.92)}
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart and the same in words for whoever can't see it. `svg` is empty where nothing can be drawn.

    A chart as wide as the page has the same once more for a phone: `narrow`.
    """

    svg: str
    words: str
    narrow: str = ""


# ── words and where they go ──────────


def breadth(text: str, size: float) -> float:
    """About how wide a text is in points, in letters of `size` points; Chinese, Japanese and Korean letters are square."""
    square = unicodedata.east_asian_width
    return size * sum(_WIDTHS.get(c, 1.0 if square(c) in "WF" else 0.68 if c.isupper() else 0.61) for c in text)


def folded(text: str, size: float, room: float) -> list[str]:
    """A text in lines that fit, cut between words, or within a word that is longer than a line."""
    lines: list[str] = []
    for word in text.split():
        if lines and breadth(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
            continue
        rest = word
        while len(rest) > 1 and breadth(rest, size) > room:
            cut = next((n for n in range(len(rest) - 1, 1, -1) if breadth(rest[:n], size) <= room), 1)
            lines.append(rest[:cut])
            rest = rest[cut:]
        lines.append(rest)
    return lines


def trimmed(text: str, size: float, room: float) -> str:
    """A text that fits one line; what is cut off is an ellipsis."""
    first = folded(text, size, room)[:1]
    return text if first == [" ".join(text.split())] else f"{''.join(folded(text, size, room - size)[:1]).rstrip(' ,')}…"


def in_lanes(at: Sequence[float], widths: Sequence[float], left: float, right: float) -> list[tuple[float, int]]:
    """Where the names of upright lines go so that none touches another: where each begins, and its lane from 0 up.

    Names that fit stand over the tops of their lines. Otherwise they fly like flags: those to the left higher, so that no line
    runs through another's name.
    """
    begins = [max(min(x - w / 2, right - w), left) for x, w in zip(at, widths, strict=True)]
    order = sorted(range(len(at)), key=lambda i: at[i])
    if all(begins[i] + widths[i] + 6 <= begins[j] for i, j in itertools.pairwise(order)):
        return [(begin, 0) for begin in begins]
    flies_left = [x + 3 + w > right for x, w in zip(at, widths, strict=True)]
    lanes: dict[int, int] = {}
    for i in [i for i in reversed(order) if not flies_left[i]] + [i for i in order if flies_left[i]]:
        begins[i] = max(at[i] - 3 - widths[i], left) if flies_left[i] else at[i] + 3
        end = begins[i] + widths[i] + 6
        crossed = [lane for j, lane in lanes.items() if begins[i] - 3 < at[j] < end]
        taken = {lane for j, lane in lanes.items() if begins[j] < end and begins[i] < begins[j] + widths[j] + 6}
        lane = max(crossed, default=-1) + 1
        while lane in taken:
            lane += 1
        lanes[i] = lane
    return [(begins[i], lanes[i]) for i in range(len(at))]


def apart(at: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """Places as near as can be to those given, in their order, none nearer to another than `room`, between the ends."""
    order = sorted(range(len(at)), key=lambda i: at[i])
    heaps: list[tuple[float, int]] = []  # the middle of words that touch, and how many they are
    for index in order:
        heaps.append((at[index], 1))
        while True:
            middle, n = heaps[-1]
            half = (n - 1) * room / 2
            heaps[-1] = (max(min(middle, high - half), low + half), n)
            if len(heaps) < 2 or heaps[-1][0] - heaps[-2][0] >= (n + heaps[-2][1]) * room / 2 - 1e-9:
                break
            before, m = heaps[-2]
            heaps[-2:] = [((before * m + heaps[-1][0] * n) / (m + n), m + n)]
    places = [middle + (k - (n - 1) / 2) * room for middle, n in heaps for k in range(n)]
    found = dict(zip(order, places, strict=True))
    return [found[i] for i in range(len(at))]


def in_rows(widths: Sequence[float], room: float) -> list[tuple[float, int]]:
    """Where things go that follow one another like words on a page: how far in, and in which row."""
    found: list[tuple[float, int]] = []
    x, row = 0.0, 0
    for width in widths:
        if x and x + width > room:
            x, row = 0.0, row + 1
        found.append((x, row))
        x += width + 12
    return found


# ── axes ──────────


def scaled(largest: float) -> tuple[float, str]:
    """The unit in which an axis counts: thousands, millions, billions."""
    return next((s for s in _SCALES if largest >= s[0]), _SCALES[-1])


def ticks(low: float, high: float, unit: str, currency: str, most: int) -> tuple[list[float], list[str]]:
    """Round values from at or below the low end to at or above the high one, and how each is written."""
    from matplotlib.ticker import MaxNLocator

    if not high > low:
        low, high = low - (abs(low) * 0.1 or 0.01), high + (abs(high) * 0.1 or 0.01)
    places = [float(v) for v in MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    places = [0.0 if abs(v) < 1e-9 * (high - low) else v for v in places]
    sign = f"{SIGNS.get(currency, f'{currency} ')}" if unit in MONEY_UNITS else ""
    scale, after = (0.01, "%") if unit in ("percent", "share") else scaled(max(abs(v) for v in places))
    texts = [f"{'−' if v < 0 else ''}{sign}{abs(v) / scale:,.6g}{after if v or after == '%' else ''}" for v in places]
    return places, texts


# ── from figure to page ──────────


def drawn(
    draw: Callable[[Axes], None], height: float, box: tuple[float, float, float, float], words: str, width: float = WIDTH
) -> Drawing:
    """One figure, `box` its axes. Matplotlib's settings are global, so that one figure is drawn at a time."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "text.parse_math": False,
        "font.family": "DejaVu Sans",
    }
    settings["svg.hashsalt"] = "prenup"  # the same drawing has the same names inside every time
    text = StringIO()
    with _LOCK, matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the page's font has signs that the measuring font may lack
        figure = Figure(figsize=(width / 72, height / 72))
        FigureCanvasSVG(figure)
        axes = figure.add_axes(box)
        axes.patch.set_visible(False)
        draw(axes)
        figure.savefig(
            text,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    return Drawing(_inline(text.getvalue(), words), words)


def for_both(wide: Drawing, narrow: Drawing) -> Drawing:
    """The same chart for a desk and for a phone."""
    return replace(wide, narrow=narrow.svg)


def _inline(svg: str, words: str) -> str:
    """Matplotlib's document as an element of the page: no name that another chart has, no font of its own."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(svg)
    prefix = f"c{hashlib.sha256((words + svg).encode()).hexdigest()[:10]}-"
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    attributes = [pair for element in root.iter() for pair in element.attrib.items()]
    targets = {value[1:] for key, value in attributes if key.endswith("href") and value.startswith("#")}
    targets |= {name for _, value in attributes for name in re.findall(r"url\(#([^)]+)\)", value)}
    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in targets:
            element.set("id", prefix + name)
        for key, value in list(element.attrib.items()):
            if key.endswith("href"):
                element.set(key, f"#{prefix}{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{prefix}"))
            elif key == "style" and element.tag.endswith("}text"):
                element.set(key, re.sub(r"font-family:[^;]*;?\s*", "", value))
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("aria-hidden", "true")
    return ElementTree.tostring(root, encoding="unicode")
