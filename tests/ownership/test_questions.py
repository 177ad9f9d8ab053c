"""What is asked of cap tables: who owns what, who is paid what, what a claim turns into, what a number has to be; by hand."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

import prenup
from prenup import Answer, CapTable, Case, DealError, Exit, Seek, Stake
from prenup.engine.run import Settings
from prenup.ownership.option_pricing import call
from prenup.questions._answer import Field, Lines, Table
from prenup.questions.seek import Target, target

CENTRAL = Settings(16, 1, engine="reference")
"""Every unknown at its middle."""

DEAL = """\
deal: A round and a sale
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 6}
parties: {startup: {title: Startup Inc, discount: 0%}, fund: {title: The Fund, discount: 0%}}
events:
  moved: {kind: scheduled, date: 2025-04-30}
  never: {kind: scheduled, date: 2031-06-30}
cap_tables:
  startup:
    classes:
      common: {kind: common, holders: {founders: 6m, employees: 1m}}
      seed: {kind: preferred, price: $1, holders: {angels: 2m}}
      options: {kind: options, strike: $0.50, holders: {employees: 500k}}
      pool: {kind: pool, units: 500k}
      safe_one: {kind: safe, holders: {angels: $1m}, cap: $10m}
      series_a: {kind: preferred, seniority: 2}
    actions:
      round_a: {kind: round, on: 2025-02-28, class: series_a, pre_money: $20m, investors: {fund: $5m}}
      tender: {kind: secondary, on: 2025-05-31, class: common, seller: employees, buyer: fund, units: 1m, price: $1}
