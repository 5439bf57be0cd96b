"""A service that speaks OpenAI's API: where it is, how one is admitted, and which settings say so."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import httpx2
import openai

from bot.errors import Misconfigured
from bot.model_settings import ADDRESSES, ProviderKind

CONNECT_TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)  # as the SDK has them; httpx2's 100 would queue


@dataclass(frozen=True, slots=True)
class Service:
    """
    A provider's address and key; `table` names its settings in remedies.

    `api_key` may be empty for a local server, `api_version` is Azure's.
    """

    api_key: str = field(default="", repr=False)
    base_url: str = ADDRESSES["openai"]
    kind: ProviderKind = "openai"
    api_version: str = ""
    table: str = ""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for a key that no header can carry."""
        if not (self.api_key.isascii() and self.api_key.isprintable()):
            raise Misconfigured(f"{self.setting('api_key')} has characters that no key has: copy it again")

    def setting(self, key: str) -> str:
        """Return how the operator writes one of its settings."""
        return f"{self.table}.{key}" if self.table else f"APRENDIZ_OPENAI__{key.upper()}"

    async def connect(self, transport: httpx2.AsyncBaseTransport | None = None) -> openai.AsyncOpenAI:
        """Return a client that tries nothing twice: whoever calls knows until when it is worth it. *transport* replaces the network."""
        return await asyncio.to_thread(self._connect, transport)  # reads certificates

    def _connect(self, transport: httpx2.AsyncBaseTransport | None) -> openai.AsyncOpenAI:
        timeout = httpx2.Timeout(None, connect=CONNECT_TIMEOUT_S)
        http = httpx2.AsyncClient(transport=transport, timeout=timeout, limits=CONNECTIONS)
        key = self.api_key or "none"  # the SDK insists on one; servers without one ignore it
        if self.kind == "azure":
            return openai.AsyncAzureOpenAI(
                azure_endpoint=self.base_url, api_version=self.api_version, api_key=key, max_retries=0, http_client=http
            )
        return openai.AsyncOpenAI(api_key=key, base_url=self.base_url, max_retries=0, http_client=http)
