from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nlpseq.embeddings.train.skip_gram import (
    SkipGramSettings,
    alias_table,
    keep_probability,
    train,
    train_block,
)
from nlpseq.errors import DataError

BUFFER = 10_000
MASK = 2**64 - 1
KEEP_ALL = 1e9  # a subsampling threshold that keeps every word


# the reference: the module's equations, one after the other, in float64


def xorshift(state):
    x = state[0]
    x ^= (x << 13) & MASK
    x ^= x >> 7
    x ^= (x << 17) & MASK
    state[0] = x
    return x


def reference(
    ids, offsets, keep, threshold, alias, sigmoid, v, u, window, negatives, rate, last_rate, state
):
    def draw_noise():
        bits = xorshift(state)
        word = ((bits >> 32) * len(v)) >> 32
        return word if bits & 0xFFFFFFFF <= threshold[word] else alias[word]

    def s(x):
        x = np.float32(min(max(x, -5.999), 5.999))
        return float(sigmoid[int((x + np.float32(6)) * np.float32(1000 / 12))])

    first, last = int(offsets[0]), int(offsets[-1])
    for start, end in zip(offsets.tolist(), offsets[1:].tolist(), strict=False):
        position = start
        while position < end:
            lr = rate + (last_rate - rate) * (position - first) / max(last - first, 1)
            text = []
            while position < end and len(text) < BUFFER:
                word = int(ids[position])
                position += 1
                if (xorshift(state) >> 40) / 2**24 < keep[word]:
                    text.append(word)
            for i, centre in enumerate(text):
                reach = 1 + (xorshift(state) >> 33) % window
                contexts = text[max(0, i - reach) : i] + text[i + 1 : i + 1 + reach]
                if not contexts:
                    continue
                noise = [draw_noise() for _ in range(negatives)]
                outs = [centre] + [int(n) for n in noise if n != centre]
                v_old, u_old = v[contexts], u[outs]
                wanted = np.array([1.0] + [0.0] * (len(outs) - 1))
                g = lr * (wanted - np.array([[s(x) for x in row] for row in v_old @ u_old.T]))
                np.add.at(v, contexts, g @ u_old)
                np.add.at(u, outs, g.T @ v_old)


def table():
    middle = -6 + (np.arange(1000) + 0.5) * 12 / 1000
    return (1 / (1 + np.exp(-middle))).astype(np.float32)


