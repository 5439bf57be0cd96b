"""Two contenders side by side: held-out questions through the served path on one frozen index, and what came of it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from bot.errors import Refused
from bot.messages import Adapter, Audience, Message, Passage, Place, Platform
from bot.prompt import fit_prompt, render_turn
from bot.voice import system_text, voice_of
from finetune.arms import AskedOf, Contender, Means, Reply, Side
from finetune.asking import AnswerBook, Interview, Kept, Request, Spoken, digest_of, key_of
from finetune.grading import Item, Similarities, declining, grade, quotation, supported
from finetune.measures import holds
from finetune.perplexity import perplexities
from finetune.questions import HeldOut

Progress = Callable[[int, int], None]

ALONE_TOKENS: Final = 32  # without passages a model can only invent, and it takes its time for that
# An answer much longer than any that is wanted is no better for it; a small model that rambles would spend most of the time there.
SPARE_TOKENS, LEAST_TOKENS = 24, 48
_ENTRANCES: Final[dict[Audience, Platform]] = {"employees": "slack", "customers": "discord", "all": "web"}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    What two contenders answered to the same questions.

    `languages` are those the model is configured to speak, `support` that of service; `max_tokens` bounded the answers with passages.
    `cpu_s` is the processor time of the process that finished it.
    """

    asked: tuple[AskedOf, ...]
    first: Side
    second: Side
    model: str
    audience: Audience
    languages: tuple[str, ...]
    support: float
    max_tokens: int
    cpu_s: float

    def to_json(self) -> str:
        """Return it as one JSON object that `evaluation_from` reads."""
        return _ADAPTER.dump_json(self, indent=1).decode()


_ADAPTER = TypeAdapter(Evaluation)


def evaluation_from(text: str) -> Evaluation:
    """
    Read what `Evaluation.to_json` wrote.

    Raises:
        ValueError: It is something else.
    """
    return _ADAPTER.validate_json(text)


async def evaluate(
    questions: Sequence[HeldOut], *, first: Contender, second: Contender, means: Means, folder: Path, progress: Progress
) -> Evaluation:
    """
    Ask both contenders all *questions*.

    Args:
        questions: At least one.
        first: What answers now.
        second: What may answer instead.
        means: What they are asked through.
        folder: Keeps `answers-<name>-<arm>.jsonl`, appended to as they come: an evaluation that was cut off goes on there.
        progress: Called with how many answers there are, and how many there will be.

    Raises:
        Misconfigured: An adapter does not fit the model, or a file cannot be written.
        Refused: There is no question.
        ChatbotError: The model failed.
    """
    if not questions:
        raise Refused("There is no held-out question to evaluate by: rate more answers, or give a file of questions.")
    cpu_s = time.process_time()
    book = await asyncio.to_thread(AnswerBook, folder, earlier=means.earlier)
    contenders = (first, second)
    items = await _items(questions, contenders, means)
    max_tokens = await _longest(questions, means)
    files = [await _files(contender.adapter, means) for contender in contenders]
    planned = [_requests(items, contender, file, max_tokens, means) for contender, file in zip(contenders, files, strict=True)]
    scored = _scored(items, means.perplexity)
    counter = _Counter(progress, sum(map(len, planned)) + 2 * len(scored))
    interview = Interview(means.backend, book, repeat_penalty=means.settings.model.repeat_penalty)
    spoken = [await interview.ask(requests, asked=counter.one_more) for requests in planned]
    thought = [
        await perplexities({at: items[at] for at in scored}, contender, means=means, book=book, file=file, asked=counter.one_more)
        for contender, file in zip(contenders, files, strict=True)
    ]
    sides = [_texts(items, requests, answers) for requests, answers in zip(planned, spoken, strict=True)]
    similarities = await _similarities(items, sides, means)
    first_side, second_side = (
        _side(contender, texts, tuple(map(thinks.get, range(len(items)))), items=items, means=means, similarities=similarities)
        for contender, texts, thinks in zip(contenders, sides, thought, strict=True)
    )
    return Evaluation(
        asked=tuple(_asked_of(item, similarities) for item in items),
        first=first_side,
        second=second_side,
        model=means.backend.name,
        audience=means.audience,
        languages=tuple(means.settings.model.languages),
        support=means.support,
        max_tokens=max_tokens,
        cpu_s=round(time.process_time() - cpu_s, 2),
    )


