"""Cap tables made at random as parts of deal files, and the claims that follow from them by definition, not by the sheet.

Most numbers of a table are unknown, drawn from a few that are round, so that one run of one deal works out many tables, and
that breakpoints, preferences and exit values fall together now and then.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prenup.case import Case
from prenup.engine.run import Settings
from prenup.outcome.run import Run
from prenup.outcome.work_out import work_out
from prenup.ownership.waterfall import Line

Array = NDArray[np.float64]

VIEWS = 64
"""Drawings of a table in one run."""

CLOCK = datetime.date(2025, 1, 1)
EXIT_DAY = datetime.date(2025, 1, 31)


def deal(tables: Mapping[str, Any], months: int = 1, **sections: Any) -> dict[str, Any]:
    """A deal in which every company has its table; `fund` and `angel` are parties too, so that money moves between parties."""
    parties = {name: {"discount": "0%"} for name in (*tables, "fund", "angel")}
    head = {"deal": {"title": "tables"}, "currency": "USD", "as_of": "2024-12-31"}
    clock = {"from": CLOCK.isoformat(), "months": months}
    return {**head, "clock": clock, "parties": parties, "cap_tables": dict(tables), **sections}


def worked_out(case: Case, names: Iterable[str], engine: str, n_views: int = VIEWS, keep: Sequence[str] = ()) -> Run:
    """A run of random views; of the futures of a view, which are alike without a driver, there are two."""
    settings = Settings(2 * n_views, n_views, 7, "random", randomisations=2, engine=engine)
    done = work_out(case.deal, case.sheet, settings, finals=[*names, *case.sheet.unknowns], keep=keep)
    assert done.engine.name == engine, done.engine.note
    assert done.n_unsound == 0
    return done


def by_view(done: Run, name: str) -> Array:
    """A row's last value by view: (view,)."""
    return np.broadcast_to(done.filled.finals[name], done.filled.sound.shape)[..., 0].ravel()


@dataclass
class Drawing:
    """Numbers of one company, drawn from a few each; what each view has drawn is known after the run."""

    random: np.random.Generator
    company: str
    choices: dict[str, list[float]] = field(default_factory=dict)
    drawn: dict[str, Array] = field(default_factory=dict)

    def number(self, path: str, values: Sequence[float], sign: str = "", end: str = "") -> str:
        """A number of the table as a deal file writes it: one of `values` in each view."""
        path = f"cap_tables.{self.company}.{path}"
        self.choices[path] = list(values)
        said = [f"{sign}{value * (100 if end == '%' else 1):.10g}{end}" for value in values]
        return said[0] if len(said) == 1 else f"choice({', '.join(f'{text}: 1' for text in said)})"

    def few(self, values: Iterable[float], n: int = 3) -> list[float]:
        """A few of some values, each once."""
        return [float(v) for v in self.random.permutation(list(values))[:n]]

    def look_up(self, done: Run) -> None:
        """Take what each view has drawn from a run; a number that the sheet has no use for is left out."""
        for path, values in self.choices.items():
            if len(values) == 1:
                self.drawn[path] = np.array(values[0])
            elif path in done.sheet.unknowns:
                self.drawn[path] = by_view(done, path)

    def of(self, path: str) -> Array:
        """What each view has drawn, (view,), or the one number that there is."""
        return self.drawn[f"cap_tables.{self.company}.{path}"]


UNITS = range(1, 7)
MONEY = [n / 2 for n in range(1, 25)]
MULTIPLES = (1, 1.5, 2, 3)


