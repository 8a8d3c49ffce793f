"""Whole jobs, by every method."""

import json
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

from nlpseq.embeddings.train import Evaluation, train
from nlpseq.embeddings.train.methods import glove, predictive, settings_of
from nlpseq.embeddings.train.settings import METHODS
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError

PART, GLOVE_PART = 100, 800  # tokens of a step, or so; of GloVe numbers
KILL_AT = 5  # the number of the step, from 0

KILLED = """
import json, os, signal, sys
from functools import partial
from pathlib import Path
from nlpseq.embeddings.train.methods import glove, predictive
from nlpseq.embeddings.train import job, methods

folder, documents, parts, kill_at, settings = json.load(sys.stdin)
predictive._PART, glove._PART = parts
job.Checkpoint = partial(job.Checkpoint, seconds=0)
made = methods.trainer_of

def dying(*given, **more):
    trainer, done = made(*given, **more), []
    step = trainer.step

    def dies(*numbers):
        if len(done) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(numbers)
        return step(*numbers)

    trainer.step = dies
    return trainer

methods.trainer_of = dying
for method, options in settings.items():
    if not os.fork():
        try:
            options = methods.settings_of(method)(**options)
            job.train(documents, options, seed=3, checkpoint=Path(folder) / method)
        finally:
            os._exit(1)
    print(method, os.waitstatus_to_exitcode(os.wait()[1]))
"""


def documents(number=60):
    """Zipf-like words in documents of any length, an empty one among them."""
    random = np.random.default_rng(0)
    words = [f"w{i}" for i in range(40)]
    weights = 1 / np.arange(1, 41)
    return [
        random.choice(words, random.integers(0, 25), p=weights / weights.sum()).tolist()
        for _ in range(number)
    ]


def options(method="skip-gram", **more):
    smaller = {"buckets": 50} if method == "fasttext" else {}
    return {"dim": 7, "window": 2, "min_count": 2, "epochs": 2, **smaller, **more}


