"""The model folder: what a model is on disk.

``config.json`` (task, settings, the hashes of the rest and its own), ``model.safetensors``,
``metrics.json``, ``README.md`` (the model card), and the parts that the task has, such as
``vocabulary.txt`` and ``labels.txt``, or ``baseline.safetensors`` where a linear baseline was
fitted beside the model: see ``PARTS``. What was exported has ``model.onnx`` in place of
``model.safetensors``. Nothing in it is code, no name in it is followed anywhere, and sizes are
checked before memory is taken.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nlpseq import __version__
from nlpseq.errors import CallError, DataError, suggestion
from nlpseq.files import content_hash
from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.writing import atomic_folder

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

FORMAT, VERSION = "nlpseq-model", 2
CONFIG, METRICS, CARD = "config.json", "metrics.json", "README.md"
WEIGHTS, GRAPH = "model.safetensors", "model.onnx"
WORDS, LABELS, BASELINE = "vocabulary.txt", "labels.txt", "baseline.safetensors"
CHARACTERS, TARGET_WORDS = "characters.txt", "target-vocabulary.txt"
SUBWORDS, TARGET_SUBWORDS = "tokenizer.json", "target-tokenizer.json"
_MAX_JSON = 1 << 20  # bytes

#: file → what reads it: all that a model may consist of, beside its weights
PARTS: Mapping[str, Callable[[Path], Any]] = {
    WORDS: Vocabulary.load,
    LABELS: Vocabulary.load,
    BASELINE: LinearBaseline.load,
    CHARACTERS: Vocabulary.load,
    TARGET_WORDS: Vocabulary.load,
    SUBWORDS: Subwords.load,
    TARGET_SUBWORDS: Subwords.load,
}


class Part(Protocol):
    """What can write itself to one file of the folder."""

    def save(self, path: Path, /) -> None:
        """Write it."""


@dataclass(frozen=True)
class Folder:
    """The parts of a model, read and checked; the weights stay on disk until asked for."""

    path: Path
    task: str
    settings: Mapping[str, Any]
    parts: Mapping[str, Any]  #: by file, as ``PARTS`` reads them
    exported: bool  #: the weights are in a graph of ONNX

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the model knows."""
        words: Vocabulary = self.part(WORDS)
        return words

    @property
    def labels(self) -> Vocabulary:
        """What it may answer."""
        labels: Vocabulary = self.part(LABELS)
        return labels

    def part(self, name: str) -> Any:
        """What a file of the folder holds.

        :raises DataError: where the model lacks it
        """
        if name not in self.parts:
            raise _missing(self.path / name)
        return self.parts[name]


def is_model(path: Path) -> bool:
    """Whether there is a model of nlpseq, sound or not."""
    try:
        return bool(_json(path / CONFIG).get("format") == FORMAT)
    except (DataError, OSError):
        return False


def check_target(path: Path, *, replace: bool) -> None:
    """Raise a CallError where a model may not be written: nothing but a model is replaced."""
    above = next((parent for parent in path.absolute().parents if parent.exists()), None)
    if above is not None and not above.is_dir():
        raise CallError(
            "this is a file, and a folder is to be made in it",
            where=str(above),
            remedy="name another folder",
        )
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() and not (path.is_dir() and is_model(path)):
        raise CallError(
            "this is there already, and is no model",
            where=str(path),
            remedy="name another folder, or move what stands there",
        )
    if path.exists() and not replace:
        raise CallError(
            "there is a model already", where=str(path), remedy="pass --force to replace it"
        )


def write(
    path: Path,
    *,
    task: str,
    settings: Mapping[str, Any],
    network: "nn.Module | bytes",
    parts: Mapping[str, Part | None],
    metrics: Mapping[str, Any],
    card: str,
    replace: bool,
) -> None:
    """Write a whole folder or nothing.

    :param network: with its weights; or, exported, as a graph of ONNX
    :param parts: by file, out of ``PARTS``; None: there is no such part
    :raises CallError: where something is there already, unless it is a model and ``replace``
    """
    check_target(path, replace=replace)
    with atomic_folder(path) as folder:
        weights = GRAPH if isinstance(network, bytes) else WEIGHTS
        given = {name: part for name, part in parts.items() if part is not None}
        for name, part in given.items():
            part.save(folder / name)
        (folder / CARD).write_text(card, encoding="utf-8")
        if isinstance(network, bytes):
            (folder / GRAPH).write_bytes(network)
        else:
            _save_weights(network, folder / WEIGHTS)
            # safetensors makes its file the writer's alone; the folder is for others too
            (folder / WEIGHTS).chmod((folder / CARD).stat().st_mode)
        config = {
            "format": FORMAT,
            "version": VERSION,
            "nlpseq": __version__,
            "task": task,
            "settings": settings,
            "sha256": {name: content_hash(folder / name) for name in (weights, *given)},
        }
        config["checksum"] = _checksum(config)
        _write_json(folder / CONFIG, config)
        _write_json(folder / METRICS, metrics)


