"""What the core needs from outside. Each port has a working fake in tests/fakes and contract tests in tests/contracts."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from bot.exchanges import Asked, Exchange, OpenExchange, Rights, Said
from bot.messages import (
    Adapter,
    Answer,
    Audience,
    ConsentState,
    Finished,
    Found,
    Generation,
    Message,
    Passage,
    Piece,
    Place,
    Platform,
    Question,
    Queued,
    RatingValue,
    Turn,
    Viewer,
)
from bot.placeholders import NOTHING, Hidden, Redacted
from bot.ratings import RatingVia, VoteReason
from bot.spending import Call, Usage


class Backend(Protocol):
    """A model that answers: in this process, or behind an address."""

    @property
    def name(self) -> str:
        """The model's name as recorded on exchanges."""

    @property
    def context_tokens(self) -> int:
        """The context window in tokens, answer included."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of the languages that the model is known to speak; `*` stands for all."""

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return each message's size in this model's tokens, its share of the chat template included."""

    def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer to *request*; closing the generator early stops the model at once.

        Returns:
            `Queued` while waiting, then non-empty `Piece`s that joined are the whole answer, then one `Finished`.

        Raises:
            TryAgainLater: No connection, rate limit, timeout, deadline passed, HTTP 5xx, or the model failed.
            ConversationTooLong: The prompt exceeds the context window.
            Misconfigured: The model file, key or name is wrong.
        """

    async def check(self) -> str:
        """
        Return one line on what would answer (for `doctor` and `/readyz`).

        Raises:
            Misconfigured: The model cannot answer; the detail names the remedy.
            TryAgainLater: The service does not respond.
        """


class Purse(Protocol):
    """What is spent on hosted models, kept within the budget by every process that shares the ledger."""

    async def reserve(self, call: Call) -> str:
        """
        Keep room for what *call* may cost at most, and return an id to settle it by; who is cancelled meanwhile has reserved nothing.

        Raises:
            BudgetSpent: The budget has none.
        """

    async def settle(self, charge_id: str, call: Call, usage: Usage, *, model: str) -> None:
        """Book what *call* used, by the model that spoke, in place of what was kept for it."""


class Versions(Protocol):
    """Which trained version answers whom."""

    async def current(self, audience: Audience) -> Adapter | None:
        """
        Return the version in production for *audience*, as of two seconds ago at most; None where the model answers without one.

        A version whose file is missing, altered or made for another model is none; that is logged once and told by `check`.
        """

    async def check(self) -> str:
        """
        Return one line on what is in production (for `doctor` and `/readyz`).

        Raises:
            Misconfigured: A version in production cannot serve here; the detail names it and the remedy.
        """


class Retriever(Protocol):
    """What the company knows about a question."""

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """
        Find an approved answer or passages for *question*.

        Args:
            question: The redacted question, with placeholders of its own.
            viewer: Who asks; sees their audience's material and that for `all`, of their scopes and of none, never another's.
            earlier: The thread's earlier questions, oldest first, for follow-ups.
        """


class Redactor(Protocol):
    """Personal data out of a text."""

    def redact(self, text: str, names: Sequence[str] = ()) -> str:
        """Return *text* with personal data and the known *names* replaced by typed placeholders (`[EMAIL_1]`)."""

    def redact_together(self, texts: Sequence[str], names: Sequence[str] = ()) -> Redacted:
        """Return *texts* likewise, with what their placeholders stand for: the same value has the same placeholder in all of them."""


class Pseudonyms(Protocol):
    """Stable keyed pseudonyms for people."""

    def of(self, platform: Platform, person: str) -> str:
        """Return the pseudonym of a platform's raw user id."""

    def of_value(self, kind: str, value: str) -> str:
        """Return the keyed hash of a piece of personal data, by which equal ones are known and which nobody can read back."""


