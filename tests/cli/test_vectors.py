"""``nlpseq vectors``: its verbs, and their misuses in one table; what they do is in vectors/."""

import gzip
import hashlib
import io
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from nlpseq.cli import main
from nlpseq.cli.vectors import command as group
from nlpseq.embeddings.vectors import Vectors

TEXT = "4 2\nhomem 1 0\nmulher 1 1\nrei 2 0\nrainha 2 2\n"


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", TEXT)
        packed.writestr("b.txt", TEXT)
    return file.getvalue()


FILES = {
    "v.txt": TEXT.encode(),
    "bad.txt": b"a 1 2\nb 1 x\n",
    "twice.txt": b"a 1 2\na 1 2\n",
    "short.txt": b"a 1 2\nb 1\n",
    "latin1.txt": b"a 1 2\ncora\xe7ao 1 2\n",
    "empty": b"",
    "page.html": b"<!DOCTYPE html>\n<p>404</p>\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "pickle.kv": b"\x80\x04\x95\0\0\0\0.",
    "header.txt": b"99999999999 300\nrei 1 2\n",
    "cut.gz": gzip.compress(TEXT.encode(), mtime=0)[:-9],
    "two.zip": archive(),
    "words.txt": b"rei\n",
    "words-latin1.txt": b"rei\ncora\xe7ao\n",
    "wide.txt": b"a 1 70000\nb 1 2\n",
    "there.safetensors": b"mine",
    "there.txt": b"mine",
    "there.html": b"mine",
    "folder/file": b"mine",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    store = tmp_path / "v.safetensors"
    Vectors(["rei", "mar"], np.ones((2, 2), dtype=np.float32)).save(store)
    content = store.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[:-1])
    (tmp_path / "packed.safetensors").write_bytes(gzip.compress(content))
    newer = content.replace(b'"version": "1"', b'"version": "9"')
    (tmp_path / "newer.safetensors").write_bytes(newer)
    return tmp_path


