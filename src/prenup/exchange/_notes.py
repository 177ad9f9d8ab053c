"""Notes of what could not be carried: one sentence a kind, with how many and their names."""

from __future__ import annotations

MOST_NAMES = 8
"""Names in a sentence; the rest are counted."""


def listed(names: list[str]) -> str:
    """Names in a row, the first few of many; how many there are, if several."""
    more = len(names) - MOST_NAMES
    row = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"{row} ({len(names)} in all)" if len(names) > 1 else row


class Notes:
    """Collects notes in the order in which their kinds first came up."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, None]] = {}

    def add(self, sentence: str, name: str = "") -> None:
        """One more case; `sentence` may hold {names}."""
        self._kinds.setdefault(sentence, {})[name] = None

    def sentences(self) -> tuple[str, ...]:
        """The notes as they are shown."""
        return tuple(
            sentence.replace("{names}", listed([name for name in names if name])) for sentence, names in self._kinds.items()
        )
