"""The terms of a safe or a note as the mechanisms that OCF knows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from prenup.exchange._error import ExchangeError
from prenup.exchange._notes import Notes
from prenup.exchange._table import ExportClass, ExportTable
from prenup.exchange._values import decimal, percent

NOTE_BASIS = "Some notes have a cap; OCF does not say whether it is pre- or post-money: {names}."
MATURITY = (
    "Some notes fall due; OCF has no word for it, and the end of the holder's right to convert stands for the day: {names}."
)
SAFE_MATURITY = "Some safes have interest or a maturity, which OCF gives to notes alone: {names}."
NEXT_ROUND = "the next round in which the company sells preferred units"


def percentage(fraction: float) -> str:
    """A fraction as a deal file writes it: 0.05 is 5%."""
    return percent(Fraction(repr(fraction)))


def ranks(table: ExportTable) -> dict[str, int]:
    """Ranks of safes and notes as OCF counts them: 1 is paid first, where a deal file pays the highest first."""
    known = {entry.name: _seniority(entry) for entry in table.classes if entry.kind in ("safe", "note")}
    order = sorted(set(known.values()), reverse=True)
    return {name: order.index(rank) + 1 for name, rank in known.items()}


def _seniority(entry: ExportClass) -> float:
    """As stated, or what a deal file takes where nothing is: debt stands before units."""
    return entry.seniority if entry.seniority is not None else (100.0 if entry.kind == "note" else 1.0)


def _fraction(value: float, what: str) -> str:
    if value > 1:
        raise ExchangeError(f"{what} is {value}, but OCF takes fractions from 0 to 1; correct it in the deal file.")
    return decimal(value, what)


def triggers(entry: ExportClass, name: str, table: ExportTable, notes: Notes) -> list[dict[str, Any]]:
    """How a safe or a note converts: at the next round, and for a note that falls due at will until then.

    Raises:
        ExchangeError: a rate or a discount above one, or a number below zero.
    """
    mechanism = _note(entry, table, notes) if entry.kind == "note" else _safe(entry, notes)
    if entry.discount:
        mechanism["conversion_discount"] = _fraction(entry.discount, f"the discount of {entry.name}")
    if entry.cap is not None:
        amount = decimal(entry.cap, f"the cap of {entry.name}")
        mechanism["conversion_valuation_cap"] = {"amount": amount, "currency": table.currency}
    right = {"type": "CONVERTIBLE_CONVERSION_RIGHT", "conversion_mechanism": mechanism, "converts_to_future_round": True}
    found: list[dict[str, Any]] = [
        {
            "type": "AUTOMATIC_ON_CONDITION",
            "trigger_id": f"{name}.round",
            "trigger_condition": NEXT_ROUND,
            "conversion_right": right,
        }
    ]
    if entry.kind == "note" and entry.maturity is not None:
        notes.add(MATURITY, entry.name)
        found.append(
            {
                "type": "ELECTIVE_IN_RANGE",
                "trigger_id": f"{name}.maturity",
                "start_date": min(entry.since or table.as_of, entry.maturity).isoformat(),
                "end_date": entry.maturity.isoformat(),
                "conversion_right": right,
            }
        )
    return found


def _safe(entry: ExportClass, notes: Notes) -> dict[str, Any]:
    if entry.interest or entry.maturity is not None:
        notes.add(SAFE_MATURITY, entry.name)
    mechanism: dict[str, Any] = {"type": "SAFE_CONVERSION", "conversion_mfn": entry.mfn}
    if entry.cap is not None:
        mechanism["conversion_timing"] = "PRE_MONEY" if entry.cap_basis == "pre_money" else "POST_MONEY"
    return mechanism


def _note(entry: ExportClass, table: ExportTable, notes: Notes) -> dict[str, Any]:
    if entry.cap is not None:
        notes.add(NOTE_BASIS, entry.name)
    start = (entry.since or table.as_of).isoformat()
    rate = _fraction(entry.interest, f"the interest of {entry.name}")
    yearly = entry.compounding != "simple"
    mechanism: dict[str, Any] = {
        "type": "CONVERTIBLE_NOTE_CONVERSION",
        "interest_rates": [{"rate": rate, "accrual_start_date": start}] if entry.interest else [],
        "day_count_convention": "ACTUAL_365",
        "interest_payout": "DEFERRED",
        "interest_accrual_period": "ANNUAL" if yearly else "DAILY",
        "compounding_type": "COMPOUNDING" if yearly else "SIMPLE",
    }
    return mechanism | ({"conversion_mfn": True} if entry.mfn else {})
