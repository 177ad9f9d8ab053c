"""A cap table as a deal file holds it: classes, actions, and how they are written into a sheet."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass

from prenup.base.fields import AbstractEntry, choice, clause, kinds_of, record
from prenup.base.problems import Origin
from prenup.base.units import DATE
from prenup.ownership.actions._action import AbstractAction, pay_holders
from prenup.ownership.classes._class import AbstractClass
from prenup.ownership.classes.note import Note
from prenup.ownership.payout import work_out_caps
from prenup.ownership.rows import PARTS
from prenup.ownership.standing import Changes, Standing
from prenup.ownership.valuation import Valuation
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Const, Expr, Prev, Ref, total, where_
from prenup.terms.profit_share import ProfitShare

CLASSES, ACTIONS = "prenup.ownership.classes", "prenup.ownership.actions"
"""Where kinds of classes and of actions are found."""


@dataclass(frozen=True, kw_only=True)
class CapTable(AbstractEntry):
    """What one party has issued, who holds it, and what is done with it."""

    classes: Mapping[str, AbstractClass] = kinds_of(CLASSES, "What has been issued, or will be.")
    actions: Mapping[str, AbstractAction] = kinds_of(ACTIONS, "What is done with it, in this order.", default=())
    whole_units: str = choice(
        ("none", "down", "nearest"), "How counts that are worked out are rounded, holder by holder.", default="none"
    )
    tiers: str = clause("The profit_share whose tiers divide the company's value until the claims are restructured.", default="")
    valuation: Valuation | None = record(Valuation, "What a valuer assumes.", default=None)
    day: datetime.date | None = None
    """The day on which interest, dividends and vesting are looked at, for a question about that day; the month's end if None."""

    def write(self, builder: Builder, party: str, tiers: ProfitShare | None, places: Mapping[str, Origin]) -> None:
        """Write the table's rows: how it stands each month, and what each action does. `builder` stands inside `party`."""
        standing = Standing(builder, party, self.classes, self._changes(tiers))
        standing.whole, standing.tiers, standing.tiers_name = self.whole_units, tiers, self.tiers
        today = standing.day = builder.date if self.day is None else Const(float(self.day.toordinal()), DATE)
        standing.begin()
        for name, entry in self.classes.items():
            entry.prepare(standing, name)
        for name, action in self.actions.items():
            with builder.clause(party, places.get(name)):
                now = action.begin(standing, name, self._over(party, name))
            with builder.clause(f"{party}.{name}", places.get(name)):
                action.write(standing, name, now)
        standing.day = today
        self._mature(standing)
        standing.finish()
        self._write_shares(standing)
        self._write_tiers(standing)
        if self.valuation is not None:
            self.valuation.write(builder)

    def _changes(self, tiers: ProfitShare | None) -> Changes:
        divided = tuple(tiers.names) if tiers is not None else ()
        found = [action.changes(self.classes, divided) for action in self.actions.values()]
        repaid = Changes(units=frozenset(name for name, _ in self._loans()))
        return functools.reduce(lambda a, b: a | b, [repaid, *found])

    def _over(self, party: str, name: str = "") -> Expr | None:
        """Whether an exit came before `name`: this month if it stands before in the file, in a month before elsewhere.

        Without a name, whether one came at all.
        """
        names = list(self.actions)
        before = names.index(name) if name else len(names)
        exits: list[Expr] = [
            Ref(f"{party}.{other}") if names.index(other) < before else Prev(f"{party}.{other}")
            for other, action in self.actions.items()
            if action.ends_table and other != name
        ]
        return functools.reduce(lambda a, b: a | b, exits) if exits else None

    def _loans(self) -> list[tuple[str, Note]]:
        """Notes that are repaid when they are due."""
        notes = [(name, entry) for name, entry in self.classes.items() if isinstance(entry, Note)]
        return [(name, note) for name, note in notes if note.maturity is not None and note.at_maturity == "repaid"]

    def _mature(self, standing: Standing) -> None:
        """Repay the notes that are due and have not converted, unless an exit has paid them."""
        builder = standing.builder
        over = self._over(standing.party)
        for name, note in self._loans():
            assert note.maturity is not None
            due = builder.condition(note.maturity)
            due = builder.row(f"{name}.due", due if over is None else due & ~over, f"whether {name} is due")
            owed = where_(due, note.due(standing, name), ZERO)
            pay_holders(standing, name, owed, f"{name}.repaid", f"{name} repaid to {{}}")
            standing.redeem(name, due)

    def _write_shares(self, standing: Standing) -> None:
        """How the table stands at the month's end: each class as common units, each holder's part of it and of all."""
        builder = standing.builder
        work_out_caps(standing)
        issued = [entry.outstanding(standing, name) for name, entry in self.classes.items() if entry.dilutes]
        builder.row("outstanding", total(issued), "all common units that have been issued")
        diluted: dict[str, Expr] = {}
        held: dict[str, list[Expr]] = {}
        for name, entry in self.classes.items():
            builder.row(f"{name}.outstanding", entry.outstanding(standing, name), f"issued units of {name}, as common")
            diluted[name] = builder.row(f"{name}.diluted", entry.diluted(standing, name), f"{name} as common units")
            for holder in standing.holders(name):
                part = builder.row(f"{name}.part.{holder}", standing.part(name, holder), f"part of {name} that {holder} has")
                if entry.dilutes:
                    held.setdefault(holder, []).append(diluted[name] * part)
        counted = [units for name, units in diluted.items() if self.classes[name].dilutes]
        whole = builder.row("diluted", total(counted), "all common units, fully diluted")
        for holder, parts in held.items():
            share = where_(whole > 0.0, total(parts) / whole, ZERO)
            builder.row(f"share.{holder}", share, f"{holder}'s share of the fully diluted capital")
        with builder.clause(f"{standing.party}.at_exit", builder.clause_where):
            work_out_caps(standing, at_exit=True)
        for name, entry in self.classes.items():
            claim = entry.claim(standing, name)
            for what in PARTS:
                value = getattr(claim, what)
                if value is not None:
                    builder.row(f"{name}.claim.{what}", value, f"{what} of {name} at an exit")
            rank: Expr = Const(float(claim.seniority))
            for holds, other in claim.ranked:
                rank = where_(holds, float(other), rank)
            builder.row(f"{name}.claim.seniority", rank, f"rank of {name} at an exit")
            if entry.post_money is not None:
                money = total([builder.value(amount) for amount in entry.holders.values()])
                builder.row(f"{name}.bought", money / builder.value(entry.post_money), f"what part of the company {name} bought")

    def _write_tiers(self, standing: Standing) -> None:
        """The numbers of the tiers, and whether they still hold."""
        builder, term = standing.builder, standing.tiers
        if term is None:
            return
        builder.row("restructured", standing.restructured, "whether units divide what the company is worth, and tiers no more")
        for number, tier in enumerate(term.tiers, 1):
            if tier.up_to is not None:
                builder.row(f"tiers.{number}.up_to", builder.value(tier.up_to), f"where tier {number} ends")
            for holder, share in tier.shares.items():
                builder.row(f"tiers.{number}.{holder}", builder.rate(share), f"share of {holder} in tier {number}")
