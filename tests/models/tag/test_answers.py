import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.models.tag.answers import EMPTY, Entity, Read
from nlpseq.text.tags import Span
from nlpseq.text.tokenize import Tokenizer

TEXTS = [
    "Ana vê São  Paulo",
    "👩\u200d💻🇧🇷 ama o Rio",
    "Jose\u0301 e\u0301 ele",
    "\tÉ: «R$\u00a03,50»\n",
]
texts = st.text(st.characters(exclude_categories=())) | st.sampled_from(TEXTS)


def read(text):
    _, starts, ends = next(Tokenizer("none").stream([text]))
    places = starts.tolist(), ends.tolist()
    return Read(text, tuple(text[i:j] for i, j in zip(*places, strict=True)), *places)


def spans_in(data, length):
    cuts = sorted(data.draw(st.sets(st.integers(0, length))))
    return [Span(i, j, "A") for i, j in zip(cuts[::2], cuts[1::2], strict=False)]


@given(texts, st.data())
def test_an_entity_is_what_stands_between_its_offsets(text, data):
    each = read(text)
    found = spans_in(data, len(each.words))
    answer = each.answer(["O"] * len(each.words), [0.5] * len(each.words), found)
    if not each.words:
        assert answer == EMPTY
        return
    for entity, span in zip(answer.entities, found, strict=True):
        assert text[entity.start : entity.end] == entity.text
        assert entity.text.startswith(each.words[span.start])
        assert entity.text.endswith(each.words[span.end - 1])


@given(st.lists(st.text(max_size=3), min_size=1), st.data())
def test_words_that_were_cut_have_a_blank_between_them(words, data):
    each = Read.of_words(words)
    found = spans_in(data, len(words))
    answer = each.answer(["O"] * len(words), [0.5] * len(words), found)
    assert each.text == " ".join(words)
    assert answer.words == tuple(words)
    for entity, span in zip(answer.entities, found, strict=True):
        assert entity.text == each.text[entity.start : entity.end]
        assert entity.text == " ".join(words[span.start : span.end])


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Ana vê São  Paulo", (7, 17, "São  Paulo")),
        ("👩\u200d💻 ama Rio", (8, 11, "Rio")),
        ("Jose\u0301 e\u0301 Ze\u0301", (9, 12, "Ze\u0301")),
    ],
)
def test_offsets_count_code_points(text, entity):
    each = read(text)
    at = next(i for i, start in enumerate(each.starts) if start == entity[0])
    answer = each.answer([], [0.5] * len(each.words), [Span(at, len(each.words), "A")])
    assert answer.entities == ((*entity, "A", 0.5),)


def test_an_entity_is_as_sure_as_its_least_certain_tag():
    answer = Read.of_words([*"abc"]).answer(["B-A", "I-A", "O"], [0.9, 0.6, 0.1], [Span(0, 2, "A")])
    assert answer.entities == (Entity(0, 3, "a b", "A", 0.6),)
    assert answer.reason is None


def test_what_is_written_of_entities():
    spans = [Span(0, 1, "PER"), Span(2, 4, "LOC")]
    each = Read.of_words(["Ana", "em", "São", "Paulo"])
    answer = each.answer(["B-PER", "O", "B-LOC", "I-LOC"], [0.5] * 4, spans)
    assert answer.fields() == ("0-3 PER Ana | 7-16 LOC São Paulo",)
    place = {"start": 7, "end": 16, "text": "São Paulo", "type": "LOC", "confidence": 0.5}
    assert json.loads(json.dumps(answer.record()))["entities"][1] == place
    none = each.answer(["O"] * 4, [0.5] * 4, [])
    assert (none.fields(), none.record()) == (("",), {"entities": []})


def test_what_is_written_of_plain_tags():
    answer = Read.of_words(["a", "b"]).answer(["N", "V"], [0.5, 0.25], None)
    assert answer.fields() == ("N V",)
    record = {"words": ["a", "b"], "tags": ["N", "V"], "confidences": [0.5, 0.25]}
    assert json.loads(json.dumps(answer.record())) == record


@pytest.mark.parametrize("spans", [None, []])
def test_a_text_without_a_word(spans):
    answer = Read.of_words([]).answer([], [], spans)
    assert answer.fields() == ("",)
    assert answer.record() == {"entities": None, "reason": "the text is empty"}
