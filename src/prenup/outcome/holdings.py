"""How a cap table stands at one moment, on every path of a run: who has what, and what each class may have at an exit."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prenup.base.problems import Log, nearest
from prenup.base.quantity import Number
from prenup.base.units import DATE, NUMBER
from prenup.deal.model import Deal
from prenup.deal.write_sheet import write_sheet
from prenup.engine.reference import Array
from prenup.engine.run import Progress, Settings
from prenup.outcome.work_out import work_out
from prenup.ownership.cap_table import CapTable
from prenup.ownership.rows import PARTS
from prenup.ownership.tiers import Tier, distribute
from prenup.ownership.waterfall import Line, payouts
from prenup.sheet.expr import ZERO, Const, Expr, Op, Param, Prev, Ref, Table, walk, where_
from prenup.sheet.sheet import Row, Sheet
from prenup.terms._tiers import ShareTier
from prenup.terms.profit_share import ProfitShare

AT_FIRST = "at first"
"""What the moment is called at which nothing has been done yet."""


OF_TABLE = ("outstanding", "diluted", "restructured", "tiers", "valuation")
OF_CLASS = ("units", "issued", "converted", "turned", "outstanding", "diluted", "price", "ratio", "part", "claim", "bought")
"""The rows of a table, and of each of its classes, that questions read."""

KEPT_BACK = 1e-12
"""What a tier has to leave over for the company to keep it."""


class NoFigures(ValueError):
    """There are no numbers to show: no path has finite ones, or none gets to the moment."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a table is looked at: a row that is yes in one month of a path, and how to say it."""

    when: Expr
    text: str
    day: datetime.date | None = None


def moment(deal: Deal, sheet: Sheet, party: str, at: str) -> Moment:
    """The moment that a text means: a day of the clock, an event of the deal, or an action of the party's table.

    Raises:
        ValueError: it is none of them; the message says what there is.
    """
    actions = deal.cap_tables[party].actions
    for name in (f"{party}.{at}", at):
        if name in sheet.events:
            title = deal.title_of(name)
            return Moment(Ref(f"{name}.now"), title)
    try:
        day = datetime.date.fromisoformat(at)
    except ValueError:
        known = [*actions, *deal.events]
        close = nearest(at, known)
        hint = f"; did you mean {close}?" if close else f"; it has {', '.join(known) or 'none'}"
        raise ValueError(f"{at} is neither a day nor an event of the deal or an action of its table{hint}") from None
    ends = deal.calendar.ends
    if not deal.calendar.first_day <= day <= ends[-1]:
        raise ValueError(f"{at} lies outside the deal's clock, {deal.calendar.first_day} to {ends[-1]}")
    month = next(index for index, end in enumerate(ends) if day <= end)
    return Moment(Op("eq", (Table("month", NUMBER), Const(float(month)))), f"{day:%-d %B %Y}", day)


