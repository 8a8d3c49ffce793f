"""From tokenised documents to one stream of ids, so that no epoch hashes a word again.

The text is gone through once, on all cores, and the ids lie on disk: memory holds the different
words alone. What was read is kept, and later runs map it.
"""

import logging
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nlpseq import __version__
from nlpseq.embeddings import cache
from nlpseq.embeddings.train.stream import lists, mapped
from nlpseq.embeddings.train.stream.encoding import Encoder, Ranked
from nlpseq.embeddings.train.stream.keeping import Keeper
from nlpseq.embeddings.train.stream.reading import Text, raw, tokenised, told_format
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError
from nlpseq.files import PACKED, content_hash
from nlpseq.progress import Progress, silent
from nlpseq.text import workers
from nlpseq.text.corpus.lines import codec_of
from nlpseq.text.corpus.sources import Format, files_of
from nlpseq.text.tokenize.many import Cuts
from nlpseq.text.tokenize.subwords import Subwords

_log = logging.getLogger(__name__)


class Stream(NamedTuple):
    """A corpus as ids, rare words left out. Arrays cannot be written to."""

    words: Words  #: most frequent first, ties in code-point order
    counts: npt.NDArray[np.int64]  #: shape (V,): how often each stands in the stream
    ids: npt.NDArray[np.int32]  #: shape (tokens,): mapped from a file
    #: shape (documents + 1,): where each document starts; one of more than 10,000 words of the
    #: vocabulary is cut into several
    offsets: npt.NDArray[np.int64]


def read(
    sources: Sequence[Path | str],
    *,
    min_count: int,
    max_vocab: int | None = None,
    threads: int | None = None,
    processes: int | None = None,
    progress: Progress = silent,
    tokenizer: Cuts | None = None,
    field: str = "text",
    format: Format | None = None,
    encoding: str = "utf-8",
    keep: bool = True,
) -> Stream:
    r"""Read a corpus, one document a line, or a record where the format has those.

    Without a tokenizer the corpus is tokenised: its words are told apart by ASCII white space,
    blanks and tabs as a rule; lines end at ``\n`` alone. Documents of more than 10,000 words,
    rare ones not counted, are cut into several.

    A corpus of 4 MB or more, and any that is cut into words here, is kept in the user's cache as
    :mod:`nlpseq.embeddings.cache` has it; with the same options it is mapped the next time, and
    where no file has changed, none is read.

    :param sources: what :func:`files_of` takes: files, packed or not, folders, patterns, ``-``
    :param min_count: rarer words are left out
    :param max_vocab: words at most; while counting eight times as many are held, a million at
        least, and beyond that the rarest are forgotten
    :param threads: by default as many as there are cores
    :param processes: for a tokenizer, by default as many as threads; each imports the main module,
        so a script needs its ``if __name__ == "__main__"``
    :param tokenizer: cuts texts into words, for a corpus that is not tokenised
    :param field: with the text, of formats that have fields
    :param format: of the files, where their names do not tell it; then they are taken for text
    :param keep: in the user's cache; else the ids lie in a temporary file, which goes with them
    :raises DataError: with file and line, for what is not UTF-8; where no word is frequent enough
    """
    paths = [path for source in sources for path in files_of(source, progress=progress)]
    named = ", ".join(map(str, sources))
    threads = threads or workers.cores()
    plain = (
        tokenizer is None
        and codec_of(encoding) == "utf-8"
        and all((format or told_format(path)) == "text" for path in paths)
    )
    how = "" if plain else f"{_described(tokenizer)} {field} {format} {encoding}"
    kept = Keeper(named, paths, how, f"-{min_count}-{max_vocab or 'all'}") if keep else None
    if kept and (known := kept.known()):
        return Stream(*known)
    read_so_far = sha256()
    with Encoder(
        threads=threads, max_vocab=max_vocab, folder=_roomy() if keep else None
    ) as encoder:
        blocks = (
            tokenised(paths)
            if plain
            else raw(
                paths,
                tokenizer,
                field=field,
                format=format,
                encoding=encoding,
                processes=processes or threads,
            )
        )
        size = 0
        with closing(blocks), progress.task("reading text", _total(paths, plain)) as task:

            def done(block: Text) -> None:
                nonlocal size
                size += block.size
                if kept:
                    read_so_far.update(block.text)
                task.advance(block.size, f"{encoder.tokens:,} words")

            encoder.add(blocks, done)
        content = read_so_far.hexdigest()
        if kept and (found := kept.find(content)):
            return Stream(*found)
        ranked = _ranked(encoder, min_count, named)
        if kept and (tokenizer is not None or size >= cache.SMALLEST):
            write = partial(_write, encoder, ranked)
            if parts := kept.add(content, 4 * int(ranked.counts.sum()), write):
                return Stream(*parts)
        return _temporary(encoder, ranked)


