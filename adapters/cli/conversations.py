"""`aprendiz conversations`: look at what was asked, vote on it, and correct it."""

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from adapters.cli.approved import checked_name, tell_conflicts
from adapters.cli.assistant import follow
from adapters.cli.operator import operator_name
from adapters.cli.session import Session, json_option, pass_session
from adapters.json_fields import expert_name, shortened
from bot.errors import EmptyQuestion, QuestionTooLong, Refused, UnknownExchange
from bot.messages import Platform, RatingValue
from bot.ratings import Correction, Rating, VoteReason
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.output import Output
    from adapters.compose import Records
    from bot.messages import Approved
    from store.approvals import Listing
    from store.conversations import Listed, Shown
    from store.costs import Booked

    Opening = AbstractAsyncContextManager[Records]

_Reason = VoteReason | Literal[""]
_REASONS: tuple[VoteReason, ...] = get_args(VoteReason)
_SERVED = N_("The correction is kept and answers this question from now on.")
_OVERTAKEN = N_("The correction is kept, but another one came at the same time and is served in its place.")


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
    output = session.output(as_json=as_json)
    found = asyncio.run(_list(session.records(), limit, rating, platform))
    if as_json:
        for listed in found:
            output.emit(asdict(listed))
    elif found:
        output.table((N_("Id"), N_("Asked"), N_("Where"), N_("Votes"), N_("Question")), [_row(listed, output.language) for listed in found])
    elif rating or platform:
        output.say(N_("No question is of that rating and platform; without --rating and --platform all are listed."))
    else:
        output.say(N_("Nothing was asked yet."))


async def _list(opening: "Opening", limit: int, rating: RatingValue | None, platform: Platform | None) -> tuple["Listed", ...]:
    async with opening as records:
        return await records.ledger.conversations(limit=limit, rating=rating, platform=platform)


def _row(listed: "Listed", language: str) -> tuple[str, ...]:
    votes = " ".join(f"{mark}{count}" for mark, count in (("👍", listed.up), ("👎", listed.down)) if count)
    corrected = " ✎" if listed.corrected else ""
    fixed = f" ✅ {_fixed(listed, language)}" if listed.fixed_in else ""
    asked = listed.asked_at.strftime("%Y-%m-%d %H:%M")
    return listed.exchange_id, asked, listed.platform, votes + corrected + fixed, listed.question or "–"


def _reach(listed: "Listed") -> str:
    return " · ".join(filter(None, (listed.audience, listed.scope)))


def _fixed(listed: "Listed", language: str) -> str:
    return translate(language, "fixed in version {version}", version=listed.fixed_in)


