"""The figures are gensim's.

gensim's ``restrict_vocab`` is ``first``, ``case_insensitive`` is ``ignore_case``; the figures with
``dummy4unknown=False`` end in ``_known`` here, those with ``dummy4unknown=True`` in ``_all``.
"""

import csv

import numpy as np
import pytest

from nlpseq.embeddings.evaluation import analogies, similarity
from nlpseq.embeddings.evaluation.lookup import Options
from nlpseq.embeddings.vectors import Vectors

pytestmark = pytest.mark.data

# What gensim 4.4.0 printed, restrict_vocab=300000, for case_insensitive True and False.
PEARSON_AND_SPEARMAN = {
    ("wordsim353-sim", True, "known"): (0.5685991849551129, 0.5506777356866971),
    ("wordsim353-sim", True, "all"): (0.5048623497461376, 0.5090472454343175),
    ("wordsim353-sim", False, "known"): (0.5686759748698575, 0.5506332634583316),
    ("wordsim353-sim", False, "all"): (0.4749648480586354, 0.4865685989682291),
    ("wordsim353-rel", True, "known"): (0.40902725023676545, 0.4105485529711258),
    ("wordsim353-rel", True, "all"): (0.29387214097357955, 0.334093889755797),
    ("wordsim353-rel", False, "known"): (0.40370890401621845, 0.40275880149935106),
    ("wordsim353-rel", False, "all"): (0.2221769017087254, 0.2611963371424859),
    ("simlex999", True, "known"): (0.2791368751708714, 0.2507827591098641),
    ("simlex999", True, "all"): (0.2600507867925705, 0.24227413705880801),
    ("simlex999", False, "known"): (0.2791368751708714, 0.2507827591098641),
    ("simlex999", False, "all"): (0.2600507867925705, 0.24227413705880801),
}
UNKNOWN = {  # per cent of the pairs
    ("wordsim353-sim", True): 3.4482758620689653,
    ("wordsim353-sim", False): 6.403940886699508,
    ("wordsim353-rel", True): 4.761904761904762,
    ("wordsim353-rel", False): 8.73015873015873,
    ("simlex999", True): 0.8008008008008007,
    ("simlex999", False): 0.8008008008008007,
}
_FIRST = 4_000  # rows for gensim to go through here and now: it is slow
# right, answered, questions
RIGHT = {
    ("en", "google", True): (3100, 12681, 19544),
    ("en", "google", False): (2768, 9002, 19544),
    ("pt", "LX-4WAnalogiesBr", True): (333, 5785, 17558),
    ("pt", "LX-4WAnalogiesBr", False): (324, 4334, 17558),
}
SECTIONS = {  # of google, case_insensitive=True: right, answered
    "capital-common-countries": (40, 380),
    "capital-world": (52, 716),
    "currency": (0, 40),
    "city-in-state": (10, 1172),
    "family": (254, 462),
    "gram1-adjective-to-adverb": (51, 992),
    "gram2-opposite": (33, 756),
    "gram3-comparative": (677, 1332),
}


@pytest.fixture(scope="module")
def opened():
    kept = {}

    def open_(path):
        if path not in kept:
            kept[path] = Vectors.open(path, cache=False)
        return kept[path]

    return open_


@pytest.mark.parametrize(("name", "ignore_case"), UNKNOWN)
def test_similarity_as_gensim_printed_it(data, opened, name, ignore_case):
    vectors = opened(data / "vectors/en.skip100.txt.gz")
    path = data / f"word-similarity/{name}.csv"
    figures = similarity.evaluate(vectors, path, Options(300_000, ignore_case)).figures()
    for of in ("known", "all"):
        pearson, spearman = PEARSON_AND_SPEARMAN[name, ignore_case, of]
        assert figures[f"pearson_{of}"] == pytest.approx(pearson, abs=5e-5)
        assert figures[f"spearman_{of}"] == pytest.approx(spearman, abs=5e-5)
    assert 100 * (1 - figures["coverage"]) == pytest.approx(UNKNOWN[name, ignore_case])


