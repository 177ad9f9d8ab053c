"""A cap table as plain data, ready to be written for another program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ExportClass:
    """One class: units and prices are plain numbers, fractions are 0 to 1, multiples are plain (1.0 for 1x).

    `holdings` are units, or money for a safe or a note. `units` belongs to a pool: reserved, granted to nobody.
    `extra` holds further fields as they stand in a deal file (JSON values); they are kept in the side file alone.
    """

    name: str
    kind: str
    title: str = ""
    holdings: Mapping[str, float] = field(default_factory=dict)
    price: float | None = None
    preference: float = 1.0
    participation: str = "none"
    participation_cap: float | None = None
    seniority: float | None = None
    conversion_ratio: float = 1.0
    strike: float | None = None
    cap: float | None = None
    cap_basis: str = ""
    discount: float = 0.0
    mfn: bool = False
    interest: float = 0.0
    compounding: str = "simple"
    maturity: date | None = None
    since: date | None = None
    expires: date | None = None
    units: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExportTable:
    """A cap table on a day, in one currency (three letters). OCF asks for the country and day of formation as well."""

    title: str
    currency: str
    as_of: date
    classes: tuple[ExportClass, ...]
    formation_date: date | None = None
    country: str = ""
