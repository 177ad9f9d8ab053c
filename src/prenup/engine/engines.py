"""Which engine works a sheet out: machine code where it can be made, else the referee, with a line that says so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from prenup.engine import reference
from prenup.engine.reference import Filled

ENGINES = ("auto", "native", "reference")
"""What can be asked for; `auto` takes the fastest that runs here."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine by name. `note` says why it is not the one that was asked for; empty if it is."""

    name: str
    fill: Callable[..., Filled]
    note: str = ""


@functools.cache
def engine_named(name: str) -> Engine:
    """An engine that runs on this machine.

    Raises:
        ValueError: there is no engine of that name.
    """
    if name not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, not {name}")
    if name == "reference":
        return Engine("reference", reference.fill)
    try:
        from prenup.engine.native.compile import ready
        from prenup.engine.native.fill import fill

        ready()
    except (ImportError, OSError, RuntimeError) as fault:
        note = f"machine code can't be made here ({fault}); the slower reference engine gives the same figures"
        return Engine("reference", reference.fill, note)
    return Engine("native", fill)
