"""`aprendiz complete`: plain completion, by the real local model and by a service on loopback."""

import asyncio
import json

import pytest

from adapters.cli.main import main
from tests.adapters.cli.conftest import Aprendiz
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server


def beside(server: OpenAIServer, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command in a thread, beside a service that `[models.hosted]` names."""

    async def run() -> int:
        async with openai_server(server):
            monkeypatch.setenv("APRENDIZ_PROVIDERS", f'{{"own": {{"base_url": "{server.address}", "api_key": "{KEY}"}}}}')
            monkeypatch.setenv("APRENDIZ_MODELS", f'{{"hosted": {{"backend": "openai", "provider": "own", "name": "{MODEL}"}}}}')
            return await asyncio.to_thread(main, list(arguments))

    return asyncio.run(run())


def test_the_local_model_goes_on_with_a_text(aprendiz: Aprendiz) -> None:
    """As it stands: no question, no passages, no home."""
    ran = aprendiz("complete", "--prompt", "Once upon a time", "--max-tokens", "6", "--json")

    assert ran.json["completion_tokens"] == 6
    assert ran.json["prompt_tokens"] <= 5
    assert ran.json["reason"] == "length"
    assert ran.json["completion"]
    assert set(ran.json["timings"]) == {"first_token_s", "total_s"}


def test_people_read_the_words_alone(aprendiz: Aprendiz) -> None:
    """What was written can be piped on."""
    ran = aprendiz("complete", "--prompt", "One, two, three,", "--max-tokens", "4")

    assert (ran.code, ran.err) == (0, "")
    assert "four" in ran.out


@pytest.mark.usefixtures("home")
def test_a_hosted_model_goes_on_where_its_service_lets_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name among the models; one that knows chats only is told from one that is not there."""
    server = OpenAIServer()
    code = beside(server, "complete", "--prompt", "Once", "--model", "hosted", monkeypatch=monkeypatch)
    said = capsys.readouterr().out
    server.plain = False
    refused = beside(server, "complete", "--prompt", "Once", "--model", "hosted", monkeypatch=monkeypatch)
    sentence = capsys.readouterr().err

    assert (code, said) == (0, "A short answer.\n")
    assert server.requests[0]["prompt"] == "Once"
    assert refused == 1
    assert "completes no plain text" in sentence


@pytest.mark.usefixtures("home")
def test_what_a_hosted_model_said_is_booked_and_held_to_the_budget(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs the same money; the service is not asked for what there is no room for."""
    server = OpenAIServer()
    monkeypatch.setenv("APRENDIZ_PRICES", f'{{"{MODEL}": {{"input_per_million": 1, "output_per_million": 1000}}}}')
    monkeypatch.setenv("APRENDIZ_BUDGET__PER_DAY", "0.05")
    asked = ("complete", "--prompt", "Once", "--model", "hosted", "--max-tokens")
    said = beside(server, *asked, "20", monkeypatch=monkeypatch)
    refused = beside(server, *asked, "50", monkeypatch=monkeypatch)
    sentence = capsys.readouterr().err
    told = main(["costs", "--json"])
    spent = json.loads(capsys.readouterr().out)["spent"]

    assert (said, refused, told, len(server.requests)) == (0, 1, 0, 1)
    assert "has no room for an answer" in sentence
    assert [(each["calls"], each["answers"], each["output_tokens"], each["unpriced"]) for each in spent] == [(1, 1, 3, 0)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--prompt", " "), "There is no text to go on with: give one with --prompt."),
        (("--prompt", "x", "--model", "large"), "No model is called large; the settings know model."),
    ],
)
def test_what_cannot_be_completed_is_refused(aprendiz: Aprendiz, arguments: tuple[str, ...], sentence: str) -> None:
    """Before a model is loaded."""
    ran = aprendiz("complete", *arguments)

    assert (ran.code, ran.out, ran.err) == (1, "", f"{sentence}\n")
