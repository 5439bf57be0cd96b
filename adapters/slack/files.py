"""The files that come with a question: fetched from Slack's own hosts with our token, bounded, and read."""

import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin

import aiohttp

from adapters.chat import ChatServices
from adapters.slack.address import FileRef
from adapters.slack.blocks import cut
from adapters.slack.client import FAULTS, proxy_for
from adapters.slack.response_urls import is_slacks
from adapters.slack.web import SlackWeb
from bot.errors import BadRequest, CannotSee, ChatbotError
from bot.messages import Passage
from bot.texts import N_

logger = logging.getLogger(__name__)

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_CHUNK_BYTES = 65_536
_HOPS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_NAME_CHARACTERS = 80
_MARKUP: Final = frozenset("<>&|`*~")


class TooManyFiles(BadRequest):
    """More files than are read for one question; field: `count` (the limit)."""

    user_text = N_("I read only the first {count} files of a question.")


class FilesNotRead(BadRequest):
    """The operator has files left unread."""

    user_text = N_("I do not read files here. Please write what matters in words.")


class FileTooLarge(BadRequest):
    """A file is over the limit; fields: `name`, `limit` (kilobytes)."""

    user_text = N_("{name} is too large for me: I read files of up to {limit} KB.")


class FileOutOfReach(BadRequest):
    """Slack does not give us a file: it was deleted, lies elsewhere, or the scope `files:read` is missing; field: `name`."""

    user_text = N_("I could not get {name} from Slack. Please write what matters in words.")


async def read_files(
    files: Sequence[FileRef], web: SlackWeb, services: ChatServices
) -> tuple[tuple[Passage, ...], tuple[ChatbotError, ...]]:
    """Return what the files of a question say, in their order, and for each that cannot be read why not."""
    most = services.policy.max_attachments
    passages: list[Passage] = []
    problems: list[ChatbotError] = []
    for file in files[:most]:
        try:
            passages += await _read(file, web, services)
        except ChatbotError as error:
            problems.append(error)
    if len(files) > most:
        problems.append(TooManyFiles(count=most) if most else FilesNotRead())
    return tuple(passages), tuple(problems)


def clean_name(name: str) -> str:
    """Return a file's name without folders, control characters and what Slack reads as markup."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable() and character not in _MARKUP)
    return cut(" ".join(shown.split()), _NAME_CHARACTERS) or "file"


async def _read(file: FileRef, web: SlackWeb, services: ChatServices) -> tuple[Passage, ...]:
    name, limit_kb = clean_name(file.name), services.policy.max_attachment_kb
    if file.mimetype.startswith("image/"):
        raise CannotSee(name=name)  # known without fetching it
    if file.size_bytes > limit_kb * 1024:
        raise FileTooLarge(name=name, limit=limit_kb)
    content = await _fetch(file, name, web, limit_kb=limit_kb)
    return await services.attachments.read(name, content)


async def _fetch(file: FileRef, name: str, web: SlackWeb, *, limit_kb: int) -> bytes:
    address = file.url
    for _ in range(_HOPS):
        # Each hop anew: the token must not leave Slack.
        if web.client.session is None or not is_slacks(address, web.client.base_url):
            break
        try:
            async with web.client.session.get(
                address,
                headers={"Authorization": f"Bearer {web.client.token}"},
                proxy=proxy_for(address, web.client.proxy),
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as answer:
                if answer.status in _REDIRECTS:
                    address = urljoin(address, answer.headers.get("Location", ""))
                    continue
                if answer.status == 200 and not _is_login(answer, file):
                    return await _bounded(answer, name, limit_kb=limit_kb)
                logger.warning("file not fetched", extra={"status": answer.status, "scope": "files:read"})
        except FAULTS as error:
            logger.warning("file not fetched", extra={"reason": type(error).__name__})
        break
    raise FileOutOfReach(name=name)


async def _bounded(answer: aiohttp.ClientResponse, name: str, *, limit_kb: int) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > limit_kb * 1024:
            raise FileTooLarge(name=name, limit=limit_kb)
    return bytes(content)


def _is_login(answer: aiohttp.ClientResponse, file: FileRef) -> bool:
    """Tell whether Slack shows its sign-in page in place of a file, as it does where the token lacks `files:read`."""
    is_file = file.mimetype == "text/html" and answer.url.path.startswith("/files-")
    return answer.content_type == "text/html" and not is_file
