"""`aprendiz models` of trained versions: listed, shown with all that led to them, promoted, taken back."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.errors import Refused
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from adapters.cli.output import Output
    from adapters.compose import Records
    from store.versions import Promotion, Stage, Version

_T = TypeVar("_T")

_STAGES: Final[dict["Stage", str]] = {
    "candidate": N_("candidate"),
    "production": N_("in production"),
    "retired": N_("retired"),
    "refused": N_("refused by the gate"),
}


@dataclass(frozen=True, slots=True)
class _Card:
    """A version with where its file lies, why it cannot serve here (empty where it can), and its promotions, oldest first."""

    version: "Version"
    path: "Path"
    problem: str
    promotions: tuple["Promotion", ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """What answers an audience from now on, and what did before; None is no version of its own."""

    audience: Audience
    version: int | None
    before: int | None
    problem: str = ""


def known(session: Session) -> tuple["Version", ...]:
    """Return all versions, newest first; a home that is not there yet stays so."""
    return _run(session, lambda records: records.versions.list()) if _has_ledger(session) else ()


def in_production(session: Session) -> tuple[dict[Audience, int], tuple[str, ...]]:
    """Return the number of each audience's own version in production, and a sentence for each that cannot serve all the same."""
    return _run(session, _in_production) if _has_ledger(session) else ({}, ())


def write_table(versions: Sequence["Version"], output: "Output") -> None:
    """Write one line for each."""
    language = output.language
    rows = (
        (
            str(each.version),
            each.audience,
            translate(language, _STAGES[each.stage]),
            f"{each.created_at:%Y-%m-%d %H:%M}",
            next(iter(each.decision.get("reasons", ())), translate(language, "not judged yet")),
        )
        for each in versions
    )
    output.table((N_("Version"), N_("Audience"), N_("Stage"), N_("Made"), N_("Decision")), rows)


def write_card(session: Session, number: int, output: "Output") -> None:
    """
    Write all that is known of a version: its model card.

    Raises:
        Refused: There is none of that number.
    """
    card = _run(session, lambda records: _card(records, number))
    if output.as_json:
        told = {"kind": "version", "path": str(card.path), "problem": card.problem}
        output.emit(told | asdict(card.version) | {"promotions": [asdict(each) for each in card.promotions]})
        return
    version, language = card.version, output.language
    reasons = version.decision.get("reasons", ())
    output.facts(
        [
            (N_("Version"), f"{version.version} · {version.audience} · {translate(language, _STAGES[version.stage])}"),
            (N_("Made"), f"{version.created_at:%Y-%m-%d %H:%M:%S} · {version.round_id}"),
            (N_("Serves here"), card.problem or translate(language, "yes")),
            (N_("Model"), f"{version.base_name} · {version.base_sha256}"),
            (N_("File"), f"{card.path} · {version.size_bytes}"),
            (N_("Rows"), version.manifest_sha256),
            (N_("Languages"), " ".join(version.languages) or "–"),
            (N_("Seed"), str(version.seed)),
            *((N_("Decision"), str(reason)) for reason in reasons),
            *((N_("History"), _told(each)) for each in card.promotions),
        ]
    )
    figures = version.decision.get("figures", {})
    for title, values in ((N_("Recipe"), version.recipe), (N_("Metrics"), version.metrics), (N_("Figures"), figures)):
        if values:
            output.say(title, style="bold")
            output.piece("".join(f"  {line}\n" for line in _lines(values)))


@click.command("promote", short_help="Let a trained version answer.")
@click.argument("number", metavar="VERSION", type=click.IntRange(min=1))
@click.option("--reason", default="", help="Why, kept with the promotion.")
@click.option("--force", is_flag=True, help="Also a version that the gate refused, or has not judged.")
@json_option
@pass_session
def promote(session: Session, number: int, reason: str, force: bool, as_json: bool) -> None:
    """Let VERSION answer its audience from now on, in a running server within two seconds."""
    output = session.output(as_json=as_json)
    _write_change(_run(session, lambda records: _promote(records, number, reason, force=force)), output)


