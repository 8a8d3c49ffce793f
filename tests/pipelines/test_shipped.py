import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines import shipped
from nlpseq.pipelines.runner import Pipeline


@pytest.mark.parametrize("name", sorted(shipped.names()))
def test_each_shipped_pipeline_is_valid(name):
    pipeline = Pipeline.load(name)
    assert pipeline.name == name
    assert pipeline.stages


def test_the_main_ones_are_there():
    assert {"quickstart", "sentiment", "skip-gram-sample"} <= shipped.names().keys()


def test_a_file_goes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart").write_text("name: mine\n")
    assert shipped.find("quickstart").read_text() == "name: mine\n"


def test_an_unknown_name_suggests_one():
    with pytest.raises(CallError, match="did you mean 'quickstart'"):
        shipped.find("quickstrat")
