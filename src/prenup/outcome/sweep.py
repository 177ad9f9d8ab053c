"""Many settings of the levers on the same draws: what each makes of each party's value, cheaply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from prenup.base.problems import nearest
from prenup.base.quantity import Number, QuantityError, parse_quantity
from prenup.base.units import base_unit
from prenup.deal.inventory import numbers
from prenup.deal.model import Deal
from prenup.engine.engines import engine_named
from prenup.engine.reference import Array
from prenup.engine.run import Settings, sweep_sheet
from prenup.outcome.valuation import valuation_rows, value_rows, with_rows
from prenup.outcome.work_out import central_views
from prenup.sheet.expr import Expr, Ref, total
from prenup.sheet.order import pruned
from prenup.sheet.sheet import Row, Sheet

if TYPE_CHECKING:
    import pandas as pd


def sweep(
    deal: Deal, sheet: Sheet, settings: Settings, changes: Sequence[Mapping[str, object]], executor: Executor | None = None
) -> pd.DataFrame:
    """Each party's value under many settings of known numbers of the deal; setting 0 is the deal as it stands.

    Args:
        deal, sheet, settings: the deal, what it wrote, and how much is drawn.
        changes: one mapping a setting, from dotted paths of known numbers to values as in a deal file.
        executor: where blocks are worked out; threads of this machine if None.

    Returns columns setting, party, mean, error, change, change_error: money at present value in the deal's currency.

    Raises:
        ValueError: a path is no known number of the deal, or a value does not fit it; the message says which.
    """
    import pandas as pd

    known = {n.path: n for n in numbers(deal) if n.path in sheet.parameters}
    levers = [{}, *({path: _value(deal, path, known, value) for path, value in change.items()} for change in changes)]
    worth = [_worth(sheet, party) for party in sheet.parties]
    full = with_rows(with_rows(sheet, valuation_rows(sheet)), worth)
    figures = [row.name for row in worth]
    small = pruned(full, figures)
    views = central_views(small, settings) if settings.views == 1 else None
    means = sweep_sheet(small, settings.design(), figures, levers, views, executor, engine_named(settings.engine))
    lines = [
        (setting, party, *_mean(means[setting, row]), *_mean(means[setting, row] - means[0, row]))
        for setting in range(len(levers)) for row, party in enumerate(sheet.parties)
    ]  # fmt: skip
    return pd.DataFrame(lines, columns=["setting", "party", "mean", "error", "change", "change_error"])


def _mean(parts: Array) -> tuple[float, float]:
    """The mean of independent estimates, and its standard error."""
    return float(parts.mean()), float(parts.std(ddof=1) / len(parts) ** 0.5)


def _worth(sheet: Sheet, party: str) -> Row:
    """The row of a party's whole value."""
    values: list[Expr] = [Ref(name) for name in value_rows(sheet, party)]
    return Row(f"worth({party})", total(values), f"present value to {party}", "end", unit=base_unit(sheet.currency))


def _value(deal: Deal, path: str, known: Mapping[str, Number], value: object) -> float:
    number = known.get(path)
    if number is None:
        close = nearest(path, known)
        hint = f"; did you mean {close}?" if close else "."
        raise ValueError(f"{path} is no known number of the deal{hint} Ranges and formulas are changed with change()")
    try:
        quantity = parse_quantity(str(value), frozenset(deal.units))
    except QuantityError as fault:
        raise ValueError(f"{path}: {fault}; {fault.fix}") from None
    if quantity.unit not in (number.unit, number.unit / base_unit(deal.currency)):
        raise ValueError(f"{path} is counted in {number.unit}, not in {quantity.unit}")
    low, high = number.bounds
    if (low is not None and quantity.value < low) or (high is not None and quantity.value > high):
        raise ValueError(f"{path} can't be {value}: it lies from {low} to {high}")
    return quantity.value
