"""What the tests of reading share."""

from pathlib import Path

from actcli import sources
from actcli.engine import Array


def whole(path: Path | None, column: str | None = None) -> Array:
    """Return the numbers of a file or of standard input, all at once."""
    with sources.opened(path, column) as source:
        return source.whole()