@dataclass
class Exits:
    """A company that is sold in the first month: its table, and the lines of the waterfall by definition."""

    drawing: Drawing
    classes: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Callable[[Drawing], Line]] = field(default_factory=dict)
    loans: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Safes and notes: whether there is a cap, whether it is post-money, the rank, and from when interest runs how."""
    counted: list[Callable[[Drawing], Array]] = field(default_factory=list)
    """Units that a cap counts."""

    def section(self) -> dict[str, Any]:
        values = self.drawing.number("actions.sale.value", self._values(), "$")
        return {"classes": self.classes, "actions": {"sale": {"kind": "exit", "on": EXIT_DAY.isoformat(), "value": values}}}

    def _values(self) -> list[float]:
        """Exit values: nothing, quarters, and some that are far beyond."""
        quarters = self.drawing.few([n / 4 for n in range(1, 500)], 15)
        return [0.0, *quarters, *self.drawing.few(range(200, 2000), 4)]

    def lines(self) -> list[Line]:
        """The claims in the order of the file, each number (view,)."""
        return [claim(self.drawing) for claim in self.claims.values()]

    def loan(self, name: str) -> Line:
        """A safe or a note: the larger of its money (more, with a discount and no cap) and its units at the cap."""
        loan, due = self.loans[name], self._due(name)
        back = due if loan["capped"] else due / (1 - self.drawing.of(f"classes.{name}.discount"))
        return Line(name, preference=back, converts=self._at_caps()[name], seniority=loan["rank"])

    def _due(self, name: str) -> Array:
        loan = self.loans[name]
        money = self.drawing.of(f"classes.{name}.holders.h_{name}")
        if not loan["interest"]:
            return money
        rate, years = self.drawing.of(f"classes.{name}.interest"), loan["days"] / 365
        return money * (1 + rate * years) if loan["simple"] else money * (1 + rate) ** years

    def _at_caps(self) -> dict[str, Array]:
        """Units at the caps by plain repetition: a post-money cap counts all that converts, and the pool is not counted."""
        base = sum((units(self.drawing) for units in self.counted), start=np.zeros(()))
        found = {name: np.zeros(()) for name in self.loans}
        for _ in range(400):
            capital = base + sum(found.values())
            for name, loan in self.loans.items():
                if loan["capped"]:
                    cap = self.drawing.of(f"classes.{name}.cap")
                    found[name] = self._due(name) / cap * (capital if loan["post"] else base)
        return found


PREFERRED = ("plain", "full", "capped")
KINDS = (
    "common",
    *PREFERRED,
    *PREFERRED,
    "options",
    "options",
    "warrant",
    "profit_units",
    "capped_units",
    "pool",
    "safe",
    "note",
)


def exits(random: np.random.Generator, company: str) -> Exits:
    """A company of one to eight classes; one of them is common or residual, so that somebody may have whatever there is."""
    drawing = Drawing(random, company)
    found = Exits(drawing)
    kinds = [str(kind) for kind in random.choice(KINDS, random.integers(0, 8))]
    kinds.insert(int(random.integers(0, len(kinds) + 1)), str(random.choice(["common", "residual"])))
    for number, kind in enumerate(kinds):
        _WRITE.get(kind, _preferred)(found, f"{kind}_{number}", kind)
    return found


def _holders(found: Exits, name: str, values: Sequence[float] = UNITS, sign: str = "") -> dict[str, str]:
    values = found.drawing.few(values)
    return {f"h_{name}": found.drawing.number(f"classes.{name}.holders.h_{name}", values, sign)}


def _common(found: Exits, name: str, kind: str) -> None:
    found.classes[name] = {"kind": kind, "holders": _holders(found, name)}
    found.claims[name] = lambda d: Line(name, shares=d.of(f"classes.{name}.holders.h_{name}"))
    found.counted.append(lambda d: d.of(f"classes.{name}.holders.h_{name}"))


def _residual(found: Exits, name: str, kind: str) -> None:
    found.classes[name] = {"kind": kind, "holders": _holders(found, name, [0.0, 1.0, 2.0])}
    found.claims[name] = lambda d: Line(name, shares=d.of(f"classes.{name}.holders.h_{name}"), residual=True)
    found.counted.append(lambda d: d.of(f"classes.{name}.holders.h_{name}"))


def _preferred(found: Exits, name: str, kind: str) -> None:
    drawing = found.drawing
    rank = int(drawing.random.integers(0, 4))
    ratio = drawing.number(f"classes.{name}.conversion_ratio", drawing.few((1, 1, 1.5, 2), 2), end="x")
    entry = {
        "kind": "preferred", "holders": _holders(found, name), "seniority": rank, "conversion_ratio": ratio,
        "price": drawing.number(f"classes.{name}.price", drawing.few(MONEY), "$"),
        "preference": drawing.number(f"classes.{name}.preference", drawing.few((0, *MULTIPLES), 2), end="x"),
        "participation": {"plain": "none"}.get(kind, kind),
    }  # fmt: skip
    if kind == "capped":
        entry["participation_cap"] = drawing.number(f"classes.{name}.participation_cap", drawing.few((2, 3, 4), 2), end="x")
    found.classes[name] = entry

    def claim(d: Drawing) -> Line:
        units, price = d.of(f"classes.{name}.holders.h_{name}"), d.of(f"classes.{name}.price")
        first = units * price * d.of(f"classes.{name}.preference")
        as_common = units * d.of(f"classes.{name}.conversion_ratio")
        if kind == "full":
            return Line(name, preference=first, shares=as_common, seniority=rank)
        if kind == "plain":
            return Line(name, preference=first, converts=as_common, seniority=rank)
        cap = np.maximum(units * price * d.of(f"classes.{name}.participation_cap"), first)
        return Line(name, preference=first, shares=as_common, cap=cap, converts=as_common, seniority=rank)

    found.claims[name] = claim
    found.counted.append(lambda d: d.of(f"classes.{name}.holders.h_{name}") * d.of(f"classes.{name}.conversion_ratio"))


def _struck(found: Exits, name: str, kind: str) -> None:
    drawing, word = found.drawing, "threshold" if kind == "profit_units" else "strike"
    strike = drawing.number(f"classes.{name}.{word}", drawing.few((0, *MONEY)), "$")
    found.classes[name] = {"kind": kind, "holders": _holders(found, name), word: strike}
    part = 1.0
    if drawing.random.random() < 0.5:  # 24 of 48 months have passed at the end of the first
        found.classes[name]["vesting"] = {"from": "2023-02-01", "over": "4 years"}
        part = 0.5
    found.claims[name] = lambda d: Line(
        name, shares=part * d.of(f"classes.{name}.holders.h_{name}"), strike=d.of(f"classes.{name}.{word}")
    )
    found.counted.append(lambda d: d.of(f"classes.{name}.holders.h_{name}"))


def _capped_units(found: Exits, name: str, kind: str) -> None:
    multiple = found.drawing.number(f"classes.{name}.multiple", found.drawing.few(MULTIPLES, 2), end="x")
    found.classes[name] = {"kind": kind, "holders": _holders(found, name, UNITS, "$"), "multiple": multiple}

    def claim(d: Drawing) -> Line:
        money = d.of(f"classes.{name}.holders.h_{name}")
        return Line(name, shares=money, cap=money * d.of(f"classes.{name}.multiple"))

    found.claims[name] = claim
    found.counted.append(lambda d: d.of(f"classes.{name}.holders.h_{name}"))


def _pool(found: Exits, name: str, kind: str) -> None:
    found.classes[name] = {"kind": kind, "units": found.drawing.number(f"classes.{name}.units", found.drawing.few(UNITS))}


def _loan(found: Exits, name: str, kind: str) -> None:
    drawing = found.drawing
    capped, post = bool(drawing.random.random() < 0.8), bool(drawing.random.random() < 0.6)
    rank = int(drawing.random.integers(0, 4))
    entry = {"kind": kind, "holders": _holders(found, name, UNITS, "$"), "seniority": rank}
    entry["discount"] = drawing.number(f"classes.{name}.discount", drawing.few((0, 0.2, 0.25), 2), end="%")
    loan = found.loans[name] = {"capped": capped, "post": post, "rank": rank, "interest": kind == "note"}
    if capped:
        entry["cap"] = drawing.number(f"classes.{name}.cap", drawing.few((60, 80, 100, 120)), "$")
        entry["cap_basis"] = "post_money" if post else "pre_money"
    if kind == "note":
        since = datetime.date(2024, int(drawing.random.integers(1, 12)), 15)
        loan["days"], loan["simple"] = (EXIT_DAY - since).days, bool(drawing.random.random() < 0.5)
        entry["interest"] = drawing.number(f"classes.{name}.interest", drawing.few((0.02, 0.05, 0.08), 2), end="%")
        entry |= {"since": since.isoformat(), "compounding": "simple" if loan["simple"] else "yearly"}
    found.classes[name] = entry
    found.claims[name] = lambda d: found.loan(name)


_WRITE: dict[str, Callable[[Exits, str, str], None]] = {
    "common": _common, "residual": _residual, "options": _struck, "warrant": _struck, "profit_units": _struck,
    "capped_units": _capped_units, "pool": _pool, "safe": _loan, "note": _loan,
}  # fmt: skip


# ── rounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CONVENTIONS = ("percent_ownership", "pre_money", "dollars_invested")
ROUND_DAY = datetime.date(2025, 1, 20)


@dataclass
class Rounds:
    """A company that raises a priced round in the first month, and what the round's definitions say of it."""

    drawing: Drawing
    classes: dict[str, Any]
    action: dict[str, Any]
    loans: dict[str, dict[str, Any]]

    def section(self) -> dict[str, Any]:
        return {"classes": self.classes, "actions": {"round_b": self.action}}

    def solved(self) -> dict[str, Array]:
        """The price by bisection, and by row of the sheet what follows from it."""
        d = self.drawing
        if "price" in self.action:
            return self._at(d.of("actions.round_b.price"))
        worth = d.of("actions.round_b.pre_money")
        if self.action["convention"] == "dollars_invested":
            worth = worth + sum((self._due(name) for name in self.loans), start=np.zeros(()))
        low, high = np.full(VIEWS, np.log(1e-3)), np.full(VIEWS, np.log(1e3))
        for _ in range(46):
            middle = (low + high) / 2
            found = self._at(np.exp(middle))
            bought = found["base"] if self.action["convention"] == "pre_money" else found["capital"]
            bought = bought + (found["pool"] if self.action.get("pool_counts", "yes") == "yes" else 0.0)
            too_low = np.exp(middle) * bought < worth
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
        return self._at(np.exp((low + high) / 2))

    def _at(self, price: Array) -> dict[str, Array]:
        """Everything that follows from a price, by repetition until nothing moves: caps count what converts at them."""
        d = self.drawing
        common, options = d.of("classes.common.holders.founders"), d.of("classes.options.holders.staff")
        old, ratio, paid = d.of("classes.seed.holders.early"), d.of("classes.seed.conversion_ratio"), d.of("classes.seed.price")
        pool = d.of("classes.pool.units")
        money = d.of("actions.round_b.investors.fund") + d.of("actions.round_b.investors.angel")
        base = common + options + old * ratio + pool
        before = paid / ratio  # the conversion price
        counted = {"broad": base - pool, "narrow": old * ratio}.get(self.classes["seed"]["anti_dilution"], base)
        lowered = before * (counted + money / before) / (counted + money / price)
        if self.classes["seed"]["anti_dilution"] == "full_ratchet":
            lowered = price
        if self.classes["seed"]["anti_dilution"] == "none":
            lowered = before
        gained = old * (paid / np.minimum(lowered, before) - ratio)
        units = {name: np.zeros(()) for name in self.loans}
        growth = np.zeros(())
        for _ in range(60):
            capital = base + gained + sum(units.values())
            if "pool_increase" in self.action:
                growth = d.of("actions.round_b.pool_increase")
            if "pool_after" in self.action:
                part = d.of("actions.round_b.pool_after")
                growth = np.maximum((part * (capital + money / price) - pool) / (1 - part), 0.0)
            units = {name: self._converted(name, price, capital, base + growth) for name in self.loans}
        rows = {f"converts.{name}": amount for name, amount in units.items()}
        return rows | {
            "price": price, "base": base, "capital": base + gained + sum(units.values()), "pool": growth,
            "adjusts.seed": gained / old, "issued.fund": d.of("actions.round_b.investors.fund") / price,
            "issued.angel": d.of("actions.round_b.investors.angel") / price,
        }  # fmt: skip

    def _converted(self, name: str, price: Array, capital: Array, without: Array) -> Array:
        """What is due over the lowest of the prices that were promised."""
        names = list(self.loans)
        found = []
        for other in names[names.index(name) :] if self.loans[name]["mfn"] else [name]:
            prices = price * (1 - self.drawing.of(f"classes.{other}.discount"))
            if self.loans[other]["capped"]:
                cap = self.drawing.of(f"classes.{other}.cap")
                prices = np.minimum(prices, cap / (capital if self.loans[other]["post"] else without))
            found.append(self._due(name) / prices)
        return np.max(np.broadcast_arrays(*found), axis=0)

    def _due(self, name: str) -> Array:
        money, loan = self.drawing.of(f"classes.{name}.holders.h_{name}"), self.loans[name]
        if not loan["interest"]:
            return money
        rate, years = self.drawing.of(f"classes.{name}.interest"), loan["days"] / 365
        return money * (1 + rate * years) if loan["simple"] else money * (1 + rate) ** years


