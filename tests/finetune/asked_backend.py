"""A backend whose answers depend on the adapter that is laid over it, and means around it, for tests of evaluations."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from bot.messages import Adapter, Finished, Generation, Piece, Queued
from bot.model_settings import ModelSettings
from bot.settings import Settings
from finetune.arms import Contender, Means
from tests.fakes.backend import ScriptedBackend
from tests.fakes.encoder import WordEncoder
from tests.fakes.retriever import ScriptedRetriever, passage

GUIDE = (passage("Replace the filter every 6 months.", source="filters.md", language="en"), passage("Filters are blue.", language="en"))
SETTINGS = Settings(model=ModelSettings(max_tokens=64))
OIL = (passage("Use óleo ISO 68.", source="oleo.md", language="pt"),)


class TwoVoices(ScriptedBackend):
    """Answers by a function of the request; without *lays* it could not lay the adapter over itself."""

    def __init__(self, script: Callable[[Generation], Sequence[str]], *, lays: bool = True) -> None:
        super().__init__(script, languages=("en",))
        self.lays = lays

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """Generate an answer."""
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                yield replace(event, adapter="") if isinstance(event, Finished) and not self.lays else event


def better(request: Generation) -> Sequence[str]:
    """The adapter knows the passage; the base does not, and neither does without passages."""
    if "Passages:" not in request.prompt[-1].content:
        return ("I ", "am ", "a ", "helper.")
    if "óleo" in request.prompt[-1].content:
        return ("Use ", "óleo ", "ISO 68.") if request.adapter else ("Bananas ", "são ", "amarelas.")
    return ("Every ", "6 ", "months.") if request.adapter else ("Every ", "9 ", "months.")


def contenders(folder: Path) -> tuple[Contender, Contender]:
    """Return the base, and a version whose file lies in *folder*."""
    path = folder / "v1.gguf"
    path.write_bytes(b"an adapter")
    return Contender("base", None), Contender("v1", Adapter("v1", path))


def means(backend: ScriptedBackend, folder: Path, *, support: float = 0.0, earlier: Path | None = None, perplexity: int = 0) -> Means:
    """Return means around *backend*; the served file lies in *folder*."""
    served = folder / "model.gguf"
    served.write_bytes(b"a model")
    return Means(
        backend=backend,
        served=served,
        retriever=ScriptedRetriever({"filter": GUIDE, "óleo": OIL}),
        encoder=WordEncoder(),
        identify=lambda text: "pt" if "óleo" in text else "en",
        settings=SETTINGS,
        audience="employees",
        support=support,
        perplexity=perplexity,
        earlier=(earlier,) if earlier else (),
    )
