"""``nlpseq vectors evaluate``: figures of word vectors on test files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening
from nlpseq.errors import CallError
from nlpseq.files import require

if TYPE_CHECKING:
    from nlpseq.embeddings.evaluation.report import Result
    from nlpseq.embeddings.vectors import Vectors
    from nlpseq.progress import Progress

_FILES: Any = {"type": click.Path(path_type=Path), "multiple": True, "metavar": "FILE"}


@click.command(cls=verb.Verb, short_help="Figures on test files, with their signature.")
@opening.vectors
@click.option(
    "--similarity", **_FILES,
    help="Pairs and how alike people find them: two words and a number a line, as CSV, TSV or "
    "with blanks between.",
)  # fmt: skip
@click.option(
    "--analogy", **_FILES,
    help="Questions, four words a line, with lines of ': section' between.",
)  # fmt: skip
@click.option(
    "--categories", **_FILES,
    help="A category, a tab and a word a line; or lines of ': category' and words below.",
)  # fmt: skip
@click.option("--coverage", **_FILES, help="A text: how much of it the vectors hold.")
@click.option(
    "--against", metavar="VECTORS",
    help="Other vectors, and whether they differ by more than luck (paired bootstrap, 10,000 "
    "resamples).",
)  # fmt: skip
@click.option(
    "--first", type=click.IntRange(1),
    help="Know the first so many words alone, and make nothing of subwords.",
)  # fmt: skip
@click.option(
    "-i", "--ignore-case", is_flag=True,
    help="Compare words in upper case; of those that are one word then the first counts.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@opening.no_cache
def command(
    vectors: str,
    similarity: tuple[Path, ...],
    analogy: tuple[Path, ...],
    categories: tuple[Path, ...],
    coverage: tuple[Path, ...],
    against: str | None,
    first: int | None,
    ignore_case: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Evaluate VECTORS on test files; each option with a file may be given several times.

    Every figure comes twice: over what the vectors know alone, which flatters, and over all, with
    the unknown counted as wrong, or as of similarity 0. With --first 300000 --ignore-case they are
    those of gensim's evaluate_word_pairs and evaluate_word_analogies, without and with
    dummy4unknown.

    \b
    Examples:
      nlpseq vectors evaluate v.safetensors --similarity simlex999.csv --analogy google.txt -i
      nlpseq vectors evaluate v.safetensors --similarity simlex999.csv --against w.safetensors
      nlpseq vectors evaluate v.safetensors --coverage corpus.txt.gz --json
    """
    files = {
        "similarity": similarity, "analogies": analogy,
        "categorisation": categories, "corpus": coverage,
    }  # fmt: skip
    tests = [(kind, require(path)) for kind, paths in files.items() for path in paths]
    if not tests:
        raise CallError(
            "nothing to evaluate on",
            remedy="give a file: --similarity, --analogy, --categories or --coverage",
        )
    from nlpseq.embeddings.evaluation.lookup import Options

    options = Options(first, ignore_case)
    names = [vectors] if against is None else [vectors, against]
    sets = [opening.opened(name, cache=not no_cache) for name in names]
    found: list[dict[str, Any]] = []
    with shown(verbose=False) as progress:
        for kind, path in tests:
            results = [_test(kind)(each, path, options, progress) for each in sets]
            for name, result in zip(names, results, strict=True):
                found.append({"vectors": name, **result.as_dict()})
                if not as_json:
                    click.echo(f"{f'{name}: ' if against else ''}{result}\n")
            if against is not None and kind in ("similarity", "analogies"):
                from nlpseq.embeddings.evaluation.bootstrap import compare

                comparison = compare(*results)
                found.append({"vectors": names, **comparison.as_dict()})
                if not as_json:
                    click.echo(f"{' - '.join(names)}: {comparison}\n")
    if as_json:
        click.echo(json.dumps({"results": found}, ensure_ascii=False))


def _test(kind: str) -> "Callable[[Vectors, Path, Any, Progress], Result]":
    from nlpseq.embeddings.evaluation import analogies, categorisation, corpus, similarity

    if kind == "analogies":
        return analogies.evaluate
    modules: dict[str, Any] = {
        "similarity": similarity, "categorisation": categorisation, "corpus": corpus,
    }  # fmt: skip
    return lambda vectors, path, options, _: modules[kind].evaluate(vectors, path, options)
