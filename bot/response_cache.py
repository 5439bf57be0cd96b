"""
Answers given again: the same question in the same context needs no second call to a model that costs money.

The ledger is the cache. What is kept beside it is a key for each answer, of all that the answer hung on; so an answer leaves with its
exchange, its asker, or a vote against it, and is there for every process after a restart.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.draft import Draft, Model, Spoken
from bot.exchanges import Said
from bot.ports import Ledger
from bot.spending_settings import CacheSettings

# Of a model's settings: what says how long it may take is nothing that its answer hangs on.
_IDLE: Final = {"deadline_s", "first_token_s", "fallback", "threads", "gpu_layers", "requantise"}


class ResponseCache:
    """Finds an answer that was given in the same context; which models it is for, and for how long, is the operator's to say."""

    def __init__(self, ledger: Ledger, settings: CacheSettings, *, services: str, now: Callable[[], datetime]) -> None:
        """Look in *ledger*; *services* stands for the addresses behind which hosted models are."""
        self._ledger, self._settings, self._services, self._now = ledger, settings, services, now

    def key(self, draft: Draft) -> str:
        """Return what stands for all that a model's answer to *draft* hangs on; empty where it is not to be given again."""
        if not draft.found.state or not self._serves(draft.model):
            return ""
        return hashlib.sha256(json.dumps(_context(draft, self._services), sort_keys=True).encode()).hexdigest()

    async def find(self, key: str) -> Said | None:
        """Return the answer that was given under *key* and has not expired."""
        return await self._ledger.said(key, since=self._now() - timedelta(hours=self._settings.hours)) if key else None

    def _serves(self, model: Model) -> bool:
        kept = self._settings
        if kept.models == "none" or not kept.entries or not kept.hours:
            return False
        return kept.models == "all" or model.settings.backend == "openai"


def is_whole(spoken: Spoken) -> bool:
    """Tell whether what was said is the model's whole answer, which was not cut off."""
    return spoken.finished is not None and spoken.finished.reason == "stop"


def again(said: Said, key: str, *, spent_s: float) -> Spoken:
    """Return how *said* is recorded where it is given again, found under *key* in *spent_s* seconds: no model used anything."""
    timed = replace(said.finished, first_token_s=spent_s, total_s=spent_s, repeated=said.exchange_id, instead_of="")
    return Spoken(replace(timed, prompt_tokens=0, completion_tokens=0, cached_tokens=0), said.withheld, key)


def _context(draft: Draft, services: str) -> list[object]:
    question, model = draft.question, draft.model
    passages = [(each.passage_id, each.source, each.title, each.heading, each.scope, each.link) for each in draft.found.passages]
    return [
        [services, model.backend.name, model.support, model.adapter.name if model.adapter else ""],
        model.settings.model_dump(mode="json", exclude=_IDLE),
        # The system text, the thread so far, passages and question, as the model sees them.
        [(message.role, message.content) for message in draft.prompt.messages],
        [question.audience, draft.scope, draft.language, draft.asked_in],
        [draft.found.state, passages],
    ]
