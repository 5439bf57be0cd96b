"""Lists and limits, before anything is kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chat_settings import Access, DiscordSettings, SlackSettings
from bot.errors import AskedTooOften, NotAllowedHere, TryAgainLater
from bot.exchanges import Rights
from bot.messages import Incoming, Place, Platform, Question
from bot.placeholders import NOTHING, Hidden
from bot.settings import PolicySettings, Settings
from tests.bot.bench import NOW, Bench, incoming
from tests.fakes.ledger import MemoryLedger

TWO_A_MINUTE = Settings(policy=PolicySettings(per_person_per_minute=2, per_person_per_day=5))
LISTS = Settings(slack=SlackSettings(access=Access(block_channels=("C",))), discord=DiscordSettings(access=Access(allow_groups=("staff",))))
NO_LIMIT = Settings(policy=PolicySettings(per_person_per_minute=0, per_person_per_day=0))


class SlowLedger(MemoryLedger):
    """Takes its time, so that others come in between; `reads` counts, `error` is what the next claim meets."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.error: TryAgainLater | None = None

    async def asked_since(self, person: str, since: datetime) -> tuple[datetime, ...]:
        """Read, then wait."""
        self.reads += 1
        times = await super().asked_since(person, since)
        await asyncio.sleep(0.01)
        return times

    async def claim(
        self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "", address: str = "", hidden: Hidden = NOTHING
    ) -> Question | None:
        """Wait, then write."""
        await asyncio.sleep(0.01)
        if self.error:
            raise self.error
        return await super().claim(question, keys=keys, rights=rights, message_ref=message_ref, address=address, hidden=hidden)


def at(seconds: float, *, person: str = "U1", platform: Platform = "slack", ref: str = "", key: str = "") -> Incoming:
    """Return a question asked that long after the first."""
    place = Place(platform, "mention", f"{platform}:T:C:{seconds}", "T", "C")
    keys = (key or f"{person}:{platform}:{seconds}",)
    return Incoming("Which filter?", person, place, keys, NOW + timedelta(seconds=seconds), message_ref=ref)


def bench(settings: Settings = TWO_A_MINUTE, ledger: MemoryLedger | None = None) -> Bench:
    """Return an engine with these limits."""
    return Bench(settings=settings, ledger=ledger)


async def test_one_too_many_in_a_minute_is_refused_and_not_kept() -> None:
    """A runaway script or an angry thumb must not take the model from everybody else."""
    engine = bench().engine
    assert await engine.accept(at(0))
    assert await engine.accept(at(20))

    with pytest.raises(AskedTooOften) as caught:
        await engine.accept(at(30))

    assert caught.value.fields == {"count": 2, "wait": "30 s"}
    assert await engine.accept(at(60))
    assert len(await engine.ledger.asked_since("slack/1U", NOW)) == 3


async def test_a_day_s_questions_are_counted_too() -> None:
    """The window slides over 24 hours, however slowly somebody asks."""
    engine = bench().engine
    for hour in range(5):
        assert await engine.accept(at(hour * 3600))

    with pytest.raises(AskedTooOften) as caught:
        await engine.accept(at(5 * 3600))

    assert caught.value.fields == {"count": 5, "wait": "19 h"}
    assert await engine.accept(at(24 * 3600))


async def test_everyone_has_limits_of_their_own() -> None:
    """One person's eagerness is no other's fault, nor the same person's on another platform."""
    engine = bench().engine
    for seconds in (0, 1):
        for person, platform in (("U1", "slack"), ("U2", "slack"), ("U1", "discord")):
            assert await engine.accept(at(seconds, person=person, platform=platform))  # type: ignore[arg-type]


@pytest.mark.parametrize("platform", ["web", "cli"])
async def test_the_web_and_the_terminal_are_not_limited(platform: Platform) -> None:
    """They have tokens; a program that asks through the API asks for many people."""
    engine = bench().engine
    for seconds in range(10):
        assert await engine.accept(at(seconds, platform=platform))


async def test_no_limit_is_a_setting_and_costs_no_query() -> None:
    """0 means what it says."""
    ledger = SlowLedger()
    engine = bench(NO_LIMIT, ledger).engine
    for seconds in range(5):
        assert await engine.accept(at(seconds))

    assert ledger.reads == 0


