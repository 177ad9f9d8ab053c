"""Profit is handed out to several parties, tier by tier, as in a capped-profit structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from prenup.base.fields import choice, items, table, value
from prenup.base.quantity import Number
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ZERO, Expr, most, where_
from prenup.sheet.formula import Value
from prenup.terms._settlement import AbstractSettlement
from prenup.terms._tiers import ShareTier, through_tiers


@dataclass(frozen=True, kw_only=True)
class ProfitShare(AbstractSettlement):
    """The payer hands out its profit in tiers, each lasting until the party it counts has received a set sum in all.

    Money flow:
        payer -> each party with a share, its part of each month's profit, when the period is settled.

    Equations:
        distributable = max(profit - losses[t-1], 0);  losses = max(losses[t-1] - profit, 0), if losses are carried
        tier[i] = min(profit left by tiers before, (up_to[i] - received by the counted party) / its share)
        owed[party] = sum of tier[i] * shares[i][party]; a month that crosses tiers is divided between them exactly.

    Example:
        capped:
          kind: profit_share
          payer: openai
          of: profit
          tiers:
            - {shares: {microsoft: 75%}, up_to: $13bn}
            - {shares: {microsoft: 49%, employees: 51%}, counts: microsoft, up_to: $92bn}
        # the first $17.3bn of profit give Microsoft $13bn; what no tier hands out stays with the payer

    Not modelled:
        Tax on the profit, clawback of a share when losses follow, and interest on an unpaid share. Tiers count what
        is owed, before cap, minimum and delay. The minimum is each party's own; the cap is on all of them together.

    Source:
        Convention: a distribution waterfall with return tiers counted on one class's receipts.
    """

    kind: ClassVar[str] = "profit_share"

    of: Value = value("money flow", "The profit that is shared; a loss is a negative profit.")
    losses: str = choice(("carried", "ignored"), "Whether losses are made good before profit is shared again.", default="carried")
    tiers: tuple[ShareTier, ...] = items(ShareTier, "The tiers, in order.")
    received_before: Mapping[str, Value] = table(
        "What a party had received before the first month.", unit="money", keys="party", default=()
    )

    def write(self, builder: Builder) -> None:
        """Write the profit to be shared, the tiers, and each party's payment."""
        self._check(builder)
        runs = self.active(builder)
        gain = where_(runs, builder.row("base", builder.flow(self.of), "profit that is shared"), ZERO)
        if self.losses == "carried":
            carried = builder.prev(builder.own("losses"))
            builder.row("losses", most(carried - gain, ZERO), "losses still to be made good")
            gain = gain - carried
        left = builder.row("distributable", most(gain, ZERO), "profit to be shared this month")
        owed = self._tiered(builder, left)
        dues = [self.falls_due(builder, amount, runs, f"paid.{name}.") for name, amount in owed.items()]
        for name, due in zip(owed, self.within_cap(builder, dues), strict=True):
            builder.pay(f"paid.{name}", self.later(builder, due), self.payer, name, f"share of profit of {name}")

    @property
    def names(self) -> list[str]:
        """Everybody who has a share in some tier."""
        return list(dict.fromkeys(name for tier in self.tiers for name in tier.shares))

    def _tiered(self, builder: Builder, left: Expr) -> dict[str, Expr]:
        """What each party is owed of a month's profit; the payer's own share stays with it."""
        received = {name: builder.prev(builder.own(f"received.{name}")) for name in self.names}
        parts = through_tiers(builder, builder.row, self.tiers, left, received)
        owed: dict[str, Expr] = {}
        for name, part in parts.items():
            owed[name] = builder.row(f"owed.{name}", part, f"{name}'s share of this month's profit")
            before = builder.value(self.received_before[name]) if name in self.received_before else ZERO
            builder.row(f"received.{name}", received[name] + owed[name], f"what {name} is owed in all", start=before)
        return {name: amount for name, amount in owed.items() if name != self.payer}

    def _check(self, builder: Builder) -> None:
        """Tiers that cannot be worked out are problems in the log."""
        faults: list[str] = []
        for number, tier in enumerate(self.tiers, 1):
            known = [share.value for share in tier.shares.values() if isinstance(share, Number)]
            if sum(known) > 1 + 1e-12:
                faults.append(f"tier {number} hands out {sum(known):.6g} times the profit")
            if tier.up_to is not None and tier.counted not in tier.shares:
                faults.append(f"tier {number} has up_to, but counts nobody who has a share in it")
        if any(tier.up_to is None for tier in self.tiers[:-1]):
            faults.append("a tier without up_to is not the last, so that those after it are never reached")
        shared = {name for tier in self.tiers for name in tier.shares}
        faults += [
            f"{name} has received something before, but has no share" for name in self.received_before if name not in shared
        ]
        for fault in faults:
            builder.log.add(
                "D251",
                f"{builder.clause_name}: {fault}",
                builder.clause_where,
                why="a tier divides the profit among the parties in it until one of them has received up_to",
                fix="give shares of at most 100 %, and counts: with a party that has one",
            )
