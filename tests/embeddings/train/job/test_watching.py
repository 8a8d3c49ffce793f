import numpy as np
import pytest

from nlpseq.embeddings.evaluation import similarity
from nlpseq.embeddings.train.job.watching import Evaluation
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError

PAIRS = "gato,rei,1.0\nrei,rainha,2.0\nhomem,mulher,3.0\ngato,ausente,2.5\n"
QUESTIONS = ": f\nhomem mulher rei rainha\nhomem mulher gato ausente\n"
WORDS = ["gato", "rei", "rainha", "homem", "mulher"]
MATRIX = [[-1, 5, 0], [3, 0, 1], [3, 1, 2], [1, 0, 1], [1, 1, 2]]


@pytest.fixture
def vectors():
    return Vectors(WORDS, np.array(MATRIX, np.float32))


@pytest.fixture
def files(tmp_path):
    pairs, questions = tmp_path / "p.csv", tmp_path / "q.txt"
    pairs.write_text(PAIRS)
    questions.write_text(QUESTIONS)
    return pairs, questions


def test_figures_of_each_file_and_their_mean(vectors, files):
    pairs, questions = files
    figures, mean = Evaluation([pairs], [questions])(vectors)
    wanted = similarity.evaluate(vectors, pairs).figures()["spearman_known"]
    assert figures == {str(pairs): pytest.approx(wanted), str(questions): 1.0}
    assert mean == pytest.approx((wanted + 1) / 2)
    assert wanted == pytest.approx(0.5)


def test_a_figure_that_is_none_counts_as_0(files):
    alike = Vectors(WORDS, np.ones((5, 3), np.float32))
    figures, mean = Evaluation([files[0]])(alike)
    assert figures == {str(files[0]): None}
    assert mean == 0


def test_the_hash_is_of_what_the_files_hold(vectors, files, tmp_path):
    pairs, questions = files
    usual = Evaluation([pairs], [questions]).check(vectors)
    copy = tmp_path / "copy.csv"
    copy.write_text(PAIRS)
    assert Evaluation([copy], [questions]).check(vectors) == usual
    copy.write_text(PAIRS.replace("3.0", "4.0"))
    assert Evaluation([copy], [questions]).check(vectors) != usual
    assert Evaluation([pairs]).check(vectors) != usual


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("similarity", "gato,rei,1\nx,y,2\nz,gato,3\n", "of 3 pairs the vocabulary knows 1"),
        ("analogies", "homem mulher gato ausente\n", "of 1 questions the vocabulary knows 0"),
        ("similarity", "gato rei\n", "f.txt: the file holds no pair"),
        ("analogies", "gato rei\n", "2 words, a question has four"),
    ],
)
def test_files_that_give_no_figure_are_refused_at_once(vectors, tmp_path, kind, text, told):
    file = tmp_path / "f.txt"
    file.write_text(text)
    with pytest.raises(DataError, match=told):
        Evaluation(**{kind: [file]}).check(vectors)


def test_no_file_is_refused():
    with pytest.raises(CallError, match="nothing to evaluate on"):
        Evaluation()
