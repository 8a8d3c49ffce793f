"""``pairs``: texts and what they become, such as the two sides of a translation."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from nlpseq.pipelines.stages.base import Artefacts, Figures, InputPath, Job, Stage
from nlpseq.pipelines.stages.corpora import ParallelCorpus
from nlpseq.text.corpus import Pair, read_pairs
from nlpseq.text.corpus.holding_out import held_out
from nlpseq.text.corpus.repairs import Repairs

_log = logging.getLogger(__name__)


class PairsStage(Stage):
    """Reads parallel files, plain or compressed: line n of the one side becomes line n of the
    other. Files, folders, patterns, or ``hf://datasets/OWNER/NAME/PATH``.
    """

    kind = "pairs"
    gives = ("corpus", "pairs")

    source: InputPath = Field(description="texts to train on")
    target: InputPath = Field(description="what they become, line by line")
    dev_source: InputPath | None = Field(None, description="texts to choose the best epoch by")
    dev_target: InputPath | None = Field(None, description="what those become")
    hold_out: int | None = Field(
        None, ge=1, description="instead of dev_…: so many pairs of train, chosen by the seed"
    )
    limit: int | None = Field(
        None, ge=1, description="train on so many pairs at most, chosen by the seed"
    )
    encoding: str = Field("utf-8", description="of the files, such as latin-1")
    repair: bool = Field(
        False, description="leave out pairs with an empty side, mend lines, and count both"
    )

    @model_validator(mode="after")
    def _one_source_of_dev(self) -> Self:
        if (self.dev_source is None) != (self.dev_target is None):
            raise ValueError("dev_source and dev_target are given together")
        if (self.dev_source is None) == (self.hold_out is None):
            raise ValueError("give one of dev_source with dev_target, and hold_out")
        return self

    def inputs(self) -> Mapping[str, str]:
        named = {
            "source": self.source,
            "target": self.target,
            "dev_source": self.dev_source,
            "dev_target": self.dev_target,
        }
        return {option: path for option, path in named.items() if path is not None}

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        repairs = Repairs() if self.repair else None
        train = self._read(self.source, self.target, repairs)
        if self.dev_source is not None and self.dev_target is not None:
            dev = self._read(self.dev_source, self.dev_target, repairs)
        else:
            train, dev = self._held(train, self.hold_out or 0, job.seed)
        if self.limit is not None and self.limit < len(train):
            train = self._held(train, self.limit, job.seed)[1]
        figures: dict[str, float | int | str] = {"train": len(train), "dev": len(dev)}
        if repairs is not None:
            figures["repaired"] = repairs.total
            if repairs.total:
                _log.info("repaired:\n%s", repairs)
        return replace(before, corpus=ParallelCorpus(train, dev)), figures

    def _read(self, source: str, target: str, repairs: Repairs | None) -> list[Pair]:
        return list(read_pairs(source, target, encoding=self.encoding, repairs=repairs))

    def _held(self, pairs: list[Pair], number: int, seed: int) -> tuple[list[Pair], list[Pair]]:
        return held_out(pairs, number, seed=seed, text=lambda pair: "\n".join(pair[:2]))
