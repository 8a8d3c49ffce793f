import pytest

from nlpseq.models.chunks import chunks


@pytest.mark.parametrize("number", [0, 1, 3, 4, 8, 9])
def test_all_items_come_in_order(number):
    found = list(chunks(iter(range(number)), 4))
    assert [item for chunk in found for item in chunk] == list(range(number))
    assert all(len(chunk) == 4 for chunk in found[:-1])
    assert all(found)


@pytest.mark.parametrize("good", [0, 1, 4, 5])
def test_what_came_before_an_error_is_not_lost(good):
    def items():
        yield from range(good)
        raise OSError("gone")

    found = []
    with pytest.raises(OSError, match="gone"):
        for chunk in chunks(items(), 4):
            found += chunk
    assert found == list(range(good))
