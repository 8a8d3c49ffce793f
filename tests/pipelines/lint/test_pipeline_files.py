import pytest

from nlpseq.errors import CallError

ROWS = "".join(f"texto {i};{'ab'[i % 2]}\n" for i in range(10)).replace(";", "\t")
HEAD = "name: x\nstages:\n"


def test_the_corpora_are_read_with_their_stages_options(found):
    pipeline = f"{HEAD}  - corpus: {{train: a.tsv, dev: b.tsv, text: t, label: l}}\n"
    told = found({"p.yaml": pipeline, "a.tsv": f"t\tl\n{ROWS}", "b.tsv": f"t\tl\n{ROWS}"})
    records = [f.where for f in told if f.kind == "records"]
    assert [name.rpartition("/")[2] for name in records] == ["b.tsv", "a.tsv"]
    assert sum(f.kind == "split" for f in told if f.value is None) == 10


@pytest.mark.parametrize(
    ("stage", "where", "message"),
    [
        ("corpus: {trai: a.tsv, hold_out: 2}", "p.yaml:3", "this key is missing"),
        ("corpus: {train: gone.tsv, hold_out: 2}", "gone.tsv", "no such file"),
        ("vectors: {open: gone.txt}", "gone.txt", "no such file"),
    ],
)
def test_what_is_wrong_with_the_file_itself(found, stage, where, message):
    told = [f for f in found({"p.yaml": f"{HEAD}  - {stage}\n"}) if f.level == "problem"]
    assert [f.kind for f in told] == ["pipeline"]
    assert told[0].where.endswith(where)
    assert message in told[0].message


def test_options_of_reading_have_no_effect_and_are_refused(found):
    with pytest.raises(CallError, match="pipeline file"):
        found({"p.yaml": HEAD}, label="x")


def test_vectors_are_those_of_the_stage(found):
    pipeline = f"{HEAD}  - corpus: {{train: a.tsv, hold_out: 2}}\n  - vectors: {{open: v.txt}}\n"
    rows = f"text\tlabel\n{ROWS}"
    told = found({"p.yaml": pipeline, "a.tsv": rows, "v.txt": "1 2\ntexto 1 0\n"})
    [note] = [f for f in told if f.kind == "coverage"]
    assert note.value == {"tokens": 0.5, "words": 1 / 11}
