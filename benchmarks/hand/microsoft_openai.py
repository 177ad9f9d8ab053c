"""The deal of deals/microsoft-openai-2024.yaml between Microsoft and OpenAI, written by hand in NumPy.

It is what a careful modeller writes who has no prenup: arrays over paths, a loop over months, whatever is the
same on all paths of a view worked out once a view. It keeps each party's present value and nothing else: no
clauses, no cash, no rows to look at. Its draws come from `prenup.engine.streams`, which is NumPy too, so that
the answers can be laid beside prenup's path by path; or from NumPy's own generator, with everything drawn
anew on every path.

Arrays have the axes randomisation, path, view, each of length one where nothing differs along it: the views
come last, so that NumPy goes along many of them where each has few paths. Drawn at random they have the one
axis path. Money is in dollars, rates are a year, time is in months from 0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prenup.engine import streams
from prenup.engine.normal import inverse_normal
from prenup.engine.streams import Design

Array = NDArray[np.float64]

MONTHS = 122
PARTIES = ("microsoft", "openai", "nonprofit", "investors")


def day(year: int, month: int, of_month: int) -> float:
    """A date as a number of days."""
    return float(datetime.date(year, month, of_month).toordinal())


MONTH_ENDS = np.array([day(2024 + (11 + t) // 12, (11 + t) % 12 + 1, 1) - 1 for t in range(MONTHS)])
MONTH_ENDS.flags.writeable = False

# What is not known: 5% point, median and 95% point, under the names of prenup's streams.
UNKNOWNS: dict[str, tuple[float, float, float]] = {
    "parties.microsoft.discount": (0.07, 0.09, 0.11),
    "parties.openai.discount": (0.14, 0.20, 0.30),
    "parties.nonprofit.discount": (0.05, 0.08, 0.12),
    "parties.investors.discount": (0.12, 0.18, 0.25),
    "events.restructured.probability": (0.40, 0.70, 0.90),
    "events.agi.rate": (0.01, 0.04, 0.12),
    "events.leaders_leave.rate": (0.25, 0.5, 1.0),
    "events.contract_over.date": (day(2028, 1, 23), day(2030, 1, 23), day(2033, 1, 23)),
    "events.agi.effects.openai_revenue.rate.shift": (0.0, 0.20, 0.60),
    "events.leaders_leave.effects.openai_revenue.rate.scale": (0.55, 0.75, 0.95),
    "drivers.openai_revenue.growth": (3.00, 3.65, 4.50),
    "drivers.openai_revenue.long_run": (0.04, 0.08, 0.12),
    "drivers.openai_revenue.half_life": (8 / 12, 10 / 12, 12 / 12),
    "drivers.openai_revenue.volatility": (0.15, 0.22, 0.32),
    "drivers.openai_revenue.start": (4.6e9, 5.2e9, 5.8e9),
    "drivers.price_level.drift": (-0.30, -0.22, -0.15),
    "drivers.training.growth": (0.80, 1.20, 1.70),
    "drivers.training.start": (2.5e9, 3.0e9, 3.6e9),
    "drivers.staff.growth": (0.40, 0.70, 1.10),
    "drivers.staff.start": (1.5e9, 1.7e9, 2.0e9),
    "drivers.azure_openai.growth": (0.50, 0.90, 1.50),
    "drivers.azure_openai.start": (1.2e9, 1.5e9, 2.0e9),
    "drivers.copilots.growth": (0.40, 0.80, 1.40),
    "drivers.copilots.start": (0.8e9, 2.0e9, 4.0e9),
    "terms.azure.exclusivity": (0.80, 0.90, 0.97),
    "terms.azure.elsewhere_price": (0.45, 0.60, 0.80),
    "numbers.asks_back": (0.20, 0.50, 0.80),
    "numbers.strain": (0.01, 0.03, 0.08),
    "numbers.training_2024": (2.2e9, 2.7e9, 3.0e9),
    "numbers.training_limit": (0.40, 0.50, 0.70),
    "numbers.list_price": (2.60, 3.40, 4.10),
    "numbers.other_costs": (0.04, 0.08, 0.15),
    "numbers.undrawn": (1e9, 3e9, 6e9),
    "numbers.part_in_credits": (0.50, 0.75, 0.95),
    "numbers.credits_on_hand": (0.3e9, 1.0e9, 2.5e9),
    "numbers.bill_in_credits": (0.25, 0.55, 0.80),
    "numbers.serving_cost": (0.60, 0.80, 1.05),
    "numbers.share_to_microsoft": (0.08, 0.18, 0.30),
    "numbers.share_to_openai": (0.10, 0.18, 0.28),
    "numbers.dependence": (0.30, 0.60, 0.85),
    "numbers.azure_margin": (0.30, 0.45, 0.60),
    "numbers.copilot_margin": (0.30, 0.50, 0.70),
}
AT_MOST_ONE = (
    "events.restructured.probability",
    "drivers.openai_revenue.volatility",
    "terms.azure.exclusivity",
)
SHOCKS = ("openai_revenue", "price_level", "azure_openai", "copilots")
CHANCES = (
    "restructured.draw",
    "investors_wait.draw",
    "agi.draw",
    "leaders_leave.draw",
    "divorce_called.draw",
)

Z95 = 1.6448536269514722  # the 95% point of the normal distribution
NEVER = 10_000.0

ROUND_DEADLINE = 23  # the month of 2026-10-02
AGI_FROM = 14  # January 2026
AGI_LASTS, LEADERS_LAST, NOTICE = 36, 12, 6
RESTRUCTURING = (day(2025, 3, 1), day(2026, 12, 31))
TRANCHES = (1, 7, 13)  # December 2024, June and December 2025
AZURE_SHARE = 0.0  # what OpenAI buys at Azure beyond what exclusivity asks: the deal names nothing
DISCOUNTED_PRICE = 1.30
INFERENCE_PER_REVENUE = 4.0 / 3.7
ROUND_OF_OTHERS, ROUND_OF_MICROSOFT = 6.6e9 - 0.75e9, 0.75e9
# Profit to be shared, in all, at which the first and the second tier are full.
TIER_1 = 13e9 / 0.75
TIER_2 = TIER_1 + (92e9 - 13e9) / 0.49


@dataclass(frozen=True)
class Draws:
    """What a batch of paths is made of.

    `unknown`: a standard normal for each number in UNKNOWNS. `months`: standard normals a month for each of
    SHOCKS, months first. `chance`: a uniform for each of CHANCES.
    """

    unknown: Mapping[str, Array]
    months: Mapping[str, Array]
    chance: Mapping[str, Array]


def sobol_draws(design: Design, randomisations: range, views: range, paths: range) -> Draws:
    """The draws that prenup makes for some paths of some views: (randomisation, path, view), one path for what a view settles."""
    points = design.points_of(views, paths).T.ravel()
    shape = len(randomisations), len(paths), len(views)
    unknown = {name: streams.view_uniform(design, name, randomisations, views)[:, None, :] for name in UNKNOWNS}
    months = {name: streams.brownian(design, name, MONTHS, randomisations, points) for name in SHOCKS}
    chance = {name: streams.uniform(design, name, randomisations, points) for name in CHANCES}
    return Draws(
        {name: inverse_normal(u) for name, u in unknown.items()},
        {name: z.reshape(MONTHS, *shape) for name, z in months.items()},
        {name: u.reshape(shape) for name, u in chance.items()},
    )


def random_draws(n_paths: int, generator: np.random.Generator) -> Draws:
    """Plain pseudo-random draws, of the unknowns too on every path."""
    return Draws(
        {name: generator.standard_normal(n_paths) for name in UNKNOWNS},
        {name: generator.standard_normal((MONTHS, n_paths)) for name in SHOCKS},
        {name: generator.random(n_paths) for name in CHANCES},
    )


SIDE_BY_SIDE = 64
"""Views that are worth an axis of their own."""


def sobol_values(design: Design, randomisations: range, at_once: int = 8_192) -> Array:
    """Present values on prenup's draws, (party, randomisation, view, path), about `at_once` at a time."""
    result = np.empty((len(PARTIES), len(randomisations), design.views, design.paths))
    # A few views as the last axis would be slower than one after another.
    n_paths = min(design.paths, at_once if design.views < SIDE_BY_SIDE else at_once // SIDE_BY_SIDE)
    n_views = 1 if design.views < SIDE_BY_SIDE else min(design.views, at_once // n_paths)
    n_parts = max(1, at_once // (n_views * n_paths))
    for part in range(0, len(randomisations), n_parts):
        some = randomisations[part : part + n_parts]
        for view in range(0, design.views, n_views):
            views = range(design.views)[view : view + n_views]
            for path in range(0, design.paths, n_paths):
                paths = range(design.paths)[path : path + n_paths]
                found = values(sobol_draws(design, some, views, paths))
                result[:, part : part + n_parts, view : view + n_views, path : path + n_paths] = found.swapaxes(2, 3)
    return result


def random_values(n_paths: int, generator: np.random.Generator, at_once: int = 8_192) -> Array:
    """Present values on plain pseudo-random draws, (party, path)."""
    parts = [values(random_draws(min(at_once, n_paths - i), generator)) for i in range(0, n_paths, at_once)]
    return np.concatenate(parts, axis=1)


def quantiles(draws: Mapping[str, Array]) -> dict[str, Array]:
    """The unknowns from standard normals: halves that meet at the median, of the logarithm if positive."""
    found = {}
    for name, z in draws.items():
        low, middle, high = UNKNOWNS[name]
        if low > 0:
            value = middle * np.exp(np.where(z < 0, np.log(middle / low), np.log(high / middle)) * (z / Z95))
        else:
            value = middle + np.where(z < 0, middle - low, high - middle) * (z / Z95)
        found[name] = np.minimum(value, 1.0) if name in AT_MOST_ONE else value
    return found


@dataclass(frozen=True)
class Happens:
    """The months in which things happen, past the last one if not at all; whether the round is repaid."""

    leaders: Array
    agi: Array
    contract: Array
    divorce: Array
    repaid: NDArray[np.bool_]


def happenings(u: Mapping[str, Array], chance: Mapping[str, Array]) -> Happens:
    """All events at once: their hazards are constant between events, so that months follow from division."""
    probability = u["events.restructured.probability"]
    first, last = RESTRUCTURING
    asked = chance["restructured.draw"]
    day_restructured = first + (last - first) * (asked / np.maximum(probability, 1e-12))
    in_time = (asked < probability) & (day_restructured <= MONTH_ENDS[ROUND_DEADLINE])
    repaid = ~in_time & (chance["investors_wait.draw"] >= 1 - u["numbers.asks_back"])
    hazards = ("agi", "leaders_leave", "divorce_called")
    steps = {name: -12 * np.log(1 - chance[f"{name}.draw"]) for name in hazards}
    agi = AGI_FROM - 1 + np.ceil(steps["agi"] / u["events.agi.rate"])
    leaders = np.ceil(steps["leaders_leave"] / u["events.leaders_leave.rate"]) - 1
    # The strain doubles when the leaders leave and again when the round is repaid.
    needed = np.ceil(steps["divorce_called"] / u["numbers.strain"])
    deadline = np.where(repaid, ROUND_DEADLINE, NEVER)
    once, twice = np.minimum(leaders, deadline), np.maximum(leaders, deadline)
    after_once = needed - once
    after_twice = after_once - 2 * (twice - once)
    doubled = np.where(after_twice <= 0, once + np.ceil(after_once / 2), twice + np.ceil(after_twice / 4)) - 1
    divorce = np.where(after_once <= 0, needed - 1, doubled)
    contract = np.searchsorted(MONTH_ENDS, u["events.contract_over.date"]).astype(float)
    return Happens(leaders, agi, contract, divorce, repaid)


def values(draws: Draws) -> Array:
    """The present value of the deal to each party: (party, then the axes of the draws)."""
    u = quantiles(draws.unknown)
    happens = happenings(u, draws.chance)
    last_at_azure = happens.divorce + NOTICE
    last_shared = np.minimum(np.minimum(happens.agi, happens.contract), last_at_azure)
    drivers = Drivers(u, draws.months, happens)
    shape = last_shared.shape

    at_azure_price = DISCOUNTED_PRICE / u["numbers.list_price"]
    bought = np.maximum(AZURE_SHARE, u["terms.azure.exclusivity"])
    elsewhere = u["terms.azure.elsewhere_price"] / at_azure_price
    keeps, trained_2024 = 1 - u["numbers.other_costs"], u["numbers.training_2024"]
    to_microsoft, to_openai = u["numbers.share_to_microsoft"], u["numbers.share_to_openai"]
    azure_worth = u["numbers.dependence"] * u["numbers.azure_margin"]
    copilot_worth = u["numbers.dependence"] * u["numbers.copilot_margin"]
    tranche_in_credits = u["numbers.undrawn"] * u["numbers.part_in_credits"] / 3
    tranche_in_cash = np.maximum(u["numbers.undrawn"] * (1 - u["numbers.part_in_credits"]) / 3, 0)
    discount = {party: np.ones(()) for party in PARTIES}
    factor = {party: (1 + u[f"parties.{party}.discount"]) ** (-1 / 12) for party in PARTIES}

    value = dict(zip(PARTIES, np.zeros((len(PARTIES), *shape)), strict=True))
    credits = np.broadcast_to(u["numbers.credits_on_hand"], shape)
    profit_so_far, shared_before = np.zeros(shape), np.zeros(shape)
    paid_before: Any = (0.0, 0.0, 0.0)
    for t in range(MONTHS):
        revenue, price, training, staff, azure, copilots = drivers.advance(t)
        for party in PARTIES:
            discount[party] = discount[party] * factor[party]
        at_azure, shares = (last_at_azure >= t).astype(float), (last_shared >= t).astype(float)

        # Computing, paid in part with credits.
        trained = np.minimum(training, np.maximum(trained_2024, u["numbers.training_limit"] * revenue))
        computing = (INFERENCE_PER_REVENUE * revenue * price + trained) / 12
        bill = computing * bought * at_azure
        other_bill = (computing - bill) * elsewhere
        if t in TRANCHES:
            credits = credits + tranche_in_credits * at_azure
            cash = tranche_in_cash * at_azure
            value["microsoft"] -= discount["microsoft"] * cash
            value["openai"] += discount["openai"] * cash
        drawn = np.minimum(bill * u["numbers.bill_in_credits"], np.maximum(credits, 0))
        credits = credits - drawn
        paid = np.maximum(bill - drawn, 0)

        # Shares of revenue and the use of the models.
        shared = to_microsoft / 12 * revenue * shares - to_openai / 12 * azure * shares
        worth = (azure_worth / 12 * azure + copilot_worth / 12 * copilots) * shares

        # The claim on profits: losses are made good first, so what is shared in all is the highest that
        # profits have been.
        earned = keeps / 12 * revenue - staff / 12 - shared - other_bill
        profit_so_far += earned - bill
        np.maximum(shared_before, profit_so_far, out=shared_before)
        tier_1 = np.minimum(shared_before, TIER_1)
        tier_2 = np.minimum(shared_before, TIER_2) - tier_1
        tier_3 = shared_before - tier_1 - tier_2
        paid_so_far = (0.75 * tier_1 + 0.49 * tier_2, 0.49 * tier_2, 0.02 * tier_2 + tier_3)
        owed = [now - before for now, before in zip(paid_so_far, paid_before, strict=True)]
        microsoft, investors, nonprofit = owed
        paid_before = paid_so_far

        value["microsoft"] += discount["microsoft"] * (paid - bill * u["numbers.serving_cost"] + shared + worth + microsoft)
        value["openai"] += discount["openai"] * (earned - paid - microsoft - investors - nonprofit)
        value["nonprofit"] += discount["nonprofit"] * nonprofit
        value["investors"] += discount["investors"] * investors
        if t == ROUND_DEADLINE:
            value["microsoft"] += discount["microsoft"] * ROUND_OF_MICROSOFT * happens.repaid
            value["investors"] += discount["investors"] * ROUND_OF_OTHERS * happens.repaid
            value["openai"] -= discount["openai"] * (ROUND_OF_MICROSOFT + ROUND_OF_OTHERS) * happens.repaid
    return np.stack([value[party] for party in PARTIES])


class Drivers:
    """Revenue, price of computing, training, staff and the sales of Microsoft's products, month by month."""

    def __init__(self, u: Mapping[str, Array], months: Mapping[str, Array], happens: Happens) -> None:
        self.u, self.months, self.happens = u, months, happens
        self.revenue: Array = u["drivers.openai_revenue.start"]
        self.price = np.ones(())
        self.training: Array = u["drivers.training.start"]
        self.staff: Array = u["drivers.staff.start"]
        # Levels of the two products: what a view settles, and what a path adds.
        self.azure: Array = u["drivers.azure_openai.start"]
        self.copilots: Array = u["drivers.copilots.start"]
        self.azure_swing = np.ones(())
        self.copilots_swing = np.ones(())
        self.fall = 0.5 ** (1 / (12 * u["drivers.openai_revenue.half_life"]))
        self.left = np.ones(())
        self.monthly_drift = np.exp(u["drivers.price_level.drift"] / 12)
        self.price_swing = np.ones(())

    def advance(self, t: int) -> tuple[Array, Array, Array, Array, Array, Array]:
        """The values of month `t`; months are asked for one after another."""
        if t > 0:
            self._grow(t)
        products = self.azure * self.azure_swing, self.copilots * self.copilots_swing
        return self.revenue, self.price * self.price_swing, self.training, self.staff, *products

    def _grow(self, t: int) -> None:
        u, happens = self.u, self.happens
        self.left = self.left * self.fall
        long_run, volatility = u["drivers.openai_revenue.long_run"], u["drivers.openai_revenue.volatility"]
        rate = long_run + (u["drivers.openai_revenue.growth"] - long_run) * self.left
        agi_lasts = (happens.agi <= t) & (t < happens.agi + AGI_LASTS)
        leaders_missing = (happens.leaders <= t) & (t < happens.leaders + LEADERS_LAST)
        rate = rate + u["events.agi.effects.openai_revenue.rate.shift"] * agi_lasts
        slowed = u["events.leaders_leave.effects.openai_revenue.rate.scale"]
        rate = rate * np.where(leaders_missing, slowed, 1.0)
        swing = volatility / 12**0.5 * self.months["openai_revenue"][t] - volatility**2 / 24
        self.revenue = self.revenue * np.exp(np.log(np.maximum(1 + rate, 0)) / 12 + swing)
        self.price = self.price * self.monthly_drift
        self.price_swing = self.price_swing * _swing(0.12, self.months["price_level"][t])
        self.training = self.training * _growth(u["drivers.training.growth"], 0.03, 13, t)
        self.staff = self.staff * _growth(u["drivers.staff.growth"], 0.06, 16, t)
        self.azure = self.azure * _growth(u["drivers.azure_openai.growth"], 0.08, 18, t)
        self.copilots = self.copilots * _growth(u["drivers.copilots.growth"], 0.07, 18, t)
        products = ("openai_revenue", "azure_openai", "copilots")
        first, second, third = (self.months[name][t] for name in products)
        self.azure_swing = self.azure_swing * _swing(0.25, 0.4 * first + AZURE_OWN * second)
        self.copilots_swing = self.copilots_swing * _swing(0.25, 0.3 * first + COPILOTS_AZURE * second + COPILOTS_OWN * third)


# The correlations 0.4, 0.3 and 0.5 of revenue, Azure OpenAI and Copilots as weights of independent shocks.
AZURE_OWN = (1 - 0.4**2) ** 0.5
COPILOTS_AZURE = (0.5 - 0.4 * 0.3) / AZURE_OWN
COPILOTS_OWN = (1 - 0.3**2 - COPILOTS_AZURE**2) ** 0.5


def _growth(first: Array, long_run: float, half_life_months: float, t: int) -> Array:
    """A month's growth when the yearly rate falls from `first` to `long_run`, half the way each half life."""
    factor: Array = (1 + long_run + (first - long_run) * 0.5 ** (t / half_life_months)) ** (1 / 12)
    return factor


def _swing(volatility: float, shock: Array) -> Array:
    factor: Array = np.exp(volatility / 12**0.5 * shock - volatility**2 / 24)
    return factor
