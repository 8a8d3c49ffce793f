"""How fast a translator trains and translates, and how good it is, beside JoeyNMT:

    python benchmarks/translator.py train.en train.pt dev.en dev.pt
    python benchmarks/translator.py train.en train.pt dev.en dev.pt --quality WORK --epochs 15

Both know texts as the same joint subwords (BPE; JoeyNMT is given them ready cut), have the same
sizes, the same Adam with warm-up, dropout and smoothing, as many tokens a batch, filling counted,
and as many threads, in float32, each in a process of its own. Trained are a Transformer and a GRU
with attention and input feeding.

Speed: target tokens/s of training over ``--updates`` updates, some before them left out; then what
both write of the first ``--sentences`` development texts, given in parts of 64 and one by one,
greedily and with a beam of 5. nlpseq's time goes from text to text, JoeyNMT's from subwords to
subwords. After so few updates both end their texts where they like, so rates count tokens too, and
once more each text is made exactly as long. CTranslate2 runs the very Transformer of nlpseq: the
limit.

Quality: as many updates on both sides, those of nlpseq's epochs; each tool validates as often as
there are epochs, or JoeyNMT as often as is asked for, and keeps the weights with the highest BLEU.
Logs, checkpoints and figures stay in WORK: the same call goes on from there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from joeynmt_translator import IMPORTED, JOEYNMT, PEER, SEARCHES, Options
from peers import python_of

LAYERS = {"transformer": 3, "recurrent": 2}
BATCHES = {64: "64 at a time", 1: "one by one", "all": "all at once"}
Line = dict[str, Any]


def prepare(options: Options, size: int) -> None:
    """Subwords, and the data cut into them."""
    from nlpseq import Subwords
    from nlpseq.models.translate import vocabulary_of
    from nlpseq.text.corpus import read_pairs

    folder = Path(options.folder)
    told = asdict(replace(options, threads=0)) | {"size": size}
    kept = folder / "options.json"
    if kept.exists():
        if json.loads(kept.read_text()) != json.loads(json.dumps(told)):
            sys.exit(f"{folder} is of a call with other options: name another folder")
        return
    folder.mkdir(parents=True, exist_ok=True)
    train, dev = (list(read_pairs(*options.texts[i : i + 2])) for i in (0, 2))
    dev = dev[: options.sentences]
    subwords = Subwords.train((text for pair in train for text in pair[:2]), size=size)
    subwords.save(folder / "tokenizer.json")
    vocabulary = vocabulary_of(subwords)
    write(folder / "words.txt", vocabulary.words[len(vocabulary.specials) :])
    for name, pairs in (("train", train), ("dev", dev), ("few", dev[:4])):
        for side, place in (("src", 0), ("trg", 1)):
            cut = subwords.stream_words(pair[place] for pair in pairs)
            write(folder / f"{name}.{side}", map(" ".join, cut))
    kept.write_text(json.dumps(told))


def write(path: Path, lines: Any) -> None:
    """As UTF-8."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run(
    name: str, python: str, script: str, *arguments: str, options: Options, quality: bool = False
) -> list[Line]:
    """What a process prints, or has printed in this folder before; its messages go to a log."""
    kept, log = (Path(options.folder) / f"{name}.{end}" for end in ("jsonl", "log"))
    if not kept.exists():
        command = [python, str(Path(__file__).with_name(script)), *arguments]
        threads = str(options.threads)
        limits = {"OMP_NUM_THREADS": threads, "RAYON_NUM_THREADS": threads}
        with log.open("a", encoding="utf-8") as messages:
            done = subprocess.run(
                command + ["--quality"] * quality,
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
                env=os.environ | limits,
            )
        if done.returncode:
            sys.exit(f"{log.read_text(encoding='utf-8')[-4000:]}\n{name}: {done.returncode}")
        unfinished = kept.with_suffix(".part")
        unfinished.write_text(done.stdout, encoding="utf-8")
        unfinished.replace(kept)
    return list(map(json.loads, kept.read_text(encoding="utf-8").splitlines()))


def only(lines: Sequence[Line], name: str, **values: Any) -> Line:
    """The line that has a figure of this name, and these values."""
    for line in lines:
        if name in line and all(line.get(n) == value for n, value in values.items()):
            return line
    return {}


def row(name: str, *figures: float | None) -> None:
    """nlpseq's figure, JoeyNMT's, the ratio, and CTranslate2's two."""
    told = ["" if each is None else f"{each:,.0f}" for each in figures]
    mine, theirs = figures[:2]
    compares = mine and theirs and name.endswith("/s")
    told.insert(2, f"**{mine / theirs:.1f}**" if compares else "")
    print(f"| {name} | {' | '.join(told)} |")


