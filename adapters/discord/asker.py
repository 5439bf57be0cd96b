"""Who asked and with which files: kept sealed by the ledger, so that a question taken up after a restart is answered like any other."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import discord

_MOST_FILES: Final = 20  # more than any setting lets us read


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that came with a question: its name, where Discord keeps it, its size and media type as Discord tells them."""

    name: str
    url: str
    size_bytes: int
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """
    What `Incoming.address` holds on Discord: the raw id of the person who waits for the answer, and the question's files.

    `token` is that of the command that asked, for the 15 minutes that it lives; empty elsewhere.
    """

    user: str
    files: tuple[FileRef, ...] = ()
    token: str = ""

    def to_text(self) -> str:
        """Return the form in which the ledger keeps it."""
        files = [{"name": file.name, "url": file.url, "size": file.size_bytes, "type": file.media_type} for file in self.files]
        return json.dumps({"user": self.user, "attachments": files, "token": self.token})

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Return what *text* holds, None where it is empty: forgotten by age, or sealed with a key that is lost."""
        if not text:
            return None
        kept = json.loads(text)
        files = tuple(FileRef(each["name"], each["url"], each["size"], each["type"]) for each in kept["attachments"])
        return cls(kept["user"], files, kept["token"])


def file_refs(attachments: Sequence[discord.Attachment]) -> tuple[FileRef, ...]:
    """Return the files of a message or command, at most 20."""
    return tuple(FileRef(each.filename, each.url, each.size, each.content_type or "") for each in attachments[:_MOST_FILES])
