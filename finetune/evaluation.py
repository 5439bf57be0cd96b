"""Two contenders side by side: held-out questions through the served path on one frozen index, and what came of it."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from bot.errors import Refused
from bot.messages import Audience
from bot.spending import Usage
from finetune.arms import AskedOf, Contender, Means, Reply, Side
from finetune.asking import AnswerBook, Interview, Spoken
from finetune.grading import Similarities, declining, grade, quotation, supported
from finetune.items import Item, alone, given, items_of, languages_of, longest_answer, makeup_of, served_by
from finetune.measures import holds
from finetune.perplexity import perplexities
from finetune.questions import HeldOut

Progress = Callable[[int, int], None]


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

    def without(self, clusters: Collection[str]) -> "Evaluation":
        """Return it without people's questions of those *clusters* (`HeldOut.cluster`)."""
        kept = [at for at, each in enumerate(self.asked) if not (each.held.exchange_id and each.held.cluster in clusters)]
        asked = tuple(self.asked[at] for at in kept)
        return replace(self, asked=asked, first=_only(self.first, kept), second=_only(self.second, kept))

    def to_json(self) -> str:
        """Return it as one JSON object that `evaluation_from` reads."""
        return _ADAPTER.dump_json(self, indent=1).decode()


_ADAPTER = TypeAdapter(Evaluation)
_Said = tuple[Spoken, Spoken | None]  # alone, and with passages where there are any
_NOT_ASKED = Spoken("")
_T = TypeVar("_T")


def _only(side: Side, kept: Sequence[int]) -> Side:
    def only(values: Sequence[_T]) -> tuple[_T, ...]:
        return tuple(values[at] for at in kept)

    return replace(
        side,
        alone=only(side.alone),
        passages=only(side.passages),
        spoken=only(side.spoken),
        full=only(side.full),
        perplexities=only(side.perplexities),
    )


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
    cpu_s = time.process_time()
    contenders = (first, second)
    book, items = await _begun(questions, contenders, means=means, folder=folder)
    max_tokens = await longest_answer(questions, means)
    makeups = [await makeup_of(contender, means) for contender in contenders]
    bare = [alone(items, each, makeup, max_tokens=max_tokens, means=means) for each, makeup in zip(contenders, makeups, strict=True)]
    full = [given(items, each, makeup, max_tokens=max_tokens, means=means) for each, makeup in zip(contenders, makeups, strict=True)]
    scored = [_scored(items, means.perplexity) if served_by(contender, means) else [] for contender in contenders]
    counter = _Counter(progress, sum(map(len, bare + full)) + sum(map(len, scored)))
    interview = Interview(means.backend, book, repeat_penalty=means.settings.model.repeat_penalty)
    texts: list[list[_Said]] = []
    thought: list[dict[int, float | None]] = []
    for requests in zip(bare, full, strict=True):
        answers = await interview.ask([*requests[0], *requests[1]], asked=counter.one_more)
        texts.append(_said(items, *([answers[each.key] for each in arm] for arm in requests)))
    for contender, makeup, places in zip(contenders, makeups, scored, strict=True):
        chosen = {at: items[at] for at in places}
        thought.append(await perplexities(chosen, contender, means=means, book=book, makeup=makeup, asked=counter.one_more))
    similarities = await _similarities(items, texts, [support_for(each, means) for each in contenders], means)
    sides = [
        _side(contender, said, tuple(map(thinks.get, range(len(items)))), items=items, means=means, similarities=similarities)
        for contender, said, thinks in zip(contenders, texts, thought, strict=True)
    ]
    return Evaluation(
        asked=tuple(_asked_of(item, similarities) for item in items),
        first=sides[0],
        second=sides[1],
        model=" / ".join(dict.fromkeys(each.model.backend.name if each.model else means.backend.name for each in contenders)),
        audience=means.audience,
        languages=tuple(means.settings.model.languages),
        support=means.support,
        max_tokens=max_tokens,
        cpu_s=round(time.process_time() - cpu_s, 2),
    )


async def answer_all(
    questions: Sequence[HeldOut], contender: Contender, *, means: Means, folder: Path, progress: Progress
) -> tuple[tuple[AskedOf, Reply], ...]:
    """
    Ask one contender all *questions*, with passages only; see `evaluate`, which says more and takes longer.

    Raises:
        Misconfigured: As `evaluate`.
        Refused: There is no question.
        ChatbotError: The model failed.
    """
    book, items = await _begun(questions, (contender,), means=means, folder=folder)
    makeup = await makeup_of(contender, means)
    requests = given(items, contender, makeup, max_tokens=await longest_answer(questions, means), means=means)
    interview = Interview(means.backend, book, repeat_penalty=means.settings.model.repeat_penalty)
    answers = await interview.ask(requests, asked=_Counter(progress, len(requests)).one_more)
    texts = [(_NOT_ASKED, spoken) for _, spoken in _paired(items, [answers[each.key] for each in requests])]
    similarities = await _similarities(items, [texts], [support_for(contender, means)], means)
    replies = (_with_passages(item, spoken, similarities, contender) for item, (_, spoken) in zip(items, texts, strict=True))
    return tuple((_asked_of(item, similarities), reply) for item, reply in zip(items, replies, strict=True))