"""
# At first 10m units and a safe that has a tenth: 10m / 0.9 = 11.11m, of which 1.11m are the safe's.
# The round: 20m / 11.11m = 1.80 a unit, 5m / 1.80 = 2.78m units, a fifth of 13.89m; the safe's cap gives it 0.90 a unit.
SAFE = 10e6 / 9
SERIES_A = 25e6 / 9
AFTER = 10e6 + SAFE + SERIES_A


@functools.cache
def loaded(text: str) -> Case:
    return prenup.load_text(text)


def asked(question: Any, text: str = DEAL, settings: Settings = CENTRAL) -> Answer:
    answer = prenup.ask(loaded(text), question, settings)
    assert answer is not None
    for table in answer.tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
    return answer


def table_of(answer: Answer, title: str) -> Table:
    return next(table for table in answer.tables if table.title == title)


def column(table: Table, title: str) -> dict[str, Any]:
    """A column by the first cell of each row."""
    place = [each.title for each in table.columns].index(title)
    return {str(row[0]): row[place] for row in table.rows}


def adds_up(values: dict[str, Any]) -> bool:
    """Whether the rows above sum up to the last."""
    *above, last = [float(value or 0.0) for value in values.values()]
    return sum(above) == pytest.approx(last, rel=1e-12)


# ── who owns what ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_owns_what_at_first() -> None:
    answer = asked(CapTable("startup"))
    assert answer.title == "Who owns Startup Inc"
    [sentence] = answer.sentences
    assert sentence.endswith(" founders 54.00%; angels 28.00%; employees 13.50%.")
    by_holder = table_of(answer, "By holder")
    units = {"founders": 6e6, "angels": 2e6 + SAFE, "employees": 1.5e6, "Reserved, held by nobody": 5e5, "Total": 10e6 + SAFE}
    assert column(by_holder, "Fully diluted units") == pytest.approx(units)
    assert list(column(by_holder, "Fully diluted").values()) == pytest.approx([0.54, 0.28, 0.135, 0.045, 1.0])
    assert list(column(by_holder, "Issued, as common").values()) == pytest.approx([6e6, 2e6, 1e6, 0.0, 9e6])
    assert list(column(by_holder, "Issued").values()) == pytest.approx([6 / 9, 2 / 9, 1 / 9, 0.0, 1.0])
    assert by_holder.strong == (4,)
    assert "Before" not in [each.title for each in by_holder.columns]
    by_class = table_of(answer, "By class")
    assert column(by_class, "As common") == pytest.approx(
        {"common": 7e6, "seed": 2e6, "options": 5e5, "pool": 5e5, "safe one": SAFE, "series a": 0.0}
    )
    assert column(by_class, "Fully diluted") == pytest.approx(
        {"common": 0.63, "seed": 0.18, "options": 0.045, "pool": 0.045, "safe one": 0.1, "series a": 0.0}
    )
    first = {"common": None, "seed": 2e6, "options": None, "pool": None, "safe one": 1e6, "series a": None}
    assert column(by_class, "Paid first at an exit") == first
    assert column(by_class, "Outstanding")["safe one"] == 0.0, "money is no units"


@pytest.mark.parametrize("at", ["round_a", "startup.round_a", "2025-02-28", "2025-02-02"])
def test_before_and_after_a_round(at: str) -> None:
    answer = asked(CapTable("startup", at))
    by_holder = table_of(answer, "By holder")
    wanted = {
        "founders": 6e6, "angels": 2e6 + SAFE, "The Fund": SERIES_A, "employees": 1.5e6, "Reserved, held by nobody": 5e5,
        "Total": AFTER,
    }  # fmt: skip
    assert column(by_holder, "Fully diluted units") == pytest.approx(wanted)
    assert list(column(by_holder, "Fully diluted").values()) == pytest.approx([0.432, 0.224, 0.2, 0.108, 0.036, 1.0])
    assert list(column(by_holder, "Before").values()) == pytest.approx([0.54, 0.28, 0.0, 0.135, 0.045, 1.0])
    assert column(by_holder, "Issued, as common")["Total"] == pytest.approx(9e6 + SAFE + SERIES_A)
    assert answer.sentences[1:] == ("The Fund: 0.00% before, 20.00% after.", "founders: 54.00% before, 43.20% after.")
    by_class = table_of(answer, "By class")
    assert column(by_class, "Price of a unit")["series a"] == pytest.approx(1.8)
    assert column(by_class, "Paid first at an exit")["series a"] == pytest.approx(5e6)
    assert column(by_class, "Outstanding")["safe one"] == pytest.approx(SAFE)


@pytest.mark.parametrize("at", ["round_a", "2025-02-28", "2025-01-15", "moved", ""])
def test_columns_of_a_table_add_up(at: str) -> None:
    answer = asked(CapTable("startup", at))
    by_holder = table_of(answer, "By holder")
    for each in by_holder.columns[1:]:
        assert adds_up(column(by_holder, each.title)), each.title
    by_class, whole = table_of(answer, "By class"), column(by_holder, "Fully diluted units")["Total"]
    assert sum(column(by_class, "As common").values()) == pytest.approx(whole)
    assert sum(column(by_class, "Fully diluted").values()) == pytest.approx(1.0)


def test_an_event_at_which_nothing_happens_to_the_table() -> None:
    answer = asked(CapTable("startup", "moved"))
    by_holder = table_of(answer, "By holder")
    assert column(by_holder, "Before") == pytest.approx(column(by_holder, "Fully diluted"))
    assert len(answer.sentences) == 1, "nobody goes from anything to anything"


def test_a_sale_among_holders_moves_what_the_seller_has() -> None:
    by_holder = table_of(asked(CapTable("startup", "tender")), "By holder")
    assert column(by_holder, "Fully diluted units")["The Fund"] == pytest.approx(SERIES_A + 1e6)
    assert column(by_holder, "Fully diluted units")["employees"] == pytest.approx(5e5), "the options stay"
    assert column(by_holder, "Fully diluted units")["Total"] == pytest.approx(AFTER)


def test_what_happens_in_the_first_month_has_a_before() -> None:
    early = DEAL.replace("on: 2025-02-28", "on: 2025-01-10")
    answer = asked(CapTable("startup", "round_a"), early)
    by_holder = table_of(answer, "By holder")
    assert list(column(by_holder, "Before").values()) == pytest.approx([0.54, 0.28, 0.0, 0.135, 0.045, 1.0])
    assert column(by_holder, "Fully diluted")["The Fund"] == pytest.approx(0.2)


def test_the_table_at_first_does_not_know_what_happens_in_the_first_month() -> None:
    answer = asked(CapTable("startup"), DEAL.replace("on: 2025-02-28", "on: 2025-01-10"))
    assert column(table_of(answer, "By holder"), "Fully diluted")["founders"] == pytest.approx(0.54)


def test_rows_of_the_deal_may_read_the_table() -> None:
    read = DEAL.replace("cap_tables:", "rows: {twice: 2 * startup.round_a.price}\ncap_tables:")
    answer = asked(CapTable("startup", "round_a"), read)
    assert column(table_of(answer, "By holder"), "Before")["founders"] == pytest.approx(0.54)
    assert column(table_of(asked(CapTable("startup"), read), "By holder"), "Fully diluted")["founders"] == pytest.approx(0.54)


def test_where_the_round_is_uncertain_shares_have_ends() -> None:
    unsure = DEAL.replace("pre_money: $20m", 'pre_money: "choice($20m: 1, $45m: 3)"')
    answer = asked(CapTable("startup", "round_a"), unsure, Settings(128, 64, engine="reference"))
    by_holder = table_of(answer, "By holder")
    ends = [column(by_holder, title)["The Fund"] for title in ("Low 5%", "Fully diluted", "High 95%")]
    assert ends[0] == pytest.approx(0.1)
    assert 0.115 < ends[1] < 0.135, "a fifth in one view of four, a tenth in the others"
    assert ends[2] == pytest.approx(0.2)
    assert column(by_holder, "Low 5%")["Total"] is None
    assert answer.notes == ("Means over 128 paths; low and high are the 5% and 95% points.",)


def test_an_event_that_comes_on_some_paths() -> None:
    unsure = DEAL.replace("events:", "events:\n  hired: {kind: hazard, rate: 100%}")
    answer = asked(CapTable("startup", "hired"), unsure, Settings(256, 1, engine="reference"))
    [note] = answer.notes
    assert note.startswith("Means over the ")
    assert note.endswith(" paths.")
    n_there = int(note.split(", ")[1].split()[0])
    assert 256 * 0.35 < n_there < 256 * 0.45, "1 - exp(-0.5) is 39 %"


# ── who is paid what ────────────────────────────────────────────────────────────────────────────────────────────────

# At an exit before the round the pool is not counted: the safe has a tenth of 9.5m / 0.9.
EXIT_SAFE = 9.5e6 / 9


def test_payouts_of_two_exit_values() -> None:
    answer = asked(Exit("startup", values=[5e6, 40e6]))
    price = (40e6 + 0.5 * 5e5) / (9.5e6 + EXIT_SAFE)
    by_class = table_of(answer, "Paid by class")
    assert column(by_class, "At $5.00m") == pytest.approx(
        {"common": 2e6, "seed": 2e6, "safe one": 1e6, "options": 0.0, "Total": 5e6}
    )
    high = column(by_class, "At $40.0m")
    assert high["common"] == pytest.approx(7e6 * price)
    assert high["seed"] == pytest.approx(2e6 * price)
    assert high["options"] == pytest.approx(5e5 * (price - 0.5))
    assert high["safe one"] == pytest.approx(EXIT_SAFE * price)
    by_holder = table_of(answer, "Paid by holder")
    assert column(by_holder, "At $5.00m") == pytest.approx(
        {"angels": 3e6, "founders": 12e6 / 7, "employees": 2e6 / 7, "Total": 5e6}
    )
    for table in (by_class, by_holder):
        for each in table.columns[1:]:
            assert adds_up(column(table, each.title)), each.title
    assert answer.sentences[0] == "At $5.00m: angels $3.00m, founders $1.71m, employees $286k."


def test_breakpoints_of_a_table() -> None:
    points = table_of(asked(Exit("startup")), "Breakpoints")
    low, even = 9.5 / 9, 0.9 * 10 / 9.5  # units of the safe in millions; the price at which they are worth its money
    assert even == pytest.approx(1 / low)
    found = [(row[0], row[1], row[2]) for row in points.rows]
    options = 3e6 + 0.5 * 7e6
    safe = options + (even - 0.5) * 7.5e6
    assert [row[2] for row in found] == [
        "preferences of rank 1",
        "participation of common",
        "exercise of options",
        "conversion of safe one",
        "conversion of seed",
    ]
    assert [row[0] for row in found] == pytest.approx([0, 3e6, options, safe, safe + (1 - even) * (7.5e6 + EXIT_SAFE)])
    assert [row[1] for row in found] == pytest.approx([0, 0, 0.5, even, 1])
    for row in points.rows:
        assert sum(float(part or 0.0) for part in row[3:]) == pytest.approx(1.0)


def test_the_curves_are_the_payouts() -> None:
    answer = asked(Exit("startup", values=[40e6], upto=(0.0, 40e6)))
    [chart] = answer.charts
    assert isinstance(chart, Lines)
    assert (chart.x[0], chart.x[-1]) == (0.0, 40e6)
    assert np.sum(chart.y, axis=0) == pytest.approx(np.array(chart.x))
    by_class = column(table_of(answer, "Paid by class"), "At $40.0m")
    assert {label: line[-1] for label, line in zip(chart.labels, chart.y, strict=True)} == pytest.approx(
        {label: by_class[label] for label in chart.labels}
    )


def test_an_exit_of_nothing() -> None:
    answer = asked(Exit("startup", values=[0.0]))
    assert answer.sentences == ("At $0: nobody is paid anything.",)
    assert column(table_of(answer, "Paid by class"), "of $0")["Total"] is None


def test_the_exit_value_that_gives_a_part() -> None:
    # 3m are paid first, then 7m units at p, and 0.5m more above 0.50: 1m p + 0.5m (p - 0.5) are 10 % of all that.
    price = 0.525e6 / 0.75e6
    worth = 3e6 + 7e6 * price + 5e5 * (price - 0.5)
    answer = asked(Exit("startup", target=("employees", 0.1, True)))
    assert answer.sentences == (f"employees gets 10% at an exit value of $8.00m (exactly {worth:,.2f}).",)


def test_the_exit_value_that_gives_an_amount() -> None:
    # After the round angels have 2m units, and 1.11m from the safe: 5m are 3m first and 2m of ... both convert above 1.00 a unit.
    price = 5e6 / (2e6 + SAFE)
    worth = 5e6 + 7e6 * price + 5e5 * (price - 0.5) + 5e6  # the fund keeps its 5m below 1.80
    answer = asked(Exit("startup", "round_a", target=("angels", 5e6, False)))
    assert answer.sentences == (f"angels gets $5.00m at an exit value of $21.8m (exactly {worth:,.2f}).",)


def test_a_class_may_be_the_target() -> None:
    answer = asked(Exit("startup", "round_a", target=("series_a", 6e6, False)))
    price = 6e6 / SERIES_A
    worth = 6e6 + (7e6 + 2e6 + SAFE) * price + 5e5 * (price - 0.5)
    assert f"(exactly {worth:,.2f})" in answer.sentences[0]


def test_a_target_that_no_exit_value_reaches() -> None:
    answer = asked(Exit("startup", target=("employees", 0.16, True)))
    assert answer.sentences == ("No exit value pays employees 16%.",), (
        "1.5m of 9.5m units, and less below where options or the safe take part"
    )


def test_an_exit_under_uncertainty_is_a_mean() -> None:
    unsure = DEAL.replace("price: $1,", 'price: "choice($1: 1, $2: 1)",')
    answer = asked(Exit("startup", values=[5e6]), unsure, Settings(256, 64, engine="reference"))
    by_class = table_of(answer, "Paid by class")
    paid = [column(by_class, title)["seed"] for title in ("Low 5%", "At $5.00m", "High 95%")]
    # Preferences of 2m or of 4m, and 1m beside them: 2m in full, or four fifths of all.
    assert paid == pytest.approx([2e6, paid[1], 4e6])
    assert 2.8e6 < paid[1] < 3.2e6
    assert adds_up(column(by_class, "At $5.00m"))
    assert any("amounts are means" in note for note in answer.notes)


def test_the_exit_question_agrees_with_the_exit_action() -> None:
    for worth in (4e6, 12e6, 90e6):
        sold = DEAL.replace("tender:", f"sale: {{kind: exit, on: 2025-04-30, value: ${worth}}}\n      tender:")
        answer = asked(Exit("startup", "sale", values=[worth]), sold)
        run = loaded(sold).run(paths=16, views=1, engine="reference", keep=[f"startup.sale.paid.{n}" for n in CLASSES])
        paid = [float(run.mean(f"startup.sale.paid.{name}")[0]) for name in CLASSES]
        asked_ = column(table_of(answer, "Paid by class"), table_of(answer, "Paid by class").columns[1].title)
        assert [asked_[name.replace("_", " ")] for name in CLASSES] == pytest.approx(paid, rel=1e-12)


CLASSES = ("common", "seed", "options", "safe_one", "series_a")


# ── what a claim turns into ─────────────────────────────────────────────────────────────────────────────────────────

SHARES = """\
deal: What a stake is worth
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 12}
parties: {lab: {title: The Lab, discount: 0%}, cloud: {title: The Cloud, discount: 0%}}
cap_tables:
  lab:
    classes:
      common: {kind: common, holders: {founders: 6m, cloud: 1m}}
      seed: {kind: preferred, price: $5, holders: {cloud: 3m}}
    valuation:
      of: cloud
      equity: $30m
      volatility: 60%
      years: 4 years
      rate: 4%
      discount: 20%
      scenarios:
        - {title: it fails, probability: 50%, value: $10m, years: 1 year}
        - {title: it is sold, probability: 30%, value: $40m, years: 3 years}
        - {title: it is listed, probability: 20%, value: $200m, years: 5 years}
      precedents:
        - {holder: cloud, share: 30%}
        - {holder: cloud, share: 34%}
        - {holder: founders, share: 90%}
