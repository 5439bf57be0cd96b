"""The models of the whole program: the one that answers, those of channels, and their faster twins."""

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.compose import open_services
from adapters.compose_models import open_models, purse_on, service_of
from bot.errors import Misconfigured
from bot.model_settings import ModelSettings, ProviderSettings
from bot.settings import AssistantSettings, Settings, Voice, read_settings
from store.database import open_database
from tests.adapters.asking import ask, drain
from tests.adapters.composing import GUIDE, QUESTION, quick, with_section, written
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server


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


async def test_a_fallback_is_opened_with_the_model_it_stands_by(settings: Settings, tmp_path: Path) -> None:
    """Hosted first, the file in this process where that fails: the asker reads one answer, and the record says whose."""
    hosted = ModelSettings(backend="openai", provider="own", name="big", fallback=("model",), max_tokens=40)
    own = {"own": ProviderSettings(base_url="http://127.0.0.1:9/v1")}
    several = with_models(with_section(settings, providers=own), C1=hosted)
    async with open_services(several) as services:
        await services.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        await drain(services.outbox)
        given = await ask(services.engine, QUESTION)
        checks = {name: (works, said) for name, works, said in await services.checks()}

    assert "SmolLM2" in given.model
    assert given.instead_of == "big"
    works, said = checks["model C1"]
    assert works, "somebody answers: a balancer must not take the server away"
    assert "providers.own.base_url; meanwhile model answers: SmolLM2" in said


async def test_a_local_model_may_have_a_hosted_one_stand_by(settings: Settings) -> None:
    """The other way round: the file is improved all the same, and both are closed."""
    model = settings.model.model_copy(update={"fallback": ("big",), "requantise": True})
    big = ModelSettings(backend="openai", name="big")
    async with open_services(with_section(settings, model=model, models={"big": big})) as services:
        await services.improve_model()

        assert "Q8_0" in services.backend.name
        assert services.models["big"].name == "big"


async def test_equal_servers_are_one_model(settings: Settings, tmp_path: Path) -> None:
    """Each has its address, all of them the provider's key; the window is asked for at the start."""
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(openai_server(OpenAIServer(described={"max_model_len": each}))) for each in (9000, 8000)]
        own = {"own": ProviderSettings(api_key=SecretStr(KEY), base_url="http://127.0.0.1:9/v1")}
        addresses = tuple(server.address for server in both)
        model = ModelSettings(backend="openai", provider="own", name=MODEL, servers=addresses, languages=("*",))
        purse = purse_on(await stack.enter_async_context(open_database("sqlite:///:memory:")), settings)
        opened = await open_models(with_section(settings, providers=own, model=model), stack, purse)
        line = await opened.default.backend.check()
        window = opened.default.backend.context_tokens

    assert all(address in line for address in addresses)
    assert window == 8000
    assert opened.default.servers == 2


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"model": {"fallback": ["lost"]}}, "no model is called lost, as the fallback of model says"),
        ({"model": {"fallback": ["model"]}}, "the fallback of model names itself"),
        ({"models": {"a": {"fallback": ["b"]}}}, "no model is called b, as the fallback of a says (known: model)"),
        ({"model": {"backend": "openai", "provider": "lost"}}, "no provider is called lost, as model says"),
        ({"model": {"provider": "own"}}, "provider is for backend openai"),
        ({"model": {"servers": ["http://a/v1"]}}, "servers is for backend openai"),
        ({"model": {"backend": "openai", "servers": ["a:80"]}}, "'a:80' is no web address"),
        ({"providers": {"own": {"kind": "azure", "base_url": "https://a.test"}}}, "needs api_version"),
        ({"providers": {"own": {}}}, "needs base_url"),
        ({"providers": {"own": {"kind": "bedrock"}}}, "'openai', 'azure', 'nebius' or 'compatible'"),
        ({"providers": {"Our Own": {"base_url": "https://a.test"}}}, "'Our Own' is no name of a provider"),
    ],
)
def test_what_the_settings_say_of_models_must_hang_together(sections: dict[str, object], sentence: str) -> None:
    """Said at the start, with the name that is wrong."""
    with pytest.raises(Misconfigured, match=re.escape(sentence)):
        read_settings(**sections)


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ({"kind": "openai"}, "https://api.openai.com/v1"),
        ({"kind": "nebius"}, "https://api.tokenfactory.nebius.com/v1/"),
        ({"kind": "azure", "base_url": "https://us.openai.azure.com", "api_version": "2024-10-21"}, "https://us.openai.azure.com"),
        ({"base_url": "http://127.0.0.1:8080/v1"}, "http://127.0.0.1:8080/v1"),
    ],
)
def test_a_provider_is_three_lines(provider: dict[str, str], address: str) -> None:
    """And its key is never shown."""
    settings = read_settings(providers={"p": {**provider, "api_key": KEY}}, model={"backend": "openai", "provider": "p", "name": "m"})

    service = service_of(settings.model, settings)

    assert service.base_url == address
    assert service.setting("api_key") == "providers.p.api_key"
    assert KEY not in f"{settings!r}{service!r}"
