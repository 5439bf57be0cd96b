"""A fake Slack's modals and home tabs, and the triggers that open modals."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack_blocks import elements_of, problem_of_view, texts_of
from tests.fakes.slack_rules import Args, Refusal

if TYPE_CHECKING:
    from tests.fakes.slack_workspace import Workspace

TRIGGER_S = 3.0  # https://docs.slack.dev/interactivity/handling-user-interaction: a trigger_id is good for 3 seconds and one use


@dataclass
class View:
    """A modal or a home tab as a person has it before them."""

    view_id: str
    user: str
    content: dict[str, Any]
    hash: str = "1.a"

    @property
    def shown(self) -> str:
        """What the person reads, buttons left out."""
        title = (self.content.get("title") or {}).get("text") or ""
        return "\n".join([*([title] if title else []), *itertools.chain(*map(texts_of, self.content["blocks"]))])

    def as_json(self, team: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
        """As payloads carry it; *values* is what the person entered, by block and action."""
        given = {"callback_id": "", "private_metadata": "", "external_id": "", "notify_on_close": False, **self.content}
        return {**given, "id": self.view_id, "team_id": team, "hash": self.hash, "state": {"values": values or {}}}


class Views:
    """
    The views of a workspace: `open` modals by id, `homes` by person.

    `trigger_life_s` is how long a trigger is good for.
    """

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace
        self.trigger_life_s = TRIGGER_S
        self.open: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self._triggers: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()
        self._ids = itertools.count(1)
        self.methods: dict[str, Callable[[Args], dict[str, Any]]] = {
            "views.open": self._open,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def new_trigger(self, user: str) -> str:
        """Return a trigger for what *user* has just done."""
        trigger = f"{next(self._ids)}.2.{user.lower()}"
        self._triggers[trigger] = user, time.monotonic()
        return trigger

    def modal_of(self, user: str) -> View:
        """Return the modal before *user*, the topmost where there are several."""
        return [view for view in self.open.values() if view.user == user][-1]

    def replace(self, view: View, content: Any) -> None:
        """Give a view other content. Raises `Refusal`."""
        _check(content)
        view.content = {**content, "blocks": self._workspace.with_ids(content["blocks"])}
        view.hash = f"{next(self._ids)}.a"

    def push(self, user: str, content: Any) -> View:
        """Put a modal before a person. Raises `Refusal`."""
        _check(content)
        if content["type"] != "modal":
            raise Refusal("invalid_arguments")
        view = View(f"V{next(self._ids)}", user, {**content, "blocks": self._workspace.with_ids(content["blocks"])})
        self.open[view.view_id] = view
        return view

    def _open(self, args: Args) -> dict[str, Any]:
        trigger = str(args["trigger_id"])
        user, given_at = self._triggers.get(trigger, ("", 0.0))
        if not user:
            raise Refusal("invalid_trigger_id")
        if time.monotonic() - given_at > self.trigger_life_s:
            raise Refusal("expired_trigger_id")
        if trigger in self._used:
            raise Refusal("exchanged_trigger_id")
        view = self.push(user, args["view"])
        self._used.add(trigger)
        return {"view": view.as_json(self._workspace.team)}

    def _update(self, args: Args) -> dict[str, Any]:
        view = self.open.get(str(args.get("view_id") or ""))
        if view is None:
            raise Refusal("not_found")
        if args.get("hash") and args["hash"] != view.hash:
            raise Refusal("hash_conflict")
        self.replace(view, args["view"])
        return {"view": view.as_json(self._workspace.team)}

    def _publish(self, args: Args) -> dict[str, Any]:
        user = str(args["user_id"])
        if user not in self._workspace.people:
            raise Refusal("user_not_found")
        _check(args["view"])
        if args["view"]["type"] != "home":
            raise Refusal("invalid_arguments")
        view = self.homes.setdefault(user, View(f"V{next(self._ids)}", user, {}))
        if args.get("hash") and args["hash"] != view.hash:
            raise Refusal("hash_conflict")
        self.replace(view, args["view"])
        return {"view": view.as_json(self._workspace.team)}


def _check(view: Any) -> None:
    if problem := problem_of_view(view):
        raise Refusal(problem)


def entered(view: View, values: dict[str, str]) -> dict[str, Any]:
    """
    Return a view's state after a person filled in *values*: what they typed or chose, by action id.

    Raises:
        ValueError: Slack's own client would not have let them: an option that is not there, a required field left empty, too long a text.
    """
    state: dict[str, Any] = {}
    for block, element in elements_of(view.content["blocks"]):
        if block["type"] != "input":
            continue
        value = values.get(element["action_id"], "")
        if not value and not block.get("optional"):
            raise ValueError(f"{element['action_id']} must be filled in")
        state[block["block_id"]] = {element["action_id"]: _entry(element, value)}
    return state


def _entry(element: dict[str, Any], value: str) -> dict[str, Any]:
    if element["type"] == "plain_text_input":
        if len(value) > element.get("max_length", 3_000):
            raise ValueError(f"{element['action_id']} holds no {len(value)} characters")
        return {"type": "plain_text_input", "value": value or None}
    chosen = [option for option in element["options"] if option["value"] == value]
    if value and not chosen:
        raise ValueError(f"{element['action_id']} has no option {value}")
    return {"type": element["type"], "selected_option": chosen[0] if chosen else None}
