"""`aprendiz data import`: tickets, chats, scripts, documents and training files to rows to train on, in one command."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.errors import BadRequest
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.messages import Reach
    from finetune.importing.run import Wish
    from store.linking import NearQuestions
    from store.splitting import Split

_SHOWN = 12

_paths = click.Path(exists=True, path_type=Path)

whose_option = click.option(
    "--audience",
    type=click.Choice(["employees", "customers", "all"]),
    default="employees",
    show_default=True,
    help="Whom the rows are for: a round trains nobody else's model on them.",
)
scope_option = click.option(
    "--scope",
    default="",
    metavar="SCOPE",
    help="Where the material is for channel:slack:C0123, guild:discord:999 or group:NAME alone: no round trains on that.",
)
rights_option = click.option(
    "--source-rights",
    "rights",
    default="",
    metavar="TEXT",
    help="By what right the rows may train; kept in the manifest. A round takes none without.",
)


@click.command("import", short_help="Make training rows of tickets, chats and documents.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=_paths)
@click.option(
    "--out", "folder", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.option(
    "--format", "kind", metavar="FORMAT", help="What all files hold, a kind or a format of rows; told by their content by default."
)
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="The column of question, answer, subject, category, id, system or text in tables; may be repeated.",
)
@click.option("--system", default="", metavar="TEXT", help="The system text of rows that have none.")
@whose_option
@scope_option
@rights_option
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that share the work; as many as there are cores by default.")
@json_option
@pass_session
def command(session: Session, /, paths: tuple[Path, ...], folder: Path, as_json: bool, **chosen: Any) -> int:
    """
    Import files and folders at PATH into DIR as train.jsonl, validation.jsonl and test.jsonl.

    Taken are tickets (Zendesk and Freshdesk JSON, tables with columns of questions and answers), FAQ, exports of Slack and Discord,
    conversations as text (user: … assistant: …, Agente: … Cliente: …), documents, plain text (as text-train.jsonl and so on) and rows in
    the formats of trainers. Everything is cleaned and redacted; near-duplicates are folded and counted; contradictions go to
    contradictions.jsonl and what is left out to refused.jsonl. A run that was stopped goes on with the same command.
    """
    output = session.output(as_json=as_json)
    from finetune.importing.run import import_data

    reach = checked_reach(session, folder, chosen)
    wish = _wish(session, paths, folder, chosen, reach)
    with output.progress(N_("Importing")) as progress:
        manifest = import_data(wish, progress=lambda done, total, _step: progress(done, total))
    if as_json:
        output.emit({"out": str(folder), **manifest})
    else:
        _tell(manifest, folder, output)
    return 0 if manifest["counts"]["rows"] else 1


def checked_reach(session: Session, folder: Path, chosen: Mapping[str, Any]) -> "Reach":
    """
    Return whom the rows are for.

    Raises:
        BadRequest: The scope is none.
        Refused: Its group is not known, or *folder* is where exports are.
    """
    from bot.messages import Reach
    from finetune.importing.manifest import require_apart

    require_apart(folder, session.settings.export_directory)
    (scope,) = session.scopes([chosen["scope"]]) if chosen["scope"] else ("",)
    return Reach(chosen["audience"], scope)


def _wish(session: Session, paths: Sequence[Path], folder: Path, chosen: Mapping[str, Any], reach: "Reach") -> "Wish":
    from adapters.compose_redaction import redaction_of
    from finetune.importing.preparing import Options
    from finetune.importing.run import Wish
    from finetune.importing.sources import Reading, files_of
    from finetune.importing.writing import written_in

    return Wish(
        files=files_of(paths, but=written_in(folder)),  # of an earlier run
        folder=folder,
        reading=Reading(_kind(chosen["kind"]), _columns(chosen["columns"])),
        options=Options(system=chosen["system"], rights=chosen["rights"]),
        redaction=redaction_of(session.settings.privacy),
        reach=reach,
        assigned=assigned(session),
        workers=chosen["workers"] or os.cpu_count() or 1,
    )


def _kind(given: str | None) -> str | None:
    from finetune.formats.registry import FORMATS
    from finetune.importing.sources import KINDS

    if given is not None and given not in KINDS and given not in FORMATS:
        raise click.BadParameter(f"no format is called {given}; there are {', '.join((*KINDS, *FORMATS))}.", param_hint="'--format'")
    return given


def _columns(given: Sequence[str]) -> dict[str, str]:
    from finetune.importing.tables import FIELDS

    columns = {}
    for each in given:
        field, _, column = each.partition("=")
        if field not in FIELDS or not column:
            raise click.BadParameter(f"{each} is not FIELD=COLUMN with one of {', '.join(FIELDS)}.", param_hint="'--map'")
        columns[field] = column
    if columns and "text" not in columns and not {"question", "answer"} & columns.keys():
        raise BadRequest("--map names neither question nor answer nor text: name the columns that hold them")
    return columns


def assigned(session: Session) -> "dict[Split, NearQuestions]":
    """Return the questions that the ledger has given a split already; none where there is no ledger yet."""
    from store.database import FILE_NAME

    settings = session.settings
    if not settings.store.database_url.get_secret_value() and not (settings.home / FILE_NAME).exists():
        return {}
    return asyncio.run(_assigned(session))


async def _assigned(session: Session) -> "dict[Split, NearQuestions]":
    from store.held_out import assigned_questions

    async with session.records() as records:
        return await assigned_questions(records.database)


def _tell(manifest: Mapping[str, Any], folder: Path, output: "Output") -> None:
    counts = manifest["counts"]
    output.table((N_("File"), N_("Rows")), sorted(counts["rows"].items()))
    facts = {
        N_("Read"): counts["read"],
        N_("Folded as near-duplicates"): counts["folded"],
        N_("Contradicting, for an expert"): counts["contradicting"],
        N_("Rows with personal data or secrets taken out"): counts["rows_redacted"],
    }
    output.facts((name, f"{value:,}") for name, value in facts.items())
    refused = sorted(counts["refused"].items(), key=lambda each: (-each[1], each[0]))
    if refused:
        output.table((N_("Left out"), N_("Rows")), [(_bare(output.language, code), count) for code, count in refused[:_SHOWN]])
    if counts["rows"]:
        output.say(N_("Rows, what was left out and a manifest are in {folder}."), folder=folder)
    else:
        output.say(N_("Nothing is left to train on: {folder}/refused.jsonl says why."), folder=folder, style="red")


class _Unsaid(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _bare(language: str, reason: str) -> str:
    """Return a reason as it is said of many: without the values of one."""
    from finetune.importing.items import wording_of

    return translate(language, wording_of(reason)).format_map(_Unsaid())
