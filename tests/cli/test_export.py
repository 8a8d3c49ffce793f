import shutil
import subprocess
import sys

import pytest

TEXTS = "gostei muito\n\nhorrível\n"


@pytest.fixture(scope="module")
def exported(command, model, tmp_path_factory):
    """A folder with the model as int8, and what was printed."""
    path = tmp_path_factory.mktemp("exported")
    (path / "reviews.csv").write_text("review,stars\ngostei,positive\nruim,positive\n")
    options = "--to int8 --data reviews.csv --text review --label stars -o small --threads 1"
    done = subprocess.run(
        [command, "export", model, *options.split()], cwd=path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "written to small\n"
    return path / "small", done.stdout


def test_it_is_said_what_changed(exported):
    rows = [line.split() for line in exported[1].splitlines()]
    assert rows[0] == ["before", "after"]
    assert [row[0] for row in rows[1:]] == ["weights", "documents/s", "accuracy", "probabilities"]
    assert rows[3] == ["accuracy", "0.5000", "0.5000", "of", "2", "documents"]


def test_it_answers_a_line_with_a_line_without_torch(exported):
    code = """if True:
        import sys
        from nlpseq.cli import main
        main(["predict", sys.argv[1]], standalone_mode=False)
        assert not {"torch", "scipy", "sklearn"} & sys.modules.keys()
    """
    done = subprocess.run(
        [sys.executable, "-c", code, exported[0]], input=TEXTS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, second, third = done.stdout.split("\n")[:-1]
    assert (first.split("\t")[0], second, third.split("\t")[0]) == ("positive", "\t", "negative")


def test_as_onnx_beside_the_model_it_answers_the_same(call, model, tmp_path):
    shutil.copytree(model, tmp_path / "m")
    done = call("export", "m", "--to", "onnx", "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"m", "m-onnx"}
    assert call("predict", "m-onnx", stdin=TEXTS).stdout == call("predict", "m", stdin=TEXTS).stdout


def test_info_says_what_it_is(call, exported):
    shown = call("info", exported[0]).stdout
    assert "model, exported" in shown
    assert "int8" in shown
    assert "accuracy    0.5" in shown


def test_misuse_is_named(call, model, exported, tmp_path):
    small = exported[0]
    (tmp_path / "unlabelled.csv").write_text("text\ngostei\n")
    for arguments, message in (
        (["export", model], "--to"),
        (["export", "nothing", "--to", "int8"], "no such folder"),
        (["export", small, "--to", "int8"], "exported already"),
        (["export", model, "--to", "int8", "-o", small], "--force"),
        (["export", model, "--to", "int8", "-o", model, "--force"], "would be gone"),
        (["export", model, "--to", "int8", "--data", "nothing.csv"], "no such file"),
        (["export", model, "--to", "int8", "--data", "unlabelled.csv"], "no field 'label'"),
        (["predict", small, "--device", "cuda"], "cpu"),
    ):
        done = call(*arguments)
        assert done.returncode in (1, 2)
        assert message in done.stderr


def test_a_damaged_graph_is_named(call, exported, tmp_path):
    shutil.copytree(exported[0], tmp_path / "small")
    graph = tmp_path / "small" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    done = call("predict", "small", stdin="bom\n")
    assert done.returncode == 1
    assert "small/model.onnx: the file is not as it was saved" in done.stderr
