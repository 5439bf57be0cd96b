"""Answers to questions that came with files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attached import best_attached
from bot.messages import Approved, Passage, Piece, Place, Question
from bot.model_settings import ModelSettings
from bot.settings import KnowledgeSettings, Settings
from tests.bot.bench import NOW, Bench
from tests.fakes.backend import ScriptedBackend, question_of

QUESTION = Question("X1", "How long is the warranty of the pump?", "p", Place("slack", "mention", "c"), "customers", NOW)
ONE_PLACE = Settings(model=ModelSettings(max_tokens=64), knowledge=KnowledgeSettings(passages=1))


def part(text: str, *, number: int = 0, name: str = "offer.pdf", language: str = "en", heading: str = "") -> Passage:
    """Return a passage of a file, as a reader of attachments gives it."""
    return Passage(f"{name}-{number}", name, name, heading, text, "employees", language=language)


def best(*texts: str, limit: int = 3) -> list[str]:
    """Rank *texts* for the question."""
    passages = [part(text, number=number) for number, text in enumerate(texts)]
    return [each.text for each in best_attached(passages, QUESTION, limit=limit, identify=lambda _: "pt")]


def test_those_that_hold_the_question_s_words_come_first() -> None:
    """Of a long file only a few passages fit the prompt: they must be the right ones, whatever accents and endings they use."""
    assert best("About us.", "Pumps are blue.", "The pump's WARRANTY: two years.") == [
        "The pump's WARRANTY: two years.",
        "Pumps are blue.",
        "About us.",
    ]


def test_equals_keep_their_order() -> None:
    """A plea to summarise shares no word with the file: its beginning says best what it is about."""
    assert best("First.", "Second.", "Third.", "Fourth.") == ["First.", "Second.", "Third."]


def test_a_heading_counts_as_words_of_its_passage() -> None:
    """Tables and lists say their subject above themselves."""
    passages = [part("Nothing."), part("Two years.", heading="Warranty")]

    assert best_attached(passages, QUESTION, limit=1, identify=lambda _: "en")[0].text == "Two years."


def test_they_are_the_asker_s_and_carry_their_relevance_and_language() -> None:
    """Whatever the reader put there: what a customer sends is seen as the customer sees, also in an index that is made of it."""
    (plain,) = best_attached([part("The pump.", language="")], QUESTION, limit=3, identify=lambda _: "en")
    (known,) = best_attached([part("A bomba.", language="pt")], QUESTION, limit=3, identify=lambda _: "en")

    assert (plain.audience, plain.language, round(plain.score, 2)) == ("customers", "en", 0.33)
    assert (known.language, known.score) == ("pt", 0)


@given(st.lists(st.text(max_size=20), max_size=12), st.integers(0, 6))
def test_the_number_is_bounded_and_nothing_is_made_up(texts: list[str], limit: int) -> None:
    """Any text may be in a file."""
    ranked = best(*texts, limit=limit)

    assert len(ranked) == min(limit, len(texts))
    assert all(text in texts for text in ranked)


async def test_a_file_is_answered_from_before_what_the_company_knows() -> None:
    """The question is about the file; the company's passages explain it."""
    bench = Bench()

    _, answer = await bench.answered(await bench.asked(), part("The filter of this offer lasts nine months."))

    prompt = bench.backend.requests[0].prompt[-1].content
    assert prompt.index("Filters are blue.") < prompt.index("every six months") < prompt.index("nine months")  # the best comes last
    assert [source.title for source in answer.sources] == ["Filters"]  # which says "every six months"
    assert answer.kind == "generated"


async def test_a_question_about_a_file_alone_is_not_declined() -> None:
    """The company knows nothing about it, but the asker sent what to read."""
    bench = Bench(ScriptedBackend(("It offers three pumps.",)))

    _, answer = await bench.answered(await bench.asked("Summarise this, please"), part("An offer for three pumps."))

    assert (answer.kind, [source.source for source in answer.sources]) == ("generated", ["offer.pdf"])


async def test_the_follow_up_sees_what_the_file_said() -> None:
    """The file came with the first question only; the thread is about it all the same."""
    bench = Bench()
    await bench.answered(await bench.asked("Summarise this"), part("An offer for three pumps."))
    await bench.answered(await bench.asked("Which filter fits them?", key="k2"))

    assert any("three pumps" in message.content for message in bench.backend.requests[1].prompt)


async def test_what_the_model_saw_is_kept_for_the_asker_s_audience() -> None:
    """A training row, or a reviewer, must see the passage that the answer rests on."""
    bench = Bench()
    question = await bench.asked("Summarise this")
    await bench.answered(question, part("An offer for three pumps."))

    exchange = bench.ledger.kept[question.exchange_id].exchange
    assert exchange is not None
    assert [(each.source, each.audience, each.text) for each in exchange.passages] == [
        ("offer.pdf", question.audience, "An offer for three pumps.")
    ]
    assert "three pumps" in exchange.prompt


@pytest.mark.parametrize(("settings", "places"), [(None, 3), (ONE_PLACE, 2)])
async def test_a_long_file_leaves_room(settings: Settings | None, places: int) -> None:
    """Of a book a few passages are read, more where more passages fit at all."""
    bench = Bench(settings=settings)
    book = [part(f"Chapter {number} on pumps.", number=number, name=f"{number}.md") for number in range(50)]

    question = await bench.asked()
    await bench.answered(question, *book)

    exchange = bench.ledger.kept[question.exchange_id].exchange
    assert exchange is not None
    assert [each.source for each in exchange.passages] == [*(f"{number}.md" for number in range(places)), "filters.md", "colours.md"]


async def test_an_approved_answer_knew_nothing_of_the_file() -> None:
    """What an expert approved for the plain question may be wrong for this document."""
    bench = Bench(ScriptedBackend(lambda request: [question_of(request)]))
    bench.retriever.approved["filter"] = Approved("A1", "When?", "Every four months.", "employees", "expert", NOW)

    _, with_file = await bench.answered(await bench.asked(), part("Nine months."))
    _, without = await bench.answered(await bench.asked(key="k2"))

    assert (with_file.kind, without.kind) == ("generated", "verified")
    assert "approved" not in with_file.approved_by


async def test_a_file_in_a_language_the_model_does_not_speak_is_quoted() -> None:
    """The same rule as for the company's documents: a small model would misread it."""
    bench = Bench()

    events, answer = await bench.answered(
        await bench.asked("How long is the garantia?"),
        part("Sobre nós.", language="pt"),
        part("A garantia é de 2 anos.", number=1, language="pt"),
    )

    assert (answer.kind, answer.text) == ("quoted", "A garantia é de 2 anos.")
    assert events == [Piece("A garantia é de 2 anos.")]
    assert [source.source for source in answer.sources] == ["offer.pdf"]


async def test_an_empty_file_changes_nothing() -> None:
    """No passages, no file."""
    bench = Bench()
    bench.retriever.approved["filter"] = Approved("A1", "When?", "Every four months.", "employees", "expert", NOW)

    _, answer = await bench.answered(await bench.asked())

    assert answer.kind == "verified"


async def test_large_files_are_ranked_beside_the_loop() -> None:
    """Five files of a megabyte take a while to read; nobody else may wait for that."""
    bench = Bench()
    book = [part("pumps and filters " * 2000, number=number, name=f"{number}.md") for number in range(20)]

    _, answer = await bench.answered(await bench.asked("Is it about valves?"), *book, part("Two valves.", name="two.md"))

    assert answer.sources[0].source == "two.md"
