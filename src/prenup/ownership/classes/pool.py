"""The pool: units kept for grants that nobody has yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import value
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.rows import Claim
from prenup.sheet.expr import ZERO, Expr
from prenup.sheet.formula import Value

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Pool(AbstractClass):
    """Units reserved for grants. They count in the fully diluted capital, and are paid nothing at an exit.

    Equations:
        units = stated, and what rounds add to it

    Example:
        pool: {kind: pool, units: 300k}

    Not modelled:
        Grants from the pool: what has been granted is a class of options.

    Source:
        Convention: unallocated employee pool of a fully diluted cap table.
    """

    kind: ClassVar[str] = "pool"

    units: Value = value("units", "How many units are reserved and granted to nobody.")

    def reserved(self) -> Value | None:
        """The units of the pool."""
        return self.units

    def outstanding(self, standing: Standing, name: str) -> Expr:
        del standing, name
        return ZERO

    def claim(self, standing: Standing, name: str) -> Claim:
        """Nothing: nobody holds it."""
        del standing
        return Claim(name=name, shares=ZERO)
