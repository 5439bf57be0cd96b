"""
A fine-tuning job as the service keeps it: its states, events, checkpoints and results.

https://developers.openai.com/api/reference/resources/fine_tuning
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.openai_server import Refusal

ENDED = ("succeeded", "failed", "cancelled")
LIFE = ("validating_files", "queued", "running", "running", "succeeded")
BATCH = 4


@dataclass
class FakeJob:
    """
    A job; each time somebody looks at it, it comes one state further.

    `coming` are the states it will go through, the last of which stays; `reason` is why it fails where it does.
    """

    number: int
    body: dict[str, Any]
    rows: int
    tokens: int
    coming: list[str]
    reason: tuple[str, str, str | None] = ("server_error", "The job failed due to an internal error.", None)
    status: str = "validating_files"
    events: list[dict[str, Any]] = field(default_factory=list)
    step: int = 0
    finished: int | None = None

    def __post_init__(self) -> None:
        """Begin."""
        self.tell(f"Created fine-tuning job: {self.id}")
        self.tell(f"Validating training file: {self.body['training_file']}")

    @property
    def id(self) -> str:
        """As the service calls it."""
        return f"ftjob-{self.number:04d}"

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """As given, else as the service chooses."""
        method = self.body.get("method") or {"type": "supervised"}
        given = (method.get(method["type"]) or {}).get("hyperparameters") or {}
        return {"n_epochs": 3, "batch_size": BATCH, "learning_rate_multiplier": 1.8} | given

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return math.ceil(self.rows / int(self.hyperparameters["batch_size"])) * int(self.hyperparameters["n_epochs"])

    @property
    def model(self) -> str:
        """The trained model's name."""
        return f"ft:{self.body['model'].removeprefix('ft:').split(':')[0]}:acme:{self.body.get('suffix') or ''}:{self.number:04d}"

    def tell(self, message: str, *, level: str = "info", data: dict[str, Any] | None = None) -> None:
        """Add an event."""
        kind = "metrics" if data else "message"
        number = len(self.events) + 1
        event = {"id": f"ftevent-{self.number}-{number}", "object": "fine_tuning.job.event", "created_at": 1_790_000_000 + number}
        self.events.append({**event, "level": level, "message": message, "data": data or {}, "type": kind})

    def go_on(self) -> None:
        """Come one state further."""
        if self.status in ENDED or self.status == "paused":
            return
        if self.status == "pausing":
            self._become("paused")
            return
        if len(self.coming) > 1:
            self._become(self.coming.pop(0))
        elif self.coming:
            self._become(self.coming[0])
        if self.status == "running":
            self._train()

    def command(self, name: str) -> None:
        """Pause, resume or cancel."""
        if self.status in ENDED:
            raise Refusal(400, f"Job has already completed: {self.id}", code="job_completed")
        if name == "cancel":
            self._become("cancelled")
        elif name == "pause":
            if self.status != "running":
                raise Refusal(400, f"Job {self.id} is not running", code="invalid_job_state")
            self._become("pausing")
        else:
            if self.status != "paused":
                raise Refusal(400, f"Job {self.id} is not paused", code="invalid_job_state")
            self.status = "queued"
            self.tell("Job resumed")

    def _become(self, status: str) -> None:
        if status == self.status:
            return
        self.status = status
        if status == "running":
            self.tell("Fine-tuning job started")
        elif status == "succeeded":
            self.step = self.steps
            for step in self._checkpoint_steps()[:-1]:
                self.tell(f"Checkpoint created at step {step}")
            self.tell("The job has successfully completed")
        elif status == "failed":
            self.tell(self.reason[1], level="error")
        else:
            self.tell(f"Fine-tuning job {status}")
        if status in ENDED:
            self.finished = 1_790_009_999

    def _train(self) -> None:
        self.step = min(self.steps - 1, self.step + max(1, self.steps // 2))
        data = {"step": self.step, "total_steps": self.steps, "train_loss": self.loss(self.step)}
        self.tell(f"Step {self.step}/{self.steps}: training loss={data['train_loss']:.2f}", data=data)

    def loss(self, step: int) -> float:
        """Return what falls as training goes."""
        return round(2.5 * math.exp(-2 * step / self.steps) + 0.1, 4)

    def _checkpoint_steps(self) -> Sequence[int]:
        """Return the ends of the last three epochs, as the service keeps them."""
        epochs = int(self.hyperparameters["n_epochs"])
        return [self.steps * epoch // epochs for epoch in range(1, epochs + 1)][-3:]

    def checkpoints(self) -> list[dict[str, Any]]:
        """Return them, newest first."""
        if self.status != "succeeded":
            return []
        found = []
        for step in self._checkpoint_steps():
            name = self.model if step == self.steps else f"{self.model}:ckpt-step-{step}"
            metrics = {"step": step, "train_loss": self.loss(step), "full_valid_loss": self.loss(step) + 0.2}
            job = {"fine_tuning_job_id": self.id, "step_number": step, "created_at": 1_790_000_500}
            about = {"id": f"ftckpt-{self.number}-{step}", "object": "fine_tuning.job.checkpoint"}
            found.append({**about, **job, "fine_tuned_model_checkpoint": name, "metrics": metrics})
        return found[::-1]

    def results(self, *, encoded: bool) -> bytes:
        """Return the table of steps, in base64 as OpenAI sends it, or as it is."""
        lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        for step in range(1, self.steps + 1):
            valid = f"{self.loss(step) + 0.2:.4f},0.7" if step in self._checkpoint_steps() else ","
            lines.append(f"{step},{self.loss(step):.4f},0.8,{valid}")
        text = ("\n".join(lines) + "\n").encode()
        return base64.b64encode(text) if encoded else text

    def shown(self) -> dict[str, Any]:
        """Return it as the service does."""
        done = self.status == "succeeded"
        method = self.body.get("method") or {"type": "supervised"}
        error = dict(zip(("code", "message", "param"), self.reason, strict=True)) if self.status == "failed" else None
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "model": self.body["model"],
            "created_at": 1_790_000_000,
            "finished_at": self.finished,
            "fine_tuned_model": self.model if done else None,
            "organization_id": "org-acme",
            "result_files": [f"file-results-{self.number}"] if done else [],
            "status": self.status,
            "training_file": self.body["training_file"],
            "validation_file": self.body.get("validation_file"),
            "hyperparameters": self.hyperparameters,
            "trained_tokens": self.tokens * int(self.hyperparameters["n_epochs"]) if done else None,
            "error": error or {"code": None, "message": None, "param": None},
            "seed": self.body.get("seed") or 42,
            "estimated_finish": None,
            "integrations": [],
            "method": {"type": method["type"], method["type"]: {"hyperparameters": self.hyperparameters}},
            "metadata": self.body.get("metadata"),
        }
