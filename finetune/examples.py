"""Rated answers as they are learnt from: whose they are, in which split, and which of several to one question stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bot.messages import AnswerKind, Audience, Message, Passage
from store.clusters import Assigned, cluster_of
from store.splitting import Split

_OPENING, _PASSAGES = "Question: ", "\n\nPassages:\n\n"  # the form of bot.prompt.render_turn


@dataclass(frozen=True, slots=True)
class Example:
    """
    One line of an export, or an answer of an imported conversation.

    `exchange_id` names the exchange; where there was none, the approved answer or the imported row, with a colon in it.
    `answer` is the expert's where it was corrected, else the one that people liked; `history` stands between `system` and the question,
    oldest first. `passages` (best first) are those that stood in the prompt; empty where none did, or where the export does not say.
    `asked_at` is ISO 8601; `category` is empty where nobody gave it one. `cluster` and `split` are empty until `with_splits` gave them.
    `origin` says of an imported one where it comes from, with the import's name under "import", and `given` the split it was given there.
    """

    exchange_id: str
    line: int
    question: str
    answer: str
    system: str
    history: tuple[Message, ...]
    passages: tuple[Passage, ...]
    audience: Audience
    language: str
    up: int
    down: int
    corrected: bool
    kind: AnswerKind = "generated"
    asked_at: str = ""
    category: str = ""
    cluster: str = ""
    split: Split | Literal[""] = ""
    origin: Mapping[str, Any] = field(default_factory=dict, hash=False)
    given: Split | Literal[""] = ""

    @property
    def is_exchange(self) -> bool:
        """Whether somebody asked it of the assistant, and so can be told what became of it."""
        return ":" not in self.exchange_id

    @property
    def is_imported(self) -> bool:
        """Whether it comes from an import, so that nobody here has judged the answer."""
        return bool(self.origin)

    @property
    def declines(self) -> bool:
        """Whether people liked that nothing was said."""
        return self.kind == "declined" and not self.corrected


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was read: its rows' file, the SHA-256 of its manifest (hex), one example a line, and how many rows were left out."""

    path: Path
    manifest_sha256: str
    examples: tuple[Example, ...]
    dropped: int = 0


def with_splits(examples: Sequence[Example], assigned: Sequence[Assigned]) -> tuple[Example, ...]:
    """Return *examples* with what `store.clusters.Clusters.assign` gave for their questions, in their order."""
    return tuple(replace(example, cluster=found.cluster, split=found.split) for example, found in zip(examples, assigned, strict=True))


def for_audience(examples: Sequence[Example], audience: Audience) -> tuple[Example, ...]:
    """Return what a version for *audience* may learn from and is judged by: that audience's examples and those for all."""
    return tuple(example for example in examples if example.audience in (audience, "all"))


def settle(examples: Sequence[Example]) -> tuple[Example, ...]:
    """
    Return what stands of *examples* (of one audience, with their splits), in their order.

    Only answers that people liked or an expert wrote stand, and imported ones. Of the answers to one question (the same words behind the
    same history: a near-duplicate may ask something else) the newest correction stands alone; where there is none, each answer stands once,
    imported ones only where there is no other. The votes of what fell to another are counted there.
    """
    alike: defaultdict[tuple[str, tuple[Message, ...]], list[Example]] = defaultdict(list)
    for example in examples:
        if example.corrected or example.is_imported or example.up > example.down:
            alike[cluster_of(example.question), example.history].append(example)
    kept = [example for each in alike.values() for example in _standing(each)]
    return tuple(sorted(kept, key=lambda example: example.line))


def _standing(alike: Sequence[Example]) -> list[Example]:
    corrected = [example for example in alike if example.corrected]
    if corrected:
        return [_counted(max(corrected, key=_age), alike)]
    answers: dict[str, list[Example]] = {}
    for example in [each for each in alike if not each.is_imported] or alike:
        answers.setdefault(example.answer, []).append(example)
    return [_counted(max(same, key=_age), same) for same in answers.values()]


def _counted(example: Example, alike: Sequence[Example]) -> Example:
    return replace(example, up=sum(each.up for each in alike), down=sum(each.down for each in alike))


def _age(example: Example) -> tuple[str, int]:
    return example.asked_at, example.line


def question_in(turn: str) -> str:
    """Return the question that a user message asks: of one that `bot.prompt.render_turn` wrote, without passages; else all of it."""
    question = turn.removeprefix(_OPENING).partition(_PASSAGES)[0]
    framed = turn.startswith(f"{_OPENING}{question}{_PASSAGES}") and f'"{question}"' in turn[len(_OPENING) + len(question) :]
    return question if framed else turn
