"""
Who decided what about training on whose words: pure functions from the recorded facts to a verdict.

Two policies count: the one in force when the question was asked, which is what its author was told, and the current setting, which is
what the operator stands for today. Both must permit, so the stricter one decides. A person's refusal is heard under every policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.messages import Audience, ConsentState, Platform, Reach, RightsPolicy, Surface
from bot.policy import DISCORD_INPUT
from bot.settings import RightsSettings
from bot.texts import N_

Refusal = Literal[
    "private",
    "scoped",
    "material",
    "over_share",
    "revised",
    "expired",
    "unasked",
    "not_rated",
    "down_voted",
    "votes_balanced",
    "platform_refused",
    "surface_needs_allow",
    "consent_refused",
    "awaits_consent",
]

# Each completes "N rows: …"; the order is that of a report.
REFUSALS: Mapping[Refusal, str] = {
    "awaits_consent": N_("{count} await consent"),
    "consent_refused": N_("{count} refused by their author"),
    "surface_needs_allow": N_("{count} from Discord messages, whose text needs the policy allow"),
    "platform_refused": N_("{count} from platforms whose policy is refuse"),
    "private": N_("{count} from direct messages and private channels"),
    "scoped": N_("{count} that rest on what is limited to a channel, guild or group"),
    "material": N_("{count} that rest on what their audience may not see"),
    "over_share": N_("{count} over the share that one person may contribute"),
    "revised": N_("{count} changed by their author after the answer"),
    "expired": N_("{count} approved answers that have expired"),
    "unasked": N_("{count} approved answers whose question was erased"),
    "down_voted": N_("{count} voted down and not corrected"),
    "votes_balanced": N_("{count} with as many votes down as up"),
    "not_rated": N_("{count} not rated"),
}

_STRICTNESS: tuple[RightsPolicy, ...] = ("allow", "consent", "refuse")


@dataclass(frozen=True, slots=True)
class Words:
    """
    A question's words: where they were said, under which policy, and what their author decided since.

    `scope` is what the answer to them is limited to, `private` says that only those let in read along where they were said.
    """

    platform: Platform
    surface: Surface
    policy: RightsPolicy
    consent: ConsentState
    scope: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """
    What people said of an answer; a correction outweighs all votes, which were about the answer it replaces.

    `revised` says that the question's author changed its words after the answer, or its correction, was written.
    """

    up: int
    down: int
    corrected: bool
    revised: bool = False


def is_to_other_words(revised_at: datetime | None, corrected_at: datetime | None) -> bool:
    """Tell whether an answer, or the correction in its place, was written before the question's author changed its words."""
    return revised_at is not None and (corrected_at is None or corrected_at <= revised_at)


def refusal_of_answer(opinion: Opinion) -> Refusal | None:
    """Return why people's opinion keeps an answer from training; None where it is good enough."""
    if opinion.revised:
        return "revised"
    if opinion.corrected or opinion.up > opinion.down:
        return None
    if opinion.up == opinion.down == 0:
        return "not_rated"
    return "votes_balanced" if opinion.up == opinion.down else "down_voted"


def refusal_of_words(words: Words, current: RightsSettings) -> Refusal | None:
    """
    Return why a question's words, and the answer to them, may not train; None where they may.

    A trained version answers everywhere: what was said in private, or rests on what is limited to some, never trains. The terminal's words
    otherwise always may: the operator typed them.
    """
    if limited := refusal_of_reach(words.scope, private=words.private):
        return limited
    if words.platform == "cli":
        return None
    policy = max(words.policy, policy_of(current, words.platform), key=_STRICTNESS.index)
    if policy == "refuse":
        return "platform_refused"
    if policy == "consent" and words.platform == "discord" and words.surface not in DISCORD_INPUT:
        return "surface_needs_allow"
    if words.consent == "refused":
        return "consent_refused"
    return "awaits_consent" if policy == "consent" and words.consent == "unasked" else None


def refusal_of_reach(scope: str, *, private: bool) -> Refusal | None:
    """Return why what is for some alone may not train; None where it is for a whole audience."""
    return "private" if private else "scoped" if scope else None


def refusal_of_material(audience: Audience, material: Iterable[Reach]) -> Refusal | None:
    """Return why an answer for *audience* that rests on *material* may not train; None where that whole audience may see all of it."""
    for reach in material:
        if reach.scope:
            return "scoped"
        if reach.audience not in (audience, "all"):
            return "material"
    return None


def policy_of(current: RightsSettings, platform: Platform) -> RightsPolicy:
    """Return the platform's policy by the settings."""
    policies: dict[Platform, RightsPolicy] = {
        "slack": current.slack,
        "discord": current.discord,
        "web": current.web,
        "cli": "allow",
    }
    return policies[platform]
