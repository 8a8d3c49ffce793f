import json

import numpy as np
import pytest
import torch
from safetensors.torch import save

import nlpseq
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.models import folder
from nlpseq.models.tag import Tagger
from nlpseq.models.tag.computing import mean_loss
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import spans
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

LEARNING = TrainingSettings(epochs=40, batch_size=3, learning_rate=0.03, threads=1)
STEP = TrainingSettings(epochs=2, batch_size=4, learning_rate=0.01, threads=1)


@pytest.fixture
def vectors():
    matrix = np.random.default_rng(1).normal(size=(4, 6)).astype(np.float32)
    return Vectors(["viu", "recife", "ana", "rio"], matrix)


def bytes_of(model):
    return save({n: t.contiguous() for n, t in model.network.state_dict().items()})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"crf": False, "inside": "IOB2", "characters": "lstm"},
        {"casing": False, "characters": "none", "encoder": "gru"},
        {"inside": "BILOU", "encoder": "tcn", "hidden": 16, "widths": [2]},
    ],
    ids=str,
)
def test_it_learns(tagger, sentences, options):
    model = tagger(**options)
    model.fit(sentences, training=LEARNING)
    assert model.evaluate(sentences).figures["f1"] == 1
    [answer] = model.predict(["Rui viu São Paulo ."])
    assert [entity[:4] for entity in answer.entities] == [
        (0, 3, "Rui", "PER"), (8, 17, "São Paulo", "LOC"),
    ]  # fmt: skip
    assert all(0.5 < entity.confidence <= 1 + 1e-6 for entity in answer.entities)


def test_a_long_sentence_is_learned_and_told_in_pieces(tagger, sentences):
    model = tagger(max_length=3, inside="IOB1")
    model.fit(sentences, training=LEARNING)
    pieces = [
        Tagged(s.words[i : i + 3], s.tags[i : i + 3])
        for s in sentences
        for i in range(0, len(s), 3)
    ]
    wanted = [spans(piece.tags, "IOB2") for piece in pieces]
    answers = model.predict(piece.words for piece in pieces)
    assert [spans(answer.tags, "IOB2") for answer in answers] == wanted


@pytest.mark.parametrize("scheme", ["IOB1", "IOBES"])
def test_tags_are_given_back_in_the_scheme_that_they_came_in(tagger, in_scheme, scheme):
    sentences = in_scheme(scheme)
    model = tagger(scheme=scheme, inside="BILOU")
    model.fit(sentences, training=LEARNING)
    answers = list(model.predict(sentence.words for sentence in sentences))
    assert [list(answer.tags) for answer in answers] == [s.tags for s in sentences]


def test_plain_tags_are_scored_by_word(tagger, in_scheme):
    parts = in_scheme(None)
    model = tagger(scheme=None, labels=["N", "X"])
    history = model.fit(parts, parts, LEARNING)
    assert model.evaluate(parts).figures["accuracy"] == history[len(history) - 1].figure == 1
    assert all(answer.entities is None for answer in model.predict(s.words for s in parts))


@pytest.mark.parametrize("tokenizer", [Tokenizer(), Tokenizer("nilc"), Tokenizer("none")], ids=str)
def test_a_text_is_told_as_its_words_are(tagger, tokenizer):
    model = tagger(tokenizer=tokenizer)
    texts = ["Ana viu São Paulo .", "Rui Lopes em Recife", "", "Ana"]
    raw = list(model.predict(texts))
    assert raw == list(model.predict(text.split() for text in texts))
    for text, answer in zip(texts, raw, strict=True):
        assert answer.words == tuple(text.split())


def test_offsets_are_those_of_the_text(tagger, sentences):
    model = tagger()
    model.fit(sentences, training=LEARNING)
    text = "  Ana  viu\tSão  Paulo, 👩\u200d💻 e\u0301."
    [answer] = model.predict([text])
    found = {entity.text for entity in answer.entities}
    assert found >= {"Ana", "São  Paulo"}
    assert all(text[entity.start : entity.end] == entity.text for entity in answer.entities)


def test_texts_and_words_may_be_mixed_and_more_than_are_held_at_a_time(tagger):
    model = tagger()
    inputs = ["Ana viu Recife .", ["Ana", "viu"], "", []] * 600
    answers = list(model.predict(inputs))
    assert [len(answer.words) for answer in answers] == [4, 2, 0, 0] * 600
    assert answers[-4].tags == answers[0].tags


@pytest.mark.parametrize(
    ("tags", "message", "where"),
    [
        (["B-PER", "O", "B-ORG"], "'ORG' was not in the training data", "dev:19"),
        (["B-PER", "I-LOC", "O"], "I-LOC after B-PER", "dev:18"),
        (["O", "E-PER", "O"], "IOB2 has no E-", "dev:18"),
        (["O", "O", "PER"], "'PER' is a tag of no scheme", "dev:19"),
        (["O", "O"], "3 words and 2 tags", "dev:17"),
    ],
    ids=str,
)
def test_a_bad_tag_is_named_with_its_place_before_any_training(
    tagger, sentences, tags, message, where
):
    model = tagger()
    before, bad = bytes_of(model), Tagged(["Ana", "viu", "Rui"], tags, "dev", 17)
    for call in (
        lambda: model.fit(sentences, [bad]),
        lambda: model.fit([*sentences, bad]),
        lambda: model.evaluate([bad]),
    ):
        with pytest.raises(DataError, match=message) as error:
            call()
        assert error.value.where == where
    assert bytes_of(model) == before


