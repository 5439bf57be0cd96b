"""Exports of chats: Slack's archives and Discord's channels, each answered thread as a question and its answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from finetune.importing.items import Found, Item, Refusal, answered
from store.readers import omissions as why
from store.readers.answered import Answered
from store.readers.archive import Archive
from store.readers.discord_export import answered_messages
from store.readers.omissions import Omissions
from store.readers.people import People
from store.readers.slack_export import answered_threads

_REASONS: Final = {
    why.UNANSWERED: "unanswered",
    why.NO_BEGINNING: "no_beginning",
    why.NOT_BY_PEOPLE: "not_by_people",
    why.PRIVATE: "private",
    why.BAD_MESSAGES: "bad_message",
}


def read_slack(archive: Archive) -> Iterator[Found]:
    """
    Give the answered threads of an archive's public channels.

    Raises:
        Unreadable: It is no export of Slack's, or damaged.
    """
    yield from _items(answered_threads(archive, left := Omissions()), archive.name)
    yield from _left_out(left, archive.name)


def read_discord(path: Path) -> Iterator[Found]:
    """
    Give the answered messages of a channel, of which the file is read as a whole.

    Raises:
        Unreadable: It is damaged, or holds direct messages.
    """
    yield from _items(answered_messages(path.read_bytes(), path.name, left := Omissions()), path.name)
    yield from _left_out(left, path.name)


def _items(threads: Iterator[tuple[Answered, People]], file: str) -> Iterator[Found]:
    for thread, people in threads:
        told = (text[span.start : span.end] for text in (thread.question, thread.answer) for span in people.detect(text))
        names = tuple(dict.fromkeys(told))
        yield Item({"file": file, "record": thread.row}, answered(thread.question, thread.answer), names=names)


def _left_out(omissions: Omissions, file: str) -> Iterator[Refusal]:
    for note in omissions.notes:
        origin = {"file": file, "record": note.where} if note.where else {"file": file}
        yield Refusal(origin, _REASONS[note.reason], count=note.count)
