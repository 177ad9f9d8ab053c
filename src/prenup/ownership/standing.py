"""Where a cap table stands while its actions are written, one after the other, month by month.

What no action changes is worked out once. The rest is kept in rows: `CLASS.units`, `CLASS.HOLDER` where holdings change,
`CLASS.ratio`, `CLASS.price`, and `CLASS.converted` for what has become units. An action reads how things stand after those before
it, and says how they stand after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from prenup.base.quantity import Number
from prenup.base.units import BOOL, DATE, NUMBER, YEAR
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.pricing import Form, Offer, priced
from prenup.sheet.builder import Builder
from prenup.sheet.expr import INFINITY, ONE, ZERO, Const, Expr, Ref, call, least, total, where_
from prenup.sheet.formula import Value
from prenup.terms.profit_share import ProfitShare

YEAR_OF_DAYS = 365.25 / 365.0
"""Interest counts days over 365, the Actual/365 convention; dates of a sheet are counted in years of 365.25."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the actions of a table change: units of classes, holders whose holdings change, ratios, prices, conversions."""

    units: frozenset[str] = frozenset()
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ratios: frozenset[str] = frozenset()
    prices: frozenset[str] = frozenset()
    converted: frozenset[str] = frozenset()
    turns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By class, the classes that turn into it: whoever comes to hold one of these may come to hold it."""
    becomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By safe or note, the classes whose terms its units may have: that of the action that comes first."""

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            self.units | other.units, _merged(self.holders, other.holders), self.ratios | other.ratios,
            self.prices | other.prices, self.converted | other.converted, _merged(self.turns, other.turns),
            _merged(self.becomes, other.becomes),
        )  # fmt: skip

    def followed(self, classes: Mapping[str, AbstractClass]) -> Changes:
        """The same, with everybody who comes to hold a class by way of others that turn into it."""
        holders = dict(self.holders)
        for _ in classes:  # no way is longer than there are classes
            for into, sources in self.turns.items():
                found = [h for name in sources for h in (*classes[name].holders, *holders.get(name, ()))]
                holders[into] = tuple(dict.fromkeys([*holders.get(into, ()), *found]))
        return replace(self, holders=holders)


def _merged(a: Mapping[str, tuple[str, ...]], b: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dict.fromkeys([*a.get(name, ()), *b.get(name, ())])) for name in dict.fromkeys([*a, *b])}


