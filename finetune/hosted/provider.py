"""What a provider of training can do, and what is asked of one: another provider is one more module that does this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self

from bot.errors import Refused
from finetune.hosted.order import Method, Order
from store.hosted_jobs import NewEvent

Command = Literal["pause", "resume", "cancel"]

JOB_KEY: Final = "aprendiz_job"  # in a job's metadata: by this a job is known as ours
_ENDED: Final = frozenset(("succeeded", "failed", "cancelled"))
_GOING_ON: Final = frozenset(("validating_files", "queued", "running", "pausing", "paused"))


class ProviderRefused(Refused):
    """The provider will not have what was sent; the detail has its reason. Sent again, it would be refused again."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """
    What a provider can do.

    `checkpoints` are models of earlier steps that can be asked, `metrics` a file of losses step by step, `multiplier` whether the learning
    rate is set as a multiple of its own choice; `prepares_files` tells that a file cannot be used at once. `file_bytes` is of the largest
    file, `suffix_characters` of the longest suffix.
    """

    methods: tuple[Method, ...] = ("supervised", "dpo")
    pause: bool = True
    checkpoints: bool = True
    metrics: bool = True
    metadata: bool = True
    multiplier: bool = True
    prepares_files: bool = False
    file_bytes: int = 512 << 20
    minimum_rows: int = 10
    suffix_characters: int = 64


@dataclass(frozen=True, slots=True)
class Access:
    """Where a provider is and how it is spoken to; `api_version` is for those that ask for one."""

    kind: str
    api_key: str
    base_url: str
    api_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteJob:
    """
    A job as the provider tells of it.

    `status` is whatever word it uses; `error` is its reason for a failure; `step` and `steps` are 0 where it says nothing of them;
    `metadata` are texts that whoever created the job gave it.
    """

    remote_id: str
    status: str
    model: str
    trained_model: str
    training_file: str
    validation_file: str
    method: str
    error: str
    metadata: Mapping[str, str]
    hyperparameters: Mapping[str, Any]
    result_files: tuple[str, ...]
    created_at: datetime | None
    finished_at: datetime | None
    trained_tokens: int
    step: int
    steps: int

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more: by its status or, where that is a word nobody knows, by its having finished."""
        return self.status in _ENDED or (self.finished_at is not None and self.status not in _GOING_ON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What a provider told of a job since the last time: `events` in order, oldest first.

    `newest` is the provider's name of the last of all, `step` and `steps` are as the newest of them says (0: none does).
    """

    events: tuple[NewEvent, ...]
    newest: str
    step: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model of an earlier step, and the losses there."""

    model: str
    step: int
    metrics: Mapping[str, float]


class Provider(Protocol):
    """
    A provider of training; used as an async context manager.

    Every call raises `TryAgainLater` where it may have gone through or not (its field `refused` is True where it surely made nothing, and
    `after_s` are the seconds to wait), `Misconfigured` for a wrong key or address; those that make or change something `ProviderRefused`.
    """

    async def __aenter__(self) -> Self:
        """Open the connection."""
        ...

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        ...

    @property
    def name(self) -> str:
        """As the settings call it."""
        ...

    @property
    def abilities(self) -> Abilities:
        """What it can do."""
        ...

    async def check(self) -> str:
        """Ask it for a job, to learn whether key and address are right, and return where it is."""
        ...

    async def upload(self, content: bytes, *, name: str) -> str:
        """Upload rows under a file *name* that nothing else bears, and return the provider's."""
        ...

    async def find_file(self, name: str) -> str:
        """Return the provider's name of the file uploaded under *name*; empty where there is none."""
        ...

    async def is_ready(self, file: str) -> bool:
        """Tell whether an uploaded file can be trained on yet."""
        ...

    async def delete_file(self, file: str) -> None:
        """Delete an uploaded file; one that is gone is no error."""
        ...

    async def create(self, order: Order, *, job_id: str, training_file: str, validation_file: str) -> RemoteJob:
        """Create a job, marked with our *job_id*."""
        ...

    async def find_job(self, job_id: str, *, training_file: str) -> RemoteJob | None:
        """Return the job marked with our *job_id*, or else trained on that file, which is of this job alone; None where there is none."""
        ...

    async def retrieve(self, remote_id: str) -> RemoteJob:
        """Return a job."""
        ...

    async def command(self, remote_id: str, command: Command) -> RemoteJob:
        """Pause, resume or cancel a job."""
        ...

    async def told(self, remote_id: str, *, known: str) -> Told:
        """Return what was told behind the event *known* (all, where that is empty)."""
        ...

    async def checkpoints(self, remote_id: str) -> Sequence[Checkpoint]:
        """Return the models of earlier steps, by step."""
        ...

    async def content(self, file: str) -> bytes:
        """Return what is in a file of results."""
        ...