def test_an_unknown_plain_tag_is_named_with_its_place(tagger, in_scheme):
    model = tagger(scheme=None, labels=["N", "X"])
    with pytest.raises(DataError, match="the tag 'V' was not") as error:
        model.fit(in_scheme(None), [Tagged(["a", "b"], ["X", "V"], "dev", 3)])
    assert error.value.where == "dev:4"


@pytest.mark.parametrize("data", [[], [Tagged([], [])]], ids=["nothing", "no word"])
def test_nothing_to_learn_from_or_to_score(tagger, data):
    model = tagger()
    for call in (model.fit, model.evaluate):
        with pytest.raises(DataError, match="there is no sentence"):
            call(data)


def test_words_that_training_had_are_told_apart(tagger, sentences):
    model = tagger()
    unseen = Tagged(["Zoe", "viu", "Recife"], ["B-PER", "O", "B-LOC"])
    figures = model.evaluate([unseen]).figures
    assert {"recall_seen", "recall_unseen"} <= figures.keys()


@pytest.mark.parametrize(
    ("options", "moves"),
    [
        ({"embedding": "frozen"}, (False, False)),
        ({"embedding": "tuned"}, (True, True)),
        ({"embedding": "frozen", "thaw": 1}, (False, True)),
    ],
    ids=str,
)
def test_vectors_are_carried_over_and_learned_when_asked(
    tagger, sentences, vectors, options, moves
):
    model = tagger(vectors=vectors, **options)
    weight = model.network.embedding.weight
    start = weight.detach().clone()
    assert start[model.vocabulary.get("ana")].tolist() == vectors["ana"].tolist()
    assert model.settings.dim == 6
    assert 0 < model.coverage.words < 1
    seen = []
    training = STEP.model_copy(update={"keep": "last"})
    model.fit(
        sentences, training=training, records=[lambda _: seen.append(not weight.equal(start))]
    )
    assert tuple(seen) == moves


def test_a_frozen_embedding_stays_so_through_a_folder(tagger, vectors, tmp_path):
    model = tagger(vectors=vectors, embedding="frozen")
    model.save(tmp_path / "m")
    loaded = Tagger.load(tmp_path / "m")
    assert loaded.parameters == model.parameters
    assert loaded.frozen_parameters == model.frozen_parameters == len(model.vocabulary) * 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embedding": "tuned"}, "needs vectors"),
        ({"vocabulary": Vocabulary(["a"], specials=("unk",))}, "vocabulary has pad and unk"),
        ({"characters": None}, "characters are given"),
        ({"characters": Vocabulary(["a"], specials=())}, "characters have pad and unk"),
    ],
    ids=["vectors", "vocabulary", "no characters", "specials of characters"],
)
def test_what_a_tagger_is_made_of(tagger, arguments, message):
    model = tagger()
    parts = {"vocabulary": model.vocabulary, "characters": model.characters, **arguments}
    settings = model.settings.model_copy(update={"embedding": parts.pop("embedding", "learned")})
    with pytest.raises(ValueError, match=message):
        Tagger(parts["vocabulary"], ["A"], settings, scheme="IO", characters=parts["characters"])


def test_more_labels_than_a_crf_bears(tagger):
    with pytest.raises(DataError, match="1,001 types of entities, more than 1,000"):
        tagger(labels=[str(i) for i in range(1001)])


@pytest.mark.parametrize("options", [{}, {"word_dropout": 0.2, "max_length": 3}], ids=str)
def test_a_training_that_was_cut_off_ends_with_the_same_bytes(
    tagger, sentences, vectors, options, tmp_path, monkeypatch
):
    steps = []

    def count(network, *given):
        steps.append(network)
        return mean_loss(network, *given)

    monkeypatch.setattr("nlpseq.models.tag.tagger.mean_loss", count)

    def make():
        return tagger(vectors=vectors, embedding="frozen", thaw=1, dropout=0.3, **options)

    def stop(history):
        if len(history) == 2:
            raise KeyboardInterrupt

    training = STEP.model_copy(update={"epochs": 4, "patience": 4})
    whole, cut, again, other = make(), make(), make(), make()
    whole.fit(sentences, sentences[:3], training)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(sentences, sentences[:3], training, checkpoints=tmp_path, records=[stop])
    assert len(list(tmp_path.iterdir())) == 1
    again.fit(sentences, sentences[:3], training, checkpoints=tmp_path)
    assert steps.count(whole.network) == 2 * steps.count(again.network) > 0
    assert bytes_of(again) == bytes_of(whole)
    figures = [[(e.loss, e.figure) for e in model.history] for model in (whole, again)]
    assert figures[0] == figures[1]
    assert not any(tmp_path.iterdir())
    other.fit(sentences[1:], sentences[:3], training)
    assert bytes_of(other) != bytes_of(whole)


