"""A fake Slack's response_urls: five uses within 30 minutes, to answer where a person did something."""

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack_rules import Refusal
from tests.fakes.slack_workspace import BOT_USER, Posted, Whisper, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

USES = 5  # https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
LIFE_S = 1_800.0


@dataclass
class _Url:
    workspace: Workspace
    user: str
    channel: str
    original: Posted | Whisper | None
    given_at: float
    uses: int = 0


class Responses:
    """The addresses that were given out; `posted` is everything that came to them."""

    def __init__(self, address: "Callable[[], str]") -> None:
        self._address = address
        self._urls: dict[str, _Url] = {}
        self._ids = itertools.count(1)
        self.life_s = LIFE_S
        self.posted: list[dict[str, Any]] = []

    def new(self, workspace: Workspace, user: str, channel: str, original: Posted | Whisper | None = None) -> str:
        """Return an address for what *user* did in *channel*, with the message it was done to."""
        name = f"{workspace.team}-{next(self._ids)}"
        self._urls[name] = _Url(workspace, user, channel, original, time.monotonic())
        return f"{self._address()}/actions/{name}"

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer a request to one of the addresses."""
        url = self._urls.get(request.match_info["name"])
        if url is None or time.monotonic() - url.given_at > self.life_s:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if url.uses >= USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        url.uses += 1
        given = await request.json()
        try:
            self.show(url.workspace, url.user, url.channel, given, url.original)
        except Refusal as refusal:
            return web.json_response({"ok": False, "error": refusal.code}, status=400)
        self.posted.append(given)
        return web.Response(text="ok")

    def show(self, workspace: Workspace, user: str, channel: str, given: Any, original: Posted | Whisper | None = None) -> None:
        """
        Do what a message to a response_url, or in a command's acknowledgement, says.

        Raises:
            Refusal: Slack would not take it.
        """
        if not isinstance(given, dict):
            raise Refusal("invalid_payload")
        if given.get("delete_original"):
            _delete(workspace, original)
        elif given.get("replace_original") and original is not None:
            _replace(workspace, original, given)
        elif given.get("response_type") == "in_channel":
            ts = workspace.new_ts()
            root = given.get("thread_ts") or ts
            posted = Posted(channel, ts, BOT_USER, root, given.get("text") or "", blocks=workspace.with_ids(given.get("blocks") or []))
            workspace.keep(posted)
        else:
            workspace.whisper(channel, user, given)


def _delete(workspace: Workspace, original: Posted | Whisper | None) -> None:
    if isinstance(original, Posted):
        workspace.remove(original)
    elif original in workspace.whispers:
        workspace.whispers.remove(original)


def _replace(workspace: Workspace, original: Posted | Whisper, given: dict[str, Any]) -> None:
    shown = workspace.whisper(original.channel, BOT_USER, given)  # checked as any message
    workspace.whispers.remove(shown)
    workspace.whispered.pop()
    original.text, original.blocks = shown.text, shown.blocks
    if isinstance(original, Posted):
        workspace.announce_change(original)
