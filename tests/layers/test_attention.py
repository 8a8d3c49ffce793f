import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.nn.attention import SDPBackend, sdpa_kernel

from nlpseq.layers.attention import (
    AdditiveAttention,
    AttentionPooling,
    DotAttention,
    GeneralAttention,
    MultiHeadAttention,
    scaled_dot_product,
)

LENGTHS = [5, 1, 3]
FILLINGS = [9.0, float("inf"), float("nan")]


def softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def attend(alignment, s, h):
    """The deck's equations, one sequence: s (queries, size), h (keys, features) -> c, a."""
    a = np.array([softmax(np.array([alignment(s_i, h_j) for h_j in h])) for s_i in s])
    c = np.array([sum(a_ij * h_j for a_ij, h_j in zip(a_i, h, strict=True)) for a_i in a])
    return c, a


def numbers(*layers):
    return [layer.weight.detach().numpy() for layer in layers]


def dot(attention):
    return lambda s, h: s @ h


def general(attention):
    (W,) = numbers(attention.W)
    return lambda s, h: s @ W @ h


def additive(attention):
    W, U, v = numbers(attention.W, attention.U, attention.v)
    return lambda s, h: v[0] @ np.tanh(W @ s + U @ h)


def make(kind, *sizes, **options):
    torch.manual_seed(3)
    return kind(*sizes, **options).double().eval()


def randn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def padded(size, lengths, filling=0.0):
    torch.manual_seed(5)
    x = randn(len(lengths), max(lengths), size)
    for row, length in zip(x, lengths, strict=True):
        row[length:] = filling
    return x, torch.tensor(lengths)


ATTENTIONS = [  # the kind, sizes of the layer, of a query and of a state, the alignment
    (DotAttention, (), 3, 3, dot),
    (GeneralAttention, (4, 3), 4, 3, general),
    (AdditiveAttention, (4, 3, 2), 4, 3, additive),
]


@pytest.mark.parametrize(("kind", "sizes", "query_size", "state_size", "alignment"), ATTENTIONS)
def test_attention_equals_its_equations(kind, sizes, query_size, state_size, alignment):
    attention = make(kind, *sizes)
    states, n = padded(state_size, LENGTHS)
    queries = randn(3, 2, query_size)
    context, weights = attention(queries, attention.remember(states, n))
    for row, length in enumerate(LENGTHS):
        c, a = attend(alignment(attention), queries[row].numpy(), states[row, :length].numpy())
        np.testing.assert_allclose(context[row].detach(), c, atol=1e-12)
        np.testing.assert_allclose(weights[row, :, :length].detach(), a, atol=1e-12)
        assert not weights[row, :, length:].any()


@pytest.mark.parametrize(("kind", "sizes", "query_size", "state_size", "alignment"), ATTENTIONS)
def test_attention_has_the_gradients_of_finite_differences(
    kind, sizes, query_size, state_size, alignment
):
    attention = make(kind, *sizes)
    states, n = padded(state_size, [3, 1])
    inputs = (states.requires_grad_(), randn(2, 2, query_size).requires_grad_())
    assert gradcheck(
        lambda states, queries, *_: attention(queries, attention.remember(states, n)),
        (*inputs, *attention.parameters()),
    )


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize(("kind", "sizes", "query_size", "state_size", "alignment"), ATTENTIONS)
def test_padding_of_states_changes_nothing(kind, sizes, query_size, state_size, alignment, filling):
    attention = make(kind, *sizes)
    states, n = padded(state_size, LENGTHS, filling)
    states.requires_grad_()
    queries = randn(3, 2, query_size)
    context, _ = attention(queries, attention.remember(states, n))
    context.sum().backward()
    assert all(t.grad.isfinite().all() for t in (states, *attention.parameters()))
    for row, length in enumerate(LENGTHS):
        memory = attention.remember(states[row : row + 1, :length], n[row : row + 1])
        torch.testing.assert_close(context[row], attention(queries[row : row + 1], memory)[0][0])


def scaled_oracle(Q, K, V, M):
    d_k = Q.shape[1]
    a = np.array([softmax(row) for row in (Q @ K.T + M) / np.sqrt(d_k)])
    return a @ V, a


def test_scaled_dot_product_equals_its_equation():
    torch.manual_seed(5)
    Q, K, V = randn(3, 4), randn(5, 4), randn(5, 2)
    mask = torch.rand(3, 5) < 0.5
    mask[:, 0] = True
    for given, M in ((None, 0), (mask, np.where(mask, 0, -np.inf))):
        context, weights = scaled_dot_product(Q, K, V, given)
        wanted, a = scaled_oracle(Q.numpy(), K.numpy(), V.numpy(), M)
        np.testing.assert_allclose(context, wanted, atol=1e-12)
        np.testing.assert_allclose(weights, a, atol=1e-12)
    assert not weights[~mask].any()
    inputs = tuple(t.requires_grad_() for t in (Q, K, V))
    assert gradcheck(lambda *inputs: scaled_dot_product(*inputs, mask), inputs)


def turn(x):
    """Rotary positions as complex numbers: (x_2i + j x_2i+1) e^(j m θ_i)."""
    length, d = x.shape
    theta = 10000.0 ** (-np.arange(0, d, 2) / d)
    z = (x[:, ::2] + 1j * x[:, 1::2]) * np.exp(1j * np.outer(np.arange(length), theta))
    return np.stack([z.real, z.imag], axis=2).reshape(length, d)


