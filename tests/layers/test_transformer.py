import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.nn.attention import SDPBackend, sdpa_kernel

from nlpseq.layers.transformer import TransformerDecoder, TransformerEncoder

SIZE, LENGTHS, SOURCE = 4, [5, 1, 3], [2, 4, 1]
NORMS = ["pre", "post"]
POSITIONS = ["sinusoidal", "learned", "rotary"]


def make(kind, *, size=SIZE, heads=2, layers=2, norm="pre", positions="sinusoidal", dropout=0.0):
    torch.manual_seed(3)
    module = kind(
        size,
        heads=heads,
        feed_forward=3,
        layers=layers,
        norm=norm,
        positions=positions,
        dropout=dropout,
        longest=max(LENGTHS),
    )
    for name, parameter in module.named_parameters():
        if "norm" in name or name.endswith("bias"):
            torch.nn.init.normal_(parameter)  # as after training, so that each term shows
    return module.double().eval()


def padded(lengths, filling=0.0):
    torch.manual_seed(sum(lengths))
    x = torch.randn(len(lengths), max(lengths), SIZE, dtype=torch.float64)
    for row, length in zip(x, lengths, strict=True):
        row[length:] = filling
    return x, torch.tensor(lengths)


def numbers(layer):
    return [p.detach().numpy() for p in layer.parameters()]


def layer_norm(layer, x):
    g, b = numbers(layer)
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return g * (x - mean) / np.sqrt(variance + layer.eps) + b


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def turn(x):
    d = x.shape[1]
    theta = 10000.0 ** (-np.arange(0, d, 2) / d)
    z = (x[:, ::2] + 1j * x[:, 1::2]) * np.exp(1j * np.outer(np.arange(len(x)), theta))
    return np.stack([z.real, z.imag], axis=2).reshape(x.shape)


def multi_head(attention, e, memory, causal=False):
    W_Q, W_K, W_V, W_O = numbers(attention)
    Z = []
    for h in range(attention.heads):
        d_k = len(W_Q) // attention.heads
        rows = slice(h * d_k, (h + 1) * d_k)
        Q, K, V = e @ W_Q[rows].T, memory @ W_K[rows].T, memory @ W_V[rows].T
        if attention.rotary:
            Q, K = turn(Q), turn(K)
        M = np.triu(np.full((len(e), len(memory)), -np.inf), 1) if causal else 0
        Z.append(softmax((Q @ K.T + M) / np.sqrt(d_k)) @ V)
    return np.concatenate(Z, axis=1) @ W_O.T


def feed_forward(layer, x):
    W_1, b_1, W_2, b_2 = numbers(layer)
    return np.maximum(0, x @ W_1.T + b_1) @ W_2.T + b_2


def around(residual, x, F):
    if residual.pre:
        return x + F(layer_norm(residual.norm, x))
    return layer_norm(residual.norm, x + F(x))


def entry(module, w):
    x = np.sqrt(w.shape[1]) * w
    if hasattr(module.entry.positions, "p"):
        return x + module.entry.positions.p.detach().numpy()[: len(x)]
    if module.blocks[0].attention.rotary:
        return x
    angles = np.outer(np.arange(len(x)), 10000.0 ** (-np.arange(0, SIZE, 2) / SIZE))
    x[:, ::2] += np.sin(angles)
    x[:, 1::2] += np.cos(angles)
    return x


def end(module, x):
    return layer_norm(module.norm, x) if isinstance(module.norm, torch.nn.LayerNorm) else x


def encoder_block(block, x):
    x = around(block.around_attention, x, lambda x: multi_head(block.attention, x, x))
    return around(block.around_feed_forward, x, lambda x: feed_forward(block.feed_forward, x))


def decoder_block(block, x, source):
    own, other, last = block.attention, block.source_attention, block.feed_forward
    x = around(block.around_attention, x, lambda x: multi_head(own, x, x, causal=True))
    x = around(block.around_source, x, lambda x: multi_head(other, x, source))
    return around(block.around_feed_forward, x, lambda x: feed_forward(last, x))


def encoder_oracle(encoder, w):
    """One sequence, w (length, size)."""
    x = entry(encoder, w)
    for block in encoder.blocks:
        x = encoder_block(block, x)
    return end(encoder, x)


def decoder_oracle(decoder, w, source):
    x = entry(decoder, w)
    for block in decoder.blocks:
        x = decoder_block(block, x, source)
    return end(decoder, x)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_an_encoder_equals_its_equations(norm, positions):
    encoder = make(TransformerEncoder, norm=norm, positions=positions)
    x, n = padded(LENGTHS)
    states, lengths = encoder(x, n)
    assert (encoder.size, lengths.tolist()) == (SIZE, LENGTHS)
    for row, length in enumerate(LENGTHS):
        wanted = encoder_oracle(encoder, x[row, :length].numpy())
        np.testing.assert_allclose(states[row, :length].detach(), wanted, atol=1e-12)
        assert not states[row, length:].any()


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_a_decoder_equals_its_equations(norm, positions):
    decoder = make(TransformerDecoder, norm=norm, positions=positions)
    (x, n), (source, m) = padded(LENGTHS), padded(SOURCE)
    states = decoder(x, n, source, m)
    for row, (length, seen) in enumerate(zip(LENGTHS, SOURCE, strict=True)):
        wanted = decoder_oracle(decoder, x[row, :length].numpy(), source[row, :seen].numpy())
        np.testing.assert_allclose(states[row, :length].detach(), wanted, atol=1e-12)
        assert not states[row, length:].any()


