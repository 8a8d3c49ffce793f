import contextlib
import gzip
import json
import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from nlpseq import Tokenizer

TEXTS = ["Olá, mundo!", "", "Custa R$ 5,00… don't", "fim 👍"]
STREAM = "\n".join(TEXTS) + "\n"
#: more than is cut before processes are started
LINE = "Um texto, de número nove, que se repete: não diz muito!\n"
LARGE = LINE * 60_000


def cut(tokenizer, texts=TEXTS):
    return "".join(f"{' '.join(tokenizer.words(text))}\n" for text in texts)


def gone(group):
    """Whether no process of a group is left; a helper of Python's ends a little later."""
    for _ in range(100):
        if not alive(group):
            return True
        time.sleep(0.05)
    return False


def alive(group):
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it went meanwhile
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(stat.parent.name)
    return found


def test_a_line_for_each_line(call):
    done = call("tokenize", stdin=STREAM)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Olá , mundo !\n\n" + cut(Tokenizer("none"), TEXTS[2:])


@pytest.mark.parametrize(
    ("stdin", "out"),
    [
        ("", ""), ("\n", "\n"), ("a", "a\n"), ("a\n\n", "a\n\n"),
        ("a b\r\n\r\nc\r\n", "a b\n\nc\n"),
        ("\ufeffa", "a\n"), (" \t \n", "\n"), ("a\u2028b\n", "a b\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [[], ["-"]])
def test_odd_streams(call, stdin, out, given):
    done = call("tokenize", *given, stdin=stdin)
    assert (done.returncode, done.stdout, done.stderr) == (0, out, "")


@pytest.mark.parametrize(
    ("options", "tokenizer"),
    [
        (["--tokenizer", "rules"], Tokenizer("none")),
        (["--tokenizer", "whitespace"], Tokenizer("none", kind="whitespace")),
        (["--tokenizer", "characters"], Tokenizer("none", kind="characters")),
        (["--tokenizer", "spacy", "--language", "pt"],
         Tokenizer("none", kind="spacy", language="pt")),
        (["--recipe", "lower"], Tokenizer("lower")),
        (["--recipe", "nilc"], Tokenizer("nilc")),
        (["--recipe", "glove"], Tokenizer("glove")),
        (["--no-punctuation"], Tokenizer("none", punctuation=False)),
    ],
)  # fmt: skip
def test_the_same_from_python(call, options, tokenizer):
    assert call("tokenize", *options, stdin=STREAM).stdout == cut(tokenizer)
    done = call("tokenize", *options, "--to", "jsonl", stdin=STREAM)
    for text, line in zip(TEXTS, done.stdout.splitlines(), strict=True):
        found, tokens = json.loads(line), tokenizer.tokenize(text)
        assert found["words"] == tokens.words
        assert (found["starts"], found["ends"]) == (tokens.starts.tolist(), tokens.ends.tolist())


def test_places_point_into_the_text(call):
    done = call("tokenize", "--to", "jsonl", stdin=STREAM)
    for text, line in zip(TEXTS, done.stdout.splitlines(), strict=True):
        found = json.loads(line)
        places = zip(found["starts"], found["ends"], strict=True)
        assert [text[i:j] for i, j in places] == found["words"]


@pytest.fixture
def sources(tmp_path):
    """The same two texts in files of all kinds."""
    import pyarrow
    import pyarrow.parquet

    texts = ["a,b", "c d!"]
    lines = "".join(f"{text}\n" for text in texts)
    (tmp_path / "a.txt").write_text(lines)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "a.csv").write_text('id,corpo\n1,"a,b"\n2,c d!\n')
    (tmp_path / "a.tsv").write_text("id\tcorpo\n1\ta,b\n2\tc d!\n")
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"corpo": t}) + "\n" for t in texts))
    pyarrow.parquet.write_table(pyarrow.table({"corpo": texts}), tmp_path / "a.parquet")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/a.txt", lines)
        archive.writestr("other.txt", "z\n")
    (tmp_path / "folder").mkdir()
    for n, text in enumerate(texts):
        (tmp_path / "folder" / f"{n}.txt").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "source",
    ["a.txt", "a.txt.gz", "a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.zip/in/a.txt", "folder",
     "folder/*.txt"],
)  # fmt: skip
def test_any_source(call, sources, source):
    done = call("tokenize", source, "--field", "corpo")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a , b\nc d !\n", "")


