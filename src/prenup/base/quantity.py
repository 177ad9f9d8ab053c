"""Numbers as people write them: `$13bn`, `20%`, `3.7bn/yr`, `18 months`, `2030-12-31`, `15% to 25%`.

`parse_number` turns such a text into a `Number`: a value in base units, its unit, and, where a range or a distribution
was given, a `Spread`: what we don't know about a thing that is already so. A number keeps where it comes from.
"""

from __future__ import annotations

import calendar
import datetime
import functools
import math
import re
from dataclasses import dataclass, field

from prenup.base.problems import Origin, nearest
from prenup.base.units import (
    CURRENCIES,
    CURRENCY_SIGNS,
    DATE,
    FRACTION_WORDS,
    NUMBER,
    PER_YEAR,
    SCALE_WORDS,
    TIME_WORDS,
    YEAR,
    Unit,
    base_unit,
)

WIDEST = 10.0
"""The largest standard deviation of a logarithm: beyond it a draw says nothing."""

LARGEST = 1e30
"""No quantity in a deal is larger; beyond it a slip of the keyboard is more likely than a fact."""

STATUSES = ("confirmed", "reported", "estimated", "assumed")
UNCONFIRMED = ("reported", "estimated", "assumed")


LONGEST = 300
"""Characters in a quantity or a distribution; a longer text is something else."""

MOST_CHOICES = 20
"""Values in a `choice(...)`."""


class QuantityError(ValueError):
    """A text is no quantity; the message says why, `fix` what to write.

    `meant` tells a quantity that is almost right from a text that was never meant as one.
    """

    def __init__(self, message: str, fix: str = "", *, meant: bool = True) -> None:
        self.fix = fix
        self.meant = meant
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in base units and its unit. A bare number may still take a currency from where it stands."""

    value: float
    unit: Unit

    @property
    def bare(self) -> bool:
        """Whether neither a currency nor a resource was written."""
        return not (self.unit.names() - {"yr"})


@dataclass(frozen=True, slots=True)
class Spread:
    """What we don't know of a number: a distribution over views of the deal.

    `shape` is one of `interval` (low, middle, high: 5 %, 50 % and 95 % points), `normal` (mean, standard deviation),
    `lognormal` (median, standard deviation of the logarithm), `uniform` (low, high), `triangular` (low, mode, high),
    `choice` (values, then as many weights). `parameters` are in base units.
    """

    shape: str
    parameters: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a number comes from. `status` is empty where the file says nothing."""

    source: str = ""
    status: str = ""
    note: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether the file marks the number as confirmed."""
        return self.status == "confirmed"


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a deal: a lever if it has no spread, an unknown if it has one. `path` is its name in the deal."""

    value: float
    unit: Unit
    text: str = field(default="", compare=False)
    path: str = field(default="", compare=False)
    spread: Spread | None = None
    provenance: Provenance = Provenance()
    bounds: tuple[float | None, float | None] = field(default=(None, None), compare=False)
    where: Origin | None = field(default=None, compare=False, repr=False)


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_QUANTITY = re.compile(
    r"""(?P<sign>[-+−]?)\s*
        (?P<before>[$€£¥]|[A-Z]{3}(?![A-Za-z]))?\s*
        (?P<sign2>[-+−]?)\s*
        (?P<digits>(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)(?:\.\d+)?|\.\d+)(?P<exponent>[eE][-+]?\d{1,3})?
        (?:\s*(?P<scale>thousand|million|billion|trillion|bn|Bn|BN|mn|MM|tn|[kKmMbBT])(?![A-Za-z_]))?
        \s*(?P<fraction>%|percent(?![A-Za-z])|bps?(?![A-Za-z])|x(?![A-Za-z]))?
        \s*(?P<unit>[A-Za-z_]\w*(?:\s*[*]\s*[A-Za-z_]\w*)*)?
        (?:\s*(?:/|per\s|a\s(?=year|month|quarter))\s*(?P<per>[A-Za-z_]\w*))?
        (?:\s*/\s*(?P<per2>[A-Za-z_]\w*))?""",
    re.VERBOSE,
)


