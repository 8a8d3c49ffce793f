import re

import pytest

from nlpseq.pages import COLOURS, escape, fill, head


def test_no_text_is_taken_for_markup():
    assert (
        escape("""<a href="x" id='y'>&""") == "&lt;a href=&quot;x&quot; id=&#x27;y&#x27;&gt;&amp;"
    )


def test_what_html_has_no_sign_for_is_replaced():
    assert escape("a\x00b\x85c\ud800d\t\n") == "a\ufffdb\ufffdc\ufffdd\t\n"


def test_places_are_filled_once():
    assert fill("{{a}} {{b}} {{a}}", {"a": "{{b}}", "b": "1"}) == "{{b}} 1 {{b}}"
    with pytest.raises(KeyError):
        fill("{{c}}", {})


@pytest.mark.parametrize("script", [False, True])
def test_a_page_may_load_nothing(script):
    [policy] = re.findall(r'content="([^"]*default-src[^"]*)"', head("t", script=script))
    rules = [rule.split() for rule in policy.split(";")]
    expected = [["default-src", "'none'"], ["style-src", "'unsafe-inline'"]]
    assert rules == expected[:1] + [["script-src", "'unsafe-inline'"]] * script + expected[1:]


def test_colours_have_two_sides_and_rules_stand_with_theirs():
    written = head("</title>", lang="en", day=".day {}", night=".night {}")
    assert '<html lang="en">' in written
    assert "<title>&lt;/title&gt;</title>" in written
    day, night = written.split("@media screen and (prefers-color-scheme: dark)")
    for side, (part, rule, other) in enumerate(
        [(day, ".day {}", ".night {}"), (night, ".night {}", ".day {}")]
    ):
        assert rule in part and other not in part
        found = dict(re.findall(r"--(\w+): (#\w+);", part))
        assert found == {name: pair[side] for name, pair in COLOURS.items()}
    assert "<html>" in head("t")
