import json
import sys

import numpy as np
import pytest

from nlpseq.embeddings.train import train
from nlpseq.embeddings.train.methods.cbow import CbowSettings
from nlpseq.embeddings.train.methods.fasttext import FastTextSettings
from nlpseq.embeddings.train.methods.skip_gram import SkipGramSettings
from nlpseq.errors import CallError, DataError

pytest.importorskip("gensim")
EACH = [SkipGramSettings, CbowSettings, FastTextSettings]
USUAL = {"dim": 11, "window": 2, "min_count": 1, "subsample": 1e9, "learning_rate": 0.05}


def documents(number=400, seed=0):
    random = np.random.default_rng(seed)
    topics = [
        (["gato", "cachorro"], ["mia", "late", "pelo", "rabo", "pata"]),
        (["carro", "moto"], ["roda", "motor", "freio", "pneu", "rua"]),
    ]
    for _ in range(number):
        nouns, contexts = topics[random.integers(2)]
        yield [*random.choice(contexts, 2).tolist(), nouns[random.integers(2)], contexts[0]]


def settings_of(kind, **options):
    more = {"buckets": 500} if kind is FastTextSettings else {}
    return kind(**{**USUAL, "epochs": 20, **more, **options})


@pytest.mark.parametrize("kind", EACH)
def test_words_in_like_contexts_come_out_near(kind):
    vectors = train(documents(), settings_of(kind), engine="gensim", recipe="lower", seed=1)
    assert vectors.dim == 11
    assert vectors.recipe == "lower"
    assert vectors.near("gato", k=1)[0].word == "cachorro"
    assert vectors.about["engine"].startswith("gensim 4")
    assert json.loads(vectors.about["training"])["window"] == 2


@pytest.mark.parametrize("kind", EACH)
def test_words_and_counts_are_those_of_our_engine(kind):
    given = [*documents(50), [], ["raro"]]
    ours = train(given, settings_of(kind, epochs=1))
    theirs = train(given, settings_of(kind, epochs=1), engine="gensim")
    assert list(ours.words) == list(theirs.words)
    assert ours.counts.tolist() == theirs.counts.tolist()
    assert (theirs.subwords is None) == (ours.subwords is None)


def test_unknown_words_have_vectors_of_their_ngrams():
    vectors = train(documents(50), settings_of(FastTextSettings, epochs=1), engine="gensim")
    assert vectors["gatos"].any()


@pytest.mark.parametrize("option", [{"draws": 8}, {"corrected": True}])
def test_options_that_gensim_has_not(option):
    with pytest.raises(CallError, match=f"gensim has no {next(iter(option))}"):
        train(documents(5), settings_of(CbowSettings, **option), engine="gensim")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_that_gensim_has_not(seed):
    with pytest.raises(CallError, match=f"gensim has no seed {seed}"):
        train(documents(5), settings_of(SkipGramSettings), engine="gensim", seed=seed)


def test_the_softmax_is_ours():
    with pytest.raises(CallError, match="no such softmax"):
        train(documents(5), settings_of(SkipGramSettings, loss="softmax"), engine="gensim")


def test_words_may_hold_blanks_but_for_fasttext():
    given = [["são paulo", "é", "grande"]] * 9
    assert "são paulo" in train(given, settings_of(SkipGramSettings), engine="gensim")
    with pytest.raises(DataError, match="'são paulo' holds white space"):
        train(given, settings_of(FastTextSettings), engine="gensim")


def test_without_gensim(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(CallError, match="pip install 'nlpseq\\[gensim\\]'"):
        train(documents(5), settings_of(SkipGramSettings), engine="gensim")


def test_the_corpus_file_goes_also_after_an_error(monkeypatch, tmp_path):
    import gensim

    def fail(*args, **options):
        raise RuntimeError("no")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(gensim.models.Word2Vec, "train", fail)
    with pytest.raises(RuntimeError, match="no"):
        train(documents(5), settings_of(SkipGramSettings), engine="gensim")
    assert list(tmp_path.iterdir()) == []
