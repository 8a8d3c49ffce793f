import pytest
from pydantic import ValidationError

from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.stages import Artefacts, Job, SentencesStage
from nlpseq.text.tags import spans, tagged

TAGS = {
    "Ana mora em São Paulo .": "B-PER O O B-LOC I-LOC O",
    "Rui Dias Ana Sá viu Recife": "B-PER I-PER B-PER I-PER O B-LOC",
    "Vamos a Recife": "O O B-LOC",
    "O prazo venceu": "O O O",
}


def text(scheme="IOB2"):
    blocks = []
    for sentence, tags in TAGS.items():
        words = sentence.split()
        converted = tagged(spans(tags.split(), "IOB2"), len(words), scheme)
        blocks.append("".join(f"{w}\t{t}\n" for w, t in zip(words, converted, strict=True)))
    return "\n".join(blocks)


@pytest.fixture
def file(tmp_path):
    """Writes a file and says where it is."""

    def write(content=None, name="a.conll"):
        content = text() if content is None else content
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def run(seed=1, **options):
    artefacts, figures = SentencesStage(**options).run(Artefacts(), Job(seed=seed))
    return artefacts.corpus, figures


def test_words_and_tags_of_a_file(file):
    corpus, figures = run(train=file(), dev=file(name="b.conll"))
    assert [s.words for s in corpus.train] == [sentence.split() for sentence in TAGS]
    assert [s.tags for s in corpus.train] == [tags.split() for tags in TAGS.values()]
    assert corpus.train[1].where(3) == f"{file()}:11"
    assert (corpus.labels, corpus.scheme) == (["LOC", "PER"], "IOB2")
    assert figures == {"train": 4, "dev": 4, "words": 18, "labels": 2, "scheme": "IOB2"}


def test_words_are_normalised_one_by_one(file):
    corpus, _ = run(train=file(), hold_out=1, recipe="lower")
    words = list(corpus.words(corpus.tokenizer))
    assert words == [[w.lower() for w in s.words] for s in corpus.train]
    assert corpus.inputs(corpus.dev) == [corpus.dev[0].words]


@pytest.mark.parametrize("scheme", ["IOB1", "IOBES", "BILOU"])
def test_the_scheme_of_train_is_kept_and_dev_converted_to_it(file, scheme):
    train, dev = file(text(scheme)), file(name="dev.conll")
    for one, other, kept in ((train, dev, scheme), (dev, train, "IOB2")):
        corpus, figures = run(train=one, dev=other)
        assert figures["scheme"] == corpus.scheme == kept
        assert [s.tags for s in corpus.dev] == [s.tags for s in corpus.train]
        assert corpus.dev[0].where() == f"{other}:1"


def test_columns_are_chosen(file):
    rows = "1 Ana B-PER NOUN\n2 viu O VERB\n\n1 Rui B-PER NOUN\n"
    path = file(rows)
    corpus, _ = run(train=path, dev=path, word_column=2, tag_column=3)
    assert (corpus.train[0].words, corpus.train[0].tags) == (["Ana", "viu"], ["B-PER", "O"])
    corpus, figures = run(train=path, dev=path, word_column=2)
    assert (corpus.scheme, figures["scheme"]) == (None, "plain")
    assert corpus.labels == ["NOUN", "VERB"]


def test_tags_that_look_like_entities_may_be_plain(file):
    path = file("a\tB-1\nb\tB-2\n\nc\tI-1\nd\tO\n")
    corpus, _ = run(train=path, dev=path, scheme="plain")
    assert (corpus.scheme, corpus.labels) == (None, ["B-1", "B-2", "I-1", "O"])


def test_a_scheme_that_is_named_is_meant(file):
    path = file("Ana\tI-PER\nviu\tO\n")
    assert run(train=path, dev=path)[0].scheme == "IO"
    with pytest.raises(DataError, match="starts with B- in IOB2") as caught:
        run(train=path, dev=path, scheme="IOB2")
    assert caught.value.where == f"{path}:1"


def test_several_files_packed_and_in_another_encoding(file, tmp_path):
    for name, words in (("a", "São\tB-LOC\n"), ("b", "Luís\tB-LOC\n\nnão\tO\n")):
        file(words.encode("latin-1"), f"{name}.conll")
    pattern = {"train": str(tmp_path / "*.conll"), "hold_out": 1}
    corpus, _ = run(**pattern, encoding="latin-1")
    assert sorted(s.words[0] for s in corpus.train + corpus.dev) == ["Luís", "São", "não"]
    with pytest.raises(DataError, match="is not UTF-8") as caught:
        run(**pattern)
    assert caught.value.where == f"{tmp_path / 'a.conll'}:1"


def many(count=60):
    return "\n".join(f"palavra{i}\tB-{'XYZ'[i % 3]}\n" for i in range(count))


def test_sentences_are_held_out_by_the_seed(file):
    found = [run(seed, train=file(many()), hold_out=9)[0] for seed in (1, 1, 2)]
    assert {(len(c.train), len(c.dev)) for c in found} == {(51, 9)}
    assert found[0] == found[1] != found[2]
    assert not {s.words[0] for s in found[0].train} & {s.words[0] for s in found[0].dev}


