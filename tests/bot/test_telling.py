"""An answer where models fail: somebody gives it, once, whole, and the record says who."""

from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.draft import Model
from bot.engine import Engine, EngineParts
from bot.errors import BadRequest, ChatbotError, ConversationTooLong, Misconfigured, TryAgainLater
from bot.exchanges import Exchange
from bot.messages import Adapter, Answer, Piece, Queued, Restarted
from bot.model_settings import ModelSettings
from bot.settings import AssistantSettings, Voice
from tests.bot.bench import SETTINGS, Bench, incoming
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Reversed
from tests.fakes.redactor import CrossingOut
from tests.fakes.versions import MemoryVersions

QUESTION = "When do I change the filter?"
GOOD = ("Replace it ", "every six months.")
LONG = ("First. ", "Second. ", "Third.")


def bench(
    *models: ScriptedBackend, languages: str = "en", voice: str = "", servers: int = 1, versions: MemoryVersions | None = None
) -> Bench:
    """
    Return an engine whose model is the first of *models*, the others named r1, r2, … in its fallback.

    With a *voice*, channels choose that model of the others', with the default one in its place.
    """
    names = [f"r{number}" for number in range(1, len(models))]
    first = ModelSettings(max_tokens=64, fallback=tuple(names) if not voice else ())
    others = {name: ModelSettings(max_tokens=64, fallback=("model",) if name == voice else ()) for name in names}
    voices = (Voice(channel="C", model=voice),) if voice else ()
    settings = SETTINGS.model_copy(update={"model": first, "models": others, "assistant": AssistantSettings(voices=voices)})
    made = Bench(models[0], language=languages, settings=settings, versions=versions)
    parts = made.engine._parts
    made.engine = Engine(
        EngineParts(
            made.ledger,
            made.retriever,
            models[0],
            CrossingOut("Ana"),
            Reversed(),
            identify=lambda _: languages,
            now=parts.now,
            models={name: Model(backend, others[name], servers=servers) for name, backend in zip(names, models[1:], strict=True)},
            versions=versions,
        ),
        settings,
    )
    return made


def dying(after: int | None, pieces: tuple[str, ...] = LONG, error: ChatbotError | None = None) -> ScriptedBackend:
    """Return a hosted model that dies after so many pieces."""
    return ScriptedBackend(pieces, error=error or TryAgainLater("reset"), fail_after=after, name="hosted")


def reserve(pieces: tuple[str, ...] = GOOD, **options: object) -> ScriptedBackend:
    """Return what stands by."""
    return ScriptedBackend(pieces, name="local", **options)  # type: ignore[arg-type]


async def told(made: Bench) -> tuple[list[Queued | Piece | Restarted], Answer]:
    """Ask, and return what was told before the answer, and the answer."""
    question = await made.asked(QUESTION)
    async with aclosing(made.engine.answer(question)) as stream:
        *before, answer = [event async for event in stream]
    assert isinstance(answer, Answer)
    return [event for event in before if not isinstance(event, Answer)], answer


def kept(ledger: MemoryLedger, answer: Answer) -> Exchange:
    """Return the exchange as recorded."""
    exchange = ledger.kept[answer.exchange_id].exchange
    assert exchange is not None
    return exchange


@pytest.mark.parametrize("error", [TryAgainLater("down"), Misconfigured("wrong key"), ConversationTooLong("window")])
async def test_a_model_that_fails_at_once_is_replaced_without_a_word(error: ChatbotError) -> None:
    """The asker reads one answer; the record says whose it is, and whose it should have been."""
    made = bench(dying(None, error=error), reserve())

    events, answer = await told(made)

    assert not any(isinstance(event, Restarted) for event in events)
    assert answer.text == "".join(GOOD)
    assert (answer.model, answer.instead_of) == ("local", "hosted")
    finished = kept(made.ledger, answer).finished
    assert finished is not None
    assert (finished.model, finished.instead_of) == ("local", "hosted")


async def test_an_answer_that_broke_off_is_taken_back_and_told_once_more() -> None:
    """What people read of the first must not stand beside the second: neither is half of one answer."""
    made = bench(dying(1), reserve())

    events, answer = await told(made)

    at = events.index(Restarted("local"))
    assert [event.text for event in events[:at] if isinstance(event, Piece)] == ["First."]
    assert "".join(event.text for event in events[at + 1 :] if isinstance(event, Piece)) == answer.text == "".join(GOOD)
    assert kept(made.ledger, answer).answer == answer.text
    assert answer.instead_of == "hosted"


async def test_words_that_nobody_saw_are_not_taken_back() -> None:
    """Half a sentence waits for its end behind the gate."""
    events, answer = await told(bench(dying(1, ("Half of a ", "sentence.")), reserve()))

    assert not any(isinstance(event, Restarted) for event in events)
    assert answer.text == "".join(GOOD)


async def test_the_chain_is_followed_to_its_end() -> None:
    """Two may be down."""
    _, answer = await told(bench(dying(None), dying(1), reserve()))

    assert (answer.model, answer.instead_of) == ("local", "hosted")


