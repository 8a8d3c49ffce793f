import json
import subprocess

import pytest

import nlpseq


def test_three_lines_in_three_lines_out(call, model):
    done = call("predict", model, stdin="gostei muito\n\nhorrível\n")
    assert done.returncode == 0
    assert done.stderr == ""
    first, second, third = done.stdout.split("\n")[:-1]
    assert first.split("\t")[0] == "positive"
    assert second == "\t"
    assert third.split("\t")[0] == "negative"


def test_the_same_from_python(call, model):
    texts = ["gostei muito", "", "horrível"]
    done = call("predict", model, "--format", "jsonl", stdin="\n".join(texts))
    for line, answer in zip(
        done.stdout.splitlines(), nlpseq.load(model).predict(texts), strict=True
    ):
        shown = json.loads(line)
        assert shown["label"] == answer.label
        assert shown.get("reason") == answer.reason
        assert shown["probability"] == answer.probability


def test_no_line_in_no_line_out(call, model):
    assert call("predict", model).stdout == ""


def test_line_ends_and_strange_characters_keep_the_count(call, model):
    lines = ["bom\r", "a\u2028b", "a\u0085b", "a\x0bb", "\x00", "\ufeffbom", "👍", ""]
    done = call("predict", model, stdin="\n".join(lines) + "\n")
    assert done.stdout.count("\n") == len(lines)


def test_many_lines_with_empty_ones(call, model):
    texts = ["bom", "", "muito ruim"] * 2001
    done = call("predict", model, "--threads", "1", stdin="\n".join(texts) + "\n")
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(texts)
    assert {a for t, a in zip(texts, answers, strict=True) if not t} == {"\t"}


def test_bytes_that_are_not_utf8_are_placed(call, model):
    done = call("predict", model, stdin=b"bom\nhorr\xedvel\n")
    assert done.returncode == 1
    assert "standard input:2: byte 5 of the line" in done.stderr
    assert "iconv" in done.stderr


def test_a_closed_pipe_is_quiet(command, model, tmp_path):
    (tmp_path / "in").write_text("bom\n" * 100_000)
    pipe = f"'{command}' predict '{model}' < in | head -1"
    done = subprocess.run(pipe, shell=True, capture_output=True, cwd=tmp_path, timeout=60)
    assert done.stdout.startswith(b"positive")
    assert done.stderr == b""