def encode(
    documents: Iterable[Sequence[str]], *, min_count: int, max_vocab: int | None = None
) -> Stream:
    """Read documents, each a list of words, once; the parameters are those of :func:`read`.

    :raises CallError: for a text, which is no list of words
    :raises DataError: where no word is frequent enough; for a word that UTF-8 cannot hold
    """
    with Encoder(max_vocab=max_vocab) as encoder:
        encoder.add(lists.blocks(documents), lambda block: None)
        return _temporary(encoder, _ranked(encoder, min_count, None))


def digest(stream: Stream) -> str:
    """A SHA-256 over words, counts and ids, in hexadecimal: equal for equal streams."""
    found = sha256()
    for part in (
        stream.words.tokens,
        stream.words.offsets,
        stream.counts,
        stream.offsets,
    ):
        found.update(np.ascontiguousarray(part).data)
    for part in mapped.passed(stream.ids):
        found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()


def too_rare(min_count: int, tokens: int, where: str | None = None) -> DataError:
    """What is raised where no word is frequent enough."""
    return DataError(
        f"no word occurs {min_count} times in {tokens:,} tokens",
        where=where,
        remedy="give more text or a lower min_count",
    )


def _ranked(encoder: Encoder, min_count: int, named: str | None) -> Ranked:
    ranked = encoder.rank(min_count)
    if not len(ranked.words):
        raise too_rare(min_count, encoder.tokens, named)
    if ranked.left_out:
        _log.warning(
            "the vocabulary is bounded to %s words: %s more that occur %s times are left out",
            f"{len(ranked.words):,}",
            f"{ranked.left_out:,}",
            min_count,
        )
    if ranked.forgotten:
        _log.warning(
            "the vocabulary is bounded: while counting, rare words were forgotten %s times, and "
            "what is left may have come more often than was counted",
            f"{ranked.forgotten:,}",
        )
    return ranked


def _write(encoder: Encoder, ranked: Ranked, file: BinaryIO) -> None:
    mapped.write(file, ranked.words, ranked.counts, encoder.ids())


def _temporary(encoder: Encoder, ranked: Ranked) -> Stream:
    with tempfile.TemporaryFile() as file:  # as long as it is mapped, it is there
        _write(encoder, ranked, cast(BinaryIO, file))
        return Stream(*mapped.opened(cast(BinaryIO, file)))


def _roomy() -> Path | None:
    """The folder of the cache, for large temporary files; None where it cannot be written."""
    folder = cache.folder("streams")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _described(tokenizer: Cuts | None) -> str:
    """What changes whenever the words may."""
    if isinstance(tokenizer, Subwords):
        with tempfile.TemporaryDirectory() as folder:
            saved = Path(folder) / "tokenizer.json"
            tokenizer.save(saved)
            return f"{content_hash(saved)} tokenizers {version('tokenizers')} nlpseq {__version__}"
    spacy = f" spacy {version('spacy')}" if getattr(tokenizer, "kind", None) == "spacy" else ""
    return f"{tokenizer!r}{spacy} nlpseq {__version__}"


def _total(paths: Sequence[Path], plain: bool) -> int | None:
    """Bytes of files that are read as they are."""
    if plain and all(path.is_file() and path.suffix not in (*PACKED, ".zip") for path in paths):
        return sum(path.stat().st_size for path in paths)
    return None
