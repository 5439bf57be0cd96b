"""The engine: from an incoming message to a recorded answer and its ratings."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.draft import NOTHING_FOUND
from bot.errors import ChatbotError, EmptyQuestion, QuestionTooLong, TryAgainLater
from bot.messages import Approved, Piece, Place, Queued
from bot.ratings import Correction, Rating
from bot.settings import AnswersSettings, AssistantSettings, HandOff, KnowledgeSettings, RightsSettings, Settings, Voice
from tests.bot.bench import NOW, Bench, incoming
from tests.fakes.backend import ScriptedBackend
from tests.fakes.retriever import passage

SLACK_REFUSED = Settings(rights=RightsSettings(slack="refuse"))
_VOICES = (Voice(channel="C1", tone="Formal.", audience="customers"), Voice(channel="C2", tone="Warm."))
IN_BRAZIL = Settings(timezone="America/Sao_Paulo")
TWO_VOICES = Settings(assistant=AssistantSettings(voices=_VOICES))


async def test_a_question_is_redacted_and_pseudonymous_from_the_first_write() -> None:
    """Nothing behind the engine may see who asked, or personal data in what was asked."""
    bench = Bench()

    question = await bench.asked("Ana asks about the filter")

    assert (question.text, question.person, question.audience) == ("[NAME_1] asks about the filter", "slack/1U", "employees")


async def test_a_duplicate_delivery_is_not_a_question() -> None:
    """Platforms deliver again what they think was lost; people must not get two answers."""
    bench = Bench()
    await bench.asked(key="event-1")

    assert await bench.engine.accept(incoming("When do I change the filter?", key="event-1")) is None


async def test_what_cannot_be_answered_is_refused_before_it_is_kept() -> None:
    """A refused message leaves no row and claims no key."""
    bench = Bench()
    with pytest.raises(EmptyQuestion):
        await bench.engine.accept(incoming("👍"))
    with pytest.raises(QuestionTooLong):
        await bench.engine.accept(incoming("a" * 40_000))

    assert await bench.asked() is not None


async def test_the_model_answers_from_passages_with_their_sources() -> None:
    """The main path: sentences as they come, then the recorded whole, with the passage that says it."""
    bench = Bench()

    events, answer = await bench.answered(await bench.asked())

    assert events == [Piece("Every six months.")]
    assert (answer.text, answer.kind, answer.model) == ("Every six months.", "generated", "scripted")
    assert [source.source for source in answer.sources] == ["filters.md"]
    assert "Replace the filter every six months." in bench.backend.requests[0].prompt[-1].content
    assert answer.timings.keys() == {"retrieval_s", "first_token_s", "total_s"}


async def test_a_follow_up_sees_the_thread_as_the_model_saw_it() -> None:
    """The second prompt begins with the first one's messages, so that its evaluation is reused."""
    bench = Bench()
    await bench.answered(await bench.asked())
    await bench.answered(await bench.asked("And the blue filter?", key="k2"))

    first, second = (request.prompt for request in bench.backend.requests)
    assert second[: len(first)] == first
    assert second[len(first)].content == "Every six months."
    assert bench.retriever.asked[1][2] == ("When do I change the filter?",)


async def test_each_channel_is_spoken_to_in_its_manner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Manners are remembered, those of few places at a time; one channel's must never be another's."""
    monkeypatch.setattr("bot.engine._REMEMBERED", 1)
    bench = Bench(settings=TWO_VOICES)
    audiences = []
    for number, channel in enumerate(("C1", "C2", "C1")):
        place = Place("slack", "mention", f"slack:T:{channel}:{number}", "T", channel)
        question = await bench.engine.accept(replace(incoming("When do I change the filter?", key=f"k{number}"), place=place))
        assert question is not None
        audiences.append(question.audience)
        await bench.answered(question)

    tones = [[tone for tone in ("Formal.", "Warm.") if tone in request.prompt[0].content] for request in bench.backend.requests]
    assert tones == [["Formal."], ["Warm."], ["Formal."]]
    assert audiences == ["customers", "employees", "customers"]


async def test_waiting_is_passed_on() -> None:
    """A person who waits in line is told so."""
    bench = Bench(ScriptedBackend(("Yes.",), ahead=2))

    events, _ = await bench.answered(await bench.asked())

    assert events[0] == Queued(2)


async def test_an_approved_answer_is_word_for_word_without_a_model() -> None:
    """Where an expert has spoken, no model speaks."""
    bench = Bench()
    bench.retriever.approved["filter"] = Approved("A1", "When?", "Every *four* months, says Ana.", "employees", "expert", NOW)

    _, answer = await bench.answered(await bench.asked())

    assert (answer.text, answer.kind, answer.approved_by) == ("Every *four* months, says Ana.", "verified", "expert")
    assert bench.backend.requests == []


async def test_an_answer_names_the_question_it_was_written_for() -> None:
    """Who sees that another question was answered knows not to rely on it; one's own need not be said again."""
    bench = Bench()
    bench.retriever.approved["filter"] = Approved("A1", "When is the FILTER due, please?", "Every four months.", "employees", "expert", NOW)

    _, other = await bench.answered(await bench.asked("How often do I change the filter?"))
    _, same = await bench.answered(await bench.asked("when is the filter due please", key="k2"))

    assert (other.answered_question, same.answered_question) == ("When is the FILTER due, please?", "")


