"""Something that happens as soon as a condition holds, or that a party decides by a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import condition, text
from prenup.drivers.events._event import AbstractEvent
from prenup.sheet.builder import Builder
from prenup.sheet.formula import Value


@dataclass(frozen=True, kw_only=True)
class Condition(AbstractEvent):
    """An event that happens in the first month in which a condition holds, and then has happened for good.

    Path:
        The condition is looked at in every month, on the values of that month; write `prev(...)` for those of the month
        before. A party's decision is such a rule: `by` says whose, so that a reader knows.

    Equations:
        X happens when `when` holds

    Example:
        second_phase:
          kind: condition
          title: the second phase begins
          when: year >= 2027 or elapsed > 30 months
          by: the joint board
        # January 2027 at the latest

    Not modelled:
        A party that decides what is best for it: the rule is fixed, whatever the other side does.

    Source:
        Convention: a condition precedent is met once, and later facts do not undo it.
    """

    kind: ClassVar[str] = "condition"

    when: Value = condition("When it happens: a comparison, a date, another event, or several with and, or, not.")
    by: str = text("Who decides, if it is a decision.")

    def write(self, builder: Builder) -> None:
        """Write the event."""
        decided = f", decided by {self.by}" if self.by else ""
        self.write_event(builder, builder.condition(self.when), decided)