async def _begun(
    questions: Sequence[HeldOut], contenders: Sequence[Contender], *, means: Means, folder: Path
) -> tuple[AnswerBook, list[Item]]:
    if not questions:
        raise Refused("There is no held-out question to evaluate by: rate more answers, or give a file of questions.")
    book = await asyncio.to_thread(AnswerBook, folder, earlier=means.earlier)
    return book, await items_of(questions, contenders, means)


class _Counter:
    """Counts what was asked."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        progress(0, total)

    def one_more(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)


def _said(items: Sequence[Item], bare: Sequence[Spoken], full: Sequence[Spoken]) -> list[_Said]:
    """Return what a contender said to each question: alone, and with passages (None where there are none)."""
    return [(own, spoken) for own, (_, spoken) in zip(bare, _paired(items, full), strict=True)]


def _paired(items: Sequence[Item], spoken: Sequence[Spoken]) -> list[tuple[Item, Spoken | None]]:
    """Return each question with what was said to it; only those with passages were put."""
    answers = iter(spoken)
    return [(item, next(answers) if item.passages else None) for item in items]


def _scored(items: Sequence[Item], most: int) -> list[int]:
    """Choose whose references are scored: at most *most*, spread evenly over those that can be."""
    able = [at for at, item in enumerate(items) if item.held.reference and item.passages]
    return [able[number * len(able) // most] for number in range(most)] if len(able) > most else able


def support_for(contender: Contender, means: Means) -> float:
    """Return the share of its words that a contender's passages must hold in service."""
    return contender.model.support if contender.model else means.support


async def _similarities(items: Sequence[Item], texts: Sequence[Sequence[_Said]], supports: Sequence[float], means: Means) -> Similarities:
    wanted: list[str] = []
    for at, item in enumerate(items):
        if not item.held.reference:
            continue
        wanted += [item.held.reference, declining(item), quotation(item)[0]]
        for (bare, spoken), support in zip((said[at] for said in texts), supports, strict=True):
            text = spoken.text if spoken else ""
            wanted += [bare.text, text, supported(text, item, support=support)[0]]
    return await Similarities.of([text for text in wanted if text], means.encoder)


def _side(
    contender: Contender,
    texts: Sequence[_Said],
    thought: tuple[float | None, ...],
    *,
    items: Sequence[Item],
    means: Means,
    similarities: Similarities,
) -> Side:
    own = contender.adapter.languages if contender.adapter else ()
    languages, support = languages_of(contender, means), support_for(contender, means)
    price = contender.model.price if contender.model else None
    spoken: list[Reply] = []
    for item, (_, said) in zip(items, texts, strict=True):
        text, kind = supported(said.text if said else "", item, support=support)
        spoken.append(_costed(grade(text, kind, item.held, similarities=similarities, spoken=said), said, contender))
    return Side(
        name=contender.name,
        adapter=contender.adapter.name if contender.adapter else "",
        languages=tuple(own),
        alone=tuple(
            _costed(grade(bare.text, "generated", item.held, similarities=similarities, spoken=bare), bare, contender)
            for item, (bare, _) in zip(items, texts, strict=True)
        ),
        passages=tuple(_with_passages(item, said, similarities, contender) for item, (_, said) in zip(items, texts, strict=True)),
        spoken=tuple(spoken),
        full=tuple(reply if item.speaks(languages) else _quoted(item, similarities) for item, reply in zip(items, spoken, strict=True)),
        perplexities=thought,
        currency=price.currency if price else "",
    )


def _with_passages(item: Item, spoken: Spoken | None, similarities: Similarities, contender: Contender) -> Reply:
    """Return the model's answer; where nothing was found no model is asked in service, and none is judged here."""
    if spoken is None:
        return grade(declining(item), "declined", item.held, similarities=similarities)
    return _costed(grade(spoken.text, "generated", item.held, similarities=similarities, spoken=spoken), spoken, contender)


def _costed(reply: Reply, spoken: Spoken | None, contender: Contender) -> Reply:
    """Return the reply with what a hosted model took for it."""
    if spoken is None or contender.model is None:
        return reply
    return replace(reply, cost=contender.model.cost(Usage(spoken.prompt_tokens, spoken.cached_tokens, spoken.tokens)))


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
