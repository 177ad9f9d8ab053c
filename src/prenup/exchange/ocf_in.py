"""Reads an Open Cap Table Format (OCF) 1.2.0 package: the cap table of a deal file, as outstanding on a day."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from prenup.exchange import _convertible, _side
from prenup.exchange._error import ExchangeError
from prenup.exchange._item import Item
from prenup.exchange._log import Log, Security, StockClass, replay
from prenup.exchange._names import Names, legal
from prenup.exchange._notes import Notes
from prenup.exchange._package import Package, read_package
from prenup.exchange._values import WITHOUT_CAP, plain
from prenup.exchange._vesting import schedule

__all__ = ["ExchangeError", "Imported", "read_ocf"]

NO_PARTICIPATION = (
    "Some preferred classes have no participation cap, and OCF has no other word for participation; they are taken not to "
    "participate: {names}. Write `participation: full` where that is what was agreed."
)
RANKS = "Some preferred classes have ranks between whole numbers; all ranks were renumbered in their order: {names}."
COMMON_TERMS = "Some common classes have a preference, a cap or a conversion ratio, which is not carried: {names}."
RATIO_GRANT = "Some warrants are for units that are not common; they are carried as warrants on common: {names}."
NO_UNITS = "Some warrants have no number of units (a formula, a percentage or a price decides); they were left out: {names}."
UNSURE_UNITS = "Some warrants have a number of units that is an estimate, a minimum or a maximum: {names}."
NO_STRIKE = "Some warrants have no exercise price; 0 was written: {names}."
CASH_SETTLED = "Some stock appreciation rights are settled in cash; they are carried as options: {names}."
EXPIRED = "Some grants are past their expiry but were never cancelled; they are carried: {names}."
PARTLY = "Some grants were used in part while they vest; what is left is taken to vest along the same schedule: {names}."
OVERDRAWN = "Some plans have granted more than they reserve; no pool was written for them: {names}."
NO_PRICE = "Some preferred classes were issued at several prices and state none; the mean was written: {names}."
UNPRICED = "Some preferred classes state no price: {names}. Write `price` where units have been issued."
CORPORATE = "Par values, votes and authorised counts have no place in a deal file: {names}."
GROUPS: Mapping[str, tuple[str, str]] = {
    "stock_legend_templates_files": (
        "Some stock legends (restrictions of transfer, say) are not carried: {names}.",
        "name",
    ),
    "valuations_files": ("Some valuations are not carried: {names}.", "effective_date"),
    "financings_files": ("Some financings are not carried as actions: {names}.", "name"),
    "documents_files": ("Some documents are not carried: {names}.", "id"),
}


@dataclass(frozen=True)
class Imported:
    """A cap table from elsewhere: `section` is its content in a deal file, `party` the name that its company gets there.

    `as_of` is the day on which it stood so, `currency` three letters, `notes` what was not carried, in sentences, and
    `holders` the original name of each holder.
    """

    section: dict[str, Any]
    party: str
    title: str
    as_of: datetime.date
    currency: str
    notes: tuple[str, ...]
    holders: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Group:
    """A class that is being put together: its fields, and what each holder has of it."""

    title: str
    entry: dict[str, Any]
    own: str = ""
    holdings: dict[str, Fraction] = field(default_factory=dict)


class _Import:
    """Turns what stands at the end of the log into classes of a deal file."""

    def __init__(self, package: Package, log: Log, as_of: datetime.date, notes: Notes) -> None:
        self.package, self.log, self.as_of, self.notes = package, log, as_of, notes
        self.side = _side.read_side(package.side)
        self.terms = package.by_id("vesting_terms_files")
        self.groups: dict[object, _Group] = {}
        self.schedules: dict[str, tuple[dict[str, Any] | None, tuple[str, ...]]] = {}
        names = Names()
        self.titles = {known: item.inner("name").text("legal_name") for known, item in log.stakeholders.items()}
        own = {known: names.keep(name) for known, name in self.side.names.items() if known in self.titles}
        self.holders = own | {known: names.give(title, "holder") for known, title in self.titles.items() if known not in own}

    def section(self) -> dict[str, Any]:
        """The content of one entry of `cap_tables:`."""
        self._stock()
        self._family("EQUITY_COMPENSATION", self._grant)
        self._family("WARRANT", self._warrant)
        self._pools()
        self._family("CONVERTIBLE", self._convertible)
        names, classes = Names(self.side.left_out), dict[str, Any]()
        for group in sorted(self.groups.values(), key=lambda group: not group.own):  # names that we gave once go first
            name = names.keep(group.own) if group.own else names.give(group.title, str(group.entry["kind"]))
            entry = {"kind": group.entry["kind"], "title": group.title, **group.entry}
            if group.holdings:
                entry["holders"] = {holder: plain(amount) for holder, amount in sorted(group.holdings.items())}
            classes[name] = self.side.completed(name, entry) if group.own else entry
        return {"classes": self.side.ordered(classes, self.notes)}

    def _family(self, family: str, take: Callable[[str, Security], None]) -> None:
        for known, security in self.log.securities.items():
            if security.family == family:
                take(known, security)

    def _put(self, key: tuple[object, ...], title: str, entry: dict[str, Any], known: str, security: Security) -> None:
        """Add a security to the class that has the same terms."""
        own = self.side.names.get(known, "")
        group = self.groups.setdefault((own, *key), _Group(title, entry, own))
        holder = self.holders[security.holder]
        group.holdings[holder] = group.holdings.get(holder, Fraction(0)) + (security.amount or 0)

    def _stock(self) -> None:
        ranks = self._ranks()
        for known, stock in self.log.classes.items():
            title = stock.item.text("name")
            kind = stock.item.text("class_type")
            if kind not in ("COMMON", "PREFERRED"):
                raise stock.item.fault("class_type", "COMMON or PREFERRED")
            self.notes.add(CORPORATE, title)
            if kind == "COMMON":
                terms = ("liquidation_preference_multiple", "participation_cap_multiple")
                if stock.ratio != 1 or any(stock.item.maybe_number(key) for key in terms):
                    self.notes.add(COMMON_TERMS, title)
                entry: dict[str, Any] = {"kind": "common"}
            else:
                entry = self._preferred(known, stock, ranks[known])
            group = self.groups[known] = _Group(title, entry, self.side.names.get(known, ""))
            for security in self.log.securities.values():
                if security.family == "STOCK" and security.class_id == known:
                    holder = self.holders[security.holder]
                    group.holdings[holder] = group.holdings.get(holder, Fraction(0)) + (security.amount or 0)

    def _ranks(self) -> dict[str, int]:
        """Whole ranks of the preferred classes: their own, or numbered in their order where some are no whole numbers."""
        found = {
            known: stock.item.maybe_number("seniority") or Fraction(0)
            for known, stock in self.log.classes.items()
            if stock.item.data.get("class_type") == "PREFERRED"
        }
        uneven = [known for known, rank in found.items() if rank.denominator != 1]
        for known in uneven:
            self.notes.add(RANKS, self.log.classes[known].item.text("name"))
        order = sorted(set(found.values()))
        return {known: order.index(rank) + 1 if uneven else int(rank) for known, rank in found.items()}

    def _preferred(self, known: str, stock: StockClass, rank: int) -> dict[str, Any]:
        item, entry, title = stock.item, dict[str, Any](kind="preferred"), stock.item.text("name")
        price = stock.price if stock.price is not None else self._mean_price(known, title)
        if price is not None:
            entry["price"] = plain(price)
        multiple = item.maybe_number("liquidation_preference_multiple")
        preference = Fraction(1) if multiple is None else multiple
        entry["preference"] = plain(preference)
        cap = item.maybe_number("participation_cap_multiple")
        if cap is None:
            self.notes.add(NO_PARTICIPATION, title)
        elif cap >= WITHOUT_CAP:
            entry["participation"] = "full"
        elif cap > preference:
            entry |= {"participation": "capped", "participation_cap": plain(cap)}
        entry["seniority"] = rank
        if stock.ratio != 1:
            entry["conversion_ratio"] = plain(stock.ratio)
        return entry

    def _mean_price(self, known: str, title: str) -> Fraction | None:
        """What was paid for a unit, where the class itself does not say."""
        paid = [
            (security.amount or Fraction(0), security.item.money("share_price"))
            for security in self.log.securities.values()
            if security.family == "STOCK" and security.class_id == known and security.item.money("share_price")
        ]
        units = sum((amount for amount, _price in paid), Fraction(0))
        if not units:
            self.notes.add(UNPRICED, title)
            return None
        if len({price for _amount, price in paid}) > 1:
            self.notes.add(NO_PRICE, title)
        return sum((amount * price for amount, price in paid), Fraction(0)) / units

    def _vesting(self, known: str, security: Security) -> dict[str, Any] | None:
        item = security.item
        units = item.maybe_number("quantity") or security.amount or Fraction(0)
        start = self.log.starts.get(known)
        key = repr((item.data.get("vesting_terms_id"), item.data.get("vestings"), units, start, item.day("date")))
        if key not in self.schedules:  # thousands of grants have the same terms
            self.schedules[key] = schedule(item, units, self.terms, start, self.as_of)
        vesting, notes = self.schedules[key]
        for note in notes:
            self.notes.add(note, self._called(item))
        if vesting and security.partly:
            self.notes.add(PARTLY, self._called(item))
        return vesting

    @staticmethod
    def _called(item: Item) -> str:
        return item.maybe_text("custom_id") or item.text("security_id")

    def _grant(self, known: str, security: Security) -> None:
        item, strike = security.item, security.strike or Fraction(0)
        if item.data.get("compensation_type") == "CSAR":
            self.notes.add(CASH_SETTLED, self._called(item))
        expiry = item.maybe_day("expiration_date")
        if expiry is not None and expiry < self.as_of:
            self.notes.add(EXPIRED, self._called(item))
        plan = self.log.plans[security.plan_id].item.text("plan_name") if security.plan_id else "Options"
        vesting = self._vesting(known, security)
        entry: dict[str, Any] = {"kind": "options", "strike": plain(strike)} | ({"vesting": vesting} if vesting else {})
        title = f"{plan} at {plain(strike)}" + (f" from {vesting['from']}" if vesting else "")
        self._put(("options", security.plan_id, strike, repr(vesting)), title, entry, known, security)

    def _warrant(self, known: str, security: Security) -> None:
        item, called = security.item, self._called(security.item)
        if security.amount is None:
            self.notes.add(NO_UNITS, called)
            return
        if security.strike is None:
            self.notes.add(NO_STRIKE, called)
        if item.data.get("quantity_source") in ("HUMAN_ESTIMATED", "MACHINE_ESTIMATED", "INSTRUMENT_MAX", "INSTRUMENT_MIN"):
            self.notes.add(UNSURE_UNITS, called)
        stock = self.log.classes.get(security.class_id)
        if stock is not None and stock.item.data.get("class_type") != "COMMON":
            self.notes.add(RATIO_GRANT, called)
        vesting, expires = self._vesting(known, security), item.maybe_day("warrant_expiration_date")
        strike = plain(security.strike or Fraction(0))
        entry: dict[str, Any] = {"kind": "warrant", "strike": strike}
        entry |= {"expires": expires.isoformat()} if expires else {}
        entry |= {"vesting": vesting} if vesting else {}
        self._put(("warrant", strike, expires, repr(vesting)), f"Warrant at {strike}", entry, known, security)

    def _pools(self) -> None:
        for known, plan in self.log.plans.items():
            units, title = plan.reserved - plan.used, plan.item.text("plan_name")
            if units < 0:
                self.notes.add(OVERDRAWN, title)
            else:
                own = self.side.names.get(known, "")
                self.groups["pool", known] = _Group(f"{title} pool", {"kind": "pool", "units": plain(units)}, own)

    def _convertible(self, known: str, security: Security) -> None:
        entry = _convertible.terms(security.item, self._called(security.item), self.as_of, self.notes)
        title = "Safe" if entry["kind"] == "safe" else "Note"
        title += f" with a cap of {entry['cap']}" if "cap" in entry else ""
        self._put(("convertible", repr(entry)), title, entry, known, security)


def read_ocf(path: Path, until: datetime.date | None = None) -> Imported:
    """Read the cap table that an OCF package (zip or folder) holds, as it stood on `until`; the package's own day if left out.

    Raises:
        ExchangeError: it isn't a sound OCF package; the message names the file inside, what was expected, and a remedy.
    """
    package = read_package(path)
    as_of = until or package.manifest.day("as_of")
    issuer = package.manifest.inner("issuer")
    notes = Notes()
    version = package.manifest.text("ocf_version")
    if version != "1.2.0":
        notes.add(f"The package says that it is OCF {version}; it was read as 1.2.0.")
    built = _Import(package, replay(package, as_of, notes), as_of, notes)
    section = built.section()
    for group, (sentence, key) in GROUPS.items():
        for item in package.items[group]:
            notes.add(sentence, item.maybe_text(key))
    title = issuer.text("legal_name")
    holders = {built.holders[known]: name for known, name in built.titles.items()}
    currency = package.purse.currency or "USD"
    return Imported(section, legal(title, "company"), title, as_of, currency, notes.sentences(), holders)
