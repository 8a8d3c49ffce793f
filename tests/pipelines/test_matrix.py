import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.configuration import override, read
from nlpseq.pipelines.matrix import expand

BASE = """\
name: x
stages:
  - corpus: {train: t.csv, hold_out: 4}
  - classifier:
      hidden: 8
      training: {epochs: 2, clip_norm: 1.0}
  - evaluate:
  - evaluate: {as: again}
matrix:
"""


def load(tmp_path, matrix, *assignments):
    (tmp_path / "p.yaml").write_text(BASE + matrix, encoding="utf-8")
    return override(read(tmp_path / "p.yaml"), assignments)


def options(variation, stage):
    return next(iter(variation.configuration.values["stages"][stage].values()))


def test_an_option_takes_each_value(tmp_path):
    small, large = expand(load(tmp_path, "  classifier.hidden: [2, 16]\n"))
    assert (small.name, large.name) == ("hidden=2", "hidden=16")
    assert options(small, 1) == {"hidden": 2, "training": {"epochs": 2, "clip_norm": 1.0}}
    assert options(large, 1)["hidden"] == 16
    assert large.choices == {"classifier.hidden": 16}


def test_variants_set_their_options_over_the_stage_s_own(tmp_path):
    matrix = "  classifier:\n    a: {hidden: 3, training: {epochs: 9}}\n    b: {}\n    c:\n"
    a, b, c = expand(load(tmp_path, matrix))
    assert options(a, 1) == {"hidden": 3, "training": {"epochs": 9, "clip_norm": 1.0}}
    assert options(b, 1) == options(c, 1) == {
        "hidden": 8, "training": {"epochs": 2, "clip_norm": 1.0},
    }  # fmt: skip
    assert a.choices == {"classifier": "a"}


def test_axes_multiply_and_the_last_changes_fastest(tmp_path):
    matrix = "  classifier: {a: {hidden: 3}, b: {}}\n  corpus.hold_out: [1, 2, 3]\n"
    found = expand(load(tmp_path, matrix))
    assert [v.name for v in found] == [
        "a hold_out=1", "a hold_out=2", "a hold_out=3",
        "b hold_out=1", "b hold_out=2", "b hold_out=3",
    ]  # fmt: skip
    assert found[2].folder == "a+hold_out=3"
    assert found[2].choices == {"classifier": "a", "corpus.hold_out": 3}
    assert (options(found[5], 1)["hidden"], options(found[5], 0)["hold_out"]) == (8, 3)


def test_values_are_any_scalars_and_lists(tmp_path):
    matrix = "  classifier.x: [null, true, 1e-5, 0.50, word, [3, 4], '7']\n"
    found = expand(load(tmp_path, matrix))
    assert [v.name for v in found] == [
        "x=null", "x=true", "x=1e-05", "x=0.5", "x=word", "x=3,4", "x=7",
    ]  # fmt: skip
    values = [options(v, 1)["x"] for v in found]
    assert values == [None, True, 1e-5, 0.5, "word", [3, 4], "7"]


def test_a_null_inside_a_variant_is_a_value(tmp_path):
    [a] = expand(load(tmp_path, "  classifier: {a: {training: {clip_norm: null}}}\n"))
    assert options(a, 1)["training"] == {"epochs": 2, "clip_norm": None}


def test_options_that_lie_deep_and_stages_without_options(tmp_path):
    matrix = "  classifier.training.epochs: [1, 5]\n  evaluate.split: [dev, train]\n"
    last = expand(load(tmp_path, matrix))[-1]
    assert last.name == "epochs=5 split=train"
    assert options(last, 1)["training"]["epochs"] == 5
    assert options(last, 2) == {"split": "train"}


def test_a_stage_is_meant_by_its_name(tmp_path):
    [only] = expand(load(tmp_path, "  again.split: [train]\n"))
    assert options(only, 3) == {"as": "again", "split": "train"}
    assert options(only, 2) is None


