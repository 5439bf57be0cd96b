"""`aprendiz complete`: a model goes on with a text, without passages, roles or checks."""

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.errors import BadRequest, Refused
from bot.messages import Finished, Piece, Sampling
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.completing import Completion
    from bot.settings import Settings


@click.command("complete", short_help="Let a model go on with a text.")
@click.option("--prompt", required=True, metavar="TEXT", help="The text to go on with.")
@click.option("--model", "name", default="", metavar="NAME", help="One of [models.NAME]; that of [model] unless told otherwise.")
@click.option("--max-tokens", type=click.IntRange(1, 100_000), help="Longest completion in tokens; as the model's settings have it.")
@json_option
@pass_session
def command(session: Session, /, prompt: str, name: str, max_tokens: int | None, as_json: bool) -> None:
    """
    Go on with a text as it stands: what a model says by itself.

    Nothing is looked up, checked or recorded, but what it costs. A hosted model is asked where its service completes plain text.
    """
    settings = session.settings
    output = session.output(as_json=as_json)
    name = _known(settings, name)
    if not prompt.strip():
        raise BadRequest(translate(settings.language, N_("There is no text to go on with: give one with --prompt.")))
    from bot.completing import Completion

    model = settings.models[name] if name else settings.model
    sampling = Sampling(model.temperature, model.top_p, model.repeat_penalty)
    request = Completion(prompt, max_tokens or model.max_tokens, model.deadline_s, sampling)
    said, finished = asyncio.run(_complete(settings, name, request, output))
    if as_json:
        facts = asdict(finished)
        timings = {key: round(facts.pop(key), 4) for key in ("first_token_s", "total_s")}
        del facts["instead_of"]
        output.emit({"completion": said, **facts, "timings": timings})
    else:
        output.piece("\n")


def _known(settings: "Settings", name: str) -> str:
    """Return the name, empty for the model of `[model]`."""
    from bot.model_settings import DEFAULT_MODEL

    if not name or name in settings.models:
        return name
    if name == DEFAULT_MODEL:
        return ""
    known = ", ".join(sorted({*settings.models, DEFAULT_MODEL}))
    raise Refused(translate(settings.language, N_("No model is called {name}; the settings know {known}."), name=name, known=known))


async def _complete(settings: "Settings", name: str, request: "Completion", output: "Output") -> tuple[str, Finished]:
    from adapters.compose_models import open_completer

    said: list[str] = []
    async with open_completer(settings, name) as model, aclosing(model.complete(request)) as events:
        async for event in events:
            match event:
                case Piece(text):
                    said.append(text)
                    output.piece(text)
                case Finished():
                    finished = event
    return "".join(said), finished
