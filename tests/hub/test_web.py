import errno
import hashlib
import random
import shutil
from contextlib import contextmanager

import pytest

from nlpseq import hub
from nlpseq.errors import CallError, DataError
from nlpseq.hub import web

CONTENT = random.Random(0).randbytes(70_001)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def files(server):
    server.files = {"/a/v.bin": CONTENT, "/b/v.bin": CONTENT}


def fetch(server, *paths, **options):
    options.setdefault("name", "v.bin")
    return hub.fetch([server.url + path for path in paths or ("/a/v.bin",)], **options)


def left_over(path):
    return sorted(p.name for p in path.parent.iterdir() if p.suffix != ".lock")


def ranges(server, path="/a/v.bin"):
    return [asked.headers.get("range") for asked in server.gets(path)]


def test_a_file_comes_whole_and_once(server):
    path = fetch(server, sha256=SHA256)
    assert path == hub.cache_folder() / "downloads" / "v.bin"
    assert path.read_bytes() == CONTENT
    assert left_over(path) == ["v.bin"]
    assert fetch(server) == path
    assert len(server.asked) == 1


def test_force_downloads_again(server):
    path = fetch(server)
    server.files["/a/v.bin"] = b"new"
    assert fetch(server, force=True).read_bytes() == path.read_bytes() == b"new"


def test_where_force_fails_the_old_file_stays(server):
    path = fetch(server)
    del server.files["/a/v.bin"]
    with pytest.raises(DataError):
        fetch(server, force=True)
    assert path.read_bytes() == CONTENT


def test_an_empty_file(server):
    server.files["/a/v.bin"] = b""
    assert fetch(server).read_bytes() == b""


@pytest.mark.parametrize("cut", [1, 70_000])
def test_a_cut_connection_is_resumed(server, cut):
    server.plans["/a/v.bin"] = [f"cut:{cut}"]
    assert fetch(server).read_bytes() == CONTENT
    assert ranges(server) == [None, f"bytes={cut}-"]
    assert server.asked[1].headers["if-range"].startswith('"')


def test_a_connection_may_be_cut_again_and_again(server):
    server.plans["/a/v.bin"] = ["cut:100", "cut:0", "cut:200"]
    assert fetch(server, sha256=SHA256).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100-", "bytes=100-", "bytes=300-"]


def test_a_later_run_goes_on(server):
    server.plans["/a/v.bin"] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError, match=r"cut off after 1,000 of 70,001 bytes"):
        fetch(server)
    assert fetch(server).read_bytes() == CONTENT
    assert ranges(server)[-1] == "bytes=1000-"


def test_an_interrupted_run_is_taken_up(server):
    class Interrupting:
        @contextmanager
        def task(self, description, total=None):
            yield self

        def advance(self, amount=1, note=""):
            if amount:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server, progress=Interrupting())
    part = hub.cache_folder() / "downloads" / "v.bin.0.part"
    kept = part.stat().st_size
    assert kept
    assert fetch(server).read_bytes() == CONTENT
    assert not part.exists()


def test_a_finished_part_is_not_asked_for_again(server):
    server.plans["/a/v.bin"] = ["cut:70000", *["status:500"] * 4]
    with pytest.raises(DataError):
        fetch(server)
    part = hub.cache_folder() / "downloads" / "v.bin.0.part"
    with part.open("ab") as file:
        file.write(CONTENT[-1:])
    asked = len(server.asked)
    assert fetch(server).read_bytes() == CONTENT
    assert len(server.asked) == asked


def test_headway_earns_further_tries(server, monkeypatch):
    monkeypatch.setattr(web, "_HEADWAY", 1000)
    server.plans["/a/v.bin"] = ["cut:1000"] * 20
    assert fetch(server).read_bytes() == CONTENT


def test_without_headway_it_ends(server):
    server.plans["/a/v.bin"] = ["cut:10"] * 99
    with pytest.raises(DataError, match="cut off"):
        fetch(server)
    assert len(server.asked) == web.TRIES


def test_a_file_that_changed_meanwhile_starts_again(server):
    server.plans["/a/v.bin"] = ["cut:1000", f"change:{'x' * 2000}"]
    assert fetch(server).read_bytes() == b"x" * 2000
    assert ranges(server) == [None, "bytes=1000-"]


