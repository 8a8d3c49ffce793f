import zipfile
from pathlib import Path

import pytest

from nlpseq import hub
from nlpseq.errors import CallError
from nlpseq.files import STDIN
from nlpseq.text.corpus.sources import files_of, format_of, place

FILES = [
    "a.csv",
    "b.jsonl.gz",
    "deep/c.txt",
    "deep/er/d.TSV.zst",
    "deep/e.parquet",
    "README.md",
    "model.bin",
    ".hidden.csv",
    ".git/f.csv",
    "deep/.cache/g.txt",
]


@pytest.fixture
def folder(tmp_path):
    top = tmp_path / "data"
    for name in FILES:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text\nx\n")
    return top


def below(folder, source):
    return [path.relative_to(folder).as_posix() for path in files_of(source)]


def test_a_file_is_itself_whatever_its_name(folder):
    assert files_of(folder / "README.md") == [folder / "README.md"]
    assert files_of(str(folder / ".hidden.csv")) == [folder / ".hidden.csv"]


@pytest.mark.parametrize("source", ["-", Path("-"), STDIN])
def test_the_standard_input(source):
    assert files_of(source) == [STDIN]


def test_a_folder_is_all_that_can_be_read_below_it(folder):
    found = ["a.csv", "b.jsonl.gz", "deep/c.txt", "deep/e.parquet", "deep/er/d.TSV.zst"]
    assert below(folder, folder) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv"]),
        ("[ab].*", ["a.csv", "b.jsonl.gz"]),
        ("*.md", ["README.md"]),
        ("?.csv", ["a.csv"]),
        ("*/*", ["deep/c.txt", "deep/e.parquet"]),
        ("**/*.txt", ["deep/c.txt"]),
        ("**/*.csv", ["a.csv"]),
        (".*.csv", [".hidden.csv"]),
        ("deep/**", ["deep/c.txt", "deep/e.parquet", "deep/er/d.TSV.zst"]),
    ],
)
def test_a_pattern(folder, pattern, found):
    assert below(folder, folder / pattern) == found


def test_a_pattern_from_where_one_stands(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert files_of("*.csv") == [Path("a.csv")]
    assert files_of("deep/*.txt") == [Path("deep/c.txt")]


def test_a_name_that_looks_like_a_pattern(folder):
    (folder / "x[1].csv").write_text("text\n")
    assert files_of(folder / "x[1].csv") == [folder / "x[1].csv"]


def test_a_member_of_an_archive(folder):
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.writestr("in/y.csv", "text\n")
    path = folder / "x.zip" / "in" / "y.csv"
    assert files_of(path) == [path]
    assert format_of(path) == "csv"


def test_an_address_on_the_hub(monkeypatch):
    asked = []

    def dataset_files(address, *, progress):
        asked.append(address)
        return [Path("x.csv")]

    monkeypatch.setattr(hub, "dataset_files", dataset_files, raising=False)
    assert files_of("hf://datasets/me/it@main/*.csv") == [Path("x.csv")]
    assert asked == ["hf://datasets/me/it@main/*.csv"]


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("a.cvs", "no such file", "a.csv"),
        ("*.cvs", "no file matches", "a.csv"),
        ("nodeep/*.csv", "no such file", None),
        ("a.csv/*.csv", "files of a folder only", None),
        ("deep/.cache/*.csv", "no file matches", "**"),
        (".git/*.jsonl", "no file matches", "**"),
    ],
)
def test_what_is_not_there(folder, name, message, remedy):
    with pytest.raises(CallError, match=message) as caught:
        files_of(folder / name)
    assert remedy is None or remedy in caught.value.remedy


def test_a_folder_without_known_files(tmp_path):
    (tmp_path / "x.pdf").touch()
    (tmp_path / ".x.csv").touch()
    with pytest.raises(CallError, match="no file of a known format") as caught:
        files_of(tmp_path)
    assert ".jsonl" in caught.value.remedy


@pytest.mark.parametrize("target", ["secret.csv", "secret", "missing.csv"])
@pytest.mark.parametrize("source", ["", "*", "**/*"])
def test_a_link_out_of_the_folder_is_refused(folder, target, source):
    outside = folder.parent / "outside"
    (outside / "secret").mkdir(parents=True)
    (outside / "secret.csv").write_text("text\n")
    (folder / "z.csv").symlink_to(outside / target)
    with pytest.raises(CallError, match="leads out of the folder") as caught:
        files_of(folder / source)
    assert caught.value.where == str(folder / "z.csv")


def test_links_within_the_folder_are_read_once(folder):
    (folder / "aa.csv").symlink_to(folder / "a.csv")
    (folder / "blob").write_text("text\n")
    (folder / "blob.csv").symlink_to(folder / "blob")
    (folder / "bloc.csv").symlink_to(folder / "blob")
    (folder / "loop").symlink_to(folder)
    found = below(folder, folder)
    assert [name for name in found if name.endswith(".csv")] == ["a.csv", "blob.csv"]


def test_a_folder_named_like_a_file_is_no_file(folder):
    (folder / "x.csv").mkdir()
    assert "x.csv" not in below(folder, folder)


def test_the_standard_input_tells_no_format():
    with pytest.raises(CallError, match="does not tell the format") as caught:
        format_of(STDIN)
    assert caught.value.where == "standard input"
    assert "jsonl" in caught.value.remedy


def test_place_counts_rows_of_parquet():
    assert place("a/b.csv", 3) == "a/b.csv:3"
    assert place("a/b.parquet", 3) == "a/b.parquet: row 3"
