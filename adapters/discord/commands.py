"""Our application commands, in both languages, and their registration with Discord."""

import asyncio
import hashlib
import json
import logging
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.utils import utcnow

from adapters.discord.faults import FAULTS
from adapters.discord.refusals import privately
from bot.errors import BadRequest
from bot.ports import Vault
from bot.texts import N_, language_of, translate

logger = logging.getLogger(__name__)

_SYNC_S: Final = 20.0  # Discord limits registrations to some in a day and may let us wait for long: better without than not at all

_ASK: Final = N_("ask")
_ASK_IS: Final = N_("Ask a question; the answer comes here")
_QUESTION: Final = N_("question")
_QUESTION_IS: Final = N_("What do you want to know?")
_FILE: Final = N_("file")
_FILE_IS: Final = N_("A text, Markdown, CSV or PDF file that the question is about")
_PRIVACY: Final = N_("privacy")
_PRIVACY_IS: Final = N_("What is kept of your questions, and whether they may improve the answers")
_ANSWER_THIS: Final = N_("Answer this")


class Words(app_commands.Translator):
    """Commands in the languages that we speak; Discord shows the English ones to everybody else."""

    async def translate(self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes) -> str | None:
        """See discord.py."""
        del context
        return translate(str(locale), string.message) if language_of(str(locale)) != "en" else None


class Tree(app_commands.CommandTree[Any]):
    """Our commands; one that Discord still shows and we no longer know gets a sentence."""

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Tell whoever used the command to try again: Discord learns of the present ones at our start."""
        logger.warning("command not understood", extra={"error": type(error).__name__})
        await privately(interaction, translate(str(interaction.locale), BadRequest.user_text))


def command_tree(client: discord.Client) -> app_commands.CommandTree[Any]:
    """Return our commands; each comes to *client* as an event of its own: `ask`, `privacy` and `answer_this`."""
    tree = Tree(
        client,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    tree.add_command(app_commands.Command(name=locale_str(_ASK), description=locale_str(_ASK_IS), callback=_ask))
    tree.add_command(app_commands.Command(name=locale_str(_PRIVACY), description=locale_str(_PRIVACY_IS), callback=_privacy))
    tree.add_command(app_commands.ContextMenu(name=locale_str(_ANSWER_THIS), callback=_answer_this))
    return tree


async def sync_changed(tree: app_commands.CommandTree[Any], vault: Vault) -> None:
    """Register the commands where they are not those registered last; where that fails, the next start tries again."""
    await tree.set_translator(Words())
    payload = await payload_of(tree)
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    name = f"discord:commands:{tree.client.application_id}"
    if await vault.get(name) == digest:
        return
    try:
        async with asyncio.timeout(_SYNC_S):
            await tree.sync()
    except (*FAULTS, app_commands.AppCommandError) as error:
        logger.warning("commands not registered, trying again at the next start", extra={"error": type(error).__name__})
        return
    await vault.put(name, digest, at=utcnow())
    logger.info("commands registered", extra={"count": len(payload)})


async def payload_of(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """Return what Discord is sent of our commands."""
    return [await command.get_translated_payload(tree, tree.translator or Words()) for command in tree.get_commands()]


@app_commands.rename(question=locale_str(_QUESTION), file=locale_str(_FILE))
@app_commands.describe(question=locale_str(_QUESTION_IS), file=locale_str(_FILE_IS))
async def _ask(interaction: discord.Interaction[Any], question: str, file: discord.Attachment | None = None) -> None:
    interaction.client.dispatch("ask", interaction, question, file)


async def _privacy(interaction: discord.Interaction[Any]) -> None:
    interaction.client.dispatch("privacy", interaction)


async def _answer_this(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    interaction.client.dispatch("answer_this", interaction, message)