"""


def stake(text: str, settings: Settings = CENTRAL, **question: str) -> dict[str, tuple[float, float, float]]:
    """Low, middle and high of every method."""
    answer = asked(Stake(**question), text, settings)
    table = table_of(answer, "By method")
    [field] = answer.charts
    assert isinstance(field, Field)
    assert list(field.labels) == [row[0] for row in table.rows]
    assert np.array([field.low, field.middle, field.high]) == pytest.approx(np.array([row[1:4] for row in table.rows]).T)
    return {str(row[0]): tuple(float(x or 0.0) for x in row[1:4]) for row in table.rows}  # type: ignore[misc]


def test_every_method_where_units_divide() -> None:
    found = stake(SHARES)

    def paid(worth: float) -> float:
        """The cloud's 3m preferred units and 1m common units of 10m."""
        kept = min(worth, 15e6) + max(worth - 15e6, 0.0) / 7
        return max(kept, worth * 0.4) if worth * 3 / 10 > 15e6 else kept

    options = [float(call(30e6, strike, 0.6, 4.0, 0.04)) for strike in (0.0, 15e6, 50e6)]
    priced = options[0] - options[1] + (options[1] - options[2]) / 7 + options[2] * 0.4
    ends = [(0.5, 10e6, 1), (0.3, 40e6, 3), (0.2, 200e6, 5)]
    weights = [chance * 1.2**-years for chance, _, years in ends]
    ours = sum(weight * paid(value) for weight, (_, value, _) in zip(weights, ends, strict=True))
    whole = sum(weight * value for weight, (_, value, _) in zip(weights, ends, strict=True))
    assert list(found) == [
        "As the units stand", "As if sold today", "Option pricing", "Scenarios, weighed", "Reported precedents",
    ]  # fmt: skip
    middles = [middle for _, middle, _ in found.values()]
    assert middles == pytest.approx([0.4, paid(30e6) / 30e6, priced / 30e6, ours / whole, 0.32], rel=1e-9)


