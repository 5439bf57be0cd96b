"""Which answer a message is, also while it is on its way."""

import asyncio
from datetime import UTC, datetime

from adapters.discord.posts import Posts
from bot.exchanges import Rights
from bot.messages import Place, Question
from tests.fakes.ledger import MemoryLedger

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def ledger_with_a_question() -> MemoryLedger:
    """Return a ledger with exchange X1 open."""
    ledger = MemoryLedger()
    question = Question("X1", "When?", "p", Place("discord", "mention", "discord:1:2"), "customers", NOW)
    await ledger.claim(question, keys=("k",), rights=Rights("discord", "mention", "consent"))
    return ledger


async def test_a_vote_waits_for_the_post_that_it_is_about() -> None:
    """Discord shows a message, and sends reactions to it, before it has told us its id: such a vote must not be lost."""
    ledger = await ledger_with_a_question()
    posts = Posts(ledger)
    async with asyncio.TaskGroup() as group, posts.underway(7):
        asked = group.create_task(posts.exchange_of(7, "900"))
        await asyncio.sleep(0.01)
        assert not asked.done()
        await ledger.posted("X1", part=0, channel="7", message_ref="900")

    assert asked.result() == "X1"


async def test_another_persons_message_is_known_as_such_at_once() -> None:
    """A post on its way elsewhere must not hold up the whole server."""
    posts = Posts(await ledger_with_a_question())
    async with posts.underway(7):
        assert await asyncio.wait_for(posts.exchange_of(8, "900"), 1) is None


async def test_a_post_that_failed_holds_nobody_up() -> None:
    """The channel may have been deleted under it."""
    posts = Posts(await ledger_with_a_question())
    async with asyncio.TaskGroup() as group, posts.underway(7):
        asked = group.create_task(posts.exchange_of(7, "900"))
        await asyncio.sleep(0.01)

    assert asked.result() is None


def test_of_deleted_messages_the_latest_thousand_are_remembered() -> None:
    """People delete all day; only a question on its way could be overtaken."""
    posts = Posts(MemoryLedger())
    for message_id in range(1001):
        posts.forget(message_id)

    assert [posts.is_gone(message_id) for message_id in (0, 1, 1000)] == [False, True, True]


async def test_stopping_what_is_not_being_written_does_nothing() -> None:
    """Most deleted questions have their answer."""
    await Posts(MemoryLedger()).stop("X1")
