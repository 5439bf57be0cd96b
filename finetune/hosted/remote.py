"""A provider's JSON as our types: servers that speak the wire format leave fields out, and write others otherwise."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.errors import TryAgainLater
from finetune.hosted.provider import Checkpoint, RemoteJob, Told
from store.hosted_jobs import NewEvent

_STATUS: Final = 64  # characters that the ledger keeps
_NAME: Final = 255
_LEVEL: Final = 16

Tell = Callable[[str], str]  # the provider's words as they may be shown


def object_in(content: bytes, *, where: str) -> Mapping[str, Any]:
    """
    Return the JSON object that was answered.

    Raises:
        TryAgainLater: It is none: a web page, say, of a gateway or of a wrong address.
    """
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        kind = "a web page" if content.lstrip()[:1] == b"<" else "no JSON object"
        raise TryAgainLater(f"{where} answered with {kind}: try again, or correct the provider's base_url")
    return value


def rows_in(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the objects in a page of a list."""
    data = page.get("data")
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def job_in(value: Mapping[str, Any], *, where: str, tell: Tell) -> RemoteJob:
    """
    Return a job.

    Raises:
        TryAgainLater: It has no id or no status.
    """
    remote_id, status = text_in(value, "id"), text_in(value, "status")
    if not (remote_id and status):
        raise TryAgainLater(f"{where} answered with what is no job: try again, or correct the provider's base_url")
    method = value.get("method") if isinstance(value.get("method"), dict) else {}
    kind = text_in(method or {}, "type")
    return RemoteJob(
        remote_id=remote_id[:_NAME],
        status=tell(status)[:_STATUS],
        model=text_in(value, "model")[:_NAME],
        trained_model=text_in(value, "fine_tuned_model")[:_NAME],
        training_file=text_in(value, "training_file")[:_NAME],
        validation_file=text_in(value, "validation_file")[:_NAME],
        method=kind,
        error=_reason(value.get("error"), tell),
        metadata={str(key): str(each) for key, each in _object(value.get("metadata")).items()},
        hyperparameters=_object(_object(_object(method).get(kind)).get("hyperparameters")) or _object(value.get("hyperparameters")),
        result_files=_texts(value.get("result_files")),
        created_at=_moment(value.get("created_at")),
        finished_at=_moment(value.get("finished_at")),
        trained_tokens=_whole(value.get("trained_tokens")),
        step=_whole(value.get("trained_steps")),
        steps=_whole(value.get("total_steps")),
    )


def told_in(events: Sequence[Mapping[str, Any]], *, known: str, now: datetime, tell: Tell) -> Told:
    """Return what *events* (newest first) tell; those of metrics are the steps, which the file of results has whole."""
    step = steps = 0
    kept: list[NewEvent] = []
    for each in reversed(events):
        data = _object(each.get("data"))
        if data:
            step, steps = _whole(data.get("step")) or step, _whole(data.get("total_steps")) or steps
        if text_in(each, "type") == "metrics":
            continue
        at = _moment(each.get("created_at")) or now
        message, level = tell(text_in(each, "message")), tell(text_in(each, "level"))[:_LEVEL]
        kept.append(NewEvent(remote_id=text_in(each, "id")[:_NAME], at=at, level=level or "info", message=message))
    newest = text_in(events[0], "id") if events else known
    return Told(events=tuple(kept), newest=newest, step=step, steps=steps)


def checkpoint_in(value: Mapping[str, Any]) -> Checkpoint:
    """Return a checkpoint; its metrics are those that are numbers."""
    metrics = {key: float(each) for key, each in _object(value.get("metrics")).items() if _is_number(each)}
    return Checkpoint(model=text_in(value, "fine_tuned_model_checkpoint"), step=_whole(value.get("step_number")), metrics=metrics)


def text_in(value: Mapping[str, Any], key: str) -> str:
    """Return a text, empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _reason(error: object, tell: Tell) -> str:
    """Return why a job failed; services that have nothing to say send null, an empty object, or one of nulls."""
    found = _object(error)
    parts = (text_in(found, "message"), text_in(found, "code"), text_in(found, "param"))
    message, *rest = map(tell, parts)
    if not message:
        return " ".join(filter(None, rest))
    about = ", ".join(filter(None, rest))
    return f"{message} ({about})" if about else message


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and _is_number(value) and value > 0 else 0


def _moment(value: object) -> datetime | None:
    """Return seconds since 1970 as a moment; None for 0, for none, and for what lies beyond the calendar."""
    seconds = _whole(value)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, OSError, ValueError):
        return None
