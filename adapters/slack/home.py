"""App Home: how to ask, a person's recent questions and their consent; seen by that person alone."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.chat import ChatServices
from adapters.slack.blocks import BUTTON_CHARACTERS, Block, escape, one_line, plain_text, section
from adapters.slack.consent import privacy_blocks
from adapters.slack.events import place_spot
from adapters.slack.roots import ROOT_PART, in_command
from bot.errors import ChatbotError
from bot.messages import Asked, ConsentState
from bot.texts import translate

if TYPE_CHECKING:
    from adapters.slack.web import SlackWeb
    from adapters.slack.workspaces import Workspace

logger = logging.getLogger(__name__)

_SHOWN: Final = 10
_QUESTION_CHARACTERS = 200
_LINK_CHARACTERS = 500
_LINKS_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Linked:
    """A question as shown in App Home: `link` leads to its thread, empty where Slack gives none."""

    asked: Asked
    link: str


class Home:
    """Publishes App Home."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services

    async def publish(self, user: str, workspace: "Workspace") -> None:
        """Show a person their App Home as it is now; what Slack refuses is logged."""
        engine, web = self._services.engine, workspace.web
        locale = (await web.person(user)).locale or self._services.language
        recent = await self._linked(await engine.recent("slack", user, limit=_SHOWN), web)
        view = home_view(locale, recent, await engine.consent_of("slack", user))
        try:
            await web.call(web.client.views_publish(user_id=user, view=view))
        except ChatbotError as error:
            logger.info("App Home not published", extra={"reason": f"{type(error).__name__} {error}"})

    async def _linked(self, recent: Sequence[Asked], web: "SlackWeb") -> list[Linked]:
        """Return the questions with what links Slack gives within moments; App Home does not wait for the others."""
        if not recent:
            return []
        finding = [asyncio.ensure_future(self._link(asked, web)) for asked in recent]
        _, late = await asyncio.wait(finding, timeout=_LINKS_TIMEOUT_S)
        for task in late:
            task.cancel()
        return [Linked(asked, "" if task in late else task.result()) for asked, task in zip(recent, finding, strict=True)]

    async def _link(self, asked: Asked, web: "SlackWeb") -> str:
        channel, ts = await self._beginning(asked)
        if not ts:
            return ""
        try:
            answer = await web.call(web.client.chat_getPermalink(channel=channel, message_ts=ts))
        except ChatbotError:
            return ""
        return str(answer["permalink"] or "")

    async def _beginning(self, asked: Asked) -> tuple[str, str]:
        """Return the channel and ts of the message that the thread hangs on, empty where they are unknown."""
        if not in_command(asked.place):
            spot = place_spot(asked.place.conversation_id, "", "")
            return spot.channel, spot.thread_ts
        posts = await self._services.ledger.posts_of(asked.exchange_id)
        return next(((channel, ts) for part, channel, ts in posts if part == ROOT_PART), ("", ""))


def home_view(locale: str, recent: Sequence[Linked], consent: ConsentState) -> Block:
    """Return App Home."""
    how = translate(
        locale,
        "Mention me in a channel, write to me here under Messages, use /ask with your question anywhere, or choose “Answer this” in the "
        "menu of a message. I answer from what I was given to read, and say where it stands.",
    )
    blocks = [_header(translate(locale, "Hello! Ask me anything.")), section(escape(how))]
    blocks += [{"type": "divider"}, _header(translate(locale, "Your recent questions")), *_questions(locale, recent)]
    blocks += [{"type": "divider"}, _header(translate(locale, "Your privacy")), *privacy_blocks(locale, consent)]
    return {"type": "home", "blocks": blocks}


def _questions(locale: str, recent: Sequence[Linked]) -> list[Block]:
    if not recent:
        return [section(escape(translate(locale, "You have not asked anything yet.")))]
    return [section(_question(each)) for each in recent]


def _question(shown: Linked) -> str:
    """Return a question in one line; Slack writes the date as the reader's own clock has it."""
    asked = shown.asked
    text = one_line(asked.question, _QUESTION_CHARACTERS)
    linked = 0 < len(shown.link) <= _LINK_CHARACTERS
    words = f"<{escape(shown.link)}|{text.replace('|', '¦')}>" if linked else text
    vote = {"up": " 👍", "down": " 👎", "": ""}[asked.vote]
    date = f"<!date^{int(asked.asked_at.timestamp())}^{{date_short_pretty}} {{time}}|{asked.asked_at:%Y-%m-%d %H:%M} UTC>"
    return f"{date} · {words}{vote}"


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 2 * BUTTON_CHARACTERS)}