@pytest.mark.parametrize(
    "other",
    [
        {"tokenizer": Tokenizer("none")},
        {"labels": ["PER", "LOC"]},
        {"seed": 2},
        {"word_dropout": 0.1},
        {"inside": "BILOU"},
    ],
    ids=str,
)
def test_another_training_does_not_go_on_from_it(tagger, sentences, other, tmp_path):
    def stop(history):
        raise KeyboardInterrupt

    for number, options in enumerate(({}, other, other), 1):
        with pytest.raises(KeyboardInterrupt):
            tagger(**options).fit(sentences, training=STEP, checkpoints=tmp_path, records=[stop])
        assert len(list(tmp_path.iterdir())) == min(number, 2)


def forge(path, settings=None, without=()):
    """A folder with its hashes right again, as an attacker would leave it."""
    config = json.loads((path / "config.json").read_text())
    del config["checksum"]
    config["settings"].update(settings or {})
    names = config["sha256"].keys() - set(without)
    config["sha256"] = {name: folder.content_hash(path / name) for name in names}
    config["checksum"] = folder._checksum(config)
    (path / "config.json").write_text(json.dumps(config))


@pytest.fixture
def saved(tagger, tmp_path):
    tagger().save(tmp_path / "m")
    return tmp_path / "m"


@pytest.mark.parametrize("name", ["characters.txt", "labels.txt", "vocabulary.txt"])
def test_a_part_that_is_missing_is_named(saved, name):
    forge(saved, without=[name])
    (saved / name).unlink()
    with pytest.raises(DataError, match="missing") as error:
        nlpseq.load(saved)
    assert error.value.where == str(saved / name)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["LOC"], "has shape"),
        (["LOC", "PER", "ORG"], "has shape"),
        ([], "has shape"),
        ([f"L{i}" for i in range(20_000)], "20,000 types of entities, more than 1,000"),
    ],
    ids=["fewer", "more", "none", "very many"],
)
def test_labels_that_do_not_fit(saved, labels, message):
    Vocabulary(labels, specials=()).save(saved / "labels.txt")
    with pytest.raises(DataError, match="not as it was saved"):
        nlpseq.load(saved)
    forge(saved)
    with pytest.raises(DataError, match=message) as error:
        nlpseq.load(saved)
    assert str(saved) in error.value.where


def test_plain_tags_of_which_there_is_none(saved):
    Vocabulary([], specials=()).save(saved / "labels.txt")
    forge(saved, {"scheme": None})
    with pytest.raises(DataError, match="no tag"):
        nlpseq.load(saved)


@pytest.mark.parametrize("name", ["characters.txt", "vocabulary.txt"])
def test_words_without_specials(saved, name):
    words = Vocabulary.load(saved / name).words
    Vocabulary(words, specials=()).save(saved / name)
    forge(saved)
    with pytest.raises(DataError, match="pad or unk"):
        nlpseq.load(saved)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scheme": "IOB"}, "settings.scheme"),
        ({"scheme": None}, "has shape"),
        ({"recipe": "upper"}, "settings.recipe"),
        ({"kind": "spacy"}, "needs a language"),
        ({"language": "pt"}, "language is for"),
        ({"more": 1}, "settings.more"),
        ({"network": None}, "settings.network"),
        ({"network": {"dim": 4096}}, "has shape"),
        ({"network": {"hidden": 4096, "character_hidden": 1024}}, "has shape"),
        ({"network": {"encoder": "mean"}}, "settings.network"),
        ({"network": {"inside": "IOB2"}}, "has shape"),
        ({"network": {"crf": False}}, "'crf"),
        ({"network": {"max_length": -1}}, "settings.network.max_length"),
        ({"network": {"characters": "lstm"}}, "has shape"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit(saved, settings, message):
    network = json.loads((saved / "config.json").read_text())["settings"]["network"]
    if settings.get("network"):
        settings = {"network": {**network, **settings["network"]}}
    forge(saved, settings)
    with pytest.raises(DataError, match=message) as error:
        nlpseq.load(saved)
    assert str(saved) in error.value.where


def test_types_of_every_spelling_come_back(tagger, tmp_path):
    model = tagger(labels=["", "LOC-city", "a b", "ção", "\n"])
    model.save(tmp_path / "m")
    assert nlpseq.load(tmp_path / "m").tagset == model.tagset


def test_about(tagger):
    model = tagger()
    assert model.about() == {
        "types": "LOC, PER", "words": f"{len(model.vocabulary)}", "scheme": "IOB2",
    }  # fmt: skip
    assert "scheme" not in tagger(scheme=None, labels=["N"]).about()


def test_word_vectors_of_the_vocabulary_are_not_changed_by_prediction(tagger):
    model = tagger()
    before = bytes_of(model)
    list(model.predict(["Ana viu Recife ."]))
    assert bytes_of(model) == before
    assert not torch.is_inference(next(model.network.parameters()))
