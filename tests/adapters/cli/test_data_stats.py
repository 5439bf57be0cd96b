"""`aprendiz data stats`: figures and the page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.cli.conftest import Aprendiz

EVIL = "<script>alert(1)</script> & <img src=x onerror=alert(1)>"


def row(asked: str, answered: str, **metadata: Any) -> str:
    """Return a row as a line."""
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return json.dumps({"messages": turns, "metadata": metadata})


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file with two categories, one of them small, in another language and from another source; and one broken line."""
    path = tmp_path / "rows.jsonl"
    many = [
        row(f"Where is the invoice for order {at}?", f"The invoice for order {at} is in your account.", category="bills")
        for at in range(30)
    ]
    few = [row(EVIL, f"Os prazos da garantia são de {at} meses para você.", category=EVIL, origin={"file": "calls"}) for at in range(5)]
    path.write_text("\n".join([*many, *few, "{"]))
    return path


def test_programs_read_every_figure(worded: Aprendiz, rows: Path) -> None:
    """Counts, quantiles, what categories lack, and what an export refused."""
    (rows.parent / "manifest.json").write_text(json.dumps({"file": "rows.jsonl", "refusals": {"not_rated": 4}}))
    told = worded("data", "stats", rows, "--for", "gpt-4.1-mini-2025-04-14", "--json").json

    assert (told["rows"], told["broken"], told["languages"]) == (35, 1, {"en": 30, "pt": 5})
    assert (told["sources"], told["categories"]) == ({"rows.jsonl": 30, "calls": 5}, {"bills": 30, EVIL: 5})
    assert told["lacks"] == {EVIL: ["few", "one_source", "one_language"], "bills": ["one_source", "one_language"]}
    assert told["lengths"]["question_characters"]["p50"] == len("Where is the invoice for order 10?")
    assert told["tokens"] > 35 * 10
    assert told["lengths"]["answer_tokens"]["shortest"] >= 9
    assert sum(each["questions"] for each in told["topics"]) == told["topics_of"]["looked_at"] == 35
    assert told["refusals"] == {"not_rated": 4}


def test_people_read_tables(worded: Aprendiz, rows: Path) -> None:
    """And on standard error what is to be looked at."""
    ran = worded("data", "stats", rows, "--for", "gpt-4.1-mini-2025-04-14")

    assert "English 30" in " ".join(ran.out.split())
    assert "5 rows, fewer than 20" in ran.err
    assert "Rows that could not be read and were left out (1):" in ran.err


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_page_reaches_for_nothing_and_runs_nobody_elses_words(
    worded: Aprendiz, rows: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """It holds rows of strangers, and is mailed and archived."""
    monkeypatch.setenv("APRENDIZ_LANGUAGE", language)
    out = rows.parent / "new" / "out.html"
    worded("data", "stats", rows, "--html", out, "--for", "gpt-4.1-mini-2025-04-14")
    page = out.read_text()

    assert re.findall(r"<link|<img|<iframe|https?://|@import|url\(", page) == []
    assert page.count("<script>") == 1
    assert "default-src 'none'" in page
    assert page.count('<article class="row">') == 35
    assert ("Leia estas à mão" if language == "pt-BR" else "Read these by hand") in page


def test_a_file_in_no_known_format_is_refused(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """In one sentence."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}')
    ran = aprendiz("data", "stats", path)

    assert ran.code == 1
    assert "is written in no format that is known" in ran.err
