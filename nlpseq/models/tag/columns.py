"""CoNLL columns in, the same with one more out."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nlpseq.models.tag.tagger import Tagger
from nlpseq.text.corpus.conll import Sentence
from nlpseq.text.corpus.tagged import column


def with_tags(
    tagger: Tagger, sentences: Iterable[Sentence], *, word_column: int = 1
) -> Iterator[Sentence]:
    """Sentences with the predicted tags behind their other columns, in order, as a stream.

    :param word_column: from 1
    :raises DataError: where a sentence has no such column
    """
    waiting: deque[Sentence] = deque()

    def words() -> Iterator[Sequence[str]]:
        for sentence in sentences:
            waiting.append(sentence)
            yield column(sentence, word_column)

    for answer in tagger.predict(words()):
        sentence = waiting.popleft()
        yield replace(sentence, columns=(*sentence.columns, list(answer.tags)))