def parse_quantity(text: str, resources: frozenset[str] = frozenset()) -> Quantity:
    """One quantity, as written.

    Args:
        text: such as `$13bn`, `20%`, `3.7bn/yr`, `18 months`, `2030-12-31`, `$1.30/gpu_hour`.
        resources: names of the things that this deal counts besides money, shares and years.

    Raises:
        QuantityError: the text is not a quantity, or too large; the message says what was expected.
    """
    stripped = text.strip()
    if _DATE.fullmatch(stripped):
        return Quantity(float(_date(stripped).toordinal()), DATE)
    match = _QUANTITY.fullmatch(stripped) if len(stripped) <= LONGEST else None
    if not match or not stripped.isprintable():
        fix = "write it like $13bn, 20%, 3.7bn/yr, 18 months or 2030-12-31"
        raise QuantityError(f"{_shown(text)} is not a quantity", fix, meant=False)
    value = float(match["digits"].replace(",", "").replace("_", "") + (match["exponent"] or ""))
    if "-" in match["sign"] + match["sign2"] or "−" in match["sign"] + match["sign2"]:
        value = -value
    value *= SCALE_WORDS.get(match["scale"] or "", 1.0) * FRACTION_WORDS[match["fraction"] or ""]
    factor, unit = _unit_of(match, resources, text)
    value *= factor
    if not math.isfinite(value) or abs(value) > LARGEST:
        fix = "check the digits and the scale word"
        raise QuantityError(f"{_shown(text)} is larger than any quantity in a deal ({LARGEST:g})", fix)
    return Quantity(value, unit)


def _unit_of(match: re.Match[str], resources: frozenset[str], text: str) -> tuple[float, Unit]:
    """The factor into base units and the unit that the words around a number stand for."""
    factor, unit = 1.0, NUMBER
    if match["before"]:
        currency = CURRENCY_SIGNS.get(match["before"], match["before"])
        if currency not in CURRENCIES:
            fix = f"write {nearest(currency, CURRENCIES) or 'its ISO code, such as USD or EUR'}"
            raise QuantityError(f"{_shown(text)}: {currency} is not a currency that prenup knows", fix)
        unit = unit * base_unit(currency)
    for word in re.split(r"\s*\*\s*", match["unit"]) if match["unit"] else []:
        scale, part = _word(word, resources, text)
        factor, unit = factor * scale, unit * part
    for group in ("per", "per2"):
        if match[group]:
            scale, part = _word(match[group], resources, text)
            factor, unit = factor / scale, unit / part
    return factor, unit


def _word(word: str, resources: frozenset[str], text: str) -> tuple[float, Unit]:
    """One unit word: its size in base units, and the base unit."""
    if word in TIME_WORDS:
        return TIME_WORDS[word], YEAR
    if word in CURRENCIES:
        return 1.0, base_unit(word)
    if word in ("share", "shares"):
        return 1.0, base_unit("share")
    for name in (word, word.removesuffix("s")):
        if name in resources:
            return 1.0, base_unit(name)
    close = nearest(word, [*SCALE_WORDS, *TIME_WORDS, *CURRENCIES, "shares", *resources])
    listed = f"list it under deal: as units: [{', '.join(sorted({*resources, word}))}]"
    fix = f"write {close}" if close else listed
    raise QuantityError(f"{word!r} in {_shown(text)} is neither a size such as bn nor a unit of this deal", fix)


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    year, month = int(text[:4]), int(text[5:7])
    if not (1 <= month <= 12 and year >= 1):
        raise QuantityError(f"{text} is not a day of the calendar", "write year-month-day, such as 2030-12-31")
    last = datetime.date(year, month, calendar.monthrange(year, month)[1])
    raise QuantityError(f"{text} is not a day of the calendar: that month has {last.day} days", f"write {last}")


def _shown(text: str) -> str:
    """The text in quotes, cut where it is long, with what cannot be printed escaped."""
    short = text if len(text) <= 40 else text[:37] + "..."
    return repr(short)


_CALL = re.compile(r"\s*(?P<name>normal|lognormal|uniform|triangular|choice)\s*\((?P<inside>[^()]*)\)\s*")
_BARE = re.compile(r"[-+−]?[\d.,_]+")


def parse_number(text: str, resources: frozenset[str] = frozenset()) -> Number:
    """A quantity, a range (`15% to 25%`) or a distribution (`normal(20%, 2%)`) with its central value.

    A range is a 90 % interval: its ends are the 5 % and 95 % points. The central value of an unknown is its median.

    Raises:
        QuantityError: the text is none of them; the message says what was expected.
    """
    call = _CALL.fullmatch(text) if len(text) <= LONGEST else None
    if call:
        try:
            return _distribution(call["name"], call["inside"], text, resources)
        except QuantityError as fault:
            raise QuantityError(str(fault), fault.fix) from None
    if " to " not in text:
        quantity = parse_quantity(text, resources)
        return Number(quantity.value, quantity.unit, text=text.strip())
    low, high = parse_range(text, resources)
    return Number((low.value + high.value) / 2, high.unit, text=text.strip(), spread=interval(low.value, None, high.value))


