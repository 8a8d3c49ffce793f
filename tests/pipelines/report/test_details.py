import json

import numpy as np
import pytest

from nlpseq.embeddings.coverage import Coverage
from nlpseq.errors import DataError
from nlpseq.metrics.classification import classification
from nlpseq.metrics.multilabel import multilabel
from nlpseq.metrics.spans import span_report
from nlpseq.metrics.translation import translation_report
from nlpseq.models.classify.answers import Classification, Labels
from nlpseq.models.tag.answers import EMPTY, Tagging
from nlpseq.models.translate.answers import Translation
from nlpseq.pipelines.report.details import LABELS, Details, details, origin
from nlpseq.pipelines.report.errors import LONGEST, LOOKED_AT, MOST
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import Artefacts, CorpusStage, VectorsStage
from nlpseq.pipelines.stages.corpora import Documents, ParallelCorpus, TaggedCorpus
from nlpseq.text.corpus import Document, Pair
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import spans
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary


class Model:
    """Gives answers that are known, and says what it was asked."""

    coverage = None

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def predict(self, inputs):
        self.asked = list(inputs)
        return iter(self.answers[: len(self.asked)])


def plain(artefacts):
    """Details as they come back from the disk."""
    found = details(artefacts)
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    return Details.read(again)


def documents(gold, labels, multilabel=False):
    dev = [Document(f"text {i}", label) for i, label in enumerate(gold)]
    return Documents([], dev, Vocabulary(labels, specials=()), Tokenizer(), multilabel)


def one(label, p):
    return Classification(label, p, {}, None if label else "the document is empty")


def test_errors_of_a_classifier_come_most_certain_first():
    gold = ["a", "b", "a", "b", "a"]
    answers = [one("a", 0.9), one("a", 0.6), one(None, None), one("a", 0.8), one("b", 0.7)]
    report = classification(gold, [answer.label for answer in answers], ["a", "b"])
    found = plain(Artefacts(documents(gold, ["a", "b"]), model=Model(answers), report=report))
    assert [(e.text, e.true, e.predicted, e.confidence) for e in found.examples] == [
        ("text 3", "b", "a", 0.8),
        ("text 4", "a", "b", 0.7),
        ("text 1", "b", "a", 0.6),
        ("text 2", "a", "(no answer)", None),
    ]
    assert (found.wrong, found.looked_at) == (4, 5)
    assert found.signature == report.signature
    assert found.confusion.counts == report.confusion.tolist() == [[1, 1, 1], [2, 0, 0]]
    assert found.confusion.columns == ["a", "b", "(no answer)"]
    assert [(x.name, x.gold, x.predicted) for x in found.labels] == [("a", 3, 3), ("b", 2, 1)]
    assert [x.f1 for x in found.labels] == report.f1


def test_they_are_few_and_short_and_looked_for_in_a_part():
    gold = ["a"] * (LOOKED_AT + 100)
    model = Model([one("b", i / 1e5) for i in range(len(gold))])
    corpus = documents(gold, ["a", "b"])
    corpus.dev[LOOKED_AT - 1] = Document("x" * 1000, "a")
    report = classification(gold, ["b"] * len(gold), ["a", "b"])
    found = plain(Artefacts(corpus, model=model, report=report))
    assert len(model.asked) == found.looked_at == found.wrong == LOOKED_AT
    assert len(found.examples) == MOST
    assert found.examples[0].text == "x" * (LONGEST - 1) + "…"
    assert found.examples[1].text == f"text {LOOKED_AT - 2}"


