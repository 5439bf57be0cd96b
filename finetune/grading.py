"""From what a model said to the replies of each arm, with their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.draft import NOTHING_FOUND, gate_of
from bot.index_ports import Encoder
from bot.messages import AnswerKind
from bot.texts import translate
from finetune.arms import Reply
from finetune.asking import Spoken
from finetune.items import Item
from finetune.measures import declined, facts_contained, good, rouge_l, token_f1
from finetune.questions import HeldOut


class Similarities:
    """Cosines between texts, each of which is encoded once."""

    def __init__(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._vectors = vectors

    @classmethod
    async def of(cls, texts: Sequence[str], encoder: Encoder) -> "Similarities":
        """Encode *texts*."""
        unique = sorted(set(texts))
        return cls(dict(zip(unique, await encoder.encode(unique), strict=True)) if unique else {})

    def between(self, one: str, other: str) -> float:
        """Return the cosine of two texts that were encoded."""
        return round(float(self._vectors[one] @ self._vectors[other]), 4)


def grade(text: str, kind: AnswerKind, held: HeldOut, *, similarities: Similarities, spoken: Spoken | None = None) -> Reply:
    """Return *text* with its figures; *spoken* is there where a model said it, or it was made of what one said."""
    reference = held.reference
    compares = bool(reference) and bool(text)
    reply = Reply(
        text=text,
        kind=kind,
        good=good(text, held),
        declined=kind == "declined" or declined(text),
        facts=facts_contained(text, held.must_contain) if held.must_contain else None,
        f1=round(token_f1(text, reference), 4) if reference else None,
        rouge_l=round(rouge_l(text, reference), 4) if reference else None,
        similarity=similarities.between(text, reference) if compares else None,
    )
    if spoken is None:
        return reply
    return replace(
        reply,
        tokens=spoken.tokens,
        prompt_tokens=spoken.prompt_tokens,
        first_token_s=spoken.first_token_s,
        total_s=spoken.total_s,
        cut=spoken.cut,
    )


def declining(item: Item) -> str:
    """Return what is said where nothing was found."""
    return translate(item.language, NOTHING_FOUND)


def quotation(item: Item) -> tuple[str, AnswerKind]:
    """Return what is answered without a model."""
    return (item.passages[0].text, "quoted") if item.passages else (declining(item), "declined")


def supported(text: str, item: Item, *, support: float) -> tuple[str, AnswerKind]:
    """Return what service shows of the model's *text*: what its passages support, or else the quotation."""
    if not item.passages:
        return quotation(item)
    gate = gate_of(item.held.question, item.prompt, item.passages, minimum=support)
    shown = gate.add(text) + gate.finish()
    return (shown, "generated") if shown.strip() else quotation(item)
