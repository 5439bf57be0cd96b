"""From nothing to answers: `aprendiz init` in an empty folder, then `aprendiz serve` on both platforms."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from tests.adapters.cli.conftest import GUIDE, QUESTION, Aprendiz, process
from tests.adapters.cli.init_world import APP_TOKEN, BOT_TOKEN, TOKEN, World, typing, world
from tests.deploy.reading import DEPLOY
from tests.fakes.discord_server import CHANNEL, ME
from tests.fakes.slack_workspace import BOT_USER

ANSWERS: tuple[str, ...] = (
    *("en", "America/Sao_Paulo", "Acme", "both"),
    *("socket", BOT_TOKEN, APP_TOKEN, "n", "", "", ""),
    *(TOKEN, "n", "", "", ""),
    *("", "", "", "0"),
)


@contextmanager
def serving(home: Path) -> Iterator[Callable[[str], str]]:
    """Run `aprendiz serve` here, and give a function that waits for the line with a text in it and returns it."""
    lines: list[str] = []
    with subprocess.Popen(process(home, "serve"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:

        def until(text: str) -> str:
            deadline = time.monotonic() + 60
            while not (found := next((line for line in lines if text in line), "")):
                assert time.monotonic() < deadline, lines
                time.sleep(0.05)
            return found

        reader = Thread(target=lambda: lines.extend(server.stdout or ()), daemon=True)
        reader.start()
        try:
            yield until
            server.terminate()
            assert server.wait(30) == 0
        finally:
            server.kill()
            reader.join(10)


async def ask_on_slack(platforms: World) -> None:
    """Ask where the platforms run, and wait until the answer stands."""
    slack = platforms.slack
    asked = slack.say("U1", "C1", f"<@{BOT_USER}> {QUESTION}")
    await slack.until(lambda: "six months" in str([each.body for each in slack.workspace.answers("C1", asked.ts)]), seconds=60)


async def ask_on_both(platforms: World) -> None:
    """The same on both."""
    discord = platforms.discord
    await discord.say(f"<@{ME}> {QUESTION}")
    await ask_on_slack(platforms)
    await discord.until(lambda: "six months" in str(discord.answers(CHANNEL)), timeout_s=60)


def health(url: str) -> int:
    """Run the image's health check against *url* and return its exit code."""
    recipe = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    program = next(line for line in recipe.splitlines() if "/healthz" in line).split('"')[5]
    command = [sys.executable, "-c", program.replace("http://127.0.0.1:8642/", url)]
    return subprocess.run(command, timeout=30, check=False).returncode


def test_from_nothing_to_answers_on_both_platforms(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole walk of an operator: set up, add knowledge, look, serve; then somebody asks on each platform."""
    with world() as platforms:
        for name, value in platforms.environment.items():
            monkeypatch.setenv(name, value)
        set_up = typing(*ANSWERS)
        Path("guide.md").write_text(GUIDE)
        added = aprendiz("knowledge", "add", "guide.md", "--audience", "all")
        looked = aprendiz("doctor")
        with serving(home) as until:
            until("slack is connected.")
            until("discord is connected.")
            asyncio.run_coroutine_threadsafe(ask_on_both(platforms), platforms.loop).result(130)
            healthy = health(until("Playground").split()[-1])

    assert (set_up.code, added.code, looked.code, healthy) == (0, 0, 0, 0), set_up.err + added.err + looked.err


def test_slack_over_http_from_answers_alone(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment without a person and without a socket: Slack's signed requests come to the web server, and only those are taken."""
    with world() as platforms:
        slack = platforms.slack
        monkeypatch.setenv("APRENDIZ_SLACK__API_URL", platforms.environment["APRENDIZ_SLACK__API_URL"])
        Path("answers.toml").write_text(
            f'[slack]\nbot_token = "{BOT_TOKEN}"\nsigning_secret = "{slack.signing_secret}"\n'
            '[web]\nport = 0\npublic_url = "https://aprendiz.example"\n'
        )
        set_up = aprendiz("init", "--answers", "answers.toml")
        Path("guide.md").write_text(GUIDE)
        aprendiz("knowledge", "add", "guide.md", "--audience", "employees")
        with serving(home) as until:
            until("slack is connected.")
            slack.request_url = until("Playground").split()[-1] + "slack/events"
            asyncio.run_coroutine_threadsafe(ask_on_slack(platforms), platforms.loop).result(130)
            unsigned = httpx2.post(slack.request_url, json={"type": "url_verification", "challenge": "x"})

    assert set_up.code == 0, set_up.err
    assert "https%3A%2F%2Faprendiz.example%2Fslack%2Fevents" in set_up.out
    assert unsigned.status_code == 401