async def test_where_all_fail_the_asker_hears_one_sentence() -> None:
    """Once, and the exchange is closed with it."""
    made = bench(dying(None), dying(2, error=Misconfigured("wrong key")))
    question = await made.asked(QUESTION)

    with pytest.raises(Misconfigured):
        await made.answered(question)

    assert made.ledger.kept[question.exchange_id].reason == "Misconfigured"


async def test_what_the_service_s_filter_stopped_no_other_model_says() -> None:
    """The operator chose that service with its filter."""
    standing = reserve()
    made = bench(dying(None, error=BadRequest("filtered")), standing)

    with pytest.raises(BadRequest):
        await told(made)

    assert standing.requests == []


async def test_a_stand_in_that_does_not_speak_the_language_leaves_the_word_to_the_passage() -> None:
    """As it would if it were asked first: a small English model must not answer in Portuguese."""
    english = reserve(languages=("en",))
    made = bench(dying(None), english, languages="pt")

    _, answer = await told(made)

    assert (answer.kind, answer.text) == ("quoted", "Replace the filter every six months.")
    assert english.requests == []


async def test_a_stand_in_reads_what_fits_its_own_window() -> None:
    """A local model's window is a fraction of a hosted one's."""
    small = reserve(context_tokens=250)
    made = bench(dying(None), small)
    long = reserve(context_tokens=4096)
    made.engine._models[""] = Model(long, made.engine._models[""].settings)
    for number in range(8):
        question = await made.asked(f"{QUESTION} {number}", key=f"before {number}")
        await made.answered(question)
    long.error = TryAgainLater("down")
    _, answer = await told(made)

    assert answer.model == "local"
    assert len(long.requests[-1].prompt) > len(small.requests[-1].prompt)
    assert len(kept(made.ledger, answer).history) == (len(small.requests[-1].prompt) - 2) // 2


async def test_the_first_words_have_a_limit_where_somebody_stands_by() -> None:
    """Without anybody, late is better than never."""
    hosted, local = dying(None), reserve()
    await told(bench(hosted, local))

    assert hosted.requests[0].first_token_s == ModelSettings().first_token_s
    assert local.requests[0].first_token_s == float("inf")


async def test_a_version_is_laid_over_the_default_model_alone() -> None:
    """As a stand-in, too: it was trained for that file and no other."""
    version = Adapter("v1", Path("1.gguf"))
    default, large = ScriptedBackend(GOOD, name="default"), dying(None)
    made = bench(default, large, voice="r1", versions=MemoryVersions(employees=version))

    _, answer = await told(made)

    assert (answer.model, answer.instead_of) == ("default", "hosted")
    assert [request.adapter for request in large.requests] == [None]
    assert [request.adapter for request in default.requests] == [version]
    finished = kept(made.ledger, answer).finished
    assert finished is not None
    assert finished.adapter == "v1"


class Once(ScriptedBackend):
    """Breaks off the first time."""

    def _fail(self, said: int, *, when: int | None) -> None:
        if len(self.requests) == 1:
            super()._fail(said, when=when)


@pytest.mark.parametrize("chosen", [True, False])
async def test_an_equal_server_says_again_what_broke_off(chosen: bool) -> None:
    """It is the same model: no stand-in has to be marked. That of `[model]` is no other in this than those that channels choose."""
    several = Once(("First. ", "Second."), error=TryAgainLater("reset"), fail_after=2, name="equal")
    if chosen:
        made = bench(reserve(), several, voice="r1", servers=2)
    else:
        model = ModelSettings(backend="openai", name="equal", servers=("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"), max_tokens=64)
        made = Bench(several, settings=SETTINGS.model_copy(update={"model": model}))

    events, answer = await told(made)

    assert Restarted("equal") in events
    assert (answer.text, answer.model, answer.instead_of) == ("First. Second.", "equal", "")
    assert len(several.requests) == 2


async def test_a_reader_who_leaves_stops_whoever_speaks() -> None:
    """The stand-in, too."""
    local = reserve(("One. ", "Two. ", "Three. ", "Four."), delay_s=0.01)
    made = bench(dying(None), local)
    question = await made.engine.accept(incoming(QUESTION))
    assert question is not None
    async with aclosing(made.engine.answer(question)) as stream:
        await anext(stream)

    assert local.left == 1
    assert made.ledger.kept[question.exchange_id].reason == "left"


async def test_each_guild_has_the_model_it_was_given() -> None:
    """Two servers whose channels are called alike are two places."""
    made = bench(reserve(), dying(9, GOOD))
    voice = Voice(guild="other", model="r1")
    settings = made.engine._settings.model_copy(update={"assistant": AssistantSettings(voices=(voice,))})
    made.engine._settings = settings
    models = []
    for number, workspace in enumerate(("T", "other", "T")):
        asked = incoming(QUESTION, key=f"k{number}", thread=f"slack:{number}")
        question = await made.engine.accept(replace(asked, place=replace(asked.place, workspace=workspace)))
        assert question is not None
        _, answer = await made.answered(question)
        models.append(answer.model)

    assert models == ["local", "hosted", "local"]
