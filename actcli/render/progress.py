"""Progress of long work, on standard error when that is a terminal. Says nothing in the first second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_QUIET = 1.0  # seconds before anything is shown
_EVERY = 0.1  # seconds between two looks


@contextmanager
def progress(total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Give a function to be called with how much more is done.

    Args:
        total: how much there is to do; None if nobody knows.
        unit: what is counted; "bytes" are shown as such.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    shown = _Bar(total, unit)
    try:
        yield shown.advance
    finally:
        shown.close()


class _Bar:
    def __init__(self, total: int | None, unit: str) -> None:
        self.total, self.unit = total, unit
        self.done = 0
        self.next = time.monotonic() + _QUIET
        self.bar: Any = None

    def advance(self, more: int) -> None:
        self.done += more
        if (now := time.monotonic()) < self.next:
            return
        self.next = now + _EVERY
        if self.bar is None:
            self.bar = _started(self.total, self.unit)
        self.bar.update(self.bar.task_ids[0], completed=self.done)
        self.bar.refresh()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()


def _started(total: int | None, unit: str) -> Any:
    from rich import progress as rich
    from rich.console import Console

    counted: list[rich.ProgressColumn] = (
        [rich.DownloadColumn(), rich.TransferSpeedColumn()]
        if unit == "bytes"
        else [rich.MofNCompleteColumn(), rich.TextColumn(unit)]
    )
    bar = rich.Progress(
        rich.BarColumn(),
        *counted,
        rich.TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
    bar.add_task("", total=total)
    bar.start()
    return bar