@dataclass(frozen=True, slots=True)
class Holdings:
    """One table at one moment.

    `rows` hold one number a path, (path,), of the paths that reach the moment; those that begin with `unknown` what each
    path's view has drawn of what is unknown. `view` says which view of the unknowns each path belongs to, `path` which of all
    paths it is; `reached` what part of all paths get there. `counted` are those whose receipts end each tier, where tiers
    divide.
    """

    party: str
    table: CapTable
    text: str
    rows: Mapping[str, Array]
    view: Array
    reached: float
    path: NDArray[np.intp]
    counted: tuple[str, ...] = ()

    def row(self, name: str) -> Array:
        """A row of the table by its short name; zero where it has none."""
        found = self.rows.get(f"{self.party}.{name}")
        return np.zeros(len(self.view)) if found is None else found

    def has(self, name: str) -> bool:
        """Whether the table has a row of that name."""
        return f"{self.party}.{name}" in self.rows

    def units(self, name: str) -> Array:
        """Units of a class outstanding; of a safe or a note, the money that has not converted."""
        return self.row(f"{name}.units" if self.has(f"{name}.units") else f"{name}.issued")

    def holders(self, name: str) -> list[str]:
        """Everybody who may hold a class."""
        start = f"{self.party}.{name}.part."
        return [row.removeprefix(start) for row in self.rows if row.startswith(start)]

    @property
    def everybody(self) -> list[str]:
        """Everybody who holds anything, and those among whom tiers divide."""
        held = dict.fromkeys(h for name in self.table.classes for h in self.holders(name))
        divided = [h for tier in self.tiers for h in tier.shares] if self.counted else []
        return list(dict.fromkeys([*held, *divided]))

    def held(self, holder: str, what: str = "diluted") -> Array:
        """A holder's units of all classes as common: `diluted` or `outstanding`."""
        parts = [self.row(f"{n}.{what}") * self.row(f"{n}.part.{holder}") for n, c in self.table.classes.items() if c.dilutes]
        return np.sum(parts, axis=0) if parts else np.zeros(len(self.view))

    def share(self, holder: str, what: str = "diluted") -> Array:
        """A holder's part of the capital: `diluted` or `outstanding`."""
        whole = self.row(what)
        return np.divide(self.held(holder, what), whole, out=np.zeros(len(whole)), where=whole > 0)

    def lines(self, paths: NDArray[np.intp] | None = None) -> list[Line]:
        """What each class may have of some proceeds, on some of the paths; all of them have to rank the classes alike.

        Where they don't, as when a note has converted on some, the rank is that of most of them.
        """
        found = []
        chosen = np.arange(len(self.view)) if paths is None else paths
        for name, entry in self.table.classes.items():
            given = {what: _one(self.row(f"{name}.claim.{what}")[chosen]) for what in PARTS if self.has(f"{name}.claim.{what}")}
            rank = self.row(f"{name}.claim.seniority")[chosen]
            most = float(np.median(rank)) if len(rank) else 0.0
            found.append(Line(name, seniority=round(most), residual=entry.kind == "residual", **given))
        return found

    def _by_class(self, proceeds: Array) -> dict[str, Array]:
        """What each class is paid: together for the paths that rank the classes alike."""
        names = list(self.table.classes)
        ranks = np.array([self.row(f"{name}.claim.seniority") for name in names])
        kinds, kind = np.unique(ranks, axis=1, return_inverse=True)
        if kinds.shape[1] <= 1:
            return dict(zip(names, payouts(self.lines(), proceeds), strict=True))
        spread = np.broadcast_to(proceeds, np.broadcast_shapes(proceeds.shape, self.view.shape))
        paid = np.empty((len(names), *spread.shape))
        for number in range(kinds.shape[1]):
            chosen = np.flatnonzero(kind.ravel() == number)
            paid[..., chosen] = payouts(self.lines(chosen), spread[..., chosen])
        return dict(zip(names, paid, strict=True))

    @property
    def by_tiers(self) -> bool:
        """Whether tiers divide what the company is worth, and no units."""
        return bool(self.table.tiers) and not bool(np.any(self.row("restructured")))

    @property
    def tiers(self) -> list[Tier]:
        """The tiers of the table with their numbers; what they leave stays with the company."""
        found: list[Tier] = []
        for number, counted in enumerate(self.counted, 1):
            start = f"{self.party}.tiers.{number}."
            given = {row.removeprefix(start): values for row, values in self.rows.items() if row.startswith(start)}
            limit = given.pop("up_to", None)
            left = 1.0 - np.sum(list(given.values()), axis=0)
            if np.any(left > KEPT_BACK):
                given[self.party] = given.get(self.party, 0.0) + np.maximum(left, 0.0)
            found.append(Tier(given, counted or None, np.inf if limit is None else limit))
        return found if found and found[-1].up_to is np.inf else [*found, Tier({self.party: np.ones(len(self.view))})]

    @property
    def received(self) -> dict[str, Array]:
        """What each of those among whom tiers divide has had so far."""
        start = f"{self.table.tiers}.received."
        return {row.removeprefix(start): values for row, values in self.rows.items() if row.startswith(start)}

    def paid_by_class(self, proceeds: float | Array) -> dict[str, Array]:
        """What some proceeds pay to each class, or to each of those among whom tiers divide; shapes and errors as `paid`."""
        done = self.row("restructured") > 0.0
        if self.table.tiers and done.any() and not done.all():
            raise ValueError(
                f"by {self.text} the claims have been restructured on some paths only; ask at the event that does it"
            )
        if self.by_tiers:
            return dict(distribute(self.tiers, proceeds, self.received))
        return self._by_class(np.asarray(proceeds, dtype=float))

    def paid(self, proceeds: float | Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """What some proceeds pay, by class and by holder: (path,) each, or (value, path) for proceeds of (value, 1).

        Raises:
            ValueError: nobody may have so much, or tiers divide it on some paths and units on others.
        """
        by_class = self.paid_by_class(proceeds)
        if self.by_tiers:
            return by_class, dict(by_class)
        by_holder: dict[str, Array] = {}
        for name, amount in by_class.items():
            for holder in self.holders(name):
                by_holder[holder] = by_holder.get(holder, 0.0) + amount * self.row(f"{name}.part.{holder}")
        return by_class, by_holder


def _one(values: Array) -> float | Array:
    """A number that is the same on every path as one number."""
    return float(values[0]) if len(values) and bool(np.all(values == values[0])) else values


@dataclass(frozen=True, slots=True)
class Seen:
    """A table before and after what happens at a moment; the same twice where it is looked at as it stands at first."""

    before: Holdings
    after: Holdings


def seen(
    deal: Deal,
    sheet: Sheet,
    party: str,
    settings: Settings,
    at: str = "",
    *,
    rows: Iterable[Row] = (),
    progress: Progress | None = None,
) -> Seen:
    """A party's table at a moment on every path of a run; as it stands at first, before any action, where `at` is empty.

    Args:
        deal, sheet, settings: the deal, what it wrote, and how much is drawn.
        party, at: whose table, and when: a day, an event, an action.
        rows: further rows of which the value after the last month is wanted; they join those of the table after the moment.

    Raises:
        ValueError: the party has no table, or `at` is no moment of the deal; the message says what there is.
        NoFigures: no path of the run has finite numbers.
    """
    if party not in deal.cap_tables:
        raise ValueError(f"{party} has no cap table; those that have: {', '.join(deal.cap_tables) or 'none'}")

    def at_first() -> Holdings:
        first_month = Op("eq", (Table("month", NUMBER), ZERO))
        return _gathered(deal, _untouched(deal, party), party, settings, first_month, AT_FIRST, rows, progress)[1]

    if not at:
        first = at_first()
        return Seen(first, first)
    found = moment(deal, sheet, party, at)
    if found.day is not None:
        sheet = _on(deal, party, found.day)
    before, after = _gathered(deal, sheet, party, settings, found.when, found.text, rows, progress)
    if deal.cap_tables[party].actions and bool(np.any(before.rows["moment.month"] == 0)):
        before = _from_first(before, at_first())
    return Seen(before, after)


def _written(deal: Deal, party: str, table: CapTable) -> Sheet | None:
    """The deal's sheet with another table of a party; None where it has faults."""
    return write_sheet(replace(deal, cap_tables={**deal.cap_tables, party: table}), Log())


def _on(deal: Deal, party: str, day: datetime.date) -> Sheet:
    """The deal's sheet with interest, dividends and vesting of a table as on a day."""
    sheet = _written(deal, party, replace(deal.cap_tables[party], day=day))
    assert sheet is not None  # the rows of a sound deal
    return sheet


def _untouched(deal: Deal, party: str) -> Sheet:
    """The deal's sheet with a table that no action changes: without them or, where other rows read them, after the clock."""
    table = replace(deal.cap_tables[party], day=deal.calendar.first_day)
    never = Number(float(deal.calendar.ends[-1].toordinal() + 1), DATE, path=f"cap_tables.{party}.never")
    waiting = {name: replace(action, on=never) for name, action in table.actions.items()}
    found = (_written(deal, party, replace(table, actions=actions)) for actions in ({}, waiting))
    return next(sheet for sheet in found if sheet is not None)  # the second has the rows of a sound deal


def _gathered(
    deal: Deal,
    sheet: Sheet,
    party: str,
    settings: Settings,
    when: Expr,
    text: str,
    rows: Iterable[Row],
    progress: Progress | None,
) -> tuple[Holdings, Holdings]:
    """The table before and after a moment, read from a run in which each of its rows is kept as it was then."""
    table = deal.cap_tables[party]
    terms = (f"{table.tiers}.received.",) if table.tiers else ()
    names = [name for name in sheet.rows if sheet.rows[name].stage != "end" and _is_read(name, party, table)]
    names += [name for name in sheet.rows if name.startswith(terms)]
    monthly = [name for name in names if _changes(sheet.rows[name], sheet)]
    added = [Row("moment", when, "whether it is the moment"), Row("moment.reached", _kept("moment.reached", Const(1.0)), "")]
    added.append(Row("moment.month", _kept("moment.month", Table("month", NUMBER)), "the month of the moment"))
    for name in monthly:
        added += [
            Row(f"after({name})", _kept(f"after({name})", Ref(name)), "as it is after the moment"),
            Row(f"before({name})", _kept(f"before({name})", Prev(name)), "as it was before the moment"),
        ]
    further = list(rows)
    finals = [name for name in names if name not in monthly] + [row.name for row in (*added, *further)]
    finals = list(dict.fromkeys([*finals, *sheet.unknowns]))
    run = work_out(deal, sheet, settings, rows=[*added, *further], finals=finals, progress=progress)
    if not run.filled.sound.any():
        why = "a round may have no price at which everybody gets what was promised"
        raise NoFigures(f"no path of the deal has finite numbers; {why}")
    shape = run.filled.sound.shape
    values = {name: np.broadcast_to(run.filled.finals[name], shape).ravel() for name in finals}
    view = np.broadcast_to(np.arange(shape[0] * shape[1]).reshape(shape[0], shape[1], 1), shape).ravel()
    chosen = run.filled.sound.ravel() & (values["moment.reached"] > 0)
    reached = float(chosen.mean())
    plain = {name: values[name][chosen] for name in names if name not in monthly}
    plain |= {row.name: values[row.name][chosen] for row in further}
    plain |= {f"unknown {name}": values[name][chosen] for name in sheet.unknowns}
    month = values["moment.month"][chosen]
    counted = tuple(tier.counted for tier in tiers_of(deal, party))
    found = []
    for side in ("before", "after"):
        side_rows = {**plain, **{name: values[f"{side}({name})"][chosen] for name in monthly}, "moment.month": month}
        found.append(Holdings(party, table, text, side_rows, view[chosen], reached, np.flatnonzero(chosen), counted))
    return found[0], found[1]


def _changes(row: Row, sheet: Sheet) -> bool:
    """Whether a row may differ by month; what does not is the same before and after a moment."""
    leaves = [node for node in walk(row.expr) if not isinstance(node, Const | Param | Op)]
    return row.stage == "month" and not all(isinstance(n, Ref) and sheet.rows[n.name].stage == "once" for n in leaves)


def _is_read(name: str, party: str, table: CapTable) -> bool:
    """Whether a question reads a row: what it says of a class, or of the whole table."""
    owner, *rest = name.split(".")
    if owner != party or not rest:
        return False
    return rest[0] in OF_TABLE or (len(rest) > 1 and rest[0] in table.classes and rest[1] in OF_CLASS)


def tiers_of(deal: Deal, party: str) -> tuple[ShareTier, ...]:
    """The tiers that divide what a party is worth."""
    term = deal.terms.get(deal.cap_tables[party].tiers)
    return term.tiers if isinstance(term, ProfitShare) else ()


def _kept(name: str, value: Expr) -> Expr:
    """A value as it was at the moment."""
    return where_(Ref("moment"), value, Prev(name))


def _from_first(before: Holdings, first: Holdings) -> Holdings:
    """What was before a moment in the first month is the table as it stands at first."""
    early = np.flatnonzero(before.rows["moment.month"] == 0)
    place = np.minimum(np.searchsorted(first.path, before.path[early]), max(len(first.path) - 1, 0))
    if not len(early) or not np.array_equal(first.path[place], before.path[early]):
        return before
    rows = dict(before.rows)
    for name in set(before.rows) & set(first.rows):
        rows[name] = before.rows[name].copy()
        rows[name][early] = first.rows[name][place]
    return replace(before, rows=rows)
