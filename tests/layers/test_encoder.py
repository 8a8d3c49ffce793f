import pytest
import torch
from pydantic import ValidationError

from nlpseq.layers.encoder import READS, EncoderSettings, build

LENGTHS = torch.tensor([4, 1, 7])
SETTINGS = {
    **{kind: {"encoder": kind} for kind in READS},
    "gru torch": {"encoder": "gru", "variant": "torch", "biases": 2, "layers": 2},
    "peephole deck": {"encoder": "peephole", "variant": "deck", "bidirectional": False},
    "cnn thinned": {"encoder": "cnn", "widths": [2], "layers": 2, "pool": 3},
    "cnn-rnn thinned": {"encoder": "cnn-rnn", "layers": 2, "pool": 2, "cell": "janet"},
    "transformer post": {
        "encoder": "transformer",
        "norm": "post",
        "positions": "rotary",
        "hidden": 8,
    },
}


def make(options):
    if "hidden" in READS[options["encoder"]]:
        options = {"hidden": 12, **options}
    torch.manual_seed(3)
    settings = EncoderSettings(dropout=0.0, **options)
    return build(settings, 5, longest=7).double().eval()


@pytest.fixture
def x():
    torch.manual_seed(5)
    return torch.randn(3, 7, 5, dtype=torch.float64)


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
def test_every_encoder_gives_states_of_its_size_and_zeros_beyond(options, x):
    encoder = make(options)
    states, lengths = encoder(x, LENGTHS)
    assert states.shape[2] == encoder.size
    assert encoder.directions in (1, 2)
    for row, length in zip(states, lengths, strict=True):
        assert row[:length].any()
        assert not row[length:].any()


@pytest.mark.parametrize("filling", [9.0, float("inf"), float("nan")])
@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
def test_padding_and_the_rows_beside_change_no_state(options, x, filling):
    encoder = make(options)
    for row, length in enumerate(LENGTHS):
        x[row, length:] = filling
    states, lengths = encoder(x, LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone, number = encoder(x[row : row + 1, :length], LENGTHS[row : row + 1])
        assert number == lengths[row]
        torch.testing.assert_close(states[row, :number], alone[0])


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
def test_gradients_of_padding_are_none(options, x):
    encoder = make(options)
    for row, length in enumerate(LENGTHS):
        x[row, length:] = float("inf")
    x.requires_grad_()
    states, _ = encoder(x, LENGTHS)
    (states**2).sum().backward()
    for row, length in enumerate(LENGTHS):
        assert x.grad[row, :length].any()
        assert not x.grad[row, length:].any()
    assert all(p.grad is None or p.grad.isfinite().all() for p in encoder.parameters())


def test_an_option_that_is_not_read_is_refused():
    with pytest.raises(ValidationError, match="widths has no effect with the encoder rnn"):
        EncoderSettings(encoder="rnn", widths=[3])


@pytest.mark.parametrize("kind", READS)
def test_what_is_read_makes_the_same_settings_again(kind):
    settings = EncoderSettings(encoder=kind)
    assert EncoderSettings(**settings.effective()).effective() == settings.effective()
    assert settings.effective().keys() == {"encoder", "dropout", *READS[kind]}
