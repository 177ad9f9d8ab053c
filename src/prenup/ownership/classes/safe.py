"""A safe: money now for units at the next round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from prenup.base.fields import flag
from prenup.ownership.classes._convertible import AbstractConvertible

if TYPE_CHECKING:
    from prenup.ownership.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Safe(AbstractConvertible):
    """A simple agreement for future equity: money that turns into units at the next round, with a cap, a discount, or both.

    Equations:
        units = money / min(price * (1 - discount), cap / capital)
        capital, post-money: all units, options, promises and pool before the round, and all that converts
        capital, pre-money: the same without what converts, and with what the pool grows by in the round
        at an exit before: the larger of the money and its part as common at the cap

    Example:
        safe_one: {kind: safe, holders: {angel: $500k}, cap: $8m}

    Not modelled:
        Pro rata side letters, and a safe that is dissolved otherwise than its money says.

    Source:
        Y Combinator, Safe: Valuation Cap (post-money, v1.1) and Safe User Guide.
    """

    kind: ClassVar[str] = "safe"

    mfn: bool = flag(
        "Whether it may take the terms of any safe or note after it in the file (most favoured nation).", default=False
    )

    def promises(self, standing: Standing, name: str) -> list[AbstractConvertible]:
        """Its own terms, and of those that stand after it in the file where it is most favoured."""
        if not self.mfn:
            return [self]
        names = list(standing.classes)
        later = (standing.classes[other] for other in names[names.index(name) + 1 :])
        return [self, *(entry for entry in later if isinstance(entry, AbstractConvertible))]
