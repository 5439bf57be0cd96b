"""The Slack adapter with real Bolt against a fake Slack: every question answered once in its place, every vote kept."""

import asyncio

from tests.adapters.slack.stage import MENTION, Stage
from tests.fakes.slack_server import FakeSlack


async def test_a_mention_is_answered_once_in_its_thread() -> None:
    """The main path: a mention arrives as two events and gets one answer, with its source and rating buttons."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When do I change the filter?")
            await stage.finished("C1", asked.ts)
            await asyncio.sleep(0.2)

        answers = slack.workspace.answers("C1", asked.ts)
        assert [answer.body for answer in answers] == ["Every six months."]
        assert "https://example.com/filters.md" in answers[0].shown
        assert len(stage.backend.requests) == 1
        assert not slack.refused
