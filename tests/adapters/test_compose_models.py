"""The models of the whole program: the one that answers, those of channels, and their faster twins."""

import asyncio
from pathlib import Path

import pytest

from adapters.compose import open_services
from bot.errors import Misconfigured
from bot.model_settings import ModelSettings
from bot.settings import AssistantSettings, Settings, Voice, read_settings
from tests.adapters.asking import ask, drain
from tests.adapters.composing import GUIDE, QUESTION, quick, with_section, written


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a new home, with nothing set."""
    monkeypatch.chdir(tmp_path)
    return quick(read_settings(home=tmp_path / "home"))


async def test_a_slow_model_file_is_improved_once(settings: Settings, tmp_path: Path) -> None:
    """The first start answers from the shipped file and swaps to the faster one; the second start opens that at once."""
    settings = with_section(settings, model=settings.model.model_copy(update={"requantise": True}))
    twins = settings.home / "models"
    async with open_services(settings) as services:
        await services.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        await drain(services.outbox)
        shipped = services.backend.name
        await services.improve_model()
        improved = services.backend.name
        given = await ask(services.engine, QUESTION)
    (twin,) = await asyncio.to_thread(lambda: list(twins.iterdir()))
    made = (await asyncio.to_thread(twin.stat)).st_mtime_ns
    async with open_services(settings) as services:
        opened = services.backend.name
        await services.improve_model()

    assert "Q4_1" in shipped
    assert "Q8_0" in improved
    assert "six months" in given.text
    assert "Q8_0" in given.model
    assert opened == improved
    assert (await asyncio.to_thread(twin.stat)).st_mtime_ns == made


async def test_a_file_that_is_to_stay_is_left_alone(settings: Settings) -> None:
    """An operator who forbids the twin gets none."""
    async with open_services(settings) as services:
        await services.improve_model()
        assert "Q4_1" in services.backend.name

    assert not await asyncio.to_thread((settings.home / "models").exists)


async def test_a_hosted_model_is_one_setting(settings: Settings) -> None:
    """Backend openai answers through the same composition; no file is loaded, and nothing improved."""
    settings = with_section(settings, model=ModelSettings(backend="openai", name="some-model"))
    async with open_services(settings) as services:
        await services.improve_model()

        assert services.backend.name == "some-model"


def with_models(settings: Settings, **models: ModelSettings) -> Settings:
    """Return *settings* with these models, each the voice of the channel that is called like it."""
    voices = tuple(Voice(platform="slack", channel=name, model=name) for name in models)
    return with_section(settings, models=models, assistant=AssistantSettings(voices=voices))


async def test_a_channel_s_model_is_opened_and_answers_there(settings: Settings, tmp_path: Path) -> None:
    """One table and one voice are all it takes; a table that no voice names costs no memory."""
    several = with_models(settings, C1=settings.model.model_copy(update={"name": "of C1", "context_tokens": 1024}))
    idle = ModelSettings(path=tmp_path / "never opened.gguf")
    several = with_section(several, models={**several.models, "idle": idle})
    async with open_services(several) as services:
        await services.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        await drain(services.outbox)
        there = await ask(services.engine, QUESTION)
        elsewhere = await ask(services.engine, QUESTION, platform="web", audience="employees")
        checks = await services.checks()

    assert there.model == "of C1"
    assert "SmolLM2" in elsewhere.model
    assert [(name, works) for name, works, _ in checks] == [
        ("model", True),
        ("model C1", True),
        ("database", True),
        ("index", True),
        ("version", True),
    ]
    assert "1024 tokens" in checks[1][2]


async def test_names_that_differ_in_how_they_answer_share_one_model_in_memory(settings: Settings) -> None:
    """A colder twin of a large model must not take its memory twice; with another window it is a model of its own."""
    colder = settings.model.model_copy(update={"temperature": 0.7, "max_tokens": 20, "deadline_s": 9.0, "support": 0.5})
    wider = settings.model.model_copy(update={"context_tokens": 1024})
    async with open_services(with_models(settings, C1=colder, C2=wider)) as services:
        assert services.models["C1"] is services.backend
        assert services.models["C2"] is not services.backend


async def test_a_model_that_cannot_be_opened_is_named(settings: Settings, tmp_path: Path) -> None:
    """With five models in the file the operator must know which one is meant."""
    lost = ModelSettings(path=tmp_path / "lost.gguf", requantise=False)
    with pytest.raises(Misconfigured, match=r"^models\.C1: .*lost\.gguf.* set models\.C1\.path to a model file"):
        async with open_services(with_models(settings, C1=lost)):
            pass
    with pytest.raises(Misconfigured, match=r"^the model file .*lost\.gguf.* set APRENDIZ_MODEL__PATH"):
        async with open_services(with_section(settings, model=lost)):
            pass


async def test_every_slow_model_file_is_improved_once(settings: Settings) -> None:
    """Two windows on one file share the faster twin, too; a hosted model has none."""
    slow = settings.model.model_copy(update={"requantise": True})
    wider = slow.model_copy(update={"context_tokens": 1024})
    hosted = ModelSettings(backend="openai", name="hosted")
    async with open_services(with_models(with_section(settings, model=slow), C1=wider, C2=hosted)) as services:
        await services.improve_model()

        assert "Q8_0" in services.backend.name
        assert "Q8_0" in services.models["C1"].name
        assert services.models["C2"].name == "hosted"
    assert len(await asyncio.to_thread(lambda: list((settings.home / "models").iterdir()))) == 1
