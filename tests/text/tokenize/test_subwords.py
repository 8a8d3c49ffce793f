import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError, DataError
from nlpseq.text.tokenize import subwords
from nlpseq.text.tokenize.subwords import Subwords

METHODS = ["bpe", "unigram", "wordpiece"]
SEEN = ["o gato dorme na rua", "os gatos dormem na casa", "a gata come", "o rato come na rua"] * 3
every_method = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(scope="module")
def made():
    return {method: Subwords.train(SEEN, method=method, size=50) for method in METHODS}


def same(one, other):
    return one.words == other.words and all(
        np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True)
    )


@every_method
@pytest.mark.parametrize("text", [*SEEN[:4], "gatos e ratos", "o", ""])
def test_pieces_joined_are_the_text(made, method, text):
    assert made[method].join(made[method].words(text)) == text


@every_method
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.text("agotrdm", min_size=1, max_size=8), max_size=6))
def test_known_letters_joined_are_the_text(made, method, words):
    text = " ".join(words)
    if method != "wordpiece":  # a letter that was never seen inside a word makes it unknown
        assert made[method].join(made[method].words(text)) == text


@every_method
def test_a_word_that_is_opened_and_one_that_goes_on(made, method):
    words = made[method].words("gatos gatos")
    if method == "wordpiece":
        assert [w for w in words if not w.startswith("##")] == [words[0]] * 2
    else:
        assert sum(w.startswith("▁") for w in words) == 2


@every_method
@pytest.mark.parametrize("recipe", ["none", "lower", "nilc", "glove"])
@pytest.mark.parametrize("text", ["", "O GATO, d'água 10% ☃\ud800 {x}", "gato rato"])
def test_saved_and_loaded(tmp_path, method, recipe, text):
    trained = Subwords.train(SEEN, method=method, size=50, recipe=recipe)
    trained.save(tmp_path / "tokenizer.json")
    loaded = Subwords.load(tmp_path / "tokenizer.json")
    assert loaded.recipe == recipe
    assert same(loaded.tokenize(text), trained.tokenize(text))
    assert loaded.vocabulary.words == trained.vocabulary.words


@every_method
def test_the_library_reads_what_has_no_recipe(made, tmp_path, method):
    from tokenizers import Tokenizer

    made[method].save(tmp_path / "tokenizer.json")
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert theirs.encode("o gato").tokens == made[method].words("o gato")


@every_method
def test_the_unknown_keeps_its_surface(made, method):
    text = "gato ☃ \ud800 rato"
    words, starts, ends = made[method].tokenize(text)
    found = [w for w, i, j in zip(words, starts, ends, strict=True) if text[i:j] in ("☃", "\ud800")]
    assert [w.removeprefix("▁") for w in found if w != "▁"] == ["☃", "\ud800"]
    vocabulary = made[method].vocabulary
    ids = vocabulary.encode(words)
    for word, number in zip(words, ids, strict=True):
        assert (number == vocabulary.unk) == (word.removeprefix("▁") in ("☃", "\ud800"))


@every_method
def test_the_vocabulary_has_no_more_than_the_size(method):
    found = Subwords.train(SEEN, method=method, size=30)
    assert len(found.vocabulary.words) <= 30 + 1  # pad and unk instead of one unknown
    assert "<unk>" in found.vocabulary.words[: len(found.vocabulary.specials)]


@every_method
@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"]])
def test_training_on_nothing(method, texts):
    with pytest.raises(DataError, match="no text"):
        Subwords.train(texts, method=method)


def test_a_wrong_method_and_size():
    with pytest.raises(CallError, match="no method 'bpa'") as error:
        Subwords.train(SEEN, method="bpa")
    assert error.value.remedy == "did you mean 'bpe'?"
    with pytest.raises(CallError, match="1 pieces are too few"):
        Subwords.train(SEEN, size=1)


def test_many_texts_are_streamed(made, monkeypatch):
    monkeypatch.setattr(subwords, "_BATCH", 2)
    found = list(made["bpe"].stream(iter(SEEN[:5])))
    assert all(map(same, found, map(made["bpe"].tokenize, SEEN[:5])))
    assert len(found) == 5


@pytest.fixture
def file(made, tmp_path):
    made["bpe"].save(tmp_path / "tokenizer.json")
    return tmp_path / "tokenizer.json"


def with_ours(ours):
    return lambda content: json.dumps(json.loads(content) | {"nlpseq": ours}).encode()


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"\xff\xfe",
        lambda content: b"not json",
        lambda content: b"[]",
        lambda content: b"null",
        lambda content: b'"model"',
        lambda content: b"{}",
        lambda content: b'{"model": 3}',
        lambda content: b'{"model": {"type": "BPE", "vocab": {"a": "b"}, "merges": []}}',
        lambda content: b"[" * 100_000,
        lambda content: content.replace(b'"BPE"', b'"XYZ"'),
        lambda content: json.dumps(
            json.loads(content)
            | {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}
        ).encode(),  # the library panics
        with_ours({"recipe": "xyz"}),
        with_ours({"recipe": ["nilc"]}),
        with_ours({"recipe": {}}),
        with_ours({"recipe": None}),
        with_ours({"recipe": 3}),
        with_ours([]),
        with_ours("nilc"),
        with_ours(None),
    ],
)
def test_what_is_no_tokenizer(file, broken):
    file.write_bytes(broken(file.read_bytes()))
    with pytest.raises(DataError) as error:
        Subwords.load(file)
    assert error.value.where == str(file)


def test_too_large(file, monkeypatch):
    monkeypatch.setattr(subwords, "_LARGEST", 100)
    with pytest.raises(DataError, match="larger"):
        Subwords.load(file)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(CallError, match="no such file"):
        Subwords.load(tmp_path / "x.json")
    with pytest.raises(CallError, match="folder"):
        Subwords.load(tmp_path)


def test_another_tokenizer_has_no_recipe(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    theirs = Tokenizer(models.WordLevel({"gato": 0, "[UNK]": 1}, unk_token="[UNK]"))
    theirs.pre_tokenizer = pre_tokenizers.Whitespace()
    theirs.enable_truncation(1)
    theirs.enable_padding(length=9)
    theirs.save(str(tmp_path / "tokenizer.json"))
    loaded = Subwords.load(tmp_path / "tokenizer.json")
    assert loaded.recipe == "none"
    assert loaded.words("gato Rato gato") == ["gato", "Rato", "gato"]
    assert loaded.vocabulary.words == ["<pad>", "<unk>", "gato"]


def test_a_tokenizer_without_an_unknown_piece(tmp_path):
    from tokenizers import Tokenizer, models

    Tokenizer(models.Unigram([("a", -1.0)])).save(str(tmp_path / "tokenizer.json"))
    loaded = Subwords.load(tmp_path / "tokenizer.json")
    assert loaded.words("aa") == ["a", "a"]
    assert loaded.join(["a", "a"]) == "a a"
    with pytest.raises(DataError, match="cannot cut the text"):
        loaded.words("b")


@every_method
@pytest.mark.parametrize("piece", ["<", "a", "'", "gato"])
def test_hostile_lengths(made, method, piece):
    text = (piece * 300_000)[:300_000]
    tokens = made[method].tokenize(text)
    assert tokens.ends[-1] == len(text)


def test_fewer_pieces_than_characters():
    with pytest.raises(CallError, match="cannot be learned in 2 pieces") as caught:
        Subwords.train(["o gato preto"], method="unigram", size=2)
    assert "more" in caught.value.remedy
