"""The kinds of providers there are, and how each is opened: another wire format is one more line, and a module."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.errors import Misconfigured
from finetune.hosted.provider import Abilities, Access, Provider

if TYPE_CHECKING:
    import httpx2

# OpenAI: developers.openai.com/api/reference/resources/fine_tuning and …/files.
# Azure: ai.azure.com/api-reference/fine-tuning; its files are prepared before a job may use them.
# Nebius: docs.tokenfactory.nebius.com/post-training and …/api-reference/fine-tuning; supervised alone, an absolute learning rate, no
# metadata, no pause, weights as results. All as of 2026-11.
KINDS: Final[Mapping[str, Abilities]] = MappingProxyType(
    {
        "openai": Abilities(),
        "azure": Abilities(prepares_files=True),
        "nebius": Abilities(
            methods=("supervised",), pause=False, metrics=False, metadata=False, multiplier=False, file_bytes=5 << 30, minimum_rows=1
        ),
        "compatible": Abilities(minimum_rows=1),
    }
)
_HOSTS: Final = {"api.openai.com": "openai", "nebius.com": "nebius", "nebius.ai": "nebius", "openai.azure.com": "azure"}


def kind_at(address: str) -> str:
    """Return the kind of provider at an address: of the known services their own, else `compatible`."""
    host = urlsplit(address).hostname or ""
    return next((kind for known, kind in _HOSTS.items() if host == known or host.endswith(f".{known}")), "compatible")


def abilities_of(name: str, access: Access) -> Abilities:
    """
    Return what a provider can do.

    Raises:
        Misconfigured: Its kind is not known.
    """
    found = KINDS.get(access.kind)
    if found is None:
        raise Misconfigured(f"the provider {name} is of the kind {access.kind!r}; known are {', '.join(KINDS)}")
    return found


def provider_of(
    name: str,
    access: Access,
    *,
    now: Callable[[], datetime],
    key_setting: str,
    transport: "httpx2.AsyncBaseTransport | None" = None,
) -> Provider:
    """
    Return a provider, to be entered; its SDK takes a second to import.

    Raises:
        Misconfigured: Its kind is not known, or its key cannot be used.
    """
    abilities = abilities_of(name, access)
    from finetune.hosted.openai_format import OpenAIFormat

    return OpenAIFormat(name, access, abilities, now=now, key_setting=key_setting, transport=transport)
