import itertools
import math

import numpy as np
import pytest
import torch

from nlpseq.errors import CallError
from nlpseq.models.translate import SearchSettings, Translator, TranslatorSettings, vocabulary_of
from nlpseq.models.translate.answers import Alignment
from nlpseq.text.corpus import Pair
from nlpseq.text.tokenize import Tokenizer

PAIRS = [
    ("o gato viu o rato .", "the cat saw the rat ."),
    ("o rato fugiu .", "the rat fled ."),
    ("o gato dormiu", "the cat slept"),
]
KINDS = {
    "gru": {"architecture": "recurrent"},
    "lstm": {"architecture": "recurrent", "cell": "lstm", "attention": "dot"},
    "no feeding": {"architecture": "recurrent", "attention": "additive", "input_feeding": False},
    "pre-norm": {"heads": 2},
    "post-norm": {"heads": 4, "norm": "post", "positions": "learned"},
    "other sizes": {"heads": 2, "dim": 6, "tied": "none"},
}


def make(kind):
    known = [vocabulary_of(Tokenizer(), texts) for texts in zip(*PAIRS, strict=True)]
    settings = TranslatorSettings(**{"hidden": 8, "layers": 3, "max_length": 12, **KINDS[kind]})
    model = Translator(*known, settings, seed=2)
    for parameter in model.network.parameters():
        parameter.data.mul_(2)  # so that the weights differ from each other
    return model


@pytest.fixture(params=KINDS)
def model(request):
    return make(request.param)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def looked(model, pair):
    """What went into and came out of each attention to the source while a pair was scored."""
    network, seen = model.network, {}
    if model.settings.architecture == "recurrent":
        attentions = [network.decoder.attention]
    else:
        attentions = [block.source_attention for block in network.decoder.blocks]
    hooks = [
        layer.register_forward_hook(
            lambda _, given, out, i=i: seen.setdefault(i, []).append((given, out))
        )
        for i, layer in enumerate(attentions)
    ]
    list(model.score([pair]))
    for hook in hooks:
        hook.remove()
    return [(layer, seen[i]) for i, layer in enumerate(attentions)]


@pytest.mark.parametrize("kind", ["gru", "lstm", "no feeding"])
def test_weights_are_those_that_the_recurrent_network_scores_by(kind):
    model = make(kind)
    for source, target in PAIRS:
        pair = Pair(source, target)
        [found] = model.align([pair])
        [(attention, steps)] = looked(model, pair)
        with torch.inference_mode():
            scores = [attention.scores(s, memory.keys)[0] for (s, memory), _ in steps]
        expected = softmax(np.concatenate([step.numpy() for step in scores]).astype(np.float64))
        np.testing.assert_allclose(found.weights, expected, atol=1e-6)
        np.testing.assert_allclose(found.weights.sum(1), 1, atol=1e-6)
        assert np.ptp(found.weights) > 0.01


@pytest.mark.parametrize("kind", ["pre-norm", "post-norm", "other sizes"])
def test_weights_are_those_that_the_transformer_scores_by(kind):
    model = make(kind)
    for source, target in PAIRS:
        pair = Pair(source, target)
        blocks = looked(model, pair)
        [default] = model.align([pair])
        for layer, (attention, [((queries, memory), _)]) in enumerate(blocks, 1):
            e, W, heads = (
                queries[0].numpy(),
                attention.W_Q.weight.numpy(force=True),
                attention.heads,
            )
            Q = (e @ W.T).reshape(len(e), heads, -1)
            K = memory.keys[0].numpy(force=True)  # (heads, keys, features)
            expected = [softmax(Q[:, h] @ K[h].T / math.sqrt(K.shape[2])) for h in range(heads)]
            for head in range(1, heads + 1):
                [found] = model.align([pair], layer=layer, head=head)
                np.testing.assert_allclose(found.weights, expected[head - 1], atol=1e-5)
                np.testing.assert_allclose(found.weights.sum(1), 1, atol=1e-6)
            [mean] = model.align([pair], layer=layer)
            np.testing.assert_allclose(mean.weights, np.mean(expected, 0), atol=1e-5)
        np.testing.assert_allclose(default.weights, mean.weights, atol=1e-6)  # of the last layer
        [second] = model.align([pair], head=2)
        np.testing.assert_allclose(second.weights, expected[1], atol=1e-5)


