"""A fake Slack's agent view: status beneath threads, suggested prompts, sessions with their stop button."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.slack_rules import Args, Refusal

if TYPE_CHECKING:
    from tests.fakes.slack_workspace import Workspace

_LOADING_MESSAGES = 10  # https://docs.slack.dev/reference/methods/assistant.threads.setStatus
_PROMPTS = 4  # https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
_TITLE_CHARACTERS = 200  # https://docs.slack.dev/reference/methods/agents.sessions.setStatus
_SESSION_STATES = ("active", "processing", "suspended", "closed")


@dataclass(frozen=True)
class Status:
    """A status beneath a thread; an empty text takes it away."""

    channel: str
    thread_ts: str
    text: str
    loading_messages: tuple[str, ...] = ()


@dataclass
class Session:
    """An agent session, which lives in a thread; `states` are those that it went through."""

    title: str = ""
    states: list[str] = field(default_factory=list)


class Agents:
    """
    What an app declared as an agent may do in a workspace.

    `declared` False: the app is no agent, and sessions are refused. `prompts` are the suggested prompts (title, message) by channel.
    """

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace
        self.declared = True
        self.statuses: list[Status] = []
        self.prompts: dict[str, list[tuple[str, str]]] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.methods: dict[str, Callable[[Args], dict[str, Any]]] = {
            "assistant.threads.setStatus": self._set_status,
            "assistant.threads.setSuggestedPrompts": self._set_prompts,
            "agents.sessions.setStatus": self._set_state,
            "agents.sessions.rename": self._rename,
        }

    def status(self, channel: str, thread_ts: str) -> str:
        """Return what stands beneath a thread now, empty where nothing does."""
        return next((each.text for each in reversed(self.statuses) if (each.channel, each.thread_ts) == (channel, thread_ts)), "")

    def set_state(self, channel: str, thread_ts: str, state: Any) -> None:
        """Move a session on, as `agents.sessions.setStatus` and `chat.stopStream` do. Raises `Refusal`."""
        if state not in _SESSION_STATES:
            raise Refusal("invalid_status")
        self.sessions.setdefault((channel, thread_ts), Session()).states.append(state)

    def _set_status(self, args: Args) -> dict[str, Any]:
        channel, thread_ts = self._thread(args)
        texts = args.get("loading_messages") or []
        if not isinstance(texts, list) or len(texts) > _LOADING_MESSAGES or not all(isinstance(text, str) and text for text in texts):
            raise Refusal("invalid_arguments")
        self.statuses.append(Status(channel, thread_ts, str(args["status"]), tuple(texts)))
        return {}

    def _set_prompts(self, args: Args) -> dict[str, Any]:
        channel, prompts = self._workspace.channel(args, "channel_id"), args["prompts"]
        right = isinstance(prompts, list) and 0 < len(prompts) <= _PROMPTS
        if not right or not all(isinstance(each, dict) and each.get("title") and each.get("message") for each in prompts):
            raise Refusal("invalid_arguments")
        if not args.get("thread_ts"):  # for an agent the call with a thread does nothing and says nothing
            self.prompts[channel] = [(each["title"], each["message"]) for each in prompts]
        return {}

    def _set_state(self, args: Args) -> dict[str, Any]:
        if not self.declared:
            raise Refusal("app_not_agent")
        if len(str(args.get("title") or "")) > _TITLE_CHARACTERS or not args.get("channel_id") or not args.get("thread_ts"):
            raise Refusal("invalid_arguments")
        key = self._thread(args)
        self.set_state(*key, args["status"])
        session = self.sessions[key]
        session.title = session.title or str(args.get("title") or "")
        return {"status": args["status"], "title": session.title}

    def _rename(self, args: Args) -> dict[str, Any]:
        if len(str(args["title"])) > _TITLE_CHARACTERS:
            raise Refusal("invalid_arguments")
        session = self.sessions.get(self._thread(args))
        if session is None:
            raise Refusal("session_not_found")
        session.title = str(args["title"])
        return {"title": session.title}

    def _thread(self, args: Args) -> tuple[str, str]:
        channel, thread_ts = self._workspace.channel(args, "channel_id"), str(args.get("thread_ts") or "")
        if (channel, thread_ts) not in self._workspace.messages:
            raise Refusal("invalid_thread_ts")
        return channel, thread_ts
