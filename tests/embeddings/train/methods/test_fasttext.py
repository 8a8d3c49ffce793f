from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pydantic import ValidationError

from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.train.job import train
from nlpseq.embeddings.train.methods.fasttext import FastText, FastTextSettings
from nlpseq.embeddings.train.methods.fasttext_kernels import BLOCK
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.vectors import Vectors
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError
from tests.embeddings.train.reference import (
    KEEP_ALL,
    STATE,
    Draws,
    groups,
    sigmoid,
    stream,
    tables,
    take_all,
)

# Of few letters, so that words share n-grams, have some twice, and some share a bucket.
LETTERS = "aeçõ日"


def spelled(given, seed=0):
    """The same stream over words like ``aeaça``; the last one has no n-grams."""
    random = np.random.default_rng(seed)
    V, words = len(given.words), {}
    while len(words) < V - 1:
        words["".join(random.choice(list(LETTERS), random.integers(1, 9)))] = None
    return given._replace(words=Words.of([*words, "</s>"][-V:]))


class Reference:
    """The module's equations in float64, over rows that are looked up one n-gram at a time.

    :param z: rows of words, and behind them one for each bucket
    """

    def __init__(self, trainer, z, u, draws):
        own = trainer._settings
        self.window, self.number = own.window, own.draws
        self.share = own.negatives / own.draws
        self.z, self.u, self.draws = z, u, draws
        hashed = Subwords(Rows(np.zeros((own.buckets, 1), np.float32)), own.min_n, own.max_n)
        words = list(trainer.stream.words)
        self.rows = [[i, *(len(words) + b for b in hashed.ngrams(w))] for i, w in enumerate(words)]

    def vector(self, word):
        return self.z[self.rows[word]].mean(axis=0)

    def move(self, word, change):
        np.add.at(self.z, self.rows[word], change)

    def around(self, text, centre):
        reach = self.draws.reach(self.window)
        return range(max(0, centre - reach), min(len(text), centre + reach + 1))

    def descend(self, h, columns, g):
        """Move rows u, a column after the other; the changes of h."""
        dh = np.zeros((4, self.u.shape[1]))
        for c, row in enumerate(columns):
            if row is not None:
                dh += np.outer(g[:, c], self.u[row])
                for t in range(len(h)):
                    self.u[row] += g[t, c] * h[t]
        return dh

    def skip_gram(self, ids, offsets, rate, last_rate):
        losses = []
        noise = self.draws.noise(self.number)
        for text, i, lr in groups(ids, offsets, self.draws, rate, last_rate):
            windows = [self.around(text, j) for j in range(i, min(i + 4, len(text)))]
            first, last = min(w[0] for w in windows), max(w[-1] for w in windows)
            if first == last:
                continue
            columns = [*text[first : last + 1], *noise]
            noise = self.draws.noise(self.number)
            h = [self.vector(text[i + t]) for t in range(len(windows))]
            g, loss = np.zeros((4, len(columns))), 0.0
            for t, window in enumerate(windows):
                others = [j for j in window if j != i + t]
                for c, word in enumerate(columns):
                    score = h[t] @ self.u[word]
                    if c > last - first:
                        weight = self.share * sum(text[j] != word for j in others)
                        g[t, c] = -lr * weight * sigmoid(score)
                        loss += weight * np.log1p(np.exp(score))
                    elif first + c in others:
                        g[t, c] = lr * (1 - sigmoid(score))
                        loss += np.log1p(np.exp(-score))
            for t, change in enumerate(self.descend(h, columns, g)[: len(h)]):
                self.move(text[i + t], change)
            losses.append((loss, sum(len(w) - 1 for w in windows)))
        return losses

    def cbow(self, ids, offsets, rate, last_rate):
        losses = []
        noise = self.draws.noise(self.number)
        for text, i, lr in groups(ids, offsets, self.draws, rate, last_rate):
            if len(text) < 2:
                continue
            if i % BLOCK == 0:  # what words around a block come to, each place for itself
                places = range(max(0, i - self.window), min(len(text), i + BLOCK + self.window))
                started = {j: self.vector(text[j]) for j in places}
                local = {j: vector.copy() for j, vector in started.items()}
            size = min(4, len(text) - i)
            windows = [
                [j for j in self.around(text, centre) if j != centre]
                for centre in range(i, i + size)
            ]
            columns = [*text[i : i + size], *[None] * (4 - size), *noise]
            noise = self.draws.noise(self.number)
            sizes = [[len(self.rows[text[j]]) for j in js] for js in windows]
            h = [
                np.average([local[j] for j in js], axis=0, weights=n)
                for js, n in zip(windows, sizes, strict=True)
            ]
            g, loss = np.zeros((4, len(columns))), 0.0
            for t in range(size):
                score = h[t] @ self.u[columns[t]]
                g[t, t] = lr * (1 - sigmoid(score))
                loss += np.log1p(np.exp(-score))
                for c, word in enumerate(columns[4:], start=4):
                    if word != columns[t]:
                        score = h[t] @ self.u[word]
                        g[t, c] = -lr * self.share * sigmoid(score)
                        loss += self.share * np.log1p(np.exp(score))
            changes = self.descend(h, columns, g)
            for js, change in zip(windows, changes, strict=False):
                for j in js:
                    local[j] += change
            losses.append((loss, size))
            if i % BLOCK == BLOCK - 4 or i + size == len(text):
                for j, vector in local.items():
                    self.move(text[j], vector - started[j])
        return losses


