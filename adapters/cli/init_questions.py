"""What `aprendiz init` asks, beside the platforms themselves: language, time zone, company, rights, the export, the web."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

from adapters.cli import init_parse
from adapters.cli.doctor_platforms import POLICIES, POLICY_LINKS
from adapters.cli.init_answers import Answers
from adapters.cli.init_dialogue import Dialogue
from adapters.cli.init_platforms import discord, slack
from bot.messages import Platform, RightsPolicy
from bot.settings import Settings
from bot.texts import N_, language_of

_LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "pt_BR": "Português (Brasil)"}
_PLATFORMS: Final[Mapping[str, str]] = {
    "slack": N_("Slack"),
    "discord": N_("Discord"),
    "both": N_("Slack and Discord"),
    "neither": N_("Neither: the browser and the terminal only"),
}
_SECRETS: Final = {
    "slack": ("slack.bot_token", "slack.app_token", "slack.signing_secret", "slack.client_id", "slack.client_secret"),
    "discord": ("discord.token",),
}
_LOCAL_ZONE: Final = Path("/etc/localtime")


def ask_language(dialogue: Dialogue, answers: Answers, locale: str) -> str:
    """Ask for the language of everything that follows, and return it; *locale* is the terminal's."""
    present = answers.get("language", language_of(locale))
    chosen = dialogue.choose("Language / Idioma", _LANGUAGES, default=present if present in _LANGUAGES else "en")
    answers.put("language", chosen)
    return chosen


def ask(dialogue: Dialogue, answers: Answers) -> None:
    """Ask for everything else."""
    dialogue.output.say(N_("Enter alone takes what stands in brackets. Ctrl-C stops; nothing is written before the end."), style="dim")
    answers.put("timezone", dialogue.ask(N_("Time zone, for the schedule and dates"), init_parse.zone, default=_zone(answers)))
    company = dialogue.ask(N_("Company's name, as the assistant shall say it"), init_parse.name, default=answers.get("assistant.company"))
    answers.put("assistant.company", company)
    for platform in _ask_platforms(dialogue, answers):
        (slack if platform == "slack" else discord)(dialogue, answers)
        _ask_rights(dialogue, answers, platform)
    _ask_rights(dialogue, answers, "web")
    _ask_export(dialogue, answers)
    _ask_web(dialogue, answers)


def _zone(answers: Answers) -> str:
    return answers.get("timezone") or local_zone(_LOCAL_ZONE)


def local_zone(link: Path) -> str:
    """Return this machine's time zone, which /etc/localtime points to; UTC where it does not tell."""
    name = str(link.resolve()).rpartition("zoneinfo/")[2]
    try:
        return init_parse.zone(name.removeprefix("Etc/"))
    except init_parse.Wrong:
        return "UTC"


def _ask_platforms(dialogue: Dialogue, answers: Answers) -> tuple[Platform, ...]:
    """Ask where to answer; what is not chosen loses its tokens, and with them its connection."""
    has_slack, has_discord = (any(answers.get(name) for name in _SECRETS[platform]) for platform in ("slack", "discord"))
    present = "both" if has_slack and has_discord else "slack" if has_slack else "discord" if has_discord else "neither"
    chosen = dialogue.choose(N_("Where shall the assistant answer, beside the browser and the terminal?"), _PLATFORMS, default=present)
    platforms: tuple[Platform, ...] = ("slack", "discord")
    wanted = tuple(platform for platform in platforms if chosen in (platform, "both"))
    for platform in platforms:
        for name in () if platform in wanted else _SECRETS[platform]:
            answers.put(name, "")
    return wanted


def _ask_rights(dialogue: Dialogue, answers: Answers, platform: Platform) -> None:
    output, name = dialogue.output, f"rights.{platform}"
    if link := POLICY_LINKS[platform]:
        explained = N_("May people's words on {platform} train a model? Its terms restrict that: {link}. The decision is yours.")
        output.say(explained, platform=platform.capitalize(), link=link)
    else:
        output.say(N_("May people's words in the browser train a model?"))
    present = answers.get(name, "consent")
    policies = {policy: POLICIES[policy] for policy in get_args(RightsPolicy)}
    default = next((policy for policy in policies if policy == present), "consent")
    answers.put(name, dialogue.choose(N_("Rights"), policies, default=default))


def _ask_export(dialogue: Dialogue, answers: Answers) -> None:
    default = init_parse.clock_of(answers.get("export.cron", Settings.model_fields["export"].get_default(call_default_factory=True).cron))
    schedule = dialogue.ask(N_("When are the training rows exported each day (HH:MM, - for never)?"), init_parse.cron, default=default)
    answers.tables.setdefault("export", {})["cron"] = schedule  # an empty one is meant


def _ask_web(dialogue: Dialogue, answers: Answers) -> None:
    host = dialogue.ask(N_("Address on which the playground listens"), init_parse.host, default=answers.get("web.host", "127.0.0.1"))
    answers.put("web.host", host)
    answers.put("web.port", dialogue.ask(N_("Its port"), init_parse.port, default=answers.get("web.port", "8642")))
    if not init_parse.is_loopback(host) and not answers.get("web.admin_token"):
        answers.put("web.admin_token", secrets.token_urlsafe(24))
        dialogue.output.say(N_("Other machines can reach that address: a token was made for it, web.admin_token in aprendiz.toml."))
