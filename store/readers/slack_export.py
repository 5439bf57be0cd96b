"""
Slack's export archives: channels.json, users.json and a folder per channel with a file per day.

https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports ; messages as in https://docs.slack.dev/reference/events/message
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from bot.texts import N_
from store.readers.answered import Answered, to_excerpts
from store.readers.archive import Archive, printable
from store.readers.document import Draft, Excerpt, Unreadable
from store.readers.json_values import Fields, Malformed, as_fields, as_list, parse, text_of
from store.readers.omissions import BAD_MESSAGES, EMPTY_DAYS, NO_BEGINNING, NOT_BY_PEOPLE, PRIVATE, UNANSWERED, Omissions
from store.readers.people import People
from store.readers.threads import Turn, question_and_answer
from store.set_redaction import Redaction

_CHANNELS = "channels.json"
_PRIVATE_CHANNELS = "groups.json"
_USERS = ("users.json", "org_users.json")  # the latter in exports of a whole organisation
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_PEOPLES_SUBTYPES = frozenset({"", "me_message", "thread_broadcast", "file_share"})
_NOT_PUBLIC = ("is_private", "is_im", "is_mpim", "is_group")
_NAMES = ("real_name", "real_name_normalized", "display_name", "display_name_normalized")


@dataclass(frozen=True, slots=True)
class _Message:
    ts: str
    thread_ts: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class _Members:
    """Who is in a workspace: names by id, and the ids of bots."""

    names: Mapping[str, str]
    bots: frozenset[str]
    people: People


def kind_of(entries: Collection[str]) -> bool:
    """Tell whether an archive with these *entries* is a Slack export, itself or in one folder."""
    return bool(_roots(entries))


def read_slack(archive: Archive, redaction: Redaction) -> Draft:
    """
    Return an excerpt for each answered thread of the public channels, by channel and time; `row` is the end of its link.

    Raises:
        Unreadable: An entry is damaged or of another shape than Slack's.
    """
    omissions = Omissions()
    excerpts: list[Excerpt] = []
    for answered, people in answered_threads(archive, omissions):
        found = to_excerpts(answered, people, redaction)
        omissions.add(UNANSWERED, 0 if found else 1)
        excerpts += found
    return Draft(excerpts=tuple(excerpts), notes=omissions.notes)


def answered_threads(archive: Archive, omissions: Omissions) -> Iterator[tuple[Answered, People]]:
    """
    Give each answered thread of the public channels as people wrote it, with the members' names; a channel at a time is held.

    Raises:
        Unreadable: As `read_slack`.
    """
    channels_entry = _roots(archive.entries)[0]
    folder = str(PurePosixPath(channels_entry).parent)
    members = _members(archive, folder)
    channels = _channels(archive, channels_entry)
    for entry in _named(archive, folder, _PRIVATE_CHANNELS):  # in a whole organisation two channels may have one name
        private = _channels(archive, entry)
        channels = {name: channel_id for name, channel_id in channels.items() if name not in private}
    days = _days(archive.entries, folder)
    omissions.add(PRIVATE, len(days.keys() - channels.keys()))
    for name in sorted(channels.keys() & days.keys()):
        messages = _messages(archive, days[name], members, omissions)
        for answered in _answered(messages, channels[name], members.people, omissions):
            yield answered, members.people


def _roots(entries: Collection[str]) -> list[str]:
    """Return the lists of channels, at the top or in a folder; macOS adds files of its own beside those that it packs."""
    paths = {entry: PurePosixPath(entry) for entry in entries if entry.endswith(_CHANNELS)}
    return [entry for entry, path in paths.items() if path.name == _CHANNELS and len(path.parts) <= 2 and "__MACOSX" not in path.parts]


def _members(archive: Archive, folder: str) -> _Members:
    names: dict[str, str] = {}
    known: set[str] = set()
    bots = {"USLACKBOT"}
    for place, raw in [(entry, raw) for entry in _named(archive, folder, *_USERS) for raw in _list(archive, entry)]:
        try:
            user = as_fields(raw)
            user_id, profile = text_of(user.get("id")), as_fields(user.get("profile") or {})
            called = [name for key in _NAMES for name in (text_of(user.get(key)), text_of(profile.get(key))) if name]
        except Malformed as error:
            raise Unreadable(archive.shown(place), N_("an entry of it is no member as Slack writes them")) from error
        if user.get("is_bot") is True:
            bots.add(user_id)
        else:
            known |= set(called)
            if called and len(called[0]) > 2 and re.search(r"\w", called[0]):  # else the redaction would not find it
                names[user_id] = called[0]
    return _Members(names, frozenset(bots), People(known))


def _named(archive: Archive, folder: str, *names: str) -> list[str]:
    """Return the entries in *folder* with one of *names*."""
    wanted = {PurePosixPath(folder, name) for name in names}
    return [entry for entry in archive.entries if PurePosixPath(entry) in wanted]


def _channels(archive: Archive, entry: str) -> dict[str, str]:
    """Return the ids of the channels in a list, by name, but for those that the list itself calls private."""
    channels: dict[str, str] = {}
    for raw in _list(archive, entry):
        try:
            channel = as_fields(raw)
            name, channel_id = text_of(channel.get("name")), text_of(channel.get("id"))
        except Malformed as error:
            raise Unreadable(archive.shown(entry), N_("an entry of it is no channel as Slack writes them")) from error
        if not any(channel.get(key) for key in _NOT_PUBLIC):
            channels[name] = channel_id
    return channels


def _days(entries: Iterable[str], folder: str) -> dict[str, list[str]]:
    """Return the entries of each channel's days, oldest first."""
    days: dict[str, list[str]] = {}
    for entry in sorted(entries):
        path = PurePosixPath(entry)
        if _DAY.fullmatch(path.name) and str(path.parent.parent) == folder:
            days.setdefault(path.parent.name, []).append(entry)
    return days


