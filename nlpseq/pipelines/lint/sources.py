"""What is checked: files, folders, patterns, and the corpora of a pipeline file."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.files import called
from nlpseq.pipelines.lint.documents import documents
from nlpseq.pipelines.lint.findings import Findings
from nlpseq.pipelines.lint.options import Options, VectorsSource
from nlpseq.pipelines.lint.sentences import is_conll, sentences
from nlpseq.pipelines.lint.side import Side
from nlpseq.pipelines.lint.words import report_coverage, report_words
from nlpseq.progress import Progress, silent
from nlpseq.text.corpus.sources import files_of, format_of
from nlpseq.text.tokenize import Tokenizer

if TYPE_CHECKING:
    from nlpseq.pipelines.stages.corpus import CorpusStage
    from nlpseq.pipelines.stages.sentences import SentencesStage

_PIPELINE = (".yaml", ".yml")


def check(
    source: str, options: Options, findings: Findings, *, progress: Progress = silent
) -> None:
    """Say what is wrong with a corpus, and what it consists of.

    Files are streamed. Equal texts are told by hashes of 8 bytes, so that memory grows by some 50
    bytes a text; the texts of dev alone are held.

    :param source: what :func:`files_of` takes, of CoNLL files too; or a pipeline file, whose
        corpora are then checked as its stages read them
    :raises CallError: where there is no such file, or no such encoding, or the vectors are none
    """
    if Path(source).suffix.lower() in _PIPELINE and Path(source).is_file():
        if replace(options, vectors=()) != Options():
            raise CallError(
                "how a corpus is read is said in the pipeline file",
                where=source,
                remedy="leave out all options but --vectors, --max and --json",
            )
        _check_pipeline(source, options, findings, progress)
    else:
        opened = [(each, _opened(each, progress)) for each in options.vectors]
        _check_corpus(source, options, findings, opened)
    findings.close(source)


def _opened(source: VectorsSource, progress: Progress) -> Vectors:
    return Vectors.open(source.source, recipe=source.recipe, first=source.first, progress=progress)


def _check_corpus(
    source: str,
    options: Options,
    findings: Findings,
    vectors: Sequence[tuple[VectorsSource, Vectors]],
) -> None:
    paths = _files(source, options)
    if options.dev is None:
        with Side(called(Path(source)), options, findings) as side:
            side.consume(_texts(paths, side))
            _report(side, vectors)
        return
    dev_paths = _files(options.dev, options)
    with Side(options.dev, options, findings, keep=True) as dev:
        dev.consume(_texts(dev_paths, dev))
        _report(dev, vectors)
        with Side(called(Path(source)), options, findings, against=dev) as train:
            train.consume(_texts(paths, train))
            _report(train, vectors)
            dev.labels.only_here(train.labels, findings)
            dev.types.only_here(train.types, findings)
            if train.schemes and dev.schemes and train.schemes != dev.schemes:
                schemes = " and ".join(sorted(train.schemes)), " and ".join(sorted(dev.schemes))
                findings.problem(
                    "scheme", dev.name, f"mixed schemes: {schemes[1]} here, {schemes[0]} in train"
                )


def _files(source: str, options: Options) -> list[Path]:
    """The files of a source; of a folder those whose names tell what they are."""
    if not source.startswith("hf://") and Path(source).is_dir():
        found = [p for p in files_of(Path(source, "**", "*")) if options.format or _is_known(p)]
        if not found:
            raise CallError("the folder holds no file of a known format", where=source)
        return found
    found = files_of(source)
    for path in found:
        if options.format is None and not is_conll(path):
            format_of(path)
    return found


def _is_known(path: Path) -> bool:
    if is_conll(path):
        return True
    try:
        format_of(path)
    except CallError:
        return False
    return True


def _texts(paths: Sequence[Path], side: Side) -> Iterator[str]:
    for path in paths:
        format = side.options.format
        conll = format == "conll" or (format is None and is_conll(path))
        try:
            yield from sentences(path, side) if conll else documents(path, side)
        except DataError as error:
            side.flush()
            side.findings.problem("file", error.where or called(path), _said(error))


def _report(side: Side, vectors: Sequence[tuple[VectorsSource, Vectors]]) -> None:
    findings, name = side.findings, side.name
    if len(side.schemes) > 1:
        findings.problem("scheme", name, f"mixed schemes: {', '.join(sorted(side.schemes))}")
    side.labels.report(findings, name)
    side.types.report(findings, name, share=0)
    side.lengths.report(findings, name)
    report_words(side.words, findings, name)
    for source, opened in vectors:
        report_coverage(side.words, opened, source.source, findings, name)


def _check_pipeline(source: str, options: Options, findings: Findings, progress: Progress) -> None:
    """The file itself, and then each corpus that one of its stages reads."""
    from nlpseq.pipelines.runner import Pipeline
    from nlpseq.pipelines.stages.corpus import CorpusStage
    from nlpseq.pipelines.stages.sentences import SentencesStage
    from nlpseq.pipelines.stages.vectors import VectorsStage

    pipeline = None
    with _told(source, findings):
        pipeline = Pipeline.load(source)
    if pipeline is None:
        return
    stages = [stage for each in pipeline.combinations for stage in each.stages]
    findings.note("stages", source, f"pipeline {pipeline.name!r}, {len(pipeline.stages)} stages")
    wanted = dict.fromkeys(
        VectorsSource(stage.open, stage.recipe, stage.first)
        for stage in stages
        if isinstance(stage, VectorsStage) and stage.open is not None
    )
    read = dict.fromkeys(
        (stage.train, _as_stage(stage, options))
        for stage in stages
        if isinstance(stage, CorpusStage | SentencesStage)
    )
    opened = []
    for each in (*wanted, *options.vectors):
        with _told(source, findings):
            opened.append((each, _opened(each, progress)))
    for train, as_stage in read:
        with _told(source, findings):
            _check_corpus(train, as_stage, findings, opened)


@contextlib.contextmanager
def _told(source: str, findings: Findings) -> Iterator[None]:
    """What a pipeline file names and cannot be read is a problem of the file."""
    try:
        yield
    except NlpseqError as error:
        findings.problem("pipeline", error.where or source, _said(error))


def _said(error: NlpseqError) -> str:
    return f"{error.message}; {error.remedy}" if error.remedy else error.message


def _as_stage(stage: "CorpusStage | SentencesStage", options: Options) -> Options:
    """The options by which a stage reads its corpus."""
    from nlpseq.pipelines.stages.sentences import SentencesStage

    if isinstance(stage, SentencesStage):
        return replace(
            options,
            dev=stage.dev,
            encoding=stage.encoding,
            format="conll",
            tag_column=stage.tag_column,
        )
    return replace(
        options,
        dev=stage.dev,
        text=stage.text,
        label=stage.label,
        multilabel=stage.multilabel,
        separator=stage.label_separator,
        encoding=stage.encoding,
        format=stage.format,
        tokenizer=Tokenizer(stage.recipe, stage.punctuation, stage.tokenizer, stage.language),
    )
