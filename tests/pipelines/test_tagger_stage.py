import pytest
from pydantic import ValidationError

import nlpseq
from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import (
    Artefacts,
    ClassifierStage,
    CorpusStage,
    EvaluateStage,
    ExportStage,
    Job,
    SentencesStage,
    TaggerStage,
    VectorsStage,
    VocabularyStage,
)
from nlpseq.training.loop import threads as torch_threads

SMALL = {"dim": 6, "hidden": 5, "dropout": 0.0, "character_dim": 3, "character_hidden": 4}
FILE = """\
name: tiny
seeds: [3]
stages:
  - sentences:  {train: a.conll, dev: b.conll}
  - vectors:    {train: skip-gram, dim: 4, min_count: 1, epochs: 1}
  - vocabulary: {}
  - tagger:
      embedding: frozen
      thaw: 1
      hidden: 5
      character_dim: 3
      character_hidden: 4
      training: {epochs: 2, batch_size: 4}
  - evaluate:   {split: dev}
  - export:     {to: out/model}
"""


def sentence(who, place, entity=str):
    """A block of lines; ``entity`` makes a tag plain or whatever it is to be."""
    rows = [(w, "B-PER" if not i else "I-PER") for i, w in enumerate(who.split())]
    rows += [("mora", "O"), ("em", "O")]
    rows += [(w, "B-LOC" if not i else "I-LOC") for i, w in enumerate(place.split())]
    return "".join(f"{word}\t{entity(tag)}\n" for word, tag in rows)


