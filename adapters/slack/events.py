"""Slack's payloads as our types: what was heard, which reactions and clicks count. Pure translation; what does not concern us is None."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

from adapters.slack.address import Address, FileRef, read_files_of
from bot.messages import Incoming, Place, RatingValue, Surface

# A message of any other subtype is an edit, a deletion, a join, a bot's. https://docs.slack.dev/reference/events/message
_SPOKEN: Final = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_THUMBS: Final[dict[str, RatingValue]] = {"+1": "up", "thumbsup": "up", "-1": "down", "thumbsdown": "down"}
_TS = re.compile(r"\d{1,11}\.\d{1,9}")
_CLICK = re.compile(r"(?P<value>up|down):(?P<exchange>\w{1,26})")
# <@U1>, <@U1|ana>, <#C1|general>, <!here>, <!subteam^S1|@team>, <https://a.b|label>, <mailto:a@b.c|a@b.c>
_MARKUP = re.compile(r"<(?P<target>[^\s<>|][^<>|\n]{0,4000})(?:\|(?P<label>[^<>\n]{0,4000}))?>")

# What is read of an event, or of the messages in one that tells of a change.
_TEXTS: Final = (
    "type",
    "subtype",
    "user",
    "channel",
    "channel_type",
    "ts",
    "thread_ts",
    "deleted_ts",
    "text",
    "reaction",
    "team",
    "user_team",
)
_PARTS: Final = ("edited", "item", "tokens")
# Slack spells every emoji, those of its own and those of a workspace: :tada:, :+1::skin-tone-2:
_EMOJI = re.compile(r":[^\s:]{1,100}:")


@dataclass(frozen=True, slots=True)
class Bot:
    """Who we are in a workspace; `organisation` is the enterprise in all of whose workspaces we are, else empty."""

    team: str
    user: str
    bot_id: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack tells of a person: BCP 47 locale and names, empty where it does not tell."""

    locale: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an answer goes: `team` and `user` are the asker's (empty where no longer known), `asked_ts` their message."""

    channel: str
    thread_ts: str
    asked_ts: str
    team: str = ""
    user: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """
    A message from a person. Surface `thread` concerns us only where we take part in the conversation.

    `channel_type` is what Slack says of the channel (channel, group, im, mpim), empty where it says nothing.
    """

    text: str
    user: str
    user_team: str
    team: str
    channel: str
    ts: str
    thread_ts: str
    event_id: str
    surface: Surface
    files: tuple[FileRef, ...] = ()
    organisation: str = ""
    channel_type: str = ""

    @property
    def conversation_id(self) -> str:
        """The thread's id in the ledger."""
        return f"slack:{self.team}:{self.channel}:{self.thread_ts}"

    @property
    def in_thread(self) -> bool:
        """Whether it was said beneath another message."""
        return self.thread_ts != self.ts

    @property
    def message_key(self) -> str:
        """The message's key: a mention also arrives as a channel message under another event id."""
        return f"slack:message:{self.team}:{self.channel}:{self.ts}"

    def incoming(self, person: Person, *, private: bool, conversation_id: str = "", groups: frozenset[str] = frozenset()) -> Incoming:
        """
        Return it as the engine takes it.

        Args:
            person: Who wrote it.
            private: Whether only those let in read along in its channel.
            conversation_id: That of a conversation which began elsewhere than in its thread.
            groups: The person's user groups.
        """
        return Incoming(
            text=self.text,
            person=self.user,
            place=Place("slack", self.surface, conversation_id or self.conversation_id, self.team, self.channel, private=private),
            keys=(f"slack:event:{self.event_id}", self.message_key),
            received_at=_moment(self.ts),
            locale=person.locale,
            names=person.names,
            message_ref=self.ts,
            groups=groups,
            address=Address(self.user, self.user_team, self.files, self.organisation).to_text(),
        )

    def spot(self, person: Person) -> Spot:
        """Return where its answer goes."""
        return Spot(self.channel, self.thread_ts, self.ts, self.user_team, self.user, person.locale)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A thumb put on a message, or taken away."""

    user: str
    channel: str
    message_ts: str
    value: RatingValue
    added: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Edited:
    """A message whose author changed its words, or (None) took it away."""

    channel: str
    ts: str
    user: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person's wish that what is written in a thread should end."""

    channel: str
    thread_ts: str
    user: str