def test_a_full_disk_is_said(command, model, tmp_path):
    pipe = f"printf 'bom\\n' | '{command}' predict '{model}' > /dev/full"
    done = subprocess.run(pipe, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_label_with_a_tab_stays_in_its_column(call, tmp_path):
    model = nlpseq.Classifier(nlpseq.Vocabulary(["a"]), ["x\ty", "x\nz"])
    model.save(tmp_path / "m")
    done = call("predict", tmp_path / "m", stdin="a\n")
    assert done.stdout.count("\t") == done.stdout.count("\n") == 1


TAGGED = "Ana\tPROPN\tB-PER\nmora\tVERB\tO\nem\tADP\tO\nRecife\tPROPN\tB-LOC\n"


def test_entities_of_a_line_with_their_places(call, tagger):
    done = call(
        "predict", tagger, stdin="Ana mora em Recife.\n\n \t\nRui mora em Rio de Janeiro.\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == [
        "0-3 PER Ana | 12-18 LOC Recife", "", "", "0-3 PER Rui | 12-26 LOC Rio de Janeiro", "",
    ]  # fmt: skip


def test_entities_of_a_line_as_json(within, tagger):
    lines = ["Ana mora em São Paulo.", " \t", "👍 Rui"]
    done = within("predict", tagger, "--format", "jsonl", stdin="\n".join(lines))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found[1] == {"entities": None, "reason": "the text is empty"}
    for line, answer in zip(lines, found, strict=True):
        for entity in answer["entities"] or ():
            assert line[entity["start"] : entity["end"]] == entity["text"]
            assert 0 < entity["confidence"] <= 1
    assert [e["text"] for e in found[0]["entities"]] == ["Ana", "São Paulo"]


def test_columns_in_and_columns_out(call, tagger):
    """Other columns, comments, documents and the separator are kept."""
    lines = [
        "-DOCSTART-\t-X-\tO\n\n# id = 1\n# Ana mora em Recife\n", TAGGED,
        "\n-DOCSTART-\t-X-\tO\n\n#\tSYM\tO\nRui\tPROPN\tO\n\n",
    ]  # fmt: skip
    done = call("predict", tagger, "--format", "conll", stdin="".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    document = "-DOCSTART-\t-X-\t-X-\tO\n\n"
    first = (
        "Ana\tPROPN\tB-PER\tB-PER\nmora\tVERB\tO\tO\nem\tADP\tO\tO\nRecife\tPROPN\tB-LOC\tB-LOC\n"
    )
    head = f"{document}# id = 1\n# Ana mora em Recife\n{first}\n{document}#\tSYM\tO\t"
    assert done.stdout.startswith(head)
    assert [line.count("\t") for line in done.stdout.removeprefix(head).split("\n")] == [0, 3, 0, 0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Ana x\nmora y\n\nRui z\n\n", "Ana x B-PER\nmora y O\n\nRui z B-PER\n\n"),
        ("Ana\nmora\n\nRui\n\n", "Ana B-PER\nmora O\n\nRui B-PER\n\n"),
        ("Ana\tx\nmora\ty", "Ana\tx\tB-PER\nmora\ty\tO\n\n"),
        ("\ufeffAna\tx\r\nmora\ty\r\n\r\n \r\nRui\tz\r\n",
         "Ana\tx\tB-PER\nmora\ty\tO\n\nRui\tz\tB-PER\n\n"),
    ],
    ids=["spaces", "bare words", "no line feed at the end", "of Windows"],
)  # fmt: skip
def test_columns_of_any_make(within, tagger, given, told):
    assert within("predict", tagger, "--format", "conll", stdin=given).stdout == told


def test_words_of_another_column(within, tagger):
    asked = ["predict", tagger, "--format", "conll", "--word-column"]
    given = "1 Ana\n2 mora\n3 em\n4 Recife\n"
    assert (
        within(*asked, 2, stdin=given).stdout == "1 Ana B-PER\n2 mora O\n3 em O\n4 Recife B-LOC\n\n"
    )
    wrong = within(*asked, 5, stdin=given)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("error: standard input:1: no column 5, there are 2\n")


@pytest.mark.parametrize(
    ("given", "place", "remedy"),
    [
        ("", "standard input: the file holds no sentence", "one token a line"),
        ("\n \n\n", "standard input: the file holds no sentence", "one token a line"),
        ("Ana\tx\nmora\n", "standard input:2: 1 column where", "separate the columns by one tab"),
        (b"Ana\nmora\n\xff\n", "standard input:3: byte 1 of the line", "iconv"),
    ],
    ids=["empty", "blank lines", "a column missing", "bad bytes"],
)
def test_columns_that_are_none(within, tagger, given, place, remedy):
    done = within("predict", tagger, "--format", "conll", stdin=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {place}")
    assert remedy in done.stderr


def test_what_comes_before_a_broken_sentence_is_answered(within, tagger):
    done = within("predict", tagger, "--format", "conll", stdin="Ana\tx\n\nmora\n")
    assert done.returncode == 1
    assert done.stdout == "Ana\tx\tB-PER\n\n"
    assert done.stderr.startswith("error: standard input:3: 1 column where")


def test_a_sentence_without_end(within, tagger):
    words = ["Ana", "mora", "em", "Recife", "."] * 10_000
    done = within(
        "predict", tagger, "--format", "conll", "--threads", 1, stdin="\n".join([*words, "", "Rui"])
    )
    assert done.returncode == 0
    *rows, blank, last, _, _ = done.stdout.split("\n")
    assert [row.split(" ")[0] for row in rows] == words
    assert (blank, last) == ("", "Rui B-PER")


def test_a_closed_pipe_of_columns_is_quiet(command, tagger, tmp_path):
    (tmp_path / "in").write_text("Ana\n\n" * 30_000)
    pipe = f"'{command}' predict '{tagger}' --format conll < in | head -1"
    done = subprocess.run(pipe, shell=True, capture_output=True, cwd=tmp_path, timeout=60)
    assert (done.stdout, done.stderr) == (b"Ana B-PER\n", b"")


@pytest.mark.parametrize("given", ["", "Ana <b>mora</b> em Recife.\n\n \nRui\n"])
def test_one_page_of_all_lines(within, tagger, given):
    done = within("predict", tagger, "--format", "html", stdin=given)
    assert done.returncode == 0
    assert done.stdout.startswith("<!DOCTYPE html>")
    assert done.stdout.count("<html") == done.stdout.count("</html>") == 1
    assert done.stdout.count("<p ") == given.count("\n")
    assert ("Ana" in done.stdout) == ("<mark" in done.stdout) == bool(given)
    assert "<b>mora" not in done.stdout


@pytest.mark.parametrize("form", ["conll", "html"])
def test_formats_of_taggers_are_for_taggers(within, model, form):
    done = within("predict", model, "--format", form, stdin="bom\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {model}: the format {form} is for taggers\n"


def test_a_column_is_for_columns(within, tagger):
    done = within("predict", tagger, "--word-column", 1, stdin="Ana\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--word-column is for the format conll" in done.stderr
