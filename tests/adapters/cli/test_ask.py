"""`aprendiz ask`: an answer at the terminal, for people and for programs."""

import asyncio
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli.main import main
from adapters.cli.running import FILE, alone
from bot.errors import TryAgainLater
from bot.messages import Approved
from tests.adapters.cli.conftest import QUESTION, Aprendiz, process
from tests.adapters.web.site import OPERATOR_TOKEN, SearchableRetriever, Site
from tests.fakes.backend import ScriptedBackend
from tests.fakes.retriever import passage

FIELDS = {"exchange_id", "answer", "sources", "verified", "quoted", "declined", "confidence", "model", "timings"} | {
    "see_also", "approved_by", "approved_at", "answered_question", "hand_off",
}  # fmt: skip


def test_json_has_the_agreed_fields(asked: Path, aprendiz: Aprendiz) -> None:
    """Scripts and benchmarks are written against these names; the real model answers."""
    ran = aprendiz("ask", QUESTION, "--json")
    (answer,) = ran.lines

    assert set(answer) == FIELDS
    assert [set(source) for source in answer["sources"]] == [{"title", "source", "passage_id", "score"}]
    assert answer["sources"][0]["source"] == "filters.md"
    assert (answer["verified"], answer["declined"]) == (False, False)
    assert bool(answer["model"]) is not answer["quoted"]  # the small model is named where it spoke


def test_people_read_the_answer_and_its_sources(asked: Path, aprendiz: Aprendiz) -> None:
    """The source stands below, and the id by which the answer is rated."""
    ran = aprendiz("ask", QUESTION)
    (listed, _) = aprendiz("conversations", "list", "--json").lines

    assert listed["answer"].split()[0] in ran.out
    assert "filters.md" in ran.out
    assert listed["exchange_id"] in ran.out


def test_nothing_known_means_saying_so(aprendiz: Aprendiz) -> None:
    """An empty home does not guess."""
    answer = aprendiz("ask", "What is the capital of France?", "--json").json

    assert answer["declined"] is True
    assert answer["sources"] == []


def test_thanks_are_no_question(asked: Path, aprendiz: Aprendiz) -> None:
    """The real index has something near every word, and would name it as the closest source."""
    ran = aprendiz("ask", "Thanks, that helped!", "--json")

    assert ran.json["answer"] == "You are welcome! If anything else comes up, just ask."
    assert (ran.json["sources"], ran.json["model"], ran.json["declined"], ran.json["quoted"]) == ([], "", False, False)


def test_an_empty_question_is_refused(aprendiz: Aprendiz) -> None:
    """One sentence, and nothing on standard output that a program could take for an answer."""
    ran = aprendiz("ask", "   ", "--json")

    assert (ran.code, ran.out, ran.err) == (1, "", "Please write your question in words.\n")


