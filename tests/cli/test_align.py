import json
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nlpseq
from nlpseq.models.translate import vocabulary_of

TEXTS = ["o gato viu", "o rato", "gato"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A recurrent translator and a Transformer that learned nothing."""
    folder = tmp_path_factory.mktemp("models")
    tokenizer = nlpseq.Tokenizer()
    known = vocabulary_of(tokenizer, TEXTS), vocabulary_of(tokenizer, ["the cat saw a rat"])
    for name, options in (
        ("recurrent", {"architecture": "recurrent"}), ("transformer", {"heads": 2}),
    ):  # fmt: skip
        settings = nlpseq.TranslatorSettings(hidden=8, layers=2, max_length=6, **options)
        nlpseq.Translator(*known, settings, seed=3).save(folder / name)
    return folder


@pytest.fixture(params=["recurrent", "transformer"])
def translator(request, models):
    return models / request.param


def objects(done):
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_by_what_python_says(within, translator):
    given = [
        (TEXTS[0], None), ("", None), (TEXTS[1], "the rat"), ("", "the rat"), (TEXTS[1], ""),
        ("o " * 7, None), ("a\x00\u2028b 👍", None), (TEXTS[2], "a\tcat"),
    ]  # fmt: skip
    lines = [text if target is None else f"{text}\t{target}" for text, target in given]
    found = objects(within("align", translator, stdin="\n".join(lines) + "\n"))
    model = nlpseq.load(translator)
    assert found == [answer.record() for answer in model.explain(given)]
    assert [each.get("reason") for each in found] == [
        None, "the text is empty", None, "the text is empty", "the target is empty",
        "a side has more than max_length, 6 words", None, None,
    ]  # fmt: skip
    assert found[2]["target"] == ["the", "rat", "<eos>"]
    for each in found:
        if each["weights"]:
            assert np.shape(each["weights"]) == (len(each["target"]), len(each["source"]))
            np.testing.assert_allclose(np.sum(each["weights"], 1), 1, atol=1e-3)


def test_the_translation_is_that_of_predict(within, translator):
    given = "\n".join(TEXTS)
    told = within("predict", translator, stdin=given).stdout.splitlines()
    found = objects(within("align", translator, stdin=given))
    assert [" ".join(each["target"][:-1]) for each in found] == told


def test_no_line_in_no_line_out(within, translator):
    assert objects(within("align", translator)) == []


def test_layers_and_heads_differ(within, models):
    asked = ["align", models / "transformer"]
    every = {
        (layer, head): objects(
            within(*asked, "--layer", layer, "--head", head, stdin="o gato\tthe cat\n")
        )[0]["weights"]
        for layer in (1, 2)
        for head in (1, 2)
    }
    assert len({str(each) for each in every.values()}) == 4
    [default] = objects(within(*asked, stdin="o gato\tthe cat\n"))
    mean = np.mean([every[2, 1], every[2, 2]], 0)
    np.testing.assert_allclose(default["weights"], mean, atol=2e-4)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("recurrent", ["--layer", 1], "error: layer: a recurrent translator has one attention"),
        ("transformer", ["--layer", 3], "error: layer: there is no layer 3\n  they are counted"),
        ("transformer", ["--head", 3], "error: head: there is no head 3"),
        ("transformer", ["--head", 0], "0 is not in the range x>=1"),
        ("transformer", ["-o", "map.gif"], "error: map.gif: an alignment is written as PNG, SVG"),
        ("transformer", ["-o", "map"], "or in / for a folder"),
    ],
    ids=["recurrent", "layer", "head", "head 0", "gif", "no ending"],
)
def test_what_is_not_there_is_a_wrong_call(within, models, name, options, said):
    done = within("align", models / name, *options, stdin="o gato\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_other_tasks_align_nothing(within, model, tagger):
    for other, task in ((model, "classify"), (tagger, "tag")):
        done = within("align", other, stdin="bom\n")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{other}: a model for the task {task!r}, which aligns nothing" in done.stderr


@pytest.mark.parametrize("suffix", ["png", "svg", "json"])
def test_one_line_one_file(within, translator, tmp_path, suffix):
    path = tmp_path / "new" / f"map.{suffix}"
    done = within("align", translator, "-o", path, stdin="o gato viu\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{path}: 1 written\n"
    content = path.read_bytes()
    if suffix == "png":
        assert content.startswith(b"\x89PNG")
    elif suffix == "svg":
        ET.fromstring(content)
    else:
        [expected] = objects(within("align", translator, stdin="o gato viu\n"))
        assert json.loads(content) == expected
    again = within("align", translator, "-o", path, stdin="o rato\n")
    assert again.returncode == 2
    assert "--force replaces it" in again.stderr
    assert path.read_bytes() == content
    assert within("align", translator, "-o", path, "--force", stdin="o rato\n").returncode == 0
    assert path.read_bytes() != content


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ("o gato\no rato\n", 2, "several texts, and one file\n  -o FOLDER/"),
        ("", 1, "standard input: there is no text to draw"),
        ("\n", 1, "standard input:1: there is nothing to draw: the text is empty"),
        (b"\xff\n", 1, "standard input:1: byte 1 of the line"),
    ],
    ids=["several", "none", "empty", "bad bytes"],
)
def test_what_is_no_single_picture(within, models, tmp_path, given, code, said):
    done = within("align", models / "recurrent", "-o", "map.png", stdin=given)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_has_a_picture_of_each_line(within, models, tmp_path):
    asked = ["align", models / "recurrent", "-o"]
    given = "o gato\n\no rato 日本\tthe cat\n"
    done = within(*asked, "maps/", stdin=given)
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == ["00001.png", "00003.png"]
    assert "standard input:2: there is nothing to draw: the text is empty\n" in done.stderr
    assert done.stderr.endswith(": 2 written\n")
    done = within(*asked, "maps", stdin=given)  # a folder by now
    assert done.returncode == 2
    assert "00001.png: is there already" in done.stderr
    done = within(*asked, "maps/[a]-{}.json", stdin=given)
    assert done.returncode == 0
    shown = [json.loads(p.read_text()) for p in sorted((tmp_path / "maps").glob("*.json"))]
    assert shown == objects(within("align", models / "recurrent", stdin=given))
    assert within(*asked, "maps/[a]-{}.json", stdin=given).returncode == 2
    assert within(*asked, "maps/b-{}.json", stdin=given).returncode == 0


def test_letters_that_the_font_lacks_are_said(within, tmp_path):
    tokenizer = nlpseq.Tokenizer()
    known = vocabulary_of(tokenizer, ["日本 gato"]), vocabulary_of(tokenizer, ["cat"])
    settings = nlpseq.TranslatorSettings(architecture="recurrent", hidden=4, max_length=5)
    nlpseq.Translator(*known, settings).save(tmp_path / "m")
    done = within("align", "m", "-o", "map.svg", stdin="日本 gato\tcat\n")
    assert done.returncode == 0
    assert "map.svg: words with letters that the font lacks: 1" in done.stderr


def test_a_closed_pipe_is_quiet(command, models, tmp_path):
    (tmp_path / "in").write_text("gato\tcat\n" * 3000)
    pipe = f"'{command}' align '{models / 'recurrent'}' < in | head -1"
    done = subprocess.run(pipe, shell=True, capture_output=True, cwd=tmp_path, timeout=60)
    assert done.stdout.startswith(b'{"source": ["gato"')
    assert done.stderr == b""
