"""Every number of a deal with its place in the file, its range, its source and its status."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from prenup.base.quantity import Number
from prenup.deal.model import Deal
from prenup.sheet.formula import Changed


def numbers(deal: Deal) -> list[Number]:
    """The numbers that the file states, in its order; what was left out and holds by default is not among them."""
    found: dict[str, Number] = {}
    for section in (deal.parties, deal.numbers, deal.drivers, deal.events, deal.rows, deal.terms, deal.cap_tables):
        for entry in section.values():
            for number in _inside(entry):
                if number.where is not None:
                    found.setdefault(number.path, number)
    return list(found.values())


def _inside(entry: Any) -> Iterator[Number]:
    if isinstance(entry, Number):
        yield entry
    elif isinstance(entry, Changed):
        yield from _inside(entry.first)
        for _, then in entry.steps:
            yield from _inside(then)
    elif isinstance(entry, dict):
        for inner in entry.values():
            yield from _inside(inner)
    elif isinstance(entry, tuple):
        for inner in entry:
            yield from _inside(inner)
    elif dataclasses.is_dataclass(entry) and not isinstance(entry, type):
        for item in dataclasses.fields(entry):
            if "spec" in item.metadata:
                yield from _inside(getattr(entry, item.name))