async def test_a_language_the_model_does_not_speak_is_answered_by_quotation() -> None:
    """A small English model's Portuguese is not shown; the passage is."""
    bench = Bench(language="pt")

    _, answer = await bench.answered(await bench.asked("Qual óleo?"))

    assert (answer.text, answer.kind) == ("Use óleo ISO 68.", "quoted")
    assert bench.backend.requests == []


async def test_a_passage_in_a_language_the_model_does_not_speak_is_quoted_too() -> None:
    """An English question about Portuguese material: the model would misread it."""
    bench = Bench(language="en")

    _, answer = await bench.answered(await bench.asked("Which óleo?"))

    assert answer.kind == "quoted"


async def test_nothing_relevant_means_saying_so_in_the_askers_language() -> None:
    """Inventing loses people's trust; silence loses it too."""
    bench = Bench(language="pt")

    _, answer = await bench.answered(await bench.asked("Quem ganhou o jogo?"))

    assert answer.kind == "declined"
    assert answer.text != NOTHING_FOUND
    assert answer.sources == ()


async def test_a_silent_model_leaves_the_word_to_the_passage() -> None:
    """An empty bubble answers nobody."""
    bench = Bench(ScriptedBackend((" ",)))

    events, answer = await bench.answered(await bench.asked())

    assert answer.kind == "quoted"
    assert answer.text == "".join(event.text for event in events if isinstance(event, Piece))
    assert "six months" in answer.text


async def test_an_invention_is_stopped_and_the_passage_quoted() -> None:
    """A small model's guess must not look like the company's word, and its time is not spent on the rest."""
    bench = Bench(ScriptedBackend(("Every nine ", "weeks, by law. ", "Says ", "nobody.")), support=0.85)

    events, answer = await bench.answered(await bench.asked())

    assert (answer.kind, answer.text, answer.model) == ("quoted", "Replace the filter every six months.", "")
    assert events == [Piece("Replace the filter every six months.")]
    assert bench.backend.left == 1


async def test_what_was_supported_before_an_invention_stays() -> None:
    """Half an answer that is right is an answer; the ledger says that it was stopped."""
    bench = Bench(ScriptedBackend(("Replace it every six months. ", "Call 0800 999. ", "Bye.")), support=0.85)

    _, answer = await bench.answered(await bench.asked())

    assert (answer.kind, answer.text, answer.model) == ("generated", "Replace it every six months.", "scripted")
    kept = bench.ledger.kept[answer.exchange_id].exchange
    assert kept is not None
    assert kept.finished is not None
    assert kept.finished.reason == "unsupported"


async def test_a_supported_answer_is_given_to_its_last_word() -> None:
    """What the gate still holds at the end belongs to the answer."""
    bench = Bench(ScriptedBackend(("Replace the filter ", "every six months")), support=0.85)

    _, answer = await bench.answered(await bench.asked())

    assert answer.text == "Replace the filter every six months"


async def test_a_refusal_is_logged_by_its_kind_alone(caplog: pytest.LogCaptureFixture) -> None:
    """An operator who wonders why a channel gets no answers finds the reason, and nobody's words."""
    caplog.set_level("INFO", logger="bot.engine")
    with pytest.raises(QuestionTooLong):
        await Bench().engine.accept(incoming("secret " * 2000))

    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["reason"]) == ("refused", "QuestionTooLong")
    assert "secret" not in str(record.__dict__)


