"""`aprendiz ask`: one question, or a file of them."""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click

from adapters.cli.operator import operator_name
from adapters.cli.session import Session, audience_option, batch_option, json_option, pass_session, scopes_option
from adapters.cli.wording import sentence
from adapters.delivery import person_line, sources_line
from adapters.json_fields import answer_fields
from bot.errors import BadRequest, ChatbotError, TryAgainLater
from bot.messages import Answer, Audience, Piece, Queued, Restarted
from bot.texts import N_

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.assistant import Assistant
    from adapters.cli.output import Output

    Opening = AbstractAsyncContextManager[Assistant]

_LONGEST_LINE_BYTES = 2**26
LineWork = Callable[[str], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Asker:
    """As whom to ask: an audience (None: the terminal's), and the scopes whose material may be seen."""

    audience: Audience | None
    scopes: tuple[str, ...]


@click.command("ask", short_help="Ask a question.")
@click.argument("question", required=False)
@audience_option
@scopes_option
@json_option
@batch_option("question")
@pass_session
def command(session: Session, /, question: str | None, as_json: bool, batch: IO[bytes] | None, **viewed: Any) -> None:
    """Ask a question; the answer streams, its sources stand below."""
    if (question is None) == (batch is None):
        raise click.UsageError("Give a QUESTION or --batch FILE, one of the two.")
    from adapters.cli.assistant import open_assistant

    asker = _Asker(viewed["audience"], session.scopes(viewed["scopes"]))
    opening = open_assistant(session.settings)
    output = session.output(as_json=as_json or batch is not None)
    if batch:
        asyncio.run(_ask_all(opening, batch, asker, output))
        return
    answer = asyncio.run(_ask(opening, question or "", asker, output))
    if output.as_json:
        output.emit(answer_fields(answer))
    else:
        _write_footnote(answer, output)


async def _ask(opening: "Opening", question: str, asker: _Asker, output: "Output") -> Answer:
    async with opening as assistant:
        return await _answer(assistant, question, asker, output)


async def _ask_all(opening: "Opening", batch: IO[bytes], asker: _Asker, output: "Output") -> None:
    async with opening as assistant:

        async def work(line: str) -> dict[str, Any]:
            return answer_fields(await _answer(assistant, line, asker, output))

        await write_batch(batch, "question", work, output)


async def _answer(assistant: "Assistant", question: str, asker: _Asker, output: "Output") -> Answer:
    answer: Answer | None = None
    person, locale = await operator_name(), output.language.replace("_", "-")
    stream = assistant.ask(question, audience=asker.audience, scopes=asker.scopes, person=person, locale=locale)
    async with aclosing(stream) as events:
        async for event in events:
            match event:
                case Queued(ahead):
                    output.say(N_("Waiting: {ahead} ahead."), style="dim", ahead=ahead)
                case Piece(text):
                    output.piece(text)
                case Restarted(model):
                    output.piece("\n\n")
                    output.say(N_("The model broke off. {model} answers from the beginning:"), style="dim", model=model)
                case Answer():
                    answer = event
    if answer is None:
        raise TryAgainLater.told(N_("the running server ended the answer half way; see its log"))
    return answer


def _write_footnote(answer: Answer, output: "Output") -> None:
    note = sources_line(output.language, answer)
    output.piece("\n")
    if note.label:
        output.piece(f"\n{note.label}", style="green")
    if note.question:
        output.piece(f"\n{note.question}", style="dim")
    for heading, links in ((note.heading, note.sources), (note.also_heading, note.also)):
        output.piece(f"\n{heading}:" if links else "", style="bold")
        for link in links:
            output.piece(f"\n  • {link.title}{link.day}" + (f" {link.url}" if link.url else ""), style="cyan")
    if note.person:
        output.piece(f"\n{person_line(output.language, note.person)}", style="green")
    output.piece(f"\n{answer.exchange_id}\n", style="dim")


async def write_batch(batch: IO[bytes], key: str, work: LineWork, output: "Output") -> None:
    """
    Write one line for each line of *batch*, in order, as it is done.

    Args:
        batch: JSON Lines: objects with *key*, or bare strings. A bad line, or one that is refused, gives `{"error": …}`.
        key: Where an object keeps its text.
        work: Turns a text into the fields to write.
        output: Where to write.
    """
    async for line in _lines(batch):
        try:
            fields = await work(_text(line, key))
        except ChatbotError as error:
            fields = {"error": sentence(error, output.language)}
        output.emit(fields)


async def _lines(batch: IO[bytes]) -> AsyncIterator[bytes]:
    if stat.S_ISFIFO(os.fstat(batch.fileno()).st_mode):
        # A thread that waits for another program's next line could not be interrupted.
        reader = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), batch)
        async for line in reader:
            yield line
        return
    while line := await asyncio.to_thread(batch.readline):
        yield line


def _text(line: bytes, key: str) -> str:
    try:
        value = json.loads(line.decode("utf-8-sig", "surrogatepass"))  # json would guess an encoding, of each line another
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError) or b"\0" in line:  # as UTF-16 has beside each plain letter
            raise BadRequest.told(N_("not a line of JSON in UTF-8: it is in another encoding; save the file as UTF-8")) from error
        raise BadRequest.told(N_("not a line of JSON in UTF-8: {reason}"), reason=error) from error
    text = value.get(key) if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise BadRequest.told(N_('expected a string or an object with "{key}": "…"'), key=key)
    return text
