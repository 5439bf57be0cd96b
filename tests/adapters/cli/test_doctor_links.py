"""What `doctor` tells of links that open nothing."""

from pathlib import Path

from adapters.cli import doctor_links
from adapters.cli.findings import Finding
from bot.settings import KnowledgeSettings, read_settings

WIKI = "https://wiki.example.com/"


def _seen(home: Path, **links: str) -> list[Finding]:
    return doctor_links.check(read_settings(home=home, knowledge=KnowledgeSettings(links=links)))


def test_a_beginning_that_no_document_has_is_told(shelf: Path) -> None:
    """Answers would show no links, and nobody would know why."""
    wrong, every = _seen(shelf, **{"shelf/": WIKI, "": WIKI})

    assert (wrong.mark, wrong.detail) == ("warn", 'No document\'s path begins with "shelf/".')
    assert "aprendiz knowledge list" in wrong.remedy
    assert every.mark == "ok"


def test_nothing_is_said_without_links_or_documents(shelf: Path, tmp_path: Path) -> None:
    """A new home has no documents yet."""
    assert _seen(shelf) == []
    assert _seen(tmp_path / "none", **{"": WIKI}) == []