def test_of_many_labels_the_rare_ones_are_one_and_no_document_is_lost():
    random = np.random.default_rng(1)
    labels = [f"{'l' * 150} {i}" if i == 3 else f"l{i}" for i in range(120)]
    weights = np.arange(120, 0, -1)
    gold, predicted = random.choice(labels, (2, 3000), p=weights / weights.sum()).tolist()
    predicted[5] = None
    report = classification(gold, predicted, labels)
    found = plain(Artefacts(report=report))
    matrix = np.array(found.confusion.counts)
    assert matrix.shape == (LABELS, LABELS + 1)
    assert len(found.confusion.columns) == LABELS + 1
    assert matrix.sum() == 3000
    assert found.confusion.labels[-1] == "(71 other labels)"
    assert max(map(len, found.confusion.labels)) == 100
    kept = [labels.index(name) for name in found.confusion.labels[:-1] if name in labels]
    assert kept == sorted(kept)
    rows = report.confusion.sum(axis=1)
    assert rows[kept].min() >= np.delete(rows, [*kept, 3]).max()
    at = kept.index(7)
    assert matrix[at + (3 < 7), at + (3 < 7)] == report.confusion[7, 7]
    assert (len(found.labels), found.more_labels) == (LABELS - 1, 71)


def test_of_several_labels_the_most_certain_wrong_one_counts():
    gold = [("a", "b"), ("a",), (), ("b",)]
    answers = [
        Labels(("a",), {"a": 0.9, "b": 0.4}),  # b is lacking, with 0.6
        Labels(("a", "b"), {"a": 0.9, "b": 0.7}),
        Labels(None, {}, "the document is empty"),
        Labels(("b",), {"a": 0.1, "b": 0.8}),
    ]
    report = multilabel(gold, [answer.labels for answer in answers], ["a", "b"])
    corpus = documents(gold, ["a", "b"], multilabel=True)
    found = plain(Artefacts(corpus, model=Model(answers), report=report))
    assert [(e.true, e.predicted) for e in found.examples] == [
        ("a", "a, b"), ("a, b", "a"), ("(none)", "(no answer)"),
    ]  # fmt: skip
    assert [e.confidence for e in found.examples] == [0.7, pytest.approx(0.6), None]
    assert found.confusion is None
    assert [(x.gold, x.predicted) for x in found.labels] == [(2, None), (2, None)]


def tagging(sentence, tags, confidences):
    return Tagging((), tuple(sentence.words), tuple(tags), tuple(confidences))


def test_of_entities_each_fault_is_told_with_its_words():
    sentence = Tagged(
        ["Ana", "mora", "em", "São", "Paulo", "com", "Rui", "da", "IBM"],
        ["B-PER", "O", "O", "B-LOC", "I-LOC", "O", "B-PER", "O", "B-ORG"],
    )
    tags = ["B-LOC", "O", "B-ORG", "O", "B-LOC", "O", "O", "O", "B-ORG"]
    answer = tagging(sentence, tags, [0.9, 1, 0.3, 1, 0.6, 1, 1, 1, 1])
    corpus = TaggedCorpus([], [sentence, Tagged([], [])], [], "IOB2", Tokenizer())
    report = span_report([spans(sentence.tags, "IOB2")], [spans(tags, "IOB2")])
    found = plain(Artefacts(corpus, model=Model([answer, EMPTY]), report=report))
    assert [(e.kind, e.true, e.predicted, e.confidence) for e in found.examples] == [
        ("type_errors", "PER: Ana", "LOC: Ana", 0.9),
        ("boundary_errors", "LOC: São Paulo", "LOC: Paulo", 0.6),
        ("spurious", "(none)", "ORG: em", 0.3),
        ("missed", "PER: Rui", "(none)", None),
    ]
    for example in found.examples:
        assert report.figures[example.kind] == 1
        assert example.text == "Ana mora em São Paulo com Rui da IBM"
    assert [(x.name, x.gold, x.predicted) for x in found.labels] == [
        ("LOC", 1, 2), ("ORG", 1, 2), ("PER", 2, 0),
    ]  # fmt: skip


def test_of_a_long_sentence_the_words_around_are_told():
    words = [f"w{i}" for i in range(500)]
    tags = ["O"] * 500
    sentence = Tagged(words, [*tags[:300], "B-X", *tags[301:]])
    corpus = TaggedCorpus([], [sentence], [], "IOB2", Tokenizer())
    [example] = plain(
        Artefacts(corpus, model=Model([tagging(sentence, tags, [1.0] * 500)]))
    ).examples
    assert example.text.startswith("…w288 ") and example.text.endswith("…")
    assert " w300 " in example.text


