import pytest

from nlpseq.text.normalize import CUTTING, RECIPES, normalize


@pytest.mark.parametrize(
    ("original", "found"),
    [
        ("", ""),
        (" \n", ""),
        ("Hello, World!", "hello , world !"),
        ("Don't", "do n't"),
        ("I can't, won't.", "i ca n't , wo n't ."),
        ("don’t", "do n't"),
        ("n't", "n't"),
        ("It's John's", "it 's john 's"),
        ("I'm we'll they're I've he'd", "i 'm we 'll they 're i 've he 'd"),
        ("cannot", "can not"),
        ("gonna", "gon na"),
        ("o'clock", "o'clock"),
        ("rock 'n' roll", "rock ' n ' roll"),
        ("3.14", "3.14"),
        ("1,234.56", "1,234.56"),
        ("14:30 25/12/2016", "14:30 25/12/2016"),
        ("10%", "10 %"),
        ("$5.00", "$ 5.00"),
        ("in 2016.", "in 2016 ."),
        ("the U.S. army", "the u.s. army"),
        ("Mr. Smith", "mr. smith"),
        ("well-known", "well-known"),
        ("yes -- no", "yes -- no"),
        ("yes--no", "yes -- no"),
        ("wait...", "wait ..."),
        ("wait....", "wait ...."),
        ("(a)", "( a )"),
        ('"a"', '" a "'),
        ("?!", "? !"),
        ("see http://x.com/a,b now", "see http://x.com/a,b now"),
        ("www.x.com", "www.x.com"),
        ("a  b\tc", "a b\tc"),
        ("É😀", "é 😀"),
        ("e\u0301", "e\u0301"),
        ("end.", "end ."),
    ],
)
def test_texts(original, found):
    assert CUTTING["glove"].text(original) == found
    assert normalize(original, "glove").text == found


@pytest.mark.parametrize(
    ("original", "found"), [("Don’t", "don't"), ("U.S.", "u.s."), ("", ""), ("N'T", "n't")]
)
def test_words_are_not_cut_again(original, found):
    assert RECIPES["glove"](original) == found
