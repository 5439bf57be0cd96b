"""`aprendiz privacy`: what is kept about a person, and their right to leave."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.cli import running
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cli.output import Output
    from adapters.cli.running_server import RunningServer
    from adapters.compose import Indexed, Records


# As receipts name them.
_PLACES: Final = (N_("ledger"), N_("exports"), N_("rounds"), N_("evaluations"))
_KINDS: Final = (
    *(N_("exchanges"), N_("votes"), N_("comments on votes"), N_("corrections"), N_("posted messages"), N_("receipts of versions")),
    *(N_("keys of events"), N_("notes in the vault"), N_("decisions on consent"), N_("answers to others that lost words")),
    *(N_("approved answers deleted"), N_("approved answers that lost their question"), N_("names beneath approved answers")),
    *(N_("names beneath corrections"), N_("keyed hashes of personal data"), N_("rows"), N_("turns"), N_("questions"), N_("files")),
)


@click.group("privacy", short_help="Give out or erase what is kept about a person.")
def command() -> None:
    """
    Give out or erase what is kept about a person.

    PERSON is written slack:U0123, discord:456789, web:COOKIE, cli:NAME, or as the pseudonym that conversations show --json gives.
    """


@command.command("export")
@click.argument("person")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", required=True, help="Where to write, as JSON.")
@json_option
@pass_session
def export(session: Session, person: str, out: Path, as_json: bool) -> None:
    """Write all that is kept about PERSON to one file that you alone may read."""
    output = session.output(as_json=as_json)
    told, is_empty = asyncio.run(_export(session.records(), person, out))
    if as_json:
        output.emit({"path": str(out), "exchanges": len(told["exchanges"]), "votes": len(told["votes"]), "empty": is_empty})
    if is_empty:
        output.say(N_("Nothing is kept about this person."))
    output.say(N_("Written to {path}."), path=out)


async def _export(opening: "AbstractAsyncContextManager[Records]", person: str, out: Path) -> tuple[dict[str, Any], bool]:
    from datetime import UTC, datetime

    from adapters.person_export import is_empty, read_person
    from adapters.persons import pseudonym_of
    from finetune.private import write_private

    async with opening as records:
        told = await read_person(records, pseudonym_of(person, records.pseudonyms), at=datetime.now(UTC))
    await asyncio.to_thread(write_private, out, json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return told, is_empty(told)


@command.command("erase")
@click.argument("person")
@click.option("--retire", is_flag=True, help="Also take versions that learnt from erased rows out of service, and delete their files.")
@json_option
@pass_session
def erase(session: Session, person: str, retire: bool, as_json: bool) -> None:
    """Erase PERSON from ledger, exports, rounds and index, and write a receipt; run again, it goes on where it was cut off."""
    output = session.output(as_json=as_json)
    server = running.find(session.settings.home)
    with output.progress(N_("Erasing")) as bar:
        progress = _progress(bar)
        if server:
            receipt = asyncio.run(_erase_there(server, person, retire=retire, progress=progress))
        else:
            receipt = asyncio.run(_erase_here(session.indexed(), person, retire=retire, progress=progress))
    if as_json:
        output.emit(receipt)
    else:
        _write(receipt, output)


def _progress(bar: "Callable[..., None]") -> "Callable[[str], None]":
    from adapters.erasing import STEPS

    steps = list(STEPS)
    return lambda step: bar(steps.index(step), len(steps), step)


async def _erase_there(server: "RunningServer", person: str, *, retire: bool, progress: "Callable[[str], None]") -> dict[str, Any]:
    async with server:
        return await server.erase(person, retire=retire, progress=progress)


async def _erase_here(
    opening: "AbstractAsyncContextManager[Indexed]", person: str, *, retire: bool, progress: "Callable[[str], None]"
) -> dict[str, Any]:
    from datetime import UTC, datetime

    from adapters.erasing import Erasure

    async with opening as indexed:
        return await Erasure(indexed, now=lambda: datetime.now(UTC)).named(person, retire=retire, progress=progress)


def _write(receipt: dict[str, Any], output: "Output") -> None:
    language, removed = output.language, receipt["removed"]
    if removed:
        output.table(
            (N_("Where"), N_("What"), N_("Removed")),
            [
                (translate(language, place), translate(language, what), count)
                for place, counts in removed.items()
                for what, count in counts.items()
            ],
        )
        output.say(N_("What was kept about this person is erased."), style="green")
    else:
        output.say(N_("Nothing was kept about this person."))
    for name, sentence in (
        ("versions", N_("Versions that learnt from rows of theirs: {versions}.")),
        ("retired", N_("Versions taken out of service: {versions}.")),
        ("untraced", N_("Versions of which nobody can tell: {versions}.")),
    ):
        if receipt[name]:
            output.say(sentence, versions=", ".join(f"v{number}" for number in receipt[name]))
    for pending in receipt["pending"]:
        remedy = pending["remedy"]
        output.note(N_("Still to do: {what}"), what=translate(language, remedy))
    output.say(receipt["beyond"])
    output.say(N_("The receipt is {path}."), path=receipt["path"])