def parse_range(text: str, resources: frozenset[str] = frozenset()) -> tuple[Quantity, Quantity]:
    """The two ends of `low to high`; units and scale left out at the low end are those of the high end."""
    low_text, to, high_text = text.partition(" to ")
    if not to:
        raise QuantityError(f"{_shown(text)} is not a range", "write low to high, such as 15% to 25%")
    try:
        high = parse_quantity(high_text, resources)
        low = parse_quantity(low_text, resources)
    except QuantityError as fault:
        raise QuantityError(str(fault), fault.fix) from None
    if _BARE.fullmatch(low_text.strip()) and not _BARE.fullmatch(high_text.strip()):
        suffix = re.sub(r"^\s*[-+−]?\s*([$€£¥]|[A-Z]{3}\b)?\s*[\d.,_]+", r"\1 ", high_text)
        sign, _, after = suffix.partition(" ")
        low = parse_quantity(f"{sign}{low_text.strip()}{after}", resources)
    if low.unit != high.unit:
        raise QuantityError(f"{_shown(text)} mixes {low.unit} and {high.unit}", "write both ends in the same unit")
    sizes = [match["scale"] if (match := _QUANTITY.fullmatch(part.strip())) else None for part in (low_text, high_text)]
    if sizes[1] and not sizes[0] and 0 < low.value < high.value / 1_000 and not _BARE.fullmatch(low_text.strip()):
        fix = f"write {low_text.strip()}{sizes[1]} to {high_text.strip()}"
        raise QuantityError(f"the low end of {_shown(text)} has no {sizes[1]}", fix)
    if low.value > high.value:
        fix = f"write {high_text.strip()} to {low_text.strip()}"
        raise QuantityError(f"{_shown(text)} begins with its larger end", fix)
    if low.value == high.value:
        raise QuantityError(f"the two ends of {_shown(text)} are the same", "write one value, or a range with two ends")
    return low, high


def interval(low: float, middle: float | None, high: float) -> Spread:
    """A 90 % interval around a middle (the midpoint if None)."""
    return Spread("interval", (low, (low + high) / 2 if middle is None else middle, high))


_PARTS = {
    "normal": "mean, standard deviation",
    "lognormal": "median, standard deviation of the logarithm",
    "uniform": "low, high",
    "triangular": "low, most likely, high",
}
"""What stands between the brackets of each distribution."""


def _distribution(name: str, inside: str, text: str, resources: frozenset[str]) -> Number:
    if name == "choice":
        return _choice(inside, text, resources)
    parts = [parse_quantity(p, resources) for p in _split(inside)]
    if len(parts) != _PARTS[name].count(",") + 1:
        raise QuantityError(f"{_shown(text)}: {name} takes {_PARTS[name]}", f"write {name}({_PARTS[name]})")
    unit = parts[0].unit
    same = parts if name != "lognormal" else parts[:1]
    if any(p.unit != unit for p in same):
        raise QuantityError(f"{_shown(text)} mixes units", "write every part in the same unit")
    values = tuple(p.value for p in parts)
    rising = list(values) == sorted(values) and values[0] < values[-1]
    if name in ("uniform", "triangular") and not rising:
        raise QuantityError(f"{_shown(text)} does not rise from low to high", f"write {name}({_PARTS[name]})")
    if name in ("normal", "lognormal") and values[1] <= 0:
        raise QuantityError(f"{_shown(text)}: a standard deviation is above zero", f"write {name}({_PARTS[name]})")
    if name == "lognormal" and (values[0] <= 0 or values[1] > WIDEST or parts[1].unit != NUMBER):
        fix = "write it like lognormal($5m, 0.4)"
        raise QuantityError(f"{_shown(text)}: the median is above zero, its spread a plain number up to {WIDEST:g}", fix)
    spread = Spread(name, values)
    return Number(central(spread), unit, text=text.strip(), spread=spread)


