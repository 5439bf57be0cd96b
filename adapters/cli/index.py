"""`aprendiz index`: the searchable copy of the ledger."""

import asyncio
from typing import TYPE_CHECKING

import click

from adapters.cli.output import Output
from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_, translate

if TYPE_CHECKING:
    from store.outbox import IndexReport


@click.group("index", short_help="Rebuild or check the search index.")
def command() -> None:
    """Rebuild or check the index; an embedded one belongs to aprendiz serve while that runs."""


@command.command("rebuild")
@json_option
@pass_session
def rebuild(session: Session, as_json: bool) -> None:
    """Throw the index away and build it again from the ledger."""
    asyncio.run(_rebuild(session, session.output(as_json=as_json)))


async def _rebuild(session: Session, output: Output) -> None:
    from adapters.compose import open_indexed

    async with open_indexed(session.settings) as indexed:
        with output.progress(N_("Rebuilding the index")) as progress:
            await indexed.outbox.rebuild(progress)
        report = await indexed.outbox.check()
    _write(report, output)


@command.command("check")
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Compare the index with the ledger, entry by entry."""
    asyncio.run(_check(session, session.output(as_json=as_json)))


async def _check(session: Session, output: Output) -> None:
    from adapters.compose import open_indexed

    async with open_indexed(session.settings) as indexed:
        report = await indexed.outbox.check()
    _write(report, output)


def _write(report: "IndexReport", output: Output) -> None:
    """Write each collection that holds anything, and refuse where the index is not what the ledger says."""
    rows = [
        (f"{each.kind} · {each.audience}", each.entries, len(each.missing), len(each.surplus), len(each.differing))
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
