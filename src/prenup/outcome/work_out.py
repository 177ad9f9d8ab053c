"""From a sheet to a run: valuation rows are added, what nobody asks for is pruned, and the engine fills in the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor

import numpy as np

from prenup.base.problems import nearest
from prenup.deal.model import Deal
from prenup.engine.engines import engine_named
from prenup.engine.reference import Array
from prenup.engine.run import Progress, Settings, run_sheet
from prenup.outcome.run import Run
from prenup.outcome.valuation import money_transfers, month_name, moved_name, valuation_rows, value_name, with_rows
from prenup.sheet.order import pruned
from prenup.sheet.sheet import WORLD, Row, Sheet


def work_out(
    deal: Deal,
    sheet: Sheet,
    settings: Settings,
    variant: str = "",
    *,
    keep: Iterable[str] = (),
    rows: Iterable[Row] = (),
    finals: Iterable[str] = (),
    views: Mapping[str, Array] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a deal's sheet and keep what values need.

    Args:
        deal, sheet: the deal and what it wrote.
        settings: how much is drawn.
        keep: rows of which every month is kept (of one that is worked out at the end, its value); rows: further rows that a
            question adds; finals: rows of which the last value is kept besides those that values need.
        views: uniform draws of unknowns, (randomisation, view, 1), instead of random ones.

    Raises:
        ValueError: a count is out of range, or a row to keep is not in the sheet.
    """
    full = with_rows(with_rows(sheet, valuation_rows(sheet)), rows)
    keep, finals = tuple(keep), tuple(finals)
    for name in (*keep, *finals):
        if name not in full.rows:
            close = nearest(name, full.rows)
            raise ValueError(f"no row is called {name}" + (f"; did you mean {close}?" if close else ""))
    at_end = [name for name in keep if full.rows[name].stage == "end"]
    wanted = dict.fromkeys([*_values_need(full), *finals, *at_end])
    keep = tuple(name for name in keep if name not in at_end)
    small = pruned(full, [*wanted, *keep])
    design = settings.design()
    if views is None and settings.views == 1:
        views = central_views(small, settings)
    engine = engine_named(settings.engine)
    filled = run_sheet(small, design, wanted, dict.fromkeys(keep), views, executor, progress, engine)
    return Run(deal, small, settings, design, filled, variant, engine)


def central_views(sheet: Sheet, settings: Settings) -> dict[str, Array]:
    """Every unknown at its central value: the middle of its distribution."""
    return {name: np.full((settings.randomisations, 1, 1), 0.5) for name in sheet.unknowns}


def _values_need(sheet: Sheet) -> list[str]:
    names = [f"cash.{party}" for party in (*sheet.parties, WORLD)]
    names += [party.cash_row for party in sheet.parties.values()]
    for transfer in money_transfers(sheet):
        names += [moved_name(transfer), *([month_name(transfer)] if transfer.at else [])]
        names += [value_name(transfer, party) for party in (transfer.payer, transfer.payee) if party != WORLD]
    return names
