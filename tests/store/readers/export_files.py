"""The sample exports, and archives made of them."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from store.readers.document import Document, Excerpt
from store.readers.read import read_document

EXPORTS = Path(__file__).parents[2] / "data" / "exports"


def pack(files: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive of *files*."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def slack_files(folder: str = "") -> dict[str, bytes]:
    """Return the files of the sample Slack export, within *folder*."""
    root = EXPORTS / "slack"
    return {folder + path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.json"))}


def slack_export(messages: object, users: object = ()) -> bytes:
    """Return a Slack export whose one public channel, "help", has *messages* in one day."""
    return pack(
        {
            "channels.json": json.dumps([{"id": "C1", "name": "help"}]),
            "users.json": json.dumps(users),
            "help/2026-01-02.json": json.dumps(messages),
        }
    )


def sample(name: str) -> Document:
    """Return the document in the sample file *name*; "slack" is packed first."""
    return read_document(pack(slack_files()), "slack.zip") if name == "slack" else read_document((EXPORTS / name).read_bytes(), name)


def told(excerpts: tuple[Excerpt, ...]) -> list[tuple[str, str]]:
    """Return the questions and answers of *excerpts*."""
    return [(excerpt.question, excerpt.text) for excerpt in excerpts]


def noted(document: Any) -> dict[str, int]:
    """Return how many were left out, by the beginning of the reason."""
    return {note.reason.split(",")[0].split(":")[0]: note.count for note in document.notes}
