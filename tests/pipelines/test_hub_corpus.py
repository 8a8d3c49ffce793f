"""A corpus that lies on the hub, from its address to documents."""

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.stages import Artefacts, CorpusStage, Job
from tests.hub_server import HubServer, Repo


@pytest.fixture
def server(tmp_path, monkeypatch):
    with HubServer() as server:
        server.isolate(monkeypatch, tmp_path)
        server.repos["datasets/casa/filmes"] = Repo(
            {
                "README.md": b"filmes",
                "data/train-0.csv": "text,label\nótimo,pos\nruim,neg\n".encode(),
                "data/train-1.csv": b"text,label\nbom,pos\n",
                "data/dev.jsonl": b'{"text": "bom", "label": "pos"}\n',
            }
        )
        yield server


def test_a_corpus_from_the_hub(server, monkeypatch):
    at = "hf://datasets/casa/filmes/data"
    stage = CorpusStage.model_validate(
        {"train": f"{at}/train-*.csv", "dev": f"{at}/dev.jsonl"},
        context={"folder": "elsewhere", "shell": set()},
    )
    artefacts, figures = stage.run(Artefacts(), Job(seed=1))
    assert [d.text for d in artefacts.corpus.train] == ["ótimo", "ruim", "bom"]
    assert figures == {"train": 3, "dev": 1, "labels": 2}
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    again, _ = stage.run(Artefacts(), Job(seed=1))
    assert again.corpus.train == artefacts.corpus.train


def test_an_address_that_matches_nothing(server):
    at = "hf://datasets/casa/filmes/data/test-*.csv"
    with pytest.raises(CallError) as caught:
        CorpusStage(train=at, hold_out=1).run(Artefacts(), Job(seed=1))
    assert "test-*.csv" in str(caught.value)
