import builtins

import pytest

from nlpseq.errors import CallError, DataError
from nlpseq.text.corpus import Document, Repairs, parquet, read, rows
from nlpseq.text.corpus.parquet import read_parquet

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def write(tmp_path):
    def writing(columns, **options):
        path = tmp_path / "a.parquet"
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        pq.write_table(table, path, **options)
        return path

    return writing


def test_documents_know_their_row(write):
    path = write({"text": ["um", "dois, é", ""], "label": ["a", "b", "a"]})
    found = list(read(path, label="label"))
    assert found == [
        Document("um", "a", str(path), 1),
        Document("dois, é", "b", str(path), 2),
        Document("", "a", str(path), 3),
    ]
    assert found[1].where == f"{path}: row 2"


@pytest.mark.parametrize("groups", [1, 7, 1000])
@pytest.mark.parametrize("batch", [1, 3, 256])
def test_rows_are_numbered_over_groups_and_batches(write, monkeypatch, groups, batch):
    monkeypatch.setattr(parquet, "_BATCH", batch)
    path = write({"text": [str(i) for i in range(1, 24)]}, row_group_size=groups)
    assert [(row.line, row.fields["text"]) for row in rows(path)] == [
        (i, str(i)) for i in range(1, 24)
    ]


def test_labels_may_be_numbers_and_lists(write):
    path = write({"text": ["a", "b"], "label": [1, 0], "labels": [["x", "y"], []]})
    assert [d.label for d in read(path, label="label")] == ["1", "0"]
    assert [d.label for d in read(path, label="labels", multilabel=True)] == [("x", "y"), ()]


def test_the_format_may_be_given(write):
    path = write({"text": ["a"]})
    other = path.rename(path.with_name("data"))
    assert [d.text for d in read(other, format="parquet")] == ["a"]


@pytest.mark.parametrize(
    ("columns", "message", "row"),
    [
        ({"txt": ["a"]}, "no field 'text' here; the fields are: txt", 1),
        ({"text": ["a", None]}, "'text' holds null", 2),
        ({"text": [1]}, "holds a number", 1),
        ({"text": [b"a"]}, "holds bytes", 1),
        ({"text": [["a"]]}, "holds a list", 1),
        ({"text": pa.array([], pa.string())}, "no document", None),
    ],
)
def test_bad_rows_are_located(write, columns, message, row):
    path = write(columns)
    with pytest.raises(DataError) as caught:
        list(read(path))
    assert message in caught.value.message
    assert caught.value.where == (f"{path}: row {row}" if row else str(path))


def bad_bytes():
    array = pa.array([b"a", b"b\xff", b"c", "Ã©".encode()]).view(pa.string())
    return pa.table({"text": array})


def test_bytes_that_are_not_utf8_are_located(write):
    path = write(bad_bytes())
    with pytest.raises(DataError, match="bytes that are not UTF-8") as caught:
        list(read(path))
    assert caught.value.where == f"{path}: row 2"


def test_repairs_are_counted(write):
    path, repairs = write(bad_bytes()), Repairs()
    assert [(d.line, d.text) for d in read(path, repairs=repairs)] == [(1, "a"), (3, "c"), (4, "é")]
    assert repairs.counts == {
        "row with bad bytes left out": 1,
        "text that was encoded twice, mended": 1,
    }
    assert f"{path}: row 4" in str(repairs)


def test_two_columns_of_one_name(write):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["text", "text"])
    with pytest.raises(DataError, match="same name"):
        list(rows(write(table)))


def test_a_large_row_group_is_refused(write, monkeypatch):
    path = write({"text": ["a" * 100, "b" * 5000]}, row_group_size=1)
    monkeypatch.setattr(parquet, "MAX_GROUP", 1000)
    with pytest.raises(DataError, match="row group 2 holds") as caught:
        list(rows(path))
    assert "smaller" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text\na\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a parquet file, or damaged") as caught:
        list(rows(path))
    assert caught.value.where == str(path)


@pytest.mark.parametrize("at", [10, 40, 300])
def test_a_damaged_file(write, at):
    path = write({"text": [f"{i * i}" for i in range(2000)]}, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    for i in range(at, at + 40):
        content[i] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        list(rows(path))
    path.write_bytes(content[:-30])
    with pytest.raises(DataError, match="damaged"):
        list(rows(path))


def test_a_pipe_is_refused():
    with pytest.raises(CallError, match="from a plain file"):
        list(rows("-", format="parquet"))


def test_a_missing_file(tmp_path):
    with pytest.raises(CallError, match="no such file"):
        list(read_parquet(tmp_path / "a.parquet"))


def test_without_pyarrow_the_extra_is_named(write, monkeypatch):
    path, real = write({"text": ["a"]}), builtins.__import__

    def missing(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CallError, match="pyarrow") as caught:
        list(rows(path))
    assert caught.value.remedy == "pip install 'nlpseq[parquet]'"
