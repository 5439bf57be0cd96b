"""A person's right to leave, on a whole home: nothing of theirs is readable in any file, and nothing of anybody else is touched."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.compose import Services, open_services
from adapters.erasing import Erasure, erasure_beside
from bot.errors import Refused
from tests.adapters.composing import quick
from tests.adapters.round_home import settings_of, write_home
from tests.erased_company import Traffic, found_under, token, tokens, user_of

pytestmark = [pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning"), pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home where people asked, rated, corrected and exported; made once, to be copied."""
    folder = tmp_path_factory.mktemp("lived_in")
    write_home(folder)
    asyncio.run(_live(folder))
    converted = settings_of(folder).home / "jobs" / "rows" / "0123456789abcdef.jsonl"
    converted.parent.mkdir(parents=True)
    converted.write_text("".join(f"{json.dumps({'messages': [{'role': 'user', 'content': word}]})}\n" for word in tokens("ana")))
    return folder


async def _live(folder: Path) -> None:
    async with open_services(quick(await asyncio.to_thread(settings_of, folder))) as opened:
        await Traffic(opened, folder).run()


@pytest.fixture
async def services(lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Open a copy of that home."""
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(partial(shutil.copytree, lived_in, tmp_path, dirs_exist_ok=True))
    async with open_services(quick(await asyncio.to_thread(settings_of, tmp_path))) as opened:
        yield opened


async def found(services: Services, person: str) -> dict[str, set[str]]:
    """Return where in the home each of the person's words stands."""
    return await asyncio.to_thread(found_under, services.settings.home, tokens(person))


async def rows(services: Services) -> list[dict[str, Any]]:
    """Return the rows of the newest export."""

    def read() -> list[dict[str, Any]]:
        manifest = json.loads((services.export_directory / "manifest.json").read_text())
        return [json.loads(line) for line in (services.export_directory / manifest["file"]).read_text().splitlines()]

    return await asyncio.to_thread(read)


async def test_nothing_of_theirs_is_left_and_everything_of_others(services: Services, tmp_path: Path) -> None:
    """With a version that learnt from their rows, which goes out of service; the receipt says nothing about them."""
    outcome = await Traffic(services, tmp_path).train()
    before = {person: await found(services, person) for person in ("ana", "bea", "caio")}
    receipt, path = await erasure_beside(services).person(services.pseudonyms.of("slack", user_of("ana")), retire=True)
    after = {person: await found(services, person) for person in before}
    serving = await services.versions.current("employees")
    written = await asyncio.to_thread(path.read_text)

    assert outcome.status == "promoted", outcome.reasons
    assert {token("ana", "code"), token("ana", "file"), token("ana", "private"), token("ana", "comment")} <= before["ana"].keys()
    assert after["ana"] == {}
    assert after["bea"].keys() == before["bea"].keys()
    assert after["caio"].keys() == before["caio"].keys()
    assert (receipt.versions, receipt.retired, serving) == ((1,), (1,), None)
    assert receipt.removed["ledger"]["exchanges"] == 21
    assert receipt.removed["rounds"]["rows"] > 0
    assert receipt.pending == ("shells",)
    assert services.pseudonyms.of("slack", user_of("ana")) not in written
    assert (await services.outbox.check()).equal


async def test_the_export_loses_exactly_their_rows(services: Services) -> None:
    """What others' ratings made stays row for row; a turn of theirs in another's conversation is cut."""
    ids = {*await Erasure(services, now=_now)._persons.exchange_ids(services.pseudonyms.of("slack", user_of("ana")))}
    before = await rows(services)
    await erasure_beside(services).named("slack:" + user_of("ana"), retire=False, progress=lambda _step: None)
    after = await rows(services)
    await services.exporter.export(services.export_directory)
    anew = await rows(services)

    others = {row["metadata"]["exchange_id"]: row for row in before if row["metadata"]["exchange_id"] not in ids}
    retold = {key for key, row in others.items() if token("ana", "thread") in row["messages"][-1]["content"]}
    assert 0 < len(others) < len(before)
    assert len(retold) == 1
    assert {row["metadata"]["exchange_id"] for row in after} == others.keys() - retold
    assert all(row == others[row["metadata"]["exchange_id"]] for row in after)
    unliked = others.keys() - {row["metadata"]["exchange_id"] for row in anew}
    assert {row["metadata"]["exchange_id"] for row in anew} <= others.keys()
    assert 0 < len(unliked) < 4  # what nobody else liked
    assert all((others[each]["metadata"]["up"], others[each]["metadata"]["corrected"]) == (1, False) for each in unliked)


async def test_erasing_again_finds_nothing(services: Services) -> None:
    """The same command twice does no harm, and says so."""
    erasure = erasure_beside(services)
    person = services.pseudonyms.of("slack", user_of("ana"))
    await erasure.person(person, retire=False)
    receipt, _ = await erasure.person(person, retire=False)

    assert receipt.removed == {}
    assert await erasure.unfinished() == 0


@pytest.mark.parametrize("step", ["ledger", "files", "index", "versions", "compacting"])
async def test_killed_in_the_middle_the_next_one_finishes(services: Services, step: str) -> None:
    """Wherever it is cut off, nothing is left of them once the same command has run again."""
    person = services.pseudonyms.of("slack", user_of("ana"))

    def stop(at: str) -> None:
        if at == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await erasure_beside(services).person(person, retire=False, progress=stop)
    begun = await erasure_beside(services).unfinished()
    receipt, _ = await erasure_beside(services).person(person, retire=False)

    assert begun == 1
    assert await found(services, "ana") == {}
    assert await erasure_beside(services).unfinished() == 0
    assert receipt.removed["ledger"]["exchanges"] == 21


async def test_while_a_round_runs_the_rest_is_erased_and_the_receipt_says_what_waits(services: Services) -> None:
    """The rows of a running round are left alone; the same command finishes once it has ended."""
    person = services.pseudonyms.of("slack", user_of("ana"))
    async with services.runs.alone("training"):
        waiting, _ = await erasure_beside(services).person(person, retire=False)
        left = await erasure_beside(services).unfinished()
    done, _ = await erasure_beside(services).person(person, retire=False)

    assert "round_running" in waiting.pending
    assert left == 1
    assert "round_running" not in done.pending
    assert done.receipt_id == waiting.receipt_id


async def test_two_at_once_are_not_let_in(services: Services) -> None:
    """They would count each other's work."""
    async with services.runs.alone("erasing"):
        with pytest.raises(Refused):
            await erasure_beside(services).person("0" * 32, retire=False)


def _now() -> Any:
    raise AssertionError


async def test_old_words_go_and_ratings_stay(services: Services) -> None:
    """Retention by age: who asked what is forgotten, how it was rated is not."""
    from datetime import UTC, datetime

    before = await services.ledger.counts()
    receipt = await erasure_beside(services).aged(datetime.now(UTC))
    counts = await services.ledger.counts()
    again = await erasure_beside(services).aged(datetime.now(UTC))
    words = {kind for kind in ("code", "thread", "file", "comment", "private") if token("ana", kind) in await found(services, "ana")}

    assert receipt is not None
    assert receipt.removed["ledger"]["exchanges"] == before.answered
    assert (counts.answered, counts.up_votes, counts.down_votes) == (0, before.up_votes, before.down_votes)
    assert again is None
    assert words <= {"code", "private"}  # in the questions of approved answers, which are the company's
