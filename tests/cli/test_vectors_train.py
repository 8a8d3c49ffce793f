"""``nlpseq vectors train``, as a user calls it."""

import hashlib
import json
import re
import signal
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner

from nlpseq.cli import main
from nlpseq.embeddings.train import options as all_options
from nlpseq.embeddings.train.settings import METHODS
from nlpseq.embeddings.vectors import Vectors

LINES = ["o rei vê a rainha", "a rainha vê o mar", "o mar é azul", "o céu é azul e o rei é Rei,"]
TEXT = "".join(f"{line}\n" for line in LINES * 5)
SMALL = ["--dim", "5", "--epochs", "2", "--threads", "1"]
BUCKETS = {"fasttext": ["--buckets", "50"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def train(*arguments, small=True, **options):
    arguments = ["vectors", "train", *map(str, arguments), *(SMALL if small else ())]
    return CliRunner().invoke(main, arguments, **options)


def trained(*arguments, **options):
    done = train(*arguments, **options)
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    return done.stderr


def state(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("method", METHODS)
def test_each_method_gives_a_store_that_can_be_asked(folder, method):
    told = trained("c.txt", "-o", "v.safetensors", "--method", method, *BUCKETS.get(method, ()))
    vectors = Vectors.open(folder / "v.safetensors")
    assert vectors.about["method"] == method
    assert json.loads(vectors.about["training"])["dim"] == vectors.dim == 5
    assert vectors.near("rei", k=1)
    line = told.splitlines()[-1]
    assert re.fullmatch(
        r"v\.safetensors: 11 words × 5, 115 tokens in [\d.]+ s, [\d,]+ words/s, [\d,]+ MiB", line
    )
    assert not (folder / "v.safetensors.checkpoint").exists()


def test_with_one_thread_the_same_call_gives_the_same_bytes(folder):
    told = [
        trained("c.txt", "-o", name, "--seed", "3") for name in ("a.safetensors", "b.safetensors")
    ]
    assert (folder / "a.safetensors").read_bytes() == (folder / "b.safetensors").read_bytes()
    assert not any("byte for byte" in each for each in told)
    trained("c.txt", "-o", "other.safetensors", "--seed", "4")
    assert (folder / "a.safetensors").read_bytes() != (folder / "other.safetensors").read_bytes()


def test_several_threads_say_that_they_do_not(folder):
    told = trained("c.txt", "-o", "v.safetensors", "--threads", "2", "--dim", "5", small=False)
    assert "2 threads write without locks" in told
    assert "--threads 1" in told


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bin"])
def test_the_name_says_the_format(folder, name):
    trained("c.txt", "-o", name, "--min-count", "1")
    assert Vectors.open(folder / name, cache=False).dim == 5


def test_words_are_what_stands_between_blanks(folder):
    trained("c.txt", "-o", "v.safetensors")
    vectors = Vectors.open("v.safetensors")
    assert "Rei," in vectors
    assert vectors.recipe == "none"


def test_texts_are_cut_where_that_is_asked_for(folder):
    rows = "".join(f'"{line}",1\n' for line in LINES * 5)
    (folder / "c.csv").write_text(f"body,stars\n{rows}", encoding="utf-8")
    trained("c.csv", "--field", "body", "--recipe", "lower", "-o", "v.safetensors")
    vectors = Vectors.open("v.safetensors")
    assert "rei" in vectors.words
    assert "," in vectors.words
    assert "Rei," not in vectors.words
    assert vectors.recipe == "lower"
    trained("c.csv", "--field", "body", "--no-punctuation", "-o", "w.safetensors")
    assert "," not in Vectors.open("w.safetensors").words


def test_standard_input_and_a_folder_are_read(folder):
    trained("-", "-o", "v.safetensors", input=TEXT)
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text(TEXT, encoding="utf-8")
    trained("texts", "-o", "w.safetensors")
    assert (folder / "v.safetensors").read_bytes() == (folder / "w.safetensors").read_bytes()


def test_what_is_broken_is_mended_and_told(folder):
    (folder / "bad.txt").write_bytes(TEXT.encode() + b"cora\xe7ao\n")
    assert train("bad.txt", "-o", "v.safetensors").exit_code == 1
    told = trained("bad.txt", "-o", "v.safetensors", "--repair", "--min-count", "1")
    assert "repaired:" in told
    assert "cora\ufffdao" in Vectors.open("v.safetensors").words


def test_max_vocab_keeps_the_most_frequent(folder):
    told = trained("c.txt", "-o", "v.safetensors", "--max-vocab", "3")
    assert "bounded to 3 words" in told
    assert len(Vectors.open("v.safetensors")) == 3


def test_phrases_are_joined_before_training(folder):
    others = "".join(f"x{i} y{i}\n" for i in range(300))
    (folder / "p.txt").write_text("nova york\n" * 30 + others, encoding="utf-8")
    arguments = ["p.txt", "-o", "v.safetensors", "--min-count", "5"]
    told = trained(*arguments, "--phrases", "1", "--connectors", "pt")
    assert "phrases" in told
    vectors = Vectors.open("v.safetensors")
    assert list(vectors.words) == ["nova_york"]
    assert vectors.about["phrases"] == "1 passes, connectors pt"
    alone = train("p.txt", "-o", "w.safetensors", "--connectors", "pt")
    assert alone.exit_code == 2
    assert "--connectors: is for --phrases" in alone.stderr


def test_training_goes_on_from_saved_vectors(folder):
    trained("c.txt", "-o", "v.safetensors")
    (folder / "new.txt").write_text("o rei vê o lago\n" * 9, encoding="utf-8")
    (folder / "pins.txt").write_text("rei\n")
    arguments = ["new.txt", "-o", "w.safetensors", "--epochs", "3", "--threads", "1"]
    arguments += ["--subsample", "1000"]  # which keeps every word
    trained(*arguments, "--start", "v.safetensors", "--pin", "pins.txt", small=False)
    before, after = Vectors.open("v.safetensors"), Vectors.open("w.safetensors")
    assert after.dim == 5
    assert "lago" in after
    assert "azul" in after
    assert np.array_equal(before["rei"], after["rei"])
    assert not np.array_equal(before["o"], after["o"])


def test_each_epoch_is_evaluated_and_the_best_is_kept(folder):
    (folder / "pairs.csv").write_text("a,b,score\nrei,rainha,9\nmar,azul,5\no,é,1\n", "utf-8")
    (folder / "questions.txt").write_text(": capitals\no rei a rainha\n")
    told = trained(
        "c.txt", "-o", "v.safetensors", "--evaluate", "pairs.csv", "--evaluate", "questions.txt",
        "--min-count", "1",
    )  # fmt: skip
    history = json.loads(Vectors.open("v.safetensors").about["history"])
    assert set(history[-1]["figures"]) == {"pairs.csv", "questions.txt"}
    assert "pairs.csv" in told


@pytest.fixture
def cut_off(monkeypatch):
    """Have Ctrl-C come in the second epoch of a training; what is returned lifts it."""
    from nlpseq.embeddings.train.methods.skip_gram import SkipGram

    whole = SkipGram.step

    def step(self, epoch, *rest):
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)
        return whole(self, epoch, *rest)

    monkeypatch.setattr(SkipGram, "step", step)
    return lambda: monkeypatch.setattr(SkipGram, "step", whole)


def test_what_was_cut_off_goes_on_as_if_it_had_not_been(folder, cut_off):
    call = ["c.txt", "-o", "v.safetensors", "--dim", "5", "--epochs", "4", "--threads", "1"]
    done = train(*call, small=False)
    assert done.exit_code == 130
    assert "v.safetensors.checkpoint: the same command with --resume goes on" in done.stderr
    assert not (folder / "v.safetensors").exists()
    cut_off()

    kept = state(folder)
    done = train(*call, small=False)
    assert done.exit_code == 2
    assert "v.safetensors.checkpoint: a training was cut off here" in done.stderr
    assert "--resume" in done.stderr
    assert "--force" in done.stderr
    assert state(folder) == kept

    done = train(*call, "--resume", "--window", "2", small=False)
    assert done.exit_code == 2
    assert "window 5, not 2" in done.stderr
    assert state(folder) == kept

    told = trained(*call, "--resume", small=False)
    assert "goes on after" in told
    assert "words/s" not in told.splitlines()[-1]
    assert not (folder / "v.safetensors.checkpoint").exists()
    trained(*call[:2], "whole.safetensors", *call[3:], small=False)
    assert (folder / "v.safetensors").read_bytes() == (folder / "whole.safetensors").read_bytes()


def test_force_starts_from_the_beginning(folder, cut_off):
    assert train("c.txt", "-o", "v.safetensors").exit_code == 130
    cut_off()
    told = trained("c.txt", "-o", "v.safetensors", "--force", "--window", "2")
    assert "goes on" not in told
    assert not (folder / "v.safetensors.checkpoint").exists()


def test_resume_without_a_checkpoint_starts_and_says_so():
    assert "nothing to resume" in trained("c.txt", "-o", "v.safetensors", "--resume")


def test_ctrl_c_of_a_real_process(folder, command, heed_interrupts):
    call = [command, "vectors", "train", "c.txt", "-o", "v.safetensors", "--epochs", "1000000"]
    process = subprocess.Popen(
        [*call, "--dim", "5", "--threads", "1", "-v"],
        stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch 9:"):
            process.send_signal(signal.SIGINT)
            break
    told = process.stderr.read()
    assert process.wait(60) == 130
    assert "--resume goes on" in told
    assert "Traceback" not in told
    assert (folder / "v.safetensors.checkpoint" / "checkpoint.json").exists()


FILES = {
    "empty.txt": b"",
    "blank.txt": b"\n \n\t\n",
    "rare.txt": b"a b c d\n",
    "latin1.txt": b"a b c d e\ncora\xe7ao\n",
    "junk.txt": bytes(range(256)) * 4,
    "zeros.txt": bytes(64),
    "one.txt": b"rei\n",
    "there.safetensors": b"mine",
    "there.txt": b"mine",
    "folder/file": b"mine",
    "rows.jsonl": b'{"text": "a"}\n{"body": "b"}\n',
    "pins.txt": b"xyzzy\n",
    "pairs.csv": b"a,b,score\nxx,yy,1\nzz,yy,2\n",
    "half.csv": b"a,b,score\nxx,yy,1\nzz,yy\n",
    "three.txt": b": capitals\na b c\n",
    "start.txt": b"2 3\nrei 1 2 3\nmar 1 2 3\n",
}
MISUSES = [
    # the arguments, the exit status, what the message says
    ("", 2, ["Missing argument 'CORPUS...'"]),
    ("c.txt", 2, ["Missing option '-o'"]),
    ("gone.txt -o v.safetensors", 2, ["gone.txt: no such file"]),
    ("cc.txt -o v.safetensors", 2, ["did you mean c.txt"]),
    ("hf://x -o v.safetensors", 2, ["hf://x"]),
    ("folder -o v.safetensors", 2, ["folder: the folder holds no file of a known format"]),
    ("c.txt -o -", 2, ["-o -: vectors are written to a file", "-o FILE"]),
    ("c.txt -o folder", 2, ["folder: this is a folder"]),
    ("c.txt -o there.safetensors", 2, ["there.safetensors: is there already", "--force"]),
    ("c.txt -o there.txt", 2, ["there.txt: is there already", "--force"]),
    ("c.txt -o v.safetensors.gz", 2, ["v.safetensors.gz: a store that is packed"]),
    ("c.txt -o v.safetensors --method word2vec", 2, ["--method", "'word2vec' is not one of"]),
    ("c.txt -o v.safetensors --dim 0", 2, ["--dim", "0 is not in the range"]),
    ("c.txt -o v.safetensors --dim many", 2, ["--dim", "many"]),
    ("c.txt -o v.safetensors --window 0", 2, ["--window"]),
    ("c.txt -o v.safetensors --epochs 0", 2, ["--epochs"]),
    ("c.txt -o v.safetensors --negatives 0", 2, ["--negatives"]),
    ("c.txt -o v.safetensors --min-count 0", 2, ["--min-count"]),
    ("c.txt -o v.safetensors --subsample 0", 2, ["--subsample"]),
    ("c.txt -o v.safetensors --subsample nan", 2, ["--subsample", "finite number"]),
    ("c.txt -o v.safetensors --learning-rate -1", 2, ["--learning-rate"]),
    ("c.txt -o v.safetensors --threads 0", 2, ["--threads"]),
    ("c.txt -o v.safetensors --seed -1", 2, ["--seed"]),
    (f"c.txt -o v.safetensors --seed {2**63}", 2, ["--seed", "too large"]),
    ("c.txt -o v.safetensors --corrected", 2,
     ["--corrected: for cbow only, of no effect on skip-gram"]),
    ("c.txt -o v.safetensors --method cbow --min-n 2", 2,
     ["--min-n: for fasttext only, of no effect on cbow"]),
    ("c.txt -o v.safetensors --method fasttext --min-n 5 --max-n 4", 2,
     ["--max-n: 4 is less than min_n, 5"]),
    ("c.txt -o v.safetensors --engine word2vec", 2, ["--engine", "word2vec"]),
    ("c.txt -o v.safetensors --engine gensim --resume", 2, ["--resume: gensim trains in one go"]),
    ("c.txt -o v.safetensors --tokenizer rulse", 2, ["--tokenizer: no tokenizer 'rulse'"]),
    ("c.txt -o v.safetensors --language pt", 2, ["language is for the kind spacy"]),
    ("c.txt -o v.safetensors --recipe upper", 2, ["--recipe", "upper"]),
    ("c.txt -o v.safetensors --encoding latin-9000", 2, ["latin-9000"]),
    ("c.txt -o v.safetensors --pin pins.txt", 2, ["--pin: is for --start"]),
    ("c.txt -o v.safetensors --start gone.txt", 2, ["gone.txt: no such file"]),
    ("c.txt -o v.safetensors --start start.txt --dim 5", 2, ["have dim 3, not 5"]),
    ("c.txt -o v.safetensors --start start.txt --pin pins.txt", 2, ["xyzzy"]),
    ("c.txt -o v.safetensors --start start.txt --pin gone.txt", 2, ["gone.txt: no such file"]),
    ("c.txt -o v.safetensors --evaluate gone.csv", 2, ["gone.csv: no such file"]),
    ("c.txt -o v.safetensors --evaluate half.csv", 1, ["half.csv:3"]),
    ("c.txt -o v.safetensors --evaluate three.txt", 1, ["three.txt:2: 3 words"]),
    ("c.txt -o v.safetensors --evaluate pairs.csv", 1, ["pairs.csv: of 2 pairs"]),
    ("empty.txt -o v.safetensors", 1, ["empty.txt: no word occurs 5 times in 0 tokens"]),
    ("blank.txt -o v.safetensors", 1, ["blank.txt: no word occurs 5 times in 0 tokens"]),
    ("rare.txt -o v.safetensors", 1, ["no word occurs 5 times in 4 tokens", "lower min_count"]),
    ("latin1.txt -o v.safetensors", 1, ["latin1.txt:2: byte 5 of the line, 0xe7", "iconv"]),
    ("junk.txt -o v.safetensors", 1, ["junk.txt:"]),
    ("zeros.txt -o v.safetensors", 1, ["zeros.txt:1: byte 1 of the line is 0", "text file?"]),
    ("latin1.txt -o v.safetensors --recipe lower", 1, ["latin1.txt:2", "iconv"]),
    ("rows.jsonl -o v.safetensors --min-count 1", 1, ["rows.jsonl:2"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "status", "messages"), MISUSES, ids=[m[0] for m in MISUSES])
def test_misuse_is_said_and_leaves_nothing(folder, arguments, status, messages):
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    before = state(folder)
    done = train(*arguments.split(), "--no-cache", small=False)
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code == status, done.output
    for message in messages:
        assert message in done.stderr
    assert done.stdout == ""
    assert state(folder) == before


def test_one_word_is_enough(folder):
    (folder / "one.txt").write_text("rei\n" * 5)
    trained("one.txt", "-o", "v.safetensors")
    assert len(Vectors.open("v.safetensors")) == 1


def test_help_has_every_option_of_every_method_with_its_default():
    done = CliRunner().invoke(main, ["vectors", "train", "--help"], terminal_width=1000)
    told = " ".join(done.stdout.partition("\nEvery method:")[2].split())
    for option in all_options.options().values():
        _, _, about = told.partition(f" --{option.name.replace('_', '-')} ")
        assert option.description[1:] in about[: 60 + len(option.description)]
        if option.default:
            assert f"{option.description[1:]}. Default {option.default}." in about
    titles = [line for line in done.stdout.splitlines() if re.match(r"\S.*:$", line)]
    assert titles[0] == "Every method:"
    assert titles[-1] == "The training:"
    assert {"Corpus:", "Method cbow:", "Method fasttext:"} <= set(titles)


@pytest.mark.parametrize("method", METHODS)
def test_options_of_other_methods_are_refused_with_the_ones_that_have_them(folder, method):
    for option in all_options.options().values():
        if method not in option.defaults and option.type is not bool:
            value = next(v for v in option.defaults.values() if v is not None)
            name = f"--{option.name.replace('_', '-')}"
            done = train("c.txt", "-o", "v.safetensors", "--method", method, name, value)
            assert done.exit_code == 2, name
            assert f"{name}: for " in done.stderr
            assert all(other in done.stderr for other in (*option.defaults, method))