def test_a_football_field_names_the_highest_and_the_lowest() -> None:
    answer = asked(Stake(), SHARES)
    assert answer.title == "What stake The Cloud should get in The Lab"
    first, least, most = answer.sentences[:3]
    assert first.startswith("The Cloud should get between 32% and ")
    assert least.startswith("Reported precedents gives least: ")
    assert most.startswith("As if sold today gives most: ")


def test_worth_is_the_share_of_what_all_claims_are_worth() -> None:
    table = table_of(asked(Stake(), SHARES), "By method")
    assert column(table, "Of today's value")["As the units stand"] == pytest.approx(12e6)
    assert "$30.0m, what all claims are taken to be worth" in table.note


def test_another_holder_than_the_file_says() -> None:
    found = stake(SHARES, of="founders", company="lab")
    assert found["As the units stand"][1] == pytest.approx(0.6)
    assert found["Reported precedents"][1] == pytest.approx(0.9)
    theirs, ours = (stake(SHARES, of=holder, company="lab") for holder in ("founders", "cloud"))
    for title in ("As the units stand", "As if sold today", "Option pricing", "Scenarios, weighed"):
        assert theirs[title][1] + ours[title][1] == pytest.approx(1.0), title


def test_a_last_round_is_worked_back_to_all_claims() -> None:
    last = SHARES.replace("equity: $30m", "last_round: {class: seed, price: $5}")
    answer = asked(Stake(), last)
    table = table_of(answer, "By method")
    share, worth = column(table, "Middle")["Option pricing"], column(table, "Of today's value")["Option pricing"]
    equity = worth / share

    def seed(equity: float) -> float:
        options = [float(call(equity, strike, 0.6, 4.0, 0.04)) for strike in (0.0, 15e6, 50e6)]
        return options[0] - options[1] + options[2] * 0.3

    assert seed(equity) == pytest.approx(15e6, rel=1e-9), "3m units at $5"


