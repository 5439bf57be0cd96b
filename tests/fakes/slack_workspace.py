"""A fake Slack's workspace: its people, channels and messages, and the Web API's methods upon them."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_rules import Args, Refusal, check_blocks, check_chunks, check_metadata, check_text, pings_in, texts_of

TEAM = "T0TEAM"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"


@dataclass
class Posted:
    """A message as Slack keeps it; `markdown` is what was streamed, `streaming_since` is set while it is being streamed."""

    channel: str
    ts: str
    user: str
    thread_ts: str
    text: str = ""
    markdown: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    streaming_since: float | None = None
    versions: int = 1

    @property
    def shown(self) -> str:
        """What a person reads: the streamed text, then the blocks, else the plain text."""
        return "\n".join([*([self.markdown] if self.markdown else []), *itertools.chain(*map(texts_of, self.blocks))]) or self.text

    @property
    def body(self) -> str:
        """The answer's text alone, without what stands beneath it."""
        return self.markdown or next((block["text"] for block in self.blocks if block["type"] == "markdown"), self.text)

    @property
    def buttons(self) -> dict[str, Any] | None:
        """The feedback buttons beneath it."""
        actions = [block for block in self.blocks if block["type"] == "context_actions"]
        return actions[0]["elements"][0] if actions else None

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        bot = {"bot_id": BOT_ID, "app_id": "A0APP"} if self.user == BOT_USER else {}
        told = {"metadata": self.metadata} if self.metadata else {}
        reactions = [{"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()]
        extra = {"reactions": reactions} if reactions else {}
        return {
            "type": "message", "user": self.user, "ts": self.ts, "text": self.text or self.markdown, "blocks": self.blocks,
            "thread_ts": self.thread_ts, "team": TEAM, **bot, **told, **extra,
        }  # fmt: skip


class Workspace:
    """One team. `announce` is told each event; `stream_life_s` is how long a stream lives."""

    def __init__(self, announce: Callable[[dict[str, Any]], None], *, stream_life_s: float = 300.0) -> None:
        self.announce = announce
        self.stream_life_s = stream_life_s
        self.channels = {"C1": "channel", "C2": "channel", "D1": "im", "D2": "im"}
        self.people = {"U1": "en-US", "U2": "pt-BR", "U3": "en-GB"}
        self.messages: dict[tuple[str, str], Posted] = {}
        self.ephemeral: list[tuple[str, str, str]] = []
        self.statuses: list[str] = []
        self.pings: list[str] = []
        self._microseconds = itertools.count(int(time.time() * 1_000_000))
        self.methods: dict[str, Callable[[Args], dict[str, Any]]] = {
            "auth.test": lambda args: {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID, "url": "https://acme.slack.com/"},
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
            "conversations.replies": self._replies,
            "reactions.get": self._reactions,
            "users.info": self._person,
            "assistant.threads.setStatus": self._status,
        }

    def new_ts(self) -> str:
        """Return a new timestamp; no two are alike."""
        micro = max(next(self._microseconds), int(time.time() * 1_000_000))
        self._microseconds = itertools.count(micro + 1)
        return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"

    def thread(self, channel: str, thread_ts: str) -> list[Posted]:
        """Return a thread's messages as a person reads them, its first included."""
        return sorted((m for m in self.messages.values() if (m.channel, m.thread_ts) == (channel, thread_ts)), key=lambda m: m.ts)

    def answers(self, channel: str, thread_ts: str) -> list[Posted]:
        """Return the bot's messages of a thread."""
        return [message for message in self.thread(channel, thread_ts) if message.user == BOT_USER]

    def keep(self, message: Posted) -> Posted:
        """Add a message and announce it."""
        self.messages[message.channel, message.ts] = message
        self.announce({**message.as_json(), "channel": message.channel, "channel_type": self.channels[message.channel]})
        return message

    def _channel(self, args: Args, name: str = "channel") -> str:
        if args[name] not in self.channels:
            raise Refusal("channel_not_found")
        return str(args[name])

    def _root(self, channel: str, args: Args, ts: str) -> str:
        root = args.get("thread_ts")
        if root and (channel, root) not in self.messages:
            raise Refusal("thread_not_found")
        return root or ts

    def _own(self, args: Args) -> Posted:
        message = self.messages.get((self._channel(args), str(args["ts"])))
        if message is None:
            raise Refusal("message_not_found")
        if message.user != BOT_USER:
            raise Refusal("cant_update_message")
        return message

    def _saw(self, message: Posted) -> None:
        self.pings += pings_in(message.text, message.markdown, *itertools.chain(*map(texts_of, message.blocks)))

    def _post(self, args: Args) -> dict[str, Any]:
        check_text(args)
        channel, ts = self._channel(args), self.new_ts()
        message = Posted(channel, ts, BOT_USER, self._root(channel, args, ts), args.get("text") or "", args.get("markdown_text") or "")
        message.blocks, message.metadata = args.get("blocks") or [], args.get("metadata")
        self._saw(self.keep(message))
        return {"channel": channel, "ts": ts, "message": message.as_json()}

    def _whisper(self, args: Args) -> dict[str, Any]:
        check_text(args)
        self.ephemeral.append((self._channel(args), args["user"], args["text"]))
        return {"message_ts": self.new_ts()}

    def _update(self, args: Args) -> dict[str, Any]:
        check_text(args)
        message = self._own(args)
        if self._streams(message):
            raise Refusal("streaming_state_conflict")
        message.text, message.markdown, message.blocks = args.get("text") or "", args.get("markdown_text") or "", args.get("blocks") or []
        message.metadata = args.get("metadata") or message.metadata
        message.versions += 1
        self._saw(message)
        self.announce(
            {"type": "message", "subtype": "message_changed", "channel": message.channel, "ts": self.new_ts(), "message": message.as_json()}
        )
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def _start(self, args: Args) -> dict[str, Any]:
        channel, text = self._channel(args), check_chunks(args)
        if self.channels[channel] != "im":
            for needed in ("recipient_team_id", "recipient_user_id"):
                if not args.get(needed):
                    raise Refusal(f"missing_{needed}")
        ts = self.new_ts()
        message = Posted(channel, ts, BOT_USER, self._root(channel, args, ts), markdown=text, streaming_since=time.monotonic())
        self._saw(self.keep(message))
        return {"channel": channel, "ts": ts}

    def _append(self, args: Args) -> dict[str, Any]:
        message, text = self._own(args), check_chunks(args)
        if not text:
            raise Refusal("no_text")
        self._must_stream(message)
        message.markdown += text
        message.versions += 1
        self._saw(message)
        return {"channel": message.channel, "ts": message.ts}

    def _stop(self, args: Args) -> dict[str, Any]:
        message, text = self._own(args), check_chunks(args)
        check_blocks(args.get("blocks") or [])
        check_metadata(args.get("metadata"))
        self._must_stream(message)
        message.markdown += text
        message.blocks, message.metadata = args.get("blocks") or [], args.get("metadata") or message.metadata
        message.streaming_since = None
        message.versions += 1
        self._saw(message)
        return {"channel": message.channel, "ts": message.ts, "message": message.as_json()}

    def _streams(self, message: Posted) -> bool:
        return message.streaming_since is not None and time.monotonic() - message.streaming_since < self.stream_life_s

    def _must_stream(self, message: Posted) -> None:
        if not self._streams(message):
            raise Refusal("message_not_in_streaming_state")

    def _replies(self, args: Args) -> dict[str, Any]:
        channel, ts = self._channel(args), str(args["ts"])
        if (channel, ts) not in self.messages:
            raise Refusal("thread_not_found")
        root, *replies = self.thread(channel, self.messages[channel, ts].thread_ts)
        later = [message for message in replies if float(message.ts) > float(args.get("oldest") or 0)]
        page = [root, *later[: int(args.get("limit") or 1000) - 1]]
        with_metadata = str(args.get("include_all_metadata")).lower() in ("1", "true")
        shown = [message.as_json() if with_metadata else {**message.as_json(), "metadata": None} for message in page]
        return {"messages": shown, "has_more": len(page) - 1 < len(later)}

    def _reactions(self, args: Args) -> dict[str, Any]:
        message = self.messages.get((self._channel(args), str(args["timestamp"])))
        if message is None:
            raise Refusal("message_not_found")
        return {"type": "message", "channel": message.channel, "message": message.as_json()}

    def _person(self, args: Args) -> dict[str, Any]:
        if args["user"] not in self.people:
            raise Refusal("user_not_found")
        with_locale = str(args.get("include_locale")).lower() in ("1", "true")
        locale = {"locale": self.people[args["user"]]} if with_locale else {}
        name = f"Person {args['user']}"
        return {
            "user": {"id": args["user"], "real_name": name, "profile": {"display_name": args["user"].lower(), "real_name": name}, **locale}
        }

    def _status(self, args: Args) -> dict[str, Any]:
        self._channel(args, "channel_id")
        self.statuses.append(args["status"])
        return {}
