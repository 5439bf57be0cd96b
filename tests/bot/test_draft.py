"""Which model answers where, in which language, and with whom a question takes turns."""

from dataclasses import replace

import pytest

from bot.confidence import Calibration
from bot.draft import Draft, Judge, Model, gate_of, share_of
from bot.messages import Found, Message, Place, Question, Surface
from bot.model_settings import ModelSettings
from bot.prompt import Prompt, render_turn
from bot.settings import AssistantSettings, Settings, Voice
from tests.bot.bench import GUIDE, NOW, Bench, incoming
from tests.fakes.backend import ScriptedBackend

LARGE = ModelSettings(max_tokens=200, temperature=0.5, top_p=0.9, repeat_penalty=1.3, deadline_s=7)
JUDGE = Judge(Calibration(), 0.0)
LEGAL = Settings(
    model=ModelSettings(max_tokens=64),
    models={"large": LARGE},
    assistant=AssistantSettings(voices=(Voice(platform="slack", channel="C-legal", model="large"),)),
)
IN_PORTUGUESE = Settings(model=ModelSettings(max_tokens=64), assistant=AssistantSettings(voices=(Voice(channel="C", language="pt_BR"),)))


def place(channel: str = "C", *, surface: Surface = "mention", workspace: str = "T", parent: str = "") -> Place:
    """Return a place on Slack."""
    return Place("slack", surface, f"slack:T:{channel}:1", workspace, channel, parent)


async def test_a_channel_s_own_model_answers_there() -> None:
    """The large model is dear: it speaks where the operator wants it, with its own sampling and limits."""
    large = ScriptedBackend(("Large ", "words."), name="large")
    bench = Bench(settings=LEGAL, models={"large": Model(large, LARGE)})
    for key, where in (("k1", place("C-legal")), ("k2", place("C")), ("k3", place("9", parent="C-legal"))):
        question = await bench.engine.accept(replace(incoming("Which filter?", key=key), place=where))
        assert question is not None
        _, answer = await bench.answered(question)
        assert answer.model == ("scripted" if where.channel == "C" else "large")

    assert [len(bench.backend.requests), len(large.requests)] == [1, 2]
    (request, _) = large.requests
    assert (request.max_tokens, request.deadline_s) == (200, 7)
    assert (request.sampling.temperature, request.sampling.top_p, request.sampling.repeat_penalty) == (0.5, 0.9, 1.3)
    assert bench.backend.requests[0].max_tokens == 64


async def test_each_model_has_its_own_demand_of_support_and_languages() -> None:
    """What a small model must prove, a large one need not, and the other way round."""
    strict = ScriptedBackend(("Invented ", "words. "), name="large", languages=("pt",))
    bench = Bench(settings=LEGAL, models={"large": Model(strict, LARGE, 0.85)}, language="pt")
    question = await bench.engine.accept(replace(incoming("Which filter?"), place=place("C-legal")))
    elsewhere = await bench.asked(key="k2")
    assert question is not None

    assert (await bench.answered(question))[1].kind == "quoted"  # the passages are English
    assert (await bench.answered(elsewhere))[1].kind == "quoted"  # the question is Portuguese
    assert (strict.requests, bench.backend.requests) == ([], [])


async def test_an_earlier_answer_of_the_thread_is_no_ground_of_its_own() -> None:
    """A small model says it again, whatever is asked next; a large one is believed."""
    bench = Bench()
    found = Found(None, GUIDE, 0.9)
    said = "Marta Prado approves visits."
    thread = (Message("user", "Who approves visits?"), Message("assistant", said), Message("user", "When do you open?"))
    drafts = [
        Draft(await bench.asked(key=key), found, Prompt(thread, "", ()), "", Model(bench.backend, LARGE, support), "en", "en", JUDGE)
        for key, support in (("k1", 0.85), ("k2", 0.0))
    ]

    assert [draft.gate().add(f"{said} ") for draft in drafts] == ["", said]


@pytest.mark.parametrize(
    ("source", "row", "shown"),
    [("tax.md", "", ""), ("guide.md", "7", ""), ("guide.md", "", "The tax is due on day 20.")],
)
def test_a_small_model_s_sentence_stands_in_the_best_document_or_entry(source: str, row: str, shown: str) -> None:
    """The pages of one document make one answer; another document, or another row of a table, is about something else."""
    best = replace(GUIDE[0], source="guide.md", row="", heading="Opening hours", text="Open from 10 am to 4 pm.")
    other = replace(best, source=source, row=row, heading="Taxes", text="The tax is due on day 20.")
    thread = (Message("system", "Be brief."), Message("user", f"{best.text}\n\n{other.text}"))
    gate = gate_of("When do you open?", thread, (best, other), minimum=0.85)

    assert gate.add("Taxes: The tax is due on day 20.") + gate.finish() == shown