def test_several_sources_one_after_the_other(call, sources):
    done = call("tokenize", "a.txt", "-", "folder/1.txt", stdin="x\n")
    assert done.stdout == "a , b\nc d !\nx\nc d !\n"


def test_the_format_of_a_stream_is_named(call):
    done = call("tokenize", "--format", "jsonl", stdin='{"text": "a\\nb"}\n')
    assert done.stdout == "a b\n"


def test_another_encoding(call):
    assert call("tokenize", "--encoding", "latin-1", stdin=b"n\xe3o\n").stdout == "não\n"


def test_a_bad_byte_is_placed_and_nothing_is_lost(call, tmp_path):
    stdin = b"a b\nc\nh\xed x\nd\n"
    done = call("tokenize", stdin=stdin)
    assert (done.returncode, done.stdout) == (1, "a b\nc\n")
    assert "standard input:3: byte 2 of the line" in done.stderr
    done = call("tokenize", "-o", "out/words.txt", stdin=stdin)
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bad_byte_behind_much_text_loses_nothing(call):
    done = call("tokenize", "--threads", "2", stdin=LARGE.encode() + b"\xed\n")
    assert done.returncode == 1
    assert f"standard input:{LARGE.count(LINE) + 1}: byte 1" in done.stderr
    assert done.stdout.count("\n") == LARGE.count(LINE)


def test_repairs_are_counted(call):
    done = call("tokenize", "--repair", stdin=b"a b\nh\xed x\n")
    assert done.returncode == 0
    assert done.stdout == "a b\nh \ufffd x\n"
    assert "1 × line with bad bytes, replaced by U+FFFD (standard input:2)" in done.stderr
    assert call("tokenize", "--repair", stdin="a\n").stderr == ""


def test_more_threads_give_the_same_bytes(call):
    one = call("tokenize", "--threads", "1", stdin=LARGE)
    two = call("tokenize", "--threads", "2", stdin=LARGE)
    assert one.returncode == two.returncode == 0
    assert one.stdout == two.stdout
    assert one.stdout.count("\n") == LARGE.count(LINE)