def multi_head_oracle(attention, e, memory, causal):
    """One sequence: e (queries, size), memory (keys, size) -> Z and the weights of each head."""
    W_Q, W_K, W_V, W_O = numbers(attention.W_Q, attention.W_K, attention.W_V, attention.W_O)
    heads = [np.split(x @ W.T, attention.heads, axis=1) for x, W in
             ((e, W_Q), (memory, W_K), (memory, W_V))]  # fmt: skip
    later = np.triu(np.ones((len(e), len(memory)), dtype=bool), 1)
    M = np.where(later & causal, -np.inf, 0)
    Z, a = [], []
    for Q_h, K_h, V_h in zip(*heads, strict=True):
        if attention.rotary:
            Q_h, K_h = turn(Q_h), turn(K_h)
        Z_h, a_h = scaled_oracle(Q_h, K_h, V_h, M)
        Z.append(Z_h)
        a.append(a_h)
    return np.concatenate(Z, axis=1) @ W_O.T, np.array(a)


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [1, 3])
def test_heads_equal_their_equations_with_and_without_weights(heads, causal, rotary):
    attention = make(MultiHeadAttention, 6, heads, rotary=rotary)
    x, n = padded(6, LENGTHS)
    memory = attention.remember(x, n)
    fused, nothing = attention(x, memory, causal=causal)
    Z, weights = attention(x, memory, causal=causal, weights=True)
    assert nothing is None
    for row, length in enumerate(LENGTHS):
        e = x[row, :length].numpy()
        wanted, a = multi_head_oracle(attention, e, e, causal)
        np.testing.assert_allclose(fused[row, :length].detach(), wanted, atol=1e-12)
        np.testing.assert_allclose(Z[row, :length].detach(), wanted, atol=1e-12)
        np.testing.assert_allclose(weights[row, :, :length, :length].detach(), a, atol=1e-12)
        assert not weights[row, :, :, length:].any()


def test_heads_attend_to_other_states():
    attention = make(MultiHeadAttention, 6, 2)
    states, n = padded(6, LENGTHS)
    queries = randn(3, 4, 6)
    memory = attention.remember(states, n)
    for Z in (attention(queries, memory)[0], attention(queries, memory, weights=True)[0]):
        for row, length in enumerate(LENGTHS):
            e, others = queries[row].numpy(), states[row, :length].numpy()
            wanted, _ = multi_head_oracle(attention, e, others, causal=False)
            np.testing.assert_allclose(Z[row].detach(), wanted, atol=1e-12)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("rotary", [False, True])
def test_heads_have_the_gradients_of_finite_differences(rotary, causal, weights):
    attention = make(MultiHeadAttention, 4, 2, rotary=rotary)
    x, n = padded(4, [3, 1])
    true = (torch.arange(3) < n.unsqueeze(1)).unsqueeze(2)

    def context(x, *_):
        Z, _ = attention(x, attention.remember(x, n), causal=causal, weights=weights)
        return Z * true

    assert gradcheck(context, (x.requires_grad_(), *attention.parameters()))


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("weights", [False, True])
def test_padding_of_memory_changes_nothing(weights, filling):
    attention = make(MultiHeadAttention, 6, 2)
    states, n = padded(6, LENGTHS, filling)
    states.requires_grad_()
    queries = randn(3, 4, 6)
    Z, _ = attention(queries, attention.remember(states, n), weights=weights)
    Z.sum().backward()
    assert all(t.grad.isfinite().all() for t in (states, *attention.parameters()))
    for row, length in enumerate(LENGTHS):
        memory = attention.remember(states[row : row + 1, :length], n[row : row + 1])
        torch.testing.assert_close(Z[row], attention(queries[row : row + 1], memory)[0][0])


@pytest.mark.parametrize("causal", [False, True])
def test_no_matrix_of_all_pairs_is_held(causal):
    attention = make(MultiHeadAttention, 6, 2).train()
    x, n = padded(6, LENGTHS)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # an error where that kernel cannot be used
        Z, _ = attention(x, attention.remember(x, n), causal=causal)
    Z.sum().backward()


def test_sizes_that_do_not_divide_are_told():
    with pytest.raises(ValueError, match="size 10 is not a multiple of heads 3"):
        MultiHeadAttention(10, 3)
    with pytest.raises(ValueError, match=r"rotary .* even number of features a head, not 5"):
        MultiHeadAttention(10, 2, rotary=True)


def pooling_oracle(pooling, h):
    W, v = numbers(pooling.W, pooling.v)
    b = pooling.W.bias.detach().numpy()
    a = softmax(np.array([v[0] @ np.tanh(W @ h_t + b) for h_t in h]))
    return sum(a_t * h_t for a_t, h_t in zip(a, h, strict=True)), a


@pytest.mark.parametrize("filling", FILLINGS)
def test_attention_pooling_equals_its_equations_whatever_the_padding(filling):
    pooling = make(AttentionPooling, 3)
    torch.nn.init.normal_(pooling.W.bias)
    states, n = padded(3, LENGTHS, filling)
    states.requires_grad_()
    pooled, weights = pooling.attend(states, n)
    assert torch.equal(pooling(states, n), pooled)
    for row, length in enumerate(LENGTHS):
        s, a = pooling_oracle(pooling, states[row, :length].detach().numpy())
        np.testing.assert_allclose(pooled[row].detach(), s, atol=1e-12)
        np.testing.assert_allclose(weights[row, :length].detach(), a, atol=1e-12)
        assert not weights[row, length:].any()
    pooled.sum().backward()
    assert all(t.grad.isfinite().all() for t in (states, *pooling.parameters()))


def test_attention_pooling_has_the_gradients_of_finite_differences():
    pooling = make(AttentionPooling, 3)
    states, n = padded(3, [3, 1])
    assert gradcheck(
        lambda states, *_: pooling(states, n), (states.requires_grad_(), *pooling.parameters())
    )
