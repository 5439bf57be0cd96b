"""The questions that Slack's agent view suggests where nothing was asked yet."""

import logging
from collections.abc import Sequence
from typing import Final

from adapters.chat import ChatServices
from adapters.slack.blocks import cut
from adapters.slack.workspaces import Workspace
from bot.errors import ChatbotError
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

# Up to four: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
_MOST: Final = 4
_TITLE_CHARACTERS = 75
_MESSAGE_CHARACTERS = 1_000
_OURS: Final = (
    N_("What should someone new here know?"),
    N_("What are the most important rules?"),
    N_("How do I get help with a problem?"),
    N_("What has changed lately?"),
)


async def suggest(services: ChatServices, workspace: Workspace, *, user: str, channel: str, thread_ts: str = "") -> None:
    """
    Suggest questions to a person; what Slack refuses is logged.

    Args:
        services: The operator's own suggestions and the language.
        workspace: Where.
        user: The person's raw id.
        channel: Their direct messages with us.
        thread_ts: Of the older assistant view, which has a thread from the start; in the agent view a call with one fails in silence.
    """
    web = workspace.web
    locale = (await web.person(user)).locale or services.language
    thread = {"thread_ts": thread_ts} if thread_ts else {}
    title = translate(locale, "You could ask")
    prompts = suggested(locale, services.prompts)
    try:
        await web.call(web.client.assistant_threads_setSuggestedPrompts(channel_id=channel, title=title, prompts=prompts, **thread))
    except ChatbotError as error:
        logger.info("no questions suggested", extra={"reason": f"{type(error).__name__} {error}"})


def suggested(locale: str, prompts: Sequence[str]) -> list[dict[str, str]]:
    """Return the operator's *prompts*, else ours."""
    questions = [prompt.strip() for prompt in prompts if prompt.strip()] or [translate(locale, each) for each in _OURS]
    return [{"title": cut(question, _TITLE_CHARACTERS), "message": cut(question, _MESSAGE_CHARACTERS)} for question in questions[:_MOST]]
