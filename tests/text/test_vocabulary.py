import pickle

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError, DataError, UnknownWordError
from nlpseq.text.counting import WordCounts
from nlpseq.text.vocabulary import SPECIALS, Vocabulary

TRICKY = " \t\n\r\x00\x1c\x7f\u0085\u00a0\u2028\u2029\ufeff\ud800\udfff\\u0<#"
word = st.text(st.sampled_from(TRICKY) | st.characters(), max_size=5)
few_words = st.sampled_from(["a", "b", "c", "ç", "\n", "", "\ud800", "<pad>", "<unk>"])
documents = st.lists(st.lists(few_words | word, max_size=8), max_size=5)
specials = st.lists(st.sampled_from(SPECIALS), unique=True)


@given(documents, specials)
def test_ids_are_dense_and_specials_first(documents, specials):
    vocabulary = Vocabulary.build(documents, specials=specials)
    ordinary = {word for document in documents for word in document}
    assert len(vocabulary) == len(specials) + len(ordinary)
    for name in SPECIALS:
        expected = specials.index(name) if name in specials else None
        assert getattr(vocabulary, name) == expected
    ids = sorted(vocabulary.get(word) for word in ordinary)
    assert ids == list(range(len(specials), len(vocabulary)))


@given(documents)
def test_known_words_come_back(documents):
    vocabulary = Vocabulary.build(documents)
    for document in documents:
        ids = vocabulary.encode(document)
        assert ids.dtype == np.int32
        assert ids.shape == (len(document),)
        assert vocabulary.decode(ids) == document


@given(documents, st.integers(1, 3))
def test_most_frequent_first_and_ties_by_code_point(documents, min_count):
    vocabulary = Vocabulary.build(documents, min_count=min_count)
    flat = [word for document in documents for word in document]
    expected = sorted({w for w in flat if flat.count(w) >= min_count})
    expected.sort(key=lambda w: -flat.count(w))
    assert vocabulary.words[2:] == expected
    assert vocabulary.counts.tolist() == [0, 0, *map(flat.count, expected)]


@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_documents_and_words_does_not_matter(documents, random):
    shuffled = [random.sample(d, len(d)) for d in random.sample(documents, len(documents))]
    one, other = Vocabulary.build(documents), Vocabulary.build(iter(shuffled))
    assert one == other
    assert one.counts.tolist() == other.counts.tolist()


@given(documents, specials, st.integers(4, 9))
def test_max_size_counts_the_specials(documents, specials, max_size):
    whole = Vocabulary.build(documents, specials=specials)
    cut = Vocabulary.build(documents, specials=specials, max_size=max_size)
    assert cut.words == whole.words[:max_size]
    assert len(cut.counts) == len(cut)


def test_a_text_is_not_taken_for_a_list_of_words():
    with pytest.raises(CallError, match="list of words"):
        Vocabulary.build(["a text"])


def test_max_size_holds_for_the_specials_too():
    try:
        vocabulary = Vocabulary.build([["a"]], max_size=1)
    except ValueError:
        return
    assert len(vocabulary) <= 1


@given(documents)
@example([["<pad>", "<unk>", "a"]])
def test_text_never_encodes_to_padding(documents):
    vocabulary = Vocabulary.build(documents, specials=SPECIALS)
    for document in documents:
        assert (vocabulary.encode(document) >= len(SPECIALS)).all()
    without = Vocabulary([], specials=SPECIALS)
    for document in documents:
        assert set(without.encode(document).tolist()) <= {without.unk}


def test_a_special_is_not_a_word():
    vocabulary = Vocabulary(["a"], specials=("pad", "unk"))
    assert "<pad>" not in vocabulary
    assert vocabulary.get("<pad>") is None
    assert vocabulary.encode(["<pad>", "a", "?"]).tolist() == [1, 2, 1]
    assert vocabulary.decode([0, 1, 2]) == ["<pad>", "<unk>", "a"]