def _list(archive: Archive, entry: str) -> list[object]:
    try:
        return as_list(parse(archive.read(entry), archive.shown(entry)))
    except Malformed as error:
        raise Unreadable(archive.shown(entry), N_("it holds no list, so this is no export as Slack writes them")) from error


def _messages(archive: Archive, days: Iterable[str], members: _Members, omissions: Omissions) -> dict[str, _Message]:
    """Return what people wrote in a channel, by time stamp."""
    messages: dict[str, _Message] = {}
    for entry in days:
        if not archive.read(entry).strip():  # a channel whose messages were all deleted, or a copy that broke off
            omissions.add(EMPTY_DAYS, where=_place(entry))
            continue
        for number, raw in enumerate(_list(archive, entry), 1):
            try:
                message = _message(as_fields(raw), members)
            except Malformed:
                omissions.add(BAD_MESSAGES, where=f"{_place(entry)}#{number}")
                continue
            if message is None:
                omissions.add(NOT_BY_PEOPLE)
            elif message.turn.text:
                messages[message.ts] = message
    return messages


def _place(entry: str) -> str:
    return printable("/".join(PurePosixPath(entry).parts[-2:]))


def _message(raw: Fields, members: _Members) -> _Message | None:
    """Return the message of a person, None for that of a bot or of the service; `Malformed` without author, time or text."""
    subtype, author, ts = (text_of(raw.get(key)) for key in ("subtype", "user", "ts"))
    if subtype not in _PEOPLES_SUBTYPES or raw.get("bot_id") or author in members.bots:
        return None
    if not author or not re.fullmatch(r"\d{9,11}\.\d{1,9}", ts):
        raise Malformed
    day = datetime.fromtimestamp(float(ts), UTC).date().isoformat()
    return _Message(ts, text_of(raw.get("thread_ts")), Turn(author, _words(text_of(raw.get("text")), members.names), day))


def _answered(messages: Mapping[str, _Message], channel_id: str, people: People, omissions: Omissions) -> Iterator[Answered]:
    threads: dict[str, list[_Message]] = {}
    for message in sorted(messages.values(), key=lambda message: float(message.ts)):
        threads.setdefault(message.thread_ts or message.ts, []).append(message)
    for ts, thread in threads.items():
        if thread[0].ts != ts:
            omissions.add(NO_BEGINNING)
        elif found := question_and_answer([message.turn for message in thread], people):
            question, answer, day = found
            yield Answered(question, answer, day=day, row=f"{channel_id}/p{ts.replace('.', '')}")
        else:
            omissions.add(UNANSWERED)


# https://docs.slack.dev/messaging/formatting-message-text
_MARKUP = re.compile(r"<([@#!]?)([^<>|\n]{1,2000})(?:\|([^<>\n]{0,2000}))?>")
_ADDRESS = re.compile(r"\A(?:\s*<@[A-Z0-9]{1,24}(?:\|[^<>]{0,100})?>[\s,:]*)+")
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+'-]{1,64}:(?::skin-tone-\d:)?(?![\w:])")


def _words(text: str, names: Mapping[str, str]) -> str:
    """Return a message as plain words: members by name, for redaction to find; links with their address; nothing that calls anybody."""

    def replace(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "@":
            return names.get(target, match[0])
        if sign == "#":
            return f"#{label or target}"
        if sign == "!":
            return (label or "").lstrip("@")
        if target.startswith(("mailto:", "tel:")):
            return match[0]
        return f"{label} ({target})" if label and label not in target else target

    plain = _EMOJI.sub("", _MARKUP.sub(replace, _ADDRESS.sub("", text)))
    return html.unescape(re.sub(r"(?<=\S)[ \t]{2,}", " ", plain)).strip()
