"""The sample pairs that the project ships: the words say what the digits are."""

import subprocess
import sys
from datetime import date

import pytest

from nlpseq.pipelines import shipped
from nlpseq.text.corpus import read_pairs

SAMPLES = shipped.names()["quickstart"].parent / "samples"
NAMES = [f"dates-{split}.{side}" for split in ("train", "dev") for side in ("words", "digits")]

MONTHS = [
    "janeiro", "fevereiro", "março", "abril", "maio", "junho",
    "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
]  # fmt: skip
VALUES = {
    "primeiro": 1, "zero": 0, "um": 1, "dois": 2, "três": 3, "quatro": 4, "cinco": 5, "seis": 6,
    "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "treze": 13,
    "quatorze": 14, "quinze": 15, "dezesseis": 16, "dezessete": 17, "dezoito": 18, "dezenove": 19,
    "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70,
    "oitenta": 80, "noventa": 90, "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300,
    "quatrocentos": 400, "quinhentos": 500, "seiscentos": 600, "setecentos": 700,
    "oitocentos": 800, "novecentos": 900,
}  # fmt: skip


@pytest.fixture(scope="module")
def splits():
    return {
        split: list(read_pairs(SAMPLES / f"dates-{split}.words", SAMPLES / f"dates-{split}.digits"))
        for split in ("train", "dev")
    }


def value(words):
    total = 0
    for word in words.split():
        if word == "mil":
            total = 1000 * max(total, 1)
        elif word != "e":
            total += VALUES[word]
    return total


def meaning(source):
    """A date, or a number."""
    if " de " not in source:
        return value(source)
    day, month, year = source.split(" de ")
    return date(value(year), MONTHS.index(month) + 1, value(day))


def places(pairs):
    """Each word with where it stands: in the day, month or year of a date, or in a number."""
    return {
        (len(parts), place, word)
        for parts in (pair.source.split(" de ") for pair in pairs)
        for place, part in enumerate(parts)
        for word in part.split()
    }


def test_the_generator_makes_the_shipped_files(tmp_path):
    subprocess.run([sys.executable, SAMPLES / "generate_dates.py", tmp_path], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
    assert sum((SAMPLES / name).stat().st_size for name in NAMES) < 400_000


def test_no_pair_stands_twice(splits):
    train, dev = ({pair.source for pair in splits[split]} for split in ("train", "dev"))
    assert (len(splits["train"]), len(splits["dev"])) == (len(train), len(dev)) == (4000, 200)
    assert not train & dev


def test_the_words_say_what_the_digits_are(splits):
    for pair in splits["train"] + splits["dev"]:
        found = meaning(pair.source)
        text = found.strftime("%d/%m/%Y") if isinstance(found, date) else str(found)
        assert pair.target == " ".join(text)


def test_train_has_each_word_in_each_place(splits):
    assert places(splits["dev"]) <= places(splits["train"])
    numbers = {word for size, _, word in places(splits["train"]) if size == 1}
    assert numbers == VALUES.keys() - {"primeiro"} | {"e"}


def test_train_has_each_day_month_and_year(splits):
    found = [meaning(pair.source) for pair in splits["train"]]
    dates = [each for each in found if isinstance(each, date)]
    assert {each.day for each in dates} == set(range(1, 32))
    assert {each.month for each in dates} == set(range(1, 13))
    assert {each.year for each in dates} == set(range(1950, 2030))