def test_of_plain_tags_each_wrong_word_is_told():
    sentence = Tagged(["o", "mar"], ["DET", "NOUN"])
    corpus = TaggedCorpus([], [sentence], [], None, Tokenizer())
    model = Model([Tagging(None, ("o", "mar"), ("DET", "VERB"), (0.9, 0.8))])
    [example] = plain(Artefacts(corpus, model=model)).examples
    assert (example.text, example.true, example.predicted) == ("o mar", "mar: NOUN", "VERB")
    assert example.confidence == 0.8


def test_translations_are_taken_from_all_over():
    pairs = [Pair(f"s{i}", f"t{i}") for i in range(100)]
    model = Model([Translation("x", -1.5), Translation(None, None, "empty")] * 10)
    report = translation_report(["a"], ["a"])
    found = plain(Artefacts(ParallelCorpus([], pairs), model=model, report=report))
    assert model.asked == [f"s{i}" for i in range(0, 100, 5)]
    assert [(e.true, e.predicted, e.confidence) for e in found.examples[:2]] == [
        ("t0", "x", -1.5), ("t5", "(no answer)", None),
    ]  # fmt: skip
    assert (found.wrong, found.labels, found.confusion) == (0, [], None)


def test_coverage_is_that_of_both_sides():
    model = Model([])
    model.coverage = Coverage({"exact": 2, "missing": 1}, {"exact": 20, "missing": 3})
    model.target_coverage = Coverage({"missing": 1}, {"missing": 9})
    found = plain(Artefacts(model=model)).coverage
    assert found["source"].by_token == {"exact": 20, "missing": 3}
    assert found["target"].by_word == {"missing": 1}


def test_what_a_run_is_made_from():
    stages = [
        CorpusStage(train="a.jsonl", dev="b.jsonl"),
        VectorsStage(train="skip-gram", text=["c.txt", "d.txt"], dim=7, **{"as": "mine"}),
    ]
    hashes = [{"train": "1", "dev": "2"}, {"text": "3", "text.1": "4"}]
    found = Details.read(json.loads(json.dumps(origin(zip(stages, hashes, strict=True)))))
    assert found.options["corpus"]["train"] == "a.jsonl"
    assert found.options["mine"]["dim"] == 7
    assert "open" not in found.options["mine"]
    assert [(i.option, i.path, i.hash) for i in found.inputs] == [
        ("corpus.train", "a.jsonl", "1"), ("corpus.dev", "b.jsonl", "2"),
        ("mine.text", "c.txt", "3"), ("mine.text.1", "d.txt", "4"),
    ]  # fmt: skip


def test_nothing_is_known_of_nothing():
    assert plain(Artefacts()) == Details()


@pytest.mark.parametrize(
    "kept",
    [{"wrong": "x"}, {"examples": [{}]}, {"more": 1}, {"confusion": {"labels": []}}],
    ids=lambda kept: next(iter(kept)),
)
def test_what_is_damaged_is_named(kept):
    with pytest.raises(DataError) as error:
        Details.read(kept)
    assert error.value.where.startswith(f"details.{next(iter(kept))}")


def test_a_run_leaves_its_details_in_its_page(folder, parsed):
    run = Pipeline.load("job/tiny.yaml", ["report=kept"]).run(threads=1)
    [outcome] = run.outcomes
    page = parsed((folder / "kept/report.html").read_text(encoding="utf-8"))
    found = Details.read(outcome.details)
    assert found.signature in [e.text.removeprefix("Signature: ") for e in page.all("p")]
    assert sum(map(sum, found.confusion.counts)) == outcome.figures["rows"] == 4
    right = sum(row[i] for i, row in enumerate(found.confusion.counts))
    assert right / 4 == outcome.figures["accuracy"]
    assert found.wrong == 4 - right
    assert [row[1:] for row in page.table("Confusion")[1:]] == [
        list(map(str, row)) for row in found.confusion.counts
    ]
    assert {i.option for i in found.inputs} == {"corpus.train", "corpus.dev", "vectors.text"}
    assert all(len(i.hash.split()[0]) == 64 for i in found.inputs)
    assert found.options["classifier"]["hidden"] == 3
    assert len(page.all("circle")) == len(outcome.curve) == 2
