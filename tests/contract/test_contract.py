"""What every task keeps to. The cases are in conftest.py."""

import itertools
import math

import pytest
import torch

import nlpseq
from nlpseq.errors import CallError, DataError

STRANGE = [
    "palavra",
    "",
    " \t ",
    "👩‍💻🇧🇷",
    "e\u0301 não — R$\u00a03,50",
    "हिन्दी में",
    "שלום עולם",
    "\u2028\u0085",
    "\x00",
    "\ud800",
    "<pad> <unk>",
    "x" * 5000,
    "é " * 20_000,
]


def same(a, b):
    """Equal answers, numbers to 1e-5."""
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=0, abs_tol=1e-5)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def test_no_input_no_answer(case):
    assert list(case.model.predict([])) == []


def test_one_answer_an_input_in_order(case):
    texts = ["", *case.texts, " ", *STRANGE, ""]
    answers = list(case.model.predict(texts))
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        assert same(answer, next(case.model.predict([text])))


def test_an_empty_input_has_an_answer_with_its_reason(case):
    for text in ("", " ", "\t\n"):
        [answer] = case.model.predict([text])
        assert answer.reason


def test_one_text_is_not_taken_for_many(case):
    with pytest.raises(CallError, match="list"):
        case.model.predict("gostei")


def test_one_token_and_unseen_words_are_answered(case):
    for text in ("filme", "zyzzyva", "zyzzyva quux 99", "👍"):
        [answer] = case.model.predict([text])
        assert answer.reason is None


def test_a_batch_does_not_change_a_row(case):
    alone = [next(case.model.predict([text])) for text in case.texts]
    longer = [
        f"{text} {'mais ' * 40}" if isinstance(text, str) else [*text, *["mais"] * 40]
        for text in case.texts
    ]
    mixed = list(itertools.chain(*zip(case.texts, longer, strict=True)))
    for order in (mixed, mixed[::-1]):
        together = list(case.model.predict(order))
        assert all(
            same(together[order.index(t)], a) for t, a in zip(case.texts, alone, strict=True)
        )


def test_prediction_streams(case):
    endless = itertools.cycle(case.texts)
    answers = list(itertools.islice(case.model.predict(endless), 10))
    assert all(map(same, answers, case.model.predict(case.texts[:10])))


def test_inputs_that_break_off_are_answered_so_far(case):
    def inputs():
        yield from case.texts[:3]
        raise DataError("the file is damaged")

    answers = case.model.predict(inputs())
    for answer in case.model.predict(case.texts[:3]):
        assert same(next(answers), answer)
    with pytest.raises(DataError, match="damaged"):
        next(answers)


def test_saved_and_loaded_it_answers_the_same(case, tmp_path):
    case.model.save(tmp_path / "m")
    texts = case.texts + STRANGE
    wanted = list(case.model.predict(texts))
    for loaded in (nlpseq.load(tmp_path / "m"), type(case.model).load(str(tmp_path / "m"))):
        assert type(loaded) is type(case.model)
        assert same(list(loaded.predict(texts)), wanted)
        assert loaded.parameters == case.model.parameters
        assert loaded.evaluate(case.examples).figures == (
            case.model.evaluate(case.examples).figures
        )


def test_a_loaded_model_can_be_saved_again(case, tmp_path):
    case.model.save(tmp_path / "a")
    nlpseq.load(tmp_path / "a").save(tmp_path / "b")
    for name in ("config.json", "model.safetensors", *case.files):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_loaded_model_can_be_trained_on(case, tmp_path):
    case.model.save(tmp_path / "m")
    loaded = nlpseq.load(tmp_path / "m")
    before = [p.clone() for p in loaded.network.parameters()]
    loaded.fit(case.examples, training=nlpseq.TrainingSettings(epochs=1))
    after = list(loaded.network.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_folder_holds_what_it_should_and_no_pickle(case, tmp_path):
    case.model.save(tmp_path / "m")
    files = {path.name: path.read_bytes() for path in (tmp_path / "m").iterdir()}
    common = {"config.json", "model.safetensors", "metrics.json", "README.md"}
    assert files.keys() == common | case.files
    weights = files.pop("model.safetensors")
    assert weights[8:9] == b"{"  # after the length of its header, which may look like anything
    assert not any(content.startswith((b"\x80", b"PK")) for content in files.values())
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_nothing_but_a_model_is_replaced_and_only_on_request(case, tmp_path):
    case.model.save(tmp_path / "m")
    with pytest.raises(CallError, match="--force"):
        case.model.save(tmp_path / "m")
    case.model.save(tmp_path / "m", replace=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    for place in (tmp_path / "mine", tmp_path):
        with pytest.raises(CallError, match="no model"):
            case.model.save(place, replace=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"


def test_equal_seeds_give_equal_models(case):
    again = case.make()
    for a, b in zip(case.model.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_prediction_leaves_global_state_alone(case):
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    list(case.model.predict(case.texts))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not case.model.network.training


def test_evaluation_figures_are_those_of_the_answers(case):
    answers = list(case.model.predict(case.texts))
    report = case.model.evaluate(case.examples)
    assert report.figures[case.figure] == pytest.approx(case.reckon(answers, case.examples))
    assert str(case.scored) in report.signature


def test_nothing_to_learn_from_or_to_score_is_an_error(case):
    with pytest.raises(DataError, match="there is no"):
        case.make().fit([])
    with pytest.raises(DataError, match="there is no"):
        case.model.evaluate([])


def test_loading_draws_no_weights(case, tmp_path, monkeypatch):
    # torch's own, of a network without memory, imports its compiler first: a second
    def refuse(*_, **__):
        raise AssertionError

    case.model.save(tmp_path / "model")
    monkeypatch.setattr(torch.nn.init, "normal_", refuse)
    nlpseq.load(tmp_path / "model")