def randomised(trainer, scale, seed=0):
    """Random rows in all buckets, and in the trainer's rows the same; as float64 z and u."""
    random = np.random.default_rng(seed)
    V, D = len(trainer.stream.words), trainer.dim
    own = trainer._settings
    z = random.normal(0, scale, (V + own.buckets, D)).astype(np.float32)
    u = random.normal(0, scale, (V, D)).astype(np.float32)
    trainer.take_subwords(Subwords(Rows(z[V:]), own.min_n, own.max_n))
    trainer.arrays["inputs"][:V, :D] = z[:V]
    trainer.arrays["outputs"][:V, :D] = u
    return z.astype(np.float64), u.astype(np.float64)


def both(given, *, rate=0.05, last_rate=0.01, t=0.02, scale=0.5, threads=1, **options):
    given = spelled(given)
    options = {"dim": 7, "window": 3, "draws": 6, "buckets": 211, "max_n": 4, **options}
    trainer = FastText(given, FastTextSettings(**options, subsample=t), threads=threads)
    take_all(trainer)
    z, u = randomised(trainer, scale)
    before = z.copy(), u.copy()
    draws = Draws(*tables(given.counts, t, power=0.5))
    reference = Reference(trainer, z, u, draws)
    run = reference.cbow if trainer._settings.architecture == "cbow" else reference.skip_gram
    losses = run(given.ids, given.offsets, rate, last_rate)
    random = np.array([STATE], dtype=np.uint64)
    found = trainer.train_part(given.offsets, rate, last_rate, random, threads - 1)
    assert int(random[0]) == draws.state
    V, D = len(given.words), trainer.dim
    assert not trainer.arrays["outputs"][V].any()
    for array in trainer.arrays.values():
        assert not array[:, D:].any()
    rows = trainer.subwords().rows
    got = (
        np.concatenate([trainer.arrays["inputs"][:V, :D], rows.block(0, len(rows))]),
        trainer.arrays["outputs"][:V, :D],
    )
    vectors = np.array([reference.vector(word) for word in range(V)])
    np.testing.assert_allclose(trainer.matrix(), vectors, rtol=1e-4, atol=1e-4)
    return got, (z, u), before, (found, losses)


architectures = pytest.mark.parametrize("architecture", ["skip-gram", "cbow"])


@architectures
@pytest.mark.parametrize("D", [1, 7, 13])
@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize(("negatives", "number"), [(1, 1), (5, 7), (3, 16)])
def test_the_kernel_follows_the_equations(architecture, D, window, negatives, number):
    given = stream([17, 0, 1, 40, 2, 3, 90, 0, 5], seed=D + window)
    options = {"dim": D, "window": window, "negatives": negatives, "draws": number}
    got, expected, before, _ = both(given, architecture=architecture, **options)
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-3)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@architectures
@pytest.mark.parametrize("copies", [0, 2, 97, 512])
def test_copies_of_frequent_rows_change_what_the_rows_would(architecture, copies):
    given = stream([300, 1, 5100, 40, 0, 5001, 3], V=211)
    options = {"dim": 3, "window": 2, "draws": 2, "scale": 0.3, "t": 0.05, "rate": 0.02}
    got, expected, before, _ = both(
        given, copies=copies, threads=2, architecture=architecture, **options
    )
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-2)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@architectures
def test_a_vocabulary_of_many_words(architecture):
    given = stream([301, 257, 3], V=701)
    options = {"dim": 25, "scale": 0.3, "t": 0.01, "buckets": 1009, "max_n": 6}
    got, expected, before, _ = both(given, architecture=architecture, **options)
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-2)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@architectures
@pytest.mark.parametrize("V", [1, 2])
def test_noise_that_is_a_target_and_words_that_come_twice(architecture, V):
    given = stream([60, 2, 1], V=V)
    got, expected, _, _ = both(
        given, architecture=architecture, dim=3, t=KEEP_ALL, scale=0.3, rate=0.01
    )
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@architectures
def test_the_loss_is_taken_of_one_group_in_64(architecture):
    given = stream([600, 300])
    _, _, _, ((loss, examples), losses) = both(
        given, architecture=architecture, scale=0.3, t=KEEP_ALL, rate=0.002, last_rate=0.001
    )
    taken = losses[63::64]
    assert len(taken) == 3
    assert examples == sum(n for _, n in taken)
    assert loss == pytest.approx(sum(x for x, _ in taken), rel=1e-3)