CAPITAL = SHARES.replace(
    "      seed:", "      early: {kind: capped_units, holders: {cloud: $1m}, multiple: 20x, valued_at: $10m}\n"
    "      later: {kind: note, holders: {cloud: $3m, others: $1m}, cap: $40m, valued_at: $40m}\n      seed:",
)  # fmt: skip


def test_as_invested_dilutes_in_the_order_of_the_file() -> None:
    # A tenth for 1m of 10m; then 10 % for 4m of 40m, three quarters of them the cloud's.
    assert stake(CAPITAL)["As invested"][1] == pytest.approx(0.1 * 0.9 + 0.1 * 0.75)


def test_unknown_values_give_a_range_and_a_name_for_it() -> None:
    unsure = SHARES.replace("equity: $30m", "equity: uniform($20m, $45m)")
    settings = Settings(512, 512, engine="reference")
    answer = asked(Stake(), unsure, settings)
    found = stake(unsure, settings)
    low, middle, high = found["As if sold today"]
    # 15m first and a seventh of the rest: less of more.
    assert [low, middle, high] == pytest.approx([(15 + (v - 15) / 7) / v for v in (43.75, 32.5, 21.25)], rel=0.02)
    table = table_of(answer, "By method")
    assert column(table, "Moved most by")["As if sold today"] == "equity (100%)"
    assert column(table, "Moved most by")["As the units stand"] == "nothing unknown"
    assert column(table, "Moved most by")["Reported precedents"] == "which report is believed"


TIERS = """\
deal: Tiers of profit
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 4}
parties: {lab: {title: The Lab, discount: 0%}, cloud: {title: The Cloud, discount: 0%}, staff: {discount: 0%}}
events: {restructured: {kind: scheduled, date: 2025-02-28}}
rows: {profit: $10m}
terms:
  split:
    kind: profit_share
    payer: lab
    of: profit
    tiers:
      - {shares: {cloud: 75%, staff: 25%}, counts: cloud, up_to: $24m}
      - {shares: {cloud: 40%, staff: 50%}}
cap_tables:
  lab:
    tiers: split
    classes:
      money: {kind: capped_units, holders: {cloud: $1m, passenger: $1m}, multiple: 20x}
    valuation: {of: cloud, at: restructured, equity: $50m, volatility: 50%, years: 2 years, rate: 3%, discount: 12%,
      scenarios: [{probability: 1, value: $16m}]}
"""
# The cloud gets 7.5m a month. In January it has had 7.5m; 22m of profit are left of its first tier, 9m for it beside.


def test_every_method_where_tiers_divide() -> None:
    found = stake(TIERS)
    assert list(found) == ["As the units stand", "As converted from the profit tiers", "The claim's own value", "Option pricing",
                           "Scenarios, weighed"]  # fmt: skip

    def paid(worth: float, had: float) -> float:
        first = min(worth, (24e6 - had) / 0.75)
        return 0.75 * first + 0.4 * (worth - first)

    had = 7.5e6
    edge = (24e6 - had) / 0.75
    options = [float(call(50e6, strike, 0.5, 2.0, 0.03)) for strike in (0.0, edge)]
    assert found["As converted from the profit tiers"][1] == pytest.approx(paid(50e6, had) / 50e6)
    assert found["Option pricing"][1] == pytest.approx((0.75 * (options[0] - options[1]) + 0.4 * options[1]) / 50e6)
    assert found["Scenarios, weighed"][1] == pytest.approx(0.75)


