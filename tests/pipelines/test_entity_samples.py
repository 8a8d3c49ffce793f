"""The sample entities that the project ships: legal columns, whole names, new ones in dev."""

import importlib.util
import subprocess
import sys

import pytest

from nlpseq.pipelines import shipped
from nlpseq.pipelines.runner import Pipeline
from nlpseq.text.corpus.conll import read_conll
from nlpseq.text.corpus.duplicates import near_duplicates
from nlpseq.text.corpus.tagged import settled, tagged
from nlpseq.text.tokenize import Tokenizer

SAMPLES = shipped.find("quickstart").parent / "samples"
SIZES = {"train": 1500, "dev": 300}
TYPES = {"pt": {"PER", "ORG", "LOC", "LEI"}, "es": {"PER", "ORG", "LOC", "MISC"}}
FILES = [f"entities-{code}-{side}.conll" for code in TYPES for side in SIZES]


@pytest.fixture(scope="module")
def sides():
    """Language and side → its sentences, and the scheme found in them; a fault would raise."""
    return {
        (code, side): settled(
            tagged(each) for each in read_conll(SAMPLES / f"entities-{code}-{side}.conll")
        )
        for code in TYPES
        for side in SIZES
    }


@pytest.fixture(scope="module")
def generator():
    """The module, whose folder is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SAMPLES)
        patch.setattr(sys, "dont_write_bytecode", True)
        spec = importlib.util.spec_from_file_location(
            "generate_entities", SAMPLES / "generate_entities.py"
        )
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, spec.name, module)  # its dataclasses look themselves up there
        spec.loader.exec_module(module)
        yield module


def entities(sentence):
    """Type and words of each entity."""
    found = []
    for word, tag in zip(sentence.words, sentence.tags, strict=True):
        if tag.startswith("B-"):
            found.append((tag[2:], word))
        elif tag.startswith("I-"):
            found[-1] += (word,)
    return found


def touching(sentence):
    """Tell whether an entity follows one of its own type with nothing between."""
    pairs = zip(sentence.tags, sentence.tags[1:], strict=False)
    return any(first[2:] == second[2:] and second.startswith("B-") for first, second in pairs)


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags)


def test_the_generator_writes_what_is_shipped(tmp_path):
    script = SAMPLES / "generate_entities.py"
    subprocess.run([sys.executable, "-B", script, tmp_path], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
        assert (SAMPLES / name).stat().st_size < 300_000


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("side", SIZES)
def test_tags_are_legal_and_of_the_types_that_are_told(sides, code, side):
    sentences, scheme = sides[code, side]
    assert scheme == "IOB2"
    assert len({" ".join(s.words) for s in sentences}) == len(sentences) == SIZES[side]
    found = [entity for s in sentences for entity in entities(s)]
    assert {entity[0] for entity in found} == TYPES[code]
    assert {len(entity) - 1 for entity in found} == set(range(1, 8))
    assert 0.2 < share(not entities(s) for s in sentences) < 0.32
    assert 0 < share(touching(s) for s in sentences) < 0.05
    assert share("".join(s.words).isupper() for s in sentences) > 0.04


@pytest.mark.parametrize("code", TYPES)
def test_words_are_those_of_the_tokenizer(sides, generator, code):
    cut = Tokenizer("none")
    for side, drawn in zip(SIZES, generator.sentences(code), strict=True):
        for sentence, written in zip(drawn, sides[code, side].sentences, strict=True):
            assert cut.words(sentence.text) == cut.words(" ".join(written.words)) == written.words


@pytest.mark.parametrize("code", TYPES)
def test_development_sentences_are_others_and_hold_new_names(sides, code):
    train, dev = (sides[code, side].sentences for side in SIZES)
    texts = [[" ".join(s.words) for s in part] for part in (dev, train)]
    assert not list(near_duplicates(*texts))
    assert not {*map(str.lower, texts[0])} & {*map(str.lower, texts[1])}
    known = {entity for s in train for entity in entities(s)}
    words = {word for s in train for word in s.words}
    found = [entity for s in dev for entity in entities(s)]
    assert 0.4 < share(entity not in known for entity in found) < 0.6
    assert 0.2 < share(not words.issuperset(entity[1:]) for entity in found) < 0.4


def test_a_slot_without_a_rule_is_an_error(generator):
    with pytest.raises(ValueError, match=r"no rule for \{who\}"):
        generator.parse("plain: {who} came | {2-9} came\n")


def test_the_pipeline_of_the_samples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Pipeline.load("entities", ["tagger.training.epochs=5"]).run(threads=1)
    assert run.summary()["f1"][0] > 0.85
    [answer] = run.artefacts[13].model.predict(["Maria Lopes mora em Lisboa."])
    assert [(e.text, e.type) for e in answer.entities] == [
        ("Maria Lopes", "PER"),
        ("Lisboa", "LOC"),
    ]
