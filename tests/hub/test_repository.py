import hashlib
import shutil
from contextlib import contextmanager

import pytest
from huggingface_hub import constants, utils

from nlpseq import hub
from nlpseq.errors import CallError, DataError
from tests.hub_server import TOKEN, Repo

REPO = "nilc-nlp/glove-100d"
LARGE = bytes(range(256)) * 300
HEAD = f"HEAD /{REPO}/resolve/main/embeddings.safetensors"
STORED = f"/storage/{REPO}/embeddings.safetensors"


@pytest.fixture(autouse=True)
def repo(server):
    server.repos[REPO] = Repo({"embeddings.safetensors": LARGE, "vocab.txt": "à\né\n".encode()})
    return server.repos[REPO]


def large(**options):
    return hub.hub_file(REPO, "embeddings.safetensors", **options)


def push(server, source, **options):
    options.setdefault("card", "# Vectors\n")
    return hub.push("ana/mine", source, **options)


@contextmanager
def offline(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


# --- files


def test_files_come_into_one_folder(repo):
    path = large()
    vocabulary = hub.hub_file(REPO, "vocab.txt")
    assert path.read_bytes() == LARGE
    assert vocabulary.read_text(encoding="utf-8") == "à\né\n"
    assert path.parent == vocabulary.parent


def test_the_cache_is_the_one_that_others_use(server):
    path = large()
    server.asked.clear()
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    assert try_to_load_from_cache(REPO, "embeddings.safetensors") == str(path)
    assert hf_hub_download(REPO, "embeddings.safetensors", endpoint=server.url) == str(path)
    assert {asked.method for asked in server.asked} == {"HEAD"}


def test_what_others_brought_is_used(server):
    from huggingface_hub import hf_hub_download

    path = hf_hub_download(REPO, "embeddings.safetensors", endpoint=server.url)
    server.asked.clear()
    assert str(large()) == path
    assert [asked.method for asked in server.asked] == ["HEAD"]


def test_a_newer_file_replaces_the_cached_one(repo):
    old = large()
    repo.commit, repo.files["embeddings.safetensors"] = "2" * 40, LARGE[::-1]
    assert large().read_bytes() == LARGE[::-1]
    assert large(revision="2" * 40).read_bytes() == LARGE[::-1]
    assert old.read_bytes() == LARGE


def test_the_token_goes_to_the_hub_and_to_no_other_host(server):
    large()
    (stored,) = server.gets(STORED)
    (resolved,) = server.gets(f"/{REPO}/resolve/{'1' * 40}/embeddings.safetensors")
    assert resolved.headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in stored.headers


def test_a_cut_connection_is_resumed(server):
    server.plans[STORED] = ["cut:1000"]
    assert large().read_bytes() == LARGE
    assert [a.headers.get("range") for a in server.gets(STORED)] == [None, "bytes=1000-"]


def test_a_later_run_goes_on(server):
    server.plans[STORED] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError, match="cut off"):
        large()
    assert large().read_bytes() == LARGE
    assert server.gets(STORED)[-1].headers["range"] == "bytes=1000-"


def test_bytes_that_are_not_those_of_the_tag_are_refused(repo):
    repo.tags["embeddings.safetensors"] = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(DataError, match="another SHA-256"):
        large()
    with pytest.raises(CallError, match="not in the cache"):
        large(offline=True)


def test_a_file_of_another_size_is_refused(server):
    resolved = f"/{REPO}/resolve/{'1' * 40}/vocab.txt"
    server.plans[resolved] = [f"redirect:{server.url}/elsewhere"]
    server.files["/elsewhere"] = b"more than was said"
    with pytest.raises(DataError, match="and should have 6"):
        hub.hub_file(REPO, "vocab.txt")


@pytest.mark.parametrize("tag", ["../../../escaped", "a/b", "", "."])
def test_a_tag_that_is_no_name_is_refused(repo, tmp_path, tag):
    repo.tags["vocab.txt"] = tag or '"'
    with pytest.raises(DataError, match="named no commit and no tag"):
        hub.hub_file(REPO, "vocab.txt")
    assert not list(tmp_path.rglob("escaped*"))