# the trainer


def small(words, documents=((0, 1, 2),), **options):
    ids = np.array([i for document in documents for i in document], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, documents)])
    counts = np.bincount(ids, minlength=len(words)) + 1
    options = {"dim": 5, "buckets": 97, "min_count": 1, "subsample": KEEP_ALL, **options}
    return FastText(Stream(Words.of(words), counts, ids, offsets), FastTextSettings(**options))


def test_the_rate_falls_to_nothing():
    trainer = small(["rei", "rainha", "reino"], learning_rate=0.2, epochs=2)
    rates = [trainer.rate(epoch, step) for epoch in (0, 1) for step in (0, trainer.steps)]
    assert rates == pytest.approx([0.2, 0.1, 0.1, 0.0])


def test_vectors_start_as_means_of_small_even_rows():
    trainer = small([f"w{i}" for i in range(300)], buckets=5000)
    inputs = trainer.arrays["inputs"][:, :5]
    assert -0.2 <= inputs.min() < -0.199
    assert 0.199 < inputs.max() <= 0.2
    assert not trainer.arrays["outputs"].any()
    rows = trainer.subwords()
    for word in ("w7", "w250"):
        ngrams = rows.ngrams(word)
        own = trainer.stream.words.find(word)
        mean = (inputs[own] + rows.rows.take(ngrams).sum(axis=0)) / (len(ngrams) + 1)
        np.testing.assert_allclose(trainer.matrix()[own], mean, atol=1e-6)


def test_rows_of_n_grams_that_no_word_has_are_nothing():
    trainer = small(["rei", "rainha", "reino"], buckets=1_000_000)
    subwords = trainer.subwords()
    assert len(subwords.rows) == 1_000_000
    assert len(trainer.arrays["inputs"]) < 60
    known, unknown = set(), subwords.ngrams("xyz")
    for word in trainer.stream.words:
        known |= set(subwords.ngrams(word))
    assert not known & set(unknown)
    assert subwords.rows.take(sorted(known)).any(axis=1).all()
    assert not subwords.vector("xyz").any()


def test_the_n_grams_used_most_come_first():
    trainer = small(["ab", "ac", "xyz"], [[2] * 9 + [0, 1]], min_n=2, max_n=2, buckets=5003)
    subwords, first = trainer.subwords(), trainer.arrays["inputs"][3, :5]
    assert any(np.array_equal(first, row) for row in subwords.rows.take(subwords.ngrams("xyz")))
    shared = subwords.rows.take(subwords.ngrams("a"))[0]  # <a, of both others
    assert np.array_equal(shared, trainer.arrays["inputs"][7, :5])


@pytest.mark.parametrize("with_subwords", [True, False])
def test_words_are_placed_by_the_rows_that_are_theirs_alone(with_subwords):
    trainer = small(["rei", "rainha", "reino"])
    if with_subwords:
        randomised(trainer, 2.0)
    rows = trainer.arrays["inputs"][3:].copy()
    other = trainer.matrix()[1].copy()
    wanted = np.arange(10, dtype=np.float32).reshape(2, 5)
    trainer.place(np.array([2, 0]), wanted)
    np.testing.assert_allclose(trainer.matrix()[[2, 0]], wanted, atol=1e-5)
    assert np.array_equal(trainer.arrays["inputs"][3:], rows)
    assert np.array_equal(trainer.matrix()[1], other)


def test_subwords_go_on_from_saved_ones():
    trainer = small(["rei", "rainha", "reino"])
    saved = np.random.default_rng(0).normal(size=(97, 5)).astype(np.float32)
    trainer.take_subwords(None)
    trainer.take_subwords(Subwords(Rows(saved), 3, 6))
    rows = trainer.subwords().rows
    assert np.array_equal(rows.block(0, 97), saved)
    with ThreadPoolExecutor(1) as pool:
        trainer.step(0, 0, pool)
    used = sorted({n for w in trainer.stream.words for n in trainer.subwords().ngrams(w)})
    moved = np.flatnonzero((rows.block(0, 97) != saved).any(axis=1))
    assert moved.tolist() == used
    assert 0 < len(used) < 97
    assert np.array_equal(rows.block(90, 200), rows.take(range(90, 97)))


