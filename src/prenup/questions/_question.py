"""What a question is: it says which rows it needs, and reads the runs that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from prenup.base.problems import DealError, Log
from prenup.deal.model import Deal
from prenup.deal.variants import with_variant
from prenup.deal.write_sheet import write_sheet
from prenup.engine.reference import Array
from prenup.engine.run import Progress, Settings
from prenup.outcome.run import Run
from prenup.outcome.work_out import work_out
from prenup.questions._answer import Answer
from prenup.sheet.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class Needs:
    """What a question wants kept of the base run: rows that it adds, rows kept every month, rows kept at the end."""

    rows: tuple[Row, ...] = ()
    keep: tuple[str, ...] = ()
    finals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The base run, and the means to make further runs on the same draws."""

    deal: Deal
    sheet: Sheet
    run: Run
    progress: Progress | None = field(default=None, compare=False)
    _variants: dict[str, Run] = field(default_factory=dict, compare=False)

    @property
    def settings(self) -> Settings:
        """How much is drawn."""
        return self.run.settings

    def variant(self, name: str) -> Run:
        """The deal under a variant, on the same draws; worked out once. Raises DealError where it has faults."""
        if name not in self._variants:
            log = Log()
            deal = with_variant(self.deal, name, log)
            sheet = write_sheet(deal, log) if deal is not None else None
            if deal is None or sheet is None:
                raise DealError(tuple(log))
            self._variants[name] = work_out(deal, sheet, self.settings, name, progress=self.progress)
        return self._variants[name]

    def under(self, views: Mapping[str, Array], paths: int, n_views: int) -> Run:
        """The same deal with unknowns set by hand, `n_views` settings side by side on the same futures.

        `views` holds each unknown's uniform draw, (randomisation, view, 1).
        """
        n_parts = self.settings.randomisations
        settings = replace(self.settings, paths=paths * n_views * n_parts, views=n_views * n_parts, shared=True)
        return work_out(self.deal, self.sheet, settings, self.run.variant, views=views, progress=self.progress)


class AbstractQuestion:
    """One question. `name` is its word on the command line and in JSON."""

    name: ClassVar[str] = ""

    def needs(self, deal: Deal, sheet: Sheet) -> Needs:
        """What it wants kept of the base run."""
        del deal, sheet
        return Needs()

    def answer(self, asked: Asked) -> Answer | None:
        """The answer; None where the question makes no sense for the deal."""
        raise NotImplementedError