@dataclass(frozen=True, slots=True)
class Click:
    """A click on a rating button."""

    user: str
    channel: str
    thread_ts: str
    exchange_id: str
    value: RatingValue
    at: datetime


def is_event(event: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether *event* has the shape that the functions here take for granted; what Slack sends has it."""
    if not isinstance(event, dict):
        return False
    texts, parts = (event.get(name) for name in _TEXTS), [event.get(name) for name in _PARTS]
    messages = (event.get("message"), event.get("previous_message"))
    return (
        all(text is None or isinstance(text, str) for text in texts)
        and all(part is None or isinstance(part, dict) for part in parts)
        and all(message is None or is_event(message) for message in messages)
    )


def hear(payload: dict[str, Any], bot: Bot) -> Heard | None:
    """Return the message in an `app_mention` or `message` event, None where it is not a person's or not for us."""
    event = payload.get("event") or {}
    user, text, ts = event.get("user") or "", event.get("text") or "", str(event.get("ts") or "")
    if _is_own(event, bot) or not user or event.get("subtype") not in _SPOKEN or not _TS.fullmatch(ts) or not event.get("channel"):
        return None
    mentioned = event.get("type") == "app_mention" or f"<@{bot.user}>" in text or f"<@{bot.user}|" in text
    thread_ts = str(event.get("thread_ts") or ts)
    surface = _surface(direct=event.get("channel_type") == "im", mentioned=mentioned, reply=thread_ts != ts)
    if surface is None:
        return None
    team = payload.get("team_id") or event.get("team") or bot.team
    return Heard(
        text=plain(text, bot),
        user=user,
        user_team=event.get("user_team") or event.get("team") or team,
        team=team,
        channel=event["channel"],
        ts=ts,
        thread_ts=thread_ts,
        event_id=payload.get("event_id") or f"{team}:{event['channel']}:{ts}",
        surface=surface,
        files=read_files_of(event),
        organisation=bot.organisation,
        channel_type=event.get("channel_type") or "",
    )


def read_edit(payload: dict[str, Any], bot: Bot) -> Edited | None:
    """Return what a `message_changed` or `message_deleted` event did to a person's words; None where it did nothing to them."""
    event = payload.get("event") or {}
    before, now = event.get("previous_message") or {}, event.get("message") or {}
    channel = event.get("channel") or ""
    if event.get("subtype") == "message_deleted":
        ts = str(event.get("deleted_ts") or before.get("ts") or "")
        return Edited(channel, ts, before.get("user") or "", None) if channel and _TS.fullmatch(ts) and not _is_own(before, bot) else None
    if event.get("subtype") != "message_changed" or not channel or _is_own(now, bot):
        return None
    ts, user = str(now.get("ts") or ""), now.get("user") or ""
    if now.get("subtype") == "tombstone":  # a deleted message that others answered
        return Edited(channel, ts, before.get("user") or user, None)
    # Links being unfurled, replies being counted and pins arrive as changes, too.
    if not (now.get("edited") or {}).get("user") == user != "" or now.get("text") == before.get("text"):
        return None
    return Edited(channel, ts, user, plain(now.get("text") or "", bot))


def read_stop(payload: dict[str, Any]) -> Stopped | None:
    """Return the wish in an `agent_session_stopped` event, None where it names no thread."""
    event = payload.get("event") or {}
    channel, thread_ts, user = event.get("channel"), event.get("thread_ts"), event.get("user")
    return Stopped(str(channel), str(thread_ts), str(user)) if channel and thread_ts and user else None


def read_reaction(payload: dict[str, Any]) -> Reaction | None:
    """Return the thumb in a `reaction_added` or `reaction_removed` event, None where it is another emoji or not on a message."""
    event = payload.get("event") or {}
    value, item = thumb(event.get("reaction") or ""), event.get("item") or {}
    if value is None or item.get("type") != "message" or not event.get("user"):
        return None
    added, at = event.get("type") == "reaction_added", _moment(event.get("event_ts"))
    return Reaction(event["user"], item.get("channel") or "", item.get("ts") or "", value, added, at)


def thumb(name: str) -> RatingValue | None:
    """Return what a reaction called *name* says: `+1`, `-1`, their old names, any skin tone (`+1::skin-tone-2`)."""
    return _THUMBS.get(name.partition("::")[0])


def read_click(payload: dict[str, Any]) -> Click | None:
    """Return the vote in a `block_actions` payload, None where its value is not one of ours."""
    actions = payload.get("actions") or [{}]
    found = _CLICK.fullmatch(str(actions[0].get("value") or ""))
    container, user = payload.get("container") or {}, (payload.get("user") or {}).get("id")
    if found is None or not user:
        return None
    thread_ts = container.get("thread_ts") or (payload.get("message") or {}).get("thread_ts") or container.get("message_ts") or ""
    value: RatingValue = "up" if found["value"] == "up" else "down"
    return Click(user, container.get("channel_id") or "", thread_ts, found["exchange"], value, _moment(actions[0].get("action_ts")))


def plain(text: str, bot: Bot) -> str:
    """
    Return a message's mrkdwn as a person reads it.

    Our own mention is cut out; other people become `[PERSON_1]`, `[PERSON_2]` …, so that no id or name of theirs is kept. Emoji
    are spelled out, and of a message that says nothing besides they are left out: their names are no words of the person's.
    """
    people: dict[str, str] = {}

    def shown(found: re.Match[str]) -> str:
        target, label = found["target"], found["label"] or ""
        match target[0]:
            case "@":
                return "" if target[1:] == bot.user else people.setdefault(target, f"[PERSON_{len(people) + 1}]")
            case "#":
                return f"#{label or 'channel'}"
            case "!":
                return label or f"@{target[1:].partition('^')[0]}"
        address = target.removeprefix("mailto:").removeprefix("tel:")
        return address if label in ("", address) else f"{label} ({address})"

    said = html.unescape(_MARKUP.sub(shown, text)).strip()
    bare = _EMOJI.sub("", said)
    return said if any(map(str.isalnum, bare)) else bare.strip()


def is_complete(message: dict[str, Any], exchange_id: str) -> bool:
    """Tell whether a message of ours has the rating buttons of an answer, which come with its end."""
    elements = (element for block in message.get("blocks") or () for element in block.get("elements") or ())
    return any(str((each.get("positive_button") or {}).get("value")) == f"up:{exchange_id}" for each in elements)


def place_spot(conversation_id: str, asked_ts: str, locale: str) -> Spot:
    """Return where the answer to a question goes whose event is long past."""
    _, _, channel, thread_ts = conversation_id.split(":", 3)
    return Spot(channel, thread_ts, asked_ts, locale=locale)


def _is_own(message: dict[str, Any], bot: Bot) -> bool:
    return message.get("user") == bot.user or bool(message.get("bot_id"))


def _surface(*, direct: bool, mentioned: bool, reply: bool) -> Surface | None:
    if direct:
        return "direct_message"
    if mentioned:
        return "mention"
    return "thread" if reply else None


def _moment(ts: object) -> datetime:
    """Return the moment of a Slack timestamp, the present where it is none."""
    return datetime.fromtimestamp(float(str(ts)), UTC) if _TS.fullmatch(str(ts)) else datetime.now(UTC)
