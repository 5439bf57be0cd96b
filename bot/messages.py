"""The conversation types that every layer shares: frozen values, no behaviour beyond what their fields say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Literal

from bot.placeholders import Hidden

Role = Literal["system", "user", "assistant"]
Platform = Literal["slack", "discord", "web", "cli"]
Surface = Literal["mention", "direct_message", "thread", "slash_command", "shortcut", "modal", "button", "web", "cli"]
Audience = Literal["employees", "customers", "all"]
RightsPolicy = Literal["refuse", "consent", "allow"]
ConsentState = Literal["unasked", "granted", "refused"]
AnswerKind = Literal["generated", "verified", "quoted", "declined", "courtesy"]
FinishReason = Literal["stop", "length", "unsupported"]
RatingValue = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message as a model sees it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a question was asked.

    `conversation_id` is stable for the whole thread, e.g. `slack:T1:C1:1700000000.000100`; `workspace` is a Slack team,
    a Discord guild or empty; `channel` is empty outside chat platforms; `parent` is the channel in which a thread hangs that is a
    channel of its own (Discord), else empty. Settings for a channel hold for its threads. `private` says that only those who were
    let in read along: a direct message, a private channel.
    """

    platform: Platform
    surface: Surface
    conversation_id: str
    workspace: str = ""
    channel: str = ""
    parent: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Reach:
    """Whom a piece of the company's material is for: an audience, and of it only those of `scope` where that is not empty."""

    audience: Audience
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """
    Who asks, as far as it decides what they may see: their audience, and the scopes of the place they ask in.

    They see what is for their audience or for `all`, limited to none or to one of `scopes` (bot/scopes.py says how those are written).
    """

    audience: Audience
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """
    What an adapter received, before redaction: never stored, never logged.

    `person` is the platform's raw user id; `names` are display names to redact from the text; `keys` identify the event
    and the message it carries (any one of them seen before means a duplicate); `locale` is a BCP 47 tag or empty;
    `message_ref` is the platform's id of the asker's message. `asked_by` is the raw id of whoever asks for an answer to another's
    words (empty: the author does), `groups` are the ids of the asker's roles and user groups, and `address` is what the adapter needs
    to reach the asker after a restart, in a form of its own; the ledger keeps it sealed and forgets it by age. `scopes` are those whose
    material the asker may see besides the place's own: what an operator names at the terminal.
    """

    text: str
    person: str
    place: Place
    keys: tuple[str, ...]
    received_at: datetime
    locale: str = ""
    names: tuple[str, ...] = ()
    message_ref: str = ""
    audience: Audience | None = None
    asked_by: str = ""
    groups: frozenset[str] = frozenset()
    address: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """
    An accepted question: redacted, its person a keyed pseudonym, its keys claimed, its exchange row committed.

    `scopes` are those of the place, whose material may answer it.
    """

    exchange_id: str
    text: str
    person: str
    place: Place
    audience: Audience
    asked_at: datetime
    locale: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """
    A piece of the company's knowledge.

    `source` is the path or address that people may see, `heading` the path of headings inside it (joined by " > "),
    `row` the FAQ's id column or row number (empty elsewhere), `page` counts from 1 (0 where there are no pages), `anchor` is the id of
    the place in a web page (empty elsewhere), `dated` the day it speaks of or was written (ISO 8601, empty where unknown), `link` the web
    address at which people may read it (empty where there is none), `scope` whom of its audience it is for (see `Reach`), `score` the
    retriever's relevance (higher is better; 0 to 1), 0 where it was not retrieved. `hidden` says what the placeholders of an attached
    file stand for until they are those of the conversation; it is not kept.
    """

    passage_id: str
    source: str
    title: str
    heading: str
    text: str
    audience: Audience
    language: str = ""
    row: str = ""
    page: int = 0
    score: float = 0.0
    scope: str = ""
    anchor: str = ""
    dated: str = ""
    link: str = ""
    hidden: Hidden = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Approved:
    """An answer that an expert wrote or approved: served word for word, until it expires where it does."""

    approved_id: str
    question: str
    answer: str
    audience: Audience
    author: str
    approved_at: datetime
    scope: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message that asks several, with the best passage for it; None where nothing answers it."""

    question: str
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Found:
    """
    What retrieval found for a question: an approved answer, or passages (best first), or neither.

    `closest` (best first) are passages that are near the question and hardly about it, given where `passages` are none: people may look at
    them, and an answer rests on them only where the evidence is enough all the same. `beside` (best first) has the best passage of each
    document that comes near the best of all, that one's included: where people may read on. `several` has each question of a message that
    asks several, in their order; their passages are the first of `passages` then. `ranked` are the ids of the best passages, however good,
    some ten. `evidence` are the figures from which
    bot/confidence.py tells how likely the passages hold the answer; empty where nobody looked. `state` stands for all documents and
    approved answers as they were when it was looked for, another one after every change; empty where more was looked at than those.
    """

    approved: Approved | None
    passages: tuple[Passage, ...]
    confidence: float
    closest: tuple[Passage, ...] = ()
    evidence: Mapping[str, float] = field(default_factory=dict)
    state: str = ""
    beside: tuple[Passage, ...] = ()
    several: tuple[Part, ...] = ()
    ranked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """
    An earlier exchange of the same conversation.

    `prompt` is the user message as the model saw it (passages and question); `question` the question alone; `scope` is what its answer
    is limited to.
    """

    exchange_id: str
    prompt: str
    question: str
    answer: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; `temperature` 0 is greedy, `seed` None is a new one for every answer."""

    temperature: float = 0.0
    top_p: float = 1.0
    repeat_penalty: float = 1.0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """
    A trained version laid over a local model: the LoRA file (GGUF) at *path*, recorded as *name* on the exchanges it answers.

    `languages` (ISO 639-1) are those it was proved in; the model speaks them besides its own.
    """

    name: str
    path: Path
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """
    A request to a model.

    `prompt` is oldest first, at most one system message, at index 0; `max_tokens` counts tokens of this model;
    `deadline_s` are seconds from the call to the last token; `conversation_id` lets a backend keep a conversation's
    state warm, and on the server where it is; waiting requests of different `share`s (a workspace, a server) take turns. `adapter` is laid
    over the model for this answer, in place of the one that the settings name; a backend without adapters pays it no heed.
    `first_token_s` are seconds from the call to the first words, infinite where nobody else would be asked then.
    `exchange_id` and `audience` say what its cost is booked on, empty where it answers no exchange.
    """

    prompt: tuple[Message, ...]
    max_tokens: int
    deadline_s: float
    sampling: Sampling = field(default_factory=Sampling)
    conversation_id: str = ""
    share: str = ""
    adapter: Adapter | None = None
    first_token_s: float = inf
    exchange_id: str = ""
    audience: Audience | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; `ahead` others are before it."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A non-empty piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The answer begins anew, told by *model*: the one that spoke so far broke off, and its words are void."""

    model: str


