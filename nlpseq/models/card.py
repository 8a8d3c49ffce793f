"""The model card: what a stranger who finds the folder needs to know."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpseq import __version__

if TYPE_CHECKING:
    from nlpseq.models.base import Model


def card(model: "Model[Any, Any]", path: Path, figures: Mapping[str, float]) -> str:
    """The text of the folder's README.md, Markdown."""
    rows = "\n".join(f"| {name} | {value:,.4g} |" for name, value in figures.items())
    known = "\n".join(f"- {key}: {value}" for key, value in model.about().items())
    options = "\n".join(f"- {key}: {value}" for key, value in model.settings.effective().items())
    return f"""\
# {path.name}

A model for the task `{model.task}`, made with nlpseq {__version__}.
{model.parameters:,} parameters were trained.

{known}

## Use

```
nlpseq predict {path.name} < texts.txt
```

```python
import nlpseq

model = nlpseq.load("{path.name}")
print(list(model.predict(["…"])))
```

## Figures

{"| figure | value |" if rows else "Not evaluated."}
{"| --- | --- |" if rows else ""}
{rows}

## Settings

{options}
"""
