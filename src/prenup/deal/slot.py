"""A place for one value in a deal: where it stands, what it takes, and what it is for."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from prenup.base.wording import shortened


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one value: the unit word of its field, its path in the deal, what it means, and whether it may be left out."""

    unit: str
    path: str
    doc: str = ""
    optional: bool = True

    @property
    def name(self) -> str:
        """The field's own name."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def meaning(self) -> str:
        """What the field is for: `rate in rev_share: the share of revenue`."""
        parts = self.path.split(".")
        said = self.doc.partition(";")[0].rstrip(".")
        if not said:
            return ""
        deep = parts[0] == "cap_tables" and len(parts) > 4  # a class or an action of a table
        owner = parts[3] if deep else parts[1] if len(parts) > 2 else parts[0]
        return f"{self.name} in {shortened(owner)}: {said[0].lower()}{said[1:]}"

    def deeper(self, path: str) -> Slot:
        """The same field further on its path."""
        return dataclasses.replace(self, path=f"{self.path}.{path}")
