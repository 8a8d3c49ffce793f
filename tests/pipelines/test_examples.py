import pytest

from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.examples import Reading, examples
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.tags import SCHEMES, spans, tagged

TAGS = ["B-PER", "I-PER", "B-PER", "O", "B-LOC", "O", "O", "B-LOC", "I-LOC", "I-LOC"]
WORDS = [f"w{i}" for i in range(len(TAGS))]


class Asked:
    """What examples are read for: a task, and what its models say of their answers."""

    def __init__(self, task, scheme=None, multilabel=False):
        self.task = task
        self.tagset = self.settings = self
        self.scheme, self.multilabel = scheme, multilabel


@pytest.fixture
def file(tmp_path):
    """Writes a file and says where it is."""

    def write(content, name="a.conll"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / name)

    return write


def rows(tags):
    return "".join(f"{w} {t}\n" for w, t in zip(WORDS, tags, strict=True))


@pytest.mark.parametrize("mine", [scheme for scheme in SCHEMES if scheme != "IO"])
@pytest.mark.parametrize("theirs", [scheme for scheme in SCHEMES if scheme != "IO"])
def test_tags_come_in_the_scheme_of_the_model(file, mine, theirs):
    entities = spans(TAGS, "IOB2")
    path = file(rows(tagged(entities, len(TAGS), theirs)))
    [found] = examples(Asked("tag", mine), path, Reading())
    assert found.words == WORDS
    assert found.tags == tagged(entities, len(TAGS), mine)
    assert found.where(2) == f"{path}:3"


def test_plain_tags_are_left_as_they_are(file):
    [found] = examples(Asked("tag"), file("a X\nb B-Y\nc I-Z\n"), Reading())
    assert found.tags == ["X", "B-Y", "I-Z"]


def test_columns_and_encoding(tmp_path):
    path = tmp_path / "a.conll"
    path.write_bytes("1\tSão\tB-LOC\t_\n".encode("latin-1"))
    reading = Reading(word_column=2, tag_column=3, encoding="latin-1")
    [found] = examples(Asked("tag", "IOB2"), str(path), reading)
    assert (found.words, found.tags) == (["São"], ["B-LOC"])


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("a B-X\n\nb I-X\n", ":3", "I-X at the start"),
        ("a B-X\nb I-X\n\nc S-X\n", ":4", "IOB2 has no S-"),
        ("a B-X\n\nb\n", ":3", "1 column"),
        ("", "", "no sentence"),
    ],
)
def test_what_is_wrong_has_its_place(file, content, line, message):
    path = file(content)
    with pytest.raises(DataError, match=message) as caught:
        examples(Asked("tag", "IOB2"), path, Reading())
    assert caught.value.where == path + line


def test_repairs_are_counted(file):
    repairs = Repairs()
    path = file("a B-X\n\nb I-X\n\nc\n")
    found = examples(Asked("tag", "IOBES"), path, Reading(repairs=repairs))
    assert [s.tags for s in found] == [["S-X"], ["S-X"]]
    assert repairs.total == 2


def test_documents(file):
    path = file("t,l\num,x\n", "a.csv")
    [found] = examples(Asked("classify"), path, Reading(text="t", label="l"))
    assert (found.text, found.label) == ("um", "x")
    several = Reading(text="t", label="l", separator="|")
    [found] = examples(Asked("classify", multilabel=True), file("t,l\num,x|y\n", "a.csv"), several)
    assert found.label == ("x", "y")


def test_broken_documents_are_left_out_on_request(file):
    path = file("text,label\num,x\ndois,y,z\n", "a.csv")
    with pytest.raises(DataError):
        examples(Asked("classify"), path, Reading())
    repairs = Repairs()
    [found] = examples(Asked("classify"), path, Reading(repairs=repairs))
    assert (found.text, repairs.total) == ("um", 1)


def test_pairs(file):
    one, other = file("um\ndois\n", "a.pt"), file("one\n\n", "a.en")
    with pytest.raises(CallError, match="two files") as caught:
        examples(Asked("translate"), one, Reading())
    assert "--target" in caught.value.remedy
    with pytest.raises(DataError):
        examples(Asked("translate"), one, Reading(target=other))
    repairs = Repairs()
    [found] = examples(Asked("translate"), one, Reading(target=other, repairs=repairs))
    assert (found.source, found.target, repairs.total) == ("um", "one", 1)


def test_a_task_whose_examples_are_in_no_file(file):
    with pytest.raises(CallError, match="'draw' are evaluated in pipelines alone"):
        examples(Asked("draw"), file("a X\n"), Reading())


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CallError, match="no such file"):
        examples(Asked("tag", "IOB2"), str(tmp_path / "a.conll"), Reading())
