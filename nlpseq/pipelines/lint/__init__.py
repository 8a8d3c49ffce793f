"""What is wrong with a corpus, all of it and each with its place, and what it consists of."""

from nlpseq.pipelines.lint.findings import Finding, Findings
from nlpseq.pipelines.lint.options import Options
from nlpseq.pipelines.lint.sources import check

__all__ = ["Finding", "Findings", "Options", "check"]