def _choice(inside: str, text: str, resources: frozenset[str]) -> Number:
    """`choice(20%, 25%)` with equal weights, or `choice(20%: 3, 25%: 1)` with stated ones."""
    values: list[Quantity] = []
    weights: list[float] = []
    if len(_split(inside)) > MOST_CHOICES:
        raise QuantityError(f"{_shown(text)} has more than {MOST_CHOICES} values", "write a range or a distribution")
    for part in _split(inside):
        value_text, colon, weight_text = part.partition(":")
        values.append(parse_quantity(value_text, resources))
        weights.append(parse_quantity(weight_text, resources).value if colon else 1.0)
    if len(values) < 2 or any(v.unit != values[0].unit for v in values) or min(weights) < 0 or sum(weights) <= 0:
        raise QuantityError(
            f"{_shown(text)}: choice takes two or more values of one unit, with weights that are not negative",
            "write choice(20%, 25%) or choice(20%: 3, 25%: 1)",
        )
    total = sum(weights)
    pairs = sorted(zip((v.value for v in values), weights, strict=True))
    spread = Spread("choice", (*(v for v, _ in pairs), *(w / total for _, w in pairs)))
    return Number(central(spread), values[0].unit, text=text.strip(), spread=spread)


def _split(inside: str) -> list[str]:
    """Parts between commas that are not thousands separators: a comma followed by a space."""
    return [p.strip() for p in re.split(r",\s+|,(?!\d{3}(?:\D|$))", inside)]


def central(spread: Spread) -> float:
    """The median of a spread: the value in the central view of the deal."""
    p = spread.parameters
    if spread.shape in ("normal", "lognormal"):
        return p[0]
    if spread.shape == "uniform":
        return (p[0] + p[1]) / 2
    if spread.shape == "interval":
        return p[1]
    if spread.shape == "triangular":
        low, mode, high = p
        if mode - low >= (high - low) / 2:
            return low + math.sqrt((high - low) * (mode - low) / 2)
        return high - math.sqrt((high - low) * (high - mode) / 2)
    values, weights = p[: len(p) // 2], p[len(p) // 2 :]
    reached = 0.0
    for value, weight in zip(values, weights, strict=True):
        reached += weight
        if reached >= 0.5:
            return value
    return values[-1]


def ends(number: Number) -> tuple[float, float]:
    """The smallest and the largest that a number is said to be; the middle of a spread that has no ends."""
    spread = number.spread
    if spread is None or spread.shape in ("normal", "lognormal"):
        return number.value, number.value
    values = spread.parameters[: len(spread.parameters) // 2] if spread.shape == "choice" else spread.parameters
    return min(values), max(values)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a field takes: units it accepts, the bounds of its value, and how to write it."""

    units: tuple[Unit, ...]
    example: str
    noun: str
    least: float | None = None
    most: float | None = None
    bare_most: float | None = None
    """A larger number without a percent sign is taken for a percentage whose sign was forgotten."""


@functools.lru_cache
def expected(what: str, currency: str) -> Expected:
    """The meaning of a field's unit word: `money`, `fraction`, `rate` and the others below."""
    cash = base_unit(currency)
    sign = next((s for s, code in CURRENCY_SIGNS.items() if code == currency), f"{currency} ")
    table = {
        "money": Expected((cash,), f"{sign}50m", "an amount of money", 0.0),
        "balance": Expected((cash,), f"{sign}50m", "an amount of money"),
        "money/yr": Expected((cash / YEAR,), f"{sign}3.7bn/yr", "money a year", 0.0),
        "money flow": Expected((cash, cash / YEAR), f"{sign}600m/yr", "money, or money a year", 0.0),
        "fraction": Expected((NUMBER,), "20%", "a fraction", 0.0, 1.0, 1.0),
        "signed fraction": Expected((NUMBER,), "25%", "a fraction", -1.0, 1.0, 1.0),
        "growth": Expected((NUMBER, PER_YEAR), "35%", "a rate of growth a year", -1.0, None, 5.0),
        "discount": Expected((NUMBER, PER_YEAR), "9%", "a yearly rate of discount", -0.5, 10.0, 1.0),
        "rate": Expected((PER_YEAR, NUMBER), "12%", "a rate a year"),
        "duration": Expected((YEAR,), "18 months", "a length of time", 0.0, None),
        "date": Expected((DATE,), "2030-12-31", "a date"),
        "number": Expected((NUMBER,), "3", "a plain number"),
        "units": Expected((NUMBER,), "1.5m", "a number of units", 0.0),
        "multiple": Expected((NUMBER,), "1x", "a multiple", 0.0),
    }
    return table.get(what, Expected((), f"{sign}3.7bn/yr", "a quantity"))