def test_axes_of_one_last_name_are_told_apart(tmp_path):
    matrix = "  evaluate.split: [dev]\n  again.split: [dev]\n"
    assert [v.name for v in expand(load(tmp_path, matrix))] == [
        "evaluate.split=dev again.split=dev"
    ]


def test_no_matrix_is_no_combination(tmp_path):
    assert expand(load(tmp_path, "")) == []
    assert expand(load(tmp_path, "  classifier.hidden: [2]\n", "matrix=null")) == []


def test_the_shell_sets_the_base_or_the_whole_matrix(tmp_path):
    found = expand(load(tmp_path, "  corpus.hold_out: [1, 2]\n", "classifier.hidden=5"))
    assert [options(v, 1)["hidden"] for v in found] == [5, 5]
    [only] = expand(
        load(tmp_path, "  corpus.hold_out: [1, 2]\n", "matrix={classifier.hidden: [7]}")
    )
    assert options(only, 1)["hidden"] == 7
    assert only.configuration.from_shell(("stages", 1, "classifier", "hidden"))


def test_each_option_knows_the_line_that_set_it(tmp_path):
    matrix = "  corpus.train:\n    - a\n    - b\n  classifier:\n    c:\n      hidden: 3\n"
    _, found = expand(load(tmp_path, matrix))
    place = found.configuration.where
    assert place(("stages", 0, "corpus", "train")) == f"{tmp_path}/p.yaml:12"
    assert place(("stages", 1, "classifier", "hidden")) == f"{tmp_path}/p.yaml:15"
    assert place(("stages", 0, "corpus", "hold_out")) == f"{tmp_path}/p.yaml:3"


@pytest.mark.parametrize(
    ("matrix", "line", "message"),
    [
        ("  - 1\n", 9, "matrix is a mapping"),
        ("  {}\n", 9, "matrix is a mapping"),
        ("  classifer.hidden: [1]\n", 10, "no stage 'classifer'"),
        ("  seeds: [1, 2]\n", 10, "no stage 'seeds'"),
        ("  classifier.hidden: 3\n", 10, "an axis like classifier.hidden: \\[value"),
        ("  classifier.hidden: []\n", 10, "an axis like"),
        ("  classifier.hidden: {a: 1}\n", 10, "an axis like"),
        ("  classifier: [1, 2]\n", 10, "an axis like classifier: {name"),
        ("  classifier: {}\n", 10, "an axis like"),
        ("  classifier:\n    a: 3\n", 11, "a variant is a mapping"),
        ("  classifier:\n    a: {hidden: {deep: 3}}\n", 11, "'hidden' holds no options"),
        ("  classifier.hidden:\n    - 1\n    - 1\n", 12, "'hidden=1' is a name that is used"),
        ("  classifier:\n    LSTM: {}\n    lstm: {}\n", 12, "'lstm' is a name that is used"),
        ("  classifier:\n    '..': {}\n", 11, "'..' makes no name of a folder"),
        (f"  classifier:\n    {'x' * 51}: {{}}\n", 11, "makes no name of a folder"),
        ("  classifier:\n    a: {hidden: 1}\n  classifier.hidden:\n    - 3\n", 13,
         "hidden is set by two axes"),
        ("  classifier:\n    a: {training: {epochs: 1}}\n  classifier.training:\n    - {}\n", 13,
         "training is set by two axes"),
        ("".join(f"  classifier.x{i}: [1, 2]\n" for i in range(10)), 9, "1,024 combinations"),
    ],
)  # fmt: skip
def test_what_is_no_matrix_is_named(tmp_path, matrix, line, message):
    with pytest.raises(CallError, match=message) as error:
        expand(load(tmp_path, matrix))
    assert error.value.where == f"{tmp_path}/p.yaml:{line}"


def test_names_make_folders_that_stay_where_they_are(tmp_path):
    matrix = "  corpus.train: [../../etc/x, 'a b|c', 'C:\\y', ação]\n"
    folders = [v.folder for v in expand(load(tmp_path, matrix))]
    assert folders == ["train=..-..-etc-x", "train=a-b-c", "train=c-y", "train=ação"]
