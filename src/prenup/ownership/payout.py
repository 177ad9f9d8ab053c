"""What some proceeds pay to everybody, written at the end of a sheet on what the month of the event left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from prenup.ownership.actions._action import party_of
from prenup.ownership.actions.round import base_of
from prenup.ownership.classes._convertible import AbstractConvertible
from prenup.ownership.classes.pool import Pool
from prenup.ownership.rows import PARTS, Claim, write_waterfall
from prenup.ownership.standing import Standing
from prenup.sheet.builder import Builder
from prenup.sheet.expr import ONE, ZERO, Expr, Pending, Prev, Ref, Shock, Table, most, total, walk, where_
from prenup.sheet.sheet import WORLD
from prenup.terms._tiers import through_tiers


def claims_now(standing: Standing, how: str = "sale") -> list[Claim]:
    """What every class may have of proceeds as things stand; `how` it ends: a sale, an ipo, a dissolution."""
    work_out_caps(standing, at_exit=True)
    found = []
    for name, entry in standing.classes.items():
        claim = {"ipo": entry.claim_listed, "dissolution": entry.claim_dissolved}.get(how, entry.claim)
        found.append(claim(standing, name))
    return found


def work_out_caps(standing: Standing, *, at_exit: bool = False) -> None:
    """What safes and notes would be at their caps, as things stand; at an exit the pool, which gets nothing, is not counted."""
    wants = {
        name: entry.forms(standing, name, at_a_price=False)
        for name, entry in standing.classes.items()
        if isinstance(entry, AbstractConvertible)
    }
    base = base_of(standing)
    if at_exit:
        pools = [standing.units(name) for name, entry in standing.classes.items() if isinstance(entry, Pool)]
        base = base - total(pools) if pools else base
    standing.work_out_caps({name: forms for name, forms in wants.items() if forms}, base)


def kept(builder: Builder, name: str, value: Expr, now: Expr, note: str) -> Expr:
    """A value as it was when the event happened, for rows at the end; as it is where no month changes it."""
    if not _moves(value, builder):
        return value
    return builder.row(f"kept.{name}", where_(now, value, builder.prev(builder.own(f"kept.{name}"))), note)


def _moves(value: Expr, builder: Builder) -> bool:
    """Whether a value may differ by month."""
    for node in walk(value):
        if isinstance(node, Prev | Table | Pending):
            return True
        if isinstance(node, Shock) and node.law != "uniform":
            return True
        if isinstance(node, Ref) and (node.name not in builder.rows or builder.rows[node.name].stage != "once"):
            return True
    return False


def kept_claims(standing: Standing, claims: list[Claim], now: Expr) -> list[Claim]:
    """The claims as they were when the event happened."""
    result = []
    for claim in claims:
        held: dict[str, Any] = {
            part: kept(standing.builder, f"{claim.name}.{part}", value, now, f"{part} of {claim.name} at the event")
            for part in PARTS
            if (value := getattr(claim, part)) is not None
        }
        ranked = tuple(
            (kept(standing.builder, f"{claim.name}.rank.{n}", holds, now, f"whether the rank of {claim.name} is {rank}"), rank)
            for n, (holds, rank) in enumerate(claim.ranked, 1)
        )
        result.append(replace(claim, **held, ranked=ranked))
    return result


def divide(standing: Standing, claims: list[Claim], proceeds: Expr, now: Expr, payer: str, *, returns: bool = False) -> None:
    """Divide proceeds at the end of the sheet, by the tiers of the table as long as they hold, and by units otherwise.

    `claims` and `proceeds` are as they were when the event happened. What earlier distributions have paid counts: preferences
    that were returned are owed no more (`returns` says that this one returns them), caps are lower by what was paid.
    """
    builder = standing.builder
    classes: dict[str, tuple[Expr, Mapping[str, Expr]]] = {}
    by_units = proceeds
    if standing.tiers is not None:
        restructured = kept(builder, "restructured", standing.restructured, now, "whether the claims had been restructured")
        by_tiers = builder.end("by_tiers", where_(restructured, ZERO, proceeds), "what the tiers divide")
        by_units = builder.end("by_units", where_(restructured, proceeds, ZERO), "what units divide")
        received = {
            name: kept(builder, f"received.{name}", Ref(f"{standing.tiers_name}.received.{name}"), now, f"what {name} has had")
            for name in standing.tiers.names
        }
        for holder, amount in through_tiers(builder, builder.end, standing.tiers.tiers, by_tiers, received).items():
            row = builder.end(f"tiers.{holder}", amount, f"what the tiers give {holder}")
            classes[f"tiers.{holder}"] = (row, {holder: ONE} if party_of(standing, holder) != WORLD else {})
    reduced = [_after_earlier(standing, claim) for claim in claims]
    waterfall = write_waterfall(builder.end, reduced, by_units)
    for name, amount in waterfall.paid.items():
        parts = {
            holder: kept(builder, f"{name}.{holder}", standing.part(name, holder), now, f"part of {name} that {holder} has")
            for holder in standing.holders(name)
            if party_of(standing, holder) != WORLD
        }
        classes[name] = (amount, parts)
        if returns:
            standing.earlier.setdefault(name, []).append((waterfall.first.get(name, ZERO), amount))
        elif name not in waterfall.first:  # a cap on all that a class may ever have counts what it had
            standing.earlier.setdefault(name, []).append((ZERO, amount))
    _write_payments(standing, classes, proceeds, now, payer)


def _after_earlier(standing: Standing, claim: Claim) -> Claim:
    """A claim less what earlier distributions have paid of it."""
    earlier = standing.earlier.get(claim.name, [])
    if not earlier:
        return claim
    first, paid = (total([pair[i] for pair in earlier]) for i in (0, 1))
    preference = most(claim.preference - first, ZERO) if claim.preference is not None else None
    cap = most(claim.cap - paid, preference or ZERO) if claim.cap is not None else None
    return replace(claim, preference=preference, cap=cap)


def _write_payments(
    standing: Standing,
    classes: Mapping[str, tuple[Expr, Mapping[str, Expr]]],
    proceeds: Expr,
    now: Expr,
    payer: str,
) -> None:
    """Payments at the end: a party gets its part of each class, the world what is left of it."""
    builder, company = standing.builder, standing.party
    assert isinstance(now, Ref)
    if payer != company:
        builder.pay_at_end("proceeds", proceeds, payer, company, "proceeds", at=now.name)
    by_party: dict[str, list[Expr]] = {}
    rest: list[Expr] = []
    for amount, parts in classes.values():
        given = [amount * part for part in parts.values()]
        for holder, share in zip(parts, given, strict=True):
            by_party.setdefault(party_of(standing, holder), []).append(share)
        rest.append(amount - total(given) if given else amount)
    for party, shares in by_party.items():
        if party != company:
            builder.pay_at_end(f"to.{party}", total(shares), company, party, f"what {party} is paid", at=now.name)
    builder.pay_at_end("to.others", total(rest), company, WORLD, "what other holders are paid", at=now.name)
