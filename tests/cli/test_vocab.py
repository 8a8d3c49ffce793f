import gzip

import pytest

from nlpseq import Tokenizer, Vocabulary

STREAM = "o rei e o reino\n\nO rei, a lei\n"
LARGE = "".join(f"texto número {n % 999}, de muitos\n" * 20 for n in range(5_000))


def rows(text):
    header, *lines = text.split("\n")[:-1]
    assert header.startswith("# nlpseq vocabulary 1 specials=")
    return [tuple(line.split("\t")) for line in lines]


def test_words_and_how_often(call):
    done = call("vocab", stdin=STREAM)
    assert done.returncode == 0
    assert rows(done.stdout) == [
        ("o", "2"), ("rei", "2"), (",", "1"), ("O", "1"), ("a", "1"), ("e", "1"), ("lei", "1"),
        ("reino", "1"),
    ]  # fmt: skip
    assert done.stderr == "8 words of 10 tokens\n"


@pytest.mark.parametrize(
    ("options", "tokenizer", "settings"),
    [
        ([], Tokenizer("none"), {}),
        (["--recipe", "lower"], Tokenizer("lower"), {}),
        (["--recipe", "nilc"], Tokenizer("nilc"), {}),
        (["--tokenizer", "characters"], Tokenizer("none", kind="characters"), {}),
        (["--no-punctuation"], Tokenizer("none", punctuation=False), {}),
        (["--min-count", "2"], Tokenizer("none"), {"min_count": 2}),
        (["--max-size", "4"], Tokenizer("none"), {"max_size": 4}),
        (["--max-size", "2"], Tokenizer("none"), {"max_size": 2}),
        (["--specials", "pad, unk,bos,eos"], Tokenizer("none"),
         {"specials": ("pad", "unk", "bos", "eos")}),
        (["--specials", ""], Tokenizer("none"), {"specials": ()}),
    ],
)  # fmt: skip
def test_the_same_from_python(call, tmp_path, options, tokenizer, settings):
    texts = STREAM.split("\n")[:-1]
    expected = Vocabulary.build((tokenizer.words(text) for text in texts), **settings)
    done = call("vocab", *options, "-o", "v.txt", stdin=STREAM)
    assert (done.returncode, done.stdout) == (0, "")
    expected.save(tmp_path / "w.txt")
    assert (tmp_path / "v.txt").read_bytes() == (tmp_path / "w.txt").read_bytes()
    assert Vocabulary.load(tmp_path / "v.txt") == expected


def test_no_text_no_word(call):
    done = call("vocab")
    assert (done.returncode, done.stderr) == (0, "0 words of 0 tokens\n")
    assert done.stdout == "# nlpseq vocabulary 1 specials=pad,unk\n"


def test_a_word_stays_on_its_line(call, tmp_path):
    done = call("vocab", "--tokenizer", "whitespace", "-o", "v.txt", stdin="a\x00b \\n\n")
    assert done.returncode == 0
    assert set(Vocabulary.load(tmp_path / "v.txt").words[2:]) == {"a\x00b", "\\n"}


def test_files_packed_in_and_out(call, tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a b\n"))
    (tmp_path / "b.csv").write_text("corpo\nb c\n")
    done = call("vocab", "a.txt.gz", "b.csv", "--field", "corpo", "-o", "v.txt.gz")
    assert done.returncode == 0
    assert Vocabulary.load(tmp_path / "v.txt.gz").words[2:] == ["b", "a", "c"]


def test_more_threads_give_the_same_bytes(call):
    one = call("vocab", "--threads", "1", stdin=LARGE)
    two = call("vocab", "--threads", "2", stdin=LARGE)
    assert one.returncode == two.returncode == 0
    assert (one.stdout, one.stderr) == (two.stdout, two.stderr)


def test_repairs_are_counted(call):
    done = call("vocab", "--repair", stdin=b"a\nb\xff\n")
    assert done.returncode == 0
    assert "1 × line with bad bytes, replaced by U+FFFD (standard input:2)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "message"),
    [
        (["--specials", "pad,foo"], b"", 2, "--specials: 'pad,foo' is no list of pad, unk"),
        (["--specials", "pad,pad"], b"", 2, "--specials"),
        (["--max-size", "1"], b"", 2, "--max-size: has no room for 2 specials"),
        (["--min-count", "0"], b"", 2, "--min-count"),
        (["--language", "pt"], b"", 2, "language is for the kind spacy"),
        (["nosuch.txt"], b"", 2, "nosuch.txt: no such file"),
        (["-o", "v.txt"], b"a\nb\xff\n", 1, "standard input:2: byte 2"),
    ],
)
def test_wrong_calls_and_bad_data(call, tmp_path, arguments, stdin, status, message):
    done = call("vocab", *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_without_force(call, tmp_path):
    (tmp_path / "v.txt").write_text("mine")
    done = call("vocab", "-o", "v.txt", stdin="a\n")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert (tmp_path / "v.txt").read_text() == "mine"
    assert call("vocab", "-o", "v.txt", "--force", stdin="a\n").returncode == 0
    assert Vocabulary.load(tmp_path / "v.txt").words[2:] == ["a"]
