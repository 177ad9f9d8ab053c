"""Prenup: who gets what when two companies tie themselves together, under uncertainty, with every number's source.

    import prenup as pn
    pn.load("deals/microsoft-openai-2024.yaml").run().values()

Everything public is named here and loaded when it is first used, so that `import prenup` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Answer": "prenup.questions._answer",
    "CapTable": "prenup.questions.captable",
    "Case": "prenup.case",
    "Deal": "prenup.deal.model",
    "DealError": "prenup.base.problems",
    "Exit": "prenup.questions.exit",
    "Problem": "prenup.base.problems",
    "Run": "prenup.outcome.run",
    "Seek": "prenup.questions.seek",
    "Stake": "prenup.questions.stake",
    "ask": "prenup.pipeline",
    "build": "prenup.case",
    "load": "prenup.case",
    "load_text": "prenup.case",
}

__all__ = [
    "Answer",
    "CapTable",
    "Case",
    "Deal",
    "DealError",
    "Exit",
    "Problem",
    "Run",
    "Seek",
    "Stake",
    "ask",
    "build",
    "load",
    "load_text",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if not name.startswith("_"):  # the classes of terms and drivers, by their names
        from prenup.base.kinds import kinds

        for package in ("prenup.terms", "prenup.drivers", "prenup.drivers.events"):
            for cls in kinds(package).values():
                if cls.__name__ == name:
                    return cls
    raise AttributeError(f"prenup has no {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
