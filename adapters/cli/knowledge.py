"""`aprendiz knowledge`: what the assistant may answer from."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from adapters.cli import running
from adapters.cli.ask import write_batch
from adapters.cli.distances import DISTANCES, Measuring, found_fields, write_comparison
from adapters.cli.index import UNREAD
from adapters.cli.session import Session, audience_option, batch_option, json_option, pass_session, scopes_option
from adapters.json_fields import hit_fields
from bot.errors import EmptyQuestion, Refused
from bot.messages import Audience, Passage, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.cli.output import Output
    from adapters.compose import Records
    from adapters.compose_knowledge import Library
    from adapters.watch import LastLook
    from bot.ports import Searcher
    from bot.settings import Settings
    from store.knowledge import AddReport, KnownSource


_NO_SCOPE = "none"
_PATHS = 5  # of documents of one name, as many as are read at a glance


@click.group("knowledge", short_help="Manage the company's documents.")
def command() -> None:
    """Add, list, remove and search the company's documents."""


@command.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True, path_type=Path))
@audience_option
@click.option(
    "--scope",
    metavar="SCOPE",
    help="Only for channel:slack:C0123, guild:discord:999 or group:NAME; none: for the whole audience, though it was limited before.",
)
@json_option
@pass_session
def add(session: Session, paths: tuple[Path, ...], audience: Audience | None, scope: str | None, as_json: bool) -> None:
    """
    Read files and folders into the company's knowledge, again where they changed.

    Markdown, text, HTML, PDF, DOCX, CSV, XLSX and JSON; exports of Slack, Discord, Zendesk and Freshdesk, without personal data.
    """
    from adapters.cli.assistant import following

    output = session.output(as_json=as_json)
    if scope is not None and scope != _NO_SCOPE:
        session.scopes([scope])
    reading = _Reading(paths, audience, scope)
    try:
        report = asyncio.run(_add(following(session.settings, output, unread=reading.leave_unread), reading, output))
    except KeyboardInterrupt:
        output.note(N_("Stopped after {done} of {total} documents. What was read is kept: the same command goes on."), **reading.progress)
        raise
    for name, problem in report.skipped:
        output.note(N_("{name}: {problem}"), name=name, problem=problem)
    for name, note in report.notes:
        output.note(N_("{name}: {problem}"), name=name, problem=note)
    if report.skipped and not (report.added or report.changed or report.unchanged):
        raise Refused(translate(output.language, "None of these documents could be read."))
    if as_json:
        lists = {
            "skipped": [{"name": name, "problem": problem} for name, problem in report.skipped],
            "notes": [{"name": name, "note": note} for name, note in report.notes],
        }
        output.emit(asdict(report) | lists)
    output.say(
        N_("Documents: {added} added, {changed} changed, {unchanged} unchanged, {removed} removed, {skipped} skipped."),
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        removed=report.removed,
        skipped=len(report.skipped),
    )
    if report.moved:
        output.say(N_("Of those changed, now for another audience or scope: {moved}."), moved=report.moved)
    if reading.unread:
        output.say(UNREAD, style="dim", unread=reading.unread)


@dataclass(slots=True)
class _Reading:
    """What is to be read for whom, and how far that is."""

    paths: tuple[Path, ...]
    audience: Audience | None  # None: not said
    scope: str | None  # likewise
    progress: dict[str, int] = field(default_factory=lambda: {"done": 0, "total": 0})
    unread: int = 0  # passages that the second encoder has still to read

    def leave_unread(self, count: int) -> None:
        """Keep what is to be told in the end."""
        self.unread = count


async def _add(opening: AbstractAsyncContextManager["Library"], reading: _Reading, output: "Output") -> "AddReport":
    async with opening as library:
        if reading.scope is None and (limited := await library.knowledge.scopes_in(reading.paths)):
            # Whoever reads a folder again and forgets the option must not show to all what was for some.
            raise Refused(
                translate(
                    output.language,
                    "Some of these documents are limited to {scopes}: repeat --scope {scope}, or say --scope none to lift it.",
                    scopes=", ".join(limited),
                    scope=limited[0],
                )
            )
        with output.progress(N_("Reading documents")) as progress:

            def tell(done: int, total: int, name: str) -> None:
                reading.progress = {"done": done, "total": total}
                progress(done, total, name)

            report = await library.knowledge.add(
                reading.paths,
                audience=reading.audience,
                scope="" if reading.scope == _NO_SCOPE else reading.scope,
                max_file_mb=library.settings.knowledge.max_file_mb,
                progress=tell,
                locale=output.language,
            )
        reading.progress["done"] = reading.progress["total"]
    return report


