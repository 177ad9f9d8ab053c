"""What every clause is: a frozen record that can write its rows."""

from __future__ import annotations

from dataclasses import dataclass

from prenup.base.fields import AbstractEntry, text
from prenup.sheet.builder import Builder


@dataclass(frozen=True, kw_only=True)
class AbstractTerm(AbstractEntry):
    """A clause. It says who owes what and when, and knows nothing of what that is worth."""

    clause: str = text("Where the contract says it, such as section 4.2.")

    def ends(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the deal's terms this one can end; it writes a yes/no row `effective` then."""
        del terms
        return ()

    def write(self, builder: Builder) -> None:
        """Write the clause's rows; `builder` stands inside the clause already."""
        raise NotImplementedError
