"""The side file `prenup.json` of a package: what OCF has no words for, so that a way out and back loses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prenup.exchange._error import ExchangeError
from prenup.exchange._notes import Notes
from prenup.exchange._package import SIDE

VERSION = 1
NOT_OCF = ("profit_units", "capped_units", "residual")
"""Kinds of classes that OCF has no words for."""

HELD = ("options", "warrant", "safe", "note")
"""Kinds that OCF knows by their holders alone, so that a class without any stands in the side file."""

FROM_SIDE = "Some classes stand in prenup.json alone and were taken from it, as of the day on which it was written: {names}."
_NAME = re.compile(r"[^\W\d]\w{0,79}")


@dataclass(frozen=True)
class Side:
    """What the side file says: `names` of our classes and holders by OCF id, their order, further fields, and what OCF lacks."""

    names: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def text(self) -> str:
        """The file's content, the same for the same table."""
        content = {
            "format": "prenup",
            "version": VERSION,
            "order": list(self.order),
            "names": dict(self.names),
            "fields": {name: dict(more) for name, more in self.fields.items()},
            "classes": {name: dict(entry) for name, entry in self.left_out.items()},
        }
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def completed(self, name: str, entry: dict[str, Any]) -> dict[str, Any]:
        """A class with the fields that OCF could not carry; its title is ours, or none."""
        further = self.fields.get(name, {})
        kept = {key: value for key, value in entry.items() if key != "title" or "title" in further}
        return kept | {key: value for key, value in further.items() if key not in ("kind", "holders")}

    def ordered(self, classes: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """All classes, those that OCF does not know among them, in the order in which they once stood."""
        for name in self.left_out:
            notes.add(FROM_SIDE, name)
        every = classes | {name: dict(entry) for name, entry in self.left_out.items()}
        first = [name for name in self.order if name in every]
        return {name: every[name] for name in [*first, *(name for name in every if name not in first)]}


def read_side(content: Mapping[str, Any] | None) -> Side:
    """The side file of a package, empty where it has none.

    Raises:
        ExchangeError: it isn't as `Side.text` writes it.
    """
    if content is None:
        return Side()
    names, order = content.get("names"), content.get("order")
    fields, left_out = content.get("fields"), content.get("classes")
    sound = (
        content.get("format") == "prenup"
        and content.get("version") == VERSION
        and isinstance(names, dict)
        and isinstance(order, list)
        and all(_is_name(name) for name in [*names.values(), *order])
        and _are_entries(fields)
        and _are_entries(left_out)
        and all(entry.get("kind") in NOT_OCF + HELD for entry in (left_out or {}).values())
    )
    if not sound:
        raise ExchangeError(f"{SIDE}: not as prenup {VERSION} writes it; take the file out of the package, or export again.")
    return Side(names or {}, tuple(order or ()), fields or {}, left_out or {})


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _are_entries(value: object) -> bool:
    """Whether a value is a table of named tables whose keys are names."""
    return isinstance(value, dict) and all(
        _is_name(name) and isinstance(entry, dict) and all(_is_name(key) for key in entry) for name, entry in value.items()
    )
