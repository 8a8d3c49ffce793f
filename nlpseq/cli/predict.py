"""``nlpseq predict``: one line in, one answer out."""

import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from nlpseq.cli import verb
from nlpseq.errors import CallError

_TSV = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


@click.command(cls=verb.Verb, short_help="Answer each line of standard input.")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["tsv", "jsonl", "conll", "html"]), default="tsv",
    show_default=True,
    help="A line a text for people, or an object with all that is known. Of taggers also CoNLL "
    "columns, in and out, with the tags behind; or a page that shows the entities.",
)  # fmt: skip
@click.option(
    "--word-column", type=click.IntRange(1), metavar="N",
    help="With conll: the column of the words, from 1; by default the first.",
)  # fmt: skip
@click.option(
    "--beam", type=click.IntRange(1, 1000), metavar="N",
    help="Of translators: hypotheses that are followed; by default as the model was made.",
)  # fmt: skip
@click.option(
    "--n-best", type=click.IntRange(1, 1000), metavar="N",
    help="Of translators, with jsonl: translations of each text, the beam at most.",
)  # fmt: skip
@verb.threads
@verb.device
def command(
    model: Path,
    form: str,
    word_column: int | None,
    beam: int | None,
    n_best: int | None,
    threads: int | None,
    device: str,
) -> None:
    """Answer each line of standard input on a line of standard output.

    Of classifiers: label and probability, several with | between. Of taggers: place, type and text
    of each entity. Of translators: the translation. An empty line is an empty text: its answer has
    empty fields, or null with the reason.

    \b
    Examples:
      echo "gostei muito" | nlpseq predict models/quickstart
      nlpseq predict models/quickstart --format jsonl < reviews.txt > answers.jsonl
      nlpseq predict models/ner-pt --format conll < test.conll > answers.conll
      nlpseq predict models/ner-pt --format html < texts.txt > entities.html
    """
    import nlpseq

    loaded = nlpseq.load(model, device=device, threads=threads)
    if form in ("conll", "html") and loaded.task != "tag":
        raise CallError(f"the format {form} is for taggers", where=str(model))
    if word_column and form != "conll":
        raise CallError("--word-column is for the format conll", remedy="add --format conll")
    if (beam or n_best) and loaded.task != "translate":
        raise CallError("--beam and --n-best are for translators", where=str(model))
    if beam or n_best:
        loaded = _searching(loaded, beam, n_best)
    out = sys.stdout.buffer
    if form == "conll":
        _conll(loaded, word_column or 1)
    elif form == "html":
        for part in _page(loaded):
            out.write(part.encode("utf-8", "replace"))
    else:
        write = _jsonl if form == "jsonl" else _tsv
        for answer in loaded.predict(_lines()):
            out.write(write(answer).encode("utf-8", "replace"))
    out.flush()


def _searching(translator: Any, beam: int | None, n_best: int | None) -> Any:
    """The translator, told how to search."""
    from nlpseq.models.translate import SearchSettings

    settings = translator.search.model_dump()
    settings["beam"] = beam or max(settings["beam"], n_best or 1)
    settings["n_best"] = n_best or min(settings["n_best"], settings["beam"])
    if settings["n_best"] > settings["beam"]:
        raise CallError(
            f"--n-best {n_best} is more than the beam {beam} follows", remedy="raise --beam"
        )
    translator.search = SearchSettings(**settings)
    return translator


def _conll(tagger: Any, word_column: int) -> None:
    from nlpseq.models.tag.columns import with_tags
    from nlpseq.text.corpus.conll import read_conll, write_conll

    write_conll(with_tags(tagger, read_conll("-"), word_column=word_column), sys.stdout.buffer)


def _page(tagger: Any) -> Iterator[str]:
    from nlpseq.models.tag.picture import page

    texts: deque[str] = deque()

    def told() -> Iterator[str]:
        for line in _lines():
            texts.append(line)
            yield line

    answers = ((texts.popleft(), answer.entities or ()) for answer in tagger.predict(told()))
    return page(answers, tagger.tagset.labels.words)


def _lines() -> Iterator[str]:
    from nlpseq.files import STDIN, text_lines

    return (line for _, line in text_lines(STDIN))


def _tsv(answer: Any) -> str:
    return "\t".join(field.translate(_TSV) for field in answer.fields()) + "\n"


def _jsonl(answer: Any) -> str:
    return json.dumps(answer.record(), ensure_ascii=False) + "\n"
