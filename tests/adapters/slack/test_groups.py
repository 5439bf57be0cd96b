"""User groups: asked for where a list names them, and not again for five minutes."""

import asyncio

import pytest

from adapters.slack import groups as module
from adapters.slack.faults import SlackSilent
from adapters.slack.groups import Groups
from bot.chat_settings import Access


class Members:
    """Groups that count how often they are asked for; silent where `silent`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    async def __call__(self, group: str) -> list[str]:
        self.asked.append(group)
        if self.silent:
            raise SlackSilent("503")
        return {"S1": ["U1", "U2"], "S2": ["U2"]}[group]


async def test_without_lists_nobody_is_asked() -> None:
    """usergroups.users.list is limited, and its scope need not be granted."""
    members = Members()

    assert await Groups(Access(), members).of("U1") == frozenset()
    assert members.asked == []


async def test_named_groups_are_asked_for_once_in_five_minutes() -> None:
    """A person taken out of a group is out of it soon; a question does not wait for a call each time."""
    members, now = Members(), [0.0]
    groups = Groups(Access(allow_groups=("S1",), block_groups=("S2", "S1")), members, clock=lambda: now[0])

    assert await groups.of("U1") == {"S1"}
    assert await groups.of("U2") == {"S1", "S2"}
    assert members.asked == ["S1", "S2"]
    now[0] = 301
    await groups.of("U1")
    assert members.asked == ["S1", "S2"] * 2


async def test_silence_leaves_what_was_known(caplog: pytest.LogCaptureFixture) -> None:
    """An acknowledgement is due: who was in a group is taken to be in it still, others are taken to be in none."""
    members, now = Members(), [0.0]
    groups = Groups(Access(allow_groups=("S1",)), members, clock=lambda: now[0])
    await groups.of("U1")
    members.silent, now[0] = True, 301

    assert await groups.of("U1") == {"S1"}
    assert await groups.of("U9") == frozenset()
    assert "user groups not read" in caplog.text


async def test_a_slow_slack_does_not_hold_up_the_acknowledgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds are all there is."""
    monkeypatch.setattr(module, "_TIMEOUT_S", 0.02)

    async def slow(group: str) -> list[str]:
        await asyncio.sleep(5)
        return [group]

    assert await Groups(Access(allow_groups=("S1",)), slow).of("U1") == frozenset()
