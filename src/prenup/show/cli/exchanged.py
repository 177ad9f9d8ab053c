"""Cap tables that come from other programs and go to them: Open Cap Table packages in and out."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np

from prenup.base.files import write_whole
from prenup.base.problems import DealError
from prenup.base.quantity import Number
from prenup.case import Case, build
from prenup.deal.model import Deal
from prenup.engine.run import Settings
from prenup.exchange._error import ExchangeError
from prenup.exchange._table import ExportClass, ExportTable
from prenup.exchange.ocf_in import Imported, read_ocf
from prenup.exchange.ocf_out import write_ocf
from prenup.outcome.holdings import AT_FIRST, Holdings, seen
from prenup.ownership.classes._convertible import FAR
from prenup.show.cli.opening import refuse, saving

FIELDS = ("price", "preference", "participation_cap", "seniority", "conversion_ratio", "strike", "cap", "discount", "interest")
"""Numbers of a class that the package's form knows."""

WORDS = ("participation", "cap_basis", "mfn", "compounding")


def import_package(package: Path, file: Path | None, into: Case | None = None, of: str = "") -> None:
    """Print a deal with the package's table, or write it; what could not be carried goes to the error output.

    `into` is a deal that gets the table, `of` the party whose it is there.
    """
    if file is not None and file.exists():
        click.echo(f"{file} exists already; choose another name", err=True)
        sys.exit(1)
    try:
        found = read_ocf(package)
        case = _alone(found, of or found.party) if into is None else _placed(into, found, of)
    except ExchangeError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    except DealError as fault:
        refuse({"": fault.problems}, False)
    text = case.to_yaml()
    for note in found.notes:
        click.echo(f"not carried: {note}", err=True)
    if file is None:
        click.echo(text, nl=False)
        return
    saving(lambda: write_whole(file, text))
    click.echo(f"wrote {file}; try: prenup captable {file}")


def _alone(found: Imported, party: str) -> Case:
    """A deal that is nothing but the table."""
    unsaid = {"value": "15%", "status": "assumed", "note": "the package does not say it, and a cap table does not need it"}
    return build(
        {
            "deal": {"title": f"Cap table of {found.title}"},
            "currency": found.currency,
            "as_of": found.as_of.isoformat(),
            "clock": {"from": found.as_of.replace(day=1).isoformat(), "months": 60},
            "parties": {party: {"title": found.title, "discount": unsaid}},
            "cap_tables": {party: found.section},
        },
        party,
    )


def _placed(deal: Case, found: Imported, of: str) -> Case:
    """A deal with the package's classes in the place of what a party has issued; what is to be issued, and actions, stay."""
    party = of or found.party
    if party not in deal.deal.parties:
        named = ", ".join(deal.deal.parties)
        raise click.UsageError(f"{party} is no party of the deal; add --of and one of {named}")
    if found.currency != deal.deal.currency:
        raise click.UsageError(
            f"the package counts in {found.currency}, the deal in {deal.deal.currency}; convert one of them first"
        )
    table = deal.deal.cap_tables.get(party)
    if table is None:
        others = bool(deal.deal.cap_tables)
        return deal.change({f"cap_tables.{party}": found.section} if others else {"cap_tables": {party: found.section}})
    start = f"cap_tables.{party}.classes."
    classes: dict[str, Any] = {start + name: entry for name, entry in found.section["classes"].items()}
    gone = [name for name, entry in table.classes.items() if entry.holders and name not in found.section["classes"]]
    return deal.change(classes | dict.fromkeys([start + name for name in gone]))


def export(case: Case, party: str, at: str, out: Path, seed: int) -> None:
    """Write a party's table as an Open Cap Table package, every unknown at its middle; say what could not be carried."""
    stood = seen(case.deal, case.sheet, party, Settings(16, 1, seed), at).after
    try:
        notes = write_ocf(_table(case, stood), out)
    except ExchangeError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    except OSError as fault:
        click.echo(f"can't write {out}: {fault.strerror or fault}", err=True)
        sys.exit(1)
    for note in notes:
        click.echo(f"not carried: {note}", err=True)
    click.echo(f"wrote {out}", err=True)


def _table(case: Case, stood: Holdings) -> ExportTable:
    """The table as it stands, in the numbers that the package's form knows."""
    deal = case.deal
    classes = tuple(_class(deal, stood, name) for name in stood.table.classes)
    month = int(stood.rows["moment.month"][0]) if len(stood.view) else 0
    first = deal.as_of or deal.calendar.first_day
    day = first if stood.text == AT_FIRST else deal.calendar.month_end(month)
    return ExportTable(title=deal.party_title(stood.party), currency=deal.currency, as_of=day, classes=classes)


def _class(deal: Deal, stood: Holdings, name: str) -> ExportClass:
    """One class: units by holder; of a safe or a note that has converted, its units as preferred or as common."""
    entry = stood.table.classes[name]
    known = {field: _known(getattr(entry, field, None)) for field in FIELDS}
    given: dict[str, Any] = {field: value for field, value in known.items() if value is not None}
    words = {field: getattr(entry, field) for field in WORDS if hasattr(entry, field)}
    for field in ("since", "maturity", "expires"):
        value = _known(getattr(entry, field, None))
        if value is not None:
            given[field] = datetime.date.fromordinal(round(value))
    units = stood.units(name)
    converted = stood.row(f"{name}.converted")
    kind = entry.kind
    if entry.in_money and converted.any():
        kind, units = "common", converted
        given, words = {}, {}
        if stood.row(f"{name}.claim.preference").any():  # shadow preferred: what it is paid first is its price
            kind = "preferred"
            given, words = _as_preferred(stood, name, float(np.median(units)))
    if entry.kind == "preferred":
        price = stood.row(f"{name}.price")
        bought = _known(getattr(entry, "invested", None))
        if "price" not in given and (price.any() or bought):
            given["price"] = float(np.median(price)) if price.any() else float(bought or 0.0) / float(np.median(units))
        if stood.has(f"{name}.ratio"):
            given["conversion_ratio"] = float(np.median(stood.row(f"{name}.ratio")))
    if entry.kind == "pool":
        return ExportClass(name=name, kind="pool", title=entry.title, units=float(np.median(units)))
    holdings = {h: float(np.median(units * stood.row(f"{name}.part.{h}"))) for h in stood.holders(name)}
    return ExportClass(name=name, kind=kind, title=entry.title, holdings=holdings, **words, **given)


def _as_preferred(stood: Holdings, name: str, units: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers and the words of a safe or a note that has become preferred, from what it may have at an exit."""
    first, cap = (float(np.median(stood.row(f"{name}.claim.{what}"))) for what in ("preference", "cap"))
    rank = float(np.median(stood.row(f"{name}.claim.seniority")))
    shares = stood.has(f"{name}.claim.shares") and bool(stood.row(f"{name}.claim.shares").any())
    capped = shares and first < cap < FAR
    given = {"price": first / units, "preference": 1.0, "seniority": rank} | (
        {"participation_cap": cap / first} if capped else {}
    )
    return given, {"participation": "capped" if capped else "full" if shares else "none"}


def _known(value: object) -> float | None:
    """A number as stated, at its middle where it is unknown; None for a formula or where nothing is said."""
    return value.value if isinstance(value, Number) else None
