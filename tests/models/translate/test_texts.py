import itertools

import pytest

from nlpseq.models.translate import Translator, TranslatorSettings, vocabulary_of
from nlpseq.text.tokenize import Tokenizer

TEXTS = ["o gato viu o rato .", "", "👍🏽 🇧🇷", " \t", "o rato . " * 40, "gato\x00", "e" * 5000]


@pytest.fixture(params=["recurrent", "transformer"])
def model(request):
    known = vocabulary_of(Tokenizer(), TEXTS[:1]), vocabulary_of(Tokenizer(), ["the cat ."])
    settings = TranslatorSettings(architecture=request.param, hidden=8, layers=1, max_length=4)
    return Translator(*known, settings, seed=1)


def test_each_text_has_one_answer_whatever_stands_beside_it(model):
    number = 2500  # more than are held at a time, twice
    texts = list(itertools.islice(itertools.cycle(TEXTS), number))
    answers = list(model.predict(texts))
    assert len(answers) == number
    alone = [next(model.predict([text])).text for text in TEXTS]
    assert [answer.text for answer in answers] == list(
        itertools.islice(itertools.cycle(alone), number)
    )
    assert [text is None for text in alone] == [not text.strip() for text in TEXTS]


def test_no_more_texts_are_read_than_are_held_at_a_time(model):
    read = itertools.count()
    answers = model.predict(f"gato {next(read)}" for _ in itertools.repeat(None))
    for _ in range(5):
        assert next(answers).text
    assert next(read) <= 1024
