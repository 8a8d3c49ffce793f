import json

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.lint import Findings, Options, check

BALANCED = "".join(f'{{"text": "texto {i}", "label": "{"ab"[i % 2]}"}}\n' for i in range(10))
TWICE = "página não".encode().decode("latin-1")


def problems(found):
    return [(f.where, f.kind) for f in found if f.level == "problem" and f.kind != "classes"]


def test_a_clean_corpus_has_facts_and_no_problem(found):
    told = found({"a.jsonl": BALANCED})
    assert {f.level for f in told} == {"note"}
    facts = {f.kind: f.value for f in told}
    assert facts["records"] == 10
    assert facts["labels"] == {"a": 5, "b": 5}
    assert facts["lengths"] == {"min": 2, "median": 2, "mean": 2.0, "99th percentile": 2, "max": 2}
    assert facts["vocabulary"] == {"words": 11, "once": 10}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "um\n\n dois\n", [("a.txt:2", "empty")]),
        ("a.txt", "um\ndois\num\n", [("a.txt:3", "duplicate")]),
        ("a.txt", "um\x07\n\ufffd\n", [("a.txt:1", "characters"), ("a.txt:2", "characters")]),
        ("a.txt", b"caf\xe9\nol\xc3\xa1\n\xff\n", [("a.txt:1", "bytes"), ("a.txt:3", "bytes")]),
        ("a.txt", f"um\n{TWICE}\n", [("a.txt:2", "encoded twice")]),
        ("a.txt", "", [("a.txt", "empty")]),
        ("a.csv", "text,x\na,1\nb\nc,2,3\n", [("a.csv:3", "row"), ("a.csv:4", "row")]),
        ("a.csv", "text,text\na,1\n", [("a.csv:1", "file")]),
        ("a.csv", "txt\na\nb\n", [("a.csv:2", "field"), ("a.csv:3", "field")]),
        ("a.jsonl", '{"text": "a"}\n[]\n\n{"text": 1}\n',
         [("a.jsonl:2", "row"), ("a.jsonl:3", "row"), ("a.jsonl:4", "field")]),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": "b"}\n{"text": "c", "label": 1.5}\n',
         [("a.jsonl:2", "field"), ("a.jsonl:3", "field")]),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": "a", "label": "y"}\n',
         [("a.jsonl:2", "label conflict")]),
        ("a.jsonl", '{"text": "a", "label": ["x", "x"]}\n', [("a.jsonl:1", "field")]),
        ("a.txt.gz", b"\x1f\x8b\x08broken", [("a.txt.gz", "file")]),
    ],
)  # fmt: skip
def test_each_problem_has_its_place(found, name, content, expected):
    told = problems(found({name: content}))
    summaries = [(name, kind) for kind in ("bytes", "encoded twice")]
    assert [each for each in told if each not in summaries] == expected


def test_bad_bytes_are_not_told_again_as_lost_characters(found):
    assert "characters" not in {f.kind for f in found({"a.txt": b"caf\xe9\n"})}


def test_of_each_kind_so_many_are_shown_and_the_rest_counted(found):
    told = [f for f in found({"a.txt": "a\n" * 8}, most=3) if f.kind == "duplicate"]
    assert [f.where for f in told] == ["a.txt:2", "a.txt:3", "a.txt:4", "a.txt"]
    assert told[-1].value == 7


def test_encoded_twice_is_counted_with_its_remedy(found):
    *_, last = found({"a.txt": f"{TWICE}\nsim\n{TWICE}!\n"})
    assert last.value == 2
    assert "encoded twice" in last.message
    assert "--repair" in last.message


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("a" * 6, ["one label only: 'a'"]),
        ("aaaaabbbb", ["label 'b' occurs 4×, fewer than 5×"]),
        ("a" * 495 + "b" * 5, []),
        ("a" * 496 + "b" * 5, ["label 'b' has 5 of 501 rows, below 1%"]),
    ],
)
def test_classes_that_cannot_be_learned(found, labels, expected):
    rows = (json.dumps({"text": f"t{i}", "label": x}) for i, x in enumerate(labels))
    told = found({"a.jsonl": "\n".join(rows)})
    assert [f.message for f in told if f.kind == "classes"] == expected


def test_a_text_that_is_far_too_long(found):
    texts = [f"a b {i}" for i in range(200)] + ["x " * 30 + "1", "x " * 30]
    told = [f for f in found({"a.txt": "\n".join(texts)}) if f.kind == "length"]
    assert [f.where for f in told] == ["a.txt:201"]


