"""Which trained version answers: asked for at every answer, by who asks."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from bot.draft import Model
from bot.exchanges import Exchange
from bot.messages import Adapter, Audience, Generation, Piece
from bot.model_settings import ModelSettings
from bot.settings import AssistantSettings, Settings, Voice
from tests.bot.bench import Bench, incoming
from tests.fakes.backend import ScriptedBackend
from tests.fakes.versions import MemoryVersions

FIRST, SECOND = (Adapter(f"v{number}", Path(f"{number}.gguf")) for number in (1, 2))
LARGE = ModelSettings(max_tokens=64)
LEGAL = Settings(
    model=ModelSettings(max_tokens=64),
    models={"large": LARGE},
    assistant=AssistantSettings(voices=(Voice(channel="C", model="large"),)),
)


def _kept(bench: Bench, exchange_id: str) -> Exchange:
    exchange = bench.ledger.kept[exchange_id].exchange
    assert exchange is not None
    return exchange


async def _ask(bench: Bench, text: str = "When do I change the filter?", *, key: str = "k1", audience: Audience = "employees") -> Exchange:
    question = await bench.engine.accept(replace(incoming(text, key=key), audience=audience))
    assert question is not None
    await bench.answered(question)
    return _kept(bench, question.exchange_id)


def _recorded(exchange: Exchange) -> str:
    assert exchange.finished is not None
    return exchange.finished.adapter


async def test_a_promotion_and_a_roll_back_take_hold_between_two_answers_of_a_thread() -> None:
    """Nobody restarts anything, and the record says which version said what."""
    versions = MemoryVersions()
    bench = Bench(versions=versions)
    answered = []
    for number, production in enumerate((None, FIRST, SECOND, None)):
        versions.promote("employees", production) if production else versions.roll_back("employees")
        answered.append(_recorded(await _ask(bench, key=f"k{number}")))

    assert answered == ["", "v1", "v2", ""]
    assert [request.adapter for request in bench.backend.requests] == [None, FIRST, SECOND, None]


async def test_each_audience_is_answered_by_its_own_version() -> None:
    """What was learnt from employees' words must never answer a customer."""
    versions = MemoryVersions(employees=FIRST)
    bench = Bench(versions=versions)

    assert _recorded(await _ask(bench, key="k1", audience="employees")) == "v1"
    assert _recorded(await _ask(bench, key="k2", audience="customers")) == ""
    assert _recorded(await _ask(bench, key="k3", audience="all")) == ""
    versions.promote("all", SECOND)
    assert _recorded(await _ask(bench, key="k4", audience="customers")) == "v2"
    assert _recorded(await _ask(bench, key="k5", audience="employees")) == "v1"
    assert versions.asked == ["employees", "customers", "all", "customers", "employees"]


async def test_a_version_speaks_the_languages_it_was_proved_in() -> None:
    """A small English model that learnt Portuguese answers in it; taken back, the passage is quoted again."""
    versions = MemoryVersions(employees=replace(FIRST, languages=("pt",)))
    bench = Bench(ScriptedBackend(("ISO 68.",), languages=("en",)), language="pt", versions=versions)

    spoken = await _ask(bench, "Qual óleo?", key="k1")
    other = await _ask(bench, "Qual óleo?", key="k2", audience="customers")
    versions.roll_back("employees")
    quoted = await _ask(bench, "Qual óleo?", key="k3")

    assert (spoken.kind, spoken.answer) == ("generated", "ISO 68.")
    assert (other.kind, quoted.kind) == ("quoted", "quoted")


async def test_passages_in_a_version_s_languages_are_given_to_it() -> None:
    """What it was proved to read must not be kept from it as foreign."""
    bench = Bench(language="pt", versions=MemoryVersions(employees=replace(FIRST, languages=("pt",))))
    await _ask(bench, "Qual óleo?")

    assert "Use óleo ISO 68." in bench.backend.requests[0].prompt[-1].content


async def test_an_answer_goes_on_with_the_version_it_began_with() -> None:
    """Half an answer each of two versions would be neither's."""
    versions = MemoryVersions(employees=FIRST)

    def speak(request: Generation) -> list[str]:
        name = "one" if request.adapter == FIRST else "other"
        return [f"This {name}. ", f"This {name}. ", f"This {name}."]

    bench = Bench(ScriptedBackend(speak, delay_s=0.001), versions=versions)
    question = await bench.asked()
    async with aclosing(bench.engine.answer(question)) as stream:
        assert await anext(stream) == Piece("This one.")
        versions.promote("employees", SECOND)
        await asyncio.sleep(0)
        async for _ in stream:
            pass

    kept = _kept(bench, question.exchange_id)
    assert (kept.answer, _recorded(kept)) == ("This one. This one. This one.", "v1")


async def test_a_channel_s_own_model_has_no_version() -> None:
    """An adapter fits the model it was trained on and no other."""
    large = ScriptedBackend(("Large.",), name="large")
    versions = MemoryVersions(employees=FIRST)
    bench = Bench(settings=LEGAL, models={"large": Model(large, LARGE)}, versions=versions)

    assert _recorded(await _ask(bench)) == ""
    assert (versions.asked, large.requests[0].adapter) == ([], None)


async def test_an_answer_that_was_stopped_names_its_version_too() -> None:
    """A version that invents must be seen to."""
    bench = Bench(
        ScriptedBackend(("Every six months. ", "Invented nonsense words here. ")), support=0.85, versions=MemoryVersions(all=FIRST)
    )
    exchange = await _ask(bench)

    assert exchange.finished is not None
    assert (exchange.finished.reason, exchange.finished.adapter) == ("unsupported", "v1")


async def test_without_versions_a_stopped_answer_names_none() -> None:
    """An installation that never trained records no version."""
    bench = Bench(ScriptedBackend(("Every six months. ", "Invented nonsense words here. ")), support=0.85)
    exchange = await _ask(bench)

    assert exchange.finished is not None
    assert (exchange.finished.reason, exchange.finished.adapter) == ("unsupported", "")
