"""The terms of a safe or a note, from the mechanisms that OCF knows."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from prenup.exchange._item import Item
from prenup.exchange._notes import Notes
from prenup.exchange._values import percent, plain

CUSTOM = (
    "Some convertibles convert by custom text, a fixed amount or a percentage, which is not carried; what is left is their "
    "money: {names}."
)
SEVERAL = "Some convertibles have triggers with different terms; those of the first are carried: {names}."
NO_TIMING = "Some safes with a cap do not say whether it is pre- or post-money; post-money is taken: {names}."
NOTE_BASIS = "OCF does not say whether the cap of a note is pre- or post-money; pre-money is taken: {names}."
SENIORITY = "Some convertibles rank behind others, which is not carried: {names}. Write `seniority` by hand."
RATES = "Some notes change their interest rate; the rate on the day of the table is carried from when it began: {names}."
COMPOUNDS = "Some notes compound more often than yearly; the yearly rate that comes to the same is carried: {names}."
CASH = "Some notes pay their interest in cash; they are carried as if it built up: {names}."
THIRTY = "Some notes count days as 30/360; they are carried as days over 365: {names}."
CONVERTS = "Some notes convert at maturity; a deal file has them repaid or run on, or convert by an action: {names}."
MFN_NOTE = "Some notes are most favoured, which a deal file knows of safes alone: {names}."
EXIT = "Some convertibles have a multiple at an exit, which is not carried: {names}."
PRO_RATA = "Some convertibles give a right to buy in the next round, which is not carried: {names}."
CAPITAL = "Some convertibles define the capital in words or rules of their own, which are not carried: {names}."

PERIODS = {"DAILY": 365, "MONTHLY": 12, "QUARTERLY": 4, "SEMI_ANNUAL": 2, "ANNUAL": 1}
"""Periods of interest in a year."""

HIGHEST_RATE = 10
"""1,000 % a year."""

FORMS = ("SAFE_CONVERSION", "CONVERTIBLE_NOTE_CONVERSION")


def _mechanism(item: Item, called: str, notes: Notes) -> Item | None:
    """The first mechanism that a deal file knows."""
    every = [trigger.inner("conversion_right").inner("conversion_mechanism") for trigger in item.inners("conversion_triggers")]
    known = [mechanism for mechanism in every if mechanism.data.get("type") in FORMS]
    if len(known) < len(every) or not every:
        notes.add(CUSTOM, called)
    if any(mechanism.data != known[0].data for mechanism in known):
        notes.add(SEVERAL, called)
    return known[0] if known else None


def terms(item: Item, called: str, as_of: datetime.date, notes: Notes) -> dict[str, Any]:
    """The fields of a `safe` or a `note` in a deal file, less its holders.

    Raises:
        ExchangeError: a field is missing or not what it should be.
    """
    mechanism = _mechanism(item, called, notes)
    is_note = item.text("convertible_type") == "NOTE" or (
        mechanism is not None and mechanism.data.get("type") == FORMS[1] and item.text("convertible_type") != "SAFE"
    )
    entry: dict[str, Any] = {"kind": "note" if is_note else "safe"}
    if (item.maybe_number("seniority") or 1) > 1:
        notes.add(SENIORITY, called)
    if item.has("pro_rata"):
        notes.add(PRO_RATA, called)
    if mechanism is not None:
        _conversion(mechanism, entry, called, notes)
        if is_note and mechanism.data.get("type") == FORMS[1]:
            _interest(mechanism, entry, as_of, called, notes)
    if is_note:
        _maturity(item, entry, called, notes)
    return entry


def _conversion(mechanism: Item, entry: dict[str, Any], called: str, notes: Notes) -> None:
    """Cap, discount and most favoured nation."""
    cap, discount = mechanism.maybe_money("conversion_valuation_cap"), mechanism.maybe_number("conversion_discount")
    is_safe = entry["kind"] == "safe"
    if cap is not None:
        entry["cap"] = plain(cap)
        timing = mechanism.data.get("conversion_timing")
        if timing is None and "conversion_post_money" in mechanism.data:  # as in version 1.0
            timing = "POST_MONEY" if mechanism.flag("conversion_post_money") else "PRE_MONEY"
        if timing is not None:
            entry["cap_basis"] = "pre_money" if timing == "PRE_MONEY" else "post_money"
        elif is_safe:
            entry["cap_basis"] = "post_money"
            notes.add(NO_TIMING, called)
        else:
            notes.add(NOTE_BASIS, called)
    if discount:
        if discount >= 1:
            raise mechanism.fault("conversion_discount", "a fraction below 1, such as 0.2 for 20%")
        entry["discount"] = percent(discount)
    if mechanism.flag("conversion_mfn"):
        if is_safe:
            entry["mfn"] = True
        else:
            notes.add(MFN_NOTE, called)
    if mechanism.has("exit_multiple"):
        notes.add(EXIT, called)
    if any(mechanism.has(key) for key in ("capitalization_definition", "capitalization_definition_rules")):
        notes.add(CAPITAL, called)


def _interest(mechanism: Item, entry: dict[str, Any], as_of: datetime.date, called: str, notes: Notes) -> None:
    """The rate of a year, how it compounds, and from when."""
    rates = sorted(mechanism.inners("interest_rates"), key=lambda rate: rate.day("accrual_start_date"))
    running = [rate for rate in rates if rate.day("accrual_start_date") <= as_of] or rates[:1]
    if len(rates) > 1 or any(rate.has("accrual_end_date") for rate in rates):
        notes.add(RATES, called)
    if not running or not running[-1].number("rate"):
        return
    rate, start = running[-1].number("rate"), running[-1].day("accrual_start_date")
    if rate > HIGHEST_RATE:
        raise running[-1].fault("rate", "a fraction a year, such as 0.08 for 8%")
    if mechanism.data.get("compounding_type") == "COMPOUNDING":
        periods = PERIODS.get(mechanism.text("interest_accrual_period"))
        if periods is None:
            raise mechanism.fault("interest_accrual_period", f"one of {', '.join(PERIODS)}")
        if periods > 1:
            rate = Fraction((1.0 + float(rate) / periods) ** periods - 1.0)
            notes.add(COMPOUNDS, called)
        entry["compounding"] = "yearly"
    entry |= {"interest": percent(rate), "since": start.isoformat()}
    if mechanism.data.get("interest_payout") == "CASH":
        notes.add(CASH, called)
    if mechanism.data.get("day_count_convention") == "30_360":
        notes.add(THIRTY, called)


def _maturity(item: Item, entry: dict[str, Any], called: str, notes: Notes) -> None:
    """The day on which a note is due: where it converts on a date, or until when its holder may convert it."""
    for trigger in item.inners("conversion_triggers"):
        if trigger.data.get("type") == "AUTOMATIC_ON_DATE":
            entry["maturity"] = trigger.day("trigger_date").isoformat()
            notes.add(CONVERTS, called)
            return
    ends = [trigger.day("end_date") for trigger in item.inners("conversion_triggers") if trigger.has("end_date")]
    if ends:
        entry["maturity"] = max(ends).isoformat()