def test_a_commit_that_is_no_name_is_refused(repo):
    repo.commit = "../escaped"
    with pytest.raises(DataError, match="named no commit"):
        hub.hub_file(REPO, "vocab.txt")


def test_a_server_out_of_order_is_asked_again(server):
    server.plans[HEAD] = ["status:500", "status:503"]
    server.plans[STORED] = ["status:500"]
    assert large().read_bytes() == LARGE


def test_a_server_out_of_order_for_good(server):
    server.plans[HEAD] = ["status:500"] * 99
    with pytest.raises(DataError, match="the hub answered 500"):
        large()


def test_the_cache_stands_in_for_a_server_out_of_order(server):
    path = large()
    server.plans[HEAD] = ["status:500"] * 99
    assert large() == path
    with pytest.raises(DataError):
        large(force=True)
    assert path.read_bytes() == LARGE


def test_the_cache_stands_in_for_a_server_out_of_reach(server, monkeypatch):
    path = large()
    names = hub.hub_files(REPO)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert large() == path
    assert names == ["embeddings.safetensors", "vocab.txt"]
    assert hub.hub_files(REPO) == ["embeddings.safetensors"]
    for missing in (lambda: hub.hub_file(REPO, "vocab.txt"), lambda: hub.hub_files("a/b")):
        with pytest.raises(DataError, match="the hub cannot be reached"):
            missing()


def test_a_slow_server(server):
    server.plans[STORED] = ["slow"] * 9
    with pytest.raises(DataError, match="no answer in time"):
        large(timeout=0.05)


def test_force_downloads_again(server):
    path = large()
    assert large() == path
    assert len(server.gets(STORED)) == 1
    path.write_bytes(b"damaged")
    assert large(force=True).read_bytes() == LARGE
    assert len(server.gets(STORED)) == 2


def test_offline_only_the_cache_counts(server, monkeypatch):
    with offline(monkeypatch), pytest.raises(CallError, match="not in the cache"):
        large()
    with offline(monkeypatch), pytest.raises(CallError, match="not in the cache"):
        hub.hub_files(REPO)
    assert not server.asked
    path = large()
    server.asked.clear()
    with offline(monkeypatch):
        assert large() == path
        assert hub.hub_files(REPO) == ["embeddings.safetensors"]
    assert large(offline=True, revision="1" * 40) == path
    assert hub.hub_files(REPO, offline=True, revision="1" * 40) == ["embeddings.safetensors"]
    assert not server.asked


@pytest.mark.parametrize(
    ("repo_id", "name", "revision", "message"),
    [
        ("nobody/nothing", "v.bin", None, "no such repository"),
        (REPO, "v.bin", None, "no such file"),
        (REPO, "vocab.txt", "v9", "no such revision"),
        ("ana/closed", "v.bin", None, "let in only who has asked"),
    ],
)
def test_what_is_not_there_is_said(server, repo_id, name, revision, message):
    server.repos["ana/closed"] = Repo({"v.bin": b""}, gated=True)
    with pytest.raises(CallError, match=message) as caught:
        hub.hub_file(repo_id, name, revision=revision)
    assert repo_id in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_private_repository_needs_a_token(server, monkeypatch):
    server.repos["ana/own"] = Repo({"v.bin": b"mine"}, private=True)
    assert hub.hub_file("ana/own", "v.bin").read_bytes() == b"mine"
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(CallError, match="log in"):
        hub.hub_files("ana/own")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../x", "a\\x", "C:x", ""])
def test_a_path_out_of_the_repository_is_refused(server, name):
    with pytest.raises(CallError):
        hub.hub_file(REPO, name)
    with pytest.raises(CallError):
        hub.hub_file(REPO, "vocab.txt", revision=name)
    assert not server.asked


@pytest.mark.parametrize("name", ["glove", "a/b/c", "../b", "a/..", "a b/c", "a--b/c"])
def test_a_name_of_no_repository_is_refused(server, name):
    for call in (hub.hub_files, lambda n: hub.hub_file(n, "v.bin")):
        with pytest.raises(CallError, match="owner/name"):
            call(name)
    assert not server.asked


