import json
import subprocess

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
