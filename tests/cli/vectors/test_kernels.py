"""What comes with compiled kernels."""

import subprocess
import sys

TRAIN = """
import sys
from nlpseq.cli import main

main(["vectors", "train", *sys.argv[1:]], standalone_mode=False)
print("scipy.linalg" in sys.modules)
import scipy.linalg.cython_blas  # still to be had by others
"""


def test_training_does_without_scipys_linear_algebra(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("a b c d\n" * 20, encoding="utf-8")
    arguments = [corpus, "-o", tmp_path / "v.safetensors", "--dim", "8", "--no-cache"]
    told = subprocess.check_output([sys.executable, "-c", TRAIN, *map(str, arguments)], text=True)
    assert told.splitlines()[-1] == "False"
