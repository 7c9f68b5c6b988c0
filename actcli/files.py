"""Files that are written whole or not at all. They are read in sources/; what stands in a text file is made in render/."""

import errno
import io
import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

import numpy as np

from actcli.engine import Array
from actcli.errors import FileError, RequestError, reason


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes its name only when the block ends well; otherwise nothing changes.

    A link stays, and leads to the new file; a file that was there keeps its permissions, and its group and owner as far as
    may be. A pipe or a device is written to directly.

    Raises:
        FileError: the file or its folder cannot be written, there is no such folder, or the disk is full.
    """
    if is_stream(path):
        with _written_directly(path) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.is_symlink():
        raise FileError(f"{path}: {os.strerror(errno.ELOOP).lower()}")
    if target.is_dir():
        raise FileError(f"{path}: {os.strerror(errno.EISDIR).lower()}")
    # a new name in its folder would replace even what may not be written
    if target.exists() and not os.access(target, os.W_OK):
        raise FileError(f"{path}: permission denied")
    # a name may be as long as one may be
    temporary = target.parent / f".{target.name[:40]}.{os.urandom(8).hex()}"
    with _ending_without(temporary):
        try:
            stream = open(temporary, "x+b", opener=_private)  # noqa: SIM115  # closed below, where what fails is told otherwise
        except OSError as error:
            raise FileError(
                f"{target.parent}: {reason(error)}; cannot write {target.name}"
            ) from None
        try:
            with stream:
                yield stream
            _make_like(temporary, target)
            temporary.replace(target)
        except BaseException as error:
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise FileError(f"{path}: {reason(error)}") from None
            raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# opened anew, a file that > leads to would lose what is in it
_OPEN = {"/dev/stdout": 1, "/dev/stderr": 2}


def is_stream(path: Path | None) -> bool:
    """Whether what is written there goes on at once: into standard output, for which there is no path, a pipe or a device."""
    try:
        return (
            path is None
            or str(path) in _OPEN
            or (path.exists() and not (path.is_file() or path.is_dir()))
        )
    except OSError as error:
        raise FileError(f"{path}: {reason(error)}") from None


class _Onward(io.BufferedWriter):
    """A pipe or a device, where no place is known: /dev/null calls every place 0, which no archive can be made of."""

    def tell(self) -> int:
        raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE))


@contextmanager
def _written_directly(path: Path) -> Iterator[IO[bytes]]:
    try:
        number = _OPEN.get(str(path))
        place = path if number is None else os.dup(number)
        with _Onward(io.FileIO(place, "w")) as stream:
            yield stream
    except BrokenPipeError:
        raise  # whoever reads has enough, which is nobody's fault
    except OSError as error:
        raise FileError(f"{path}: {reason(error)}") from None


@contextmanager
def _ending_without(temporary: Path) -> Iterator[None]:
    """Have a request to end, as by a signal, leave no temporary file, whenever it comes and however many follow."""

    def end(number: int, _: FrameType | None) -> None:
        # here, as the next signal may come before what is raised is caught; a system that cannot take away
        # an open file leaves that to those who close it
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {
        kind: signal.signal(kind, end)
        for kind in (getattr(signal, n) for n in names if hasattr(signal, n))
        if signal.getsignal(kind) in usual
    }
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@contextmanager
def keeping(folder: Path | None) -> Iterator[None]:
    """Name the system's folder in what fails while a temporary file is written there; with another folder do nothing."""
    try:
        yield
    except OSError as error:
        if folder is not None:
            raise
        raise FileError(
            f"{tempfile.gettempdir()}: {reason(error)}; what comes last is kept there, TMPDIR"
            " names another folder"
        ) from None


def check_space(path: Path, needed: int) -> None:
    """Raise FileError if the disk has not that many bytes left for a file."""
    try:
        free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free
    except OSError:
        return  # writing will say what is wrong with the folder
    if free < needed:
        raise FileError(
            f"{path}: no space left on device; it takes {_size(needed)}, and {_size(free)} are free"
        )


def reserve(stream: IO[bytes], size: int) -> None:
    """Have the disk make room for a file at once, where it can: what is written then is there in half the time."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(stream.fileno(), 0, size)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise


def _size(count: int) -> str:
    """Return a number of bytes in words.

    >>> _size(1_500_000_000)
    '1.5 GB'
    """
    power = min(3, (len(str(count)) - 1) // 3)
    return f"{count / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB')[power]}"


def _make_like(temporary: Path, target: Path) -> None:
    """Give a file the permissions, the group and the owner of the one it replaces, or the permissions of a new one."""
    if not target.exists():
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        return
    before = target.stat()
    if hasattr(os, "chown"):
        for owner, group in ((-1, before.st_gid), (before.st_uid, -1)):
            # only root may give a file away, or to a group of others, and not every disk knows owners
            with suppress(OSError):
                os.chown(temporary, owner, group)
    # behind chown, which takes some of them away
    temporary.chmod(stat.S_IMODE(before.st_mode))


def write_arrays(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays by their names to .npz, or the only one to .npy."""
    format_ = path.suffix.lower().removeprefix(".")
    if format_ == "npy":
        check_one(arrays)
    with written_whole(path) as stream:
        dump_arrays(stream, format_, arrays)


def dump_arrays(stream: IO[bytes], format_: str, arrays: dict[str, Array]) -> None:
    """Write arrays by their names as npz, or the only one as npy, into a file or a pipe."""
    if format_ == "npz":
        savez: Any = np.savez
        savez(stream, **arrays)
        return
    (array,) = arrays.values()
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(stream, header)
    # not write_array: it asks where in the file it is, and no pipe knows
    rows = array.T if header["fortran_order"] else array
    stream.write(memory(np.ascontiguousarray(rows)))


def memory(array: Array) -> memoryview:
    """Return the bytes of a contiguous array, to be read or written; of bfloat16 NumPy gives no memory as it is."""
    return array.reshape(-1).view(np.uint8).data


def check_one(names: Collection[str]) -> None:
    """Raise RequestError for several arrays in one .npy."""
    if len(names) > 1:
        raise RequestError(f".npy holds one array, not {', '.join(names)}; use .npz")
