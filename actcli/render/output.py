"""Where results go: standard output, or a file that is written whole. What they look like is made beside this."""

import sys
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from actcli.bfloat16 import is_float
from actcli.engine import Array
from actcli.errors import RequestError, one_line
from actcli.files import check_one, dump_arrays, written_whole
from actcli.render.formats import BINARY
from actcli.render.records import SUFFIXES, Records, check_format, to_text

# what can be drawn; known here, as matplotlib is imported only to draw
PICTURES = (".png", ".svg", ".pdf")


def is_picture(path: Path | None) -> bool:
    """Whether a path names a picture."""
    return path is not None and path.suffix.lower() in PICTURES


def check_suffix(path: Path | None, known: Collection[str] = ()) -> None:
    """Raise RequestError before the work is done for a file that it cannot be written to.

    Args:
        path: the file, if there is one.
        known: suffixes; those of pictures and of tables, which no .npy holds, unless given.
    """
    known = known or [*PICTURES, *(s for s, f in SUFFIXES.items() if f != "npy")]
    if path is not None and path.suffix.lower() not in known:
        raise RequestError(
            f"{path}: unknown suffix '{path.suffix}'; {' '.join(known)} can be written"
        )


def format_of(path: Path | None, format_: str = "table") -> str:
    """Return the format that a file's suffix says; RequestError if -f says another. Without a file, or a suffix, that of -f."""
    if path is None or (not path.suffix and format_ != "table"):
        if format_ != "table":
            check_format(format_)
        return format_
    check_suffix(path, SUFFIXES)
    meant = SUFFIXES[path.suffix.lower()]
    if format_ not in ("table", meant):
        check_format(format_)
        raise RequestError(
            f"{path}: its suffix says {meant}, -f says {format_}; leave out -f, or change the suffix"
        )
    return meant


def emit(
    records: Records,
    format_: str,
    output: Path | None,
    table: Callable[[], None],
    picture: Callable[[Path], None] | None = None,
) -> None:
    """Print a result in a format, or write it to a file by its suffix; a picture is made beside what is printed.

    Args:
        records: the result for machines.
        format_: ``table`` or a format of records.py.
        output: the file to write instead of printing, or a picture.
        table: prints the result for people.
        picture: draws the result, if it can be drawn.
    """
    if output is not None and picture and is_picture(output):
        picture(output)
        note(f"wrote {output}")
        output = None
    if output is not None:
        save(records, output, format_)
    elif format_ == "table":
        table()
    elif format_ in BINARY:
        dump_arrays(sys.stdout.buffer, format_, arrays_of(records, format_))
    else:
        # not as text, which is in the terminal's encoding: there is a ? for each letter that it has not
        sys.stdout.buffer.write(to_text(records, format_).encode())


def save(records: Records, path: Path, format_: str = "table") -> None:
    """Write a result to a file by its suffix, or without one in a format, and say so on standard error."""
    format_ = format_of(path, format_)
    if format_ in BINARY:
        arrays = arrays_of(records, format_)
        with written_whole(path) as stream:
            dump_arrays(stream, format_, arrays)
    else:
        text = to_text(records, format_)
        with written_whole(path) as stream:
            stream.write(text.encode())
    note(f"wrote {path}")


def arrays_of(records: Records, format_: str) -> dict[str, Array]:
    """Return the arrays of a document, or else its columns of numbers: all for npz, for npy without the input."""
    arrays = {k: v for k, v in records.document.items() if isinstance(v, np.ndarray)}
    if arrays.keys() <= {"x"}:
        arrays = {
            n: c
            for n, c in records.columns.items()
            if c.dtype.kind in "biu" or is_float(c.dtype)
        }
    if arrays.keys() <= {"x"}:
        raise RequestError(f".{format_}: there are no arrays to write; use csv or json")
    if format_ == "npy":
        arrays.pop("x", None)
        check_one(arrays)
    return arrays


def note(text: str) -> None:
    """Say something on standard error that is not part of the result."""
    sys.stderr.write(one_line(text) + "\n")
