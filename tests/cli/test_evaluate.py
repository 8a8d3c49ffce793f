import json

import pytest
from seqeval.metrics import f1_score, precision_score, recall_score

from nlpseq.text.tags import spans, tagged

REVIEWS = "text,label\ngostei muito,positive\nhorrível,negative\nruim,negative\ngostei,negative\n"


def columns(sentences):
    rows = (zip(s.words, s.tags, strict=True) for s in sentences)
    return "".join("".join(f"{word}\t{tag}\n" for word, tag in each) + "\n" for each in rows)


def figures(done):
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)["figures"]


@pytest.fixture
def gold(entities, tmp_path):
    """A file of sentences, of which some are tagged otherwise than a tagger would."""
    text = columns(entities)
    text = text.replace("Rui\tB-PER", "Rui\tB-LOC").replace("da\tI-PER", "da\tB-PER")
    path = tmp_path / "gold.conll"
    path.write_text(text + "Ana\tO\n", encoding="utf-8")
    return path


def test_figures_for_people(call, tagger, gold):
    done = call("evaluate", tagger, gold)
    assert (done.returncode, done.stderr) == (0, "")
    told = figures(call("evaluate", tagger, gold, "--json"))
    head, *_, last = done.stdout.splitlines()
    assert head.startswith(f"F1 {told['f1']:.4f}   precision {told['precision']:.4f} ")
    assert "types 2 | entities 21 | sentences 10" in last


def test_what_predict_writes_scores_the_same_under_seqeval(within, tagger, gold):
    told = figures(within("evaluate", tagger, gold, "--json"))
    text = gold.read_text(encoding="utf-8")
    answers = within("predict", tagger, "--format", "conll", stdin=text).stdout
    blocks = [
        [line.split("\t") for line in block.split("\n")]
        for block in answers.removesuffix("\n\n").split("\n\n")
    ]
    true, found = ([[row[i] for row in block] for block in blocks] for i in (1, 2))
    assert 0 < told["f1"] < 1
    assert told["f1"] == f1_score(true, found)
    assert told["precision"] == precision_score(true, found)
    assert told["recall"] == recall_score(true, found)
    assert told["sentences"] == len(blocks)


@pytest.mark.parametrize("scheme", ["IO", "IOB1", "IOBES", "BILOU"])
def test_other_schemes_are_read_as_well(within, tagger, entities, tmp_path, scheme):
    def converted(s):
        return tagged(spans(s.tags, "IOB2"), len(s), scheme)

    rows = [
        "".join(f"{i} {w} x {t} y\n" for i, (w, t) in enumerate(zip(s.words, tags, strict=True)))
        for s in entities
        for tags in [converted(s)]
    ]
    (tmp_path / "gold").write_text("\n".join(rows), encoding="utf-8")
    told = within("evaluate", tagger, "gold", "--word-column", 2, "--tag-column", 4, "--json")
    assert figures(told)["f1"] == 1


def test_standard_input_and_a_pattern(within, tagger, entities, tmp_path):
    for i, part in enumerate((entities[:4], entities[4:])):
        (tmp_path / f"{i}.conll").write_text(columns(part), encoding="utf-8")
    piped = within("evaluate", tagger, "-", "--json", stdin=columns(entities))
    assert piped.stdout == within("evaluate", tagger, "*.conll", "--json").stdout
    assert figures(piped)["sentences"] == 9


def test_another_encoding(within, tagger, tmp_path):
    (tmp_path / "a.conll").write_bytes("São\tB-LOC\nPaulo\tI-LOC\n".encode("latin-1"))
    assert within("evaluate", tagger, "a.conll").returncode == 1
    done = within("evaluate", tagger, "a.conll", "--encoding", "latin-1", "--json")
    assert figures(done)["recall_unseen"] == 0


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("", "a.conll: the file holds no sentence", "one token a line"),
        ("\n  \n\n", "a.conll: the file holds no sentence", "one token a line"),
        ("Ana\tB-PER\n\nRui\tB-ORG\n", "a.conll:3: the type of entity 'ORG' was not in",
         "there were: LOC, PER"),
        ("Ana\tB-PER\n\nRui\tPERSON\n", "a.conll:3: 'PERSON' is a tag of no scheme", "B-LOC"),
        ("Ana\tB-PER\n\nRui\tI-PER\n", "a.conll:3: I-PER at the start", "ask for a repair"),
        ("Ana\tB-PER\nmora\tO\nRui\tS-PER\nDa\tI-PER\nSi\tI-PER\nAna\tB-PER\nRui\tI-PER\n",
         "a.conll:3: S-PER: IOB2 has no S-", "ask for a repair"),
        ("Ana\tB-PER\n\nRui\n", "a.conll:3: 1 column where the file's first row has 2", "one tab"),
        ("Ana\nRui\n", "a.conll:1: no column 2, there is one", "counted from 1"),
    ],
    ids=["empty", "blank lines", "unknown type", "no tag", "I- without B-", "mixed schemes",
         "a column missing", "no column"],
)  # fmt: skip
def test_what_is_wrong_has_its_place_and_a_remedy(within, tagger, tmp_path, text, place, remedy):
    (tmp_path / "a.conll").write_text(text)
    done = within("evaluate", tagger, "a.conll")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {place}")
    assert remedy in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.conll"]


def test_repairs_are_counted(within, tagger, tmp_path):
    (tmp_path / "a.conll").write_text("Ana\tI-PER\nmora\tO\n\nRui\n\nRui\tB-PER\n")
    done = within("evaluate", tagger, "a.conll", "--repair", "--json")
    told = figures(done)
    assert (told["sentences"], told["entities"], told["recall"]) == (2, 2, 1)
    assert done.stderr.splitlines()[0] == "repaired:"
    assert "1 × illegal tag mended to IOB2 (a.conll:1)" in done.stderr
    assert "1 × sentence with a broken row left out (a.conll:4)" in done.stderr


def test_documents(within, model, tmp_path):
    (tmp_path / "a.csv").write_text(REVIEWS, encoding="utf-8")
    told = figures(within("evaluate", model, "a.csv", "--json"))
    assert (told["accuracy"], told["rows"]) == (0.75, 4)
    (tmp_path / "b").write_text(REVIEWS.replace("text,label", "a;b,c"), encoding="utf-8")
    named = ["--text", "a;b", "--label", "c", "--format", "csv"]
    assert figures(within("evaluate", model, "b", *named, "--json")) == told
    assert "positive" in within("evaluate", model, "a.csv").stdout


@pytest.mark.parametrize("option", ["--target", "--word-column", "--tag-column"])
def test_options_of_other_tasks_than_documents(within, model, tmp_path, option):
    (tmp_path / "a.csv").write_text(REVIEWS, encoding="utf-8")
    done = within("evaluate", model, "a.csv", option, "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {model}: {option} is not for models of the task 'classify'\n"


@pytest.mark.parametrize("option", ["--target", "--text", "--label", "--label-separator"])
def test_options_of_other_tasks_than_tags(within, tagger, gold, option):
    done = within("evaluate", tagger, gold, option, "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option} is not for models of the task 'tag'" in done.stderr


def test_a_file_or_a_model_that_is_not_there(within, tagger, gold):
    done = within("evaluate", tagger, "gold.con")
    assert done.returncode == 2
    assert "did you mean gold.conll" in done.stderr
    assert within("evaluate", "nothing", gold).returncode == 2
