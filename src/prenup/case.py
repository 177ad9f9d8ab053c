"""A deal ready to be asked: loaded or built, changed, run. This is the object that Python users hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prenup.base.problems import DealError, Log, Origin, Text
from prenup.deal.from_tree import from_tree
from prenup.deal.model import Deal
from prenup.deal.print_yaml import print_yaml
from prenup.deal.read_yaml import read_text, read_yaml
from prenup.deal.tree import Mapping as MappingNode
from prenup.deal.tree import Node, Scalar, from_python
from prenup.deal.variants import with_changes, with_variant
from prenup.deal.write_sheet import write_sheet
from prenup.sheet.sheet import Sheet

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from prenup.engine.run import Progress
    from prenup.outcome.run import Run


@dataclass(frozen=True)
class Case:
    """A deal and its sheet. Every method that changes something returns a new case."""

    deal: Deal
    sheet: Sheet
    variant_name: str = ""

    def change(self, changes: Mapping[str, Any]) -> Case:
        """The deal with dotted paths set to new values: `change({"terms.rev_share.rate": "10%"})`; None removes.

        Raises:
            DealError: a path leads nowhere, or the changed deal has faults.
        """
        log = Log()
        node = from_python(dict(changes), log, "<change>")
        log.stop_on_errors()
        assert isinstance(node, MappingNode)
        return _case(with_changes(self.deal, node, log), log, self.variant_name)

    def patched(self, nodes: Mapping[str, Node]) -> Case:
        """The same with new values that were read already, each with its place. Raises DealError as `change` does."""
        log = Log()
        entries = tuple((Scalar(path, node.where), node) for path, node in nodes.items())
        where = entries[0][1].where if entries else Origin(Text("<change>"), 1, 1)
        return _case(with_changes(self.deal, MappingNode(entries, where), log), log, self.variant_name)

    def variant(self, name: str) -> Case:
        """The deal under one of its variants. Raises DealError where it has none of that name."""
        log = Log()
        return _case(with_variant(self.deal, name, log), log, name)

    def to_yaml(self) -> str:
        """The deal as a file that reads back as the same deal."""
        return print_yaml(self.deal.tree)

    def run(
        self,
        *,
        paths: int = 16_384,
        views: int | None = None,
        seed: int = 1,
        sampler: str = "sobol",
        engine: str = "auto",
        keep: Iterable[str] = (),
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Work the deal out. `keep` names rows whose every month is kept on every path that is kept.

        `views` None takes a view for every four paths, each with futures of its own.

        `engine` is `native`, `reference`, or `auto` for the fastest that runs here; `executor` any of
        `concurrent.futures`, or `dask.distributed`'s `Client.get_executor()`.

        Raises:
            ValueError: a count is out of range, or a row to keep is not in the sheet.
        """
        from prenup.engine.run import Settings, usual_views
        from prenup.outcome.work_out import work_out

        drawn = usual_views(paths) if views is None else views
        settings = Settings(paths, drawn, seed, sampler, engine=engine)  # type: ignore[arg-type]  # checked by design()
        return work_out(
            self.deal, self.sheet, settings, self.variant_name, keep=tuple(keep), executor=executor, progress=progress
        )

    def sweep(
        self,
        changes: Sequence[Mapping[str, Any]],
        *,
        paths: int = 4_096,
        views: int | None = None,
        seed: int = 1,
        engine: str = "auto",
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Each party's value under many settings of known numbers, all on the same draws; setting 0 is the deal itself.

        `sweep([{"terms.fee.amount": "$5m"}, {"terms.fee.amount": "$6m"}])` gives columns setting, party, mean, error,
        change, change_error. Far cheaper than `change` and `run`, which can change anything.

        Raises:
            ValueError: a path is no known number of the deal, or a value does not fit it.
        """
        from prenup.engine.run import Settings, usual_views
        from prenup.outcome.sweep import sweep

        drawn = usual_views(paths) if views is None else views
        return sweep(self.deal, self.sheet, Settings(paths, drawn, seed, engine=engine), changes, executor)


def load(path: str | Path) -> Case:
    """Read a deal file. Raises DealError with every fault that it has."""
    log = Log()
    text = read_text(Path(path), log)
    log.stop_on_errors()
    assert text is not None
    return _from_node(read_yaml(text, log), Path(path).stem, log)


def load_text(text: str, name: str = "deal") -> Case:
    """Read a deal from a text in the language of deal files. Raises DealError with every fault that it has."""
    log = Log()
    return _from_node(read_yaml(Text(name, text), log), name, log)


def build(sections: Mapping[str, Any], name: str = "deal") -> Case:
    """Make a deal from Python: sections as in a deal file; terms may be dicts or instances such as `RevenueShare(...)`.

    Raises:
        DealError: with every fault that it has.
    """
    log = Log()
    node = from_python(dict(sections), log, name)
    log.stop_on_errors()
    return _from_node(node, name, log)


def _from_node(node: Node | None, name: str, log: Log) -> Case:
    # Faults of the text do not hide those of what could be read.
    found = from_tree(node, name, log) if node is not None else None
    return _case(found, log, "")


def _case(found: Deal | None, log: Log, variant: str) -> Case:
    log.stop_on_errors()
    assert found is not None
    sheet = write_sheet(found, log)
    if sheet is None:
        raise DealError(tuple(log))
    return Case(found, sheet, variant)
