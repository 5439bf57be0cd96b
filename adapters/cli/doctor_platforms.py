"""Checks of the platforms, and what may be done with people's words."""

from collections.abc import Mapping
from typing import Final

from adapters.cli.doctor_calls import Calls
from adapters.cli.doctor_discord import discord
from adapters.cli.doctor_slack import slack
from adapters.cli.findings import Finding
from bot.messages import RightsPolicy
from bot.settings import Settings
from bot.texts import N_, translate

SLACK_POLICY: Final = "https://slack.com/terms-of-service/api"
DISCORD_POLICY: Final = "https://support-dev.discord.com/hc/en-us/articles/8563934450327"
POLICY_LINKS: Final[Mapping[str, str]] = {"slack": SLACK_POLICY, "discord": DISCORD_POLICY, "web": ""}
POLICIES: Final[Mapping[RightsPolicy, str]] = {
    "refuse": N_("refuse: nobody's words train a model."),
    "consent": N_("consent: the words of people who agreed train a model."),
    "allow": N_("allow: everybody's words train a model; you state that you have the rights."),
}


async def check(settings: Settings, calls: Calls) -> list[Finding]:
    """Check Slack and Discord."""
    async with calls.client:
        return [*await slack(settings, calls), *await discord(settings, calls)]


def rights(settings: Settings) -> list[Finding]:
    """Explain what each platform's setting means for training; a warning where it rests on the operator's word."""
    language = settings.language
    chosen: dict[str, RightsPolicy] = {
        "slack": settings.rights.slack,
        "discord": settings.rights.discord,
        "web": settings.rights.web,
    }
    return [_right(language, platform, policy) for platform, policy in chosen.items()]


def _right(language: str, platform: str, policy: RightsPolicy) -> Finding:
    detail, link = translate(language, POLICIES[policy]), POLICY_LINKS[platform]
    name = f"rights {platform}"
    if policy != "allow" or not link:
        return Finding(name, "ok", f"{detail} {link}".strip())
    remedy = translate(
        language,
        "Make sure that {link} permits it for you, or set APRENDIZ_RIGHTS__{platform} to consent.",
        link=link,
        platform=platform.upper(),
    )
    return Finding(name, "warn", detail, remedy)
