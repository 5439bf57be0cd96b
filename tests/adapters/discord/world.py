"""A Discord server with our client in it: real discord.py and engine, simulated platform, fakes for model and ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord
from discord.utils import utcnow
from pydantic import BaseModel
from simcord import Env
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from adapters.chat import ChatServices
from adapters.discord.client import Client
from bot.chat_settings import DiscordSettings
from bot.engine import Engine, EngineParts
from bot.messages import Approved, RatingValue
from bot.ports import Ledger, Vault
from bot.settings import PolicySettings, Settings
from bot.texts import load_catalogues
from tests.fakes.backend import ScriptedBackend
from tests.fakes.chat import chat_services
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Readable
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.fakes.standing_by import standing_by
from tests.fakes.vault import MemoryVault

QUICK_S = 0.001
BRIEF_S = 0.6  # of real time, for the client to reach a wait that is longer than this
SETTINGS = Settings(policy=PolicySettings(per_person_per_minute=0))
load_catalogues()  # as every process does at its start


@dataclass
class Company:
    """What a test looks at."""

    env: Env
    client: Client
    guild: GuildHandle
    channel: ChannelHandle
    ana: MemberActor
    backend: ScriptedBackend
    ledger: MemoryLedger
    vault: MemoryVault
    services: ChatServices
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def me(self) -> str:
        """The mention of our app."""
        return f"<@{self.env.backend.bot_user.id}>"

    @property
    def us(self) -> discord.ClientUser:
        """Our app as a member of servers."""
        assert self.client.user is not None
        return self.client.user

    def answers(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        """Return our messages in a channel, oldest first."""
        return [message for message in (channel or self.channel).history() if message.author.id == self.env.backend.bot_user.id]

    def votes(self) -> list[dict[str, RatingValue]]:
        """Return the votes on each exchange by person, oldest exchange first."""
        return [{person: vote[0] for person, vote in kept.votes.items()} for _, kept in sorted(self.ledger.kept.items())]

    def member(self, name: str) -> MemberActor:
        """Let somebody join."""
        return self.guild.add_member(self.env.create_user(name))

    def thread(self, name: str = "talk", *, on: int | None = None) -> ChannelHandle:
        """Open a thread in the channel, perhaps on a message."""
        self.env.backend.create_thread(self.channel.id, name, self.ana.id, message_id=on)
        return self.channel.threads[-1]

    async def post(self, forum: ChannelHandle, text: str) -> ChannelHandle:
        """Let Ana open a post in a forum; its first message has its id."""
        backend = self.env.backend
        thread = backend.create_thread(forum.id, "post", self.ana.id)
        starter = backend.prepare_message(thread.id, self.ana.id, text)
        starter.id = thread.id
        backend.commit_message(starter)
        await self.env.settle()
        return forum.threads[-1]

    async def again(self, event: str) -> None:
        """Deliver the newest event of that name once more, as after a resumed session."""
        payload = [payload for _, name, payload in self.env.backend.transcript if name == event][-1]
        self.env.backend.emit(event, payload)
        await self.env.settle()

    async def restart(self) -> None:
        """End the process, as far as Discord can tell, and start the next one."""
        self.client = Client(self.services, discord_settings(**self.options), edit_interval_s=QUICK_S)
        self.env.settle_timeout = BRIEF_S  # what still waits is cut off
        await self.env.restart_bot(self.client)
        self.env.settle_timeout = 5
        await self.env.settle()


def make_services(
    backend: ScriptedBackend, ledger: Ledger, vault: Vault, settings: Settings = SETTINGS, *, fallback: ScriptedBackend | None = None
) -> ChatServices:
    """Return services on a real engine that has something to read about filters."""
    approved = Approved("A1", "Who approved this?", "Ana did.", "all", "expert", utcnow())
    guide = passage("Replace the filter every six months.", source="filters.md")
    retriever = ScriptedRetriever({"filter": (guide,)}, {"approved": approved})
    parts = EngineParts(ledger, retriever, backend, CrossingOut(), Readable(), identify=lambda text: "en", now=utcnow)
    if fallback:
        parts, settings = standing_by(parts, settings, fallback)
    return chat_services(Engine(parts, settings), ledger, vault=vault, policy=settings.policy)


def settings_with(**sections: BaseModel) -> Settings:
    """Return the settings of the tests with other sections; reading the file anew would hold up the event loop."""
    return SETTINGS.model_copy(update=sections)


def discord_settings(**options: Any) -> DiscordSettings:
    """Return settings whose own host is that of the simulated files."""
    return DiscordSettings(api_url="https://cdn.simcord.invalid/api", **options)


@asynccontextmanager
async def company(
    backend: ScriptedBackend | None = None,
    *,
    ledger: Ledger | None = None,
    settings: Settings = SETTINGS,
    edit_interval_s: float = QUICK_S,
    check_errors: bool = True,
    settle_timeout: float = 5.0,
    fallback: ScriptedBackend | None = None,
    **options: Any,
) -> AsyncIterator[Company]:
    """Open a server with one channel, one member and our app; *options* are settings of Discord's."""
    backend, memory, vault = backend or ScriptedBackend(("Yes. ", "Every six ", "months.")), MemoryLedger(), MemoryVault()
    services = make_services(backend, ledger or memory, vault, settings, fallback=fallback)
    client = Client(services, discord_settings(**options), edit_interval_s=edit_interval_s)
    async with simcord.run(client, shard_count=1, check_errors=check_errors, settle_timeout=settle_timeout) as env:
        guild = env.create_guild("Acme")
        channel = guild.create_text_channel("help")
        ana = guild.add_member(env.create_user("ana"))
        yield Company(env, client, guild, channel, ana, backend, memory, vault, services, options)
