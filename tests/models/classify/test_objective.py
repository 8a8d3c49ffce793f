import numpy as np
import pytest
import torch

from nlpseq.errors import CallError
from nlpseq.models.classify import ClassifierSettings
from nlpseq.models.classify.objective import Objective, probabilities, weights
from nlpseq.text.vocabulary import Vocabulary

LABELS = Vocabulary(["a", "b", "c"], specials=())
TWO = Vocabulary(["a", "b"], specials=())
rng = np.random.default_rng(1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_labels_that_exclude_each_other(smoothing, weighted):
    logits, truth = rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])
    w = np.array([1.0, 2.0, 0.5]) if weighted else np.ones(3)
    smooth = np.eye(3)[truth] * (1 - smoothing) + smoothing / 3
    each = -(w * smooth * np.log(softmax(logits))).sum(axis=1)
    objective = Objective(ClassifierSettings(label_smoothing=smoothing), w if weighted else None)
    found = objective(torch.from_numpy(logits), torch.from_numpy(truth)).item()
    assert found == pytest.approx(each.sum() / w[truth].sum())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_logit_is_the_second_of_two_labels(smoothing, weighted):
    logits, truth = rng.normal(size=(5, 1)), np.array([0, 1, 1, 1, 0])
    w = np.array([2.0, 0.5]) if weighted else np.ones(2)
    p, t = sigmoid(logits[:, 0]), truth * (1 - smoothing) + smoothing / 2
    each = -w[truth] * (t * np.log(p) + (1 - t) * np.log(1 - p))
    objective = Objective(ClassifierSettings(label_smoothing=smoothing), w if weighted else None)
    found = objective(torch.from_numpy(logits), torch.from_numpy(truth)).item()
    assert found == pytest.approx(each.sum() / w[truth].sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_that_do_not_exclude_each_other(weighted):
    logits, truth = rng.normal(size=(4, 3)), rng.random((4, 3)) < 0.5
    w = np.array([1.0, 2.0, 0.5]) if weighted else np.ones(3)
    p = sigmoid(logits)
    each = -(w * truth * np.log(p) + ~truth * np.log(1 - p))
    objective = Objective(ClassifierSettings(multilabel=True), w if weighted else None)
    found = objective(torch.from_numpy(logits), torch.from_numpy(truth)).item()
    assert found == pytest.approx(each.mean())


def test_probabilities():
    one, several = torch.randn(4, 1), torch.randn(4, 3)
    settings = ClassifierSettings()
    assert torch.allclose(probabilities(one, settings).sum(1), torch.ones(4))
    assert torch.equal(probabilities(one, settings)[:, 1], one[:, 0].sigmoid())
    assert torch.allclose(probabilities(several, settings), several.softmax(1))
    each = probabilities(several, ClassifierSettings(multilabel=True))
    assert torch.equal(each, several.sigmoid())


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    truth = np.array([0, 0, 0, 1, 2, 2])
    found = weights(ClassifierSettings(class_weights="balanced"), LABELS, truth)
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=truth)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_balanced_labels_weigh_those_with_against_those_without():
    truth = np.array([[True, False], [True, False], [True, True], [False, False]])
    settings = ClassifierSettings(class_weights="balanced", multilabel=True)
    np.testing.assert_allclose(weights(settings, TWO, truth), [1 / 3, 3])


def test_weights_by_name():
    settings = ClassifierSettings(class_weights={"b": 3.0})
    assert weights(settings, TWO, np.array([0, 1])).tolist() == [1, 3]
    assert weights(ClassifierSettings(), TWO, np.array([0, 1])) is None
    with pytest.raises(CallError, match="no label 'B'"):
        weights(ClassifierSettings(class_weights={"B": 3.0}), TWO, np.array([0, 1]))
