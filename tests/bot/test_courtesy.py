"""Who greets or thanks is answered in kind, and nothing is made of it."""

import pytest

from bot.courtesy import Courtesy
from bot.messages import Piece
from tests.bot.bench import GUIDE, Bench
from tests.fakes.retriever import passage

COURTESIES: dict[str, Courtesy] = {"Hi": "greeting", "obrigado": "thanks", "ok": "assent"}


@pytest.mark.parametrize(
    ("message", "language", "reply"),
    [
        ("Hi", "en", "Hello! What would you like to know?"),
        ("obrigado", "pt", "De nada! Se precisar de mais alguma coisa, é só perguntar."),
        ("ok", "en", "All right! If anything else comes up, just ask."),
    ],
)
async def test_a_courtesy_is_returned(message: str, language: str, reply: str) -> None:
    """Nothing is declined, quoted or handed to a person where nothing was asked; neither model nor index is troubled."""
    bench = Bench(language=language, courtesies=COURTESIES)
    bench.retriever.closest = GUIDE
    question = await bench.asked(message)
    events, answer = await bench.answered(question)

    assert events == [Piece(reply)]
    assert (answer.kind, answer.text, answer.sources, answer.hand_off, answer.model) == ("courtesy", reply, (), "", "")
    assert (bench.retriever.asked, bench.backend.requests) == ([], [])
    kept = bench.ledger.kept[question.exchange_id].exchange
    assert kept is not None
    assert (kept.kind, kept.answer, kept.passages, kept.language) == ("courtesy", reply, (), language)
    assert await bench.engine.recorded(question.exchange_id) is not None


async def test_a_courtesy_changes_nothing_about_what_is_asked_next() -> None:
    """A follow-up leans on what was asked before the thanks."""
    bench = Bench(courtesies=COURTESIES)
    for number, text in enumerate(("When do I change the filter?", "obrigado", "And when it is dusty?")):
        await bench.answered(await bench.asked(text, key=f"k{number}"))

    assert [earlier for _, _, earlier in bench.retriever.asked] == [(), ("When do I change the filter?",)]


async def test_a_word_of_many_languages_is_answered_in_the_thread_s() -> None:
    """A Brazilian whose client speaks English says "ok", too."""
    bench = Bench(courtesies=COURTESIES, spoken={"ok": "", "Quando troco o óleo?": "pt"})
    await bench.answered(await bench.asked("Quando troco o óleo?"))
    _, answer = await bench.answered(await bench.asked("ok", key="k2"))

    assert answer.text == "Certo! Se precisar de mais alguma coisa, é só perguntar."


async def test_a_courtesy_with_a_file_is_about_the_file() -> None:
    """Whoever sends a document with "Hi" wants it to be read."""
    bench = Bench(courtesies=COURTESIES)
    _, answer = await bench.answered(await bench.asked("Hi"), passage("The warranty is 2 years.", source="warranty.pdf"))

    assert answer.kind != "courtesy"
    assert len(bench.retriever.asked) == 1
