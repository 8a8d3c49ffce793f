import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.corpus.documents import Document
from nlpseq.text.corpus.split import side, split

SHARES = {"train": 0.8, "dev": 0.15, "test": 0.05}
FIXED = ["dev", "train", "train", "dev", "train", "dev", "train"]


def documents(texts):
    return [Document(text, file="a.txt", line=i + 1) for i, text in enumerate(texts)]


def sides(texts, seed=13):
    return {
        d.text: name for name, part in split(documents(texts), SHARES, seed).items() for d in part
    }


def test_a_text_keeps_its_side_when_the_corpus_grows_or_is_reordered():
    texts = [f"frase número {i}" for i in range(300)]
    before = sides(texts)
    after = sides([f"nova {i}" for i in range(50)] + texts[::-1])
    assert before.items() <= after.items()
    assert before == {text: side(text, SHARES, 13) for text in texts}


def test_the_sides_are_fixed_for_good():
    # other ones would move every corpus that was split before
    shares = {"train": 0.5, "dev": 0.3, "test": 0.2}
    texts = ["", "a", "b", "c", "d", "maçã", "\ud800"]
    assert [side(text, shares, 1) for text in texts] == FIXED


def test_equal_texts_are_on_one_side():
    parts = split(documents(["a", "b", "c"] * 5), SHARES, 3)
    assert sum(len(part) for part in parts.values()) == 15
    for text in "abc":
        assert sum(text in {d.text for d in part} for part in parts.values()) == 1


def test_documents_keep_their_order_and_their_places():
    corpus = documents([f"{i}" for i in range(40)])
    parts = split(corpus, SHARES, 0)
    assert list(parts) == list(SHARES)
    for part in parts.values():
        assert part == [d for d in corpus if d in part]


def test_shares_are_kept_on_average():
    parts = split(documents(f"texto {i}" for i in range(20_000)), SHARES, 5)
    for name, share in SHARES.items():
        assert len(parts[name]) / 20_000 == pytest.approx(share, abs=0.015)


def test_another_seed_gives_another_split():
    texts = [f"{i}" for i in range(100)]
    assert len({tuple(sides(texts, seed).values()) for seed in (0, 1, -1, 2**200)}) == 4
    assert sides(texts, 1) == sides(texts, 1)


def test_a_side_of_few_documents_may_be_empty():
    assert split([], SHARES, 1) == {"train": [], "dev": [], "test": []}


@given(st.text(), st.integers())
def test_one_side_takes_all(text, seed):
    assert side(text, {"all": 1.0}, seed) == "all"


@given(st.text(), st.integers(1, 60))
def test_any_number_of_sides_that_add_up_to_one_but_for_rounding(text, number):
    shares = {f"{i}": 1 / number for i in range(number)}
    assert side(text, shares, 7) in shares


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({}, "add up to 0"),
        ({"a": 0.5}, "add up to 0.5"),
        ({"a": 0.5, "b": 0.6}, "add up to 1.1"),
        ({"a": 1.0, "b": 0.0}, "the share of 'b' is 0.0"),
        ({"a": 1.5, "b": -0.5}, "the share of 'a' is 1.5"),
        ({"a": float("nan"), "b": 1.0}, "the share of 'a' is nan"),
        ({"a": 80, "b": 20}, "the share of 'a' is 80"),
    ],
)
def test_wrong_shares(shares, message):
    for call in (lambda: side("a", shares, 1), lambda: split([], shares, 1)):
        with pytest.raises(CallError, match=message) as caught:
            call()
        assert caught.value.remedy