def speeds(options: Options, python: str) -> None:
    """A table of what is trained and written in a second."""
    name, told = options.architecture, json.dumps(asdict(options))
    ours = run(f"nlpseq-{name}", sys.executable, "nlpseq_translator.py", told, options=options)
    theirs = run(f"joeynmt-{name}", python, "joeynmt_translator.py", told, options=options)
    limits: list[Line] = []
    if name == "transformer":
        limits = run("ctranslate2", python, "ctranslate2_translator.py", told, options=options)
    print(f"\n| {name} | nlpseq | JoeyNMT | ratio | CTranslate2, float32 | int8 |")
    print("| --- | --- | --- | --- | --- | --- |")
    figure = "train_tokens_per_s"
    row(
        "trained target tokens/s",
        only(ours, figure)[figure],
        only(theirs, figure)[figure],
        *[None] * 2,
    )
    for search, _ in SEARCHES:
        for batch, how in BATCHES.items():
            for fixed, unit in ((None, "tokens"), (None, "sentences"), (options.fixed, "tokens")):
                figure = f"{unit}_per_s"
                wanted = {"search": search, "batch": batch, "fixed": fixed}
                lines = [only(each, figure, **wanted) for each in (ours, theirs)]
                lines += [only(limits, figure, **wanted, type=kind) for kind in ("float32", "int8")]
                long = f", {fixed} each" if fixed else ""
                row(f"{search}, {how}{long}: {unit}/s", *(line.get(figure) for line in lines))
    for figure, what, unit in (
        ("parameters", "parameters", 1),
        ("memory", "peak memory, MiB", 2**20),
    ):
        row(what, *(only(each, figure)[figure] / unit for each in (ours, theirs)), None, None)
    for search, _ in SEARCHES if limits else ():
        words = [
            only(lines, "hypotheses", search=search, batch=64, fixed=None, **kind)["hypotheses"]
            for lines, kind in ((ours, {}), (limits, {"type": "float32"}))
        ]
        same = sum(one == other for one, other in zip(*words, strict=True))
        print(f"\n{search}: CTranslate2 writes {same} of {len(words[0])} sentences as nlpseq does.")


def qualities(options: Options, python: str, validations: int) -> tuple[list[Line], list[Line]]:
    """What the two tools print."""
    name = options.architecture
    ours = run(
        f"nlpseq-{name}", sys.executable, "nlpseq_translator.py", json.dumps(asdict(options)),
        options=options, quality=True,
    )  # fmt: skip
    updates = only(ours, "updates")["updates"]
    told = replace(
        options,
        model=f"{options.folder}/joeynmt-{name}",
        warmup=0,
        updates=updates,
        validate_after=updates // validations,
    )
    theirs = run(
        f"joeynmt-{name}", python, "joeynmt_translator.py", json.dumps(asdict(told)),
        options=options, quality=True,
    )  # fmt: skip
    return ours, theirs


def compare(options: Options, python: str, validations: int) -> None:
    """Rows of the table of quality, of an architecture."""
    from nlpseq import Subwords
    from nlpseq.metrics.translation import translation_report
    from nlpseq.text.corpus import read_pairs

    subwords = Subwords.load(Path(options.folder) / "tokenizer.json")
    references = [pair.target for pair in read_pairs(*options.texts[2:])][: options.sentences]
    both = qualities(options, python, validations)
    for tool, lines in zip(("nlpseq", "JoeyNMT"), both, strict=True):
        told = only(lines, "updates")
        cells = [f"{told[n] or 0:,.0f}" for n in ("updates", "tokens", "train_tokens_per_s")]
        took = told["cpu_seconds"]
        cells.append("" if took is None else f"{took / 60:.0f}")
        for search, _ in SEARCHES:
            texts = [
                each if isinstance(each, str) else subwords.join(each)
                for each in only(lines, "hypotheses", search=search)["hypotheses"]
            ]
            report = translation_report(references, texts)
            cells += [f"{report.figures[name]:.2f}" for name in ("bleu", "chrf")]
        print(f"| {options.architecture} | {tool} | {' | '.join(cells)} |", flush=True)
    print(report.signature, file=sys.stderr)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", nargs=4, metavar="FILE", help="source and target; then of dev")
    parser.add_argument("--architectures", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--hidden", type=int, default=Options.hidden)
    parser.add_argument("--size", type=int, default=8000, help="of the subwords' vocabulary")
    parser.add_argument("--batch-tokens", type=int, default=Options.batch_tokens)
    parser.add_argument("--updates", type=int, default=300, metavar="N", help="for speed")
    parser.add_argument(
        "--sentences", type=int, metavar="N", help="of dev; 256 for speed, else all"
    )
    parser.add_argument("--quality", metavar="WORK", help="measure quality, in this folder")
    parser.add_argument("--epochs", type=int, default=15, help="for quality")
    parser.add_argument(
        "--warmup", type=int, default=1000, metavar="N", help="updates, likewise; 1,000"
    )
    parser.add_argument(
        "--validations", type=int, metavar="N", help="JoeyNMT's; it is slow at early ones"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", type=Path, default=Path("peers/joeynmt"), metavar="FOLDER")
    arguments = parser.parse_args()

    from nlpseq.pipelines.machine import machine, versions

    python = python_of(arguments.peer, PEER, ["--no-deps", JOEYNMT], IMPORTED)
    print(f"{machine()}; {versions()}; {', '.join([JOEYNMT, *PEER])}")
    print(f"hidden {arguments.hidden}, layers {LAYERS}, {arguments.size} joint subwords, ", end="")
    print(f"{arguments.batch_tokens} tokens a batch, {arguments.threads} threads", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.quality or temporary
        options = Options(
            folder=folder,
            model=folder,
            texts=tuple(arguments.texts),
            sentences=arguments.sentences or (None if arguments.quality else 256),
            epochs=arguments.epochs,
            hidden=arguments.hidden,
            batch_tokens=arguments.batch_tokens,
            updates=arguments.updates,
            rising=arguments.warmup if arguments.quality else min(100, arguments.updates),
            threads=arguments.threads,
            seed=arguments.seed,
        )
        prepare(options, arguments.size)
        if arguments.quality:
            searched = " | ".join(f"BLEU, {search} | chrF" for search, _ in SEARCHES)
            print(f"\n| | | updates | target tokens | tokens/s | CPU min | {searched} |")
            print(f"| --- | --- |{' --- |' * 8}")
        for name in arguments.architectures:
            tool = "nlpseq" if arguments.quality else "joeynmt"
            own = replace(
                options, architecture=name, layers=LAYERS[name], model=f"{folder}/{tool}-{name}"
            )
            if arguments.quality:
                compare(own, python, arguments.validations or arguments.epochs)
            else:
                speeds(own, python)


if __name__ == "__main__":
    main()
