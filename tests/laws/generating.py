"""Random deals that are valid: every kind of term, driver and event, with whatever its class declares.

Nothing here lists kinds or fields. A kind is found by folder, its fields by their declarations, and a value is made
from a field's shape and unit. Which fields and shapes go together is found out by asking prenup: of a draw that it
refuses, what it accepts is kept, field by field, and the outcome is remembered. A new kind joins by itself.

Money stands in marks, such as `<5000000>`, until a deal is written out: so it can be written in another scale.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from prenup.base.fields import REQUIRED, AbstractEntry, Spec, specs
from prenup.base.kinds import kinds
from prenup.base.problems import DealError
from prenup.case import build as made

PACKAGES = {"terms": "prenup.terms", "drivers": "prenup.drivers", "events": "prenup.drivers.events"}
PARTIES = ("alpha", "beta", "gamma", "delta")
DRIVERS = ("sales", "usage", "price")
CLOCK = {"from": "2025-03-01", "months": 15}
DATES = ("2025-04-30", "2025-06-30", "2025-09-15", "2025-12-31", "2026-02-28", "2026-04-30")
MARK = re.compile(r"<(\d+)>")
SHAPES_EACH = 4
"""In how many ways a field may be written."""

ENTRY = frozenset(word for _, word, _ in specs(AbstractEntry))
"""What every entry may say of itself; it changes nothing that is worked out."""


@dataclass(frozen=True)
class Choice:
    """How a field is written: which of its shapes, and numbers that settle the rest."""

    shape: int
    size: int


# ── values by unit ──────────────────────────────────────────────────────────────────────────────────────────────────

MONEY = "<{m}>"
YEARLY = "<{m}>/yr"
SHAPES: Mapping[str, tuple[str, ...]] = {
    "money": (MONEY, "<{m}> to <{n}>"),
    "money/yr": (YEARLY, "<{m}>/yr to <{n}>/yr"),
    "money flow": (
        YEARLY,
        "if(sales > prev(sales), {p}% * sales, <{m}>/yr)",
        "avg(sales, 3 months) - unknown_rate * lag(usage, 2 months)",
        MONEY,
    ),
    "fraction": ("{p}%", "{p}% to {q}%", "if(turn, {p}%, {q}%)", "known_rate"),
    "signed fraction": ("{p}%", "-{p}%"),
    "growth": ("{p}%", "-{p}%"),
    "rate": ("{p}%/yr", "{p}%"),
    "duration": ("{t} months",),
    "date": ("{day}",),
    "number": ("0.{p}",),
    "any": (YEARLY, MONEY, "{p}%", "{p}"),
}
CONDITIONS = ("{day}", "turn", "sales > <30000000>/yr and month >= 2", "{year} months")


def written(unit: str, choice: Choice, place: int) -> str:
    """A value of a unit. Later places get later days and larger ends, so that beginnings come before ends."""
    shapes = SHAPES.get(unit, SHAPES["any"])
    return filled(shapes[choice.shape % len(shapes)], choice, place)


def filled(shape: str, choice: Choice, place: int) -> str:
    size = choice.size
    return shape.format(
        m=1_000_000 * (1 + size % 40),
        n=1_000_000 * (3 + size % 40 * 2),
        p=5 + size % 28,
        q=40 + size % 20,
        t=1 + size % 4,
        year=3 + size % 12,
        day=DATES[min(place * 2 + size % 2, len(DATES) - 1)],
    )


# ── fields and entries ──────────────────────────────────────────────────────────────────────────────────────────────

Drawn = tuple[tuple[str, Choice], ...]
"""The fields of an entry, each with how it is written."""


@dataclass(frozen=True)
class Scene:
    """What the names in an entry can stand for."""

    payer: str
    payee: str
    clauses: tuple[str, ...]


CANONICAL = Scene("alpha", "beta", ("other",))


def optional(cls: type) -> list[str]:
    """The fields that may be left out, and that change what is worked out."""
    return [w for _, w, s in specs(cls) if s.default is not REQUIRED and w not in ENTRY and s.what != "text"]


def required(cls: type) -> list[str]:
    return [w for _, w, s in specs(cls) if s.default is REQUIRED]


def entry(cls: type, drawn: Drawn, scene: Scene) -> dict[str, Any]:
    """An entry of a class with its required fields and the drawn ones."""
    choices = dict(drawn)
    words = [*required(cls), *(w for w in optional(cls) if w in choices)]
    by_word = {word: spec for _, word, spec in specs(cls)}
    return {w: field(by_word[w], w, choices.get(w, Choice(0, 7)), scene, n) for n, w in enumerate(words)}


def field(spec: Spec, word: str, choice: Choice, scene: Scene, place: int) -> Any:
    """A field of any shape, made from its declaration."""
    if spec.what == "value":
        return written(spec.unit, choice, place)
    if spec.what == "condition":
        return filled(CONDITIONS[choice.shape % len(CONDITIONS)], choice, place)
    if spec.what == "party":
        return scene.payer if word == "payer" else scene.payee
    if spec.what == "choice":
        return spec.options[choice.shape % len(spec.options)]
    if spec.what == "flag":
        return ("no", "yes")[choice.shape % 2]
    if spec.what == "names":
        return [scene.clauses[choice.size % len(scene.clauses)]]
    if spec.what == "clause":
        return scene.clauses[choice.size % len(scene.clauses)]
    if spec.what == "record":
        assert spec.of is not None
        return entry(spec.of, inside(spec.of, choice), scene)
    if spec.what == "items":
        assert spec.of is not None
        rows = [entry(spec.of, inside(spec.of, Choice(choice.shape, choice.size + n)), scene) for n in range(2)]
        return [{**row, **rising(row, n)} for n, row in enumerate(rows)]
    if spec.what == "table" and spec.of is not None:
        return {n: entry(spec.of, inside(spec.of, choice), scene) for n in ("calm", "wild")}
    if spec.what == "table":
        share = "{p}%" if spec.unit == "fraction" else SHAPES.get(spec.unit, SHAPES["any"])[0]
        return {scene.payee: filled(share, choice, place), "world": filled(share, choice, place)}
    if spec.what == "dated":
        return {day: written(spec.unit, Choice(0, choice.size + n), 0) for n, day in enumerate(DATES[::2])}
    if spec.what == "text":
        return "words"
    raise NotImplementedError(f"no way to make a field of shape {spec.what!r}: teach it to tests/laws/generating.py")


def rising(row: Mapping[str, Any], n: int) -> dict[str, Any]:
    """Later entries of a list have the higher limits."""
    return {"up_to": f"<{10_000_000 * (n + 1)}>"} if "up_to" in row else {}


def inside(cls: type, choice: Choice) -> Drawn:
    """The optional fields of an entry within an entry: some of them, as the choice says."""
    words = [w for n, w in enumerate(optional(cls)) if choice.shape >> n & 1]
    return tuple((w, Choice(choice.shape // 2, choice.size)) for w in words)


# ── what prenup accepts ─────────────────────────────────────────────────────────────────────────────────────────────


def setting(scene_parties: tuple[str, ...] = PARTIES[:2]) -> dict[str, Any]:
    """A deal that any entry can stand in."""
    return {
        "deal": "A deal of chance",
        "currency": "USD",
        "clock": dict(CLOCK),
        "parties": {name: {"discount": f"{7 + n}%"} for n, name in enumerate(scene_parties)},
        "numbers": {"known_rate": "12%", "unknown_rate": "10% to 30%"},
        "drivers": {
            "sales": {"kind": "gbm", "start": "<40000000>/yr", "drift": "10%", "volatility": "30%"},
            "usage": {"kind": "growth", "start": "<20000000>/yr", "growth": "80%", "volatility": "20%"},
        },
        "events": {"turn": {"kind": "window", "from": "2025-05-01", "to": "2026-03-31", "probability": "50%"}},
        "terms": {},
    }


def in_scale(node: Any, scale: int = 1) -> Any:
    """A deal with its money written out, in a currency of which `scale` units are one."""
    if isinstance(node, dict):
        return {in_scale(k, scale): in_scale(v, scale) for k, v in node.items()}
    if isinstance(node, list):
        return [in_scale(item, scale) for item in node]
    return MARK.sub(lambda m: f"${int(m[1]) * scale}", node) if isinstance(node, str) else node


@functools.cache
def accepts(group: str, kind: str, drawn: Drawn) -> bool:
    """Whether prenup takes an entry of this kind with these fields."""
    deal = setting()
    deal["terms"]["other"] = {"kind": "fee", "payer": "alpha", "payee": "beta", "amount": "<1000000>/yr"}
    deal[group]["entry"] = {"kind": kind, **entry(kinds(PACKAGES[group])[kind], drawn, CANONICAL)}
    try:
        made(in_scale(deal))
    except DealError:
        return False
    return True


@functools.cache
def shapes_that_work(group: str, kind: str, word: str) -> tuple[int, ...]:
    """The shapes in which a field can be written, with the least that the kind needs besides."""
    least = least_of(group, kind, word)
    base = tuple(pair for pair in least if pair[0] != word)
    return tuple(n for n in range(SHAPES_EACH) if accepts(group, kind, in_order((*base, (word, Choice(n, 7))))))


@functools.cache
def least_of(group: str, kind: str, word: str = "") -> Drawn:
    """The fewest fields, beside the one in question, with which a kind is accepted."""
    cls = kinds(PACKAGES[group])[kind]
    for shape in range(SHAPES_EACH):
        base = tuple((w, Choice(shape, 7)) for w in required(cls))
        for more in [(), *((w,) for w in optional(cls) if w != word)]:
            for other in range(SHAPES_EACH if more else 1):
                drawn = in_order((*base, *((w, Choice(other, 7)) for w in more)))
                if accepts(group, kind, drawn):
                    return drawn
    raise AssertionError(f"no {kind} of {group} can be built from its declared fields: teach generating.py the new shape")


def in_order(drawn: Drawn) -> Drawn:
    return tuple(sorted(drawn, key=lambda pair: pair[0]))


@functools.cache
def settled(group: str, kind: str, shapes: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """The drawn fields and shapes, or what is left of them when shapes are mended and fields at odds left out."""

    def taken(words: Mapping[str, int]) -> bool:
        return accepts(group, kind, in_order(tuple((w, Choice(n, 7)) for w, n in words.items())))

    words = dict(shapes)
    if taken(words):
        return shapes
    result = {w: choice.shape for w, choice in least_of(group, kind)}
    for word, shape in words.items():
        work = shapes_that_work(group, kind, word)
        if work:
            wider = {**result, word: shape if shape in work else work[shape % len(work)]}
            result = wider if taken(wider) else result
    return tuple(sorted(result.items()))


@st.composite
def drawn_entries(draw: st.DrawFn, group: str, kind: str, scene: Scene, with_: tuple[str, ...] = ()) -> dict[str, Any]:
    """An entry of a kind: any of its optional fields, in any of its shapes, and those in `with_`."""
    cls = kinds(PACKAGES[group])[kind]
    free = optional(cls)
    some = draw(st.lists(st.sampled_from(free), unique=True, min_size=min(3, len(free)), max_size=6)) if free else []
    words = sorted({*with_, *required(cls), *some})
    shapes = tuple((word, draw(st.integers(0, SHAPES_EACH - 1))) for word in words)
    size = draw(st.integers(0, 40))
    drawn = tuple((w, Choice(n, size)) for w, n in settled(group, kind, shapes))
    return {"kind": kind, **entry(cls, drawn, scene)}


# ── deals ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def deals(draw: st.DrawFn, n_terms: int = 4, special: bool = True, with_: tuple[str, ...] = ()) -> dict[str, Any]:
    """A deal of 2 to 4 parties: drivers, perhaps correlated, events that act, rows, terms, money still in marks.

    `special` adds an investment in credits and a supply that draws them; `with_` are fields that every clause that
    knows them should have.
    """
    parties = PARTIES[: draw(st.integers(2, 4))]
    deal = setting(parties)
    if draw(st.booleans()):
        deal["parties"]["alpha"]["cash"] = "<500000000>"
    others = list(kinds(PACKAGES["drivers"]))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(others))
        deal["drivers"]["price"] = draw(drawn_entries("drivers", kind, CANONICAL))
    if draw(st.booleans()):
        deal["correlations"] = {"between": ["sales", "usage"], "matrix": [[1, 0.6], [0.6, 1]]}
    kind = draw(st.sampled_from([*kinds(PACKAGES["events"])]))
    event = draw(drawn_entries("events", kind, CANONICAL, with_=("lasts",)))
    event["effects"] = {"usage": {"scale": f"{draw(st.sampled_from([40, 160]))}%"}}
    deal["events"]["shock"] = event
    deal["rows"] = {
        "margin": "30% * sales - usage / 4",
        "market": {"value": "5% * sales", "payer": "world", "payee": "alpha"},
    }
    some = draw(st.permutations([*kinds(PACKAGES["terms"])]))[:n_terms]
    names = tuple(f"clause_{n}" for n in range(n_terms))
    for name, kind in zip(names, some, strict=True):
        payer, payee = draw(st.permutations(parties))[:2]
        scene = Scene(payer, payee, tuple(n for n in names if n != name))
        usable = tuple(word for word in with_ if word in optional(kinds(PACKAGES["terms"])[kind]))
        deal["terms"][name] = draw(drawn_entries("terms", kind, scene, usable))
    if special:
        deal["terms"].update(draw(credit_clauses()))
    return deal


@st.composite
def credit_clauses(draw: st.DrawFn) -> dict[str, Any]:
    """Credits granted by one party to another, and drawn by it."""
    n = draw(st.integers(1, 20))
    tranches = [
        {"amount": f"<{n * 1_000_000}>", "on": draw(st.sampled_from(["2025-03-31", "turn"])), "paid_in": "credits"},
        {"amount": f"<{n * 500_000}>", "on": "2025-08-31", "paid_in": draw(st.sampled_from(["credits", "cash"]))},
    ]
    pool: dict[str, Any] = {"kind": "investment", "payer": "beta", "payee": "alpha", "tranches": tranches}
    if draw(st.booleans()):
        pool["credits_before"] = f"<{draw(st.integers(1, 5)) * 1_000_000}>"
    drawing = {"kind": "supply", "payer": "alpha", "payee": "beta", "demand": "usage", "credits": "pool"}
    drawing["credits_for"] = draw(st.sampled_from(["100%", "40%", "0%"]))
    drawing["discount"] = draw(st.sampled_from(["0%", "25%"]))
    return {"pool": pool, "compute": drawing}
