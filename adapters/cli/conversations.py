"""`aprendiz conversations`: look at what was asked, vote on it, and correct it."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from adapters.cli.output import Output
from adapters.cli.session import Session, json_option, pass_session
from bot.errors import UnknownExchange
from bot.messages import Correction, Platform, Rating, RatingValue
from bot.texts import N_, translate

if TYPE_CHECKING:
    from store.ledger_reading import Listed, Shown


@click.group("conversations", short_help="Look at answers, rate and correct them.")
def command() -> None:
    """List, show, rate and correct what was asked and answered."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most this many, newest first.")
@click.option("--rating", type=click.Choice(["up", "down"]), help="Only those with more such votes than others.")
@click.option("--platform", type=click.Choice(["slack", "discord", "web", "cli"]), help="Only those asked there.")
@json_option
@pass_session
def list_(
    session: Session,
    limit: int,
    rating: RatingValue | None,
    platform: Platform | None,
    as_json: bool,
) -> None:
    """List questions, newest first."""
    asyncio.run(_list(session, limit, rating, platform, session.output(as_json=as_json)))


async def _list(session: Session, limit: int, rating: RatingValue | None, platform: Platform | None, output: Output) -> None:
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        found = await records.ledger.conversations(limit=limit, rating=rating, platform=platform)
    if output.as_json:
        for listed in found:
            output.emit(asdict(listed))
    elif found:
        output.table((N_("Id"), N_("Asked"), N_("Where"), N_("Votes"), N_("Question")), [_row(listed) for listed in found])
    else:
        output.say(N_("Nothing was asked yet."))


def _row(listed: "Listed") -> tuple[str, ...]:
    votes = " ".join(f"{mark}{count}" for mark, count in (("👍", listed.up), ("👎", listed.down)) if count)
    corrected = " ✎" if listed.corrected else ""
    asked = listed.asked_at.strftime("%Y-%m-%d %H:%M")
    return listed.exchange_id, asked, listed.platform, votes + corrected, listed.question


@command.command("show")
@click.argument("exchange_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, exchange_id: str, as_json: bool) -> None:
    """Show one question with its answer, passages, votes and corrections."""
    asyncio.run(_show(session, exchange_id, session.output(as_json=as_json)))


async def _show(session: Session, exchange_id: str, output: Output) -> None:
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        shown = await records.ledger.show(exchange_id)
    if shown is None:
        raise UnknownExchange(
            translate(output.language, "There is no exchange {id}; aprendiz conversations list names them.", id=exchange_id)
        )
    if output.as_json:
        fields = asdict(shown)
        output.emit(fields.pop("listed") | fields)
        return
    _write_shown(shown, output)


def _write_shown(shown: "Shown", output: Output) -> None:
    listed = shown.listed
    output.piece(f"{listed.question}\n", style="bold")
    output.piece(f"{listed.answer or '–'}\n\n")
    sources = dict.fromkeys(str(passage.get("source", "")) for passage in shown.passages)
    output.facts(
        [
            (N_("Asked"), f"{listed.asked_at:%Y-%m-%d %H:%M:%S} · {listed.platform} · {shown.surface} · {listed.audience}"),
            (N_("Status"), " · ".join(filter(None, (listed.status, listed.kind, shown.reason)))),
            (N_("Model"), " + ".join(filter(None, (shown.model, shown.adapter))) or "–"),
            (N_("Passages"), ", ".join(sources) or "–"),
            (N_("Rights"), f"{shown.rights_policy} · {shown.consent}"),
            *((N_("Vote"), " · ".join(filter(None, (vote.value, vote.via, vote.reason)))) for vote in shown.votes),
            *((N_("Correction"), correction.answer) for correction in shown.corrections),
        ]
    )


@command.command("rate")
@click.argument("exchange_id", metavar="ID")
@click.argument("value", type=click.Choice(["up", "down"]))
@click.option("--reason", default="", help="Why, in a few words.")
@json_option
@pass_session
def rate(session: Session, exchange_id: str, value: RatingValue, reason: str, as_json: bool) -> None:
    """Vote on an answer; your last vote counts."""
    asyncio.run(_rate(session, exchange_id, value, reason, session.output(as_json=as_json)))


async def _rate(session: Session, exchange_id: str, value: RatingValue, reason: str, output: Output) -> None:
    from adapters.cli.assistant import follow, operator_name
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        now = datetime.now(UTC)
        person = await operator_name()
        await records.feedback.rate(Rating(exchange_id, person, "cli", value, via="cli", rated_at=now, reason=reason))
    await follow(session.settings, output)
    if output.as_json:
        output.emit({"exchange_id": exchange_id, "value": value, "reason": reason})
    output.say(N_("The vote is kept."))


@command.command("correct")
@click.argument("exchange_id", metavar="ID")
@click.option("--answer", required=True, help="What the answer should have been; served word for word from now on.")
@json_option
@pass_session
def correct(session: Session, exchange_id: str, answer: str, as_json: bool) -> None:
    """Correct an answer as an expert."""
    asyncio.run(_correct(session, exchange_id, answer, session.output(as_json=as_json)))


async def _correct(session: Session, exchange_id: str, answer: str, output: Output) -> None:
    from adapters.cli.assistant import follow, operator_name
    from adapters.compose import open_records

    async with open_records(session.settings) as records:
        now = datetime.now(UTC)
        correction = Correction(exchange_id, answer, await operator_name(), "cli", corrected_at=now)
        approved_id = await records.feedback.correct(correction)
    await follow(session.settings, output)
    if output.as_json:
        output.emit({"exchange_id": exchange_id, "approved_id": approved_id})
    output.say(N_("The correction is kept and answers this question from now on."))
