"""Which engine works a sheet out: machine code where it can be made, else the referee, with a line that says so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from prenup.engine import reference
from prenup.engine.reference import AbstractProgram
from prenup.sheet.sheet import Sheet

ENGINES = ("auto", "native", "reference")
"""What can be asked for; `auto` takes the fastest that runs here."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine by name: it prepares a sheet for the rows that are asked for. `note` says why it is not the one wanted."""

    name: str
    prepare: Callable[[Sheet, tuple[str, ...], tuple[str, ...]], AbstractProgram]
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
        return Engine("reference", reference.prepare)
    try:
        from prenup.engine.native import fill
        from prenup.engine.native.compile import ready

        ready()
    except (ImportError, OSError, RuntimeError) as fault:
        note = f"machine code can't be made here ({fault}); the slower reference engine gives the same figures"
        return Engine("reference", reference.prepare, note)
    return Engine("native", fill.prepare)
