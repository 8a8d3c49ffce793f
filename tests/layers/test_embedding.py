import numpy as np
import torch

from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.layers.embedding import embedding, rows_for
from nlpseq.text.vocabulary import Vocabulary

MATRIX = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


def test_rows_are_the_vectors_of_the_words():
    vocabulary = Vocabulary(["b", "unseen", "A"], counts=[6, 3, 1])
    vectors = Vectors(["a", "b"], MATRIX, "lower")
    rows, coverage = rows_for(vocabulary, vectors, seed=1)
    assert rows.shape == (5, 3)
    assert rows[2].tolist() == [4, 5, 6]
    assert rows[4].tolist() == [1, 2, 3]  # by the recipe
    assert not rows[vocabulary.pad].any()
    assert coverage.words == 2 / 3
    assert coverage.tokens == 7 / 10


def test_words_that_vectors_lack_get_rows_that_a_seed_repeats():
    vocabulary = Vocabulary(["x", "y"])
    vectors = Vectors(["a", "b"], MATRIX)
    rows, coverage = rows_for(vocabulary, vectors, seed=1)
    assert torch.equal(rows, rows_for(vocabulary, vectors, seed=1)[0])
    assert not torch.equal(rows[2:], rows_for(vocabulary, vectors, seed=2)[0][2:])
    assert not torch.equal(rows[2], rows[3])
    assert (coverage.words, coverage.tokens) == (0, 0)


def test_embedding_equals_one_hot_times_its_matrix():
    rows = torch.randn(4, 3)
    ids = torch.tensor([[1, 3, 3], [2, 0, 0]])
    layer = embedding(4, 3, pad=0, rows=rows)
    one_hot = torch.nn.functional.one_hot(ids, 4).float()
    torch.testing.assert_close(layer(ids), one_hot @ rows)


def test_only_a_frozen_embedding_is_left_alone_by_training():
    for frozen in (True, False):
        layer = embedding(4, 3, pad=0, rows=torch.ones(4, 3), frozen=frozen)
        assert layer.weight.requires_grad is not frozen


def test_a_learned_embedding_starts_small_and_its_padding_stays_zero():
    layer = embedding(5, 3, pad=0)
    assert 0 < layer.weight.abs().max() <= 0.05
    layer(torch.tensor([[1, 0]])).sum().backward()
    assert not layer.weight.grad[0].any()
    assert not layer.weight[0].any()


def test_a_word_that_is_known_by_its_subwords_alone_gets_their_vector():
    buckets = np.random.default_rng(0).normal(size=(11, 3)).astype(np.float32)
    vectors = Vectors(["a", "b"], MATRIX, "lower", subwords=Subwords(Rows(buckets), 2, 3))
    vocabulary = Vocabulary(["b", "A", "nova"], counts=[5, 2, 1])
    rows, coverage = rows_for(vocabulary, vectors, seed=1)
    assert rows[4].tolist() == vectors["nova"].tolist()
    assert {way: n for way, n in coverage.by_token.items() if n} == {
        "exact": 5,
        "recipe": 2,
        "subwords": 1,
    }
    assert str(coverage) == "100.0% of tokens (62.5% exact, 25.0% recipe, 12.5% subwords)"


def test_only_the_rows_that_are_needed_are_read(monkeypatch):
    taken = []
    take = Rows.take
    monkeypatch.setattr(Rows, "take", lambda rows, ids: taken.extend(ids) or take(rows, ids))
    monkeypatch.setattr(Rows, "block", None)
    vectors = Vectors([f"w{i}" for i in range(50)], np.ones((50, 3), dtype=np.float32))
    rows_for(Vocabulary(["w7", "w3", "other"]), vectors, seed=1)
    assert sorted(taken) == [3, 7]
