"""`aprendiz gaps`: what people ask and the material does not answer."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from adapters.json_fields import source_name
from bot.messages import Audience, Passage, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.settings import Settings
    from store.gaps import Gap

_CLOSEST = 3
_TELLING = 3  # questions, before one half has more of them than by chance


@dataclass(frozen=True, slots=True)
class _Wish:
    viewer: Viewer
    since: datetime | None
    limit: int


@click.command("gaps", short_help="See which questions the material does not answer.")
@audience_option
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Also what was asked there, such as channel:slack:C0123.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was asked from that day on (UTC).")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most this many topics, the largest first.")
@json_option
@pass_session
def command(
    session: Session, audience: Audience | None, scopes: tuple[str, ...], since: datetime | None, limit: int, as_json: bool
) -> None:
    """
    Group declined and down-voted questions into topics, and name the material that comes closest to each.

    Questions are shown as they were kept, without personal data. Those that an expert has answered since are left out; private
    conversations show with their own --scope alone.
    """
    wish = _Wish(Viewer(audience or "employees", scopes), since.replace(tzinfo=UTC) if since else None, limit)
    output = session.output(as_json=as_json)
    found = asyncio.run(_find(session.settings, wish, output))
    if as_json:
        for gap, closest in found:
            output.emit(_fields(gap, closest))
    elif found:
        for gap, closest in found:
            _write(gap, closest, output)
    else:
        output.say(N_("Nothing was left unanswered."))


async def _find(settings: "Settings", wish: _Wish, output: "Output") -> list[tuple["Gap", tuple[Passage, ...]]]:
    from adapters.cli.assistant import open_searcher
    from adapters.compose import open_records
    from store.gaps import find_gaps

    async with open_records(settings) as records:
        with output.progress(N_("Grouping questions")):
            gaps = (await find_gaps(records.database, records.encoder, wish.viewer, since=wish.since))[: wish.limit]
    if not gaps:
        return []
    async with open_searcher(settings) as searcher:
        return [(gap, await searcher.search(gap.examples[0], viewer=wish.viewer, limit=_CLOSEST)) for gap in gaps]


def _fields(gap: "Gap", closest: tuple[Passage, ...]) -> dict[str, Any]:
    return {
        "topic": gap.topic,
        "count": len(gap.questions),
        "declined": gap.declined,
        "down": len(gap.questions) - gap.declined,
        "earlier": gap.earlier,
        "later": gap.later,
        "examples": list(gap.examples),
        "closest": [{"title": each.title, "source": each.source, "score": round(each.score, 4)} for each in closest],
        "questions": [asdict(each) | {"asked_at": each.asked_at.isoformat()} for each in gap.questions],
    }


def _write(gap: "Gap", closest: tuple[Passage, ...], output: "Output") -> None:
    counts = N_("Questions: {count} ({declined} without an answer, {down} with a bad one); {trend}")
    down = len(gap.questions) - gap.declined
    output.piece(f"{gap.topic}\n", style="bold")
    output.say(counts, count=len(gap.questions), declined=gap.declined, down=down, trend=translate(output.language, _trend(gap)))
    for example in gap.examples:
        output.piece(f"  · {example}\n")
    titles = dict.fromkeys(f"{source_name(each.title, each.source)} ({each.score:.2f})" for each in closest)
    output.say(N_("Closest material: {titles}"), style="cyan", titles=", ".join(titles) or "–")
    output.piece("\n")


def _trend(gap: "Gap") -> str:
    if len(gap.questions) < _TELLING:
        return N_("too few to tell a trend")
    if gap.later > gap.earlier:
        return N_("asked more of late")
    return N_("asked less of late") if gap.later < gap.earlier else N_("asked as often as before")
