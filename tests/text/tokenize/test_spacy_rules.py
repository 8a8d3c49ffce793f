import gzip
import json
from itertools import islice

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.tokenize import rules, spacy_rules
from nlpseq.text.tokenize.spacy_rules import SpacyRules
from nlpseq.text.tokenize.tokens import sliced

LANGUAGES = ["pt", "en", "es"]
BLANK = {language: spacy.blank(language) for language in LANGUAGES}
OURS = {language: SpacyRules(language) for language in LANGUAGES}
FRAGMENTS = [
    *" \t\n\u0085\u2028\u200b\u0301\u200d\x1c\xa0.,;:!?'’\"“()[]{}<>/-–—…$€%@#&*+=~_aZé0½²İΣ",
    *("Sr.", "U.S.", "n't", "'s", "don't", "cannot", "d'água", "guarda-chuva", "10km", "R$5,00"),
    *(":-)", "XD", "http://x.com/a?b", "f@x.com", "...", "--", "p.m.", "\U0001f469", "\U0001d165"),
]
texts = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=2)
).map("".join)


def expected(language, text):
    return [t.text for t in BLANK[language](text) if not t.is_space]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None)
@given(text=texts)
@example("")
@example(": -) X D")
def test_words_are_spacys(language, text):
    assert OURS[language].words(text) == expected(language, text)
    starts, ends = OURS[language].spans(text)
    assert sliced(text, starts, ends) == expected(language, text)


@pytest.mark.data
def test_words_are_spacys_on_captions(data):
    with gzip.open(data / "multi30k" / "train.pt.gz", "rt", encoding="utf-8") as file:
        for line in islice(file, 2000):
            assert OURS["pt"].words(line) == expected("pt", line)


@pytest.mark.data
def test_words_are_spacys_on_news(data):
    with gzip.open(data / "conll2002-es" / "train.conll.gz", "rt", encoding="utf-8") as file:
        sentences = file.read(1_000_000).split("\n\n")[:2000]
    for sentence in sentences:
        text = " ".join(line.split(" ")[0] for line in sentence.splitlines() if line)
        assert OURS["es"].words(text) == expected("es", text)


@pytest.mark.data
def test_words_are_spacys_on_reviews(data):
    with gzip.open(data / "imdb" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in islice(file, 200):
            text = json.loads(line)["text"]
            assert OURS["en"].words(text) == expected("en", text)
            starts, ends = OURS["en"].spans(text)
            assert sliced(text, starts, ends) == expected("en", text)


@pytest.mark.parametrize("name", ["_KEPT", "_LETTERS", "_LONGEST"])
def test_what_is_remembered_is_bounded(monkeypatch, name):
    monkeypatch.setattr(spacy_rules, name, 3)
    small = SpacyRules("pt")
    for i in range(200):
        text = f"guarda-chuva{i} (não!) {i}km Sr. a{i % 7}"
        assert small.words(text) == OURS["pt"].words(text)
        if name == "_LONGEST":
            assert max(map(len, small._cut)) <= 3
        else:  # what one text brings is remembered before the bound is looked at again
            assert len(small._cut) <= 3 + 5
    assert small.words("a a a") == ["a"] * 3


def test_lone_surrogates_keep_their_place():
    text = "a\ud800b (\udfff) Sr."
    words = ["a", "\ud800", "b", "(", "\udfff", ")", "Sr."]  # as U+FFFD, a symbol, is cut
    assert OURS["pt"].words(text) == words
    assert sliced(text, *OURS["pt"].spans(text)) == words


@pytest.mark.parametrize("piece", ["(", "a", "'", "a.", "10km/", "é😀"])
def test_far_stretches_are_cut_by_the_fast_rules(piece):
    spacys, far = (piece * 1000)[:1000], (piece * 1001)[:1001]
    assert OURS["pt"].words(spacys) == expected("pt", spacys)
    assert OURS["pt"].words(far) == sliced(far, *rules.spans(far))
    text = f"Sr. {far} Sr."
    assert sliced(text, *OURS["pt"].spans(text)) == OURS["pt"].words(text)


@pytest.mark.parametrize("piece", ["(", "a", "'", ".", "<", "a-"])
def test_hostile_lengths(piece):
    text = (piece * 100_000)[:100_000]
    assert "".join(OURS["en"].words(text)) == text


def test_a_language_that_needs_more(monkeypatch):
    def absent(language):
        raise ImportError("The tokenizer requires\nmore")

    monkeypatch.setattr(spacy, "blank", absent)
    with pytest.raises(CallError, match="support of 'th' needs a further package: The") as error:
        SpacyRules("th")
    assert "install it" in error.value.remedy


@pytest.mark.parametrize("language, package", [("ja", "sudachipy"), ("th", "pythainlp")])
def test_a_language_whose_package_is_not_there(language, package):
    if spacy_rules.find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(CallError, match=f"(?i)needs a further package: .*{package}"):
        SpacyRules(language)


def test_an_unknown_language():
    with pytest.raises(CallError, match="no language 'ppt'") as error:
        SpacyRules("ppt")
    assert error.value.remedy == "did you mean 'pt'?"
    with pytest.raises(CallError, match="codes are such as pt"):
        SpacyRules("../q")


def test_without_spacy(monkeypatch):
    monkeypatch.setattr(spacy_rules, "find_spec", lambda name: None)
    with pytest.raises(CallError, match="need spaCy") as error:
        SpacyRules("pt")
    assert "pip install" in error.value.remedy
