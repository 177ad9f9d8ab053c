"""Answers about ownership as a question would give them: a football field, a cap table, what an exit pays."""

from __future__ import annotations

import math

from prenup.questions._answer import Answer, Column, Field, Lines, Table

NAN = math.nan

FIELD = Field(
    "The fund's stake, by seven methods",
    "percent",
    (
        "As invested", "As converted from the profit tiers", "The claim's own value", "Option pricing", "Scenarios",
        "Reported precedents", "A court",
    ),
    (0.24, 0.38, 0.30, 0.35, 0.28, 0.20, NAN),
    (0.27, 0.47, 0.44, 0.43, 0.36, 0.33, NAN),
    (0.31, 0.55, 0.62, 0.52, 0.47, 0.49, NAN),
    (
        "The last round was fair.", "Every tier of profit turns into shares in the order in which it is paid.",
        "The claim is worth what the contract pays.", "Each class is a call on the company with a strike of its own.",
        "Three outcomes, weighed by hand.", "Others were not much worse at bargaining.", "",
    ),
    (("last round", 0.27), ("offer", 0.295)),
    "Nine outcomes in ten of each method lie between low and high.",
)  # fmt: skip

CAP_TABLE = Table(
    "Who holds what",
    (Column("Holder"), Column("Units", "number"), Column("Share", "share"), Column("Price", "price"), Column("Paid", "amount")),
    (
        ("Founders", 8e6, 0.6212, 1.5, 1234567.891),
        ("Fund", 11764705.882352943, 0.0328125, 1.11441, 2.5e9),
        ("Staff", None, 1e-6, -1e-5, -12.0),
    ),
)

CURVES = Lines(
    "What each class is paid",
    "Value of the exit",
    "money",
    "money",
    (0.0, 1e9, 4e9),
    ("Series A", "Common"),
    ((0.0, 1e9, 1e9), (0.0, 0.0, 3e9)),
    (("A is paid", 1e9),),
    stacked=True,
    note="Together they are the whole.",
)

STAKE = Answer(
    "stake",
    "How much of the lab is the fund's?",
    ("The methods lie between 20% and 62%.", "They differ because each asks something else."),
    (CAP_TABLE,),
    (FIELD,),
    ("Each method takes the contract as it stands.",),
)

EVERYTHING = (
    STAKE,
    Answer("captable", "The cap table", ("The founders hold most.",), (CAP_TABLE,)),
    Answer("exit", "What an exit pays", ("Series A is paid first.",), charts=(CURVES,)),
)
