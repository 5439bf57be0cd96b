"""Where the answer to `/ask` goes: a thread in the person's direct messages, under a message of ours that quotes the question."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from adapters.slack.address import Address
from adapters.slack.blocks import EVENT_TYPE, cut, escape, metadata
from adapters.slack.events import Spot, place_spot
from adapters.slack.faults import SlackRefused, SlackSilent
from adapters.slack.web import SlackWeb
from bot.messages import Place, Question
from bot.ports import Ledger

ROOT_PART: Final = -1  # a post of the exchange, so that a reply in its thread continues the conversation

_QUOTED_CHARACTERS = 1_500
_ATTEMPTS: Final = 3
_PAUSE_S: Final = 1.0
_CLOCK_SKEW: Final = timedelta(minutes=10)


def command_conversation(team: str, trigger_id: str) -> str:
    """Return the conversation that `/ask` begins: the thread it will be has no id yet."""
    return f"slack:{team}:ask:{trigger_id}"


def in_command(place: Place) -> bool:
    """Tell whether the place is in a conversation that `/ask` began."""
    return place.conversation_id.split(":", 3)[2:3] == ["ask"]


async def spot_of(question: Question, message_ref: str, address: Address | None, web: SlackWeb, ledger: Ledger) -> Spot:
    """
    Return where the answer to *question* goes; the root that `/ask` needs is found or posted, once.

    Args:
        question: An accepted question of any surface.
        message_ref: The ts of the asker's message, empty for `/ask`.
        address: Who asked, None where that is no longer known.
        web: The workspace's Web API.
        ledger: Knows what was posted, and notes the root.

    Raises:
        SlackRefused: The person's direct messages cannot be opened or written to.
        SlackBusy, SlackSilent: As every call.
    """
    user, team = (address.user, address.team) if address else ("", "")
    if not in_command(question.place):
        spot = place_spot(question.place.conversation_id, message_ref, question.locale)
        return Spot(spot.channel, spot.thread_ts, spot.asked_ts, team, user, question.locale)
    if question.place.surface == "slash_command":
        channel, root = await _root(question, user, web, ledger)
        return Spot(channel, root, root, team, user, question.locale)
    root = await _thread_of(question.place.channel, message_ref, web)
    return Spot(question.place.channel, root, message_ref, team, user, question.locale)


def root_text(question: str) -> str:
    """Return the message that `/ask` posts in the person's direct messages: their question, quoted."""
    return "\n".join(f"> {line}" for line in escape(cut(question, _QUOTED_CHARACTERS)).splitlines())


async def _root(question: Question, user: str, web: SlackWeb, ledger: Ledger) -> tuple[str, str]:
    exchange_id = question.exchange_id
    posts = {part: (channel, ts) for part, channel, ts in await ledger.posts_of(exchange_id)}
    channel, ts = posts.get(ROOT_PART, ("", ""))
    if ts:
        return channel, ts
    if not user:
        raise SlackRefused("user_not_found")
    channel = await direct_messages(user, web)
    if not await ledger.intend_post(exchange_id, part=ROOT_PART):
        ts = await _find(question, channel, web)
    ts = ts or await _post(question, channel, web)
    await ledger.posted(exchange_id, part=ROOT_PART, channel=channel, message_ref=ts)
    return channel, ts


async def _thread_of(channel: str, ts: str, web: SlackWeb) -> str:
    """Return the thread of a reply, for the conversation that `/ask` began does not name it."""
    answer = await web.call(web.client.conversations_replies(channel=channel, ts=ts, limit=1))
    return next((str(message.get("thread_ts") or message["ts"]) for message in answer["messages"] or []), ts)


async def direct_messages(user: str, web: SlackWeb) -> str:
    """Return the channel of a person's direct messages with us. Raises as `SlackWeb.call`."""
    answer = await web.call(web.client.conversations_open(users=user))
    return str(answer["channel"]["id"])


async def _post(question: Question, channel: str, web: SlackWeb) -> str:
    """Post the root; where Slack's reply is lost, look before trying again."""
    for attempt in range(_ATTEMPTS):
        try:
            answer = await web.call(
                web.client.chat_postMessage(
                    channel=channel,
                    text=root_text(question.text),
                    metadata=metadata(question.exchange_id, ROOT_PART),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            )
        except SlackSilent:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(_PAUSE_S * 2**attempt)
            if found := await _find(question, channel, web):
                return found
        else:
            return str(answer["ts"])
    raise AssertionError("unreachable")


async def _find(question: Question, channel: str, web: SlackWeb) -> str:
    """Return the ts of the root that is there already, empty where there is none."""
    since = (question.asked_at - _CLOCK_SKEW).timestamp()
    answer = await web.call(web.client.conversations_history(channel=channel, oldest=f"{since:.6f}", limit=100, include_all_metadata=True))
    wanted = metadata(question.exchange_id, ROOT_PART)
    return next((str(message["ts"]) for message in answer["messages"] or [] if _carries(message, wanted)), "")


def _carries(message: dict[str, Any], wanted: dict[str, Any]) -> bool:
    carried = message.get("metadata") or {}
    payload = carried.get("event_payload") or {}
    return carried.get("event_type") == EVENT_TYPE and payload == wanted["event_payload"]