def block(lengths, *, V=50, D=7, seed=0, t=0.02, scale=1.0):
    """Everything that ``train_block`` takes before the window, over Zipf-like random words."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, V + 1)
    ids = random.choice(V, size=sum(lengths), p=weights / weights.sum()).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    counts = np.bincount(ids, minlength=V) + 1
    threshold, alias = alias_table(counts**0.75)
    v = random.normal(0, scale, (V, D)).astype(np.float32)
    u = random.normal(0, scale, (V, D)).astype(np.float32)
    return [ids, offsets, keep_probability(counts, t), threshold, alias, table(), v, u]


def both(arguments, window, negatives, rate, last_rate, state=0x9E3779B97F4A7C15):
    *given, v, u = arguments
    slow = [v.astype(np.float64), u.astype(np.float64)]
    fast = [v.copy(), u.copy()]
    slow_state, fast_state = [state], np.array([state], dtype=np.uint64)
    reference(*given, *slow, window, negatives, rate, last_rate, slow_state)
    train_block(*given, *fast, window, negatives, rate, last_rate, fast_state)
    assert int(fast_state[0]) == slow_state[0]
    return fast, slow


@pytest.mark.parametrize("D", [1, 7, 13])
@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("negatives", [1, 3, 5])
def test_the_kernel_follows_the_equations(D, window, negatives):
    arguments = block([17, 0, 1, 40, 2, 3, 90, 0], D=D, seed=D + window)
    assert (arguments[2] < 1).any()
    assert (arguments[2] > 1).any()
    fast, slow = both(arguments, window, negatives, 0.05, 0.01)
    for got, expected, before in zip(fast, slow, arguments[-2:], strict=True):
        assert not np.allclose(expected, before, atol=1e-3)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_noise_that_hits_the_target_is_dropped():
    arguments = block([60], V=2, D=3, t=KEEP_ALL)
    fast, slow = both(arguments, 2, 5, 0.05, 0.05)
    np.testing.assert_allclose(fast[1], slow[1], rtol=1e-4, atol=1e-4)
    lonely = block([60], V=1, D=3, t=KEEP_ALL)
    fast, slow = both(lonely, 2, 5, 0.05, 0.05)
    np.testing.assert_allclose(fast[0], slow[0], rtol=1e-4, atol=1e-4)


def test_scores_beyond_the_sigmoid_table_are_clipped():
    arguments = block([30, 30], D=13, scale=5.0, t=KEEP_ALL)
    assert np.abs(arguments[-2] @ arguments[-1].T).max() > 60
    fast, slow = both(arguments, 3, 5, 0.01, 0.01)
    for got, expected in zip(fast, slow, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-3)


def test_a_document_longer_than_the_buffer():
    lengths = [5, BUFFER + 4, 3]
    arguments = block(lengths, D=3, scale=0.3, t=KEEP_ALL)
    fast, slow = both(arguments, 1, 1, 0.02, 0.01)
    for got, expected in zip(fast, slow, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3)


def test_the_middle_of_a_stream_is_trained_alone():
    arguments = block([20, 30, 25], D=5, t=KEEP_ALL)
    part = [arguments[0][20:50], np.array([0, 30]), *arguments[2:]]
    arguments[1] = arguments[1][1:3]
    in_place, _ = both(arguments, 2, 3, 0.05, 0.01)
    alone, _ = both(part, 2, 3, 0.05, 0.01)
    assert in_place[0].tobytes() == alone[0].tobytes()


# the draws


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_alias_table_gives_the_distribution(weights):
    weights = np.array(weights)
    threshold, alias = alias_table(weights)
    assert threshold.dtype == np.uint32
    assert alias.dtype == np.int32
    own = (threshold.astype(np.float64) + 1) / 2**32
    shares = own.copy()
    np.add.at(shares, alias, 1 - own)
    np.testing.assert_allclose(shares / len(weights), weights / weights.sum(), atol=1e-8)


def test_alias_table_leaves_its_weights():
    weights = np.array([1.0, 5.0, 2.0])
    alias_table(weights)
    assert weights.tolist() == [1, 5, 2]


def test_keep_probability():
    keep = keep_probability(np.array([900, 90, 10]), 0.01)
    f = np.array([0.9, 0.09, 0.01])
    np.testing.assert_allclose(keep, np.sqrt(0.01 / f) + 0.01 / f, rtol=1e-6)
    assert keep.dtype == np.float32
    assert keep[0] < keep[1] < 1 < keep[2]


# training


def documents(number=300, seed=0):
    """Two topics of animals and of cars, each a noun among its own contexts."""
    random = np.random.default_rng(seed)
    topics = [
        (["gato", "cachorro"], ["mia", "late", "pelo", "rabo", "pata"]),
        (["carro", "moto"], ["roda", "motor", "freio", "pneu", "rua"]),
    ]
    for _ in range(number):
        nouns, contexts = topics[random.integers(2)]
        noun = nouns[random.integers(2)]
        yield [*random.choice(contexts, 2).tolist(), noun, *random.choice(contexts, 2).tolist()]


def settings(**options):
    options = {"dim": 9, "window": 2, "min_count": 1, "subsample": KEEP_ALL, **options}
    return SkipGramSettings(**options)


def test_words_in_like_contexts_come_out_near():
    vectors = train(documents(2000), settings(epochs=5, learning_rate=0.05), seed=1)
    for word, other in [("gato", "cachorro"), ("carro", "moto")]:
        near = [n.word for n in vectors.near(word, k=6)]
        assert other in near
        theirs = {"gato": {"carro", "moto", "roda", "rua"}, "carro": {"gato", "mia", "pelo"}}
        assert not theirs[word] & set(near[:4])


@pytest.mark.parametrize("epochs", [1, 3])
def test_training_is_epochs_of_the_equations_at_a_falling_rate(epochs):
    given = [*documents(40), [], ["gato", "carro"] * 9]
    vectors = train(given, settings(epochs=epochs, subsample=0.03, learning_rate=0.5), seed=5)
    counts = vectors.counts
    V, D = vectors.matrix.shape
    ids = np.concatenate([vectors.words.find_all(d) for d in given])
    offsets = np.concatenate([[0], np.cumsum([len(d) for d in given])])
    random = np.random.default_rng((5, 0))
    v = (random.random((V, D), dtype=np.float32) - 0.5).astype(np.float64) / D
    u = np.zeros((V, D))
    state = [int(random.integers(1, 2**63))]
    draws = [keep_probability(counts, 0.03), *alias_table(counts**0.75), table()]
    for epoch in range(epochs):
        begin, end = (0.5 * max(1e-4, 1 - done / epochs) for done in (epoch, epoch + 1))
        reference(ids, offsets, *draws, v, u, 2, 5, begin, end, state)
    np.testing.assert_allclose(vectors.matrix, v, rtol=1e-3, atol=1e-3)
    assert np.abs(v).max() > 0.2


def test_one_thread_and_a_seed_repeat_byte_for_byte():
    first, again, other = (
        train(documents(), settings(epochs=2), seed=seed).matrix.tobytes() for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "option",
    [{"window": 1}, {"negatives": 1}, {"epochs": 1}, {"subsample": 0.01}, {"learning_rate": 0.1}],
)
def test_every_option_matters(option):
    usual = train(documents(), settings()).matrix
    assert not np.array_equal(train(documents(), settings(**option)).matrix, usual)


def test_contexts_never_cross_documents():
    words = ["a", "b", "c", "b", "a", "c", "c"] * 20
    apart = [[word] for word in words]
    untouched = train(apart, settings(epochs=1)).matrix
    assert np.array_equal(train(apart, settings(epochs=5)).matrix, untouched)
    together = train([words], settings(epochs=5)).matrix
    assert not np.array_equal(together, untouched)


def test_the_start_is_small_and_even():
    matrix = train([[f"w{i}"] for i in range(400)], settings(dim=5)).matrix
    assert -0.1 <= matrix.min() < -0.09
    assert 0.09 < matrix.max() < 0.1
    assert abs(matrix.mean()) < 0.01


def test_empty_documents_change_nothing():
    given = list(documents(50))
    spread = [part for document in given for part in ([], document, [])]
    one, other = train(given, settings()), train(spread, settings())
    assert one.matrix.tobytes() == other.matrix.tobytes()
    assert one.words == other.words


def test_rare_words_are_left_out():
    vectors = train([["a", "b", "a"], ["a", "c", "b"]], settings(min_count=2))
    assert list(vectors.words) == ["a", "b"]
    assert vectors.counts.tolist() == [3, 2]
    assert vectors.matrix.shape == (2, 9)


@pytest.mark.parametrize("given", [[], [[]], [["a", "b", "a"]]])
def test_no_word_is_frequent_enough(given):
    with pytest.raises(DataError, match="no word occurs 5 times"):
        train(given)


@pytest.mark.parametrize("given", [[["a"]], [["a"] * 30], [["a"], [], ["a"]]])
def test_a_corpus_of_one_word(given):
    vectors = train(given, settings())
    assert list(vectors.words) == ["a"]
    assert np.isfinite(vectors.matrix).all()
    assert vectors.near("a") == []


@pytest.mark.parametrize(("threads", "number"), [(2, 300), (2, 1), (5, 3)])
def test_several_threads_train(threads, number):
    vectors = train(documents(number), settings(), threads=threads)
    untrained = train([[w] for d in documents(number) for w in d], settings()).matrix
    assert vectors.matrix.shape == untrained.shape
    assert np.isfinite(vectors.matrix).all()
    assert not np.array_equal(vectors.matrix, untrained)


def test_every_thread_trains_its_part():
    halves = [["a", "b"]] * 50 + [["c", "d"]] * 50
    start = train([[w] for d in halves for w in d], settings()).matrix
    moved = train(halves, settings(), threads=2).matrix != start
    assert moved.any(axis=1).all()


def test_a_document_longer_than_the_buffer_trains_to_its_end():
    text = ["a", "b"] * (BUFFER // 2) + ["c", "d"] * 20
    start = train([[w] for w in text], settings(epochs=1)).matrix
    moved = train([text], settings(epochs=1)).matrix != start
    assert moved.any(axis=1).all()


def test_the_recipe_is_kept():
    vectors = train([["gato", "rei"]], settings(), recipe="lower")
    assert vectors.recipe == "lower"
    assert np.array_equal(vectors["GATO"], vectors["gato"])


class Recorder:
    def __init__(self):
        self.tasks = {}

    @contextmanager
    def task(self, description, total=None):
        self.current, self.tasks[description] = description, [0, total]
        yield self

    def advance(self, amount=1, note=""):
        self.tasks[self.current][0] += amount


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_documents_and_then_tokens(threads):
    recorder = Recorder()
    train(documents(30), settings(epochs=3), progress=recorder, threads=threads)
    assert recorder.tasks == {"reading text": [30, None], "training vectors": [450, 450]}


@pytest.mark.parametrize(
    "option",
    [
        {"dim": 0},
        {"dim": 10_000},
        {"window": 0},
        {"negatives": 0},
        {"min_count": 0},
        {"subsample": 0.0},
        {"epochs": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"dims": 3},
    ],
)
def test_options_that_cannot_be(option):
    with pytest.raises(ValidationError, match=next(iter(option))):
        SkipGramSettings(**option)
