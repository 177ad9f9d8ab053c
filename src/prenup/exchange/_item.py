"""One object of an OCF file, read field by field: every fault names its file, the object, the field and a remedy."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from prenup.exchange._error import ExchangeError

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?|[+-]?\.[0-9]{1,30}")
_CURRENCY = re.compile(r"[A-Z]{3}")
REMEDY = "correct it in the program that wrote the package"


def shown(value: object) -> str:
    """A value as an error shows it, short."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Purse:
    """The one currency of a package."""

    def __init__(self) -> None:
        self.currency = ""

    def take(self, currency: str, where: str) -> None:
        """Note a currency.

        Raises:
            ExchangeError: there was another before.
        """
        self.currency = self.currency or currency
        if currency != self.currency:
            raise ExchangeError(
                f"{where} is in {currency}, but money before it is in {self.currency}: a cap table has one currency; "
                f"restate the amount in {self.currency}."
            )


@dataclass(frozen=True)
class Item:
    """An object with the name of its file; numbers come back as exact fractions, money in units of its currency."""

    data: Mapping[str, Any]
    file: str
    label: str
    purse: Purse

    def has(self, key: str) -> bool:
        """Whether a field is there and isn't empty."""
        return self.data.get(key) not in (None, "", [], {})

    def fault(self, key: str, expected: str) -> ExchangeError:
        """The error for a field that is not what it should be."""
        found = f"not {shown(self.data[key])}" if key in self.data else "but it is missing"
        return ExchangeError(f"{self.file}: `{key}` of {self.label} should be {expected}, {found}; {REMEDY}.")

    def text(self, key: str) -> str:
        """A text that must be there. Raises ExchangeError."""
        value = self.data.get(key)
        if not isinstance(value, str) or not value:
            raise self.fault(key, "a text")
        return value

    def maybe_text(self, key: str) -> str:
        """A text, empty where there is none. Raises ExchangeError."""
        return self.text(key) if self.has(key) else ""

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty where there is none. Raises ExchangeError."""
        value = self.data.get(key) or []
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.fault(key, "a list of texts")
        return value

    def flag(self, key: str) -> bool:
        """Yes or no, no where it is missing."""
        return self.data.get(key) is True

    def number(self, key: str) -> Fraction:
        """A number at or above zero that must be there. Raises ExchangeError."""
        value = self.data.get(key)
        text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
        if not _NUMBER.fullmatch(text) or Fraction(text) < 0:
            raise self.fault(key, 'a number at or above zero, as a text such as "1000.00"')
        return Fraction(text)

    def maybe_number(self, key: str) -> Fraction | None:
        """A number, None where there is none. Raises ExchangeError."""
        return self.number(key) if self.has(key) else None

    def day(self, key: str) -> datetime.date:
        """A day that must be there. Raises ExchangeError."""
        value = self.data.get(key)
        try:
            return datetime.date.fromisoformat(value[:10]) if isinstance(value, str) else datetime.date.fromisoformat("")
        except ValueError:
            raise self.fault(key, "a day such as 2026-06-30") from None

    def maybe_day(self, key: str) -> datetime.date | None:
        """A day, None where there is none. Raises ExchangeError."""
        return self.day(key) if self.has(key) else None

    def inner(self, key: str) -> Item:
        """An object inside of this one, which must be there. Raises ExchangeError."""
        value = self.data.get(key)
        if not isinstance(value, dict):
            raise self.fault(key, "an object in braces")
        return Item(value, self.file, f"{key} of {self.label}", self.purse)

    def inners(self, key: str) -> list[Item]:
        """Objects inside of this one, none where the field is missing. Raises ExchangeError."""
        value = self.data.get(key) or []
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise self.fault(key, "a list of objects in braces")
        return [Item(part, self.file, f"{key} {n} of {self.label}", self.purse) for n, part in enumerate(value, 1)]

    def money(self, key: str) -> Fraction:
        """An amount of money that must be there, in the currency of the package. Raises ExchangeError."""
        inner = self.inner(key)
        currency = inner.text("currency")
        if not _CURRENCY.fullmatch(currency):
            raise inner.fault("currency", "three capital letters such as USD")
        self.purse.take(currency, f"{self.file}: `{key}` of {self.label}")
        return inner.number("amount")

    def maybe_money(self, key: str) -> Fraction | None:
        """An amount of money, None where there is none. Raises ExchangeError."""
        return self.money(key) if self.has(key) else None

    def ratio(self, key: str) -> Fraction:
        """A numerator over a denominator, both above zero. Raises ExchangeError."""
        inner = self.inner(key)
        above, below = inner.number("numerator"), inner.number("denominator")
        if above <= 0 or below <= 0:
            raise self.fault(key, "a numerator and a denominator above zero")
        return above / below