def rounds(random: np.random.Generator, company: str) -> Rounds:
    """A company with common, options, a pool, a seed round that may be protected, and up to five safes and notes."""
    d = Drawing(random, company)
    protection = str(random.choice(["none", "broad", "narrow", "full_ratchet"]))
    classes: dict[str, Any] = {
        "common": {"kind": "common", "holders": {"founders": d.number("classes.common.holders.founders", d.few((6, 7, 8, 9)))}},
        "options": {"kind": "options", "strike": "$0.5", "holders": {"staff": d.number("classes.options.holders.staff", (0, 1))}},
        "pool": {"kind": "pool", "units": d.number("classes.pool.units", d.few((0, 0.5, 1, 2)))},
        "seed": {
            "kind": "preferred", "anti_dilution": protection, "price": d.number("classes.seed.price", d.few((1, 2, 4)), "$"),
            "conversion_ratio": d.number("classes.seed.conversion_ratio", d.few((1, 1.5), 2), end="x"),
            "holders": {"early": d.number("classes.seed.holders.early", d.few((1, 1.5, 2)))},
        },
        "series_b": {"kind": "preferred"},
    }  # fmt: skip
    loans: dict[str, dict[str, Any]] = {}
    for number in range(int(random.integers(0, 6))):
        kind, name = str(random.choice(["safe", "note"])), f"loan_{number}"
        capped, post = bool(random.random() < 0.75), bool(random.random() < 0.6)
        mfn = kind == "safe" and bool(random.random() < 0.6)
        since = datetime.date(2024, int(random.integers(1, 12)), 15)
        loans[name] = {
            "capped": capped, "post": post, "mfn": mfn, "interest": kind == "note",
            "simple": bool(random.random() < 0.5), "days": (ROUND_DAY - since).days,
        }  # fmt: skip
        entry: dict[str, Any] = {
            "kind": kind,
            "holders": {f"h_{name}": d.number(f"classes.{name}.holders.h_{name}", d.few((0.25, 0.5, 1)), "$")},
        }
        entry["discount"] = d.number(f"classes.{name}.discount", d.few((0, 0.1, 0.2, 0.25), 2), end="%")
        if capped:
            entry["cap"] = d.number(f"classes.{name}.cap", d.few((10, 15, 20, 30, 40)), "$")
            entry["cap_basis"] = "post_money" if post else "pre_money"
        if mfn:
            entry["mfn"] = "yes"
        if kind == "note":
            entry["interest"] = d.number(f"classes.{name}.interest", d.few((0.02, 0.05, 0.08), 2), end="%")
            entry |= {"since": since.isoformat(), "compounding": "simple" if loans[name]["simple"] else "yearly"}
        classes[name] = entry
    action: dict[str, Any] = {
        "kind": "round", "on": ROUND_DAY.isoformat(), "class": "series_b", "convention": str(random.choice(CONVENTIONS)),
        "investors": {name: d.number(f"actions.round_b.investors.{name}", d.few((1, 2, 3)), "$") for name in ("fund", "angel")},
    }  # fmt: skip
    if random.random() < 0.85:
        action["pre_money"] = d.number("actions.round_b.pre_money", d.few((24, 30, 40, 60)), "$")
    else:
        action["price"] = d.number("actions.round_b.price", d.few((0.5, 1, 2, 4)), "$")
    match int(random.integers(0, 3)):
        case 0:
            action["pool_increase"] = d.number("actions.round_b.pool_increase", d.few((0.5, 1, 2)))
        case 1:
            action["pool_after"] = d.number("actions.round_b.pool_after", d.few((0.05, 0.1, 0.2)), end="%")
    if random.random() < 0.3:
        action["pool_counts"] = "no"
    return Rounds(d, classes, action, loans)


