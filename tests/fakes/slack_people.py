"""What people do in a fake Slack: write, edit, delete, react, click, command, fill in modals, open the app's home."""

import json
import time
from typing import Any, Literal

from tests.fakes.slack_blocks import elements_of
from tests.fakes.slack_delivery import Ack, Delivery, Disorder
from tests.fakes.slack_responses import Responses
from tests.fakes.slack_rules import Refusal
from tests.fakes.slack_views import View, entered
from tests.fakes.slack_workspace import BOT_USER, TEAM, Posted, Whisper, Workspace

Message = Posted | Whisper


class People(Delivery):
    """
    People in one or more workspaces, found by the ids of channels and persons, which no two workspaces share.

    Everything that waits for an acknowledgement returns it, None where it did not come in time.
    """

    def __init__(self, *, ack_timeout_s: float, retry_after_s: tuple[float, ...], disorder: Disorder) -> None:
        super().__init__(ack_timeout_s=ack_timeout_s, retry_after_s=retry_after_s, disorder=disorder)
        self.workspace = Workspace(self._announce)
        self.workspaces = {TEAM: self.workspace}
        self.responses = Responses(lambda: self.address)
        self.files: dict[str, tuple[bytes, str]] = {}

    @property
    def address(self) -> str:
        """Where Slack is, without a slash at the end."""
        raise NotImplementedError

    def at(self, where: str) -> Workspace:
        """Return the workspace of a channel or person."""
        return next(each for each in self.workspaces.values() if where in each.channels or where in each.people)

    # Messages.

    def say(self, user: str, channel: str, text: str, thread_ts: str = "", **extra: Any) -> Posted:
        """Let a person write; a mention is announced twice, as Slack does."""
        workspace = self.at(channel)
        ts = workspace.new_ts()
        message = Posted(channel, ts, user, thread_ts or ts, text, team=workspace.team, files=extra.get("files", []))
        workspace.messages[channel, ts] = message
        root, team = {"thread_ts": thread_ts} if thread_ts else {}, workspace.team
        event = {"type": "message", "user": user, "text": text, "ts": ts, "channel": channel, "team": team, "event_ts": ts, **root, **extra}
        self._announce({**event, "channel_type": workspace.channels[channel]}, team)
        if f"<@{BOT_USER}>" in text and workspace.channels[channel] != "im":
            self._announce({**event, "type": "app_mention"}, team)
        return message

    def upload(
        self,
        user: str,
        channel: str,
        text: str,
        name: str,
        content: bytes,
        *,
        mimetype: str = "text/plain",
        thread_ts: str = "",
        url: str = "",
    ) -> Posted:
        """Let a person write with a file beside it, kept by Slack unless *url* says where else."""
        file_id = f"F{next(self._ids):08d}"
        self.files[file_id] = content, mimetype
        private = url or f"{self.address}/files-pri/{file_id}/download/{name}"
        file = {
            "id": file_id, "name": name, "title": name, "mimetype": mimetype, "size": len(content), "mode": "hosted", "is_external": False,
            "url_private": private, "url_private_download": private,
        }  # fmt: skip
        return self.say(user, channel, text, thread_ts, subtype="file_share", files=[file])

    def edit(self, message: Posted, text: str) -> None:
        """Let the author change a message."""
        before = message.as_json()
        message.text, message.edited = text, self.at(message.channel).new_ts()
        self.at(message.channel).announce_change(message, before)

    def unfurl(self, message: Posted) -> None:
        """Let Slack add a link's preview, which is announced as a change and leaves the words as they are."""
        self.at(message.channel).announce_change(message, message.as_json())

    def delete(self, message: Posted) -> None:
        """Let someone delete a message."""
        self.at(message.channel).remove(message)

    def react(self, user: str, message: Posted, name: str) -> None:
        """Let a person put a reaction on a message."""
        message.reactions.setdefault(name, []).append(user)
        self._announce(_reaction("reaction_added", user, message, name), self.at(message.channel).team)

    def unreact(self, user: str, message: Posted, name: str) -> None:
        """Let a person take a reaction away."""
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._announce(_reaction("reaction_removed", user, message, name), self.at(message.channel).team)

    # Interactions.

    async def click(self, user: str, message: Posted, button: Literal["positive_button", "negative_button"]) -> Ack | None:
        """Let a person click a feedback button."""
        element = message.buttons
        assert element is not None, "the message has no buttons"
        action = {"type": "feedback_buttons", "action_id": element["action_id"], "value": element[button]["value"]}
        return await self._act(user, message, action)

    async def press(self, user: str, shown: Message | View, action_id: str, value: str = "") -> Ack | None:
        """Let a person press a button, or choose an option, of a message, modal or home; *value* tells it from others of that action."""
        blocks = shown.content["blocks"] if isinstance(shown, View) else shown.blocks
        for block, element in elements_of(blocks):
            if element["action_id"] != action_id:
                continue
            action = {"type": element["type"], "action_id": action_id, "block_id": block.get("block_id", "b0")}
            if element["type"] == "button" and value in ("", element.get("value", "")):
                return await self._act(user, shown, {**action, "text": element["text"], "value": element.get("value", "")})
            chosen = [option for option in element.get("options", ()) if option["value"] == value]
            if chosen:
                return await self._act(user, shown, {**action, "selected_option": chosen[0]})
        raise ValueError(f"there is nothing called {action_id} with the value {value!r} to press")

    async def command(self, user: str, channel: str, name: str, text: str = "") -> Ack | None:
        """Let a person give a slash command; what the acknowledgement says is shown to them."""
        workspace = self.at(channel)
        payload = {
            "token": "t", "team_id": workspace.team, "team_domain": "acme", "channel_id": channel, "channel_name": "general",
            "user_id": user, "user_name": user.lower(), "command": name, "text": text, "api_app_id": "A0APP",
            "is_enterprise_install": "false", "response_url": self.responses.new(workspace, user, channel),
            "trigger_id": workspace.views.new_trigger(user),
        }  # fmt: skip
        ack = await self.interact("slash_commands", payload)
        if ack and ack.payload:
            self.responses.show(workspace, user, channel, ack.payload)
        return ack

    async def shortcut(self, user: str, message: Posted, callback_id: str) -> Ack | None:
        """Let a person choose a message shortcut."""
        workspace = self.at(message.channel)
        return await self.interact(
            "interactive",
            {
                **self._who(user, workspace), "type": "message_action", "callback_id": callback_id, "action_ts": workspace.new_ts(),
                "trigger_id": workspace.views.new_trigger(user), "channel": {"id": message.channel, "name": "general"},
                "message_ts": message.ts, "message": message.as_json(),
                "response_url": self.responses.new(workspace, user, message.channel, message),
            },
        )  # fmt: skip

    async def submit(self, user: str, view: View, **values: str) -> Ack | None:
        """
        Let a person send a modal, filled in by action id; the acknowledgement closes it, or says otherwise.

        Raises:
            ValueError: Slack's client would not have let them.
        """
        workspace = self.at(user)
        state = entered(view, values)
        payload = {
            **self._who(user, workspace), "type": "view_submission", "trigger_id": workspace.views.new_trigger(user),
            "view": view.as_json(workspace.team, state), "response_urls": [],
        }  # fmt: skip
        ack = await self.interact("interactive", payload)
        if ack:
            _respond(workspace, view, ack.payload)
        return ack

    async def dismiss(self, user: str, view: View) -> Ack | None:
        """Let a person close a modal; the app is told where it asked to be."""
        workspace = self.at(user)
        workspace.views.open.pop(view.view_id, None)
        if not view.content.get("notify_on_close"):
            return Ack()
        seen = {"view": view.as_json(workspace.team), "is_cleared": False}
        return await self.interact("interactive", {**self._who(user, workspace), "type": "view_closed", **seen})

    def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> None:
        """Let a person open the app."""
        workspace = self.at(user)
        home = workspace.views.homes.get(user)
        view = {"view": home.as_json(workspace.team)} if home and tab == "home" else {}
        event = {"type": "app_home_opened", "user": user, "channel": workspace.direct[user], "tab": tab, **view}
        self._announce({**event, "event_ts": workspace.new_ts()}, workspace.team)

    def stop_session(self, user: str, channel: str, thread_ts: str) -> None:
        """Let a person press an agent's stop button: Slack ends the streams of the thread and tells the app."""
        workspace = self.at(channel)
        streaming = [message for message in workspace.answers(channel, thread_ts) if message.streaming_since is not None]
        for message in streaming:
            message.streaming_since = None
        stamps = {"thread_ts": thread_ts, "streaming_message_ts": [message.ts for message in streaming], "event_ts": workspace.new_ts()}
        self._announce({"type": "agent_session_stopped", "user": user, "channel": channel, **stamps}, workspace.team)

    def _who(self, user: str, workspace: Workspace) -> dict[str, Any]:
        return {
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": workspace.team}, "api_app_id": "A0APP",
            "token": "t", "team": {"id": workspace.team, "domain": "acme"}, "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    async def _act(self, user: str, shown: Message | View, action: dict[str, Any]) -> Ack | None:
        workspace = self.at(user)
        where = self._where(user, shown, workspace)
        action = {"block_id": "b1", **action, "action_ts": workspace.new_ts()}
        trigger = {"trigger_id": workspace.views.new_trigger(user)}
        return await self.interact(
            "interactive", {**self._who(user, workspace), "type": "block_actions", **trigger, **where, "actions": [action]}
        )

    def _where(self, user: str, shown: Message | View, workspace: Workspace) -> dict[str, Any]:
        if isinstance(shown, View):
            return {"container": {"type": "view", "view_id": shown.view_id}, "view": shown.as_json(workspace.team)}
        thread = {"thread_ts": shown.thread_ts} if shown.thread_ts else {}
        private = isinstance(shown, Whisper)
        message = {} if isinstance(shown, Whisper) else {"message": shown.as_json()}
        container = {"type": "message", "message_ts": shown.ts, "channel_id": shown.channel, "is_ephemeral": private, **thread}
        url = self.responses.new(workspace, user, shown.channel, shown)
        return {"container": container, "channel": {"id": shown.channel, "name": "general"}, "response_url": url, **message}


def _respond(workspace: Workspace, view: View, payload: Any) -> None:
    """Do what the acknowledgement of a submission says. Raises `Refusal` where Slack would show an error."""
    match payload:
        case None | {"response_action": "clear"}:
            workspace.views.open.pop(view.view_id, None)
        case {"response_action": "errors", "errors": dict(errors)}:
            inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
            if not errors or not set(errors) <= inputs:
                raise Refusal("invalid_errors", given=json.dumps(errors))
        case {"response_action": "update", "view": content}:
            workspace.views.replace(view, content)
        case {"response_action": "push", "view": content}:
            workspace.views.push(view.user, content)
        case _:
            raise Refusal("invalid_response_action")


def _reaction(kind: str, user: str, message: Posted, name: str) -> dict[str, Any]:
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    return {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user, "event_ts": f"{time.time():.6f}"}
