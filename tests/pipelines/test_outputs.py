import os

import pytest

from nlpseq.pipelines.outputs import Mark, Outputs, sweep_beside


@pytest.fixture
def written(tmp_path):
    """A folder and a file that a run has written."""
    outputs = Outputs(tmp_path / "run")
    with outputs.writing(tmp_path / "out/model", tmp_path / "run/work") as made:
        made.mkdir()
        (made / "weights").write_text("1")
    with outputs.writing(tmp_path / "out/v.txt", tmp_path / "run/work") as made:
        made.write_text("vectors")
    return tmp_path / "out"


def test_what_a_run_wrote_is_its_own_until_somebody_changes_it(tmp_path, written):
    for path in (written / "model", written / "v.txt"):
        assert Outputs(tmp_path / "run").ours(path)
        assert not Outputs(tmp_path / "another").ours(path)
    (written / "model/notes").write_text("mine")
    (written / "v.txt").write_text("changed")
    for path in (written / "model", written / "v.txt", written / "nothing"):
        assert not Outputs(tmp_path / "run").ours(path)


def test_both_can_be_moved_together(tmp_path, written):
    (tmp_path / "new").mkdir()
    for name in ("out", "run"):
        (tmp_path / name).rename(tmp_path / "new" / name)
    assert Outputs(tmp_path / "new/run").ours(tmp_path / "new/out/model")


def test_what_was_not_put_in_place_leaves_what_is_there(tmp_path, written):
    outputs = Outputs(tmp_path / "run")
    with (
        pytest.raises(KeyboardInterrupt),
        outputs.writing(written / "v.txt", tmp_path / "run/work") as made,
    ):
        made.write_text("half")
        raise KeyboardInterrupt
    assert (written / "v.txt").read_text() == "vectors"
    assert outputs.ours(written / "v.txt")


def test_a_mark_is_of_content(tmp_path, written):
    mark = Mark.of(written / "model")
    os.utime(written / "model/weights", (1, 1))
    assert mark.holds(written / "model")
    (written / "model/weights").write_text("2")
    assert not mark.holds(written / "model")
    (written / "model/weights").write_text("1")
    (written / "model/weights").rename(written / "model/other")
    assert not mark.holds(written / "model")
    assert mark.size == 1


def test_files_beside_the_one_that_is_named_come_along(tmp_path):
    outputs = Outputs(tmp_path / "run")
    with outputs.writing(tmp_path / "v.tsv", tmp_path / "run/work") as made:
        made.write_text("numbers")
        made.with_name("v-words.tsv").write_text("words")
    assert (tmp_path / "v-words.tsv").read_text() == "words"
    assert outputs.ours(tmp_path / "v-words.tsv")
    assert not (tmp_path / "run/work/outputs").exists()


def test_only_what_is_left_of_the_same_path_is_swept(tmp_path):
    for name in (".v.txt.0123abcd.tmp", ".w.txt.0123abcd.tmp", ".v.txt.mine.tmp"):
        (tmp_path / name).touch()
    sweep_beside(tmp_path / "v.txt")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".v.txt.mine.tmp", ".w.txt.0123abcd.tmp"]