def read(path: Path) -> Folder:
    """Read and check a folder.

    :raises CallError: where there is no model
    :raises DataError: naming the file that is missing or was changed
    """
    if not (path / CONFIG).is_file():
        what = "no such folder" if not path.exists() else f"no {CONFIG} here, so no model"
        raise CallError(
            what,
            where=str(path),
            remedy=suggestion(path.name, _beside(path), "a model is a folder that nlpseq wrote"),
        )
    config = _json(path / CONFIG)
    where = str(path / CONFIG)
    if config.get("format") != FORMAT:
        raise DataError(
            "not a model of nlpseq", where=where, remedy="a model is a folder that nlpseq wrote"
        )
    if config.get("version") != VERSION:
        raise DataError(
            f"format version {config.get('version')!r}; this nlpseq reads version {VERSION}",
            where=where,
            remedy="install the version of nlpseq that wrote it, or a newer one",
        )
    if config.pop("checksum", None) != _checksum(config):
        raise _changed(path / CONFIG)
    hashes, settings, task = config.get("sha256"), config.get("settings"), config.get("task")
    if not (isinstance(hashes, dict) and isinstance(settings, dict) and isinstance(task, str)):
        raise DataError("keys are missing", where=where, remedy=_REMEDY)
    exported = GRAPH in hashes
    if unknown := sorted(hashes.keys() - PARTS.keys() - {WEIGHTS, GRAPH}):
        raise DataError(
            f"no part of a model: {unknown[0]!r}",
            where=where,
            remedy="trust no model that names other files: take it from where it was made",
        )
    known = [name for name in PARTS if name in hashes]  # names out of the file are never followed
    for name in (GRAPH if exported else WEIGHTS, *known):
        if not (path / name).is_file():
            raise _missing(path / name)
        if hashes.get(name) != content_hash(path / name):
            raise _changed(path / name)
    parts = {name: PARTS[name](path / name) for name in known}
    return Folder(path, task, settings, parts, exported)


def _save_weights(network: "nn.Module", file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {n: t.detach().cpu().contiguous() for n, t in network.state_dict().items()}
    try:
        save_file(tensors, file)
    except SafetensorError as error:  # the library's word for a full disk
        raise DataError(f"cannot be written: {error}", where=file.name) from error


def load_weights(network: "nn.Module", path: Path, *, device: "torch.device") -> None:
    """Give a network, made on the meta device, the weights of a folder.

    Names and shapes are compared with the file's header first, so that neither the settings
    nor the header can make us take more memory than the file holds.
    """
    from safetensors import SafetensorError, safe_open

    file = path / WEIGHTS
    ours = network.state_dict()
    wanted = {name: tuple(tensor.shape) for name, tensor in ours.items()}
    tensors: dict[str, Tensor] = {}
    try:
        with safe_open(file, framework="pt") as weights:
            there = {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118
            for name in sorted(wanted.keys() | there.keys()):
                if wanted.get(name) != there.get(name):
                    raise DataError(
                        f"{name!r} has shape {there.get(name)}, the settings want "
                        f"{wanted.get(name)}",
                        where=str(file),
                        remedy=_REMEDY,
                    )
            for name in wanted:
                tensors[name] = weights.get_tensor(name).to(device=device, dtype=ours[name].dtype)
    except SafetensorError as error:
        raise DataError(
            f"not a safetensors file: {error}", where=str(file), remedy=_REMEDY
        ) from error
    network.load_state_dict(tensors, assign=True)


def read_metrics(path: Path) -> dict[str, Any]:
    """The figures kept with the model; empty where there are none."""
    return _json(path / METRICS) if (path / METRICS).is_file() else {}


def _beside(path: Path) -> list[str]:
    """The names of the models beside a path that is none."""
    if path.exists() or not path.parent.is_dir():
        return []
    return [other.name for other in path.parent.iterdir() if (other / CONFIG).is_file()]


_REMEDY = "copy the model again from where it was made"


def _missing(path: Path) -> DataError:
    return DataError("the file is missing from the model", where=str(path), remedy=_REMEDY)


def _changed(path: Path) -> DataError:
    return DataError("the file is not as it was saved", where=str(path), remedy=_REMEDY)


def _checksum(config: Mapping[str, Any]) -> str:
    canonical = json.dumps(config, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _json(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(_MAX_JSON + 1)
    if len(content) > _MAX_JSON:
        raise DataError("larger than any that nlpseq writes", where=str(path), remedy=_REMEDY)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}", where=str(path), remedy=_REMEDY) from error
    if not isinstance(value, dict):
        raise DataError("not a JSON object", where=str(path), remedy=_REMEDY)
    return value


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8")
