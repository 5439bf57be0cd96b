"""What the browser and the HTTP API work with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from bot.engine import Engine
from bot.messages import RightsPolicy
from bot.ports import Ledger, Searcher
from bot.settings import WebSettings

Check = tuple[str, bool, str]


class Erase(Protocol):
    """Erases a person as an operator names them; `progress` is told of each step. Returns the receipt as JSON, with its `path`."""

    async def __call__(self, person: str, *, retire: bool, progress: Callable[[str], None]) -> dict[str, Any]:
        """Raise our errors where it cannot be ended."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebServices:
    """
    Everything that a request needs.

    `language` speaks where a browser names none of ours; `ready` returns (name, works, one line) for each part that answers
    depend on; `operator_token` opens the operator's endpoints (empty: nobody); `rights` is the policy for web questions;
    `examples` are questions to show on the empty page; `erase` is what a command beside this server lets it do.
    """

    engine: Engine
    ledger: Ledger
    retriever: Searcher
    settings: WebSettings
    language: str
    ready: Callable[[], Awaitable[Sequence[Check]]]
    operator_token: str = ""
    rights: RightsPolicy = "consent"
    examples: tuple[str, ...] = ()
    erase: Erase | None = None
    now: Callable[[], datetime] = _now
