"""Settings and a document for tests of the whole program."""

import asyncio
from pathlib import Path

from bot.settings import Settings

GUIDE = "# Filters\n\nReplace the air filter of the compressor every six months. Washing it does not help.\n"
QUESTION = "When is the air filter of the compressor replaced?"


def quick(settings: Settings) -> Settings:
    """Leave the model file as it is, and answers short."""
    return with_section(settings, model=settings.model.model_copy(update={"requantise": False, "max_tokens": 48}))


def with_section(settings: Settings, **sections: object) -> Settings:
    """Return *settings* with other sections."""
    return settings.model_copy(update=sections)


async def written(path: Path, text: str) -> Path:
    """Write a document."""
    await asyncio.to_thread(path.write_text, text)
    return path
