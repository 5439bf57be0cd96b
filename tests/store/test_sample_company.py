"""The sample company answers what its questions ask, and each audience finds its own."""

import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from store.readers.document import Document
from store.readers.files import load
from store.readers.read import read_document

QUESTIONS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "sample_questions.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def company() -> dict[tuple[str, str], Document]:
    """Every document by audience and name."""
    with as_file(files("store") / "sample_company") as root:
        paths = [path for audience in ("employees", "customers", "all") for path in sorted((root / audience).rglob("*.*"))]
        named = [(path, path.relative_to(root).as_posix()) for path in paths]
        return {(name.split("/")[0], name.split("/", 1)[1]): read_document(load(path, name, max_bytes=2**20), name) for path, name in named}


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked["question"])
def test_one_passage_alone_answers_each_question(company: dict[tuple[str, str], Document], asked: dict[str, Any]) -> None:
    """A newcomer's first questions must be answered; a passage is all that the model sees."""
    passages = [
        excerpt.text
        for (audience, name), document in company.items()
        if audience in ("all", asked["audience"]) and name.startswith(asked["source"])
        for excerpt in document.excerpts
    ]

    assert any(all(part in passage for part in asked["must_contain"]) for passage in passages)


def test_it_has_all_formats_in_both_languages_for_each_audience(company: dict[tuple[str, str], Document]) -> None:
    """It also shows what can be imported, and that audiences differ."""
    assert {document.format for document in company.values()} == {"markdown", "html", "csv", "text"}
    for audience in ("employees", "customers", "all"):
        languages = {excerpt.language for (owner, _), document in company.items() if owner == audience for excerpt in document.excerpts}
        assert languages == {"pt", "en"}


def test_it_says_that_it_is_a_sample(company: dict[tuple[str, str], Document]) -> None:
    """Nobody may take the made-up desk for tax advice."""
    overview = company["all", "simples-nacional/visao-geral.md"]

    assert "Texto de exemplo" in overview.excerpts[0].text
