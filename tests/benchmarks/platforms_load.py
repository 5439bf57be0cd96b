"""Slack under load, with the documented limits on: acknowledgements, answers delivered, and the first sign that anything happens."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import slack_child
from tests.benchmarks.result import Result
from tests.benchmarks.slack_crowd import Asked, Crowd, is_whole
from tests.fakes.slack_server import FakeSlack

RATE = 50.0
SECONDS = 60.0
WORKSPACES = 12
PEOPLE = 30
FIRST_SIGNS = 200
_LATE_S = 3.0
_ALL_ANSWERED_WITHIN_S = 600.0
_FIRST_SIGN_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Load:
    """
    What a load brought: seconds from each delivery to its acknowledgement, deliveries that got none within 3 s, seconds to each answer.

    `asked` counts questions; `delays_s` holds those whose whole answer came, with its buttons; `twice` those with more than one.
    """

    acks_s: list[float]
    unacknowledged: int
    delays_s: list[float]
    asked: int
    twice: int


async def ack_p99(workdir: Path) -> Result:
    """The 99th percentile of the seconds from an event to its acknowledgement; none may take more than 3 s."""
    done = await load(workdir)
    late = done.unacknowledged + sum(seconds > _LATE_S for seconds in done.acks_s)
    value = percentile([*done.acks_s, *[_LATE_S] * done.unacknowledged], 0.99)
    sys.stderr.write(f"{len(done.acks_s)} acknowledged, {late} late, longest {max(done.acks_s):.3f} s\n")
    return Result("ack_p99", value, "s", "<= 1", value <= 1 and not late)


async def limits_on(workdir: Path) -> Result:
    """The share of questions whose whole answer was delivered, once, in percent; the delay is printed."""
    done = await load(workdir)
    delays = [percentile(done.delays_s, share) for share in (0.5, 0.95, 1.0)]
    sys.stderr.write(f"{len(done.delays_s)} of {done.asked} answered, {done.twice} twice; delay p50, p95, max {delays} s\n")
    value = 100 * (len(done.delays_s) - done.twice) / done.asked
    return Result("limits_on", value, "%", ">= 100", value >= 100)


async def load(workdir: Path, *, rate: float = RATE, seconds: float = SECONDS, workspaces: int = WORKSPACES) -> Load:
    """
    Ask *rate* questions a second for *seconds*, each in a thread of its own, and wait until all are answered.

    The fake Slack's documented limits are on. They hold for each app and workspace, and "several hundred" posts a minute (300 here)
    are fewer than 50 a second: therefore 12 *workspaces* installed the app, and their 30 people each ask in their direct messages,
    where one post a second is allowed; that makes 250 questions a minute and workspace, of which 20 may be streamed.
    """
    async with FakeSlack(limits=True).serving() as slack:
        teams = [f"T{number}" for number in range(workspaces)]
        tokens = {team: _settle(slack, team) for team in teams}
        crowd = Crowd(slack)
        async with slack_child.running(workdir, slack.settings, tokens):
            asked = await _ask_steadily(crowd, teams, rate=rate, count=int(rate * seconds))
            await _answered(asked)
        _report_refusals(slack)
        answers = crowd.answers()
        return Load(
            acks_s=slack.seconds,
            unacknowledged=sum(not acknowledged for _, _, acknowledged in slack.deliveries),
            delays_s=[each.answered_at - each.asked_at for each in asked if each.answered_at is not None],
            asked=len(asked),
            twice=sum(sum(map(is_whole, messages)) > 1 for messages in answers.values()),
        )


async def first_sign(workdir: Path, *, questions: int = FIRST_SIGNS) -> float:
    """Return the 95th percentile of the seconds from a question to its status or first words; four questions a second, limits on."""
    async with FakeSlack(limits=True).serving() as slack:
        token = {"T1": _settle(slack, "T1")}
        crowd = Crowd(slack)
        async with slack_child.running(workdir, slack.settings, token):
            asked = await _ask_steadily(crowd, ["T1"], rate=1 / _FIRST_SIGN_EVERY_S, count=questions)
            await _answered(asked)
    return percentile([(each.first_sign_at or float("inf")) - each.asked_at for each in asked], 0.95)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that *share* of *values* do not exceed; infinite where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def _settle(slack: FakeSlack, team: str) -> str:
    """Add a workspace of 30 people, install the app there and return its token."""
    workspace = slack.add_team(team)
    for number in range(PEOPLE):
        user, channel = f"U{team}N{number}", f"D{team}N{number}"
        workspace.people[user], workspace.direct[user], workspace.channels[channel] = "en-US", channel, "im"
    return slack.oauth.installed(team)


async def _ask_steadily(crowd: Crowd, teams: Sequence[str], *, rate: float, count: int) -> list[Asked]:
    began = time.monotonic()
    asked = []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        team, person = teams[number % len(teams)], number // len(teams) % PEOPLE
        asked.append(crowd.ask(f"U{team}N{person}", f"D{team}N{person}", f"question {number}?"))
    return asked


async def _answered(asked: Sequence[Asked]) -> None:
    """Wait until every answer stands, for ten minutes at most."""
    try:
        async with asyncio.timeout(_ALL_ANSWERED_WITHIN_S):
            for each in asked:
                await each.answered.wait()
    except TimeoutError:
        sys.stderr.write(f"{sum(each.answered_at is None for each in asked)} answers never came\n")


def _report_refusals(slack: FakeSlack) -> None:
    sys.stderr.write(f"calls {dict(slack.calls)}, refused {dict(slack.refused)}\n")
