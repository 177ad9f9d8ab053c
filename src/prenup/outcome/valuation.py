"""Rows that value a sheet: what each transfer is worth to its payer and its payee, each at its own discount rate.

Their names, such as `value(rev_share.paid, openai)`, are none that a deal file could give to a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from prenup.base.units import NUMBER, base_unit
from prenup.sheet.expr import ONE, Const, Expr, Op, Prev, Ref, Table, where_
from prenup.sheet.sheet import MONEY, WORLD, Row, Sheet, Transfer


def value_name(transfer: Transfer, party: str) -> str:
    """The row that holds a transfer's present value to a party so far."""
    return f"value({transfer.row}, {party})"


def moved_name(transfer: Transfer) -> str:
    """The row that holds what a transfer has moved so far."""
    return f"moved({transfer.row})"


def month_name(transfer: Transfer) -> str:
    """The row that holds the number of the month in which a payment fell that is worked out at the end."""
    return f"month at {transfer.at}"


def value_rows(sheet: Sheet, party: str, clause: str | None = None) -> list[str]:
    """The rows that hold a party's present values, of one clause or of all; they add up to what it gains."""
    ours = [t for t in money_transfers(sheet) if party in (t.payer, t.payee) and clause in (None, t.clause)]
    return [value_name(transfer, party) for transfer in ours]


def with_rows(sheet: Sheet, rows: Iterable[Row]) -> Sheet:
    """The sheet with rows added at its end; they may use what is there and each other in order."""
    return replace(sheet, rows={**sheet.rows, **{row.name: row for row in rows if row.name not in sheet.rows}})


def money_transfers(sheet: Sheet) -> tuple[Transfer, ...]:
    """The transfers that move money."""
    return tuple(t for t in sheet.transfers if t.resource == MONEY)


def valuation_rows(sheet: Sheet) -> list[Row]:
    """For every party a discount factor, for every money transfer its value to each end and what it has moved.

    A month's amount falls at the month's end: in month t (from 0) it is discounted by (1 + rate) ** -((t + 1) / 12). What is
    worked out at the end is discounted from the month of its event, by a factor kept from that month.
    """
    money = base_unit(sheet.currency)
    rows: list[Row] = []
    for party in sheet.parties.values():
        monthly: Expr = Op("pow", (ONE + Ref(party.rate_row), Const(-1 / 12)))
        rows.append(Row(f"factor({party.name})", monthly, "discount factor of one month", "once", unit=NUMBER))
        kept = Prev(f"discounting({party.name})") * Ref(f"factor({party.name})")
        rows.append(Row(f"discounting({party.name})", kept, "discount factor of the month's end", start=ONE, unit=NUMBER))
    for transfer in money_transfers(sheet):
        if transfer.at:
            rows += _at_end(transfer)
            continue
        amount = Ref(transfer.row)
        name = moved_name(transfer)
        rows.append(Row(name, Prev(name) + amount, "moved so far", unit=money, clause=transfer.clause))
        for party_name, sign in ((transfer.payer, -1.0), (transfer.payee, 1.0)):
            if party_name != WORLD:
                name = value_name(transfer, party_name)
                gained = Prev(name) + Ref(f"discounting({party_name})") * amount * sign
                rows.append(Row(name, gained, f"present value to {party_name} so far", unit=money, clause=transfer.clause))
    return rows


def _at_end(transfer: Transfer) -> list[Row]:
    """The value of a payment that is worked out after the last month and fell in the month of its event."""
    amount = Ref(transfer.row)
    month = where_(Ref(transfer.at), Table("month", NUMBER), Prev(month_name(transfer)))
    rows = [
        Row(moved_name(transfer), amount, "moved", "end", clause=transfer.clause),
        Row(month_name(transfer), month, "number of the month of the event", unit=NUMBER),
    ]
    for party, sign in ((transfer.payer, -1.0), (transfer.payee, 1.0)):
        if party != WORLD:
            name = f"discounting({party}) at {transfer.at}"
            kept = where_(Ref(transfer.at), Ref(f"discounting({party})"), Prev(name))
            rows.append(Row(name, kept, "discount factor of the month of the event", unit=NUMBER))
            value = Ref(name) * amount * sign
            note = f"present value to {party}"
            rows.append(Row(value_name(transfer, party), value, note, "end", clause=transfer.clause))
    return rows
