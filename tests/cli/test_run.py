"""``nlpseq run``, ``info`` and the misuses of the whole way, as a user meets them."""

import hashlib
import signal
import subprocess
import time

import pytest

TRAIN = "text,label\n" + "bom filme,pos\nfilme ruim,neg\n" * 6
PIPELINE = """\
name: tiny
stages:
  - corpus: {train: train.csv, hold_out: 4}
  - vocabulary: {}
  - classifier:
      dim: 4
      hidden: 3
      training: {epochs: 2}
  - evaluate:
  - export: {to: model}
"""


@pytest.fixture(autouse=True)
def job(tmp_path):
    (tmp_path / "train.csv").write_text(TRAIN)
    (tmp_path / "p.yaml").write_text(PIPELINE)
    return tmp_path


def state(folder):
    """Every file with the hash of its content, but for those of the run's own folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != "runs"
    }


def test_a_run_shows_its_stages_and_figures_and_leaves_a_model(call, job):
    before = state(job)
    done = call("run", "p.yaml")
    assert done.returncode == 0
    assert done.stderr == "report: runs/tiny/report.html\n"
    for shown in ("corpus", "vocabulary", "classifier", "evaluate", "export", "accuracy"):
        assert shown in done.stdout
    assert "gold \\ predicted" in done.stdout
    after = state(job)
    assert {k: v for k, v in after.items() if not k.startswith("model/")} == before
    assert len(after) == len(before) + 7  # a model and its baseline

    described = call("info", "model")
    assert "classify" in described.stdout
    assert "neg, pos" in described.stdout
    assert call("predict", "model", stdin="bom\n\n").stdout.count("\n") == 2


def test_a_second_run_does_nothing_and_says_so(call, job):
    first = call("run", "p.yaml", "--threads", "1")
    before = {p: p.stat().st_mtime_ns for p in job.rglob("*") if p.is_file()}
    again = call("run", "p.yaml", "--threads", "1")
    assert again.returncode == 0
    assert "nothing to do: 5 of 5 stages were done already (runs/tiny)" in again.stderr
    assert again.stdout.count(" done ") == 5
    for line in first.stdout.splitlines():
        if line.startswith(("accuracy", "neg", "gold", "nlpseq")):
            assert line in again.stdout
    after = {p: p.stat().st_mtime_ns for p in job.rglob("*") if p.is_file()}
    assert after.keys() == before.keys()
    assert {p.name for p in after if after[p] != before[p]} <= {".lock"}


def test_what_others_wrote_is_not_replaced_and_what_the_run_wrote_is(call, job):
    assert call("run", "p.yaml").returncode == 0
    assert call("run", "p.yaml", "-s", "classifier.hidden=2").returncode == 0
    (job / "model/README.md").write_text("mine")
    refused = call("run", "p.yaml")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (job / "model/README.md").read_text() == "mine"
    assert call("run", "p.yaml", "--force").returncode == 0
    assert (job / "model/README.md").read_text() != "mine"


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(within, job):
    def said(*arguments):
        before = sorted(p for p in job.rglob("*"))
        done = within("run", "p.yaml", "--dry-run", *arguments)
        assert sorted(p for p in job.rglob("*")) == before
        return dict(line.split(maxsplit=1) for line in done.stdout.splitlines())

    assert set(said().values()) == {"run: it was not run yet", "run: after corpus"}
    assert within("run", "p.yaml").returncode == 0
    assert set(said().values()) == {"done"}
    assert said("-s", "classifier.hidden=5", "-s", "classifier.training.epochs=1") == {
        "corpus": "done", "vocabulary": "done",
        "classifier": "run: option hidden changed 3 → 5, option training.epochs changed 2 → 1",
        "evaluate": "run: after classifier", "export": "run: after classifier",
    }  # fmt: skip
    assert said("--from", "evaluate")["classifier"] == "done"
    assert said("--from", "evaluate")["evaluate"] == "run: --from evaluate"
    assert list(said("--until", "vocabulary")) == ["corpus", "vocabulary"]
    with (job / "train.csv").open("a") as file:
        file.write("outro filme,pos\n")
    assert said()["corpus"] == "run: the content of train changed"
    assert said("--force")["export"].startswith("run: ")


def test_a_run_may_begin_and_stop_at_a_stage(within, job):
    done = within("run", "p.yaml", "--until", "vocabulary")
    assert "vocabulary" in done.stdout
    assert "classifier" not in done.stdout
    assert not (job / "model").exists()
    assert not (job / "runs/tiny/report.md").exists()
    done = within("run", "p.yaml")
    assert "2 of 5 stages were done already" in done.stderr
    done = within("run", "p.yaml", "--from", "classifier")
    assert "2 of 5 stages were done already" in done.stderr
    wrong = within("run", "p.yaml", "--from", "clasifier")
    assert wrong.returncode == 2
    assert "did you mean 'classifier'?" in wrong.stderr
    wrong = within("run", "p.yaml", "--from", "export", "--until", "corpus")
    assert wrong.returncode == 2


def test_several_seeds_and_lines_on_request(call, job):
    done = call("run", "p.yaml", "--seed", "1", "--seed", "2", "-v", "--threads", "1")
    assert done.returncode == 0
    assert "2 seeds" in done.stdout
    assert "classifier" in done.stderr.splitlines()
    assert (job / "model").exists() is False
    assert (job / "seed-1/model/config.json").exists()


def write(name, content):
    return lambda job: (job / name).write_bytes(content.encode())


def edit(old, new):
    return lambda job: (job / "p.yaml").write_text(PIPELINE.replace(old, new))


BAD_ROW = "text,label\na,x\nb\n"
MISUSES = [
    # what is done first, the arguments, the exit status, what the message says
    ("missing pipeline", None, ["q.yaml"], 2, ["q.yaml: no such pipeline"]),
    ("unknown name", None, ["quickstrat"], 2, ["did you mean 'quickstart'"]),
    ("folder", None, ["."], 2, ["no such pipeline"]),
    ("missing file", edit("train.csv", "tarin.csv"), [], 2,
     ["tarin.csv: no such file", "did you mean train.csv"]),
    ("missing file, none near", edit("train.csv", "x/y.csv"), [], 2,
     ["no such file", "-s corpus.train=PATH"]),
    ("empty file", write("train.csv", ""), [], 1, ["train.csv: the file holds no document"]),
    ("header only", write("train.csv", "text,label\n"), [], 1, ["holds no document"]),
    ("wrong field", None, ["-s", "corpus.text=texto"], 1,
     ["train.csv:2: no field 'texto' here", "did you mean 'text'?"]),
    ("wrong label field", None, ["-s", "corpus.label=stars"], 1,
     ["train.csv:2: no field 'stars'", "text, label"]),
    ("ragged row", write("train.csv", BAD_ROW), [], 1, ["train.csv:3: 1 columns"]),
    ("open quote", write("train.csv", 'text,label\na,"x\n'), [], 1, ["train.csv:2: a broken row"]),
    ("not UTF-8", lambda job: (job / "train.csv").write_bytes(b"text,label\n\xff,x\n"), [], 1,
     ["train.csv:2: byte 1 of the line, 0xff", "iconv"]),
    ("one label", write("train.csv", "text,label\n" + "a,x\n" * 9), [], 1, ["one label only"]),
    ("empty document", write("train.csv", TRAIN + " ,pos\n" * 9), [], 1, ["is empty"]),
    ("empty label", write("train.csv", TRAIN + "a,\n"), [], 1, ["train.csv:14", "not a label"]),
    ("unknown format", None, ["-s", "corpus.train=p.yaml"], 2, ["known endings", ".jsonl"]),
    ("text for labels", write("t.txt", "a\n"), ["-s", "corpus.train=t.txt"], 2, ["no labels"]),
    ("hold out all", None, ["-s", "corpus.hold_out=12"], 2, ["cannot hold 12 of 12"]),
    ("dev and hold out", edit("hold_out: 4", "hold_out: 4, dev: train.csv"), [], 2,
     ["p.yaml:3: corpus: give one of dev and hold_out"]),
    ("unknown key", edit("hidden: 3", "hiden: 3"), [], 2,
     ["p.yaml:7: classifier.hiden: unknown key", "did you mean 'hidden'?"]),
    ("unknown key inside", edit("epochs: 2", "epoch: 2"), [], 2,
     ["p.yaml:8: classifier.training.epoch: unknown key", "did you mean 'epochs'?"]),
    ("unknown key far off", edit("hidden: 3", "zzz: 3"), [], 2, ["known keys: "]),
    ("unknown stage", edit("vocabulary:", "vocabulry:"), [], 2,
     ["p.yaml:4: no stage of the kind 'vocabulry'", "did you mean 'vocabulary'?"]),
    ("unknown head key", edit("name: tiny", "name: tiny\nsede: [1]"), [], 2,
     ["p.yaml:2: sede: unknown key", "did you mean 'seeds'?"]),
    ("no name", edit("name: tiny\n", ""), [], 2, ["name: this key is missing"]),
    ("no stages", write("p.yaml", "name: x\n"), [], 2, ["stages is a list"]),
    ("missing key", edit("{to: model}", "{}"), [], 2,
     ["p.yaml:10: export.to: this key is missing"]),
    ("wrong type", edit("hidden: 3", "hidden: many"), [], 2,
     ["p.yaml:7: classifier.hidden: should be a valid integer, not 'many'"]),
    ("number as text", edit("hidden: 3", "hidden: '3'"), [], 2, ["classifier.hidden", "not '3'"]),
    ("out of range", edit("hidden: 3", "hidden: 0"), [], 2,
     ["p.yaml:7: classifier.hidden: should be greater than or equal to 1, not 0"]),
    ("not a number", edit("dim: 4", "dropout: .nan"), [], 2, ["p.yaml:6: classifier.dropout"]),
    ("no such choice", edit("dim: 4", "pooling: sum"), [], 2,
     ["p.yaml:6: classifier.pooling: 'sum' is none of 'flatten', 'last', 'mean', 'max'"]),
    ("options as a list", edit("vocabulary: {}", "vocabulary: [1]"), [], 2,
     ["p.yaml:4: vocabulary wants options"]),
    ("two kinds in one", edit("{to: model}", "{to: model}\n    evaluate: {}"), [], 2,
     ["p.yaml:10: a stage is one kind"]),
    ("two of a name", edit("  - evaluate:", "  - evaluate:\n  - evaluate:"), [], 2,
     ["p.yaml:10: two stages are named 'evaluate'", "as: NAME"]),
    ("nothing before", edit("  - vocabulary: {}\n", ""), [], 2,
     ["p.yaml:4: the stage 'classifier' needs vocabulary"]),
    ("no vectors before", None, ["-s", "classifier.embedding=tuned", "-s", "classifier.dim=4"], 2,
     ["dim is the vectors' own"]),
    ("vectors wanted", edit("dim: 4", "embedding: tuned"), [], 2, ["needs vectors"]),
    ("idle option", edit("epochs: 2", "epochs: 2, seed: 3"), [], 2, ["belongs to the whole"]),
    ("an option that the encoder does not read", edit("hidden: 3", "heads: 3"), [], 2,
     ["p.yaml:5: classifier: heads has no effect with the encoder lstm"]),
    ("an option that training does not read", edit("epochs: 2", "momentum: 0.9"), [], 2,
     ["p.yaml:8: classifier.training: ", "momentum"]),
    ("several labels", edit("hidden: 3", "multilabel: true"), [], 2,
     ["belongs to the stage corpus"]),
    ("no list of labels", None, ["-s", "corpus.multilabel=true"], 1, ["train.csv:2", "separator"]),
    ("not YAML", edit("{to: model}", "{to: model"), [], 2, ["p.yaml:", "not YAML"]),
    ("bad override", None, ["-s", "classifier.hidden=x"], 2,
     ["-s classifier.hidden=x: classifier.hidden: should be a valid integer"]),
    ("override of nothing", None, ["-s", "clasifier.hidden=3"], 2,
     ["there is no stage 'clasifier'", "did you mean 'classifier'?"]),
    ("override without value", None, ["-s", "classifier.hidden"], 2, ["STAGE.KEY=VALUE"]),
    ("bad seed", None, ["--seed", "-1"], 2, ["--seed"]),
    ("same seed twice", None, ["--seed", "1", "--seed", "1"], 2, ["each once"]),
    ("no threads", None, ["--threads", "0"], 2, ["--threads"]),
    ("no device", None, ["--device", "abacus"], 2, ["no device 'abacus'"]),
    ("unknown option", None, ["--sede", "1"], 2, ["--sede"]),
    ("a file in the way", write("model", "mine"), ["--force"], 2, ["is no model"]),
    ("no vectors file", edit("  - vocabulary", "  - vectors: {open: v.txt}\n  - vocabulary"), [], 2,
     ["v.txt: no such file"]),
    ("vectors from nowhere", edit("  - vocabulary", "  - vectors: {}\n  - vocabulary"), [], 2,
     ["p.yaml:4: vectors: give one of open and train"]),
    ("idle vectors option",
     edit("  - vocabulary", "  - vectors: {open: train.csv, dim: 3}\n  - vocabulary"), [], 2,
     ["dim: for training only"]),
    ("an option of opening where vectors are trained",
     edit("  - vocabulary", "  - vectors: {train: skip-gram, first: 3}\n  - vocabulary"), [], 2,
     ["first: for open only"]),
    ("no such set of vectors",
     edit("  - vocabulary", "  - vectors: {open: glove-6b-100}\n  - vocabulary"), [], 2,
     ["no such file, and no set of that name", "did you mean 'glove-6b-100d'?"]),
    ("no such recipe",
     edit("  - vocabulary", "  - vectors: {open: train.csv, recipe: x}\n  - vocabulary"), [], 2,
     ["'x' is none of 'none', 'lower', 'nilc'"]),
    ("vectors that are none",
     edit("  - vocabulary", "  - vectors: {open: train.csv}\n  - vocabulary"), [], 1,
     ["train.csv:"]),
    ("too little text for vectors",
     edit("  - vocabulary", "  - vectors: {train: skip-gram, min_count: 99}\n  - vocabulary"), [],
     1, ["no word occurs 99 times"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "arguments", "status", "messages"),
    [case[1:] for case in MISUSES],
    ids=[case[0] for case in MISUSES],
)
def test_misuse_is_said_and_harms_nothing(job, monkeypatch, before, arguments, status, messages):
    from click.testing import CliRunner

    from nlpseq.cli import main

    if before:
        before(job)
    there = state(job)
    monkeypatch.chdir(job)
    source = [] if arguments and not arguments[0].startswith("-") else ["p.yaml"]
    done = CliRunner().invoke(main, ["run", *source, *arguments])
    assert done.exit_code == status, done.output
    assert isinstance(done.exception, SystemExit)
    for message in messages:
        assert message in done.stderr
    assert done.stdout == ""
    assert state(job) == there


def test_a_changed_byte_in_a_model_is_named(call, model, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    for verb in ("predict", "info"):
        done = call(verb, "copy", stdin="bom\n")
        assert done.returncode == 1
        assert "copy/model.safetensors: the file is not as it was saved" in done.stderr
        assert "copy the model again" in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["predict", "nothing"], 2, "nothing: no such folder"),
        (["predict", "."], 2, "no config.json here"),
        (["predict"], 2, "MODEL"),
        (["info", "nothing"], 2, "no such file"),
        (["info", "."], 2, "a folder without a model"),
        (["fly"], 2, "fly"),
    ],
)
def test_other_misuse(call, arguments, status, message):
    done = call(*arguments)
    assert done.returncode == status
    assert message in done.stderr


def test_ctrl_c_ends_a_run_with_nothing_half_written(command, job, heed_interrupts):
    before = state(job)
    process = subprocess.Popen(
        [command, "run", "p.yaml", "-v", "-s", "classifier.training.epochs=1000000"],
        cwd=job, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    shown = ""
    while "training" not in shown:
        shown += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    assert state(job) == before


def test_debug_shows_the_traceback(command, job):
    done = subprocess.run(
        [command, "run", "q.yaml", "--debug"], cwd=job, capture_output=True, text=True
    )
    assert "Traceback" in done.stderr
    assert done.returncode != 0


def test_info_as_json(call, job):
    import json

    assert json.loads(call("info", "train.csv", "--json").stdout) == {
        "what": "documents, csv", "documents": "12", "fields": "text, label",
    }  # fmt: skip


def test_what_was_killed_goes_on_to_the_same_bytes(command, job):
    options = ["p.yaml", "--threads", "1", "-s", "classifier.training.epochs=200",
               "-s", "classifier.training.patience=200",
               "-s", "classifier.training.batch_size=1"]  # fmt: skip

    def start(model):
        return subprocess.Popen(
            [command, "run", *options, "-s", f"export.to={model}", "-s", f"report=of/{model}"],
            cwd=job,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def kept():
        return list(job.glob("of/*/stages/*/trainings/*/checkpoint.json"))

    killed = start("model")
    while not kept():
        assert killed.poll() is None, killed.stderr.read()
        time.sleep(0.05)
    killed.kill()
    killed.communicate(timeout=60)
    assert kept()
    for model in ("model", "whole"):  # what goes on, and what never stopped
        done = start(model)
        said = done.communicate(timeout=120)[1]
        assert done.returncode == 0, said
        assert ("goes on after update" in said) is (model == "model")
        assert not kept()
    for name in ("model.safetensors", "config.json", "vocabulary.txt"):
        assert (job / "model" / name).read_bytes() == (job / "whole" / name).read_bytes()
