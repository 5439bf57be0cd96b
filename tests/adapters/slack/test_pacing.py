"""Slack's budgets: never exceeded, used to the full, and nothing remembered for ever."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.pacing import Budget, Budgets, Posts, Streams


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move on, and let others run."""
        self.now += seconds
        await asyncio.sleep(0)


@given(calls=st.integers(1, 20), waits=st.lists(st.floats(0, 30), max_size=60))
def test_a_budget_is_kept_in_every_minute(calls: int, waits: list[float]) -> None:
    """Whenever calls are asked for, no minute holds more of them than Slack grants."""
    clock = Clock()
    budget = Budget(calls, clock=clock, sleep=clock.sleep)
    made = []

    async def spend() -> None:
        for wait_s in waits:
            clock.now += wait_s
            await budget.take()
            made.append(clock.now)

    asyncio.run(spend())

    assert all(sum(at <= each < at + 60 for each in made) <= calls for at in made)


async def test_a_courtesy_takes_only_what_is_free() -> None:
    """What is not worth waiting for leaves the budget to what is."""
    clock = Clock()
    budget = Budget(3, clock=clock, sleep=clock.sleep)

    assert budget.try_take(2)
    assert not budget.try_take(2)
    assert budget.try_take()
    clock.now = 61
    assert budget.try_take(3)
    clock.now = 200
    budget.hold(30)
    assert not budget.try_take()


def test_streams_are_counted_once_slack_refused_one() -> None:
    """Slack says 20 a minute "or more": only its refusal tells that they are used up."""
    clock = Clock()
    streams = Streams(2, clock=clock)

    assert all(streams.try_take() for _ in range(5))
    streams.hold(10)
    for _ in range(5):
        streams.give_back(used=True)
    clock.now = 30
    assert not streams.try_take()
    clock.now = 61
    assert [streams.try_take() for _ in range(3)] == [True, True, False]
    streams.give_back(used=False)
    assert streams.try_take()


async def test_channels_are_forgotten_but_not_while_somebody_waits() -> None:
    """Ten thousand channels over a year must not stay in memory, and a queue must not be jumped."""
    clock = Clock()
    posts = Posts(clock=clock, sleep=clock.sleep)
    for number in range(1_000):
        await posts.turn(f"C{number}")
    clock.now += 120
    await posts.turn("C1000")

    assert len(posts) == 1
    before = clock.now
    await posts.turn("C1000")
    assert clock.now - before == 1


async def test_a_workspaces_posts_are_counted_once_slack_refused_one() -> None:
    """Slack's "several hundred" a minute is no number: Slack's refusal says when they are used up."""
    clock = Clock()
    posts = Posts(per_minute=2, clock=clock, sleep=clock.sleep)
    for number in range(5):
        await posts.turn(f"C{number}")
    assert clock.now == 0

    posts.hold(20)
    await posts.turn("C5")
    await posts.turn("C6")
    assert clock.now == 20
    await posts.turn("C7")
    assert clock.now > 80


async def test_a_refusal_holds_the_budget_that_was_spent() -> None:
    """One answer's 429 is every answer's: a call made while Slack says wait counts against the app."""
    budgets = Budgets()
    for method in ("chat.update", "chat.stopStream", "chat.postMessage", "chat.postEphemeral", "conversations.replies", "users.info"):
        budgets.refused(method, 30)

    assert not budgets.updates.try_turn()
    assert not budgets.streams.try_take()
    assert not budgets.whispers.try_take()
    assert not budgets.replies.try_take()
    assert budgets.statuses.try_take()
