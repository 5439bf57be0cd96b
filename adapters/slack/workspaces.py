"""The Slack teams that we are in: each with its own token, pace, people and running answers, made when first heard of."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp

from adapters.chat import ChatServices
from adapters.slack.answering import Answering
from adapters.slack.events import Spot
from adapters.slack.faults import SlackRevoked, as_misconfigured, removed
from adapters.slack.installations import Installations
from adapters.slack.unconfirmed import Unconfirmed
from adapters.slack.web import SlackWeb
from bot.chat_settings import SlackSettings
from bot.errors import Misconfigured
from bot.messages import Answer, Question

logger = logging.getLogger(__name__)

_KEPT: Final = 1_000  # workspaces in memory: those beyond are made anew when heard of
_WARNED: Final = 1_000
_OWNERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installed Slack team."""

    web: SlackWeb
    answering: Answering


class Afterwards(Protocol):
    """What follows an answer."""

    async def answered(self, question: Question, spot: Spot, answer: Answer, workspace: Workspace) -> None:
        """Do what is to be done once an answer stands."""


class Workspaces:
    """
    Finds the workspace of a team.

    The settings' bot token is one workspace; with OAuth there are as many as installations in the vault. `ended` is set to the
    operator's sentence once the only one is gone for good.
    """

    def __init__(self, services: ChatServices, settings: SlackSettings, session: aiohttp.ClientSession, afterwards: Afterwards) -> None:
        self._services = services
        self._settings = settings
        self._session = session
        self._afterwards = afterwards
        self._installations = Installations(services.vault)
        self._by_oauth = bool(settings.client_id)
        self._own: Workspace | None = None
        self._known: OrderedDict[str, Workspace] = OrderedDict()  # by team or organisation
        self._owners: dict[tuple[str, str], str] = {}  # whose installation is that of a team and its organisation
        self._strangers: OrderedDict[str, None] = OrderedDict()
        self._making = asyncio.Lock()
        self._dropping: set[asyncio.Task[None]] = set()
        self._closed = False
        self.unconfirmed = Unconfirmed(services.vault)
        self.ended: asyncio.Future[Misconfigured] = asyncio.get_running_loop().create_future()

    async def identify(self) -> None:
        """
        Learn who we are by the settings' own token; without one there is nothing to learn before a workspace is heard of.

        Raises:
            Misconfigured: As `SlackWeb.identify`.
            SlackSilent: Slack cannot be reached.
        """
        if self._by_oauth and not self._settings.bot_token.get_secret_value():
            return
        web = SlackWeb(self._settings, self._session)
        await web.identify()
        self._own = self._make(web, web.bot.organisation or web.bot.team)

    async def of(self, team: str, enterprise: str = "") -> Workspace | None:
        """Return the workspace of a team, or of the organisation that it belongs to; None where the app is not installed."""
        if (own := self._own) and _is(own, team, enterprise):
            return own
        if not self._by_oauth:
            return None
        owner = self._owners.get((team, enterprise), "")
        if known := self._known.get(owner):
            self._known.move_to_end(owner)
            return known
        async with self._making:
            return await self._installed(team, enterprise)

    async def forget(self, team: str, enterprise: str = "") -> None:
        """End what runs in a workspace that removed us, and forget its token."""
        workspace = await self.of(team, enterprise)
        if workspace:
            self._drop(workspace, _owner(workspace), SlackRevoked("app_uninstalled"))

    def renew(self, owner: str) -> None:
        """Let the next event make a workspace anew: it was installed again, with a new token."""
        self._strangers.pop(owner, None)
        self._owners.clear()
        if known := self._known.pop(owner, None):
            self._spawn(known.answering.close(0))

    def note_stranger(self, team: str) -> None:
        """Log, once a team, that something came from a workspace in which the app is not installed."""
        if team in self._strangers:
            return
        self._strangers[team] = None
        if len(self._strangers) > _WARNED:
            self._strangers.popitem(last=False)
        logger.warning("event of a workspace without installation", extra={"team": team})

    async def close(self, grace_s: float) -> None:
        """Let running answers end within *grace_s* seconds."""
        self._closed = True
        every = [*self._known.values(), *([self._own] if self._own else [])]
        async with asyncio.TaskGroup() as group:
            for workspace in every:
                group.create_task(workspace.answering.close(grace_s))
        if self._dropping:
            await asyncio.wait(self._dropping)

    async def _installed(self, team: str, enterprise: str) -> Workspace | None:
        found = await self._installations.find(team, enterprise)
        if found is None or self._closed:
            return None
        owner = found.team or found.enterprise
        if owner not in self._known:
            if len(self._known) >= _KEPT:
                self._forget_an_idle_one()
            self._known[owner] = self._make(SlackWeb(self._settings, self._session, token=found.token, bot=found.bot), owner)
        if len(self._owners) >= _OWNERS:
            self._owners.clear()
        self._owners[team, enterprise] = owner
        return self._known[owner]

    def _forget_an_idle_one(self) -> None:
        for owner, each in self._known.items():
            if not each.answering.busy:
                del self._known[owner]
                return

    def _make(self, web: SlackWeb, owner: str) -> Workspace:
        async def answered(question: Question, spot: Spot, answer: Answer) -> None:
            await self._afterwards.answered(question, spot, answer, made)

        streaming, unconfirmed = self._settings.streaming, self.unconfirmed
        answering = Answering(self._services, web, streaming=streaming, answered=answered, unconfirmed=unconfirmed)
        made = Workspace(web, answering)
        web.on_revoked = lambda error: self._drop(made, owner, error)
        return made

    def _drop(self, workspace: Workspace, owner: str, error: SlackRevoked) -> None:
        """Leave a workspace whose token is dead; said once, however many answers find out."""
        if workspace is self._own:
            self._own = None
            problem = as_misconfigured(error, setting="slack.bot_token", variable="APRENDIZ_SLACK__BOT_TOKEN")
            if not self._by_oauth and not self.ended.done():
                self.ended.set_result(problem)
        elif self._known.get(owner) is workspace:
            del self._known[owner]
            problem = removed(error, owner)
            self._spawn(self._installations.forget(owner))
        else:
            return
        logger.error(str(problem))
        self._spawn(workspace.answering.close(0))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)


def _owner(workspace: Workspace) -> str:
    return workspace.web.bot.organisation or workspace.web.bot.team


def _is(workspace: Workspace, team: str, enterprise: str) -> bool:
    bot = workspace.web.bot
    return team in ("", bot.team) or bool(bot.organisation and bot.organisation == enterprise)
