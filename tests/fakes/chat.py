"""Services for a chat adapter in tests."""

from adapters.chat import ChatServices
from bot.engine import Engine
from bot.ports import Ledger, Vault
from bot.settings import PolicySettings
from tests.fakes.attachments import PlainAttachments
from tests.fakes.vault import MemoryVault


def chat_services(
    engine: Engine,
    ledger: Ledger,
    *,
    vault: Vault | None = None,
    policy: PolicySettings | None = None,
    prompts: tuple[str, ...] = (),
    public_url: str = "",
) -> ChatServices:
    """Return services with English, a vault in memory and a plain reader of attachments unless told otherwise."""
    return ChatServices(
        engine=engine,
        ledger=ledger,
        vault=vault or MemoryVault(),
        attachments=PlainAttachments(),
        policy=policy or PolicySettings(),
        language="en",
        prompts=prompts,
        public_url=public_url,
    )