@command.command("show")
@click.argument("exchange_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, exchange_id: str, as_json: bool) -> None:
    """Show one question with its answer, passages, votes and corrections."""
    output = session.output(as_json=as_json)
    shown, costs = asyncio.run(_show(session.records(), exchange_id))
    if shown is None:
        raise _unknown(exchange_id, output)
    if as_json:
        fields = asdict(shown)
        output.emit(fields.pop("listed") | fields | {"costs": [_cost_fields(each) for each in costs]})
    else:
        _write_shown(shown, costs, output)


def _unknown(exchange_id: str, output: "Output") -> UnknownExchange:
    return UnknownExchange(translate(output.language, "There is no exchange {id}; aprendiz conversations list names them.", id=exchange_id))


async def _show(opening: "Opening", exchange_id: str) -> "tuple[Shown | None, Sequence[Booked]]":
    from store.costs import Costs

    async with opening as records:
        return await records.ledger.show(exchange_id), await Costs(records.database).of_exchange(exchange_id)


def _cost_fields(booked: "Booked") -> dict[str, Any]:
    from bot.spending import UNIT

    return asdict(booked) | {"amount": None if booked.amount is None else booked.amount / UNIT}


def _told_cost(booked: "Booked", language: str) -> str:
    from bot.spending import told_amount

    cost = translate(language, N_("unknown")) if booked.amount is None else told_amount(booked.amount, booked.currency)
    estimated = translate(language, N_("estimated")) if booked.estimated else ""
    return " · ".join(filter(None, (cost, booked.model, f"{booked.input_tokens:,} + {booked.output_tokens:,}", estimated)))


def _write_shown(shown: "Shown", costs: "Sequence[Booked]", output: "Output") -> None:
    listed = shown.listed
    output.piece(f"{listed.question or '–'}\n", style="bold")
    output.piece(f"{listed.answer or '–'}\n\n")
    sources = dict.fromkeys(str(passage.get("source", "")) for passage in shown.passages)
    output.facts(
        [
            (N_("Asked"), f"{listed.asked_at:%Y-%m-%d %H:%M:%S} · {listed.platform} · {shown.surface} · {_reach(listed)}"),
            (N_("Status"), " · ".join(filter(None, (listed.status, listed.kind, shown.reason)))),
            (N_("Model"), " + ".join(filter(None, (shown.model, shown.adapter))) or "–"),
            *(((N_("Given again"), repeated),) if (repeated := (shown.generation or {}).get("repeated")) else ()),
            *((N_("Cost"), _told_cost(each, output.language)) for each in costs),
            (N_("Passages"), ", ".join(map(shortened, sources)) or "–"),
            (N_("Rights"), f"{shown.rights_policy} · {shown.consent}"),
            *((N_("Vote"), " · ".join(filter(None, (vote.value, vote.via, vote.reason, vote.comment)))) for vote in shown.votes),
            *((N_("Correction"), correction.answer) for correction in shown.corrections),
            *(((N_("Receipt"), _fixed(listed, output.language)),) if listed.fixed_in else ()),
        ]
    )


@command.command("rate")
@click.argument("exchange_id", metavar="ID")
@click.argument("value", type=click.Choice(["up", "down"]))
@click.option("--reason", "why", default="", help=f"Why a vote is down: {', '.join(_REASONS)}, or a few words of your own.")
@json_option
@pass_session
def rate(session: Session, exchange_id: str, value: RatingValue, why: str, as_json: bool) -> None:
    """Vote on an answer; your last vote counts."""
    output = session.output(as_json=as_json)
    reason, comment = _divide(why)
    asyncio.run(_rate(session.records(), exchange_id, value, (reason, comment), output))
    if as_json:
        output.emit({"exchange_id": exchange_id, "value": value, "reason": reason, "comment": comment})
    output.say(N_("The vote is kept."))


def _divide(why: str) -> tuple[_Reason, str]:
    """Return the reason that *why* names, or `other` with the words themselves."""
    named = next((reason for reason in _REASONS if reason == why.strip().lower()), None)
    return (named, "") if named else ("other", why) if why.strip() else ("", "")


async def _rate(opening: "Opening", exchange_id: str, value: RatingValue, why: tuple[_Reason, str], output: "Output") -> None:
    async with opening as records:
        now = datetime.now(UTC)
        person = await operator_name()
        try:
            await records.feedback.rate(Rating(exchange_id, person, "cli", value, "cli", now, *why))
        except UnknownExchange as error:
            raise _unknown(exchange_id, output) from error
    await follow(records.settings, output)


@command.command("correct")
@click.argument("exchange_id", metavar="ID")
@click.option("--answer", required=True, help="What the answer should have been; served word for word from now on.")
@click.option("--by", "name", default="", metavar="NAME", help="Who stands for it, shown beneath the answer.")
@json_option
@pass_session
def correct(session: Session, exchange_id: str, answer: str, name: str, as_json: bool) -> None:
    """Correct an answer as an expert."""
    output = session.output(as_json=as_json)
    given = Correction(exchange_id, answer, "", "cli", corrected_at=datetime.now(UTC), name=checked_name(name))
    kept, replaced, conflicts = asyncio.run(_correct(session.records(), given, output))
    if as_json:
        told = [{"approved_id": each.approved_id, "answer": each.answer, "approved_by": expert_name(each.author)} for each in replaced]
        output.emit({"exchange_id": exchange_id, "approved_id": kept.answer.approved_id, "replaced": told, "conflicts": conflicts})
    output.say(_SERVED if kept.state == "served" else _OVERTAKEN)


async def _correct(opening: "Opening", given: Correction, output: "Output") -> "tuple[Listing, list[Approved], list[str]]":
    async with opening as records:
        await _check_asked(records, given.exchange_id)
        try:
            approved_id = await records.feedback.correct(replace(given, person=await operator_name()))
        except UnknownExchange as error:
            raise _unknown(given.exchange_id, output) from error
        except EmptyQuestion as error:
            raise Refused("--answer says nothing; write what people are told") from error
        conflicts = await records.approvals.conflicts(approved_id)
        replaced = [listing.answer for listing in await records.approvals.replaced_by(approved_id)]
        kept = await records.approvals.show(approved_id)
    await follow(records.settings, output)
    _tell_replaced(replaced, output)
    return kept, replaced, tell_conflicts(conflicts, approved_id, output)


def _tell_replaced(replaced: "Sequence[Approved]", output: "Output") -> None:
    """Note on standard error which answers are not served any more, and whose they were."""
    by_name = N_("It replaces {name}'s approved answer {id}, which is not served any more: {answer}")
    by_nobody = N_("It replaces the approved answer {id}, which is not served any more: {answer}")
    for each in replaced:
        name = expert_name(each.author)
        output.note(by_name if name else by_nobody, name=name, id=each.approved_id, answer=each.answer)


async def _check_asked(records: "Records", exchange_id: str) -> None:
    """Refuse to correct an answer to what nobody may ask any more, as after an edit or once its words are forgotten."""
    from bot.policy import clean_question

    shown = await records.ledger.show(exchange_id)
    try:
        if shown is not None:
            clean_question(shown.listed.question, limit=records.settings.policy.max_question_characters)
    except (EmptyQuestion, QuestionTooLong) as error:
        raise Refused(
            f"the question of {exchange_id} is empty or too long, so nobody would get the correction; "
            "aprendiz approved add answers one that people ask"
        ) from error
