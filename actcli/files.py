"""Arrays from files, and files that are written whole or not at all. What stands in a text file is made in render/."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from actcli.engine import Array, as_floats
from actcli.errors import FileError, RequestError
from actcli.points import parse_text
from actcli.registry import suggestion


def read(path: Path, column: str | None = None) -> Array:
    """Return the numbers of a file, read by its suffix: .npy .npz .csv .tsv .txt .json.

    Shapes: that of the array in .npy, .npz and .json; one dimension from text.

    Args:
        path: the file.
        column: which column of a table or array of an .npz, by name or by its number from 1; the first unless given.

    Raises:
        FileError: the file is missing, cannot be read, or is not what its suffix says.
        RequestError: the suffix is unknown, or there is no such column.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RequestError(
            f"{path}: unknown suffix '{path.suffix}'; {' '.join(_READERS)} can be read"
        )
    try:
        array = reader(path, column)
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except MemoryError:
        raise FileError(f"{path}: too large for the memory") from None
    if not array.size:
        raise RequestError(f"{path}: no numbers in it")
    return as_floats(array, str(path))


def _npy(path: Path, _: str | None) -> Array:
    with _wrong_kind(path, "array of numbers"):
        loaded: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            raise ValueError
        return loaded


def _npz(path: Path, column: str | None) -> Array:
    with _wrong_kind(path, "archive of arrays"):
        archive = np.load(path, allow_pickle=False)
        names = archive.files
    return np.asarray(archive[_choose(path, column, names)])


def _table(separator: str) -> Callable[[Path, str | None], Array]:
    def read_table(path: Path, column: str | None) -> Array:
        rows = [
            line.split(separator) for line in _text(path).splitlines() if line.strip()
        ]
        if not rows:
            return np.array([])
        header = [cell.strip().strip('"') for cell in rows[0]]
        named = not any(map(_is_number, header))
        names = header if named else [str(i) for i in range(1, len(header) + 1)]
        at = names.index(_choose(path, column, names))
        body = rows[1:] if named else rows
        short = next(
            (i for i, row in enumerate(body, 1 + named) if len(row) <= at), None
        )
        if short is not None:
            raise RequestError(f"{path}, line {short}: {at + 1} columns are expected")
        return parse_text(
            "\n" * named + "\n".join(row[at].strip().strip('"') for row in body),
            str(path),
        )

    return read_table


def _txt(path: Path, _: str | None) -> Array:
    return parse_text(_text(path), str(path))


def _json(path: Path, column: str | None) -> Array:
    with _wrong_kind(path, "JSON array of numbers"):
        document = json.loads(_text(path))
    if isinstance(document, dict):
        document = document[_choose(path, column, list(document))]
    with _wrong_kind(path, "JSON array of numbers"):
        return np.array(document, dtype=np.float64)


_READERS: dict[str, Callable[[Path, str | None], Array]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _table(","),
    ".tsv": _table("\t"),
    ".txt": _txt,
    ".json": _json,
}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path}: is not text") from None


def _choose(path: Path, column: str | None, names: list[str]) -> str:
    if column is None or column in names:
        return column or ("x" if "x" in names else names[0])
    if column.isdigit() and 1 <= int(column) <= len(names):
        return names[int(column) - 1]
    hint = suggestion(column, names) or f"; it has {', '.join(names)}"
    raise RequestError(f"{path}: no column '{column}'{hint}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@contextmanager
def _wrong_kind(path: Path, kind: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # NumPy calls a file that is no archive an OSError without a number
        if error.errno is not None:
            raise
        raise FileError(f"{path}: is no {kind}") from None
    except (ValueError, TypeError, EOFError):
        raise FileError(f"{path}: is no {kind}") from None


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes its name only when the block ends well; otherwise nothing changes.

    Raises:
        FileError: the folder does not exist or cannot be written, or the disk is full.
    """
    try:
        handle, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", dir=path.parent or Path()
        )
    except OSError as error:
        raise FileError(
            f"{path.parent}: {(error.strerror or str(error)).lower()}; cannot write {path.name}"
        ) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(temporary, _usual_mode())  # noqa: PTH101  # mkstemp gave a name, not a Path
        os.replace(temporary, path)  # noqa: PTH105  # likewise
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise FileError(
                f"{path}: {(error.strerror or str(error)).lower()}"
            ) from None
        raise


def _usual_mode() -> int:
    """Return the permissions a new file would have had: mkstemp keeps its own to itself."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_arrays(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays by their names to .npz, or the only one to .npy."""
    if path.suffix == ".npy" and len(arrays) > 1:
        raise RequestError(
            f"{path}: .npy holds one array, not {', '.join(arrays)}; use .npz"
        )
    with written_whole(path) as stream:
        if path.suffix == ".npy":
            np.save(stream, next(iter(arrays.values())), allow_pickle=False)
        else:
            savez: Any = np.savez
            savez(stream, **arrays)
