"""A savings contract with a guaranteed sum: lifelib's CashValue_ME_EX1 against the same as a deal file.

Three answers are compared before any time is taken. Fed with lifelib's own table of random numbers, the deal's sheet gives
lifelib's own figure. With prenup's draws the two engines agree path by path, and the guarantee is worth what the formula of
a put option says, within its standard error. A deal file can't name a table of random numbers: the table is handed to the
reference engine, and the times are those of prenup's own draws, plain random as lifelib's.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from peers.rounds import interleaved, one_thread, ratio, relative, seconds, show

from prenup.case import Case, load
from prenup.outcome.run import Run

DEAL = Path(__file__).with_name("cashvalue.yaml")
N_PATHS = 10_000
PUBLISHED = 333_808.386
"""lifelib's own figure, from its fixed seed."""
SAME = 1e-9
"""How far figures from the same draws may be apart, as a part of themselves."""


def measure(rounds: int = 5) -> dict[str, Any]:
    """Check the guarantee's value four ways, then time lifelib and prenup in turns."""
    projection = _projection()
    case = load(DEAL)
    answers = _answers(case, projection)
    with one_thread() as single:
        taken = interleaved(
            {
                "lifelib": lambda: _guarantee(projection),
                "prenup, one thread": lambda: _run(case, executor=single).summary("holders"),
                "prenup": lambda: _run(case).summary("holders"),
            },
            rounds,
        )
    return {
        "what": f"{N_PATHS:,} paths x 121 months of a savings account with a guarantee",
        "answers": answers,
        "seconds": seconds(taken),
        "times faster, one thread": ratio(taken["lifelib"], taken["prenup, one thread"]),
        "times faster": ratio(taken["lifelib"], taken["prenup"]),
    }


def _answers(case: Case, projection: Any) -> dict[str, float]:
    """The guarantee's value from every side; an AssertionError where two of them don't agree."""
    theirs = _guarantee(projection)
    formula = float(projection.formula_option_put(120).iloc[0])
    run = _run(case)
    ours = run.summary("holders")
    fed = _on_their_table(run, projection)
    between = _between_engines(run)
    assert relative(theirs, PUBLISHED) < 1e-6, theirs
    assert relative(fed, theirs) < SAME, (fed, theirs)
    assert between < SAME, between
    assert run.n_paths == N_PATHS
    assert abs(ours.mean - formula) < 4 * ours.error, (ours, formula)
    return {
        "lifelib": theirs,
        "prenup on lifelib's table": fed,
        "off by": relative(fed, theirs),
        "formula": formula,
        "prenup on its own draws": ours.mean,
        "standard error": ours.error,
        "largest difference between engines": between,
    }


def _projection() -> Any:
    """lifelib's model, read from a copy of its library."""
    lifelib, modelx = import_module("lifelib"), import_module("modelx")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = Path(folder) / "savings"
        with contextlib.redirect_stdout(io.StringIO()):  # it announces the folder that it makes
            lifelib.create("savings", str(library))
        return modelx.read_model(str(library / "CashValue_ME_EX1")).Projection


def _guarantee(projection: Any) -> float:
    """lifelib's figure worked out anew: everything that it remembers is cleared first."""
    projection.clear_all()
    return float(projection.pv_claims_over_av("MATURITY").mean())


def _run(case: Case, executor: Any = None) -> Run:
    return case.run(paths=N_PATHS, views=1, sampler="random", executor=executor)


def _on_their_table(run: Run, projection: Any) -> float:
    """The mean value of the guarantee on lifelib's random numbers, by the reference engine."""
    import numpy as np

    from prenup.engine.reference import Block, Filling
    from prenup.engine.streams import Design
    from prenup.sheet.expr import Shock, walk

    table = projection.std_norm_rand().to_numpy().reshape(N_PATHS, -1)
    # Its first number moves the fund from month 0 to month 1; a driver's first month is its start.
    months = np.concatenate([np.zeros((1, N_PATHS)), table[:, : run.sheet.calendar.n_months - 1].T])
    filling = Filling(run.sheet, Design(1, 1, 1, N_PATHS, "random"), Block(range(1), range(1), range(N_PATHS)), {})
    equations = [e for row in run.sheet.rows.values() for e in (row.expr, row.start)]
    filling.shocks = {node: months[:, None, None, :] for e in equations for node in walk(e) if isinstance(node, Shock)}
    filling.once()
    filling.begin()
    for month in range(run.sheet.calendar.n_months):
        filling.advance(month)
    return float(np.mean(filling.now["value(guarantee, holders)"]))


def _between_engines(run: Run) -> float:
    """The largest difference on any path between the engine that is timed and the referee, as a part of the largest value."""
    import numpy as np

    from prenup.engine.engines import engine_named
    from prenup.engine.run import run_sheet

    row = "value(guarantee, holders)"
    fast, slow = (
        run_sheet(run.sheet, run.design, [row], [], engine=engine_named(name)).finals[row] for name in ("auto", "reference")
    )
    return float(np.max(np.abs(fast - slow)) / np.max(np.abs(slow)))


if __name__ == "__main__":
    show(measure())
