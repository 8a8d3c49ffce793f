import numpy as np
import pytest
import torch

from nlpseq.layers.crf import Crf
from nlpseq.models.tag import computing
from nlpseq.models.tag.computing import mean_loss, pieces_of, tell

SETTINGS = pytest.mark.parametrize(
    "options",
    [{}, {"crf": False}, {"encoder": "transformer", "hidden": 8, "heads": 2}],
    ids=["crf", "each word", "transformer"],
)


@pytest.fixture
def told(tagger):
    """Tells the tags of some sentences by a network with large weights, so that they differ."""

    def make(size=100, **options):
        model = tagger(**options)
        torch.manual_seed(3)
        for parameter in model.network.parameters():
            parameter.data.add_(torch.randn_like(parameter))

        def tell_of(sentences, size=size):
            return tell(model.network, model._reader.numbered(sentences), size)

        return tell_of

    return make


def words_of(sentences):
    rows = [sentence.words for sentence in sentences]
    return [*rows, [], rows[4] + rows[1], ["."], *rows[:2]]


def same(one, other):
    assert one.tags.tolist() == other.tags.tolist()
    np.testing.assert_allclose(one.confidences, other.confidences, atol=1e-5)


@pytest.mark.parametrize(
    ("length", "size", "lengths"),
    [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 3, [2]), (3, 1, [1, 1, 1]), (0, 3, [])],
)
def test_pieces(length, size, lengths):
    row = np.arange(length)
    pieces = pieces_of(row, size)
    assert [len(piece) for piece in pieces] == lengths
    assert np.concatenate([*pieces, row[:0]]).tolist() == row.tolist()


@SETTINGS
def test_neither_batch_nor_order_change_a_sentence(told, sentences, options, monkeypatch):
    tell_of, rows = told(**options), words_of(sentences)
    together = tell_of(rows)
    assert [len(each.tags) for each in together] == list(map(len, rows))
    assert len({tag for each in together for tag in each.tags.tolist()}) > 1
    for row, each in zip(rows, together, strict=True):
        [alone] = tell_of([row])
        same(each, alone)
    for each, other in zip(together, tell_of(rows[::-1])[::-1], strict=True):
        same(each, other)
    for limit in ("_ROWS", "_TOKENS", "_WORDS"):
        monkeypatch.setattr(computing, limit, 3)
    for each, other in zip(together, tell_of(rows), strict=True):
        same(each, other)


@SETTINGS
def test_a_piece_is_told_as_a_sentence(told, sentences, options):
    tell_of = told(**options)
    row = sentences[8].words
    [whole] = tell_of([row], 3)
    parts = tell_of([row[i : i + 3] for i in range(0, len(row), 3)])
    assert whole.tags.tolist() == [tag for part in parts for tag in part.tags]
    confidences = np.concatenate([part.confidences for part in parts])
    np.testing.assert_allclose(whole.confidences, confidences, atol=1e-5)


def test_no_sentence(told):
    tell_of = told()
    assert tell_of([]) == []
    [nothing] = tell_of([[]])
    assert (nothing.tags.shape, nothing.confidences.shape) == ((0,), (0,))


@pytest.mark.parametrize("crf", [True, False])
def test_confidences_are_probabilities(told, sentences, crf):
    for each in told(crf=crf)(words_of(sentences)):
        assert ((each.confidences > 0) & (each.confidences <= 1 + 1e-6)).all()
        assert each.confidences.dtype == np.float32


def test_50_000_words_are_computed_in_pieces_of_bounded_size(tagger, monkeypatch):
    model = tagger(max_length=1000)
    shapes = []
    forward = model.network.forward

    def watch(features, rows, lengths):
        shapes.append(rows.shape)
        return forward(features, rows, lengths)

    monkeypatch.setattr(model.network, "forward", watch)
    words = [f"w{i % 6000}" for i in range(50_001)]
    [answer] = model.predict([words])
    assert len(answer.tags) == len(answer.confidences) == 50_001
    assert sum(rows for rows, _ in shapes) == 51
    assert max(width for _, width in shapes) == 1000
    assert max(rows * width for rows, width in shapes) <= computing._TOKENS


@pytest.mark.parametrize("crf", [True, False])
def test_the_loss_is_the_mean_of_the_words(tagger, sentences, crf):
    model = tagger(crf=crf)
    some = [sentences[0], sentences[8], sentences[4]]
    losses, lengths = [], []
    for chosen in (some, *([sentence] for sentence in some)):
        numbered = model._reader.numbered(sentence.words for sentence in chosen)
        targets = [model.tagset.encode(sentence.tags) for sentence in chosen]
        losses.append(mean_loss(model.network, numbered, targets).item())
        lengths.append(sum(map(len, chosen)))
    assert losses[0] == pytest.approx(np.average(losses[1:], weights=lengths[1:]), rel=1e-5)


def test_the_loss_of_a_crf_is_that_of_its_likelihood(tagger, sentences):
    model, sentence = tagger(), sentences[8]
    numbered = model._reader.numbered([sentence.words])
    tags = torch.from_numpy(model.tagset.encode(sentence.tags))[None]
    network, lengths = model.network, torch.tensor([len(sentence)])
    features = network.features(*(torch.from_numpy(part) for part in numbered.words))
    emissions = network(features, torch.from_numpy(numbered.rows[0])[None], lengths)
    assert isinstance(network.crf, Crf)
    wanted = -network.crf.log_likelihood(emissions, tags, lengths) / len(sentence)
    got = mean_loss(network, numbered, [tags[0].numpy()])
    torch.testing.assert_close(got, wanted[0])