def test_a_name_of_an_earlier_passage_is_the_company_s_and_one_of_an_earlier_question_is_not() -> None:
    """Whoever goes on asking about a place of which nothing was told hears nothing of it the second time either."""
    ipe = replace(GUIDE[0], title="Pools", heading="", text="Lockers are at the Ipê pool.")
    now = replace(ipe, text="Keys of lockers are at the desk.")
    asked = Message("user", render_turn([ipe], "Where are the lockers of the Jatobá pool?"))
    thread = (asked, Message("assistant", "At the pool."), Message("user", render_turn([now], "And the keys?")))

    def said(answer: str) -> str:
        gate = gate_of("And the keys?", thread, (now,), minimum=0.85)
        return gate.add(answer) + gate.finish()

    assert said("Keys of lockers at the Ipê pool are at the desk.") != ""
    assert said("Keys of lockers at the Jatobá pool are at the desk.") == ""


async def test_a_large_model_s_inventions_are_held_against_its_own_measure() -> None:
    """The gate is the model's that speaks."""
    strict = ScriptedBackend(("Invented ", "words. "), name="large")
    bench = Bench(settings=LEGAL, models={"large": Model(strict, LARGE, 0.85)})
    question = await bench.engine.accept(replace(incoming("Which filter?"), place=place("C-legal")))
    assert question is not None

    assert (await bench.answered(question))[1].kind == "quoted"
    assert len(strict.requests) == 1


async def test_a_channel_s_language_is_that_of_our_words_and_of_the_answer() -> None:
    """A Brazilian team's channel speaks Portuguese, whatever the locale of a guest's client."""
    bench = Bench(ScriptedBackend(("Sim.",)), settings=IN_PORTUGUESE, language="en")
    question = await bench.engine.accept(replace(incoming("Which filter?"), locale="en-US"))
    assert question is not None
    await bench.answered(question)

    assert question.locale == "pt_BR"
    assert "Always answer in Brazilian Portuguese" in bench.backend.requests[0].prompt[0].content
    kept = bench.ledger.kept[question.exchange_id].exchange
    assert kept is not None
    assert kept.language == "pt"


async def test_elsewhere_the_locale_is_the_asker_s() -> None:
    """A setting for one channel is no rule for the others."""
    bench = Bench(settings=IN_PORTUGUESE)
    question = await bench.engine.accept(replace(incoming("Which filter?"), locale="en-US", place=place("D")))
    assert question is not None

    assert question.locale == "en-US"


async def test_a_model_without_the_channel_s_language_lets_the_passage_speak() -> None:
    """An English model asked to answer in Portuguese would answer in neither."""
    bench = Bench(settings=IN_PORTUGUESE, language="en")

    _, answer = await bench.answered(await bench.asked())
    _, nothing = await bench.answered(await bench.asked("Who won?", key="k2"))

    assert answer.kind == "quoted"
    assert nothing.text.startswith("Não encontrei")


@pytest.mark.parametrize(
    ("where", "share"),
    [
        (place(), "slack:T"),
        (place(surface="thread"), "slack:T"),
        (place("D1", surface="direct_message"), "slack/1U"),
        (place("", surface="slash_command"), "slack:T"),
        (Place("discord", "mention", "discord:G:1", "G", "1"), "discord:G"),
        (Place("discord", "slash_command", "discord:D:1", "", "D"), "slack/1U"),
        (Place("web", "web", "web:1"), "slack/1U"),
    ],
)
def test_workspaces_share_turns_and_people_elsewhere_have_their_own(where: Place, share: str) -> None:
    """One server's busy hour must not be another's; in private everyone stands for themselves."""
    assert share_of(Question("X", "Which?", "slack/1U", where, "all", NOW)) == share


async def test_the_request_says_with_whom_it_takes_turns() -> None:
    """The line at the model is kept by it."""
    bench = Bench()
    await bench.answered(await bench.asked())

    assert bench.backend.requests[0].share == "slack:T"