@pytest.mark.parametrize(
    ("norm", "positions"), [("pre", "sinusoidal"), ("post", "learned"), ("pre", "rotary")]
)
def test_gradients_are_those_of_finite_differences(norm, positions):
    encoder = make(TransformerEncoder, layers=1, norm=norm, positions=positions)
    decoder = make(TransformerDecoder, layers=1, norm=norm, positions=positions)
    (x, n), (source, m) = padded([3, 1]), padded([1, 2])
    x, source = x.requires_grad_(), source.requires_grad_()
    assert gradcheck(lambda x, *_: encoder(x, n)[0], (x, *encoder.parameters()))
    inputs = (x, source, *decoder.parameters())
    assert gradcheck(lambda x, source, *_: decoder(x, n, source, m), inputs)


@pytest.mark.parametrize("filling", [9.0, float("inf"), float("nan")])
@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_padding_and_other_rows_change_nothing(norm, positions, filling):
    encoder = make(TransformerEncoder, norm=norm, positions=positions)
    decoder = make(TransformerDecoder, norm=norm, positions=positions)
    (x, n), (source, m) = padded(LENGTHS, filling), padded(SOURCE, filling)
    states, _ = encoder(x, n)
    decoded = decoder(x, n, source, m)
    (states.square().sum() + decoded.square().sum()).backward()
    for parameter in (*encoder.parameters(), *decoder.parameters()):
        assert parameter.grad.isfinite().all()
    for row, (length, seen) in enumerate(zip(LENGTHS, SOURCE, strict=True)):
        one = slice(row, row + 1)
        alone, _ = encoder(x[one, :length], n[one])
        torch.testing.assert_close(states[row, :length], alone[0])
        alone = decoder(x[one, :length], n[one], source[one, :seen], m[one])
        torch.testing.assert_close(decoded[row, :length], alone[0])


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_what_is_written_later_changes_no_earlier_state_of_a_decoder(norm, positions):
    decoder = make(TransformerDecoder, norm=norm, positions=positions)
    (x, n), (source, m) = padded([5]), padded([3])
    before = decoder(x, n, source, m)
    for t in range(5):
        later = x.clone()
        later[0, t, 0] += 1
        after = decoder(later, n, source, m)
        assert torch.equal(after[0, :t], before[0, :t])
        assert (after[0, t:] != before[0, t:]).any(dim=1).all()


def test_a_decoder_tells_what_its_last_block_looked_at():
    decoder = make(TransformerDecoder)
    (x, n), (source, m) = padded(LENGTHS), padded(SOURCE)
    states, weights = decoder.attend(x, n, source, m, weights=True)
    torch.testing.assert_close(states, decoder(x, n, source, m))
    last = decoder.blocks[-1]
    for row, (length, seen) in enumerate(zip(LENGTHS, SOURCE, strict=True)):
        y, memory = entry(decoder, x[row, :length].numpy()), source[row, :seen].numpy()
        y = decoder_block(decoder.blocks[0], y, memory)
        y = around(last.around_attention, y, lambda y: multi_head(last.attention, y, y, True))
        W_Q, W_K, *_ = numbers(last.source_attention)
        Q = layer_norm(last.around_source.norm, y) @ W_Q.T
        for head, rows in enumerate(np.split(np.arange(SIZE), 2)):
            wanted = softmax(Q[:, rows] @ (memory @ W_K[rows].T).T / np.sqrt(2))
            np.testing.assert_allclose(weights[row, head, :length, :seen].detach(), wanted)
        assert not weights[row, :, :, seen:].any()


def test_every_state_of_an_encoder_sees_every_step():
    encoder = make(TransformerEncoder, layers=1)
    x, n = padded([4])
    before, _ = encoder(x, n)
    for t in range(4):
        other = x.clone()
        other[0, t, 0] += 1
        assert (encoder(other, n)[0] != before).any(dim=2).all()


def test_an_encoder_knows_the_order_by_positions_alone():
    x, n = padded([4])
    for positions in POSITIONS:
        encoder = make(TransformerEncoder, positions=positions)
        assert not torch.allclose(encoder(x.flip(1), n)[0].flip(1), encoder(x, n)[0])


def test_training_holds_no_matrix_of_all_pairs_though_features_are_dropped():
    encoder, decoder = (make(k, dropout=0.5) for k in (TransformerEncoder, TransformerDecoder))
    (x, n), (source, m) = padded(LENGTHS), padded(SOURCE)
    settled = encoder(x, n)[0]
    encoder.train(), decoder.train()
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # an error where that kernel cannot be used
        states, decoded = encoder(x, n)[0], decoder(x, n, source, m)
    assert not torch.equal(states, settled)
    (states.sum() + decoded.sum()).backward()


def test_parameters_are_those_of_the_paper():
    size, inner = SIZE, 3
    attention, norm = 4 * size * size, 2 * size
    feed_forward = 2 * size * inner + inner + size
    for kind, block in (
        (TransformerEncoder, attention + feed_forward + 2 * norm),
        (TransformerDecoder, 2 * attention + feed_forward + 3 * norm),
    ):
        for style, last in (("post", 0), ("pre", norm)):
            count = sum(p.numel() for p in make(kind, norm=style).parameters())
            assert count == 2 * block + last


def test_sizes_that_do_not_divide_are_told():
    with pytest.raises(ValueError, match="size 4 is not a multiple of heads 3"):
        make(TransformerEncoder, heads=3)


def test_a_row_longer_than_the_positions_is_told():
    encoder = make(TransformerEncoder, positions="learned")
    with pytest.raises(ValueError, match="a sequence of 6 steps"):
        encoder(torch.zeros(1, 6, SIZE, dtype=torch.float64), torch.tensor([6]))