def test_the_claims_own_value_is_what_tiers_pay_after_the_moment() -> None:
    # March and April, discounted by one month and two: the cloud has had 15m by February, so that 9m of its first tier are left,
    # 12m of profit: all of March at 75 %, a fifth of April.
    monthly = 1.12 ** (-1 / 12)
    ours = 7.5e6 * monthly + (1.5e6 + 8e6 * 0.4) * monthly**2
    staff = 2.5e6 * monthly + (0.5e6 + 8e6 * 0.5) * monthly**2
    assert stake(TIERS)["The claim's own value"][1] == pytest.approx(ours / (ours + staff))


def test_a_holder_that_no_tier_names_gets_nothing_of_them() -> None:
    found = stake(TIERS, of="passenger")
    assert found["As the units stand"][1] == pytest.approx(0.5)
    assert {found[title][1] for title in ("As converted from the profit tiers", "Option pricing", "Scenarios, weighed")} == {0.0}


def test_a_day_on_which_some_claims_are_restructured_and_others_not() -> None:
    unsure = TIERS.replace("{kind: scheduled, date: 2025-02-28}", "{kind: hazard, rate: 900%}").replace(
        "    valuation:",
        "      stock: {kind: common}\n    actions:\n"
        "      new: {kind: restructuring, on: restructured, into: stock, becomes: {cloud: 30%}, rest: staff}\n    valuation:",
    )
    settings = Settings(64, 1, engine="reference")
    with pytest.raises(ValueError, match=r"^by .* the claims have been restructured on some paths only; ask "):
        asked(Exit("lab", "2025-02-28", [50e6]), unsure, settings)
    answer = asked(Exit("lab", "restructured", [50e6]), unsure, settings)
    paid = column(table_of(answer, "Paid by holder"), "At $50.0m")
    assert paid == pytest.approx({"staff": 35e6, "The Cloud": 15e6, "passenger": 0.0, "Total": 50e6})


def test_a_table_without_a_valuation_gives_one_method() -> None:
    answer = asked(Stake("angels", "startup"), DEAL)
    assert answer.sentences == ("One method can be worked out, as the units stand: 28% for angels.",)


def test_a_deal_without_a_valuation_is_asked_nothing() -> None:
    assert prenup.ask(loaded(DEAL), Stake(), CENTRAL) is None


# ── what a number has to be ─────────────────────────────────────────────────────────────────────────────────────────


def sought(path: str, goal: str, text: str = DEAL, settings: Settings = CENTRAL, **how: Any) -> str:
    """The sentence of a goal seek."""
    case = loaded(text)
    answer = prenup.ask(case, Seek(path, target(goal, frozenset(case.deal.units)), **how), settings)
    assert answer is not None
    assert answer.tables == ()
    [sentence] = answer.sentences
    return sentence


ROUND = "cap_tables.startup.actions.round_a"


def test_a_pre_money_for_a_share() -> None:
    # 5m are 27 % of all: 5 / 0.27 - 5.
    case = loaded(DEAL)
    answer = prenup.ask(case, Seek(f"{ROUND}.pre_money", Target("fund", "in", "startup", 0.27, True), "round_a"), CENTRAL)
    assert answer is not None
    assert answer.title == f"What {ROUND}.pre_money has to be"
    assert answer.sentences == ("At USD 13,518,518.52 the deal gives The Fund 27.00%.",)
    assert answer.notes[0].startswith("It is USD 20,000,000 in the deal. Mean over all paths; found in ")


def test_money_for_a_share() -> None:
    # 30 % of the post-money: 20 * 3 / 7.
    assert "At USD 8,571,428.57 " in sought(f"{ROUND}.investors.fund", "fund in startup = 30%", at="round_a")


def test_a_cap_for_a_share() -> None:
    # The safe has s = 1m / cap; angels (2 (1 - s) / 10 + s) * 0.8 = 27 %: s = (0.3375 - 0.2) / 0.8.
    cap = 1e6 / ((0.3375 - 0.2) / 0.8)
    sentence = sought("cap_tables.startup.classes.safe_one.cap", "angels in startup = 27%", at="round_a", between=(4e6, 1e7))
    assert sentence == f"At USD {cap:,.2f} the deal gives angels 27.00%."


def test_a_cap_that_the_deal_can_not_have() -> None:
    cap = "cap_tables.startup.classes.safe_one.cap"
    sentence = sought(cap, "angels in startup = 85%", at="round_a", between=(8e5, 2e6))
    assert sentence.startswith("Nothing between USD 800,000 and USD 2,000,000 gives angels 85.00%; the nearest is 80.00%")
    sentence = sought(cap, "angels in startup = 79%", at="round_a", between=(8e5, 2e6))
    # Between 1m, at which all belongs to the safe, and the next place of the coarse search.
    assert sentence.startswith("At USD 1,0")


def test_a_percentage_for_a_share() -> None:
    discounted = DEAL.replace("cap: $10m", "discount: 20%")
    # The safe gets 1m / (1 - d) of 20m: angels (2 (1 - s) / 10 + s) * 0.8 = 23.2 %, s = 0.1125 = 1 / (1 - d) / 20.
    sentence = sought(
        "cap_tables.startup.classes.safe_one.discount", "angels in startup = 23.2%", discounted, at="round_a", between=(0.4, 0.7)
    )
    assert sentence.startswith("At 55.555555")
    assert sentence.endswith("% the deal gives angels 23.20%.")


