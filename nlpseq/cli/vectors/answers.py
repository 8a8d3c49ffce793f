"""Printing the answers to questions: tab-separated lines, or JSON."""

import json
from collections.abc import Callable, Sequence
from itertools import compress
from typing import TYPE_CHECKING

import click

from nlpseq.cli.vectors.opening import questions

if TYPE_CHECKING:
    from nlpseq.embeddings.questions import Neighbour
    from nlpseq.embeddings.vectors import Vectors


def answer(
    vectors: "Vectors",
    words: tuple[str, ...],
    size: int,
    ask: "Callable[[Sequence[Sequence[str]]], list[list[Neighbour]]]",
    *,
    ignore_case: bool,
    as_json: bool,
) -> None:
    """Ask each question and print what comes.

    A question of the call that holds an unknown word is an error; one of standard input has an
    empty answer.

    :param size: words of a question
    """
    called = bool(words) and words != ("-",)
    alone = called and len(words) == size
    for batch in questions(words, size):
        known = [called or _holds(vectors, question, ignore_case) for question in batch]
        answers = iter(ask(list(compress(batch, known))))
        for question, held in zip(batch, known, strict=True):
            _print(question, next(answers) if held else None, alone, as_json)


def _holds(vectors: "Vectors", question: Sequence[str], ignore_case: bool) -> bool:
    return all(vectors.resolve(word, ignore_case=ignore_case) for word in question)


def _print(
    question: Sequence[str], found: "list[Neighbour] | None", alone: bool, as_json: bool
) -> None:
    if as_json:
        fields: dict[str, object] = {"words": list(question)}
        if found is None:
            fields |= {"answers": None, "reason": "a word that the vectors do not hold"}
        else:
            fields["answers"] = [{"word": w, "score": round(s, 6)} for w, s in found]
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    asked = "" if alone else f"{' '.join(question)}\t"
    if not found and not alone:  # every question has a line
        click.echo(f"{asked}\t")
    for word, score in found or ():
        click.echo(f"{asked}{word}\t{score:.4f}")