class _Counter:
    """Counts what was asked."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        progress(0, total)

    def one_more(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)


async def _items(questions: Sequence[HeldOut], contenders: Sequence[Contender], means: Means) -> list[Item]:
    """Retrieve once for each question, and build the prompts as the engine does."""
    platform = _ENTRANCES[means.audience]
    place = Place(platform, "web" if platform == "web" else "thread", f"{platform}:evaluation")
    assistant = means.settings.assistant
    system, own = system_text(assistant, place), voice_of(assistant, place).language[:2]
    adapters = [contender.adapter for contender in contenders if contender.adapter]
    spoken = frozenset(means.settings.model.languages).union(*(adapter.languages for adapter in adapters))
    items: list[Item] = []
    for held in questions:
        found = (await means.retriever.find(held.question, audience=means.audience)).passages
        asked_in = await asyncio.to_thread(means.identify, held.question)
        passages = _readable(found, spoken)
        prompt = await fit_prompt(system, (), passages, held.question, backend=means.backend, answer_tokens=means.settings.model.max_tokens)
        shown = next(count for count in range(len(passages), -1, -1) if render_turn(passages[:count], held.question) == prompt.turn)
        bare = (Message("system", system), Message("user", render_turn((), held.question)))
        items.append(Item(held, asked_in, own or asked_in or held.language[:2], passages[:shown], prompt.messages, bare))
    return items


def _readable(found: tuple[Passage, ...], spoken: frozenset[str]) -> tuple[Passage, ...]:
    """Leave out passages in languages that neither contender speaks, unless the best is one: so does the engine."""
    kept = tuple(passage for passage in found if "*" in spoken or not passage.language or passage.language in spoken)
    return kept if kept[:1] == found[:1] else found


async def _longest(questions: Sequence[HeldOut], means: Means) -> int:
    """Return how long an answer may be: twice the longest reference and a little, never more than in service."""
    texts = {held.reference or " ".join(held.must_contain) for held in questions}
    longest = max([sum(await means.backend.count_tokens([Message("assistant", text)])) for text in sorted(texts)])
    return min(means.settings.model.max_tokens, max(LEAST_TOKENS, 2 * longest + SPARE_TOKENS))


async def _files(adapter: Adapter | None, means: Means) -> tuple[str, str]:
    """Return the hashes of the files that answer: the model's and the adapter's (empty where there is none)."""
    served = await asyncio.to_thread(digest_of, means.served)
    return served, await asyncio.to_thread(digest_of, adapter.path) if adapter else ""


def _requests(items: Sequence[Item], contender: Contender, files: tuple[str, str], max_tokens: int, means: Means) -> list[Request]:
    penalty = means.settings.model.repeat_penalty

    def request(arm: Kept, prompt: tuple[Message, ...], limit: int) -> Request:
        said = [[message.role, message.content] for message in prompt]
        return Request(contender, arm, prompt, limit, key_of(files, said, limit, penalty))

    bare = [request("alone", item.bare, min(ALONE_TOKENS, max_tokens)) for item in items]
    return bare + [request("passages", item.prompt, max_tokens) for item in items if item.passages]


def _texts(items: Sequence[Item], requests: Sequence[Request], answers: dict[str, Spoken]) -> list[tuple[Spoken, Spoken | None]]:
    """Return what a contender said to each question: alone, and with passages (None where there are none)."""
    bare = [answers[request.key] for request in requests if request.arm == "alone"]
    given = iter([answers[request.key] for request in requests if request.arm == "passages"])
    return [(alone, next(given) if item.passages else None) for item, alone in zip(items, bare, strict=True)]


def _scored(items: Sequence[Item], most: int) -> list[int]:
    """Choose whose references are scored: at most *most*, spread evenly over those that can be."""
    able = [at for at, item in enumerate(items) if item.held.reference and item.passages]
    return [able[number * len(able) // most] for number in range(most)] if len(able) > most else able


async def _similarities(items: Sequence[Item], sides: Sequence[Sequence[tuple[Spoken, Spoken | None]]], means: Means) -> Similarities:
    texts: list[str] = []
    for at, item in enumerate(items):
        if not item.held.reference:
            continue
        texts += [item.held.reference, quotation(item)[0]]
        for alone, given in (side[at] for side in sides):
            said = given.text if given else ""
            texts += [alone.text, said, supported(said, item, support=means.support)[0]]
    return await Similarities.of([text for text in texts if text], means.encoder)


def _side(
    contender: Contender,
    texts: Sequence[tuple[Spoken, Spoken | None]],
    thought: tuple[float | None, ...],
    *,
    items: Sequence[Item],
    means: Means,
    similarities: Similarities,
) -> Side:
    own = contender.adapter.languages if contender.adapter else ()
    languages = frozenset(means.settings.model.languages).union(own)
    alone, given, spoken, full = ([], [], [], [])  # type: tuple[list[Reply], list[Reply], list[Reply], list[Reply]]
    for item, (bare, said) in zip(items, texts, strict=True):
        alone.append(grade(bare.text, "generated", item.held, similarities=similarities, spoken=bare))
        if said is None:
            given.append(grade(declining(item), "declined", item.held, similarities=similarities))
        else:
            given.append(grade(said.text, "generated", item.held, similarities=similarities, spoken=said))
        text, kind = supported(said.text if said else "", item, support=means.support)
        spoken.append(grade(text, kind, item.held, similarities=similarities, spoken=said))
        full.append(spoken[-1] if item.speaks(languages) else _quoted(item, similarities))
    adapter = contender.adapter.name if contender.adapter else ""
    return Side(contender.name, adapter, tuple(own), tuple(alone), tuple(given), tuple(spoken), tuple(full), thought)


def _quoted(item: Item, similarities: Similarities) -> Reply:
    text, kind = quotation(item)
    return grade(text, kind, item.held, similarities=similarities)


def _asked_of(item: Item, similarities: Similarities) -> AskedOf:
    held = item.held
    seen = [f"{passage.heading or passage.title}: {passage.text}" for passage in item.passages]
    findable = not held.must_decline
    return AskedOf(
        held=held,
        language=held.language or item.asked_in,
        passages=tuple(replace(passage, score=round(passage.score, 4)) for passage in item.passages),
        in_best=holds("".join(seen[:1]), held) if findable else None,
        in_given=holds("\n".join(seen), held) if findable else None,
        quoted=_quoted(item, similarities),
    )
