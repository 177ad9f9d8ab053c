"""The transaction log of an OCF package, replayed day by day: what is outstanding in the end, and whose it is."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from prenup.exchange._error import ExchangeError
from prenup.exchange._item import REMEDY, Item, shown
from prenup.exchange._notes import Notes
from prenup.exchange._package import Package

_TRANSACTION = re.compile(
    "TX_(STOCK|EQUITY_COMPENSATION|WARRANT|CONVERTIBLE)_(ISSUANCE|ACCEPTANCE|CANCELLATION|RETRACTION|TRANSFER|CONVERSION|"
    "EXERCISE|RELEASE|REPURCHASE|REISSUANCE|CONSOLIDATION|REPRICING)"
)

SPLIT_SPREADS = (
    "Some splits are taken to reach all that turns into the split class (options, plans, warrants, the ratio of preferred), "
    "since the log doesn't say otherwise: {names}."
)
LATER = "Some transactions are dated after the day of the table and were left out: {names}."
AUTHORIZED = "Some changes of how many units are authorised have no place in a deal file: {names}."
ACCELERATED = "Some vesting events and accelerations are not carried: {names}."
MANY_CLASSES = "Some plans grant units of several classes; the first is taken: {names}."


@dataclass
class Security:
    """One certificate, grant, warrant or convertible: `amount` is in units, or in money for a convertible."""

    item: Item
    family: str
    holder: str
    amount: Fraction | None
    day: datetime.date
    class_id: str = ""
    plan_id: str = ""
    strike: Fraction | None = None
    partly: bool = False


@dataclass
class StockClass:
    """A class as it stands: price in money a unit, common units for one of its own, and the class it turns into."""

    item: Item
    price: Fraction | None
    ratio: Fraction = Fraction(1)
    into: str = ""


@dataclass
class Plan:
    """A plan as it stands: units reserved and units used up by grants."""

    item: Item
    reserved: Fraction
    class_id: str
    used: Fraction = Fraction(0)


@dataclass
class Log:
    """What stands at the end of the replay, by id; `starts` says when vesting began, which may be before the grant."""

    stakeholders: Mapping[str, Item]
    classes: dict[str, StockClass]
    plans: dict[str, Plan]
    securities: dict[str, Security] = field(default_factory=dict)
    issued: dict[str, Item] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    starts: dict[str, datetime.date] = field(default_factory=dict)


def fixed_amount(warrant: Item) -> Fraction | None:
    """Units of a warrant: its quantity, or the fixed amount of one of its triggers."""
    if warrant.has("quantity"):
        return warrant.number("quantity")
    for trigger in warrant.inners("exercise_triggers"):
        mechanism = trigger.inner("conversion_right").inner("conversion_mechanism")
        if mechanism.has("converts_to_quantity"):
            return mechanism.number("converts_to_quantity")
    return None


def _classes(package: Package, notes: Notes) -> dict[str, StockClass]:
    found: dict[str, StockClass] = {}
    for name, item in package.by_id("stock_classes_files").items():
        stock = StockClass(item, item.maybe_money("price_per_share"))
        for right in item.inners("conversion_rights"):
            mechanism = right.inner("conversion_mechanism")
            if mechanism.has("ratio"):
                stock.ratio, stock.into = mechanism.ratio("ratio"), right.maybe_text("converts_to_stock_class_id")
                break
            notes.add("Some classes convert as custom text says, which is not carried: {names}.", item.text("name"))
        found[name] = stock
    common = [name for name, stock in found.items() if stock.item.data.get("class_type") == "COMMON"]
    for stock in found.values():
        if not stock.into and len(common) == 1 and stock.item.data.get("class_type") == "PREFERRED":
            stock.into = common[0]
    return found


def _plans(package: Package, classes: Mapping[str, StockClass], notes: Notes) -> dict[str, Plan]:
    found: dict[str, Plan] = {}
    for name, item in package.by_id("stock_plans_files").items():
        ids = item.texts("stock_class_ids") or [text for text in [item.maybe_text("stock_class_id")] if text]
        if not all(one in classes for one in ids):
            raise item.fault("stock_class_ids", "ids of stock classes in the package")
        if len(ids) > 1:
            notes.add(MANY_CLASSES, item.text("plan_name"))
        found[name] = Plan(item, item.number("initial_shares_reserved"), ids[0] if ids else "")
    return found


class _Replay:
    """Takes the transactions one by one."""

    def __init__(self, package: Package, until: datetime.date, notes: Notes) -> None:
        classes = _classes(package, notes)
        self.log = Log(package.by_id("stakeholders_files"), classes, _plans(package, classes, notes))
        self.until, self.notes = until, notes
        self.transactions = [self._normal(item) for item in package.items["transactions_files"]]
        self.reissued: set[tuple[str, str]] = set()
        self._survey()

    @staticmethod
    def _normal(item: Item) -> tuple[str, Item]:
        return item.text("object_type").replace("TX_PLAN_SECURITY_", "TX_EQUITY_COMPENSATION_"), item

    def _survey(self) -> None:
        """What the log says as a whole: which securities it issues, and which of them continue another."""
        log = self.log
        for kind, item in self.transactions:
            if kind.endswith("_ISSUANCE"):
                name = item.text("security_id")
                if name in log.issued:
                    raise ExchangeError(f"{item.file}: security {shown(name)} is issued twice; give each issuance its own id.")
                log.issued[name] = item
            elif kind == "TX_STOCK_PLAN_RETURN_TO_POOL":
                log.returned.add(item.text("security_id"))
            elif kind == "TX_VESTING_START":
                log.starts[item.text("security_id")] = item.day("date")
        for _kind, item in self.transactions:
            results = item.texts("resulting_security_ids") + [
                item.text(key) for key in ("balance_security_id", "resulting_security_id") if item.has(key)
            ]
            for name in results:
                if name not in log.issued:
                    raise ExchangeError(
                        f"{item.file}: {item.label} results in security {shown(name)}, but no issuance of it is in the log; "
                        "add the issuance, or export the package again, whole."
                    )
                log.inherited.add(name)
                if item.has("split_transaction_id"):
                    self.reissued.add((item.text("split_transaction_id"), name))

    def run(self) -> Log:
        """Every transaction up to the day, in order: splits of a day first, then issuances, then the rest."""
        phases = {"TX_STOCK_CLASS_SPLIT": 0}
        dated = [(item.day("date"), kind, item) for kind, item in self.transactions]
        dated.sort(key=lambda entry: (entry[0], phases.get(entry[1], 1 if entry[1].endswith("_ISSUANCE") else 2)))
        for day, kind, item in dated:
            if day > self.until:
                self.notes.add(LATER, str(item.data.get("id", kind)))
            else:
                self._take(kind, item)
        return self.log

    def _take(self, kind: str, item: Item) -> None:
        match = _TRANSACTION.fullmatch(kind)
        if match is not None:
            family, verb = match.groups()
            if verb == "ISSUANCE":
                self._issue(family, item)
            elif verb == "CONSOLIDATION":
                for name in item.texts("security_ids"):
                    del self.log.securities[self._known(item, name)]
            elif verb == "REPRICING":
                self._security(item).strike = item.money("new_exercise_price")
            elif verb == "ACCEPTANCE":
                self._must_be_issued(item, item.text("security_id"))
            else:
                self._reduce(verb, item)
        elif kind.startswith(("TX_STOCK_CLASS_", "TX_STOCK_PLAN_")):
            self._adjust(kind, item)
        elif kind.startswith("TX_VESTING_"):
            self._must_be_issued(item, item.text("security_id"))
            if kind != "TX_VESTING_START":
                self.notes.add(ACCELERATED, item.text("id"))
        elif kind == "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT":
            self.notes.add(AUTHORIZED, item.text("id"))
        elif not kind.startswith("CE_"):
            raise item.fault("object_type", "a transaction that OCF 1.2 knows")

    def _must_be_issued(self, item: Item, name: str) -> None:
        if name not in self.log.issued:
            raise ExchangeError(
                f"{item.file}: {item.label} is about security {shown(name)}, but no issuance of it is in the log; "
                "add the issuance, or export the package again, whole."
            )

    def _known(self, item: Item, name: str) -> str:
        """The id of a security that is outstanding. Raises ExchangeError."""
        self._must_be_issued(item, name)
        if name not in self.log.securities:
            raise ExchangeError(
                f"{item.file}: {item.label} is about security {shown(name)}, which is not outstanding on {item.day('date')}: "
                f"not issued yet, or already closed by another transaction; {REMEDY}."
            )
        return name

    def _security(self, item: Item) -> Security:
        return self.log.securities[self._known(item, item.text("security_id"))]

    def _issue(self, family: str, item: Item) -> None:
        log, name = self.log, item.text("security_id")
        holder = item.text("stakeholder_id")
        if holder not in log.stakeholders:
            raise item.fault("stakeholder_id", "the id of a stakeholder in the package")
        if family == "CONVERTIBLE":
            amount: Fraction | None = item.money("investment_amount")
        else:
            amount = fixed_amount(item) if family == "WARRANT" else item.number("quantity")
        security = Security(item, family, holder, amount, item.day("date"))
        if family == "STOCK" or item.has("stock_class_id"):
            security.class_id = item.text("stock_class_id")
            if security.class_id not in log.classes:
                raise item.fault("stock_class_id", "the id of a stock class in the package")
        if item.has("stock_plan_id"):
            plan = log.plans.get(item.text("stock_plan_id"))
            if plan is None:
                raise item.fault("stock_plan_id", "the id of a stock plan in the package")
            security.plan_id = item.text("stock_plan_id")
            security.class_id = security.class_id or plan.class_id
            if name not in log.inherited:
                plan.used += amount or 0
        if family == "EQUITY_COMPENSATION":
            security.strike = item.maybe_money("exercise_price") if item.has("exercise_price") else item.maybe_money("base_price")
        elif family == "WARRANT":
            security.strike = item.maybe_money("exercise_price")
            rights = [trigger.inner("conversion_right") for trigger in item.inners("exercise_triggers")]
            security.class_id = next((right.text(key) for right in rights if right.has(key := "converts_to_stock_class_id")), "")
        log.securities[name] = security

    def _reduce(self, verb: str, item: Item) -> None:
        """A transaction that takes from a security: part of it where it says how much, or all of it.

        What remains is in a balance security with its own issuance, if one is named; otherwise it stays where it is.
        """
        security, name = self._security(item), item.text("security_id")
        taken = security.amount
        money = security.family == "CONVERTIBLE"
        if money and item.has("amount"):
            taken = item.money("amount")
        elif not money and (item.has("quantity") or item.has("quantity_converted")):
            taken = item.number("quantity" if item.has("quantity") else "quantity_converted")
        if taken is not None and security.amount is not None and taken > security.amount:
            held, asked = float(security.amount), float(taken)
            raise ExchangeError(f"{item.file}: {item.label} takes {asked:g} of {shown(name)}, which has {held:g}; {REMEDY}.")
        if verb in ("CANCELLATION", "RETRACTION", "REPURCHASE"):
            self._return(security, name, taken or Fraction(0), always=verb == "RETRACTION")
        if item.has("balance_security_id") or taken is None or taken == security.amount:
            del self.log.securities[name]
        elif security.amount is not None:
            security.amount, security.partly = security.amount - taken, True

    def _return(self, security: Security, name: str, units: Fraction, *, always: bool) -> None:
        """Put cancelled units back into their plan, where the plan says so or says nothing."""
        if security.plan_id and name not in self.log.returned:
            plan = self.log.plans[security.plan_id]
            if always or plan.item.data.get("default_cancellation_behavior") in (None, "RETURN_TO_POOL"):
                plan.used -= units

    def _adjust(self, kind: str, item: Item) -> None:
        """A transaction on a class or a plan."""
        group = "classes" if kind.startswith("TX_STOCK_CLASS_") else "plans"
        key = "stock_class_id" if group == "classes" else "stock_plan_id"
        name = item.text(key)
        if name not in getattr(self.log, group):
            raise item.fault(key, f"the id of a stock {'class' if group == 'classes' else 'plan'} in the package")
        if kind == "TX_STOCK_CLASS_SPLIT":
            self._split(name, item)
        elif kind == "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT":
            self.log.classes[name].ratio = item.inner("new_ratio_conversion_mechanism").ratio("ratio")
        elif kind == "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT":
            self.notes.add(AUTHORIZED, item.text("id"))
        elif kind == "TX_STOCK_PLAN_POOL_ADJUSTMENT":
            self.log.plans[name].reserved = item.number("shares_reserved")
        elif kind == "TX_STOCK_PLAN_RETURN_TO_POOL":
            self._must_be_issued(item, item.text("security_id"))
            self.log.plans[name].used -= item.number("quantity")
        else:
            raise item.fault("object_type", "a transaction that OCF 1.2 knows")

    def _split(self, name: str, item: Item) -> None:
        """New units for old: of the class, and of all that turns into it."""
        log, ratio, split = self.log, item.ratio("split_ratio"), item.text("id")
        stock = log.classes[name]
        stock.price = stock.price / ratio if stock.price is not None else None
        stock.ratio /= ratio if stock.into else 1
        spread = False
        for other in log.classes.values():
            if other.into == name:
                other.ratio, spread = other.ratio * ratio, True
        for plan in log.plans.values():
            if plan.class_id == name:
                plan.reserved, plan.used, spread = plan.reserved * ratio, plan.used * ratio, True
        for known, security in log.securities.items():
            if security.class_id != name or security.amount is None or (split, known) in self.reissued:
                continue
            security.amount *= ratio
            security.strike = security.strike / ratio if security.strike is not None else None
            spread = spread or security.family != "STOCK"
        if spread:
            self.notes.add(SPLIT_SPREADS, f"{stock.item.text('name')} on {item.day('date')}")


def replay(package: Package, until: datetime.date, notes: Notes) -> Log:
    """Replay the transactions up to and with a day.

    Raises:
        ExchangeError: a transaction is about something that isn't there, or takes more than there is.
    """
    return _Replay(package, until, notes).run()
