"""Rounds and their steps on both databases: what runs, where to go on, what was decided before, what is new."""

from datetime import timedelta

import pytest

from bot.identifiers import new_id
from bot.messages import Audience
from store.database import Database
from store.ledger import SqlLedger
from store.rounds import Round, SqlRounds
from tests.contracts.ledgers import NOW, answered, exchange, question, rights

HASHES = {"manifest_sha256": "m", "recipe_sha256": "r", "base_sha256": "b"}
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def rounds(database: Database) -> SqlRounds:
    return SqlRounds(database)


async def begun(rounds: SqlRounds, *, minute: int = 0, audience: Audience = "employees") -> str:
    """Begin a round."""
    at = NOW + timedelta(minutes=minute)
    round_id = new_id(at)
    await rounds.begin(round_id, audience, at=at, detail={"why": "cron"})
    return round_id


async def test_a_round_runs_until_it_ends(rounds: SqlRounds) -> None:
    """A killed one is found again by the next process."""
    assert await rounds.running("employees") is None
    round_id = await begun(rounds)
    running = await rounds.running("employees")
    assert running is not None
    assert (running.round_id, running.status, running.step, running.detail) == (round_id, "running", "", {"why": "cron"})
    assert await rounds.running("customers") is None
    await rounds.end(round_id, "promoted", at=LATER, reason="better", version=3)

    assert await rounds.running("employees") is None
    assert await rounds.show(round_id) == Round(
        round_id=round_id,
        audience="employees",
        status="promoted",
        step="",
        started_at=NOW,
        ended_at=LATER,
        reason="better",
        manifest_sha256="",
        recipe_sha256="",
        base_sha256="",
        seed=0,
        version=3,
        detail={"why": "cron"},
    )
    assert await rounds.show("none") is None


async def test_steps_are_noted_in_order(rounds: SqlRounds) -> None:
    """Where it was killed, it goes on."""
    round_id = await begun(rounds)
    await rounds.note_step(round_id, "train", "running", at=NOW)
    await rounds.note_step(round_id, "train", "done", at=LATER, detail={"loss": 0.5})
    await rounds.note_step(round_id, "convert", "running", at=LATER)
    train, convert = await rounds.steps(round_id)
    running = await rounds.running("employees")

    assert (train.step, train.status, train.began_at, train.ended_at, train.detail) == ("train", "done", NOW, LATER, {"loss": 0.5})
    assert (convert.status, convert.ended_at, convert.detail) == ("running", None, {})
    assert running is not None
    assert running.step == "convert"


async def test_a_step_begun_again_forgets_how_it_ended(rounds: SqlRounds) -> None:
    """Its end is what counts when the round is looked at."""
    round_id = await begun(rounds)
    await rounds.note_step(round_id, "train", "failed", at=NOW, detail={"reason": "disk full"})
    await rounds.note_step(round_id, "train", "running", at=LATER)
    (step,) = await rounds.steps(round_id)

    assert (step.status, step.began_at, step.ended_at, step.detail) == ("running", LATER, None, {})


async def test_what_was_decided_before_is_found(rounds: SqlRounds) -> None:
    """The same rows, recipe, base and seed would give the same answer: there is nothing to do."""
    first = await begun(rounds)
    await rounds.bind(first, **HASHES, seed=7)
    assert await rounds.ended_like("employees", **HASHES, seed=7) is None
    await rounds.end(first, "refused", at=LATER, reason="worse")
    same = await rounds.ended_like("employees", **HASHES, seed=7)

    assert same is not None
    assert (same.round_id, same.reason) == (first, "worse")
    assert await rounds.ended_like("customers", **HASHES, seed=7) is None
    assert await rounds.ended_like("employees", **HASHES, seed=8) is None
    assert await rounds.ended_like("employees", **{**HASHES, "base_sha256": "other"}, seed=7) is None


async def test_a_failed_round_decided_nothing(rounds: SqlRounds) -> None:
    """After a full disk the next round tries again."""
    failed = await begun(rounds)
    await rounds.bind(failed, **HASHES, seed=7)
    await rounds.end(failed, "failed", at=LATER, reason="the disk is full")

    assert await rounds.ended_like("employees", **HASHES, seed=7) is None


async def test_rounds_are_listed_newest_first(rounds: SqlRounds) -> None:
    """At most as many as were asked for."""
    ids = [await begun(rounds, minute=minute) for minute in range(3)]

    assert [each.round_id for each in await rounds.list(2)] == ids[:0:-1]


async def test_newly_rated_exchanges_are_counted_once(rounds: SqlRounds, sql: SqlLedger) -> None:
    """Votes by several people and a correction of one answer are one row to train on."""
    first, second = await answered(sql, minute=1), await answered(sql, minute=2)
    for person in ("a", "b"):
        await sql.rate(first, person, "up", via="web", at=NOW)
    await sql.correct(first, "expert", "Better.", at=LATER)
    await sql.rate(second, "a", "down", via="web", at=LATER)

    assert await rounds.newly_rated("employees", None) == 2
    assert await rounds.newly_rated("employees", NOW) == 2
    assert await rounds.newly_rated("employees", LATER) == 0
    assert await rounds.newly_rated("customers", None) == 0


async def test_what_was_asked_of_all_counts_for_everybody(rounds: SqlRounds, sql: SqlLedger) -> None:
    """Rows for all train every audience's version; a question that was taken back trains none."""
    asked = question(audience="all")
    await sql.claim(asked, keys=("k",), rights=rights(asked))
    await sql.record(exchange(asked))
    await sql.rate(asked.exchange_id, "a", "up", via="web", at=NOW)
    erased = await answered(sql, minute=1)
    await sql.rate(erased, "a", "up", via="web", at=NOW)
    await sql.erase(erased, at=LATER)

    assert [await rounds.newly_rated(audience, None) for audience in ("employees", "customers", "all")] == [1, 1, 1]
