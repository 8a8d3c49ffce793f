import gzip
import json

import pytest

CLEAN = "".join(f'{{"text": "texto {i}", "label": "{"ab"[i % 2]}"}}\n' for i in range(10))


def test_nothing_wrong(call, tmp_path):
    (tmp_path / "a.jsonl").write_text(CLEAN)
    done = call("check", "a.jsonl")
    assert done.returncode == 0
    assert "a.jsonl: note: format jsonl, 10 records" in done.stdout
    assert done.stderr == "0 problems, 5 notes\n"


def test_problems_exit_with_1_in_the_form_of_compilers(call, tmp_path):
    (tmp_path / "a.txt").write_text("um\x1b[2J\ndois\ndois\n")
    done = call("check", "a.txt")
    assert done.returncode == 1
    assert "a.txt:3: problem: the same text as a.txt:2\n" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == "2 problems (1 characters, 1 duplicate), 3 notes\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.txt"], "no such file"),
        (["a.txt", "--encoding", "utf-99"], "encoding"),
        (["a.txt", "--dev", "gone.txt"], "no such file"),
        (["a.txt", "--recipe", "lower"], "--recipe"),
        (["a.xyz"], "format"),
        ([], "PATH"),
    ],
)
def test_a_wrong_call_exits_with_2(call, tmp_path, arguments, message):
    for name in ("a.txt", "a.xyz"):
        (tmp_path / name).write_text("um\n")
    done = call("check", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_json_is_an_object_a_line(call, tmp_path):
    (tmp_path / "a.txt").write_text("um\n\n")
    lines = call("check", "a.txt", "--json").stdout.splitlines()
    first, *_ = map(json.loads, lines)
    assert first == {
        "file": "a.txt", "line": 2, "level": "problem", "kind": "empty", "message": "an empty text",
    }  # fmt: skip


def test_a_label_does_not_steer_the_terminal(call, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": "\\u001b[2J\\nx"}\n')
    assert "\x1b" not in call("check", "a.jsonl").stdout


def test_coverage_and_the_words_that_lack_a_vector(call, tmp_path):
    (tmp_path / "v.txt").write_text("2 2\num 1 0\ndois 0 1\n")
    (tmp_path / "a.txt").write_text("Um dois três três\n")
    out = call("check", "a.txt", "--vectors", "v.txt").stdout
    assert "25.0% of tokens" in out
    assert "most frequent without one: 'três' 2, 'Um' 1" in out
    assert (
        "50.0% of tokens"
        in call("check", "a.txt", "--vectors", "v.txt", "--recipe", "lower").stdout
    )


@pytest.mark.data
def test_encoded_twice(call, data, tmp_path):
    path = data / "conll2002-es/testa.conll.gz"
    assert "encoded twice" not in call("check", path).stdout
    text = gzip.decompress(path.read_bytes()).decode()
    twice = text.encode().decode("latin-1").encode()
    (tmp_path / "twice.conll").write_bytes(twice)
    done = call("check", "twice.conll")
    assert done.returncode == 1
    assert "twice.conll:18: problem: encoded twice" in done.stdout
    assert "5,191 × encoded twice" in done.stdout
    assert "--repair" in done.stdout
