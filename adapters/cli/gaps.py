"""`aprendiz gaps`: what people ask and the material does not answer."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.answered_since import MOST, Since, look_up, newest, since_of
from adapters.cli.session import Session, audience_option, json_option, pass_session, scopes_option
from adapters.cli.wording import shortened
from adapters.json_fields import source_name
from bot.messages import Audience, Passage, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.ports import Searcher
    from bot.settings import Settings
    from store.gaps import Gap

_CLOSEST = 3
_TELLING = 6  # questions: of fewer, all can fall into one half by chance
_SHOWN_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class _Wish:
    viewer: Viewer
    since: datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic with what the material of today makes of it, and what comes closest."""

    gap: "Gap"
    since: Since
    closest: tuple[Passage, ...]


@click.command("gaps", short_help="See which questions the material does not answer.")
@audience_option
@scopes_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was asked from that day on (UTC).")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most this many topics, the largest first.")
@json_option
@pass_session
def command(
    session: Session, audience: Audience | None, scopes: tuple[str, ...], since: datetime | None, limit: int, as_json: bool
) -> None:
    """
    Group declined and down-voted questions into topics, and name the material that comes closest to each.

    Questions are shown as they were kept, without personal data. Those that an expert has answered since are left out, topics that material
    answers by now come last; private conversations show with their own --scope alone.
    """
    wish = _Wish(Viewer(audience or "employees", session.scopes(scopes)), since.replace(tzinfo=UTC) if since else None, limit)
    output = session.output(as_json=as_json)
    found, gaps = asyncio.run(_find(session.settings, wish, output))
    if as_json:
        for topic in found:
            output.emit(_fields(topic, wish.viewer))
    elif found:
        for topic in found:
            _write(topic, wish.viewer, output)
        if len(gaps) > len(found):
            output.say(N_("Topics shown: {shown} of {count}; --limit shows more."), shown=len(found), count=len(gaps))
        questions = sum(len(gap.questions) for gap in gaps)
        if questions > MOST:
            output.say(N_("Of {count} questions the {most} newest were looked up again in today's material."), count=questions, most=MOST)
    elif wish.viewer.audience == "all":
        output.say(N_("Nothing that was asked as all was left unanswered: name --audience employees or --audience customers."))
    else:
        output.say(N_("Nothing was left unanswered."))


async def _find(settings: "Settings", wish: _Wish, output: "Output") -> tuple[list[_Topic], tuple["Gap", ...]]:
    """Return the topics to be shown, those that are answered since last, and all that there are."""
    from adapters.cli.assistant import open_foreseer
    from adapters.compose import open_records
    from store.asked_again import asked_again
    from store.gaps import find_gaps

    async with open_records(settings) as records:
        with output.progress(N_("Grouping questions")):
            gaps = await find_gaps(records.database, records.encoder, wish.viewer, since=wish.since)
        again = await asked_again(records.database, newest(gaps), settings.groups)
    if not gaps:
        return [], ()
    async with open_foreseer(settings) as foreseer:
        with output.progress(N_("Looking them up again")) as progress:
            bases = await look_up(again, foreseer, progress)
        judged = sorted([(gap, since_of(gap, bases)) for gap in gaps], key=lambda pair: pair[1].answered)
        return [_Topic(gap, answered, await _closest(gap, foreseer, wish.viewer)) for gap, answered in judged[: wish.limit]], gaps


async def _closest(gap: "Gap", searcher: "Searcher", viewer: Viewer) -> tuple[Passage, ...]:
    """Return what comes closest to the example that comes closest to anything."""
    found = [await searcher.search(example, viewer=viewer, limit=_CLOSEST) for example in gap.examples]
    return max(found, key=lambda passages: passages[0].score if passages else 0.0)


def _fields(topic: _Topic, viewer: Viewer) -> dict[str, Any]:
    gap = topic.gap
    return {
        "topic": gap.topic,
        "count": len(gap.questions),
        "declined": gap.declined,
        "down": len(gap.questions) - gap.declined,
        "earlier": gap.earlier,
        "later": gap.later,
        "trend": gap.trend,
        "looked_up": topic.since.looked_up,
        "answered_now": len(topic.since.bases),
        "answered_since": topic.since.answered,
        "answered_by": [{"title": each.title, "source": each.source} for each in topic.since.places(viewer)],
        "examples": list(gap.examples),
        "closest": [{"title": each.title, "source": each.source, "score": round(each.score, 4)} for each in topic.closest],
        "questions": [asdict(each) | {"asked_at": each.asked_at.isoformat()} for each in gap.questions],
    }


def _write(topic: _Topic, viewer: Viewer, output: "Output") -> None:
    gap = topic.gap
    output.piece(f"{shortened(gap.topic, _SHOWN_CHARACTERS)}\n", style="bold")
    output.piece("; ".join(filter(None, (_counts(gap, output.language), _trend(gap, output.language)))) + "\n")
    for example in gap.examples:
        output.piece(f"  · {shortened(example, _SHOWN_CHARACTERS)}\n")
    _write_closest(topic.closest, output)
    if topic.since.answered:
        _write_since(topic.since, viewer, output)
    output.piece("\n")


def _write_closest(closest: tuple[Passage, ...], output: "Output") -> None:
    scores: dict[str, float] = {}
    for each in closest:
        scores.setdefault(_place(each), each.score)  # the best of a place comes first
    places = ", ".join(f"{name} ({score:.2f})" for name, score in scores.items())
    output.say(N_("Closest material: {titles}"), style="cyan", titles=places or "–")


def _write_since(answered: Since, viewer: Viewer, output: "Output") -> None:
    titles = ", ".join(_place(each) for each in answered.places(viewer)[:_CLOSEST])
    if titles:
        output.say(N_("Answered since: {titles}"), style="green", titles=titles)
    else:
        output.say(N_("Answered since, by what is limited to a channel, server or group."), style="green")


def _place(passage: Passage) -> str:
    """Return where *passage* stands: its document, and the heading where that says more."""
    name = source_name(passage.title, passage.source)
    heading = "" if name.endswith(passage.heading) else f" › {passage.heading}"
    return shortened(f"{name}{heading}", _SHOWN_CHARACTERS)


def _counts(gap: "Gap", language: str) -> str:
    text = N_("Questions: {count} ({declined} without an answer, {down} with a bad one)")
    return translate(language, text, count=len(gap.questions), declined=gap.declined, down=len(gap.questions) - gap.declined)


def _trend(gap: "Gap", language: str) -> str:
    if gap.trend is None:
        return translate(language, "too few to tell a trend") if len(gap.questions) < _TELLING else ""
    trends = {"more": N_("asked more of late"), "less": N_("asked less of late")}
    return translate(language, trends[gap.trend])
