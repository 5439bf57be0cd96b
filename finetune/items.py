"""Questions as contenders are asked them: looked up once, their prompts built as the engine does."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import Misconfigured
from bot.messages import Audience, Message, Passage, Place, Platform, Viewer
from bot.ports import Backend
from bot.prompt import fit_prompt, render_turn
from bot.settings import AssistantSettings
from bot.voice import system_text, voice_of
from finetune.arms import Contender, Means
from finetune.asking import Kept, Request, digest_of, key_of
from finetune.questions import HeldOut

ALONE_TOKENS: Final = 32  # without passages a model can only invent, and it takes its time for that
# An answer much longer than any that is wanted is no better for it; a small model that rambles would spend most of the time there.
SPARE_TOKENS, LEAST_TOKENS = 24, 48
_ENTRANCES: Final[dict[Audience, Platform]] = {"employees": "slack", "customers": "discord", "all": "web"}


@dataclass(frozen=True, slots=True)
class Item:
    """
    A question with what both contenders are given for it.

    `asked_in` is the language of its words, `language` that of the answer in service (ISO 639-1, empty where unsure); `passages` stand in
    `prompt`, best first; `bare` is the prompt without them.
    """

    held: HeldOut
    asked_in: str
    language: str
    passages: tuple[Passage, ...]
    prompt: tuple[Message, ...]
    bare: tuple[Message, ...]

    def speaks(self, languages: frozenset[str]) -> bool:
        """Tell whether a model of these *languages* speaks here, or leaves the word to the best passage."""
        needed = (self.language, self.asked_in, *(passage.language for passage in self.passages[:1]))
        return "*" in languages or all(not each or each in languages for each in needed)


def served_system(assistant: AssistantSettings, audience: Audience) -> str:
    """Return the system text under which *audience* is asked."""
    return system_text(assistant, _place_of(audience))


def _place_of(audience: Audience) -> Place:
    platform = _ENTRANCES[audience]
    return Place(platform, "web" if platform == "web" else "thread", f"{platform}:evaluation")


async def items_of(questions: Sequence[HeldOut], contenders: Sequence[Contender], means: Means) -> list[Item]:
    """Retrieve once for each question, and build the prompts as the engine does."""
    assistant, place = means.settings.assistant, _place_of(means.audience)
    system, own = system_text(assistant, place), voice_of(assistant, place).language[:2]
    spoken = frozenset[str]().union(*(languages_of(contender, means) for contender in contenders))
    backend = _narrowest(contenders, means)
    items: list[Item] = []
    for held in questions:
        found = (await means.retriever.find(held.question, viewer=Viewer(means.audience))).passages
        asked_in = await asyncio.to_thread(means.identify, held.question)
        passages = _readable(found, spoken)
        prompt = await fit_prompt(system, (), passages, held.question, backend=backend, answer_tokens=means.settings.model.max_tokens)
        shown = next(count for count in range(len(passages), -1, -1) if render_turn(passages[:count], held.question) == prompt.turn)
        bare = (Message("system", system), Message("user", render_turn((), held.question)))
        items.append(Item(held, asked_in, own or asked_in or held.language[:2], passages[:shown], prompt.messages, bare))
    return items


def languages_of(contender: Contender, means: Means) -> frozenset[str]:
    """Return the languages that a contender speaks."""
    configured = contender.model.languages if contender.model else means.settings.model.languages
    return frozenset(configured).union(contender.adapter.languages if contender.adapter else ())


def served_by(contender: Contender, means: Means) -> Path | None:
    """Return the file that a contender answers from; None where it is hosted, so that nobody can look into it."""
    return contender.model.served if contender.model else means.served


def _narrowest(contenders: Sequence[Contender], means: Means) -> Backend:
    """Return the model of the smallest window: both get what fits there."""
    own = [contender.model.backend if contender.model else means.backend for contender in contenders]
    return min(own, key=lambda backend: backend.context_tokens)


def _readable(found: tuple[Passage, ...], spoken: frozenset[str]) -> tuple[Passage, ...]:
    """Leave out passages in languages that neither contender speaks, unless the best is one: so does the engine."""
    kept = tuple(passage for passage in found if "*" in spoken or not passage.language or passage.language in spoken)
    return kept if kept[:1] == found[:1] else found


async def longest_answer(questions: Sequence[HeldOut], means: Means) -> int:
    """Return how long an answer may be: twice the longest reference and a little, never more than in service."""
    texts = {held.reference or " ".join(held.must_contain) for held in questions}
    longest = max([sum(await means.backend.count_tokens([Message("assistant", text)])) for text in sorted(texts)])
    return min(means.settings.model.max_tokens, max(LEAST_TOKENS, 2 * longest + SPARE_TOKENS))


async def makeup_of(contender: Contender, means: Means) -> tuple[str, str]:
    """Return what answers: the hashes of its file and its adapter's (empty where there is none), or a hosted model's address and name."""
    own, adapter = contender.model, contender.adapter
    if own and own.served is None:
        return own.address, own.backend.name
    served = served_by(contender, means)
    if served is None:
        raise Misconfigured(f"{contender.name} has no file to answer from: the model in service is hosted")
    return await asyncio.to_thread(digest_of, served), await asyncio.to_thread(digest_of, adapter.path) if adapter else ""


def alone(items: Sequence[Item], contender: Contender, makeup: tuple[str, str], *, max_tokens: int, means: Means) -> list[Request]:
    """Return what to ask a contender without passages."""
    limit = min(ALONE_TOKENS, max_tokens)
    return [_request("alone", item.bare, contender, makeup, max_tokens=limit, means=means) for item in items]


def given(items: Sequence[Item], contender: Contender, makeup: tuple[str, str], *, max_tokens: int, means: Means) -> list[Request]:
    """Return what to ask a contender with passages, where there are any."""
    return [_request("passages", item.prompt, contender, makeup, max_tokens=max_tokens, means=means) for item in items if item.passages]


def _request(
    arm: Kept, prompt: tuple[Message, ...], contender: Contender, makeup: tuple[str, str], *, max_tokens: int, means: Means
) -> Request:
    said = [[message.role, message.content] for message in prompt]
    return Request(contender, arm, prompt, max_tokens, key_of(makeup, said, max_tokens, means.settings.model.repeat_penalty))
