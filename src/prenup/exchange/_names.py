"""Names that a deal file may use, made from the names that people and companies have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 60
"""Characters of a name, so that a number after it still fits what a deal file allows."""

TAKEN = frozenset(("and", "or", "not", "yes", "no", "on", "off", "true", "false", "null", "world", "basic", "diluted", "share"))
"""Words that mean something else in a deal file or in its cap tables."""


def legal(title: str, otherwise: str) -> str:
    """A legal name for a title: ASCII letters, digits and _, lower case, a letter first; `otherwise` starts it if none does."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain.replace("'", "")).strip("_")
    if not name:
        return otherwise
    if not name[0].isalpha() or name in TAKEN:
        name = f"{otherwise}_{name}"
    return name[:LONGEST].rstrip("_")


class Names:
    """Gives out names, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def give(self, title: str, otherwise: str) -> str:
        """A legal name that nobody has yet: a number follows where the plain one is taken."""
        return self.keep(legal(title, otherwise))

    def keep(self, plain: str) -> str:
        """A name that is legal already: a number follows where it is taken."""
        name, number = plain, 2
        while name in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name)
        return name
