import zipfile
from collections import Counter

import pytest

from nlpseq.embeddings import catalogue
from nlpseq.embeddings.catalogue import Entry
from nlpseq.errors import CallError, DataError
from nlpseq.files import open_bytes
from nlpseq.hub import cache_folder
from tests.hub_server import HubServer, Repo

ENTRIES = catalogue.entries()
NILC = catalogue.find("nilc-skip-gram-100d")
TEXT = b"2 3\nrei 1 2 3 \nmar 4 5 6 \n"


@pytest.fixture
def server(monkeypatch, tmp_path):
    with HubServer() as running:
        running.isolate(monkeypatch, tmp_path)
        yield running


def made(**values):
    known = {"language": "pt", "dim": 3, "words": 2, "licence": "CC0-1.0", "recipe": "none"}
    return Entry(**{"name": "mine-3d", "format": "word2vec text", "checked": "no"} | known | values)


# --- the data


def test_every_set_of_the_reference_is_there():
    families = Counter(entry.name.rpartition("-")[0] for entry in ENTRIES)
    for method in ("word2vec", "fasttext", "wang2vec"):
        for kind in ("cbow", "skip-gram"):
            assert families[f"nilc-{method}-{kind}"] == 5
    assert families["nilc-glove"] == 5
    for name in ("6b", "twitter", "2024-wikigiga"):
        assert families[f"glove-{name}"] == 4
    for name in ("glove-42b", "glove-840b", "glove-2024-dolma", "google-news", "sbwc-glove"):
        assert families[name] == 1
    for language in ("pt", "es", "en"):
        for kind in ("cc", "wiki", "aligned"):
            assert families[f"fasttext-{kind}-{language}"] == 1
    assert sum(e.checked == "hub id confirmed" for e in ENTRIES) == 19
    assert all(e.hub for e in ENTRIES if e.checked == "hub id confirmed")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_set_makes_sense(entry):
    assert entry.name.endswith((f"-{entry.dim}d", f"-{entry.dim}d-words"))
    assert entry.urls or (entry.hub and entry.files)
    assert bool(entry.hub) == bool(entry.files)
    assert all(url.startswith(("https://", "http://")) and " " not in url for url in entry.urls)
    assert len({url.rpartition("/")[2] for url in entry.urls}) <= 1
    assert entry.by_pickle == (entry.name == "google-news-300d")
    assert catalogue.find(entry.name) is entry


def test_names_of_other_tools_work():
    assert catalogue.find("nilc-skip-gram-100d").name == "nilc-word2vec-skip-gram-100d"
    assert catalogue.find("word2vec-google-news-300").name == "google-news-300d"
    assert catalogue.find("glove-wiki-gigaword-100").member == "glove.6B.100d.txt"
    assert catalogue.find("GloVe-6B-100d").name == "glove-6b-100d"


def test_an_unknown_name_suggests_one():
    with pytest.raises(CallError, match="did you mean 'nilc-skip-gram-100d'"):
        catalogue.find("nilc-skipgram-100d")
    with pytest.raises(CallError, match="vectors list"):
        catalogue.find("xyzzy")


def test_no_two_sets_share_a_place_in_the_cache():
    whole = [e for e in ENTRIES if not e.member]
    assert len({e.urls[0] for e in whole if e.urls}) == sum(bool(e.urls) for e in whole)
    assert len({(e.hub, e.files) for e in whole if e.hub}) == sum(bool(e.hub) for e in whole)


# --- reading a file

FAMILY = """
- language: pt
  dim: 3
  words: 2
  licence: CC0-1.0
  recipe: none
  format: word2vec text
  checked: no
  sets:
    - {name: a-3d, urls: ["http://h/a"]}
    - {name: b-3d, aliases: [b], dim: 4}
"""


