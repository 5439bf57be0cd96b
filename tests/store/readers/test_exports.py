"""Which export a file is, archives within bounds, and nobody's personal data in any passage."""

import json
import re

import pytest

from store.readers import archive as archive_module
from store.readers.document import Unreadable
from store.readers.exports import read_export
from store.readers.omissions import NESTED
from store.readers.read import read_document
from store.set_redaction import UNSET
from tests.store.readers.export_files import EXPORTS, noted, pack, sample, slack_export, slack_files, told

SAMPLES = ["slack", *sorted(path.name for path in EXPORTS.glob("*.*json") if path.name != "discord_direct.json")]


@pytest.mark.parametrize("name", SAMPLES)
def test_no_personal_data_of_the_samples_is_told(name: str) -> None:
    """One customer's phone number must never be told to another; nor who worked for whom."""
    people = "Beatriz|Nogueira|Rui|Tavares|Emma|Castell|Lia|Marçal|Wickham|Clara|Bontempo|Igor|Sandoval|Greta|Olsson|Iris|Vane|Petra|Holm"
    everything = "\n".join(f"{excerpt.question}\n{excerpt.text}\n{excerpt.heading}" for excerpt in sample(name).excerpts)

    assert re.findall(rf"\b(?:{people})\b|@|\d{{4,5}}-\d{{4}}|\d{{3}}-\d{{4}}|\d{{3}}\.\d{{3}}\.\d{{3}}", everything) == []


@pytest.mark.parametrize(
    "value",
    [
        [{"question": "Where?", "answer": "Here."}],
        [{"subject": "Pump", "status": "ok", "comments": "none"}],
        {"channel": 4},
        [],
        "text",
        {"text": '{"guild": {}, "channel": {}}'},
    ],
)
def test_other_json_is_left_to_other_readers(value: object) -> None:
    """A log with a column "comments" is no help desk's."""
    assert read_export(json.dumps(value).encode(), "a.json", UNSET) is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_unicode_encodings_are_read(encoding: str) -> None:
    """PowerShell writes UTF-16 where people save what an API gave them."""
    text = (EXPORTS / "discord_forum_post.json").read_text(encoding="utf-8")

    assert read_document(text.encode(encoding), "d.json").excerpts == sample("discord_forum_post.json").excerpts


def test_an_archive_of_other_exports_is_read_file_by_file() -> None:
    """A channel a file, or tickets in a ZIP as they are downloaded: nobody unpacks a hundred of them by hand."""
    names = ("discord_forum_post.json", "freshdesk_version_1.json")
    files: dict[str, bytes | str] = {f"all/{name}": (EXPORTS / name).read_bytes() for name in names}

    document = read_document(pack(files | {"photo\n.png": b"x", "zz.json": "[]"}), "all.zip")

    assert told(document.excerpts) == [pair for name in names for pair in told(sample(name).excerpts)]
    assert noted(document) == {"files in the archive that are no export": 2}
    assert document.notes[-1].where == "photo\ufffd.png" or document.notes[0].where == "photo\ufffd.png"


def test_an_archive_within_an_archive_is_named() -> None:
    """It is not opened; whoever packed it knows what it is."""
    inner = pack({"a.json": "[]"})
    document = read_document(pack({"t.json": (EXPORTS / "freshdesk_version_1.json").read_bytes(), "inner.zip": inner}), "all.zip")
    with pytest.raises(Unreadable) as refused:
        read_document(pack({"inner.zip": inner}), "all.zip")

    assert [(note.reason, note.where) for note in (*document.notes[-1:], *refused.value.notes)] == [(NESTED, "inner.zip")] * 2


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"PK\x03\x04 and nothing else", "a.zip: this ZIP archive is damaged"),
        (b"not an archive at all", "a.zip: this ZIP archive is damaged"),
        (pack(slack_files())[:-100], "a.zip: this ZIP archive is damaged"),
        (pack({"photo.png": b"x", "notes.json": '{"a": 1}'}), "a.zip: this archive holds no export of Slack, Discord"),
        (pack({}), "a.zip: this archive holds no export of Slack, Discord"),
        (pack({"../channels.json": "[]"}), "a.zip: its entry ../channels.json points outside the archive"),
        (pack({"/etc/channels.json": "[]"}), "a.zip: its entry /etc/channels.json points outside"),
        (pack({"a/..\\..\\b": "[]"}), "points outside"),
        (pack({"C:channels.json": "[]"}), "points outside"),
    ],
)
def test_archives_that_are_none_are_refused(data: bytes, problem: str) -> None:
    """Damage, other people's archives and hostile names each have their sentence."""
    with pytest.raises(Unreadable, match=re.escape(problem)):
        read_document(data, "a.zip")


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    """40 kB that unpack to 40 MB of nothing; no export shrinks to a thousandth."""
    with pytest.raises(Unreadable, match=r"a.zip > channels.json: it unpacks to more than 200 times its size"):
        read_document(pack({"channels.json": b" " * 40_000_000}), "a.zip")


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("_MOST_ENTRIES", 3, "more than 3 entries"),
        ("_MOST_ENTRY_BYTES", 100, "unpacks to more than 0 MB"),
        ("_MOST_BYTES", 2000, "export a shorter time, or fewer channels"),
    ],
)
def test_archives_are_bounded(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, problem: str) -> None:
    """Each entry, all of them and their number: each alone would fill a computer's memory."""
    monkeypatch.setattr(archive_module, limit, value)

    with pytest.raises(Unreadable, match=problem):
        read_document(pack(slack_files()), "a.zip")


def test_a_size_that_lies_is_found_out() -> None:
    """The directory says what may be read; more behind it does not reach the parser."""
    data = bytearray(slack_export([]))
    at = data.rindex(b"PK\x01\x02")  # the last entry's uncompressed size stands 24 bytes on
    data[at + 24 : at + 28] = (1).to_bytes(4, "little")

    with pytest.raises(Unreadable, match=r"help/2026-01-02\.json: it is damaged"):
        read_document(bytes(data), "a.zip")


@pytest.mark.parametrize(("at", "value", "problem"), [(8, 1, "it needs a password"), (10, 14, "packed in an unusual way")])
def test_locked_and_unusual_entries_are_refused(at: int, value: int, problem: str) -> None:
    """Bit 1 of the flags is encryption; method 14 (LZMA) may claim gigabytes for its dictionary."""
    data = bytearray(slack_export([]))
    for mark, shift in ((b"PK\x01\x02", 0), (b"PK\x03\x04", -2)):
        found = data.index(mark)
        data[found + at + shift] = value

    with pytest.raises(Unreadable, match=problem):
        read_document(bytes(data), "a.zip")


def test_json_nested_without_end_is_refused() -> None:
    """A megabyte of brackets must not end the import."""
    with pytest.raises(Unreadable, match="nested too deeply"):
        read_document(pack({"channels.json": "[" * 200_000}), "a.zip")


def test_nothing_answered_is_said_with_what_was_left_out() -> None:
    """Skipped as a whole, an export still tells why."""
    with pytest.raises(Unreadable, match="nothing in it was asked and answered") as caught:
        read_document(slack_export([{"user": "U1", "text": "Anybody?", "ts": "1767348000.000100"}]), "a.zip")

    assert noted(caught.value) == {"messages that nobody answered": 1}
