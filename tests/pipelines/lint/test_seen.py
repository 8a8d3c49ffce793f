from hypothesis import given
from hypothesis import strategies as st

from nlpseq.pipelines.lint.seen import Seen, hash_of


@given(st.lists(st.integers(1, 40) | st.integers(1, 2**64 - 1), max_size=200))
def test_it_is_a_dictionary_of_first_places(keys):
    seen, oracle = Seen(), {}
    for line, key in enumerate(keys, 1):
        known = seen.add(key, f"f{key % 3}", line, line)
        expected = oracle.get(key)
        assert (known and (known.where, known.label)) == expected
        oracle.setdefault(key, (f"f{key % 3}:{line}", line))
    assert len(seen) == len(oracle)


def test_it_grows():
    seen = Seen()
    for i in range(5_000):
        assert seen.add(hash_of(str(i)), "a.parquet", i + 1) is None
    assert len(seen) == 5_000
    assert seen.get(hash_of("4321")).where == "a.parquet: row 4322"
    assert seen.get(hash_of("none")) is None
