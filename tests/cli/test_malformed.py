"""Malformed input, as a user meets it: exit status, exact place, remedy, and nothing touched."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

import nlpseq
from nlpseq.cli import main
from nlpseq.errors import DataError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Link(NamedTuple):
    """A symbolic link, for the table."""

    to: str


Content = bytes | Link | Callable[[], bytes]
Call = Callable[[list[str], bytes], tuple[int, bytes, str]]


class Case(NamedTuple):
    """A row: what lies in the folder, how nlpseq is called there, and what it must say."""

    name: str
    files: Mapping[str, Content]  #: a name that ends in ``/`` is a folder
    arguments: str  #: with blanks between
    status: int
    place: str  #: what stands between ``error: `` and the message, whole; may hold ``{folder}``
    message: str  #: a piece of it
    remedy: str  #: a piece of what stands on the lines below
    stdin: bytes = b""


def text(*lines: str, encoding: str = "utf-8") -> bytes:
    """Lines of a file."""
    return "".join(f"{line}\n" for line in lines).encode(encoding)


#: lines that do not pack, so that half of a packed file breaks off inside
NOISE = text(*(hashlib.sha256(bytes([i, j])).hexdigest() for i in range(9) for j in range(200)))


def half(content: bytes) -> bytes:
    """The first half of it."""
    return content[: len(content) // 2]


def archive(**members: bytes) -> bytes:
    """A zip archive; a name's last ``_`` is a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(".".join(name.rsplit("_", 1)), content)
    return packed.getvalue()


