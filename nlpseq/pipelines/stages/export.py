"""``export``: the model folder."""

from pathlib import Path

from pydantic import Field

from nlpseq.errors import CallError
from nlpseq.models.folder import check_target, is_model
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage


class ExportStage(Stage):
    """Writes the model, with the newest figures, for ``nlpseq predict`` and ``nlpseq.load``."""

    kind = "export"

    to: str = Field(
        description="the folder, relative to the current one; of a matrix, one with a folder for "
        "each combination"
    )

    @property
    def needs(self) -> tuple[str, ...]:
        return ("model",)

    @property
    def uses(self) -> tuple[str, ...]:
        return ("model", "report")

    def outputs(self, job: Job) -> list[Path]:
        to = Path(self.to).expanduser()  # in a matrix the folder of all its models
        return [to / job.folder if job.combination else job.output(self.to)]

    def check(self, job: Job) -> None:
        if job.combination and is_model(Path(self.to).expanduser()):
            raise CallError(
                "this is a model, and a matrix needs a folder for several",
                where=self.to,
                remedy="name another with -s export.to=FOLDER",
            )
        [path] = self.outputs(job)
        check_target(path, replace=job.replaces(path))

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.model is not None
        [path] = self.outputs(job)
        check_target(path, replace=job.replaces(path))
        with job.writing(path) as made:
            before.model.save(made, report=before.report, replace=True)
        size = sum(file.stat().st_size for file in path.iterdir())
        return before, {"to": str(path), "size": f"{size / 1e6:.1f} MB"}
