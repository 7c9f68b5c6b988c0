"""Numbers out of files and pipes: the same whatever the chunks, every kind of file, and one line for what is wrong."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actcli import sources
from actcli.engine import Array
from actcli.errors import ActcliError, FileError, RequestError
from actcli.sources import raw
from tests.sources import whole

HARD = [
    0.1,
    -2.5,
    1e-310,
    5e-324,
    1.7976931348623157e308,
    -0.0,
    3.0,
    123456789012345680.0,
    1 / 3,
]


def numbers(count: int = 500) -> Array:
    rng = np.random.default_rng(8)
    bits = rng.integers(0, 2**64, count, dtype=np.uint64).view(np.float64)
    return np.concatenate([HARD, bits[np.isfinite(bits)]])


def write(folder: Path, suffix: str, x: Array) -> Path:
    path = folder / f"x{suffix}"
    words = [repr(v) for v in x.tolist()]
    match suffix:
        case ".npy":
            np.save(path, x)
        case ".npz":
            np.savez_compressed(path, other=np.ones(3), x=x)
        case ".csv":
            path.write_text(
                "name,x\n" + "".join(f'"n{i}",{w}\n' for i, w in enumerate(words))
            )
        case ".tsv":
            path.write_text("".join(f"{w}\t7\n" for w in words))
        case ".txt":
            path.write_text(
                "\ufeff"
                + " ".join(words[:20])
                + "\r\n"
                + ",".join(words[20:40])
                + "\n\n"
                + "\n".join(words[40:])
            )
        case ".json":
            path.write_text(json.dumps({"a": [1], "x": x.tolist()}))
        case ".jsonl":
            path.write_text(
                "".join(json.dumps({"f": 1, "x": v}) + "\n" for v in x.tolist())
            )
    return path


@pytest.mark.parametrize(
    "suffix", [".npy", ".npz", ".csv", ".tsv", ".txt", ".json", ".jsonl"]
)
@pytest.mark.parametrize("chunk", [64, 999, 1 << 20])
def test_every_kind_in_chunks_of_any_size(
    suffix: str, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", chunk)
    x = numbers()
    path = write(tmp_path, suffix, x)
    assert whole(path).tobytes() == x.tobytes()
    with sources.opened(path) as source:
        chunks = list(source.chunks)
    assert np.concatenate([c for c, _ in chunks]).tobytes() == x.tobytes()
    assert len(chunks) > 1 or chunk > 1000 or suffix == ".json"


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".txt", ".json", ".jsonl"])
def test_standard_input_is_known_by_what_it_begins_with(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = numbers(20)
    data = write(tmp_path, suffix, x).read_bytes()
    monkeypatch.setattr(sources, "_standard_input", lambda: io.BytesIO(data))
    assert whole(None, "x" if suffix == ".csv" else None).tobytes() == x.tobytes()


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("1 2\n-3", None, [1, 2, -3]),
        ("1/4,pi\r\n0x1p-1 inf\n-0", None, [0.25, np.pi, 0.5, np.inf, -0.0]),
        ("x,f\n1,2\n3,4\n", None, [1, 3]),
        ("x,f\n1,2\n3,4\n", "f", [2, 4]),
        ("a\tb\n1\t2\n\n3\t1/2\n", "2", [2, 0.5]),
        ("1,2\n3,4\n", "2", [2, 4]),
        ("1 2 3\n4 5 6\n", "2", [2, 5]),
        ("# a b c\n  1.0   2 3 \r\n\n# more\n4 \t 5 6\n", "2", [2, 5]),
        ("x f\n1 2\n3 1/2\n", "f", [2, 0.5]),
        ("x f\n1 2\n3 4\n", None, [1, 3]),
        ("1 2 3\n4 5 6\n", None, [1, 2, 3, 4, 5, 6]),
        ("f,g\n1,2\n", None, [1]),
        ("# by hand\n1 2\n  # more: 7\n3\n", None, [1, 2, 3]),
        ("#\n\n# 1,2\nx,f\n1,2\n#3\n\n5,6\n", "f", [2, 6]),
        ("id,x\n#1,5\n# a comment\n  #2,6\n#3,\"7\"\n", "x", [5, 6, 7]),
        ("x\n1\n#2\n3\n", "x", [1, 3]),
        ("#id\tv\n1\t2\n3\t4\n", "v", [2, 4]),
        ("#id\tv\n1\t2\n3\t4\n", None, [1, 2, 3, 4]),
        ("# x y\n1 2\n3 4\n", "y", [2, 4]),
        ("# x y\n1 2\n3 4\n", None, [1, 2, 3, 4]),
        ("# x y\r\n1 2\r\n# 5 6\r\n3 4\r\n", "y", [2, 4]),
        ("##made by hand\n # a,x\n\n1,2\n3,4\n", "x", [2, 4]),
        ("#id,2020,2019\n#\n1,2,3\n", "2019", [3]),
        ("# f, x\nx,f\n1,2\n", "f", [2]),
        ("# 3, 4\n1,2\n", "2", [2]),
        ("# say \"x\n#\"x, y\n1,2\n", "2", [2]),
        ("#\tx\n0\t2\n1\t3\n", "x", [2, 3]),
        ("id,2019,2020\nFR,1,2\n", "3", [2]),
        ("id,2019,2020\nFR,1,2\n", "2019", [1]),
        ("\ufeffid,2019,2020\nFR,1,2\n", "2020", [2]),
        ("id,3,2\nFR,1,4\n", "2", [4]),
        (",0,1\n0,1.5,2.5\n", "1", [2.5]),
        ("x,e\n1,2\n", "e", [2]),
        ("x,e\n1,2\n", None, [1]),
        ("FR,1.5,2\nDE,3,4\n", "2", [1.5, 3]),
        ("FR,2,2\nDE,3,4\n", "2", [2, 3]),
        ("5.1,3.5,setosa\n1,2,setosa\n", "1", [5.1, 1]),
        ("1,2,setosa\n1,2,setosa\n", "1", [1, 1]),
        ("1 2,3\n4 5,6\n", None, [1, 2, 3, 4, 5, 6]),
        ("id,2019\n1,2\n", None, [1]),
        ("nan,1\n2,3\n", "1", [np.nan, 2]),
        ("e,pi\n2,3\n", "1", [np.e, 2]),
        ("\ufeff1\n2\n", None, [1, 2]),
        ("1,\n2,\n", None, [1, 2]),
        ("  \nx,f\n1,2\n", None, [1]),
        ("x;f\n1.5;2\n", "f", [2]),
        ("1;2\n3;4\n", "2", [2, 4]),
        ("\"a, b\",x\n1,2\n", None, [2]),
        ("\"a, b\",f\n1,2\n\"1\",3\n", "a, b", [1, 1]),
        ("name,x\n\"p, q\",1/2\n\"r\",3\n", None, [0.5, 3]),
        ("\"p;q\",2\n", "2", [2]),
        ("[[1, 2], [3, \"nan\"]]", None, [1, 2, 3, np.nan]),
        ('{"f": [1], "x": [2, 3]}', None, [2, 3]),
        ('{"f": 1, "x": 2}\n{"f": 1, "x": "-inf"}', None, [2, -np.inf]),
        ('{"f": 1, "x": 2}', "f", [1]),
        ("[1, 2]\n[-3, 4]\n", None, [1, 2, -3, 4]),
        ('\ufeff{"x": [1, 2]}\n{"x": [3, 4]}', None, [1, 2, 3, 4]),
        ("1\n2\n", None, [1, 2]),
    ],
)  # fmt: skip
def test_text_on_standard_input(
    text: str,
    column: str | None,
    expected: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "_standard_input", lambda: io.BytesIO(text.encode()))
    np.testing.assert_array_equal(whole(None, column).ravel(), expected)


@pytest.mark.parametrize(
    ("suffix", "delimiter"), [(".txt", " "), (".csv", ","), (".tsv", "\t")]
)
def test_a_header_that_numpy_writes(
    suffix: str, delimiter: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a{suffix}"
    table = np.arange(12.0).reshape(4, 3)
    header = delimiter.join(["time", "x", "2020"])
    np.savetxt(path, table, delimiter=delimiter, header=header, footer="the end")
    for place, column in enumerate(["time", "x", "2020"]):
        np.testing.assert_array_equal(whole(path, column), table[:, place])
    with pytest.raises(RequestError, match="no column 'y'; it has time, x, 2020"):
        whole(path, "y")
    if suffix != ".txt":
        with sources.opened(path) as source:
            assert source.told == ""
            np.testing.assert_array_equal(source.whole(), table[:, 1])


def test_which_column_is_taken_is_told_beside_a_comment_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# units: volts, amps\n1,2\n3,4\n")
    with sources.opened(path) as source:
        assert source.told == f"{path}: column 1 of 2; --column takes another"
    np.testing.assert_array_equal(whole(path, "amps"), [2.0, 4.0])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "f4", "f2", "i4", "u1", "?"])
def test_arrays_of_every_kind_of_number(order: Any, dtype: str, tmp_path: Path) -> None:
    x = np.array([[0, 1, 2], [1, 0, 3]], dtype, order=order)
    np.save(tmp_path / "x.npy", x)
    read = whole(tmp_path / "x.npy")
    np.testing.assert_array_equal(read, x)
    assert read.dtype == (dtype[-2:] if "f" in dtype else np.float64)
    assert read.dtype.isnative


def test_a_column_by_its_number_where_names_repeat(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x,x\n1,2\n")
    assert whole(tmp_path / "x.csv", "2").tolist() == [2.0]


@pytest.mark.parametrize("number", ["3", "1/3"])
def test_cells_in_quotes_go_over_lines(number: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f'x,t\n1,"2\n5,3"\n{number},6\n')
    read = whole(tmp_path / "x.csv")
    np.testing.assert_allclose(read, [1.0, eval(number)])  # noqa: S307  # our own


def test_the_sign_of_a_zero_in_json(tmp_path: Path) -> None:
    for text in ("[-0, -0.0, 1]", "[[-0], [-0.0], [1]]", "[-0,-0.0,NaN]"):
        (tmp_path / "x.json").write_text(text)
        read = whole(tmp_path / "x.json").ravel()
        assert np.signbit(read[:2]).all(), text


@pytest.mark.parametrize("text", ["-0", "-0,1", "1 -0 2", "3\n-0\n", "-0\t-0.0\r\n"])
def test_the_sign_of_a_zero_in_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(text)
    expected = np.array([float(word) for word in text.replace(",", " ").split()])
    assert whole(tmp_path / "x.txt").tobytes() == expected.tobytes()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_headers_of_every_version(version: tuple[int, int], tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as stream:
        np.lib.format.write_array(stream, np.array([[1.0, -2.0]]), version)
    assert whole(tmp_path / "x.npy").tolist() == [[1, -2]]


@pytest.mark.parametrize("shape", [(), (1,), (2, 0), (0,)])
def test_arrays_of_every_shape(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones(shape))
    if 0 in shape:
        with pytest.raises(FileError, match=r"x.npy: no numbers in it"):
            whole(tmp_path / "x.npy")
    else:
        assert whole(tmp_path / "x.npy").shape == shape


def _write_two_numbers(path: Path, shape: tuple[int, ...]) -> None:
    with path.open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(bytes(16))


@pytest.mark.parametrize("shape", [(10**12,), (10**18, 10**3), (3, 10**20)])
def test_a_shape_beyond_what_there_is(shape: tuple[int, ...], tmp_path: Path) -> None:
    _write_two_numbers(tmp_path / "x.npy", shape)
    with pytest.raises(FileError, match=r"x.npy: ends after 2 of [13]0+ numbers"):
        whole(tmp_path / "x.npy")


def test_more_axes_than_an_array_has(tmp_path: Path) -> None:
    _write_two_numbers(tmp_path / "x.npy", (2,) + 64 * (1,))
    with pytest.raises(FileError, match=r"x.npy: 65 axes; an array has no more"):
        whole(tmp_path / "x.npy")


@pytest.mark.parametrize("shape", [(-1,), (-1, -2), (True, 2), (2, False)])
def test_a_shape_that_none_has(shape: tuple[int, ...], tmp_path: Path) -> None:
    _write_two_numbers(tmp_path / "x.npy", shape)
    with pytest.raises(FileError, match=r"x.npy: is no array of numbers"):
        whole(tmp_path / "x.npy")


def test_an_archive_with_an_array_of_texts(tmp_path: Path) -> None:
    message = r"x.npz, array 't': is no array of numbers"
    np.savez(tmp_path / "x.npz", t=np.array(["a"]))
    with pytest.raises(FileError, match=message + "$"):
        whole(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", x=np.array(["a"]), b=np.zeros(3))
    message = message.replace("'t'", "'x'")
    with pytest.raises(FileError, match=message + "; take another with --column"):
        whole(tmp_path / "x.npz")


def test_a_file_of_text_may_name_its_column(tmp_path: Path) -> None:
    for text, column in (("x\n1\n2\n", None), ("y\tx\n3\t1\n4\t2\n", "x")):
        (tmp_path / "x.txt").write_text(text)
        assert whole(tmp_path / "x.txt", column).tolist() == [1, 2]


def test_an_empty_cell_between_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 4)
    (tmp_path / "x.txt").write_text("12 , 3, 4,,5\n")
    with pytest.raises(FileError, match="line 1: an empty cell"):
        whole(tmp_path / "x.txt")
    (tmp_path / "x.txt").write_text("12 , 3, 4 ,5\n, 6")
    with pytest.raises(FileError, match="line 2: an empty cell"):
        whole(tmp_path / "x.txt")
    (tmp_path / "x.txt").write_text("12 , 3, 4 ,5,\n 6")
    assert whole(tmp_path / "x.txt").tolist() == [12, 3, 4, 5, 6]


@pytest.mark.parametrize("text", ["", " \n\n", "[]", "[[]]", "[[], []]", '{"x": []}'])
def test_json_without_numbers(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FileError, match=r"x.json: no numbers in it"):
        whole(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("count", "message"),
    [(5, "x: ends after 5 of 6 numbers"), (7, "x: holds more than 6 numbers")],
)
def test_what_comes_is_what_was_announced(count: int, message: str) -> None:
    source = sources.Source("x", iter([(np.ones(count), 8)]), shape=(2, 3))
    with pytest.raises(FileError, match=message):
        source.whole()


def test_arrays_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.ones(2), b=np.zeros(3))
    assert whole(path, "2").shape == (3,)
    with sources.opened(path) as source:
        read = {n: opened().whole().size for n, opened in source.arrays.items()}
    assert read == {"a": 2, "b": 3}
    with pytest.raises(
        RequestError,
        match=r"x.npz: holds a, b; take one with --column, or all with -o FILE.npz",
    ):
        whole(path)
    np.savez(path, a=np.ones(2), x=np.zeros(3))
    assert whole(path).shape == (3,)


WRONG: dict[str, tuple[str, bytes, str | None]] = {
    "x.txt, line 3: 'oops' is not a number": ("x.txt", b"1\n2\noops\n", None),
    "x.csv, line 4: 'oops' is not a number": ("x.csv", b"a,b\n1,2\n\n3,oops\n", "b"),
    "x.csv, line 3: 2 columns are expected, not 1": (
        "x.csv",
        b"a,b\n1,2\n3\n",
        "b",
    ),
    "x.csv, line 3: 1 column is expected, not 2; a cell with ',' stands in quotes, decimals take a point": (
        "x.csv",
        b"x\n1\n1,5\n",
        None,
    ),
    "x.csv, line 2: '1,5' is not a number; decimals take a point": (
        "x.csv",
        b"x;y\n1,5;2,5\n",
        None,
    ),
    "x.csv: 2 columns are called 'x'; ask for one by its number": (
        "x.csv",
        b"x,x\n1,2\n",
        "x",
    ),
    "x.csv, line 3: is no row of cells; quotes must be closed, and lines end in a line feed": (
        "x.csv",
        b'x,t\n1,2\n1/3,"3\n4,5\n',
        None,
    ),
    "x.csv, line 1: is no row of cells; quotes must be closed, and lines end in a line feed": (
        "x.csv",
        b"x\r1\r2\r",
        None,
    ),
    "x.jsonl, line 2: is no number, nor an object with one, or unlike the lines above": (
        "x.jsonl",
        b"1\n2,3\n",
        None,
    ),
    "x.jsonl, line 1: is no number, nor an object with one, or unlike the lines above": (
        "x.jsonl",
        b"[1\n2]\n",
        None,
    ),
    "x.csv, line 2: '1 5' is not a number": ("x.csv", b"x,y\n1 5,2\n", "x"),
    "x.csv, line 2: 'foo' is not a number; take another with --column: name, f": (
        "x.csv",
        b"name,f\nfoo,2\n",
        None,
    ),
    "x.csv, line 2: 3 columns are expected, not 2": (
        "x.csv",
        b"1,2,3\n4,5\n6,7,8,9\n",
        None,
    ),
    "x.csv, line 4: 2 columns are expected, not 1": (
        "x.csv",
        b'a,b\n"1",2\n3,4\n5\n',
        "a",
    ),
    "x.txt, line 3: 3 columns are expected, not 2": (
        "x.txt",
        b"# made by hand\n1 2 3\n4 5\n6 7 8 9\n",
        "1",
    ),
    "x.txt, line 2: 'b' is not a number": ("x.txt", b"1 2\na b\n", "2"),
    "x.txt: no column '4'; it has 1, 2, 3": ("x.txt", b"1 2 3\n", "4"),
    "x.csv, line 5: 'oops' is not a number": (
        "x.csv",
        b"# made by hand\n\na,b\n1,2\n3,oops\n",
        "b",
    ),
    "x.csv, line 3: an empty cell; write nan where there is no number": (
        "x.csv",
        b"a,b\n1,2\n,4\n",
        None,
    ),
    "x.npy: holds one array; leave out --column": ("x.npy", b"", "f"),
    "x.txt: no column 'f'; it has 1": ("x.txt", b"1\n", "f"),
    "x.txt, line 2: an empty cell; write nan where there is no number": (
        "x.txt",
        b"1,2\n3, ,4\n",
        None,
    ),
    "x.txt, line 1: an empty cell; write nan where there is no number": (
        "x.txt",
        b",2\n3,4\n",
        None,
    ),
    f"x.txt, line 1: '{'w' * 39}…' is not a number": ("x.txt", b"w" * 3000, None),
    f"x.csv, line 2: '{'w' * 39}…' is not a number": (
        "x.csv",
        b"a,b\n%s,1" % (b"w" * 3000),
        "a",
    ),
    "x.txt, line 1: '3x' is not a number": ("x.txt", b"1,2,3x\n4,5,6\n", None),
    "x.txt, line 1: 'nan1' is not a number": ("x.txt", b"nan,nan1\n4,5\n", None),
    "x.csv, line 2: '#1' is not a number": ("x.csv", b"x,f\n#1,5\n", "x"),
    "x.json: has no columns; leave out --column": ("x.json", b"[1]", "f"),
    "x.jsonl: has no columns; leave out --column": ("x.jsonl", b"1\n", "f"),
    "x.json: ends within its array": ("x.json", b"[1, 2,", None),
    "x.json: no numbers in it": ("x.json", b"[]", None),
    "x.json: no column 'g'; it has f, x": ("x.json", b'{"f": [1], "x": 2}', "g"),
    "x.csv: no column 'c'; it has a, b": ("x.csv", b"a,b\n1,2\n", "c"),
    "x.txt: is not text": ("x.txt", b"\xff\xfd1", None),
    "x.txt: no numbers in it": ("x.txt", b" \n", None),
    "x.csv: no numbers in it": ("x.csv", b"a,b\n", None),
    "x.npy: is no array of numbers": ("x.npy", b"nonsense", None),
    "x.npz: is no archive of arrays": ("x.npz", b"nonsense", None),
    "x.jsonl, line 3: is no number, nor an object with one, or unlike the lines above": (
        "x.jsonl",
        b"1\n\n{}\n",
        None,
    ),
    "x.xyz: unknown suffix '.xyz'; .npy .npz .csv .tsv .hex .txt .json .jsonl can be read": (
        "x.xyz",
        b"",
        None,
    ),
    "x.txt, line 1: 'true' is not a number": ("x.txt", b"true 1\n", None),
    "x.txt, line 1: 'null' is not a number": ("x.txt", b"null 1\n", None),
}


NO_JSON_ARRAY = {
    "[1,,2]": ", line 1, column 4: a number is missing",
    "[1,2,]": ", line 1, column 6: a number is missing",
    "[ ,1]": ", line 1, column 3: a number is missing",
    "[1,\n 2] 3": ", line 2, column 2: '2] 3' is not a number",
    "[1 2]": ", line 1, column 2: '1 2' is not a number",
    "[1, [2]]": "'[2]]' is not a number",
    "[1]]": ", line 1, column 2: '1]]' is not a number",
    "[[1]2]": ", line 1, column 3: '1 2' is not a number",
    "[[1, 2],\n [3, x]]": ", line 2, column 6: 'x' is not a number",
    "[[1, 2], [3]]": ": is no JSON array of numbers; the rows of one are of equal length",
    "[[1], 2]": ": is no JSON array of numbers; the rows of one are of equal length",
    "[[], [1]]": ", line 1, column 4: a number is missing",
    "[[] 1]": ": is no JSON array of numbers; the rows of one are of equal length",
    "[[1], []]": ", line 1, column 6: a number is missing",
    "[[1, 2]": ": ends within its array",
    "[[1]]]": ": is no JSON array of numbers; the rows of one are of equal length",
    '[{"x": 1}, {"x": "one"}]': ", record 2: is no object with a number under the same key as the first",
    '[{"x": 1}, {"y": 2}]': ", record 2: is no object with a number under the same key as the first",
    '[{"x": 1}, 2, {"x": 3}]': ", record 2: is no object with a number under the same key as the first",
    '[{"x": 1}, [2]]': ": is no JSON array of numbers",
    '[{"x": 1} {"x": 2}]': ", line 1, column 11: is no JSON; expecting ',' delimiter",
    '[{"x": 1}, {"x": 2}': ": ends within its array",
    '["one"]': ", line 1, column 2: '\"one\"' is not a number",
    "[true]": ", line 1, column 2: 'true' is not a number",
    '{"x": [1]': ", line 1, column 10: is no JSON; expecting ',' delimiter",
    '{"x": [1}, "y": [2]}': ", line 1, column 9: is no JSON; expecting ',' delimiter",
    '{"x": [1, {}]}': ", line 1, column 11: '{}' is not a number",
    '{"ß":\n "1"}': ": 'ß' is no array of numbers",
    "{}]": ", line 1, column 3: is no JSON; extra data",
    "[" * 65 + "1" + "]" * 65: ": 65 axes; an array has no more than 64",
    "[" * 10**5 + "1": ": 100000 axes; an array has no more than 64",
    '{"x":' * 10**5: ": is no JSON array of numbers",
}


@pytest.mark.parametrize("text", NO_JSON_ARRAY, ids=lambda text: text[:20])
@pytest.mark.parametrize("chunk", [4, 1 << 20])
def test_what_is_no_array_in_json(
    text: str, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", max(chunk, len(text) // 9))
    monkeypatch.chdir(tmp_path)
    Path("x.json").write_text(text)
    with pytest.raises(FileError) as error:
        whole(Path("x.json"))
    # what is read in more than one part is not looked through again
    if chunk > 4 or "is no JSON" not in NO_JSON_ARRAY[text]:
        assert str(error.value).endswith(NO_JSON_ARRAY[text])
    assert str(error.value).startswith("x.json")


@pytest.mark.parametrize("chunk", [4, 11, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "[NaN, Infinity, -Infinity, null, 1e400, 7]",
        "[[NaN, Infinity, -Infinity], [null, 1e400, 7]]",
        '{"loss": NaN, "x": [NaN, Infinity, -Infinity, null, 1e400, 7]}',
        '{"x": NaN}\n{"x": Infinity}\n{"x": -Infinity}\n{"x": null}\n{"x": 1e400}\n{"x": 7}',
    ],
)
def test_what_other_programs_write_for_numbers_that_json_has_not(
    text: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", chunk if "\n" not in text else 1000)
    monkeypatch.setattr(sources, "_standard_input", lambda: io.BytesIO(text.encode()))
    expected = [np.nan, np.inf, -np.inf, np.nan, np.inf, 7]
    np.testing.assert_array_equal(whole(None).ravel(), expected)


@pytest.mark.parametrize("chunk", [4, 50, 1000])
@pytest.mark.parametrize(
    "shape", [(), (1,), (60,), (1, 1), (6, 10), (10, 6), (1, 60), (60, 1), (3, 4, 5)]
)
def test_arrays_of_every_shape_in_json(
    shape: tuple[int, ...], chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", chunk)
    x = np.random.default_rng(4).normal(size=shape)
    flat: Any = x.tolist()
    other = {
        "labels": ["a[0]", 'b"]', "{"],
        "deep": {"x": [[1], 2]},
        'ß\\"': "[\\",
        "z": [[]],
    }
    for document in (flat, {"x": flat}, {**other, "x": flat, "f": [1]}):
        (tmp_path / "x.json").write_text(json.dumps(document, indent=len(shape) % 2))
        read = whole(tmp_path / "x.json")
        assert read.shape == shape
        np.testing.assert_array_equal(read, x)


@pytest.mark.parametrize("chunk", [4, 50, 1000])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("piped", [False, True])
def test_records_in_json(
    indent: int | None,
    piped: bool,
    chunk: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raw, "CHUNK", max(chunk, 100) if piped else chunk)
    x = np.random.default_rng(4).normal(size=(60, 2)).tolist()
    records = [
        {"n": f'}}, {{"x": "{a}\\', "y": b, "deep": [{"x": a}], "x": a} for a, b in x
    ]
    text = "\ufeff" * (indent is None) + json.dumps(
        [*records, {"x": None, "y": 7}], indent=indent
    )
    path = tmp_path / "x.json"
    path.write_text(text)
    for column, place, last in ((None, 0, np.nan), ("x", 0, np.nan), ("y", 1, 7.0)):
        monkeypatch.setattr(
            sources, "_standard_input", lambda: io.BytesIO(text.encode())
        )
        got = whole(None if piped else path, column)
        np.testing.assert_array_equal(got, [*(v[place] for v in x), last])


@pytest.mark.parametrize("wrap", [list, lambda x: {"n": 1, "x": x}])
@pytest.mark.parametrize("ends", ["\n", "\r\n \n"])
@pytest.mark.parametrize("chunk", [10, 69, 70, 71, 1 << 20])
def test_json_lines_in_a_pipe_whose_first_is_longer_than_what_is_read_at_a_time(
    wrap: Any, ends: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", chunk)
    lines = [[float(i), -0.5, 1e300] * 4 for i in range(3)]
    for count in (1, 3):  # one line by itself is a document
        text = "".join(json.dumps(wrap(line)) + ends for line in lines[:count])
        given = io.BytesIO(text.encode())
        monkeypatch.setattr(sources, "_standard_input", lambda given=given: given)
        np.testing.assert_array_equal(whole(None), np.ravel(lines[:count]))


def test_json_lines_are_all_objects_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 10)
    (tmp_path / "x.jsonl").write_text('{"x": 1}\n' * 5 + "2\n" * 20)
    with pytest.raises(FileError, match="line 6: is no number, nor an object"):
        whole(tmp_path / "x.jsonl")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".json", ".jsonl", ""])
def test_text_of_two_bytes_a_letter_is_named(
    suffix: str, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes("\ufeffx\ty\n1\t2\n".encode(encoding))
    with pytest.raises(FileError) as error:
        whole(path)
    assert str(error.value) == f"{path}: is UTF-16; save it as UTF-8"


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_said_in_a_line(
    message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, data, column = WRONG[message]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(ActcliError) as error:
        whole(Path(name), column)
    assert str(error.value) == message


def test_the_line_is_counted_over_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 100)
    lines = [f"{i},{i}\n" for i in range(500)]
    lines[432] = "3,oops\n"
    (tmp_path / "x.csv").write_text("".join(lines))
    with pytest.raises(FileError, match="line 433: 'oops' is not a number"):
        whole(tmp_path / "x.csv", "2")
    (tmp_path / "x.txt").write_text("".join(lines))
    with pytest.raises(FileError, match="line 433: 'oops' is not a number"):
        whole(tmp_path / "x.txt")
    # the first chunk is blank
    (tmp_path / "x.jsonl").write_text("\n" * 200 + "1\n" * 232 + "oops\n")
    with pytest.raises(FileError, match="line 433: is no number"):
        whole(tmp_path / "x.jsonl")


@pytest.mark.parametrize(("lost", "left"), [(1000, 299875), (1003, 299874)])
def test_a_file_that_ends_early(lost: int, left: int, tmp_path: Path) -> None:
    x = np.ones(300_000)
    np.save(tmp_path / "x.npy", x)
    data = (tmp_path / "x.npy").read_bytes()[:-lost]
    (tmp_path / "x.npy").write_bytes(data)
    told = f"ends after {left} of 300000 numbers"
    with pytest.raises(FileError, match=f"x.npy: {told}"):
        whole(tmp_path / "x.npy")
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(FileError, match=f"x.npz, array 'x': {told}"):
        whole(tmp_path / "x.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_broken_member_is_named(save: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    save(path, good=np.ones(3), bad=np.random.default_rng(3).normal(size=300))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("bad.npy").header_offset
    data[place + 1000] ^= 0xFF
    path.write_bytes(data)
    assert whole(path, "good").tolist() == [1, 1, 1]
    with pytest.raises(FileError, match=r"x.npz, array 'bad': "):
        whole(path, "bad")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (6, 1, "file 'x.npy' is encrypted, password required for extraction"),
        (8, 99, "that compression method is not supported"),
    ],
)
def test_a_member_that_cannot_be_unpacked(
    place: int, value: int, message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", x=np.ones(3))
    data = bytearray((tmp_path / "x.npz").read_bytes())
    # where it stands in the header of the member, and in that at the end of the archive
    for header, beside in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        data[data.index(header) + place + beside] = value
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(FileError) as error:
        whole(tmp_path / "x.npz")
    assert str(error.value) == f"{tmp_path / 'x.npz'}, array 'x': {message}"


def test_what_is_kept_of_a_document_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "LARGEST_DOCUMENT", 1000)
    monkeypatch.setattr(raw, "CHUNK", 100)
    documents: list[Any] = [
        [1.5] * 1000,
        [[1.5]] * 1000,
        {"a": "n" * 90, "x": [1.5] * 1000},
    ]
    for document in documents:
        (tmp_path / "x.json").write_text(json.dumps(document))
        assert whole(tmp_path / "x.json").size == 1000
    (tmp_path / "x.json").write_text(json.dumps({"x": [1.5], "a": {"b": ["n"] * 1000}}))
    with pytest.raises(
        FileError,
        match=r"x.json: over 0 MB beside the arrays in it; use .jsonl or .npy",
    ):
        whole(tmp_path / "x.json")
    (tmp_path / "x.txt").write_text("1" * 2000)
    with pytest.raises(FileError, match=r"x.txt: a line in it is over 0 MB; use .npy"):
        whole(tmp_path / "x.txt")
