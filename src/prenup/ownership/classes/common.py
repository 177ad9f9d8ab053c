"""Common units: what is left, by units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.rows import Claim

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Common(AbstractClass):
    """Common units share what is left once preferences are paid, each unit alike.

    Equations:
        paid = units * p, where p is what a common unit gets

    Example:
        common: {kind: common, holders: {founders: 8m, angels: 1m}}

    Not modelled:
        Votes and control; classes of common that differ in votes alone are one class here, or two with the same terms.

    Source:
        Convention: National Venture Capital Association, model certificate of incorporation, article IV A.
    """

    kind: ClassVar[str] = "common"

    def claim(self, standing: Standing, name: str) -> Claim:
        """A share by units."""
        return Claim(name=name, shares=standing.units(name))
