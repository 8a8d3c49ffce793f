import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.files import text_lines
from nlpseq.text.corpus.encoding import encoded_twice, mended

# what Windows reads from the bytes that cp1252 leaves open
OPEN = {b: chr(b) for b in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def again(text, encoding):
    """UTF-8 read as the other encoding."""
    if encoding == "latin-1":
        return text.encode().decode("latin-1")
    return "".join(OPEN.get(b) or bytes([b]).decode("cp1252") for b in text.encode())


both = pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])


@both
@pytest.mark.parametrize(
    "text",
    [
        "página",
        "São Paulo",
        "A coração não tem à noite",
        "ÍNDICE DE AÇÕES",
        "É água",
        "¿Qué pasó mañana, ESPAÑA?",
        "“aspas” – ‘simples’…",
        "custa 5 € em 3º lugar",
        "Âmbar",
        "l’été où naïve",
        "Größe über Straße",
        "日本語",
        "bom dia 🎉",
        "a\tcoluna\té outra",
    ],
)
def test_what_was_encoded_twice_is_mended(text, encoding):
    twice = again(text, encoding)
    assert encoded_twice(twice)
    assert mended(twice) == text
    assert not encoded_twice(text)


def test_three_times_as_well():
    assert mended(again(again("coração", "cp1252"), "cp1252")) == "coração"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "Ã",
        "Ã ",
        "SÃO PAULO",
        "Âmbar",
        "“IRMÔ",
        "IRMÃ”",
        "A MAÇÔ, disse",
        "IRMÃ– e não",
        "IRMÃ—E",
        "ÇÃO…",
        "à…”",
        "«È»",
        "FRANÇAIS À «PARIS»",
        "l’été à l’œuvre",
        "ÜBER GRÖẞE",
        "naïve Ærø",
        "🎉👩‍👩‍👧",
        "Ελληνικά, русский, 日本",
        "a\u0085b\u00a0c\u00ad",
        "&eacute; ﬁ ½ … “x”\r",
    ],
)
def test_other_text_stays_as_it_is(text):
    assert mended(text) == text
    assert not encoded_twice(text)


accented = "áàâãçéêíóôõúüñïöäëèùîû"


@both
@given(
    words=st.lists(st.text("abcdefghijklmnopqrstuvwxyz" + accented, min_size=1), min_size=1),
    mark=st.sampled_from(accented),
)
def test_latin_text_comes_back(encoding, words, mark):
    text = " ".join([*words, mark + "a"])
    assert mended(again(text, encoding)) == text


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_stays(text):
    assert mended(text) == text


@pytest.mark.data
@both
@pytest.mark.parametrize("name", ["conll2002-es/testa.conll.gz", "multi30k/val.pt.gz"])
def test_real_text_stays_and_comes_back(data, name, encoding):
    lines = [line for _, line in text_lines(data / name) if not line.isascii()]
    assert len(lines) > 500
    assert [line for line in lines if mended(line) != line] == []
    assert [line for line in lines if mended(again(line, encoding)) != line] == []


@pytest.mark.data
@pytest.mark.parametrize("name", ["lener-br/dev.conll", "multi30k/val.de.gz"])
def test_real_text_stays(data, name):
    assert [line for _, line in text_lines(data / name) if encoded_twice(line)] == []
