"""`aprendiz restore`: a home from the file that `aprendiz backup` wrote."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session, json_option, pass_session
from adapters.cli.wording import sentence
from bot.errors import ChatbotError
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.settings import Settings


@click.command("restore", short_help="Make a home of a backup.")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="An empty or new folder; APRENDIZ_HOME by default."
)
@json_option
@pass_session
def command(session: Session, source: Path, home: Path | None, as_json: bool) -> None:
    """Restore the backup IN into a home that is empty, and build the index from its ledger."""
    from adapters.restoring import restore

    output = session.output(as_json=as_json)
    found = asyncio.run(restore(source, home or session.settings.home))
    output.say(N_("Restored to {path}."), path=found.home)
    if found.settings:
        output.say(N_("The settings are in {path}."), path=found.settings)
    if found.manifest.key == "configured":
        output.note(N_("The key of the pseudonyms was in the settings: set APRENDIZ_PRIVACY__KEY to the same one."))
    if found.dump:
        output.note(
            N_("The ledger is for PostgreSQL: run pg_restore --no-owner --dbname=URL {path}, then aprendiz index rebuild."), path=found.dump
        )
    indexed = not found.dump and _indexed(Session().settings.model_copy(update={"home": found.home}), output)
    if as_json:
        output.emit({"home": str(found.home), "settings": str(found.settings or ""), "dump": str(found.dump or ""), "indexed": indexed})


def _indexed(settings: "Settings", output: "Output") -> bool:
    """Build the index, unless it is a server's, which others may use; tell whether it was done."""
    if settings.store.chroma_url or settings.store.database_url.get_secret_value():
        output.note(N_("Run aprendiz index rebuild once the settings name the database and the index that this home shall have."))
        return False
    try:
        asyncio.run(_rebuild(settings, output))
    except ChatbotError as error:
        output.note(N_("The index could not be built ({problem}): run aprendiz index rebuild."), problem=sentence(error, output.language))
        return False
    return True


async def _rebuild(settings: "Settings", output: "Output") -> None:
    from adapters.compose import open_indexed

    async with open_indexed(settings) as indexed:
        with output.progress(N_("Rebuilding the index")) as progress:
            await indexed.outbox.rebuild(progress)
