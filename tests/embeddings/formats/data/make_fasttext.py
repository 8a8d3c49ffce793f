"""Makes the fastText models beside this file, and what fastText says their vectors are.

    pip install fasttext==0.9.3
    python make_fasttext.py

fastText 0.9.3 initialises its matrix in ten equal parts, as many of them as there are threads;
with fewer threads, or a matrix that does not part in ten, NaN comes out. With ten threads the
models do not come out the same again: this makes the models and the answers together.
"""

import json
import tempfile
from pathlib import Path

import fasttext

FOLDER = Path(__file__).parent

TEXT = """\
a menina abriu a janela e viu o rio que corria perto da cidade
o rio corre devagar até o mar e a cidade dorme na outra margem
quem conhece a cidade sabe que o café da praça abre cedo
na praça da cidade o padeiro vende pão, bolo e café ☕ 🙂
a avó contou à menina que o coração da cidade é a praça
os barcos voltam ao porto antes da chuva e da noite
la niña abrió la ventana y vio el río que corría cerca de la ciudad
el río corre despacio hasta el mar y la ciudad duerme en la otra orilla
quien conoce la ciudad sabe que el café de la plaza abre temprano
en la plaza de la ciudad el panadero vende pan, bollos y café ☕ 🙂
la abuela contó a la niña que el corazón de la ciudad es la plaza
los barcos vuelven al puerto antes de la lluvia y de la noche
the girl opened the window and saw the river that ran near the city
the river runs slowly to the sea and the city sleeps on the other bank
whoever knows the city knows that the café on the square opens early
on the square of the city the baker sells bread, cake and coffee ☕ 🙂
the grandmother told the girl that the heart of the city is the square
the boats come back to the harbour before the rain and the night
川 は ゆっくり 海 へ 流れる 。 川 の 町 は 静か です
"""

LABELLED = """\
__label__pt a cidade fica perto do rio e do mar
__label__pt o café da praça abre cedo
__label__pt a menina viu os barcos no porto
__label__es la ciudad queda cerca del río y del mar
__label__es el café de la plaza abre temprano
__label__es la niña vio los barcos en el puerto
__label__en the city is near the river and the sea
__label__en the café on the square opens early
__label__en the girl saw the boats in the harbour
"""

# Besides all words of a model: unknown ones, of every length and alphabet.
UNKNOWN = [
    "cidadezinha", "ciudades", "riverside", "rios", "x", "é", "ab", "日本語", "🙂🙂", "川", "<",
    ">", "<>", "a b", "coraçãozinho", "inconstitucionalissimamente", "</s>", "", "ﬁ", "e\u0301",
]  # fmt: skip


def main() -> None:
    models = {
        "skipgram.bin": train(TEXT, "skipgram", bucket=101, minn=3, maxn=6),
        "cbow.bin": train(TEXT, "cbow", bucket=53, minn=2, maxn=4),
        "unigrams.bin": train(TEXT, "skipgram", bucket=31, minn=1, maxn=2),
        "whole.bin": train(TEXT, "skipgram", minn=0, maxn=0),
        "latin1.bin": train(TEXT, "skipgram", bucket=17, minn=1, maxn=3, encoding="latin-1"),
        "supervised.bin": train(LABELLED, "supervised", minn=0, maxn=0),
        "supervised-ngrams.bin": train(
            LABELLED, "supervised", bucket=71, minn=2, maxn=3, wordNgrams=2
        ),
    }
    for name, model in models.items():
        model.save_model(str(FOLDER / name))
        said = vectors_of(model, "latin-1" if name == "latin1.bin" else "utf-8")
        text = json.dumps(said, separators=(",", ":")).replace("],[", "],\n[")
        (FOLDER / name).with_suffix(".json").write_text(text + "\n")
    for name, cutoff in ("quantised.ftz", 0), ("pruned.ftz", 300):  # of 256 rows at least
        model = train(LABELLED, "supervised", bucket=400, minn=2, maxn=3)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(LABELLED)
            file.flush()
            model.quantize(file.name, cutoff=cutoff, epoch=1, thread=10)
        model.save_model(str(FOLDER / name))


def train(text, kind, encoding="utf-8", **settings):
    """A small model."""
    settings = {"dim": 10, "epoch": 5, "minCount": 1, "thread": 10, "verbose": 0} | settings
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(text.encode(encoding, errors="replace"))
        file.flush()
        if kind == "supervised":
            return fasttext.train_supervised(file.name, **settings)
        return fasttext.train_unsupervised(file.name, model=kind, **settings)


def vectors_of(model, encoding):
    """Each word's count and vector; the words as they stand, one character a byte."""

    def vector(word):
        found = fasttext.FastText.fasttext.Vector(model.get_dimension())
        model.f.getWordVector(found, word)
        return [float(f"{number:.9g}") for number in memoryview(found)]

    words, counts = model.f.getVocab("replace")
    if encoding == "utf-8":
        names = [word.encode() for word in words]
    else:  # what comes back is not what is in the model: ask for the words of the text
        present = dict.fromkeys(TEXT.encode(encoding, errors="replace").split())
        names = [word for word in present if model.f.getWordId(word) >= 0] + [b"</s>"]
        counts = [None] * len(names)
    return {
        "known": [
            [word.decode("latin-1"), count and int(count), vector(word)]
            for word, count in zip(names, counts, strict=True)
        ],
        "unknown": [[word, vector(word)] for word in UNKNOWN if word not in set(words)],
        "ngrams": {
            word: [int(i) - len(words) for i in model.f.getSubwords(word, "replace")[1]]
            for word in UNKNOWN
            if word not in set(words)
        },
    }


if __name__ == "__main__":
    main()
