import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import DataError
from nlpseq.text.corpus import conll
from nlpseq.text.corpus.conll import Sentence, read_conll, write_conll
from nlpseq.text.corpus.repairs import Repairs


@pytest.fixture
def corpus(tmp_path):
    def write(content):
        path = tmp_path / "a.conll"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows(sentences):
    return [list(zip(*s.columns, strict=True)) for s in sentences]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a O\nb B-X\n\nc O\n", [[("a", "O"), ("b", "B-X")], [("c", "O")]]),
        ("a\tO\nb\tB-X", [[("a", "O"), ("b", "B-X")]]),
        ("a O\r\n\r\nc O\r\n", [[("a", "O")], [("c", "O")]]),
        ("\ufeffa O\n", [[("a", "O")]]),
        ("\n \n\na O\n\n   \n\nb O\n\n\n", [[("a", "O")], [("b", "O")]]),
        ("a\nb\n\nc\n", [[("a",), ("b",)], [("c",)]]),
        ("a 1 2 3 4\n", [[("a", "1", "2", "3", "4")]]),
        ("a b\tO\nc\tO\n", [[("a b", "O"), ("c", "O")]]),
        ("a\t\tO\n", [[("a", "", "O")]]),
        (
            "10\u00a0000 O\nx\u2028y O\n\x85 O\n",
            [[("10\u00a0000", "O"), ("x\u2028y", "O"), ("\x85", "O")]],
        ),
        ("\u00a0 O\n\u3000 O\n", [[("\u00a0", "O"), ("\u3000", "O")]]),
        ("a O\n# O\n", [[("a", "O"), ("#", "O")]]),
        ("# O\na O\n", [[("#", "O"), ("a", "O")]]),
        ("# O\n\na O\n", [[("#", "O")], [("a", "O")]]),
        ("-DOCSTART- -X- O\n\na N O\n", [[("a", "N", "O")]]),
        ("-DOCSTART-\na O\n-DOCSTART-\nb O\n", [[("a", "O")], [("b", "O")]]),
        ("-DOCSTART-s O\n", [[("-DOCSTART-s", "O")]]),
    ],
)
def test_columns(corpus, content, expected):
    assert rows(read_conll(corpus(content))) == expected


def test_places_comments_and_documents(corpus):
    path = corpus(
        "# global.columns = FORM TAG\n"
        "# first\n"
        "a\tO\n"
        "b\tO\n"
        "\n"
        "-DOCSTART-\tO\n"
        "\n"
        "# of the second\n"
        "\n"
        "c\tO\n"
        "\n"
        "-DOCSTART-\tO\n"
        "-DOCSTART-\tO\n"
        "d\tO\n"
        "\n"
        "# nothing after it\n"
    )
    a, c, d = read_conll(path)
    assert a == Sentence(
        (["a", "b"], ["O", "O"]),
        str(path),
        3,
        ("# global.columns = FORM TAG", "# first"),
        0,
        "\t",
    )
    assert (c.line, c.comments, c.document) == (10, ("# of the second",), 1)
    assert (d.line, d.comments, d.document) == (14, (), 3)
    assert a.words == ["a", "b"]
    assert len(a) == 2
    assert a.where(1) == f"{path}:4"
    assert Sentence((["a"],)).where() is None


def test_conll_u_keeps_every_row(corpus):
    path = corpus(
        "# sent_id = 1\n"
        "# text = vámonos ao mar\n"
        "1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n"
        "1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_\n"
        "2\tnos\tnós\tPRON\t_\t_\t1\tobj\t_\t_\n"
        "2.1\tfomos\tir\tVERB\t_\t_\t_\t_\t0:root\t_\n"
    )
    (sentence,) = read_conll(path)
    assert len(sentence.columns) == 10
    assert sentence.columns[0] == ["1-2", "1", "2", "2.1"]
    assert sentence.comments == ("# sent_id = 1", "# text = vámonos ao mar")
    file = io.BytesIO()
    write_conll([sentence], file)
    assert file.getvalue() == path.read_bytes() + b"\n"


