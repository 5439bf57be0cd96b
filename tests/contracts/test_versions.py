"""The registry's rows on both databases: lineage kept whole, one version in production per audience, whoever promotes."""

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from bot.errors import Refused
from bot.messages import Audience
from store.database import Database
from store.versions import SqlVersions
from tests.contracts.ledgers import NOW
from tests.contracts.versions import NEW, promoted


@pytest.fixture
def versions(database: Database) -> SqlVersions:
    return SqlVersions(database)


async def current(versions: SqlVersions, audience: Audience) -> int | None:
    serving = await versions.current(audience)
    return serving.version if serving else None


async def test_a_version_is_kept_with_its_lineage(versions: SqlVersions) -> None:
    """Whoever asks in a year what a model was made of must find all of it."""
    version = await versions.add(NEW)
    kept = await versions.show(version)

    assert kept is not None
    assert asdict(kept) == asdict(NEW) | {"version": version, "stage": "candidate"}
    assert await versions.show(version + 1) is None


async def test_versions_are_listed_newest_first(versions: SqlVersions) -> None:
    """The newest is what an operator looks for."""
    first, second = await versions.add(NEW), await versions.add(NEW, stage="refused")

    assert [(each.version, each.stage) for each in await versions.list()] == [(second, "refused"), (first, "candidate")]


async def test_a_judgement_is_kept(versions: SqlVersions) -> None:
    """The numbers and the decision are the version's model card."""
    version = await versions.add(NEW)
    await versions.judge(version, stage="refused", metrics={"facts": 0.1}, decision={"promote": False}, languages=["de", "fr"])
    kept = await versions.show(version)

    assert kept is not None
    assert (kept.stage, kept.metrics, kept.decision) == ("refused", {"facts": 0.1}, {"promote": False})
    assert kept.languages == ("de", "fr")


async def test_a_candidate_answers_nobody(versions: SqlVersions) -> None:
    """What has not passed the gate is not served."""
    await versions.add(NEW)

    assert await versions.current("employees") is None


async def test_a_promotion_retires_the_one_before(versions: SqlVersions) -> None:
    """There is one version in production."""
    first = await promoted(versions)
    second = await promoted(versions)

    assert {each.version: each.stage for each in await versions.list()} == {first: "retired", second: "production"}
    assert await current(versions, "employees") == second


async def test_promoting_what_serves_changes_nothing(versions: SqlVersions) -> None:
    """A round that was killed after its promotion promotes again; one roll-back must still take it back."""
    version = await promoted(versions)
    await versions.promote(version, at=NOW, reason="again")

    assert len(await versions.history("employees")) == 1


async def test_an_unknown_version_cannot_be_promoted(versions: SqlVersions) -> None:
    """The sentence says where the numbers stand."""
    with pytest.raises(Refused, match="no version 99; aprendiz models list"):
        await versions.promote(99, at=NOW, reason="")

    assert await versions.history("employees") == ()


async def test_audiences_have_versions_of_their_own(versions: SqlVersions) -> None:
    """A model trained on employees' rows never answers customers; one for all answers whoever has none."""
    await promoted(versions)
    assert [await current(versions, each) for each in ("customers", "all")] == [None, None]
    shared = await promoted(versions, audience="all")

    assert await current(versions, "employees") == shared - 1
    assert [await current(versions, each) for each in ("customers", "all")] == [shared, shared]


async def test_a_roll_back_goes_to_the_version_before(versions: SqlVersions) -> None:
    """And a second one to the one before that, down to the model alone, as often as there were promotions."""
    first, second = await promoted(versions), await promoted(versions)
    back = await versions.roll_back("employees", at=NOW, reason="worse")
    assert back is not None
    assert (back.version, back.stage, await current(versions, "employees")) == (first, "production", first)
    third = await promoted(versions)
    again = await versions.roll_back("employees", at=NOW, reason="worse")
    assert again is not None
    assert again.version == first

    assert await versions.roll_back("employees", at=NOW, reason="worse") is None
    assert await versions.current("employees") is None
    assert {each.stage for each in await versions.list()} == {"retired"}
    assert {first, second, third} == {each.version for each in await versions.list()}


async def test_nothing_in_production_cannot_be_rolled_back(versions: SqlVersions) -> None:
    """Least of all another audience's version."""
    await promoted(versions, audience="all")
    with pytest.raises(Refused, match="No version for employees is in production"):
        await versions.roll_back("employees", at=NOW, reason="")

    assert len(await versions.history("all")) == 1


async def test_a_roll_back_gives_way_to_the_version_for_all(versions: SqlVersions) -> None:
    """That is what answered before."""
    shared = await promoted(versions, audience="all")
    await promoted(versions)
    assert await versions.roll_back("employees", at=NOW, reason="worse") is None

    assert await current(versions, "employees") == shared


async def test_what_changed_is_told_in_order(versions: SqlVersions) -> None:
    """Who looks into a complaint asks what answered when."""
    version = await promoted(versions)
    await versions.roll_back("employees", at=NOW + timedelta(hours=1), reason="wrong prices")

    assert [(each.version, each.action, each.reason, each.at) for each in await versions.history("employees")] == [
        (version, "promote", "better", NOW),
        (None, "rollback", "wrong prices", NOW + timedelta(hours=1)),
    ]
    assert await versions.history("customers") == ()


async def test_two_processes_that_promote_at_once_leave_one_in_production(processes: tuple[Database, Database]) -> None:
    """Two clocks of two replicas, or an operator beside the clock."""
    one, two = map(SqlVersions, processes)
    numbers = [await one.add(replace(NEW, seed=seed)) for seed in range(10)]
    async with asyncio.TaskGroup() as group:
        for at, number in enumerate(numbers):
            group.create_task((one, two)[at % 2].promote(number, at=NOW, reason="better"))
    kept = await two.list()
    last = (await one.history("employees"))[-1].version

    assert [each.version for each in kept if each.stage == "production"] == [last]
    assert len(await one.history("employees")) == 10
    assert await current(one, "employees") == await current(two, "employees") == last


async def test_two_roll_backs_at_once_go_back_two_versions(processes: tuple[Database, Database]) -> None:
    """Neither may be lost, nor both land on the same one."""
    one, two = map(SqlVersions, processes)
    first = await promoted(one)
    for _ in range(2):
        await promoted(one)
    async with asyncio.TaskGroup() as group:
        for each in (one, two):
            group.create_task(each.roll_back("employees", at=NOW, reason="worse"))

    assert await current(two, "employees") == first
    assert [each.version for each in await one.list() if each.stage == "production"] == [first]
