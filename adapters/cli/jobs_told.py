"""Training jobs as people and programs read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.cli.output import Output
from bot.texts import N_, translate
from finetune.hosted.kinds import abilities_of
from finetune.hosted.provider import Abilities, Access
from store.hosted_jobs import HostedJob, JobEvent

_MB = 1 << 20


def state_of(job: HostedJob) -> str:
    """Return the provider's word; before it has one, how far we are."""
    return job.status or ("uploaded" if job.training_file else "begun")


def fields_of(job: HostedJob, events: Sequence[JobEvent] | None = None) -> dict[str, Any]:
    """Return a job as programs read it."""
    detail = job.detail
    fields = {
        "job": job.job_id,
        "provider": job.provider,
        "remote_id": job.remote_id or None,
        "model": job.model,
        "status": state_of(job),
        "reason": job.reason,
        "ended": job.ended_at is not None,
        "trained_model": job.trained_model or None,
        "order": dict(job.terms),
        "training_file": job.training_file or None,
        "validation_file": job.validation_file or None,
        "step": detail.get("step", 0),
        "steps": detail.get("steps", 0),
        "trained_tokens": detail.get("trained_tokens", 0),
        "checkpoints": detail.get("checkpoints", []),
        "metrics": detail.get("metrics"),
        "picture": detail.get("picture"),
        "migration": detail.get("migration"),
        "created_at": job.created_at,
        "asked_at": job.asked_at,
        "ended_at": job.ended_at,
    }
    return fields if events is None else fields | {"events": [event_fields(each) for each in events]}


def event_fields(event: JobEvent) -> dict[str, Any]:
    """Return what a provider told as programs read it."""
    return {"event": event.event_id, "at": event.at, "level": event.level, "message": event.message}


def row_of(job: HostedJob, language: str) -> tuple[str, ...]:
    """Return a job's line in the list."""
    result = job.trained_model or job.reason or _steps(job, language)
    return job.job_id, f"{job.created_at:%Y-%m-%d %H:%M}", job.provider, job.model, state_of(job), result


def tell_events(events: Sequence[JobEvent], output: Output) -> None:
    """Write what the provider told, a line each."""
    styles = {"warn": "yellow", "warning": "yellow", "error": "red"}
    for each in events:
        style = styles.get(each.level, "dim")
        output.say(N_("{at} {event}"), style=style, at=f"{each.at:%Y-%m-%d %H:%M:%S}", event=each.message)


def tell_job(job: HostedJob, output: Output) -> None:
    """Write what is known of a job."""
    detail = job.detail
    followed = detail.get("migration", {})
    checkpoints = ", ".join(f"{each['model']} ({each['step']})" for each in detail.get("checkpoints", ()))
    facts = (
        (N_("Job"), job.job_id),
        (N_("Provider"), " ".join(filter(None, (job.provider, job.remote_id)))),
        (N_("Trains"), job.model),
        (N_("Ordered"), _ordered(job.terms)),
        (N_("Status"), state_of(job)),
        (N_("Steps"), _steps(job, output.language)),
        (N_("Reason"), job.reason),
        (N_("Model"), job.trained_model),
        (N_("Checkpoints"), checkpoints),
        (N_("To follow"), " ".join(filter(None, (followed.get("from"), followed.get("report"))))),
        (N_("Metrics"), " ".join(filter(None, (detail.get("metrics"), detail.get("picture"), detail.get("no_metrics"))))),
    )
    output.facts((name, value) for name, value in facts if value)


def checkpoint_row(checkpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a checkpoint's line."""
    metrics = checkpoint.get("metrics", {})
    validation = metrics.get("full_valid_loss", metrics.get("valid_loss"))
    return str(checkpoint["model"]), str(checkpoint["step"]), _loss(metrics.get("train_loss")), _loss(validation)


def provider_fields(name: str, access: Access, state: str) -> dict[str, Any]:
    """Return a provider as programs read it."""
    able = abilities_of(name, access)
    return {
        "provider": name,
        "kind": access.kind,
        "base_url": access.base_url,
        "methods": list(able.methods),
        "can": _can(able),
        "minimum_rows": able.minimum_rows,
        "file_mb": able.file_bytes // _MB,
        "state": state or None,
    }


def provider_row(name: str, access: Access, state: str, language: str) -> tuple[str, ...]:
    """Return a provider's line."""
    able = abilities_of(name, access)
    limits = str(able.minimum_rows), f"{able.file_bytes // _MB:,} MB"
    told = state or translate(language, N_("not asked"))
    return name, f"{access.kind} {access.base_url}", ", ".join(able.methods), ", ".join(_can(able)), *limits, told


def _can(able: Abilities) -> list[str]:
    named = {
        "pause": able.pause,
        "checkpoints": able.checkpoints,
        "metrics": able.metrics,
        "metadata": able.metadata,
        "learning rate multiplier": able.multiplier,
    }
    return [name for name, can in named.items() if can]


def _ordered(terms: Mapping[str, Any]) -> str:
    """Return what was ordered in one line; files by their names."""
    told = {name: value["path"] if isinstance(value, dict) and "path" in value else value for name, value in terms.items()}
    return ", ".join(f"{name} {value}" for name, value in told.items() if value not in (None, "") and name != "model")


def _steps(job: HostedJob, language: str) -> str:
    step, steps = job.detail.get("step", 0), job.detail.get("steps", 0)
    return translate(language, N_("step {step} of {steps}"), step=step, steps=steps or "?") if step else ""


def _loss(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float | int) else ""
