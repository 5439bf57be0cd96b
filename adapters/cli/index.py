"""`aprendiz index`: the searchable copy of the ledger."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.compose import Indexed
    from bot.messages import Reach
    from store.outbox import IndexReport


@click.group("index", short_help="Rebuild or check the search index.")
def command() -> None:
    """Rebuild or check the index; an embedded one belongs to aprendiz serve while that runs."""


@command.command("rebuild")
@json_option
@pass_session
def rebuild(session: Session, as_json: bool) -> None:
    """Throw the index away and build it again from the ledger."""
    output = session.output(as_json=as_json)
    _write(asyncio.run(_rebuild(session.indexed(), output)), output)


async def _rebuild(opening: AbstractAsyncContextManager["Indexed"], output: "Output") -> "IndexReport":
    async with opening as indexed:
        with output.progress(N_("Rebuilding the index")) as progress:
            await indexed.outbox.rebuild(progress)
        return await indexed.outbox.check()


@command.command("check")
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Compare the index with the ledger, entry by entry."""
    output = session.output(as_json=as_json)
    _write(asyncio.run(_check(session.indexed())), output)


async def _check(opening: AbstractAsyncContextManager["Indexed"]) -> "IndexReport":
    async with opening as indexed:
        return await indexed.outbox.check()


def _write(report: "IndexReport", output: "Output") -> None:
    """Write each collection that holds anything, and refuse where the index is not what the ledger says."""
    rows = [
        (f"{each.kind} · {_named(each.reach)}", each.entries, len(each.missing), len(each.surplus), len(each.differing))
        for each in report.collections
    ]
    if output.as_json:
        names = ("collection", "entries", "missing", "surplus", "differing")
        collections = [dict(zip(names, row, strict=True)) for row in rows]
        output.emit({"equal": report.equal, "pending": report.pending, "collections": collections})
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


def _named(reach: "Reach") -> str:
    return f"{reach.audience} · {reach.scope}" if reach.scope else reach.audience