async def test_a_failure_mid_answer_closes_the_exchange_with_its_reason() -> None:
    """It must neither stay open for ever nor count as answered."""
    bench = Bench(ScriptedBackend(("Every ", "six "), error=TryAgainLater("gone"), fail_after=1))
    question = await bench.asked()

    with pytest.raises(ChatbotError):
        await bench.answered(question)

    assert await bench.ledger.open_exchanges("slack", since=NOW - timedelta(hours=1)) == ()
    assert await bench.ledger.turns(question.place.conversation_id, limit=5) == ()


async def test_leaving_early_stops_the_model_and_closes_the_exchange() -> None:
    """Nobody reads on: the model's time belongs to the next question."""
    bench = Bench(ScriptedBackend(("Every ", "six ", "months. ", "The filter ", "is blue.")))
    question = await bench.asked()
    async with aclosing(bench.engine.answer(question)) as stream:
        await anext(stream)

    assert bench.backend.left == 1
    assert await bench.ledger.open_exchanges("slack", since=NOW - timedelta(hours=1)) == ()


async def test_a_cancelled_answer_stays_open_to_be_taken_up_again() -> None:
    """SIGTERM cancels: after the restart the asker still gets an answer."""
    bench = Bench(ScriptedBackend(("Slow.",), delay_s=30))
    question = await bench.asked()
    task = asyncio.ensure_future(bench.answered(question))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    (kept,) = await bench.ledger.open_exchanges("slack", since=NOW - timedelta(hours=1))
    assert kept.question == question


async def test_a_vote_and_its_reason_are_kept_pseudonymous_and_redacted() -> None:
    """Reasons are people's words too."""
    bench = Bench()
    _, answer = await bench.answered(await bench.asked())
    await bench.engine.rate(Rating(answer.exchange_id, "U9", "slack", "down", "button", NOW, "wrong", "Ana says otherwise"))

    assert bench.ledger.kept[answer.exchange_id].votes["slack/9U"][:4] == ("down", "button", "wrong", "[NAME_1] says otherwise")


async def test_a_correction_is_kept_word_for_word() -> None:
    """An expert's text is the company's own knowledge: exempt from redaction."""
    bench = Bench()
    _, answer = await bench.answered(await bench.asked())

    approved_id = await bench.engine.correct(Correction(answer.exchange_id, "Ask Ana: four months.", "U5", "slack", NOW))

    assert approved_id
    assert bench.ledger.kept[answer.exchange_id].corrections[0][:2] == ("slack/5U", "Ask Ana: four months.")


async def test_consent_is_asked_and_kept_by_pseudonym() -> None:
    """The decision belongs to a person, on whichever surface it was made."""
    bench = Bench()

    assert await bench.engine.consent_of("web", "cookie") == "unasked"
    await bench.engine.set_consent("web", "cookie", granted=True)
    assert await bench.engine.consent_of("web", "cookie") == "granted"


@pytest.mark.parametrize(("platform", "policy"), [("slack", "refuse"), ("discord", "consent"), ("cli", "allow")])
async def test_each_exchange_carries_the_policy_in_force(platform: str, policy: str) -> None:
    """A later change of the setting must not rewrite what was promised when the question was asked."""
    bench = Bench(settings=SLACK_REFUSED)
    asked = incoming("When do I change the filter?")
    place = replace(asked.place, platform=platform)  # type: ignore[arg-type]
    question = await bench.engine.accept(replace(asked, place=place))
    assert question is not None

    assert bench.ledger.kept[question.exchange_id].rights.policy == policy


BOLD, SHY = (Settings(answers=AnswersSettings(minimum_confidence=minimum)) for minimum in (0.0, 1.0))
UNSURE = {"apart": -1.0, "cosine": 0.0}
SURE = {"apart": 0.5, "cosine": 0.8}
DESK = Settings(
    answers=AnswersSettings(hand_off=(HandOff(platform="slack", to="C0HELP"),)), knowledge=KnowledgeSettings(links={"": "https://x.org/"})
)