@pytest.mark.parametrize(
    ("content", "line", "message", "remedy"),
    [
        ("a O\nb\n", 2, "1 column where the file's first row has 2", "one space"),
        ("a O\n\nb N O\n", 3, "3 columns where the file's first row has 2", "empty line"),
        ("a\tO\nb O\n", 2, "1 column where the file's first row has 2", "one tab"),
        ("a O\nb  O\n", 2, "3 columns where", "one space"),
        ("a O\nb O \n", 2, "3 columns where", "one space"),
        ("a  O\n", 1, "column 2 is empty", "one space between columns"),
        ("a O \n", 1, "column 3 is empty", "one space between columns"),
        (" O\n", 1, "column 1 is empty", "one space between columns"),
        ("a O\nb O" + " O" * 2000, 2, "2,002 columns where", "one space"),
        ("a\tO\n\tO\n", 2, "column 1 is empty", "holds the word"),
        ("\t\n", 1, "column 1 is empty", "holds the word"),
        ("a O\n# a comment here\nb O\n", 2, "4 columns where", "before the first token"),
        (b"a O\nb\xff O\n", 2, "0xff", "encoding"),
    ],
)
def test_a_broken_row(corpus, content, line, message, remedy):
    path = corpus(content)
    with pytest.raises(DataError) as caught:
        list(read_conll(path))
    assert caught.value.where == f"{path}:{line}"
    assert message in caught.value.message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("content", ["", "\n", " \n\n  \n", "# a\n# b\n", "-DOCSTART- O\n\n"])
def test_a_file_without_any_sentence(corpus, content):
    path = corpus(content)
    with pytest.raises(DataError, match="the file holds no sentence") as caught:
        list(read_conll(path))
    assert caught.value.where == str(path)


def test_repairs_leave_whole_sentences_out(corpus):
    path = corpus("a O\nb O O\nc\n\n# kept as well\nd O\n\n# lost as well\ne\nf O\n\ng O\n")
    repairs = Repairs()
    d, g = read_conll(path, repairs=repairs)
    assert (d.words, d.comments, d.line) == (["d"], ("# kept as well",), 6)
    assert (g.words, g.comments, g.line) == (["g"], (), 12)
    assert repairs.counts == {"sentence with a broken row left out": 2}
    assert f"{path}:2, {path}:9" in str(repairs)


def test_repairs_that_leave_nothing(corpus):
    with pytest.raises(DataError, match="no sentence"):
        list(read_conll(corpus("a  O\n"), repairs=Repairs()))


def test_another_encoding(corpus):
    (sentence,) = read_conll(corpus("ação O\n".encode("latin-1")), encoding="latin-1")
    assert sentence.words == ["ação"]


def test_a_long_sentence(corpus):
    (sentence,) = read_conll(corpus("a O\n" * 50_000))
    assert len(sentence) == 50_000


@pytest.mark.parametrize(
    ("limit", "content", "line"),
    [
        ("MAX_TOKENS", "a O\n" * 5 + "\n" + "b O\n" * 6, 12),
        ("MAX_TOKENS", "a O\n\n" + "# x y\n" * 6, 8),
        ("MAX_TOKENS", "#\n" * 9, 6),
        ("MAX_LINE", "aaa\n\naaa\naaa\n", 4),
        ("MAX_LINE", "# a\n# b\na O\n", 2),
        ("MAX_COLUMNS", "# a\na b c d e f\n", 2),
    ],
)
def test_too_much_in_one_sentence(corpus, monkeypatch, limit, content, line):
    monkeypatch.setattr(conll, limit, 5)
    path = corpus(content)
    with pytest.raises(DataError) as caught:
        list(read_conll(path, repairs=Repairs()))
    assert caught.value.where == f"{path}:{line}"


def test_a_packed_file_of_one_endless_sentence(tmp_path):
    path = tmp_path / "a.conll.gz"
    path.write_bytes(gzip.compress(b"a O\n" * 1_000_001))
    with pytest.raises(DataError, match="more than 1,000,000 tokens") as caught:
        list(read_conll(path))
    assert caught.value.where == f"{path}:1000001"
    assert caught.value.remedy == "is there no blank line between sentences?"


# writing

CHARACTERS = st.characters(exclude_characters="\n\t ", exclude_categories=["Cs"])


