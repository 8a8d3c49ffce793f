import pytest

VECTORS = "4 2\nhomem 1 0\nmulher 1 1\nrei 2 0\nrainha 2 2\n"


@pytest.fixture(autouse=True)
def vectors(tmp_path):
    (tmp_path / "v.txt").write_text(VECTORS)


def test_near_prints_word_and_cosine(call):
    done = call("vectors", "near", "v.txt", "rei", "-k", "2")
    assert done.stdout == "homem\t1.0000\nmulher\t0.7071\n"


def test_analogy_prints_word_and_score(call):
    done = call("vectors", "analogy", "v.txt", "homem", "rei", "mulher", "-k", "1")
    assert done.stdout.startswith("rainha\t")
    mul = call("vectors", "analogy", "v.txt", "homem", "rei", "mulher", "--method", "mul")
    assert mul.stdout.startswith("rainha\t")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["near", "v.txt", "Rei"], 1, "did you mean 'rei'"),
        (["near", "w.txt", "rei"], 2, "w.txt: no such file\n  did you mean v.txt"),
        (["near", "v.txt", "rei", "-k", "0"], 2, "-k"),
        (["near", "v.txt"], 2, "WORD"),
        (["analogy", "v.txt", "a", "b"], 2, "Missing argument"),
        (["nera", "v.txt", "rei"], 2, "nera"),
        (["near", ".", "rei"], 2, "a file is wanted"),
    ],
)
def test_misuse(call, arguments, status, message):
    done = call("vectors", *arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert done.stdout == ""
