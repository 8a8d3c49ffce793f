"""The verbs that reach for the network, against a server that speaks the hub's protocol."""

import hashlib
import json

import numpy as np
import pytest

from nlpseq import Vectors
from nlpseq.embeddings.catalogue import find
from tests.hub_server import HubServer, Repo

TEXT = b"2 3\nrei 1 2 3\nmar 4 5 6\n"


@pytest.fixture
def server(monkeypatch, tmp_path):
    with HubServer() as running:
        for name, value in running.environment(tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "v.safetensors"
    Vectors(
        ["rei", "mar"],
        np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32),
        "lower",
        about={"licence": "CC-BY-4.0: it's | fine"},
    ).save(path)
    return path


@pytest.fixture
def nilc(server):
    """The hub's repository of a set of the catalogue."""
    import safetensors.numpy

    matrix = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
    entry = find("nilc-skip-gram-100d")
    weights = safetensors.numpy.save({"embeddings": matrix})
    server.repos[entry.hub] = Repo(dict(zip(entry.files, [weights, b"rei\n0000\n"], strict=True)))
    return entry


def test_list_shows_what_a_set_is(call):
    lines = call("vectors", "list", "--language", "es").stdout.splitlines()
    assert lines
    assert all(line.split("\t")[1] == "es" for line in lines)
    first = json.loads(call("vectors", "list", "--json").stdout.splitlines()[0])
    assert {"name", "licence", "recipe", "urls", "checked"} <= set(first)


def test_a_name_of_the_catalogue_opens_and_brings_its_recipe(call, nilc):
    done = call("vectors", "near", "nilc-skip-gram-100d", "2016", "-k", "1")
    assert done.stdout == "rei\t0.9746\n"
    told = json.loads(call("vectors", "info", "nilc-skip-gram-100d", "--json").stdout)
    assert (told["recipe"], told["licence"]) == ("nilc", "CC-BY-4.0")
    assert told["source"] == nilc.name


def test_pull_prints_where_it_lies_and_works_offline_from_then_on(call, nilc, server, monkeypatch):
    done = call("vectors", "pull", "nilc-skip-gram-100d")
    asked = len(server.asked)
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    assert call("vectors", "pull", "nilc-skip-gram-100d").stdout == done.stdout
    assert call("vectors", "near", done.stdout.strip(), "rei", "-k", "1").returncode == 0
    assert len(server.asked) == asked


def test_pull_into_a_store_keeps_what_the_catalogue_says(call, nilc, tmp_path):
    assert call("vectors", "pull", nilc.name, "-o", "n.safetensors").stdout == "n.safetensors\n"
    vectors = Vectors.open(tmp_path / "n.safetensors")
    assert (vectors.recipe, vectors.about["licence"]) == ("nilc", "CC-BY-4.0")
    again = call("vectors", "pull", nilc.name, "-o", "n.safetensors")
    assert (again.returncode, "--force" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("files", "address", "status", "message"),
    [
        ({"v.safetensors": None}, "hf://me/mine", 0, ""),
        ({"v.safetensors": None, "README.md": b"x"}, "hf://me/mine/v.safetensors", 0, ""),
        ({"v.txt": TEXT}, "hf://me/mine", 0, ""),
        ({"v.txt": TEXT, "LICENSE.txt": b"x"}, "hf://me/mine@main/v.txt", 0, ""),
        ({"v.txt": TEXT, "w.txt": TEXT}, "hf://me/mine", 2, "name one of them: hf://me/mine/v.txt"),
        ({"README.md": b"x"}, "hf://me/mine", 2, "holds no vectors"),
        ({"v.txt": TEXT}, "hf://me/mine/w.txt", 2, "w.txt"),
        ({"v.txt": TEXT}, "hf://me/../mine", 2, "hf://"),
        ({"v.txt": TEXT}, "hf://me/mine/../../etc/passwd", 2, "plain path"),
        ({"v.txt": TEXT}, "hf://datasets/me/mine", 2, "datasets"),
        ({"v.txt": TEXT}, "hf://me/other", 2, "me/other"),
    ],
)
def test_addresses(call, server, store, files, address, status, message):
    content = {name: store.read_bytes() if data is None else data for name, data in files.items()}
    server.repos["me/mine"] = Repo(content)
    done = call("vectors", "near", address, "rei", "-k", "1")
    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert done.stdout == ("mar\t0.9746\n" if status == 0 else "")


def test_without_a_network_a_name_says_what_to_do(call, server, monkeypatch):
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    done = call("vectors", "near", "glove-6b-50d", "king")
    assert done.returncode == 2
    assert "NLPSEQ_OFFLINE" in done.stderr


def test_what_is_pushed_opens_from_the_hub(call, server, store):
    done = call("vectors", "push", store, "me/shared")
    assert done.returncode == 0, done.stderr
    assert "me/shared" in done.stdout
    repo = server.repos["me/shared"]
    assert "license_name: 'CC-BY-4.0: it''s | fine'" in repo.files["README.md"].decode()
    assert 'Vectors.open("hf://me/shared")' in repo.files["README.md"].decode()
    assert call("vectors", "near", "hf://me/shared", "Rei", "-k", "1").stdout == "mar\t0.9746\n"


def test_nothing_is_pushed_without_a_token_for_it(call, server, store, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "another")
    done = call("vectors", "push", store, "me/shared")
    assert done.returncode == 2
    assert "me/shared" not in server.repos


def test_a_download_with_a_wrong_checksum_is_not_used(call, server):
    content = b"PK damaged"
    server.repos["me/mine"] = Repo({"v.safetensors": content})
    server.repos["me/mine"].tags["v.safetensors"] = hashlib.sha256(b"other").hexdigest()
    done = call("vectors", "near", "hf://me/mine", "rei")
    assert done.returncode == 1
    assert "SHA-256" in done.stderr
