"""How fast text becomes words and ids, beside spaCy and gensim:

    python benchmarks/text.py pt=corpora/pt.txt.gz en=imdb/unsupervised.txt.gz

Each argument is a language and a text file with a document a line; of each so many megabytes are
taken (``--mb``, 100), the file again from its start where it is shorter. Every row is a process of
its own. Words: from lines in memory to lists of words, nlpseq's fast rules (and with offsets) and
spaCy's rules through nlpseq, beside spaCy's ``blank(language).pipe``. Counting and encoding: of
documents that are lists of words, beside gensim's ``Dictionary`` and its ``doc2idx``. Memory is
the process's peak above what it held with the lines in memory (Linux). The encoding rows hold
their vocabulary before.
"""

import argparse
import bz2
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import python_of

PEERS = {"spacy": "spacy==3.8.18", "gensim": "gensim==4.4.0"}

# Runs in a process of its own: argv are a file and a language; prints tokens, seconds, memory.
MEASURE = """
import json, resource, sys, time
from itertools import chain, islice
path, language = sys.argv[1:]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
def forget():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # man 5 proc: the peak is set back to what is held
    return peak()
{before}
with open(path, encoding="utf-8", newline="\\n") as file:
    lines = file.read().split("\\n")
held = forget()
started = time.perf_counter()
{work}
print(json.dumps([tokens, time.perf_counter() - started, peak() - held]))
"""
# The same for documents that are cut already, whose cutting is not timed.
BATCHES = """
seconds = tokens = 0
def batches():
    global seconds, tokens
    rest = iter(lines)
    while batch := [line.split() for line in islice(rest, 20_000)]:
        tokens += sum(map(len, batch))
        begun = time.perf_counter()
        yield batch
        seconds += time.perf_counter() - begun
{work}
started = time.perf_counter() - seconds
"""
TOKENIZER = "from nlpseq.text.tokenize import Tokenizer\n"
COUNTS = (
    "from nlpseq.text.counting import WordCounts\nfrom nlpseq.text.vocabulary import Vocabulary\n"
)
OURS_COUNT = """
counts = WordCounts()
for batch in batches():
    counts.add(chain.from_iterable(batch))
vocabulary = Vocabulary.of_counts(counts)
"""
ENCODED = "for batch in batches():\n    for document in batch: {call}(document)\n"
ROWS = {
    "rules": (
        TOKENIZER + "t = Tokenizer('none'); t.words('a')",
        "tokens = sum(map(len, t.stream_words(lines)))",
    ),
    "rules, offsets": (
        TOKENIZER + "t = Tokenizer('none'); t.words('a')",
        "tokens = sum(len(found.words) for found in t.stream(lines))",
    ),
    "spaCy's rules": (
        TOKENIZER + "t = Tokenizer('none', kind='spacy', language=language); t.words('a')",
        "tokens = sum(map(len, t.stream_words(lines)))",
    ),
    "spaCy": (
        "import spacy; nlp = spacy.blank(language)",
        "tokens = sum(map(len, nlp.pipe(lines)))",
    ),
    "count": (COUNTS, BATCHES.format(work=OURS_COUNT)),
    "encode": (
        COUNTS,
        "vocabulary = Vocabulary.build(line.split() for line in lines)\nheld = forget()\n"
        + BATCHES.format(work=ENCODED.format(call="vocabulary.encode")),
    ),
    "gensim count": (
        "from gensim.corpora import Dictionary",
        BATCHES.format(
            work="found = Dictionary()\nfor batch in batches():\n    found.add_documents(batch)\n"
        ),
    ),
    "gensim encode": (
        "from gensim.corpora import Dictionary",
        "found = Dictionary(line.split() for line in lines)\nheld = forget()\n"
        + BATCHES.format(work=ENCODED.format(call="found.doc2idx")),
    ),
}


def take(source: Path, size: int, target: Path) -> int:
    """Write so many bytes of a text, whole lines, and say how many of them are the file's."""
    opener = {".gz": gzip.open, ".bz2": bz2.open}.get(source.suffix, open)
    with opener(source, "rb") as file:
        content = file.read(size)
    content = content[: content.rfind(b"\n") + 1]
    with target.open("wb") as file:
        for _ in range(size // len(content)):
            file.write(content)
        rest = content[: size % len(content)]
        file.write(rest[: rest.rfind(b"\n") + 1])
    return len(content)


def run(row: str, python: str, file: Path, language: str) -> tuple[int, float, int]:
    """Tokens, seconds and bytes of a row."""
    before, work = ROWS[row]
    code = MEASURE.format(before=before, work=work)
    done = subprocess.run([python, "-c", code, str(file), language], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    tokens, seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return tokens, seconds, memory


def compare(language: str, file: Path, folder: Path) -> None:
    """Print a language's table."""
    spacy, gensim = (python_of(folder / name, [what]) for name, what in PEERS.items())
    sides = {
        "words": (["rules", "rules, offsets", "spaCy's rules"], "spaCy", spacy),
        "count": (["count"], "gensim count", gensim),
        "encode": (["encode"], "gensim encode", gensim),
    }
    print("| | tokens | nlpseq, M/s | peer, M/s | ratio | memory, MB | peer's |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    spent = {"ours": 0.0, "theirs": 0.0}
    for rows, other, python in sides.values():
        count, seconds, memory = run(other, python, file, language)
        for row in rows:
            tokens, ours, held = run(row, sys.executable, file, language)
            print(
                f"| {row}, beside {other} | {tokens:,} | {tokens / ours / 1e6:.2f} "
                f"| {count / seconds / 1e6:.2f} | {seconds / ours:.1f} "
                f"| {held / 1e6:,.0f} | {memory / 1e6:,.0f} |",
                flush=True,
            )
        if other.startswith("gensim"):
            spent["ours"] += ours
            spent["theirs"] += seconds
    print(f"| count and encode | | | | {spent['theirs'] / spent['ours']:.1f} | | |")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpora", nargs="+", metavar="LANGUAGE=FILE")
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for language, _, path in (corpus.partition("=") for corpus in options.corpora):
            file = Path(temporary) / f"{language}.txt"
            own = take(Path(path), options.mb * 1_000_000, file)
            print(
                f"\n{language}: {file.stat().st_size / 1e6:,.0f} MB, {own / 1e6:,.0f} of them new\n"
            )
            compare(language, file, options.peers or Path(temporary))


if __name__ == "__main__":
    main()