class Ledger(Protocol):
    """The system of record of what was said. Every method commits before it returns."""

    async def claim(
        self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "", address: str = "", hidden: Hidden = NOTHING
    ) -> Question | None:
        """
        Keep *question* as an open exchange and its *keys* in one transaction; *address* is sealed.

        One asked in private is limited to its place from the first moment, answered or not.

        Returns:
            The question as it is kept: with the placeholders of its conversation, by what *hidden* says of its own. None, with nothing
            written, where any key was claimed before.
        """

    async def number(self, exchange_id: str, person: str, texts: Sequence[Hidden]) -> tuple[Mapping[str, str], ...]:
        """
        Return what the placeholders of texts, which came from *person* and belong to the exchange, are called in its conversation.

        What is new there is kept; of an unknown or erased exchange nothing is, and every placeholder stays what it is.
        """

    async def record(self, exchange: Exchange) -> None:
        """Complete the open exchange with its answer; one that was erased meanwhile stays erased."""

    async def said(self, cache_key: str, *, since: datetime) -> Said | None:
        """Return the newest answer recorded under that key since then, None where there is none or one was voted down or corrected."""

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """Close an open exchange without an answer; *reason* is an error's class name or `left`."""

    async def open_exchanges(self, platform: Platform, *, since: datetime) -> tuple[OpenExchange, ...]:
        """Return the accepted questions that got neither an answer nor an end, oldest first."""

    async def turns(self, conversation_id: str, *, limit: int) -> tuple[Turn, ...]:
        """Return the conversation's newest answered exchanges with their scopes, at most *limit*, oldest first; courtesies are none."""

    async def asked_since(self, person: str, since: datetime) -> tuple[datetime, ...]:
        """Return when the person (a pseudonym) asked the questions accepted since then, oldest first."""

    async def asked_with(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """Return the exchange that the asker's message in that channel began, None where it began none (or was erased)."""

    async def revise(self, exchange_id: str, text: str, *, at: datetime, hidden: Hidden = NOTHING) -> bool:
        """
        Replace the question's words by what its author made of them, in the prompt too; the index follows.

        They are kept with the placeholders of the conversation, as `claim` keeps them.
        A revised exchange no longer trains: its answer was to other words. False, with nothing written, where the text is the same or
        the exchange unknown or erased.
        """

    async def erase(self, exchange_id: str, *, at: datetime) -> bool:
        """
        Forget the words of a question that its author deleted, and its answer; votes and keys stay, the index follows.

        Afterwards it is no turn of its conversation, is not exported and cannot be rated; an answer being written is not recorded. An
        approved answer made from it stays the company's. False where it is unknown or erased already.
        """

    async def recent(self, person: str, *, limit: int) -> tuple[Asked, ...]:
        """Return the person's newest answered questions, newest first; courtesies are none."""

    async def direct_channels(self, platform: Platform, *, since: datetime) -> tuple[str, ...]:
        """Return the channels of direct messages (those without a workspace) in which anything was asked since then."""

    async def takes_part(self, conversation_id: str) -> bool:
        """Tell whether any question of this conversation was accepted before."""

    async def place_of(self, exchange_id: str) -> Place | None:
        """Return where the exchange was asked."""

    async def answer_of(self, exchange_id: str) -> Answer | None:
        """Return a recorded answer as people see it, None where there is none; its timings are empty."""

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """Note that part *part* (from 0) is about to be posted; False where it was noted before."""

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """Note the platform's id of a posted part."""

    async def posts_of(self, exchange_id: str) -> tuple[tuple[int, str, str], ...]:
        """Return (part, channel, message_ref) of the exchange's posts; a post merely intended has empty strings."""

    async def exchange_of(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """Return the exchange whose answer is that posted message."""

    async def rate(
        self,
        exchange_id: str,
        person: str,
        value: RatingValue | None,
        *,
        via: RatingVia,
        at: datetime,
        reason: VoteReason | Literal[""] = "",
        comment: str = "",
    ) -> None:
        """
        Keep a person's vote (a pseudonym's; the last one wins), with its outbox row.

        None takes it back; via `reaction` only a vote that was a reaction, for a thumb taken away says nothing of a button pressed later.

        Raises:
            UnknownExchange: No answered exchange has that id.
        """

    async def explain_vote(self, exchange_id: str, person: str, *, reason: VoteReason, comment: str) -> bool:
        """Add to a person's vote down why it is; False, with nothing written, where their vote is no longer down."""

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime, name: str = "") -> str:
        """
        Keep an expert's correction, and serve it as an approved answer of the exchange's audience and scope from now on.

        *name* is shown as whose answer it is; without one it is known under the pseudonym *person* alone.

        Returns:
            The approved answer's id.

        Raises:
            UnknownExchange: No answered exchange has that id.
        """

    async def consent_of(self, person: str) -> ConsentState:
        """Return what the person (a pseudonym) decided about training on their words."""

    async def note_consent_asked(self, person: str, *, platform: Platform, at: datetime) -> bool:
        """Note that the person (a pseudonym) is asked for consent now; False where they were asked or decided before."""

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """Keep the person's decision; it covers all their exchanges, earlier ones too."""


class Vault(Protocol):
    """Small values kept sealed: tokens of installed workspaces, pending installations, what is registered where."""

    async def put(self, name: str, value: str, *, at: datetime) -> None:
        """Keep *value* under *name*, in place of what was there."""

    async def get(self, name: str) -> str | None:
        """Return the value, None where there is none or its key is lost."""

    async def take(self, name: str) -> str | None:
        """Return the value and forget it, in one step: of two callers one gets it."""

    async def names(self, prefix: str) -> tuple[str, ...]:
        """Return the names that begin so, in order."""

    async def forget(self, prefix: str, *, before: datetime) -> None:
        """Forget what was put before that moment under names that begin so."""


class AttachmentReader(Protocol):
    """What a file that came with a question says."""

    async def read(self, name: str, content: bytes) -> tuple[Passage, ...]:
        """
        Return the file's passages, redacted; their source and title are its name.

        Their placeholders are the file's own; `hidden` says what those of each stand for.

        Raises:
            CannotSee: It is a picture.
            BadDocument: It is of another kind, too large, empty, damaged or wrongly encoded; the sentence says which.
        """


class Searcher(Protocol):
    """Plain search of the company's passages, for people who look at what would be found."""

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return at most *limit* passages that the viewer may see, best first."""


class Foreseer(Searcher, Protocol):
    """A search that also tells what a question would be answered from."""

    async def basis(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Passage | None:
        """See `Foresight.basis`."""
