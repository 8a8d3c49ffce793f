"""``nlpseq vectors``: word vectors in files: one module a verb."""

from typing import ClassVar

import click

from nlpseq.cli import verb


class _Vectors(verb.Verbs):
    modules: ClassVar = {
        "train": "nlpseq.cli.vectors.train",
        "info": "nlpseq.cli.vectors.info",
        "near": "nlpseq.cli.vectors.near",
        "analogy": "nlpseq.cli.vectors.analogy",
        "convert": "nlpseq.cli.vectors.convert",
        "evaluate": "nlpseq.cli.vectors.evaluate",
        "map": "nlpseq.cli.vectors.map",
        "list": "nlpseq.cli.vectors.list",
        "pull": "nlpseq.cli.vectors.pull",
        "push": "nlpseq.cli.vectors.push",
        "cache": "nlpseq.cli.vectors.cache",
    }


@click.group(cls=_Vectors)
def command() -> None:
    """Train, open, ask, convert, evaluate and draw word vectors.

    VECTORS is a file: nlpseq's store (.safetensors), word2vec or GloVe text, word2vec or fastText
    binary, safetensors with vocab.txt; plain, gzip, bzip2, xz, zstd or zip. Or a name out of
    `nlpseq vectors list`, or hf://owner/name. A store opens at once. A large file of another
    format is converted once, into a cache, and opens at once from then on.
    """
