"""What a stage gave and what is read again of it go on alike, to the byte."""

import itertools
import json

import pytest

from nlpseq.pipelines import report
from nlpseq.pipelines.runner import Pipeline

TAGGED = "\n".join(
    f"{who}\tB-PER\nmora\tO\nem\tO\n{place}\tB-LOC\n"
    for who in ("Ana", "Rui", "Eva") for place in ("Recife", "Belém", "Natal")
)  # fmt: skip
SOURCES = [f"a {thing} {end}" for thing in ("casa", "porta", "mesa") for end in ("é azul", "caiu")]
SEVERAL = [
    {"text": f"{one} e {other}", "label": [one, other]}
    for one, other in itertools.permutations(("sol", "mar", "rio"), 2)
]
TRAINING = "training: {epochs: 2, batch_size: 4}"
VECTORS = "{train: skip-gram, dim: 4, min_count: 1, epochs: 1}"
PIPELINES = {
    "thawed": f"""
  - corpus: {{train: train.jsonl, hold_out: 4}}
  - vectors: {VECTORS}
  - vocabulary: {{}}
  - classifier: {{embedding: frozen, thaw: 1, hidden: 3, {TRAINING}}}
""",
    "frozen": f"""
  - corpus: {{train: train.jsonl, hold_out: 4, recipe: none}}
  - vectors: {{train: fasttext, dim: 4, min_count: 1, epochs: 1, buckets: 50}}
  - vocabulary: {{from_vectors: 4}}
  - classifier: {{embedding: frozen, hidden: 3, baseline: false, {TRAINING}}}
""",
    "several labels": f"""
  - corpus: {{train: several.jsonl, hold_out: 2, multilabel: true}}
  - vocabulary: {{}}
  - classifier: {{dim: 4, hidden: 3, {TRAINING}}}
""",
    "entities": f"""
  - sentences: {{train: train.conll, hold_out: 3}}
  - vectors: {VECTORS}
  - vocabulary: {{}}
  - tagger: {{embedding: tuned, hidden: 3, character_dim: 2, character_hidden: 2, {TRAINING}}}
""",
    "translation": f"""
  - pairs: {{source: a.src, target: a.tgt, hold_out: 2}}
  - units: {{cut: words}}
  - vectors: {VECTORS}
  - target-vectors: {VECTORS}
  - translator:
      {{architecture: recurrent, embedding: frozen, target_embedding: tuned, hidden: 4, layers: 1,
       {TRAINING}}}
""",
    "joint subwords": f"""
  - pairs: {{source: a.src, target: a.tgt, hold_out: 2}}
  - units: {{cut: bpe, joint: true, size: 30}}
  - translator:
      {{architecture: transformer, tied: joint, dim: 8, hidden: 8, heads: 2, layers: 1, {TRAINING}}}
""",
}


@pytest.fixture(params=PIPELINES)
def load(request, tmp_path, monkeypatch):
    """A pipeline of each task, called with what to set."""
    monkeypatch.setattr(report, "write", lambda folder, *_: (folder / report.PAGE).touch())
    rows = [
        {"text": f"{who} {what}", "label": label}
        for who in ("o filme", "a história", "o livro", "a sala")
        for what, label in (("é ótimo", "pos"), ("é ruim", "neg"), ("me agradou", "pos"))
    ]
    for name, several in (("train", rows), ("several", SEVERAL)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in several)
        (tmp_path / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "train.conll").write_text(TAGGED, encoding="utf-8")
    for name, lines in (("a.src", SOURCES), ("a.tgt", [s[::-1] for s in SOURCES])):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    end = "  - evaluate: {}\n  - export: {to: one/model}\n"
    text = f"name: x\nstages:\n{PIPELINES[request.param].strip(chr(10))}\n{end}"
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    return lambda *overrides: Pipeline.load("p.yaml", overrides)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bare(run):
    """Figures of all stages, those of speed aside."""
    return [
        {name: value for name, value in result.figures.items() if not name.endswith("/s")}
        for result in run.results
    ]


def test_what_comes_after_is_the_same_to_the_byte(load, tmp_path):
    first = load().run(threads=1)
    exported = load("export.to=two/model").run(threads=1)  # the model is read again
    assert exported.done[0] == exported.done[1] - 1
    assert contents(tmp_path / "two/model") == contents(tmp_path / "one/model")
    evaluated = load().run(threads=1, start="evaluate")
    assert bare(evaluated) == bare(first)
    assert contents(tmp_path / "one/model") == contents(tmp_path / "two/model")


def test_a_training_on_what_was_read_again_is_the_same(load, tmp_path):
    first = load().run(threads=1)
    model = load().stages[-3].name
    again = load().run(threads=1, start=model)
    assert again.done == (len(first.results) - 3, len(first.results))
    assert bare(again) == bare(first)
    before = first.artefacts[0].model
    for name, tensor in again.artefacts[0].model.network.state_dict().items():
        assert tensor.equal(before.network.state_dict()[name])


def test_all_that_was_made_can_be_asked_for_again(load):
    first = load().run(threads=1).artefacts[0]
    run = load().run(threads=1)
    assert run.done[0] == run.done[1]
    again = run.artefacts[0]
    assert again.model.history == first.model.history
    assert again.model.coverage == first.model.coverage
    assert str(again.report) == str(first.report)
    assert again.report.figures == first.report.figures
    assert again.vocabulary == first.vocabulary
    for one, other in zip(again.units or (), first.units or (), strict=True):
        assert one.vocabulary == other.vocabulary
        for ours, theirs in zip(one.encode(SOURCES), other.encode(SOURCES), strict=True):
            assert ours.tolist() == theirs.tolist()
            assert one.decode(ours) == other.decode(theirs)
    if first.vectors is not None:
        assert again.vectors.words == first.vectors.words
        assert (again.vectors.matrix == first.vectors.matrix).all()
        assert again.vectors.about == first.vectors.about