def test_an_unknown_word_without_unk_is_an_error():
    vocabulary = Vocabulary(["a"], specials=("pad",))
    with pytest.raises(UnknownWordError, match="'b' is not in the vocabulary"):
        vocabulary.encode(["a", "b"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vocabularies")


@settings(deadline=None)
@given(
    words=st.lists(word, unique=True, max_size=6),
    specials=specials,
    counted=st.booleans(),
    suffix=st.sampled_from(["txt", "gz"]),
    data=st.data(),
)
@example(["\\", "\\u0041", "\\\\u0041", "\n", "\u2028", "\ud83d\ude00", ""], [], True, "txt", None)
@example(["", "\t", "\r", "\ufeff", "# x"], ["pad"], False, "txt", None)
def test_what_is_saved_loads_the_same(folder, words, specials, counted, suffix, data):
    counts = None
    if counted:
        size = len(words)
        number = st.lists(st.integers(0, 2**53), min_size=size, max_size=size)
        counts = data.draw(number) if data else list(range(size))
    vocabulary = Vocabulary(words, specials=specials, counts=counts)
    path = folder / f"vocabulary.{suffix}"
    vocabulary.save(path)
    loaded = Vocabulary.load(path)
    assert loaded == vocabulary
    assert loaded.words == vocabulary.words
    assert [loaded.get(w) for w in words] == [vocabulary.get(w) for w in words]
    if counted and words:
        assert loaded.counts[len(specials) :].tolist() == counts
    else:
        assert loaded.counts is None


def test_counts_are_exact():
    count = 2**53 + 1
    assert Vocabulary(["a"], counts=[count]).counts.tolist() == [0, 0, count]
    assert Vocabulary(["a"], counts=[count]).extended(["b"]).counts.tolist() == [0, 0, count, 0]


def test_the_file_is_a_line_a_word(tmp_path):
    vocabulary = Vocabulary(["olá", "a\tb\u2028", "\\"], specials=("pad", "bos"), counts=[3, 2, 1])
    vocabulary.save(tmp_path / "v")
    assert (tmp_path / "v").read_text("utf-8").split("\n") == [
        "# nlpseq vocabulary 1 specials=pad,bos",
        "olá\t3",
        "a\\u0009b\\u2028\t2",
        "\\u005c\t1",
        "",
    ]


HEADER = b"# nlpseq vocabulary 1 specials=pad,unk\n"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, "empty"),
        (b"word\n", 1, "not a vocabulary"),
        (b"# nlpseq vocabulary 2 specials=pad\n", 1, "not a vocabulary"),
        (b"# nlpseq vocabulary 1 specials=pad,cls\na\n", 1, "no such special: cls"),
        (b"# nlpseq vocabulary 1 specials=pad,pad\na\n", 1, "named twice"),
        (HEADER + b"a\t1\nb\tmany\n", 3, "'many' is not a count"),
        (HEADER + b"a\t-1\n", 2, "'-1' is not a count"),
        (HEADER + b"a\t\n", 2, "'' is not a count"),
        (HEADER + b"a\t1\t2\n", 2, "is not a count"),
        (HEADER + "a\t\u0661\n".encode(), 2, "is not a count"),
        (HEADER + b"a\t9999999999999999999999\n", 2, "is not a count"),
        (HEADER + b"a\t9223372036854775808\n", 2, "is not a count"),
        (HEADER + b"a\t" + b"9" * 100_000 + b"\n", 2, "is not a count"),
        (HEADER + b"a\t00000000000000000000001\n", 2, "is not a count"),
        (HEADER + b"\\ud800\n\\ud800\n", 3, "twice"),
        (HEADER + b"\n\n", 3, "twice"),
        (b"a\t1\nb\t2\n", 1, "not a vocabulary"),
        (b" # nlpseq vocabulary 1 specials=pad,unk\n", 1, "not a vocabulary"),
        (HEADER + b"\xed\xa0\x80\n", 2, "not UTF-8"),
        (HEADER + b"a\n\xe9\n", 3, "not UTF-8"),
        (HEADER + b"a\nb\na\n", 4, "twice"),
        (HEADER + b"A\n\\u0041\n", 3, "twice"),
        (HEADER + b"a\t1\nb\n", 3, "count"),
        (HEADER + b"a\nb\t1\n", 3, "count"),
    ],
)
def test_a_bad_file_is_located(tmp_path, content, line, message):
    path = tmp_path / "v"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Vocabulary.load(path)
    assert message in caught.value.message
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


