"""What the network that reads passages is trained on, and how."""

import random
import unicodedata

import pytest

torch = pytest.importorskip("torch")

from store.e5_cross import PASSAGE, PASSAGES, QUESTION, as_read  # noqa: E402  # behind what is skipped without PyTorch
from tests.benchmarks.answers_material import DATA, lines  # noqa: E402
from tests.benchmarks.fitting_reader import families_of  # noqa: E402

COMPANIES = DATA / "answers" / "passages_asked.jsonl"
REPORTED = ("bilingual_questions", "handbook_questions", "handbook_off", "off_topic", "near_miss", "near_miss_wide", "near_miss_unseen")


def test_every_company_is_whole() -> None:
    """What stands on both sides would teach nonsense."""
    for company in lines(COMPANIES):
        assert company["lang"] in {"pt", "en"}
        assert len(company["passages"]) == 6, company["company"]
        answered = [_folded(question) for passage in company["passages"] for question in passage["answered"]]
        near = [_folded(question) for passage in company["passages"] for question in passage["near"]]
        assert len({*answered, *near}) == len(answered) + len(near), company["company"]
        assert all(passage["text"].strip() for passage in company["passages"])
        assert all(len(passage["answered"]) >= 3 and len(passage["near"]) >= 4 for passage in company["passages"]), company["company"]


def test_what_is_trained_on_is_not_reported_on() -> None:
    """Or the figures would flatter."""
    reported = {
        _folded(text)
        for name in REPORTED
        for each in lines(DATA / "answers" / f"{name}.jsonl")
        for text in each.values()
        if each["half"] == "report" and isinstance(text, str)
    }
    taught = {
        _folded(question)
        for company in lines(COMPANIES)
        for passage in company["passages"]
        for question in (*passage["answered"], *passage["near"])
    }

    assert len(reported) > 1000
    assert not reported & taught


def test_a_passage_has_its_own_questions_and_those_of_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers, what one would expect there, and what another passage of the company answers."""
    monkeypatch.setattr("tests.benchmarks.fitting_reader.lightly_changed", lambda question, *_: question)
    passages = [
        {"heading": f"Desk > {name}", "text": f"{name} text", "answered": [f"{name} a{at}" for at in range(4)], "near": [f"{name} n"] * 5}
        for name in ("one", "two", "three", "four", "five", "six")
    ]
    company = {"lang": "en", "company": "Ashpole", "passages": passages}
    rng = random.Random(0)
    joined = untitled = 0
    for _ in range(40):
        for passage, family in zip(passages, families_of([company], rng), strict=True):
            name = str(passage["heading"]).split()[-1]
            (text,) = {pair.one for pair in family}
            told = {other for other in ("one", "two", "three", "four", "five", "six") if f"{other} text" in text}
            joined += len(told) == 2
            untitled += text == as_read("", f"{name} text")
            assert name in told
            assert {pair.side for pair in family} == {PASSAGE}
            for pair in family:
                about, which = pair.other.split()
                assert pair.same == (about in told and which.startswith("a")), pair
            assert sum(pair.same for pair in family) == 4 + 2 * (len(told) == 2)
    assert 30 < joined < 90
    assert 10 < untitled < 50


def test_the_two_networks_read_a_question_alike() -> None:
    """One begins as the other, whose weights know questions."""
    assert (QUESTION.pieces, PASSAGES.others) == (80, PASSAGE)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(character for character in plain if character.isalnum() or character.isspace()).split())
