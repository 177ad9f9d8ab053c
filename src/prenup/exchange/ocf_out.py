"""Writes a cap table as an Open Cap Table Format (OCF) 1.2.0 package: one issuance for each holding, as on one day."""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import shutil
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prenup.exchange import _convertible_out
from prenup.exchange._error import ExchangeError
from prenup.exchange._notes import Notes
from prenup.exchange._package import FILES, MANIFEST, SIDE
from prenup.exchange._side import NOT_OCF, Side
from prenup.exchange._table import ExportClass, ExportTable
from prenup.exchange._values import WITHOUT_CAP, decimal

__all__ = ["ExchangeError", "ExportClass", "ExportTable", "write_ocf"]

NAMES: Mapping[str, str] = {
    "stakeholders_files": "Stakeholders.ocf.json",
    "stock_classes_files": "StockClasses.ocf.json",
    "stock_plans_files": "StockPlans.ocf.json",
    "stock_legend_templates_files": "StockLegendTemplates.ocf.json",
    "vesting_terms_files": "VestingTerms.ocf.json",
    "valuations_files": "Valuations.ocf.json",
    "transactions_files": "Transactions.ocf.json",
}
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The day in every zip entry, so that the same table gives the same bytes."""

LEFT_OUT = "Some classes are of kinds that OCF does not know; they stand in prenup.json alone: {names}."
FURTHER = "Some fields have no place in OCF; they stand in prenup.json alone: {names}."
FORMED = "A deal file does not say where and when the company was formed, which OCF requires: {names}."
INVENTED = (
    "OCF asks for things that a deal file does not know: one vote a unit, authorised units that do not apply, no exemptions "
    "from securities law, institutions as holders, and issuance on the day of the table stand for them."
)
FULL = "Some classes participate without a cap; in OCF a cap of 1,000,000 times the price stands for it: {names}."
RATIO = "Some classes state no price, so that the conversion price of 0 says nothing (the ratio does): {names}."
PLANLESS = "There are several pools, so that options are written without a plan: {names}."
UNHELD = "Some classes are held by nobody, which OCF can say of stock alone; they stand in prenup.json alone: {names}."


class _Export:
    """Puts the objects of a package together."""

    def __init__(self, table: ExportTable) -> None:
        self.table, self.notes = table, Notes()
        self.items: dict[str, list[dict[str, Any]]] = {group: [] for group in NAMES}
        self.names: dict[str, str] = {}
        self.fields: dict[str, dict[str, Any]] = {}
        self.left_out: dict[str, dict[str, Any]] = {}
        self.pools = [entry for entry in table.classes if entry.kind == "pool"]
        self.common = next((self.id("class", entry.name) for entry in table.classes if entry.kind == "common"), "")
        self.ranks = _convertible_out.ranks(table)

    def id(self, *words: str) -> str:
        """An id that depends on the names alone."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, "\0".join(("prenup", self.table.title, *words))))

    def money(self, amount: float, what: str) -> dict[str, str]:
        return {"amount": decimal(amount, what), "currency": self.table.currency}

    def build(self) -> None:
        """All objects. Raises ExchangeError."""
        writers = {
            "common": self._stock,
            "preferred": self._stock,
            "options": self._options,
            "warrant": self._warrant,
            "pool": self._pool,
            "safe": self._convertible,
            "note": self._convertible,
        }
        self.notes.add(INVENTED)
        for holder in sorted({holder for entry in self.table.classes if entry.kind not in NOT_OCF for holder in entry.holdings}):
            known = self.id("holder", holder)
            self.names[known] = holder
            person = {
                "id": known,
                "object_type": "STAKEHOLDER",
                "name": {"legal_name": holder},
                "stakeholder_type": "INSTITUTION",
            }
            self.items["stakeholders_files"].append(person)
        for entry in self.table.classes:
            if entry.kind in NOT_OCF:
                self.notes.add(LEFT_OUT, f"{entry.name} ({entry.kind})")
                self.left_out[entry.name] = _whole(entry)
            elif entry.kind in writers:
                self._keep(entry)
                writers[entry.kind](entry)
            else:
                raise ExchangeError(f"class {entry.name}: {entry.kind} is no kind of class; use one of {', '.join(writers)}.")

    def _keep(self, entry: ExportClass) -> None:
        """What OCF has no field for goes to the side file."""
        further = dict(entry.extra)
        if entry.title:
            further["title"] = entry.title
        if entry.kind in ("safe", "note"):
            if entry.seniority is not None:
                further["seniority"] = entry.seniority
            if entry.kind == "note" and entry.cap_basis and entry.cap is not None:
                further["cap_basis"] = entry.cap_basis
        told = entry.kind in ("common", "options", "warrant", "pool") or (entry.kind == "note" and entry.interest)
        if entry.since is not None and not told:
            further["since"] = entry.since.isoformat()
        self.fields[entry.name] = further
        for key in further:
            if key not in ("title", "seniority"):
                self.notes.add(FURTHER, f"{entry.name}.{key}")

    def _issue(self, entry: ExportClass, kind: str, holder: str, number: int) -> dict[str, Any]:
        """What every issuance says, and the name of its class in the side file."""
        security = self.id("security", entry.name, holder)
        self.names[security] = entry.name
        return {
            "id": self.id("issuance", entry.name, holder),
            "object_type": f"TX_{kind}_ISSUANCE",
            "security_id": security,
            "date": min(entry.since or self.table.as_of, self.table.as_of).isoformat(),
            "custom_id": f"{entry.name}-{number}",
            "stakeholder_id": self.id("holder", holder),
            "security_law_exemptions": [],
        }

    def _holdings(self, entry: ExportClass) -> list[tuple[int, str, float]]:
        """Holdings in the order of their holders' names, numbered; what nobody holds is noted."""
        if not entry.holdings:
            self.notes.add(UNHELD, entry.name)
            self.left_out[entry.name] = _whole(entry)
            del self.fields[entry.name]
        return [(number, holder, amount) for number, (holder, amount) in enumerate(sorted(entry.holdings.items()), 1)]

    def _stock(self, entry: ExportClass) -> None:
        known, name, what = self.id("class", entry.name), entry.title or entry.name, f"the price of {entry.name}"
        rank = entry.seniority if entry.seniority is not None else float(entry.kind == "preferred")
        self.names[known] = entry.name
        stock: dict[str, Any] = {
            "id": known,
            "object_type": "STOCK_CLASS",
            "name": name,
            "class_type": entry.kind.upper(),
            "default_id_prefix": f"{entry.name}-",
            "initial_shares_authorized": "NOT APPLICABLE",
            "votes_per_share": "1",
            "seniority": decimal(rank, f"the seniority of {entry.name}"),
        }
        if entry.price is not None:
            stock["price_per_share"] = self.money(entry.price, what)
        if entry.kind == "preferred":
            stock |= self._preferred(entry)
        self.items["stock_classes_files"].append(stock)
        for number, (holder, amount) in enumerate(sorted(entry.holdings.items()), 1):
            units = decimal(amount, f"what {holder} has of {entry.name}")
            issued = self._issue(entry, "STOCK", holder, number) | {
                "stock_class_id": known,
                "share_price": self.money(entry.price or 0.0, what),
                "quantity": units,
                "stock_legend_ids": [],
            }
            self.items["transactions_files"].append(issued)

    def _preferred(self, entry: ExportClass) -> dict[str, Any]:
        """Preference, participation and conversion."""
        name = entry.name
        if entry.conversion_ratio <= 0:
            raise ExchangeError(f"class {name}: its conversion ratio is {entry.conversion_ratio}, but has to be above zero.")
        found: dict[str, Any] = {"liquidation_preference_multiple": decimal(entry.preference, f"the preference of {name}")}
        if entry.participation == "full":
            self.notes.add(FULL, name)
            found["participation_cap_multiple"] = str(WITHOUT_CAP)
        elif entry.participation == "capped":
            cap = entry.preference if entry.participation_cap is None else entry.participation_cap
            found["participation_cap_multiple"] = decimal(cap, f"the cap of {name}")
        if entry.price is None:
            self.notes.add(RATIO, name)
        price = (entry.price or 0.0) / entry.conversion_ratio
        right: dict[str, Any] = {
            "type": "STOCK_CLASS_CONVERSION_RIGHT",
            "conversion_mechanism": {
                "type": "RATIO_CONVERSION",
                "conversion_price": self.money(price, f"the conversion price of {name}"),
                "ratio": {"numerator": decimal(entry.conversion_ratio, f"the ratio of {name}"), "denominator": "1"},
                "rounding_type": "NORMAL",
            },
        }
        right |= {"converts_to_stock_class_id": self.common} if self.common else {"converts_to_future_round": True}
        return found | {"conversion_rights": [right]}

    def _options(self, entry: ExportClass) -> None:
        if len(self.pools) == 1:
            where = {"stock_plan_id": self.id("plan", self.pools[0].name)}
        else:
            where = {}
            for pool in self.pools:
                self.notes.add(PLANLESS, pool.name)
        where |= {"stock_class_id": self.common} if self.common else {}
        for number, holder, amount in self._holdings(entry):
            granted = self._issue(entry, "EQUITY_COMPENSATION", holder, number) | where
            granted |= {
                "compensation_type": "OPTION",
                "quantity": decimal(amount, f"what {holder} has of {entry.name}"),
                "exercise_price": self.money(entry.strike or 0.0, f"the strike of {entry.name}"),
                "expiration_date": entry.expires.isoformat() if entry.expires else None,
                "termination_exercise_windows": [],
            }
            self.items["transactions_files"].append(granted)

    def _pool(self, entry: ExportClass) -> None:
        known, reserved = self.id("plan", entry.name), entry.units or 0.0
        if len(self.pools) == 1:
            reserved += sum(sum(other.holdings.values()) for other in self.table.classes if other.kind == "options")
        self.names[known] = entry.name
        plan: dict[str, Any] = {
            "id": known,
            "object_type": "STOCK_PLAN",
            "plan_name": entry.title or entry.name,
            "initial_shares_reserved": decimal(reserved, f"the units of {entry.name}"),
        }
        plan |= {"stock_class_ids": [self.common]} if self.common else {}
        self.items["stock_plans_files"].append(plan)

    def _warrant(self, entry: ExportClass) -> None:
        for number, holder, amount in self._holdings(entry):
            units = decimal(amount, f"what {holder} has of {entry.name}")
            right: dict[str, Any] = {
                "type": "WARRANT_CONVERSION_RIGHT",
                "conversion_mechanism": {"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": units},
            }
            right |= {"converts_to_stock_class_id": self.common} if self.common else {"converts_to_future_round": True}
            trigger = {"type": "ELECTIVE_AT_WILL", "trigger_id": f"{entry.name}-{number}.exercise", "conversion_right": right}
            issued = self._issue(entry, "WARRANT", holder, number) | {
                "quantity": units,
                "quantity_source": "INSTRUMENT_FIXED",
                "exercise_price": self.money(entry.strike or 0.0, f"the strike of {entry.name}"),
                "purchase_price": self.money(0.0, "the price of a warrant"),
                "exercise_triggers": [trigger],
            }
            issued |= {"warrant_expiration_date": entry.expires.isoformat()} if entry.expires else {}
            self.items["transactions_files"].append(issued)

    def _convertible(self, entry: ExportClass) -> None:
        for number, holder, amount in self._holdings(entry):
            issued = self._issue(entry, "CONVERTIBLE", holder, number) | {
                "investment_amount": self.money(amount, f"what {holder} put into {entry.name}"),
                "convertible_type": entry.kind.upper(),
                "conversion_triggers": _convertible_out.triggers(entry, f"{entry.name}-{number}", self.table, self.notes),
                "seniority": self.ranks[entry.name],
            }
            self.items["transactions_files"].append(issued)

    def files(self) -> dict[str, bytes]:
        """Every file of the package by its name."""
        found: dict[str, bytes] = {}
        listed: dict[str, Any] = {}
        for group, name in NAMES.items():
            found[name] = _json({"file_type": FILES[group], "items": self.items[group]})
            md5 = hashlib.md5(found[name], usedforsecurity=False).hexdigest()
            listed[group] = [{"filepath": f"./{name}", "md5": md5}]
        manifest = {
            "ocf_version": "1.2.0",
            "file_type": "OCF_MANIFEST_FILE",
            "issuer": self._issuer(),
            "as_of": self.table.as_of.isoformat(),
            "generated_at": f"{self.table.as_of.isoformat()}T00:00:00Z",
        }
        side = Side(self.names, tuple(entry.name for entry in self.table.classes), self.fields, self.left_out)
        return {MANIFEST: _json(manifest | listed), **found, SIDE: side.text().encode()}

    def _issuer(self) -> dict[str, Any]:
        table = self.table
        if table.formation_date is None:
            self.notes.add(FORMED, "the day of the table stands for the day")
        if not table.country:
            self.notes.add(FORMED, "ZZ (unknown) stands for the country")
        return {
            "id": self.id("issuer"),
            "object_type": "ISSUER",
            "legal_name": table.title,
            "formation_date": (table.formation_date or table.as_of).isoformat(),
            "country_of_formation": table.country or "ZZ",
        }


