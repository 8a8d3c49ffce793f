"""A small corpus of entities, and taggers of it."""

from functools import partial

import pytest

from nlpseq.models.tag import Tagger, TaggerSettings
from nlpseq.models.tag.tagset import labels_of
from nlpseq.models.tag.words import characters_of
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import spans, tagged
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary

PEOPLE = [("Ana", 1), ("Ana Maria Lopes", 3), ("Rui", 1)]
PLACES = [("São Paulo", 2), ("Recife", 1), ("Rio de Janeiro", 3)]


def _corpus():
    sentences, line = [], 1
    for person, p in PEOPLE:
        for place, q in PLACES:
            words = f"{person} viu {place} .".split()
            tags = ["B-PER", *["I-PER"] * (p - 1), "O", "B-LOC", *["I-LOC"] * (q - 1), "O"]
            sentences.append(Tagged(words, tags, "t.conll", line))
            line += len(words) + 1
    return sentences


def make(sentences, *, scheme="IOB2", labels=None, tokenizer=None, vectors=None, seed=1, **options):
    words = [sentence.words for sentence in sentences]
    small = {"dim": 5, "hidden": 4, "dropout": 0.0}
    if vectors is not None:
        del small["dim"]
    if options.get("characters") != "none":
        small |= {"character_dim": 3, "character_hidden": 4}
    settings = TaggerSettings(**{**small, **options})
    tokenizer = tokenizer or Tokenizer()
    return Tagger(
        Vocabulary.build([word.lower() for word in each] for each in words),
        labels_of(sentences, scheme) if labels is None else labels,
        settings,
        scheme=scheme,
        characters=characters_of(words) if settings.characters != "none" else None,
        tokenizer=tokenizer,
        vectors=vectors,
        seed=seed,
    )


@pytest.fixture
def sentences():
    """Nine, in IOB2."""
    return _corpus()


@pytest.fixture
def in_scheme(sentences):
    """Them in another scheme; None: parts of speech."""

    def convert(scheme):
        kinds = {"O": "X", "B": "N", "I": "N"}
        return [
            Tagged(
                s.words,
                [kinds[tag[0]] for tag in s.tags]
                if scheme is None
                else tagged(spans(s.tags, "IOB2"), len(s), scheme),
                s.file,
                s.line,
            )
            for s in sentences
        ]

    return convert


@pytest.fixture
def tagger(sentences):
    """Makes an untrained tagger of them, a small one unless options say otherwise."""
    return partial(make, sentences)
