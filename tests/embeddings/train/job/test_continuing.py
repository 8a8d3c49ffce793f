import numpy as np
import pytest

from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.train.job.continuing import Start
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError

D = 3  # of the fixture's method, and its words: gato rei rainha homem mulher pé c
SAVED = ["carro", "rainha", "gato", "moto"]


def saved(counts=True, dim=D, **more):
    matrix = np.arange(4 * dim, dtype=np.float32).reshape(4, dim) / 10
    about = {"source": "a book", "licence": "CC0", "training": '{"dim": 3}', "history": "[]"}
    known = np.array([40, 30, 20, 10]) if counts else None
    return Vectors(SAVED, matrix, "lower", counts=known, about=about, **more)


def start(stream, pinned=(), recipe="lower", **more):
    return Start(saved(**more), stream, D, recipe, pinned)


def run_from(wander, stream, pinned=(), **more):
    origin = start(stream, pinned, **more)
    run = wander(start=origin, recipe="lower")
    origin.place(run.trainer)
    return run


def test_words_that_both_know_start_from_the_saved_vectors(wander, stream):
    run = run_from(wander, stream)
    assert np.array_equal(run.trainer.matrix()[[2, 0]], saved().matrix[[1, 2]])
    assert not run.trainer.matrix()[[1, 3, 4, 5, 6]].any()


def test_the_vocabulary_grows_and_words_only_saved_stay(wander, stream):
    vectors = run_from(wander, stream).to_end(1)
    assert list(vectors.words) == [*stream.words, "carro", "moto"]
    assert vectors.counts.tolist() == [7 + 20, 6, 5 + 30, 4, 3, 2, 1, 40, 10]
    for word in ("carro", "moto"):
        assert np.array_equal(vectors[word], saved()[word])
    assert not np.array_equal(vectors["gato"], saved()["gato"])
    assert stream.counts.tolist() == [7, 6, 5, 4, 3, 2, 1]


def test_where_saved_counts_are_unknown_so_are_the_grown(wander, stream):
    assert run_from(wander, stream, counts=False).to_end(1).counts is None


def test_saved_words_that_the_corpus_has_all_of(wander, stream):
    words, matrix = list(stream.words)[::-1], np.ones((7, D), np.float32)
    origin = Start(Vectors(words, matrix), stream, D, "none", [])
    run = wander(start=origin)
    origin.place(run.trainer)
    assert (run.trainer.matrix() == 1).all()
    assert list(run.to_end(1).words) == list(stream.words)


def test_what_the_saved_vectors_are_about_goes_on(stream):
    told = {"source": "a book", "licence": "CC0", "continued": '{"dim": 3}'}
    assert start(stream).about() == told


def test_pinned_words_keep_their_vectors_from_step_to_step(wander, stream):
    run = run_from(wander, stream, ["rainha", "moto"])
    seen, step = [], run.trainer.step

    def noted(*numbers):
        seen.append(run.trainer.matrix()[2].copy())
        return step(*numbers)

    run.trainer.step = noted
    vectors = run.to_end(1)
    assert all(np.array_equal(row, saved()["rainha"]) for row in [*seen, vectors["rainha"]])
    assert len(seen) > 3 * 4  # steps are shorter than without pinned words
    assert np.array_equal(vectors["moto"], saved()["moto"])
    assert not np.array_equal(vectors["gato"], saved()["gato"])


def test_a_pinned_word_that_is_not_saved_is_refused(stream):
    with pytest.raises(CallError, match=r"'rei' cannot be pinned(?s:.*)do not know it"):
        start(stream, ["gato", "rei"])
    with pytest.raises(CallError, match="did you mean 'gato'"):
        start(stream, ["Gato"])


def test_another_dim_is_refused(stream):
    with pytest.raises(CallError, match=r"have dim 5, not 3(?s:.*)train with dim 5"):
        start(stream, dim=5)


def test_another_recipe_is_told(stream, caplog):
    start(stream)
    assert not caplog.messages
    start(stream, recipe="none")
    assert "with the recipe lower, and the corpus with none" in caplog.messages[0]


def test_subwords_that_the_method_has_not_are_told(wander, stream, caplog):
    subwords = Subwords(Rows(np.ones((2, D), np.float32)), 3, 6)
    start(stream, subwords=subwords).place(wander().trainer)
    assert "those to start from are left out" in caplog.text


def test_other_vectors_and_other_pins_have_other_hashes(stream):
    usual = start(stream).hashes()
    assert start(stream).hashes() == usual
    pinned = start(stream, ["gato"]).hashes()
    assert pinned["start"] == usual["start"]
    assert pinned["pinned"] != usual["pinned"]
    other = Start(Vectors(SAVED, saved().matrix + 1), stream, D, "lower", []).hashes()
    assert other["start"] != usual["start"]
