"""A progress bar for anything that takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prenup.engine.run import Progress

PATIENCE_S = 1.0


@contextmanager
def progress(label: str) -> Iterator[Progress | None]:
    """A function to report blocks to; the bar appears after a second and leaves nothing behind."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(TextColumn(label), BarColumn(), TextColumn("{task.completed} of {task.total} blocks"), TimeElapsedColumn(),
              console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=1)
    before = 0
    timer = threading.Timer(PATIENCE_S, bar.start)
    timer.daemon = True
    timer.start()

    def report(done: int, total: int) -> None:
        # Further runs of the same question begin again at their first block.
        nonlocal before
        if done == total:
            before += total
            bar.update(task, completed=before, total=max(before, 1))
        else:
            bar.update(task, completed=before + done, total=before + total)

    try:
        yield report
    finally:
        timer.cancel()
        bar.stop()
