"""The stages pairs, units and translator, and the pipeline of dates that comes with nlpseq."""

import pytest
from pydantic import ValidationError

from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import (
    Artefacts,
    Job,
    PairsStage,
    TargetVectorsStage,
    TranslatorStage,
    UnitsStage,
    VectorsStage,
)

SOURCES = [f"a {thing} {end}" for thing in ("casa", "porta", "mesa") for end in ("é azul", "caiu")]
TARGETS = [" ".join(reversed(source.split())) for source in SOURCES]


@pytest.fixture
def sides(tmp_path):
    for name, lines in (("a.src", SOURCES), ("a.tgt", TARGETS)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return {"source": str(tmp_path / "a.src"), "target": str(tmp_path / "a.tgt")}


def corpus(sides, seed=1, **options):
    return PairsStage(**sides, **options).run(Artefacts(), Job(seed=seed))[0]


def test_pairs_are_held_out_by_the_seed(sides):
    found = [corpus(sides, seed, hold_out=2).corpus for seed in (1, 1, 2, 3, 4)]
    assert {len(c.train) for c in found} == {4}
    assert found[0].dev == found[1].dev
    assert any(c.dev != found[0].dev for c in found)
    assert not {p.source for p in found[0].train} & {p.source for p in found[0].dev}
    assert all(p.target == " ".join(reversed(p.source.split())) for p in found[0].train)


def test_fewer_pairs_on_request(sides):
    found = corpus(sides, dev_source=sides["source"], dev_target=sides["target"], limit=2).corpus
    assert (len(found.train), len(found.dev)) == (2, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one of"),
        ({"dev_source": "x"}, "together"),
        ({"dev_source": "x", "dev_target": "y", "hold_out": 1}, "give one of"),
    ],
)
def test_options_of_pairs_that_do_not_go_together(sides, options, message):
    with pytest.raises(ValidationError, match=message):
        PairsStage(**sides, **options)


def test_sides_out_of_step_and_empty_lines(sides, tmp_path):
    (tmp_path / "short").write_text("um\n")
    with pytest.raises(DataError) as caught:
        corpus({**sides, "target": str(tmp_path / "short")}, hold_out=1)
    assert str(tmp_path) in caught.value.where
    lines = ["", *TARGETS[1:]]
    (tmp_path / "gap").write_text("".join(f"{line}\n" for line in lines))
    gap = {**sides, "target": str(tmp_path / "gap")}
    with pytest.raises(DataError) as caught:
        corpus(gap, hold_out=1)
    assert caught.value.where.endswith(":1")
    _, figures = PairsStage(**gap, hold_out=1, repair=True).run(Artefacts(), Job())
    assert figures == {"train": 4, "dev": 1, "repaired": 1}


@pytest.mark.parametrize("cut", ["bpe", "unigram", "words", "characters"])
@pytest.mark.parametrize("joint", [False, True])
def test_units_hold_every_training_text(sides, cut, joint):
    before = corpus(sides, hold_out=1)
    size = 20 if cut in ("bpe", "unigram") else None
    after, figures = UnitsStage(cut=cut, joint=joint, size=size).run(before, Job())
    source, target = after.units
    assert (source is target) == joint
    assert figures == {"source": len(source.vocabulary), "target": len(target.vocabulary)}
    for pair in before.corpus.train:
        for side, text in ((source, pair.source), (target, pair.target)):
            [ids] = side.encode([text])
            assert side.vocabulary.unk not in ids
            assert side.decode(ids) == text


def test_options_of_units_without_effect():
    with pytest.raises(ValidationError, match="min_count has no effect"):
        UnitsStage(cut="bpe", min_count=2)
    with pytest.raises(ValidationError, match="same recipe"):
        UnitsStage(joint=True, recipe="lower")


@pytest.mark.parametrize("architecture", ["recurrent", "transformer"])
def test_a_translator_is_trained_and_kept(sides, tmp_path, monkeypatch, architecture):
    monkeypatch.chdir(tmp_path)
    training = {"epochs": 2, "batch_size": 40}
    options = {"architecture": architecture, "hidden": 8, "layers": 1, "training": training}
    before, _ = UnitsStage(cut="words").run(corpus(sides, hold_out=1), Job())
    stage = TranslatorStage(**options, batch_unit="tokens", search={"beam": 2})
    after, figures = stage.run(before, Job(seed=3))
    assert figures["parameters"] == after.model.parameters
    assert after.model.search.beam == 2
    assert len(after.model.history) == 2


def test_a_translator_needs_its_stages_in_order(sides):
    with pytest.raises(CallError, match="needs pairs"):
        Pipeline("x", [TranslatorStage()])
    with pytest.raises(CallError, match="needs units"):
        Pipeline("x", [PairsStage(**sides, hold_out=1), TranslatorStage()])
    pairs, units = PairsStage(**sides, hold_out=1), UnitsStage(cut="words")
    with pytest.raises(CallError, match="needs vectors"):
        Pipeline("x", [pairs, units, TranslatorStage(embedding="frozen")])
    with pytest.raises(CallError, match="needs target_vectors") as caught:
        Pipeline("x", [pairs, units, TranslatorStage(target_embedding="frozen")])
    assert "target-vectors" in caught.value.remedy
    with pytest.raises(CallError, match="needs pairs"):
        Pipeline("x", [TargetVectorsStage(train="cbow"), pairs])
    with pytest.raises(ValidationError, match="dim is the vectors' own"):
        TranslatorStage(target_embedding="tuned", dim=4)


def test_both_sides_start_from_vectors(sides, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = corpus(sides, hold_out=1)
    for stage in (
        UnitsStage(cut="words"),
        VectorsStage(train="skip-gram", dim=3, min_count=1, epochs=1),
        TargetVectorsStage(train="cbow", dim=3, min_count=2, epochs=1),
    ):
        before, _ = stage.run(before, Job())
    assert before.vectors.about["method"] == "skip-gram"
    assert before.target_vectors.about["method"] == "cbow"
    training = {"epochs": 1, "batch_size": 2}
    stage = TranslatorStage(
        architecture="recurrent", embedding="frozen", target_embedding="frozen", hidden=4,
        layers=1, training=training,
    )  # fmt: skip
    after, figures = stage.run(before, Job())
    network = after.model.network
    for side, vectors, layer in (
        (after.model.source, before.vectors, network.source_embedding),
        (after.model.target, before.target_vectors, network.target_embedding),
    ):
        row = layer.weight[side.vocabulary.get("casa")]
        assert row.tolist() == pytest.approx(vectors["casa"].tolist())
    assert {"in vectors", "target in vectors"} <= set(figures)


@pytest.mark.parametrize(("architecture", "epochs"), [("recurrent", 4), ("transformer", 9)])
def test_dates_are_learned_exactly(tmp_path, monkeypatch, architecture, epochs):
    """All of the development pairs, none of which is among those that were trained on."""
    monkeypatch.chdir(tmp_path)
    options = {"architecture": architecture, "training.epochs": epochs}
    run = Pipeline.load("dates", [f"translator.{k}={v}" for k, v in options.items()]).run(threads=1)
    assert run.summary()["exact_match"] == (1.0, 0.0)
    pairs = run.artefacts[13].corpus
    assert not {p.source for p in pairs.train} & {p.source for p in pairs.dev}
