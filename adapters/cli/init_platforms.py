"""What `aprendiz init` asks about Slack and Discord: tokens, tried at once, then channels and audience."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, get_args

from adapters.cli import init_parse, init_tokens
from adapters.cli.discord_invite import invite_link
from adapters.cli.init_answers import Answers
from adapters.cli.init_dialogue import Dialogue
from adapters.cli.init_tokens import Tried
from adapters.cli.slack_manifest import creation_link, manifest
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.messages import Audience, Platform
from bot.settings import Settings
from bot.texts import N_

_AUDIENCES: Final[Mapping[Audience, str]] = {
    "employees": N_("employees: material for employees and for all"),
    "customers": N_("customers: material for customers and for all"),
    "all": N_("all: material for all only"),
}
_WAYS: Final[Mapping[str, str]] = {
    "socket": N_("Socket Mode: this machine connects to Slack, no address of yours is needed"),
    "http": N_("HTTP: Slack connects to an https:// address of yours"),
}


def slack(dialogue: Dialogue, answers: Answers) -> None:
    """Ask for everything about Slack."""
    way = _ask_way(dialogue, answers)
    _show_app(dialogue, answers, way)
    _ask_token(dialogue, answers, N_("Bot token (xoxb-…)"), "slack.bot_token", init_tokens.slack_bot_token)
    if way == "socket":
        _ask_token(dialogue, answers, N_("App-level token (xapp-…)"), "slack.app_token", init_tokens.slack_app_token)
    else:
        answers.put("slack.app_token", "")  # with one, events would come over the socket
        _ask_secret(dialogue, answers, N_("Signing secret, from Basic Information"), "slack.signing_secret")
    _ask_workspaces(dialogue, answers)
    _ask_channels(dialogue, answers, "slack")
    _ask_audience(dialogue, answers, "slack", "employees")


def discord(dialogue: Dialogue, answers: Answers) -> None:
    """Ask for everything about Discord."""
    output = dialogue.output
    output.say(N_("Discord: open https://discord.com/developers/applications, make an application, and reset its token under Bot."))
    _ask_token(dialogue, answers, N_("Bot token"), "discord.token", init_tokens.discord_token)
    follow = dialogue.yes(
        N_("Follow threads without being mentioned? That needs the Message Content Intent of the portal (y/n)"),
        default=answers.get("discord.message_content") == "True",
    )
    answers.put("discord.message_content", follow)
    if answers.get("discord.token"):
        _show_invite(dialogue, answers.settings())
    _ask_channels(dialogue, answers, "discord")
    _ask_audience(dialogue, answers, "discord", "customers")


def _ask_way(dialogue: Dialogue, answers: Answers) -> str:
    present = "http" if answers.get("slack.signing_secret") and not answers.get("slack.app_token") else "socket"
    way = dialogue.choose(N_("How shall Slack's events come?"), _WAYS, default=present)
    if way == "http":
        _ask_public_url(dialogue, answers)
    return way


def _ask_public_url(dialogue: Dialogue, answers: Answers) -> None:
    question = N_("The https:// address at which Slack reaches this server")
    answers.put("web.public_url", dialogue.ask(question, init_parse.public_url, default=answers.get("web.public_url")))


def _show_app(dialogue: Dialogue, answers: Answers, way: str) -> None:
    output = dialogue.output
    made = manifest(output.language, public_url=answers.get("web.public_url"), socket_mode=way == "socket")
    output.say(N_("1. Open this link, choose your workspace, and create the app:"))
    output.piece(f"{creation_link(made)}\n")
    output.say(N_("2. Under Install App, install it, and copy the bot token."))
    if way == "socket":
        output.say(N_("3. Under Basic Information, make an app-level token with connections:write, and copy it."))
    else:
        output.say(N_("3. Under Basic Information, copy the signing secret."))


def _ask_workspaces(dialogue: Dialogue, answers: Answers) -> None:
    """Ask for the OAuth client with which other workspaces install the app; declined, none is kept."""
    question = N_("Shall other workspaces install the app too? Each is asked with OAuth (y/n)")
    if not dialogue.yes(question, default=bool(answers.get("slack.client_id"))):
        for name in ("slack.client_id", "slack.client_secret"):
            answers.put(name, "")
        return
    if not answers.get("web.public_url"):
        _ask_public_url(dialogue, answers)
    client = dialogue.ask(N_("Client ID, from Basic Information"), str, default=answers.get("slack.client_id"))
    answers.put("slack.client_id", client)
    _ask_secret(dialogue, answers, N_("Client secret"), "slack.client_secret")
    dialogue.output.say(N_("Switch on public distribution under Manage Distribution."))
    dialogue.output.say(
        N_("The redirect URL is {url}; workspaces install the app at {page}."),
        url=answers.get("web.public_url") + REDIRECT_PATH,
        page=answers.get("web.public_url") + INSTALL_PATH,
    )


def _ask_secret(dialogue: Dialogue, answers: Answers, question: str, name: str) -> None:
    if said := dialogue.secret(question, kept=bool(answers.get(name))):
        answers.put(name, said)


def _ask_token(dialogue: Dialogue, answers: Answers, question: str, name: str, attempt: Callable[[Settings], Tried]) -> None:
    """Ask until the platform takes the token; Enter alone leaves things as they were."""
    before = answers.get(name)
    while said := dialogue.secret(question, kept=bool(before)):
        answers.put(name, said)
        tried = attempt(answers.settings())
        dialogue.output.say("{detail} {remedy}", style="yellow", detail=tried.finding.detail, remedy=tried.finding.remedy)
        if tried.finding.mark != "fail":
            return
        if not tried.answered and dialogue.yes(N_("Keep the token untested? (y/n)"), default=False):
            return
    answers.put(name, before)


def _show_invite(dialogue: Dialogue, settings: Settings) -> None:
    output = dialogue.output
    application, intent = init_tokens.discord_application(settings)
    if application:
        output.say(N_("Invite the bot to a server with this link:"))
        output.piece(f"{invite_link(application)}\n")
    if intent.mark == "fail":
        output.say("{detail} {remedy}", style="yellow", detail=intent.detail, remedy=intent.remedy)


def _ask_channels(dialogue: Dialogue, answers: Answers, platform: Platform) -> None:
    name = f"{platform}.access.allow_channels"
    table = answers.tables.get(platform, {}).get("access", {})
    present = ", ".join(table.get("allow_channels", ()))
    question = N_("Only in these channels (their ids, separated by commas; empty for all, - to clear)")
    answers.put(name, dialogue.ask(question, partial(init_parse.ids, platform=platform, kind="channels"), default=present))


def _ask_audience(dialogue: Dialogue, answers: Answers, platform: Platform, usual: Audience) -> None:
    present = answers.audience(platform, usual)
    default = next((audience for audience in get_args(Audience) if audience == present), usual)
    dialogue.output.say(N_("Who asks on {platform}?"), platform=platform.capitalize())
    answers.set_audience(platform, dialogue.choose(N_("Audience"), _AUDIENCES, default=default))
