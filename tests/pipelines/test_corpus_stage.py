import json

import pytest
from pydantic import ValidationError

from nlpseq.errors import DataError
from nlpseq.pipelines.stages import Artefacts, CorpusStage, Job


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def reviews(tmp_path):
    rows = [{"text": f"filme {i}", "label": "pos" if i % 3 else "neg"} for i in range(60)]
    return write(tmp_path / "a.jsonl", rows)


def run(seed=1, **options):
    artefacts, figures = CorpusStage(**options).run(Artefacts(), Job(seed=seed))
    return artefacts.corpus, figures


def test_fewer_documents_are_among_more(reviews):
    parts = [run(train=reviews, hold_out=9, limit=limit)[0] for limit in (5, 20, 51, 900, None)]
    texts = [{d.text for d in corpus.train} for corpus in parts]
    assert [len(each) for each in texts] == [5, 20, 51, 51, 51]
    assert texts[0] < texts[1] < texts[2] == texts[3] == texts[4]
    assert all(corpus.dev == parts[0].dev for corpus in parts)
    assert not texts[2] & {d.text for d in parts[0].dev}
    assert {d.text for d in run(2, train=reviews, hold_out=9, limit=5)[0].train} != texts[0]


def test_the_labels_do_not_depend_on_the_limit(reviews):
    corpus, figures = run(train=reviews, hold_out=9, limit=1)
    assert corpus.labels.words == ["neg", "pos"]
    assert figures == {"train": 1, "dev": 9, "labels": 2}


def test_documents_with_any_number_of_labels(tmp_path):
    rows = [{"text": "a", "label": ["y", "x"]}, {"text": "b", "label": []}]
    train, dev = write(tmp_path / "a.jsonl", rows), write(tmp_path / "b.jsonl", rows[1:])
    corpus, figures = run(train=train, dev=dev, multilabel=True)
    assert corpus.multilabel
    assert [d.label for d in corpus.train] == [("y", "x"), ()]
    assert corpus.labels.words == ["x", "y"]
    assert figures["labels"] == 2


def test_several_labels_in_a_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,x|y\nb,\nc,y\n")
    options = {"train": str(path), "dev": str(path), "multilabel": True}
    corpus, _ = run(**options, label_separator="|")
    assert [d.label for d in corpus.train] == [("x", "y"), (), ("y",)]
    with pytest.raises(DataError, match="not a list of labels") as caught:
        run(**options)
    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["x", "x"], {}, "one label only, 'x'"),
        ([[], []], {"multilabel": True}, "has no label"),
    ],
)
def test_too_few_labels(tmp_path, labels, options, message):
    train = write(tmp_path / "a.jsonl", [{"text": "a", "label": label} for label in labels])
    with pytest.raises(DataError, match=message) as caught:
        run(train=train, hold_out=1, **options)
    assert caught.value.where == train


def test_one_of_several_labels_is_enough(tmp_path):
    train = write(tmp_path / "a.jsonl", [{"text": t, "label": ["x"]} for t in "ab"])
    assert run(train=train, hold_out=1, multilabel=True)[0].labels.words == ["x"]


def test_a_label_of_dev_alone_is_located(tmp_path):
    train = write(tmp_path / "a.jsonl", [{"text": "a", "label": ["x"]}])
    dev = write(tmp_path / "b.jsonl", [{"text": "a", "label": ["x", "z"]}])
    with pytest.raises(DataError, match="'z' never occurs") as caught:
        run(train=train, dev=dev, multilabel=True)
    assert caught.value.where == f"{dev}:1"


def test_a_separator_is_for_several_labels_only():
    with pytest.raises(ValidationError, match="for multilabel only"):
        CorpusStage(train="a", hold_out=1, label_separator=";")


def test_a_share_held_out_keeps_its_side_when_the_file_grows(tmp_path):
    rows = [{"text": f"filme {i}", "label": "pos" if i % 3 else "neg"} for i in range(300)]
    few, _ = run(train=write(tmp_path / "a.jsonl", rows[:200]), hold_out=0.2)
    many, _ = run(train=write(tmp_path / "b.jsonl", rows[::-1]), hold_out=0.2)
    assert {d.text for d in few.dev} < {d.text for d in many.dev}
    assert {d.text for d in few.train} < {d.text for d in many.train}
    assert 40 < len(many.dev) < 80


def test_a_share_that_leaves_a_side_empty(tmp_path):
    train = write(tmp_path / "a.jsonl", [{"text": "a", "label": "x"}, {"text": "a", "label": "y"}])
    with pytest.raises(DataError, match="a side of the split has no document") as caught:
        run(train=train, hold_out=0.5)
    assert caught.value.where == train


def test_a_folder_in_another_encoding(tmp_path):
    for name, label in (("a", "pos"), ("b", "neg")):
        content = f"text,label\nnão {name},{label}\n"
        (tmp_path / f"{name}.csv").write_bytes(content.encode("latin-1"))
    options = {"train": str(tmp_path), "dev": str(tmp_path / "*.csv"), "encoding": "latin-1"}
    corpus, figures = run(**options)
    assert [d.text for d in corpus.train] == [d.text for d in corpus.dev] == ["não a", "não b"]
    assert "repaired" not in figures
    with pytest.raises(DataError, match="is not UTF-8") as caught:
        run(**options | {"encoding": "utf-8"})
    assert caught.value.where == f"{tmp_path / 'a.csv'}:2"


def test_repairs_are_counted_and_told(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,x\nb,y,z\nc\xff,y\n")
    with pytest.raises(DataError):
        run(train=str(path), dev=str(path))
    caplog.set_level("INFO", logger="nlpseq")
    corpus, figures = run(train=str(path), dev=str(path), repair=True)
    assert [d.text for d in corpus.train] == ["a", "c\ufffd"]
    assert figures["repaired"] == 4  # in train and in dev
    assert f"{path}:3" in caplog.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["o", "dr", ".", "d", "'", "ávila", "!"]),
        ({"recipe": "nilc"}, ["o", "dr", ".", "d'ávila", "!"]),
        ({"tokenizer": "whitespace"}, ["o", "dr.", "d'ávila!"]),
        ({"tokenizer": "spacy", "language": "pt"}, ["o", "dr.", "d'ávila", "!"]),
        ({"punctuation": False}, ["o", "dr", "d'ávila"]),
    ],
)
def test_the_tokenizer_is_chosen(reviews, options, words):
    corpus, _ = run(train=reviews, hold_out=9, **options)
    assert corpus.tokenizer.words("O Dr. d'Ávila!") == words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokenizer": "spacy"}, "needs a language"),
        ({"language": "pt"}, "for the kind spacy"),
        ({"recipe": "nilc", "punctuation": False}, "marks cannot be left out"),
        ({"hold_out": 0.1, "held_out": "last"}, "wants a number of documents"),
        ({"hold_out": 1.5}, "should be"),
        ({"hold_out": 0}, "should be"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValidationError, match=message):
        CorpusStage(**{"train": "a", "hold_out": 1} | options)
