import itertools
import json
import logging

import numpy as np
import pytest
import torch

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.models.translate import (
    SearchSettings,
    Translator,
    TranslatorSettings,
    vocabulary_of,
)
from nlpseq.text.corpus import Pair
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

PAIRS = [
    Pair("o gato viu o rato .", "the cat saw the rat .", "t.pt", "t.en", 1),
    Pair("o rato fugiu .", "the rat fled .", "t.pt", "t.en", 2),
    Pair("o gato dormiu ; o rato não .", "the cat slept ; the rat did not .", "t.pt", "t.en", 3),
]
TINY = {
    "recurrent": {"architecture": "recurrent", "hidden": 8},
    "transformer": {"architecture": "transformer", "hidden": 8, "heads": 2},
}
STEP = TrainingSettings(epochs=1, batch_size=2, learning_rate=0.01, threads=1)
BEAM = SearchSettings(beam=3, n_best=2)


def make(architecture="transformer", pairs=PAIRS, tokenizer=None, seed=1, **options):
    tokenizer = tokenizer or Tokenizer()
    sides = [[p.source for p in pairs], [p.target for p in pairs]]
    known = [vocabulary_of(tokenizer, texts) for texts in sides]
    if options.get("tied") == "joint":
        known = [vocabulary_of(tokenizer, itertools.chain(*sides))] * 2
    vectors = {name: options.pop(name, None) for name in ("source_vectors", "target_vectors")}
    settings = TranslatorSettings(**{**TINY[architecture], "max_length": 12, **options})
    both = {"source_tokenizer": tokenizer, "target_tokenizer": tokenizer}
    return Translator(*known, settings, **both, **vectors, seed=seed)


@pytest.fixture(params=TINY)
def model(request):
    return make(request.param)


def reversals(number, seed):
    random, texts = np.random.default_rng(seed), set()
    while len(texts) < number:
        texts.add(" ".join("abcdef"[i] for i in random.integers(0, 6, random.integers(1, 6))))
    return [Pair(text, text[::-1]) for text in random.permutation(sorted(texts)).tolist()]


@pytest.mark.parametrize(
    ("architecture", "options", "epochs", "rate"),
    [
        ("recurrent", {"hidden": 48}, 5, 0.01),
        ("transformer", {"hidden": 64, "heads": 4, "tied": "joint", "feed_forward": 128}, 10, 3e-3),
    ],
)
def test_it_learns_to_reverse_what_it_never_saw(architecture, options, epochs, rate):
    pairs = reversals(2100, seed=1)
    train, test = pairs[100:], pairs[:100]
    model = make(architecture, train, layers=1, dropout=0.0, label_smoothing=0.0, **options)
    training = TrainingSettings(
        epochs=epochs, batch_size=100, learning_rate=rate, schedule="cosine", warmup=30, threads=1
    )
    model.fit(train, training=training, unit="tokens")
    for search in (SearchSettings(), SearchSettings(beam=4)):
        answers = model.predict((pair.source for pair in test), search)
        assert [answer.text for answer in answers] == [pair.target for pair in test]


def test_the_same_words_out_of_any_batch(model):
    texts = [pair.source for pair in PAIRS]
    texts += [f"{text} {text}" for text in texts] + ["o", "", "gato gato"]
    for search in (SearchSettings(), BEAM, SearchSettings(temperature=0.5)):
        together = list(model.predict(texts, search))
        assert [answer.reason is None for answer in together] == [bool(text) for text in texts]
        if search.temperature:  # what is drawn depends on the place
            assert together == list(model.predict(texts, search))
            continue
        for text, answer in zip(texts, together, strict=True):
            [alone] = model.predict([text], search)
            assert alone.text == answer.text
            assert (
                len(alone.alternatives)
                == len(answer.alternatives)
                == (search.n_best - 1 if text else 0)
            )
            if text:
                assert alone.score == pytest.approx(answer.score, abs=1e-5)


def test_a_score_is_that_of_the_pair(model):
    texts = [pair.source for pair in PAIRS]
    for answer, text in zip(model.predict(texts, BEAM), texts, strict=True):
        for one in (answer, *answer.alternatives):
            assert next(model.score([Pair(text, one.text)])) == pytest.approx(one.score, abs=1e-4)
    together = list(model.score(PAIRS))
    alone = [next(model.score([pair])) for pair in PAIRS]
    assert together == pytest.approx(alone, abs=1e-4)


def test_a_long_text_is_translated_in_pieces(model):
    sentences = [pair.source for pair in PAIRS]
    found = [answer.text for answer in model.predict(sentences)]
    [joined] = model.predict([" ".join(sentences)])  # 17 words, and 12 are the most
    [first] = model.predict([" ".join(sentences[:2])])
    assert joined.text == f"{first.text} {found[2]}"
    [endless] = model.predict(["gato " * 1000])
    assert endless.reason is None


def test_a_translation_is_as_long_as_it_may_be(model):
    for most in (1, 3, 500):
        for answer in model.predict([p.source for p in PAIRS], SearchSettings(max_length=most)):
            assert 1 <= len(answer.text.split()) <= min(most, 12)


