"""A fake Slack's workspace: its people, channels and messages, and the Web API's methods upon them."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_agents import Agents
from tests.fakes.slack_blocks import elements_of, texts_of
from tests.fakes.slack_rules import Args, Refusal, check_blocks, check_chunks, check_metadata, check_text, pings_in
from tests.fakes.slack_views import Views

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
    edited: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    subtype: str = ""
    team: str = TEAM

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
        return next((element for _, element in elements_of(self.blocks) if element["type"] == "feedback_buttons"), None)

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        bot = {"bot_id": BOT_ID, "app_id": "A0APP"} if self.user == BOT_USER else {}
        told = {"metadata": self.metadata} if self.metadata else {}
        reactions = [{"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()]
        extra: dict[str, Any] = {"reactions": reactions} if reactions else {}
        extra |= {"edited": {"user": self.user, "ts": self.edited}} if self.edited else {}
        extra |= {"files": self.files} if self.files else {}
        extra |= {"subtype": self.subtype} if self.subtype else {}
        return {
            "type": "message", "user": self.user, "ts": self.ts, "text": self.text or self.markdown, "blocks": self.blocks,
            "thread_ts": self.thread_ts, "team": self.team, **bot, **told, **extra,
        }  # fmt: skip


@dataclass
class Whisper:
    """A message that one person sees until it is deleted or they reload."""

    channel: str
    user: str
    ts: str
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""

    @property
    def shown(self) -> str:
        """What the person reads."""
        return "\n".join(itertools.chain(*map(texts_of, self.blocks))) or self.text


class Workspace:
    """
    One team. `announce` is told each event; `stream_life_s` is how long a stream lives.

    `people` are locales by person, `names` the names of those who chose one themselves, `groups` the members of user groups; `troubles`
    maps a channel to the error that calls there give; `whispers` are the ephemeral messages still to be seen.
    """

    def __init__(self, announce: Callable[[dict[str, Any]], None], *, team: str = TEAM, stream_life_s: float = 300.0) -> None:
        self.announce = announce
        self.team = team
        self.stream_life_s = stream_life_s
        self.channels = {"C1": "channel", "C2": "channel", "D1": "im", "D2": "im", "D3": "im"}
        self.direct = {"U1": "D1", "U2": "D2", "U3": "D3"}
        self.people = {"U1": "en-US", "U2": "pt-BR", "U3": "en-GB"}
        self.names: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.troubles: dict[str, str] = {}
        self.messages: dict[tuple[str, str], Posted] = {}
        self.whispers: list[Whisper] = []
        self.whispered: list[tuple[str, str, str]] = []
        self.pings: list[str] = []
        self.views = Views(self)
        self.agents = Agents(self)
        self._microseconds = itertools.count(int(time.time() * 1_000_000))
        self.methods: dict[str, Callable[[Args], dict[str, Any]]] = {
            "auth.test": lambda args: {"team_id": self.team, "user_id": BOT_USER, "bot_id": BOT_ID, "url": "https://acme.slack.com/"},
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
            "conversations.replies": self._replies,
            "reactions.get": self._reactions,
            "users.info": self._person,
            "usergroups.users.list": self._group,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "conversations.open": self._open,
            "conversations.info": self._info,
            **self.views.methods,
            **self.agents.methods,
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

    @property
    def statuses(self) -> list[str]:
        """Every status that was shown beneath a thread."""
        return [status.text for status in self.agents.statuses]

    @property
    def ephemeral(self) -> list[tuple[str, str, str]]:
        """Channel, person and text of every ephemeral message that ever was."""
        return self.whispered

    def seen_by(self, user: str) -> list[Whisper]:
        """Return the ephemeral messages that a person sees now, oldest first."""
        return [whisper for whisper in self.whispers if whisper.user == user]

    def keep(self, message: Posted) -> Posted:
        """Add a message and announce it."""
        message.team = self.team
        self.messages[message.channel, message.ts] = message
        self.announce({**message.as_json(), "channel": message.channel, "channel_type": self.channels[message.channel]})
        return message

    def whisper(self, channel: str, user: str, args: Args) -> Whisper:
        """Show a message to one person; its text and blocks are checked. Raises `Refusal`."""
        check_text(args)
        blocks = self.with_ids(args.get("blocks") or [])
        shown = Whisper(channel, user, self.new_ts(), args.get("text") or "", blocks, args.get("thread_ts") or "")
        self.whispers.append(shown)
        self.whispered.append((channel, user, shown.text or shown.shown))
        return shown

    @staticmethod
    def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return *blocks* with the ids that Slack gives where the app gave none."""
        return [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]

    def remove(self, message: Posted) -> None:
        """
        Delete a message and announce it.

        The first message of a thread with replies leaves a tombstone, which is announced as a change
        (https://github.com/42wim/matterbridge/issues/600); any other is announced as deleted.
        """
        before, now = message.as_json(), self.new_ts()
        kind = self.channels[message.channel]
        event = {"type": "message", "hidden": True, "channel": message.channel, "channel_type": kind, "ts": now, "event_ts": now}
        if message.ts == message.thread_ts and len(self.thread(message.channel, message.ts)) > 1:
            message.user, message.text, message.markdown, message.blocks = "USLACKBOT", "This message was deleted.", "", []
            message.subtype, message.files, message.reactions = "tombstone", [], {}
            changed = {**message.as_json(), "hidden": True}
            self.announce({**event, "subtype": "message_changed", "message": changed, "previous_message": before})
            return
        del self.messages[message.channel, message.ts]
        self.announce({**event, "subtype": "message_deleted", "deleted_ts": message.ts, "previous_message": before})

    def channel(self, args: Args, name: str = "channel") -> str:
        """Return the channel that a call names. Raises `Refusal` where it is unknown, archived or not ours."""
        channel = str(args[name])
        if channel in self.people:
            channel = self.direct[channel]
        if channel not in self.channels or channel in self.troubles:
            raise Refusal(self.troubles.get(channel, "channel_not_found"))
        return channel

    def _root(self, channel: str, args: Args, ts: str) -> str:
        root = args.get("thread_ts")
        if root and (channel, root) not in self.messages:
            raise Refusal("thread_not_found")
        return root or ts

    def _own(self, args: Args, refusal: str = "cant_update_message") -> Posted:
        message = self.messages.get((self.channel(args), str(args["ts"])))
        if message is None:
            raise Refusal("message_not_found")
        if message.user != BOT_USER:
            raise Refusal(refusal)
        return message

    def _saw(self, message: Posted) -> None:
        self.pings += pings_in(message.text, message.markdown, *itertools.chain(*map(texts_of, message.blocks)))

    def _post(self, args: Args) -> dict[str, Any]:
        check_text(args)
        channel, ts = self.channel(args), self.new_ts()
        message = Posted(channel, ts, BOT_USER, self._root(channel, args, ts), args.get("text") or "", args.get("markdown_text") or "")
        message.blocks, message.metadata = args.get("blocks") or [], args.get("metadata")
        self._saw(self.keep(message))
        return {"channel": channel, "ts": ts, "message": message.as_json()}

    def _whisper(self, args: Args) -> dict[str, Any]:
        channel = self.channel(args)
        if args["user"] not in self.people:
            raise Refusal("user_not_in_channel")
        if not args.get("text") and not args.get("blocks"):
            raise Refusal("no_text")
        return {"message_ts": self.whisper(channel, args["user"], args).ts}

    def _update(self, args: Args) -> dict[str, Any]:
        check_text(args)
        message = self._own(args)
        if self._streams(message):
            raise Refusal("streaming_state_conflict")
        message.text, message.markdown, message.blocks = args.get("text") or "", args.get("markdown_text") or "", args.get("blocks") or []
        message.metadata = args.get("metadata") or message.metadata
        message.versions += 1
        self._saw(message)
        self.announce_change(message)
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def announce_change(self, message: Posted, before: dict[str, Any] | None = None) -> None:
        """Tell that a message's text, blocks or link previews changed."""
        now, told = self.new_ts(), {"previous_message": before} if before else {}
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": message.channel, "ts": now, "event_ts": now}
        self.announce({**event, "channel_type": self.channels[message.channel], "message": message.as_json(), **told})

    def _delete(self, args: Args) -> dict[str, Any]:
        message = self._own(args, "cant_delete_message")
        self.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def _permalink(self, args: Args) -> dict[str, Any]:
        channel, ts = self.channel(args), str(args["message_ts"])
        if (channel, ts) not in self.messages:
            raise Refusal("message_not_found")
        return {"channel": channel, "permalink": f"https://acme.slack.com/archives/{channel}/p{ts.replace('.', '')}"}

    def _open(self, args: Args) -> dict[str, Any]:
        users = str(args["users"]).split(",")
        if unknown := [user for user in users if user not in self.people]:
            raise Refusal("user_not_found", errors=[{"user": user, "ok": False, "error": "user_not_found"} for user in unknown])
        if len(users) > 1:
            raise Refusal("method_not_supported_for_channel_type")
        return {"channel": {"id": self.direct[users[0]]}}

    def _info(self, args: Args) -> dict[str, Any]:
        channel = self.channel(args)
        if self.channels[channel] != "channel":
            raise Refusal("missing_scope", needed="groups:read")
        return {"channel": {"id": channel, "is_channel": True, "is_im": False, "is_mpim": False, "is_private": False}}

    def _group(self, args: Args) -> dict[str, Any]:
        if args["usergroup"] not in self.groups:
            raise Refusal("no_such_subteam")
        return {"users": self.groups[args["usergroup"]]}

    def _start(self, args: Args) -> dict[str, Any]:
        channel, text = self.channel(args), check_chunks(args)
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
        if args.get("session_status"):
            self.agents.set_state(message.channel, message.thread_ts, args["session_status"])
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
        channel, ts = self.channel(args), str(args["ts"])
        if (channel, ts) not in self.messages:
            raise Refusal("thread_not_found")
        root, *replies = self.thread(channel, self.messages[channel, ts].thread_ts)
        later = [message for message in replies if float(message.ts) > float(args.get("oldest") or 0)]
        page = [root, *later[: int(args.get("limit") or 1000) - 1]]
        with_metadata = str(args.get("include_all_metadata")).lower() in ("1", "true")
        shown = [message.as_json() if with_metadata else {**message.as_json(), "metadata": None} for message in page]
        return {"messages": shown, "has_more": len(page) - 1 < len(later)}

    def _reactions(self, args: Args) -> dict[str, Any]:
        message = self.messages.get((self.channel(args), str(args["timestamp"])))
        if message is None:
            raise Refusal("message_not_found")
        return {"type": "message", "channel": message.channel, "message": message.as_json()}

    def _person(self, args: Args) -> dict[str, Any]:
        if args["user"] not in self.people:
            raise Refusal("user_not_found")
        with_locale = str(args.get("include_locale")).lower() in ("1", "true")
        locale = {"locale": self.people[args["user"]]} if with_locale else {}
        name = self.names.get(args["user"], f"Person {args['user']}")
        profile = {"display_name": self.names.get(args["user"], args["user"].lower()), "real_name": name}
        return {"user": {"id": args["user"], "team_id": self.team, "real_name": name, "profile": profile, **locale}}
