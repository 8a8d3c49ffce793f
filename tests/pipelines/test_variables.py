from pathlib import Path

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.configuration import override, read
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.variables import filled

HEAD = "name: a\nvariables: {data: texts, n: 7, off: false, none: null}\n"


def values(tmp_path, text, *overrides):
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + text)
    return filled(override(read(file), overrides)).values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"${data}/train.csv"', "texts/train.csv"),
        ('"${n}"', 7),
        ('"${off}"', False),
        ('"${none}"', None),
        ('"n=${n} ${off}${none}"', "n=7 false"),
        ('"$${n} and ${n}"', "${n} and 7"),
        ('"$n {n} $ {n}"', "$n {n} $ {n}"),
        ("3", 3),
        ('["${n}", "a${n}"]', [7, "a7"]),
    ],
    ids=["path", "int", "bool", "null", "inside", "escaped", "none", "number", "list"],
)
def test_they_stand_for_their_values(tmp_path, written, value):
    assert values(tmp_path, f"report: {written}\n") == {"name": "a", "report": value}


def test_the_shell_sets_them(tmp_path):
    found = values(tmp_path, 'report: "${data}-${m}"\n', "variables.data=b", "variables.m=2")
    assert found["report"] == "b-2"


def test_what_a_variable_says_is_not_filled_again(tmp_path):
    assert values(tmp_path, 'report: "${data}"\n', "variables.data=${n}")["report"] == "${n}"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('name: a\nreport: "${data}"\n', ":2", "no variable 'data'"),
        ('name: a\nvariables: {data: x}\nreport: "${dato}"\n', ":3", "did you mean 'data'"),
        ("name: a\nvariables: [1]\n", ":2", "names with values"),
        ("name: a\nvariables: {a b: 1}\n", ":2", "no name of a variable"),
        ("name: a\nvariables:\n  a: [1]\n", ":3", "no single value"),
    ],
    ids=["none", "misspelt", "a list", "a name", "a list in one"],
)
def test_errors_have_their_place(tmp_path, text, place, message):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(CallError, match=message) as error:
        filled(read(file))
    assert error.value.where == f"{file}{place}"


def test_paths_start_from_the_file_and_from_the_shell_where_it_set_them(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    file = folder / "a.yaml"
    file.write_text(
        HEAD + "stages:\n  - corpus: {train: '${data}/a.csv', hold_out: '${n}'}\n"
        "  - vocabulary: {}\n"
    )
    pipeline = Pipeline.load(file)
    assert pipeline.stages[0].train == str(folder / "texts" / "a.csv")
    assert pipeline.stages[0].hold_out == 7
    pipeline = Pipeline.load(file, ["variables.data=here"])
    assert pipeline.stages[0].train == str(Path("here", "a.csv"))


def test_an_option_of_a_wrong_type_names_what_set_it(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + "stages:\n  - corpus: {train: a.csv, hold_out: '${n}'}\n")
    with pytest.raises(CallError) as error:
        Pipeline.load(file, ["variables.n=-1"])
    assert "-s variables.n=-1" in error.value.where
