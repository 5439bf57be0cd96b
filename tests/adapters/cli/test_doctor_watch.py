"""What `doctor` and `knowledge list` tell of watched folders."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli import doctor_watch
from adapters.cli.findings import Finding
from adapters.compose import open_records
from adapters.watch import NAME
from bot.settings import KnowledgeSettings, Settings, WatchedFolder, read_settings
from tests.adapters.cli.conftest import Aprendiz

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
COUNTS = {"added": 3, "changed": 0, "unchanged": 9, "removed": 1, "passages": 8, "skipped": 0, "warnings": 0}


def _settings(home: Path, *folders: Path) -> Settings:
    return read_settings(home=home, knowledge=KnowledgeSettings(watch=tuple(WatchedFolder(path=folder) for folder in folders)))


def _looked(settings: Settings, *, outcome: str = "done", detail: str = "") -> None:
    async def note() -> None:
        async with open_records(settings) as records:
            await records.runs.note(NAME, AT, outcome=outcome, detail=detail)

    asyncio.run(note())


def _seen(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.mark, finding.detail) for finding in findings]


def test_nothing_is_said_where_nothing_is_watched(tmp_path: Path) -> None:
    """Most homes watch no folder."""
    assert doctor_watch.check(_settings(tmp_path / "home")) == []


def test_folders_are_looked_at_and_the_last_look_is_told(tmp_path: Path) -> None:
    """An operator sees at once which share is not mounted."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("text")
    (tmp_path / "empty").mkdir()
    settings = _settings(tmp_path / "home", tmp_path / "docs", tmp_path / "empty", tmp_path / "none")
    before = doctor_watch.check(settings)
    _looked(settings, detail=json.dumps(COUNTS))

    findings = doctor_watch.check(settings)

    assert len(before) == 3  # no home is made for a question
    assert _seen(findings) == [
        ("ok", str(tmp_path / "docs")),
        ("warn", f"{tmp_path / 'empty'} is empty."),
        ("warn", f"{tmp_path / 'none'} cannot be opened (No such file or directory)."),
        ("ok", "Last look at 2026-11-02 12:00+00:00: 3 added, 0 changed, 1 removed; 0 skipped; warnings: 0."),
    ]


@pytest.mark.parametrize(
    ("outcome", "detail", "said"),
    [
        ("done", json.dumps(COUNTS | {"skipped": 2}), "2 skipped"),
        ("failed", "the disk is full", "The last look at 2026-11-02 12:00+00:00 failed: the disk is full"),
    ],
)
def test_a_look_that_needs_attention_is_a_warning(tmp_path: Path, outcome: str, detail: str, said: str) -> None:
    """Documents that nobody can read are found by somebody who looks."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("text")
    settings = _settings(tmp_path / "home", tmp_path / "docs")
    _looked(settings, outcome=outcome, detail=detail)

    finding = doctor_watch.check(settings)[-1]

    assert (finding.mark, bool(finding.remedy)) == ("warn", True)
    assert said in finding.detail


def test_before_the_first_look_the_remedy_is_the_server(tmp_path: Path) -> None:
    """A folder in the settings alone imports nothing."""
    (tmp_path / "docs").mkdir()
    settings = _settings(tmp_path / "home", tmp_path / "docs")
    (tmp_path / "home").mkdir()

    finding = doctor_watch.check(settings)[-1]

    assert (finding.mark, finding.detail, finding.remedy) == ("warn", "Never looked at.", "aprendiz serve looks at them.")


def test_the_list_names_watched_folders_and_the_last_look(
    shelf: Path, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks for a document sees where new ones come from."""
    monkeypatch.setenv("APRENDIZ_KNOWLEDGE__WATCH", json.dumps([{"path": str(tmp_path), "audience": "customers"}]))
    _looked(read_settings(home=shelf), detail=json.dumps(COUNTS))

    listed = aprendiz("knowledge", "list")

    assert f"Watched for customers: {tmp_path}\n" in listed.out
    assert "Last look at 2026-11-02 12:00+00:00: 3 added" in listed.out
    assert "knowledge" not in aprendiz("knowledge", "list", "--json").out.splitlines()[-1]
