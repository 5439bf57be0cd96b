"""What people say of answers, and do with their own questions."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import EmptyQuestion, UnknownExchange
from bot.messages import Place, Platform, RightsPolicy, Surface
from bot.placeholders import Redacted
from bot.ratings import Correction, Rating
from bot.settings import PolicySettings, RightsSettings, Settings
from tests.bot.bench import NOW, Bench, incoming
from tests.fakes.ledger import MemoryLedger
from tests.fakes.redactor import CrossingOut

POLICIES: dict[RightsPolicy, Settings] = {
    policy: Settings(rights=RightsSettings(slack=policy, discord=policy)) for policy in ("refuse", "consent", "allow")
}

SHORT = Settings(policy=PolicySettings(max_question_characters=100))


async def asked(bench: Bench, text: str = "When does Ana change the filter?") -> str:
    """Ask with a message that has an id, read the answer, and return the exchange's id."""
    question = await bench.engine.accept(replace(incoming(text), message_ref="17.1"))
    assert question is not None
    await bench.answered(question)
    return question.exchange_id


async def test_a_vote_is_explained_afterwards_in_redacted_words() -> None:
    """The form opens once the vote is stored; what is written there is people's words like any other."""
    bench = Bench()
    exchange_id = await asked(bench)
    await bench.engine.rate(Rating(exchange_id, "U9", "slack", "down", "button", NOW))

    assert await bench.engine.explain(exchange_id, "slack", "U9", reason="outdated", comment=" Ana\r\nsays four. ")
    vote = bench.ledger.kept[exchange_id].votes["slack/9U"]
    assert (vote.value, vote.reason, vote.comment) == ("down", "outdated", "[NAME_1]\nsays four.")


class SlowlyCrossingOut(CrossingOut):
    """Takes its time, as a model of names does; on the event loop that is an error in tests."""

    def redact_together(self, texts: Sequence[str], names: Sequence[str] = ()) -> Redacted:
        """Cross out in a while."""
        time.sleep(0.01)
        return super().redact_together(texts, names)


async def test_nobody_waits_while_words_are_redacted() -> None:
    """Not for questions, votes, reasons or edits."""
    bench = Bench(redactor=SlowlyCrossingOut("Ana"))
    exchange_id = await asked(bench)
    await bench.engine.rate(Rating(exchange_id, "U9", "slack", "down", "button", NOW, comment="Ana says four."))
    await bench.engine.explain(exchange_id, "slack", "U9", reason="outdated", comment="Ana says five.")
    await bench.engine.revise("slack", channel="C", message_ref="17.1", text="Ana's filter")

    assert bench.ledger.kept[exchange_id].question.text == "[NAME_1]'s filter"


async def test_a_reason_for_a_vote_that_is_up_again_is_not_kept() -> None:
    """People change their minds while a form is open."""
    bench = Bench()
    exchange_id = await asked(bench)
    await bench.engine.rate(Rating(exchange_id, "U9", "slack", "up", "button", NOW))

    assert not await bench.engine.explain(exchange_id, "slack", "U9", reason="wrong", comment="")
    assert not await bench.engine.explain("unknown", "slack", "U9", reason="wrong", comment="")


async def test_a_vote_on_nothing_is_refused() -> None:
    """A button may outlive what it stood beneath."""
    with pytest.raises(UnknownExchange):
        await Bench().engine.rate(Rating("unknown", "U9", "slack", "up", "button", NOW))


async def test_a_correction_that_says_nothing_is_refused() -> None:
    """It would be served, word for word."""
    bench = Bench()
    exchange_id = await asked(bench)

    with pytest.raises(EmptyQuestion):
        await bench.engine.correct(Correction(exchange_id, " \n", "U5", "slack", NOW))


async def test_an_edited_question_is_kept_as_its_author_wants_it() -> None:
    """Who takes a name out of a message wants it out of the ledger; the new words are cleaned and redacted like the first."""
    bench = Bench()
    exchange_id = await asked(bench)

    assert await bench.engine.revise("slack", channel="C", message_ref="17.1", text=" Ana's filter\r\n", names=("Ana",)) == exchange_id
    assert bench.ledger.kept[exchange_id].question.text == "[NAME_1]'s filter"


@pytest.mark.parametrize(
    ("platform", "channel", "ref", "text"),
    [
        ("slack", "C", "17.1", "When does Ana change the filter? "),
        ("slack", "C", "17.2", "Other words"),
        ("slack", "D", "17.1", "Other words"),
        ("discord", "C", "17.1", "Other words"),
    ],
)
async def test_an_edit_that_changes_nothing_of_ours_says_so(platform: Platform, channel: str, ref: str, text: str) -> None:
    """Previews of links arrive as edits too, and most messages are no questions."""
    bench = Bench()
    await asked(bench)

    assert await bench.engine.revise(platform, channel=channel, message_ref=ref, text=text) is None


