"""What a migration begins with: which model is left, where it answers, and the rows that trained it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from adapters.compose import Records
from adapters.contenders import TUNED, hosted_model, provided
from bot.errors import BadRequest, Refused
from bot.model_settings import ModelSettings
from bot.settings import Settings
from finetune.hosted.order import Method, rows_file
from finetune.migrating import Rows
from finetune.registry import Registry
from store.hosted_jobs import HostedJob, SqlHostedJobs

LOCAL: Final = "local"
_MODEL: Final = "model:"
_PACKAGED: Final = ModelSettings().model_dump(include={"languages", "context_tokens"})
_GIVE: Final = "name them with --rows FILE"


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A hosted model that is to be left: its settings, and the rows that trained it by *method*.

    `table` is the table of the settings that names it, `model` where none does; `job` is the job that made it, if the ledger knows one.
    """

    model: ModelSettings
    table: tuple[str, ...]
    method: Method
    rows: Rows
    validation: Rows | None
    job: HostedJob | None

    @property
    def name(self) -> str:
        """As its provider calls it."""
        return self.model.name


async def origin_of(text: str, rows: Path | None, validation: Path | None, records: Records) -> Origin:
    """
    Return the model that is meant by an `ft:` name, PROVIDER:MODEL, model:NAME or a job's id, with its rows.

    Args:
        text: Which model.
        rows: The file that trained it; None: that of its job.
        validation: The file that validated it; None: that of its job, if any.
        records: The ledger and the settings.

    Raises:
        Refused: There is no such model, or its rows are not known, gone, or changed.
    """
    settings, ledger = records.settings, SqlHostedJobs(records.database)
    job = await ledger.show(text)
    if job is not None and not job.trained_model:
        raise Refused(f"job {job.job_id} has no model ({job.status or 'not begun'}): aprendiz jobs show {job.job_id} says why")
    model = provided(job.provider, job.trained_model, settings) if job else _model(text, settings)
    if model is None:
        raise Refused(f"{text!r} is no hosted model: give an ft: model's name, PROVIDER:MODEL, model:NAME of the settings, or a job")
    job = job or await ledger.of_model(model.name)
    found = await asyncio.to_thread(_rows, model.name, job, rows, "training")
    judged = await asyncio.to_thread(_rows, model.name, job, validation, "validation")
    if found is None:
        raise Refused(_no_rows(model.name, job))
    return Origin(model, _table(model.name, settings), _method(job), found, judged, job)


def local_switch(model: ModelSettings, before: ModelSettings) -> dict[str, Any]:
    """
    Return the settings that let the local *model* answer where *before* did, for `aprendiz.toml`; empty where it does already.

    One that is None must not be set: it is served under the `support` under which it was judged.
    """
    if (before.backend, before.path, before.support) == (model.backend, model.path, model.support):
        return {}
    switch: dict[str, Any] = {"backend": "llama_cpp"} | ({"path": str(model.path)} if model.path else {})
    if model.languages != before.languages:
        switch["languages"] = list(model.languages)
    if model.context_tokens != before.context_tokens:
        switch["context_tokens"] = model.context_tokens
    if model.support != before.support:
        switch["support"] = model.support
    return switch


def hosted_switch(provider: str, name: str, settings: Settings) -> dict[str, Any]:
    """Return the settings that let a provider's model answer, as `aprendiz.toml` has them."""
    return {"backend": "openai", "name": name} | ({"provider": provider} if provider in settings.providers else {})


def local_records(target: str, records: Records) -> Records:
    """
    Return the records with the settings under which the target is answered from here: `local`, or `local:NAME` of [models.NAME].

    Raises:
        Refused: There is no such local model.
    """
    settings = records.settings
    model = _local_model(target, settings)
    changed = settings.model_copy(update={"model": model})
    registry = Registry(records.versions, folder=settings.home / "adapters", model=model)
    return replace(records, settings=changed, registry=registry)


def _local_model(target: str, settings: Settings) -> ModelSettings:
    name = target.partition(":")[2]
    if name:
        found = settings.models.get(name)
        if found is None or found.backend != "llama_cpp":
            known = ", ".join(each for each, model in settings.models.items() if model.backend == "llama_cpp")
            raise Refused(
                f"no local model is called {name}; known: {known or 'none'}; --to {LOCAL} takes that of [model] or of the package"
            )
        return found
    own = settings.model
    if own.backend == "llama_cpp":
        return own
    packaged = own if own.path else own.model_copy(update=_PACKAGED)
    return packaged.model_copy(update={"backend": "llama_cpp", "name": "", "provider": "", "servers": (), "fallback": (), "support": None})


def _model(text: str, settings: Settings) -> ModelSettings | None:
    if text.startswith(_MODEL):
        found = settings.models.get(text.removeprefix(_MODEL))
        return found if found and found.backend == "openai" else None
    configured = (each for each in (settings.model, *settings.models.values()) if each.backend == "openai" and each.name == text)
    return next(configured, None) or hosted_model(text, settings)


def _table(name: str, settings: Settings) -> tuple[str, ...]:
    """Return the table of the settings that names the model."""
    if settings.model.backend == "openai" and settings.model.name == name:
        return ("model",)
    found = (key for key, each in settings.models.items() if each.backend == "openai" and each.name == name)
    return next((("models", key) for key in found), ("model",))


def _method(job: HostedJob | None) -> Method:
    return "dpo" if job and job.terms.get("method") == "dpo" else "supervised"


def _rows(name: str, job: HostedJob | None, given: Path | None, use: str) -> Rows | None:
    """
    Return the file given, else that of the job; None where there is neither.

    Raises:
        Refused: It cannot be read, or is not what the job was trained on.
    """
    ordered: Mapping[str, Any] | None = job.terms.get(use) if job else None
    known = ordered if isinstance(ordered, dict) and "path" in ordered else None
    path = given or (Path(known["path"]) if known else None)
    if path is None:
        return None
    try:
        sha256 = rows_file(path, rows=0, tokens=0).sha256
    except BadRequest as error:
        where = "" if given else f"; the rows that trained {name} lay there: put them back, or {_GIVE}"
        raise Refused(f"{path} cannot be read{where}") from error
    if known and sha256 != known["sha256"]:
        why = f"its sha256 is {sha256[:12]}…, that of the {use} rows of {name} is {known['sha256'][:12]}…"
        raise Refused(f"{path} is not what trained {name} ({why}): put that back, or {_GIVE}")
    return Rows(path.absolute(), sha256)


def _no_rows(name: str, job: HostedJob | None) -> str:
    if job is not None:
        return f"job {job.job_id} was started elsewhere, and the ledger does not know the rows that trained {name}: {_GIVE}"
    adopt = ", or adopt its job (aprendiz jobs adopt)" if name.startswith(TUNED) else ""
    return f"no job in the ledger trained {name}, so its rows are not known: {_GIVE}{adopt}"