@click.command("rollback", short_help="Let the version before the present one answer again.")
@audience_option
@click.option("--reason", default="", help="Why, kept with the roll-back.")
@json_option
@pass_session
def rollback(session: Session, audience: Audience | None, reason: str, as_json: bool) -> None:
    """Take the version in production back, in a running server within two seconds; --audience where there are several."""
    output = session.output(as_json=as_json)
    _write_change(_run(session, lambda records: _roll_back(records, audience, reason)), output)


def _has_ledger(session: Session) -> bool:
    settings = session.settings
    return settings.home.exists() or bool(settings.store.database_url.get_secret_value())


def _run(session: Session, work: "Callable[[Records], Awaitable[_T]]") -> _T:
    return asyncio.run(_with(session.records(), work))


async def _with(opening: "AbstractAsyncContextManager[Records]", work: "Callable[[Records], Awaitable[_T]]") -> _T:
    async with opening as records:
        return await work(records)


async def _in_production(records: "Records") -> tuple[dict[Audience, int], tuple[str, ...]]:
    serving = sorted((await records.versions.in_production()).items())
    problems = [await records.registry.problem_of(version) for _, version in serving]
    return {audience: version.version for audience, version in serving}, tuple(filter(None, problems))


async def _shown(records: "Records", number: int) -> "Version":
    version = await records.versions.show(number)
    if version is None:
        raise Refused(f"There is no version {number}; aprendiz models list shows those that are there.")
    return version


async def _card(records: "Records", number: int) -> _Card:
    version = await _shown(records, number)
    history = await records.versions.history(version.audience)
    changes = tuple(each for each in history if each.version == number)
    return _Card(version, records.registry.path_of(version), await records.registry.problem_of(version), changes)


async def _promote(records: "Records", number: int, reason: str, *, force: bool) -> _Change:
    version = await _shown(records, number)
    problem = await records.registry.problem_of(version)
    if problem:
        raise Refused(problem)
    if not force and not version.decision.get("promote"):
        why = " ".join(map(str, version.decision.get("reasons", ()))) or "It was never judged."
        raise Refused(f"The gate did not let version {number} pass: {why} --force promotes it all the same.")
    before = (await records.versions.in_production()).get(version.audience)
    await records.versions.promote(number, at=datetime.now(UTC), reason=reason)
    return _Change(version.audience, number, before.version if before else None)


async def _roll_back(records: "Records", audience: Audience | None, reason: str) -> _Change:
    serving = await records.versions.in_production()
    if audience is None and len(serving) > 1:
        raise Refused(f"There are versions in production for {' and '.join(sorted(serving))}; say which with --audience.")
    chosen: Audience = next(iter(serving), "employees") if audience is None else audience
    now = await records.versions.roll_back(chosen, at=datetime.now(UTC), reason=reason)
    problem = await records.registry.problem_of(now) if now else ""
    return _Change(chosen, now.version if now else None, serving[chosen].version if chosen in serving else None, problem)


def _write_change(change: _Change, output: "Output") -> None:
    if change.problem:
        output.note(change.problem)
    if output.as_json:
        output.emit({"audience": change.audience, "version": change.version, "before": change.before})
    elif change.version == change.before:
        output.say(N_("Version {version} answers {audience} already."), version=change.version, audience=change.audience)
    else:
        none = translate(output.language, "none")
        output.say(
            N_("What answers {audience}: version {version}; before: {before}."),
            audience=change.audience,
            version=change.version or none,
            before=change.before or none,
        )


def _told(change: "Promotion") -> str:
    return " · ".join(filter(None, (f"{change.at:%Y-%m-%d %H:%M:%S}", change.action, change.reason)))


def _lines(values: Mapping[str, object], before: str = "") -> Iterator[str]:
    """Give each number and word of an object with the path to it."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{before}{name}.")
        else:
            yield f"{before}{name}: {f'{value:.4g}' if isinstance(value, float) else value}"