@st.composite
def corpora(draw):
    separator = draw(st.sampled_from("\t "))
    width = draw(st.integers(1, 4))
    spaced = separator == "\t" and width > 1
    word = st.text(CHARACTERS | st.just(" ") if spaced else CHARACTERS, min_size=1, max_size=5)
    other = word | st.just("") if spaced else word
    other = other.filter(lambda text: not text.endswith("\r"))
    word = word.filter(lambda text: text != "-DOCSTART-" and not text.endswith("\r"))
    row = st.tuples(word, *[other] * (width - 1))
    read_as = separator if width > 1 else " "
    comment = st.text(CHARACTERS, max_size=5).map(
        lambda text: "#" + read_as * width + text + "."  # never of the right width
    )
    sentences = []
    document = 0
    for table in draw(st.lists(st.lists(row, min_size=1, max_size=4), min_size=1, max_size=5)):
        document += draw(st.integers(0, 1))
        comments = tuple(draw(st.lists(comment, max_size=2)))
        columns = tuple(list(column) for column in zip(*table, strict=True))
        sentences.append(Sentence(columns, "", 0, comments, document, separator))
    # a file of nothing but words that open with "#" reads as comments
    sentences.append(Sentence(tuple([c] for c in "abcd"[:width]), document=document))
    return sentences


@given(corpora())
def test_what_is_written_is_read(tmp_path_factory, sentences):
    path = tmp_path_factory.getbasetemp() / "round.conll"
    with path.open("wb") as file:
        write_conll(sentences, file)
    found = list(read_conll(path))
    assert [(s.columns, s.comments, s.document) for s in found] == [
        (s.columns, s.comments, s.document) for s in sentences
    ]
    lines = path.read_bytes().decode().split("\n")
    for sentence in found:
        assert sentence.words[0] in lines[sentence.line - 1]


@pytest.mark.parametrize(
    ("columns", "separator"),
    [
        ([["a b"], ["O"]], " "),
        ([["a\tb"], ["O"]], "\t"),
        ([["a\tb"], ["O"]], " "),
        ([["a\nb"], ["O"]], "\t"),
        ([["a"], ["O\r"]], "\t"),
        ([[""], ["O"]], "\t"),
        ([["a"], [""]], " "),
        ([["a b"]], "\t"),
        ([[" "]], "\t"),
        ([["-DOCSTART-"], ["O"]], "\t"),
        ([["-DOCSTART- x"], ["O"]], "\t"),
        ([["a", "b"], ["O"]], "\t"),
        ([[], []], "\t"),
        ([], "\t"),
        ([["\ud800"], ["O"]], "\t"),
    ],
)
def test_what_would_read_as_something_else_is_not_written(columns, separator):
    sentence = Sentence(tuple(columns), "x.conll", 7, separator=separator)
    file = io.BytesIO()
    with pytest.raises(DataError) as caught:
        write_conll([sentence], file)
    assert caught.value.where == "x.conll:7"
    assert not file.getvalue()


@pytest.mark.parametrize("comment", ["no hash", "# a", "# a b\nc", "# a b\r"])
def test_a_comment_that_would_not_read_as_one(comment):
    with pytest.raises(DataError, match="would not read as one"):
        write_conll([Sentence((["a"], ["O"]), comments=(comment,), separator=" ")], io.BytesIO())


def test_sentences_of_different_widths_are_not_written():
    with pytest.raises(DataError, match="1 columns where the first sentence has 2") as caught:
        write_conll([Sentence((["a"], ["O"])), Sentence((["a"],))], io.BytesIO())
    assert caught.value.where == "sentence 2, token 1"


def test_a_first_word_that_opens_with_a_byte_order_mark(corpus):
    file = io.BytesIO()
    write_conll([Sentence((["\ufeffa"], ["O"]))] * 2, file)
    assert [s.words for s in read_conll(corpus(file.getvalue()))] == [["\ufeffa"]] * 2


# real data


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "width", "number"),
    [
        ("lener-br/train.conll", 2, 7827),
        ("lener-br/dev.conll", 2, 1176),
        ("conll2002-es/train.conll.gz", 3, 8323),
        ("conll2002-es/testa.conll.gz", 3, 1915),
    ],
)
def test_real_corpora_come_back(data, tmp_path, name, width, number):
    sentences = list(read_conll(data / name))
    assert len(sentences) == number
    assert {len(s.columns) for s in sentences} == {width}
    path = tmp_path / "out.conll"
    with path.open("wb") as file:
        write_conll(sentences, file)
    again = list(read_conll(path))
    assert [s.columns for s in again] == [s.columns for s in sentences]
    raw = (data / name).read_bytes()
    raw = gzip.decompress(raw) if name.endswith("gz") else raw
    lines = raw.decode().split("\n")
    assert [line for line in path.read_text().split("\n") if line] == [
        line for line in lines if line.strip(" ")
    ]
    for sentence in sentences[::97]:
        for i, row in enumerate(zip(*sentence.columns, strict=True)):
            assert lines[sentence.line - 1 + i] == " ".join(row)
