"""A deal writes its sheet: parties, numbers, events, drivers, rows and terms, each inside its own clause."""

from __future__ import annotations

from typing import Any

from prenup.base.problems import Log
from prenup.deal.model import Deal, RowEntry
from prenup.deal.tree import place_of_name
from prenup.drivers._correlation import correlated
from prenup.sheet.builder import Builder, Effect
from prenup.sheet.expr import ZERO
from prenup.sheet.sheet import Party, Sheet
from prenup.terms.profit_share import ProfitShare


def write_sheet(deal: Deal, log: Log) -> Sheet | None:
    """The sheet of a deal; None, with problems in the log, where names, units or loops stand in the way."""
    builder = Builder(deal.calendar, deal.currency, log)
    builder.units.update(deal.units)
    builder.numbers.update(deal.numbers)
    _write_parties(deal, builder)
    _announce(deal, builder)
    for section, entries in (("events", deal.events), ("drivers", deal.drivers), ("rows", deal.rows), ("terms", deal.terms)):
        for name, entry in entries.items():
            with builder.clause(name, deal.places.get(f"{section}.{name}")):
                _write(entry, builder)
    for party, table in deal.cap_tables.items():
        with builder.clause(party, deal.places.get(f"cap_tables.{party}")):
            places = {name: deal.places[f"cap_tables.{party}.actions.{name}"] for name in table.actions}
            tiers = deal.terms.get(table.tiers)
            table.write(builder, party, tiers if isinstance(tiers, ProfitShare) else None, places)
    _check_correlated(deal, builder)
    return builder.finish()


def _write_parties(deal: Deal, builder: Builder) -> None:
    for name, party in deal.parties.items():
        with builder.clause("", deal.places.get(f"parties.{name}")):
            builder.once(f"discount.{name}", builder.rate(party.discount), f"yearly discount rate of {party.title or name}")
            builder.once(
                f"opening.{name}",
                builder.value(party.cash),
                f"cash of {party.title or name} before the first month",
                unit=builder.money,
            )
        builder.parties[name] = Party(name, party.title or name, f"discount.{name}", f"opening.{name}")


def _announce(deal: Deal, builder: Builder) -> None:
    """What acts across clauses, told before they are written: correlations, effects of events, terminations."""
    if deal.correlations is not None:
        builder.correlated.update(correlated(deal.correlations.between, deal.correlations.matrix))
    for name, event in deal.events.items():
        for target, effect in event.effects.items():
            place = place_of_name(deal.tree, ("events", name, "effects"), target) or deal.places.get(f"events.{name}")
            builder.effects.setdefault(target, []).append(Effect(name, target, effect.scale, effect.shift, place))
    for name, term in deal.terms.items():
        for ended in term.ends(tuple(deal.terms)):
            builder.terminations.setdefault(ended, []).append(name)


def _check_correlated(deal: Deal, builder: Builder) -> None:
    """A driver without monthly normal draws has nothing that could move together with another."""
    for name in deal.correlations.between if deal.correlations is not None else ():
        if name in deal.drivers and name not in builder.drawn:
            place = deal.places.get(f"drivers.{name}")
            builder.log.add(
                "D222",
                f"{name} is correlated, but has no monthly draws of its own",
                place,
                why="a correlation is between drivers that wander from month to month",
                fix="give it a volatility, or leave it out of correlations:",
            )


def _write(entry: Any, builder: Builder) -> None:
    if not isinstance(entry, RowEntry):
        entry.write(builder)
    elif entry.payer:
        builder.pay("", builder.value(entry.value), entry.payer, entry.payee, entry.title or entry.note or "row of the deal")
    else:
        start = builder.value(entry.start) if entry.start is not None else ZERO
        builder.row("", builder.value(entry.value), entry.title or entry.note or "row of the deal", start=start)
