"""`aprendiz privacy`, `backup` and `restore`, as an operator runs them: with a server on the home and without."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from adapters.cli.running_server import RunningServer
from adapters.persons import pseudonym_of
from bot.errors import BadRequest, TryAgainLater
from tests.adapters.cli.conftest import QUESTION, Aprendiz
from tests.adapters.web.site import OPERATOR_TOKEN, Site
from tests.fakes.pseudonyms import Readable


def person_in(aprendiz: Aprendiz) -> str:
    """Return the pseudonym of whoever asked."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    person: str = aprendiz("conversations", "show", listed["exchange_id"], "--json").json["person"]
    return person


def test_all_that_is_kept_is_written_to_one_private_file(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Readable, with what cannot be read any more named."""
    person = person_in(aprendiz)
    ran = aprendiz("privacy", "export", person, "--out", tmp_path / "told.json", "--json")
    told = json.loads((tmp_path / "told.json").read_text())

    assert ran.json == {"path": str(tmp_path / "told.json"), "exchanges": 1, "votes": 0, "empty": False}
    assert told["person"] == person
    assert [each["question"] for each in told["exchanges"]] == [QUESTION]
    assert told["not_readable"]
    assert stat.S_IMODE((tmp_path / "told.json").stat().st_mode) == 0o600


def test_an_erased_person_is_gone_and_the_receipt_says_where_from(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """For people and for programs; the second time there is nothing left."""
    person = person_in(aprendiz)
    first = aprendiz("privacy", "erase", person)
    again = aprendiz("privacy", "erase", person, "--json").json
    aprendiz("privacy", "export", person, "--out", tmp_path / "told.json")

    assert first.code == 0, first.err
    assert "exchanges" in first.out
    assert again["removed"] == {}
    assert aprendiz("conversations", "list", "--json").lines == []
    assert person not in Path(again["path"]).read_text()
    assert json.loads((tmp_path / "told.json").read_text())["exchanges"] == []
    assert aprendiz("index", "check").code == 0


@pytest.mark.parametrize("person", ["", "ana", "slack:", "slack:ana", "mars:U1", "discord:ana", "0" * 31])
def test_a_person_who_cannot_be_meant_is_refused(home: Path, aprendiz: Aprendiz, person: str) -> None:
    """A typing mistake must not end in a receipt that says all is well."""
    ran = aprendiz("privacy", "erase", person)

    assert ran.code == 1
    assert "slack:U0123" in ran.err


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("slack:U0123", "slack/U0123"),
        ("slack:T1/W0123", "slack/W0123"),
        ("slack:T1:U0123", "slack/U0123"),
        ("discord:456789", "discord/456789"),
        ("web:a-cookie", "web/a-cookie"),
        ("cli:ana maria", "cli/ana maria"),
        ("0f" * 16, "0f" * 16),
    ],
)
def test_a_person_is_named_as_their_platform_knows_them(written: str, meant: str) -> None:
    """Or by the pseudonym itself, where nobody knows more."""
    assert pseudonym_of(written, Readable()) == meant


async def test_a_running_server_erases_for_the_command() -> None:
    """The index is its own; the command hears of each step, and gets the receipt."""

    async def erase(person: str, *, retire: bool, progress: object) -> dict[str, object]:
        progress("ledger")  # type: ignore[operator]
        await asyncio.sleep(0)
        return {"person": person, "retire": retire}

    steps: list[str] = []
    site = Site(options={"erase": erase})
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        receipt = await server.erase("slack:U1", retire=True, progress=steps.append)

    assert receipt == {"person": "slack:U1", "retire": True}
    assert steps == ["ledger"]


@pytest.mark.parametrize("error", [BadRequest("nobody"), TryAgainLater("busy")])
async def test_what_a_running_server_cannot_erase_is_told(error: Exception) -> None:
    """In its words, whose it is to mend included."""

    async def erase(person: str, *, retire: bool, progress: object) -> dict[str, object]:
        raise error

    site = Site(options={"erase": erase})
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        with pytest.raises(type(error), match=str(error)):
            await server.erase("slack:U1", retire=True, progress=lambda _step: None)


def test_a_restored_home_knows_what_it_knew(asked: Path, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds, answers and takes votes as before, with an index built from its ledger."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    backed_up = aprendiz("backup", tmp_path / "backup.zip")
    refused = aprendiz("backup", tmp_path / "backup.zip")
    restored = aprendiz("restore", tmp_path / "backup.zip", "--home", tmp_path / "second")
    full = aprendiz("restore", tmp_path / "backup.zip", "--home", tmp_path / "second")
    monkeypatch.setenv("APRENDIZ_HOME", str(tmp_path / "second"))
    found = aprendiz("knowledge", "search", QUESTION, "--json").json
    rated = aprendiz("conversations", "rate", listed["exchange_id"], "up")

    assert (backed_up.code, restored.code, rated.code) == (0, 0, 0), restored.err
    assert (refused.code, full.code) == (1, 1)
    assert found["hits"]
    assert aprendiz("index", "check").code == 0
    assert [each["up"] for each in aprendiz("conversations", "list", "--json").lines] == [1]