def flagged(content: bytes) -> bytes:
    """A zip archive whose first member says that it is encrypted."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def flipped(content: bytes, at: int) -> bytes:
    """With one byte changed."""
    changed = bytearray(content)
    changed[at] ^= 0xFF
    return bytes(changed)


def parquet(**columns: list[object]) -> Callable[[], bytes]:
    """A parquet file, made when it is wanted: pyarrow takes a while to load."""

    def made() -> bytes:
        import pyarrow
        from pyarrow import parquet

        packed = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), packed)
        return packed.getvalue()

    return made


LATIN = "café".encode("latin-1")
CSV = text("text,label", "bom,pos", "ruim,neg")
BPE = json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}})

ENCODINGS = [
    Case("bad byte in the first line", {"a.txt": LATIN + b"\nb\n"}, "tokenize a.txt",
         1, "a.txt:1", "byte 4 of the line, 0xe9, is not UTF-8", "iconv -f latin1"),
    Case("bad byte in a later line", {"a.txt": b"a\r\nb\r\n\xff\r\n"}, "vocab a.txt",
         1, "a.txt:3", "byte 1 of the line, 0xff", "name the encoding"),
    Case("bad byte in the last line, unended", {"a.txt": b"a\nb\xc3"}, "tokenize a.txt",
         1, "a.txt:2", "byte 2 of the line, 0xc3", "iconv"),
    Case("bad byte in a packed file", {"a.txt.gz": gzip.compress(b"a\n" + LATIN)},
         "tokenize a.txt.gz", 1, "a.txt.gz:2", "0xe9, is not UTF-8", "iconv"),
    Case("bad byte in an archive's member", {"z.zip": archive(a_txt=b"a\n" + LATIN)},
         "tokenize z.zip/a.txt", 1, "z.zip/a.txt:2", "0xe9, is not UTF-8", "iconv"),
    Case("bad byte on standard input", {}, "tokenize", 1, "standard input:2",
         "0xe9, is not UTF-8", "iconv", b"a\n" + LATIN),
    Case("bad byte in the second file", {"a.txt": b"a\nb\n", "b.txt": b"a\n\x80\n"},
         "vocab a.txt b.txt", 1, "b.txt:2", "0x80, is not UTF-8", "iconv"),
    Case("bad byte in a folder's file", {"d/a.txt": b"a\n", "d/e/b.csv": b"text\n\x80\n"},
         "tokenize d", 1, "d/e/b.csv:2", "0x80, is not UTF-8", "iconv"),
    Case("bad byte in JSON", {"a.jsonl": b'{"text": "a"}\n{"text": "\xe9"}\n'},
         "tokenize a.jsonl", 1, "a.jsonl:2", "byte 11 of the line", "iconv"),
    Case("bad byte inside a quoted field", {"a.csv": b'text\nx\n"a\nb\xe9"\n'},
         "tokenize a.csv", 1, "a.csv:4", "0xe9, is not UTF-8", "iconv"),
    Case("a file that is not ASCII", {"a.txt": text("a", "é")}, "tokenize --encoding ascii a.txt",
         1, "a.txt:2", "0xc3, is not ASCII", "name the encoding"),
    Case("utf-16 with half a character", {"a.txt": "\ufeffa\nb\n".encode("utf-16-le") + b"c"},
         "tokenize --encoding utf-16 a.txt", 1, "a.txt:3", "is not UTF-16", "name the encoding"),
    Case("utf-16 without a mark", {"a.txt": "a\n".encode("utf-16-le")},
         "tokenize --encoding utf-16 a.txt", 1, "a.txt", "no byte order mark",
         "utf-16-le or utf-16-be"),
    Case("utf-16 read as utf-8", {"a.txt": "a\n".encode("utf-16")}, "tokenize a.txt",
         1, "a.txt:1", "byte 1 of the line, 0xff", "name the encoding"),
    Case("an encoding that there is not", {"a.txt": b"a\n"}, "tokenize --encoding utf9 a.txt",
         2, "encoding", "there is no text encoding 'utf9'", "did you mean 'utf"),
    Case("an encoding like no other", {"a.txt": b"a\n"}, "vocab --encoding klingon a.txt",
         2, "encoding", "there is no text encoding 'klingon'", "known are utf-8, latin-1"),
    Case("a codec that is no encoding of text", {"a.txt": b"61\n"}, "tokenize --encoding hex a.txt",
         2, "encoding", "there is no text encoding 'hex'", "known are utf-8"),
    Case("a codec that unpacks", {"a.txt": b"61\n"}, "tokenize --encoding bz2 a.txt",
         2, "encoding", "there is no text encoding 'bz2'", "known are utf-8"),
]  # fmt: skip

PACKED = [
    *(
        Case(f"{ending} cut off", {f"a.txt.{ending}": half(pack(NOISE))},
             f"vocab a.txt.{ending}", 1, f"a.txt.{ending}", "damaged or cut off",
             "fetch or make the file again")
        for ending, pack in (
            ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress),
            ("zst", zstd.compress), ("zip", lambda content: archive(a_txt=content)),
        )
    ),
    Case("gz with a wrong checksum", {"a.txt.gz": flipped(gzip.compress(b"a\n"), -8)},
         "tokenize a.txt.gz", 1, "a.txt.gz", "damaged or cut off", "fetch or make"),
    Case("zip with a wrong byte", {"a.txt.zip": flipped(archive(a_txt=b"abc\n"), 36)},
         "tokenize a.txt.zip", 1, "a.txt.zip", "damaged or cut off", "fetch or make"),
    Case("packed standard input cut off", {}, "vocab", 1, "standard input",
         "damaged or cut off", "fetch or make", half(gzip.compress(NOISE))),
    Case("zip of several members", {"z.txt.zip": archive(a_txt=b"a\n", b_txt=b"b\n")},
         "tokenize z.txt.zip", 2, "z.txt.zip", "the archive holds a.txt, b.txt",
         "name one of them: z.txt.zip/a.txt"),
    Case("a member that is missing", {"z.zip": archive(a_txt=b"a\n")}, "tokenize z.zip/b.txt",
         2, "z.zip/b.txt", "no such file in the archive", "it holds a.txt"),
    Case("an archive that is encrypted", {"a.txt.zip": flagged(archive(a_txt=b"a\n"))},
         "tokenize a.txt.zip", 2, "a.txt.zip", "the archive is encrypted", ""),
]  # fmt: skip

JSON = [
    Case("broken JSON", {"a.jsonl": b'{"text": "a"}\n{"text": \n'}, "tokenize a.jsonl",
         1, "a.jsonl:2", "not JSON: Expecting value", "one JSON object a line"),
    Case("a list", {"a.jsonl": b'{"text": "a"}\n["a"]\n'}, "tokenize a.jsonl",
         1, "a.jsonl:2", "a list, not an object", 'like {"text": "…"}'),
    Case("a text alone", {"a.jsonl": b'"a"\n'}, "vocab a.jsonl",
         1, "a.jsonl:1", "a text, not an object", 'like {"text": "…"}'),
    Case("an empty line", {"a.jsonl": b'{"text": "a"}\n\n{"text": "b"}\n'}, "tokenize a.jsonl",
         1, "a.jsonl:2", "an empty line", "one JSON object a line"),
    Case("one object over several lines", {"a.jsonl": b'{\n"text": "a"\n}\n'}, "tokenize a.jsonl",
         1, "a.jsonl:1", "not JSON", "one JSON object a line"),
    Case("a field that is missing", {"a.jsonl": b'{"text": "a"}\n{"body": "a"}\n'},
         "tokenize a.jsonl", 1, "a.jsonl:2", "no field 'text' here; the fields are: body",
         "name the field that you mean"),
    Case("a field of a near name", {"a.jsonl": b'{"texto": "a"}\n'}, "tokenize a.jsonl",
         1, "a.jsonl:1", "the fields are: texto", "did you mean 'texto'?"),
    Case("a number for a text", {"a.jsonl": b'{"text": 1}\n'}, "tokenize a.jsonl",
         1, "a.jsonl:1", "field 'text' holds a number, not text", "name the field"),
    Case("null for a text", {"a.jsonl": b'{"text": null}\n'}, "vocab a.jsonl",
         1, "a.jsonl:1", "field 'text' holds null, not text", "name the field"),
    Case("a name twice", {"a.jsonl": b'{"text": "a", "text": "b"}\n'}, "tokenize a.jsonl",
         1, "a.jsonl:1", "'text' stands there twice", "one JSON object a line"),
    Case("nested without end", {"a.jsonl": b'{"text": ' + b"[" * 200_000 + b"\n"},
         "tokenize a.jsonl", 1, "a.jsonl:1", "not JSON", "one JSON object a line"),
    Case("a number of many digits", {"a.jsonl": b'{"text": ' + b"9" * 5000 + b"}\n"},
         "tokenize a.jsonl", 1, "a.jsonl:1", "not JSON", "one JSON object a line"),
    Case("JSON from standard input", {}, "tokenize --format jsonl -", 1, "standard input:2",
         "not JSON", "one JSON object a line", b'{"text": "a"}\n{text: "a"}\n'),
]  # fmt: skip

SEPARATED = [
    Case("a row too long", {"a.csv": CSV + b"a,b,c\n"}, "tokenize a.csv",
         1, "a.csv:4", "3 columns where the header names 2", "quote fields that hold"),
    Case("a row too short", {"a.csv": b'text,label\n"a\nb",c\nd\n'}, "tokenize a.csv",
         1, "a.csv:4", "1 columns where the header names 2", "quote fields that hold"),
    Case("a quote that is never closed", {"a.csv": b'text,label\na,b\n"c,d\ne,f\ng,h\n'},
         "tokenize a.csv", 1, "a.csv:3", "a broken row", 'ends with "'),
    Case("a quote in the middle", {"a.csv": b'text,label\n"a"b,c\n'}, "vocab a.csv",
         1, "a.csv:2", "a broken row", 'doubles each " inside'),
    Case("two columns of one name", {"a.csv": b"text,text\na,b\n"}, "tokenize a.csv",
         1, "a.csv:1", "two columns have the same name", "give each a name of its own"),
    Case("a header whose quote is never closed", {"a.csv": b'"text\na\n'}, "tokenize a.csv",
         1, "a.csv:1", "a broken row", 'ends with "'),
    Case("no header", {"a.csv": b"bom filme,pos\nruim,neg\n"}, "tokenize a.csv",
         1, "a.csv:2", "the fields are: bom filme, pos", "name the field that you mean"),
    Case("a header only", {"a.csv": b"text,label\n"}, "tokenize a.csv",
         1, "a.csv", "the file holds no document", "below the header"),
    Case("tabs where commas are meant", {"a.csv": b"text\tlabel\na\tb\n"}, "tokenize a.csv",
         1, "a.csv:2", "no field 'text' here", "name the field that you mean"),
    Case("a tab too many", {"a.tsv": b"text\tlabel\na\tb\nc\td\te\n"}, "tokenize a.tsv",
         1, "a.tsv:3", "3 columns where the header names 2", "quote fields"),
    Case("a packed table", {"a.tsv.xz": lzma.compress(b"text\tlabel\na\n")}, "vocab a.tsv.xz",
         1, "a.tsv.xz:2", "1 columns", "quote fields"),
    Case("a field that the table lacks", {"a.csv": CSV}, "tokenize --field labels a.csv",
         1, "a.csv:2", "no field 'labels'", "did you mean 'label'?"),
]  # fmt: skip

PARQUET = [
    Case("no parquet at all", {"a.parquet": b"text\n"}, "tokenize a.parquet",
         1, "a.parquet", "not a parquet file, or damaged", "fetch or make the file again"),
    Case("parquet cut off", {"a.parquet": lambda: half(parquet(text=["a", "b"])())},
         "vocab a.parquet", 1, "a.parquet", "not a parquet file, or damaged", "fetch or make"),
    Case("a column that parquet lacks", {"a.parquet": parquet(texto=["a"])}, "tokenize a.parquet",
         1, "a.parquet: row 1", "no field 'text'", "did you mean 'texto'?"),
    Case("a column of numbers", {"a.parquet": parquet(text=[1, 2])}, "tokenize a.parquet",
         1, "a.parquet: row 1", "holds a number, not text", "name the field"),
    Case("a missing value", {"a.parquet": parquet(text=["a", None])}, "vocab a.parquet",
         1, "a.parquet: row 2", "holds null, not text", "name the field"),
    Case("parquet from standard input", {}, "tokenize --format parquet -", 2, "standard input",
         "from a plain file only", "save it to a file", b"PAR1"),
]  # fmt: skip

SOURCES = [
    Case("an empty file", {"a.txt": b""}, "tokenize a.txt",
         1, "a.txt", "the file holds no document", "give a file with"),
    Case("an empty packed file", {"a.jsonl.gz": gzip.compress(b"")}, "vocab a.jsonl.gz",
         1, "a.jsonl.gz", "the file holds no document", "give a file with"),
    Case("only blank lines of JSON", {"a.jsonl": b" \n\n"}, "tokenize a.jsonl",
         1, "a.jsonl:1", "an empty line", "one JSON object a line"),
    Case("only blank lines of a table", {"a.csv": b"\n\n"}, "tokenize a.csv",
         1, "a.csv:1", "the header names no column", "the first line names the columns"),
    Case("a missing file", {"reviews.txt": b"a\n"}, "tokenize revews.txt",
         2, "revews.txt", "no such file", "did you mean reviews.txt?"),
    Case("a missing file in a folder", {"d/reviews.csv": CSV}, "vocab d/review.csv",
         2, "d/review.csv", "no such file", "did you mean d/reviews.csv?"),
    Case("a folder of other things", {"d/a.pdf": b"%PDF"}, "tokenize d",
         2, "d", "no file of a known format", "known endings: .jsonl"),
    Case("an empty folder", {"d/": b""}, "vocab d",
         2, "d", "no file of a known format", "known endings"),
    Case("a pattern without a match", {"a.txt": b"a\n"}, "tokenize *.csv",
         2, "*.csv", "no file matches the pattern", "** stands for any folders"),
    Case("a link out of the folder", {"a.txt": b"a\n", "d/out.txt": Link("../a.txt")},
         "tokenize d", 2, "d/out.txt", "this link leads out of the folder", "name that file"),
    Case("a folder that leads out", {"e/a.txt": b"a\n", "d/e": Link("../e"), "d/b.txt": b"b\n"},
         "vocab d", 2, "d/e", "this link leads out of the folder", "take the link away"),
    Case("a name that tells no format", {"a.dat": b"a\n"}, "tokenize a.dat",
         2, "a.dat", "the name does not tell the format", "known endings"),
    Case("a model for a corpus", {"model.safetensors": b"\0"}, "vocab model.safetensors",
         2, "model.safetensors", "the name does not tell the format", "known endings"),
]  # fmt: skip

OPTIONS = [
    Case("an output that is there", {"a.txt": b"a\n", "o.txt": b"o\n"},
         "tokenize a.txt -o o.txt", 2, "o.txt", "is there already", "--force replaces it"),
    Case("an output over the input", {"a.txt": b"a\n"}, "vocab a.txt -o a.txt",
         2, "a.txt", "is there already", "--force replaces it"),
    Case("an output that is a folder", {"a.txt": b"a\n", "o/": b""}, "vocab a.txt -o o --force",
         2, "o", "this is a folder, a file is to be written", ""),
    Case("an output below a file", {"a.txt": b"a\n"}, "tokenize a.txt -o a.txt/o.txt",
         1, "{folder}/a.txt", "File exists", ""),
    Case("an output that a fault breaks off", {"a.txt": b"a\nb\n\xff\n"}, "tokenize a.txt -o o/p",
         1, "a.txt:3", "is not UTF-8", "iconv"),
    Case("an old output and a fault", {"a.txt": b"a\n\xff\n", "o.txt": b"o\n"},
         "vocab a.txt -o o.txt --force", 1, "a.txt:2", "is not UTF-8", "iconv"),
    Case("--size without --learn", {"a.txt": b"a\n"}, "tokenize --size 9 a.txt",
         2, "--size", "is for --learn", ""),
    Case("--learn without a file", {"a.txt": b"a\n"}, "tokenize --learn bpe a.txt",
         2, "--learn", "needs a file to write to", "name it: -o FILE"),
    Case("--learn with --to", {"a.txt": b"a\n"}, "tokenize --learn bpe --to jsonl a.txt -o o.json",
         2, "--to", "has no effect on --learn", "leave --to out"),
    Case("--learn from bad bytes", {"a.txt": b"a\n\xff\n"}, "tokenize --learn bpe a.txt -o o.json",
         1, "a.txt:2", "is not UTF-8", "iconv"),
    Case("a tokenizer that there is not", {"a.txt": b"a\n"}, "tokenize --tokenizer ruls a.txt",
         2, "--tokenizer", "no tokenizer 'ruls'", "one of rules, whitespace"),
    Case("a special that there is not", {"a.txt": b"a\n"}, "vocab --specials pad,foo a.txt",
         2, "--specials", "'pad,foo' is no list of", ""),
    Case("no room for the specials", {"a.txt": b"a\n"}, "vocab --max-size 1 a.txt",
         2, "--max-size", "has no room for 2 specials", ""),
    Case("a tokenizer that is empty", {"t.json": b"", "a.txt": b"a\n"},
         "tokenize --tokenizer t.json a.txt", 1, "t.json", "not a tokenizer", "a tokenizer.json"),
    Case("a tokenizer that is a list", {"t.json": b"[]", "a.txt": b"a\n"},
         "vocab --tokenizer t.json a.txt", 1, "t.json", "not a tokenizer", "a tokenizer.json"),
    Case("a tokenizer without a model", {"t.json": b'{"version": "1.0"}', "a.txt": b"a\n"},
         "tokenize --tokenizer t.json a.txt", 1, "t.json", "not a tokenizer", "a tokenizer.json"),
    Case("a tokenizer of bad bytes", {"t.json": b'{"\xff": 1}', "a.txt": b"a\n"},
         "tokenize --tokenizer t.json a.txt", 1, "t.json", "not a tokenizer", "a tokenizer.json"),
    Case("a tokenizer and a recipe", {"t.json": BPE.encode(), "a.txt": b"a\n"},
         "tokenize --tokenizer t.json --recipe lower a.txt", 2, "--recipe",
         "a recipe of their own", "leave --recipe out"),
]  # fmt: skip

PIPELINE = text("name: p", "stages:", "  - corpus: {train: a.csv, hold_out: 0.5, label: label}",
                "  - vocabulary: {}", "  - classifier: {}")  # fmt: skip

OTHER_VERBS = [
    Case("info of bad bytes", {"a.txt": b"a\nb\n\xff\n"}, "info a.txt",
         1, "a.txt:3", "is not UTF-8", "iconv"),
    Case("info of a ragged table", {"a.csv": CSV + b"a\n"}, "info a.csv",
         1, "a.csv:4", "1 columns", "quote fields"),
    Case("info of what is empty", {"a.jsonl": b""}, "info a.jsonl",
         1, "a.jsonl", "the file holds no document", "give a file with"),
    Case("info of a missing file", {"a.jsonl": b"{}\n"}, "info b.jsonl",
         2, "b.jsonl", "no such file", "did you mean a.jsonl?"),
    Case("info of a folder of texts", {"d/a.txt": b"a\n"}, "info d",
         2, "d", "a folder without a model", "give a model folder or a file"),
    Case("check of a missing file", {"a.conll": b"a O\n"}, "check a.conl",
         2, "a.conl", "no such file", "did you mean a.conll?"),
    Case("check in no encoding", {"a.conll": b"a O\n"}, "check a.conll --encoding latin11",
         2, "encoding", "there is no text encoding 'latin11'", "did you mean"),
    Case("run over a ragged table", {"p.yaml": PIPELINE, "a.csv": CSV + b"a\n"}, "run p.yaml",
         1, "a.csv:4", "1 columns", "quote fields"),
    Case("run in a wrong encoding", {"p.yaml": PIPELINE, "a.csv": CSV + LATIN + b",pos\n"},
         "run p.yaml", 1, "a.csv:4", "0xe9, is not UTF-8", "name the encoding"),
    Case("run in no encoding", {"p.yaml": PIPELINE, "a.csv": CSV},
         "run p.yaml -s corpus.encoding=utf9", 2, "encoding", "no text encoding 'utf9'", "did you"),
    Case("run with a format that it is not", {"p.yaml": PIPELINE, "a.csv": CSV},
         "run p.yaml -s corpus.format=jsonl", 1, "a.csv:1", "not JSON", "one JSON object a line"),
    Case("run with an empty label", {"p.yaml": PIPELINE, "a.csv": CSV + b"bom,\n"}, "run p.yaml",
         1, "a.csv:4", "holds an empty text, not a label", "a label is a word"),
    Case("run with one label only", {"p.yaml": PIPELINE, "a.csv": b"text,label\na,x\nb,x\nc,x\n"},
         "run p.yaml -s corpus.hold_out=1", 1, "a.csv", "has one label only, 'x'", "at least 2"),
]  # fmt: skip

MALFORMED = [*ENCODINGS, *PACKED, *JSON, *SEPARATED, *PARQUET, *SOURCES, *OPTIONS, *OTHER_VERBS]


class Repaired(NamedTuple):
    """A row: what is called with ``--repair``, what it tells, and what it still writes."""

    name: str
    files: Mapping[str, Content]
    arguments: str
    told: str  #: on standard error, a whole line
    written: str  #: on standard output, all of it
    stdin: bytes = b""


REPAIRED = [
    Repaired("bad bytes", {"a.txt": b"a\n" + LATIN + b" b\nc\n"}, "tokenize a.txt",
             "1 × line with bad bytes, replaced by U+FFFD (a.txt:2)", "a\ncaf \ufffd b\nc\n"),
    Repaired("bad bytes of standard input", {}, "tokenize --tokenizer whitespace",
             "4 × line with bad bytes, replaced by U+FFFD (standard input:1, standard input:2, "
             "standard input:3, …)", "\ufffd\n" * 4, b"\xff\n" * 4),
    Repaired("encoded twice", {"a.txt": text("a", "pÃ¡gina")}, "tokenize a.txt",
             "1 × line that was encoded twice, mended (a.txt:2)", "a\npágina\n"),
    Repaired("broken JSON", {"a.jsonl": b'{"text": "a"}\n{"text": \n\n[]\n{"text": "b"}\n'},
             "tokenize a.jsonl",
             "3 × broken line left out (a.jsonl:2, a.jsonl:3, a.jsonl:4)", "a\nb\n"),
    Repaired("a missing field", {"a.jsonl": b'{"text": "a"}\n{"body": "b"}\n'}, "tokenize a.jsonl",
             "1 × record without a wanted field left out (a.jsonl:2)", "a\n"),
    Repaired("a field of another type", {"a.jsonl": b'{"text": 1}\n{"text": "b"}\n'},
             "tokenize a.jsonl", "1 × record with an unfit value left out (a.jsonl:1)", "b\n"),
    Repaired("ragged rows", {"a.csv": b"text,label\na,b\nc\nd,e,f\ng,h\n"}, "tokenize a.csv",
             "2 × ragged row left out (a.csv:3, a.csv:4)", "a\ng\n"),
    Repaired("a quote never closed", {"a.csv": b'text,label\na,b\n"c,d\ne,f\n'}, "tokenize a.csv",
             "1 × broken row left out (a.csv:3)", "a\ne\n"),
    Repaired("a missing value", {"a.parquet": parquet(text=["a", None, "c"])},
             "tokenize a.parquet",
             "1 × record with an unfit value left out (a.parquet: row 2)", "a\nc\n"),
    Repaired("an empty file of several", {"d/a.txt": b"", "d/b.txt": b"b\n"}, "tokenize d",
             "1 × file without documents left out (d/a.txt)", "b\n"),
    Repaired("words counted", {"a.txt": b"a b\n\xff\n"}, "vocab a.txt --specials unk",
             "1 × line with bad bytes, replaced by U+FFFD (a.txt:2)",
             "# nlpseq vocabulary 1 specials=unk\na\t1\nb\t1\n\ufffd\t1\n"),
    Repaired("offsets in the mended text", {"a.txt": text("pÃ¡gina é")},
             "tokenize --to jsonl a.txt", "1 × line that was encoded twice, mended (a.txt:1)",
             '{"words": ["página", "é"], "starts": [0, 7], "ends": [6, 8]}\n'),
]  # fmt: skip

BEYOND_REPAIR = [
    Case("nothing is left", {"a.jsonl": b"[]\n{\n"}, "tokenize --repair a.jsonl",
         1, "a.jsonl", "no document is left", "2 × broken line left out (a.jsonl:1, a.jsonl:2)"),
    Case("a header is never repaired", {"a.csv": b"text,text\na,b\n"}, "tokenize --repair a.csv",
         1, "a.csv:1", "two columns have the same name", "give each a name of its own"),
    Case("nor what is packed", {"a.txt.gz": half(gzip.compress(NOISE))},
         "vocab --repair a.txt.gz", 1, "a.txt.gz", "damaged or cut off", "fetch or make"),
]  # fmt: skip


class Found(NamedTuple):
    """A row for ``check``, which goes on behind a fault: what lies there, and what is said."""

    name: str
    files: Mapping[str, Content]
    arguments: str
    told: tuple[str, ...]  #: how lines of standard output begin, in their order


FOUND = [
    Found("a ragged row in mid-file", {"a.conll": b"a O\nb O\n\nc O\nd\ne O\n\nf O\n"}, "a.conll",
          ("a.conll:5: problem: 1 column where the file's first row has 2",
           "a.conll: note: format CoNLL, 2 sentences")),
    Found("tabs and spaces mixed", {"a.conll": b"a\tO\nb O\n\nc\tO\n"}, "a.conll",
          ("a.conll:2: problem: 1 column where",)),
    Found("two spaces between columns", {"a.conll": b"a O\n\nb  O\n"}, "a.conll",
          ("a.conll:3: problem: 3 columns where",)),
    Found("an empty first column", {"a.conll": b"a\tO\n\n\tO\n"}, "a.conll",
          ("a.conll:3: problem: column 1 is empty",)),
    Found("a file of no sentence", {"a.conll": b""}, "a.conll",
          ("a.conll: problem: the file holds no sentence",)),
    Found("a file of blanks", {"a.conll": b"\n \n\n"}, "a.conll",
          ("a.conll: problem: the file holds no sentence",)),
    Found("an entity that is never opened", {"a.conll": b"a B-P\nb B-L\n\nc O\nd I-P\n"}, "a.conll",
          ("a.conll: problem: mixed or unknown scheme: IOB2 is the nearest",
           "a.conll:5: problem: ")),
    Found("a prefix of no scheme", {"a.conll": b"a O\nb X-PER\n"}, "a.conll",
          ("a.conll:2: problem: 'X-PER' is a tag of no scheme",)),
    Found("a column that there is not", {"a.conll": b"a O\n"}, "a.conll --tag-column 3",
          ("a.conll:1: problem: no column 3, there are 2",)),
    Found("sentences in a wrong encoding", {"a.conll": b"a O\n" + LATIN + b" B-P\n"}, "a.conll",
          ("a.conll:2: problem: byte 4 of the line, 0xe9, is not UTF-8",
           "a.conll: problem: 1 × bytes: name the encoding of the file: --encoding")),
    Found("sentences encoded twice", {"a.conll": text("o O", "pÃ¡gina B-P")}, "a.conll",
          ("a.conll:2: problem: encoded twice", "a.conll: problem: 1 × encoded twice: UTF-8 was")),
    Found("several faults of a table", {"a.csv": CSV + b'c\n"d,e\nf,g\nbom,neg\n'}, "a.csv",
          ("a.csv:4: problem: 1 columns where the header names 2",
           "a.csv:5: problem: a broken row",
           "a.csv:7: problem: one text, two labels: here 'neg', 'pos' at a.csv:2")),
    Found("several faults of JSON", {"a.jsonl": b'{"text": "a"}\n{"text": 1}\n\n{"body": "b"}\n'},
          "a.jsonl",
          ("a.jsonl:2: problem: field 'text' holds a number, not text",
           "a.jsonl:3: problem: an empty line", "a.jsonl:4: problem: no field 'text' here")),
    Found("one file of a folder", {"d/a.txt": b"a\n", "d/b.jsonl": b"[]\n"}, "d",
          ("d/b.jsonl:1: problem: a list, not an object",)),
    Found("a packed file cut off", {"a.txt.gz": half(gzip.compress(NOISE))}, "a.txt.gz",
          ("a.txt.gz: problem: the compressed file is damaged or cut off",)),
    Found("a text on both sides", {"a.txt": b"a b c\nd\n", "b.txt": b"e\na b c\n"},
          "a.txt --dev b.txt",
          ("a.txt:1: problem: this text is in the dev part too: b.txt:2",)),
]  # fmt: skip

#: those that are also tried with the command as it is installed
INSTALLED = (
    "bad byte in the first line",
    "bad byte on standard input",
    "utf-16 with half a character",
    "zst cut off",
    "packed standard input cut off",
    "zip of several members",
    "nested without end",
    "a quote that is never closed",
    "a missing file",
    "a link out of the folder",
    "an output that is there",
    "an output that a fault breaks off",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path, files: Mapping[str, Content]) -> None:
    """Lay out a row's files."""
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.to)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content())


