import pytest

from nlpseq.models.translate.sides import Side, vocabulary_of
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import SPECIALS

TEXTS = ["o gato viu o rato .", "o rato não viu o gato !", "gato e rato , rato e gato"]
WORDS = Tokenizer()
CHARACTERS = Tokenizer("none", kind="characters")


@pytest.fixture(scope="module", params=["words", "characters", "bpe", "unigram"])
def side(request):
    if request.param in ("bpe", "unigram"):
        tokenizer = Subwords.train(TEXTS, method=request.param, size=40)
    else:
        tokenizer = {"words": WORDS, "characters": CHARACTERS}[request.param]
    return Side(tokenizer, vocabulary_of(tokenizer, TEXTS))


def test_a_text_comes_back_from_its_ids(side):
    for text, ids in zip(TEXTS, side.encode(TEXTS), strict=True):
        assert side.decode(ids.tolist()) == text
        assert side.vocabulary.unk not in ids
    assert side.vocabulary.specials == SPECIALS


def test_white_space_is_one_blank_and_nothing_at_the_ends(side):
    [ids] = side.encode(["  o \t gato\n"])
    assert side.decode(ids.tolist()) == "o gato"
    assert [len(ids) for ids in side.encode(["", " \t", "\u2028"])] == [0, 0, 0]


def test_a_long_text_is_cut_after_sentences():
    side = Side(WORDS, vocabulary_of(WORDS, TEXTS))
    text = "o gato . o rato ! o gato viu o rato viu o gato ! e . , ."
    pieces = [side.decode(ids.tolist()) for ids in side.pieces(text, 6)]
    assert pieces == ["o gato . o rato !", "o gato viu o rato viu", "o gato !", "e . , ."]


def test_no_word_is_lost_where_a_text_is_cut(side):
    text = " ".join(TEXTS * 9)
    [whole] = side.encode([text])
    for longest in (1, 7, 30):
        pieces = side.pieces(text, longest)
        assert max(map(len, pieces)) <= longest
        assert all(len(piece) for piece in pieces)
        cut = "".join(side.decode(piece.tolist()) for piece in pieces)
        assert cut.replace(" ", "") == side.decode(whole.tolist()).replace(" ", "")


def test_a_vocabulary_of_words_is_of_the_size_that_is_wanted():
    assert len(vocabulary_of(WORDS, TEXTS, max_size=7)) == 7
    frequent = vocabulary_of(WORDS, TEXTS, min_count=3).words[len(SPECIALS) :]
    assert frequent == ["gato", "o", "rato"]