def test_what_stands_beside_the_sets_holds_for_each(tmp_path):
    (tmp_path / "c.yaml").write_text(FAMILY)
    first, second = catalogue.read(tmp_path / "c.yaml")
    assert (first.name, first.dim, first.urls) == ("a-3d", 3, ("http://h/a",))
    assert (second.name, second.dim, second.aliases) == ("b-3d", 4, ("b",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "families"),
        ("a: 1", "families"),
        ("- 1", "families"),
        ("- {language: pt}", "sets"),
        ("- [", "c.yaml:"),
        ("- &a [*a]", "families"),
        ("- {sets: [{name: a}]}", "missing"),
        (FAMILY.replace("dim: 3", "dim: x"), "a-3d, dim"),
        (FAMILY.replace("dim: 3", "dim: 0"), "greater than or equal to 1"),
        (FAMILY.replace("checked", "chekced"), "unknown key|missing"),
        (FAMILY.replace("recipe: none", "recipe: sort-of"), "none of"),
        (FAMILY.replace("b-3d", "a-3d"), "'a-3d' stands twice"),
        (FAMILY.replace("[b]", "[a-3d]"), "'a-3d' stands twice"),
        (FAMILY.replace("name: a-3d", "name: ../a"), "name"),
    ],
)
def test_a_damaged_file_is_told_with_its_place(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        catalogue.read(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        catalogue.read(tmp_path / "c.yaml")


# --- bringing sets here


def served(server, entry):
    server.repos[entry.hub] = Repo({name: name.encode() for name in entry.files})


def test_files_that_belong_together_come_as_a_folder(server):
    served(server, NILC)
    folder = catalogue.pull(NILC)
    assert sorted(path.name for path in folder.iterdir()) == ["embeddings.safetensors", "vocab.txt"]
    assert (folder / "vocab.txt").read_bytes() == b"vocab.txt"


def test_what_was_brought_is_found_without_a_server(server):
    served(server, NILC)
    folder = catalogue.pull(NILC)
    server.asked.clear()
    assert catalogue.pull(NILC) == catalogue.pull(NILC, offline=True) == folder
    assert not server.asked


def test_what_was_brought_and_thrown_away_is_brought_again(server):
    entry = made(urls=(f"{server.url}/v.txt",))
    server.files["/v.txt"] = TEXT
    catalogue.pull(entry).unlink()
    assert catalogue.pull(entry).read_bytes() == TEXT


def test_one_file_comes_as_itself(server):
    entry = made(hub="ana/v", files=("model.bin",))
    served(server, entry)
    assert catalogue.pull(entry).name == "model.bin"


def test_of_gensims_files_the_first_names_the_others(server):
    entry = catalogue.find("google-news-300d")
    served(server, entry)
    path = catalogue.pull(entry)
    assert path.name == "word2vec-google-news-300.model"
    assert path.with_name("word2vec-google-news-300.model.vectors.npy").exists()


def test_a_set_in_an_archive_is_a_path_into_it(server, tmp_path):
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("v.2d.txt", b"other")
        archive.writestr("v.3d.txt", TEXT)
    server.files["/data/v.zip"] = (tmp_path / "v.zip").read_bytes()
    entry = made(urls=(f"{server.url}/data/v.zip",), member="v.3d.txt")
    path = catalogue.pull(entry)
    assert path == cache_folder() / "downloads" / "127.0.0.1" / "data" / "v.zip" / "v.3d.txt"
    with open_bytes(path) as file:
        assert file.read() == TEXT
    assert catalogue.pull(entry, offline=True) == path
    other = made(name="other-2d", dim=2, urls=entry.urls, member="v.2d.txt")
    server.asked.clear()
    with open_bytes(catalogue.pull(other)) as file:
        assert file.read() == b"other"
    assert not server.asked


def test_an_address_with_a_question_gives_a_plain_name(server):
    server.files["/download.php"] = TEXT
    entry = made(urls=(f"{server.url}/download.php?file=embeddings/glove/glove_s3.zip",))
    path = catalogue.pull(entry)
    assert path.relative_to(cache_folder()).as_posix() == (
        "downloads/127.0.0.1/embeddings/glove/glove_s3.zip"
    )


def test_the_other_addresses_stand_in_for_the_hub(server):
    entry = made(hub="ana/v", files=("v.bin",), urls=(f"{server.url}/v.txt",))
    server.files["/v.txt"] = TEXT
    assert catalogue.pull(entry).read_bytes() == TEXT


def test_where_all_fail_every_place_is_named(server):
    entry = made(hub="ana/v", files=("v.bin",), urls=(f"{server.url}/v.txt",))
    with pytest.raises(DataError) as caught:
        catalogue.pull(entry)
    for told in ("mine-3d", "hf://ana/v/v.bin", "no such repository", "/v.txt: 404", "file's path"):
        assert told in str(caught.value)


def test_a_wrong_checksum_is_told(server):
    server.files["/v.txt"] = TEXT
    with pytest.raises(DataError, match="another SHA-256"):
        catalogue.pull(made(urls=(f"{server.url}/v.txt",), sha256="0" * 64))


def test_offline_what_is_not_cached_is_a_wrong_call(server):
    for entry in (NILC, made(urls=(f"{server.url}/v.txt",)), made(hub="a/b", files=("c",))):
        with pytest.raises(CallError, match="not in the cache"):
            catalogue.pull(entry, offline=True)
    assert not server.asked


def test_force_brings_it_again(server):
    entry = made(urls=(f"{server.url}/v.txt",))
    server.files["/v.txt"] = TEXT
    catalogue.pull(entry)
    server.files["/v.txt"] = b"new"
    assert catalogue.pull(entry).read_bytes() == TEXT
    assert catalogue.pull(entry, force=True).read_bytes() == b"new"


def test_a_note_that_cannot_be_written_costs_only_time(server):
    served(server, NILC)
    cache_folder().mkdir()
    (cache_folder() / "catalogue").write_text("in the way")
    assert catalogue.pull(NILC) == catalogue.pull(NILC)


def test_a_set_with_no_place_says_so(server):
    with pytest.raises(DataError, match="none of its places"):
        catalogue.pull(made())
