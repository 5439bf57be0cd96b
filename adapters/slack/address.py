"""What is needed to reach an asker again after a restart, in the form in which the ledger keeps it sealed."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that came with a message: `url` is where Slack serves it to us, `size_bytes` what Slack says of it (0 where it does not)."""

    name: str
    url: str
    size_bytes: int
    mimetype: str


@dataclass(frozen=True, slots=True)
class Address:
    """
    Who asked, by raw ids: the person, their own team (another's in a shared channel), and the files of their message.

    `organisation` is the enterprise for all of whose workspaces the app is installed, empty where it is installed in one.
    """

    user: str
    team: str
    files: tuple[FileRef, ...] = ()
    organisation: str = ""

    def to_text(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_text(text: str) -> "Address | None":
        """Return what `to_text` gave; None where it is nothing of the kind, such as the empty text of an address long forgotten."""
        try:
            return _SHAPE.validate_json(text)
        except ValidationError:
            return None


_SHAPE: Final = TypeAdapter(Address)


def read_files_of(event: dict[str, Any]) -> tuple[FileRef, ...]:
    """Return the files of a message event; one that Slack does not serve (deleted, hidden, kept elsewhere) has an empty `url`."""
    return tuple(_file(each) for each in event.get("files") or () if isinstance(each, dict))


def _file(shared: dict[str, Any]) -> FileRef:
    size = shared.get("size")
    return FileRef(
        name=str(shared.get("name") or shared.get("title") or "?"),
        url=str(shared.get("url_private_download") or shared.get("url_private") or ""),
        size_bytes=size if isinstance(size, int) else 0,
        mimetype=str(shared.get("mimetype") or ""),
    )
