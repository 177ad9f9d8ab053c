"""A progress bar for anything that takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prenup.engine.run import Progress

PATIENCE_S = 1.0


@contextmanager
def progress(label: str) -> Iterator[Progress | None]:
    """A function to report blocks to; the bar appears after a second and leaves nothing behind."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(label)
    timer = threading.Timer(PATIENCE_S, bar.appear)
    timer.daemon = True
    timer.start()
    try:
        yield bar.report
    finally:
        timer.cancel()
        bar.vanish()


class _Bar:
    """What is known of the work, and the bar that shows it once it has appeared."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.done, self.total, self.before = 0, 1, 0
        self._shown: Any = None
        self._over = False
        self._lock = threading.Lock()

    def report(self, done: int, total: int) -> None:
        """Blocks done, and blocks there are. Further runs of the same question begin again at their first block."""
        with self._lock:
            self.done, self.total = self.before + done, self.before + total
            if done == total:
                self.before += total
            if self._shown is not None:
                self._shown.update(self._shown.task_ids[0], completed=self.done, total=self.total)

    def appear(self) -> None:
        """Draw it, unless the work is over. What draws is loaded only now: most runs end before."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        shown = Progress(
            TextColumn(self.label),
            BarColumn(),
            TextColumn("{task.completed} of {task.total} blocks"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        with self._lock:
            if not self._over:
                shown.add_task(self.label, total=self.total, completed=self.done)
                shown.start()
                self._shown = shown

    def vanish(self) -> None:
        """Take it away, or see to it that it never appears."""
        with self._lock:
            self._over = True
            if self._shown is not None:
                self._shown.stop()