@pytest.mark.parametrize("size", [70_001, 80_000])
def test_a_server_that_knows_no_if_range_is_found_out(server, size):
    server.plans["/a/v.bin"] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError):
        fetch(server)
    server.files["/a/v.bin"] = b"y" * size
    server.plans["/a/v.bin"] = ["deaf"]
    assert fetch(server).read_bytes() == b"y" * size


def test_another_range_than_asked_for_is_not_used(server):
    server.plans["/a/v.bin"] = ["cut:1000", "askew"]
    assert fetch(server).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=1000-", None]


def test_a_file_that_shrank_starts_again(server):
    server.plans["/a/v.bin"] = ["cut:1000", "status:416"]
    assert fetch(server).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=1000-", None]


def test_without_a_strong_tag_nothing_is_resumed(server):
    server.plans["/a/v.bin"] = ["weak:1000", "weak:"]
    assert fetch(server).read_bytes() == CONTENT
    assert ranges(server) == [None, None]


@pytest.mark.parametrize(
    "facts",
    ["", "[]", "{}", "null", "[" * 5000, '{"url": 1, "validator": 2, "size": "x"}', None],
)
def test_a_part_of_unknown_origin_is_not_used(server, facts):
    part = hub.cache_folder() / "downloads" / "v.bin.0.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"z" * 500)
    if facts is not None:
        part.with_name("v.bin.0.part.json").write_text(facts)
    path = fetch(server)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None]
    assert left_over(path) == ["v.bin"]