def test_an_alignment_has_a_row_for_each_word(model):
    for pair, found in zip(PAIRS, model.align(PAIRS), strict=True):
        assert found.source == (*pair.source.split(), "<eos>")
        assert found.target == (*pair.target.split(), "<eos>")
        assert found.weights.shape == (len(found.target), len(found.source))
        np.testing.assert_allclose(found.weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("unit", ["sentences", "tokens"])
def test_a_training_that_was_cut_off_goes_on(tmp_path, unit):
    training = TrainingSettings(epochs=3, batch_size=9, threads=1)

    def stop(history):
        if len(history) == 2:
            raise KeyboardInterrupt

    whole, cut = make("recurrent"), make("recurrent")
    whole.fit(PAIRS, PAIRS, training, unit=unit)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(PAIRS, PAIRS, training, unit=unit, checkpoints=tmp_path, records=[stop])
    again = make("recurrent")
    again.fit(PAIRS, PAIRS, training, unit=unit, checkpoints=tmp_path)
    pairs = zip(whole.network.parameters(), again.network.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert not any(tmp_path.iterdir())


def test_the_figure_of_an_epoch_is_the_bleu_of_greedy_translations(model):
    model.search = BEAM
    history = model.fit(PAIRS * 20, PAIRS, STEP.model_copy(update={"epochs": 3, "keep": "last"}))
    model.search = SearchSettings()
    assert history[-1].figure == pytest.approx(model.evaluate(PAIRS).figures["bleu"])
    assert history[-1].figure > 0


def test_where_bleu_is_zero_the_figure_is_the_likelihood(model):
    pairs = [pair._replace(target=pair.target.split()[1]) for pair in PAIRS]  # of one word each
    history = model.fit(PAIRS, pairs, STEP.model_copy(update={"epochs": 4}))
    figures = [epoch.figure for epoch in history]
    assert figures[0] < figures[-1] < 0
    wanted = sum(model.score(pairs)) / 6
    assert max(figures) == pytest.approx(wanted)


@pytest.mark.parametrize("cell", ["lstm", "gru", None])
def test_it_is_trained_with_bfloat16_products_too(cell):
    model = make("recurrent", cell=cell) if cell else make("transformer")
    history = model.fit(PAIRS, training=STEP.model_copy(update={"precision": "bf16"}))
    assert history[0].loss > 0
    assert all(p.dtype == torch.float32 for p in model.network.parameters())


@pytest.mark.parametrize("side", ["source", "target"])
def test_an_empty_side_is_named_with_its_place(model, side):
    empty = PAIRS[1]._replace(**{side: " "})
    calls = (
        lambda: model.fit([PAIRS[0], empty]), lambda: model.fit(PAIRS, [empty]),
        lambda: list(model.score([empty])), lambda: list(model.align([empty])),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(DataError, match=f"the {side} has no word") as error:
            call()
        assert error.value.where == "t.pt:2"


def test_pairs_that_are_too_long_are_counted(model, caplog):
    long = Pair("gato " * 13, "cat", "t.pt", "t.en", 4)
    with caplog.at_level(logging.WARNING):
        model.fit([*PAIRS, long], training=STEP)
    assert "1 of 4 pairs have more than max_length, 12 words" in caplog.text
    with pytest.raises(DataError, match="all have more than max_length"):
        model.fit([long])
    with pytest.raises(DataError, match="more than max_length, 12 words") as error:
        list(model.score([long]))
    assert error.value.where == "t.pt:4"


def test_nothing_to_learn_from_or_to_score_is_an_error(model):
    for call in (lambda: model.fit([]), lambda: model.evaluate([])):
        with pytest.raises(DataError, match="there is no pair"):
            call()


@pytest.mark.parametrize("tokenizer", ["words", "characters", "subwords"])
@pytest.mark.parametrize("architecture", TINY)
def test_saved_and_loaded_it_answers_the_same(tmp_path, architecture, tokenizer):
    texts = [text for pair in PAIRS for text in pair[:2]]
    cutter = {
        "words": Tokenizer("none"),
        "characters": Tokenizer("none", kind="characters"),
        "subwords": Subwords.train(texts, size=50),
    }[tokenizer]
    model = make(architecture, tokenizer=cutter, tied="joint", max_length=40)
    model.search = BEAM
    model.fit(PAIRS, training=STEP)
    model.save(tmp_path / "m", report=model.evaluate(PAIRS))
    loaded = Translator.load(tmp_path / "m")
    sources = [pair.source for pair in PAIRS] + ["", "um cão 👍"]
    assert list(loaded.predict(sources)) == list(model.predict(sources))
    assert loaded.search == BEAM
    assert loaded.settings == model.settings
    assert loaded.parameters == model.parameters
    loaded.fit(PAIRS, training=STEP)
    weights = zip(loaded.network.parameters(), model.network.parameters(), strict=True)
    assert any(not torch.equal(one, other) for one, other in weights)
    assert not any(path.suffix in (".pkl", ".pt") for path in (tmp_path / "m").iterdir())


def resealed(path, part=None, vocabulary=None, **changed):
    """Change a folder as someone would who also mends its hashes."""
    from nlpseq.files import content_hash
    from nlpseq.models.folder import _checksum

    config = json.loads((path / "config.json").read_text())
    if part is not None:
        vocabulary.save(path / part)
        config["sha256"][part] = content_hash(path / part)
    config["settings"]["network"].update(changed)
    del config["checksum"]
    config["checksum"] = _checksum(config)
    (path / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("part", ["vocabulary.txt", "target-vocabulary.txt"])
def test_a_vocabulary_that_does_not_fit_the_weights_is_told(tmp_path, model, part):
    model.save(tmp_path / "m")
    other = Vocabulary(["um", "dois"], specials=("pad", "unk", "bos", "eos"))
    other.save(tmp_path / "m" / part)
    with pytest.raises(DataError, match="not as it was saved"):
        Translator.load(tmp_path / "m")
    resealed(tmp_path / "m", part, other)
    with pytest.raises(DataError, match="has shape") as error:
        Translator.load(tmp_path / "m")
    assert "model.safetensors" in error.value.where
    resealed(tmp_path / "m", part, Vocabulary(["um"]))
    with pytest.raises(DataError, match="lacks one of: pad, unk, bos, eos") as error:
        Translator.load(tmp_path / "m")
    assert part in error.value.where


def test_a_folder_that_lacks_something_is_told(tmp_path, model):
    model.save(tmp_path / "m")
    resealed(tmp_path / "m", wings=2)
    with pytest.raises(DataError, match=r"settings\.network\.wings: unknown key"):
        Translator.load(tmp_path / "m")
    weights = tmp_path / "m" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(DataError, match="not as it was saved"):
        Translator.load(tmp_path / "m")


@pytest.mark.parametrize("mode", ["tuned", "frozen"])
@pytest.mark.parametrize("architecture", TINY)
def test_vectors_are_carried_into_both_embeddings(tmp_path, architecture, mode):
    random = np.random.default_rng(1)
    source = Vectors(["gato", "rato"], random.normal(size=(2, 6)).astype(np.float32))
    target = Vectors(["cat", "rat", "the"], random.normal(size=(3, 6)).astype(np.float32))
    both = {"source_vectors": source, "target_vectors": target}
    model = make(architecture, embedding=mode, target_embedding=mode, **both)
    network = model.network
    for layer, side, vectors, word in (
        (network.source_embedding, model.source, source, "gato"),
        (network.target_embedding, model.target, target, "cat"),
    ):
        row = layer.weight[side.vocabulary.get(word)]
        assert row.tolist() == vectors[word].tolist()
    assert model.settings.dim == 6
    assert model.coverage is not None
    assert model.target_coverage is not None
    start = network.source_embedding.weight.detach().clone()
    model.fit(PAIRS, training=STEP)
    assert torch.equal(start, network.source_embedding.weight) is (mode == "frozen")
    model.save(tmp_path / "m")
    loaded = Translator.load(tmp_path / "m")
    assert (loaded.parameters, loaded.frozen_parameters) == (
        model.parameters,
        model.frozen_parameters,
    )


def test_what_does_not_go_together_is_told():
    with pytest.raises(ValueError, match="tuned embedding needs vectors, and the target has none"):
        make(target_embedding="tuned")
    source = Vectors(["gato"], np.ones((1, 3), np.float32))
    target = Vectors(["cat"], np.ones((1, 4), np.float32))
    both = {"source_vectors": source, "target_vectors": target}
    with pytest.raises(CallError, match=r"\[3, 4\] features"):
        make(embedding="tuned", target_embedding="tuned", **both)
    one, other = (vocabulary_of(Tokenizer(), [text]) for text in ("a b", "a c"))
    with pytest.raises(CallError, match="different vocabularies"):
        Translator(one, other, TranslatorSettings(tied="joint"))
    with pytest.raises(ValueError, match="vocabularies have pad, unk, bos, eos"):
        Translator(one, Vocabulary(["a"]))
    with pytest.raises(CallError, match="no word"):
        Translator(one, vocabulary_of(Tokenizer(), ["a"], min_count=2))
    with pytest.raises(CallError, match="list"):
        make().predict("o gato")


def test_equal_seeds_give_equal_models():
    for architecture in TINY:
        models = [make(architecture) for _ in range(2)] + [make(architecture, seed=2)]
        for model in models:
            model.fit(PAIRS, training=STEP)
        one, again, other = (list(model.network.parameters()) for model in models)
        assert all(map(torch.equal, one, again))
        assert not all(map(torch.equal, one, other))


def test_global_state_is_left_alone(model):
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    list(model.predict(["o gato", "o rato viu"], SearchSettings(temperature=1.0)))
    list(model.score(PAIRS))
    list(model.align(PAIRS))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not model.network.training


def test_more_texts_than_are_held_at_a_time(model):
    texts = ["o gato", "", "o rato viu o gato"] * 500
    answers = list(model.predict(texts))
    assert len(answers) == 1500
    assert [answer.text for answer in answers[:3]] == [answer.text for answer in answers[-3:]]
    endless = model.predict(itertools.cycle(texts))
    assert [next(endless).text for _ in range(3)] == [answer.text for answer in answers[:3]]