# ── what happens to a company over months ───────────────────────────────────────────────────────────────────────────


MONTHS = 4


def history(random: np.random.Generator, whole: str = "none") -> dict[str, Any]:
    """The table of a company to which a few things happen, in any order, before it is sold in the last month."""

    def pick(values: Sequence[Any]) -> Any:
        return values[int(random.integers(0, len(values)))]

    def units(low: int = 100, high: int = 900) -> str:
        return str(int(random.integers(low, high)))

    classes: dict[str, Any] = {
        "common": {"kind": "common", "holders": {"founders": units(2000, 8000), "staff": units(), "fund": units()}},
        "pool": {"kind": "pool", "units": units()},
        "options": {"kind": "options", "strike": pick(["$0", "$1", "$3"]), "holders": {"staff": units(), "adviser": units()}},
        "seed": {
            "kind": "preferred", "price": pick(["$1", "$2", "$5"]), "seniority": 1,
            "holders": {"angel": units(), "early": units()}, "participation": pick(["none", "full"]),
            "anti_dilution": pick(["none", "broad", "full_ratchet"]),
        },
        "safe_one": {"kind": "safe", "holders": {"angel": "$500", "early": "$250"}, "cap": pick(["$9000", "$20000"])},
        "note_one": {"kind": "note", "holders": {"early": "$300"}, "discount": "20%", "interest": "7%", "since": "2024-06-30"},
        "series_a": {"kind": "preferred", "seniority": 2, "participation": pick(["none", "full", "capped"])},
        "stock": {"kind": "common"},
    }  # fmt: skip
    if classes["series_a"]["participation"] == "capped":
        classes["series_a"]["participation_cap"] = "2x"
    stated = {"kind": "restructuring", "into": "stock", "units": "10000"}
    kinds = {
        "round": {
            "kind": "round", "class": "series_a", "pre_money": pick(["$12000", "$30000", "$90000"]),
            "investors": {"fund": "$2500", "someone": "$700"}, **pick([{}, {"pool_after": "15%"}, {"pool_increase": "77"}]),
        },
        "second": {"kind": "round", "class": "common", "price": pick(["$0.7", "$4"]), "investors": {"angel": "$333"}},
        "conversion": {"kind": "conversion", "classes": ["seed"], "into": "common"},
        "tender": {"kind": "secondary", "class": "common", "seller": "staff", "buyer": pick(["fund", "newcomer"]),
                   "units": units(50, 1500), "price": "$2"},
        "exercise": {"kind": "exercise", "class": "options", "price": pick(["$2", "$4"]), "into": "common"},
        "redemption": {"kind": "redemption", "class": pick(["seed", "note_one"])},
        "dividend": {"kind": "distribution", "amount": pick(["$500", "$4000"])},
        "restructure": pick([
            {**stated, "by": "units"}, {**stated, "by": "waterfall", "value": "$20000"},
            {**stated, "becomes": {"founders": "30%", "fund": "25.5%"}, "rest": "staff"},
        ]),
    }  # fmt: skip
    names = [str(name) for name in random.permutation(list(kinds))[: int(random.integers(2, 6))]]
    days = sorted(int(month) for month in random.integers(1, MONTHS, len(names)))
    actions = {name: {**kinds[name], "on": f"2025-0{month}-20"} for name, month in zip(names, days, strict=True)}
    actions["sale"] = {
        "kind": "exit",
        "on": f"2025-0{MONTHS}-30",
        "value": pick(["$0", "$2000", "$15000", "uniform($1000, $60000)"]),
    }
    return {"classes": classes, "actions": actions, "whole_units": whole}
