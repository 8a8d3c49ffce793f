"""CTranslate2's part of translator.py, run by the Python of JoeyNMT's environment:

    python benchmarks/ctranslate2_translator.py '{"folder": FOLDER, ...}'

The options are those of joeynmt_translator.py; the folder holds the weights.npz of a Transformer
that nlpseq_translator.py has trained. The very same model is run in float32 and in int8. Prints
JSON lines: of ``type``, ``search``, ``batch`` and ``fixed`` the ``sentences_per_s``, the
``tokens_per_s``, and the ``hypotheses`` as subwords.
"""

import argparse
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from joeynmt_translator import SEARCHES, Options, rates
from peers import say

SPECIALS = ["<pad>", "<unk>", "<s>", "</s>"]  # in the order of nlpseq


def specification(folder: Path) -> Any:
    """nlpseq's model as CTranslate2 wants it."""
    import numpy as np
    from ctranslate2.specs.transformer_spec import TransformerSpec

    with np.load(folder / "weights.npz", allow_pickle=False) as file:
        weights = dict(file)

    def normalise(spec: Any, name: str) -> None:
        spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def multiply(spec: Any, *names: str) -> None:
        spec.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        if f"{names[0]}.bias" in weights:
            spec.bias = weights[f"{names[0]}.bias"]

    def block(spec: Any, name: str) -> None:
        own, ours = spec.self_attention, f"{name}.attention"
        multiply(own.linear[0], *(f"{ours}.W_{part}" for part in "QKV"))
        multiply(own.linear[1], f"{ours}.W_O")
        normalise(own.layer_norm, f"{name}.around_attention.norm")
        multiply(spec.ffn.linear_0, f"{name}.feed_forward.W_1")
        multiply(spec.ffn.linear_1, f"{name}.feed_forward.W_2")
        normalise(spec.ffn.layer_norm, f"{name}.around_feed_forward.norm")

    layers = sum(name.endswith("source_attention.W_Q.weight") for name in weights)
    spec = TransformerSpec.from_config(layers, int(weights["heads"]), pre_norm=True)
    for side in ("encoder", "decoder"):
        stack = getattr(spec, side)
        stack.position_encodings.encodings = weights["positions"]
        normalise(stack.layer_norm, f"{side}.norm")
        for i, layer in enumerate(stack.layer):
            block(layer, f"{side}.blocks.{i}")
            if side == "decoder":
                other, ours = layer.attention, f"{side}.blocks.{i}.source_attention"
                multiply(other.linear[0], f"{ours}.W_Q")
                multiply(other.linear[1], f"{ours}.W_K", f"{ours}.W_V")
                multiply(other.linear[2], f"{ours}.W_O")
                normalise(other.layer_norm, f"{side}.blocks.{i}.around_source.norm")
    embedding = weights["target_embedding.weight"]
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    spec.decoder.projection.bias = weights["output.bias"]
    words = SPECIALS + (folder / "words.txt").read_text(encoding="utf-8").split("\n")[:-1]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.config.add_source_eos = True
    return spec


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("options", type=lambda text: Options(**json.loads(text)), metavar="JSON")
    options: Options = parser.parse_args().options

    from ctranslate2 import Translator

    few, dev = (
        [line.split(" ") for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (Path(options.folder) / "few.src", Path(options.folder) / "dev.src")
    )
    with tempfile.TemporaryDirectory() as name:
        for kind in ("float32", "int8"):
            spec = specification(Path(options.folder))
            spec.validate()
            spec.optimize(quantization=kind)
            spec.save(name)
            translator = Translator(
                name, inter_threads=1, intra_threads=options.threads, compute_type=kind
            )
            for (search, beam), batch, fixed in itertools.product(
                SEARCHES, (64, 1), (None, options.fixed)
            ):
                for sentences in (few, dev):
                    started, found = time.perf_counter(), []
                    for i in range(0, len(sentences), batch):
                        found += translator.translate_batch(
                            sentences[i : i + batch],
                            beam_size=beam,
                            length_penalty=1,
                            min_decoding_length=fixed or 1,
                            max_decoding_length=fixed or options.limit,
                            disable_unk=True,
                        )
                    seconds = time.perf_counter() - started
                words = [each.hypotheses[0] for each in found]
                told = {"type": kind, "search": search, "batch": batch, "fixed": fixed}
                say(**told, **rates(words, seconds, fixed), hypotheses=words)


if __name__ == "__main__":
    main()