def test_the_names_of_the_files(server):
    assert hub.hub_files(REPO) == ["embeddings.safetensors", "vocab.txt"]
    with pytest.raises(CallError, match="no such repository"):
        hub.hub_files("nobody/nothing")


def test_the_names_come_from_a_server_out_of_order_too(server):
    server.plans[f"/api/models/{REPO}"] = ["status:502"] * 2
    assert len(hub.hub_files(REPO)) == 2
    server.plans[f"/api/models/{REPO}"] = ["status:502"] * 99
    with pytest.raises(DataError, match="the hub answered 502"):
        hub.hub_files(REPO)


def test_the_hubs_own_bars_stay_away_and_come_back(server, capfd):
    large()
    assert not utils.are_progress_bars_disabled()
    assert capfd.readouterr() == ("", "")


def test_a_full_disk(monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(DataError, match="the disk is full"):
        large()


# --- pushing


def test_a_folder_is_pushed_with_its_card(server, tmp_path):
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("model.safetensors", "config.json", "README.md", "deep/labels.txt", ".git/x"):
        (folder / name).write_text(name)
    address = push(server, folder, card="---\nlicense: cc0-1.0\n---\n# Mine\n")
    there = server.repos["ana/mine"]
    assert address == f"{server.url}/ana/mine/commit/{there.commit}"
    assert there.files.pop("README.md") == b"---\nlicense: cc0-1.0\n---\n# Mine\n"
    names = {"model.safetensors", "config.json", "deep/labels.txt"}
    assert there.files == {name: name.encode() for name in names}
    assert list(server.uploads.values()) == [b"model.safetensors"]
    assert len(there.messages) == 1
    assert not there.private


def test_files_are_pushed_under_their_names(server, tmp_path):
    paths = [tmp_path / "v.safetensors", tmp_path / "notes.txt"]
    for path in paths:
        path.write_text(path.name)
    push(server, paths, private=True)
    there = server.repos["ana/mine"]
    assert there.private
    assert set(there.files) == {"README.md", "v.safetensors", "notes.txt"}
    paths[1].write_text("newer")
    push(server, paths[1])
    assert there.files["notes.txt"] == b"newer"
    assert set(there.files) == {"README.md", "v.safetensors", "notes.txt"}


def test_what_was_pushed_comes_back(server, tmp_path):
    path = tmp_path / "v.safetensors"
    path.write_bytes(LARGE)
    push(server, path)
    assert hub.hub_file("ana/mine", "v.safetensors").read_bytes() == LARGE


def test_what_is_there_already_is_not_sent_again(server, tmp_path):
    path = tmp_path / "v.safetensors"
    path.write_bytes(LARGE)
    push(server, path)
    push(server, path)
    assert sum(asked.method == "PUT" for asked in server.asked) == 1


def test_progress_counts_bytes(server, tmp_path):
    class Counting:
        done, total = 0, None

        @contextmanager
        def task(self, description, total=None):
            self.total = total
            yield self

        def advance(self, amount=1, note=""):
            self.done += amount

    (tmp_path / "v.safetensors").write_bytes(LARGE)
    counted = Counting()
    push(server, tmp_path / "v.safetensors", progress=counted)
    assert counted.done == counted.total == len(LARGE)


def test_pushing_needs_permission(server, tmp_path, monkeypatch):
    (tmp_path / "v.txt").write_text("v")
    with pytest.raises(CallError, match="does not allow"):
        hub.push("others/theirs", tmp_path / "v.txt", card="")
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(CallError, match="hf auth login"):
        push(server, tmp_path / "v.txt")


def test_nothing_to_push(server, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", [], tmp_path / "absent"):
        with pytest.raises(CallError):
            push(server, source)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "v.txt").write_text(name)
    with pytest.raises(CallError, match="two files"):
        push(server, [tmp_path / "a", tmp_path / "b"])
    with offline(monkeypatch), pytest.raises(CallError, match="network"):
        push(server, tmp_path / "a")
    assert not server.asked
    assert not constants.HF_HUB_OFFLINE