def state(folder: Path) -> dict[str, str]:
    """Each thing below a folder with the hash of its content, or where it leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = "folder"
    return found


def inside(arguments: list[str], stdin: bytes) -> tuple[int, bytes, str]:
    """Call a verb in this process: its status, standard output and standard error."""
    done = CliRunner().invoke(main, arguments, input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout_bytes, done.stderr


def check(case: Case, folder: Path, call: Call) -> None:
    """Hold a row to what its columns say."""
    fill(folder, case.files)
    before = state(folder)
    status, out, err = call(case.arguments.split(), case.stdin)
    assert status == case.status, err
    assert "Traceback" not in err
    head, _, remedy = err.removesuffix("\n").partition("\n  ")
    start = f"error: {case.place.format(folder=folder.resolve())}: "
    assert head.startswith(start)
    assert case.message in head.removeprefix(start)
    assert case.remedy in remedy
    assert bool(case.remedy) == bool(remedy)
    assert out == b"" or out.endswith(b"\n")
    assert "\ufffd" not in out.decode()
    assert state(folder) == before


@pytest.mark.parametrize("case", [*MALFORMED, *BEYOND_REPAIR], ids=lambda case: case.name)
def test_what_is_malformed_is_told_with_its_place_and_a_remedy(case, folder):
    check(case, folder, inside)


@pytest.mark.parametrize("name", INSTALLED)
def test_the_installed_command_tells_the_same(name, folder, command):
    def installed(arguments: list[str], stdin: bytes) -> tuple[int, bytes, str]:
        done = subprocess.run([command, *arguments], input=stdin, capture_output=True, timeout=120)
        return done.returncode, done.stdout, done.stderr.decode()

    check({case.name: case for case in MALFORMED}[name], folder, installed)


@pytest.mark.parametrize("case", REPAIRED, ids=lambda case: case.name)
def test_on_request_it_is_mended_or_left_out_and_counted(case, folder):
    fill(folder, case.files)
    before = state(folder)
    status, out, err = inside([*case.arguments.split(), "--repair"], case.stdin)
    assert status == 0, err
    assert err.splitlines()[:2] == ["repaired:", case.told]
    assert out.decode() == case.written
    assert state(folder) == before

    status, _, err = inside(case.arguments.split(), case.stdin)
    told_twice = "encoded twice" in case.told  # a guess, which no one is stopped by
    assert status == (0 if told_twice else 1)
    assert state(folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tokenize --format xml a.txt", "Invalid value for '--format': 'xml' is not one of 'text'"),
        (
            "tokenize --learn bpe --size 1 a.txt",
            "Invalid value for '--size': 1 is not in",
        ),
        ("vocab --threads 0 a.txt", "Invalid value for '--threads'"),
        ("vocab --min-count few a.txt", "Invalid value for '--min-count': 'few'"),
        ("vocab --recipes nilc a.txt", "No such option '--recipes'"),
        ("check", "Missing argument 'PATH...'"),
    ],
)
def test_a_call_that_cannot_be_understood_names_its_option(arguments, message, folder):
    fill(folder, {"a.txt": b"a\n"})
    before = state(folder)
    status, out, err = inside(arguments.split(), b"")
    assert (status, out) == (2, b"")
    assert message in err
    assert "--help" in err
    assert state(folder) == before


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_check_tells_every_fault_with_its_place_and_goes_on(case, folder):
    fill(folder, case.files)
    before = state(folder)
    status, out, err = inside(["check", *case.arguments.split()], b"")
    assert status == 1, err
    assert "Traceback" not in err
    assert out.endswith(b"\n")
    lines = iter(out.decode().splitlines())
    for told in case.told:
        assert any(line.startswith(told) for line in lines), (told, out.decode())
    assert state(folder) == before


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b"", "", "the file is empty"),
        (b"word\t1\n", ":1", "not a vocabulary of nlpseq"),
        (b"# nlpseq vocabulary 1 specials=pad,pad\n", ":1", "named twice"),
        (b"# nlpseq vocabulary 1 specials=pad\na\t1\na\t1\n", ":3", "stands there twice"),
        (b"# nlpseq vocabulary 1 specials=pad\na\tmany\n", ":2", "'many' is not a count"),
        (b"# nlpseq vocabulary 1 specials=pad\na\t1\nb\n", ":3", "some have none"),
        (b"# nlpseq vocabulary 1 specials=pad\na\t1\n\xff\t1\n", ":3", "is not UTF-8"),
        (b"# nlpseq vocabulary 1 specials=pad\na\t%s\n" % (b"9" * 5000), ":2", "not a count"),
    ],
    ids=["empty", "other", "specials", "twice", "count", "some counts", "bytes", "digits"],
)
def test_a_malformed_vocabulary_is_told_with_its_place(content, where, message, folder):
    path = folder / "v.txt"
    path.write_bytes(content)
    before = state(folder)
    with pytest.raises(DataError, match=message) as caught:
        nlpseq.Vocabulary.load(path)
    assert caught.value.where == f"{path}{where}"
    assert state(folder) == before


@pytest.mark.parametrize(
    ("files", "arguments", "written"),
    [
        ({"a.txt": b" \n\n\t\n"}, "tokenize a.txt", "\n\n\n"),
        ({"a.txt": b"\xef\xbb\xbfa\n"}, "tokenize a.txt", "a\n"),
        ({"a.jsonl": b'{"text": "a \\ud800"}\n'}, "tokenize --to jsonl a.jsonl",
         '{"words": ["a", "\\ud800"], "starts": [0, 2], "ends": [1, 3]}\n'),
        ({"a.csv": b'text\n"a\nb"\n'}, "tokenize a.csv", "a b\n"),
    ],
    ids=["blank lines", "byte order mark", "lone surrogate", "line break in quotes"],
)  # fmt: skip
def test_what_is_only_odd_is_read_as_it_stands(files, arguments, written, folder):
    fill(folder, files)
    assert inside(arguments.split(), b"") == (0, written.encode(), "")
