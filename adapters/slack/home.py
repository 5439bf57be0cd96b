"""App Home: how to ask, a person's recent questions and their consent; seen by that person alone."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.chat import ChatServices
from adapters.slack.blocks import BUTTON_CHARACTERS, Block, escape, one_line, plain_text, section
from adapters.slack.consent import privacy_blocks
from adapters.slack.web import SlackWeb
from adapters.slack.workspaces import Workspace
from bot.errors import ChatbotError
from bot.exchanges import Asked
from bot.messages import ConsentState, RightsPolicy
from bot.texts import translate

logger = logging.getLogger(__name__)

_SHOWN: Final = 10
_QUESTION_CHARACTERS = 200
_LINK_CHARACTERS = 500
_LINK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Linked:
    """A question as shown in App Home: `link` leads to its answer, empty where Slack gives none."""

    asked: Asked
    link: str


class Home:
    """Publishes App Home."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services

    async def publish(self, user: str, workspace: Workspace) -> None:
        """Show a person their App Home as it is now; what Slack refuses is logged."""
        engine, web = self._services.engine, workspace.web
        locale = (await web.person(user)).locale or self._services.language
        recent = await self._linked(await engine.recent("slack", user, limit=_SHOWN), web)
        view = home_view(locale, recent, await engine.consent_of("slack", user), engine.policy_on("slack"))
        try:
            await web.call(web.client.views_publish(user_id=user, view=view))
        except ChatbotError as error:
            logger.info("App Home not published", extra={"reason": f"{type(error).__name__} {error}"})

    async def _linked(self, recent: Sequence[Asked], web: SlackWeb) -> list[Linked]:
        async with asyncio.TaskGroup() as group:
            finding = [group.create_task(self._link(asked, web)) for asked in recent]
        return [Linked(asked, task.result()) for asked, task in zip(recent, finding, strict=True)]

    async def _link(self, asked: Asked, web: SlackWeb) -> str:
        """Return the address of the answer, empty where Slack gives none within moments: App Home does not wait for it."""
        posts = await self._services.ledger.posts_of(asked.exchange_id)
        channel, ts = next(((channel, ts) for part, channel, ts in posts if part == 0), ("", ""))
        if not ts:
            return ""
        try:
            async with asyncio.timeout(_LINK_S):
                answer = await web.call(web.client.chat_getPermalink(channel=channel, message_ts=ts))
        except (ChatbotError, TimeoutError):
            return ""
        return str(answer["permalink"] or "")


def home_view(locale: str, recent: Sequence[Linked], consent: ConsentState, policy: RightsPolicy) -> Block:
    """Return App Home."""
    how = translate(
        locale,
        "Mention me in a channel, write to me here under Messages, use /ask with your question anywhere, or choose “Answer this” in the "
        "menu of a message. I answer from what I was given to read, and say where it stands.",
    )
    blocks = [_header(translate(locale, "Hello! Ask me anything.")), section(escape(how))]
    blocks += [{"type": "divider"}, _header(translate(locale, "Your recent questions")), *_questions(locale, recent)]
    blocks += [{"type": "divider"}, _header(translate(locale, "Your privacy")), *privacy_blocks(locale, consent, policy)]
    return {"type": "home", "blocks": blocks}


def _questions(locale: str, recent: Sequence[Linked]) -> list[Block]:
    if not recent:
        return [section(escape(translate(locale, "You have not asked anything yet.")))]
    return [section(_question(locale, each)) for each in recent]


def _question(locale: str, shown: Linked) -> str:
    """Return a question in one line; Slack writes the date as the reader's own clock has it."""
    asked = shown.asked
    text = one_line(asked.question, _QUESTION_CHARACTERS)
    linked = 0 < len(shown.link) <= _LINK_CHARACTERS
    words = f"<{escape(shown.link)}|{text.replace('|', '¦')}>" if linked else text
    vote = {"up": " 👍", "down": " 👎", "": ""}[asked.vote]
    date = f"<!date^{int(asked.asked_at.timestamp())}^{{date_short_pretty}} {{time}}|{asked.asked_at:%Y-%m-%d %H:%M} UTC>"
    fixed = f" · ✅ {translate(locale, 'fixed in version {version}', version=asked.fixed_in)}" if asked.fixed_in else ""
    return f"{date} · {words}{vote}{fixed}"


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 2 * BUTTON_CHARACTERS)}
