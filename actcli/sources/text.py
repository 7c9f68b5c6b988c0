"""Numbers out of text: one after the other, or a column of a table. JSON is in json_text.py."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
import orjson

from actcli.engine import Array
from actcli.errors import FileError, RequestError
from actcli.points import parse_text, shortened
from actcli.sources import raw
from actcli.sources.source import Reader, Source, choose
from actcli.spec import is_number, number


def read_text(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return a table if a column is asked for or the first line names some, else the numbers of all lines."""
    start = raw.read(stream, raw.CHUNK, name)
    joined = raw.Joined(start, stream)
    bare = _without_comments(start.removeprefix(raw.BYTE_ORDER_MARK)).lstrip()
    line, _, below = bare.partition(b"\n")
    separator = _text_separator(line)
    if column is not None or (below.strip() and _names_columns(line, separator, name)):
        return table_reader(separator)(joined, name, column)

    def chunks() -> Iterator[tuple[Array, int]]:
        line, before = 1, b"\n"
        for data in raw.pieces(raw.blocks(joined, name), name, b" \t\r\n,"):
            text = _without_comments(data)
            _check_cells(before + text, name, line - before.count(b"\n"))
            before = text.rstrip(b" \t")[-1:]
            yield _numbers(text, name, line), len(data)
            line += data.count(b"\n")

    return Source(name, chunks())


def _text_separator(line: bytes) -> str:
    """Return what separates the columns of a text: blanks if there are neither tabs nor commas."""
    if b"\t" in line:
        return "\t"
    return " " if line.split()[1:] and not re.search(rb'[,;"]', line) else ","


def _names_columns(line: bytes, separator: str, name: str) -> bool:
    """Whether the first line of a text names columns: words alone, or a row of a table."""
    words = line.decode(errors="replace").replace(",", " ").split()
    if not words or not any(map(is_number, words)):
        return bool(words)
    table = _Table(name, _separator(line, separator))
    return not line.startswith(b",") and table.names_columns(line, 1)


def _check_cells(text: bytes, name: str, line: int) -> None:
    """Raise FileError for a comma without a number before it."""
    if b"," not in text:
        return
    # a search that passes over blanks takes as long as reading the numbers
    bare = text.translate(None, b" \t")
    places = [at for at in (bare.find(b",,"), bare.find(b"\n,")) if at >= 0]
    if places:
        line += bare.count(b"\n", 0, min(places) + 1)
        raise FileError(
            f"{name}, line {line}: an empty cell; write nan where there is no number"
        )


_COMMENT = re.compile(rb"(?m)^[ \t]*#.*$")


def _without_comments(data: bytes) -> bytes:
    """Empty the lines that begin with #."""
    return _COMMENT.sub(b"", data) if b"#" in data else data


def _numbers(data: bytes, name: str, line: int) -> Array:
    """Return the numbers in a piece of text that begins in that line."""
    listed = _listed(data)
    if listed is not None:
        return listed
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise FileError(f"{name}: is not text") from None
    return parse_text(text, name, line)


_TO_COMMAS = bytes.maketrans(b" \t\n\r", b",,,,")


def _listed(data: bytes) -> Array | None:
    """Return numbers that could stand in JSON, one between two separators; None for all other text."""
    commas = data.replace(b"\r\n", b"\n").translate(_TO_COMMAS).strip(b",")
    # JSON knows no -0 among its whole numbers
    if b"-0," in commas or commas.endswith(b"-0"):
        return None
    try:
        values = orjson.loads(b"[" + commas + b"]")
    except orjson.JSONDecodeError:
        return None
    # true, null and texts are no numbers
    return (
        np.array(values, np.float64) if set(map(type, values)) <= {int, float} else None
    )


def table_reader(separator: str) -> Reader:
    """Return what reads a table with that between its cells; a blank stands for any number of blanks and tabs."""

    def read_table(stream: IO[bytes], name: str, column: str | None) -> Source:
        pieces = raw.pieces(raw.blocks(stream, name), name, b"\n")
        comment = first = rest = b""
        line = 0
        while first.lstrip()[:1] in (b"", b"#"):
            comment = first.lstrip()[1:] or comment
            rest = rest or next(pieces, b"")
            if not rest:
                return Source(name, iter(()))
            first, _, rest = rest.partition(b"\n")
            line += 1
        if separator == " ":
            comment, first, rest = map(_with_commas, (comment, first, rest))
            pieces = map(_with_commas, pieces)
        usual = separator if separator != " " else ","
        table = _Table(name, _separator(first, usual))
        cells = table.cells(first, line)
        header = not any(map(is_number, cells)) or (
            bool(rest.strip()) and table.names_columns(first, line)
        )
        names = cells if header else table.names_in(comment, len(cells))
        numbered = names or [str(i) for i in range(1, len(cells) + 1)]
        at = choose(name, column, numbered)
        if column is None and len(cells) > 1:
            others = shortened(", ".join(numbered), 200)
            table = replace(table, others=others)
        told = ""
        if not header:
            # what a comment names is a guess
            if column is None and len(cells) > 1 and "x" not in names:
                told = f"{name}: column 1 of {len(cells)}; --column takes another"
            rest, line = first + b"\n" + rest, line - 1

        def chunks() -> Iterator[tuple[Array, int]]:
            below = line + 1
            for data in raw.chained(rest, pieces):
                yield table.column(data, at, len(cells), below), len(data)
                below += data.count(b"\n")

        return Source(name, chunks(), told=told)

    return read_table


