import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError, DataError
from nlpseq.text.corpus import (
    Document,
    Repairs,
    Row,
    fingerprint,
    format_of,
    hold_out,
    read,
    rows,
    target,
    targets,
)
from nlpseq.text.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corpora")


# formats


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.csv", "csv"),
        ("a.tsv.gz", "tsv"),
        ("a.b.TXT.XZ", "text"),
        ("a.csv.bz2", "csv"),
        ("a.csv.zip", "csv"),
        ("a.parquet", "parquet"),
        ("a.jsonl.zst", "jsonl"),
        ("a.zip/b.tsv", "tsv"),
        ("a.csv/b.jsonl.gz", "jsonl"),
    ],
)
def test_format_of(tmp_path, name, found):
    assert format_of(tmp_path / name) == found


@pytest.mark.parametrize("name", ["a", "a.gz", "a.pdf", "a.zip", "txt"])
def test_a_name_that_tells_no_format(tmp_path, name):
    with pytest.raises(CallError, match="does not tell the format") as caught:
        format_of(tmp_path / name)
    assert ".jsonl" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"text": "bom, é", "label": "pos"}\n{"label": "neg", "text": ""}\n'),
        ("a.csv", 'text,label\n"bom, é",pos\n,neg\n'),
        ("a.tsv", "label\ttext\npos\tbom, é\nneg\t\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_read(tmp_path, name, content, end, mark):
    path = tmp_path / name
    path.write_bytes((mark + content.replace("\n", end)).encode())
    first = 1 if name == "a.jsonl" else 2
    assert list(read(path, label="label")) == [
        Document("bom, é", "pos", str(path), first),
        Document("", "neg", str(path), first + 1),
    ]
    assert [d.label for d in read(str(path))] == [None, None]


def test_plain_text_is_a_document_a_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("um\n\ndois\u2028três\n".encode())
    found = list(read(path, text="ignored"))
    assert found == [
        Document("um", None, str(path), 1),
        Document("", None, str(path), 2),
        Document("dois\u2028três", None, str(path), 3),
    ]
    assert found[2].where == f"{path}:3"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(tmp_path, pack):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(pack(b"text\none\n"))
    assert [d.text for d in read(path)] == ["one"]


def test_documents_are_streamed(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "good"}\nbad\n')
    documents = read(path)
    assert next(documents).text == "good"
    with pytest.raises(DataError):
        next(documents)


def test_a_document_from_no_file_is_nowhere():
    assert Document("a").where is None


def test_other_fields_can_be_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("review,stars,note\ngood,5,x\n")
    (document,) = read(path, text="review", label="stars")
    assert (document.text, document.label) == ("good", "5")


def test_a_whole_number_is_a_label(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": 0}\n{"text": "a", "label": -3}')
    assert [d.label for d in read(path, label="label")] == ["0", "-3"]


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.jsonl", b"", None, "no document"),
        ("a.txt", b"", None, "no document"),
        ("a.csv", b"", None, "no document"),
        ("a.csv", b"text,label\n", None, "no document"),
        ("a.jsonl", b'{"text": "a", "label": "b"}\n\n', 2, "an empty line"),
        ("a.jsonl", b'{"text": "a", "label": "b"}\n{"text": \n', 2, "not JSON"),
        ("a.jsonl", b"[" * 100_000, 1, "not JSON"),
        ("a.jsonl", b'{"n": ' + b"9" * 5000 + b"}", 1, "not JSON"),
        ("a.jsonl", b'["a"]', 1, "a list, not an object"),
        ("a.jsonl", b"null", 1, "null, not an object"),
        ("a.jsonl", b"3", 1, "a number, not an object"),
        ("a.jsonl", b'{"text": "a", "label": "b"}\n{"txt": "a", "label": "b"}', 2, "no field"),
        ("a.jsonl", b"{}", 1, "the fields are: none"),
        ("a.jsonl", b'{"text": null, "label": "b"}', 1, "'text' holds null, not text"),
        ("a.jsonl", b'{"text": 3, "label": "b"}', 1, "holds a number, not text"),
        ("a.jsonl", b'{"text": ["a"], "label": "b"}', 1, "holds a list, not text"),
        ("a.jsonl", b'{"text": "a"}', 1, "no field 'label'"),
        ("a.jsonl", b'{"text": "a", "label": ""}', 1, "an empty text, not a label"),
        ("a.jsonl", b'{"text": "a", "label": " "}', 1, "an empty text, not a label"),
        ("a.jsonl", b'{"text": "a", "label": true}', 1, "true or false, not a label"),
        ("a.jsonl", b'{"text": "a", "label": 1.0}', 1, "a number, not a label"),
        ("a.jsonl", b'{"text": "a", "label": {}}', 1, "an object, not a label"),
        ("a.jsonl", b'{"text": "a", "label": null}', 1, "null, not a label"),
        ("a.jsonl", b'{"text": "a", "label": "b"}\n{"text": "\xe9"}', 2, "not UTF-8"),
        ("a.csv", b"text,label\na,b\nc\n", 3, "1 columns where the header names 2"),
        ("a.csv", b"text,label\na,b,c\n", 2, "3 columns where the header names 2"),
        ("a.csv", b'text,label\n"a\nb",c\nd\n', 4, "1 columns"),
        ("a.csv", b'text,label\na,b\n"c,d\ne,f\n', 3, "a broken row"),
        ("a.csv", b'text,label\n"a"b,c\n', 2, "a broken row"),
        ("a.csv", b"text,text\na,b\n", 1, "same name"),
        ("a.csv", b"txt,label\na,b\n", 2, "no field 'text'"),
        ("a.csv", b"text,label\na,\n", 2, "an empty text, not a label"),
        ("a.csv", b"text,label\na,b\n\xe9,b\n", 3, "not UTF-8"),
        ("a.tsv", b"text\tlabel\na,b\n", 2, "1 columns where the header names 2"),
        ("a.txt", b"a\n\xff\n", 2, "not UTF-8"),
    ],
)
def test_bad_data_is_located(tmp_path, name, content, line, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read(path, label=None if name == "a.txt" else "label"))
    assert message in caught.value.message
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.jsonl", '["tag", "c"]|["c"]|[]', {}),
        ("a.jsonl", '["tag", "c"]|"c"|" "', {"separator": ";"}),
        ("a.csv", "tag; c| c|", {"separator": ";"}),
        ("a.tsv", "tag::c|c| ", {"separator": "::"}),
    ],
)
def test_a_document_may_have_several_labels(tmp_path, name, content, options):
    path = tmp_path / name
    row = {"a.jsonl": '{"text": "t", "label": %s}', "a.csv": "t,%s", "a.tsv": "t\t%s"}[name]
    header = [] if name == "a.jsonl" else [row.replace("t", "text", 1) % "label"]
    path.write_text("\n".join([*header, *(row % labels for labels in content.split("|"))]))
    found = [d.label for d in read(path, label="label", multilabel=True, **options)]
    assert found == [("tag", "c"), ("c",), ()]