def test_fewer_sentences_are_among_more_and_tell_as_many_types_apart(file):
    parts = [run(train=file(many()), hold_out=9, limit=n)[0] for n in (1, 20, 51, 900, None)]
    words = [{s.words[0] for s in corpus.train} for corpus in parts]
    assert [len(each) for each in words] == [1, 20, 51, 51, 51]
    assert words[0] < words[1] < words[2] == words[3] == words[4]
    assert all(corpus.dev == parts[0].dev for corpus in parts)
    assert all(corpus.labels == ["X", "Y", "Z"] for corpus in parts)


def test_more_to_hold_out_than_there_is(file):
    with pytest.raises(CallError, match="cannot hold 4 of 4"):
        run(train=file(), hold_out=4)


@pytest.mark.parametrize(
    ("content", "line", "message", "remedy"),
    [
        ("Ana\tB-PER\nviu\tverbo\n", 2, "'verbo' is a tag of no scheme", "a tag is O, or B-"),
        ("Ana\tB-PER\nviu\tO\n\nRui\tI-PER\n", 4, "I-PER at the start", "mend the file"),
        ("Ana\tB-PER\nviu\tO\nRui\tI-PER\n", 3, "I-PER after O", "mend the file"),
        ("Ana\tB-PER\nSá\tI-PER\n\nRui\tS-PER\n", 4, "IOB2 has no S-", "mend the file"),
        ("Ana\tB-PER\n\nviu\nRui\tB-PER\n", 3, "1 column where the file's first row has 2", "tab"),
        ("Ana\tB-PER\nviu\tO\tO\n", 2, "3 columns where", "one tab"),
        ("Ana\n\nRui\n", 1, "no column 2, there is one", "columns are counted from 1"),
        ("", None, "holds no sentence", "one token a line"),
        ("\n\n  \n", None, "holds no sentence", "one token a line"),
        ("Ana\tO\n\nviu\tO\n", None, "has no entity", "is tag_column right"),
    ],
    ids=["unknown tag", "I- at the start", "I- without B-", "mixed schemes", "a column missing",
         "a column more", "no tags", "empty", "blank lines", "nothing but O"],
)  # fmt: skip
@pytest.mark.parametrize("part", ["train", "dev"])
def test_what_is_wrong_has_its_place_and_a_remedy(file, part, content, line, message, remedy):
    bad, good = file(content, "bad.conll"), file()
    other = "dev" if part == "train" else "train"
    if message == "has no entity" and part == "dev":
        assert run(train=good, dev=bad)[1]["dev"] == 2  # few sentences may have none
        return
    with pytest.raises(DataError, match=message) as caught:
        run(**{part: bad, other: good})
    assert caught.value.where == (f"{bad}:{line}" if line else bad)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("train", "dev", "line", "message"),
    [
        (None, "viu\tO\n\nRio\tB-RIO\n", ":3", "'RIO' was not in the training data"),
        ("a\tX\n", "a\tX\nb\tY\n", ":2", "tag 'Y' was not in the training data"),
        (None, "a\tX\n", "", "tags of no scheme, in train of IOB2"),
        ("a\tX\n", None, "", "tags of IOB2, in train of none"),
    ],
)
def test_tags_of_dev_alone_stop_before_any_training(file, train, dev, line, message):
    there = file(dev, "dev.conll")
    with pytest.raises(DataError, match=message) as caught:
        run(train=file(train), dev=there)
    assert caught.value.where == there + line
    assert caught.value.remedy


def test_repairs_are_counted_and_told(file, caplog):
    content = "Ana\tI-PER\nviu\tO\n\nRui\n\nRui\tB-PER\nSÃ¡\tI-PER\nDias\tB-LOC\n"
    path = file(content)
    caplog.set_level("INFO", logger="nlpseq")
    corpus, figures = run(train=path, dev=path, scheme="IOB2", repair=True)
    assert [s.tags for s in corpus.train] == [["B-PER", "O"], ["B-PER", "I-PER", "B-LOC"]]
    assert corpus.train[1].words == ["Rui", "Sá", "Dias"]
    assert figures["repaired"] == 6  # three in train, and the same in dev
    for told in ("illegal tag mended to IOB2", "broken row left out", "encoded twice, mended"):
        assert told in caplog.text
    assert f"{path}:4" in caplog.text


def test_nothing_to_repair_is_counted_too(file):
    _, figures = run(train=file(), hold_out=1, repair=True)
    assert figures["repaired"] == 0


def test_mixed_schemes_are_mended_on_request(file):
    path = file("Ana\tB-PER\nSá\tI-PER\nviu\tO\nRui\tI-PER\n\nAna\tS-PER\n")
    corpus, figures = run(train=path, dev=path, repair=True)
    assert [s.tags for s in corpus.train] == [["B-PER", "I-PER", "O", "B-PER"], ["B-PER"]]
    assert figures["repaired"] == 4


def test_a_sentence_of_many_words(file):
    path = file("Ana\tB-PER\nviu\tO\n" * 25_000)
    corpus, figures = run(train=path, dev=path)
    assert [len(s) for s in corpus.train] == [50_000]
    assert figures["words"] == 50_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one of dev and hold_out"),
        ({"dev": "b", "hold_out": 1}, "give one of dev and hold_out"),
        ({"hold_out": 0}, "greater than or equal to 1"),
        ({"hold_out": 1, "word_column": 0}, "greater than or equal to 1"),
        ({"hold_out": 1, "tokenizer": "spacy"}, "needs a language"),
        ({"hold_out": 1, "scheme": "iob"}, "IOB2"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValidationError, match=message):
        SentencesStage(train="a", **options)