def test_a_date_for_a_share() -> None:
    # A seed with dividends: 2m units at $1 are owed 12 % a year; where 40 % of a sale for 6m go to angels, 2.4m are due.
    owed = DEAL.replace("price: $1,", "price: $1, dividend: 12%, since: 2023-01-01,").replace(
        "holders: {angels: $1m}", "holders: {x: $0}"
    )
    sentence = sought("cap_tables.startup.classes.seed.since", "angels of startup = 40%", owed, exit_value=6e6)
    # 0.4 / (2 * 0.12) are 1.6667 years or 608 days before the last day of 2024.
    assert sentence == "At 2023-05-03 the deal pays angels 40.00%."


def test_a_partys_value() -> None:
    sold = DEAL.replace("tender:", "sale: {kind: exit, on: 2025-04-30, value: $20m}\n      tender:")
    # The fund pays 5m and gets 2.78m of 13.39m units that are paid: 3m more at a price of 8m / 2.78m.
    price = 8e6 / SERIES_A
    worth = price * (AFTER - 5e5) - 0.5 * 5e5
    assert f"At USD {worth:,.0f} " in sought("cap_tables.startup.actions.sale.value", "fund = $3m", sold)


def test_a_date_over_which_the_outcome_jumps() -> None:
    sentence = sought(f"{ROUND}.on", "fund in startup = 10%", at="2025-06-30", between=(739_000, 739_500))
    assert sentence.startswith("Nothing between 2024-04-24 and 2025-09-06 gives The Fund 10.00%; the nearest is ")


def test_a_date_beyond_the_clock_is_no_date_to_look_at() -> None:
    dividend = DEAL.replace("price: $1,", "price: $1, dividend: 100%, since: 2024-12-31,").replace(
        "$1m}, cap: $10m", "$0}, cap: $10m"
    )
    # Of a sale for 10m at the moment, angels get 2m * (1 + t) with t the years since 2024-12-31, at the end of a month.
    sentence = sought(
        "events.moved.date", "angels of startup = 29.9178%", dividend, at="moved", exit_value=10e6, between=(739_200, 739_600)
    )
    assert sentence.startswith("At 2025-06-")


def test_a_mean_over_paths() -> None:
    unsure = DEAL.replace("investors: {fund: $5m}", 'investors: {fund: "choice($4m: 1, $6m: 1)"}')
    case = loaded(unsure)
    settings = Settings(64, 32, engine="reference")
    sentence = sought(f"{ROUND}.pre_money", "fund in startup = 25%", unsure, settings, at="round_a")
    pre_money = float(sentence.split()[2].replace(",", ""))
    changed = case.change({f"{ROUND}.pre_money": f"USD {pre_money}"})
    answer = prenup.ask(changed, CapTable("startup", "round_a"), settings)
    assert answer is not None
    table = table_of(answer, "By holder")
    assert column(table, "Fully diluted")["The Fund"] == pytest.approx(0.25, rel=1e-6)
    assert column(table, "Low 5%")["The Fund"] == pytest.approx(4e6 / (4e6 + pre_money))


def test_where_to_look_may_be_said() -> None:
    sentence = sought(f"{ROUND}.pre_money", "fund in startup = 27%", at="round_a", between=(15e6, 30e6))
    assert sentence.startswith("Nothing between USD 15,000,000 and USD 30,000,000 gives The Fund 27.00%; the nearest is 25.00%")


# ── what can't be asked ─────────────────────────────────────────────────────────────────────────────────────────────

FUND = Target("fund", "in", "startup", 0.2, True)
HOLD = "founders, employees, angels"
CLASSES_TOO = f"{HOLD}, common, seed, options, pool, safe_one, series_a"
NO_MOMENT = "is neither a day nor an event of the deal or an action of its table"

