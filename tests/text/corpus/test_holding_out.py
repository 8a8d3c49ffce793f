import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.corpus.holding_out import held_out

some = st.lists(st.text(st.characters(exclude_categories=()), max_size=3), min_size=2)


def parts(examples, number, seed=3):
    return held_out(examples, number, seed=seed, text=lambda text: text)


@given(some, st.data(), st.integers(0, 2**64))
def test_every_example_is_in_one_part(examples, data, seed):
    number = data.draw(st.integers(1, len(examples) - 1))
    kept, held = parts(examples, number, seed)
    assert len(held) == number
    assert sorted(kept + held) == sorted(examples)


@given(some, st.data(), st.randoms(use_true_random=False))
def test_order_does_not_choose(examples, data, random):
    number = data.draw(st.integers(1, len(examples) - 1))
    shuffled = random.sample(examples, len(examples))
    assert sorted(parts(examples, number)[1]) == sorted(parts(shuffled, number)[1])


def test_order_is_kept_and_the_seed_chooses():
    examples = [str(i) for i in range(60)]
    choices = set()
    for seed in range(5):
        kept, held = parts(examples, 20, seed)
        assert all(part == sorted(part, key=int) for part in (kept, held))
        choices.add(tuple(held))
    assert len(choices) == 5


def test_an_example_is_chosen_by_its_text_alone():
    examples = [(i, text) for i, text in enumerate(["um", "dois", "três", "quatro", "cinco"])]
    chosen = held_out(examples, 2, seed=13, text=lambda example: example[1])[1]
    again = held_out([(0, text) for _, text in examples], 2, seed=13, text=lambda e: e[1])[1]
    assert [text for _, text in chosen] == [text for _, text in again]


def test_the_same_everywhere():
    examples = ["um", "dois", "três", "quatro", "cinco", "seis"]
    assert parts(examples, 3, seed=13)[1] == ["dois", "três", "cinco"]


@pytest.mark.parametrize("number", [-1, 0, 3, 4])
def test_no_part_is_empty(number):
    with pytest.raises(CallError, match="of 3 examples"):
        parts(["a", "b", "c"], number)
