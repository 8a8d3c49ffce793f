"""One stage of one combination with one seed: whether it is done, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpseq.pipelines.keys import changes
from nlpseq.pipelines.outputs import Mark
from nlpseq.pipelines.record import Record
from nlpseq.pipelines.stages import Artefacts, Job, Stage
from nlpseq.pipelines.stages.base import is_special
from nlpseq.pipelines.store import Store

NEW, CUT = "it was not run yet", "it was not finished"  #: why a stage has to run, if nothing else

FIELDS = frozenset(Artefacts.__dataclass_fields__)


@dataclass
class Step:
    """A stage with its key.

    :param why: why it has to run; None: it is done
    :param lost: an output that is not as it was written, where writing it again is enough
    """

    stage: Stage
    job: Job
    key: str
    facts: Mapping[str, Any]
    folder: Path
    why: str | None = None
    lost: str | None = None

    @property
    def outputs(self) -> list[Path]:
        """What it writes outside of the run's folder."""
        return self.stage.outputs(self.job)

    @property
    def fields(self) -> list[str]:
        """The artefacts that it adds."""
        return [name for name in self.stage.gives if name in FIELDS]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.why is None and self.lost is None

    def look(self, store: Store, then: Record | None = None) -> None:
        """See whether it is done.

        :param then: the record of the same stage when the pipeline was run last
        """
        self.why = self.lost = None
        record = store.record(self.key)
        if record is None:
            self.why = CUT if self.folder.is_dir() else NEW
            if then is not None:
                self.why = ", ".join(changes(then.facts, self.facts)) or self.why
        elif not record.is_whole(self.folder):
            self.why = "what it had left is not whole"
        elif lost := next((path for path in self.outputs if not _stands(path, record)), None):
            how = f"{lost} is {'not as it was written' if lost.exists() else 'gone'}"
            if self.stage.rewrites:
                self.lost = how
            else:
                self.why = how

    def marks(self) -> dict[str, Mark]:
        """Its outputs as they are now."""
        return {str(path): Mark.of(path) for path in self.outputs if not is_special(path)}


def _stands(path: Path, record: Record) -> bool:
    mark = record.outputs.get(str(path))
    return mark is not None and path.exists() and mark.holds(path)
