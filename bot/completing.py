"""Plain completion: a model goes on with a text, without roles, passages or checks. For operators who look at what a model has learnt."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from bot.messages import Adapter, Finished, Piece, Queued, Sampling


@dataclass(frozen=True, slots=True)
class Completion:
    """A text to go on with as it stands; the other fields are those of `Generation`."""

    prompt: str
    max_tokens: int
    deadline_s: float
    sampling: Sampling = field(default_factory=Sampling)
    share: str = ""
    adapter: Adapter | None = None
    first_token_s: float = inf


class Completer(Protocol):
    """A model that completes."""

    @property
    def name(self) -> str:
        """The model's name."""

    def complete(self, request: Completion) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Go on with a text; see `bot.ports.Backend.stream`.

        Raises:
            Misconfigured: The service completes chats only.
        """