@pytest.mark.parametrize(("language", "name", "ignore_case"), RIGHT)
def test_analogies_as_gensim_printed_them(data, opened, language, name, ignore_case):
    vectors = opened(data / f"vectors/{language}.skip100.txt.gz")
    path = data / f"analogies/{name}.txt"
    found = analogies.evaluate(vectors, path, Options(300_000, ignore_case))
    figures = found.figures()
    right, answered, questions = RIGHT[language, name, ignore_case]
    assert (figures["answered"], figures["questions"]) == (answered, questions)
    assert figures["add_known"] == pytest.approx(right / answered, abs=5e-5)
    assert figures["add_all"] == pytest.approx(right / questions, abs=5e-5)
    if (name, ignore_case) == ("google", True):
        sections = found.as_dict()["sections"]
        for section, (right, answered) in SECTIONS.items():
            assert sections[section]["answered"] == answered
            assert sections[section]["add_known"] == pytest.approx(right / answered, abs=5e-5)


@pytest.fixture(scope="module")
def keyed():
    """The first rows of a file as gensim holds them."""
    models = pytest.importorskip("gensim.models")
    kept = {}

    def open_(path, first=_FIRST):
        if path not in kept:
            kept[path] = models.KeyedVectors.load_word2vec_format(path, limit=first)
        return kept[path]

    return open_


@pytest.mark.parametrize("ignore_case", [True, False])
@pytest.mark.parametrize("name", ["wordsim353-sim", "wordsim353-rel", "simlex999"])
def test_similarity_beside_gensim(data, opened, keyed, tmp_path, name, ignore_case):
    source = data / f"word-similarity/{name}.csv"
    pairs = tmp_path / "pairs.tsv"
    with source.open() as file:
        pairs.write_text("\n".join("\t".join(row[1:]) for row in csv.reader(file) if row[1]))
    path = data / "vectors/en.skip100.txt.gz"
    figures = similarity.evaluate(opened(path), source, Options(_FIRST, ignore_case)).figures()
    for of, dummy in (("known", False), ("all", True)):
        pearson, spearman, unknown = keyed(path).evaluate_word_pairs(
            pairs, case_insensitive=ignore_case, dummy4unknown=dummy
        )
        assert figures[f"pearson_{of}"] == pytest.approx(pearson[0], abs=5e-5)
        assert figures[f"spearman_{of}"] == pytest.approx(spearman[0], abs=5e-5)
        assert 100 * (1 - figures["coverage"]) == pytest.approx(unknown)


def check_analogies(found, keyed, path, **options):
    figures, sections = found.figures(), found.as_dict()["sections"]
    for of, dummy in (("known", False), ("all", True)):
        score, theirs = keyed.evaluate_word_analogies(path, dummy4unknown=dummy, **options)
        assert figures[f"add_{of}"] == pytest.approx(score, abs=5e-5)
        for section in theirs[:-1]:
            right, wrong = len(section["correct"]), len(section["incorrect"])
            ours = sections[section["section"]]
            assert ours["answered" if of == "known" else "questions"] == right + wrong
            assert (ours[f"add_{of}"] or 0) == pytest.approx(right / max(right + wrong, 1))


@pytest.mark.parametrize(("language", "name", "ignore_case"), RIGHT)
def test_analogies_beside_gensim(data, opened, keyed, language, name, ignore_case):
    path = data / f"vectors/{language}.skip100.txt.gz"
    questions = data / f"analogies/{name}.txt"
    found = analogies.evaluate(opened(path), questions, Options(_FIRST, ignore_case))
    check_analogies(found, keyed(path), questions, case_insensitive=ignore_case)


@pytest.mark.parametrize("ignore_case", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_words_in_two_cases_beside_gensim(file, seed, ignore_case):
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(seed)
    words = rng.permutation([form(w) for w in "abcdefghij" for form in (str.upper, str.lower)])
    words = words[:16].tolist()
    matrix = rng.normal(size=(16, 3)).astype(np.float32)
    theirs = models.KeyedVectors(3)
    theirs.add_vectors(words, matrix)
    asked = rng.choice(list("abcdefghijABCDEFGHIJ"), (300, 4))
    path = file(": s\n" + "".join(" ".join(four) + "\n" for four in asked))
    found = analogies.evaluate(Vectors(words, matrix), path, Options(13, ignore_case))
    options = {"case_insensitive": ignore_case, "restrict_vocab": 13}
    check_analogies(found, theirs, path, **options)