WRONG = {
    "a moment that is nowhere": (CapTable("startup", "round_b"), f"round_b {NO_MOMENT}; did you mean round_a?"),
    "a moment like nothing there is": (
        Exit("startup", "zzzzzzzz"),
        f"zzzzzzzz {NO_MOMENT}; it has round_a, tender, moved, never",
    ),
    "a day outside the clock": (
        CapTable("startup", "2031-01-01"),
        "2031-01-01 lies outside the deal's clock, 2025-01-01 to 2025-06-30",
    ),
    "a company without a table": (CapTable("fund"), "fund has no cap table; those that have: startup"),
    "an exit of a company without a table": (Exit("fund"), "fund has no cap table; those that have: startup"),
    "a stake in a company without a table": (Stake("fund", "fund"), "fund has no cap table; those that have: startup"),
    "a target that is nobody": (
        Exit("startup", target=("nobody", 0.1, True)),
        f"nobody is neither a holder nor a class of the table; it has {CLASSES_TOO}",
    ),
    "a stake of nobody": (Stake("nobody", "startup"), f"nobody holds nothing of startup; those who do: {HOLD}"),
    "a stake of one who comes later": (Stake("fund", "startup"), f"fund holds nothing of startup; those who do: {HOLD}"),
    "a stake of the company in itself": (Stake("startup", "startup"), f"startup holds nothing of startup; those who do: {HOLD}"),
    "a number that is nowhere": (
        Seek(f"{ROUND}.pre_mony", FUND),
        f"{ROUND}.pre_mony is no number of the deal; did you mean {ROUND}.pre_money?",
    ),
    "a share of nobody": (
        Seek(f"{ROUND}.pre_money", Target("nobody", "in", "startup", 0.2, True), "round_a"),
        "nobody holds nothing of startup; those who do: founders, employees, fund, angels",
    ),
    "a share in a company without a table": (
        Seek(f"{ROUND}.pre_money", Target("fund", "in", "fund", 0.2, True)),
        "fund has no cap table; those that have: startup",
    ),
    "a value of one who is no party": (
        Seek(f"{ROUND}.pre_money", Target("angels", "", "", 1e6, False)),
        "no party is called angels; the deal has startup, fund",
    ),
    "a value as a part": (
        Seek(f"{ROUND}.pre_money", Target("fund", "", "", 0.2, True)),
        "what the deal is worth to fund is money, no part; write it like 'fund = $50bn'",
    ),
    "an exit without its value": (
        Seek(f"{ROUND}.pre_money", Target("fund", "of", "startup", 1e6, False)),
        "what a holder gets of an exit needs its value; add --exit and a value",
    ),
    "a share of an exit of nobody": (
        Seek(f"{ROUND}.pre_money", Target("nobody", "of", "startup", 1e6, False), "round_a", 1e7),
        "nobody is neither a holder nor a class of startup",
    ),
    "a moment that never comes": (Seek(f"{ROUND}.pre_money", FUND, "never"), "never is reached on no path"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_can_not_be_asked_is_said_in_one_sentence(what: str) -> None:
    question, message = WRONG[what]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the message is compared in full
        prenup.ask(loaded(DEAL), question, CENTRAL)
    assert str(caught.value) == message


def test_a_stake_without_a_holder_is_asked_nothing() -> None:
    assert prenup.ask(loaded(SHARES.replace("      of: cloud\n", "")), Stake(), CENTRAL) is None


@pytest.mark.parametrize(
    "question", [CapTable("startup", "never"), Exit("startup", "never"), Stake("angels", "startup", "never")]
)
def test_what_never_comes_has_no_table(question: Any) -> None:
    answer = asked(question)
    assert (answer.tables, answer.charts) == ((), ())
    assert len(answer.sentences) == 1
    assert answer.sentences[0].startswith("Never is reached on no path")


@pytest.mark.parametrize(
    "question", [CapTable("startup", "round_a"), Exit("startup", "round_a"), Seek(f"{ROUND}.investors.fund", FUND, "round_a")]
)
def test_a_round_that_no_price_solves_is_said_to_be_one(question: Any) -> None:
    promised = DEAL.replace("cap: $10m", "discount: 20%").replace(
        "{angels: $1m}", "{angels: $17m}"
    )  # 17m / 0.8 are more than 20m
    with pytest.raises(
        ValueError, match=r"^no path of the deal has finite numbers; a round may have no price at which everybody gets "
    ):
        asked(question, promised)


def test_a_change_that_makes_a_fault_is_a_fault() -> None:
    case = loaded(DEAL)
    with pytest.raises(DealError, match="D260"):
        prenup.ask(case, Seek("cap_tables.startup.classes.safe_one.cap", FUND, "round_a", between=(1e5, 5e5)), CENTRAL)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("fund = $50m", Target("fund", "", "", 50e6, False)),
        ("fund in startup = 27%", Target("fund", "in", "startup", 0.27, True)),
        ("fund in startup=0.27", Target("fund", "in", "startup", 0.27, True)),
        ("fund of startup = $5m", Target("fund", "of", "startup", 5e6, False)),
        (" fund  of startup = 10% ", Target("fund", "of", "startup", 0.1, True)),
        ("employees = 10%", Target("employees", "", "", 0.1, True)),
    ],
)
def test_targets_as_written(text: str, wanted: Target) -> None:
    assert target(text, frozenset()) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fund", "fund is no target"),
        ("= 4", "= 4 is no target"),
        ("fund at startup = 4%", "fund at startup = 4% is no target"),
        ("fund in startup = much", "'much' is not a quantity"),
        ("fund in startup = 5", "a share is a part of the whole"),
        ("fund in startup = $5m", "a share is a part of the whole"),
        ("fund in startup = 127%", "a share is a part of the whole"),
    ],
)
def test_targets_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"write it like") as caught:
        target(text, frozenset())
    assert said in str(caught.value)


def test_a_case_may_be_asked_many_things_on_its_own_engine() -> None:
    case: Case = loaded(DEAL)
    settings = Settings(64, 1, engine="native")
    one, other = (prenup.ask(case, CapTable("startup", "round_a"), how) for how in (settings, CENTRAL))
    assert one is not None
    assert other is not None
    for left, right in zip(table_of(one, "By holder").rows, table_of(other, "By holder").rows, strict=True):
        assert left[0] == right[0]
        assert left[1:] == pytest.approx(right[1:], rel=1e-12)
    assert math.isfinite(float(one.tables[0].rows[0][1] or 0.0))
