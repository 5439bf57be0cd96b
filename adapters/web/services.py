"""What the browser and the HTTP API work with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.engine import Engine
from bot.messages import RightsPolicy
from bot.ports import Ledger, Searcher
from bot.settings import WebSettings

Check = tuple[str, bool, str]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebServices:
    """
    Everything that a request needs.

    `language` speaks where a browser names none of ours; `ready` returns (name, works, one line) for each part that answers
    depend on; `operator_token` opens the operator's endpoints (empty: nobody); `rights` is the policy for web questions;
    `examples` are questions to show on the empty page.
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
    now: Callable[[], datetime] = _now
