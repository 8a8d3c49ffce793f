"""``nlpseq vectors convert`` as users call it."""

import bz2
import gzip
import hashlib
import lzma
import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nlpseq.cli import main
from nlpseq.embeddings.formats import identify
from nlpseq.embeddings.vectors import Vectors

WORDS = ["rei", "coração", "🙂", "0,0", "w4", "w5"]
MATRIX = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
FAULTY = "6 2\na 1 2\nb 1\na 3 4\nc x 5\n 6 7\nd 8 9\n"
FORMATS = ["store", "word2vec", "word2vec-binary", "glove"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(**more):
    return Vectors(WORDS, MATRIX, **more)


def state(folder):
    """Every folder, and every file with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


def convert(*arguments):
    done = CliRunner().invoke(main, ["vectors", "convert", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    return done.stderr


def refused(*arguments):
    """What is said; nothing may have changed."""
    before = state(Path())
    done = CliRunner().invoke(main, ["vectors", "convert", *map(str, arguments)])
    assert done.exit_code in (1, 2), done.output
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.stdout == ""
    assert state(Path()) == before
    return done.stderr


def same(path, matrix=MATRIX, words=WORDS):
    opened = Vectors.open(path)
    assert list(opened.words) == list(words)
    assert opened.matrix.view(np.uint32).tolist() == matrix.view(np.uint32).tolist()
    return opened


# formats


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_from_any_format_to_any_other_and_back(folder, first, second):
    made().save("a", format=first)
    assert "b: 0.0 MiB" in convert("a", "b", "--to", second)
    same("b")
    convert("b", "c", "--to", first)
    same("c")
    if first != "store":  # a store holds its recipe as well
        assert (folder / "a").read_bytes() == (folder / "c").read_bytes()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("w.safetensors", "store"), ("w.bin", "word2vec-binary"), ("w.txt", "text"),
        ("w.vec", "text"), ("w", "text"), ("w.txt.gz", "text"), ("w.txt.bz2", "text"),
        ("w.xz", "text"), ("w.zst", "text"), ("w.bin.gz", "word2vec-binary"),
    ],
)  # fmt: skip
def test_the_name_of_the_target_says_its_format(name, expected):
    made().save("v.txt", format="glove")
    convert("v.txt", name)
    assert identify(Path(name)) == expected
    same(name)


def test_a_store_that_is_to_be_packed_is_no_text():
    made().save("v.txt", format="glove")
    assert "v.safetensors.gz" in refused("v.txt", "v.safetensors.gz")
    for name in ("v.gz", "v.xz", "v.bz2", "v.zst"):
        assert "cannot" in refused("v.txt", name, "--to", "store")


def test_the_projector(folder):
    made().save("v.txt", format="glove")
    convert("v.txt", "w.tsv")
    assert Path("w-words.tsv").read_text("utf-8").splitlines() == WORDS
    numbers = [line.split("\t") for line in Path("w.tsv").read_text().splitlines()]
    assert np.array_equal(np.array(numbers, dtype=np.float32), MATRIX)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_sources(pack):
    made().save("v.bin")
    Path("packed").write_bytes(pack(Path("v.bin").read_bytes()))
    convert("packed", "w.safetensors")
    same("w.safetensors")


def test_a_file_of_an_archive():
    made().save("v.txt", format="glove")
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.write("v.txt", "in/v.txt")
        archive.writestr("read me", "Hello.")
    convert("a.zip/in/v.txt", "w.safetensors")
    same("w.safetensors")
    assert "name one of them: a.zip/in/v.txt" in refused("a.zip", "x.safetensors")


def test_a_format_that_is_given():
    made().save("v.bin")
    convert("v.bin", "w.txt", "--from", "word2vec-binary")
    same("w.txt")
    for wrong in ("text", "fasttext", "safetensors-vocab"):
        assert "v.bin" in refused("v.bin", "x.txt", "--from", wrong)


def test_what_is_given_as_a_store_and_is_none():
    made().save("v.txt", format="glove")
    assert "v.txt" in refused("v.txt", "w.txt", "--from", "store")
    assert "v.txt" in refused("v.txt", "w.safetensors", "--from", "store")


# what a store keeps


def test_precision():
    made().save("v.txt", format="glove")
    for precision, width in (("float16", 2), ("int8", 1), ("float32", 4)):
        convert("v.txt", f"{precision}.safetensors", "--precision", precision)
        opened = Vectors.open(f"{precision}.safetensors")
        assert opened.rows.precision == precision
        assert opened.rows.data.itemsize == width
        assert np.abs(opened.matrix - MATRIX).max() < 0.02
        convert(f"{precision}.safetensors", f"{precision}.txt")
        same(f"{precision}.txt", opened.matrix)
    Path("large.txt").write_text("a 1 70000\nb 1 2\n")
    assert "too large for float16" in refused(
        "large.txt", "x.safetensors", "--precision", "float16"
    )


@pytest.mark.parametrize("target", ["w.txt", "w.bin", "w.tsv", "w.txt.gz"])
def test_precision_is_of_a_store_alone(target):
    made().save("v.txt", format="glove")
    said = refused("v.txt", target, "--precision", "int8")
    assert "only a store keeps int8" in said


def test_recipe_licence_and_source():
    made().save("v.txt", format="glove")
    options = ["--recipe", "lower", "--licence", "CC BY © ção", "--source", "corpus\nof news"]
    convert("v.txt", "w.safetensors", *options)
    opened = same("w.safetensors")
    assert opened.recipe == "lower"
    assert opened.about == {"licence": "CC BY © ção", "source": "corpus\nof news"}
    assert opened.find("REI") == 0
    convert("w.safetensors", "x.safetensors", "--precision", "int8", "--licence", "CC0")
    again = Vectors.open("x.safetensors")
    assert again.recipe == "lower"
    assert again.about == {"licence": "CC0", "source": "corpus\nof news"}
    for option in (["--recipe", "lower"], ["--licence", "x"], ["--source", "x"]):
        said = refused("v.txt", "w.txt", *option)
        assert f"only a store keeps {option[0].removeprefix('--')}" in said


def test_a_store_keeps_its_counts():
    made(counts=np.arange(6)[::-1] * 7).save("v.safetensors")
    convert("v.safetensors", "w.safetensors", "--first", "4")
    assert Vectors.open("w.safetensors").counts.tolist() == [35, 28, 21, 14]


# a part, and repairs


@pytest.mark.parametrize("target", ["w.safetensors", "w.txt"])
@pytest.mark.parametrize("source", ["v.txt", "v.safetensors"])
def test_a_part(source, target):
    made().save(source)
    Path("list.txt").write_text("\ufeffw5\nrei\t12\nnada\n\nrei\n🙂\r\n")
    convert(source, target, "--first", "2")
    same(target, MATRIX[:2], WORDS[:2])
    convert(source, target, "--force", "--words", "list.txt")
    same(target, MATRIX[[0, 2, 5]], ["rei", "🙂", "w5"])
    convert(source, target, "--force", "--words", "list.txt", "--first", "2")
    same(target, MATRIX[[0, 2]], ["rei", "🙂"])
    Path("list.txt").write_text("nada\n")
    refused(source, f"x{target}", "--words", "list.txt")


@pytest.mark.parametrize("target", ["w.safetensors", "w.txt", "w.bin"])
def test_repairs_are_reported(target):
    Path("v.txt").write_text(FAULTY)
    said = refused("v.txt", target)
    assert "error: v.txt:3: 1 numbers where 2 are wanted\n  repair (--repair) mends" in said
    said = convert("v.txt", target, "--repair")
    same(target, np.array([[1, 2], [8, 9]], dtype=np.float32), ["a", "d"])
    for line in (
        "v.txt: 4 repaired",
        "line 3: 1 numbers where 2 are wanted; left out",
        "line 4: the word 'a' stands there twice; the first is kept",
        "line 5: 'x' is no finite number; left out",
        "line 6: the row has no word; left out",
        "the header announces 6 words, the file holds 3",
    ):
        assert line in said.splitlines()


def test_one_thread_writes_what_many_write():
    Vectors([f"w{i}" for i in range(3000)], np.ones((3000, 2), dtype=np.float32)).save("v.txt")
    convert("v.txt", "a.safetensors", "--threads", "1")
    convert("v.txt", "b.safetensors", "--threads", "3")
    assert Path("a.safetensors").read_bytes() == Path("b.safetensors").read_bytes()


# where it is written


def test_nothing_is_replaced_unasked():
    made().save("v.txt", format="glove")
    for name in ("w.safetensors", "w.txt", "w.bin", "w.tsv"):
        Path(name).write_text("mine")
        assert f"{name}: is there already\n  --force replaces it" in refused("v.txt", name)
        convert("v.txt", name, "--force")
        assert Path(name).read_text("latin-1") != "mine"


def test_the_second_file_of_the_projector_is_not_replaced_unasked():
    made().save("v.txt", format="glove")
    Path("w-words.tsv").write_text("mine")
    assert "w-words.tsv: is there already" in refused("v.txt", "w.tsv")
    convert("v.txt", "w.tsv", "--force")
    assert Path("w-words.tsv").read_text("utf-8").splitlines() == WORDS


def test_a_file_over_itself():
    for name in ("v.safetensors", "v.txt", "v.bin"):
        made().save(name)
        assert "is there already" in refused(name, name)
        convert(name, name, "--force", "--first", "3")
        same(name, MATRIX[:3], WORDS[:3])
        said = refused(name, name, "--force", "--precision", "int4")
        assert "int4" in said


def test_a_link_is_written_through():
    made().save("v.txt", format="glove")
    Path("real.safetensors").write_text("mine")
    Path("link.safetensors").symlink_to("real.safetensors")
    assert "is there already" in refused("v.txt", "link.safetensors")
    convert("v.txt", "link.safetensors", "--force")
    assert Path("link.safetensors").is_symlink()
    same("real.safetensors")


def test_folders_on_the_way_are_made():
    made().save("v.txt", format="glove")
    convert("v.txt", "new/folder/w.safetensors")
    same("new/folder/w.safetensors")


@pytest.mark.parametrize("target", ["new/folder/w.safetensors", "new/w.txt"])
def test_folders_on_the_way_are_not_left_behind(target):
    Path("v.txt").write_text(FAULTY)
    refused("v.txt", target)


@pytest.mark.parametrize("content", [FAULTY, "a 1 2\nb 1 2\nc 3", "a 1 2\nb 1 2\na 1 2\n", "<p>\n"])
@pytest.mark.parametrize("target", ["w.safetensors", "w.bin", "w.txt.gz", "w.tsv"])
def test_an_error_leaves_nothing_behind(content, target):
    Path("v").write_text(content)
    refused("v", target)
    Path(target).write_text("mine")
    refused("v", target, "--force")
    assert Path(target).read_text() == "mine"


@pytest.mark.parametrize("target", ["folder", "folder/", "v.txt/w.safetensors"])
def test_no_place_for_a_file(target):
    made().save("v.txt", format="glove")
    Path("folder").mkdir()
    refused("v.txt", target)
    refused("v.txt", target, "--force", "--to", "store")


# standard input and output


def test_standard_input_and_output(call, folder):
    made().save("v.txt", format="glove")
    content = Path("v.txt").read_bytes()
    done = call("vectors", "convert", "-", "-", "--to", "glove", stdin=gzip.compress(content))
    assert (done.returncode, done.stdout.encode(), done.stderr) == (0, content, "")
    done = call("vectors", "convert", "v.txt", "-")
    assert done.stdout == f"6 3\n{content.decode()}"
    done = call("vectors", "convert", "-", "w.safetensors", stdin=content)
    assert (done.returncode, done.stdout) == (0, "")
    same("w.safetensors")


def test_an_error_in_standard_input_names_it(call):
    before = state(Path())
    done = call("vectors", "convert", "-", "w.safetensors", stdin=FAULTY)
    assert done.returncode == 1
    assert "stdin:3: " in done.stderr or "standard input:3: " in done.stderr
    assert state(Path()) == before


def test_a_store_cannot_go_through_a_pipe(call):
    made().save("v.txt", format="glove")
    done = call("vectors", "convert", "v.txt", "-", "--to", "store")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written to a pipe" in done.stderr


def test_the_projector_needs_two_files(call):
    """And never writes beside the device that standard output is."""
    made().save("v.txt", format="glove")
    stray = Path("/dev/stdout-words")
    try:
        done = call("vectors", "convert", "v.txt", "-", "--to", "projector")
        assert (done.returncode, done.stdout) == (2, "")
        assert not stray.exists()
    finally:
        stray.unlink(missing_ok=True)


@pytest.mark.parametrize("options", [[], ["--to", "word2vec-binary"], ["--to", "store"]])
def test_standard_output_may_be_a_file(command, folder, options):
    """The shell made it, so it is there already."""
    made().save("v.txt", format="glove")
    with Path("out").open("wb") as out:
        done = subprocess.run(
            [command, "vectors", "convert", "v.txt", "-", *options],
            stdout=out, stderr=subprocess.PIPE, text=True, cwd=folder,
        )  # fmt: skip
    if "store" in options and done.returncode:
        assert done.returncode == 2
        return
    assert done.returncode == 0, done.stderr
    same("out")


def test_standard_output_that_is_appended_to(command, folder):
    made().save("v.txt", format="glove")
    Path("out").write_text("first\n")
    with Path("out").open("ab") as out:
        subprocess.run(
            [command, "vectors", "convert", "v.txt", "-", "--to", "glove", "--force"],
            stdout=out, cwd=folder,
        )  # fmt: skip
    assert Path("out").read_text("utf-8") == "first\n" + Path("v.txt").read_text("utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_ctrl_c_leaves_nothing_half_written(command, folder, monkeypatch, heed_interrupts):
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    os.mkfifo("pipe")
    before = set(Path().rglob("*"))
    process = subprocess.Popen(
        [command, "vectors", "convert", "pipe", "w.safetensors"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    with Path("pipe").open("wb") as pipe:
        pipe.write(b"a 1 2\nb 3 4\n" * 100)
        pipe.flush()
        for _ in range(100):  # until it reads
            if any((folder / "temporary").rglob("*")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == ("", "interrupted\n")
    assert set(Path().rglob("*")) == before


def test_an_argument_in_another_encoding(call):
    made().save("v.txt", format="glove")
    done = call("vectors", "convert", "v.txt", "w.safetensors", "--licence", "\udce7")
    if done.returncode == 0:
        import safetensors

        with safetensors.safe_open("w.safetensors", "numpy") as file:
            assert file.metadata()
        done = call("vectors", "info", "w.safetensors", "--json")
        assert done.returncode == 0
    else:
        assert done.returncode == 2
        assert not Path("w.safetensors").exists()
