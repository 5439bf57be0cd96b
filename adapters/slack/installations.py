"""Where the app is installed, and who is about to install it: kept sealed in the vault."""

import json
import logging
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.slack.events import Bot
from bot.ports import Vault

INSTALLED: Final = "slack:install:"
PENDING: Final = "slack:state:"
PENDING_FOR_S: Final = 600

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation: the workspace's (or, with an empty `team`, a whole organisation's) bot token, and who it makes us there."""

    team: str
    enterprise: str
    token: str
    user: str
    bot_id: str

    @property
    def bot(self) -> Bot:
        """Who we are there."""
        return Bot(self.team, self.user, self.bot_id, "" if self.team else self.enterprise)


_SHAPE: Final = TypeAdapter(Installed)


class Installations(AsyncInstallationStore):
    """The installations, by team or organisation."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @property
    def logger(self) -> logging.Logger:
        """The SDK asks for it."""
        return _logger

    async def async_save(self, installation: Installation) -> None:
        """Keep what an installation brought; an earlier one of the same workspace is replaced."""
        team = "" if installation.is_enterprise_install else installation.team_id or ""
        made = Installed(
            team=team,
            enterprise=installation.enterprise_id or "",
            token=installation.bot_token or "",
            user=installation.bot_user_id or "",
            bot_id=installation.bot_id or "",
        )
        await self._vault.put(_name(team or made.enterprise), json.dumps(asdict(made)), at=datetime.now(UTC))
        _logger.info("installed", extra={"team": team or made.enterprise})

    async def find(self, team: str, enterprise: str) -> Installed | None:
        """Return the installation of a workspace, else that of its organisation."""
        for owner in (team, enterprise):
            kept = await self._vault.get(_name(owner)) if owner else None
            if kept and (found := _read(kept)):
                return found
        return None

    async def forget(self, owner: str) -> None:
        """Forget the installation of a workspace or organisation."""
        await self._vault.take(_name(owner))


class Pending(AsyncOAuthStateStore):
    """The installations that were begun: each state is good once, for ten minutes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @property
    def logger(self) -> logging.Logger:
        """The SDK asks for it."""
        return _logger

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """Return a new state."""
        state = secrets.token_urlsafe(24)
        now = datetime.now(UTC)
        await self._vault.put(PENDING + state, now.isoformat(), at=now)
        return state

    async def async_consume(self, state: str) -> bool:
        """Tell whether *state* was issued in the last ten minutes and never consumed."""
        issued = await self._vault.take(PENDING + str(state)[:100])
        return issued is not None and (datetime.now(UTC) - datetime.fromisoformat(issued)).total_seconds() < PENDING_FOR_S


def _name(owner: str) -> str:
    return f"{INSTALLED}{owner[:100]}"


def _read(kept: str) -> Installed | None:
    try:
        found = _SHAPE.validate_json(kept)
    except ValidationError:
        return None
    return found if found.token else None