@pytest.mark.parametrize(
    ("options", "told"),
    [({"min_n": 2}, "min_n 3"), ({"max_n": 5}, "max_n 6"), ({"buckets": 96}, "buckets 97")],
)
def test_saved_subwords_of_other_n_grams(options, told):
    trainer = small(["rei", "rainha", "reino"], **options)
    saved = Subwords(Rows(np.ones((97, 5), np.float32)), 3, 6)
    with pytest.raises(CallError, match="other n-grams") as caught:
        trainer.take_subwords(saved)
    assert told in str(caught.value.remedy)


# training


def documents(number=300, seed=0):
    """Two topics, each with nouns of one root."""
    random = np.random.default_rng(seed)
    topics = [
        (["gato", "gata", "gatos"], ["mia", "late", "pelo", "rabo", "pata"]),
        (["carro", "carros", "carroça"], ["roda", "motor", "freio", "pneu", "rua"]),
    ]
    for _ in range(number):
        nouns, contexts = topics[random.integers(2)]
        noun = nouns[random.integers(3)]
        yield [*random.choice(contexts, 2).tolist(), noun, *random.choice(contexts, 2).tolist()]


def settings(**options):
    usual = {"dim": 9, "window": 2, "min_count": 1, "subsample": KEEP_ALL, "buckets": 3001}
    return FastTextSettings(**usual | options)


@architectures
def test_words_never_seen_are_near_what_they_are_made_of(architecture, tmp_path):
    vectors = train(documents(2000), settings(architecture=architecture), seed=1)
    assert vectors.about["method"] == "fasttext"
    for word, near, far in [("gatinhos", "gato", "carro"), ("carroças", "carro", "gato")]:
        assert word not in vectors.words
        unknown, other = vectors[word], vectors[far]
        np.testing.assert_array_equal(unknown, vectors.subwords.vector(word))

        def cosine(a, b):
            return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

        assert cosine(unknown, vectors[near]) > cosine(unknown, other) + 0.3
    vectors.save(tmp_path / "v.safetensors")
    opened = Vectors.open(tmp_path / "v.safetensors")
    assert opened.words == vectors.words
    for word in ("gato", "roda", "gatinhos", "carroça", "日本"):
        assert opened[word].tobytes() == vectors[word].tobytes()
    assert [n.word for n in opened.near("gatões", k=3)] == [
        n.word for n in vectors.near("gatões", k=3)
    ]


@architectures
def test_one_thread_and_a_seed_repeat_byte_for_byte(architecture):
    def trained(seed):
        vectors = train(documents(), settings(architecture=architecture, epochs=2), seed=seed)
        return vectors.matrix.tobytes(), vectors.subwords.rows.block(0, 3001).tobytes()

    assert trained(3) == trained(3)
    assert trained(3) != trained(4)


@architectures
def test_several_threads_train(architecture):
    options = settings(architecture=architecture)
    vectors = train(documents(), options, threads=2)
    assert np.isfinite(vectors.matrix).all()
    untrained = train([[w] for d in documents() for w in d], options).matrix
    assert (vectors.matrix != untrained).any(axis=1).all()


@pytest.mark.parametrize(
    "option",
    [
        {"architecture": "cbow"},
        {"window": 1},
        {"negatives": 1},
        {"draws": 3},
        {"min_n": 2},
        {"max_n": 3},
        {"buckets": 7},
        {"subsample": 0.01},
        {"learning_rate": 0.1},
    ],
)
def test_every_option_matters(option):
    usual = train(documents(), settings(epochs=1)).matrix
    assert not np.array_equal(train(documents(), settings(epochs=1, **option)).matrix, usual)


@architectures
@pytest.mark.parametrize("given", [[["a"]], [["日本"] * 30], [["</s>"], [], ["</s>"]]])
def test_a_corpus_of_one_word(architecture, given):
    vectors = train(given, settings(architecture=architecture))
    assert np.isfinite(vectors.matrix).all()
    assert vectors.near(given[0][0]) == []


@pytest.mark.parametrize(
    "option",
    [
        {"architecture": "glove"},
        {"min_n": 0},
        {"max_n": 0},
        {"max_n": 4, "min_n": 5},
        {"buckets": 0},
        {"buckets": 1 << 31},
        {"draws": 0},
        {"subsample": 0.0},
        {"learning_rate": float("inf")},
        {"bucket": 3},
    ],
)
def test_options_that_cannot_be(option):
    with pytest.raises(ValidationError, match=next(iter(option))):
        FastTextSettings(**option)


def test_the_shortest_n_gram_longer_than_the_longest():
    with pytest.raises(ValidationError, match="max_n") as caught:
        FastTextSettings(min_n=7)
    assert "6 is less than min_n, 7" in str(caught.value)


@pytest.mark.parametrize(("word", "number"), [("</s>", 0), ("a", 1), ("ab", 3)])
def test_few_rows_of_n_grams_are_there(word, number):
    rows = small([word], [[0]]).subwords().rows
    assert rows.block(0, 97).any(axis=1).sum() == number
