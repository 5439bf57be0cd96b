"""An engine with fakes around it."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime

from bot.courtesy import Courtesy
from bot.draft import Model
from bot.engine import Engine, EngineParts
from bot.messages import Answer, Incoming, Passage, Piece, Place, Question, Queued, Restarted
from bot.model_settings import ModelSettings
from bot.ports import Redactor
from bot.settings import Settings
from bot.several import Asked
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Reversed
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.fakes.versions import MemoryVersions

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = Settings(model=ModelSettings(max_tokens=64))
GUIDE = (passage("Replace the filter every six months.", source="filters.md"), passage("Filters are blue.", source="colours.md", score=0.4))


class Bench:
    """An engine with its fakes at hand."""

    def __init__(
        self,
        backend: ScriptedBackend | None = None,
        *,
        language: str = "en",
        settings: Settings | None = None,
        support: float = 0.0,
        models: dict[str, Model] | None = None,
        ledger: MemoryLedger | None = None,
        versions: MemoryVersions | None = None,
        redactor: Redactor | None = None,
        courtesies: dict[str, Courtesy] | None = None,
        spoken: dict[str, str] | None = None,
        several: Callable[[str], Asked] = lambda text: Asked((text,)),
    ) -> None:
        self.ledger = ledger or MemoryLedger()
        self.retriever = ScriptedRetriever({"filter": GUIDE, "óleo": (passage("Use óleo ISO 68.", source="oleo.md", language="pt"),)})
        self.backend = backend or ScriptedBackend(("Every ", "six ", "months."), languages=("en",))
        parts = EngineParts(
            self.ledger,
            self.retriever,
            self.backend,
            redactor or CrossingOut("Ana"),
            Reversed(),
            lambda text: (spoken or {}).get(text, language),
            lambda: NOW,
            support,
            models or {},
            versions,
            courtesy_of=(courtesies or {}).get,
            questions_of=several,
        )
        self.engine = Engine(parts, settings or SETTINGS)

    async def asked(self, text: str = "When do I change the filter?", *, key: str = "k1", thread: str = "slack:T:C:1") -> Question:
        """Accept a question that must be new."""
        question = await self.engine.accept(incoming(text, key=key, thread=thread))
        assert question is not None
        return question

    async def answered(self, question: Question, *files: Passage) -> tuple[list[Queued | Piece | Restarted], Answer]:
        """Read the whole answer to a question that came with *files*."""
        async with aclosing(self.engine.answer(question, attachments=files)) as stream:
            events = [event async for event in stream]
        *before, last = events
        assert isinstance(last, Answer)
        return [event for event in before if not isinstance(event, Answer)], last


def incoming(text: str, *, key: str = "k1", thread: str = "slack:T:C:1") -> Incoming:
    """Return a Slack mention."""
    return Incoming(text, "U1", Place("slack", "mention", thread, "T", "C"), (key,), NOW)
