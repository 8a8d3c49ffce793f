import subprocess
import sys
from pathlib import Path

import pytest

from nlpseq import hub
from nlpseq.errors import CallError


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("hf://nilc-nlp/glove-100d", ("nilc-nlp/glove-100d", None, None)),
        ("hf://nilc-nlp/glove-100d/", ("nilc-nlp/glove-100d", None, None)),
        ("hf://models/a/b", ("a/b", None, None)),
        ("hf://a/b/v.bin", ("a/b", None, "v.bin")),
        ("hf://a/b@v1.0/deep/v.bin", ("a/b", "v1.0", "deep/v.bin")),
        ("hf://a/b@refs/pr/3/v.bin", ("a/b", "refs/pr/3", "v.bin")),
        ("hf://a/b/no@tag.txt", ("a/b", None, "no@tag.txt")),
        ("hf://a/b/com espaço.txt", ("a/b", None, "com espaço.txt")),
    ],
)
def test_an_address_has_three_parts(address, parts):
    assert hub.parse(address)[:3] == parts


@pytest.mark.parametrize(
    "address",
    [
        "a/b", "http://a/b", "hf://", "hf://a", "hf://a/", "hf:///b", "hf://a//b", "hf://-a/b",
        "hf://a b/c", "hf://a/b@", "hf://a/b@@c", "hf://á/b", "hf://a--b/c", "hf://a/b..c",
        "hf://a/b/../c", "hf://a/b/..", "hf://a/b/./c", "hf://a/b//c", "hf://a/b/c/",
        "hf://a/b/..\\c", "hf://a/b/C:c", "hf://a/b/c\0", "hf://a/b/c\nd", "hf://a/b@../c",
        "hf://../b/c", "hf://a/../c", "hf://./b",
    ],
)  # fmt: skip
def test_what_is_no_address_or_leads_out_is_refused(address):
    with pytest.raises(CallError):
        hub.parse(address)


@pytest.mark.parametrize("kind", ["datasets", "spaces"])
def test_other_kinds_say_so(kind):
    with pytest.raises(CallError, match=f"{kind} of the hub"):
        hub.parse(f"hf://{kind}/nilc-nlp/assin2")


def test_an_address_is_written_as_it_is_read():
    for address in ("hf://a/b", "hf://a/b@v1", "hf://a/b@v1/c/d", "hf://a/b/c"):
        assert str(hub.parse(address)) == address


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {"NLPSEQ_CACHE": "/mine"}, "/mine"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/nlpseq"),
        ("linux", {}, "/home/ana/.cache/nlpseq"),
        ("darwin", {}, "/home/ana/Library/Caches/nlpseq"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/nlpseq/Cache"),
        ("win32", {}, "/home/ana/AppData/Local/nlpseq/Cache"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, platform, environment, folder):
    for name in ("NLPSEQ_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ana"))
    assert hub.cache_folder() == Path(folder)


@pytest.mark.parametrize("name", ["NLPSEQ_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_is_said_by_the_environment(monkeypatch, name):
    monkeypatch.delenv("NLPSEQ_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert not hub.is_offline()
    for value, meant in (("1", True), ("True", True), ("0", False), ("", False)):
        monkeypatch.setenv(name, value)
        assert hub.is_offline() is meant


def test_asking_for_the_cache_loads_no_http():
    code = (
        "import sys; from nlpseq.hub import cache_folder; cache_folder()\n"
        "print({'http', 'urllib.request', 'ssl', 'huggingface_hub'} & set(sys.modules))\n"
        "from nlpseq.hub import fetch, hub_file\n"
        "print('huggingface_hub' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["set()", "False"]
