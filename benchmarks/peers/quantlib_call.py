"""A five-year warrant: QuantLib's Monte Carlo against the same as a deal file, both against the price that a formula gives.

Spot and strike $100, interest 3 % and volatility 50 %, both continuous; 100,000 paths of 60 steps, plain random numbers on
both sides. QuantLib takes the price alone; prenup walks every row of the deal and values it to both parties.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from peers.rounds import interleaved, one_thread, ratio, relative, seconds, show

from prenup.case import Case, load
from prenup.outcome.statistics import Summary

DEAL = Path(__file__).with_name("warrant.yaml")
N_PATHS = 100_000
N_STEPS = 60
SOBOL_ERROR = 0.005
"""How far the price from Sobol points may be from the formula's, as a part of it."""


def measure(rounds: int = 5) -> dict[str, Any]:
    """Check both prices against the formula, then time them in turns."""
    exact, price_by_monte_carlo = _quantlib()
    case = load(DEAL)
    answers = _answers(case, exact, *price_by_monte_carlo())
    with one_thread() as single:
        taken = interleaved(
            {
                "quantlib": price_by_monte_carlo,
                "prenup, one thread": lambda: _price(case, "random", executor=single),
                "prenup": lambda: _price(case, "random"),
            },
            rounds,
        )
    return {
        "what": f"{N_PATHS:,} paths x {N_STEPS} steps of a five-year call, written as a warrant",
        "answers": answers,
        "seconds": seconds(taken),
        "times faster, one thread": ratio(taken["quantlib"], taken["prenup, one thread"]),
        "times faster": ratio(taken["quantlib"], taken["prenup"]),
    }


def _answers(case: Case, exact: float, price: float, error: float) -> dict[str, float]:
    """All prices; an AssertionError where one is not what the formula says."""
    random, sobol = _price(case, "random"), _price(case, "sobol")
    assert abs(price - exact) < 4 * error, (price, exact)
    assert abs(random.mean - exact) < 4 * random.error, (random.mean, exact)
    assert relative(sobol.mean, exact) < SOBOL_ERROR, (sobol.mean, exact)
    return {
        "formula": exact,
        "quantlib": price,
        "quantlib, standard error": error,
        "prenup": random.mean,
        "prenup, standard error": random.error,
        "prenup, off by": relative(random.mean, exact),
        "prenup with Sobol points": sobol.mean,
        "prenup with Sobol points, off by": relative(sobol.mean, exact),
    }


def _price(case: Case, sampler: str, executor: Any = None) -> Summary:
    """What the warrant is worth to its holder; Sobol points come in powers of two, here 131,072 paths."""
    run = case.run(paths=N_PATHS, views=1, sampler=sampler, executor=executor)
    assert run.n_paths >= N_PATHS
    return run.summary("supplier")


def _quantlib() -> tuple[float, Any]:
    """The formula's price, and what works out the price and its standard error by Monte Carlo."""
    ql: Any = import_module("QuantLib")
    day = ql.Date(1, 1, 2025)
    ql.Settings.instance().evaluationDate = day
    count = ql.Actual365Fixed()
    spot = ql.QuoteHandle(ql.SimpleQuote(100.0))
    interest = ql.YieldTermStructureHandle(ql.FlatForward(day, 0.03, count))
    dividends = ql.YieldTermStructureHandle(ql.FlatForward(day, 0.0, count))
    volatility = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(day, ql.NullCalendar(), 0.5, count))
    process = ql.BlackScholesMertonProcess(spot, dividends, interest, volatility)
    # Five years of 365 days: a leap day more would make it 46.73 instead of 46.72.
    call = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, 100.0), ql.EuropeanExercise(day + 5 * 365))
    call.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    exact = float(call.NPV())

    def by_monte_carlo() -> tuple[float, float]:
        engine = ql.MCEuropeanEngine(process, "pseudorandom", timeSteps=N_STEPS, requiredSamples=N_PATHS, seed=42)
        call.setPricingEngine(engine)  # a new engine forgets the price that is known
        return float(call.NPV()), float(call.errorEstimate())

    return exact, by_monte_carlo


if __name__ == "__main__":
    show(measure())
