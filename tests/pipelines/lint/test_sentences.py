import gzip

import pytest

from nlpseq.pipelines.lint import Findings, Options, check

LEGAL = "Rio\tB-LOC\nBranco\tI-LOC\n.\tO\n\n" * 5


def of(found, kind):
    return [f for f in found if f.kind == kind]


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-X I-X O B-X", "IOB2"),
        ("B-X E-X O S-X", "IOBES"),
        ("B-X L-X O U-X", "BILOU"),
        ("I-X I-X O I-X", "IO"),
        ("I-X B-X O I-X", "IOB1"),
    ],
)
def test_the_scheme_is_named(found, tags, scheme):
    sentence = "".join(f"w{i} {tag}\n" for i, tag in enumerate(tags.split())) + "\n"
    told = found({"a.conll": sentence * 5})
    [note] = of(told, "scheme")
    assert (note.level, note.value) == ("note", scheme)
    assert not [f for f in told if f.level == "problem"]


def test_an_illegal_tag_has_its_line_and_reason(found):
    told = found({"a.conll": LEGAL * 40 + "um\tO\nRio\tI-LOC\n"})
    [problem] = of(told, "tags")
    assert problem.where == f"a.conll:{4 * 5 * 40 + 2}"
    assert "I-LOC after O" in problem.message
    [note] = of(told, "scheme")
    assert note.message == "scheme IOB2, but for 1 illegal tag"


def test_tags_of_no_scheme_and_mixed_schemes(found):
    told = found({"a.conll": LEGAL + "a\tNOUN\nb\tVERB\n\nc\tS-LOC\n"})
    assert [f.where for f in of(told, "tags")] == ["a.conll:21", "a.conll:22", "a.conll:24"]
    [problem] = of(told, "scheme")
    assert problem.level == "problem"
    assert "IOB2 is the nearest" in problem.message


def test_two_schemes_across_the_split(found):
    told = found(
        {"a.conll": LEGAL, "dev.conll": "Rio\tB-LOC\nBranco\tE-LOC\n\n" * 5}, dev="dev.conll"
    )
    assert [f.where for f in of(told, "scheme") if f.level == "problem"] == ["dev.conll"]


def test_entity_types_and_those_that_only_dev_has(found):
    told = found({"a.conll": LEGAL, "dev.conll": "Ana\tB-PER\n\n" * 6}, dev="dev.conll")
    assert [f.value for f in of(told, "entity types")] == [{"PER": 6}, {"LOC": 5}]
    [problem] = of(told, "split")
    assert problem.where == "dev.conll:1"
    assert "'PER'" in problem.message


def test_a_sentence_that_is_tagged_otherwise(found):
    words = ["um", "dois", "três", "quatro", "Rio"]
    one = "".join(f"{w} O\n" for w in words) + "\n"
    other = one.replace("Rio O", "Rio B-LOC")
    told = found({"a.conll": one + one + other})
    [problem] = of(told, "label conflict")
    assert problem.where == "a.conll:13"
    assert of(told, "repeated")[0].value == 2


@pytest.mark.parametrize(
    ("content", "where", "kind"),
    [
        ("a O\nb\n\nc O\n", "a.conll:2", "row"),
        ("", "a.conll", "file"),
        ("a O\n", "a.conll", "classes"),
        ("a\x07 O\n", "a.conll:1", "characters"),
        (b"a O\n\xe9 O\n", "a.conll:2", "bytes"),
    ],
)
def test_what_is_broken_has_its_place(found, content, where, kind):
    assert where in [f.where for f in of(found({"a.conll": content}), kind)]


def test_conll_u_has_words_in_its_second_column_and_no_tags(found):
    row = "\t_" * 8 + "\n"
    told = found({"a.conllu": f"1-2\tdo{row}1\tde{row}2\to{row}"})
    assert of(told, "lengths")[0].value["max"] == 2
    assert "--tag-column" in of(told, "scheme")[0].message


def test_a_column_of_tags_is_chosen(found):
    content = "Rio B-LOC X\n\n" * 5
    assert of(found({"a.conll": content}, tag_column=2), "scheme")[0].value == "IOB2"
    assert "no column 4" in of(found({"a.conll": content}, tag_column=4), "file")[0].message


@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["lener-br/train.conll", "lener-br/dev.conll", "conll2002-es/testa.conll.gz"]
)
def test_real_corpora(data, name):
    told = []
    check(str(data / name), Options(), Findings(told.append))
    [note] = of(told, "scheme")
    assert (note.level, note.value) == ("note", "IOB2")
    assert not of(told, "encoded twice")


@pytest.mark.data
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_copy_that_was_encoded_twice(data, found, encoding):
    text = gzip.decompress((data / "conll2002-es/testa.conll.gz").read_bytes()).decode()
    lines, twice = [], 0
    for line in text.split("\n"):
        try:
            again = line.encode().decode(encoding)
        except UnicodeDecodeError:  # cp1252 leaves five bytes undefined
            again = line
        lines.append(again)
        twice += again != line
    told = of(found({"a.conll": "\n".join(lines)}, most=3), "encoded twice")
    assert [f.where for f in told] == ["a.conll:18", "a.conll:19", "a.conll:23", "a.conll"]
    assert told[-1].value == twice > 5_000