def test_labels_are_all_of_them_however_many():
    labels = ["x", ("x", "y"), (), None]
    assert [Document("a", each).labels for each in labels] == [("x",), ("x", "y"), (), ()]


@pytest.mark.parametrize(
    ("name", "content", "separator", "message"),
    [
        ("a.jsonl", '{"text": "a", "label": null}', None, "holds null, not a list of labels"),
        ("a.jsonl", '{"text": "a", "label": 3}', ";", "holds a number, not a list of labels"),
        ("a.jsonl", '{"text": "a", "label": "a;b"}', None, "holds a text, not a list of labels"),
        ("a.jsonl", '{"text": "a", "label": ["a", ""]}', None, "an empty text, not a label"),
        ("a.jsonl", '{"text": "a", "label": ["a", ["b"]]}', None, "a list, not a label"),
        ("a.jsonl", '{"text": "a", "label": ["1", 1]}', None, "holds a label twice"),
        ("a.csv", "text,label\na,b", None, "holds a text, not a list of labels"),
        ("a.csv", "text,label\na,b;", ";", "an empty text, not a label"),
        ("a.csv", "text,label\na,b;c;b", ";", "holds a label twice"),
    ],
)
def test_bad_labels_are_located(tmp_path, name, content, separator, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        list(read(path, label="label", multilabel=True, separator=separator))
    assert message in caught.value.message
    assert caught.value.where == f"{path}:{1 if name == 'a.jsonl' else 2}"


def test_a_list_where_one_label_is_wanted_names_the_option(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": ["b"]}')
    with pytest.raises(DataError, match="a list, not a label") as caught:
        list(read(path, label="label"))
    assert "multilabel" in caught.value.remedy


def test_a_misspelt_field_names_the_near_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("texto,label\na,b\n")
    with pytest.raises(DataError) as caught:
        list(read(path))
    assert "texto, label" in caught.value.message
    assert "'texto'" in caught.value.remedy


def test_plain_text_has_no_labels(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    with pytest.raises(CallError, match="no labels"):
        list(read(tmp_path / "a.txt", label="label"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.txt"])
def test_a_long_document_is_read_whole(tmp_path, name):
    path, text = tmp_path / name, "palavra " * 50_000
    head = {"a.jsonl": '{"text": "%s"}', "a.csv": "text\n%s", "a.tsv": "text\n%s", "a.txt": "%s"}
    path.write_text(head[name] % text)
    assert [d.text for d in read(path)] == [text]


TRICKY = " \t\n\"',\\\u0085\u00a0\u2028\x00\x1c\ufeffé"
text = st.text(st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"]))
field = text.map(lambda value: value.replace("\r", "\r\n"))


@settings(deadline=None)
@given(records=st.lists(st.dictionaries(text, text | st.integers() | st.none()), min_size=1))
def test_json_lines_come_back(folder, records):
    path = folder / "a.jsonl"
    written = "\n".join(json.dumps(r, ensure_ascii=False) for r in records)
    path.write_bytes(written.encode())
    assert list(rows(path)) == [Row(i, r, str(path)) for i, r in enumerate(records, 1)]


@settings(deadline=None)
@given(
    table=st.integers(1, 3).flatmap(
        lambda width: st.tuples(
            st.lists(field, min_size=width, max_size=width, unique=True),
            st.lists(st.lists(field, min_size=width, max_size=width), min_size=1, max_size=5),
        )
    ),
    kind=st.sampled_from([("csv", ","), ("tsv", "\t")]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_tables_come_back_with_their_lines(folder, table, kind, end):
    header, body = table
    suffix, delimiter = kind
    path, line, expected = folder / f"a.{suffix}", 1, []
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    for row in [header, *body]:
        expected.append(Row(line, dict(zip(header, row, strict=True)), str(path)))
        writer.writerow(row)
        line += 1 + sum(field.count("\n") for field in row)
    path.write_bytes(buffer.getvalue().encode())
    assert list(rows(path)) == expected[1:]


def test_line_numbers_count_quoted_line_breaks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'text,label\r\n"one\r\ntwo\n\nthree",a\r\nfour,b\r\n"f ""i"" ve",c')
    assert [(d.line, d.text) for d in read(path)] == [
        (2, "one\r\ntwo\n\nthree"),
        (6, "four"),
        (7, 'f "i" ve'),
    ]


# sources, encodings and repairs


def test_several_files_are_read_one_after_the_other(tmp_path):
    (tmp_path / "a.csv").write_text("text\none\n")
    (tmp_path / "b.jsonl").write_text('{"text": "two"}\n{"text": "three"}\n')
    (tmp_path / "c.txt").write_text("four\n")
    expected = [("one", "a.csv", 2), ("two", "b.jsonl", 1), ("three", "b.jsonl", 2)]
    found = [(d.text, Path(d.file).name, d.line) for d in read(tmp_path)]
    assert found == [*expected, ("four", "c.txt", 1)]
    assert [r.where for r in rows(tmp_path / "*.csv")] == [f"{tmp_path / 'a.csv'}:2"]
    with pytest.raises(CallError, match="no labels") as caught:
        list(read(tmp_path / "*.txt", label="text"))
    assert caught.value.where == str(tmp_path / "c.txt")


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.tsv", "x.txt"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings(tmp_path, name, encoding):
    content = {"x.jsonl": '{"text": "é"}', "x.txt": "é"}.get(name, "text\né\n")
    (tmp_path / name).write_bytes(content.encode(encoding))
    assert [d.text for d in read(tmp_path / name, encoding=encoding)] == ["é"]


def test_members_of_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("reviews.csv", "text\nbom\n")
        archive.writestr("more.jsonl", '{"text": "mau"}')
    assert [d.text for d in read(tmp_path / "x.zip" / "reviews.csv")] == ["bom"]
    assert [d.text for d in read(tmp_path / "x.zip" / "more.jsonl")] == ["mau"]


def test_the_standard_input_with_its_format(monkeypatch):
    def stdin():
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"text\nbom\n")))

    stdin()
    (document,) = read("-", format="csv")
    assert (document.text, document.where) == ("bom", "standard input:2")
    stdin()
    with pytest.raises(CallError, match="does not tell the format"):
        list(read("-"))


def test_a_given_format_is_stronger_than_the_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\nbom\n")
    assert [d.text for d in read(path, format="text")] == ["text", "bom"]


REPAIRED = [
    ("a.csv", b"text,label\na,x\nb\nc,x,y\nd,x\n", ["a", "d"], {"ragged row left out": 2}),
    ("a.csv", b'text,label\na,x\n"b"c,x\nd,x\n', ["a", "d"], {"broken row left out": 1}),
    ("a.csv", b'text,label\n"b,x\nc,x\nd,x', ["c", "d"], {"broken row left out": 1}),
    ("a.csv", b'text,label\na,x\n"b"c\n"d","x\ny"\n', ["a", "d"], {"broken row left out": 1}),
    ("a.csv", b"text,label\na,\nb,x", ["b"], {"record with an unfit value left out": 1}),
    ("a.csv", b"text,label\na\xff,x", ["a\ufffd"], {"line with bad bytes, replaced by U+FFFD": 1}),
    (
        "a.jsonl",
        b'{"text": "a", "label": "x"}\n\n{"text": \n[1]\n{"text": "b", "label": "x"}',
        ["a", "b"],
        {"broken line left out": 3},
    ),
    (
        "a.jsonl",
        b'{"text": "a", "label": "x"}\n{"txt": "b", "label": "x"}\n{"text": "c"}',
        ["a"],
        {"record without a wanted field left out": 2},
    ),
    (
        "a.jsonl",
        b'{"text": null, "label": "x"}\n{"text": "a", "label": []}\n{"text": "b", "label": 1}',
        ["b"],
        {"record with an unfit value left out": 2},
    ),
    (
        "a.jsonl",
        '{"text": "pÃ¡gina", "label": "x"}'.encode(),
        ["página"],
        {"line that was encoded twice, mended": 1},
    ),
]


@pytest.mark.parametrize(("name", "content", "texts", "counts"), REPAIRED)
def test_repairs_are_made_and_counted(tmp_path, name, content, texts, counts):
    path, repairs = tmp_path / name, Repairs()
    path.write_bytes(content)
    assert [d.text for d in read(path, label="label", repairs=repairs)] == texts
    assert repairs.counts == counts
    assert f"{path}:" in str(repairs)


def test_lines_are_right_after_a_broken_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'text,label\n"b,x\nc,x\n"d\ne",x\n"f"g,x\nh,x\n')
    repairs = Repairs()
    assert [(d.line, d.text) for d in read(path, repairs=repairs)] == [
        (3, "c"),
        (4, "d\ne"),
        (7, "h"),
    ]
    assert "a.csv:2, " in str(repairs)
    assert "a.csv:6)" in str(repairs)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,text\na,b\n", "same name"),
        (b'"text,label\na,b\n', "a broken row"),
        (b"txt,label\na,b\n", "no document is left"),
        (b"text,label\na\n", "no document is left"),
        (b"", "no document is left"),
    ],
)
def test_what_cannot_be_repaired(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        list(read(path, repairs=Repairs()))
    assert caught.value.where.startswith(str(path))


def test_an_empty_file_among_others(tmp_path):
    (tmp_path / "a.csv").write_text("text\n")
    (tmp_path / "b.csv").write_text("text\none\n")
    with pytest.raises(DataError, match="holds no document") as caught:
        list(read(tmp_path))
    assert caught.value.where == str(tmp_path / "a.csv")
    repairs = Repairs()
    assert [d.text for d in read(tmp_path, repairs=repairs)] == ["one"]
    assert repairs.counts == {"file without documents left out": 1}


# hold_out and target


some = st.lists(st.builds(Document, st.sampled_from("abcdefg\ud800") | st.text()), min_size=2)


@given(some, st.data(), st.integers(0, 2**64))
def test_hold_out_parts_the_documents(documents, data, seed):
    number = data.draw(st.integers(1, len(documents) - 1))
    kept, held = hold_out(documents, number, seed=seed)
    assert len(held) == number
    assert sorted(d.text for d in kept + held) == sorted(d.text for d in documents)


@given(some, st.data(), st.randoms(use_true_random=False))
def test_hold_out_does_not_depend_on_the_order(documents, data, random):
    number = data.draw(st.integers(1, len(documents) - 1))
    shuffled = random.sample(documents, len(documents))
    first, again = (hold_out(d, number, seed=3)[1] for d in (documents, shuffled))
    assert sorted(d.text for d in first) == sorted(d.text for d in again)


def test_hold_out_keeps_the_order_and_follows_the_seed():
    documents = [Document(str(i)) for i in range(60)]
    choices = set()
    for seed in range(5):
        kept, held = hold_out(documents, 20, seed=seed)
        for part in (kept, held):
            assert part == sorted(part, key=lambda d: int(d.text))
        assert not set(kept) & set(held)
        choices.add(tuple(held))
    assert len(choices) == 5


def test_hold_out_gives_the_same_everywhere():
    documents = [Document(word) for word in ("um", "dois", "três", "quatro", "cinco", "seis")]
    assert [d.text for d in hold_out(documents, 3, seed=13)[1]] == ["dois", "três", "cinco"]


@pytest.mark.parametrize("number", [-1, 0, 3, 4])
def test_hold_out_of_too_many(number):
    with pytest.raises(CallError, match="of 3 examples"):
        hold_out([Document("a"), Document("b"), Document("c")], number, seed=0)


LABELS = Vocabulary(["neg", "pos"], specials=())


def test_target_is_the_label_s_id():
    assert [target(Document("a", label), LABELS) for label in ("neg", "pos")] == [0, 1]


@pytest.mark.parametrize(
    ("label", "message", "remedy"),
    [
        (None, "no label", None),
        ("poss", "'poss' never occurs", "'pos'"),
        ("qq", "its labels are: neg, pos", "mend"),
    ],
)
def test_a_label_that_training_lacks(label, message, remedy):
    with pytest.raises(DataError) as caught:
        target(Document("a", label, "f.csv", 7), LABELS)
    assert message in caught.value.message
    assert caught.value.where == "f.csv:7"
    assert remedy is None or remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("label", "has"),
    [(("pos", "neg"), [1, 1]), (("pos",), [0, 1]), ((), [0, 0]), ("neg", [1, 0])],
)
def test_targets_are_which_labels_a_document_has(label, has):
    found = targets(Document("a", label), LABELS)
    assert found.dtype == bool
    assert found.tolist() == has


@pytest.mark.parametrize(
    ("label", "message"), [(None, "no label"), (("pos", "poss"), "'poss' never occurs")]
)
def test_labels_that_training_lacks(label, message):
    with pytest.raises(DataError, match=message) as caught:
        targets(Document("a", label, "f.csv", 7), LABELS)
    assert caught.value.where == "f.csv:7"


@pytest.mark.parametrize("label", [(), ("neg",), ("neg", "pos")])
def test_one_target_is_not_several(label):
    with pytest.raises(DataError, match="several labels") as caught:
        target(Document("a", label, "f.csv", 7), LABELS)
    assert caught.value.where == "f.csv:7"


def test_a_fingerprint_changes_with_any_text_label_or_order():
    rows = [Document("a", "x"), Document("b", "y")]
    others = [rows[::-1], [Document("a", "y"), rows[1]], [Document("ab", "x"), Document("", "y")],
              rows[:1], [], [Document("a", ("x",)), rows[1]], [Document("a", ("x", "y")), rows[1]],
              [Document("a", ()), rows[1]]]  # fmt: skip
    assert fingerprint(rows) == fingerprint(Document(d.text, d.label, "f", 3) for d in rows)
    assert len({fingerprint(each) for each in [rows, *others]}) == 9
