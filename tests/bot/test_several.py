"""Of a message that asks several things, each is answered, or said to be unknown."""

from dataclasses import replace

import pytest

from bot.confidence import Calibration
from bot.draft import NOTHING_FOUND, Judge
from bot.messages import Approved, Found
from bot.several import Asked, together
from tests.bot.bench import NOW, Bench
from tests.fakes.backend import ScriptedBackend, question_of
from tests.fakes.retriever import passage

FILTER = replace(passage("Replace the filter every six months.", source="filters.md"), heading="Filters")
HOSE = passage("The hose is cleaned once a year.", source="hoses.md")
BOTH = "When is the filter due? And the hose?"


def asking(*questions: str, surely: bool = True, support: float = 0.85, language: str = "en") -> Bench:
    """Return a bench where every message asks *questions*."""
    bench = Bench(ScriptedBackend(("Every six months.",)), language=language, support=support, several=lambda _: Asked(questions, surely))
    bench.retriever.passages = {"filter": (FILTER,), "hose": (HOSE,)}
    return bench


async def test_each_question_is_answered_in_its_turn() -> None:
    """A checked small model answers one thing at most: who asks two is quoted two passages, with both sources."""
    bench = asking("When is the filter due?", "the hose?")
    question = await bench.asked(BOTH)
    _, answer = await bench.answered(question)

    assert (answer.kind, answer.text) == ("quoted", f"1. **Filters**\n{FILTER.text}\n\n2. **Hoses**\n{HOSE.text}")
    assert [source.source for source in answer.sources] == ["filters.md", "hoses.md"]
    assert bench.backend.requests == []
    assert [(asked, earlier) for asked, _, earlier in bench.retriever.asked] == [
        (BOTH, ()),
        ("When is the filter due?", ()),
        ("the hose?", ("When is the filter due?",)),
    ]
    recorded = await bench.engine.recorded(question.exchange_id)
    assert recorded is not None
    assert recorded.sources == answer.sources


async def test_what_is_not_known_of_several_questions_is_said() -> None:
    """An answer to one of two that keeps silent about the other seems to answer both."""
    bench = asking("When is the filter due?", "And who won?")
    _, answer = await bench.answered(await bench.asked("When is the filter due? And who won?"))

    assert answer.text == f"1. **Filters**\n{FILTER.text}\n\n2. {NOTHING_FOUND}"
    assert [source.source for source in answer.sources] == ["filters.md"]


async def test_a_model_that_needs_no_checks_reads_what_there_is_for_each() -> None:
    """A large model tells both in its own words; what nothing is known about is said beneath, in the asker's language."""
    bench = asking("When is the filter due?", "And who won?", "the hose?", support=0.0, language="pt")
    events, answer = await bench.answered(await bench.asked("When is the filter due? And who won? And the hose?"))

    (request,) = bench.backend.requests
    assert FILTER.text in request.prompt[-1].content
    assert HOSE.text in request.prompt[-1].content
    assert question_of(request) == "When is the filter due? And who won? And the hose?"
    assert answer.kind == "generated"
    assert answer.text == (
        "Every six months.\n\nSobre a sua pergunta 2 não encontrei nada no que me deram para ler, então prefiro não arriscar um palpite."
    )
    assert "".join(event.text for event in events) == answer.text  # type: ignore[union-attr]  # nobody waited


async def test_an_expert_s_answer_to_one_of_them_is_word_for_word() -> None:
    """Where an expert has spoken, the half of a message is answered in their words, under the question that they answered."""
    bench = asking("Who pays the filter?", "the hose?")
    bench.retriever.approved = {"the filter?": Approved("A1", "Who pays for filters?", "The *tenant*, says Ana.", "all", "expert", NOW)}
    _, answer = await bench.answered(await bench.asked("Who pays the filter and the hose?"))

    assert answer.text == f"1. **Who pays for filters?**\nThe *tenant*, says Ana.\n\n2. **Hoses**\n{HOSE.text}"
    assert answer.answered_question == ""


