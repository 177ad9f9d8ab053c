"""What every event is: something that happens once, and what it does to drivers while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prenup.base.fields import AbstractEntry, table, value
from prenup.base.units import YEAR
from prenup.sheet.builder import Builder
from prenup.sheet.expr import Const, Expr
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an event does to one driver or row while it lasts: multiply it by `scale`, add `shift`."""

    scale: Value | None = value("number", "What the row is multiplied by, such as 50%.", default=None)
    shift: Value | None = value("any", "What is added to the row.", default=None)


@dataclass(frozen=True, kw_only=True)
class AbstractEvent(AbstractEntry):
    """Something that happens at most once on a path. Formulas ask `after(agi)`, `on(agi)`, `since(agi)`."""

    lasts: Value | None = value("duration", "How long its effects last; for good if left out.", default=None)
    effects: Mapping[str, Effect] = table("Drivers or rows that it acts on while it lasts.", of=Effect, default=())

    def write(self, builder: Builder) -> None:
        """Write the event's rows; `builder` stands inside the event already."""
        raise NotImplementedError

    def write_event(self, builder: Builder, happens: Expr, note: str = "") -> None:
        """Write the event from the condition that makes it happen, and for how long it lasts.

        `lasts` counts whole months, the event's own month first; a length between two is rounded.
        """
        happened = builder.event(happens, (self.title or builder.clause_name) + note)
        if self.effects:
            lasting = happened
            if self.lasts is not None:
                half_a_month = Const(1 / 24, YEAR)
                lasting = happened & (builder.own("since") + half_a_month <= builder.value(self.lasts))
            builder.row("lasting", lasting, "whether its effects last")
