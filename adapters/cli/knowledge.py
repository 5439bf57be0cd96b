"""`aprendiz knowledge`: what the assistant may answer from."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from adapters.cli.ask import write_batch
from adapters.cli.output import Output
from adapters.cli.session import Session, audience_option, batch_option, json_option, pass_session
from bot.errors import Refused
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from store.knowledge import AddReport


@click.group("knowledge", short_help="Manage the company's documents.")
def command() -> None:
    """Add, list, remove and search the company's documents."""


@command.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True, path_type=Path))
@audience_option
@json_option
@pass_session
def add(session: Session, paths: tuple[Path, ...], audience: Audience | None, as_json: bool) -> None:
    """Read files and folders (Markdown, text, HTML, CSV, PDF) again where they changed."""
    asyncio.run(_add(session, paths, audience or "employees", session.output(as_json=as_json)))


async def _add(session: Session, paths: tuple[Path, ...], audience: Audience, output: Output) -> None:
    from adapters.cli.assistant import follow
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        with output.progress(N_("Reading documents")) as progress:
            report = await records.knowledge.add(
                paths, audience=audience, max_file_mb=session.settings.knowledge.max_file_mb, progress=progress, locale=session.language
            )
    await follow(session.settings, output)
    write_report(report, output)
    if report.skipped and not (report.added or report.changed or report.unchanged):
        raise Refused(translate(output.language, "None of these documents could be read."))


def write_report(report: "AddReport", output: Output) -> None:
    """Write what an import did; each document that was left out by name, with the problem, on standard error."""
    for name, problem in report.skipped:
        output.note(N_("{name}: {problem}"), name=name, problem=problem)
    if output.as_json:
        skipped = [{"name": name, "problem": problem} for name, problem in report.skipped]
        output.emit(asdict(report) | {"skipped": skipped})
    output.say(
        N_("Documents: {added} added, {changed} changed, {unchanged} unchanged, {removed} removed, {skipped} skipped."),
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        removed=report.removed,
        skipped=len(report.skipped),
    )


@command.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the documents."""
    asyncio.run(_list(session, session.output(as_json=as_json)))


async def _list(session: Session, output: Output) -> None:
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        documents = await records.knowledge.list()
    if output.as_json:
        for document in documents:
            output.emit(asdict(document))
    elif documents:
        rows = [(document.shown, document.title, document.audience, document.passages) for document in documents]
        output.table((N_("Document"), N_("Title"), N_("Audience"), N_("Passages")), rows)
    else:
        output.say(N_("No documents yet: aprendiz knowledge add PATH…"))


@command.command("remove")
@click.argument("name")
@json_option
@pass_session
def remove(session: Session, name: str, as_json: bool) -> None:
    """Forget a document (named as in the list, or by its path) or all of a folder; the files themselves stay."""
    asyncio.run(_remove(session, name, session.output(as_json=as_json)))


async def _remove(session: Session, name: str, output: Output) -> None:
    from adapters.cli.assistant import follow
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        removed = await records.knowledge.remove(name)
        if not removed:
            raise Refused(translate(output.language, "No document is called {name}; aprendiz knowledge list names them.", name=name))
    await follow(session.settings, output)
    if output.as_json:
        output.emit({"removed": removed})
    output.say(N_("Documents removed: {removed}."), removed=removed)


@command.command("search")
@click.argument("query", required=False)
@audience_option
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most this many passages.")
@json_option
@batch_option("query")
@pass_session
def search(
    session: Session,
    query: str | None,
    audience: Audience | None,
    limit: int,
    as_json: bool,
    batch: IO[bytes] | None,
) -> None:
    """Show which passages a question would find, best first."""
    if (query is None) == (batch is None):
        raise click.UsageError("Give a QUERY or --batch FILE, one of the two.")
    output = session.output(as_json=as_json or batch is not None)
    asyncio.run(_search(session, query, audience or "employees", limit, batch, output))


async def _search(session: Session, query: str | None, audience: Audience, limit: int, batch: IO[bytes] | None, output: Output) -> None:
    from adapters.cli.assistant import hit_fields, open_searcher

    async with open_searcher(session.settings) as searcher:

        async def work(text: str) -> dict[str, Any]:
            found = await searcher.search(text, audience=audience, limit=limit)
            return {"query": text, "hits": [hit_fields(passage) for passage in found]}

        if batch:
            await write_batch(batch, "query", work, output)
        elif query is not None:
            _write_hits(await work(query), output)


def _write_hits(found: dict[str, Any], output: Output) -> None:
    if output.as_json:
        output.emit(found)
        return
    if not found["hits"]:
        output.say(N_("Nothing found."))
    for hit in found["hits"]:
        output.piece(f"{hit['score']:.2f}  ", style="dim")
        output.piece(hit["title"], style="bold")
        output.piece(f"  {hit['source']}" + (f" #{hit['row']}" if hit["row"] else "") + "\n", style="cyan")
        output.piece(f"{hit['text'].strip()}\n\n")