def test_a_batch_gives_a_line_for_a_line(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """In order; what cannot be answered says why in its place, and the rest goes on."""
    lines = [b'{"question": "Who pays?", "id": 7}', b'"And who asks?"', b"{", b"\xff\xfe", b"", b"[1]", b'{"question": ""}', b'"Last?"']
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    ran = aprendiz("ask", "--batch", tmp_path / "in.jsonl")

    assert ran.code == 0
    assert [set(line) == FIELDS for line in ran.lines] == [True, True, False, False, False, False, False, True]
    assert [line["error"] for line in ran.lines if "error" in line][-1] == "Please write your question in words."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_batch_in_another_encoding_is_told_so(aprendiz: Aprendiz, tmp_path: Path, encoding: str) -> None:
    """Spreadsheets save like this; where a codec gave up tells nobody what to do."""
    (tmp_path / "in.jsonl").write_text('{"question": "Quem paga o estágio?"}\n{"question": "E a pensão?"}\n', encoding=encoding)
    errors = {line["error"] for line in aprendiz("ask", "--batch", tmp_path / "in.jsonl").lines}

    assert errors == {"not a line of JSON in UTF-8: it is in another encoding; save the file as UTF-8"}


def test_a_batch_comes_through_a_pipe(asked: Path) -> None:
    """Standard input, line by line as another program writes it."""
    batch = f'"{QUESTION}"\n{{"question": "{QUESTION}"}}'
    done = subprocess.run(process(asked, "ask", "--batch", "-"), input=batch, capture_output=True, text=True, timeout=100, check=True)

    assert [json.loads(line)["declined"] for line in done.stdout.splitlines()] == [False, False]


def test_a_question_and_a_batch_exclude_each_other(aprendiz: Aprendiz) -> None:
    """Neither, or both, is a mistake."""
    assert aprendiz("ask").code == 2
    assert aprendiz("ask", "x", "--batch", "-").code == 2


@pytest.fixture
def served(home: Path, capsys: pytest.CaptureFixture[str]) -> "Served":
    """Return what runs commands beside a server on the same home."""
    return Served(home, capsys)


class Served:
    """A home that a server owns, with a scripted model."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._home = home
        self._capsys = capsys

    def run(self, site: Site, *arguments: str) -> tuple[int, str, str]:
        """Run a command while *site* is the server of this home."""

        async def beside() -> int:
            async with site.open():
                announced = json.dumps({"url": f"{site.url}/", "token": OPERATOR_TOKEN})
                await asyncio.to_thread((self._home / FILE).write_text, announced)
                return await asyncio.to_thread(main, list(arguments))

        with alone(self._home):
            code = asyncio.run(beside())
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err


def test_beside_a_server_the_server_answers(served: Served, home: Path) -> None:
    """It owns the index and holds the model: nothing is opened twice, and nothing of the home is touched."""
    code, out, _ = served.run(Site(backend=ScriptedBackend(("Every ", "six ", "months."), ahead=1)), "ask", "When do I change the filter?")

    assert code == 0
    assert "Waiting: 1 ahead." in out
    assert "Every six months." in out
    assert "guides/filters.md" in out
    assert not (home / "ledger.db").exists()


def test_an_approved_answer_is_marked(served: Served) -> None:
    """People see that an expert vouches for it."""
    _, out, _ = served.run(Site(), "ask", "Who pays?")

    assert "The **company** pays." in out
    assert "Approved by an expert" in out


def test_a_program_is_told_who_approved_an_answer_when_and_to_what(served: Served) -> None:
    """Whoever shows the answer elsewhere can then say beneath it what every place of ours says."""
    day = datetime(2026, 3, 4, 9, tzinfo=UTC)
    approved = Approved("A1", "Quem paga o estacionamento?", "A empresa.", "all", "Ana Prado", day)
    site = Site(retriever=SearchableRetriever({}, {"estacionamento": approved}))
    _, out, _ = served.run(site, "ask", "O estacionamento, quem é que paga?", "--json")
    told = json.loads(out)

    assert (told["approved_by"], datetime.fromisoformat(told["approved_at"])) == ("Ana Prado", day)
    assert told["answered_question"] == "Quem paga o estacionamento?"
    assert (told["hand_off"], told["see_also"]) == ("", [])


@pytest.mark.parametrize(("options", "shown"), [((), "(as of Feb 10, 2024)"), (("--json",), '"dated": "2024-02-10"')])
def test_a_source_is_told_with_its_day(served: Served, options: tuple[str, ...], shown: str) -> None:
    """A price in an old leaflet looks like one of today, to people and to programs."""
    leaflet = replace(passage("A day in the sauna costs $22.", source="leaflet.md"), dated="2024-02-10")
    site = Site(retriever=SearchableRetriever({"sauna": (leaflet,)}))
    _, out, _ = served.run(site, "ask", "What does the sauna cost?", *options)

    assert shown in out


def test_a_failing_model_is_one_sentence(served: Served) -> None:
    """Half an answer stands there; that it failed must be said."""
    site = Site(backend=ScriptedBackend(("Every ", "six "), error=TryAgainLater(), fail_after=1))
    code, _, err = served.run(site, "ask", "When do I change the filter?", "--json")

    assert code == 1
    assert len(err.splitlines()) == 1


def test_searching_beside_a_server_asks_it(served: Served, home: Path) -> None:
    """The index has one owner."""
    code, out, _ = served.run(Site(), "knowledge", "search", "filter", "--json")

    assert code == 0
    assert [hit["source"] for hit in json.loads(out)["hits"]] == ["guides/filters.md", "guides/colours.md"]
    assert not (home / "chroma").exists()