def test_across_the_split(found):
    words = " ".join(f"w{i}" for i in range(40))
    train = ["um texto", f"{words} z", "outro"]
    dev = ["outro", words, "novo"]

    def rows(texts, label):
        return "".join(json.dumps({"text": t, "label": label}) + "\n" for t in texts)

    told = found(
        {"a.jsonl": rows(train, "x"), "dev.jsonl": rows(dev, "y")}, dev="dev.jsonl", most=9
    )
    split = {f.where: f.message for f in told if f.kind == "split"}
    assert set(split) == {"a.jsonl:2", "a.jsonl:3", "dev.jsonl:1"}
    assert "like a text of the dev part: dev.jsonl:2" in split["a.jsonl:2"]
    assert "dev.jsonl:1" in split["a.jsonl:3"]
    assert "'y' is in the dev part only" in split["dev.jsonl:1"]


def test_a_folder_is_one_corpus_of_all_formats(found):
    files = {
        "c/a.txt": "um\n",
        "c/b.conll": "um O\nx B-X\n",
        "c/s/c.csv": "text\num\n",
        "c/n.md": "",
    }
    found(files)
    told = []
    check("c", Options(), Findings(told.append))
    assert problems(told) == [("c/s/c.csv:2", "duplicate")]
    assert [f.where for f in told if f.kind == "records"] == ["c/a.txt", "c/b.conll", "c/s/c.csv"]


def test_no_such_file_or_format_is_a_wrong_call(found):
    with pytest.raises(CallError, match="no such file"):
        check("nothing.txt", Options(), Findings(print))
    with pytest.raises(CallError, match="does not tell the format"):
        found({"a.xyz": "um\n"})


def test_other_fields_and_encodings(found):
    content = "corpo;nota\nolá;1\n".replace(";", "\t").encode("latin-1")
    told = found({"a.tsv": content}, text="corpo", label="nota", encoding="latin-1")
    assert problems(told) == []
    assert {f.kind: f.value for f in told}["labels"] == {"1": 1}


def test_equal_texts_of_both_sides_are_told_once_a_row(found):
    told = found({"a.txt": "um dois\n" * 4, "dev.txt": "um dois\n" * 4}, dev="dev.txt")
    assert [f.where for f in told if f.kind == "split"] == [f"a.txt:{i}" for i in range(1, 5)]


@pytest.mark.parametrize(
    ("multilabel", "label", "wrong"),
    [
        (None, ["a", "b"], False),
        (None, "a", False),
        (True, ["a", "b"], False),
        (True, "a", True),
        (False, ["a"], True),
        (False, 3, False),
    ],
)
def test_one_label_or_a_list_of_them(found, multilabel, label, wrong):
    told = found({"a.jsonl": json.dumps({"text": "t", "label": label})}, multilabel=multilabel)
    assert problems(told) == ([("a.jsonl:1", "field")] if wrong else [])


def test_parquet_has_rows(found):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table({"text": ["um", "", "um", None]}), sink)
    told = found({"a.parquet": sink.getvalue().to_pybytes()})
    assert problems(told) == [
        ("a.parquet: row 2", "empty"),
        ("a.parquet: row 3", "duplicate"),
        ("a.parquet: row 4", "field"),
    ]
    assert told[0].place == ("a.parquet", 2)


def test_lone_surrogates_are_told_and_looked_up(found):
    from nlpseq.pipelines.lint.options import VectorsSource

    files = {"a.jsonl": '{"text": "um \\ud800"}\n', "v.txt": "1 2\num 1 0\n"}
    told = found(files, vectors=(VectorsSource("v.txt"),))
    assert problems(told) == [("a.jsonl:1", "characters")]
    [note] = [f for f in told if f.kind == "coverage"]
    assert note.value == {"tokens": 0.5, "words": 0.5}


def test_more_labels_than_classes_can_be(found, monkeypatch):
    from nlpseq.pipelines.lint import labels

    monkeypatch.setattr(labels, "MOST", 3)
    rows = "".join(f'{{"text": "t{i}", "label": "{i}"}}\n' for i in range(5))
    told = [f.message for f in found({"a.jsonl": rows}) if f.kind == "classes"]
    assert told == ["more than 3 different labels: are they classes?"]
