"""What vectors are, in words: for a screen, and for the card of a repository on the hub."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors


def describe(vectors: "Vectors") -> dict[str, str]:
    """Property → value, for people."""
    properties = {
        "words": f"{len(vectors):,}",
        "dim": str(vectors.dim),
        "precision": vectors.rows.precision,
        "recipe": vectors.recipe,
    }
    if vectors.subwords is not None:
        properties["subwords"] = (
            f"{vectors.subwords.minimum} to {vectors.subwords.maximum} characters, "
            f"{len(vectors.subwords.rows):,} rows"
        )
    if vectors.counts is not None:
        properties["tokens"] = f"{int(vectors.counts.sum()):,}"
    return {**properties, **vectors.about, "first words": " ".join(vectors.words[:10])}


def card(vectors: "Vectors", repo: str, file: str) -> str:
    """Markdown with the hub's metadata at its head.

    :param file: the store's name in the repository
    """
    properties = describe(vectors)
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