@pytest.mark.parametrize("text", [" \n", "???", "👍 …"])
async def test_an_edit_that_leaves_nothing_forgets_the_question(text: str) -> None:
    """An emptied message is a deleted one, and so is one without a word: as a question it would have been refused."""
    bench = Bench()
    exchange_id = await asked(bench)

    assert await bench.engine.revise("slack", channel="C", message_ref="17.1", text=text) == exchange_id
    assert bench.ledger.kept[exchange_id].erased


async def test_an_edit_is_kept_as_far_as_a_question_may_be_long() -> None:
    """A log that is pasted into a message is longer than any question; what was taken out of the message is gone all the same."""
    bench = Bench(settings=SHORT)
    exchange_id = await asked(bench)
    log = "O filtro da Ana parou de novo: " + "erro 17 na linha 4, " * 10

    assert await bench.engine.revise("slack", channel="C", message_ref="17.1", text=log, names=("Ana",)) == exchange_id
    kept = bench.ledger.kept[exchange_id].question.text
    assert kept == "O filtro da [NAME_1] parou de novo: " + "erro 17 na linha 4, " * 3 + "erro"
    assert await bench.engine.revise("slack", channel="C", message_ref="17.1", text=log, names=("Ana",)) is None


async def test_a_deleted_question_is_forgotten_once() -> None:
    """Deletions are delivered twice like everything else."""
    bench = Bench()
    exchange_id = await asked(bench)

    assert await bench.engine.erase("slack", channel="C", message_ref="17.1") == exchange_id
    assert await bench.engine.erase("slack", channel="C", message_ref="17.1") is None
    assert await bench.engine.revise("slack", channel="C", message_ref="17.1", text="Again") is None
    assert await bench.ledger.turns("slack:T:C:1", limit=5) == ()


async def test_an_answer_to_a_deleted_question_is_not_kept() -> None:
    """The deletion comes while the model speaks."""
    bench = Bench()
    question = await bench.engine.accept(replace(incoming("Which filter?"), message_ref="17.1"))
    assert question is not None
    await bench.engine.erase("slack", channel="C", message_ref="17.1")
    await bench.answered(question)

    assert bench.ledger.kept[question.exchange_id].exchange is None


async def test_people_see_their_own_newest_questions() -> None:
    """The list in Slack's App Home is one person's, whoever asked beside them."""
    bench = Bench()
    for number, person in enumerate(("U1", "U2", "U1", "U1")):
        asking = replace(incoming(f"Which filter {number}?", key=f"k{number}"), person=person, received_at=NOW + timedelta(seconds=number))
        question = await bench.engine.accept(asking)
        assert question is not None
        await bench.answered(question)

    assert [each.question for each in await bench.engine.recent("slack", "U1", limit=2)] == ["Which filter 3?", "Which filter 2?"]
    assert await bench.engine.recent("discord", "U1", limit=2) == ()


def slack(surface: Surface = "mention") -> Place:
    """Return a place on Slack."""
    return Place("slack", surface, "slack:T:C:1", "T", "C")


async def test_consent_is_asked_once_for_each_person() -> None:
    """A question that returns with every answer is no question."""
    bench = Bench(settings=POLICIES["consent"])

    assert [await bench.engine.asks_consent(slack(), person) for person in ("U1", "U1", "U2")] == [True, False, True]


async def test_after_a_restart_nobody_is_asked_again() -> None:
    """The ledger remembers, not the process."""
    ledger = MemoryLedger()
    assert await Bench(settings=POLICIES["consent"], ledger=ledger).engine.asks_consent(slack(), "U1")

    assert not await Bench(settings=POLICIES["consent"], ledger=ledger).engine.asks_consent(slack(), "U1")


async def test_who_decided_unasked_is_not_asked() -> None:
    """`/privacy` was quicker."""
    bench = Bench(settings=POLICIES["consent"])
    await bench.engine.set_consent("slack", "U1", granted=False)

    assert not await bench.engine.asks_consent(slack(), "U1")


@pytest.mark.parametrize(
    ("policy", "place", "asks"),
    [
        ("refuse", slack(), False),
        ("allow", slack(), False),
        ("consent", Place("discord", "mention", "discord:1"), False),
        ("consent", Place("discord", "slash_command", "discord:1"), True),
        ("consent", Place("cli", "cli", "cli:1"), False),
    ],
)
async def test_consent_is_asked_where_it_decides(policy: RightsPolicy, place: Place, asks: bool) -> None:
    """Where words never train, or always, the question would be a pretence."""
    bench = Bench(settings=POLICIES[policy])

    assert await bench.engine.asks_consent(place, "U1") is asks
    assert bool(bench.ledger.consent_asked) is asks


async def test_those_asked_long_ago_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; the ledger knows."""
    monkeypatch.setattr("bot.engine._REMEMBERED", 1)
    bench = Bench(settings=POLICIES["consent"])

    assert [await bench.engine.asks_consent(slack(), person) for person in ("U1", "U2", "U1")] == [True, True, False]
