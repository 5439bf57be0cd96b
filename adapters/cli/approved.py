"""`aprendiz approved`: the answers that experts stand for."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from adapters.cli.operator import operator_name
from adapters.cli.session import Session, audience_option, json_option, pass_session
from adapters.json_fields import expert_name, shortened
from bot.errors import EmptyQuestion, QuestionTooLong, Refused
from bot.messages import Audience, Reach
from bot.texts import N_

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.output import Output
    from adapters.compose import Records
    from bot.messages import Approved
    from store.approvals import Conflict, Listing, State

    Opening = AbstractAsyncContextManager[Records]

_DATE = click.DateTime(formats=["%Y-%m-%d"])
_LONGEST_NAME = 64
_TOO_FAR = 9000  # a year so near the last that calendars know, 9999, would overflow in some time zone or database


@click.group("approved", short_help="Look at approved answers, write and retire them.")
def command() -> None:
    """List, write, limit, widen and revoke the answers that are served word for word, and find those that contradict each other."""


@command.command("list")
@click.option(
    "--state",
    type=click.Choice(["served", "expired", "revoked", "all"]),
    default="served",
    show_default=True,
    help="Which ones.",
)
@json_option
@pass_session
def list_(session: Session, state: str, as_json: bool) -> None:
    """List approved answers, newest first."""
    output = session.output(as_json=as_json)
    found = asyncio.run(_list(session.records(), state))
    if as_json:
        for listing in found:
            output.emit(_fields(listing))
    elif found:
        output.table((N_("Id"), N_("Approved"), N_("For"), N_("State"), N_("Question")), (_row(each, session) for each in found))
    else:
        output.say(N_("There is no approved answer of that kind; aprendiz approved add writes one."))


async def _list(opening: "Opening", state: str) -> Sequence["Listing"]:
    async with opening as records:
        wanted: dict[str, State | None] = {"served": "served", "expired": "expired", "revoked": "revoked", "all": None}
        return await records.approvals.listed(state=wanted[state])


@command.command("show")
@click.argument("approved_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, approved_id: str, as_json: bool) -> None:
    """Show one with its answer, whom it is for and who approved it."""
    output = session.output(as_json=as_json)
    listing = asyncio.run(_show(session.records(), approved_id))
    if as_json:
        output.emit(_fields(listing))
        return
    answer = listing.answer
    output.piece(f"{answer.question}\n", style="bold")
    output.piece(f"{answer.answer}\n\n")
    approved_at = f"{_here(answer.approved_at, session):%Y-%m-%d %H:%M}"
    expires = _day_before(answer.expires_at, session) if answer.expires_at else "–"
    output.facts(
        [
            (N_("State"), listing.state),
            (N_("For"), _reach(answer)),
            (N_("Approved"), " · ".join(filter(None, (approved_at, expert_name(answer.author))))),
            (N_("Last day"), expires),
            (N_("Corrected in"), listing.exchange_id or "–"),
        ]
    )


async def _show(opening: "Opening", approved_id: str) -> "Listing":
    async with opening as records:
        return await records.approvals.show(approved_id)


@command.command("add")
@click.option("--question", required=True, help="In the words people ask with; personal data in it is redacted, as in any question.")
@click.option("--answer", required=True, help="Served word for word.")
@audience_option
@click.option("--scope", default="", metavar="SCOPE", help="Only for channel:slack:C0123, guild:discord:999 or group:NAME.")
@click.option("--expires", type=_DATE, metavar="DATE", help="The last day it is served, such as 2026-12-31.")
@click.option("--by", "name", default="", metavar="NAME", help="Who stands for it, shown beneath the answer.")
@json_option
@pass_session
def add(  # noqa: PLR0913, PLR0917  # click gives one for each option
    session: Session,
    question: str,
    answer: str,
    audience: Audience | None,
    scope: str,
    expires: datetime | None,
    name: str,
    as_json: bool,
) -> None:
    """Write an approved answer; it is served at once."""
    output = session.output(as_json=as_json)
    reach = Reach(audience or "employees", *session.scopes([scope] if scope else []))
    end = _end_of(expires, session) if expires else None
    approved_id, conflicts = asyncio.run(_add(session.records(), (question, answer), reach, end, checked_name(name), output))
    if as_json:
        output.emit({"approved_id": approved_id, "conflicts": conflicts})
    output.say(N_("Answer {id} is served from now on."), id=approved_id)


async def _add(
    opening: "Opening", written: tuple[str, str], reach: Reach, end: datetime | None, name: str, output: "Output"
) -> tuple[str, list[str]]:
    from adapters.cli.assistant import follow
    from bot.policy import clean
    from store.approvals import new_answer
    from store.language import identify

    answer = clean(written[1])
    if not answer:
        raise Refused.told(N_("--answer says nothing; write what people are told"))
    now = datetime.now(UTC)
    if end is not None and end <= now:
        raise Refused.told(N_("--expires is a day that has passed; name today or a later one"))
    async with opening as records:
        question = _asked(written[0], records.settings.policy.max_question_characters)
        author = name or records.pseudonyms.of("cli", await operator_name())
        new = new_answer(
            await asyncio.to_thread(records.redactor.redact, question), answer, reach=reach, author=author, at=now, expires_at=end
        )
        await records.approvals.add(new, language=await asyncio.to_thread(identify, question))
        conflicts = await records.approvals.conflicts(new.approved_id)
    await follow(records.settings, output)
    return new.approved_id, tell_conflicts(conflicts, new.approved_id, output)


def _asked(question: str, limit: int) -> str:
    """Return the cleaned *question*; one that nobody may ask is refused."""
    from bot.policy import clean_question

    try:
        return clean_question(question, limit=limit)
    except EmptyQuestion as error:
        raise Refused.told(N_("--question says nothing; write what people ask")) from error
    except QuestionTooLong as error:
        text = N_("--question has {length} characters; people may ask at most {limit} (policy.max_question_characters)")
        raise Refused.told(text, length=error.fields["length"], limit=limit) from error


@command.command("revoke")
@click.argument("approved_id", metavar="ID")
@json_option
@pass_session
def revoke(session: Session, approved_id: str, as_json: bool) -> None:
    """Serve an answer no longer, from now on."""
    _change(session, approved_id, lambda records: records.approvals.revoke(approved_id), as_json=as_json)


@command.command("expire")
@click.argument("approved_id", metavar="ID")
@click.option("--on", "last", type=_DATE, metavar="DATE", help="The last day it is served, such as 2026-12-31.")
@click.option("--never", is_flag=True, help="Serve it until it is revoked.")
@json_option
@pass_session
def expire(session: Session, approved_id: str, last: datetime | None, never: bool, as_json: bool) -> None:
    """Say until when an answer holds; one that has expired is served again."""
    if (last is None) != never:
        raise click.UsageError("Give --on DATE or --never, one of the two.")
    end = _end_of(last, session) if last else None
    _change(session, approved_id, lambda records: records.approvals.expire(approved_id, end), as_json=as_json)


@command.command("widen")
@click.argument("approved_id", metavar="ID")
@audience_option
@click.option("--any-scope", is_flag=True, help="For all of its audience, not for those of its scope alone.")
@json_option
@pass_session
def widen(session: Session, approved_id: str, audience: Audience | None, any_scope: bool, as_json: bool) -> None:
    """Let more people have an answer."""
    if audience is None and not any_scope:
        raise click.UsageError("Give --audience, --any-scope or both.")
    _change(
        session, approved_id, lambda records: records.approvals.widen(approved_id, audience=audience, any_scope=any_scope), as_json=as_json
    )


def _change(session: Session, approved_id: str, work: "Callable[[Records], Coroutine[Any, Any, None]]", *, as_json: bool) -> None:
    """Do *work*, and show what the answer is like then."""
    output = session.output(as_json=as_json)
    listing = asyncio.run(_changed(session.records(), approved_id, work, output))
    if as_json:
        output.emit(_fields(listing))
    match listing.state:
        case "served":
            end = listing.answer.expires_at
            output.say(N_("Answer {id} is served to: {whom}."), id=approved_id, whom=_reach(listing.answer))
            if end:
                output.say(N_("Its last day is {date}."), date=_day_before(end, session))
        case "revoked" | "expired":
            output.say(N_("Answer {id} is not served any more."), id=approved_id)


async def _changed(
    opening: "Opening", approved_id: str, work: "Callable[[Records], Coroutine[Any, Any, None]]", output: "Output"
) -> "Listing":
    from adapters.cli.assistant import follow

    async with opening as records:
        await work(records)
        listing = await records.approvals.show(approved_id)
    await follow(records.settings, output)
    return listing


@command.command("conflicts")
@json_option
@pass_session
def conflicts(session: Session, as_json: bool) -> None:
    """Find approved answers to one question that say different things."""
    output = session.output(as_json=as_json)
    found = asyncio.run(_conflicts(session.records()))
    if as_json:
        for conflict in found:
            output.emit({"one": _answer_fields(conflict.one), "other": _answer_fields(conflict.other)})
    elif found:
        output.table(
            (N_("Id"), N_("For"), N_("Question"), N_("Answer")),
            (
                (each.approved_id, _reach(each), shortened(each.question), each.answer)
                for found_ in found
                for each in (found_.one, found_.other)
            ),
        )
    else:
        output.say(N_("No approved answers contradict each other."))


async def _conflicts(opening: "Opening") -> Sequence["Conflict"]:
    async with opening as records:
        return await records.approvals.conflicts()


def tell_conflicts(found: "Sequence[Conflict]", approved_id: str, output: "Output") -> list[str]:
    """Note on standard error which other approved answers *approved_id* contradicts; return their ids."""
    others = [conflict.other if conflict.one.approved_id == approved_id else conflict.one for conflict in found]
    for other in others:
        output.note(
            N_("It contradicts the approved answer {id} to “{question}”: {answer} One of them should go: aprendiz approved revoke ID."),
            id=other.approved_id,
            question=shortened(other.question),
            answer=other.answer,
        )
    return [other.approved_id for other in others]


def checked_name(name: str) -> str:
    """
    Return the name under which an answer is shown.

    Raises:
        Refused: It has more than 64 characters.
    """
    from bot.policy import clean

    cleaned = clean(name)
    if len(cleaned) > _LONGEST_NAME:
        raise Refused.told(N_("--by has {length} characters; a name has at most {limit}"), length=len(cleaned), limit=_LONGEST_NAME)
    return cleaned


def _row(listing: "Listing", session: Session) -> tuple[str, ...]:
    answer = listing.answer
    approved_at = f"{_here(answer.approved_at, session):%Y-%m-%d}"
    return answer.approved_id, approved_at, _reach(answer), listing.state, shortened(answer.question)


def _reach(answer: "Approved") -> str:
    return " · ".join(filter(None, (answer.audience, answer.scope)))


def _fields(listing: "Listing") -> dict[str, Any]:
    return {
        **_answer_fields(listing.answer),
        "language": listing.language,
        "exchange_id": listing.exchange_id,
        "revoked_at": listing.revoked_at.isoformat() if listing.revoked_at else None,
        "state": listing.state,
    }


def _answer_fields(answer: "Approved") -> dict[str, Any]:
    return {
        "approved_id": answer.approved_id,
        "question": answer.question,
        "answer": answer.answer,
        "audience": answer.audience,
        "scope": answer.scope,
        "approved_by": expert_name(answer.author),
        "approved_at": answer.approved_at.isoformat(),
        "expires_at": answer.expires_at.isoformat() if answer.expires_at else None,
    }


def _end_of(day: datetime, session: Session) -> datetime:
    """Return the moment at which *day* ends where the operator is; one that calendars hardly know is refused."""
    if day.year >= _TOO_FAR:
        text = N_("{day:%Y-%m-%d} is too far ahead; name a last day before the year {year}, or none")
        raise Refused.told(text, day=day, year=_TOO_FAR)
    return (day.replace(tzinfo=ZoneInfo(session.settings.timezone)) + timedelta(days=1)).astimezone(UTC)


def _day_before(end: datetime, session: Session) -> str:
    """Return the last day before *end* where the operator is."""
    return f"{_here(end, session) - timedelta(seconds=1):%Y-%m-%d}"


def _here(moment: datetime, session: Session) -> datetime:
    """Return *moment* as clocks say it where the operator is."""
    return moment.astimezone(ZoneInfo(session.settings.timezone))