@command.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the documents."""
    output = session.output(as_json=as_json)
    documents, looked = asyncio.run(_list(session.records()))
    if as_json:
        for document in documents:
            output.emit(asdict(document))
    elif documents:
        rows = [(each.shown, each.title, " · ".join(filter(None, (each.audience, each.scope))), each.passages) for each in documents]
        output.table((N_("Document"), N_("Title"), N_("Audience"), N_("Passages")), rows)
    else:
        output.say(N_("No documents yet: aprendiz knowledge add PATH…"))
    _tell_watched(session.settings, looked, output)


def _tell_watched(settings: "Settings", looked: "LastLook | None", output: "Output") -> None:
    for folder in settings.knowledge.watch:
        output.say(N_("Watched for {audience}: {path}"), style="dim", audience=folder.audience, path=folder.path)
    if looked and settings.knowledge.watch:
        from adapters.cli.doctor_watch import said

        output.say(N_("{sentence}"), style="dim", sentence=said(looked, settings))


async def _list(opening: AbstractAsyncContextManager["Records"]) -> "tuple[tuple[KnownSource, ...], LastLook | None]":
    from adapters.watch import last_look

    async with opening as records:
        return await records.knowledge.list(), await last_look(records.runs)


@command.command("remove")
@click.argument("name")
@json_option
@pass_session
def remove(session: Session, name: str, as_json: bool) -> None:
    """Forget a document (named as in the list, or by its path) or all of a folder; the files themselves stay."""
    output = session.output(as_json=as_json)
    if not name.strip():
        raise Refused(translate(output.language, "Nothing is named: give a document's name as in aprendiz knowledge list, or its path."))
    removed = asyncio.run(_remove(session.records(), name, output))
    if not removed:
        raise Refused(translate(output.language, "No document is called {name}; aprendiz knowledge list names them.", name=name))
    if as_json:
        output.emit({"removed": removed})
    output.say(N_("Documents removed: {removed}."), removed=removed)


async def _remove(opening: AbstractAsyncContextManager["Records"], name: str, output: "Output") -> int:
    from adapters.cli.assistant import follow
    from store.knowledge import Ambiguous

    async with opening as records:
        try:
            removed = await records.knowledge.remove(name)
        except Ambiguous as error:
            text = N_("{count} documents are called {name}; give the path of the one that is meant: {paths}")
            paths = ", ".join(error.locations[:_PATHS]) + (", …" if len(error.locations) > _PATHS else "")
            raise Refused(translate(output.language, text, count=len(error.locations), name=name, paths=paths)) from error
    if removed:
        await follow(records.settings, output)
    return removed


@command.command("search")
@click.argument("query", required=False)
@audience_option
@scopes_option
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most this many passages.")
@click.option("--distance", type=click.Choice(DISTANCES), help="Search by this distance alone, every passage measured.")
@click.option(
    "--compare",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help='Compare all distances on questions ({"question": …, "expect": a document or words of it}; JSON Lines or CSV).',
)
@json_option
@batch_option("query")
@pass_session
def search(session: Session, /, query: str | None, as_json: bool, batch: IO[bytes] | None, **chosen: Any) -> None:
    """Show which passages a question would find, best first."""
    compare: Path | None = chosen["compare"]
    if sum(given is not None for given in (query, batch, compare)) != 1:
        raise click.UsageError("Give a QUERY, --batch FILE or --compare FILE, one of the three.")
    if compare and chosen["distance"]:
        raise click.UsageError("--compare measures every distance: leave --distance out.")
    if query is not None:
        _check(query)
    viewer = Viewer(chosen["audience"] or "employees", session.scopes(chosen["scopes"]))
    output = session.output(as_json=as_json or batch is not None)
    if compare or chosen["distance"]:
        # A running server owns the index: the passages are then read anew.
        opening = session.records() if running.find(session.settings.home) else session.indexed()
        _measure(Measuring(opening, viewer, output), query, batch, chosen, output)
        return
    finding = Finding(session.settings, viewer, chosen["limit"])
    if batch:
        asyncio.run(finding.write_all(batch, output))
        return
    hits = asyncio.run(finding.one(query or ""))
    if as_json:
        output.emit(_found(query or "", hits))
    else:
        _write_hits([(f"{hit.score:.2f}", hit) for hit in hits], output)


def _measure(measuring: Measuring, query: str | None, batch: IO[bytes] | None, chosen: dict[str, Any], output: "Output") -> None:
    if chosen["compare"]:
        write_comparison(*asyncio.run(measuring.compare(chosen["compare"])), output)
    elif batch:
        asyncio.run(measuring.write_all(batch, chosen["distance"], limit=chosen["limit"]))
    else:
        hits = asyncio.run(measuring.one(query or "", chosen["distance"], limit=chosen["limit"]))
        if output.as_json:
            output.emit(found_fields(query or "", chosen["distance"], hits))
        else:
            _write_hits([(f"{distance:.4g}", hit) for hit, distance in hits], output)


class Finding:
    """A search for a viewer, here or in the running server."""

    def __init__(self, settings: "Settings", viewer: Viewer, limit: int) -> None:
        """Choose where to search."""
        from adapters.cli.assistant import open_searcher

        self._opening: AbstractAsyncContextManager[Searcher] = open_searcher(settings)
        self._viewer = viewer
        self._limit = limit

    async def one(self, query: str) -> tuple[Passage, ...]:
        """Return what *query* finds."""
        async with self._opening as searcher:
            return await searcher.search(query, viewer=self._viewer, limit=self._limit)

    async def write_all(self, batch: IO[bytes], output: "Output") -> None:
        """Write what each line of *batch* finds."""
        async with self._opening as searcher:

            async def work(query: str) -> dict[str, Any]:
                _check(query)
                return _found(query, await searcher.search(query, viewer=self._viewer, limit=self._limit))

            await write_batch(batch, "query", work, output)


def _check(query: str) -> None:
    """Refuse a question without a letter or digit: any passage would do."""
    if not any(map(str.isalnum, query)):
        raise EmptyQuestion


def _found(query: str, hits: tuple[Passage, ...]) -> dict[str, Any]:
    return {"query": query, "hits": [hit_fields(passage) for passage in hits]}


def _write_hits(hits: "Sequence[tuple[str, Passage]]", output: "Output") -> None:
    """Write passages, each with how good it is."""
    if not hits:
        output.say(N_("Nothing found."))
    for measured, hit in hits:
        output.piece(f"{measured}  ", style="dim")
        output.piece(" › ".join(filter(None, (hit.title, hit.heading))), style="bold")
        source = hit.source.removesuffix(f": {hit.heading}")  # an approved answer's, which is named by its question
        output.piece(f"  {source}" + (f" #{hit.row}" if hit.row else "") + "\n", style="cyan")
        output.piece(f"{hit.text.strip()}\n\n")