@dataclass(frozen=True, slots=True)
class Finished:
    """
    The end of a generation.

    `unsupported` means that the engine left out the end of the answer, which does not stand in its passages; the token counts are
    0 where it stopped the model for that. Otherwise they are the model's own; `cached_tokens` of the prompt were not evaluated
    again; times in seconds; `mean_logprob` is the natural logarithm's mean over the answer's tokens, None where the backend gives none.
    `instead_of` names the model that should have answered where another took its place.
    `repeated` is the exchange whose answer was given again in place of asking the model, empty where it spoke.
    """

    reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    first_token_s: float
    total_s: float
    model: str
    adapter: str = ""
    mean_logprob: float | None = None
    instead_of: str = ""
    repeated: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """
    A source as people see it beneath an answer.

    `excerpt` is the passage that was used, `link` where it may be opened (or empty), `dated` the passage's own.
    """

    title: str
    source: str
    passage_id: str
    score: float
    excerpt: str = ""
    link: str = ""
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    The whole answer, recorded: the last event of `Engine.answer`. `text` equals the `Piece`s joined since the last `Restarted`.

    `confidence` is the probability that it is right, as far as that is known. Of a declined one the sources are the closest there are, and
    `hand_off` is where a person can be asked, as the operator wrote it (see `bot.settings.HandOff`; empty where nobody is named).
    `answered_question` is the question that an approved answer or a quoted entry was written for; empty where it was asked in these words.
    `instead_of` names the model that should have answered where `model` took its place.
    `see_also` are other documents that may answer as well: it rests on none of them, and they are not kept with the exchange.
    """

    exchange_id: str
    text: str
    kind: AnswerKind
    sources: tuple[Source, ...]
    confidence: float
    model: str
    timings: Mapping[str, float]
    approved_by: str = ""
    approved_at: datetime | None = None
    hand_off: str = ""
    answered_question: str = ""
    instead_of: str = ""
    see_also: tuple[Source, ...] = ()
