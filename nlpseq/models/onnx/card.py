"""The card of an exported model: for who opens the folder, and who runs the graph without us."""

from nlpseq import __version__
from nlpseq.models.folder import Folder
from nlpseq.models.onnx.classifier import ExportedSettings


def card(folder: Folder, settings: ExportedSettings) -> str:
    """The text of the folder's README.md, Markdown."""
    name, words = folder.path.name, folder.vocabulary
    documents = "documents" if settings.windows > 1 else "rows"
    windows = """
- `documents`, shape (rows,), rising from 0 without a gap: the document that a row is a part of"""
    return f"""\
# {name}

A model for the task `{folder.task}`, exported with nlpseq {__version__} as a graph of ONNX.
Encoder {settings.encoder}, weights {settings.weights}, {len(words):,} words.
Labels: {", ".join(folder.labels.words)}.

## Use

```
nlpseq predict {name} < texts.txt
```

```python
import nlpseq

model = nlpseq.load("{name}")
print(list(model.predict(["…"])))
```

Both need `pip install 'nlpseq[onnx]'`, and no torch.

## The graph

Other programs can run `model.onnx` as well. It takes, of int64:

- `ids`, shape (rows, length): each row's words, at most {settings.max_length:,}; those of
  `vocabulary.txt` count from {len(words.specials)}, other words have {words.unk}, and what
  fills up a shorter row is {words.pad}
- `lengths`, shape (rows,): how many ids of a row are words, at least 1\
{windows if settings.windows > 1 else ""}

It gives `probabilities`, float32, shape ({documents}, {len(folder.labels)}): a column for each line
of `labels.txt` after its first. `config.json` says how words are normalised, and at which
threshold a document has a label where it may have several.
"""