@pytest.mark.parametrize(
    ("parts", "surely", "said"),
    [
        (("When is the filter due?", "and the filter's price?"), True, "Every six months."),  # one passage tells it all
        (("When is the filter due", "who won?"), False, "Every six months."),  # no two questions, perhaps
        (("Who won?", "And who lost?"), True, NOTHING_FOUND),
    ],
)
async def test_what_rather_asks_one_thing_is_answered_as_ever(parts: tuple[str, ...], surely: bool, said: str) -> None:
    """To number one answer, or to take a clause for a question, would only confuse."""
    bench = asking(*parts, surely=surely, support=0.1)
    _, answer = await bench.answered(await bench.asked(" ".join(parts)))

    assert answer.text == said


async def test_what_has_nothing_to_do_with_the_message_answers_no_half_of_it() -> None:
    """Alone, "and who pays?" is near to what is paid elsewhere."""
    bench = asking("When is the filter due", "who pays?", surely=False, support=0.1)
    bench.retriever.passages["who pays?"] = (HOSE,)
    _, answer = await bench.answered(await bench.asked("When is the filter due, and at what cost?"))

    assert answer.text == "Every six months."


async def test_what_answers_each_question_goes_before_what_else_was_found() -> None:
    """What answers one question may be found behind something else for another: only what is quoted is a source."""
    tools = passage("Tools hang by the door.", source="tools.md")
    bench = asking("When is the filter due?", "the hose?")
    bench.retriever.passages = {"filter": (FILTER, tools, HOSE), "hose": (HOSE, tools, FILTER)}
    question = await bench.asked(BOTH)
    _, answer = await bench.answered(question)

    assert [source.source for source in answer.sources] == ["filters.md", "hoses.md"]
    kept = bench.ledger.kept[question.exchange_id].exchange
    assert kept is not None
    assert [each.source for each in kept.passages] == ["filters.md", "hoses.md", "tools.md"]


async def test_an_expert_s_answer_to_all_of_it_is_the_answer() -> None:
    """Who approved an answer to two questions at once has told what belongs together."""
    bench = asking("When is the filter due?", "the hose?")
    bench.retriever.approved = {BOTH: Approved("A1", BOTH, "Both in May.", "all", "expert", NOW)}
    _, answer = await bench.answered(await bench.asked(BOTH))

    assert (answer.kind, answer.text) == ("verified", "Both in May.")
    assert [asked for asked, *_ in bench.retriever.asked] == [BOTH], "nothing else is looked up"


async def test_what_stands_in_another_language_is_quoted_with_its_source() -> None:
    """A model that does not speak it would misread it, and whoever reads it looks it up."""
    bench = Bench(
        ScriptedBackend(("Every six months.",), languages=("en",)), several=lambda _: Asked(("When is the filter due?", "Which óleo?"))
    )
    bench.retriever.passages = {"filter": (FILTER,), "óleo": (passage("Use óleo ISO 68.", source="oleo.md", language="pt"),)}
    _, answer = await bench.answered(await bench.asked("When is the filter due? Which óleo?"))

    assert (answer.kind, [source.source for source in answer.sources]) == ("quoted", ["filters.md", "oleo.md"])


def test_the_least_sure_of_the_answers_counts_for_all() -> None:
    """One number is told of them, and it must not promise more than any of them holds."""
    judge = Judge(Calibration(), 0.0)
    each = [Found(None, (passage,), 0.9, evidence={"relevance": odds}) for passage, odds in ((FILTER, 3.0), (HOSE, -4.0))]
    whole = Found(None, (FILTER,), 0.9, ranked=("filters.md-0", "hoses.md-0"))
    found = together(Asked(("filter?", "hose?")), whole, each, judge=judge, identify=lambda _: "en")

    assert found.evidence == {"relevance": -4.0}
