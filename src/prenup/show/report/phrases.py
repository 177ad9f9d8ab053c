"""The sentences in which each kind of clause, driver and event is told, with slots for what the deal file says.

`{rate}` is a field in words, `{repaid.share}` one of an entry within it. `[...]` is left out where a field in it
is not given, and a whole sentence where a field outside of brackets is not. `{every:always}` speaks of a default
too, `{tranches:if}` only asks whether it is given. Of sentences in a tuple the first that can be said is. A kind
without sentences here is told by the first line of its docstring and a list of its fields; a field that no sentence
names is listed after them.
"""

from __future__ import annotations

Sentence = str | tuple[str, ...]

BY_KIND: dict[str, tuple[Sentence, ...]] = {
    # Clauses
    "revenue_share": ("{payer} shall pay {payee} [{rate} of {of}][{tiers} of {of}].",),
    "royalty": (
        "{payer} shall pay {payee} a royalty of [{rate}][{tiers}] on {of}[, less deductions of {deductions}].",
        "From the month after {step_down.after}, {step_down.rate} of the royalty remains.",
    ),
    "investment": (
        "{payer} shall invest {amount} in {payee}[ {on}].",
        "{tranches:if}{payer} shall invest in {payee} in these parts:",
        "Credits of {credits_before} had been granted before the first month and not yet used.",
        "Of each part in cash, {tiers} is paid.",
    ),
    "supply": (
        "{payer} shall buy from {payee} what it needs: {demand}[, at a list price of {price} a unit].",
        "The list price is reduced by {discount}.",
        "At least {exclusivity} of the need has to be bought here.",
        "Without that duty, {share} of the need would be bought here.",
        "No more than {capacity} can be bought.",
        "What is bought elsewhere costs this part of the list price, or this much a unit: {elsewhere_price}.",
        "Credits from {credits} are used first[, for at most {credits_for} of each bill].",
        "At least {take_or_pay} has to be bought, or paid for all the same.",
        "A shortfall that was paid for can be used for later purchases within {make_up}.",
        "Serving the customer costs {payee} {cost} of the list price.",
        "Of each bill, {tiers} is due.",
    ),
    "licence": (
        ("{payer} may use what {payee} owns, for a fee of {fee}.", "{payer} may use what {payee} owns, without a fee."),
        "The use is worth this much to {payer}: {worth}.",
        "Of the fee, {tiers} is due.",
    ),
    "profit_share": (
        "{losses:always}",
        "{payer} shall hand out {of} in these tiers, one after the other; what no tier hands out stays with the payer:",
    ),
    "cost_share": (
        "{payer} shall bear [{share}][{tiers}] of {of}, a cost that {payee} pays.",
        "This is paid back out of later profit: {repaid.share} of {repaid.from_}.",
    ),
    "milestone": (
        "{payer} shall pay {payee} {amount} once, {on}[; the chance of success is {probability}].",
        "Of the amount, {tiers} is due.",
    ),
    "fee": (
        "{payer} shall pay {payee} a fee of {amount}[ {on}][, rising by {rises} after every twelve months].",
        "Of the fee, {tiers} is due.",
    ),
    "termination": (
        "Notice is given {on}[; it takes effect {notice} later].",
        "These clauses then end, and every other goes on: {ends_}.",
        "These clauses go on, and every other ends: {survives}.",
        "{payer} shall pay {payee} {payment} when it takes effect.",
        "Of the payment, {tiers} is due.",
    ),
    # Drivers
    "constant": ("It is {value}.",),
    "schedule": ("It follows these points, {between:always}:",),
    "growth": (
        "It begins at {start} and grows by {growth}[ at first, fading to {long_run}].",
        "{long_run:if}Half of the gap between the two closes every {half_life:always}.",
        "Chance moves it by about {volatility} a year either way.",
    ),
    "gbm": (
        "It begins at {start}[ and drifts by {drift} on average].",
        "Chance moves it by about {volatility} a year either way.",
    ),
    "mean_reversion": (
        "It begins at {start} and is pulled back to {level}, half of the way every {half_life}.",
        "If nothing pulled it back, chance would move it by about {volatility} a year; {scale:always}.",
    ),
    "jumps": (
        "It begins at {start}[ and drifts by {drift} on average].",
        "Chance moves it by about {volatility} a year either way.",
        "Now and then ({rate}) it jumps, by {size} in the middle case[, with a spread of {size_spread}].",
    ),
    "regime": (
        "Its level begins at {start}.",
        "It switches by chance between these states[, beginning with {first}]:",
    ),
    # Events
    "scheduled": ("It happens on {date}.",),
    "window": ("It may happen on any day from {from_} to {to}[; the chance that it happens at all is {probability}].",),
    "hazard": (
        "It may happen in any month, at a rate of {rate}.",
        "At the earliest it happens {from_}.",
        "At the latest it happens {until}.",
    ),
    "condition": ("It happens {when}[. The decision lies with {by}].",),
}  # fmt: skip

EVERY_PAYMENT: tuple[Sentence, ...] = (
    ("It begins {from_} and ends {until}.", "It begins {from_}.", "It ends {until}."),
    "At most {cap} is paid in all[; {paid_before} of that was paid before the first month].",
    "At least {minimum} is paid for each {every:always}.",
    "It is settled every {every}.",
    "What falls due is paid {delay} later.",
    "{tiers:if}{tier_base:always}",
)
"""What a clause may say besides, where it has these fields."""

EVERY_EVENT: tuple[Sentence, ...] = (("{effects:if}Its effects last {lasts}:", "{effects:if}From then on:"),)
"""What an event may say besides."""

INSIDE = {
    "Tranche": "{amount} in {paid_in:always} {on}[ ({note})]",
    "ShareTier": "{shares}[, until {counted} has received {up_to} in all]",
    "Tier": "{rate}[ up to {up_to}]",
    "Effect": "[multiplied by {scale}][ raised by {shift}]",
    "State": ("[it is {value}][it grows by {growth}][, chance moves it by {volatility} a year][; left {leaves}][ for {to}]"),
}
"""How an entry within an entry is told, by its class."""

OPTIONS = {
    ("losses", "carried"): "Losses are made good before profit is shared again.",
    ("losses", "ignored"): "Earlier losses are not made good first.",
    ("tier_base", "annual"): "The bands begin anew each calendar year.",
    ("tier_base", "cumulative"): "The bands count everything since the first month.",
    ("between", "steps"): "each value holding until the next",
    ("between", "straight"): "on a straight line between them",
    ("between", "growth"): "at a steady rate of growth between them",
    ("scale", "plain"): "amounts stray and return",
    ("scale", "log"): "percentages stray and return",
}
"""Words for a choice, where the word of the file is not enough."""
