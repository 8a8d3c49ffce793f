"""Keys: all that the work of a stage is a function of, and what of it is another than before."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpseq import __version__
from nlpseq.text.corpus.sources import files_of

if TYPE_CHECKING:
    from nlpseq.pipelines.stages import Job, Stage

FORMAT = 1  #: of what a stage leaves; another makes all of it anew


def facts_of(
    stage: "Stage", job: "Job", after: str, content: Callable[[Path], str]
) -> dict[str, Any]:
    """What a stage starts from: versions, options, the content of the files that it reads (not
    their names), seed, and the key of the stage before; of a training threads and device too.

    :param after: the key of the stage before; empty for the first
    :param content: the hash of a file
    """
    files = {
        option: " ".join(map(content, files_of(path))) for option, path in stage.inputs().items()
    }
    names = {option.split(".")[0] for option in files}  # text.1 is the second file of text
    machine = {"threads": job.threads, "device": job.device} if stage.trains else {}
    return {
        "format": FORMAT,
        "nlpseq": __version__,
        "kind": stage.kind,
        "version": stage.version,
        "options": stage.told(names),
        "files": files,
        "seed": job.seed,
        **machine,
        "after": after,
    }


def key_of(facts: Mapping[str, Any]) -> str:
    """32 hexadecimal digits."""
    text = json.dumps(facts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What a stage starts from that it did not start from before, the stage before it aside."""
    found = []
    before, here = dict(leaves(then)), dict(leaves(now))
    for name in [*here, *(name for name in before if name not in here)]:
        old, new = before.get(name), here.get(name)
        if old == new or name == "after":
            continue
        group, _, option = name.partition(".")
        if group == "files":
            found.append(f"the content of {option} changed")
        else:
            label = f"option {option}" if group == "options" else name
            found.append(f"{label} changed {_word(old)} → {_word(new)}")
    return found


def leaves(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with its dotted name."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
