"""``units``: what both sides of a pair are cut into, and which of them the model knows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self, cast, get_args

from pydantic import Field, model_validator

from nlpseq.models.translate.sides import Cutter, Side, vocabulary_of
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage
from nlpseq.pipelines.stages.corpora import ParallelCorpus
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Method, Subwords
from nlpseq.text.vocabulary import Vocabulary

_SIDES = ("source", "target")


class UnitsStage(Stage):
    """Learns subwords from the training pairs, or takes words or characters, and counts them."""

    kind = "units"
    gives = ("units",)
    keeps = True

    cut: Method | Literal["words", "characters"] = Field(
        "bpe", description="into subwords (bpe, unigram, wordpiece), words or characters"
    )
    size: int | None = Field(
        None, ge=8, description="of a vocabulary at most, specials counted; null: 8,000 subwords, "
        "or all words"
    )  # fmt: skip
    min_count: int = Field(1, ge=1, description="rarer words and characters are unknown")
    joint: bool = Field(False, description="both sides share their units")
    recipe: Recipe = Field("none", description="what is done to sources before")
    target_recipe: Recipe = Field(
        "none", description="what is done to targets before, and so to all answers"
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.cut in get_args(Method) and "min_count" in self.model_fields_set:
            raise ValueError(f"min_count has no effect where texts are cut by {self.cut}")
        if self.joint and self.recipe != self.target_recipe:
            raise ValueError("joint units want the same recipe and target_recipe")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        return ("pairs",)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        corpus = before.corpus
        assert isinstance(corpus, ParallelCorpus)
        if self.joint:
            both = [text for pair in corpus.train for text in (pair.source, pair.target)]
            source = target = self._side(self.recipe, both, job)
        else:
            source = self._side(self.recipe, [pair.source for pair in corpus.train], job)
            target = self._side(self.target_recipe, [pair.target for pair in corpus.train], job)
        figures: dict[str, float | int | str] = {
            "source": len(source.vocabulary),
            "target": len(target.vocabulary),
        }
        return replace(before, units=(source, target)), figures

    def _side(self, recipe: Recipe, texts: Sequence[str], job: Job) -> Side:
        if self.cut in get_args(Method):
            subwords = Subwords.train(
                texts,
                method=cast(Method, self.cut),
                size=self.size or 8000,
                recipe=recipe,
                progress=job.progress,
            )
            return Side(subwords, vocabulary_of(subwords))
        cutter = self._rules(recipe)
        known = vocabulary_of(cutter, texts, min_count=self.min_count, max_size=self.size)
        return Side(cutter, known)

    def _rules(self, recipe: Recipe) -> Tokenizer:
        return Tokenizer(recipe, kind="characters" if self.cut != "words" else None)

    def keep(self, made: Artefacts, folder: Path) -> None:
        assert made.units is not None
        for name, side in zip(_SIDES, made.units, strict=True):
            side.vocabulary.save(folder / f"{name}.txt")
            if isinstance(side.tokenizer, Subwords):
                side.tokenizer.save(folder / f"{name}.json")

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        source, target = (
            self._kept(folder / name, recipe)
            for name, recipe in zip(_SIDES, (self.recipe, self.target_recipe), strict=True)
        )
        return replace(before, units=(source, source if self.joint else target))

    def _kept(self, path: Path, recipe: Recipe) -> Side:
        learned = self.cut in get_args(Method)
        cutter: Cutter = (
            Subwords.load(path.with_suffix(".json")) if learned else self._rules(recipe)
        )
        return Side(cutter, Vocabulary.load(path.with_suffix(".txt")))
