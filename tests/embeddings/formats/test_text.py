import gzip

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nlpseq.embeddings.collect import Collector, in_memory
from nlpseq.embeddings.formats import text, text_chunks
from nlpseq.embeddings.formats.contents import Report
from nlpseq.embeddings.rows import Rows
from nlpseq.errors import DataError


def read(path, threads=2, report=None):
    report = report or Report(str(path))
    contents = text.read(path, report, threads=threads)
    words, rows, _ = in_memory(Collector(contents, report))
    return list(words), rows.data


def repaired(path):
    report = Report(str(path), repair=True)
    return *read(path, report=report), report


def write(path, words, matrix):
    text.write(path, words, Rows(matrix))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.txt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors")


TRICKY = " \t\r\x00\x1c\u0085\u00a0\u2028\u200b\ufeff0123"
word = st.text(
    (st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"])).filter("\n".__ne__),
    min_size=1,
    max_size=5,
)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(
    words=st.lists(word, unique=True, min_size=1, max_size=5),
    dim=st.integers(1, 4),
    suffix=st.sampled_from(["txt", "gz"]),
    data=st.data(),
)
@example(["\u00a0", "\u0085", "a\u2028b", " ", "0,0 km²", "1 2 3", "2 ", "a\r"], 3, "gz", None)
def test_what_is_written_reads_the_same_bit_for_bit(folder, words, dim, suffix, data):
    shape = (len(words), dim)
    if data:
        matrix = data.draw(hnp.arrays(np.float32, shape, elements=finite))
    else:
        matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    path = folder / f"a.{suffix}"
    write(path, words, matrix)
    found, numbers = read(path)
    assert found == words
    assert numbers.dtype == np.float32
    assert numbers.view(np.uint32).tolist() == matrix.view(np.uint32).tolist()


@pytest.mark.parametrize("size", [1023, 1024, 1025, 2049])
def test_any_number_of_rows(path, size):
    matrix = np.random.default_rng(size).normal(size=(size, 3)).astype(np.float32)
    words = [f"w{i}" for i in range(size)]
    write(path, words, matrix)
    found, numbers = read(path)
    assert found == words
    assert np.array_equal(numbers, matrix)


ROWS = [[1, -2.5, 0.125], [3, 4, 5e-3]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("2 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("a 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("a 1 -2.5 .125\nb 3 4 5e-3", ["a", "b"]),
        ("2 3 \na 1 -2.5 .125 \nb 3 4 5e-3  \n", ["a", "b"]),
        ("2 3\r\na 1 -2.5 .125\r\nb 3 4 5e-3\r\n", ["a", "b"]),
        ("2\t3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("99999999999 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("1 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("2 3\n. . . 1 -2.5 .125\nr$ 0,0 3 4 5e-3\n", [". . .", "r$ 0,0"]),
        ("a 1 -2.5 .125\nat name@domain.com 3 4 5e-3\n", ["a", "at name@domain.com"]),
        ("2 3\n1 1 -2.5 .125\n2 2 3 4 5e-3\n", ["1", "2 2"]),
        ("2 3\n</s> 1 -2.5 .125\nA 3 4 5e-3\n", ["</s>", "A"]),
        ("2 3\n\u00a0 1 -2.5 .125\n\u0085 3 4 5e-3\n", ["\u00a0", "\u0085"]),
        ("\ufeff2 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("\ufeffa 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
    ],
)
def test_layouts(path, content, words):
    path.write_bytes(content.encode())
    found, matrix = read(path)
    assert found == words
    assert matrix.tolist() == np.array(ROWS, dtype=np.float32).tolist()


def test_compression_is_told_by_content(path):
    path.write_bytes(gzip.compress(b"1 2\na 1 2\n"))
    assert read(path)[0] == ["a"]


LATER = "".join(f"w{i} 1 2\n" for i in range(1500))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", None, "empty"),
        ("2 3\n", None, "no vector follows the header"),
        ("99999999999 300\na 1 2\n", 2, "the header announces 300 numbers a word"),
        ("1 99999999999999999999\na 1 2\n", 2, "the header announces"),
        ("1 0\na\n", 2, "no numbers"),
        ("\n", 1, "no numbers"),
        ("word\n", 1, "no numbers"),
        ("2 2\na 1 2\nb 1\n", 3, "1 numbers where 2"),
        ("2 2\na 1 2\nb c 1\n", 3, "no finite number"),
        ("a 1 2\n\nb 1 2\n", 2, "0 numbers where 2"),
        ("2 2\na 1 2\nb 1 abc\n", 3, "no finite number"),
        ("2 2\na 1 2\nb abc 1\nc 1 2\n", 3, "no finite number"),
        ("a 1 2\nb NaN 2\n", 2, "no finite number"),
        ("a 1 2\nb 1 inf\n", 2, "no finite number"),
        ("a 1 2\nb -Infinity 1\n", 2, "no finite number"),
        ("a 1 2\nb 1 1e39\n", 2, "no finite number"),
        ("a 1 2\nb 1 1e999\n", 2, "no finite number"),
        ("a 1 2\nb 1 0x10\n", 2, "no finite number"),
        ("a 1 2\nb 1 \u0661\n", 2, "no finite number"),
        ("a 1 2\nb 1 2\x00\n", 2, "no finite number"),
        ("a 1 2\nb 1  2\n", 2, "no finite number"),
        ("2 2\na 1 2\n 1 2\n", 3, "no word"),
        ("a 1 2\nb 1 2\na 3 4\n", 3, "'a' stands there twice"),
        ("a 1 2\nb nan 2\nc x 1\n", 2, "no finite number"),
        (LATER + "b 1 x\n", 1501, "no finite number"),
        ("1 2\n" + LATER + "b 1 nan\n", 1502, "no finite number"),
        (LATER + "b 1\n", 1501, "1 numbers where 2"),
        (LATER + "w7 1 2\n", 1501, "'w7' stands there twice"),
    ],
)
def test_bad_data_is_located(path, content, line, message):
    path.write_bytes(content.encode())
    with pytest.raises(DataError) as caught:
        read(path)
    assert message in caught.value.message
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("header", [b"", b"2 2\n"])
def test_a_word_that_is_not_utf8_is_located(path, pack, header):
    path.write_bytes(pack(header + b"a 1 2\ncora\xc3 1 2\n"))
    with pytest.raises(DataError, match="is not UTF-8") as caught:
        read(path)
    assert caught.value.where == f"{path}:{3 if header else 2}"


def test_a_monstrous_field_does_not_take_the_memory(path):
    row = b" 0" * 500
    rows = [b"w%d%s" % (i, row) for i in range(1000)]
    path.write_bytes(b"\n".join([*rows, b"x" + row[2:] + b" " + b"z" * 4_000_000]))
    with pytest.raises(DataError, match="no finite number") as caught:
        read(path)
    assert caught.value.where == f"{path}:1001"


def test_a_file_that_was_cut_off(path):
    packed = gzip.compress("".join(f"w{i} {i * 0.37} 2\n" for i in range(9999)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cut off"):
        read(path)


@pytest.mark.parametrize("word", ["", "a\nb", "\ud800", "a\udfff"])
def test_a_word_that_the_format_cannot_hold(path, word):
    path.write_text("as it was")
    with pytest.raises(DataError, match="cannot hold the word") as caught:
        write(path, ["a", word], np.zeros((2, 3), dtype=np.float32))
    assert repr(word) in caught.value.message
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_could_not_be_read_is_not_written(path, value):
    with pytest.raises(DataError):
        write(path, ["a", "b"], np.array([[1, 2], [3, value]], dtype=np.float32))
    assert not path.exists()


def test_the_file_is_what_word2vec_writes(path):
    write(path, ["olá", "a b"], np.array([[0.5, -1], [0.1, 1e-20]], dtype=np.float32))
    assert path.read_text("utf-8") == "2 2\nolá 0.5 -1\na b 0.100000001 9.99999968e-21\n"


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("2 2\na 1 2\nb 3 4\n", True),
        ("2 2\na b 1 2\n", True),
        ("a 1 2\nb 3 4\n", True),
        ("a 1 2 \nb 3 4 \n", True),
        ("", False),
        ("a 1 2\n", False),
        ("2 3\na 1 2\n", False),
        ("2 2\na 1 x\n", False),
        ("a 1 2\nb 3\n", False),
        ("um texto qualquer\noutro texto aqui\n", False),
        ("text,label\na,b\n", False),
        ("um\ndois\n", False),
        ("1 0\na\n", False),
    ],
)
def test_looks_like(path, content, answer):
    assert text.looks_like(content.encode()) is answer


# every value is the float32 nearest to the decimal text


def nearest(decimal):
    """By exact arithmetic, over all float32 values around."""
    from fractions import Fraction

    exact, guess = Fraction(decimal), np.float32(float(decimal))
    around = [
        guess,
        np.nextafter(guess, np.float32(-np.inf)),
        np.nextafter(guess, np.float32(np.inf)),
    ]
    around = [x for x in around if np.isfinite(x)]
    even = {float(x): int(x.view(np.uint32)) & 1 for x in around}
    return min(even, key=lambda x: (abs(Fraction(x) - exact), even[x]))


def value(path, decimal):
    path.write_text(f"a 1\nb {decimal}\n")
    return float(read(path)[1][1, 0])


@pytest.mark.parametrize(
    "decimal",
    [
        "1.000000059604644775390625",  # the middle of two float32 values: to even
        "1.00000005960464477539062500000000001",  # a hair above it
        "1.00000005960464477539062499999999999",  # a hair below
        "1.00000017881393432617187499",  # as a double it is the middle
        "1.00000017881393432617187500",
        "16777217",
        "16777217.0000000000000000001",
        "33554434e0",
        "0.1",
        ".5",
        "5.",
        "-0",
        "1e-45",
        "7.006492321624085e-46",  # half the smallest: to even, which is zero
        "7.006492321624086e-46",
        "1.1754943508222875e-38",
        "1.17549429e-38",
        "3.4028234663852886e38",
        "340282356779733661637539395458142568447",  # a hair below what is too large
        "0.000000000000000000000000000000000000000000001",
        "123456789012345678901234567890e-20",
        "0.12345678901234567890123456789",
        "1" + "0" * 30 + "e-30",
        "0." + "0" * 30 + "1e30",
        "1e-400",
        "+1.5",
        "1E+2",
    ],
)
def test_values_are_rounded_once(path, decimal):
    with np.errstate(over="ignore"):
        assert value(path, decimal) == nearest(decimal)


def test_exponents_without_end(path):
    assert value(path, "1e-999999999999") == 0
    assert value(path, "0e999999999999") == 0


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**38), max_value=10**38))
def test_any_decimal(folder, number):
    decimal = format(number, "f")[:900] if abs(number.adjusted()) < 300 else "0"
    assert value(folder / "d.txt", decimal) == nearest(decimal)


