"""What every class of a cap table is: a frozen record that says what it may have of what is paid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import AbstractEntry, table
from prenup.ownership.rows import Claim
from prenup.sheet.expr import ONE, ZERO, Expr
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing

MOST_HOLDERS = 1_000
"""Holders of one class."""


@dataclass(frozen=True, kw_only=True)
class AbstractClass(AbstractEntry):
    """One class of what a company has issued. It says what it is worth as common and what it is paid, and moves nothing."""

    in_money: ClassVar[bool] = False
    """Whether holdings are money put in, as in a safe or a note, and no units."""

    dilutes: ClassVar[bool] = True
    """Whether it counts in the fully diluted capital."""

    holders: Mapping[str, Value] = table("Who holds how many units.", unit="units", keys="name", most=MOST_HOLDERS, default=())

    @property
    def post_money(self) -> Value | None:
        """What the company was valued at with the money of this class in it, where holdings are money."""
        return None

    def faults(self, classes: Mapping[str, AbstractClass]) -> list[tuple[str, str, str]]:
        """What is wrong with it, each as the field to blame, a sentence and a remedy."""
        del classes
        return []

    def reserved(self) -> Value | None:
        """Units that nobody holds, which stand in the place of holdings."""
        return None

    def known_price(self, standing: Standing, name: str) -> Expr:
        """The original price of a unit before any action."""
        del standing, name
        return ZERO

    def known_ratio(self, standing: Standing) -> Expr:
        """Common units for one unit before any action."""
        del standing
        return ONE

    def prepare(self, standing: Standing, name: str) -> None:
        """Write rows of its own that actions and exits stand on, such as what has vested."""

    def diluted(self, standing: Standing, name: str) -> Expr:
        """Its units as common units, counted in full."""
        return standing.units(name)

    def outstanding(self, standing: Standing, name: str) -> Expr:
        """Its units as common units, as far as they have been issued: no options, no pool, nothing that is still to convert."""
        return self.diluted(standing, name)

    def claim(self, standing: Standing, name: str) -> Claim:
        """What it may have of the proceeds of an exit."""
        raise NotImplementedError

    def claim_listed(self, standing: Standing, name: str) -> Claim:
        """What it may have when the company's shares are listed: preferred turns into common then."""
        return self.claim(standing, name)

    def claim_dissolved(self, standing: Standing, name: str) -> Claim:
        """What it may have when the company is dissolved."""
        return self.claim(standing, name)
