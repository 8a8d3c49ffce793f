"""Subwords: BPE, Unigram and WordPiece, trained and run by the library ``tokenizers``."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np

from nlpseq.errors import CallError, DataError, suggestion
from nlpseq.files import open_bytes
from nlpseq.progress import Progress, silent
from nlpseq.text.characters import encodable
from nlpseq.text.normalize import Recipe, normalize
from nlpseq.text.tokenize.tokens import Tokens, in_original
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.writing import atomic_write

if TYPE_CHECKING:
    import tokenizers

Method = Literal["bpe", "unigram", "wordpiece"]

_UNKNOWN = "<unk>"
_BLANK = "▁"  # opens a piece that opens a word
_OURS = "nlpseq"  # the key of a tokenizer.json for what is ours
_LARGEST = 64 << 20  # bytes of a tokenizer.json
_BATCH = 512  # texts encoded at once, on all cores


class Subwords:
    """Cuts text into subwords.

    A piece that opens a word begins with ``▁`` (BPE, Unigram: Kudo and Richardson 2018), or one
    that goes on in a word with ``##`` (WordPiece). What the vocabulary has no piece for is given
    as it stands in the text, and is the unknown word of :attr:`vocabulary`.

    :param tokenizer: of the library ``tokenizers``
    :param recipe: done to the text before
    """

    def __init__(self, tokenizer: "tokenizers.Tokenizer", recipe: Recipe = "none") -> None:
        self.recipe: Recipe = recipe
        self._tokenizer = tokenizer
        unknown = getattr(tokenizer.model, "unk_token", None)  # of Unigram it is a number
        pieces: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        self._pieces = {p: i for p, i in pieces.items() if p not in (_UNKNOWN, unknown)}

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        method: Method = "bpe",
        size: int = 8000,
        recipe: Recipe = "none",
        progress: Progress = silent,
    ) -> Self:
        """Learn pieces from texts, which are streamed.

        BPE: Sennrich et al. 2016; Unigram: Kudo 2018; WordPiece: Schuster and Nakajima 2012.

        :param size: pieces, the unknown one among them
        :raises CallError: for a method that there is not, or a size below 2
        :raises DataError: where there is no text
        """
        if size < 2:
            raise CallError(f"{size} pieces are too few", remedy="8000 are usual, 2 the least")
        tokenizer, trainer = _untrained(method, size)
        some = False

        def counted() -> Iterator[str]:
            nonlocal some
            with progress.task(f"training {method}") as task:
                for text in texts:
                    some = some or bool(text.strip())
                    yield encodable(normalize(text, recipe).text)
                    task.advance()

        try:
            tokenizer.train_from_iterator(counted(), trainer)
        except Exception as error:
            if type(error) is not Exception:  # of the texts
                raise
            # the library names what it cannot do by an Exception of no kind
            raise CallError(
                f"{method} cannot be learned in {size} pieces: {error}",
                where="size",
                remedy="give it more: every character is a piece",
            ) from error
        if not some:
            raise DataError(
                "there is no text to learn subwords from", remedy="give texts that hold words"
            )
        return cls(tokenizer, recipe)

    @property
    def vocabulary(self) -> Vocabulary:
        """The pieces, in the order of the tokenizer's own ids; its ``unk`` is what it lacks."""
        return Vocabulary(sorted(self._pieces, key=self._pieces.__getitem__))

    def tokenize(self, text: str) -> Tokens:
        """The pieces of a text, and the place of each."""
        return next(self.stream([text]))

    def words(self, text: str) -> list[str]:
        """The pieces alone."""
        return self.tokenize(text).words

    def stream(self, texts: Iterable[str]) -> Iterator[Tokens]:
        """The pieces of each text, in order, on all cores; some hundred texts are held.

        :raises DataError: where another's tokenizer cannot cut a text, as one that has an unknown
            character and no unknown piece
        """
        texts = iter(texts)
        while chunk := list(islice(texts, _BATCH)):
            rewritten = [normalize(text, self.recipe) for text in chunk]
            fit = [encodable(each.text) for each in rewritten]
            with _faults("this tokenizer cannot cut the text"):
                encoded = self._tokenizer.encode_batch(fit, add_special_tokens=False)
            for (text, origin), encoding in zip(rewritten, encoded, strict=True):
                spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
                starts, ends = spans[:, 0], spans[:, 1]
                ends = np.minimum(
                    ends, [*starts[1:], len(text)]
                )  # a mark with no letter of its own
                words = encoding.tokens
                for i in [i for i, piece in enumerate(words) if piece not in self._pieces]:
                    words[i] = text[starts[i] : ends[i]]
                yield in_original(words, starts, ends, origin)

    def stream_words(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """The pieces alone of each text, in order."""
        return (tokens.words for tokens in self.stream(texts))

    def join(self, words: Iterable[str]) -> str:
        """The text that pieces spell, with one blank between words."""
        decoder = self._tokenizer.decoder
        return str(decoder.decode(list(words))) if decoder else " ".join(words)

    def save(self, path: Path | str) -> None:
        """Write ``tokenizer.json``; without a recipe the library ``tokenizers`` reads it too."""
        content = json.loads(self._tokenizer.to_str())
        if self.recipe != "none":
            content[_OURS] = {"recipe": self.recipe}
        with atomic_write(Path(path)) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a ``tokenizer.json``, ours or another's, which has no recipe.

        :raises CallError: where there is no such file, or a folder
        :raises DataError: where the file is anything else
        """
        from tokenizers import Tokenizer

        where = str(path)
        with open_bytes(Path(path)) as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise DataError(f"larger than {_LARGEST >> 20} MB", where=where)
        with _faults("not a tokenizer", where):
            parts = json.loads(content)
            ours = parts.pop(_OURS, {})
            recipe = ours.get("recipe", "none")
            tokenizer = Tokenizer.from_str(json.dumps(parts))
            tokenizer.no_padding()
            tokenizer.no_truncation()
        if recipe not in get_args(Recipe):
            raise DataError(f"no recipe {recipe!r}", where=where)
        return cls(tokenizer, recipe)


@contextlib.contextmanager
def _faults(message: str, where: str | None = None) -> Iterator[None]:
    """The library names what it cannot do by an Exception of no kind, or panics, which is none."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise DataError(
            f"{message}: {error}",
            where=where,
            remedy="a tokenizer.json as nlpseq or the library tokenizers writes it is wanted",
        ) from error


def _untrained(method: Method, size: int) -> "tuple[tokenizers.Tokenizer, Any]":
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if method not in get_args(Method):
        known = get_args(Method)
        raise CallError(
            f"no method {method!r}",
            remedy=suggestion(method, known, f"there are: {', '.join(known)}"),
        )
    options: Any = {
        "vocab_size": size,
        "special_tokens": [_UNKNOWN],
        "show_progress": False,
    }
    if method == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=_UNKNOWN))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece(cleanup=False)
        return tokenizer, trainers.WordPieceTrainer(**options)
    tokenizer = Tokenizer(models.BPE(unk_token=_UNKNOWN) if method == "bpe" else models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(_BLANK, prepend_scheme="always"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(_BLANK, prepend_scheme="always")
    if method == "bpe":
        return tokenizer, trainers.BpeTrainer(**options)
    return tokenizer, trainers.UnigramTrainer(unk_token=_UNKNOWN, **options)
