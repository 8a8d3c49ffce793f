"""Figures of translations, against sacrebleu's own command line and counting by hand."""

import json
import logging
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq import __version__
from nlpseq.errors import DataError
from nlpseq.metrics.translation import bleu, translation_report

REFERENCES = [
    "Dois cães brincam na neve, perto da casa.",
    "Um homem de chapéu lê o jornal.",
    "A menina corre.",
    "São 3,5 km até à praia!",
]
HYPOTHESES = [
    "Dois cachorros brincam na neve, perto da casa.",
    "",
    "A menina corre.",
    "são 3.5 km até a praia! Agora mesmo.",
]


def test_figures_are_those_of_sacrebleus_command_line(tmp_path):
    paths = tmp_path / "references", tmp_path / "hypotheses"
    for path, texts in zip(paths, (REFERENCES, HYPOTHESES), strict=True):
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    call = [sys.executable, "-m", "sacrebleu", paths[0], "-i", paths[1], "-m", "bleu", "chrf"]
    out = subprocess.run([*call, "-w", "9"], check=True, capture_output=True, encoding="utf-8")
    theirs = {found["name"]: found for found in json.loads(out.stdout)}
    report = translation_report(REFERENCES, HYPOTHESES, data="abc")
    assert report.figures["bleu"] == pytest.approx(theirs["BLEU"]["score"], abs=1e-8)
    assert report.figures["chrf"] == pytest.approx(theirs["chrF2"]["score"], abs=1e-8)
    assert report.signature == (
        f"nlpseq {__version__} | translation | BLEU|{theirs['BLEU']['signature']} | "
        f"chrF2|{theirs['chrF2']['signature']} | pairs 4 | data abc"
    )


def test_figures_by_hand():
    figures = translation_report(["a b c d e", "x y"], ["a b c d", "x z"]).figures
    precisions = 5 / 6, 3 / 4, 2 / 2, 1 / 1  # of 1 to 4 words; 6 words for 7
    assert figures["bleu"] == pytest.approx(
        100 * math.exp(1 - 7 / 6) * math.prod(precisions) ** (1 / 4)
    )
    # Of 1 to 4 characters the hypotheses have as many n-grams: blanks do not count.
    precision, recall = sum(precisions) / 4, sum((5 / 7, 3 / 5, 2 / 3, 1 / 2)) / 4
    assert figures["chrf"] == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))
    assert (figures["exact_match"], figures["pairs"]) == (0, 2)


def test_blanks_around_a_text_are_no_fault():
    report = translation_report(["um dois três quatro ", "a"], [" um dois três quatro", "a b"])
    assert report.figures["exact_match"] == 1 / 2
    clean = translation_report(["um dois três quatro", "a"], ["um dois três quatro", "a b"])
    assert report == clean


def test_nothing_translated():
    figures = translation_report(REFERENCES, [""] * 4).figures
    assert figures == {"bleu": 0, "chrf": 0, "exact_match": 0, "pairs": 4}


def test_no_pair_and_unequal_numbers_are_refused():
    for reckon in (bleu, translation_report):
        with pytest.raises(DataError, match="there is no pair to evaluate on"):
            reckon([], [])
        for one, other in (REFERENCES, HYPOTHESES[:3]), (REFERENCES[:3], HYPOTHESES), ([], ["a"]):
            with pytest.raises(ValueError, match=f"{len(other)} hypotheses for {len(one)} ref"):
                reckon(one, other)


def test_the_text_shows_each_figure_and_the_signature():
    report = translation_report(REFERENCES, HYPOTHESES)
    lines = str(report).splitlines()
    assert lines[0] == (
        f"BLEU {report.figures['bleu']:.2f}   chrF {report.figures['chrf']:.2f}   "
        "exact match 0.2500   pairs 4"
    )
    assert lines[-1] == report.signature
    assert lines[-1].endswith("| pairs 4 | data unnamed")


def test_tokenised_text_is_told_by_the_report_alone(caplog):
    texts = ["um texto em palavras ."] * 100
    with caplog.at_level(logging.WARNING):
        assert bleu(texts, texts) == pytest.approx(100)
        assert not caplog.records
        translation_report(texts, texts)
        assert "forgot to detokenize" in caplog.text


words = st.lists(st.sampled_from(["casa", "é", "azul", "o", ",", "🙂", "3,5"]), max_size=7)
texts = words.map(" ".join)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6), st.randoms())
def test_the_order_of_pairs_is_of_no_account(pairs, random):
    report = translation_report(*zip(*pairs, strict=True))
    shuffled = random.sample(pairs, len(pairs))
    assert translation_report(*zip(*shuffled, strict=True)) == report
    assert bleu(*zip(*pairs, strict=True)) == report.figures["bleu"]
    for name, most in ("bleu", 100), ("chrf", 100), ("exact_match", 1):
        assert 0 <= report.figures[name] <= most + 1e-9


@given(st.lists(texts, max_size=5))
def test_identical_texts_have_all(some):
    same = [*some, "o mar é azul"]
    figures = translation_report(same, same).figures
    assert figures["bleu"] == pytest.approx(100)
    assert figures["chrf"] == pytest.approx(100)
    assert figures["exact_match"] == 1