def test_a_file_with_crlf_and_byte_order_mark_loads(tmp_path):
    content = b"\xef\xbb\xbf" + HEADER + b"a\t2\nb\t1\n"
    (tmp_path / "v").write_bytes(content.replace(b"\n", b"\r\n"))
    loaded = Vocabulary.load(tmp_path / "v")
    assert loaded == Vocabulary(["a", "b"])
    assert loaded.counts.tolist() == [0, 0, 2, 1]


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (["a", "b", "a"], {}, "twice"),
        (["a"], {"specials": ("cls",)}, "no such special: cls"),
        (["a"], {"specials": ("pad", "pad")}, "named twice"),
        (["a"], {"counts": [1, 2]}, "one count a word"),
        (["a"], {"counts": [-1]}, "below 0"),
    ],
)
def test_a_vocabulary_that_cannot_be(words, options, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(words, **options)


@given(documents, st.lists(few_words | word, max_size=8), specials)
def test_extended_keeps_ids_and_adds_what_is_new_once(documents, more, specials):
    vocabulary = Vocabulary.build(documents, specials=specials)
    before, counts = list(vocabulary.words), vocabulary.counts.tolist()
    longer = vocabulary.extended(iter(more))
    new = [w for w in dict.fromkeys(more) if w not in vocabulary]
    assert longer.words == before + new
    assert longer.specials == vocabulary.specials
    assert longer.counts.tolist() == counts + [0] * len(new)
    assert vocabulary.words == before


def test_extended_without_counts():
    assert Vocabulary(["a"]).extended(["b"]).counts is None


def test_counts_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        Vocabulary(["a"], counts=[1]).counts[0] = 5


def test_equality_is_of_words_and_specials():
    assert Vocabulary(["a"]) == Vocabulary(["a"], counts=[5])
    assert Vocabulary(["a"]) != Vocabulary(["b"])
    assert Vocabulary(["<pad>"], specials=()) != Vocabulary([], specials=("pad",))
    assert Vocabulary(["a"]) != ["<pad>", "<unk>", "a"]


@given(documents, st.integers(1, 4), st.integers(0, 3), st.none() | st.integers(2, 9))
def test_building_is_counting_and_choosing(documents, distinct, min_count, max_size):
    built = Vocabulary.build(documents, min_count=min_count, max_size=max_size)
    with WordCounts(distinct) as counts:
        for document in documents:
            counts.add(document)
        chosen = Vocabulary.of_counts(counts, min_count=min_count, max_size=max_size)
    assert chosen == built
    assert chosen.counts.tolist() == built.counts.tolist()


def test_no_document_is_read_where_the_specials_have_no_room():
    def unread():
        raise AssertionError("was read")
        yield

    with pytest.raises(ValueError, match="no room for 2 specials"):
        Vocabulary.build(unread(), max_size=1)
    with WordCounts() as counts, pytest.raises(ValueError, match="no room for 2 specials"):
        Vocabulary.of_counts(counts, max_size=1)


@given(st.lists(documents, min_size=1, max_size=4), specials)
def test_merging_is_building_out_of_all(parts, specials):
    merged = Vocabulary.merge(*(Vocabulary.build(part, specials=specials) for part in parts))
    whole = Vocabulary.build((d for part in parts for d in part), specials=specials)
    assert merged == whole
    assert merged.counts.tolist() == whole.counts.tolist()


def test_merging_keeps_words_of_count_0():
    some = Vocabulary(["b", "a"], counts=[2, 0])
    merged = Vocabulary.merge(some, Vocabulary(["c", "b"], counts=[3, 2]))
    assert merged.words[2:] == ["b", "c", "a"]
    assert merged.counts.tolist() == [0, 0, 4, 3, 0]


@pytest.mark.parametrize("counts", [None, [7, 1]])
def test_merging_without_counts_is_in_order_of_appearance(counts):
    others = Vocabulary(["b", "a"]), Vocabulary(["c", "b"], counts=counts), Vocabulary(["a"])
    merged = Vocabulary.merge(*others)
    assert merged.words[2:] == ["b", "a", "c"]
    assert merged.counts is None


@pytest.mark.parametrize(
    ("vocabularies", "message"),
    [
        ([], "no vocabulary"),
        ([Vocabulary(["a"]), Vocabulary(["a"], specials=("pad",))], "differ: pad,unk and pad"),
        ([Vocabulary([]), Vocabulary([], specials=("unk", "pad"))], "differ: pad,unk and unk,pad"),
    ],
)
def test_a_merge_that_cannot_be(vocabularies, message):
    with pytest.raises(CallError, match=message):
        Vocabulary.merge(*vocabularies)


def test_counts_that_are_too_large_together():
    large = Vocabulary(["a"], counts=[2**62])
    with pytest.raises(DataError, match="more than"):
        Vocabulary.merge(large, large)


def test_the_largest_count_comes_back(tmp_path):
    Vocabulary(["a"], counts=[2**63 - 1]).save(tmp_path / "v")
    assert Vocabulary.load(tmp_path / "v").counts.tolist() == [0, 0, 2**63 - 1]


@given(st.binary(max_size=60) | st.text(st.sampled_from("ab\t\n\r\\u0d81"), max_size=40))
def test_any_file_loads_or_is_refused_at_a_line(tmp_path_factory, rest):
    path = tmp_path_factory.getbasetemp() / "any-vocabulary"
    path.write_bytes(HEADER + (rest if isinstance(rest, bytes) else rest.encode()))
    try:
        loaded = Vocabulary.load(path)
    except DataError as error:
        assert error.where.rpartition(":")[2].isdigit()
        return
    loaded.save(path)
    again = Vocabulary.load(path)
    assert again == loaded
    assert (again.counts is None) == (loaded.counts is None)


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda words: (w for w in words)])
def test_encode_takes_any_iterable(kind):
    vocabulary = Vocabulary(["a", "b"])
    ids = vocabulary.encode(kind(["b", "x", "a", "<pad>"]))
    assert ids.tolist() == [3, 1, 2, 1]
    assert ids.dtype == np.int32
    assert vocabulary.encode(kind([])).shape == (0,)
    assert "x" not in vocabulary  # asking for an unknown word makes it no known one
    assert vocabulary.get("x") is None
    with pytest.raises(UnknownWordError, match="'x'"):
        Vocabulary(["a"], specials=()).encode(kind(["a", "x"]))


def test_a_copy_of_another_process_encodes_alike():
    vocabulary = pickle.loads(pickle.dumps(Vocabulary(["a"], specials=("unk", "pad"), counts=[1])))
    assert vocabulary.encode(["x", "a"]).tolist() == [0, 2]
