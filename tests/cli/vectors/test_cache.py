"""``nlpseq vectors cache`` as users call it."""

import pytest

ROWS = 9000  # so that a file is large enough to be kept


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NLPSEQ_CACHE_LIMIT", raising=False)
    return tmp_path


@pytest.fixture
def large(folder):
    row = " 0.123456789" * 40
    path = folder / "large.txt"
    path.write_text("".join(f"w{i} {i}{row}\n" for i in range(ROWS)))
    return path


def cached(folder):
    return sorted(p.name for p in (folder / "cache").rglob("*.safetensors"))


def test_a_file_is_kept_listed_and_removed(call, folder, large):
    first = call("vectors", "near", "large.txt", "w3", "-k", "1")
    assert first.returncode == 0
    assert "kept large.txt as" in first.stderr
    assert "next time it opens at once" in first.stderr
    again = call("vectors", "near", "large.txt", "w3", "-k", "1")
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")
    (name,) = cached(folder)

    listed = call("vectors", "cache", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    size, used, path, origin = listed.stdout.rstrip("\n").split("\t")
    assert size == f"{(folder / 'cache/vectors' / name).stat().st_size / 2**20:,.1f} MiB"
    assert used.startswith("20")
    assert path.endswith(name)
    assert origin.endswith("large.txt")

    cleared = call("vectors", "cache", "clear")
    assert (cleared.returncode, cleared.stdout) == (0, "")
    assert cleared.stderr == f"{size} freed\n"
    assert cached(folder) == []
    for verb in ("list", "clear"):
        empty = call("vectors", "cache", verb)
        assert (empty.returncode, empty.stdout) == (0, "")


def test_no_cache_leaves_nothing(call, folder, large):
    for verb in (["near", "large.txt", "w1"], ["info", "large.txt"]):
        done = call("vectors", *verb, "--no-cache")
        assert (done.returncode, done.stderr) == (0, "")
    assert call("vectors", "convert", "large.txt", "v.safetensors").returncode == 0
    assert not (folder / "cache").exists()


def test_a_relative_path_and_another_folder(call, folder, large):
    """The list says where a file is, whatever folder it was called from."""
    call("vectors", "info", "large.txt")
    origin = call("vectors", "cache", "list").stdout.rstrip("\n").split("\t")[-1]
    assert origin == str(large)


def test_a_cache_that_cannot_be_written(call, folder, large, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("NLPSEQ_CACHE", str(folder / "file"))
    done = call("vectors", "near", "large.txt", "w3", "-k", "1")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "the cache cannot be written" in done.stderr
    assert call("vectors", "cache", "list").stdout == ""


def test_a_limit_that_is_no_number(call, folder, large, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", "5G")
    done = call("vectors", "near", "large.txt", "w3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "NLPSEQ_CACHE_LIMIT: '5G' is no number of GiB" in done.stderr
    assert cached(folder) == []