def test_a_text_is_aligned_with_its_own_translation(model):
    texts = [source for source, _ in PAIRS]
    for text, told, found in zip(
        texts, model.predict(texts), model.explain((t, None) for t in texts), strict=True
    ):
        assert found.reason is None
        assert found.source == (*text.split(), "<eos>")
        assert " ".join(found.target[:-1]) == told.text
        assert found.score == pytest.approx(told.score, abs=1e-4)
        [same] = model.align([Pair(text, told.text)])
        np.testing.assert_allclose(found.weights, same.weights, atol=1e-6)
        assert (same.source, same.target) == (found.source, found.target)


def test_a_translation_is_found_as_the_model_looks_for_it():
    model = make("gru")
    model.search = SearchSettings(temperature=2.0, seed=3)
    texts = [source for source, _ in PAIRS] * 90  # more than are held at a time
    told = [answer.text for answer in model.predict(texts)]
    found = [" ".join(a.target[:-1]) for a in model.explain((t, None) for t in texts)]
    assert found == told
    assert len(set(told)) > 3
    model.search = SearchSettings(beam=3, n_best=2, max_length=2)
    for found, told in zip(
        model.explain((t, None) for t in texts[:3]), model.predict(texts[:3]), strict=True
    ):
        assert " ".join(found.target[:-1]) == told.text
        assert len(found.target) <= 3


def test_each_has_an_answer_in_order_and_those_that_cannot_a_reason(model):
    long = "gato " * 13
    given = [
        PAIRS[0], ("", None), ("  ", "the cat"), ("o gato", " "), (long, None), ("o gato", long),
        ("zebra 👍", None), PAIRS[1],
    ]  # fmt: skip
    answers = list(model.explain(given))
    assert [answer.reason for answer in answers] == [
        None, "the text is empty", "the text is empty", "the target is empty",
        *["a side has more than max_length, 12 words"] * 2, None, None,
    ]  # fmt: skip
    for (source, target), place in zip(PAIRS[:2], (0, -1), strict=True):
        [alone] = model.align([Pair(source, target)])
        assert answers[place].target == alone.target
        np.testing.assert_allclose(answers[place].weights, alone.weights, atol=1e-6)
        [score] = model.score([Pair(source, target)])
        assert answers[place].score == pytest.approx(score, abs=1e-4)
    assert answers[-2].source == ("<unk>", "<unk>", "<eos>")
    for answer in answers[1:6]:
        assert (answer.source, answer.target, answer.weights.size) == ((), (), 0)


def test_pairs_are_a_stream(model):
    endless = itertools.cycle(PAIRS)
    read = []
    for _ in itertools.islice(model.explain(read.append(p) or p for p in endless), 300):
        pass
    assert len(read) < 1000
    assert len(list(itertools.islice(model.align(Pair(*p) for p in endless), 3))) == 3
    assert list(model.explain([])) == []


@pytest.mark.parametrize(
    ("kind", "options", "where", "said"),
    [
        ("gru", {"layer": 1}, "layer", "one attention and no layer"),
        ("gru", {"head": 1}, "head", "one attention and no head"),
        ("pre-norm", {"layer": 4}, "layer", "no layer 4\n  they are counted from 1 to 3"),
        ("pre-norm", {"layer": 0}, "layer", "no layer 0"),
        ("pre-norm", {"layer": 3, "head": 3}, "head", "no head 3\n  they are counted from 1 to 2"),
        ("pre-norm", {"head": -1}, "head", "no head -1"),
    ],
    ids=["recurrent layer", "recurrent head", "layer", "layer 0", "head", "head -1"],
)
def test_what_is_not_there_is_said_before_any_text_is_read(kind, options, where, said):
    model = make(kind)
    unread = (1 / 0 for _ in range(1))
    for call in (model.align, model.explain):
        with pytest.raises(CallError) as error:
            call(unread, **options)
        assert error.value.where == where
        assert said in str(error.value)


def test_a_record_has_numbers_of_four_digits():
    weights = np.array([[1 / 3, 2 / 3], [0.1234, 0.8766]], dtype=np.float32)
    record = Alignment(("a", "<eos>"), ("b", "<eos>"), weights, -0.5).record()
    assert record == {
        "source": ["a", "<eos>"], "target": ["b", "<eos>"], "score": -0.5,
        "weights": [[0.3333, 0.6667], [0.1234, 0.8766]],
    }  # fmt: skip
    assert Alignment.without("why").record() == {"weights": None, "reason": "why"}
