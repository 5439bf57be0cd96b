"""
DiscordChatExporter's JSON: a file per channel or thread, with its guild and its messages.

https://github.com/Tyrrrz/DiscordChatExporter (JsonMessageWriter)
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.texts import N_
from store.readers.answered import Answered, to_excerpts
from store.readers.document import Draft, Excerpt, Unreadable
from store.readers.json_values import Fields, Malformed, as_fields, as_list, day_of, id_of, keys_of, parse, text_of
from store.readers.omissions import BAD_MESSAGES, NO_BEGINNING, NOT_BY_PEOPLE, UNANSWERED, Omissions
from store.readers.people import People
from store.readers.threads import Turn, question_and_answer
from store.set_redaction import Redaction

_PUBLIC = frozenset(
    {"GuildTextChat", "GuildNews", "GuildVoiceChat", "GuildStageVoice", "GuildForum", "GuildNewsThread", "GuildPublicThread"}
)
_THREADS = frozenset({"GuildNewsThread", "GuildPublicThread"})
# The message that a thread was opened on stands in the channel; in the thread an empty one stands for it. The exporter writes the
# number of a type that it has no name for: https://docs.discord.com/developers/resources/message#message-object-message-types
_STARTERS = frozenset({"ThreadStarterMessage", "21"})
_PEOPLES_TYPES = frozenset({"Default", "Reply"}) | _STARTERS
_FORMAT_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class _Message:
    message_id: str
    answers: str  # the id of the message that it replies to, or empty
    turn: Turn


def kind_of(beginning: str) -> bool:
    """Tell whether a JSON file that begins with *beginning* is an export of a Discord channel."""
    return beginning.startswith("{") and {"guild", "channel"} <= keys_of(beginning[:_FORMAT_CHARACTERS])


def read_discord(data: bytes, name: str, redaction: Redaction) -> Draft:
    """
    Return an excerpt for each message with replies, and for a thread (or a forum's post) as a whole; `row` is the end of its link.

    Raises:
        Unreadable: The file is damaged or of another shape, or holds direct messages or a private thread.
    """
    channel = _channel(data, name)
    omissions, people = Omissions(), People(_names(channel.raws))
    excerpts: list[Excerpt] = []
    for answered in _answered_in(channel, people, omissions):
        found = to_excerpts(answered, people, redaction) if answered else ()
        omissions.add(UNANSWERED, 0 if found else 1)
        excerpts += found
    title = " > ".join(filter(None, channel.titles))
    return Draft(title=redaction.redact(title, people.detect), excerpts=tuple(excerpts), notes=omissions.notes)


def answered_messages(data: bytes, name: str, omissions: Omissions) -> Iterator[tuple[Answered, People]]:
    """
    Give what `read_discord` makes excerpts of as people wrote it, with their names.

    Raises:
        Unreadable: As `read_discord`.
    """
    channel = _channel(data, name)
    people = People(_names(channel.raws))
    for answered in _answered_in(channel, people, omissions):
        omissions.add(UNANSWERED, 0 if answered else 1)
        if answered:
            yield answered, people


@dataclass(frozen=True, slots=True)
class _Channel:
    channel_id: str
    kind: str
    titles: list[str]  # of guild, category and channel
    raws: list[object]


def _channel(data: bytes, name: str) -> _Channel:
    try:
        export = as_fields(parse(data, name))
        guild, channel = as_fields(export.get("guild")), as_fields(export.get("channel"))
        kind, channel_id = text_of(channel.get("type")), id_of(channel.get("id"))
        titles = [text_of(guild.get("name")), text_of(channel.get("category")), text_of(channel.get("name"))]
        raws = as_list(export.get("messages"))
    except Malformed as error:
        raise Unreadable(name, N_("its guild, channel or messages are not as DiscordChatExporter writes them")) from error
    if kind not in _PUBLIC:
        raise Unreadable(name, N_("it holds direct messages or a private thread, which are not read"))
    return _Channel(channel_id, kind, titles, raws)


def _answered_in(channel: _Channel, people: People, omissions: Omissions) -> Iterator[Answered | None]:
    subject = channel.titles[-1] if channel.kind in _THREADS else ""
    messages = _messages(channel.raws, subject, omissions)
    for thread in [messages] if subject and messages else _threads(messages, omissions):
        yield _answered(thread, people, channel_id=channel.channel_id, subject=subject)


def _names(raws: list[object]) -> Iterator[str]:
    """Yield what the authors and those whom they mention are called; what is malformed is counted where messages are read."""
    for raw in raws:
        message = raw if isinstance(raw, dict) else {}
        mentions = message.get("mentions")
        for person in (message.get("author"), *(mentions if isinstance(mentions, list) else ())):
            yield from _called(person)


def _called(person: object) -> Iterator[str]:
    if isinstance(person, dict):
        yield from (person[key] for key in ("nickname", "name") if isinstance(person.get(key), str) and person[key])


def _messages(raws: list[object], subject: str, omissions: Omissions) -> list[_Message]:
    """Return what people wrote, oldest first."""
    messages: dict[str, _Message] = {}
    for number, raw in enumerate(raws, 1):
        try:
            message = _message(as_fields(raw), subject)
        except Malformed:
            omissions.add(BAD_MESSAGES, where=f"#{number}")
            continue
        if message is None:
            omissions.add(NOT_BY_PEOPLE)
        elif message.turn.text:
            messages[message.message_id] = message
    return sorted(messages.values(), key=lambda message: int(message.message_id))


def _message(raw: Fields, subject: str) -> _Message | None:
    """Return the message of a person, None for that of a bot or of the service; `Malformed` without author, number or text."""
    kind, author = text_of(raw.get("type")), as_fields(raw.get("author"))
    if kind not in _PEOPLES_TYPES or author.get("isBot") is True:
        return None
    message_id, author_id = id_of(raw.get("id")), id_of(author.get("id"))
    reference = as_fields(raw.get("reference") or {})
    if not re.fullmatch(r"\d{1,20}", message_id) or not author_id:
        raise Malformed
    text = _words(text_of(raw.get("content")), [name for person in as_list(raw.get("mentions")) for name in _called(person)])
    return _Message(
        message_id,
        answers=id_of(reference.get("messageId")) if kind == "Reply" else "",
        turn=Turn(author_id, text or (subject if kind in _STARTERS else ""), day_of(raw.get("timestamp"))),
    )


_CALLS = re.compile(r"@(?:everyone|here)\b|<a?:\w{1,64}:\d{1,20}>|<#\d{1,20}>|<@&\d{1,20}>")
_EMOJI = re.compile(r"(?<![\w:]):[\w~+-]{2,64}:(?![\w:])")


def _words(text: str, mentioned: Sequence[str]) -> str:
    """Return a message as plain words, without whom it addresses at its beginning, and with nothing that calls anybody."""
    names = "|".join(map(re.escape, sorted(mentioned, key=len, reverse=True)))
    address = rf"\A(?:\s*(?:<@!?\d{{1,20}}>{f'|@(?:{names})' if names else ''})[\s,:]*)+"
    plain = _EMOJI.sub("", _CALLS.sub("", re.sub(address, "", text)))
    return re.sub(r"(?<=\S)[ \t]{2,}", " ", plain).strip()


def _threads(messages: Sequence[_Message], omissions: Omissions) -> Iterable[list[_Message]]:
    """Return each message that is no reply with the replies to it, and to these."""
    threads: dict[str, list[_Message]] = {}
    first: dict[str, str] = {}
    for message in messages:
        root = first.get(message.answers) if message.answers else message.message_id
        first[message.message_id] = root or message.message_id
        if root is None:
            omissions.add(NO_BEGINNING)
        threads.setdefault(first[message.message_id], []).append(message)
    return [thread for thread in threads.values() if not thread[0].answers]


def _answered(thread: Sequence[_Message], people: People, *, channel_id: str, subject: str) -> Answered | None:
    found = question_and_answer([message.turn for message in thread], people)
    if not found:
        return None
    question = found[0] if found[0].startswith(subject) else f"{subject}\n{found[0]}"
    return Answered(question, found[1], day=found[2], row=f"{channel_id}/{thread[0].message_id}")
