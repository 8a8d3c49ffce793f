import numpy as np
import onnx
import torch

from nlpseq.layers.encoder import READS
from nlpseq.models.classify.documents import Batch
from nlpseq.models.onnx.export import rounded
from nlpseq.models.onnx.network import model_of
from nlpseq.models.onnx.opening import OPERATORS, session


def graph_of(model, *, int8=False):
    with torch.no_grad():
        return model_of(model, int8=int8)


def answering(graph):
    """From a batch to the probabilities of a graph."""
    running = session(graph.SerializeToString(), where="here", threads=1)
    names = [given.name for given in running.get_inputs()]
    return lambda batch: running.run(None, {name: getattr(batch, name) for name in names})[0]


def random_batch(model, rows, length, *, garbage):
    """Rows of any length up to ``length``, with ``garbage`` beyond their ends."""
    random = np.random.default_rng(rows * 100 + length)
    lengths = random.integers(1, length + 1, rows)
    lengths[-1] = length
    ids = random.integers(0, len(model.vocabulary), (rows, length))
    ids[np.arange(length) >= lengths[:, None]] = garbage
    documents = np.arange(rows) // model.settings.windows
    return Batch(ids, lengths, documents)


def test_there_is_a_case_for_each_encoder(every_case):
    assert {model.settings.encoder for model in every_case} == READS.keys()


def test_the_graph_agrees_at_any_length_and_batch(case):
    answers = answering(graph_of(case))
    for rows, length in ((1, 1), (3, 2), (7, 7), (16, 23)):
        batch = random_batch(case, rows, length, garbage=0)
        np.testing.assert_allclose(answers(batch), case.compute(batch), rtol=0, atol=1e-5)


def test_an_int8_graph_is_the_model_with_rounded_weights(case):
    reference = rounded(case)
    batch = random_batch(case, 16, 23, garbage=0)
    found = answering(graph_of(reference, int8=True))(batch)
    np.testing.assert_allclose(found, reference.compute(batch), rtol=0, atol=1e-5)
    difference = np.abs(found - case.compute(batch)).max()
    assert 1e-5 < difference < 0.1


def test_padding_and_batch_mates_change_nothing(case):
    answers = answering(graph_of(case))
    together = answers(random_batch(case, 6, 17, garbage=0))
    with_garbage = answers(random_batch(case, 6, 17, garbage=9))
    np.testing.assert_allclose(together, with_garbage, rtol=0, atol=1e-6)
    batch = random_batch(case, 6, 17, garbage=0)
    size = case.settings.windows
    for document, row in enumerate(together):
        rows = slice(document * size, (document + 1) * size)
        length = batch.lengths[rows].max()
        alone = Batch(batch.ids[rows, :length], batch.lengths[rows], batch.documents[rows] * 0)
        np.testing.assert_allclose(answers(alone)[0], row, rtol=0, atol=1e-6)


def test_the_graph_is_sound(case):
    for int8 in (False, True):
        onnx.checker.check_model(graph_of(case, int8=int8), full_check=True)


def test_the_operators_that_are_let_in_are_those_that_are_written(every_case):
    graphs = [graph_of(model).graph for model in every_case]
    assert {node.op_type for graph in graphs for node in nodes(graph)} == OPERATORS


def nodes(graph):
    """Of a graph, and of the graphs in it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from nodes(attribute.g)