class Standing:
    """One table as it stands; made by `CapTable.write`, read by classes, changed by actions."""

    def __init__(self, builder: Builder, party: str, classes: Mapping[str, AbstractClass], changes: Changes) -> None:
        self.builder = builder
        self.party = party
        self.classes = classes
        self.changes = changes.followed(classes)
        self.whole = "none"
        self.day: Expr = builder.date
        self.tiers: ProfitShare | None = None
        self.tiers_name = ""
        self.restructured: Expr = Const(0.0, BOOL)
        self.listed: Expr = Const(0.0, BOOL)
        self.earlier: dict[str, list[tuple[Expr, Expr]]] = {}
        self._first: dict[str, Expr] = {}
        self._held_first: dict[str, dict[str, Expr]] = {}
        self._units: dict[str, Expr] = {}
        self._holders: dict[str, dict[str, Expr]] = {}
        self._ratios: dict[str, Expr] = {}
        self._prices: dict[str, Expr] = {}
        self._converted: dict[str, Expr] = {}
        self._turned: dict[str, Expr] = {}
        self._became: dict[str, dict[str, Expr]] = {}
        self._at_caps: dict[str, Expr] = {}
        self._issued_on: dict[str, Expr] = {}

    # ── the beginning and the end of a month ────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """What each class has at first, and how it stood in the month before."""
        own, prev = self.builder.own, self.builder.prev
        for name, entry in self.classes.items():
            held = {holder: self.builder.value(amount) for holder, amount in entry.holders.items()}
            kept = entry.reserved()
            first = total(list(held.values())) if kept is None else self.builder.value(kept)
            self._held_first[name] = held
            self._first[name] = self.builder.once(f"{name}.issued", first, f"units of {name} before the first month")
            changed = name in self.changes.units
            self._units[name] = prev(own(f"{name}.units")) if changed else self._first[name]
            self._holders[name] = {h: prev(own(f"{name}.{h}")) for h in self.changes.holders.get(name, ())}
        for name, entry in self.classes.items():
            price, ratio = entry.known_price(self, name), entry.known_ratio(self)
            self._prices[name] = prev(own(f"{name}.price")) if name in self.changes.prices else price
            self._ratios[name] = prev(own(f"{name}.ratio")) if name in self.changes.ratios else ratio
            if name in self.changes.converted:
                self._converted[name] = prev(own(f"{name}.converted"))
                self._turned[name] = prev(own(f"{name}.turned"))
                targets = self.changes.becomes.get(name, ())
                self._became[name] = {into: prev(own(f"{name}.as.{into}")) for into in targets if len(targets) > 1}

    def finish(self) -> None:
        """The rows that hold how things stand at the month's end."""
        for name, entry in self.classes.items():
            start = self._first[name]
            if name in self.changes.units:
                self.builder.row(f"{name}.units", self._units[name], f"units of {name} outstanding", start=start)
            for holder, units in self._holders[name].items():
                first = self._held_first[name].get(holder, ZERO)
                self.builder.row(f"{name}.{holder}", units, f"units of {name} that {holder} holds", start=first)
            if name in self.changes.prices:
                price, note = entry.known_price(self, name), f"original price of a unit of {name}"
                self.builder.row(f"{name}.price", self._prices[name], note, start=price, unit=self.builder.money)
            elif (price := entry.known_price(self, name)) != ZERO:
                self.builder.row(f"{name}.price", price, f"original price of a unit of {name}", unit=self.builder.money)
            if name in self.changes.ratios:
                ratio = entry.known_ratio(self)
                self.builder.row(f"{name}.ratio", self._ratios[name], f"common units for a unit of {name}", start=ratio)
            if name in self.changes.converted:
                self.builder.row(f"{name}.converted", self._converted[name], f"units that {name} has become", unit=NUMBER)
                note = f"money of {name} that has become units"
                self.builder.row(f"{name}.turned", self._turned[name], note, unit=self.builder.money)
                for into, units in self._became[name].items():
                    self.builder.row(f"{name}.as.{into}", units, f"units of {name} on the terms of {into}", unit=NUMBER)

    # ── what classes and actions read ───────────────────────────────────────────────────────────────────────────

    def units(self, name: str) -> Expr:
        """Units outstanding; of a safe or a note, the money that has not converted."""
        return self._units[name]

    def issued_at_first(self, name: str) -> Expr:
        """Units before the first month."""
        return self._first[name]

    def part(self, name: str, holder: str) -> Expr:
        """What part of a class a holder has."""
        if holder in self._holders[name]:
            units = self._units[name]
            return where_(units > 0.0, self._holders[name][holder] / units, ZERO)
        held = self._held_first[name]
        if holder not in held:
            return ZERO
        return ONE if len(held) == 1 else where_(self._first[name] > 0.0, held[holder] / self._first[name], ZERO)

    def holders(self, name: str) -> tuple[str, ...]:
        """Everybody who holds, or may come to hold, a class."""
        return tuple(dict.fromkeys([*self._held_first[name], *self._holders[name]]))

    def ratio(self, name: str) -> Expr:
        """Common units for one unit."""
        return self._ratios[name]

    def price(self, name: str) -> Expr:
        """The original price of a unit."""
        return self._prices[name]

    def converted(self, name: str) -> Expr:
        """The units that a safe or a note has become."""
        return self._converted.get(name, ZERO)

    def turned(self, name: str) -> Expr:
        """The money of a safe or a note that has become units, with its interest."""
        return self._turned.get(name, ZERO)

    def became(self, name: str) -> dict[str, Expr]:
        """The classes whose terms the units of a safe or a note may have, each with the units that have them."""
        targets = self.changes.becomes.get(name, ())
        return {targets[0]: self.converted(name)} if len(targets) == 1 else self._became.get(name, {})

    def at_caps(self, name: str) -> Expr:
        """The units that a safe or a note would become at its cap, as last worked out by `work_out_caps`."""
        return self._at_caps.get(name, ZERO)

    def work_out_caps(self, wants: Mapping[str, Sequence[Form]], base: Expr) -> None:
        """Work out what safes and notes would become at their caps, as things stand now."""
        self._at_caps = dict(priced(self.builder.row, Offer(base, price=INFINITY), wants).units) if wants else {}

    def own(self, name: str) -> Expr:
        """A row of the table by its short name."""
        return Ref(f"{self.party}.{name}")

    def per_money(self, amount: Expr) -> Expr:
        """An amount of money as a plain number."""
        return amount / Const(1.0, self.builder.money)

    def years_since(self, day: Expr, last: Expr) -> Expr:
        """Years from a day to a later one, days over 365; none before it."""
        passed = (last - day) / Const(1.0, YEAR) * YEAR_OF_DAYS
        return where_(passed > 0.0, passed, ZERO)

    def years_held(self, name: str, since: Value | None, until: Value | None = None) -> Expr:
        """Years since a class was issued: since a stated day, or since the round that issues it; up to a day, if it is given."""
        if since is not None:
            last = self.day if until is None else least(self.day, self.builder.value(until))
            return self.years_since(self.builder.value(since), last)
        return self._issued_on.get(name, self.builder.elapsed / Const(1.0, YEAR))

    def issued_by(self, name: str, event: str) -> None:
        """Remember which action issues a class, so that dividends build up from then on."""
        self._issued_on.setdefault(name, Ref(f"{event}.since") / Const(1.0, YEAR))

    def until(self, day: Value, units: Expr) -> Expr:
        """Units up to a day, none after it."""
        return where_(self.day <= self.builder.value(day), units, ZERO)

    def rounded(self, units: Expr) -> Expr:
        """Units as the law of the table rounds them; a millionth short of a whole one is a whole one."""
        if self.whole == "none":
            return units
        return call("floor", units + (1e-6 if self.whole == "down" else 0.5))

    # ── what actions change ─────────────────────────────────────────────────────────────────────────────────────

    def issue(self, name: str, amounts: Mapping[str, Expr]) -> None:
        """More units of a class, by holder."""
        for holder, amount in amounts.items():
            self._holders[name][holder] = self._holders[name].get(holder, ZERO) + amount
        self._units[name] = self._units[name] + total(list(amounts.values()))

    def enlarge(self, name: str, by: Expr) -> None:
        """More units that nobody holds: of a pool."""
        self._units[name] = self._units[name] + by

    def use(self, name: str, units: Expr) -> None:
        """Units of a class are gone, of every holder alike."""
        before = self._units[name]
        left = where_(before > 0.0, (before - units) / before, ZERO)
        self._holders[name] = {holder: held * left for holder, held in self._holders[name].items()}
        self._units[name] = before - units

    def redeem(self, name: str, when: Expr) -> None:
        """What is outstanding of a class is gone, if `when`; what it has become stays."""
        self._units[name] = where_(when, ZERO, self._units[name])
        for holder, units in self._holders[name].items():
            self._holders[name][holder] = where_(when, ZERO, units)

    def retire(self, name: str, when: Expr) -> None:
        """All units of a class are gone, if `when`, and what it has become too."""
        self.redeem(name, when)
        if name in self.changes.converted:
            self._converted[name] = where_(when, ZERO, self._converted[name])
            self._turned[name] = where_(when, ZERO, self._turned[name])
            self._became[name] = {into: where_(when, ZERO, units) for into, units in self._became[name].items()}

    def convert(self, name: str, when: Expr, units: Expr, due: Expr, into: str) -> None:
        """What is due of a safe or a note turns into units with the terms of the class `into`, if `when`."""
        self._units[name] = where_(when, ZERO, self._units[name])
        self._converted[name] = self._converted[name] + where_(when, units, ZERO)
        self._turned[name] = self._turned[name] + where_(when, due, ZERO)
        if into in self._became[name]:
            self._became[name][into] = self._became[name][into] + where_(when, units, ZERO)

    def reprice(self, name: str, when: Expr, price: Expr, units: Expr) -> None:
        """The original price of a class as a round sets it: the mean by units where it had some; a price that is stated stays."""
        if name not in self.changes.prices:
            return
        before, old = self._units[name], self._prices[name]
        mean = where_(before > 0.0, (before * old + units * price) / (before + units), price)
        self._prices[name] = where_(when, mean, old)

    def adjust(self, name: str, ratio: Expr) -> None:
        """A new number of common units for one unit."""
        self._ratios[name] = ratio


def day_of(on: Value, builder: Builder) -> Expr:
    """The day of an action: the day itself where one is stated, the month's end elsewhere."""
    return builder.value(on) if isinstance(on, Number) and on.unit == DATE else builder.date