@settings(deadline=None)
@given(finite, st.integers(-2, 2), st.booleans())
def test_the_middle_of_two_values(folder, number, units, exact):
    low = np.float32(number)
    high = np.nextafter(low, np.float32(np.inf))
    if not np.isfinite(high):
        return
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 400
        middle = (Decimal(float(low)) + Decimal(float(high))) / 2
        decimal = format(middle + units * Decimal("1e-180"), "f") if not exact else str(middle)
    assert value(folder / "m.txt", decimal) == nearest(decimal)


@pytest.mark.parametrize(
    "decimal",
    [
        "1_0",
        "",
        "-",
        ".",
        "e5",
        "1e",
        "1e+",
        "--1",
        "1.2.3",
        "1,5",
        "0x1p3",
        "340282356779733661637539395458142568448",
        "9" * 1001,
        "infinity",
        "1f",
    ],
)
def test_what_is_no_number(path, decimal):
    path.write_text(f"a 1 1\nb {decimal} 1\n")
    with pytest.raises(DataError):
        read(path)


# repairs


def test_faults_are_repaired_and_told(path):
    path.write_bytes(
        b"9 2\na 1 2\nb 1\n 3 4\n\n0,0 km\xc2\xb2 5 6\ncora\xc3 7 8\na 9 9\nc 1 nan\nd 1 2"
    )
    words, matrix, report = repaired(path)
    assert words == ["a", "0,0 km²", "cora\ufffd", "d"]
    assert matrix.tolist() == [[1, 2], [5, 6], [7, 8], [1, 2]]
    assert (report.repairs, report.notes) == (6, 2)
    told = str(report)
    for message in (
        "line 3: 1 numbers where 2 are wanted; left out",
        "line 4: the row has no word; left out",
        "line 5: 0 numbers where 2 are wanted; left out",
        'line 6: token holds a space: "0,0 km²"',
        "line 7: the word b'cora\\xc3' is not UTF-8; replaced by U+FFFD",
        "line 8: the word 'a' stands there twice; the first is kept",
        "line 9: 'nan' is no finite number; left out",
        "the header announces 9 words, the file holds 5",
    ):
        assert message in told.splitlines()


