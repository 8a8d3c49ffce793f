import subprocess
import sys

import pytest

from nlpseq.pipelines import shipped
from nlpseq.pipelines.runner import Pipeline
from nlpseq.text.corpus.tagged import read_tagged, settled
from nlpseq.text.tokenize import Tokenizer

SAMPLES = shipped.find("quickstart").parent / "samples"
FILES = [f"entities-{code}-{side}.conll" for code in ("pt", "es") for side in ("train", "dev")]


def test_the_generator_writes_what_is_shipped(tmp_path):
    subprocess.run([sys.executable, SAMPLES / "generate_entities.py", tmp_path], check=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_tags_and_words_are_as_they_should_be(name):
    sentences, scheme = settled(read_tagged(SAMPLES / name))
    assert scheme == "IOB2"
    assert len({" ".join(s.words) for s in sentences}) == len(sentences)
    cut = Tokenizer("none")
    for sentence in sentences:
        assert cut.words(" ".join(sentence.words)) == sentence.words


@pytest.mark.parametrize("code", ["pt", "es"])
def test_development_sentences_are_others_and_hold_new_words(code):
    train, dev = (
        settled(read_tagged(SAMPLES / f"entities-{code}-{side}.conll")).sentences
        for side in ("train", "dev")
    )
    assert not {" ".join(s.words) for s in train} & {" ".join(s.words) for s in dev}
    known = {word for sentence in train for word in sentence.words}
    new = [
        (word not in known)
        for sentence in dev
        for word, tag in zip(sentence.words, sentence.tags, strict=True)
        if tag != "O" and word[0].isupper()
    ]
    assert 0.2 < sum(new) / len(new) < 0.6


def test_the_pipeline_of_the_samples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Pipeline.load("entities", ["tagger.training.epochs=5"]).run(threads=1)
    assert run.summary()["f1"][0] > 0.85
    [answer] = run.artefacts[13].model.predict(["Maria Lopes mora em Lisboa."])
    assert [(e.text, e.type) for e in answer.entities] == [
        ("Maria Lopes", "PER"),
        ("Lisboa", "LOC"),
    ]
