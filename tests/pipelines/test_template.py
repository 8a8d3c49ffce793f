"""The files that ``nlpseq init`` writes."""

import re
from pathlib import Path

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines import configuration, schema
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import VectorsStage
from nlpseq.pipelines.template import TASKS, make


@pytest.fixture(params=list(TASKS))
def text(request, tmp_path, monkeypatch):
    """A file, as text; the current folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    return make(request.param)


def load(text, *overrides):
    Path("my.yaml").write_text(text, encoding="utf-8")
    return Pipeline.load("my.yaml", overrides)


def bare(text):
    return re.sub(r"(^|(?<=\s))#.*", "", text)


def opened(text):
    """With what stands behind a # without a blank."""
    return re.sub(r"^( *)#(?! \S)", r"\1", text, flags=re.MULTILINE)


def values(pipeline):
    return [
        (stage.kind, stage.model_dump(exclude=set(stage.training().about()) | {"train"}))
        if isinstance(stage, VectorsStage)
        else (stage.kind, stage.model_dump())
        for stage in pipeline.stages
    ]


def trainings(pipeline):
    return [stage.training() for stage in pipeline.stages if isinstance(stage, VectorsStage)]


def test_what_stands_there_is_a_pipeline(text):
    loaded = load(text)
    assert values(load(bare(text))) == values(loaded)
    assert loaded.name in TASKS
    assert not loaded.matrix


def test_its_paths_are_those_of_samples_whoever_reads_them(text):
    paths = [path for stage in load(text).stages for path in stage.inputs().values()]
    assert paths
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in paths)


def test_every_commented_option_is_valid_and_says_the_default(text):
    plain, full = load(text), load(opened(text), "matrix=null")
    assert values(full) == values(plain)
    assert trainings(full) == trainings(plain)
    for stage, other in zip(full.stages, plain.stages, strict=True):
        assert len(stage.model_fields_set) > len(other.model_fields_set)


def test_its_example_of_a_matrix_is_valid(text):
    assert len(load(opened(text)).matrix) > 1


def test_every_option_is_named(text):
    known = schema.make()
    for kind, part in parts(text):
        named = re.findall(r"^ +(?:#|# )?(\w+):", part, re.MULTILINE)
        for option, found in schema.options(known, kind).items():
            inner = schema.nested(known, found) or {}
            assert {option, *inner} <= set(named), kind


def parts(text):
    """Each kind of stage with its lines."""
    _, *rest = re.split(r"^  - (\w+):\n", text, flags=re.MULTILINE)
    return list(zip(rest[::2], rest[1::2], strict=True))


def test_what_waits_has_no_effect_as_it_stands(text):
    waiting = list(re.finditer(r"^( +)# (?=[a-z_]+: \S+ +# )", text, re.MULTILINE))
    assert waiting or load(text).name not in ("classify", "vectors")
    for line in waiting:
        with pytest.raises(CallError):
            load(text[: line.end(1)] + text[line.end() :])


def test_lines_are_short_but_for_paths(text):
    long = [line for line in text.splitlines() if len(line) > 100]
    assert all("/" in line and line.split()[-1].count("/") > 1 for line in long)


def test_remarks_are_those_of_the_settings(text):
    known = schema.make()
    told = " ".join(re.sub(r"\s*\n *# ", " ", text).split())
    kind = load(text).stages[0].kind
    for option in schema.options(known, kind).values():
        description = option.get("description", "").partition("; default")[0]
        assert description in told


def test_a_range_is_told():
    text = make("classify")
    assert re.search(r"#layers: 1 +# stacked one on the other; 1 to 16\n", text)
    assert re.search(r"hidden: 32 +# features .*\n.*4096; default 64\n", text)
    assert re.search(r"# heads: 4 .*\n? *#? ?.*no effect with the encoder", text)


@pytest.mark.parametrize(
    ("task", "quick"),
    [
        ("classify", ["vectors.epochs=1", "classifier.training.epochs=1"]),
        ("tag", ["vectors.epochs=1", "tagger.training.epochs=1"]),
        ("translate", ["translator.training.epochs=1", "translator.hidden=8"]),
        ("vectors", ["vectors.epochs=1"]),
    ],
)
def test_it_runs(task, quick, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    load(make(task), *quick).run(threads=1)
    assert Path("vectors/sample.safetensors" if task == "vectors" else f"models/{task}").exists()


def test_an_editor_finds_the_schema():
    first = make("tag").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={schema.file().as_uri()}"
    assert schema.file().is_file()


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(CallError, match="did you mean 'classify'"):
        make("clasify")


def test_a_path_with_blanks_and_quotes_is_quoted(tmp_path, monkeypatch):
    from nlpseq.pipelines import shipped

    folder = tmp_path / "my # 'folder': a"
    folder.mkdir()
    body = "name: x\nstages:\n  - corpus: {train: a.csv, dev: b.csv}\n"
    (folder / "quickstart.yaml").write_text(body + "seeds: [1]\n")
    monkeypatch.setattr(shipped, "find", lambda name: folder / f"{name}.yaml")
    (tmp_path / "my.yaml").write_text(make("classify"), encoding="utf-8")
    read = configuration.read(tmp_path / "my.yaml").values["stages"]
    assert read[0]["corpus"]["train"] == (folder / "a.csv").as_posix()
