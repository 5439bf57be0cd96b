"""Why an answer was bad: a form after a vote down. Dismissed, it costs nothing; sent twice, it says the same."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast, get_args

import discord

from adapters.chat import reasons
from adapters.discord.attachments import said
from adapters.discord.events import PLATFORM
from adapters.discord.refusals import conclude, think_privately
from bot.engine import Engine
from bot.errors import ChatbotError
from bot.ratings import VoteReason
from bot.texts import N_, translate

THANKS: Final = N_("Thank you! That helps to make the answers better.")
NOTHING_TO_ADD: Final = N_("You changed your vote since, so there is nothing to add.")

_FORM: Final = re.compile(r"aprendiz:reason:(?P<exchange_id>\w{1,64})")
_TITLE: Final = N_("What is wrong with this answer?")  # 45 characters at most, in every language
_REASON: Final = N_("Reason")
_COMMENT: Final = N_("In your own words")
_COMMENT_CHARACTERS: Final = 2000
_FILLED_IN_S: Final = 900.0  # how long discord.py remembers the form; ours is known by its id alone


def reason_form(exchange_id: str, locale: str) -> discord.ui.Modal:
    """Return the form for a vote down on that exchange's answer."""
    options = [discord.SelectOption(label=words, value=code) for code, words in reasons(locale)]
    comment: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="comment", style=discord.TextStyle.paragraph, required=False, max_length=_COMMENT_CHARACTERS
    )
    form = discord.ui.Modal(title=translate(locale, _TITLE), custom_id=f"aprendiz:reason:{exchange_id}", timeout=_FILLED_IN_S)
    form.add_item(discord.ui.Label(text=translate(locale, _REASON), component=discord.ui.Select(custom_id="reason", options=options)))
    form.add_item(discord.ui.Label(text=translate(locale, _COMMENT), component=comment))
    return form


def sent_form(interaction: discord.Interaction[Any]) -> tuple[str, VoteReason, str] | None:
    """Return the exchange, the reason and the comment of a form that was sent, None where it is no form of ours."""
    data = cast(dict[str, Any], interaction.data or {})
    match = _FORM.fullmatch(str(data.get("custom_id", "")))
    if interaction.type is not discord.InteractionType.modal_submit or match is None:
        return None
    fields = {field.get("custom_id"): field for field in _fields(data.get("components", []))}
    chosen = next(iter(fields.get("reason", {}).get("values") or ()), "")
    comment = str(fields.get("comment", {}).get("value") or "")[:_COMMENT_CHARACTERS]
    reason = cast(VoteReason, chosen if chosen in get_args(VoteReason) else "other")
    return match["exchange_id"], reason, comment


class Reasons:
    """Keeps why votes are down."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep(self, interaction: discord.Interaction[Any], exchange_id: str, reason: VoteReason, comment: str) -> None:
        """Add a reason to the person's vote down, and thank for it."""
        locale = str(interaction.locale)
        await think_privately(interaction)
        try:
            kept = await self._engine.explain(exchange_id, PLATFORM, str(interaction.user.id), reason=reason, comment=comment)
            sentence = translate(locale, THANKS if kept else NOTHING_TO_ADD)
        except ChatbotError as error:
            sentence = said(error, locale)
        await conclude(interaction, sentence)


def _fields(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the inputs of a form, which stand in rows or labels."""
    for component in components:
        inner = component.get("components") or [each for each in (component.get("component"),) if each]
        if inner:
            yield from _fields(inner)
        else:
            yield component
