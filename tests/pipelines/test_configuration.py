import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.configuration import override, read


def load(tmp_path, text, *assignments):
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    return override(read(path), assignments)


def test_scalars_mean_what_people_expect(tmp_path):
    text = "a: on\nb: no\nc: 1e-3\nd: 012\ne: null\nf: true\ng: '5'\nh: [1, 2.5]\ni:\n"
    assert load(tmp_path, text).values == {
        "a": "on", "b": "no", "c": 1e-3, "d": 12, "e": None, "f": True, "g": "5", "h": [1, 2.5],
        "i": None,
    }  # fmt: skip


def test_every_key_knows_its_line(tmp_path):
    configuration = load(tmp_path, "name: x\nstages:\n  - corpus:\n      train: t\n      dev: d\n")
    assert configuration.where(("stages", 0, "corpus", "dev")) == f"{tmp_path}/p.yaml:5"
    assert configuration.where(("stages", 0, "corpus", "nothing")) == f"{tmp_path}/p.yaml:3"


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("corpus.train=x.csv", ("train",), "x.csv"),
        ("corpus.hold_out=5", ("hold_out",), 5),
        ("corpus.rate=1e-4", ("rate",), 1e-4),
        ("corpus.dev=", ("dev",), None),
        ("corpus.text=[a, b]", ("text",), ["a", "b"]),
        ("corpus.label==", ("label",), "="),
        ("corpus.deep.er=1", ("deep", "er"), 1),
        ("corpus.training.epochs=2", ("training", "epochs"), 2),
    ],
)
def test_overrides_are_typed_like_the_file(tmp_path, assignment, key, value):
    text = "stages:\n  - corpus: {train: a, training: {epochs: 1, size: 3}}\n"
    configuration = load(tmp_path, text, assignment)
    options = configuration.values["stages"][0]["corpus"]
    for part in key:
        options = options[part]
    assert options == value
    assert configuration.from_shell(("stages", 0, "corpus", *key))
    assert not configuration.from_shell(("stages", 0, "corpus", "training", "size"))


def test_overrides_reach_a_named_stage_and_the_head(tmp_path):
    text = "seeds: [1]\nstages:\n  - evaluate:\n  - evaluate: {as: again}\n"
    values = load(tmp_path, text, "again.split=train", "seeds=[4, 5]").values
    assert values["stages"][1]["evaluate"]["split"] == "train"
    assert values["seeds"] == [4, 5]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2\n", ":2", "'a' stands twice"),
        ("a: [1\nb: 2\n", ":2", "not YAML"),
        ("a: &x 1\nb: *x\n", ":1", "aliases"),
        ("a: 1\nb: !!python/object:os.system x\n", ":2", "tag"),
        ("a: 1\nb: !!int x\n", ":2", "no int"),
        ("- 1\n", "", "mapping"),
        ("a\n", "", "mapping"),
        ("a: 1\n\tb: 2\n", ":2", "not YAML"),
        ("[" * 3000, "", "not YAML"),
        ("a: 1\n---\nb: 2\n", ":2", "not YAML"),
        ("x" * (1 << 20) + "y", "", "too large"),
    ],
)
def test_what_has_no_place_in_a_file(tmp_path, text, line, message):
    with pytest.raises(CallError, match=message) as error:
        load(tmp_path, text)
    assert error.value.where == f"{tmp_path}/p.yaml{line}"


@pytest.mark.parametrize("assignment", ["a.x=1", "b.text.x=1", "b.text.0.x=1", "c.x=1"])
def test_lists_and_scalars_hold_no_options(tmp_path, assignment):
    text = "stages:\n  - a: [1]\n  - b: {text: [p, q]}\n  - c: word\n"
    with pytest.raises(CallError, match="holds no options"):
        load(tmp_path, text, assignment)


def test_an_override_nested_too_deep_is_named(tmp_path):
    with pytest.raises(CallError, match="not a YAML value"):
        load(tmp_path, "a: 1\n", "a=" + "[" * 3000)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("corpus", "STAGE.KEY=VALUE"),
        ("=1", "STAGE.KEY=VALUE"),
        ("corpsu.train=x", "no stage 'corpsu'"),
        ("corpus.train=[", "not a YAML value"),
        ("corpus.train.x=1", "holds no options"),
    ],
)
def test_bad_overrides_are_named(tmp_path, assignment, message):
    with pytest.raises(CallError, match=message) as error:
        load(tmp_path, "stages:\n  - corpus: {train: a}\n", assignment)
    assert error.value.where == f"-s {assignment}"


def test_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / "p.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(Exception, match="UTF-8"):
        read(tmp_path / "p.yaml")
