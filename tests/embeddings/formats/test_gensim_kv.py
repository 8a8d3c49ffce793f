import pickle
import sys
from itertools import pairwise
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from nlpseq.embeddings.formats import gensim_kv
from nlpseq.embeddings.formats.contents import Report
from nlpseq.errors import CallError, DataError

MATRIX = np.array([[1, -2.5, 0.125], [3, 4, 5e-3], [0, 0, 0.5]], dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "vectors.kv"
    path.write_bytes(pickle.dumps("what gensim would know how to read"))
    return path


@pytest.fixture
def stand_in(monkeypatch):
    """A gensim whose ``load`` gives what a test wants."""

    def install(load):
        module = ModuleType("gensim.models")
        module.KeyedVectors = SimpleNamespace(load=load)
        monkeypatch.setitem(sys.modules, "gensim", ModuleType("gensim"))
        monkeypatch.setitem(sys.modules, "gensim.models", module)

    return install


def keyed(words, matrix, **others):
    return SimpleNamespace(index_to_key=words, vectors=matrix, expandos={}, **others)


def taken(path, *, repair=False):
    """The words, the matrix, the counts, the subwords, the report, the places."""
    report = Report(str(path), repair=repair)
    contents = gensim_kv.read(path, report)
    words, rows, counts, places = [], [], [], []
    for block in contents.blocks:
        ends = block.offsets.tolist()
        words += [bytes(block.tokens[a:b]).decode() for a, b in pairwise(ends)]
        rows.append(block.matrix)
        counts += [] if block.counts is None else block.counts.tolist()
        places += block.places.tolist()
    return words, np.concatenate(rows), counts, contents.subwords, report, places


def test_without_gensim(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(CallError, match="not installed") as caught:
        gensim_kv.read(path, Report(str(path)))
    assert caught.value.remedy == "pip install 'nlpseq[gensim]'"


def test_no_such_file(tmp_path):
    with pytest.raises(CallError, match="no such file"):
        gensim_kv.read(tmp_path / "a.kv", Report("a.kv"))


@pytest.mark.parametrize(
    "error", [ValueError("no"), AttributeError("no"), pickle.UnpicklingError("no"), EOFError()]
)
def test_what_gensim_cannot_load(path, stand_in, error):
    def load(*_, **__):
        raise error

    stand_in(load)
    with pytest.raises(DataError, match=f"cannot load it: {type(error).__name__}") as caught:
        taken(path)
    assert caught.value.where == str(path)


def test_something_else_in_the_pickle(path, stand_in):
    stand_in(lambda *_, **__: {"a": 1})
    with pytest.raises(DataError, match="cannot load it"):
        taken(path)


@pytest.mark.parametrize("matrix", [MATRIX[:2], MATRIX[0], np.zeros((3, 0))])
def test_words_and_vectors_must_agree(path, stand_in, matrix):
    stand_in(lambda *_, **__: keyed(["a", "b", "c"], matrix))
    with pytest.raises(DataError, match="3 words and vectors of shape"):
        taken(path)


def test_it_is_said_that_pickles_run_code(path, stand_in):
    stand_in(lambda *_, **__: keyed(["a", "b", "c"], MATRIX))
    assert "can run code" in str(taken(path)[4])


@pytest.mark.parametrize("step", [1, 2, 3])
def test_faults(path, stand_in, monkeypatch, step):
    monkeypatch.setattr(gensim_kv, "_BLOCK_BYTES", 12 * step)
    matrix = np.vstack([MATRIX, MATRIX])
    matrix[3, 1] = np.nan
    words = ["a", "", "c", "d", "e\ud800", "f"]
    stand_in(lambda *_, **__: keyed(words, matrix))
    with pytest.raises(DataError, match="no word"):
        taken(path)
    found, numbers, _, _, report, places = taken(path, repair=True)
    assert found == ["a", "c", "e\ufffd", "f"]
    assert numbers.tolist() == matrix[[0, 2, 4, 5]].tolist()
    assert places == [1, 3, 5, 6]
    assert report.repairs == 3


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        *[(pickle.dumps({"a": 1}, protocol), True) for protocol in range(2, 6)],
        (b"", False),
        (b"\x80", False),
        (b"\x80\x01ab", False),
        (b"2 3\na 1 2 3\n", False),
    ],
)
def test_looks_like(head, answer):
    assert gensim_kv.looks_like(head) is answer


def test_keyed_vectors(tmp_path):
    models = pytest.importorskip("gensim.models")
    vectors = models.KeyedVectors(3)
    vectors.add_vectors(["rei", "a b", "coração"], MATRIX)
    for i, word in enumerate(vectors.index_to_key):
        vectors.set_vecattr(word, "count", 10 - i)
    vectors.save(str(tmp_path / "a.kv"), sep_limit=0)
    words, numbers, counts, subwords, _, places = taken(tmp_path / "a.kv")
    assert words == ["rei", "a b", "coração"]
    assert numbers.tolist() == MATRIX.tolist()
    assert counts == [10, 9, 8]
    assert subwords is None
    assert places == [1, 2, 3]


TEXT = [["o", "rei", "e", "a", "rainha"], ["a", "rainha", "e", "o", "mar"]] * 5


def test_a_whole_model(tmp_path):
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec(TEXT, vector_size=5, min_count=1)
    model.save(str(tmp_path / "a.model"))
    words, numbers, counts, _, _, _ = taken(tmp_path / "a.model")
    assert words == model.wv.index_to_key
    assert numbers.tolist() == model.wv.vectors.tolist()
    assert counts == [10, 10, 10, 10, 5, 5]


@pytest.mark.parametrize("whole", [False, True])
def test_fasttext_of_gensim_has_subwords(tmp_path, whole):
    models = pytest.importorskip("gensim.models")
    model = models.FastText(TEXT, vector_size=5, min_count=1, bucket=50, min_n=2, max_n=4)
    (model if whole else model.wv).save(str(tmp_path / "a.kv"))
    words, numbers, _, subwords, _, _ = taken(tmp_path / "a.kv")
    assert words == model.wv.index_to_key
    assert numbers.tolist() == model.wv.vectors.tolist()
    for word in ("rainhas", "x", "coração"):
        np.testing.assert_allclose(subwords.vector(word), model.wv[word], rtol=1e-5, atol=1e-8)


def test_a_model_without_subwords_of_fasttext(tmp_path):
    models = pytest.importorskip("gensim.models")
    model = models.FastText(TEXT, vector_size=5, min_count=1, bucket=50, min_n=2, max_n=1)
    model.wv.save(str(tmp_path / "a.kv"))
    assert taken(tmp_path / "a.kv")[3] is None
