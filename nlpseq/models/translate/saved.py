"""What a translator keeps in config.json, and the sides that a folder gives back."""

from typing import Self

from pydantic import ValidationError

from nlpseq.errors import DataError
from nlpseq.models import folder as model_folder
from nlpseq.models.translate.settings import SearchSettings, TranslatorSettings
from nlpseq.models.translate.sides import Cutter, Side
from nlpseq.settings import Settings, explain
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Kind, Tokenizer
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import SPECIALS


class Rules(Settings):
    """The options of a tokenizer that cuts by rules."""

    recipe: Recipe
    punctuation: bool
    kind: Kind | None
    language: str | None

    @classmethod
    def of(cls, tokenizer: Cutter) -> Self | None:
        """Those of a tokenizer; None of subwords, which have a file of their own."""
        if isinstance(tokenizer, Subwords):
            return None
        return cls(
            recipe=tokenizer.recipe,
            punctuation=tokenizer.punctuation,
            kind=tokenizer.kind,
            language=tokenizer.language,
        )


class Saved(Settings):
    """What stands in config.json."""

    source: Rules | None  #: None: subwords
    target: Rules | None
    search: SearchSettings
    network: TranslatorSettings

    @classmethod
    def of(cls, folder: model_folder.Folder) -> Self:
        """:raises DataError: where a key is missing or wrong."""
        try:
            return cls.model_validate(folder.settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            where = str(folder.path / model_folder.CONFIG)
            raise DataError(f"settings.{key}: {explain(first)}", where=where) from error

    def sides(self, folder: model_folder.Folder) -> tuple[Side, Side]:
        """Source and target.

        :raises DataError: where a part is missing, or a vocabulary lacks a special
        """
        return (
            _side(folder, self.source, model_folder.WORDS, model_folder.SUBWORDS),
            _side(folder, self.target, model_folder.TARGET_WORDS, model_folder.TARGET_SUBWORDS),
        )


def _side(folder: model_folder.Folder, rules: Rules | None, words: str, subwords: str) -> Side:
    vocabulary = folder.part(words)
    if set(vocabulary.specials) != set(SPECIALS):
        raise DataError(
            f"the vocabulary lacks one of: {', '.join(SPECIALS)}", where=str(folder.path / words)
        )
    if rules is None:
        return Side(folder.part(subwords), vocabulary)
    tokenizer = Tokenizer(rules.recipe, rules.punctuation, rules.kind, rules.language)
    return Side(tokenizer, vocabulary)
