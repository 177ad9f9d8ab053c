"""The residual claim: what nobody else may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.rows import Claim

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Residual(AbstractClass):
    """The residual claim takes what is left when everybody else has all that they may have, as a non-profit at the top does.

    Equations:
        paid = proceeds - what all others are paid; with units it also shares beside the others, unit by unit

    Example:
        left_over: {kind: residual, holders: {nonprofit: 0}}

    Not modelled:
        Duties of the holder towards others.

    Source:
        OpenAI LP, announcement of 2019-03-11: returns beyond the caps belong to the non-profit.
    """

    kind: ClassVar[str] = "residual"

    def claim(self, standing: Standing, name: str) -> Claim:
        """Its units beside the others, and all that is left."""
        return Claim(name=name, shares=standing.units(name), residual=True)