def test_a_word_that_is_cut_inside_a_character_is_seen_beside_its_other_half(path):
    path.write_bytes(b"2 1\na\xc3 1\n\xa3 2\n")
    with pytest.raises(DataError, match="is not UTF-8"):
        read(path)
    assert repaired(path)[0] == ["a\ufffd", "\ufffd"]


def test_a_report_keeps_the_first_messages_and_counts_the_others(path):
    path.write_text("a 1 2\n" * 9 + "b 1\n" * 50 + "c 1 2\n")
    words, _, report = repaired(path)
    assert words == ["a", "c"]
    assert report.repairs == 58
    assert str(report).splitlines()[-1] == "… and 38 more"


def test_short_lines_do_not_take_the_memory(path):
    row = "0 " * 5000
    path.write_text(f"a {row}\nb {row}\n" + "\n" * 2_000_000)  # 40 GB, if each line had a row
    assert repaired(path)[0] == ["a", "b"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("threads", [1, 3])
def test_files_of_many_chunks(path, monkeypatch, pack, threads):
    monkeypatch.setattr(text_chunks, "_CHUNK", 100)
    random = np.random.default_rng(5)
    matrix = random.normal(size=(997, 3)).astype(np.float32)
    words = [f"w{i}" * random.integers(1, 60) for i in range(997)]
    write(path, words, matrix)
    path.write_bytes(pack(path.read_bytes().rstrip(b"\n")))
    found, numbers = read(path, threads)
    assert found == words
    assert np.array_equal(numbers, matrix)


def test_a_line_without_end(path, monkeypatch):
    monkeypatch.setattr(text_chunks, "MAX_LINE", 10_000_000)
    for pack in (bytes, gzip.compress):
        path.write_bytes(pack(b"a 1 2\nb 1 2\n" + b"x" * 11_000_000))
        with pytest.raises(DataError, match="a line of more than"):
            read(path)