@pytest.mark.parametrize("method", ["bpe", "unigram", "wordpiece"])
def test_subwords_are_learned_and_used(call, tmp_path, method):
    text = "o rei viu o reino\na rainha viu os reis\n\n"
    (tmp_path / "c.txt").write_text(text)
    done = call("tokenize", "--learn", method, "--size", 60, "c.txt", "-o", "tokenizer.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "pieces" in done.stderr
    done = call("tokenize", "--tokenizer", "tokenizer.json", stdin=text)
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == 3
    assert lines[2] == ""
    joined = lines[0].replace(" ", "").replace("##", "").replace("▁", "")
    assert joined == "oreiviuoreino"
    done = call("tokenize", "--tokenizer", "tokenizer.json", "--to", "jsonl", "c.txt")
    found = json.loads(done.stdout.splitlines()[0])
    assert found["ends"][-1] == len("o rei viu o reino")
    done = call("vocab", "--tokenizer", "tokenizer.json", "c.txt")
    assert done.returncode == 0


def test_written_whole_and_never_over_another(call, tmp_path):
    out = tmp_path / "words.txt"
    done = call("tokenize", "-o", "words.txt", stdin="a,b\n")
    assert (done.returncode, done.stdout, out.read_text()) == (0, "", "a , b\n")
    done = call("tokenize", "-o", "words.txt", stdin="c\n")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert out.read_text() == "a , b\n"
    assert call("tokenize", "-o", "words.txt", "--force", stdin="c\n").returncode == 0
    assert out.read_text() == "c\n"
    assert [p.name for p in tmp_path.iterdir()] == ["words.txt"]


def test_the_output_is_packed_by_its_name(call, tmp_path):
    assert call("tokenize", "-o", "w.txt.gz", stdin="a,b\n").returncode == 0
    assert gzip.decompress((tmp_path / "w.txt.gz").read_bytes()) == b"a , b\n"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--size", "9"], 2, "--size: is for --learn"),
        (["--learn", "bpe"], 2, "--learn: needs a file"),
        (["--learn", "bpe", "-o", "-"], 2, "--learn: needs a file"),
        (["--learn", "bpe", "-o", "t", "--tokenizer", "rules"], 2, "--tokenizer: has no effect"),
        (["--learn", "bpe", "-o", "t", "--to", "text"], 2, "--to: has no effect"),
        (["--learn", "bpe", "-o", "t", "--no-punctuation"], 2, "--no-punctuation: has no effect"),
        (["--learn", "bpe", "-o", "t", "--language", "pt"], 2, "--language: has no effect"),
        (["--learn", "bpe", "-o", "t"], 1, "no text to learn"),
        (["--language", "pt"], 2, "language is for the kind spacy"),
        (["--tokenizer", "spacy"], 2, "needs a language"),
        (["--tokenizer", "spacy", "--language", "qqq"], 2, "qqq"),
        (["--tokenizer", "nosuch"], 2, "no tokenizer 'nosuch'"),
        (["--recipe", "nilc", "--no-punctuation"], 2, "marks cannot be left out"),
        (["--tokenizer", "whitespace", "--no-punctuation"], 2, "marks cannot be left out"),
        (["--tokenizer", "t.json", "--recipe", "nilc"], 2, "leave --recipe out"),
        (["--tokenizer", "t.json"], 1, "t.json: not a tokenizer"),
        (["--encoding", "utf-9"], 2, "no text encoding 'utf-9'"),
        (["--threads", "0"], 2, "--threads"),
        (["nosuch.txt"], 2, "nosuch.txt: no such file"),
        (["t.jso"], 2, "did you mean t.json"),
        (["-o", "."], 2, "a folder"),
        (["c.csv"], 1, "no field 'text'"),
    ],
)
def test_wrong_calls_and_bad_data(call, tmp_path, arguments, status, message):
    (tmp_path / "t.json").write_text("[]")
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")
    done = call("tokenize", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.csv", "t.json"]


@pytest.mark.parametrize("verb", ["tokenize", "vocab"])
def test_a_closed_pipe_is_quiet(command, tmp_path, verb):
    (tmp_path / "in.txt").write_text(LARGE + "\n".join(f"w{n}" for n in range(100_000)))
    pipe = subprocess.Popen(
        f"'{command}' {verb} in.txt --threads 2 | head -1", shell=True, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    out, err = pipe.communicate(timeout=120)
    assert out.count(b"\n") == 1
    if verb == "tokenize":
        assert err == b""
    assert b"Traceback" not in err
    assert gone(pipe.pid)


@pytest.mark.parametrize("verb", ["tokenize", "vocab"])
@pytest.mark.parametrize("text", ["a\n", LARGE], ids=["small", "large"])
def test_a_full_disk_is_said(command, tmp_path, verb, text):
    (tmp_path / "in.txt").write_text(text)
    pipe = subprocess.Popen(
        f"'{command}' {verb} in.txt --threads 2 > /dev/full", shell=True, cwd=tmp_path, text=True,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    _, err = pipe.communicate(timeout=120)
    assert pipe.returncode == 1
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert gone(pipe.pid)


@pytest.mark.parametrize("verb", ["tokenize", "vocab"])
def test_an_interrupt_leaves_nothing(command, tmp_path, verb, heed_interrupts):
    process = subprocess.Popen(
        [command, verb, "--threads", "2", "-o", "out.txt"],
        cwd=tmp_path, preexec_fn=heed_interrupts, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    process.stdin.write(LARGE.encode() * 2)  # that is through when nearly all of it was read
    process.stdin.flush()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")
    assert gone(process.pid)
    assert list(tmp_path.iterdir()) == []