def test_old_bytes_never_stand_beside_a_new_tag(server, monkeypatch):
    server.plans["/a/v.bin"] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError):
        fetch(server)
    server.files["/a/v.bin"] = CONTENT[::-1]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(web.Download, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(server)
    assert fetch(server).read_bytes() == CONTENT[::-1]


def test_no_length_is_no_obstacle(server):
    server.plans["/a/v.bin"] = ["unsized"]
    assert fetch(server, sha256=SHA256).read_bytes() == CONTENT


def test_no_length_is_no_licence(server, monkeypatch):
    monkeypatch.setattr(web, "_LARGEST", 10_000)
    server.plans["/a/v.bin"] = ["unsized"]
    with pytest.raises(DataError, match="no length was given"):
        fetch(server)


def test_a_wrong_checksum_goes_to_the_next_mirror(server):
    server.files["/a/v.bin"] = b"0" + CONTENT[1:]
    path = fetch(server, "/a/v.bin", "/b/v.bin", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert left_over(path) == ["v.bin"]


def test_wrong_everywhere_leaves_nothing(server):
    server.files = {"/a/v.bin": b"0", "/b/v.bin": b"1"}
    with pytest.raises(DataError) as caught:
        fetch(server, "/a/v.bin", "/b/v.bin", sha256=SHA256)
    assert str(caught.value).count("another SHA-256") == 2
    assert left_over(hub.cache_folder() / "downloads" / "v.bin") == []


def test_each_mirror_keeps_its_own_part(server):
    server.files["/b/v.bin"] = CONTENT[::-1]
    server.plans["/a/v.bin"] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    server.plans["/b/v.bin"] = ["cut:500", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError):
        fetch(server, "/a/v.bin", "/b/v.bin")
    server.plans["/a/v.bin"] = ["status:404"]
    assert fetch(server, "/a/v.bin", "/b/v.bin").read_bytes() == CONTENT[::-1]
    assert ranges(server, "/b/v.bin")[-1] == "bytes=500-"


def test_parts_of_another_address_are_not_used(server):
    server.plans["/a/v.bin"] = ["cut:1000", "cut:0", "cut:0", "cut:0"]
    with pytest.raises(DataError):
        fetch(server)
    server.files["/b/v.bin"] = CONTENT[::-1]
    assert fetch(server, "/b/v.bin").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_taken_for_an_answer(server, status):
    server.plans["/a/v.bin"] = [f"status:{status}"] * 9
    assert fetch(server, "/a/v.bin", "/b/v.bin").read_bytes() == CONTENT
    assert len(server.gets("/a/v.bin")) == 1


@pytest.mark.parametrize("status", ["500", "502", "503:0", "429"])
def test_a_server_out_of_order_is_asked_again(server, status):
    server.plans["/a/v.bin"] = [f"status:{status}"] * 2
    assert fetch(server).read_bytes() == CONTENT


def test_a_server_says_how_long_to_wait(server, monkeypatch):
    waited = []
    monkeypatch.setattr(web.time, "sleep", waited.append)
    server.plans["/a/v.bin"] = ["status:503:7", "status:503:99999", "status:503:soon"]
    fetch(server)
    assert waited == [7, 60, 0.004]


def test_where_all_fail_each_is_named_with_its_reason(server):
    server.plans["/a/v.bin"] = ["status:500"] * 99
    with pytest.raises(DataError) as caught:
        fetch(server, "/a/v.bin", "/c/v.bin", name="some/set.bin")
    assert len(server.gets("/a/v.bin")) == web.TRIES
    assert caught.value.where == "some/set.bin"
    assert f"{server.url}/a/v.bin: 500 Internal Server Error" in str(caught.value)
    assert f"{server.url}/c/v.bin: 404 Not Found" in str(caught.value)
    assert "pass the file's path" in str(caught.value)


def test_a_server_that_falls_silent(server):
    server.plans["/a/v.bin"] = ["slow"] * 9
    with pytest.raises(DataError, match="no answer in time"):
        fetch(server, timeout=0.05)
    assert fetch(server, "/b/v.bin", timeout=5).read_bytes() == CONTENT


def test_no_server_at_all():
    with pytest.raises(DataError, match=r"[Rr]efused"):
        hub.fetch(["http://127.0.0.1:9/v.bin"], name="v.bin")


@pytest.mark.parametrize("url", ["http://", "http://exa mple/v", "http://[::1/v", "http://h:x/v"])
def test_an_address_that_is_none(server, url):
    with pytest.raises((CallError, DataError)):
        hub.fetch([url], name="v.bin")


def test_a_redirect_is_followed(server):
    server.plans["/c/v.bin"] = ["redirect:/a/v.bin"]
    assert fetch(server, "/c/v.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/v", "data:,x"])
def test_a_redirect_to_elsewhere_is_refused(server, target):
    server.plans["/c/v.bin"] = [f"redirect:{target}"] * 9
    with pytest.raises(DataError, match=r"not allowed|neither http nor https"):
        fetch(server, "/c/v.bin")
    assert len(server.asked) == 1


def test_a_redirect_in_circles_ends(server):
    server.plans["/c/v.bin"] = ["redirect:/c/v.bin"] * 99
    with pytest.raises(DataError, match="infinite loop"):
        fetch(server, "/c/v.bin")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://h/v", "/etc/passwd", "data:,x"])
def test_only_http_is_downloaded(url):
    with pytest.raises(CallError, match="only http and https"):
        hub.fetch([url], name="v.bin")


@pytest.mark.parametrize("name", ["../v.bin", "/v.bin", "a/../../v.bin", "a\\..\\v", "", "C:v"])
def test_a_name_stays_inside_the_cache(server, name):
    with pytest.raises(CallError):
        fetch(server, name=name)


@pytest.mark.parametrize("by_environment", [True, False])
def test_offline_only_the_cache_counts(server, monkeypatch, by_environment):
    if by_environment:
        monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    with pytest.raises(CallError, match="not in the cache"):
        fetch(server, offline=not by_environment)
    assert not server.asked
    monkeypatch.setenv("NLPSEQ_OFFLINE", "")
    path = fetch(server)
    assert fetch(server, offline=True) == path


def test_a_full_disk_is_seen_beforehand(server, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=70_000))
    with pytest.raises(DataError, match="the disk is full"):
        fetch(server, "/a/v.bin", "/b/v.bin")
    assert len(server.asked) == 1


def test_a_disk_that_cannot_be_written(server, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="cannot be written"):
        fetch(server)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "cache").unlink()
    monkeypatch.setattr(web.Download, "_write", full)
    with pytest.raises(DataError, match="the disk is full"):
        fetch(server)


def test_progress_counts_bytes(server):
    class Counting:
        done, total, description = 0, None, ""

        @contextmanager
        def task(self, description, total=None):
            self.description, self.total, self.done = description, total, 0
            yield self

        def advance(self, amount=1, note=""):
            self.done += amount

    counted = Counting()
    server.plans["/a/v.bin"] = ["cut:1000"]
    fetch(server, progress=counted)
    assert counted.description == "downloading v.bin"
    assert (counted.done, counted.total) == (70_001, 70_001)


def test_a_file_that_another_process_brought_is_taken(server, monkeypatch):
    class Late:
        def __init__(self, path):
            self.target = path.with_name(path.name.removesuffix(".lock"))

        def __enter__(self):
            self.target.write_bytes(b"brought")

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("filelock.FileLock", Late)
    assert fetch(server).read_bytes() == b"brought"
    assert not server.asked
