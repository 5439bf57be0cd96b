"""Providers that speak OpenAI's wire format: OpenAI itself, Azure OpenAI, Nebius, and servers compatible with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx2
import openai
from openai._legacy_response import HttpxBinaryResponseContent

from bot.errors import Misconfigured, TryAgainLater
from finetune.hosted.faults import Faults
from finetune.hosted.order import Order
from finetune.hosted.provider import JOB_KEY, Abilities, Access, Checkpoint, Command, ProviderRefused, RemoteJob, Told
from finetune.hosted.remote import checkpoint_in, job_in, object_in, rows_in, text_in, told_in

_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 60.0
_UPLOAD_S: Final = 600.0
_PURPOSE: Final = "fine-tune"
_PAGE: Final = 100
_MOST_PAGES: Final = 1000  # against a server whose list has no end
_SHA_KEY: Final = "aprendiz_sha256"


class OpenAIFormat:
    """
    A provider through the openai SDK; used as an async context manager.

    The SDK's own retries are for what only reads: what makes something is sent once, and whoever sends it looks what came of it.
    """

    def __init__(
        self,
        name: str,
        access: Access,
        abilities: Abilities,
        *,
        now: Callable[[], datetime],
        key_setting: str = "APRENDIZ_OPENAI__API_KEY",
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Prepare; the connection opens when it is entered.

        Args:
            name: As the settings call the provider.
            access: Where it is.
            abilities: What it can do.
            now: The time, for events that bear none.
            key_setting: Where its key is set, for remedies.
            transport: Replaces the network.

        Raises:
            Misconfigured: No key for a service that wants one, or one that no header can carry.
        """
        if not access.api_key and access.kind != "compatible":
            raise Misconfigured(f"{name} has no key: set {key_setting}")
        if not (access.api_key.isascii() and access.api_key.isprintable()):
            raise Misconfigured(f"{key_setting} has characters that no key has: copy it again")
        self._name, self._access, self._abilities = name, access, abilities
        self._faults = Faults(name, access.base_url, access.api_key, key_setting)
        self._now = now
        self._transport = transport
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        self._client = await asyncio.to_thread(self._connect)  # reads certificates
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        client, self._client = self._client, None
        if client:
            await client.close()

    def _connect(self) -> openai.AsyncOpenAI:
        access = self._access
        http = httpx2.AsyncClient(transport=self._transport, timeout=httpx2.Timeout(_ANSWER_S, connect=_CONNECT_S))
        if access.kind == "azure":
            return openai.AsyncAzureOpenAI(
                api_key=access.api_key, azure_endpoint=access.base_url, api_version=access.api_version, http_client=http
            )
        # The SDK insists on a key; servers without one ignore it.
        return openai.AsyncOpenAI(api_key=access.api_key or "none", base_url=access.base_url, http_client=http)

    @property
    def name(self) -> str:
        """As the settings call it."""
        return self._name

    @property
    def abilities(self) -> Abilities:
        """What it can do."""
        return self._abilities

    async def check(self) -> str:
        """Ask for one job."""
        jobs = self._reading().fine_tuning.jobs.with_raw_response
        await self._object(jobs.list(limit=1), what="listing jobs")
        return self._access.base_url

    async def upload(self, content: bytes, *, name: str) -> str:
        """Upload rows, held in memory, under a file *name*."""
        files = self._once(timeout=httpx2.Timeout(_UPLOAD_S, connect=_CONNECT_S)).files.with_raw_response
        answer = await self._object(
            files.create(file=(name, content, "application/jsonl"), purpose=_PURPOSE), what="the upload", makes=True
        )
        return self._id_of(answer, "file")

    async def find_file(self, name: str) -> str:
        """Look through the files uploaded for training, newest first."""
        files = self._reading().files.with_raw_response

        def page(after: Mapping[str, Any]) -> Awaitable[Any]:
            return files.list(purpose=_PURPOSE, limit=_PAGE, order="desc", **after)

        async for each in self._each(page, what="listing files"):
            if text_in(each, "filename") == name and text_in(each, "status") != "error":
                return text_in(each, "id")
        return ""

    async def is_ready(self, file: str) -> bool:
        """Tell whether an uploaded file can be trained on."""
        if not self._abilities.prepares_files:
            return True
        found = await self._object(self._reading().files.with_raw_response.retrieve(file), what="looking at the file")
        status = text_in(found, "status")
        if status in ("error", "failed", "deleted"):
            reason = self._faults.told(text_in(found, "status_details")) or "it gives no reason"
            raise ProviderRefused(f"{self._name} refused the file: {reason}")
        return status not in ("pending", "running", "notRunning", "uploading")

    async def delete_file(self, file: str) -> None:
        """Delete an uploaded file; one that is gone is no error."""
        try:
            await self._once().files.with_raw_response.delete(file)
        except openai.NotFoundError:
            return
        except openai.OpenAIError as error:
            raise self._faults.ours(error, what="deleting the file") from None

    async def create(self, order: Order, *, job_id: str, training_file: str, validation_file: str) -> RemoteJob:
        """Create a job, with the hash of its rows in its metadata."""
        optional: dict[str, Any] = {"seed": order.seed, "suffix": order.suffix or None, "validation_file": validation_file or None}
        if self._abilities.metadata:
            optional["metadata"] = {JOB_KEY: job_id, _SHA_KEY: order.training.sha256}
        jobs = self._once().fine_tuning.jobs.with_raw_response
        creating = jobs.create(
            model=order.model,
            training_file=training_file,
            method=cast("Any", {"type": order.method, order.method: {"hyperparameters": order.hyperparameters}}),
            **{name: value for name, value in optional.items() if value is not None},
        )
        return self._job(await self._object(creating, what="the job", makes=True))

    async def find_job(self, job_id: str, *, training_file: str) -> RemoteJob | None:
        """Look through the jobs, newest first: by our id, else by the file, which is of this job alone."""
        jobs = self._reading().fine_tuning.jobs.with_raw_response
        on_file: RemoteJob | None = None
        async for each in self._each(lambda after: jobs.list(limit=_PAGE, **after), what="listing jobs"):
            job = self._job(each)
            if job.metadata.get(JOB_KEY) == job_id:
                return job
            if training_file and job.training_file == training_file and JOB_KEY not in job.metadata:
                on_file = on_file or job
        return on_file

    async def retrieve(self, remote_id: str) -> RemoteJob:
        """Return a job."""
        jobs = self._reading().fine_tuning.jobs.with_raw_response
        return self._job(await self._object(jobs.retrieve(remote_id), what=f"looking at {remote_id}"))

    async def command(self, remote_id: str, command: Command) -> RemoteJob:
        """Pause, resume or cancel a job."""
        jobs = self._once().fine_tuning.jobs.with_raw_response
        calls = {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}
        return self._job(await self._object(calls[command](remote_id), what=f"to {command} {remote_id}", makes=True))

    async def told(self, remote_id: str, *, known: str) -> Told:
        """Return what was told behind the event *known*; the service lists the newest first."""
        jobs = self._reading().fine_tuning.jobs.with_raw_response
        events: list[Mapping[str, Any]] = []
        async for each in self._each(lambda after: jobs.list_events(remote_id, limit=_PAGE, **after), what="listing events"):
            if known and text_in(each, "id") == known:
                break
            events.append(each)
        return told_in(events, known=known, now=self._now(), tell=self._faults.told)

    async def checkpoints(self, remote_id: str) -> Sequence[Checkpoint]:
        """Return the models of earlier steps, by step; none where the server does not know that call."""
        if not self._abilities.checkpoints:
            return ()
        listed = self._reading().fine_tuning.jobs.checkpoints.with_raw_response
        rows = self._each(lambda after: listed.list(remote_id, limit=_PAGE, **after), what="listing checkpoints")
        try:
            found = [checkpoint_in(each) async for each in rows]
        except Misconfigured as error:
            if not isinstance(error.__context__, openai.NotFoundError):
                raise
            return ()
        return sorted((each for each in found if each.model), key=lambda each: each.step)

    async def content(self, file: str) -> bytes:
        """Return what is in a file of results."""
        try:
            answer: HttpxBinaryResponseContent = await self._reading().files.content(file)
        except openai.OpenAIError as error:
            raise self._faults.ours(error, what="reading the results") from None
        return answer.content

    async def _each(self, page: Callable[[Mapping[str, Any]], Awaitable[Any]], *, what: str) -> AsyncIterator[Mapping[str, Any]]:
        """Give the objects of a list, page by page."""
        after: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            answer = await self._object(page(after), what=what)
            rows = rows_in(answer)
            for each in rows:
                yield each
            last = text_in(rows[-1], "id") if rows else ""
            if not answer.get("has_more") or not last or last == after.get("after"):
                return
            after = {"after": last}

    async def _object(self, answering: Awaitable[Any], *, what: str, makes: bool = False) -> Mapping[str, Any]:
        try:
            answer = await answering
        except openai.OpenAIError as error:
            raise self._faults.ours(error, what=what, makes=makes) from None
        return object_in(answer.http_response.content, where=self._where)

    def _job(self, value: Mapping[str, Any]) -> RemoteJob:
        return job_in(value, where=self._where, tell=self._faults.told)

    def _id_of(self, value: Mapping[str, Any], kind: str) -> str:
        found = text_in(value, "id")
        if not found:
            raise TryAgainLater(f"{self._where} answered with what is no {kind}: try again, or correct the provider's base_url")
        return found

    @property
    def _where(self) -> str:
        return f"{self._name} at {self._access.base_url}"

    def _reading(self) -> openai.AsyncOpenAI:
        if self._client is None:
            raise TryAgainLater(f"the connection to {self._where} is closed")
        return self._client

    def _once(self, **options: Any) -> openai.AsyncOpenAI:
        return self._reading().with_options(max_retries=0, **options)
