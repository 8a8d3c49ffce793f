"""The card of pushed vectors: what a reader of the hub wants to know of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors


def card(vectors: "Vectors", repo: str, file: str) -> str:
    """Markdown with the hub's metadata at its head.

    :param file: the store's name in the repository
    """
    properties = vectors.describe()
    licence = properties.get("licence")
    head = ["---", "tags:", "- word-vectors", "- nlpseq"]
    if licence:
        # quoted: what people write here is not always a plain word
        quoted = licence.replace("'", "''").replace("\n", " ")
        head += ["license: other", f"license_name: '{quoted}'"]
    rows = (f"| {_cell(name)} | {_cell(value)} |" for name, value in properties.items())
    return "\n".join(
        [
            *head,
            "---",
            f"# {repo}",
            "",
            f"Word vectors in nlpseq's store, `{file}`: a safetensors file that opens at once.",
            "",
            "| | |",
            "| --- | --- |",
            *rows,
            "",
            "```python",
            "import nlpseq",
            "",
            f'vectors = nlpseq.Vectors.open("hf://{repo}")',
            f"vectors.near({vectors.words[0]!r})",
            "```",
            "",
        ]
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