def settings(method="skip-gram", **more):
    return settings_of(method)(**options(method, **more))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(predictive, "_PART", PART)
    monkeypatch.setattr(glove, "_PART", GLOVE_PART)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder of checkpoints, one for each method, of jobs that were killed in mid-epoch."""
    folder = tmp_path_factory.mktemp("killed")
    given = [
        str(folder),
        documents(),
        (PART, GLOVE_PART),
        KILL_AT,
        {m: options(m) for m in METHODS},
    ]
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        input=json.dumps(given), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"{method} -9" for method in METHODS], done.stderr
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_killed_in_mid_epoch_it_ends_as_if_it_never_was(killed, recorder, tmp_path, method):
    train(documents(), settings(method), seed=3, progress=recorder).save(tmp_path / "a.safetensors")
    whole = [note for note in recorder.notes.pop("training vectors") if note]
    assert sum("epoch 1/2" in note for note in whole) > KILL_AT  # in mid-epoch
    vectors = train(
        documents(), settings(method), seed=3, checkpoint=killed / method, progress=recorder
    )
    vectors.save(tmp_path / "b.safetensors")
    rest = [note for note in recorder.notes["training vectors"] if note]
    assert len(rest) == len(whole) - KILL_AT
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert not (killed / method).exists()


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_repeats_and_several_threads_train(method):
    first, again, other = (train(documents(), settings(method), seed=n) for n in (3, 3, 4))
    assert first.matrix.tobytes() == again.matrix.tobytes()
    assert first.about == again.about
    assert first.matrix.tobytes() != other.matrix.tobytes()
    several = train(documents(), settings(method), seed=3, threads=3)
    assert several.matrix.shape == first.matrix.shape
    assert np.isfinite(several.matrix).all()


def test_what_the_vectors_are_about():
    vectors = train(documents(), settings(), recipe="lower", seed=3)
    assert vectors.recipe == "lower"
    assert vectors.about["method"] == "skip-gram"
    told = json.loads(vectors.about["training"])
    assert (told["dim"], told["seed"], told["threads"]) == (7, 3, 1)
    assert [entry["epoch"] for entry in json.loads(vectors.about["history"])] == [1, 2]
    assert vectors.about["made_by"].startswith("nlpseq ")


def test_skip_gram_is_what_it_trains_by():
    assert train(documents(200)).about["method"] == "skip-gram"


def test_documents_are_counted_as_they_are_read(recorder):
    train(iter(documents()), settings(), progress=recorder)
    assert recorder.tasks["reading text"] == [60, None]


def test_max_vocab():
    assert len(train(documents(), settings(max_vocab=5))) == 5


# going on from saved vectors


def saved(seed=9):
    random = np.random.default_rng(seed)
    words = ["w0", "w3", "fora", "w5"]
    return Vectors(words, random.normal(size=(4, 7)).astype(np.float32))


@pytest.mark.parametrize("method", METHODS)
def test_words_start_from_saved_vectors(method):
    low = settings(method, learning_rate=1e-9, epochs=1)
    vectors = train(documents(), low, start=saved())
    for word in saved().words:
        np.testing.assert_allclose(vectors[word], saved()[word], rtol=1e-5, atol=1e-6)
    assert vectors.words[len(vectors) - 1] == "fora"


@pytest.mark.parametrize("method", METHODS)
def test_pinned_words_do_not_move(method):
    high = settings(method, learning_rate=0.2)
    vectors = train(documents(), high, start=saved(), pinned=iter(["w0", "fora"]))
    for word in ("w0", "fora"):
        np.testing.assert_allclose(vectors[word], saved()[word], rtol=1e-5, atol=1e-6)
    assert np.abs(vectors["w3"] - saved()["w3"]).max() > 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_going_on_from_its_own_vectors(method, tmp_path):
    train(documents(), settings(method)).save(tmp_path / "v.safetensors")
    before = Vectors.open(tmp_path / "v.safetensors")
    low = settings(method, learning_rate=1e-9, epochs=1)
    after = train([*documents(), ["novo"] * 3], low, start=before)
    np.testing.assert_allclose(after["w0"], before["w0"], rtol=1e-4, atol=1e-6)
    assert after.counts[after.words.find("w0")] == 2 * before.counts[before.words.find("w0")]
    assert after["novo"].any()


# evaluation


@pytest.mark.parametrize("method", METHODS)
def test_the_best_epoch_on_a_test_file(method, tmp_path, caplog):
    file = tmp_path / "pairs.csv"
    file.write_text("".join(f"w{i},w{i + 1},{(i * 7) % 10}\n" for i in range(10)))
    options = settings(method, epochs=4, learning_rate=0.3)
    vectors = train(documents(), options, evaluation=Evaluation([file]))
    history = json.loads(vectors.about["history"])
    best = max(entry["figure"] for entry in history)
    figures, _ = Evaluation([file])(vectors)
    assert (
        figures[str(file)] == best == history[[e["figure"] for e in history].index(best)]["figure"]
    )
    assert len({entry["figure"] for entry in history}) > 1


# checkpoints


class Pressed:
    """Ctrl-C after so many steps."""

    def __init__(self, after):
        self.after = after

    def task(self, description, total=None):
        return nullcontext(self)

    def advance(self, amount=1, note=""):
        self.after -= note.startswith("epoch")
        if not self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("method", METHODS)
def test_all_that_a_job_can_have_goes_on_where_it_was_cut(method, tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("w0,w1,1\nw1,w2,5\nw2,w3,3\nw3,w4,4\n")
    options = settings(method, epochs=3, learning_rate=0.3)
    more = {"start": saved(), "pinned": ["w0"], "evaluation": Evaluation([file]), "seed": 5}
    wanted = train(documents(), options, **more)
    pieces = 0
    while True:
        try:
            given = {**more, "checkpoint": tmp_path / "c", "progress": Pressed(70)}
            vectors = train(documents(), options, **given)
            break
        except KeyboardInterrupt:
            pieces += 1
    assert pieces > 1
    assert vectors.matrix.tobytes() == wanted.matrix.tobytes()
    assert vectors.about == wanted.about


@pytest.fixture
def cut(tmp_path):
    """The folder of a training that was cut off after three steps."""
    with pytest.raises(KeyboardInterrupt):
        train(documents(), settings(), checkpoint=tmp_path / "c", progress=Pressed(3))
    return tmp_path / "c"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"seed": 1}, "with seed 0, not 1"),
        ({"threads": 2}, "with threads 1, not 2"),
        ({"recipe": "lower"}, "with recipe none, not lower"),
        ({"start": saved()}, "from other vectors"),
    ],
)
def test_another_job_does_not_go_on(cut, more, told):
    with pytest.raises(CallError, match=told):
        train(documents(), settings(), checkpoint=cut, **more)


def test_another_method_or_corpus_does_not_go_on(cut):
    with pytest.raises(CallError, match="with dim 7, not 9"):
        train(documents(), settings(dim=9), checkpoint=cut)
    with pytest.raises(CallError, match="with the method skip-gram, not cbow"):
        train(documents(), settings("cbow"), checkpoint=cut)
    with pytest.raises(CallError, match="on another corpus"):
        train(documents(59), settings(), checkpoint=cut)


def test_other_pins_or_tests_do_not_go_on(tmp_path):
    given = {"start": saved(), "checkpoint": tmp_path / "c"}
    with pytest.raises(KeyboardInterrupt):
        train(documents(), settings(), pinned=["w0"], progress=Pressed(3), **given)
    with pytest.raises(CallError, match="with other pinned words"):
        train(documents(), settings(), pinned=["w3"], **given)
    file = tmp_path / "pairs.csv"
    file.write_text("w0,w1,1\nw1,w2,2\n")
    with pytest.raises(CallError, match="with another evaluation"):
        train(documents(), settings(), pinned=["w0"], evaluation=Evaluation([file]), **given)


def test_without_resume_a_checkpoint_is_not_trained_over(cut):
    with pytest.raises(CallError, match="a training was cut off here"):
        train(documents(), settings(), checkpoint=cut, resume=False)
    train(documents(), settings(), checkpoint=cut)
    train(documents(), settings(), checkpoint=cut, resume=False)


@pytest.mark.parametrize("there", [False, True])
def test_a_job_that_ends_before_a_step_leaves_no_folder(tmp_path, there):
    if there:
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "notes.txt").touch()
    with pytest.raises(DataError, match="there is nothing to count"):
        train([["a"], ["b"], ["a"]], settings("glove", min_count=1), checkpoint=tmp_path / "c")
    assert (tmp_path / "c").exists() == there


def test_a_folder_that_cannot_be_written_is_told_at_once(tmp_path):
    (tmp_path / "c").write_text("a file")
    with pytest.raises(CallError, match="no checkpoint can be kept here: "):
        train(documents(), settings(), checkpoint=tmp_path / "c")


def test_where_saving_fails_the_training_is_kept(tmp_path, recorder):
    def full(vectors):
        raise OSError(28, "No space left on device")

    wanted = train(documents(), settings())
    with pytest.raises(OSError, match="No space"):
        train(documents(), settings(), checkpoint=tmp_path / "c", save=full)
    found = []
    train(documents(), settings(), checkpoint=tmp_path / "c", save=found.append, progress=recorder)
    assert found[0].matrix.tobytes() == wanted.matrix.tobytes()
    assert recorder.notes["training vectors"] == [""]
    assert not (tmp_path / "c").exists()


# calls and corpora that cannot be


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"recipe": "upper"}, "no recipe 'upper'"),
        ({"engine": "torch"}, "no engine 'torch'"),
        ({"threads": 0}, "0 threads"),
        ({"pinned": ["w0"]}, "words are pinned"),
        ({"engine": "gensim", "start": saved()}, "no start with the engine gensim"),
    ],
)
def test_calls_that_cannot_be(more, told):
    with pytest.raises(CallError, match=told):
        train(documents(), settings(), **more)


def test_an_unknown_method_suggests_the_nearest():
    with pytest.raises(CallError, match=r"no method 'skipgram'(?s:.*)skip-gram"):
        settings_of("skipgram")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("given", [[], [[]], [["a", "b"]]])
def test_no_word_is_frequent_enough(method, given):
    with pytest.raises(DataError, match="no word occurs 2 times"):
        train(given, settings(method))


@pytest.mark.parametrize("method", METHODS)
def test_a_corpus_of_one_word(method):
    vectors = train([["a", "a"], ["a"]], settings(method))
    assert list(vectors.words) == ["a"]
    assert np.isfinite(vectors.matrix).all()
