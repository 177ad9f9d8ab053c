"""Each clause, driver and event of a deal as one or two sentences that a lawyer could check against the contract."""

from __future__ import annotations

import datetime
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prenup.base.fields import AbstractEntry, Spec, specs
from prenup.base.quantity import Number
from prenup.base.units import DATE
from prenup.show.report.figures import day
from prenup.show.report.words import Piece, Speaker, Words, listed, plain

SAYS: dict[str, tuple[str, ...]] = {
    "revenue_share": ("{payer} pays {payee} [{rate} of {of}][{tiers} of {of}].",),
    "royalty": (
        "{payer} pays {payee} a royalty of [{rate}][{tiers}] on {of}[, less deductions of {deductions}].",
        "From the month after it comes true {step_down.after}, {step_down.rate} of the royalty remains.",
    ),
    "investment": (
        "{payer} invests {amount} in {payee}[, {on}].",
        "{payer} invests in {payee}, {tranches:bands}",
        "Credits of {credits_before} had been granted before the first month and not yet been used.",
    ),
    "supply": (
        "{payer} buys from {payee} what it needs: {demand}[ a year, at {price} each].",
        "It gets {discount} off the list price.",
        "It has to buy at least {exclusivity} of its need here.",
        "By itself it would buy {share} of its need here.",
        "No more than {capacity} a year can be bought.",
        "What it buys elsewhere costs {elsewhere_price} of the list price or, where that is money, so much each.",
        "Credits from {credits} are used first[, for at most {credits_for} of a bill].",
        "At least {take_or_pay} has to be bought, or paid for all the same.",
        "A shortfall that was paid can be used for later purchases within {make_up}.",
        "Serving costs {payee} {cost} of the list price.",
        "{tiers} of the bill is due.",
    ),
    "licence": (
        "{payer} may use what {payee} owns[, for a fee of {fee}].",
        "What the use is worth to {payer}: {worth}.",
        "{tiers} of the fee is due.",
    ),
    "profit_share": (
        "{payer} hands out {of}, tier by tier.",
        "Losses: {losses:always}.",
    ),
    "cost_share": (
        "{payer} bears [{share}][{tiers}] of {of}, which {payee} pays.",
        "It is paid back with {repaid.share} of {repaid.from_}.",
    ),
    "milestone": (
        "{payer} pays {payee} {amount} once, {on}[; the chance that it succeeds is {probability}].",
        "{tiers} of the amount is due.",
    ),
    "fee": (
        "{payer} pays {payee} {amount}[, {on}][, rising by {rises} after every twelve months].",
        "{tiers} of the fee is due.",
    ),
    "termination": (
        "Notice is given {on}[ and takes effect {notice} later].",
        "Then {ends_} end; every other clause goes on.",
        "{survives} go on; every other clause ends.",
        "{payer} pays {payee} {payment} when it takes effect.",
        "{tiers} of the payment is due.",
    ),
    "constant": ("It is {value}.",),
    "schedule": ("It follows these points, {between:always} between them.",),
    "growth": (
        "It begins at {start} and grows by {growth} a year at first[, fading to {long_run} a year].",
        "Half of the gap between the two closes every {half_life:always}.",
        "By chance it wanders by about {volatility} a year.",
    ),
    "gbm": (
        "It begins at {start}[, drifts by {drift} a year on average] and wanders by about {volatility} a year.",
    ),
    "mean_reversion": (
        "It begins at {start} and is pulled towards {level}, half of the way every {half_life}.",
        "By chance it would stray by {volatility} in a year if nothing pulled it back.",
    ),
    "jumps": (
        "It begins at {start}[, drifts by {drift} a year on average][ and wanders by about {volatility} a year].",
        "About {rate} it jumps, by {size} in the middle case[, with a spread of {size_spread}].",
    ),
    "regime": (
        "It switches by chance between these states[, beginning with {first}].",
        "Its level begins at {start}.",
    ),
    "scheduled": ("It happens on {date}.",),
    "window": ("It may happen between {from_} and {to}[; the chance that it happens at all is {probability}].",),
    "hazard": ("It may happen in any month[ beginning {from_}][, no longer {until}]. The chance of it is {rate}.",),
    "condition": ("It happens {when}[; {by} decide].",),
}  # fmt: skip
"""By kind. `[...]` is left out where a field in it is not given, and so is a whole sentence."""

SETTLES = (
    "It begins {from_} and ends {until}.",
    "It begins {from_}.",
    "It ends {until}.",
    "At most {cap} is paid in all[; {paid_before} of that was paid before the first month].",
    "At least {minimum} is paid for every {every:always}.",
    "It is settled every {every}.",
    "What falls due is paid {delay} later.",
    "The bands count {tier_base:bands}.",
)
"""What every payment may say besides."""

INSIDE = {
    "Tranche": "{amount} in {paid_in:always}, {on}[ ({note})]",
    "ShareTier": "{shares}[, until {counted} has received {up_to} in all]",
    "Tier": "{rate}[ up to {up_to}]",
    "Effect": "[times {scale}][ plus {shift}]",
    "State": "[at {value}][growing by {growth} a year][, wandering by {volatility}][, left {leaves}][, for {to}]",
}
"""How an entry within an entry is said, by its class."""

LEADS = {"tranches": "", "tiers": "", "states": "", "points": "",
         "effects": "While its effects last, it changes", "received_before": "Received before the first month"}  # fmt: skip
