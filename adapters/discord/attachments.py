"""Files that come with questions: fetched from Discord within bounds and read, or one honest sentence each."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from discord.http import HTTPClient
from discord.utils import escape_markdown, escape_mentions
from yarl import URL

from adapters.chat import ChatServices, sentence_of
from adapters.discord.asker import FileRef
from adapters.discord.faults import FAULTS
from bot.errors import BadDocument, CannotSee, ChatbotError
from bot.messages import Passage
from bot.policy import clean
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

# https://docs.discord.com/developers/reference#cdn-data
_HOSTS: Final = frozenset(("cdn.discordapp.com", "media.discordapp.net"))
_FETCH_S: Final = 30.0
_NAME_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: passages for the model, and what to tell the asker about files that were not."""

    passages: tuple[Passage, ...] = ()
    sentences: tuple[str, ...] = ()


class Files:
    """Reads files; a file that cannot be read never keeps its question from being answered."""

    def __init__(self, services: ChatServices, *, api_url: str) -> None:
        """Prepare; beside Discord's own hosts only that of *api_url* is asked."""
        self._reader = services.attachments
        self._policy = services.policy
        self._own = URL(api_url).host

    async def read(self, files: Sequence[FileRef], http: HTTPClient, *, locale: str) -> Reading:
        """Read *files*, at most as many as the policy says; the sentences are in the language of *locale*."""
        passages: list[Passage] = []
        sentences: list[str] = []
        most = self._policy.max_attachments
        for file in files[:most]:
            try:
                passages += await self._read(file, http)
            except ChatbotError as error:
                logger.info("file not read", extra={"error": type(error).__name__})
                sentences.append(said(error, locale))
        if len(files) > most:
            sentences.append(translate(locale, "I read at most {count} files with a question; the others were left out.", count=most))
        return Reading(tuple(passages), tuple(sentences))

    async def _read(self, file: FileRef, http: HTTPClient) -> tuple[Passage, ...]:
        name = clean(file.name)[:_NAME_CHARACTERS] or "?"
        if file.media_type.startswith("image/"):
            raise CannotSee(name=name)
        if not self._is_discords(file.url):
            raise BadDocument(name=name, problem=N_("it is not kept by Discord, so I do not fetch it."))
        limit = self._policy.max_attachment_kb
        if file.size_bytes > limit * 1024:
            raise BadDocument(name=name, problem=N_("it is larger than {limit} KB, the most I read."), limit=limit)
        try:
            async with asyncio.timeout(_FETCH_S):
                content = await http.get_from_cdn(file.url)
        except FAULTS as error:
            raise BadDocument(name=name, problem=N_("it could not be fetched from Discord.")) from error
        return await self._reader.read(name, content)

    def _is_discords(self, address: str) -> bool:
        try:
            url = URL(address)
        except ValueError:
            return False
        return (url.scheme == "https" and url.host in _HOSTS) or (url.scheme in ("http", "https") and url.host == self._own)


def said(error: ChatbotError, locale: str) -> str:
    """Return an error's sentence, with a file's name in it made harmless."""
    name = error.fields.get("name")
    return sentence_of(error, locale, **({} if name is None else {"name": escape_markdown(escape_mentions(str(name)))}))
