"""Rows of `bench platforms` that hold on both platforms: the worse figure counts."""

import asyncio
import sys
from pathlib import Path

from tests.benchmarks import platforms_discord, platforms_load, platforms_slack
from tests.benchmarks.result import Result, at_most


async def exactly_once(workdir: Path) -> Result:
    """
    The worst of the questions unanswered, answered twice and votes lost, of 1,000 on each platform.

    None is expected. One of 1,000 may fall into the window that remains: a crash after a platform carried out a post and before we
    could know.
    """
    slack = await platforms_slack.exactly_once(await _folder(workdir, "slack"))
    discord = await platforms_discord.exactly_once(await _folder(workdir, "discord"))
    sys.stderr.write(f"Slack {slack}\nDiscord {discord}\n")
    return at_most("exactly_once", max(slack.worst, discord.worst), goal=1, unit="questions")


async def first_sign(workdir: Path) -> Result:
    """Seconds from a question to a status, typing or text, with an instant model: the worse platform's 95th percentile."""
    slack = await platforms_load.first_sign(await _folder(workdir, "slack"))
    discord = await platforms_discord.first_sign(await _folder(workdir, "discord"))
    sys.stderr.write(f"first sign: Slack {slack:.3f} s, Discord {discord:.3f} s\n")
    return at_most("first_sign", max(slack, discord), goal=0.5, unit="s")


async def _folder(workdir: Path, name: str) -> Path:
    folder = workdir / name
    await asyncio.to_thread(folder.mkdir)
    return folder