def state(folder):
    """Every folder, and every file with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


GZ = "v.safetensors.gz"
MISUSES = [
    # the arguments, the exit status, what the message says
    # the group
    ("nera v.txt rei", 2, ["No such command 'nera'"]),
    ("near", 2, ["Missing argument 'VECTORS'"]),
    ("near --nonsense", 2, ["No such option"]),
    # train, whose own table is in test_vectors_train.py
    ("train", 2, ["Missing argument 'CORPUS...'"]),
    # near
    ("near v.txt Rei", 1, ["the vectors hold no word 'Rei'", "did you mean 'rei'?"]),
    ("near v.txt qqq", 1, ["error: the vectors hold no word 'qqq'\n"]),
    ("near v.txt rei qqq", 1, ["'qqq'"]),
    ("near w.txt rei", 2, ["w.txt: no such file", "did you mean v.txt"]),
    ("near no/such/v.txt rei", 2, ["no/such/v.txt: no such file"]),
    ("near nothing-of-that-name rei", 2, ["no set of that name", "nlpseq vectors list"]),
    ("near nilc-skip-gram-100 rei", 2, ["did you mean 'nilc-"]),
    ("near nilc-skip-gram-100d rei", 2, ["the network is not to be used"]),
    ("near hf://x rei", 2, ["hf://x: this is no address on the hub", "hf://owner/name"]),
    ("near hf://owner/name rei", 2, ["hf://owner/name"]),
    ("near . rei", 2, [".: this is a folder, a file is wanted"]),
    ("near v.txt rei -k 0", 2, ["'-k'", "0"]),
    ("near v.txt rei -k many", 2, ["'-k'", "many"]),
    ("near v.txt rei --first 0", 2, ["--first"]),
    ("near v.txt rei --min-count 0", 2, ["--min-count"]),
    ("near v.txt rei --min-count 5", 2, ["do not know how often a word was seen"]),
    ("near v.txt rei --among wrods.txt", 2, ["wrods.txt: no such file", "did you mean words.txt"]),
    ("near v.txt rei --among words-latin1.txt", 1, ["words-latin1.txt:2: byte 5", "iconv"]),
    ("near v.txt rei --among folder", 2, ["folder: this is a folder"]),
    ("near bad.txt a", 1, ["bad.txt:2: 'x' is no finite number", "--repair"]),
    ("near twice.txt a", 1, ["twice.txt:2: the word 'a' stands there twice"]),
    ("near short.txt a", 1, ["short.txt:2: 1 numbers where 2 are wanted"]),
    ("near latin1.txt a", 1, ["latin1.txt:2: the word b'cora\\xe7ao' is not UTF-8"]),
    ("near empty a", 1, ["empty: the file is empty"]),
    ("near page.html a", 1, ["page.html:1: no numbers in this row", "word vectors?"]),
    ("near picture.png a", 1, ["picture.png: no format of vectors", "word2vec and GloVe text"]),
    ("near pickle.kv a", 2, ["pickle.kv: a pickle of gensim, which can run code", "gensim"]),
    ("near header.txt rei", 1, ["header.txt:2: the header announces 300", "here are 2"]),
    ("near cut.gz rei", 1, ["cut.gz: the compressed file is damaged or cut off"]),
    ("near two.zip rei", 2, ["two.zip: the archive holds a.txt, b.txt", "two.zip/a.txt"]),
    ("near two.zip/c.txt rei", 2, ["two.zip/c.txt", "a.txt, b.txt"]),
    ("near cut.safetensors rei", 1, ["cut.safetensors: the store is damaged", "make the file"]),
    ("near packed.safetensors rei", 2, ["packed cannot be mapped", "unpack it first"]),
    ("near newer.safetensors rei", 1, ["a store of version 9", "install a newer nlpseq"]),
    # analogy
    ("analogy v.txt rei", 2, ["3 words make a question, and 1 were given"]),
    ("analogy v.txt a b c d", 2, ["3 words make a question, and 4 were given"]),
    ("analogy v.txt rei homem qqq", 1, ["the vectors hold no word 'qqq'"]),
    ("analogy v.txt rei homem mulher --method sum", 2, ["--method", "sum"]),
    ("analogy v.txt rei homem mulher -k -1", 2, ["-k"]),
    ("analogy", 2, ["Missing argument 'VECTORS'"]),
    # info
    ("info", 2, ["Missing argument 'VECTORS'"]),
    ("info v.txt v.txt", 2, ["unexpected extra argument"]),
    ("info picture.png", 1, ["picture.png: no format of vectors"]),
    ("info folder", 2, ["folder: this is a folder"]),
    # convert
    ("convert v.txt", 2, ["Missing argument 'TARGET'"]),
    ("convert v.txt there.safetensors", 2, ["there.safetensors: is there already", "--force"]),
    ("convert v.txt there.txt", 2, ["there.txt: is there already", "--force"]),
    ("convert w.txt w.safetensors", 2, ["w.txt: no such file"]),
    ("convert bad.txt w.safetensors", 1, ["bad.txt:2: 'x' is no finite number"]),
    ("convert bad.txt there.safetensors --force", 1, ["bad.txt:2"]),
    ("convert bad.txt w.txt.gz", 1, ["bad.txt:2"]),
    ("convert bad.txt new/w.safetensors", 1, ["bad.txt:2"]),
    ("convert cut.gz w.bin", 1, ["cut.gz: the compressed file is damaged"]),
    ("convert picture.png w.txt --repair", 1, ["picture.png: no format"]),
    ("convert page.html w.txt --repair", 1, ["page.html:1"]),
    ("convert v.txt w.txt --to text", 2, ["--to", "'text' is not one of"]),
    ("convert v.txt w.txt --from word2vec", 2, ["--from", "'word2vec' is not one of"]),
    ("convert v.txt w.txt --from store", 1, ["v.txt"]),
    ("convert v.txt w.txt --from fasttext", 1, ["v.txt"]),
    ("convert v.txt w.txt --from word2vec-binary", 1, ["v.txt"]),
    ("convert v.txt w.txt --precision int8", 2, ["only a store keeps int8", ".safetensors"]),
    ("convert v.txt w.safetensors --precision int4", 2, ["--precision", "int4"]),
    ("convert wide.txt w.safetensors --precision float16", 1, ["too large for float16", "int8"]),
    ("convert v.txt w.txt --licence MIT", 2, ["only a store keeps licence"]),
    ("convert v.txt w.txt --source x --recipe lower", 2, ["only a store keeps", "source, recipe"]),
    ("convert v.txt w.safetensors --recipe upper", 2, ["--recipe", "upper"]),
    ("convert v.txt w.safetensors --first 0", 2, ["--first"]),
    ("convert v.txt w.safetensors --threads 0", 2, ["--threads"]),
    ("convert v.txt w.safetensors --words nothing.txt", 2, ["nothing.txt: no such file"]),
    ("convert v.txt w.safetensors --words words-latin1.txt", 1, ["words-latin1.txt:2"]),
    ("convert v.txt w.safetensors --words empty", 1, ["no vector to write"]),
    ("convert v.txt w.txt --words empty", 1, ["no vector to write"]),
    ("convert v.txt folder", 2, ["folder: this is a folder"]),
    ("convert v.txt folder --to store", 2, ["folder: this is a folder"]),
    ("convert v.txt v.txt/w.safetensors", 1, ["v.txt"]),
    (f"convert v.txt {GZ}", 2, [GZ]),
    ("convert v.txt w.gz --to store", 2, ["w.gz"]),
    ("convert pickle.kv w.txt", 2, ["can run code"]),
    # cache
    ("cache", 2, ["list", "clear"]),
    ("cache lits", 2, ["No such command 'lits'"]),
    ("cache list v.txt", 2, ["unexpected extra argument"]),
    # map
    ("map v.txt", 2, ["Missing option '-o'"]),
    ("map v.txt -o map.jpg", 2, ["map.jpg: a map is written as", ".png, .svg, .html, .tsv"]),
    ("map v.txt -o there.html", 2, ["there.html: is there already", "--force"]),
    ("map v.txt -o map.html --method umap", 2, ["--method", "umap"]),
    ("map v.txt -o map.html --method pca --near qqq", 1, ["no word 'qqq'"]),
    ("map v.txt -o map.html --method pca --words nothing", 2, ["nothing: no such file"]),
    ("map v.txt -o map.html --clusters 0", 2, ["--clusters"]),
    ("map w.txt -o map.html --method pca", 2, ["w.txt: no such file"]),
    ("map bad.txt -o map.html --method pca", 1, ["bad.txt:2"]),
    # the catalogue and the hub
    ("list --language xx", 2, ["--language", "xx"]),
    ("list v.txt", 2, ["unexpected extra argument"]),
    ("pull", 2, ["Missing argument"]),
    ("pull nothing-of-that-name", 2, ["no set of that name", "nlpseq vectors list"]),
    ("pull v.txt", 2, ["v.txt"]),
    ("pull nilc-skip-gram-100d --offline", 2, ["the network is not to be used"]),
    ("pull nilc-skip-gram-100d -o there.safetensors", 2, ["there.safetensors: is there already"]),
    ("pull hf://x", 2, ["hf://x"]),
    ("push v.txt", 2, ["Missing argument 'OWNER/NAME'"]),
    ("push v.txt name", 2, ["owner/name"]),
    ("push v.txt a/b/c", 2, ["owner/name"]),
    ("push w.txt me/v", 2, ["w.txt: no such file"]),
    ("push v.txt me/v", 2, ["the network is not to be used"]),
    # evaluate
    ("evaluate v.txt", 2, ["nothing to evaluate on"]),
    ("evaluate w.txt --similarity words.txt", 2, ["w.txt: no such file"]),
    ("evaluate v.txt --similarity nothing.csv", 2, ["nothing.csv: no such file"]),
    ("evaluate v.txt --similarity words.txt", 1, ["words.txt"]),
    ("evaluate v.txt --analogy words.txt", 1, ["words.txt:1"]),
    ("evaluate v.txt --coverage words-latin1.txt", 1, ["words-latin1.txt:2"]),
]


@pytest.mark.parametrize(("arguments", "status", "messages"), MISUSES, ids=[m[0] for m in MISUSES])
def test_misuse_is_said_and_harms_nothing(folder, arguments, status, messages):
    before = state(folder)
    done = CliRunner().invoke(main, ["vectors", *arguments.split()])
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code == status, done.output
    for message in messages:
        assert message in done.stderr
    assert done.stdout == ""
    assert state(folder) == before


def test_the_table_has_every_verb():
    assert {misuse[0].split()[0] for misuse in MISUSES} >= set(group.modules)
    assert len(MISUSES) >= 60


@pytest.mark.parametrize("verb", [v for v in group.modules if v != "cache"])
def test_each_verb_shows_an_example(verb):
    done = CliRunner().invoke(main, ["vectors", verb, "--help"])
    assert done.exit_code == 0
    assert f"nlpseq vectors {verb} " in done.stdout


def test_the_installed_command_says_the_same(call):
    done = call("vectors", "near", "bad.txt", "a")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: bad.txt:2: 'x' is no finite number\n"
        "  repair (--repair) mends what it can and says what it did\n"
    )
