"""`aprendiz index`: the searchable copy of the ledger, and what the second encoder makes of it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from adapters.cli import running
from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.compose import Indexed
    from bot.messages import Reach
    from store.outbox import IndexReport


UNREAD: Final = N_("Passages still to be read closely: {unread}. aprendiz serve does that while it runs, or aprendiz index refine does.")
_AT_ONCE = 8  # entries between two looks at the bar


@click.group("index", short_help="Rebuild, check or refine the search index.")
def command() -> None:
    """Rebuild, check or refine the index; an embedded one belongs to aprendiz serve while that runs."""


@command.command("rebuild")
@json_option
@pass_session
def rebuild(session: Session, as_json: bool) -> None:
    """Throw the index away and build it again from the ledger."""
    output = session.output(as_json=as_json)
    _write(*asyncio.run(_rebuild(session.indexed(), output)), output)


async def _rebuild(opening: AbstractAsyncContextManager["Indexed"], output: "Output") -> "tuple[IndexReport, int]":
    async with opening as indexed:
        with output.progress(N_("Rebuilding the index")) as progress:
            await indexed.outbox.rebuild(progress)
        return await _compared(indexed)


@command.command("check")
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Compare the index with the ledger, entry by entry."""
    output = session.output(as_json=as_json)
    _write(*asyncio.run(_check(session.indexed())), output)


async def _check(opening: AbstractAsyncContextManager["Indexed"]) -> "tuple[IndexReport, int]":
    async with opening as indexed:
        return await _compared(indexed)


async def _compared(indexed: "Indexed") -> "tuple[IndexReport, int]":
    return await indexed.outbox.check(), await indexed.second_vectors.lacking() if indexed.second_encoder else 0


@command.command("refine")
@json_option
@pass_session
def refine(session: Session, as_json: bool) -> None:
    """Read closely, by the second encoder, what was not yet: about ten passages a second; aprendiz serve does it by itself."""
    from store.e5 import runs_here

    output = session.output(as_json=as_json)
    if not session.settings.knowledge.second_encoder:
        raise Refused(translate(output.language, "The second encoder is off: set knowledge.second_encoder to true."))
    if not runs_here():
        raise Refused(translate(output.language, "This processor cannot run the second encoder: it lacks AVX2."))
    if running.find(session.settings.home):
        raise Refused(translate(output.language, "The server that runs on this home reads closely by itself."))
    reading = _Refining()
    try:
        asyncio.run(_refine(session.indexed(), reading, output))
    except KeyboardInterrupt:
        output.note(
            N_("Stopped after {done} of {total} passages. What was read is kept: the same command goes on."),
            done=reading.done,
            total=reading.total,
        )
        raise
    if as_json:
        output.emit({"read": reading.done})
    output.say(N_("Passages read closely: {done}."), done=reading.done)


@dataclass(slots=True)
class _Refining:
    """How far that is, in passages."""

    done: int = 0
    total: int = 0


async def _refine(opening: AbstractAsyncContextManager["Indexed"], reading: _Refining, output: "Output") -> None:
    from adapters.cli.assistant import catch_up

    async with opening as indexed:
        await catch_up(indexed.outbox)
        reading.total = await indexed.second_vectors.lacking()
        with output.progress(N_("Reading closely")) as progress:
            progress(0, reading.total)
            while done := await indexed.second_vectors.fill(_AT_ONCE):
                reading.done += done
                progress(reading.done, reading.total)


def _write(report: "IndexReport", unread: int, output: "Output") -> None:
    """Write each collection that holds anything, and refuse where the index is not what the ledger says."""
    rows = [
        (f"{each.kind} · {_named(each.reach)}", each.entries, len(each.missing), len(each.surplus), len(each.differing))
        for each in report.collections
    ]
    if output.as_json:
        names = ("collection", "entries", "missing", "surplus", "differing")
        collections = [dict(zip(names, row, strict=True)) for row in rows]
        output.emit({"equal": report.equal, "pending": report.pending, "unread": unread, "collections": collections})
    else:
        headings = (N_("Collection"), N_("Entries"), N_("Missing"), N_("Surplus"), N_("Differing"))
        output.table(headings, [row for row in rows if any(row[1:])])
    if not report.equal:
        waiting = report.pending
        raise Refused(
            translate(
                output.language, "The index differs from the ledger, {waiting} changes wait: aprendiz index rebuild.", waiting=waiting
            )
        )
    output.say(N_("The index equals the ledger."), style="green")
    if unread:
        output.say(UNREAD, unread=unread)


def _named(reach: "Reach") -> str:
    return f"{reach.audience} · {reach.scope}" if reach.scope else reach.audience