def _whole(entry: ExportClass) -> dict[str, Any]:
    """A class as it stands in a deal file."""
    found: dict[str, Any] = {"kind": entry.kind}
    found |= {"title": entry.title} if entry.title else {}
    optional = ("price", "strike", "cap", "participation_cap", "seniority", "units")
    found |= {key: value for key in optional if (value := getattr(entry, key)) is not None}
    found |= {key: value.isoformat() for key in ("since", "maturity", "expires") if (value := getattr(entry, key)) is not None}
    found |= {"cap_basis": entry.cap_basis} if entry.cap_basis else {}
    found |= {"discount": _convertible_out.percentage(entry.discount)} if entry.discount else {}
    found |= {"interest": _convertible_out.percentage(entry.interest)} if entry.interest else {}
    found |= {"compounding": entry.compounding} if entry.compounding != "simple" else {}
    found |= {"mfn": True} if entry.mfn else {}
    found |= dict(entry.extra)
    return found | ({"holders": dict(sorted(entry.holdings.items()))} if entry.holdings else {})


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip that depends on its files alone."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, EARLIEST)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(member, content, compresslevel=9)
    return memory.getvalue()


def _write_folder(out: Path, files: Mapping[str, bytes], beside: Path) -> None:
    """Write a folder beside its place, then move it there; a package of the same files gives way, nothing else does."""
    if out.exists() and (not out.is_dir() or any(part.name not in files for part in out.iterdir())):
        raise ExchangeError(f"{out} holds other files than an OCF package has; give a new folder, or a name that ends in .zip.")
    beside.mkdir(parents=True)
    for name, content in files.items():
        (beside / name).write_bytes(content)
    if not out.exists():
        beside.rename(out)
        return
    before = beside.with_name(beside.name + "-before")
    out.rename(before)
    beside.rename(out)
    shutil.rmtree(before)


def write_ocf(table: ExportTable, out: Path) -> tuple[str, ...]:
    """Write a cap table as an OCF package, whole or not at all: a zip, or a folder if `out` does not end in .zip.

    The same table gives the same bytes. What comes back are sentences about what could not be carried.

    Raises:
        ExchangeError: the table holds what no cap table can (a number below zero, a kind of class that doesn't exist), or `out`
            is a folder with other files in it.
        OSError: the place can't be written to; what stood there is untouched.
    """
    if not re.fullmatch("[A-Z]{3}", table.currency):
        raise ExchangeError(f"currency {table.currency!r}, but OCF takes three capital letters such as USD.")
    if not re.fullmatch("([A-Z]{2})?", table.country):
        raise ExchangeError(f"country {table.country!r}, but OCF takes two capital letters such as US.")
    export = _Export(table)
    export.build()
    files = export.files()
    beside = out.parent / f".prenup-{secrets.token_hex(8)}"
    try:
        if out.suffix.lower() == ".zip":
            out.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(_zipped(files))
            beside.replace(out)
        else:
            _write_folder(out, files, beside)
    finally:
        if beside.is_dir():
            shutil.rmtree(beside)
        else:
            beside.unlink(missing_ok=True)
    return export.notes.sentences()
