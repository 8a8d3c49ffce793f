"""Generate the sample pairs of nlpseq: dates and numbers in Portuguese words, and their digits.

==========================================================  =====================
source                                                      target
==========================================================  =====================
``três de março de mil novecentos e noventa e nove``        ``0 3 / 0 3 / 1 9 9 9``
``primeiro de dezembro de dois mil e sete``                 ``0 1 / 1 2 / 2 0 0 7``
``duzentos e quarenta e sete``                              ``2 4 7``
==========================================================  =====================

Dates are days of 1950 to 2029, numbers are 0 to 999.  Four parallel files are written: line n of
``dates-train.words`` belongs to line n of ``dates-train.digits``, and so do those of
``dates-dev.words`` and ``dates-dev.digits``.

What makes the task worth learning, and a small model able to learn it without a mistake:

* Each digit is a token, so the vocabularies are small: 54 words, and the ten digits with ``/``.
* What a word stands for depends on its neighbours: ``vinte`` is 2 before ``e sete`` and 2 0 at the
  end; the zeros of ``dois mil e sete`` have no word.
* No source of dev is in train, but train has every word in every place: each day, month and year,
  and all numbers but those of three words, of which there are many and dev has some.

Run it as ``python pipelines/samples/generate_dates.py [FOLDER]``; FOLDER defaults to the folder of
this file.  It needs the standard library alone, and writes the same bytes on each run.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

SEED = 13
YEARS = range(1950, 2030)
NUMBERS = range(1000)
TRAIN_DATES, TRAIN_NUMBERS = 3_200, 800
DEV_DATES, DEV_NUMBERS = 160, 40


def split_words(text: str) -> tuple[str, ...]:
    """Split a list of words, which may run over several lines."""
    return tuple(text.split())


UNITS = split_words("""
    zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze
    dezesseis dezessete dezoito dezenove
""")
TENS = split_words("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa")  # from 20
HUNDREDS = split_words("""
    cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos
""")
MONTHS = split_words("""
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
""")


def number_words(n: int) -> str:
    """Say a number from 0 to 2999."""
    if n < 20:
        return UNITS[n]
    if n == 100:
        return "cem"
    if n < 100:
        head, rest = TENS[n // 10 - 2], n % 10
    elif n < 1000:
        head, rest = HUNDREDS[n // 100 - 1], n % 100
    else:
        head, rest = "mil" if n < 2000 else "dois mil", n % 1000
    if not rest:
        return head
    # After thousands, "e" stands before the last group alone: mil e novecentos, mil novecentos e um
    joined = n < 1000 or rest < 100 or rest % 100 == 0
    return f"{head} {'e ' if joined else ''}{number_words(rest)}"


def number_pair(n: int) -> tuple[str, str]:
    """Make the pair of a number."""
    return number_words(n), " ".join(str(n))


def date_pair(day: date) -> tuple[str, str]:
    """Make the pair of a date."""
    first = "primeiro" if day.day == 1 else number_words(day.day)
    words = f"{first} de {MONTHS[day.month - 1]} de {number_words(day.year)}"
    return words, " ".join(f"{day.day:02}/{day.month:02}/{day.year}")


def split_dates(rng: Random) -> tuple[list[date], list[date]]:
    """Draw the dates of train and of dev."""
    first, end = date(YEARS.start, 1, 1), date(YEARS.stop, 1, 1)
    days = [first + timedelta(n) for n in range((end - first).days)]
    days += 4 * [day for day in days if day.year == 2000]  # no other year ends in "mil"
    rng.shuffle(days)
    dates = list(dict.fromkeys(days))[: TRAIN_DATES + DEV_DATES]
    return dates[:TRAIN_DATES], dates[TRAIN_DATES:]


def split_numbers(rng: Random) -> tuple[list[int], list[int]]:
    """Draw the numbers of train and of dev: train has all that are short of three words."""
    long = [n for n in NUMBERS if number_words(n).count(" e ") == 2]
    short = [n for n in NUMBERS if n not in long]
    rng.shuffle(long)
    drawn = TRAIN_NUMBERS - len(short)
    return short + long[:drawn], long[drawn : drawn + DEV_NUMBERS]


def check(train: list[date]) -> None:
    """Raise ValueError if train lacks a day of the month, a month or a year."""
    for kind, values in (("day", range(1, 32)), ("month", range(1, 13)), ("year", YEARS)):
        missing = set(values) - {getattr(day, kind) for day in train}
        if missing:
            raise ValueError(f"train has no date of {kind} {min(missing)}")


def write(folder: Path, split: str, pairs: list[tuple[str, str]]) -> None:
    """Write the two sides of a split, a text a line."""
    for side, texts in zip(("words", "digits"), zip(*pairs, strict=True), strict=True):
        content = "".join(f"{text}\n" for text in texts)
        (folder / f"dates-{split}.{side}").write_bytes(content.encode("utf-8"))


def main(arguments: list[str]) -> None:
    """Draw the pairs, check them and write them."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    rng = Random(SEED)
    dates, numbers = split_dates(rng), split_numbers(rng)
    check(dates[0])
    folder.mkdir(parents=True, exist_ok=True)
    for split, days, counts in zip(("train", "dev"), dates, numbers, strict=True):
        pairs = [*map(date_pair, days), *map(number_pair, counts)]
        rng.shuffle(pairs)
        write(folder, split, pairs)


if __name__ == "__main__":
    main(sys.argv[1:])