async def test_whoever_asks_about_another_s_words_is_the_one_who_asks() -> None:
    """Clicking "Answer this" beneath a colleague's messages must not spend the colleague's questions."""
    engine = bench().engine
    assert await engine.accept(replace(at(0), asked_by="U9"))
    assert await engine.accept(replace(at(1, person="U2"), asked_by="U9"))

    with pytest.raises(AskedTooOften):
        await engine.accept(replace(at(2, person="U3"), asked_by="U9"))
    assert await engine.accept(at(3))


async def test_of_two_questions_at_once_one_gets_the_last_place() -> None:
    """Questions that come together are counted one after the other, also while the ledger is still read."""
    ledger = SlowLedger()
    engine = bench(ledger=ledger).engine

    async def refused(question: Incoming) -> bool:
        try:
            return await engine.accept(question) is None
        except AskedTooOften:
            return True

    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(refused(at(seconds))) for seconds in range(5)]

    assert [task.result() for task in asking] == [False, False, True, True, True]
    assert (len(ledger.kept), ledger.reads) == (2, 1)


async def test_a_restart_forgets_nothing() -> None:
    """Else a crash, or a deployment, would hand out the day's questions again; it is read once."""
    ledger = SlowLedger()
    first = bench(ledger=ledger).engine
    assert await first.accept(at(0))
    assert await first.accept(at(20))
    second = bench(ledger=ledger).engine

    with pytest.raises(AskedTooOften):
        await second.accept(at(30))
    assert await second.accept(at(70))

    assert ledger.reads == 2


async def test_a_second_delivery_does_not_count() -> None:
    """Slack delivers a mention twice by design."""
    engine = bench().engine
    for _ in range(5):
        await engine.accept(at(0, key="same"))

    assert await engine.accept(at(1))


async def test_a_question_kept_before_is_a_duplicate_and_no_refusal() -> None:
    """Its second delivery comes when the person's last place is gone: to them, their question was accepted."""
    engine = bench().engine
    assert await engine.accept(at(0, ref="m0", key="k0"))
    assert await engine.accept(at(1, ref="m1", key="k1"))

    assert await engine.accept(at(1, ref="m1", key="k1")) is None
    with pytest.raises(AskedTooOften):
        await engine.accept(at(2, ref="m2"))


async def test_what_was_not_kept_does_not_count() -> None:
    """A database that is away must not spend people's questions."""
    ledger = SlowLedger()
    engine = bench(ledger=ledger).engine
    ledger.error = TryAgainLater("away")
    for seconds in range(3):
        with pytest.raises(TryAgainLater):
            await engine.accept(at(seconds))
    ledger.error = None

    assert await engine.accept(at(4))


async def test_people_forgotten_for_others_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded, the limit is not lost with it."""
    monkeypatch.setattr("bot.admission._PEOPLE", 2)
    ledger = SlowLedger()
    engine = bench(ledger=ledger).engine
    assert await engine.accept(at(0))
    assert await engine.accept(at(1))
    for person in ("U2", "U3"):
        assert await engine.accept(at(2, person=person))

    with pytest.raises(AskedTooOften):
        await engine.accept(at(3))
    assert ledger.reads == 4


async def test_a_place_left_out_is_refused_before_anything_is_kept() -> None:
    """The lists hold for each platform by itself, and neither for the web nor the terminal."""
    it = bench(LISTS)

    with pytest.raises(NotAllowedHere):
        await it.engine.accept(at(0))
    with pytest.raises(NotAllowedHere):
        await it.engine.accept(at(0, platform="discord"))
    assert it.ledger.kept == {}
    assert await it.engine.accept(replace(at(0, platform="discord"), groups=frozenset({"staff", "night shift"})))
    assert await it.engine.accept(at(0, platform="web"))


async def test_the_refusal_comes_before_a_look_at_the_words() -> None:
    """Where nobody may ask, nobody is told to shorten a message."""
    it = bench(LISTS)

    with pytest.raises(NotAllowedHere):
        await it.engine.accept(incoming("👍"))


async def test_the_address_is_kept_with_the_question() -> None:
    """After a restart the answer has to find its asker."""
    it = bench()
    question = await it.engine.accept(replace(at(0), address="U1 in T", message_ref="17.1"))
    assert question is not None

    (left,) = await it.ledger.open_exchanges("slack", since=NOW)
    assert (left.address, left.message_ref) == ("U1 in T", "17.1")