def text(entity=str):
    places = ("Recife", "São Paulo", "Rio de Janeiro", "Belém")
    return "\n".join(sentence(w, p, entity) for w in ("Ana", "Rui Sá", "Eva") for p in places)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with two files of sentences and a pipeline file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.conll").write_text(text(), encoding="utf-8")
    (tmp_path / "b.conll").write_text(sentence("Lia", "Recife"), encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def trained(corpus, **options):
    """A corpus' tagger and what its stage had to show."""
    before = VocabularyStage().run(Artefacts(corpus=corpus), Job())[0]
    after, figures = TaggerStage(**{**SMALL, **options}).run(before, Job(seed=5))
    return after.model, figures


def corpus(**options):
    return SentencesStage(**options).run(Artefacts(), Job(seed=1))[0].corpus


def test_a_file_runs_to_a_model(folder):
    run = Pipeline.load("tiny.yaml").run(threads=1)
    assert [r.name for r in run.results] == [
        "sentences", "vectors", "vocabulary", "tagger", "evaluate", "export",
    ]  # fmt: skip
    figures = run.results[3].figures
    assert figures["best epoch"].endswith("of 2")
    assert "100.0%" in figures["in vectors"]
    assert run.results[4].figures["f1"] == run.artefacts[3].report.figures["f1"]
    model = nlpseq.load("out/model")
    asked = ["Ana mora em Recife", ""]
    assert list(model.predict(asked)) == list(run.artefacts[3].model.predict(asked))
    assert (model.tagset.labels.words, model.tagset.scheme) == (["LOC", "PER"], "IOB2")


def test_one_thread_repeats_to_the_byte(folder):
    found = []
    for _ in range(2):
        Pipeline.load("tiny.yaml").run(threads=1, force=True)
        found.append((folder / "out/model/model.safetensors").read_bytes())
    assert found[0] == found[1]


def test_each_combination_is_a_line_of_the_report(folder):
    overrides = ["matrix={tagger.crf: [true, false]}", "report=kept"]
    run = Pipeline.load("tiny.yaml", overrides).run(threads=1)
    assert [o.combination for o in run.outcomes] == ["crf=true", "crf=false"]
    assert "| f1 |" in (folder / "kept/report.md").read_text(encoding="utf-8")
    assert nlpseq.load("out/model/crf=false").settings.crf is False


def test_what_is_learned_is_told_apart(folder):
    training = {"epochs": 40, "batch_size": 4, "learning_rate": 0.02}
    here = corpus(train="a.conll", dev="a.conll")
    model, figures = trained(here, training=training)
    assert model.evaluate(here.dev).figures["f1"] == 1
    assert figures["parameters"] == model.parameters
    assert "in vectors" not in figures
    [answer] = model.predict(["Eva mora em São Paulo"])
    assert [(e.type, e.text) for e in answer.entities] == [("PER", "Eva"), ("LOC", "São Paulo")]


def test_plain_tags_are_learned_by_accuracy(folder):
    (folder / "pos.conll").write_text(text(lambda t: "VERB" if t == "O" else "NOUN"))
    here = corpus(train="pos.conll", dev="pos.conll")
    model, _ = trained(here, training={"epochs": 2})
    assert model.tagset.scheme is None
    assert model.tagset.labels.words == ["NOUN", "VERB"]
    report = EvaluateStage().run(Artefacts(corpus=here, model=model), Job())[0].report
    assert next(iter(report.figures)) == "accuracy"


def test_types_beyond_the_limit_have_a_place(folder):
    (folder / "c.conll").write_text(text() + "\nSTF\tB-ORG\n", encoding="utf-8")
    here = corpus(train="c.conll", dev="c.conll", limit=1)
    model, _ = trained(here, training={"epochs": 1})
    assert model.tagset.labels.words == ["LOC", "ORG", "PER"]


def test_without_characters_or_crf(folder):
    here = corpus(train="a.conll", hold_out=2)
    bare = {"dim": 6, "hidden": 5, "characters": "none", "casing": False, "crf": False}
    before = VocabularyStage().run(Artefacts(corpus=here), Job())[0]
    model = TaggerStage(**bare, training={"epochs": 1}).run(before, Job())[0].model
    assert model.characters is None
    assert model.network.crf is None


def test_a_sentence_of_many_words_is_learned_in_pieces(folder):
    (folder / "long.conll").write_text(("Ana\tB-PER\n" + "viu\tO\n" * 99) * 500)
    here = corpus(train="long.conll", dev="long.conll")
    with torch_threads(1):
        model, _ = trained(here, max_length=70, training={"epochs": 1, "batch_size": 200})
        [answer] = model.predict(here.inputs(here.dev))
    assert len(answer.tags) == 50_000


def test_stages_need_those_of_their_kind():
    sentences, documents = SentencesStage(train="a", dev="b"), CorpusStage(train="a", dev="b")
    with pytest.raises(CallError, match="'classifier' needs documents") as caught:
        Pipeline("x", [sentences, VocabularyStage(), ClassifierStage()])
    assert caught.value.remedy == "put a stage before it: corpus"
    with pytest.raises(CallError, match="'tagger' needs sentences") as caught:
        Pipeline("x", [documents, VocabularyStage(), TaggerStage()])
    assert caught.value.remedy == "put a stage before it: sentences"
    with pytest.raises(CallError, match="'tagger' needs vocabulary"):
        Pipeline("x", [sentences, TaggerStage()])
    with pytest.raises(CallError, match="'tagger' needs vectors"):
        Pipeline("x", [sentences, VocabularyStage(), TaggerStage(embedding="tuned")])
    vectors = VectorsStage(train="skip-gram")
    Pipeline("x", [sentences, vectors, VocabularyStage(), TaggerStage(embedding="tuned"),
                   ExportStage(to="m")])  # fmt: skip


def test_the_place_of_a_stage_that_comes_too_early_is_its_line(folder):
    content = FILE.replace("  - sentences:  {", "  - corpus:  {")
    (folder / "tiny.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(CallError, match="'tagger' needs sentences") as caught:
        Pipeline.load("tiny.yaml")
    assert caught.value.where == "tiny.yaml:7"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embedding": "tuned", "dim": 5}, "dim is the vectors' own"),
        ({"encoder": "mean"}, "has not a state for each word"),
        ({"thaw": 1}, "thaw has no effect"),
        ({"characters": "lstm", "character_hidden": 5}, "is even"),
        ({"training": {"seed": 1}}, "belongs to the whole pipeline"),
        ({"inside": "IOBS"}, "IOBES"),
        ({"pooling": "max"}, "Extra inputs"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValidationError, match=message):
        TaggerStage(**options)


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "remedy"),
    [
        ("hidden: 5", "hiden: 5", 10, "tagger.hiden: unknown key", "hidden"),
        ("thaw: 1", "thaw: 0", 9, "tagger.thaw", None),
        ("dev: b.conll", "dev: b.conll, lmit: 2", 4, "sentences.lmit: unknown key", "limit"),
        ("- tagger:", "- taggr:", 7, "no stage of the kind 'taggr'", "tagger"),
    ],
)
def test_what_is_wrong_in_a_file_has_its_line(folder, old, new, line, message, remedy):
    (folder / "tiny.yaml").write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CallError, match=message) as caught:
        Pipeline.load("tiny.yaml")
    assert caught.value.where == f"tiny.yaml:{line}"
    assert remedy is None or remedy in caught.value.remedy


def test_what_is_wrong_in_the_data_leaves_the_folder_alone(folder):
    with (folder / "b.conll").open("a", encoding="utf-8") as file:
        file.write("\nRecife\n")
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(DataError, match="1 column where") as caught:
        Pipeline.load("tiny.yaml").run(threads=1)
    assert caught.value.where == "b.conll:6"
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_corpus_that_was_replaced_is_there_no_more(tmp_path):
    stages = [
        SentencesStage(train="a", dev="b"),
        CorpusStage(train="a", dev="b"),
        VocabularyStage(),
        TaggerStage(),
    ]
    with pytest.raises(CallError, match="needs sentences"):
        Pipeline("x", stages)