_BLANKS = re.compile(rb"[ \t]+")


def _with_commas(data: bytes) -> bytes:
    """Return lines of words between blanks as lines of words between commas."""
    lines = _without_comments(data).split(b"\n")
    return b"\n".join(_BLANKS.sub(b",", line.strip()) for line in lines)


# what is, or was meant as, a number; the names e and pi may well be those of columns
_NUMERIC = re.compile(r"[-+.\d]|(inf|infinity|nan)$", re.IGNORECASE)


def _separator(line: bytes, usual: str) -> str:
    """Return what separates the cells of a line: where commas are for decimals, it is the semicolon."""
    bare = re.sub(rb'"[^"]*"', b"", line)
    return ";" if usual == "," and b";" in bare else usual


@dataclass(frozen=True)
class _Table:
    """Rows of cells between separators; ``others`` names the columns if none was asked for."""

    name: str
    separator: str
    others: str = ""

    def cells(self, row: bytes, line: int) -> list[str]:
        """Return the cells of a row; those in quotes may hold the separator."""
        # not strip(): an empty first cell of a row of tabs is a cell
        ((_, cells),) = self.rows(row.strip(b"\r\n"), line)
        return cells

    def rows(self, data: bytes, line: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the line that each row begins in, and its cells; those in quotes may go on in the next line."""
        lines = (f"{row}\n" for row in data.decode(errors="replace").split("\n"))
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        while True:
            begins = line + reader.line_num
            try:
                words = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise FileError(
                    f"{self.name}, line {begins}: is no row of cells; quotes must be closed, and lines end in a line feed"
                ) from None
            yield begins, [word.strip() for word in words]

    def names_columns(self, row: bytes, line: int) -> bool:
        """Whether a first row with numbers in it is one of names: whole numbers, such as years, each once, behind a word.

        The word may be empty, as above an index.
        """
        cells = self.cells(row, line)
        words = [c for c in cells if not c.isdecimal()]
        return (
            not cells[0].isdecimal()
            and not all(map(is_number, words))
            and not any(_NUMERIC.match(w) for w in words)
            and len(set(cells)) == len(cells) > 1
        )

    def names_in(self, comment: bytes, count: int) -> list[str]:
        """Return the cells of a comment if they could be a header of so many columns, else none."""
        try:
            cells = self.cells(comment, 1) if comment.strip() else []
        except FileError:
            return []  # a comment may have a quote in it that is not closed
        words = not any(map(is_number, cells)) or self.names_columns(comment, 1)
        return cells if len(cells) == count and words else []

    def without_comments(self, data: bytes, count: int, line: int) -> bytes:
        """Empty the lines that begin with #, but for those that are rows of so many cells."""
        if count == 1 or b"#" not in data:
            return _without_comments(data)

        def kept(found: re.Match[bytes]) -> bytes:
            at = line + data.count(b"\n", 0, found.start())
            return found[0] if len(self.cells(found[0], at)) == count else b""

        return _COMMENT.sub(kept, data)

    def column(self, data: bytes, at: int, count: int, line: int) -> Array:
        """Return a column of rows of so many cells, the first of which stands in that line."""
        data = self.without_comments(data, count, line)
        if not data.strip():
            return np.array([])
        separator = self.separator.encode()
        if count == 1 and separator not in data and b'"' not in data:
            return _numbers(data, self.name, line)
        with suppress(ValueError):
            column = np.loadtxt(
                io.BytesIO(data),
                delimiter=self.separator,
                usecols=at,
                ndmin=1,
                comments=None,
                quotechar='"',
                encoding="utf-8",
            )
            if self.rows_of(data, count, line) == column.size:
                return column
        rows = self.rows(data, line)
        return np.array(
            [self.number(r, at, count, n) for n, r in rows if not self.is_blank(r)]
        )

    def is_blank(self, cells: list[str]) -> bool:
        """Whether a row has nothing in it but blanks."""
        return not any(cells) and (len(cells) < 2 or self.separator.isspace())

    def rows_of(self, data: bytes, count: int, line: int) -> int:
        """Return how many rows, the first of which stands in that line, have so many cells."""
        if b'"' in data or count == 1:
            return sum(len(cells) == count for _, cells in self.rows(data, line))
        marks = self.separator.encode()
        others = bytes(sorted({*range(256)} - {*marks, *b"\n"}))
        return data.translate(None, others).split(b"\n").count(marks * (count - 1))

    def number(self, cells: list[str], at: int, count: int, line: int) -> float:
        """Return the number in one of the cells, or say what is wrong with the row."""
        where = f"{self.name}, line {line}"
        if len(cells) != count:
            columns = "1 column is" if count == 1 else f"{count} columns are"
            hint = f"; a cell with '{self.separator}' stands in quotes, decimals take a point"
            raise FileError(
                f"{where}: {columns} expected, not {len(cells)}{hint if len(cells) > count else ''}"
            )
        if not cells[at]:
            raise FileError(
                f"{where}: an empty cell; write nan where there is no number"
            )
        try:
            return number(cells[at])
        except RequestError:
            other = (
                f"; take another with --column: {self.others}" if self.others else ""
            )
            hint = "; decimals take a point" if "," in cells[at] else other
            raise FileError(
                f"{where}: '{shortened(cells[at])}' is not a number{hint}"
            ) from None
