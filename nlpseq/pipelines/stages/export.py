"""``export``: the model folder."""

from pydantic import Field

from nlpseq.models.folder import check_target
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage


class ExportStage(Stage):
    """Writes the model, with the newest figures, for ``nlpseq predict`` and ``nlpseq.load``."""

    kind = "export"

    to: str = Field(description="the folder, relative to the current one")

    @property
    def needs(self) -> tuple[str, ...]:
        return ("model",)

    def check(self, job: Job) -> None:
        check_target(job.output(self.to), replace=job.force)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.model is not None
        path = job.output(self.to)
        before.model.save(path, report=before.report, replace=job.force)
        size = sum(file.stat().st_size for file in path.iterdir())
        return before, {"to": str(path), "size": f"{size / 1e6:.1f} MB"}
