"""The tagger as a component of spaCy's pipelines.

``nlp.add_pipe("nlpseq_tagger", config={"model": "models/ner-pt"})``; spaCy finds the name by the
entry point ``spacy_factories``. An entity's confidence is ``span._.confidence``.

Every pipeline that spaCy makes, with a tagger or without, imports this module: what is heavy is
imported when a component is made.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from nlpseq.models.tag.answers import Entity, Read

if TYPE_CHECKING:
    from nlpseq.models.tag.tagger import Tagger

if not Span.has_extension("confidence"):
    Span.set_extension("confidence", default=None)


class SpacyTagger:
    """Writes a tagger's entities to ``doc.ents``, or its plain tags to ``token.tag_``.

    The words are the Doc's tokens but for white space. Where sentences are known each is tagged
    by itself; else the Doc is one. An entity without a type is labelled ``ENTITY``.

    ``nlp.to_disk`` and ``to_bytes`` write nothing of it: the config keeps the model's path, as it
    was given, and loading the pipeline reads the model from there.

    :param overwrite: replace the entities or tags that are there; else they stay, and those are
        added that touch none of them
    """

    def __init__(self, tagger: "Tagger", *, overwrite: bool = True) -> None:
        self.tagger, self.overwrite = tagger, overwrite

    def __call__(self, doc: Doc) -> Doc:
        """Tag one Doc, and give it back."""
        self._tag([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """The Docs of a stream, tagged, in their order.

        :param batch_size: how many are tagged at once
        """
        waiting = iter(stream)
        while docs := list(islice(waiting, batch_size)):
            self._tag(docs)
            yield from docs

    def _tag(self, docs: list[Doc]) -> None:
        cut = [_sentences(doc) for doc in docs]
        texts = [[token.text for token in tokens] for sentences in cut for tokens in sentences]
        answers = self.tagger.predict(texts)
        for doc, sentences in zip(docs, cut, strict=True):
            found: list[Span] = []
            for tokens, answer in zip(sentences, islice(answers, len(sentences)), strict=True):
                if answer.entities is None:
                    self._write_tags(tokens, answer.tags)
                else:
                    found += self._spans(doc, tokens, answer.entities)
            if self.tagger.tagset.scheme is not None:
                doc.ents = (*(() if self.overwrite else doc.ents), *found)

    def _write_tags(self, tokens: list[Token], tags: Iterable[str]) -> None:
        for token, tag in zip(tokens, tags, strict=True):
            token.tag_ = tag if self.overwrite else token.tag_ or tag

    def _spans(self, doc: Doc, tokens: list[Token], entities: Iterable[Entity]) -> Iterator[Span]:
        """A sentence's entities, whose places are in its words with blanks between."""
        _, _, starts, ends = Read.of_words([token.text for token in tokens])
        for entity in entities:
            first = tokens[bisect_left(starts, entity.start)]
            last = tokens[bisect_left(ends, entity.end)]
            label = entity.type or "ENTITY"  # spaCy drops one without a label
            span = Span(doc, first.i, last.i + 1, label=label)
            if self.overwrite or not any(token.ent_type for token in span):
                span._.confidence = entity.confidence
                yield span


def _sentences(doc: Doc) -> list[list[Token]]:
    """The tokens of each sentence that are words; no sentence is empty."""
    parts = doc.sents if doc.has_annotation("SENT_START") else [doc]
    return [words for part in parts if (words := [t for t in part if not t.is_space])]


@Language.factory(
    "nlpseq_tagger",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "token.tag"],
    default_config={"overwrite": True},
)
def make(nlp: Language, name: str, model: str, overwrite: bool) -> SpacyTagger:
    """The component with the tagger of a folder.

    :param model: the folder
    :raises CallError: where there is no model, or one for another task
    :raises DataError: where the folder is damaged
    """
    from nlpseq.models.tag.tagger import Tagger

    return SpacyTagger(Tagger.load(model), overwrite=overwrite)
