import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from nlpseq.errors import CallError
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.models.tag import Tagger
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

spacy = pytest.importorskip("spacy")
tokens = pytest.importorskip("spacy.tokens")

LEARNING = TrainingSettings(epochs=40, batch_size=3, learning_rate=0.03, threads=1)
TEXT = "Rui viu São Paulo ."
FOUND = [("Rui", "PER"), ("São Paulo", "LOC")]


@pytest.fixture
def folder(tagger, sentences, tmp_path):
    """A tagger of entities."""
    model = tagger()
    model.fit(sentences, training=LEARNING)
    model.save(tmp_path / "entities")
    return str(tmp_path / "entities")


@pytest.fixture
def pipeline(folder):
    """Makes spaCy's pipeline with the tagger at its end."""

    def make(*before, **config):
        nlp = spacy.blank("pt")
        for name in before:
            nlp.add_pipe(name)
        nlp.add_pipe("nlpseq_tagger", config={"model": folder, **config})
        return nlp

    return make


def entities(doc):
    return [(span.text, span.label_) for span in doc.ents]


def test_spacy_finds_the_factory_by_its_entry_point(folder):
    [point] = entry_points(group="spacy_factories", name="nlpseq_tagger")
    assert point.value == "nlpseq.models.tag.spacy_component:make"
    code = f"""
import spacy, sys
nlp = spacy.blank("pt")
assert "nlpseq.models.tag.tagger" not in sys.modules
nlp.add_pipe("nlpseq_tagger", config={{"model": {folder!r}}})
print([span.text for span in nlp({TEXT!r}).ents])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['Rui', 'São Paulo']"


def test_it_writes_entities_and_their_confidence(pipeline, folder):
    doc = pipeline()(TEXT)
    assert entities(doc) == FOUND
    [answer] = Tagger.load(folder).predict([TEXT.split()])
    assert [span._.confidence for span in doc.ents] == pytest.approx(
        [entity.confidence for entity in answer.entities]
    )
    assert doc[:1]._.confidence == doc.ents[0]._.confidence
    assert doc[1:2]._.confidence is None
    assert not any(token.tag for token in doc)


def test_white_space_is_no_word(pipeline):
    nlp = pipeline()
    doc = nlp("  Rui \n\n viu   São \t Paulo .  ")
    assert len(doc) > 6
    assert entities(doc) == [("Rui", "PER"), ("São \t Paulo", "LOC")]
    assert [span._.confidence for span in doc.ents] == pytest.approx(
        [span._.confidence for span in nlp(TEXT).ents]
    )


@pytest.mark.parametrize("text", ["", " ", " \n\n "])
def test_a_text_without_a_word_has_no_entity(pipeline, text):
    assert pipeline()(text).ents == ()
    assert pipeline("sentencizer")(text).ents == ()


def test_a_stream_is_answered_in_order_and_as_one_by_one(pipeline):
    nlp = pipeline("sentencizer")
    texts = [TEXT, "", "Ana viu Recife . Rui viu Rio de Janeiro .", "\n", "Ana Maria Lopes ."] * 2
    docs = list(nlp.pipe(iter(texts), batch_size=3))
    assert [doc.text for doc in docs] == texts
    assert [entities(doc) for doc in docs] == [entities(nlp(text)) for text in texts]
    assert entities(docs[2]) == [
        ("Ana", "PER"), ("Recife", "LOC"), ("Rui", "PER"), ("Rio de Janeiro", "LOC"),
    ]  # fmt: skip


def test_a_stream_is_read_a_batch_at_a_time_and_tagged_at_once(pipeline, monkeypatch):
    nlp = pipeline()
    component, calls, read = nlp.get_pipe("nlpseq_tagger"), [], []
    predict = component.tagger.predict
    monkeypatch.setattr(
        component.tagger, "predict", lambda texts: (calls.append(len(texts)), predict(texts))[1]
    )

    def stream():
        for i in range(5):
            read.append(i)
            yield nlp.make_doc(TEXT)

    answers = component.pipe(stream(), batch_size=2)
    next(answers)
    assert (read, calls) == ([0, 1], [2])
    assert len(list(answers)) == 4
    assert calls == [2, 2, 1]


def test_each_sentence_is_tagged_by_itself_where_they_are_known(pipeline, monkeypatch):
    seen = []
    nlp = pipeline()
    tagger = nlp.get_pipe("nlpseq_tagger").tagger
    predict = tagger.predict
    monkeypatch.setattr(tagger, "predict", lambda texts: (seen.append(texts), predict(texts))[1])
    one, two = ["Ana", "viu", "Recife", "."], ["Rui", "viu", "Recife", "."]
    nlp(" ".join(one + two))
    nlp.add_pipe("sentencizer", first=True)
    nlp(" ".join(one + two))
    assert seen == [[one + two], [one, two]]


def rules(nlp, *patterns):
    ruler = nlp.add_pipe("entity_ruler", before="nlpseq_tagger")
    ruler.add_patterns([{"label": "RULE", "pattern": pattern} for pattern in patterns])
    return nlp


def test_entities_that_are_there_are_overwritten(pipeline):
    assert entities(rules(pipeline(), "Rui viu", ".")(TEXT)) == FOUND


def test_or_they_stay_and_those_that_touch_none_are_added(pipeline):
    doc = rules(pipeline(overwrite=False), "viu São", ".")(TEXT)
    assert entities(doc) == [("Rui", "PER"), ("viu São", "RULE"), (".", "RULE")]
    confidences = [span._.confidence for span in doc.ents]
    assert 0.5 < confidences[0] <= 1 + 1e-6
    assert confidences[1:] == [None, None]
    assert doc[2:4]._.confidence is None


def test_plain_tags_are_written_to_the_tokens(tagger, in_scheme, tmp_path):
    plain = in_scheme(None)
    model = tagger(scheme=None, labels=["N", "X"])
    model.fit(plain, training=LEARNING)
    model.save(tmp_path / "parts")
    nlp = spacy.blank("pt")
    nlp.add_pipe("nlpseq_tagger", config={"model": str(tmp_path / "parts"), "overwrite": False})
    doc = nlp.make_doc("Rui viu  São Paulo .")
    doc[0].tag_ = "KEPT"
    doc.ents = [tokens.Span(doc, 0, 1, label="KEPT")]
    nlp(doc)
    assert [token.tag_ for token in doc] == ["KEPT", "X", "", "N", "N", "X"]
    assert entities(doc) == [("Rui", "KEPT")]
    nlp.get_pipe("nlpseq_tagger").overwrite = True
    assert nlp(doc)[0].tag_ == "N"
    assert entities(doc) == [("Rui", "KEPT")]


def test_entities_without_a_type_have_a_label_all_the_same(tagger, sentences, tmp_path):
    untyped = [Tagged(s.words, [tag[0] for tag in s.tags]) for s in sentences]
    model = tagger(labels=[""])
    model.fit(untyped, training=LEARNING)
    model.save(tmp_path / "chunks")
    nlp = spacy.blank("pt")
    nlp.add_pipe("nlpseq_tagger", config={"model": str(tmp_path / "chunks")})
    assert entities(nlp(TEXT)) == [("Rui", "ENTITY"), ("São Paulo", "ENTITY")]


def test_a_pipeline_keeps_the_path_and_no_more(pipeline, tmp_path):
    nlp = pipeline(overwrite=False)
    nlp.to_disk(tmp_path / "saved")
    assert not (tmp_path / "saved" / "nlpseq_tagger").exists()
    again = spacy.load(tmp_path / "saved")
    assert entities(again(TEXT)) == FOUND
    assert not again.get_pipe("nlpseq_tagger").overwrite
    blank = spacy.blank("pt", config=nlp.config)
    assert entities(blank.from_bytes(nlp.to_bytes())(TEXT)) == FOUND


def test_a_folder_that_is_not_there_or_of_another_task_is_said(tmp_path):
    nlp = spacy.blank("pt")
    with pytest.raises(CallError, match="no such folder"):
        nlp.add_pipe("nlpseq_tagger", config={"model": str(tmp_path / "none")})
    settings = ClassifierSettings(dim=3, encoder="mean", max_length=4)
    Classifier(Vocabulary.build([["a"]]), ["x", "y"], settings).save(tmp_path / "classifier")
    with pytest.raises(CallError, match="a model for the task 'classify', not 'tag'"):
        nlp.add_pipe("nlpseq_tagger", config={"model": str(tmp_path / "classifier")})
