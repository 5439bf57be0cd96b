"""What is asked and not answered, by topic, for those who may know that it was asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.exchanges import Rights
from bot.messages import AnswerKind, Audience, Place, Question, Viewer
from store.database import Database
from store.gaps import find_gaps, trend_of
from store.ledger import SqlLedger
from tests.contracts.ledgers import SEALER, exchange
from tests.fakes.encoder import WordEncoder
from tests.store.ledger_rows import NOW, approve

EMPLOYEES = Viewer("employees")


class Asking:
    """Puts answered questions into the ledger, a minute apart."""

    def __init__(self, database: Database) -> None:
        self.ledger = SqlLedger(database, SEALER)
        self.count = 0

    async def __call__(
        self, text: str, kind: AnswerKind = "declined", *, audience: Audience = "employees", private: bool = False, day: int = 0
    ) -> str:
        """Ask *text* and answer it so; returns the exchange's id."""
        self.count += 1
        at = NOW + timedelta(days=day, minutes=self.count)
        place = Place("slack", "mention", f"slack:T1:C1:{self.count}", "T1", "C1", private=private)
        asked = Question(f"{self.count:026}", text, "asker", place, audience, at, "en")
        await self.ledger.claim(asked, keys=(asked.exchange_id,), rights=Rights("slack", "mention", "consent"))
        await self.ledger.record(replace(exchange(asked), kind=kind, passages=()))
        return asked.exchange_id

    async def down(self, exchange_id: str) -> str:
        """Vote it down."""
        await self.ledger.rate(exchange_id, "voter", "down", via="button", at=NOW)
        return exchange_id


async def _gaps(database: Database, viewer: Viewer = EMPLOYEES, since: datetime | None = None) -> list[tuple[str, ...]]:
    return [tuple(sorted(gap.examples)) for gap in await find_gaps(database, WordEncoder(), viewer, since=since)]


async def test_declined_and_down_voted_questions_are_grouped_by_topic(database: Database) -> None:
    """The largest first, named by what tells it from the others, an example that is central to it."""
    ask = Asking(database)
    for text in ("pet insurance offered?", "pet insurance price?", "pet insurance?"):
        await ask(text)
    await ask.down(await ask("airport lounge access?", "generated"))
    await ask("well answered?", "generated")
    first, second = await find_gaps(database, WordEncoder(), EMPLOYEES)

    assert first.topic.startswith("insurance, pet")
    assert (len(first.questions), first.declined, first.examples[0]) == (3, 3, "pet insurance?")
    assert (len(second.questions), second.declined, second.questions[0].why) == (1, 0, "down")


async def test_courtesies_are_no_gap(database: Database) -> None:
    """Nobody has to write material about "thanks"; earlier versions declined it."""
    ask = Asking(database)
    await ask("Obrigado, valeu!")
    await ask.down(await ask("bom dia", "courtesy"))
    await ask("bom dia, vocês aceitam vale-refeição?")

    assert await _gaps(database) == [("bom dia, vocês aceitam vale-refeição?",)]


async def test_a_topic_says_whether_it_is_asked_more_of_late(database: Database) -> None:
    """What grows is to be written first."""
    ask = Asking(database)
    await ask("pet insurance?")
    await ask("visa letter?", day=1)
    await ask("visa letter for spouse?", day=9)
    await ask("visa letter", day=10)
    visa, pet = await find_gaps(database, WordEncoder(), EMPLOYEES)

    assert (visa.earlier, visa.later, pet.earlier, pet.later) == (1, 2, 1, 0)
    assert await _gaps(database, since=NOW + timedelta(days=9)) == [("visa letter", "visa letter for spouse?")]


@pytest.mark.parametrize(
    ("earlier", "later", "usual", "trend"),
    [
        (0, 3, 0.5, None),  # p = .25
        (0, 5, 0.5, None),  # p = .0625
        (0, 6, 0.5, "more"),  # p = .03125
        (6, 0, 0.5, "less"),
        (1, 8, 0.5, "more"),  # p = .039
        (0, 6, 0.9, None),  # nearly all is asked of late
        (4, 2, 0.9, "less"),
        (1000, 1000, 0.5, None),
        (900, 1100, 0.5, "more"),
    ],
)
def test_a_trend_is_more_than_chance(earlier: int, later: int, usual: float, trend: str | None) -> None:
    """A coin thrown three times always falls on one side more often."""
    assert trend_of(earlier, later, usual=usual) == trend


async def test_a_topic_grows_where_others_do_not(database: Database) -> None:
    """A bot that more people use is asked more about everything; and what came within a day has no trend."""
    ask = Asking(database)
    for day in range(7):
        await ask("pet insurance?", day=day)
        await ask("visa letter?", day=20 + day)
    visa, pet = await find_gaps(database, WordEncoder(), EMPLOYEES)
    (late,) = await find_gaps(database, WordEncoder(), EMPLOYEES, since=NOW + timedelta(days=20))

    assert (visa.topic, visa.trend, pet.topic, pet.trend) == ("letter, visa", "more", "insurance, pet", "less")
    assert late.trend is None


async def test_what_came_within_hours_has_no_trend(database: Database) -> None:
    """Ten people who ask at noon are no development."""
    ask = Asking(database)
    for text in ("pet insurance?", "visa letter?"):
        for _ in range(10):
            await ask(text)

    assert [(gap.later, gap.trend) for gap in await find_gaps(database, WordEncoder(), EMPLOYEES)] == [(10, None), (0, None)]


async def test_what_was_answered_since_erased_or_liked_again_is_no_gap(database: Database) -> None:
    """A list that never shrinks is not read."""
    ask = Asking(database)
    await ask.ledger.correct(await ask("pet insurance?"), "expert", "None.", at=NOW)
    await ask.ledger.erase(await ask("visa letter?"), at=NOW)
    liked = await ask.down(await ask("lounge?", "generated"))
    await ask.ledger.rate(liked, "voter", "up", via="button", at=NOW)

    assert await _gaps(database) == []


async def test_what_is_answered_for_one_is_no_gap_for_others_who_asked_the_same(database: Database) -> None:
    """Five people asked it, the expert answers once; an answer for others, or one that was there and was voted down, closes nothing."""
    ask = Asking(database)
    for _ in range(4):
        await ask("pet insurance?", day=-1)
    await ask("Pet insurance!", day=-1)
    await ask("visa letter?", audience="customers", day=-1)
    await ask.down(await ask("lounge?", "verified"))
    await approve(database, "Pet insurance?", "None.", audience="all")
    await approve(database, "Visa letter?", "By mail.", approved_id="A2")
    await approve(database, "Lounge?", "Gate 4.", approved_id="A3")

    assert await _gaps(database) == [("lounge?",)]
    assert await _gaps(database, Viewer("customers")) == [("visa letter?",)]


async def test_nobody_learns_what_others_asked_out_of_their_sight(database: Database) -> None:
    """Customers know nothing of employees' questions, and a private conversation shows nowhere without its scope."""
    ask = Asking(database)
    await ask("layoffs?")
    await ask("refund?", audience="customers")
    await ask("opening hours?", audience="all")
    await ask("my salary?", private=True)

    assert {each for (each,) in await _gaps(database)} == {"layoffs?", "opening hours?"}
    assert {each for (each,) in await _gaps(database, Viewer("customers"))} == {"refund?", "opening hours?"}