async def test_too_little_evidence_is_declined_with_what_comes_closest_and_a_person() -> None:
    """People forgive who does not know; they want to know where else to look, and whom to ask."""
    bench = Bench(settings=DESK)
    bench.retriever.evidence = UNSURE
    question = await bench.asked()

    events, answer = await bench.answered(question)

    assert events == [Piece(NOTHING_FOUND)]
    assert (answer.kind, answer.hand_off, bench.backend.requests) == ("declined", "C0HELP", [])
    assert [(source.title, source.link) for source in answer.sources] == [
        ("Filters", "https://x.org/filters.md"),
        ("Colours", "https://x.org/colours.md"),
    ]
    assert answer.confidence < 0.05
    kept = bench.ledger.kept[question.exchange_id].exchange
    assert kept is not None
    assert kept.evidence == UNSURE
    again = await bench.engine.recorded(question.exchange_id)
    assert again is not None
    assert (again.hand_off, again.sources) == (answer.hand_off, answer.sources)


async def test_what_is_near_but_not_about_it_is_shown_and_not_answered_from() -> None:
    """Nothing was found, and yet something may help."""
    bench = Bench()
    bench.retriever.evidence, bench.retriever.closest = UNSURE, (passage("Pumps hum.", source="pumps.md"),)

    _, answer = await bench.answered(await bench.asked("Who won?"))

    assert (answer.kind, answer.hand_off, [source.source for source in answer.sources]) == ("declined", "", ["pumps.md"])


async def test_enough_evidence_lets_the_closest_answer() -> None:
    """Relevance is one figure of many: where the others are good, a passage below its threshold is read all the same."""
    bench = Bench(ScriptedBackend(("Pumps hum.",)))
    bench.retriever.evidence, bench.retriever.closest = SURE, (passage("Pumps hum.", source="pumps.md"),)

    _, answer = await bench.answered(await bench.asked("Who hums?"))

    assert (answer.kind, answer.text) == ("generated", "Pumps hum.")


async def test_the_operator_s_threshold_wins() -> None:
    """A help desk may prefer a guess, a hospital silence."""
    for settings, kind in ((BOLD, "generated"), (SHY, "declined")):
        bench = Bench(settings=settings)
        bench.retriever.evidence = {"cosine": 0.4}
        assert (await bench.answered(await bench.asked()))[1].kind == kind


async def test_a_file_that_came_along_is_never_too_little() -> None:
    """Who sends a file asks about it, whatever the company's own documents say."""
    bench = Bench()
    bench.retriever.evidence = UNSURE

    _, answer = await bench.answered(await bench.asked(), passage("Every six months.", source="mine.txt"))

    assert answer.kind == "generated"


async def test_a_model_s_own_doubt_lowers_the_confidence_and_is_kept() -> None:
    """What was said cannot be taken back; how sure it was can be told."""
    found = []
    for key, logprob in (("k1", -0.1), ("k2", -2.0)):
        bench = Bench(ScriptedBackend(("Every six months. ", "Ask Maria."), mean_logprob=logprob))
        bench.retriever.evidence = SURE
        question = await bench.asked(key=key)
        _, answer = await bench.answered(question)
        kept = bench.ledger.kept[question.exchange_id].exchange
        assert kept is not None
        assert (answer.text, kept.evidence) == ("Every six months.", {**SURE, "withheld": 1.0, "logprob": logprob})
        found.append(answer.confidence)

    assert found[0] > found[1]


async def test_an_answer_of_inventions_alone_leaves_the_word_to_the_passage() -> None:
    """Also where no share of support is demanded of the model."""
    bench = Bench(ScriptedBackend(("Every 12 months. ", "Ask Maria.")))

    _, answer = await bench.answered(await bench.asked())

    assert (answer.text, answer.kind) == ("Replace the filter every six months.", "quoted")


async def test_the_day_of_an_approval_is_that_of_the_operator_s_clock() -> None:
    """Late in the evening in São Paulo it is tomorrow in UTC."""
    bench = Bench(settings=IN_BRAZIL)
    late = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
    bench.retriever.approved["filter"] = Approved("A1", "When?", "Every four months.", "employees", "expert", late)

    _, answer = await bench.answered(await bench.asked())

    assert answer.approved_at is not None
    assert answer.approved_at == late
    assert f"{answer.approved_at:%Y-%m-%d}" == "2026-11-01"
