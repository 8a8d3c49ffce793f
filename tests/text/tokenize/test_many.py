import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.text.counting import WordCounts
from nlpseq.text.tokenize import Tokenizer, many
from nlpseq.text.tokenize.tokens import Tokens

TEXTS = ["Olá, mundo!", "", "  ", "a\u2028b", "é 😀 fim.", "don't"]
TOKENIZERS = [
    Tokenizer("none"), Tokenizer("lower"), Tokenizer("nilc"), Tokenizer("none", punctuation=False),
    Tokenizer("none", kind="characters"), Tokenizer("none", kind="whitespace"),
]  # fmt: skip


class Fixed:
    """Cuts every text into the same words."""

    def __init__(self, words):
        self.words = words

    def stream(self, texts):
        for _ in texts:
            yield Tokens(self.words, *Tokenizer().tokenize(" ".join("a" for _ in self.words))[1:])

    def stream_words(self, texts):
        return (self.words for _ in texts)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_line_for_each_text(tokenizer):
    written = b"".join(many.lines(tokenizer, TEXTS)).decode()
    assert written == "".join(f"{' '.join(tokenizer.words(t))}\n" for t in TEXTS)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_objects_with_places(tokenizer):
    lines = b"".join(many.lines(tokenizer, TEXTS, form="jsonl")).decode().split("\n")[:-1]
    for text, line in zip(TEXTS, lines, strict=True):
        tokens = tokenizer.tokenize(text)
        assert json.loads(line) == {
            "words": tokens.words, "starts": tokens.starts.tolist(), "ends": tokens.ends.tolist()
        }  # fmt: skip


@given(texts=st.lists(st.text(max_size=12), max_size=9))
def test_as_many_lines_as_texts_whatever_they_hold(texts):
    for form in ("text", "jsonl"):
        written = b"".join(many.lines(Tokenizer("none"), texts, form=form)).decode()
        assert written.count("\n") == len(texts)


@pytest.mark.parametrize(("word", "shown"), [("a\nb", "a b"), ("\udc80", "?"), ("a\tb", "a\tb")])
def test_words_that_a_line_cannot_hold(word, shown):
    cuts = Fixed([word, "c"])
    assert b"".join(many.lines(cuts, ["x"])).decode() == f"{shown} c\n"
    [line] = b"".join(many.lines(cuts, ["x"], form="jsonl")).decode().splitlines()
    assert json.loads(line)["words"] == [word, "c"]


def test_words_are_counted():
    with WordCounts() as counts:
        many.count(Tokenizer(), ["a b a", "", "B"], counts)
        assert list(counts.items()) == [("a", 2), ("b", 2)]
        assert counts.total == 4


def test_processes_change_nothing(monkeypatch):
    monkeypatch.setattr(many, "_CHUNK", 200)
    texts = [f"texto {n}, número {n % 7}!" for n in range(300)]
    alone = b"".join(many.lines(Tokenizer(), texts))
    assert b"".join(many.lines(Tokenizer(), texts, processes=2)) == alone
    with WordCounts() as one, WordCounts() as two:
        many.count(Tokenizer(), texts, one)
        many.count(Tokenizer(), texts, two, processes=2)
        assert list(one.items()) == list(two.items())
        assert one.total == two.total
