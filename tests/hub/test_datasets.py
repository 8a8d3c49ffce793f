import pytest

from nlpseq import hub
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.hub import datasets
from tests.hub_server import Repo

FILES = {
    "README.md": b"# card",
    "data/dev.conll": b"d",
    "data/deep/train.conll": b"t",
    "data/notes.txt": b"n",
    "set.bin": bytes(range(256)) * 9,
}
ROOT = "hf://datasets/o/n"


@pytest.fixture(autouse=True)
def repo(server):
    server.repos["datasets/o/n"] = Repo(dict(FILES))
    return server.repos["datasets/o/n"]


def brought(path=""):
    return [found.read_bytes() for found in hub.dataset_files(ROOT + path)]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/data/dev.conll", ["data/dev.conll"]),
        ("/data", ["data/deep/train.conll", "data/dev.conll", "data/notes.txt"]),
        ("/data/*.conll", ["data/dev.conll"]),
        ("/**/*.conll", ["data/deep/train.conll", "data/dev.conll"]),
        ("/data/???.conll", ["data/dev.conll"]),
        ("@main/data/d*", ["data/dev.conll"]),
        (f"@{'1' * 40}/set.bin", ["set.bin"]),
        ("", ["data/deep/train.conll", "data/dev.conll", "data/notes.txt", "set.bin"]),
    ],
)
def test_an_address_names_files(server, monkeypatch, path, names):
    assert brought(path) == [FILES[name] for name in names]
    for variable, value in (("HF_ENDPOINT", "http://127.0.0.1:9"), ("NLPSEQ_OFFLINE", "1")):
        monkeypatch.setenv(variable, value)
        assert brought(path) == [FILES[name] for name in names]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://datasets/o/other", "no such repository"),
        (f"{ROOT}@v9", "no such revision"),
        (f"{ROOT}/none.txt", "no such file"),
        (f"{ROOT}/data/*.csv", "no such file"),
        (f"{ROOT}/../x", "plain path"),
        ("hf://o/n", "no data set"),
    ],
)
def test_what_is_not_there_is_said(address, message):
    with pytest.raises(CallError, match=message):
        hub.dataset_files(address)


def test_a_private_set_needs_a_token(repo, monkeypatch):
    repo.private = True
    assert brought("/set.bin") == [FILES["set.bin"]]
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(CallError, match="log in"):
        brought()


def test_a_cut_connection_is_resumed(server):
    stored = "/storage/datasets/o/n/set.bin"
    server.plans[stored] = ["cut:100"]
    assert brought("/set.bin") == [FILES["set.bin"]]
    assert [a.headers.get("range") for a in server.gets(stored)] == [None, "bytes=100-"]


def test_out_of_reach_without_a_cache(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="cannot be reached"):
        brought()
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    with pytest.raises(CallError, match="not in the cache"):
        brought()


@pytest.mark.parametrize("name", ["../x", "data/../../x", "a\\x"])
def test_a_name_that_leads_out_is_refused(repo, tmp_path, name):
    repo.files = {name: b"x"}
    with pytest.raises(NlpseqError):
        brought()
    assert not list(tmp_path.rglob("x"))


def test_too_many_files_are_an_error(monkeypatch):
    monkeypatch.setattr(datasets, "_MOST", 3)
    with pytest.raises(CallError, match="4 files are more"):
        brought()
