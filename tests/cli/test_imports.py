import json
import subprocess
import sys

import numpy as np
import pytest

HEAVY = {"torch", "spacy", "gensim", "numba", "sklearn", "pyarrow", "tokenizers"}


def modules(code):
    """The top-level modules that are loaded after running ``code`` in a new interpreter."""
    ending = "\nimport json, sys; print(json.dumps([m.split('.')[0] for m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code + ending], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def cli(*arguments):
    return f"from nlpseq.cli import main\nmain({list(map(str, arguments))}, standalone_mode=False)"


def test_importing_the_package_loads_nothing_heavy():
    assert not modules("import nlpseq") & (HEAVY | {"numpy", "pydantic", "click"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["run", "--help"], ["vectors", "--help"], ["vectors", "map", "--help"],
        ["tokenize", "--help"], ["vocab", "--help"],
    ],
)  # fmt: skip
def test_help_loads_nothing_heavy(arguments):
    assert not modules(cli(*arguments)) & (HEAVY | {"numpy", "pydantic", "rich"})


def test_help_on_training_compiles_nothing():
    assert not modules(cli("vectors", "train", "--help")) & (HEAVY | {"numpy", "scipy", "rich"})


def test_asking_vectors_needs_numpy_alone(tmp_path):
    import nlpseq

    nlpseq.Vectors(["rei", "rainha"], np.eye(2, dtype=np.float32)).save(tmp_path / "v.safetensors")
    for question in (["near", "rei"], ["analogy", "rei", "rei", "rainha"], ["info"]):
        verb, *words = question
        loaded = modules(cli("vectors", verb, tmp_path / "v.safetensors", *words))
        assert "numpy" in loaded
        assert not loaded & (HEAVY | {"scipy", "pydantic", "rich", "matplotlib", "http"})


@pytest.mark.parametrize("verb", ["tokenize", "vocab"])
def test_the_rules_need_numpy_alone(tmp_path, verb):
    (tmp_path / "a.txt").write_text("a,b\n")
    loaded = modules(cli(verb, tmp_path / "a.txt"))
    assert "numpy" in loaded
    assert not loaded & (HEAVY | {"scipy", "pydantic", "rich", "huggingface_hub", "ftfy"})


def test_public_names_are_all_there():
    import nlpseq

    assert all(getattr(nlpseq, name) is not None for name in nlpseq.__all__)
    assert set(nlpseq._HOMES) == set(nlpseq.__all__) - {"__version__"}
    assert dir(nlpseq) == nlpseq.__all__
    with pytest.raises(AttributeError, match="nothing"):
        _ = nlpseq.nothing
