"""Exports of other systems, chats and tickets: by how the content begins to the reader of its format."""

from collections.abc import Callable
from pathlib import PurePath

from bot.texts import N_
from store.readers import discord_export, freshdesk_export, slack_export, zendesk_export
from store.readers.archive import Archive, printable
from store.readers.document import Draft, Excerpt, Unreadable
from store.readers.json_values import beginning_of
from store.readers.omissions import NESTED, OTHER_FILES, Omissions
from store.set_redaction import Redaction

_JSON = (".json", ".jsonl", ".ndjson")
_ZIP_MARK = b"PK"

_READERS: tuple[tuple[Callable[[str], bool], Callable[[bytes, str, Redaction], Draft]], ...] = (
    (discord_export.kind_of, discord_export.read_discord),
    (freshdesk_export.kind_of, freshdesk_export.read_freshdesk),  # before Zendesk's, whose marks are fewer
    (zendesk_export.kind_of, zendesk_export.read_zendesk),
)


def read_export(data: bytes, name: str, redaction: Redaction) -> Draft | None:
    """
    Return what people asked and answered in an export of Slack, Discord, Zendesk or Freshdesk, without personal data.

    `notes` of the draft say what was left out; a draft without excerpts is an export in which nothing was answered.

    Args:
        data: A JSON file, JSON Lines, or a ZIP archive: Slack's, or one of files of the other formats.
        name: The file's name as people see it; its suffix tells an archive that is damaged at its beginning.
        redaction: As the operator has set it.

    Returns:
        None for JSON of another kind.

    Raises:
        Unreadable: The file is damaged, too large when it is unpacked, or an archive without an export.
    """
    if not data.startswith(_ZIP_MARK) and PurePath(name).suffix.lower() != ".zip":
        return _read_json(data, name, redaction)
    archive = Archive(data, name)
    return slack_export.read_slack(archive, redaction) if slack_export.kind_of(archive.entries) else _read_files(archive, redaction)


def _read_json(data: bytes, name: str, redaction: Redaction) -> Draft | None:
    beginning = beginning_of(data)
    read = next((read for kind_of, read in _READERS if kind_of(beginning)), None)
    return read(data, name, redaction) if read else None


def _read_files(archive: Archive, redaction: Redaction) -> Draft:
    omissions = Omissions()
    excerpts: list[Excerpt] = []
    known = False
    for entry in sorted(archive.entries):
        is_json = PurePath(entry).suffix.lower() in _JSON and "__MACOSX" not in PurePath(entry).parts
        draft = _read_json(archive.read(entry), archive.shown(entry), redaction) if is_json else None
        if draft is None:
            omissions.add(NESTED if PurePath(entry).suffix.lower() == ".zip" else OTHER_FILES, where=printable(entry))
            continue
        known = True
        excerpts += draft.excerpts
        omissions.add_notes(draft.notes)
    if not known:
        error = Unreadable(archive.name, N_("this archive holds no export of Slack, Discord, Zendesk or Freshdesk that can be read"))
        error.notes = omissions.notes
        raise error
    return Draft(excerpts=tuple(excerpts), notes=omissions.notes)
